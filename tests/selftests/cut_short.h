/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cut_short.h - what the tests of calls that a stop has cut short share.
 */
#ifndef _CUT_SHORT_H
#define _CUT_SHORT_H

#include "checkpoint_test.h"

/* A child makes one call, and waits in it. */
static inline pid_t start_blocked(void (*call)(void *), long nr)
{
	pid_t pid = spawn(call, NULL);

	check(wait_until(is_blocked_in(pid, pid, nr)));
	return pid;
}

static volatile sig_atomic_t handled;

static inline void handle(int sig)
{
	handled = sig;
}

/* Of the child */
static inline void handle_a_signal(void)
{
	struct sigaction action = { .sa_handler = handle };

	check(!sigaction(SIGUSR1, &action, NULL));
}

static inline void was_cut_short(ssize_t n, size_t whole)
{
	check(handled == SIGUSR1);
	check(n > 0 && n < (ssize_t)whole);
}

/* A handler cuts it short as ever. */
static inline void cut_by_a_signal(void (*call)(void *), long nr)
{
	pid_t pid = start_blocked(call, nr);

	ready();
	check(wait_until(is_blocked_in(pid, pid, -1)));
	check(!kill(pid, SIGUSR1));
	join(pid);
}

/* Saved several times in the middle of a call */
static inline long saved_again_and_again(struct subject *s, void (*run)(void))
{
	long ret = subject_start(s, run);
	int i;

	for (i = 0; !ret && i < 3; i++)
		ret = subject_save(s, 0) > 0 ? 0 : -1;
	for (i = 0; !ret && i < 2; i++)
		ret = subject_save(s, CHECKPOINT_KILL) > 0 ? subject_restart(s, 0) : -1;
	if (ret)
		return ret;
	subject_go(s, 1);
	ret = subject_wait(s);
	subject_tell_failure();
	return ret;
}

/* The same at so many moments of what makes one call after the other */
static inline long saved_at_moments(struct subject *s, void (*run)(void), int nr)
{
	long ret = subject_start(s, run);
	int i;

	for (i = 0; !ret && i < nr; i++) {
		sleep_ms(13 * (i % 4));
		if (subject_save(s, 0) < 0)
			tell("save %d", i);
	}
	if (ret)
		return ret;
	if (subject_save(s, CHECKPOINT_KILL) < 0 || subject_restart(s, 0))
		tell("restart");
	subject_go(s, 1);
	ret = subject_wait(s);
	subject_tell_failure();
	return ret;
}

#endif /* _CUT_SHORT_H */
