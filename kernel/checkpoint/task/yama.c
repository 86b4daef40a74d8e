// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: whom Yama lets trace a process.  Compiled into
 * security/yama/yama_lsm.c, which alone knows the relations.
 */
#include "task.h"

/**
 * DOC: Yama's exceptions
 *
 * Refused: a process that has named another one, or anybody, with
 * prctl(PR_SET_PTRACER).
 */

static bool has_ptracer(const struct task_struct *leader)
{
	const struct ptrace_relation *relation;

	guard(rcu)();
	list_for_each_entry_rcu(relation, &ptracer_relations, node)
		if (!relation->invalid && relation->tracee == leader)
			return true;
	return false;
}

static int yama_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (!has_ptracer(t->task))
		return 0;
	return ckpt_fail(ctx, -EOPNOTSUPP, "lets somebody trace it (PR_SET_PTRACER), which cannot be saved yet; clear that first");
}

CHECKPOINT_KIND(yama) = {
	.name	= "yama",
	.scope	= CKPT_SCOPE_PROCESS,
	.check	= yama_check,
};
