/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timed.h - calls with a timeout, saved when 30 or 60 % of it have passed.
 *
 * A program defines prepare(), which sets up what a call needs, and the calls.
 */
#ifndef _TIMED_H
#define _TIMED_H

#include "checkpoint_test.h"

#ifndef LENGTH
#define LENGTH		1000U	/* milliseconds */
#endif
#define LENGTH_NS	(LENGTH * 1000000ULL)
#define SLACK_MS	10

/* What the subject's clock shows when its call begins */
static void starts(void)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC);

	write_file("ready1", &begin, sizeof(begin));
}

static void prepare(void);
static void (*timed_call)(void);

static void timed_subject(void)
{
	uint64_t end;

	prepare();
	timed_call();
	end = now_ns(CLOCK_MONOTONIC);
	write_file("done", &end, sizeof(end));
}

static long ms_between(uint64_t from, uint64_t to)
{
	return (long)(to - from) / 1000000;
}

/* A time that the subject has written down */
static uint64_t time_in(const char *name)
{
	uint64_t time = 0;
	char buf[16];

	if (read_file(test_file(name), buf, sizeof(buf)) == sizeof(time))
		memcpy(&time, buf, sizeof(time));
	return time;
}

/*
 * The freeze lies between two looks at the clock, and so does the commit: what is left
 * lies between two bounds, and what passes too.
 *
 * Return: how many ms it was late or early, at least
 */
static long run_once(struct __test_metadata *_metadata, unsigned int percent, bool kill)
{
	uint64_t begin, before_save, after_save, before_restart, after_restart, end;
	long most, least, late, early, ret;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, timed_subject));
	sleep_ms(LENGTH * percent / 100);
	before_save = now_ns(CLOCK_MONOTONIC);
	ret = subject_save(&s, kill ? CHECKPOINT_KILL : 0);
	if (ret == -ESRCH && time_in("done")) {
		/* so late, or the timeout so early, that there is nothing to be saved */
		EXPECT_EQ(0, subject_wait(&s));
		return LENGTH;
	}
	ASSERT_LT(0, ret);
	after_save = now_ns(CLOCK_MONOTONIC);
	before_restart = after_save;
	after_restart = after_save;
	if (kill) {
		sleep_ms(300);		/* time that does not count */
		before_restart = now_ns(CLOCK_MONOTONIC);
		ASSERT_EQ(0, subject_restart(&s, 0));
		after_restart = now_ns(CLOCK_MONOTONIC);
	}
	ASSERT_EQ(0, subject_wait(&s));
	begin = time_in("ready1");
	end = time_in("done");
	most = LENGTH - ms_between(begin, before_save);
	least = LENGTH - ms_between(begin, after_save);
	tell("%ld to %ld ms were left, %ld to %ld ms passed", least, most,
	     ms_between(after_restart, end), ms_between(before_restart, end));
	late = ms_between(after_restart, end) - most;
	early = least - ms_between(before_restart, end);
	return late > early ? late : early;
}

/*
 * An emulated processor may be away for long, and its ticks then come all at once: the best
 * of five tries counts.
 */
static void run_out(struct __test_metadata *_metadata, void (*call)(void), unsigned int percent,
		    bool kill)
{
	long off, best = LENGTH;
	int i;

	timed_call = call;
	for (i = 0; i < 5 && best > SLACK_MS; i++) {
		off = run_once(_metadata, percent, kill);
		if (off < best)
			best = off;
	}
	EXPECT_GE(SLACK_MS, best);
}

#define TEST_TIMEOUT(call)								\
	TEST(call##_at_30) { run_out(_metadata, call_##call, 30, true); }		\
	TEST(call##_at_60) { run_out(_metadata, call_##call, 60, true); }		\
	TEST(call##_left_running) { run_out(_metadata, call_##call, 30, false); }

#endif /* _TIMED_H */
