// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what goes on by itself in a tree at rest, such as timers, is stopped
 * for as long as the tree is held.  A thaw lets it go on, whoever makes it.
 */
#include "../core.h"

/**
 * ckpt_hold_kinds - stop what would go on by itself
 * @ctx: the call; all tasks are at rest, or have not gone to user space yet
 *
 * Context: may sleep.
 */
void ckpt_hold_kinds(struct ckpt_ctx *ctx)
{
	const struct ckpt_kind **p;
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (t->leader != t || ckpt_process_is_dead(t))
			continue;
		t->kinds_held = true;
		for_each_ckpt_kind(p)
			if ((*p)->hold)
				(*p)->hold(ctx, t);
		cond_resched();
	}
}

static void release_process(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_kind **p;

	if (!t->kinds_held)
		return;
	t->kinds_held = false;
	for_each_ckpt_kind(p)
		if ((*p)->release)
			(*p)->release(ctx, t);
}

/**
 * ckpt_release_kinds - let go on what was stopped
 * @ctx: the call; its tasks are still held
 *
 * Context: may sleep.
 */
void ckpt_release_kinds(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		release_process(ctx, t);
		cond_resched();
	}
}

/**
 * ckpt_release_kinds_of_caller - the same for the process of the caller alone
 * @ctx: the call
 *
 * For a caller that is a part of the tree which it holds from now on: it runs.  When
 * the others are let go, it may be exiting.
 *
 * Context: the caller of checkpoint(); may sleep.
 */
void ckpt_release_kinds_of_caller(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (t->self)
			release_process(ctx, t->leader);
}

/**
 * ckpt_end_kinds - the tree is about to be killed
 * @ctx: the call; its tasks are held
 *
 * Context: may sleep.
 */
void ckpt_end_kinds(struct ckpt_ctx *ctx)
{
	const struct ckpt_task *self = NULL;
	const struct ckpt_kind **p;
	struct ckpt_task *t;

	/* Of a tree that is held one process may have gone on: that which holds it. */
	for_each_ckpt_task(ctx, t)
		if (t->self && !(ctx->flags & CHECKPOINT_KILL))
			self = t->leader;
	for_each_ckpt_task(ctx, t) {
		if (t->leader != t || t == self || ckpt_process_is_dead(t))
			continue;
		for_each_ckpt_kind(p)
			if ((*p)->end)
				(*p)->end(ctx, t);
		cond_resched();
	}
}
