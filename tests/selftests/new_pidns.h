/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * new_pidns.h - restarters that live in a pid namespace of their own, where all numbers are
 * free, or that have the number of the subject.
 */
#ifndef _NEW_PIDNS_H
#define _NEW_PIDNS_H

#include <linux/sched.h>

#include "subject.h"

static inline int wait_status(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

/* The init of a new namespace exits with what @run returns.  Return: its pid here */
static inline pid_t in_new_namespace(struct subject *s, int (*run)(struct subject *s))
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(run(s));
	return pid;
}

/* Return: what @run does as a process that has the subject's number, or 20 or 21 */
static inline int with_its_number(struct subject *s, int (*run)(struct subject *s))
{
	pid_t tid = s->pid, pid;
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&tid,
		.set_tid_size = 1,
	};
	int status;

	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(run(s));
	if (pid != s->pid || waitpid(pid, &status, 0) != pid)
		return 20;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 21;
}

#endif /* _NEW_PIDNS_H */
