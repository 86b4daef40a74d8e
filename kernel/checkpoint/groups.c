// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what holds the tasks of a restarted tree together: parents,
 * process groups and sessions.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/tty.h>
#include "core.h"

/* -- a caller that becomes the root ------------------------------------------------ */

/*
 * What is made goes where setsid(2) and setpgid(2) bring new processes.  The caller has
 * a group and a session already: a leader cannot leave its session, which its exit ends
 * for all others, and a group must not be torn between two sessions, for the terminal of
 * one would send signals to members of the other.
 *
 * @made: processes of the tree that there are; all are still in the caller's group.
 *
 * Under tasklist_lock.
 */
static bool may_move_self(struct ckpt_ctx *ctx, unsigned int made)
{
	const struct ckpt_task_data *data = task_data(ctx->root);
	unsigned int ours = task_pgrp(current) == task_pid(current) ? made : 0;
	struct task_struct *member;
	unsigned int members = 0;

	if (current->signal->leader)
		return (!data->pgrp || data->pgrp == data->pid) &&
		       (!data->session || data->session == data->pid);
	if (!data->session)
		return true;
	do_each_pid_task(task_pid(current), PIDTYPE_PGID, member) {
		members++;
	} while_each_pid_task(task_pid(current), PIDTYPE_PGID, member);
	return members <= ours;
}

/**
 * ckpt_self_check_groups - restart: may the caller leave its session and group?
 * @ctx: the call; the caller becomes the root
 *
 * Others can join its group later: ckpt_link_tree() looks again.
 *
 * Return: 0 or -EPERM (told)
 */
int ckpt_self_check_groups(struct ckpt_ctx *ctx)
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

/* As setpgid(2) asks security modules.  Under tasklist_lock. */
static int may_link(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	if (ctx->root->self && !may_move_self(ctx, ctx->nr_processes))
		return -EPERM;
	for_each_ckpt_task(ctx, t) {
		u32 pgrp = task_data(t)->pgrp;

		if (!pgrp)
			continue;
		err = security_task_setpgid(t->task,
					    pid_vnr(ckpt_object(ctx, pgrp, CKPT_CLASS_PID)));
		if (err)
			return err;
	}
	return 0;
}

/* Under tasklist_lock for writing. */
static void link_process(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_task_data *data = task_data(t);
	struct task_struct *task = t->task;
	struct pid *pid;

	if (data->session) {
		pid = ckpt_object(ctx, data->session, CKPT_CLASS_PID);
		if (task_session(task) != pid)
			change_pid(task, PIDTYPE_SID, pid);
		ckpt_consume_object(ctx, data->session);
		task->signal->leader = data->session == data->pid;
	}
	if (data->pgrp) {
		pid = ckpt_object(ctx, data->pgrp, CKPT_CLASS_PID);
		if (task_pgrp(task) != pid)
			change_pid(task, PIDTYPE_PGID, pid);
		ckpt_consume_object(ctx, data->pgrp);
	}
	task->signal->is_child_subreaper = !!(data->flags & CKPT_TASK_F_SUBREAPER);
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

/**
 * ckpt_link_tree - restart: set sessions, process groups and real parents
 * @ctx: the call; all tasks are made
 *
 * In one section: a setpgid(2) by another thread of the caller, whose children these
 * are, could take the first member out of a new group, whose number were free then,
 * before the second comes.
 *
 * Return: 0, or -EPERM or what a security module says (told)
 */
int ckpt_link_tree(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	write_lock_irq(&tasklist_lock);
	err = may_link(ctx);
	for_each_ckpt_task(ctx, t) {
		if (err || t->leader != t)
			continue;
		link_process(ctx, t);
		link_parent(t);
		link_subreaper(t);
	}
	write_unlock_irq(&tasklist_lock);
	if (err) {
		ctx->at = (struct ckpt_at) { .t = ctx->root };
		return ckpt_fail(ctx, err, "its process groups may not be set");
	}

	for_each_ckpt_task(ctx, t) {
		/* A session of its own has lost the restarter's terminal. */
		if (t->leader == t && task_data(t)->session)
			proc_clear_tty(t->task);
		cond_resched();
	}
	return 0;
}

/* -- before any task exists ------------------------------------------------------- */

static bool has_record(const struct ckpt_task *t, const struct ckpt_kind *kind)
{
	const struct ckpt_rec *r;

	list_for_each_entry(r, &t->recs, owner_node)
		if (ckpt_part(r->kind) == kind->type)
			return true;
	return false;
}

/* Without these a task would run on nothing.  What a process has, its threads share. */
static int check_complete(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_kind *const *p;

	for_each_ckpt_kind(p) {
		const struct ckpt_kind *kind = *p;

		if (!kind->required || (kind->scope == CKPT_SCOPE_PROCESS && t->leader != t) ||
		    has_record(t, kind))
			continue;
		ctx->at = (struct ckpt_at) { .t = t, .type = kind->type };
		return ckpt_fail(ctx, -EINVAL, "has no %s record in the image", kind->name);
	}
	return 0;
}

/* Is @id a number that a group or session of @session may have? */
static bool valid_group(struct ckpt_ctx *ctx, u32 id, u32 session)
{
	struct ckpt_task *leader = ckpt_find_object(ctx, id)->owner;

	/* Who has the number himself began it, and has not left the session since. */
	return !leader || (leader->leader == leader && task_data(leader)->session == session);
}

/* What setsid(2) and setpgid(2) bring about, and nothing else */
static int check_groups(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_task_data *data = task_data(t);
	struct ckpt_object *pgrp;
	bool valid;

	if (!data->pgrp && !data->session)
		return 0;
	valid = data->pgrp && valid_group(ctx, data->pgrp, data->session);
	if (valid && data->session)
		valid = valid_group(ctx, data->session, data->session);
	if (valid && data->session == data->pid)
		valid = data->pgrp == data->pid;
	if (valid) {
		pgrp = ckpt_find_object(ctx, data->pgrp);
		valid = !pgrp->grouped || pgrp->session == data->session;
		pgrp->grouped = true;
		pgrp->session = data->session;
	}
	if (valid)
		return 0;
	ctx->at = (struct ckpt_at) { .t = t };
	return ckpt_fail(ctx, -EINVAL, "its process group and session do not fit together");
}

/**
 * ckpt_check_tree - restart: what only the whole tree shows
 * @ctx: the call; the metadata is read
 *
 * Return: 0 or -EINVAL (told)
 */
int ckpt_check_tree(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	if (!ctx->root)
		return ckpt_fail(ctx, -EINVAL, "the image has no task");
	if (ctx->header.root != task_data(ctx->root)->pid || ctx->header.nr_tasks != ctx->nr_tasks)
		return ckpt_fail(ctx, -EINVAL, "the header and the tasks disagree");
	/* Numbers are scarce: none for nobody.  A process has one, a group, a session. */
	if (ctx->nr_pids > ctx->nr_tasks + 2 * ctx->nr_processes)
		return ckpt_fail(ctx, -EINVAL, "the image has more pids than tasks can use");
	for_each_ckpt_task(ctx, t) {
		struct ckpt_object *pid = ckpt_find_object(ctx, task_data(t)->pid);

		/* The number of a thread is its own. */
		if (pid->owner)
			return ckpt_fail(ctx, -EINVAL, "two tasks have one pid");
		pid->owner = t;
		err = t->zombie ? 0 : check_complete(ctx, t);
		if (err)
			return err;
		cond_resched();
	}
	for_each_ckpt_task(ctx, t) {
		err = t->leader == t ? check_groups(ctx, t) : 0;
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}
