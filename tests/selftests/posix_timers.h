/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * posix_timers.h - POSIX timers by their numbers, which libc does not always show.
 */
#ifndef _POSIX_TIMERS_H
#define _POSIX_TIMERS_H

#include <linux/types.h>

#include "timers.h"

/* A signal that is queued, and what comes with it */
#define SIG		(SIGRTMIN + 3)
#define VALUE		0x1234567890abcdefULL

static inline struct timespec span(int64_t ns)
{
	return (struct timespec) { ns / SECOND, ns % SECOND };
}

static inline int64_t nanoseconds(struct timespec ts)
{
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/* Return: its number, or negative errno */
static inline int timer_new(clockid_t clock, struct sigevent *event)
{
	int id;

	return syscall(SYS_timer_create, clock, event, &id) ? -errno : id;
}

static inline struct sigevent notify(int how, int sig)
{
	return (struct sigevent) {
		.sigev_notify = how, .sigev_signo = sig,
		.sigev_value.sival_ptr = (void *)VALUE,
	};
}

static inline int new_timer(clockid_t clock, int how, int sig)
{
	struct sigevent event = notify(how, sig);
	int id = timer_new(clock, &event);

	check(id >= 0);
	return id;
}

static inline void set(int id, int flags, int64_t first, int64_t interval)
{
	struct itimerspec ts = { .it_value = span(first), .it_interval = span(interval) };

	check(!syscall(SYS_timer_settime, id, flags, &ts, NULL));
}

static inline int64_t left(int id)
{
	struct itimerspec ts;

	check(!syscall(SYS_timer_gettime, id, &ts));
	return nanoseconds(ts.it_value);
}

static inline int64_t interval(int id)
{
	struct itimerspec ts;

	check(!syscall(SYS_timer_gettime, id, &ts));
	return nanoseconds(ts.it_interval);
}

static inline int overrun(int id)
{
	return syscall(SYS_timer_getoverrun, id);
}

static inline void delete(int id)
{
	check(!syscall(SYS_timer_delete, id));
}

static inline bool exists(int id)
{
	struct itimerspec ts;

	return !syscall(SYS_timer_gettime, id, &ts);
}

/* Take the signal of a timer. */
static inline void check_taken(int id, int *overruns)
{
	siginfo_t info;

	check(wait_until(take(SIG, &info)));
	check_equal(info.si_code, SI_TIMER);
	check_equal(info.si_timerid, id);
	check_equal((uint64_t)info.si_value.sival_ptr, VALUE);
	*overruns = info.si_overrun;
	check_equal(overrun(id), info.si_overrun);
}

#endif /* _POSIX_TIMERS_H */
