// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: is an ipc namespace the tree's own?
 */
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "../checkpoint.h"

static bool is_in_namespace(struct task_struct *task, const struct ipc_namespace *ns)
{
	bool ret;

	task_lock(task);
	ret = task->nsproxy && task->nsproxy->ipc_ns == ns;
	task_unlock(task);
	return ret;
}

/**
 * ckpt_ipc_own - save: is the ipc namespace the tree's own?
 * @ctx: the call; the tree is in the caller's namespace, or is refused for that
 *
 * The caller has entered it to save what is in there, and does not count.
 *
 * Return: true if no task of the system is in it that is outside of the tree
 */
bool ckpt_ipc_own(struct ckpt_ctx *ctx)
{
	const struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	struct task_struct *p, *task;

	if (ns == &init_ipc_ns)
		return false;
	guard(rcu)();
	for_each_process_thread(p, task) {
		if (!is_in_namespace(task, ns) || same_thread_group(task, current))
			continue;
		if (!ckpt_find_task(ctx, task))
			return false;
	}
	return true;
}
