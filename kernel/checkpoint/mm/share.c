// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: processes that share an address space.
 */
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include "mm.h"

/**
 * DOC: memory shared by processes
 *
 * Preserved: which processes use one address space (vfork(2), CLONE_VM without
 * CLONE_THREAD).  It is saved once, with the first of them, which maps it again; the others
 * take it over before they have threads.  Descriptors, directories, signal actions and
 * SEM_UNDO adjustments may be shared as well, or not.
 *
 * Rebuilt: that oom_score_adj is set for all of them together.
 *
 * Refused: memory that somebody outside the tree uses.
 */

/**
 * ckpt_mm_of - validate: the memory that a process is to have
 * @t: its leader
 *
 * Return: the object, 0 if no record so far says which
 */
u32 ckpt_mm_of(const struct ckpt_task *t)
{
	const struct ckpt_rec_task_mm *link;
	const struct ckpt_item *r;

	list_for_each_entry(r, &t->recs, owner_node) {
		link = r->data;
		if (r->kind->type == CKPT_REC_MM)
			return r->object;
		if (r->kind->type == CKPT_REC_TASK_MM)
			return link->mm;
	}
	return 0;
}

static int task_mm_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_rec_task_mm link = {};

	if (t->mm_first == t)
		return 0;
	link.mm = ckpt_known_id(ctx, t->mm, &ckpt_class_mm);
	return ckpt_emit(ctx, kind, t->id, &link, NULL, 0);
}

/* As kernel_clone() leaves an address space that two processes use, but for vfork(2). */
static void mark_shared(struct mm_struct *mm)
{
	mutex_lock(&oom_adj_mutex);
	set_bit(MMF_MULTIPROCESS, &mm->flags);
	mutex_unlock(&oom_adj_mutex);
	ckpt_arch_share_mm(mm);
}

static int task_mm_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task_mm *data = item->data;
	struct mm_struct *mm = ckpt_object(ctx, data->mm, &ckpt_class_mm);
	int err;

	if (!mm)
		return ckpt_fail(ctx, -EINVAL, "the memory to share was not made");
	if (!thread_group_empty(current))
		return ckpt_fail(ctx, -EINVAL, "memory is restored by a process with one thread");
	mmget(mm);
	err = exec_join_mm(mm);
	if (err) {
		mmput(mm);
		return ckpt_fail(ctx, err, "was killed during the restart");
	}
	ckpt_arch_enter_mm();
	if (!item->owner->vfork)
		mark_shared(mm);
	return 0;
}

CHECKPOINT_KIND(task_mm) = {
	.name		= "task_mm",
	.type		= CKPT_REC_TASK_MM,
	.size		= sizeof(struct ckpt_rec_task_mm),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_MM,
	.class		= &ckpt_class_task,
	.stands_for	= CKPT_REC_MM,
	.save		= task_mm_save,
	.restore	= task_mm_restore,
};
