// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the records of the tree: pids and tasks.
 */
#include <linux/audit.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/sched.h>
#include "core.h"

/**
 * DOC: struct pid
 *
 * Preserved: the number, of threads, processes, groups and sessions, also of
 * those whose leader has gone.  Refused: pid namespaces below the root's.
 */

static const struct ckpt_kind ckpt_kind_pid;

int ckpt_save_pid(struct ckpt_ctx *ctx, struct pid *pid, u32 *id)
{
	struct ckpt_pid data = {};
	u32 nr = pid_nr_ns(pid, ctx->pid_ns);
	int new;

	if (!nr) {
		*id = 0;
		return 0;
	}
	if (pid->level != ctx->pid_ns->level)
		return ckpt_fail(ctx, -EOPNOTSUPP, "lives in a nested pid namespace, which cannot be saved yet");
	new = ckpt_object_id(ctx, pid, CKPT_CLASS_PID, id);
	if (new <= 0)
		return new;
	return ckpt_emit(ctx, &ckpt_kind_pid, *id, &data, &nr, 1);
}

static int pid_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const u32 *nrs = rec->array;

	if (rec->count != 1)
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has nested pid namespaces, which this kernel cannot restore");
	ctx->nr_pids++;
	if (!nrs[0] || nrs[0] >= PID_MAX_LIMIT)
		return ckpt_fail(ctx, -EINVAL, "pid %u is out of range", nrs[0]);
	return 0;
}

/*
 * Who has the number is told to those alone who may look into that process, as a
 * /proc with hidepid would show it.
 */
static int pid_taken(struct ckpt_ctx *ctx, pid_t nr)
{
	const char *who = "another process or group";
	struct task_struct *task;
	char comm[TASK_COMM_LEN];

	rcu_read_lock();
	task = find_task_by_pid_ns(nr, ctx->pid_ns);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (task) {
		if (ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS | PTRACE_MODE_NOAUDIT)) {
			get_task_comm(comm, task);
			who = comm;
		}
		put_task_struct(task);
	}
	return ckpt_fail(ctx, -EEXIST, "pid %d is taken by %s", nr, who);
}

static int pid_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	pid_t nr = *(const u32 *)rec->array;
	struct pid *pid;

	if ((ctx->flags & RESTART_SELF) && rec->object == ctx->header.root)
		return ckpt_self_pid(ctx, rec->object, nr);
	pid = alloc_pid(ctx->pid_ns, &nr, 1);
	if (!IS_ERR(pid)) {
		get_pid(pid);
		return ckpt_set_object(ctx, rec->object, pid);
	}
	switch (PTR_ERR(pid)) {
	case -EEXIST:
		return pid_taken(ctx, nr);
	case -EPERM:
		return ckpt_fail(ctx, -EPERM, "pid %d may not be chosen without CAP_CHECKPOINT_RESTORE",
				 nr);
	case -EINVAL:
		return ckpt_fail(ctx, -EINVAL, "pid %d is beyond kernel.pid_max, or the pid namespace has no init",
				 nr);
	default:
		return ckpt_fail(ctx, PTR_ERR(pid), "pid %d could not be reserved", nr);
	}
}

CHECKPOINT_KIND(pid) = {
	.name		= "pid",
	.type		= CKPT_REC_PID,
	.size		= sizeof(struct ckpt_pid),
	CKPT_ARRAY(struct ckpt_pid, nrs, __u32),
	.max		= MAX_PID_NS_LEVEL,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= CKPT_CLASS_PID,
	.defines	= true,
	.validate	= pid_validate,
	.restore	= pid_restore,
};

/**
 * DOC: tasks
 *
 * Preserved: thread and process ids, real parents, process groups, sessions,
 * exit signals, names, personality, zombies and their wait status.
 * Rebuilt: start times.  Refused: a leader that exited before its threads, a tracer or
 * tracee, sessions with a terminal led from inside, groups and sessions that are
 * outside and not the root's.
 */

/* Is every member of the group or session in the tree? */
static bool pid_is_inside(struct ckpt_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *task;
	bool inside = true;

	read_lock(&tasklist_lock);
	task = pid_task(pid, PIDTYPE_TGID);
	if (task) {
		inside = ckpt_find_task(ctx, task);
	} else {
		do_each_pid_task(pid, type, task) {
			if (!ckpt_find_task(ctx, task))
				inside = false;
		} while_each_pid_task(pid, type, task);
	}
	read_unlock(&tasklist_lock);
	return inside;
}

