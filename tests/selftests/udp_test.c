// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp_test.c - UDP sockets: whom they are connected with, what they have to receive and what
 * comes with it, who waits for them.
 */
#include <linux/filter.h>
#include <net/if.h>
#include <sys/epoll.h>

#include "udp.h"

/* -- names and peers ------------------------------------------------------------------------- */

static void connections(void)
{
	int server = bound("127.0.0.1", 4801), client = make(AF_INET), chosen = bound("0.0.0.0", 4802);
	union address none = { .any.sa_family = AF_UNSPEC };

	connect_to(client, "127.0.0.1", 4801);
	connect_to(chosen, "127.0.0.2", 4803);
	ready();
	expect_names(server, "127.0.0.1", 4801, NULL, 0);
	expect_names(client, "127.0.0.1", 0, "127.0.0.1", 4801);
	expect_names(chosen, "127.0.0.1", 4802, "127.0.0.2", 4803);
	check(send(client, "hello", 5, 0) == 5);
	expect(server, "hello");
	/* Another is not heard. */
	send_to(server, "not you", "127.0.0.1", 4802);
	sleep_ms(20);
	expect_nothing(chosen);
	/* What bind(2) did not choose goes with the connection. */
	check(!connect(client, &none.any, sizeof(none)));
	expect_names(client, "0.0.0.0", 0, NULL, 0);
	check(!connect(chosen, &none.any, sizeof(none)));
	expect_names(chosen, "0.0.0.0", 4802, NULL, 0);
	send_to(server, "you", "127.0.0.1", 4802);
	expect(chosen, "you");
}
TEST_STORIES(connections)

/* As its input a program has what is connected in the tree: it is not the restarter's. */
static void as_input(void)
{
	int peer = bound("127.0.0.1", 4806);

	check(!dup2(bound("127.0.0.1", 4805), 0));
	connect_to(0, "127.0.0.1", 4806);
	connect_to(peer, "127.0.0.1", 4805);
	ready();
	expect_names(0, "127.0.0.1", 4805, "127.0.0.1", 4806);
	check(send(peer, "hello", 5, 0) == 5);
	expect(0, "hello");
}
TEST_STORIES(as_input)

