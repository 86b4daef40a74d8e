// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the numbers of threads, processes, groups and sessions.
 */
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include "../checkpoint.h"

/**
 * DOC: struct pid
 *
 * Preserved: the number, of threads, processes, groups and sessions, also of
 * those whose leader has gone.  Refused: pid namespaces below the root's.
 *
 * Until a task has it, a number that is reserved counts as a process of the caller's.
 */

/* Nobody has come to use the number: it is free again. */
static void pid_discard(void *ptr)
{
	free_pid(ptr);
}

static void pid_put(void *ptr)
{
	put_pid(ptr);
}

/* What is outside the root's namespace has no number in it, and no object. */
static const void *pid_key(struct ckpt_ctx *ctx, const void *ptr)
{
	struct pid *pid = (struct pid *)ptr;

	return pid_nr_ns(pid, ns_of_pid(ctx->root->pid)) ? pid : NULL;
}

const struct ckpt_class ckpt_class_pid = {
	.name		= "pid",
	.put		= pid_put,
	.discard	= pid_discard,
	.key		= pid_key,
};

static int pid_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct pid *pid = ptr;
	struct ckpt_rec_pid data = {};
	unsigned int level = ctx->root->pid->level;
	u32 nr = pid->numbers[level].nr;

	if (pid->level != level)
		return ckpt_fail(ctx, -EOPNOTSUPP, "lives in a nested pid namespace, which cannot be saved yet");
	return ckpt_emit(ctx, kind, id, &data, &nr, 1);
}

static int pid_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const u32 *nrs = item->array;

	if (item->count != 1)
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has nested pid namespaces, which this kernel cannot restore");
	ctx->nr_pids++;
	if (!nrs[0] || nrs[0] >= PID_MAX_LIMIT)
		return ckpt_fail(ctx, -EINVAL, "pid %u is out of range", nrs[0]);
	return 0;
}

/* Whose numbers they are: that of the tasks which the restarter makes */
static struct pid_namespace *new_ns(void)
{
	return current->nsproxy->pid_ns_for_children;
}

/*
 * Who has the number is shown to those alone who may look into that process, as a
 * /proc with hidepid would show it.
 */
static int pid_taken(struct ckpt_ctx *ctx, pid_t nr)
{
	const char *who = "another process or group";
	struct task_struct *task;
	char comm[TASK_COMM_LEN];

	rcu_read_lock();
	task = find_task_by_pid_ns(nr, new_ns());
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

static int pid_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	pid_t nr = *(const u32 *)item->array;
	struct pid *pid;

	if ((ctx->flags & RESTART_SELF) && item->object == ctx->header.root)
		return ckpt_self_pid(ctx, item->object, nr);
	pid = alloc_pid(new_ns(), &nr, 1);
	if (!IS_ERR(pid)) {
		get_pid(pid);
		return ckpt_set_object(ctx, item->object, pid);
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
	.size		= sizeof(struct ckpt_rec_pid),
	CKPT_ARRAY(struct ckpt_rec_pid, nrs, __u32),
	.max		= MAX_PID_NS_LEVEL + 1,
	.stage		= CKPT_STAGE_PID,
	.class		= &ckpt_class_pid,
	.defines	= true,
	.save_object	= pid_save,
	.validate	= pid_validate,
	.restore	= pid_restore,
};
