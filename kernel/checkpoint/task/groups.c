// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what holds the tasks of a restarted tree together: parents,
 * process groups and sessions.
 */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/xarray.h>
#include "task.h"

/* -- a caller that becomes the root ------------------------------------------------ */

/*
 * What is made goes where setsid(2) and setpgid(2) bring new processes.  The caller has
 * a group and a session already: a leader cannot leave its session, which its exit ends
 * for all others, and a group must not be torn between two sessions, for the terminal of
 * one would send signals to members of the other.
 *
 * @made: processes of the tree that there are; all are still in the caller's group.
 *
 * The walk ends at the first member too many: it is no longer than the image, and not for
 * a caller that leads no group.
 */
static bool may_move_self(struct ckpt_ctx *ctx, unsigned int made)
{
	const struct ckpt_rec_task *data = ckpt_task_rec(ctx->root);
	unsigned int ours = task_pgrp(current) == task_pid(current) ? made : 0;
	struct task_struct *member;
	unsigned int members = 0;

	lockdep_assert_held(&tasklist_lock);
	if (current->signal->leader)
		return (!data->pgrp || data->pgrp == data->pid) &&
		       (!data->session || data->session == data->pid);
	if (!data->session)
		return true;
	do_each_pid_task(task_pid(current), PIDTYPE_PGID, member) {
		if (++members > ours)
			return false;
	} while_each_pid_task(task_pid(current), PIDTYPE_PGID, member);
	return true;
}

/* Others can join its group later: link_tree() looks again. */
static int may_become_root(struct ckpt_ctx *ctx)
{
	bool may;

	read_lock(&tasklist_lock);
	may = may_move_self(ctx, 1);
	read_unlock(&tasklist_lock);
	if (may)
		return 0;
	ctx->at = (struct ckpt_at) { .t = ctx->root };
	return ckpt_fail(ctx, -EPERM, "the caller cannot leave its session or process group as setsid(2) and setpgid(2) would; restart from a child of it");
}

/* -- when all tasks exist -------------------------------------------------------- */

/* As setpgid(2) asks security modules */
static int may_link(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	u32 pgrp = ckpt_task_rec(t)->pgrp;

	lockdep_assert_held(&tasklist_lock);
	if (t->self && !may_move_self(ctx, ctx->nr_processes))
		return -EPERM;
	if (!pgrp)
		return 0;
	return security_task_setpgid(t->task, pid_vnr(ckpt_object(ctx, pgrp, &ckpt_class_pid)));
}

/*
 * Until all are linked another thread of the caller, whose children these are, can move
 * them with setpgid(2).  If the last member leaves a group, its number is free, and may be
 * somebody else's: nobody joins it any more.
 */
static bool is_lost(struct pid *pid)
{
	struct pid_namespace *ns = ns_of_pid(pid);

	lockdep_assert_held(&tasklist_lock);
	return find_pid_ns(pid_nr_ns(pid, ns), ns) != pid;
}

static int join(struct ckpt_ctx *ctx, struct task_struct *task, enum pid_type type, u32 id)
{
	struct pid *pid = ckpt_object(ctx, id, &ckpt_class_pid);

	if (is_lost(pid))
		return -EBUSY;
	if (task->signal->pids[type] != pid)
		change_pid(task, type, pid);
	ckpt_consume_object(ctx, id);
	return 0;
}

static int link_process(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_rec_task *data = ckpt_task_rec(t);
	struct task_struct *task = t->task;
	int err = 0;

	if (data->session) {
		err = join(ctx, task, PIDTYPE_SID, data->session);
		if (err)
			return err;
		task->signal->leader = data->session == data->pid;
	}
	if (data->pgrp)
		err = join(ctx, task, PIDTYPE_PGID, data->pgrp);
	task->signal->is_child_subreaper = !!(data->flags & CKPT_TASK_F_SUBREAPER);
	return err;
}

/*
 * The leader made the process below its own leader, and the threads after it.
 * All threads of a process have one parent: its exit relies on that.
 */
static void link_parent(struct ckpt_task *t)
{
	struct task_struct *task = t->task, *thread;
	struct task_struct *parent;

	if (!t->parent)
		return;
	parent = t->parent->task;
	if (rcu_access_pointer(task->real_parent) == parent)
		return;
	for_each_thread(task, thread) {
		RCU_INIT_POINTER(thread->real_parent, parent);
		if (!thread->ptrace)
			RCU_INIT_POINTER(thread->parent, parent);
	}
	list_move_tail(&task->sibling, &parent->children);
}

/* Does a parent above count as a subreaper?  Parents come first. */
static void link_subreaper(struct ckpt_task *t)
{
	struct signal_struct *up;

	if (!t->parent)
		return;
	up = t->parent->task->signal;
	t->task->signal->has_child_subreaper = up->has_child_subreaper ||
					       up->is_child_subreaper;
}

static int link_one(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int err;

	write_lock_irq(&tasklist_lock);
	err = may_link(ctx, t);
	if (!err)
		err = link_process(ctx, t);
	if (!err) {
		link_parent(t);
		link_subreaper(t);
	}
	write_unlock_irq(&tasklist_lock);
	if (!err)
		return 0;
	ctx->at = (struct ckpt_at) { .t = t };
	return ckpt_fail(ctx, err, err == -EBUSY ?
			 "its process group was dissolved from outside during the restart" :
			 "its process group may not be set");
}

