/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of timers and of pending signals share.
 */
#ifndef _KERNEL_CHECKPOINT_TIMERS_H
#define _KERNEL_CHECKPOINT_TIMERS_H

#include <linux/signal_types.h>
#include "../checkpoint.h"

/*
 * Places in CKPT_STAGE_LATE, behind credentials: a queue of signals names POSIX timers, and
 * ITIMER_REAL starts when its process has its queue.
 */
#define CKPT_ORDER_POSIX_TIMERS	1
#define CKPT_ORDER_SIGPENDING	2
#define CKPT_ORDER_ITIMERS	3

/* posix_timers_valid.c */
int ckpt_validate_posix_timers(struct ckpt_ctx *ctx, const struct ckpt_item *item);

/* posix_timers_make.c */
int ckpt_queue_timer_signal(const kernel_siginfo_t *info, struct sigpending *pending);

#endif /* _KERNEL_CHECKPOINT_TIMERS_H */