/* A dead task has none, and then the checkpoint fails later. */
static int check_group(struct ckpt_ctx *ctx, struct task_struct *task, enum pid_type type,
		       const char *what)
{
	struct pid *pid = get_task_pid(task, type);
	int err = 0;

	if (pid != ctx->root->task->signal->pids[type] && !pid_is_inside(ctx, pid, type))
		err = ckpt_fail(ctx, -EBUSY, "its %s %d is outside the tree and not the root's",
				what, pid_nr_ns(pid, ctx->pid_ns));
	put_pid(pid);
	return err;
}

static int check_terminal(struct ckpt_ctx *ctx, struct task_struct *task)
{
	struct pid *session = get_task_pid(task, PIDTYPE_SID);
	int err = 0;

	if (task->signal->tty && pid_is_inside(ctx, session, PIDTYPE_SID))
		err = ckpt_fail(ctx, -EOPNOTSUPP, "leads a session that has a terminal, which cannot be saved yet");
	put_pid(session);
	return err;
}

static int task_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	int err;

	if (t->zombie && t != t->leader)
		return ckpt_fail(ctx, -EAGAIN, "is a thread that is just exiting; try again");
	if (t->zombie && task->signal->nr_threads > 1)
		return ckpt_fail(ctx, -EOPNOTSUPP, "has exited as the leader of threads that live on, which cannot be saved yet");
	if (ns_of_pid(t->pid) != ctx->pid_ns)
		return ckpt_fail(ctx, -EOPNOTSUPP, "lives in a nested pid namespace, which cannot be saved yet");
	if (t != t->leader)
		return 0;
	err = check_group(ctx, task, PIDTYPE_SID, "session");
	if (!err)
		err = check_group(ctx, task, PIDTYPE_PGID, "process group");
	return err ?: check_terminal(ctx, task);
}

static const struct ckpt_kind ckpt_kind_task;

static int save_group(struct ckpt_ctx *ctx, struct ckpt_task *t, enum pid_type type,
		      const char *what, u32 *id)
{
	struct pid *pid = get_task_pid(t->task, type);
	int err = 0;

	*id = 0;
	if (pid_is_inside(ctx, pid, type))
		err = ckpt_save_pid(ctx, pid, id);
	else if (t == ctx->root)
		ckpt_note(ctx, "%s %d is outside: the restarter's takes its place", what,
			  pid_nr_ns(pid, ctx->pid_ns));
	put_pid(pid);
	return err;
}

static int task_save(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	struct ckpt_task_data data = {
		.leader = t->leader->id,
		.parent = t->parent ? t->parent->id : 0,
		.state = t->zombie ? CKPT_TASK_ZOMBIE : CKPT_TASK_ALIVE,
		.exit_signal = t == t->leader ? task->exit_signal : 0,
		.personality = task->personality,
	};
	int err;

	if (t != t->leader)
		data.parent = 0;
	err = ckpt_save_pid(ctx, t->pid, &data.pid);
	if (!err && t == t->leader)
		err = save_group(ctx, t, PIDTYPE_PGID, "process group", &data.pgrp);
	if (!err && t == t->leader)
		err = save_group(ctx, t, PIDTYPE_SID, "session", &data.session);
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
	if (t == ctx->root)
		ctx->header.root = data.pid;
	get_task_comm(data.comm, task);
	return ckpt_emit(ctx, &ckpt_kind_task, t->id, &data, NULL, 0);
}

