/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfork.h - what the tests of vfork children that are held have in common.
 */
#ifndef _VFORK_H
#define _VFORK_H

#include <pthread.h>

#include "checkpoint_test.h"

/* What a child leaves in the memory that it shares with its parent */
static volatile pid_t child_pid;
static volatile int child_done, nr_up;

/* Of children that are made by clone(2) */
static char stack[2][65536] __attribute__((aligned(16), unused));

/* The call has returned: not before the child was done, and with the right number. */
static inline void look_at(pid_t pid, int code)
{
	int status;

	check(pid > 0);
	check_equal(child_done, 1);
	check_equal(pid, child_pid);
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, code);
}

static inline void child_exits(void)
{
	pid_t pid = vfork();

	if (!pid) {
		child_pid = getpid();
		ready();
		child_done = 1;
		_exit(7);
	}
	look_at(pid, 7 << 8);
}

static inline int says_ready(void *arg)
{
	child_pid = getpid();
	ready();
	child_done = 1;
	_exit(*(int *)arg);
}

static inline void *vforks_and_pauses(void *arg)
{
	pid_t pid = vfork();

	if (!pid) {
		child_pid = getpid();
		__sync_fetch_and_add(&nr_up, 1);
		for (;;)
			syscall(SYS_pause);
	}
	child_done = 1;		/* who killed it says so */
	check_equal(pid, child_pid);
	return arg;
}

#endif /* _VFORK_H */
