/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * steps.h - a command that is stopped before each of its system calls.
 *
 * What a command does to the world it does in system calls, so stopping it before
 * each of them meets every state that it can be interrupted in, but for those within
 * a call.  Only its first thread is stopped; other threads run on.
 */
#ifndef _TOOLS_STEPS_H
#define _TOOLS_STEPS_H

#include <sys/types.h>

/**
 * steps_start - start a command, stopped before its first system call
 * @argv: the command, found in the path
 *
 * Its standard output becomes /dev/null.  It dies with its tracer.
 *
 * Return: its pid, or negative errno
 */
pid_t steps_start(char *const argv[]);

/**
 * steps_next - let it go on to its next system call
 * @pid: from steps_start()
 * @status: out: its wait status, when it has ended
 *
 * Return: the number of the call that it is about to make, -1 when it has ended
 */
long steps_next(pid_t pid, int *status);

/**
 * steps_let_go - let it go on without further stops
 * @pid: from steps_start()
 */
void steps_let_go(pid_t pid);

/**
 * steps_kill - SIGKILL, and wait for its end
 * @pid: from steps_start()
 *
 * Return: its wait status
 */
int steps_kill(pid_t pid);

#endif /* _TOOLS_STEPS_H */
