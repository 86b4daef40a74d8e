// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: I/O contexts that tasks share.
 */
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/sched.h>
#include "task.h"

/**
 * DOC: I/O contexts
 *
 * Preserved: which threads share one (CLONE_IO), and so their I/O priority, which is saved
 * with the scheduling of each.
 *
 * Rebuilt: what I/O schedulers remember of it.
 *
 * Refused: one that somebody outside the tree shares.
 */

static const struct ckpt_kind ckpt_kind_io_context;

/* Only the address is of interest: a task that dies gives it away. */
static const struct io_context *context_of(const struct ckpt_task *t)
{
	return t->zombie ? NULL : READ_ONCE(t->task->io_context);
}

static unsigned int count_users(struct task_struct *task)
{
	unsigned int users = 0;

	task_lock(task);
	if (task->io_context)
		users = atomic_read(&task->io_context->active_ref);
	task_unlock(task);
	return users;
}

/*
 * Each user has a reference.  As a rule they stand behind the first, and near.
 *
 * Return: are all of them in the tree?
 */
static bool find_users(struct ckpt_ctx *ctx, void *arg)
{
	struct ckpt_task *first = arg, *t = first;
	const struct io_context *io = context_of(first);
	unsigned int users = count_users(first->task), found = 1;

	first->io_users = 0;
	while (found < users) {
		t = list_next_entry_circular(t, &ctx->tasks, node);
		if (t == first)
			return false;
		if (context_of(t) != io)
			continue;
		found++;
		t->io_of = first;
		first->io_users++;
	}
	return true;
}

static bool has_io_context(struct task_struct *task, const void *io)
{
	return io && task->io_context == io;
}

/* One that is a zombie already may be about to give it away. */
static int io_context_check(struct ckpt_ctx *ctx, struct ckpt_task *first)
{
	if (first->io_of || ckpt_settle(find_users, ctx, first))
		return 0;
	return ckpt_fail_shared(ctx, has_io_context, context_of(first), "I/O context is",
				"CLONE_IO");
}

static int io_context_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			   struct ckpt_task *first)
{
	struct ckpt_rec_io_context rec = {};
	struct ckpt_task *t = first;
	struct ckpt_rec_io_user *users;
	u32 nr = 0;
	int err;

	if (!first->io_users)
		return 0;
	users = kvcalloc(first->io_users, sizeof(*users), GFP_KERNEL_ACCOUNT);
	if (!users)
		return ckpt_fail(ctx, -ENOMEM, "no memory for who shares its I/O context");
	while (nr < first->io_users) {
		t = list_next_entry_circular(t, &ctx->tasks, node);
		if (t->io_of == first)
			users[nr++].task = t->id;
	}
	err = ckpt_emit(ctx, kind, first->id, &rec, users, nr);
	kvfree(users);
	return err;
}

static int io_context_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_io_user *users = item->array;
	u32 i, last = 0;

	for (i = 0; i < item->count; i++) {
		const struct ckpt_task *t = ckpt_task_by_id(ctx, users[i].task);

		if (t == item->owner || t->zombie || users[i].task <= last)
			return ckpt_fail(ctx, -EINVAL, "shares its I/O context with itself, the dead or one task twice");
		last = users[i].task;
	}
	return 0;
}

/*
 * As clone(2) with CLONE_IO.  The others are workers, which do no I/O, and nobody sets their
 * priority.  It comes with the scheduling of each, which is the same for all.
 */
static int io_context_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_io_user *users = item->array;
	int err = 0;
	u32 i;

	if (!current->io_context)
		err = set_task_ioprio(current, IOPRIO_DEFAULT);
	if (err)
		return ckpt_fail(ctx, err, "its I/O context could not be made");
	for (i = 0; i < item->count; i++) {
		struct task_struct *task = ckpt_task_by_id(ctx, users[i].task)->task;

		if (task->io_context)
			exit_io_context(task);
		copy_io(CLONE_IO, task);
	}
	return 0;
}

CHECKPOINT_KIND(io_context) = {
	.name		= "io_context",
	.type		= CKPT_REC_IO_CONTEXT,
	.size		= sizeof(struct ckpt_rec_io_context),
	CKPT_ARRAY(struct ckpt_rec_io_context, users, struct ckpt_rec_io_user),
	.max		= PID_MAX_LIMIT,
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_THREAD,
	.class		= &ckpt_class_task,
	.check		= io_context_check,
	.save		= io_context_save,
	.validate	= io_context_validate,
	.restore	= io_context_restore,
};
