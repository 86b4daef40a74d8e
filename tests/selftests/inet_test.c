// SPDX-License-Identifier: GPL-2.0-only
/*
 * inet_test.c - internet sockets: made, bound, and what setsockopt(2) has set of them.
 */
#include <netinet/tcp.h>

#include "inet.h"

static int make(int family)
{
	return make_socket(family, SOCK_STREAM | SOCK_NONBLOCK);
}

static void bind_to(int fd, const char *address, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	check(inet_pton(AF_INET, address, &in.sin_addr) == 1);
	check(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
}

static void expect_name(int fd, const char *address, int port)
{
	struct sockaddr_in in = {};
	socklen_t len = sizeof(in);
	struct in_addr wanted;

	check(inet_pton(AF_INET, address, &wanted) == 1);
	check(!getsockname(fd, (struct sockaddr *)&in, &len) && len == sizeof(in));
	check(in.sin_family == AF_INET && in.sin_addr.s_addr == wanted.s_addr);
	check_equal(ntohs(in.sin_port), port);
}

static int port_of(int fd)
{
	struct sockaddr_in in = {};
	socklen_t len = sizeof(in);

	check(!getsockname(fd, (struct sockaddr *)&in, &len));
	return ntohs(in.sin_port);
}

static void fresh(void)
{
	int fd = make(AF_INET);
	char c;

	ready();
	check_equal(get(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
	check_equal(get(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	check_equal(get(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	expect_name(fd, "0.0.0.0", 0);
	check(recv(fd, &c, 1, 0) == -1 && errno == ENOTCONN);
	bind_to(fd, "127.0.0.1", 0);
}
TEST_STORIES(fresh)

static void bound(void)
{
	int fd = make(AF_INET), any = make(AF_INET), chosen = make(AF_INET), port;

	bind_to(fd, "127.0.0.2", 4711);
	bind_to(any, "0.0.0.0", 4712);
	bind_to(chosen, "127.0.0.1", 0);
	port = port_of(chosen);
	ready();
	expect_name(fd, "127.0.0.2", 4711);
	expect_name(any, "0.0.0.0", 4712);
	expect_name(chosen, "127.0.0.1", port);
	check(!listen(chosen, 1));
	expect_name(chosen, "127.0.0.1", port);
}
TEST_STORIES(bound)

/* Two on one port, as SO_REUSEADDR and SO_REUSEPORT allow */
static void shared_port(void)
{
	int fd[4], i;

	for (i = 0; i < 4; i++) {
		fd[i] = make(AF_INET);
		set(fd[i], SOL_SOCKET, i < 2 ? SO_REUSEADDR : SO_REUSEPORT, 1);
		bind_to(fd[i], "127.0.0.1", i < 2 ? 4713 : 4714);
	}
	ready();
	for (i = 0; i < 4; i++) {
		expect_name(fd[i], "127.0.0.1", i < 2 ? 4713 : 4714);
		check_equal(get(fd[i], SOL_SOCKET, SO_REUSEADDR), i < 2);
		check_equal(get(fd[i], SOL_SOCKET, SO_REUSEPORT), i >= 2);
	}
	check(!listen(fd[2], 1) && !listen(fd[3], 1));
}
TEST_STORIES(shared_port)

/* An address for which there is no port yet, and one that no device has */
static void half_bound(void)
{
	int later = make(AF_INET), foreign = make(AF_INET);

	set(later, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	bind_to(later, "127.0.0.3", 0);
	set(foreign, SOL_IP, IP_FREEBIND, 1);
	bind_to(foreign, "192.0.2.1", 4715);
	ready();
	expect_name(later, "127.0.0.3", 0);
	expect_name(foreign, "192.0.2.1", 4715);
	check_equal(get(foreign, SOL_IP, IP_FREEBIND), 1);
}
TEST_STORIES(half_bound)

/* -- options ------------------------------------------------------------------------------ */

struct option {
	int level;
	int name;
	int value;
};

static const struct option options[] = {
	{ SOL_SOCKET, SO_KEEPALIVE, 1 }, { SOL_SOCKET, SO_OOBINLINE, 1 },
	{ SOL_SOCKET, SO_RCVLOWAT, 3 }, { SOL_SOCKET, SO_PRIORITY, 5 },
	{ SOL_SOCKET, SO_REUSEADDR, 1 },
	{ SOL_IP, IP_TTL, 17 }, { SOL_IP, IP_MINTTL, 2 }, { SOL_IP, IP_RECVTTL, 1 },
	{ SOL_IP, IP_RECVTOS, 1 }, { SOL_IP, IP_PKTINFO, 1 }, { SOL_IP, IP_RECVERR, 1 },
	{ SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO }, { SOL_IP, IP_MULTICAST_LOOP, 0 },
	{ SOL_IP, IP_TRANSPARENT, 1 },
	{ SOL_TCP, TCP_NODELAY, 1 }, { SOL_TCP, TCP_MAXSEG, 999 }, { SOL_TCP, TCP_CORK, 1 },
	{ SOL_TCP, TCP_KEEPIDLE, 77 }, { SOL_TCP, TCP_KEEPINTVL, 7 }, { SOL_TCP, TCP_KEEPCNT, 3 },
	{ SOL_TCP, TCP_SYNCNT, 2 }, { SOL_TCP, TCP_LINGER2, 11 }, { SOL_TCP, TCP_SAVE_SYN, 1 },
	{ SOL_TCP, TCP_USER_TIMEOUT, 12345 }, { SOL_TCP, TCP_NOTSENT_LOWAT, 4096 },
	{ SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1 }, { SOL_TCP, TCP_INQ, 1 },
	{ SOL_TCP, TCP_FASTOPEN, 5 }, { SOL_TCP, TCP_FASTOPEN_CONNECT, 1 },
	{ SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1 },
};

static const struct option options6[] = {
	{ SOL_IPV6, IPV6_V6ONLY, 1 }, { SOL_IPV6, IPV6_UNICAST_HOPS, 18 },
	{ SOL_IPV6, IPV6_RECVPKTINFO, 1 }, { SOL_IPV6, IPV6_RECVHOPLIMIT, 1 },
	{ SOL_IPV6, IPV6_RECVTCLASS, 1 }, { SOL_IPV6, IPV6_TCLASS, 0x20 },
	{ SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO }, { SOL_IPV6, IPV6_RECVERR, 1 },
	{ SOL_IPV6, IPV6_DONTFRAG, 1 }, { SOL_IPV6, IPV6_MULTICAST_LOOP, 0 },
	{ SOL_IPV6, IPV6_AUTOFLOWLABEL, 0 },
};

static void set_all(int fd, const struct option *some, size_t nr)
{
	for (; nr--; some++)
		set(fd, some->level, some->name, some->value);
}

static void expect_all(int fd, const struct option *some, size_t nr)
{
	for (; nr--; some++)
		check_equal(get(fd, some->level, some->name), some->value);
}

#define ALL(some)	some, sizeof(some) / sizeof((some)[0])

static void with_options(void)
{
	int fd = make(AF_INET), fresh = make(AF_INET);

	set_all(fd, ALL(options));
	set(fd, SOL_IP, IP_TOS, 0x10);
	set(fd, SOL_SOCKET, SO_PRIORITY, 0);
	ready();
	check_equal(get(fd, SOL_IP, IP_TOS), 0x10);
	check_equal(get(fd, SOL_SOCKET, SO_PRIORITY), 0);
	set(fd, SOL_SOCKET, SO_PRIORITY, 5);
	expect_all(fd, ALL(options));
	check_equal(get(fresh, SOL_TCP, TCP_NODELAY), 0);
	check_equal(get(fresh, SOL_TCP, TCP_KEEPIDLE), 7200);
	check_equal(get(fresh, SOL_IP, IP_TTL), 64);
}
TEST_STORIES(with_options)

/* Sizes that were chosen stay, as they were; others are chosen again. */
static void sizes(void)
{
	int fd = make(AF_INET), other = make(AF_INET), chosen, own;

	set(fd, SOL_SOCKET, SO_SNDBUF, 10000);
	chosen = get(fd, SOL_SOCKET, SO_SNDBUF);
	own = get(other, SOL_SOCKET, SO_SNDBUF);
	ready();
	check_equal(get(fd, SOL_SOCKET, SO_SNDBUF), chosen);
	check_equal(get(other, SOL_SOCKET, SO_SNDBUF), own);
}
TEST_STORIES(sizes)

/* -- IPv6 ----------------------------------------------------------------------------------- */

static void bind6(int fd, const char *address, int port)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	check(inet_pton(AF_INET6, address, &in.sin6_addr) == 1);
	check(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
}

static void expect_name6(int fd, const char *address, int port)
{
	struct sockaddr_in6 in = {};
	socklen_t len = sizeof(in);
	struct in6_addr wanted;

	check(inet_pton(AF_INET6, address, &wanted) == 1);
	check(!getsockname(fd, (struct sockaddr *)&in, &len) && len == sizeof(in));
	check(in.sin6_family == AF_INET6 && !memcmp(&in.sin6_addr, &wanted, sizeof(wanted)));
	check_equal(ntohs(in.sin6_port), port);
}

static void bound6(void)
{
	int fd = make(AF_INET6), mapped = make(AF_INET6), only = make(AF_INET6), four = make(AF_INET);

	bind6(fd, "::1", 4721);
	bind6(mapped, "::ffff:127.0.0.1", 4722);
	set(only, SOL_IPV6, IPV6_V6ONLY, 1);
	bind6(only, "::", 4723);
	bind_to(four, "0.0.0.0", 4723);
	ready();
	expect_name6(fd, "::1", 4721);
	expect_name6(mapped, "::ffff:127.0.0.1", 4722);
	expect_name6(only, "::", 4723);
	expect_name(four, "0.0.0.0", 4723);
	check(!listen(only, 1) && !listen(four, 1));
}

static void with_options6(void)
{
	int fd = make(AF_INET6);

	set_all(fd, ALL(options6));
	set_all(fd, ALL(options));
	ready();
	expect_all(fd, ALL(options6));
	expect_all(fd, ALL(options));
}

TEST_SIX(bound6)
TEST_SIX(with_options6)

/* -- what is refused ------------------------------------------------------------------------- */

static void with_ip_options(void)
{
	static const unsigned char nops[4] = { 1, 1, 1, 1 };
	int fd = make(AF_INET);

	check(!setsockopt(fd, SOL_IP, IP_OPTIONS, nops, sizeof(nops)));
	ready();
}
TEST_REFUSED(with_ip_options, EOPNOTSUPP, "with IP options")

static void with_key(void)
{
	static const unsigned char key[16] = "sixteen letters";

	check(!setsockopt(make(AF_INET), SOL_TCP, TCP_FASTOPEN_KEY, key, sizeof(key)));
	ready();
}
TEST_REFUSED(with_key, EOPNOTSUPP, "TCP_FASTOPEN_KEY")

/* Its SYN waits for what is sent first. */
static void connects_later(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(4716),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = make(AF_INET);

	/* For an address whose cookie is not known it would not wait. */
	set(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
	set(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1);
	check(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	ready();
}
TEST_REFUSED(connects_later, EOPNOTSUPP, "that TCP Fast Open has not connected yet")

static void repaired(void)
{
	set(make(AF_INET), SOL_TCP, TCP_REPAIR, 1);
	ready();
}
TEST_REFUSED(repaired, EOPNOTSUPP, "under repair")

/* Who makes these sockets again may not have them. */
static void low_port_of_another(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(79) };
	int fd;

	check(!seteuid(1000));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	check(!seteuid(0) && !bind(fd, (struct sockaddr *)&name, sizeof(name)));
	ready();
}
TEST_REFUSED(low_port_of_another, EOPNOTSUPP, "its maker or the caller may not bind to")

/* A port that somebody else has by then */
TEST(port_is_taken)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, bound));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	bind_to(fd, "127.0.0.2", 4711);
	ASSERT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	ASSERT_TRUE(subject_told(&s, "127.0.0.2:4711 is in use"));
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

static void privileged(void)
{
	int fd = make(AF_INET);

	bind_to(fd, "127.0.0.1", 81);
	ready();
	expect_name(fd, "127.0.0.1", 81);
}
TEST_STORIES(privileged)

/* For an ordinary user it is none. */
TEST(privileged_port_of_a_user)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, privileged));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_GT(0, subject_restart_below_user(&s));
}

TEST_HARNESS_MAIN
