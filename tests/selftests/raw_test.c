// SPDX-License-Identifier: GPL-2.0-only
/*
 * raw_test.c - raw sockets and those of ICMP echo: whom they are connected with, what they hear,
 * what they have to receive, who waits for it.
 */
#include <linux/filter.h>
#include <linux/icmpv6.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "raw.h"

/* -- names, peers, options -------------------------------------------------------------------- */

static void connections(void)
{
	int plain = raw(AF_INET, PROTOCOL), bound = raw(AF_INET, PROTOCOL);
	int peer = raw(AF_INET, PROTOCOL);

	name_it(bound, "127.0.0.2", 0);
	connect_to(peer, "127.0.0.1", 99);
	ready();
	check_equal(get(plain, SOL_SOCKET, SO_PROTOCOL), PROTOCOL);
	expect_names(plain, "0.0.0.0", PROTOCOL, NULL, 0);
	expect_names(bound, "127.0.0.2", PROTOCOL, NULL, 0);
	expect_names(peer, "127.0.0.1", PROTOCOL, "127.0.0.1", 99);
	/* All but the second hear it. */
	check(send(peer, "hello", 5, 0) == 5);
	expect_packet(plain, "hello");
	expect_packet(peer, "hello");
	sleep_ms(20);
	expect_nothing(bound);
	/* Its peer has another address. */
	send_to(plain, "you", "127.0.0.2", 0);
	expect_packet(bound, "you");
	expect_packet(plain, "you");
}
TEST_STORIES(connections)

static void options(void)
{
	int icmp = raw(AF_INET, IPPROTO_ICMP), off = raw(AF_INET, IPPROTO_RAW);
	int on = raw(AF_INET, PROTOCOL), fresh = raw(AF_INET, IPPROTO_RAW);

	set(icmp, SOL_RAW, ICMP_FILTER, ~(1U << ICMP_ECHO));
	set(off, SOL_IP, IP_HDRINCL, 0);
	set(on, SOL_IP, IP_HDRINCL, 1);
	set(on, SOL_IP, IP_NODEFRAG, 1);
	set(on, SOL_IP, IP_RECVERR, 1);
	ready();
	check_equal((unsigned int)get(icmp, SOL_RAW, ICMP_FILTER), ~(1U << ICMP_ECHO));
	check_equal(get(off, SOL_IP, IP_HDRINCL), 0);
	check_equal(get(on, SOL_IP, IP_HDRINCL), 1);
	check_equal(get(on, SOL_IP, IP_NODEFRAG), 1);
	check_equal(get(on, SOL_IP, IP_RECVERR), 1);
	check_equal(get(fresh, SOL_IP, IP_HDRINCL), 1);
	/* It hears requests alone. */
	send_echo(icmp, "127.0.0.1", 7);
	expect_echo(icmp, ICMP_ECHO, 7, sizeof(struct iphdr));
	sleep_ms(20);
	expect_nothing(icmp);
}
TEST_STORIES(options)

