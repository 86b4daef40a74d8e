// SPDX-License-Identifier: GPL-2.0-only
/*
 * steps.c - a command that is stopped before each of its system calls: see steps.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <linux/ptrace.h>

#include "steps.h"

#define OPTIONS	(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)

static void run(char *const argv[])
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execvp(argv[0], argv);
	_exit(127);
}

pid_t steps_start(char *const argv[])
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		run(argv);
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, OPTIONS)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, __WALL);
		return -ECHILD;
	}
	return pid;
}

/* The call that it is about to make, -1 if it comes back from one. */
static long about_to_call(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return -1;
	return info.entry.nr;
}

long steps_next(pid_t pid, int *status)
{
	long nr, sig = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, sig) ||
		    waitpid(pid, status, __WALL) != pid || !WIFSTOPPED(*status))
			return -1;
		sig = WSTOPSIG(*status);
		if (sig == (SIGTRAP | 0x80)) {
			nr = about_to_call(pid);
			if (nr >= 0)
				return nr;
			sig = 0;
		} else if (sig == SIGTRAP || sig == SIGSTOP) {
			sig = 0;	/* exec, and the stop that it began with */
		}
	}
}

void steps_let_go(pid_t pid)
{
	ptrace(PTRACE_CONT, pid, NULL, 0);
}

int steps_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	do {
		if (waitpid(pid, &status, __WALL) != pid)
			return -1;
	} while (WIFSTOPPED(status));
	return status;
}
