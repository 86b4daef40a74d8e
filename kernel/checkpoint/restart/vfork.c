// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: parents that waited for a vfork child when they were saved.
 *
 * Such a one waits again in its worker, before it goes to user space: there it has the
 * child's memory, and its stack.
 */
#include <linux/sched/task.h>
#include "../core.h"
#include "worker.h"

/**
 * ckpt_link_vforks - each vfork child will wake its parent
 * @ctx: the call, committed; no task has gone to user space
 *
 * The workers are there until they are released, so a child that is killed ends behind this.
 */
void ckpt_link_vforks(struct ckpt_ctx *ctx)
{
	struct ckpt_vfork_wait *waits;
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (!t->vfork)
			continue;
		waits = t->parent->waits;
		init_completion(&waits->done);
		waits->child = get_task_struct(t->task);
		task_lock(t->task);
		t->task->vfork_done = &waits->done;
		task_unlock(t->task);
	}
}
