/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what saving and making POSIX timers have in common.  Included by
 * kernel/time/posix-timers.c alone.
 */
#ifndef _KERNEL_CHECKPOINT_POSIX_TIMERS_H
#define _KERNEL_CHECKPOINT_POSIX_TIMERS_H

#include <linux/alarmtimer.h>
#include <linux/posix-timers.h>
#include "timers.h"

static inline bool is_on_cpu_clock(const struct k_itimer *timr)
{
	return timr->kclock == &clock_posix_cpu;
}

static inline bool is_alarm_clock(clockid_t clock)
{
	return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

static inline bool notifies_thread(const struct k_itimer *timr)
{
	return timr->it_sigev_notify & SIGEV_THREAD_ID;
}

static inline enum pid_type clock_type(clockid_t clock)
{
	return CPUCLOCK_PERTHREAD(clock) ? PIDTYPE_PID : PIDTYPE_TGID;
}

/* The clock by which the kernel measures it; no relative timer follows changes. */
static inline clockid_t base_of(const struct k_itimer *timr)
{
	if (is_alarm_clock(timr->it_clock))
		return timr->it_clock == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME : CLOCK_BOOTTIME;
	return timr->kclock == &clock_monotonic ? CLOCK_MONOTONIC : timr->it_clock;
}

static inline void run_timer(struct k_itimer *timr)
{
	struct alarm *alarm = &timr->it.alarm.alarmtimer;

	if (is_alarm_clock(timr->it_clock))
		alarm_start(alarm, alarm->node.expires);
	else
		hrtimer_start_expires(&timr->it.real.timer, HRTIMER_MODE_ABS);
}

/**
 * struct moment - a moment on the clocks of timers
 * @ns: by clock: the machine's time
 * @ahead: by clock: what the tree's is ahead of that
 */
struct moment {
	ktime_t ns[MAX_CLOCKS];
	ktime_t ahead[MAX_CLOCKS];
};

/* When the tree came to rest, or now */
static inline void get_moment(struct ckpt_ctx *ctx, struct moment *m, bool rest)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI,
	};
	clockid_t clock;
	int i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		clock = clocks[i];
		m->ahead[clock] = ckpt_clock_offset(ctx, clock);
		m->ns[clock] = rest ? ckpt_clock_at_rest(ctx, clock) - m->ahead[clock] :
				      ckpt_clock_now(clock);
	}
}

#endif /* _KERNEL_CHECKPOINT_POSIX_TIMERS_H */
