/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the image has of the signals of a task.
 */
#ifndef _KERNEL_CHECKPOINT_PENDING_H
#define _KERNEL_CHECKPOINT_PENDING_H

#include "../checkpoint.h"

/**
 * struct ckpt_queued - how a queue of signals looked when it was captured
 * @set: pending signals
 * @nr: entries of the queue
 */
struct ckpt_queued {
	u64 set;
	u32 nr;
};

/**
 * struct ckpt_saved_task - a thread being saved
 * @t: what it shares with one being made
 * @queued: its own queue, and that of its process (of a leader)
 */
struct ckpt_saved_task {
	struct ckpt_task t;
	struct ckpt_queued queued[2];
};

/* Only of a task that checkpoint() has collected */
static inline struct ckpt_saved_task *ckpt_saved_task(struct ckpt_task *t)
{
	return container_of(t, struct ckpt_saved_task, t);
}

bool ckpt_signals_changed(struct ckpt_task *t);

#endif /* _KERNEL_CHECKPOINT_PENDING_H */
