// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what an open file of a control group keeps for itself.
 */
#include <linux/kernfs.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include "../../cgroup/cgroup-internal.h"
#include "pseudo.h"

/**
 * ckpt_cgroup_file_keeps - what a file of a control group has that its path does not show
 * @file: a regular file of cgroup or cgroup2, open
 * @task: whose control group namespace it must have been opened in
 *
 * Return: what it is, for a message; NULL if there is nothing
 */
const char *ckpt_cgroup_file_keeps(const struct file *file, const struct task_struct *task)
{
	const struct seq_file *m = file->private_data;
	const struct kernfs_open_file *of = m->private;
	const struct cgroup_file_ctx *ctx = of->priv;

	if (!ctx)
		return NULL;
	if (ctx->psi.trigger)
		return "with a trigger for pressure (PSI)";
	if (ctx->peak.list.next)
		return "with a peak of its own (a write to memory.peak)";
	if (task->nsproxy && ctx->ns != task->nsproxy->cgroup_ns)
		return "opened in another control group namespace";
	return NULL;
}
