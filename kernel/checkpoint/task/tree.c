// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the records of the tree: threads and processes.
 */
#include <linux/audit.h>
#include <linux/mempolicy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/sched.h>
#include "../checkpoint.h"

/**
 * DOC: tasks
 *
 * Preserved: thread and process ids, real parents, process groups and sessions, also those
 * that the dead have led, exit signals, names, personality, zombies and their wait status,
 * also leaders that have exited before their threads: such a one is made as if it lived, has
 * its process's memory and files restored, and exits at the commit, before its threads run.
 *
 * Reported: who is outside and in a group or session that is led from inside.  As long as
 * it lives, the number is taken, and the tree cannot be restarted.
 *
 * Refused: groups and sessions that are outside and not the root's.
 */

/* Is its leader in the tree, or every member if that is gone? */
static bool look_inside(struct ckpt_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	scoped_guard(rcu) {
		task = pid_task(pid, PIDTYPE_TGID);
		if (task)
			return ckpt_find_task(ctx, task);
	}
	task = ckpt_find_member_outside(ctx, pid, type);
	if (task)
		put_task_struct(task);
	return !task;
}

/* Groups and sessions that are in the tree as a whole, by pid and type */
static const struct ckpt_private inside_private = CKPT_PRIVATE_XARRAY;

/*
 * Asked of each member, but looked for once: a session whose leader is dead may have
 * ten thousand.  Without memory for the answer it is looked for again.
 */
static bool pid_is_inside(struct ckpt_ctx *ctx, struct pid *pid, enum pid_type type)
{
	/* An index within the struct pid for each type: no two share one. */
	unsigned long index = (unsigned long)pid / sizeof(void *) + type;
	struct xarray *answers = ckpt_make_private(&ctx->privates, &inside_private);
	void *known = answers ? xa_load(answers, index) : NULL;
	bool inside;

	if (known)
		return xa_to_value(known);
	inside = look_inside(ctx, pid, type);
	if (answers)
		xa_store(answers, index, xa_mk_value(inside), GFP_KERNEL_ACCOUNT);
	return inside;
}

/* A dead task has none, and then the checkpoint fails later. */
static int check_group(struct ckpt_ctx *ctx, struct task_struct *task, enum pid_type type,
		       const char *what)
{
	struct pid *pid = get_task_pid(task, type);
	int err = 0;

	if (pid_is_inside(ctx, pid, type))
		err = ckpt_check_object(ctx, &ckpt_class_pid, pid);
	else if (pid != ctx->root->task->signal->pids[type])
		err = ckpt_fail(ctx, -EBUSY, "its %s %d is outside the tree and not the root's",
				what, pid_nr_ns(pid, ctx->caller_ns));
	put_pid(pid);
	return err;
}

/*
 * A number stays in use as long as somebody is in the group or session that has it:
 * until the last one outside is gone the tree cannot come back under its numbers.
 */
static void report_member_outside(struct ckpt_ctx *ctx, struct ckpt_task *t, enum pid_type type,
				  const char *what)
{
	struct task_struct *task;
	struct ckpt_who who;

	/* Who could not be stopped only seems to be outside. */
	if (ctx->save->obstacle)
		return;
	task = ckpt_find_member_outside(ctx, t->pid, type);
	if (!task)
		return;
	ckpt_note(ctx, "%s outside the tree is in its %s: while that lives, number %d is taken and a restart fails",
		  ckpt_show_outsider(ctx, task, &who), what, pid_nr_ns(t->pid, ctx->caller_ns));
}

/* The dead have none any more, and if it has just been killed, the checkpoint fails later. */
static struct pid_namespace *get_children_ns(struct task_struct *task)
{
	struct pid_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_pid_ns(task->nsproxy->pid_ns_for_children);
	task_unlock(task);
	return ns;
}

static int check_children_ns(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct pid_namespace *ns = get_children_ns(t->task);
	int err;

	if (!ns)
		return 0;
	err = ckpt_check_pid_ns(ctx, ns);
	put_pid_ns(ns);
	return err;
}

static int task_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	int err;

	if (t->zombie && t != t->leader)
		return ckpt_fail(ctx, -EAGAIN, "is a thread that is just exiting; try again");
	if (ckpt_process_is_dead(t) && task->signal->nr_threads > 1)
		return ckpt_fail(ctx, -EAGAIN, "has threads that are just exiting; try again");
	err = ckpt_check_pid_ns(ctx, ns_of_pid(t->pid)) ?: check_children_ns(ctx, t);
	if (err || t != t->leader)
		return err;
	report_member_outside(ctx, t, PIDTYPE_SID, "session");
	report_member_outside(ctx, t, PIDTYPE_PGID, "process group");
	err = check_group(ctx, task, PIDTYPE_SID, "session");
	if (!err)
		err = check_group(ctx, task, PIDTYPE_PGID, "process group");
	return err;
}

static int save_group(struct ckpt_ctx *ctx, struct ckpt_task *t, enum pid_type type,
		      const char *what, u32 *id)
{
	struct pid *pid = get_task_pid(t->task, type);
	int err = 0;

	*id = 0;
	if (pid_is_inside(ctx, pid, type))
		err = ckpt_save_object(ctx, &ckpt_class_pid, pid, id);
	else if (t == ctx->root)
		ckpt_note(ctx, "%s %d is outside: the restarter's takes its place", what,
			  pid_nr_ns(pid, ctx->caller_ns));
	put_pid(pid);
	return err;
}

/* A task that is held keeps it, and so the namespace is there until it is let go. */
static int save_children_ns(struct ckpt_ctx *ctx, struct ckpt_task *t, u32 *id)
{
	struct pid_namespace *ns = get_children_ns(t->task);
	int err = 0;

	if (!ns)
		return 0;
	if (ns != ns_of_pid(t->pid))
		err = ckpt_save_object(ctx, &ckpt_class_pidns, ns, id);
	put_pid_ns(ns);
	return err;
}

