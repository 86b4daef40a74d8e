// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what others bring to sockets of a held tree when those have been captured.
 */
#include <linux/fdtable.h>
#include <linux/sched/task.h>
#include "net.h"

struct counting {
	const struct ckpt_late *late;
	unsigned int sum;
};

static int count_one(const void *p, struct file *file, unsigned int fd)
{
	struct counting *counting = (void *)p;

	counting->sum += counting->late->count(file);
	return 0;
}

/* Of those that are under way themselves, and in no table, the survey holds the files. */
static void count_under_way(struct ckpt_ctx *ctx, struct counting *counting)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE)
		if (seen->held && seen->rights == seen->refs)
			count_one(counting, (struct file *)seen->ptr, 0);
}

/* A thread as a rule shares the table of its process. */
static bool has_own_files(const struct ckpt_task *t)
{
	return t->files && (t->leader == t || t->files != t->leader->files);
}

/**
 * ckpt_save_late - save: note how much the sockets of a task's descriptors have
 * @ctx: the call, surveyed
 * @t: the task
 * @late: what is counted
 *
 * Before anything else of them is saved: what comes between is in the image, and is told as
 * too late.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM (reported)
 */
int ckpt_save_late(struct ckpt_ctx *ctx, struct ckpt_task *t, const struct ckpt_late *late)
{
	struct counting counting = { .late = late };
	unsigned int *sum;

	if (!has_own_files(t))
		return 0;
	sum = ckpt_make_private(&t->privates, &late->noted);
	if (!sum)
		return ckpt_fail(ctx, -ENOMEM, "no memory for what its sockets have got");
	iterate_fd(t->files, 0, count_one, &counting);
	if (t == ctx->root)
		count_under_way(ctx, &counting);
	*sum = counting.sum;
	return 0;
}

/**
 * ckpt_has_late - save: have the sockets of a task more than was noted?
 * @ctx: the call
 * @t: the task, held
 * @late: what is counted
 *
 * Context: takes the task's alloc_lock.
 * Return: true if so
 */
bool ckpt_has_late(struct ckpt_ctx *ctx, struct ckpt_task *t, const struct ckpt_late *late)
{
	const unsigned int *sum = ckpt_private(&t->privates, &late->noted);
	struct task_struct *task = ckpt_living_task(t);
	struct counting counting = { .late = late };

	if (!sum)
		return false;
	task_lock(task);
	if (task->files)
		iterate_fd(task->files, 0, count_one, &counting);
	task_unlock(task);
	if (t == ctx->root)
		count_under_way(ctx, &counting);
	return counting.sum > *sum;
}
