// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who uses an address space.  Tasks of the tree may; a copy of
 * memory that others share would not be theirs any more.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include "mm.h"

#define USERS_TRIES	20
#define USERS_WAIT_MS	5

/*
 * A task that uses @mm and is not in the tree.  A kernel thread does so for a while
 * only, on behalf of somebody (kthread_use_mm()).
 *
 * Return: the task with a reference, NULL if there is none
 */
static struct task_struct *find_user_outside(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	struct task_struct *p, *t;

	guard(rcu)();
	for_each_process_thread(p, t)
		if (READ_ONCE(t->mm) == mm && !ckpt_find_task(ctx, t))
			return get_task_struct(t);
	return NULL;
}

/* Drops the reference to @user. */
static int refuse_user(struct ckpt_ctx *ctx, struct task_struct *user)
{
	pid_t nr = task_pid_vnr(user);
	bool kernel = user->flags & PF_KTHREAD;

	put_task_struct(user);
	if (kernel || !nr)
		return ckpt_fail(ctx, -EBUSY, "its memory is in use by a task that the caller does not see, or by the kernel");
	return ckpt_fail(ctx, -EBUSY, "shares its memory with pid %d outside the tree", nr);
}

/**
 * ckpt_check_mm_users - refuse memory that others share
 * @ctx: the call
 * @leader: of the first process that uses it
 *
 * Each thread of the tree has one reference, and so has its struct ckpt_task.  If there are
 * more, all tasks are asked: who has the memory for its own may write to it at any time.
 * Other references are those of who looks, however long that takes: a reader of
 * /proc/PID/smaps, process_vm_readv(2).  What such a one writes while the tree is held
 * comes before or after the snapshot, as it may.
 *
 * Context: may sleep, for 100 ms at most.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_mm_users(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	struct mm_struct *mm = leader->mm;
	struct task_struct *user;
	int tries;

	if (atomic_read(&mm->mm_users) <= 2 * leader->mm_users)
		return 0;
	for (tries = 1; ; tries++) {
		user = find_user_outside(ctx, mm);
		if (!user)
			return 0;
		if (tries == USERS_TRIES)
			return refuse_user(ctx, user);
		put_task_struct(user);
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		/* It may be about to exit, or to be done. */
		msleep(USERS_WAIT_MS);
	}
}
