// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who has a file open outside the tree.  After a restart it would be
 * two: the tree's and the one that is outside.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "files.h"

/* Descriptors and areas of the tree, and the reference of who checks the file */
static bool is_ours(struct ckpt_ctx *ctx, void *arg)
{
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, arg);
	const struct file *file = arg;

	return file_count(file) <= seen->refs + seen->held + seen->maps + 1;
}

static bool has_open(struct task_struct *task, ckpt_is_it is_it, const void *what)
{
	bool found = false;

	task_lock(task);
	if (task->files)
		found = iterate_fd(task->files, 0, is_it, what);
	task_unlock(task);
	return found;
}

/**
 * ckpt_find_opener - a process outside the tree that has something open
 * @ctx: the call, surveyed
 * @is_it: what is looked for, for iterate_fd()
 * @what: the same, its argument
 *
 * Context: takes task_lock() of each process and the lock of each descriptor table.
 * Return: the process, with a reference; NULL if it is none, or none that the caller may
 * look into, or it is not looked for any more, see ckpt_may_search()
 */
struct task_struct *ckpt_find_opener(struct ckpt_ctx *ctx, ckpt_is_it is_it, const void *what)
{
	struct task_struct *task;

	if (!ckpt_may_search(ctx))
		return NULL;
	guard(rcu)();
	for_each_process(task)
		if (!ckpt_find_task(ctx, task) && task_pid_nr_ns(task, ctx->caller_ns) &&
		    has_open(task, is_it, what) &&
		    ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS))
			return get_task_struct(task);
	return NULL;
}

static int is_same(const void *wanted, struct file *file, unsigned int fd)
{
	return file == wanted;
}

/**
 * ckpt_check_holders - refuse a file that is open outside the tree too
 * @ctx: the call, surveyed
 * @file: a file that descriptors of the tree lead to; the caller has one reference
 * @what: what it is, for the message
 *
 * Context: may sleep, up to CKPT_SETTLE_MS once a call.
 * Return: 0 or -EBUSY (reported)
 */
int ckpt_check_holders(struct ckpt_ctx *ctx, struct file *file, const char *what)
{
	struct task_struct *holder;
	struct ckpt_who who;

	if (is_ours(ctx, file))
		return 0;
	if (!ckpt_files(ctx)->waited && ckpt_settle(is_ours, ctx, file))
		return 0;
	ckpt_files(ctx)->waited = true;
	holder = ckpt_find_opener(ctx, is_same, file);
	if (!holder)
		return ckpt_file_fail(ctx, -EBUSY, "%s is held outside the tree too; close it there or save a larger tree",
				      what);
	return ckpt_file_fail(ctx, -EBUSY, "%s is open in %s outside the tree too; close it there or save a larger tree",
			      what, ckpt_show_outsider(ctx, holder, &who));
}
