// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what only the whole metadata of an image shows.
 */
#include <linux/sched.h>
#include "../core.h"

static bool has_record(const struct ckpt_task *t, const struct ckpt_kind *kind)
{
	const struct ckpt_item *r;

	list_for_each_entry(r, &t->recs, owner_node)
		if (ckpt_part(r->kind) == kind->type)
			return true;
	return false;
}

/*
 * Without these a task would run on nothing, or the program of an image's owner with what
 * root alone has.
 */
static bool is_required(struct ckpt_ctx *ctx, const struct ckpt_kind *kind)
{
	return kind->required || (kind->lowers && ckpt_ceiling(ctx));
}

/* What a process has, its threads share; what a thread has, a dead leader has not. */
static int check_complete(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_kind **p;

	for_each_ckpt_kind(p) {
		const struct ckpt_kind *kind = *p;

		if (!is_required(ctx, kind) || has_record(t, kind) ||
		    (ckpt_is_of_process(kind) && t->leader != t) ||
		    (kind->scope == CKPT_SCOPE_THREAD && t->zombie))
			continue;
		ctx->at = (struct ckpt_at) { .t = t, .type = kind->type };
		return ckpt_fail(ctx, -EINVAL, "has no %s record in the image", kind->name);
	}
	return 0;
}

static int check_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	if (!ctx->root)
		return ckpt_fail(ctx, -EINVAL, "the image has no task");
	if (ctx->header.nr_tasks != ctx->nr_tasks)
		return ckpt_fail(ctx, -EINVAL, "the header and the tasks disagree");
	for_each_ckpt_task(ctx, t) {
		ctx->at = (struct ckpt_at) { .t = t };
		if (t->outlived && !t->heir)
			return ckpt_fail(ctx, -EINVAL, "is outlived by no thread");
		err = ckpt_process_is_dead(t) ? 0 : check_complete(ctx, t);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_check_whole - restart: do the records of an image make a whole?
 * @ctx: the call; the metadata is read
 *
 * Each task must have the records without which it would run on nothing; then the kinds
 * look at what they alone understand.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_whole(struct ckpt_ctx *ctx)
{
	const struct ckpt_kind **p;
	int err = check_tasks(ctx);

	for_each_ckpt_kind(p) {
		if (err)
			return err;
		ctx->at = (struct ckpt_at) {};
		if ((*p)->complete)
			err = (*p)->complete(ctx);
	}
	return err;
}
