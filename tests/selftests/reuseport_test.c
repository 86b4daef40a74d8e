// SPDX-License-Identifier: GPL-2.0-only
/*
 * reuseport_test.c - groups of sockets that share a port (SO_REUSEPORT): each of them gets what it
 * got before, of TCP and UDP, IPv4 and IPv6.
 */
#include <poll.h>

#include "inet.h"

#define MEMBERS	8
#define SENDERS	32

static int family, type;
static int members[MEMBERS];
static int chosen[SENDERS];

static socklen_t name_of(struct sockaddr_in6 *name, int port)
{
	struct sockaddr_in *in = (void *)name;

	memset(name, 0, sizeof(*name));
	if (family == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	name->sin6_family = AF_INET6;
	name->sin6_port = htons(port);
	name->sin6_addr = in6addr_loopback;
	return sizeof(*name);
}

static int socket_at(int port, int option)
{
	struct sockaddr_in6 name;
	socklen_t len = name_of(&name, port);
	int fd = make_socket(family, type);

	set(fd, SOL_SOCKET, option, 1);
	check(!bind(fd, (struct sockaddr *)&name, len));
	return fd;
}

/* Their descriptors are in another order than the group, and one of it has gone meanwhile. */
static void make_group(void)
{
	static const int order[MEMBERS + 1] = { 5, 2, 7, 8, 0, 6, 3, 1, 4 };
	int fds[MEMBERS + 1], i;

	for (i = 0; i <= MEMBERS; i++) {
		fds[order[i]] = socket_at(4770, SO_REUSEPORT);
		if (type == SOCK_STREAM)
			check(!listen(fds[order[i]], 64));
		check(dup2(fds[order[i]], 100 + order[i]) >= 0);
	}
	for (i = 0; i <= MEMBERS; i++)
		close(fds[i]);
	for (i = 0; i < MEMBERS; i++)
		members[i] = 100 + i;
	/* The last one takes the place of what goes. */
	close(100 + MEMBERS);
}

/* As the kernel chooses by addresses and ports, always from the same port.  Return: who got it */
static int send_from(int port)
{
	struct linger reset = { .l_onoff = 1 };
	struct pollfd polls[MEMBERS];
	struct sockaddr_in6 name;
	socklen_t len = name_of(&name, 4770);
	int fd = socket_at(port, SO_REUSEADDR), i, peer;
	char c;

	check(!connect(fd, (struct sockaddr *)&name, len));
	check(send(fd, "x", 1, 0) == 1);
	for (i = 0; i < MEMBERS; i++)
		polls[i] = (struct pollfd) { .fd = members[i], .events = POLLIN };
	check(poll(polls, MEMBERS, 10000) == 1);
	for (i = 0; !polls[i].revents; i++)
		;
	peer = type == SOCK_STREAM ? accept(members[i], NULL, NULL) : members[i];
	check(recv(peer, &c, 1, 0) == 1);
	/* No TIME_WAIT */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	if (peer != members[i])
		close(peer);
	return i;
}

static void group(void)
{
	int i, others = 0;

	make_group();
	for (i = 0; i < SENDERS; i++) {
		chosen[i] = send_from(4800 + i);
		others += chosen[i] != chosen[0];
	}
	check(others);
	ready();
	for (i = 0; i < SENDERS; i++)
		check_equal(send_from(4800 + i), chosen[i]);
}

#define TEST_GROUP(name, _family, _type)						\
	TEST(group_of_##name)								\
	{										\
		family = _family;							\
		if (family == AF_INET6 && !HAS_IPV6)					\
			SKIP(return, "this kernel has no IPv6");			\
		type = _type;								\
		ASSERT_EQ(0, story_killed(group));					\
		ASSERT_EQ(0, story_twice(group));					\
	}

TEST_GROUP(udp, AF_INET, SOCK_DGRAM)
TEST_GROUP(udp_of_ipv6, AF_INET6, SOCK_DGRAM)
TEST_GROUP(tcp, AF_INET, SOCK_STREAM)
TEST_GROUP(tcp_of_ipv6, AF_INET6, SOCK_STREAM)

TEST_HARNESS_MAIN
