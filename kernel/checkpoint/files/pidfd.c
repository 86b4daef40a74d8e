// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptors of processes and threads.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/pidfs.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <uapi/linux/pidfd.h>
#include "files.h"

/**
 * DOC: pidfd
 *
 * Preserved: the process or thread (PIDFD_THREAD), living, a zombie or gone; two pidfds of
 * one that is gone are of the same one again.  PIDFD_NONBLOCK.
 *
 * Rebuilt: who waits asks again.
 *
 * Refused: a pidfd of a process outside the tree, or of one that is gone and whose group
 * or session others outside are in.
 *
 * Immaterial: a pidfd that others outside have open too.  It says nothing but whose it is,
 * and theirs stays with the process that was saved.
 */

/* -- processes that are gone ------------------------------------------------- */

static void put_dead(void *ptr)
{
	put_pid(ptr);
}

/* A struct pid without tasks */
const struct ckpt_class ckpt_class_dead_pid = {
	.name	= "gone",
	.put	= put_dead,
};

static int dead_pid_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct ckpt_rec_dead_pid rec = { .nr = pid_nr_ns(ptr, ckpt_outer_pid_ns(ctx)) };

	return ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int dead_pid_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_dead_pid *data = item->data;

	return data->nr >= PID_MAX_LIMIT ?
	       ckpt_fail(ctx, -EINVAL, "the number of a process that is gone is malformed") : 0;
}

/*
 * It has a number for a moment.  If another process has by now that which it had, or the
 * caller may not choose, it is any that is free: those of the tree are taken.
 */
static void *dead_pid_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_dead_pid *data = item->data;
	pid_t nr = data->nr;
	struct pid *pid = ERR_PTR(-EEXIST);

	if (nr)
		pid = alloc_pid(ckpt_roots_pid_ns(ctx), &nr, 1);
	if (IS_ERR(pid))
		pid = alloc_pid(ckpt_roots_pid_ns(ctx), NULL, 0);
	if (!IS_ERR(pid) && nr && pid_vnr(pid) != nr)
		ckpt_note(ctx, "process %d, which is gone, has another number where a socket shows it",
			  nr);
	if (IS_ERR(pid)) {
		ckpt_fail(ctx, PTR_ERR(pid), "a pidfd of a process that is gone could not be made");
		return pid;
	}
	get_pid(pid);
	free_pid(pid);
	return pid;
}

CHECKPOINT_KIND(dead_pid) = {
	.name		= "dead_pid",
	.type		= CKPT_REC_DEAD_PID,
	.size		= sizeof(struct ckpt_rec_dead_pid),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_dead_pid,
	.defines	= true,
	.save_object	= dead_pid_save,
	.validate	= dead_pid_validate,
	.restore_object	= dead_pid_restore,
};

/* -- save ---------------------------------------------------------------------- */

static bool pidfd_match(struct ckpt_ctx *ctx, void *ptr)
{
	return !IS_ERR(pidfd_pid(ptr));
}

/* A task outside that has the number, or is in the group or session, with a reference */
static struct task_struct *find_outside(struct ckpt_ctx *ctx, struct pid *pid)
{
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	if (task && !ckpt_find_task(ctx, task))
		return task;
	if (task) {
		put_task_struct(task);
		return NULL;
	}
	return ckpt_find_member_outside(ctx, pid, PIDTYPE_PGID) ?:
	       ckpt_find_member_outside(ctx, pid, PIDTYPE_SID);
}

static int pidfd_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct task_struct *task = find_outside(ctx, pidfd_pid(ptr));
	struct ckpt_who who;

	if (!task)
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "a pidfd leads to %s outside the tree; close it first or save a larger tree",
			      ckpt_show_outsider(ctx, task, &who));
}

static int pidfd_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct pid *pid = pidfd_pid(file);
	struct ckpt_rec_file_pidfd rec = {
		.flags = file->f_flags & PIDFD_THREAD ? CKPT_PIDFD_THREAD : 0,
	};
	int err;

	if (ckpt_is_gone(pid))
		err = ckpt_save_object(ctx, &ckpt_class_dead_pid, pid, &rec.gone);
	else
		err = ckpt_save_object(ctx, &ckpt_class_pid, pid, &rec.pid);
	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

/* -- restore --------------------------------------------------------------------- */

static int pidfd_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_pidfd *data = item->data;

	if (!data->pid == !data->gone)
		return ckpt_fail(ctx, -EINVAL, "a pidfd does not say whose it is");
	if (data->flags & ~CKPT_PIDFD_THREAD)
		return ckpt_fail(ctx, -EINVAL, "unknown flags %#x of a pidfd", data->flags);
	return 0;
}

static void *pidfd_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_pidfd *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;
	struct pid *pid;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	pid = data->pid ? ckpt_object(ctx, data->pid, &ckpt_class_pid) :
			  ckpt_object(ctx, data->gone, &ckpt_class_dead_pid);
	if (!pid)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "the process of a pidfd was not made"));
	old = override_creds(cred);
	file = pidfs_alloc_file(pid, O_RDWR);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "a pidfd could not be made");
	else if (data->flags & CKPT_PIDFD_THREAD)
		file->f_flags |= PIDFD_THREAD;
	return file;
}

CHECKPOINT_KIND(file_pidfd) = {
	.name		= "file_pidfd",
	.type		= CKPT_REC_FILE_PIDFD,
	.size		= sizeof(struct ckpt_rec_file_pidfd),
	.stage		= CKPT_STAGE_FILE,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= pidfd_match,
	.check_object	= pidfd_check,
	.save_object	= pidfd_save,
	.validate	= pidfd_validate,
	.restore_object	= pidfd_restore,
};
