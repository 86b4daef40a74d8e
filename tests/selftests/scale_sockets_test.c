// SPDX-License-Identifier: GPL-2.0-only
/*
 * scale_sockets_test.c - many sockets: unix pairs, sockets in flight in chains and cycles, TCP
 * connections, full backlogs and queues.  What they cost must not grow with their number;
 * SCALE_FULL=1 in the environment takes as many as scale_test.
 */
#include <sys/un.h>

#include "scale.h"
#include "tcp.h"

#define MIB		(1 << 20)
#define MOST		10000

static const unsigned int few[] = { 100, 1000, 0 };
static const unsigned int many[] = { 100, 1000, 10000, 0 };

FIXTURE(scale)
{
};

FIXTURE_SETUP(scale)
{
}

FIXTURE_TEARDOWN(scale)
{
}

/* -- unix pairs --------------------------------------------------------------------------- */

static int ends[MOST][2];

/* With something to receive at every tenth */
static void pairs(void)
{
	unsigned int i;

	for (i = 0; i < size; i++) {
		check(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]));
		if (i % 10 == 0)
			send_text(ends[i][0], "waits");
	}
	ready();
	for (i = 0; i < size; i++) {
		if (i % 10 == 0)
			expect(ends[i][1], "waits");
		expect_talk(ends[i][0], ends[i][1]);
	}
}

TEST_F_TIMEOUT(scale, unix_pairs, 600)
{
	is_linear(_metadata, "unix pairs", pairs, full() ? many : few, false);
}

/* -- in flight ------------------------------------------------------------------------------ */

union control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr head;
};

static void send_fd(int over, int fd)
{
	union control control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
					    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec vec = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	check(sendmsg(over, &msg, 0) == 1);
}

static int receive_fd(int from)
{
	union control control;
	char c;
	struct iovec vec = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int fd;

	check(recvmsg(from, &msg, MSG_DONTWAIT) == 1 && msg.msg_controllen);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

/*
 * The end that is kept has one to receive that has one to receive and so on.  In a cycle the last
 * one has the first.
 */
static int chain_of(unsigned int length, bool cycle)
{
	int first[2], last[2], next[2];
	unsigned int i;

	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, first));
	last[0] = dup(first[0]);
	last[1] = dup(first[1]);
	for (i = 0; i < length; i++) {
		check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, next));
		send_fd(last[0], next[1]);
		close(last[0]);
		close(last[1]);
		last[0] = next[0];
		last[1] = next[1];
	}
	if (cycle)
		send_fd(last[0], first[1]);
	close(last[0]);
	close(last[1]);
	close(first[0]);
	return first[1];
}

static void follow(int fd, unsigned int length, bool cycle)
{
	struct stat from, to;
	unsigned int i;
	int next;

	check(!fstat(fd, &from));
	for (i = 0; i < length; i++, fd = next) {
		next = receive_fd(fd);
		if (i || !cycle)
			close(fd);
	}
	if (!cycle) {
		expect_nothing(fd);
		return;
	}
	next = receive_fd(fd);
	check(!fstat(next, &to) && from.st_ino == to.st_ino);
}

static void one_chain(void)
{
	int fd = chain_of(size, false);

	ready();
	follow(fd, size, false);
}

static void one_cycle(void)
{
	int fd = chain_of(size, true);

	ready();
	follow(fd, size, true);
}

#define SHORT	10

static void short_cycles(void)
{
	unsigned int i, nr = size / SHORT;

	for (i = 0; i < nr; i++)
		ends[i][0] = chain_of(SHORT, true);
	ready();
	for (i = 0; i < nr; i++)
		follow(ends[i][0], SHORT, true);
}

TEST_F_TIMEOUT(scale, chain_in_flight, 600)
{
	is_linear(_metadata, "sockets in flight in a chain", one_chain, full() ? many : few, false);
}

TEST_F_TIMEOUT(scale, cycle_in_flight, 600)
{
	is_linear(_metadata, "sockets in flight in a cycle", one_cycle, full() ? many : few, false);
}

TEST_F_TIMEOUT(scale, cycles_in_flight, 600)
{
	is_linear(_metadata, "sockets in flight in cycles of ten", short_cycles,
		  full() ? many : few, false);
}

/* They lead where they led, and then nobody has them. */
TEST_F_TIMEOUT(scale, in_flight_is_there, 120)
{
	raise_limits();
	size = 1000;
	ASSERT_EQ(0, story_killed(one_chain));
	ASSERT_EQ(0, story_killed(one_cycle));
	ASSERT_EQ(0, story_left_running(short_cycles));
}

/* -- TCP ------------------------------------------------------------------------------------ */

static const unsigned int many_connections[] = { 100, 1000, 5000, 0 };

static void connections(void)
{
	unsigned int i;

	serve(5);
	for (i = 0; i < size; i++) {
		ends[i][0] = call();
		ends[i][1] = take();
	}
	ready();
	for (i = 0; i < size; i++)
		expect_talk(ends[i][0], ends[i][1]);
}

TEST_F_TIMEOUT(scale, tcp_connections, 600)
{
	killed = true;
	is_linear(_metadata, "TCP connections", connections, full() ? many_connections : few,
		  false);
}

/* One more than listen(2) is told there may be, each with something to say */
static void full_backlog(void)
{
	unsigned int i;

	serve(size - 1);
	for (i = 0; i < size; i++) {
		ends[i][0] = call();
		check(write(ends[i][0], &i, sizeof(i)) == sizeof(i));
	}
	ready();
	for (i = 0; i < size; i++) {
		unsigned int n = ~0U;

		ends[i][1] = take();
		check(read(ends[i][1], &n, sizeof(n)) == sizeof(n));
		check_equal(n, i);
		expect_talk(ends[i][0], ends[i][1]);
	}
}

static const unsigned int backlogs[] = { 100, 1000, 4000, 0 };

TEST_F_TIMEOUT(scale, connections_to_accept, 600)
{
	killed = true;
	is_linear(_metadata, "TCP connections to accept", full_backlog, full() ? backlogs : few,
		  false);
}

TEST_F_TIMEOUT(scale, backlog_is_there, 120)
{
	raise_limits();
	size = 500;
	ASSERT_EQ(0, story_killed(full_backlog));
}

static void make_room(int fd)
{
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 8 * MIB);
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, MIB / 2);
}

/* More than 4 MiB that nobody has received, both ways */
static void full_queues(void)
{
	size_t there, back;

	make_pair();
	make_room(pair[0]);
	make_room(pair[1]);
	there = fill(pair[0], 1);
	back = fill(pair[1], 2);
	check(there >= 4 * MIB && back >= 4 * MIB);
	ready();
	drain(pair[1], 1, there);
	drain(pair[0], 2, back);
	expect_talk(pair[0], pair[1]);
}

TEST_F_TIMEOUT(scale, full_queues, 120)
{
	ASSERT_EQ(0, story_killed(full_queues));
	ASSERT_EQ(0, story_twice(full_queues));
}

TEST_HARNESS_MAIN
