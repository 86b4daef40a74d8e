// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the clocks by which timers run, for the machine and for the tree.
 */
#include <linux/ktime.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include "../core.h"

/**
 * ckpt_clock_offset - what a clock of the tree is ahead of the machine's
 * @ctx: the call; its root task is there
 * @clock: CLOCK_REALTIME, CLOCK_TAI, CLOCK_MONOTONIC or CLOCK_BOOTTIME
 *
 * Context: takes the root task's lock.
 * Return: nanoseconds, which are 0 for the first two
 */
ktime_t ckpt_clock_offset(struct ckpt_ctx *ctx, clockid_t clock)
{
	struct task_struct *root = ckpt_living_task(ctx->root);
	struct timespec64 offset = {};

	task_lock(root);
	if (root->nsproxy && clock == CLOCK_MONOTONIC)
		offset = root->nsproxy->time_ns->offsets.monotonic;
	else if (root->nsproxy && clock == CLOCK_BOOTTIME)
		offset = root->nsproxy->time_ns->offsets.boottime;
	task_unlock(root);
	return timespec64_to_ktime(offset);
}

/**
 * ckpt_clock_at_rest - save: where a clock stood for the tree when all of it had come to rest
 * @ctx: the call
 * @clock: as for ckpt_clock_offset()
 *
 * Return: nanoseconds
 */
ktime_t ckpt_clock_at_rest(const struct ckpt_ctx *ctx, clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ctx->header.realtime_ns;
	case CLOCK_TAI:
		return ctx->header.realtime_ns +
		       ktime_mono_to_any(0, TK_OFFS_TAI) - ktime_mono_to_any(0, TK_OFFS_REAL);
	case CLOCK_BOOTTIME:
		return ctx->header.boottime_ns;
	default:
		return ctx->header.monotonic_ns;
	}
}

/**
 * ckpt_clock_now - where a clock of the machine stands
 * @clock: as for ckpt_clock_offset()
 *
 * Return: nanoseconds
 */
ktime_t ckpt_clock_now(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_get_real();
	case CLOCK_TAI:
		return ktime_get_clocktai();
	case CLOCK_BOOTTIME:
		return ktime_get_boottime();
	default:
		return ktime_get();
	}
}

/**
 * ckpt_add_time - a sum of a time and what may be before it
 * @time: not negative
 * @ns: of either sign
 *
 * Return: the sum, neither overflowing nor negative
 */
ktime_t ckpt_add_time(ktime_t time, s64 ns)
{
	return ns < 0 ? max_t(s64, 0, time + ns) : ktime_add_safe(time, ns);
}
