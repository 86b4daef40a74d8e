// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who uses an address space.  Threads of one process may;
 * a copy of memory that others share would not be theirs any more.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include "mm.h"

#define USERS_TRIES	20
#define USERS_WAIT_MS	5

/* Number of a task that uses @mm and is not in the tree, 0 if none is seen */
static pid_t user_outside(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	struct task_struct *p, *t;
	pid_t nr = 0;

	rcu_read_lock();
	for_each_process_thread(p, t) {
		if (t->flags & PF_KTHREAD || READ_ONCE(t->mm) != mm)
			continue;
		if (!ckpt_find_task(ctx, t)) {
			nr = task_pid_vnr(t);
			goto out;
		}
	}
out:
	rcu_read_unlock();
	return nr;
}

/* Threads stand behind their leader. */
static int users_in_group(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	struct ckpt_task *t = leader;
	int found = 0;

	list_for_each_entry_from(t, &ctx->tasks, node) {
		if (t->leader != leader)
			break;
		found += t->mm == leader->mm;
	}
	return found;
}

static int check_tree(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (t->mm == leader->mm && t->leader != leader)
			return ckpt_fail(ctx, -EOPNOTSUPP,
					 "shares its memory with pid %d, outside its thread group, which cannot be saved yet",
					 task_pid_vnr(t->task));
	return 0;
}

/**
 * ckpt_check_mm_users - refuse memory that others share
 * @ctx: the call
 * @leader: of the thread group that uses it
 *
 * Each thread found has one reference, and so has its struct ckpt_task.  Others
 * may be held for a moment, say by a reader of /proc/PID/maps.
 *
 * Context: may sleep, for 100 ms at most.
 * Return: 0 or negative errno (told)
 */
int ckpt_check_mm_users(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	int found = users_in_group(ctx, leader), users, tries;
	struct mm_struct *mm = leader->mm;
	pid_t nr;

	for (tries = 0; tries < USERS_TRIES; tries++) {
		users = atomic_read(&mm->mm_users);
		if (users <= 2 * found)
			return 0;
		if (!tries && check_tree(ctx, leader))
			return -EOPNOTSUPP;
		if (fatal_signal_pending(current))
			return ckpt_fail(ctx, -EINTR, "the caller was killed");
		msleep(USERS_WAIT_MS);
	}
	nr = user_outside(ctx, mm);
	if (nr)
		return ckpt_fail(ctx, -EBUSY, "shares its memory with pid %d outside the tree", nr);
	return ckpt_fail(ctx, -EBUSY,
			 "its memory is in use by another program or by the kernel (%d users, %d known)",
			 users - found, found);
}
