/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traced.h - a tracer and its tracee, both in the tree, and what the tracer sees of a stop.
 */
#ifndef _TRACED_H
#define _TRACED_H

#include <sys/ptrace.h>
#include <sys/user.h>

#include "checkpoint_test.h"

/* glibc has not got these yet. */
#ifndef PTRACE_EVENTMSG_SYSCALL_ENTRY
#define PTRACE_EVENTMSG_SYSCALL_ENTRY	1
#define PTRACE_EVENTMSG_SYSCALL_EXIT	2
#endif

#define SYSGOOD	PTRACE_O_TRACESYSGOOD
#define IN_CALL	((SIGTRAP | 0x80) << 8 | 0x7f)
#define TRAPPED	(SIGTRAP << 8 | 0x7f)
#define EVENT(event) ((event) << 16 | TRAPPED)
#define STOPPED(sig) ((sig) << 8 | 0x7f)

/* What the tracee does, in memory that both have */
static volatile struct {
	int calls, handled, value, left;
} *seen;

static int pipe_fds[2];

/* What a tracer finds out of a tracee that stands */
struct stop {
	struct user_regs_struct regs;
	siginfo_t info;
	long has_info;
	unsigned long message;
	struct __ptrace_syscall_info call;
	long call_bytes;
};

static inline void look_at_stop(pid_t pid, struct stop *stop)
{
	memset(stop, 0, sizeof(*stop));
	check(!ptrace(PTRACE_GETREGS, pid, 0, &stop->regs));
	stop->has_info = ptrace(PTRACE_GETSIGINFO, pid, 0, &stop->info);
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &stop->message));
	stop->call_bytes = ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(stop->call), &stop->call);
}

static inline void share(void)
{
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(seen != MAP_FAILED);
	check(!pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC));
}

/* A child that @run has its parent trace; it stands before that. */
static inline pid_t start_traced(void (*run)(void), long options)
{
	int status;
	pid_t pid;

	share();
	pid = fork();
	if (!pid) {
		check(!ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		run();
		_exit(4);
	}
	check(pid > 0);
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, SIGSTOP << 8 | 0x7f);
	check(!ptrace(PTRACE_SETOPTIONS, pid, 0, options | PTRACE_O_EXITKILL));
	return pid;
}

/* Wait for the next stop; its wait status */
static inline int next_stop(pid_t pid, int request, long sig)
{
	int status;

	check(!ptrace(request, pid, 0, sig));
	check(waitpid(pid, &status, __WALL) == pid);
	return status;
}

static inline int awaited(pid_t pid)
{
	int status;

	check(waitpid(pid, &status, __WALL) == pid);
	return status;
}

/* No stop is left to be reported. */
static inline void check_no_stop(pid_t pid)
{
	int status;

	check_equal(waitpid(pid, &status, __WALL | WNOHANG | WUNTRACED), 0);
}

/* It stands, unreported. */
static inline void await_stop(pid_t pid)
{
	siginfo_t info;

	check(!waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT | __WALL));
}

/* The tracee goes on to its end and has done everything once. */
static inline void check_end(pid_t pid, int code)
{
	int status = next_stop(pid, PTRACE_CONT, 0);

	check_equal(status, code << 8);
}

static inline void writes(void)
{
	seen->calls += write(pipe_fds[1], "x", 1) == 1;
	_exit(4);
}

/* A tracer whose tracee stands before the call that would make a file, and dies with it */
static inline void writes_file(void)
{
	int fd = open(test_file("written"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	_exit(fd >= 0 ? 4 : 5);
}

static inline void stands_before_open(void *arg)
{
	pid_t pid = start_traced(writes_file, SYSGOOD);

	(void)arg;
	check(!ptrace(PTRACE_SETOPTIONS, pid, 0, SYSGOOD));
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	child_ready();
	pause();
}

#endif /* _TRACED_H */