static void groups(void)
{
	struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex("lo") };
	int fd = raw(AF_INET, PROTOCOL);

	check(inet_pton(AF_INET, "239.1.2.5", &mreq.imr_multiaddr) == 1);
	check(!setsockopt(fd, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	ready();
	check(setsockopt(fd, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) == -1);
	check(!setsockopt(fd, SOL_IP, IP_DROP_MEMBERSHIP, &mreq, sizeof(mreq)));
}
TEST_STORIES(groups)

/* As ping has it */
static void filtered(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = 1, .filter = code };
	int fd = raw(AF_INET, PROTOCOL);

	send_to(fd, "before", "127.0.0.1", 0);
	await_data(fd);
	check(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	ready();
	expect_packet(fd, "before");
	send_to(fd, "after", "127.0.0.1", 0);
	sleep_ms(20);
	expect_nothing(fd);
}
TEST_STORIES(filtered)

/* -- what is to be received ------------------------------------------------------------------- */

static void packets(void)
{
	int to = raw(AF_INET, PROTOCOL), from = raw(AF_INET, PROTOCOL + 1);
	static struct received seen;

	close(from);
	from = raw(AF_INET, PROTOCOL);
	name_it(from, "127.0.0.1", 0);
	name_it(to, "127.0.0.3", 0);
	ask_for_all(to);
	set(from, SOL_IP, IP_TOS, 0x10);
	set(from, SOL_IP, IP_TTL, 33);
	look_and_send(to, from, &seen, "127.0.0.3", 0);
	ready();
	expect_same(to, &seen);
	expect_packet(to, "");
	expect_packet(to, "third");
	expect_nothing(to);
	send_to(from, "more", "127.0.0.3", 0);
	expect_packet(to, "more");
}
TEST_STORIES(packets)

static void large(void)
{
	static char out[60000], in[60100];
	int fd = raw(AF_INET, PROTOCOL);

	connect_to(fd, "127.0.0.1", 0);
	pattern_fill(out, sizeof(out), 5);
	check(send(fd, out, sizeof(out), 0) == sizeof(out));
	await_data(fd);
	ready();
	check_equal(recv(fd, in, sizeof(in), 0), 20 + sizeof(out));
	check(pattern_is(in + 20, sizeof(out), 5));
	expect_nothing(fd);
}
TEST_STORIES(large)

/*
 * More than there is room for: what was received comes back.  Who sent it, itself, is told that
 * nobody has heard the rest.
 */
static void full(void)
{
	int to = raw(AF_INET, PROTOCOL), sent, got = 0;
	char c[500] = "";

	set(to, SOL_SOCKET, SO_RCVBUF, 8000);
	connect_to(to, "127.0.0.1", 0);
	for (sent = 0; sent < 100; sent++)
		check(send(to, c, sizeof(c), 0) == sizeof(c));
	sleep_ms(50);
	ready();
	check_equal(get(to, SOL_SOCKET, SO_ERROR), ENOPROTOOPT);
	while (recv(to, c, sizeof(c), MSG_DONTWAIT) > 0)
		got++;
	check(got > 5 && got < 100);
}
TEST_STORIES(full)

/* -- IPv6 -------------------------------------------------------------------------------------- */

static void connections6(void)
{
	int plain = raw(AF_INET6, PROTOCOL), peer = raw(AF_INET6, PROTOCOL);

	name_it(plain, "::1", 0);
	connect_to(peer, "::1", 99);
	ready();
	expect_names(plain, "::1", 0, NULL, 0);
	expect_names(peer, "::1", 0, "::1", 99);
	check(send(peer, "six", 3, 0) == 3);
	expect(plain, "six");
	expect(peer, "six");
}

static void options6(void)
{
	int icmp = raw(AF_INET6, IPPROTO_ICMPV6), none = raw(AF_INET6, PROTOCOL);
	int sum = raw(AF_INET6, PROTOCOL), off = raw(AF_INET6, IPPROTO_RAW);
	struct icmp6_filter filter, shown = {};
	socklen_t len = sizeof(shown);

	memset(&filter, 0xff, sizeof(filter));
	filter.data[ICMPV6_ECHO_REQUEST >> 5] &= ~(1U << (ICMPV6_ECHO_REQUEST & 31));
	check(!setsockopt(icmp, SOL_ICMPV6, ICMPV6_FILTER, &filter, sizeof(filter)));
	set(sum, SOL_IPV6, IPV6_CHECKSUM, 2);
	set(off, SOL_IPV6, IPV6_HDRINCL, 0);
	ready();
	check(!getsockopt(icmp, SOL_ICMPV6, ICMPV6_FILTER, &shown, &len));
	check(!memcmp(&filter, &shown, sizeof(filter)));
	check_equal(get(icmp, SOL_IPV6, IPV6_CHECKSUM), 2);
	check_equal(get(none, SOL_IPV6, IPV6_CHECKSUM), -1);
	check_equal(get(sum, SOL_IPV6, IPV6_CHECKSUM), 2);
	check_equal(get(off, SOL_IPV6, IPV6_HDRINCL), 0);
	check_equal(get(sum, SOL_IPV6, IPV6_HDRINCL), 0);
}

static void packets6(void)
{
	int to = raw(AF_INET6, PROTOCOL), from = raw(AF_INET6, PROTOCOL);
	static struct received seen;

	ask_for_all6(to);
	set(from, SOL_IPV6, IPV6_TCLASS, 0x20);
	set(from, SOL_IPV6, IPV6_UNICAST_HOPS, 44);
	look_and_send(to, from, &seen, "::1", 0);
	ready();
	expect_same(to, &seen);
	expect(to, "");
	expect(to, "third");
	expect_nothing(to);
}

TEST_SIX(connections6)
TEST_SIX(options6)
TEST_SIX(packets6)

/* -- ICMP echo ------------------------------------------------------------------------------- */

static void echo(void)
{
	int fd, other, unbound;
	static struct received seen;

	let_all_ping();
	fd = echo_socket(AF_INET);
	other = echo_socket(AF_INET);
	unbound = echo_socket(AF_INET);
	name_it(fd, "127.0.0.1", 4870);
	connect_to(other, "127.0.0.1", 0);
	ask_for_all(fd);
	send_echo(fd, "127.0.0.1", 1);
	await_data(fd);
	receive(fd, &seen, MSG_PEEK);
	send_echo(fd, "127.0.0.1", 2);
	ready();
	expect_names(fd, "127.0.0.1", 4870, NULL, 0);
	expect_same(fd, &seen);
	expect_echo(fd, ICMP_ECHOREPLY, 2, 0);
	send_echo(fd, "127.0.0.1", 3);
	expect_echo(fd, ICMP_ECHOREPLY, 3, 0);
	expect_nothing(fd);
	send_echo(other, NULL, 4);
	expect_echo(other, ICMP_ECHOREPLY, 4, 0);
	send_echo(unbound, "127.0.0.1", 5);
	expect_echo(unbound, ICMP_ECHOREPLY, 5, 0);
}
TEST_STORIES(echo)

static void echo6(void)
{
	static struct received seen;
	int fd;

	let_all_ping();
	fd = echo_socket(AF_INET6);
	name_it(fd, "::1", 4871);
	ask_for_all6(fd);
	send_echo(fd, "::1", 1);
	await_data(fd);
	receive(fd, &seen, MSG_PEEK);
	ready();
	expect_names(fd, "::1", 4871, NULL, 0);
	expect_same(fd, &seen);
	send_echo(fd, "::1", 2);
	expect_echo(fd, ICMPV6_ECHO_REPLY, 2, 0);
}
TEST_SIX(echo6)

/* -- in other hands -------------------------------------------------------------------------- */

static int shared;

static void waits(void *arg)
{
	expect_packet(shared, "wake up");
}

/* A child waits for what the parent sends, for some time at most. */
static void waiter(void)
{
	struct timeval patience = { .tv_sec = PATIENCE };
	int own = raw(AF_INET, PROTOCOL);
	pid_t pid;

	name_it(own, "127.0.0.1", 0);
	shared = raw(AF_INET, PROTOCOL);
	name_it(shared, "127.0.0.4", 0);
	check(!setsockopt(shared, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	ready();
	send_to(own, "wake up", "127.0.0.4", 0);
	join(pid);
	send_to(own, "both have it", "127.0.0.4", 0);
	expect_packet(shared, "both have it");
}
TEST_STORIES(waiter)

static void watched(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 7 };
	int fd = raw(AF_INET, PROTOCOL), ep = epoll_create1(0);

	check(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	ready();
	check(epoll_wait(ep, &event, 1, 0) == 0);
	send_to(fd, "event", "127.0.0.1", 0);
	check(epoll_wait(ep, &event, 1, PATIENCE * 1000) == 1 && event.data.u32 == 7);
	expect_packet(fd, "event");
}
TEST_STORIES(watched)

/* -- what is refused ------------------------------------------------------------------------- */

static void in_parts(void)
{
	int fd = raw(AF_INET, PROTOCOL);

	connect_to(fd, "127.0.0.1", 0);
	check(send(fd, "a part", 6, MSG_MORE) == 6);
	ready();
}
TEST_REFUSED(in_parts, EOPNOTSUPP, "a raw socket with a part of a packet that is not complete")

static void dissolved(void)
{
	union address none = { .any.sa_family = AF_UNSPEC };
	int fd = raw(AF_INET, PROTOCOL);

	connect_to(fd, "127.0.0.1", 0);
	check(!connect(fd, &none.any, sizeof(none)));
	ready();
}
TEST_REFUSED(dissolved, EOPNOTSUPP, "whose connection was dissolved")

static void alert(void)
{
	int fd = raw(AF_INET, PROTOCOL);

	set(fd, SOL_IP, IP_ROUTER_ALERT, 1);
	ready();
}
TEST_REFUSED(alert, EOPNOTSUPP, "IP_ROUTER_ALERT")

static void alert6(void)
{
	int fd = raw(AF_INET6, IPPROTO_RAW);

	set(fd, SOL_IPV6, IPV6_ROUTER_ALERT, 0);
	ready();
}

TEST(alert6_refused)
{
	if (!HAS_IPV6)
		SKIP(return, "no IPv6");
	EXPECT_EQ(0, story_refused(alert6, EOPNOTSUPP, "IPV6_ROUTER_ALERT"));
}

/* An address that bind(2) takes with its device alone; the machine may have it already. */
static void link_local_echo(void)
{
	int fd = echo_socket(AF_INET6), ask = make_socket(AF_INET6, SOCK_DGRAM);
	struct in6_ifreq {
		struct in6_addr address;
		uint32_t length;
		int index;
	} request = { .length = 64, .index = if_nametoindex("lo") };
	union address name;
	socklen_t len = address(&name, "fe80::2008", 0);

	request.address = name.in6.sin6_addr;
	check(!ioctl(ask, SIOCSIFADDR, &request) || errno == EEXIST);
	close(ask);
	name.in6.sin6_scope_id = request.index;
	/* When it is known that nobody else has it */
	check(wait_until(!bind(fd, &name.any, len)));
	ready();
}

TEST(link_local_echo_refused)
{
	if (!HAS_IPV6)
		SKIP(return, "no IPv6");
	let_all_ping();
	EXPECT_EQ(0, story_refused(link_local_echo, EOPNOTSUPP,
				   "with an address that bind(2) would not give it again"));
}

static void any_address6(void)
{
	int fd = raw(AF_INET6, PROTOCOL);

	set(fd, SOL_IPV6, IPV6_FREEBIND, 1);
	ready();
}

TEST(any_address6_refused)
{
	if (!HAS_IPV6)
		SKIP(return, "no IPv6");
	EXPECT_EQ(0, story_refused(any_address6, EOPNOTSUPP, "with IPV6_FREEBIND or IPV6_TRANSPARENT"));
}

/* As its header is part of what is received, that could not be told from a wrong one. */
static void cut_short(void)
{
	struct sock_filter one[] = { BPF_STMT(BPF_RET | BPF_K, 1) };
	struct sock_fprog program = { .len = 1, .filter = one };
	int fd = raw(AF_INET, PROTOCOL);

	check(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	send_to(fd, "cut", "127.0.0.1", 0);
	await_data(fd);
	ready();
}
TEST_REFUSED(cut_short, EBUSY, "whose header a filter has cut")

static void with_options(void)
{
	int fd = raw(AF_INET, PROTOCOL), from = raw(AF_INET, PROTOCOL);
	char nop[4] = { 1, 1, 1, 0 };

	set(fd, SOL_IP, IP_RECVOPTS, 1);
	check(!setsockopt(from, SOL_IP, IP_OPTIONS, nop, sizeof(nop)));
	send_to(from, "options", "127.0.0.1", 0);
	await_data(fd);
	close(from);
	ready();
}
TEST_REFUSED(with_options, EBUSY, "has a datagram with IP options or extension headers")

TEST_HARNESS_MAIN
