// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the numbers of threads, processes, groups and sessions.
 */
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include "pid_ns.h"

/**
 * DOC: struct pid
 *
 * Preserved: the number, of threads, processes, groups and sessions, also of
 * those whose leader has gone, in each pid namespace from the root's on.
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

/* Who cannot be seen from the outer namespace has no number in it, and no object. */
static const void *pid_key(struct ckpt_ctx *ctx, const void *ptr)
{
	struct pid *pid = (struct pid *)ptr;

	return pid_nr_ns(pid, ckpt_outer_pid_ns(ctx)) ? pid : NULL;
}

static int pid_check_object(struct ckpt_ctx *ctx, void *ptr)
{
	return pid_key(ctx, ptr) ? ckpt_check_pid_in_ns(ctx, ns_of_pid(ptr)) : 0;
}

const struct ckpt_class ckpt_class_pid = {
	.name		= "pid",
	.put		= pid_put,
	.discard	= pid_discard,
	.key		= pid_key,
	.check		= pid_check_object,
	.discard_first	= true,
};

static int pid_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct pid *pid = ptr;
	struct ckpt_rec_pid data = {};
	unsigned int level = ckpt_outer_pid_ns(ctx)->level;
	unsigned int i, count = pid->level - level + 1;
	u32 nrs[MAX_PID_NS_LEVEL + 1];
	int err;

	for (i = 0; i < count; i++)
		nrs[i] = pid->numbers[level + i].nr;
	err = ckpt_save_object(ctx, &ckpt_class_pidns, ns_of_pid(pid), &data.ns);
	return err ?: ckpt_emit(ctx, kind, id, &data, nrs, count);
}

static int pid_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const u32 *nrs = item->array;
	u32 i;

	ctx->restart->nr_pids++;
	for (i = 0; i < item->count; i++)
		if (!nrs[i] || nrs[i] >= PID_MAX_LIMIT)
			return ckpt_fail(ctx, -EINVAL, "pid %u is out of range", nrs[i]);
	return ckpt_add_pid(ctx, item);
}

static int taken_at_root(struct ckpt_ctx *ctx, pid_t nr)
{
	const char *who = "another process or group";
	struct task_struct *task;
	char comm[TASK_COMM_LEN];

	rcu_read_lock();
	task = find_task_by_pid_ns(nr, ckpt_roots_pid_ns(ctx));
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (task) {
		if (ckpt_name_task(ctx, task, comm))
			who = comm;
		put_task_struct(task);
	}
	return ckpt_fail(ctx, -EEXIST, "pid %d is taken by %s", nr, who);
}

/**
 * checkpoint_may_be_born - may a task be born in a pid namespace?
 * @ns: the namespace
 *
 * One whose parent lives in it dies with it.  Whom restart() makes has its parent outside, and
 * so it is asked of those above as well.
 *
 * Context: pidmap_lock held or tasklist_lock held for writing.
 * Return: true if nobody has begun to end it or one above it
 */
bool checkpoint_may_be_born(const struct pid_namespace *ns)
{
	for (; ns; ns = ns->parent)
		if (!(READ_ONCE(ns->pid_allocated) & PIDNS_ADDING))
			return false;
	return true;
}

/*
 * alloc_pid() chooses numbers only where there is an init, which then adopts whom their parent
 * leaves.  Those of the image come before the first task: until it has returned, the
 * restarter stands for the inits.  Nobody else can find these namespaces, in which nobody
 * lives, and the inits are the first who will: see make_tasks.c.
 */
static struct pid *reserve(struct pid_namespace *root, struct pid_namespace *ns, pid_t *nrs, u32 nr)
{
	struct pid_namespace *up;
	struct pid *pid;

	for (up = ns; up != root; up = up->parent)
		up->child_reaper = current;
	pid = alloc_pid(ns, nrs, nr);
	for (up = ns; up != root; up = up->parent)
		up->child_reaper = NULL;
	return pid;
}

/* Where it lives: a pid's innermost namespace */
static struct pid_namespace *its_ns(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_pid *data = item->data;

	return data->ns ? ckpt_object(ctx, data->ns, &ckpt_class_pidns) : ckpt_roots_pid_ns(ctx);
}

/* As in the image, but the innermost number first */
static struct pid *reserve_pid(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	pid_t nrs[MAX_PID_NS_LEVEL + 1];
	u32 i;

	for (i = 0; i < item->count; i++)
		nrs[i] = ((const u32 *)item->array)[item->count - 1 - i];
	return reserve(ckpt_roots_pid_ns(ctx), its_ns(ctx, item), nrs, item->count);
}

/* In the tree's own namespaces nobody but the image can have taken a number. */
static int pid_taken(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	struct pid_namespace *root = ckpt_roots_pid_ns(ctx), *ns = its_ns(ctx, item);
	const u32 *nrs = item->array;
	u32 i = item->count;
	bool twice = false;

	scoped_guard(rcu)
		for (; ns != root; ns = ns->parent)
			twice |= !!find_pid_ns(nrs[--i], ns);
	if (twice)
		return ckpt_fail(ctx, -EINVAL, "a number is given twice in a pid namespace (pid %u)",
				 nrs[0]);
	return taken_at_root(ctx, nrs[0]);
}

static int pid_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	pid_t nr = *(const u32 *)item->array;
	struct pid *pid;

	if ((ctx->flags & RESTART_SELF) && item->object == ctx->header.root)
		return ckpt_self_pid(ctx, item->object, nr);
	pid = reserve_pid(ctx, item);
	if (!IS_ERR(pid)) {
		get_pid(pid);
		return ckpt_set_object(ctx, item->object, pid);
	}
	switch (PTR_ERR(pid)) {
	case -EEXIST:
		return pid_taken(ctx, item);
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
