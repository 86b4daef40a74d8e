// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: bringing a tree back.  Everything is read and validated,
 * then made, and there is one point at which it is let go.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <trace/events/checkpoint.h>
#include "../core.h"
#include "worker.h"

static int restore_record(struct ckpt_ctx *ctx, struct ckpt_item *r)
{
	const struct ckpt_kind *kind = r->kind;
	void *ptr;

	ctx->at = (struct ckpt_at) {
		.t = r->owner, .type = kind->type, .object = r->object, .offset = r->offset,
	};
	trace_checkpoint_restore_record(kind->type, r->object, r->count);
	if (kind->restore_object) {
		ptr = kind->restore_object(ctx, r);
		if (IS_ERR(ptr))
			return PTR_ERR(ptr);
		return ckpt_set_object(ctx, r->object, ptr);
	}
	return kind->restore ? kind->restore(ctx, r) : 0;
}

/* What no task restores, in the order of the image */
static int restore_by_restarter(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	struct ckpt_item *r;
	int err;

	list_for_each_entry(r, &ctx->restart->unowned, unowned_node) {
		if (r->kind->stage != stage)
			continue;
		err = restore_record(ctx, r);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		cond_resched();
	}
	return 0;
}

/* Its records of this stage, in the order of the image */
static int restore_task_records(struct ckpt_task *t)
{
	struct ckpt_ctx *ctx = t->ctx;
	struct ckpt_item *r;
	int err;

	list_for_each_entry(r, &t->recs, owner_node) {
		if (r->kind->stage != ctx->restart->stage)
			continue;
		err = restore_record(ctx, r);
		if (err)
			return err;
		if (ckpt_killed(ctx))
			return ckpt_fail_killed(ctx);
		cond_resched();
	}
	return 0;
}

/*
 * In the context of @t, with the caller's credentials or, in CKPT_STAGE_LATE and
 * after it, its own.  The caller's do for the owner of the image what that user may do.
 */
static int restore_task_stage(struct ckpt_task *t)
{
	struct ckpt_ctx *ctx = t->ctx;
	const struct cred *old;
	int err;

	if (ctx->restart->stage >= CKPT_STAGE_LATE)
		return restore_task_records(t);
	old = ckpt_drop_rights(ctx);
	if (IS_ERR(old))
		return ckpt_fail(ctx, PTR_ERR(old), "no memory for credentials");
	err = restore_task_records(t);
	ckpt_regain_rights(old);
	return err;
}

static bool has_record(const struct ckpt_task *t)
{
	const enum ckpt_stage stage = t->ctx->restart->stage;
	const struct ckpt_item *r;

	list_for_each_entry(r, &t->recs, owner_node)
		if (r->kind->stage == stage)
			return true;
	return false;
}

/* Who has nothing to do is not woken.  Threads are made when their process has its files. */
static bool has_work(const struct ckpt_task *t)
{
	return t->made && has_record(t);
}

static bool is_thread_with_work(const struct ckpt_task *t)
{
	return t->leader != t && has_record(t);
}

static int restore_stage(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	int err;

	trace_checkpoint_phase("stage", stage);
	ctx->restart->stage = stage;
	err = restore_by_restarter(ctx, stage);
	if (err)
		return err;
	return ckpt_run_on_all(ctx, has_work, restore_task_stage);
}

/* What of this stage threads have instead of what their process has */
static int restore_of_threads(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	ctx->restart->stage = stage;
	return ckpt_run_on_all(ctx, is_thread_with_work, restore_task_stage);
}

static int check_nproc(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	return ckpt_check_nproc(ctx);
}

static int charge_pids(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	return ckpt_charge_pids(ctx);
}

static int make_processes(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	int err = ckpt_make_processes(ctx);

	if (!err && ctx->root->self)
		err = ckpt_self_commit(ctx);
	return err;
}

static int make_threads(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	return ckpt_make_threads(ctx);
}

static int link_tasks(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	const struct ckpt_kind **p;
	int err;

	for_each_ckpt_kind(p) {
		err = (*p)->link_tasks ? (*p)->link_tasks(ctx) : 0;
		if (err)
			return err;
	}
	return 0;
}

static int read_memory(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	return ckpt_read_memory(ctx, true);
}

/* What is done, one after the other, up to the commit.  Each step may fail. */
static const struct step {
	int (*run)(struct ckpt_ctx *ctx, enum ckpt_stage stage);
	enum ckpt_stage stage;
} steps[] = {
	{ check_nproc },
	{ restore_stage,	CKPT_STAGE_NAMESPACE },
	{ restore_stage,	CKPT_STAGE_OBJECT },
	/* From here on nothing waits for others before the processes are there. */
	{ charge_pids },
	{ restore_stage,	CKPT_STAGE_PID },
	{ restore_stage,	CKPT_STAGE_FILE },
	{ make_processes },
	{ restore_stage,	CKPT_STAGE_MM },
	{ restore_stage,	CKPT_STAGE_FILES },
	{ make_threads },
	{ restore_of_threads,	CKPT_STAGE_FILES },
	{ restore_stage,	CKPT_STAGE_TREE },
	{ link_tasks },
	{ restore_stage,	CKPT_STAGE_THREAD },
	{ restore_stage,	CKPT_STAGE_TASK_OBJECT },
	{ restore_stage,	CKPT_STAGE_LINK },
	{ read_memory },
	{ restore_stage,	CKPT_STAGE_SEAL },
	{ restore_stage,	CKPT_STAGE_LOCK },
	{ restore_stage,	CKPT_STAGE_LATE },
	{ restore_stage,	CKPT_STAGE_REGS },
};

static int build(struct ckpt_ctx *ctx)
{
	const struct step *step;
	int err = 0;

	for (step = steps; !err && step < steps + ARRAY_SIZE(steps); step++)
		err = step->run(ctx, step->stage);
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
		below = uid_eq(__task_cred(t->task)->uid, ctx->restart->ceiling_uid) &&
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

/* What is outside changes when nothing else can fail any more. */
static int conclude(struct ckpt_ctx *ctx)
{
	const struct ckpt_kind **p;
	int err;

	for_each_ckpt_kind(p) {
		err = (*p)->conclude ? (*p)->conclude(ctx) : 0;
		if (err)
			return err;
	}
	return 0;
}

/* The last look before the commit */
static int check_killed(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (fatal_signal_pending(t->task))
			return ckpt_fail_worker_killed(t);
	return fatal_signal_pending(current) ? ckpt_fail_killed(ctx) : 0;
}

/**
 * ckpt_restart - bring back the tree of an image
 * @ctx: the call, its stream open and the metadata read
 *
 * Context: may sleep.
 * Return: 0, or negative errno (reported) and no task is left
 */
int ckpt_restart(struct ckpt_ctx *ctx)
{
	int err;

	atomic_set(&ctx->restart->running, 1);
	init_completion(&ctx->restart->all_gone);
	init_completion(&ctx->restart->handed_back);
	err = build(ctx);
	if (!err)
		err = check_ceiling(ctx);
	if (!err)
		err = check_killed(ctx);
	if (!err)
		err = conclude(ctx);
	if (err) {
		ckpt_abort_tasks(ctx);
	} else {
		ckpt_uncharge_pids(ctx, ctx->restart->nr_charged);
		ckpt_release_tasks(ctx);
	}
	return err;
}
