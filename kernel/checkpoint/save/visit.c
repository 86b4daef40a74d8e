// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the loops over tasks and kinds while a tree is held: the survey,
 * and what is saved in which order.
 */
#include <linux/sched/signal.h>
#include "../core.h"

static bool in_scope(const struct ckpt_kind *kind, const struct ckpt_ctx *ctx,
		     const struct ckpt_task *t)
{
	switch (kind->scope) {
	case CKPT_SCOPE_IMAGE:
		return t == ctx->root;
	case CKPT_SCOPE_PROCESS:
		return t->leader == t && !ckpt_process_is_dead(t);
	case CKPT_SCOPE_MM:
		return t->mm_first == t && !ckpt_process_is_dead(t);
	case CKPT_SCOPE_TABLE:
		if (t->leader == t)
			return !ckpt_process_is_dead(t);
		return !t->zombie && t->files != t->leader->files;
	case CKPT_SCOPE_LEADER:
		return t->leader == t;
	case CKPT_SCOPE_THREAD:
		return !t->zombie;
	case CKPT_SCOPE_TASK:
		return true;
	case CKPT_SCOPE_NONE:
		break;
	}
	return false;
}

/**
 * ckpt_looks_on - one check of several is made: does the survey make the next?
 * @ctx: the call
 * @err: what the check returned; it has reported it
 * @first: what the first one returned that found an obstacle
 *
 * With CHECKPOINT_CHECK every obstacle is reported.  A tree that was let go is not looked at
 * any more.
 *
 * Return: true if so; else *@first is what the checks together return
 */
bool ckpt_looks_on(struct ckpt_ctx *ctx, int err, int *first)
{
	*first = *first ?: err;
	return !*first || (ctx->flags & CHECKPOINT_CHECK && !ckpt_expired(ctx));
}

/* The checks that may have to wait, or the others */
static int survey_part(struct ckpt_ctx *ctx, bool waits)
{
	const struct ckpt_kind **p;
	struct ckpt_task *t;
	int first = 0;

	for_each_ckpt_task(ctx, t) {
		for_each_ckpt_kind_of(p, ckpt_kinds_checking) {
			const struct ckpt_kind *kind = *p;

			if (kind->waits != waits || !in_scope(kind, ctx, t))
				continue;
			ctx->at = (struct ckpt_at) { .t = t, .type = kind->type };
			if (!ckpt_looks_on(ctx, kind->check(ctx, t), &first))
				return first;
		}
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		ckpt_progress(ctx);
		cond_resched();
	}
	return first;
}

/**
 * ckpt_survey - refuse what cannot be saved
 * @ctx: the call, its tree held
 *
 * Context: may sleep.
 * Return: 0, or the first obstacle (reported); with CHECKPOINT_CHECK all are reported
 */
int ckpt_survey(struct ckpt_ctx *ctx)
{
	int first = 0;

	if (!ckpt_looks_on(ctx, survey_part(ctx, false), &first))
		return first;
	ckpt_looks_on(ctx, survey_part(ctx, true), &first);
	return ctx->save->obstacle ?: first ?: ckpt_still_held(ctx);
}

/* All tasks, each with the kinds of one stage, from @from up to @end */
static int visit_stage(struct ckpt_ctx *ctx, const struct ckpt_kind **from,
		       const struct ckpt_kind **end, ckpt_save_visitor visit, void *data)
{
	const struct ckpt_kind **p;
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		for (p = from; p < end; p++) {
			const struct ckpt_kind *kind = *p;

			if (!in_scope(kind, ctx, t))
				continue;
			ctx->at = (struct ckpt_at) { .t = t, .type = kind->type };
			err = visit(ctx, kind, t, data);
			if (err)
				return err;
		}
		ckpt_progress(ctx);
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_visit_saved - go through the tasks and what is saved of them, in the order of the image
 * @ctx: the call
 * @visit: called for each kind that saves something of a task, until it returns an error
 * @data: for it
 *
 * Return: 0 or what @visit returned
 */
int ckpt_visit_saved(struct ckpt_ctx *ctx, ckpt_save_visitor visit, void *data)
{
	const struct ckpt_kind **from, **end;
	int err = 0;

	/* They are sorted by their stages. */
	for (from = ckpt_kinds_saving; *from && !err; from = end) {
		for (end = from; *end && (*end)->stage == (*from)->stage; end++)
			;
		err = visit_stage(ctx, from, end, visit, data);
	}
	return err;
}
