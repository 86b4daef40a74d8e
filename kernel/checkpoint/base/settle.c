// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: references that others hold for a moment only: who looks into /proc,
 * closes a descriptor, or is about to exit.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "../core.h"

bool ckpt_settle(bool (*done)(struct ckpt_ctx *ctx, void *arg), struct ckpt_ctx *ctx, void *arg)
{
	unsigned long end = jiffies + msecs_to_jiffies(CKPT_SETTLE_MS);

	while (!done(ctx, arg)) {
		if (time_after(jiffies, end))
			return false;
		schedule_timeout_killable(1);
		if (fatal_signal_pending(current))
			return done(ctx, arg);
	}
	return true;
}
