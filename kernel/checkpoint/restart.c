// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: bringing a tree back.  Everything is read and validated,
 * then made, and there is one point at which it is let go.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <trace/events/checkpoint.h>
#include "core.h"
#include "task/task.h"

static int restore_record(struct ckpt_ctx *ctx, struct ckpt_rec *r)
{
	const struct ckpt_kind *kind = r->kind;
	struct file *file;

	ctx->at = (struct ckpt_at) {
		.t = r->owner, .type = kind->type, .object = r->object, .offset = r->offset,
	};
	trace_checkpoint_restore_record(kind->type, r->object, r->count);
	if (kind->restore_file) {
		file = kind->restore_file(ctx, r);
		if (IS_ERR(file))
			return PTR_ERR(file);
		return ckpt_set_object(ctx, r->object, file);
	}
	return kind->restore ? kind->restore(ctx, r) : 0;
}

/* What the caller of restart() makes before any task exists */
static int restore_objects(struct ckpt_ctx *ctx)
{
	struct ckpt_rec *r;
	int err;

	trace_checkpoint_phase("objects", 0);
	list_for_each_entry(r, &ctx->recs, node) {
		if (r->kind->stage != CKPT_STAGE_OBJECT)
			continue;
		err = restore_record(ctx, r);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return ckpt_fail(ctx, -EINTR, "the caller was killed");
		cond_resched();
	}
	return 0;
}

/* Its records of this stage, in the order of the image */
static int restore_task_records(struct ckpt_task *t)
{
	struct ckpt_ctx *ctx = t->ctx;
	struct ckpt_rec *r;
	int err;

	list_for_each_entry(r, &t->recs, owner_node) {
		if (r->kind->stage != ctx->stage)
			continue;
		err = restore_record(ctx, r);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/*
 * In the context of @t, with the caller's credentials or, in CKPT_STAGE_LATE and
 * after it, its own.  The caller's do for the owner of the image what he may do.
 */
static int restore_task_stage(struct ckpt_task *t)
{
	struct ckpt_ctx *ctx = t->ctx;
	const struct cred *old;
	int err;

	if (ctx->stage >= CKPT_STAGE_LATE)
		return restore_task_records(t);
	old = ckpt_drop_rights(ctx);
	if (IS_ERR(old))
		return ckpt_fail(ctx, PTR_ERR(old), "no memory for credentials");
	err = restore_task_records(t);
	ckpt_regain_rights(old);
	return err;
}

static int restore_stage(struct ckpt_ctx *ctx, enum ckpt_stage stage, bool leaders)
{
	struct ckpt_task *t;
	int err;

	trace_checkpoint_phase("stage", stage);
	ctx->stage = stage;
	for_each_ckpt_task(ctx, t) {
		/* A zombie has a name, a user, and little else. */
		if (t->zombie && stage != CKPT_STAGE_TREE && stage != CKPT_STAGE_LATE)
			continue;
		if (leaders && t->leader != t)
			continue;
		err = ckpt_run_on(t, restore_task_stage);
		if (err)
			return err;
	}
	return 0;
}

/**
 * ckpt_finish_task - the last of a task's state, after the commit
 * @t: the task, current
 *
 * Records are finished in the order of the image; registers are the last.
 */
void ckpt_finish_task(struct ckpt_task *t)
{
	struct ckpt_rec *r;

	list_for_each_entry(r, &t->recs, owner_node)
		if (r->kind->finish)
			r->kind->finish(t->ctx, r);
}

static int build(struct ckpt_ctx *ctx)
{
	int err;

	err = ckpt_check_nproc(ctx);
	if (!err)
		err = restore_objects(ctx);
	if (!err)
		err = ckpt_make_processes(ctx);
	if (!err && ctx->root->self)
		ckpt_self_commit(ctx);
	if (!err)
		err = restore_stage(ctx, CKPT_STAGE_MM, true);
	if (!err)
		err = restore_stage(ctx, CKPT_STAGE_FILES, true);
	if (!err)
		err = ckpt_make_threads(ctx);
	if (!err)
		err = restore_stage(ctx, CKPT_STAGE_TREE, false);
	if (!err)
		err = ckpt_link_tree(ctx);
	if (!err)
		err = restore_stage(ctx, CKPT_STAGE_THREAD, false);
	if (!err)
		err = ckpt_read_memory(ctx, true);
	if (!err)
		err = restore_stage(ctx, CKPT_STAGE_LATE, false);
	if (!err)
		err = restore_stage(ctx, CKPT_STAGE_REGS, false);
	return err;
}

/* An image without credentials must not leave the caller's to the owner's program. */
static int check_ceiling(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	bool below;

	if (!ckpt_ceiling(ctx))
		return 0;
	for_each_ckpt_task(ctx, t) {
		if (t->zombie)
			continue;
		rcu_read_lock();
		below = uid_eq(__task_cred(t->task)->uid, ctx->ceiling_uid) &&
			cap_isclear(__task_cred(t->task)->cap_permitted);
		rcu_read_unlock();
		if (below)
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(ctx, -EPERM,
				 "would have other credentials than the image's owner");
	}
	return 0;
}

/* The last look before the commit */
static int check_killed(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (!fatal_signal_pending(t->task))
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(ctx, -EINTR, "was killed while it was being restarted");
	}
	if (fatal_signal_pending(current))
		return ckpt_fail(ctx, -EINTR, "the caller was killed");
	return 0;
}

/**
 * ckpt_restart - bring back the tree of an image
 * @ctx: the call, its stream open and the metadata read
 *
 * Context: may sleep.
 * Return: 0, or negative errno (told) and no task is left
 */
int ckpt_restart(struct ckpt_ctx *ctx)
{
	int err;

	atomic_set(&ctx->running, 1);
	init_completion(&ctx->all_gone);
	err = build(ctx);
	if (!err)
		err = check_ceiling(ctx);
	if (!err)
		err = check_killed(ctx);
	if (err) {
		ckpt_abort_tasks(ctx);
	} else {
		ckpt_drop_shared(ctx);
		ckpt_release_tasks(ctx);
	}
	return err;
}