static u32 state_of(const struct ckpt_task *t)
{
	if (t->outlived)
		return CKPT_TASK_OUTLIVED;
	return t->zombie ? CKPT_TASK_ZOMBIE : CKPT_TASK_ALIVE;
}

static int task_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		     struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	struct ckpt_rec_task data = {
		.leader = t->leader->id,
		.parent = t->parent ? t->parent->id : 0,
		.state = state_of(t),
		.exit_signal = t == t->leader ? task->exit_signal : 0,
		.personality = task->personality,
	};
	int err;

	if (t != t->leader)
		data.parent = 0;
	err = ckpt_save_object(ctx, &ckpt_class_pid, t->pid, &data.pid);
	if (!err && t == t->leader)
		err = save_group(ctx, t, PIDTYPE_PGID, "process group", &data.pgrp);
	if (!err && t == t->leader)
		err = save_group(ctx, t, PIDTYPE_SID, "session", &data.session);
	if (err)
		return err;
	err = save_children_ns(ctx, t, &data.children_ns);
	if (err)
		return err;
	if (t->zombie)
		data.exit_code = task->signal->flags & SIGNAL_GROUP_EXIT ?
				 task->signal->group_exit_code : task->exit_code;
	if (t->self)
		data.flags |= CKPT_TASK_F_SELF;
	if (task->flags & PF_FORKNOEXEC)
		data.flags |= CKPT_TASK_F_NOEXEC;
	if (t == t->leader && task->signal->is_child_subreaper)
		data.flags |= CKPT_TASK_F_SUBREAPER;
	if (t->vfork)
		data.flags |= CKPT_TASK_F_VFORK;
	if (t == ctx->root)
		ctx->header.root = data.pid;
	get_task_comm(data.comm, task);
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

static int task_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_task *data = item->data;
	struct ckpt_task *t;

	if (data->parent == item->object)
		return ckpt_fail(ctx, -EINVAL, "a process is its own parent");
	if (data->state > CKPT_TASK_OUTLIVED)
		return ckpt_fail(ctx, -EINVAL, "unknown task state %u", data->state);
	/* clone(2) takes any byte */
	if (data->exit_signal < 0 || data->exit_signal > CSIGNAL)
		return ckpt_fail(ctx, -EINVAL, "exit signal %d is out of range", data->exit_signal);
	if (data->exit_code & ~0xffff)
		return ckpt_fail(ctx, -EINVAL, "exit status %#x is out of range", data->exit_code);
	if (data->flags & ~(CKPT_TASK_F_SELF | CKPT_TASK_F_SUBREAPER |
			    CKPT_TASK_F_HAS_SUBREAPER | CKPT_TASK_F_NOEXEC |
			    CKPT_TASK_F_VFORK))
		return ckpt_fail(ctx, -EINVAL, "unknown task flags %#x", data->flags);
	/* personality(2) takes any 32 bits but those by which it asks */
	if (data->personality >= U32_MAX)
		return ckpt_fail(ctx, -EINVAL, "unknown personality %#llx", data->personality);
	if (strnlen(data->comm, sizeof(data->comm)) == sizeof(data->comm))
		return ckpt_fail(ctx, -EINVAL, "a task's name is not terminated");
	if (data->leader != item->object && (data->state || data->pgrp || data->session ||
					     data->parent || data->exit_signal))
		return ckpt_fail(ctx, -EINVAL, "a thread has what only a process can have");
	if (data->children_ns && data->state)
		return ckpt_fail(ctx, -EINVAL, "has exited, and a pid namespace for its children");
	if (data->flags & CKPT_TASK_F_VFORK &&
	    (data->leader != item->object || data->state || !data->parent))
		return ckpt_fail(ctx, -EINVAL, "is the vfork child of nobody, or no living process");
	t = ckpt_add_task(ctx, item, data->leader, data->parent,
			  data->state != CKPT_TASK_ALIVE, data->state == CKPT_TASK_OUTLIVED);
	if (IS_ERR(t))
		return PTR_ERR(t);
	t->pid_id = data->pid;
	t->exit_signal = data->exit_signal;
	t->exit_code = data->exit_code;
	t->vfork = data->flags & CKPT_TASK_F_VFORK;
	return 0;
}

/* When the thread has forked all that are made: from here on they would be born elsewhere. */
static int restore_children_ns(struct ckpt_ctx *ctx, u32 id)
{
	int err = id ? ckpt_set_children_ns(ckpt_object(ctx, id, &ckpt_class_pidns)) : 0;

	return err ? ckpt_fail(ctx, err, "cannot have a pid namespace for its children") : 0;
}

/* Settings of prctl(2) and set_mempolicy(2) that a task inherits and no image has */
#define INHERITED_FLAGS	(PF_MCE_PROCESS | PF_MCE_EARLY | PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE)

/* In the context of each thread, when all threads exist. */
static int task_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task *data = item->data;

	set_task_comm(current, data->comm);
	set_personality(data->personality);
	current->flags &= ~INHERITED_FLAGS;
	mpol_put_task_policy(current);
	if (!(data->flags & CKPT_TASK_F_NOEXEC))
		current->flags &= ~PF_FORKNOEXEC;
	return restore_children_ns(ctx, data->children_ns);
}

CHECKPOINT_KIND(task) = {
	.name		= "task",
	.type		= CKPT_REC_TASK,
	.size		= sizeof(struct ckpt_rec_task),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_TREE,
	.class		= &ckpt_class_task,
	.defines	= true,
	.check		= task_check,
	.save		= task_save,
	.validate	= task_validate,
	.restore	= task_restore,
};
