// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: whom a process lets trace it, where Yama keeps others from that.
 */
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/security.h>
#include "task.h"

/**
 * DOC: Yama's exceptions
 *
 * Preserved: whom a process lets trace it with prctl(PR_SET_PTRACER): a process of the
 * tree or its thread, or anybody.  Where Yama is not at work nobody asks for that.
 *
 * Immaterial: one who has died, for Yama forgets him.
 *
 * Refused: a process outside the tree that may trace it.
 */

/* A process whose leader has exited lives on, and all its threads may trace. */
static bool is_dead(struct task_struct *tracer)
{
	return READ_ONCE(tracer->exit_state) && !delay_group_leader(tracer);
}

static int find_ptracer(struct ckpt_ctx *ctx, struct ckpt_task *t, struct ckpt_rec_ptracer *rec)
{
	struct task_struct *tracer;
	struct ckpt_task *inside;
	bool any;
	int err = 0;

	*rec = (struct ckpt_rec_ptracer) {};
	tracer = yama_get_ptracer(t->task->group_leader, &any);
	if (any)
		rec->flags = CKPT_PTRACER_ANY;
	if (!tracer)
		return 0;
	inside = ckpt_find_task(ctx, tracer);
	if (inside && !is_dead(tracer))
		rec->tracer = inside->id;
	else if (!is_dead(tracer))
		err = ckpt_fail(ctx, -EOPNOTSUPP,
				"lets pid %d, outside the tree, trace it (PR_SET_PTRACER); clear that first",
				task_pid_nr_ns(tracer, ctx->caller_ns));
	put_task_struct(tracer);
	return err;
}

static int ptracer_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_rec_ptracer rec;

	return find_ptracer(ctx, t, &rec);
}

static int ptracer_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_rec_ptracer rec;
	int err = find_ptracer(ctx, t, &rec);

	if (err || (!rec.tracer && !rec.flags))
		return err;
	return ckpt_emit(ctx, kind, t->id, &rec, NULL, 0);
}

static int ptracer_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_ptracer *rec = item->data;

	if (rec->flags & ~CKPT_PTRACER_ANY || !rec->flags == !rec->tracer)
		return ckpt_fail(ctx, -EINVAL, "whom it lets trace it makes no sense");
	return 0;
}

/* Of the whole process, whichever thread says it */
static int ptracer_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_ptracer *rec = item->data;
	unsigned long who = PR_SET_PTRACER_ANY;
	int err;

	if (rec->tracer)
		who = task_pid_vnr(ckpt_task_by_id(ctx, rec->tracer)->task);
	err = security_task_prctl(PR_SET_PTRACER, who, 0, 0, 0);
	if (err == -ENOMEM)
		return ckpt_fail(ctx, err, "no memory for whom it lets trace it");
	/* Nobody knows the option. */
	if (err)
		ckpt_note(ctx, "whom it lets trace it is forgotten: Yama is not at work here");
	return 0;
}

CHECKPOINT_KIND(ptracer) = {
	.name		= "ptracer",
	.type		= CKPT_REC_PTRACER,
	.size		= sizeof(struct ckpt_rec_ptracer),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_LATE,
	.class		= &ckpt_class_task,
	.check		= ptracer_check,
	.save		= ptracer_save,
	.validate	= ptracer_validate,
	.restore	= ptracer_restore,
};
