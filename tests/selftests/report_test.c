// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_test.c - obstacles are reported once, with their number, and none is dropped
 * without a word.
 */
#include <linux/netlink.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

#define MANY	300

static int nr_sockets;

static void has_sockets_and_more(void)
{
	struct rlimit files = { 1024, 1024 };
	int i;

	check(!setrlimit(RLIMIT_NOFILE, &files));
	for (i = 0; i < nr_sockets; i++)
		check(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC) >= 0);
	check(open("/dev/loop-control", O_RDONLY) >= 0);
	check(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC) >= 0);
	ready();
}

FIXTURE(report) {
	struct subject s;
	struct checkpoint_error errors[400];
	struct checkpoint_args args;
};

FIXTURE_SETUP(report)
{
	self->args.errors = (uintptr_t)self->errors;
}

FIXTURE_TEARDOWN(report)
{
	subject_kill(&self->s);
	reap_all();
}

static long look(struct _test_data_report *self, int sockets, uint32_t room)
{
	nr_sockets = sockets;
	self->args.nr_errors = room;
	if (subject_start(&self->s, has_sockets_and_more))
		return -ECHILD;
	return sys_checkpoint(self->s.pid, -1, CHECKPOINT_CHECK | CHECKPOINT_ARGS, &self->args,
			      sizeof(self->args));
}

static int count(struct _test_data_report *self, const char *words)
{
	int nr = 0;
	uint32_t i;

	for (i = 0; i < self->args.errors_used; i++)
		nr += !!strstr(self->errors[i].message, words);
	return nr;
}

TEST_F(report, a_few_are_named_each)
{
	ASSERT_EQ(-EOPNOTSUPP, look(self, 8, 400));
	EXPECT_EQ(8, count(self, "netlink datagram"));
	EXPECT_EQ(0, count(self, "more like it"));
	EXPECT_EQ(10, self->args.errors_used);
	EXPECT_EQ(0, self->args.errors_missing);
}

TEST_F(report, many_are_counted)
{
	ASSERT_EQ(-EOPNOTSUPP, look(self, MANY, 400));
	EXPECT_EQ(8, count(self, "netlink datagram"));
	EXPECT_EQ(1, count(self, "(and 292 more like it)"));
	/* what is found behind them is not lost */
	EXPECT_EQ(1, count(self, "loop-control"));
	EXPECT_EQ(1, count(self, "netlink raw"));
	EXPECT_EQ(10, self->args.errors_used);
	EXPECT_EQ(0, self->args.errors_missing);
}

TEST_F(report, what_finds_no_place_is_counted)
{
	ASSERT_EQ(-EOPNOTSUPP, look(self, MANY, 2));
	EXPECT_EQ(2, count(self, "netlink datagram"));
	EXPECT_EQ(1, count(self, "(and 298 more like it)"));
	EXPECT_EQ(2, self->args.errors_missing);
}

static void child(void *arg)
{
	check(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC) >= 0);
	child_ready();
}

/* Each has one of its own. */
static void with_children(void)
{
	int i;

	for (i = 0; i < 3; i++)
		await_child(spawn(child, NULL));
	ready();
}

TEST_F(report, each_process_is_named)
{
	ASSERT_EQ(0, subject_start(&self->s, with_children));
	self->args.nr_errors = 400;
	ASSERT_EQ(-EOPNOTSUPP, sys_checkpoint(self->s.pid, -1, CHECKPOINT_CHECK | CHECKPOINT_ARGS,
					      &self->args, sizeof(self->args)));
	EXPECT_EQ(3, count(self, "netlink raw"));
	EXPECT_EQ(0, self->args.errors_missing);
}

TEST_HARNESS_MAIN
