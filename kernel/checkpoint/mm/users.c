// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who uses an address space.  Tasks of the tree may; a copy of
 * memory that others share would not be theirs any more.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include "mm.h"

/**
 * struct mm_user - who uses an address space
 * @mm: the address space
 * @outside: a task that is not in the tree, with a reference, NULL if there is none
 */
struct mm_user {
	struct mm_struct *mm;
	struct task_struct *outside;
};

/*
 * A kernel thread uses it for a while only, on behalf of somebody (kthread_use_mm()).  A task
 * may be about to exit.
 */
static bool none_outside(struct ckpt_ctx *ctx, void *arg)
{
	struct mm_user *user = arg;
	struct task_struct *p, *t;

	if (user->outside)
		put_task_struct(user->outside);
	user->outside = NULL;
	guard(rcu)();
	for_each_process_thread(p, t) {
		if (READ_ONCE(t->mm) != user->mm || ckpt_find_task(ctx, t))
			continue;
		user->outside = get_task_struct(t);
		return false;
	}
	return true;
}

/* Drops the reference to @user. */
static int refuse_user(struct ckpt_ctx *ctx, struct task_struct *user)
{
	bool seen = !(user->flags & PF_KTHREAD) && task_pid_vnr(user);
	struct ckpt_who who;

	ckpt_show_outsider(ctx, user, &who);
	if (!seen)
		return ckpt_fail(ctx, -EBUSY, "its memory is in use by a task that the caller does not see, or by the kernel");
	return ckpt_fail(ctx, -EBUSY, "shares its memory with %s outside the tree", who.text);
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
 * Context: may sleep, for CKPT_SETTLE_MS at most.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_mm_users(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	struct mm_user user = { .mm = leader->mm };

	if (atomic_read(&leader->mm->mm_users) <= 2 * leader->mm_users)
		return 0;
	return ckpt_settle(none_outside, ctx, &user) ? 0 : refuse_user(ctx, user.outside);
}

/**
 * ckpt_dead_mm - restart: an address space that nobody has any more
 *
 * For what was made of one whose program is gone.
 *
 * Context: may sleep.
 * Return: it, with a reference for mmdrop(), or NULL without memory
 */
struct mm_struct *ckpt_dead_mm(void)
{
	struct mm_struct *mm = mm_alloc();

	if (!mm)
		return NULL;
	mm_forget_owner(mm);
	mm->task_size = TASK_SIZE;
	mmgrab(mm);
	mmput(mm);
	return mm;
}
