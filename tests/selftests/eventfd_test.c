// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd_test.c - event counters: what they hold, how they are read, who waits for them.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "checkpoint_test.h"

static int fd;

static void make(uint64_t count, int flags)
{
	fd = eventfd(0, flags | EFD_NONBLOCK);
	check(fd >= 0);
	if (count)
		check(write(fd, &count, sizeof(count)) == sizeof(count));
}

static void expect(uint64_t count)
{
	uint64_t got = 0;

	check(read(fd, &got, sizeof(got)) == sizeof(got));
	check_equal(got, count);
}

static void expect_nothing(void)
{
	uint64_t got;

	check(read(fd, &got, sizeof(got)) == -1 && errno == EAGAIN);
}

static void counter_with_a_count(void)
{
	uint64_t more = 5;

	make(0x123456789aULL, 0);
	ready();
	check(write(fd, &more, sizeof(more)) == sizeof(more));
	expect(0x123456789aULL + 5);
	expect_nothing();
}
TEST_STORIES(counter_with_a_count)

static void counter_of_zero(void)
{
	make(0, 0);
	ready();
	expect_nothing();
}
TEST_STORIES(counter_of_zero)

static void semaphore(void)
{
	make(3, EFD_SEMAPHORE);
	ready();
	expect(1);
	expect(1);
	expect(1);
	expect_nothing();
}
TEST_STORIES(semaphore)

/* The largest count is ready to be read, and not to be written. */
static void full_counter(void)
{
	uint64_t one = 1;
	struct pollfd p;

	make(0xfffffffffffffffeULL, 0);
	ready();
	p = (struct pollfd) { .fd = fd, .events = POLLIN | POLLOUT };
	check_equal(poll(&p, 1, 0), 1);
	check_equal(p.revents, POLLIN);
	check(write(fd, &one, sizeof(one)) == -1 && errno == EAGAIN);
	expect(0xfffffffffffffffeULL);
}
TEST_STORIES(full_counter)

static void count_in_the_child(void *arg)
{
	uint64_t five = 5;

	child_ready();
	check(write(fd, &five, sizeof(five)) == sizeof(five));
}

/* One counter, two processes and a duplicate */
static void shared_counter(void)
{
	pid_t pid;
	int copy;

	make(2, 0);
	copy = dup(fd);
	pid = spawn(count_in_the_child, NULL);
	await_child(pid);
	ready();
	join(pid);
	check_equal(syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, fd, copy), 0);
	expect(7);
	fd = copy;
	expect_nothing();
}
TEST_STORIES(shared_counter)

static void wait_for_it(void *arg)
{
	check(!fcntl(fd, F_SETFL, 0));
	expect(9);
}

/* It was waiting, and goes on waiting until somebody writes. */
static void blocked_reader(void)
{
	uint64_t nine = 9;
	pid_t pid;

	make(0, 0);
	pid = spawn(wait_for_it, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	check(write(fd, &nine, sizeof(nine)) == sizeof(nine));
	join(pid);
}
TEST_STORIES(blocked_reader)

TEST_HARNESS_MAIN