/* ECONNREFUSED comes once, and what shutdown(2) has ended stays so. */
static void refused(void)
{
	int fd = make(AF_INET), shut = make(AF_INET);
	char c;

	connect_to(fd, "127.0.0.1", 4809);
	check(send(fd, "x", 1, 0) == 1);
	sleep_ms(20);
	connect_to(shut, "127.0.0.1", 4809);
	check(!shutdown(shut, SHUT_WR));
	ready();
	check(recv(fd, &c, 1, MSG_DONTWAIT) == -1 && errno == ECONNREFUSED);
	expect_nothing(fd);
	check(send(shut, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}
TEST_STORIES(refused)

static void group(void)
{
	int fds[3], i, heard = 0, client = make(AF_INET);
	char c;

	for (i = 0; i < 3; i++) {
		union address name;
		socklen_t len = address(&name, "127.0.0.1", 4804);

		fds[i] = make(AF_INET);
		set(fds[i], SOL_SOCKET, SO_REUSEPORT, 1);
		check(!bind(fds[i], &name.any, len));
	}
	ready();
	connect_to(client, "127.0.0.1", 4804);
	check(send(client, "x", 1, 0) == 1);
	sleep_ms(20);
	for (i = 0; i < 3; i++)
		heard += recv(fds[i], &c, 1, MSG_DONTWAIT) == 1;
	check_equal(heard, 1);
}
TEST_STORIES(group)

/* -- what is to be received -------------------------------------------------------------------- */

static void datagrams(void)
{
	int to = bound("0.0.0.0", 4810), from = bound("127.0.0.1", 4811);
	static struct received seen;

	ask_for_all(to);
	set(from, SOL_IP, IP_TOS, 0x10);
	set(from, SOL_IP, IP_TTL, 33);
	set(from, SOL_SOCKET, SO_MARK, 7);
	set(from, SOL_SOCKET, SO_MARK, 0);
	look_and_send(to, from, &seen, "127.0.0.3", 4810);
	ready();
	expect_same(to, &seen);
	expect(to, "");
	expect(to, "third");
	expect_nothing(to);
	send_to(from, "more", "127.0.0.3", 4810);
	expect(to, "more");
}
TEST_STORIES(datagrams)

static void large(void)
{
	static char out[60000], in[60001];
	int to = bound("127.0.0.1", 4812), from = make(AF_INET);

	connect_to(from, "127.0.0.1", 4812);
	pattern_fill(out, sizeof(out), 5);
	check(send(from, out, sizeof(out), 0) == sizeof(out));
	check(send(from, out, 4000, 0) == 4000);
	await_data(to);
	ready();
	check_equal(recv(to, in, sizeof(in), 0), sizeof(out));
	check(pattern_is(in, sizeof(out), 5));
	check_equal(recv(to, in, sizeof(in), 0), 4000);
	expect_nothing(to);
}
TEST_STORIES(large)

/* More than there is room for: what was received comes back, and how much was dropped. */
static void full(void)
{
	int to = bound("127.0.0.1", 4813), from = make(AF_INET), sent, got;
	static struct received last;
	unsigned int dropped = 0;
	struct cmsghdr *head;
	char c[500] = "";

	set(to, SOL_SOCKET, SO_RCVBUF, 20000);
	set(to, SOL_SOCKET, SO_RXQ_OVFL, 1);
	connect_to(from, "127.0.0.1", 4813);
	for (sent = 0; sent < 100; sent++)
		check(send(from, c, sizeof(c), 0) == sizeof(c));
	sleep_ms(50);
	/* The kernel gives room back when much of it was read. */
	for (got = 0; got < 16; got++)
		check(recv(to, c, sizeof(c), 0) == sizeof(c));
	check(send(from, "last", 4, 0) == 4);
	sleep_ms(50);
	ready();
	do {
		receive(to, &last, MSG_DONTWAIT);
		got++;
	} while (strcmp(last.data, "last"));
	expect_nothing(to);
	for (head = CMSG_FIRSTHDR(&last.msg); head; head = CMSG_NXTHDR(&last.msg, head))
		if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SO_RXQ_OVFL)
			memcpy(&dropped, CMSG_DATA(head), sizeof(dropped));
	check(dropped > 0);
	check_equal(dropped, sent + 1 - got);
}
TEST_STORIES(full)

/* Several in one, as the sender has cut them */
static void coalesced(void)
{
	int to = bound("127.0.0.1", 4814), from = make(AF_INET);
	static struct received seen;

	set(to, SOL_UDP, UDP_GRO, 1);
	connect_to(from, "127.0.0.1", 4814);
	set(from, SOL_UDP, UDP_SEGMENT, 50);
	check(send(from, "0123456789012345678901234567890123456789012345678901234567890123456789",
		   70, 0) == 70);
	await_data(to);
	receive(to, &seen, MSG_PEEK);
	check(seen.len == 70 && seen.msg.msg_controllen > 0);
	ready();
	expect_same(to, &seen);
	check_equal(get(to, SOL_UDP, UDP_GRO), 1);
	check_equal(get(from, SOL_UDP, UDP_SEGMENT), 50);
}
TEST_STORIES(coalesced)

/* -- IPv6 ---------------------------------------------------------------------------------- */

static void connections6(void)
{
	int server = bound("::1", 4820), client = make(AF_INET6), mapped = make(AF_INET6);
	int four = bound("127.0.0.1", 4821);

	connect_to(client, "::1", 4820);
	connect_to(mapped, "::ffff:127.0.0.1", 4821);
	ready();
	expect_names(client, "::1", 0, "::1", 4820);
	expect_names(mapped, "::ffff:127.0.0.1", 0, "::ffff:127.0.0.1", 4821);
	check(send(client, "six", 3, 0) == 3);
	expect(server, "six");
	check(send(mapped, "four", 4, 0) == 4);
	expect(four, "four");
}

static void datagrams6(void)
{
	int to = bound("::", 4822), from = bound("::1", 4823), four = bound("127.0.0.1", 4824);
	static struct received seen, mapped;

	ask_for_all(to);
	set(to, SOL_IPV6, IPV6_RECVPKTINFO, 1);
	set(to, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
	set(to, SOL_IPV6, IPV6_RECVTCLASS, 1);
	set(to, SOL_IPV6, IPV6_FLOWINFO, 1);
	set(from, SOL_IPV6, IPV6_TCLASS, 0x20);
	set(from, SOL_IPV6, IPV6_UNICAST_HOPS, 44);
	send_to(four, "mapped", "127.0.0.2", 4822);
	await_data(to);
	receive(to, &mapped, MSG_PEEK);
	expect(to, "mapped");
	look_and_send(to, from, &seen, "::1", 4822);
	send_to(four, "mapped", "127.0.0.2", 4822);
	ready();
	expect_same(to, &seen);
	expect(to, "");
	expect(to, "third");
	/* All but its time is as of the first. */
	receive(to, &seen, 0);
	check(seen.len == mapped.len && seen.msg.msg_controllen == mapped.msg.msg_controllen);
	check(!memcmp(&seen.from, &mapped.from, sizeof(seen.from)));
	check(!memcmp(seen.control + CMSG_SPACE(sizeof(struct timespec)),
		      mapped.control + CMSG_SPACE(sizeof(struct timespec)),
		      sizeof(seen.control) - CMSG_SPACE(sizeof(struct timespec))));
	expect_nothing(to);
}

TEST_SIX(connections6)
TEST_SIX(datagrams6)

/* -- in other hands -------------------------------------------------------------------------- */

static int shared;

static void waits(void *arg)
{
	expect(shared, "wake up");
	send_to(shared, "awake", "127.0.0.1", 4831);
}

/* A child waits for what the parent sends. */
static void waiter(void)
{
	int own = bound("127.0.0.1", 4831);
	pid_t pid;

	shared = bound("127.0.0.1", 4830);
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	ready();
	send_to(own, "wake up", "127.0.0.1", 4830);
	expect(own, "awake");
	join(pid);
	send_to(own, "both have it", "127.0.0.1", 4830);
	expect(shared, "both have it");
}
TEST_STORIES(waiter)

static void watched(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 7 };
	int fd = bound("127.0.0.1", 4832), from = make(AF_INET), ep = epoll_create1(0);

	check(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	ready();
	check(epoll_wait(ep, &event, 1, 0) == 0);
	send_to(from, "event", "127.0.0.1", 4832);
	check(epoll_wait(ep, &event, 1, PATIENCE * 1000) == 1 && event.data.u32 == 7);
	expect(fd, "event");
}
TEST_STORIES(watched)

/* -- options ---------------------------------------------------------------------------------- */

static void lite(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), cork = make(AF_INET);

	if (fd >= 0) {
		set(fd, SOL_UDP, UDPLITE_SEND_CSCOV, 20);
		set(fd, SOL_UDP, UDPLITE_RECV_CSCOV, 0);
	}
	set(cork, SOL_UDP, UDP_CORK, 1);
	ready();
	if (fd >= 0) {
		check_equal(get(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDPLITE);
		check_equal(get(fd, SOL_UDP, UDPLITE_SEND_CSCOV), 20);
		check_equal(get(fd, SOL_UDP, UDPLITE_RECV_CSCOV), 0);
	}
	check_equal(get(cork, SOL_UDP, UDP_CORK), 1);
}
TEST_STORIES(lite)

/* -- devices and groups ------------------------------------------------------------------------ */

static int change_group(int fd, int name, const char *group)
{
	struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex("lo") };

	check(inet_pton(AF_INET, group, &mreq.imr_multiaddr) == 1);
	return setsockopt(fd, SOL_IP, name, &mreq, sizeof(mreq));
}

static void devices(void)
{
	struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex("lo") };
	int fd = make(AF_INET), fresh = make(AF_INET), tied = make(AF_INET);
	char device[16] = "";
	socklen_t len = sizeof(device);
	struct in_addr shown = {};
	/* Not where the kernel has no network devices */
	bool has = !setsockopt(tied, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);

	check(inet_pton(AF_INET, "127.0.0.1", &mreq.imr_address) == 1);
	check(!setsockopt(fd, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)));
	set(fd, SOL_IP, IP_UNICAST_IF, htonl(if_nametoindex("lo")));
	ready();
	check_equal(get(fd, SOL_IP, IP_UNICAST_IF), htonl(if_nametoindex("lo")));
	check_equal(get(fresh, SOL_IP, IP_UNICAST_IF), 0);
	if (has) {
		check(!getsockopt(tied, SOL_SOCKET, SO_BINDTODEVICE, device, &len));
		check(!strcmp(device, "lo"));
	}
	len = sizeof(shown);
	check(!getsockopt(fd, SOL_IP, IP_MULTICAST_IF, &shown, &len));
	check(shown.s_addr == mreq.imr_address.s_addr);
}
TEST_STORIES(devices)