static int task_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_task_data *data = rec->data;
	int err;

	err = ckpt_ref(ctx, data->pid, CKPT_CLASS_PID);
	if (!err && data->pgrp)
		err = ckpt_ref(ctx, data->pgrp, CKPT_CLASS_PID);
	if (!err && data->session)
		err = ckpt_ref(ctx, data->session, CKPT_CLASS_PID);
	if (!err && data->leader != rec->object)
		err = ckpt_ref(ctx, data->leader, CKPT_CLASS_TASK);
	if (!err && data->parent)
		err = ckpt_ref(ctx, data->parent, CKPT_CLASS_TASK);
	if (err)
		return err;
	if (data->parent == rec->object)
		return ckpt_fail(ctx, -EINVAL, "a process is its own parent");
	if (data->state > CKPT_TASK_ZOMBIE)
		return ckpt_fail(ctx, -EINVAL, "unknown task state %u", data->state);
	/* clone(2) takes any byte */
	if (data->exit_signal < 0 || data->exit_signal > CSIGNAL)
		return ckpt_fail(ctx, -EINVAL, "exit signal %d is out of range", data->exit_signal);
	if (data->exit_code & ~0xffff)
		return ckpt_fail(ctx, -EINVAL, "exit status %#x is out of range", data->exit_code);
	if (data->flags & ~(CKPT_TASK_F_SELF | CKPT_TASK_F_SUBREAPER |
			    CKPT_TASK_F_HAS_SUBREAPER | CKPT_TASK_F_NOEXEC))
		return ckpt_fail(ctx, -EINVAL, "unknown task flags %#x", data->flags);
	/* personality(2) takes any 32 bits but those by which it asks */
	if (data->personality >= U32_MAX)
		return ckpt_fail(ctx, -EINVAL, "unknown personality %#llx", data->personality);
	if (strnlen(data->comm, sizeof(data->comm)) == sizeof(data->comm))
		return ckpt_fail(ctx, -EINVAL, "a task's name is not terminated");
	if (data->leader != rec->object && (data->state || data->pgrp || data->session ||
					    data->parent || data->exit_signal))
		return ckpt_fail(ctx, -EINVAL, "a thread has what only a process can have");
	return ckpt_add_task(ctx, (struct ckpt_rec *)rec);
}

/* In the context of each thread, when all threads exist. */
static int task_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_task_data *data = rec->data;

	set_task_comm(current, data->comm);
	set_personality(data->personality);
	if (!(data->flags & CKPT_TASK_F_NOEXEC))
		current->flags &= ~PF_FORKNOEXEC;
	return 0;
}

CHECKPOINT_KIND(task) = {
	.name		= "task",
	.type		= CKPT_REC_TASK,
	.size		= sizeof(struct ckpt_task_data),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_TREE,
	.class		= CKPT_CLASS_TASK,
	.defines	= true,
	.check		= task_check,
	.save		= task_save,
	.validate	= task_validate,
	.restore	= task_restore,
};

/**
 * ckpt_add_task - restart: a task record was read
 * @ctx: the call
 * @rec: the record, validated
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_add_task(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_task_data *data = rec->data;
	struct ckpt_task *t;

	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the list of tasks");
	t->ctx = ctx;
	t->id = rec->object;
	t->rec = rec;
	t->zombie = data->state == CKPT_TASK_ZOMBIE;
	t->leader = data->leader == rec->object ? t : ckpt_rec_task(ctx, data->leader);
	t->parent = data->parent ? ckpt_rec_task(ctx, data->parent) : NULL;
	INIT_LIST_HEAD(&t->recs);
	init_completion(&t->wake);
	init_completion(&t->idle);
	list_add_tail(&t->node, &ctx->tasks);
	ctx->nr_tasks++;
	if (t->leader == t)
		ctx->nr_processes++;
	rec->owner = t;
	if (xa_err(xa_store(&ctx->by_task, t->id, t, GFP_KERNEL_ACCOUNT)))
		return ckpt_fail(ctx, -ENOMEM, "no memory for the list of tasks");

	if (!ctx->root)
		ctx->root = t;
	if (t == ctx->root && (t->leader != t || t->parent || t->zombie))
		return ckpt_fail(ctx, -EINVAL, "the first task is no living process without a parent");
	if (t != ctx->root && t->leader == t && !t->parent)
		return ckpt_fail(ctx, -EINVAL, "a process has no parent");
	if (t->leader != t && (t->leader->leader != t->leader || t->leader->zombie))
		return ckpt_fail(ctx, -EINVAL, "a thread has no living leader");
	if (t->parent && t->parent->zombie)
		return ckpt_fail(ctx, -EINVAL, "a process has a dead parent");
	return 0;
}

struct ckpt_task *ckpt_rec_task(struct ckpt_ctx *ctx, u32 id)
{
	return xa_load(&ctx->by_task, id);
}
