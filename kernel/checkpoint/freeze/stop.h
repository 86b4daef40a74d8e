/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: tasks that stand in a stop for their tracer.
 */
#ifndef _KERNEL_CHECKPOINT_STOP_H
#define _KERNEL_CHECKPOINT_STOP_H

#include <linux/signal_types.h>
#include <linux/pid.h>
#include <linux/types.h>

bool ckpt_await_stops(void);
int ckpt_take_signal(kernel_siginfo_t *info, enum pid_type *type);
void ckpt_trace_calls_again(void);

#endif /* _KERNEL_CHECKPOINT_STOP_H */
