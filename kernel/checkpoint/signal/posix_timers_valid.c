// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what a record of POSIX timers may say.
 */
#include <linux/posix-timers.h>
#include <linux/signal.h>
#include "timers.h"

static bool valid_clock(const struct ckpt_rec_posix_timer *rec)
{
	switch (rec->clockid) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return !rec->clock_task;
	default:
		return rec->clockid < 0 && (rec->clockid & CLOCKFD_MASK) != CLOCKFD &&
		       CPUCLOCK_WHICH(rec->clockid) < CPUCLOCK_MAX && rec->clock_task &&
		       !(rec->flags & CKPT_POSIX_TIMER_ABSOLUTE);
	}
}

/* A thread's clock is for its own process alone; one of a process is its leader's. */
static bool valid_clock_task(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			     const struct ckpt_rec_posix_timer *rec)
{
	struct ckpt_task *t;

	if (!rec->clock_task)
		return true;
	t = ckpt_task_by_id(ctx, rec->clock_task);
	if (CPUCLOCK_PERTHREAD(rec->clockid))
		return t->leader == item->owner;
	return t->leader == t && (CPUCLOCK_PID(rec->clockid) || t == item->owner);
}

static bool valid_target(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			 const struct ckpt_rec_posix_timer *rec)
{
	struct ckpt_task *t;

	switch (rec->notify) {
	case SIGEV_NONE:
		return !rec->thread && !(rec->flags & CKPT_POSIX_TIMER_ACTIVE);
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		return !rec->thread && rec->signo > 0 && rec->signo <= SIGRTMAX;
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		if (!rec->thread || rec->signo <= 0 || rec->signo > SIGRTMAX)
			return false;
		t = ckpt_task_by_id(ctx, rec->thread);
		return t->leader == item->owner && !t->zombie;
	default:
		return false;
	}
}

/* One that runs does not wait for its signal to start it, which would find it running. */
static bool valid_state(const struct ckpt_rec_posix_timer *rec)
{
	if (rec->flags & ~CKPT_POSIX_TIMER_FLAGS)
		return false;
	if (!(rec->flags & CKPT_POSIX_TIMER_ACTIVE))
		return true;
	return !(rec->requeue & REQUEUE_PENDING) && (!rec->clock_task || rec->expires_ns);
}

static bool valid_numbers(const struct ckpt_rec_posix_timer *rec)
{
	return rec->interval_ns >= 0 && rec->expires_ns >= 0 && rec->left_ns >= -KTIME_MAX &&
	       rec->overrun >= -1 && rec->overrun <= S64_MAX / 2 &&
	       rec->overrun_last >= -1 && rec->overrun_last <= S64_MAX / 2;
}

/**
 * ckpt_validate_posix_timers - look at the record of a process's POSIX timers
 * @ctx: the call
 * @item: the record
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_validate_posix_timers(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_posix_timers *data = item->data;
	const struct ckpt_rec_posix_timer *rec = item->array;
	u32 i;

	if (item->owner->leader != item->owner || ckpt_process_is_dead(item->owner))
		return ckpt_fail(ctx, -EINVAL, "a thread or a zombie has POSIX timers");
	if (data->next_id > INT_MAX)
		return ckpt_fail(ctx, -EINVAL, "%u is no number of a POSIX timer", data->next_id);
	for (i = 0; i < item->count; i++, rec++) {
		if (rec->id > INT_MAX)
			return ckpt_fail(ctx, -EINVAL, "%u is no number of a POSIX timer", rec->id);
		if (!valid_clock(rec) || !valid_clock_task(ctx, item, rec))
			return ckpt_fail(ctx, -EINVAL, "POSIX timer %u has an unknown clock %d",
					 rec->id, rec->clockid);
		if (!valid_target(ctx, item, rec))
			return ckpt_fail(ctx, -EINVAL, "POSIX timer %u notifies nobody", rec->id);
		if (!valid_state(rec) || !valid_numbers(rec))
			return ckpt_fail(ctx, -EINVAL, "the state of POSIX timer %u is malformed",
					 rec->id);
	}
	return 0;
}