/*
 * Sets sessions, process groups and real parents, when all tasks are made.
 * tasklist_lock is held for one process at a time.
 *
 * Return: 0, or -EPERM or what a security module says (reported); -EBUSY (reported) if
 * another thread of the caller has interfered
 */
static int link_tree(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		if (t->leader != t)
			continue;
		err = link_one(ctx, t);
		if (err)
			return err;
		/* A session of its own has lost the restarter's terminal. */
		if (ckpt_task_rec(t)->session)
			proc_clear_tty(t->task);
		cond_resched();
	}
	return 0;
}

/* -- before any task exists ------------------------------------------------------- */

/* Numbers of an image: who has one, and of which session the group with it is */
struct number {
	struct ckpt_task *t;
	bool grouped;
	u32 session;		/* pid object, 0 for the restarter's */
};

static struct number *find_number(struct xarray *numbers, u32 id)
{
	return xa_load(numbers, id);
}

static int add_number(struct ckpt_ctx *ctx, struct xarray *numbers, u32 id, struct ckpt_task *t)
{
	struct number *number = find_number(numbers, id);

	if (number && t && number->t)
		return ckpt_fail(ctx, -EINVAL, "two tasks have one pid");
	if (!number) {
		number = kzalloc(sizeof(*number), GFP_KERNEL_ACCOUNT);
		if (!number || xa_err(xa_store(numbers, id, number, GFP_KERNEL_ACCOUNT))) {
			kfree(number);
			return ckpt_fail(ctx, -ENOMEM, "no memory for the pids of the image");
		}
	}
	if (t)
		number->t = t;
	return 0;
}

static int add_numbers(struct ckpt_ctx *ctx, struct xarray *numbers, struct ckpt_task *t)
{
	const struct ckpt_rec_task *data = ckpt_task_rec(t);
	int err = add_number(ctx, numbers, data->pid, t);

	if (!err && data->pgrp)
		err = add_number(ctx, numbers, data->pgrp, NULL);
	if (!err && data->session)
		err = add_number(ctx, numbers, data->session, NULL);
	return err;
}

/* Is it a number that a group or session of @session may have? */
static bool valid_group(const struct number *number, u32 session)
{
	struct ckpt_task *leader = number->t;

	/* Who has the number itself began it, and has not left the session since. */
	return !leader || (leader->leader == leader &&
			   ckpt_task_rec(leader)->session == session);
}

/* What setsid(2) and setpgid(2) bring about, and nothing else */
static int check_groups(struct ckpt_ctx *ctx, struct xarray *numbers, struct ckpt_task *t)
{
	const struct ckpt_rec_task *data = ckpt_task_rec(t);
	struct number *pgrp;
	bool valid;

	if (!data->pgrp && !data->session)
		return 0;
	pgrp = data->pgrp ? find_number(numbers, data->pgrp) : NULL;
	valid = pgrp && valid_group(pgrp, data->session);
	if (valid && data->session)
		valid = valid_group(find_number(numbers, data->session), data->session);
	if (valid && data->session == data->pid)
		valid = data->pgrp == data->pid;
	if (valid) {
		valid = !pgrp->grouped || pgrp->session == data->session;
		pgrp->grouped = true;
		pgrp->session = data->session;
	}
	if (valid)
		return 0;
	ctx->at = (struct ckpt_at) { .t = t };
	return ckpt_fail(ctx, -EINVAL, "its process group and session do not fit together");
}

/* Numbers are scarce: none for nobody. */
static int check_used(struct ckpt_ctx *ctx, struct xarray *numbers)
{
	unsigned int used = 0;
	struct number *number;
	unsigned long id;

	xa_for_each(numbers, id, number)
		used++;
	if (used != ctx->restart->nr_pids)
		return ckpt_fail(ctx, -EINVAL, "the image has %u pids, of which %u belong to no task",
				 ctx->restart->nr_pids, ctx->restart->nr_pids - used);
	return 0;
}

static int check_tree(struct ckpt_ctx *ctx, struct xarray *numbers)
{
	struct ckpt_task *t;
	int err;

	if (ctx->header.root != ctx->root->pid_id)
		return ckpt_fail(ctx, -EINVAL, "the header and the tasks disagree");
	for_each_ckpt_task(ctx, t) {
		err = add_numbers(ctx, numbers, t);
		if (err)
			return err;
		cond_resched();
	}
	for_each_ckpt_task(ctx, t) {
		err = t->leader == t ? check_groups(ctx, numbers, t) : 0;
		if (err)
			return err;
		cond_resched();
	}
	return check_used(ctx, numbers);
}

static int groups_complete(struct ckpt_ctx *ctx)
{
	struct number *number;
	struct xarray numbers;
	unsigned long id;
	int err;

	xa_init_flags(&numbers, XA_FLAGS_ACCOUNT);
	err = check_tree(ctx, &numbers);
	xa_for_each(&numbers, id, number)
		kfree(number);
	xa_destroy(&numbers);
	return err;
}

CHECKPOINT_KIND(groups) = {
	.name		= "groups",
	.complete	= groups_complete,
	.may_become	= may_become_root,
	.link_tasks	= link_tree,
};
