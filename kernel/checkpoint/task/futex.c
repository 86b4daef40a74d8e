// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: user addresses that the kernel writes to at the exit of a
 * thread, or each time that it returns to user space.
 */
#include <linux/preempt.h>
#include <linux/rseq.h>
#include <linux/uaccess.h>
#include "members.h"
#include "task.h"

/**
 * DOC: futexes and rseq
 *
 * Preserved: robust lists, clear_child_tid and set_child_tid, the registered rseq
 * area.  They are attached after the commit, because they act on a task's death.
 *
 * Rebuilt: waits for a futex, by the restarted system call; the owner of a
 * priority-inheritance futex, by the next waiter, from the word in memory; an rseq
 * critical section is aborted as by a migration; the fields of the rseq area.
 *
 * Refused: a priority-inheritance futex with a waiter outside the tree.
 */

static const struct ckpt_kind ckpt_kind_futex;

/* Waiters inside the tree have left their queues for the freeze. */
static int futex_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (task_holds_pi_futex(t->task))
		return ckpt_fail(ctx, -EBUSY,
				 "it holds a priority-inheritance futex that a task outside waits for");
	return 0;
}

static int futex_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		      struct ckpt_task *t)
{
	const struct task_struct *task = t->task;
	struct ckpt_rec_futex data = {
		.robust_list = (unsigned long)task->robust_list,
		.compat_robust_list = ckpt_compat_robust_list(task),
		.clear_child_tid = (unsigned long)task->clear_child_tid,
		.set_child_tid = (unsigned long)task->set_child_tid,
		.rseq = (unsigned long)task->rseq,
		.rseq_len = task->rseq_len,
		.rseq_sig = task->rseq_sig,
	};

	/* In a stop for the event of exec the program has no such area yet: see bprm_execve(). */
	if (task->in_execve) {
		data.rseq = 0;
		data.rseq_len = 0;
		data.rseq_sig = 0;
	}
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

/* As rseq(2). */
static bool valid_rseq(const struct ckpt_rec_futex *data)
{
	const u32 original = 32;

	if (!data->rseq)
		return !data->rseq_len && !data->rseq_sig;
	if (data->rseq_len == original) {
		if (!IS_ALIGNED(data->rseq, original))
			return false;
	} else if (data->rseq_len < offsetof(struct rseq, end) ||
		   !IS_ALIGNED(data->rseq, __alignof__(struct rseq))) {
		return false;
	}
	return access_ok(u64_to_user_ptr(data->rseq), data->rseq_len);
}

/* The other addresses may be anything, as in their system calls. */
static int futex_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_futex *data = item->data;

	if (!valid_rseq(data))
		return ckpt_fail(ctx, -EINVAL, "the rseq area at %#llx of %u bytes is not valid",
				 data->rseq, data->rseq_len);
	if (data->compat_robust_list > (IS_ENABLED(CONFIG_COMPAT) ? U32_MAX : 0))
		return ckpt_fail(ctx, -EINVAL, "a 32-bit robust list at %#llx is not valid",
				 data->compat_robust_list);
	return 0;
}

/* Until the commit nothing acts on the death of the task. */
static int futex_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	current->robust_list = NULL;
	ckpt_set_compat_robust_list(current, 0);
	current->clear_child_tid = NULL;
	rseq_execve(current);
	return 0;
}

static void futex_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_futex *data = item->data;

	current->robust_list = u64_to_user_ptr(data->robust_list);
	ckpt_set_compat_robust_list(current, data->compat_robust_list);
	current->clear_child_tid = u64_to_user_ptr(data->clear_child_tid);
	current->set_child_tid = u64_to_user_ptr(data->set_child_tid);
	if (!data->rseq)
		return;

	/* A critical section that the freeze interrupted is to be aborted. */
	preempt_disable();
	current->rseq_len = data->rseq_len;
	current->rseq_sig = data->rseq_sig;
	current->rseq = u64_to_user_ptr(data->rseq);
	rseq_migrate(current);
	preempt_enable();
}

CHECKPOINT_KIND(futex) = {
	.name		= "futex",
	.type		= CKPT_REC_FUTEX,
	.size		= sizeof(struct ckpt_rec_futex),
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_THREAD,
	.class		= &ckpt_class_task,
	.check		= futex_check,
	.save		= futex_save,
	.validate	= futex_validate,
	.restore	= futex_restore,
	.finish		= futex_finish,
};