static void groups(void)
{
	struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex("lo") };
	int fd = bound("0.0.0.0", 4850), from = make(AF_INET);

	check(!change_group(fd, IP_ADD_MEMBERSHIP, "239.1.2.3"));
	check(!change_group(fd, IP_ADD_MEMBERSHIP, "239.1.2.4"));
	set(fd, SOL_IP, IP_MULTICAST_ALL, 0);
	ready();
	check(!setsockopt(from, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)));
	send_to(from, "all of you", "239.1.2.4", 4850);
	expect(fd, "all of you");
	check(change_group(fd, IP_ADD_MEMBERSHIP, "239.1.2.3") == -1 && errno == EADDRINUSE);
	check(!change_group(fd, IP_DROP_MEMBERSHIP, "239.1.2.3"));
	check(!change_group(fd, IP_DROP_MEMBERSHIP, "239.1.2.4"));
	check(change_group(fd, IP_DROP_MEMBERSHIP, "239.1.2.4") == -1);
}
TEST_STORIES(groups)

static void groups6(void)
{
	struct ipv6_mreq mreq = { .ipv6mr_interface = if_nametoindex("lo") };
	int fd = make(AF_INET6);

	check(inet_pton(AF_INET6, "ff02::1234", &mreq.ipv6mr_multiaddr) == 1);
	check(!setsockopt(fd, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	set(fd, SOL_IPV6, IPV6_MULTICAST_IF, if_nametoindex("lo"));
	ready();
	check_equal(get(fd, SOL_IPV6, IPV6_MULTICAST_IF), if_nametoindex("lo"));
	check(!setsockopt(fd, SOL_IPV6, IPV6_DROP_MEMBERSHIP, &mreq, sizeof(mreq)));
	check(setsockopt(fd, SOL_IPV6, IPV6_DROP_MEMBERSHIP, &mreq, sizeof(mreq)) == -1);
}
TEST_SIX(groups6)

static void source_group(void)
{
	struct ip_mreq_source mreq = { .imr_sourceaddr.s_addr = htonl(INADDR_LOOPBACK),
				       .imr_interface.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = make(AF_INET);

	check(inet_pton(AF_INET, "239.1.2.3", &mreq.imr_multiaddr) == 1);
	check(!setsockopt(fd, SOL_IP, IP_ADD_SOURCE_MEMBERSHIP, &mreq, sizeof(mreq)));
	ready();
}
TEST_REFUSED(source_group, EOPNOTSUPP, "of which it hears some senders alone")

/* -- what is refused ------------------------------------------------------------------------- */

static void corked(void)
{
	int fd = make(AF_INET);

	connect_to(fd, "127.0.0.1", 4809);
	check(send(fd, "a part", 6, MSG_MORE) == 6);
	ready();
}
TEST_REFUSED(corked, EOPNOTSUPP, "with a part of a datagram that is not complete")

static void tunnel(void)
{
	int fd = bound("127.0.0.1", 4840);

	/* Not all kernels have the one that is asked for (UDP_ENCAP_L2TPINUDP). */
	set(fd, SOL_UDP, UDP_ENCAP, 3);
	ready();
}
TEST_REFUSED(tunnel, EOPNOTSUPP, "that is the end of a tunnel")

static void error_queue(void)
{
	int fd = make(AF_INET);

	set(fd, SOL_IP, IP_RECVERR, 1);
	connect_to(fd, "127.0.0.1", 4809);
	check(send(fd, "x", 1, 0) == 1);
	sleep_ms(20);
	ready();
}
TEST_REFUSED(error_queue, EOPNOTSUPP, "with errors to be read")

/* Several in one, of which less is left than one had */
static void coalesced_and_cut(void)
{
	struct sock_filter some[] = { BPF_STMT(BPF_RET | BPF_K, sizeof(struct udphdr) + 20) };
	struct sock_fprog program = { .len = 1, .filter = some };
	int to = bound("127.0.0.1", 4815), from = make(AF_INET);
	char out[120] = {};

	set(to, SOL_UDP, UDP_GRO, 1);
	check(!setsockopt(to, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	connect_to(from, "127.0.0.1", 4815);
	set(from, SOL_UDP, UDP_SEGMENT, 50);
	check(send(from, out, sizeof(out), 0) == sizeof(out));
	await_data(to);
	ready();
}
TEST_REFUSED(coalesced_and_cut, EBUSY, "that a filter has cut (UDP_GRO)")

/* A port that somebody else has by then */
TEST(port_is_taken)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, connections));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = bound("127.0.0.1", 4801);
	ASSERT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
