// SPDX-License-Identifier: GPL-2.0-only
/*
 * procfs_event_test.c - files of proc and of control groups that tell who polls them of a change.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mount.h>

#include "procfs.h"

static int polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	check(poll(&p, 1, 0) >= 0);
	return p.revents & POLLPRI;
}

/* Who waits for the subject looks into that directory, and so keeps it busy. */
static void mount_and_unmount(void)
{
	check(!mount("none", test_dir, "tmpfs", 0, NULL));
	check(!umount2(test_dir, MNT_DETACH));
}

static void mounts_change(void)
{
	int reported = get("/proc/self/mountinfo", O_RDONLY);
	int pending = get("/proc/self/mounts", O_RDONLY);

	check(!polled(reported) && !polled(pending));
	mount_and_unmount();
	check(polled(reported) && !polled(reported));
	ready();
	check(!polled(reported));
	check(polled(pending) && !polled(pending));
	mount_and_unmount();
	check(polled(reported) && polled(pending));
}
TEST_STORIES(mounts_change)

static int watched;

static void waits_for_change(void *arg)
{
	struct epoll_event event = { .events = EPOLLPRI | EPOLLET };
	int ep = epoll_create1(0);

	check(!epoll_ctl(ep, EPOLL_CTL_ADD, watched, &event));
	check_equal(epoll_wait(ep, &event, 1, -1), 1);
}

static void mounts_in_epoll(void)
{
	pid_t waiter;

	watched = get("/proc/self/mountinfo", O_RDONLY);
	waiter = spawn(waits_for_change, NULL);
	check(wait_until(is_blocked_in(waiter, waiter, SYS_epoll_wait)));
	ready();
	check(wait_until(is_blocked_in(waiter, waiter, -1)));
	mount_and_unmount();
	join(waiter);
}
TEST_KILLED(mounts_in_epoll)

static void hostname_changes(void)
{
	int reported = get("/proc/sys/kernel/hostname", O_RDONLY);
	int pending = get("/proc/sys/kernel/hostname", O_RDONLY);

	check(!sethostname("changed", 7));
	check(polled(reported));
	check(!polled(reported));
	ready();
	check(!polled(reported));
	check(polled(pending) && !polled(pending));
}
TEST_STORIES(hostname_changes)

/* -- control groups ---------------------------------------------------------------------------------- */

#define ROOT2	"/tmp/cgroup2"
#define GROUP	ROOT2 "/procfs_test"

static void make_group(void)
{
	mkdir(ROOT2, 0755);
	if (access(ROOT2 "/cgroup.procs", F_OK))
		check(!mount("none", ROOT2, "cgroup2", 0, NULL));
	check(!mkdir(GROUP, 0755) || errno == EEXIST);
}

static void freeze(int fd, const char *text)
{
	check_equal(write(fd, text, 1), 1);
}

static void control_group(void)
{
	int read_already, pending, control, directory, procs;

	make_group();
	read_already = get(GROUP "/cgroup.events", O_RDONLY);
	pending = get(GROUP "/cgroup.events", O_RDONLY);
	control = get(GROUP "/cgroup.freeze", O_RDWR);
	directory = get(GROUP, O_RDONLY | O_DIRECTORY);
	procs = get(ROOT2 "/cgroup.procs", O_RDONLY);
	freeze(control, "0");
	/* A second notification within CGROUP_FILE_NOTIFY_MIN_INTV (10 ms) comes later. */
	sleep_ms(30);
	read_all(read_already);
	read_all(procs);
	check(polled(pending) && !polled(read_already));
	ready();
	check(polled(pending) && !polled(read_already));
	check(strstr(text_at(pending, 0), "frozen 0"));
	check(!polled(pending));
	freeze(control, "1");
	check(wait_until(polled(read_already)));
	check(strstr(text_at(read_already, 0), "frozen 1"));
	check(!polled(read_already));
	freeze(control, "0");
	check(!faccessat(directory, "cgroup.procs", F_OK, 0));
	check(lseek(procs, 0, SEEK_CUR) > 0);
	check(*text_at(procs, 0));
}
/* Left running it would hear of what the other one writes. */
TEST_KILLED(control_group)
TEST_TWICE(control_group)

static void removed_group(void)
{
	int fd;

	make_group();
	check(!mkdir(GROUP "/gone", 0755));
	fd = get(GROUP "/gone/cgroup.events", O_RDONLY);
	check(!rmdir(GROUP "/gone"));
	ready();
	close(fd);
}
TEST(removed_group_refused)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, removed_group));
	EXPECT_GT(0, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "/gone/cgroup.events"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
