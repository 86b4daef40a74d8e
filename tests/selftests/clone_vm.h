/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clone_vm.h - what the tests of processes that share their memory have in common.
 */
#ifndef _CLONE_VM_H
#define _CLONE_VM_H

#include "checkpoint_test.h"

#define STACK	65536

/* Best effort, 3 */
#define IOPRIO	((2 << 13) + 3)

/* What the two say to each other: their memory is one.  Stacks are not shared by threads. */
static volatile int up, go, done;
static volatile int opened_fd, handled;
static char *shared;

static inline void *new_stack(void)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(stack != MAP_FAILED);
	return stack + STACK;
}

/* No C library beyond system calls: its thread's variables are the parent's too. */
static inline void nap(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	syscall(SYS_nanosleep, &ms, NULL);
}

static inline void until(volatile int *flag, int value)
{
	while (*flag < value)
		nap();
}

static inline void until_byte(char *at, char value)
{
	while (*(volatile char *)at != value)
		nap();
}

static inline void handle(int sig)
{
	handled = sig;
}

static inline void handle_otherwise(int sig)
{
	handled = -sig;
}

static inline void act_on(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler };

	check(!sigaction(sig, &sa, NULL));
}

/* Changes one of each: what is shared the other one sees. */
static inline int changes_all(void *arg)
{
	(void)arg;
	up = 1;
	until(&go, 1);
	shared[0] = 'x';
	opened_fd = open("/dev/null", O_RDONLY);
	if (opened_fd < 0 || chdir("/"))
		_exit(1);
	act_on(SIGUSR1, handle_otherwise);
	if (syscall(SYS_ioprio_set, 1, 0, IOPRIO + 1))
		_exit(2);
	done = 1;
	until(&go, 2);
	/* And what the other one has changed since */
	_exit(shared[1] != 'y');
}

#endif /* _CLONE_VM_H */
