/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stopped.h - what the tests of job control share: children that stop, and what is told of
 * them.
 */
#ifndef _STOPPED_H
#define _STOPPED_H

#include <pthread.h>

#include "forged.h"

/* Its children's words to the subject, which a restart keeps */
static volatile unsigned int *shared;

static inline void share(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED);
}

/* A child that runs on says so, and ends when its parent has seen that it was continued. */
static inline __attribute__((noreturn)) void run_on(void)
{
	shared[0]++;
	check(wait_until(shared[9]));
	_exit(3);
}

static inline char state_of(pid_t pid)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return read_file(path, text, sizeof(text)) > 0 ? strrchr(text, ')')[2] : '?';
}

/* What waitid(2) tells of a child, 0 if nothing */
static inline int told(pid_t pid, int options)
{
	siginfo_t info = {};

	check(!waitid(P_PID, pid, &info, options | WNOHANG));
	if (!info.si_pid)
		return 0;
	check_equal(info.si_pid, pid);
	check_equal(info.si_code, info.si_status == SIGCONT ? CLD_CONTINUED : CLD_STOPPED);
	return info.si_status;
}

static volatile sig_atomic_t children_died;

static inline void on_child(int sig)
{
	(void)sig;
	children_died++;
}

static inline void count_sigchld(void)
{
	struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART };

	check(!sigaction(SIGCHLD, &action, NULL));
}

/* A job of its own, so that its group is not orphaned; it exits with 3 when continued. */
static inline pid_t stopped_by(int sig)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid) {
		check(!setpgid(0, 0));
		raise(sig);
		run_on();
	}
	check(!waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	return pid;
}

static inline void expect_stopped(pid_t pid)
{
	check(wait_until(state_of(pid) == 'T'));
	sleep_ms(10);
	check_equal(state_of(pid), 'T');
	check_equal(shared[0], 0);
}

static inline void expect_goes_on(pid_t pid)
{
	int status;

	check(!kill(pid, SIGCONT));
	check(wait_until(told(pid, WCONTINUED) == SIGCONT));
	shared[9] = 1;
	check(waitpid(pid, &status, 0) == pid);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	check_equal(shared[0], 1);
}

/* -- many threads ------------------------------------------------------------------------ */

#define THREADS	4

static inline void *counts(void *arg)
{
	volatile unsigned int *n = arg;

	for (;;) {
		(*n)++;
		sleep_ms(1);
	}
	return NULL;
}

static inline void with_threads(void *arg)
{
	pthread_t thread;
	int i;

	(void)arg;
	for (i = 1; i < THREADS; i++)
		check(!pthread_create(&thread, NULL, counts, (void *)&shared[i + 1]));
	counts((void *)&shared[1]);
}

static inline bool all_count(const unsigned int *was)
{
	int i;

	for (i = 0; i < THREADS; i++)
		if (shared[i + 1] == was[i])
			return false;
	return true;
}

#endif /* _STOPPED_H */
