// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: parents that wait for a vfork child.
 */
#include <linux/sched.h>
#include "task.h"

/**
 * DOC: vfork
 *
 * Preserved: that a parent waits in vfork(2), or in clone(2) with CLONE_VFORK, until its
 * child executes a program or exits.  It waits again before it runs an instruction, and its
 * call returns the child's number.  It is a flag of the child's task record: who waits is its
 * parent, and nobody waits for two.
 *
 * Refused: a vfork child whose parent is outside the tree, or that is not the child of who
 * waits for it (CLONE_PARENT, CLONE_THREAD); a caller of restart() that would become such a
 * parent.
 */

/* The freeze lets nothing else through, but with CHECKPOINT_CHECK. */
static int vfork_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (t->vfork || !READ_ONCE(t->task->vfork_done))
		return 0;
	return ckpt_fail(ctx, -EAGAIN, "is a vfork child that has not yet executed a program, and who waits for that is not held; try again");
}

/* A process with a parent and a parent that lives: ckpt_add_task() has looked. */
static int vfork_complete(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (!t->vfork)
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		if (t->parent->vforked)
			return ckpt_fail(ctx, -EINVAL, "its parent waits for two vfork children");
		t->parent->vforked = t;
	}
	return 0;
}

static int vfork_may_become(struct ckpt_ctx *ctx)
{
	if (!ctx->root->vforked)
		return 0;
	ctx->at = (struct ckpt_at) { .t = ctx->root };
	return ckpt_fail(ctx, -EINVAL, "it waits for a vfork child, so no caller can become it; restart it as a child");
}

CHECKPOINT_KIND(vfork) = {
	.name		= "vfork",
	.scope		= CKPT_SCOPE_THREAD,
	.check		= vfork_check,
	.complete	= vfork_complete,
	.may_become	= vfork_may_become,
};
