/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scale.h - trees of several sizes, and how long it takes to save and restart them.
 */
#ifndef _SCALE_H
#define _SCALE_H

#include <sys/resource.h>

#include "checkpoint_test.h"

static unsigned int size;	/* of the tree that is measured now */

/* The checkpoint ends it: what ends by itself leaves TIME_WAIT at its ports. */
static bool killed;

static inline bool full(void)
{
	return getenv("SCALE_FULL");
}

/* -- measuring -------------------------------------------------------------------------- */

struct cost {
	double made;	/* by the program itself */
	double check;
	double save;
	double restart;
};

static inline void raise_limits(void)
{
	struct rlimit limit = { .rlim_cur = 65536, .rlim_max = 65536 };

	setrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = RLIM_INFINITY;
	limit.rlim_max = RLIM_INFINITY;
	setrlimit(RLIMIT_NPROC, &limit);
}

static inline double ms_since(uint64_t start)
{
	return (now_ns(CLOCK_MONOTONIC) - start) / 1e6;
}

static inline bool measure_restart(struct subject *s, struct cost *cost)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	if (subject_save(s, killed ? CHECKPOINT_KILL : 0) < 0)
		return false;
	cost->save = ms_since(start);
	if (!killed)
		subject_kill(s);
	reap_all();
	start = now_ns(CLOCK_MONOTONIC);
	if (subject_restart(s, 0))
		return false;
	cost->restart = ms_since(start);
	return true;
}

/* In milliseconds */
static inline bool measure(void (*run)(void), struct cost *cost)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	struct subject s;
	bool ok;

	raise_limits();
	if (subject_start(&s, run))
		return false;
	cost->made = ms_since(start);
	start = now_ns(CLOCK_MONOTONIC);
	ok = subject_save(&s, CHECKPOINT_CHECK) >= 0;
	cost->check = ms_since(start);
	if (ok)
		ok = measure_restart(&s, cost);
	subject_kill(&s);
	reap_all();
	return ok;
}

/*
 * Ten times as many may cost ten times as much; on a busy machine thrice that, but what is
 * quadratic costs a hundred times as much.  What took less than a moment says nothing.
 */
static inline bool too_much(double now, double before)
{
	return now > (full() ? 13 : 30) * (before < 10 ? 10 : before);
}

static inline void is_linear(struct __test_metadata *_metadata, const char *what,
			     void (*run)(void), const unsigned int *sizes, bool restart_as_made)
{
	struct cost before = { 1e6, 1e6, 1e6, 1e6 }, now;

	for (; *sizes; sizes++, before = now) {
		size = *sizes;
		now = (struct cost) {};
		ASSERT_TRUE(measure(run, &now));
		tell("%u %s: made in %.0f ms, --check %.0f ms, checkpoint %.0f ms, restart %.0f ms",
		     size, what, now.made, now.check, now.save, now.restart);
		EXPECT_FALSE(too_much(now.check, before.check));
		EXPECT_FALSE(too_much(now.save, before.save));
		/* The same system calls do the same work again. */
		if (restart_as_made && now.restart < 3 * now.made)
			continue;
		EXPECT_FALSE(too_much(now.restart, before.restart));
	}
}

#endif /* _SCALE_H */
