// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who gets the SIGIO of a file, see DOC: open files.
 */
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/uidgid.h>
#include "files.h"

/* Return: what SIGIO names of a file in a list, -1 if that is not in it */
static int find_fd(const struct fasync_struct *fa, const struct file *file)
{
	int fd = -1;

	for (; fa; fa = READ_ONCE(fa->fa_next))
		if (fa->fa_file == file)
			fd = fa->fa_fd;
	return fd;
}

/* A pipe's lists change under pipe->mutex, and may be gone then. */
static int pipe_async_fd(struct ckpt_ctx *ctx, struct file *file, int *fd)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	int err = ckpt_lock_pipe(ctx, file);

	if (err)
		return err;
	*fd = find_fd(file->f_mode & FMODE_READ ? pipe->fasync_readers : pipe->fasync_writers,
		      file);
	mutex_unlock(&pipe->mutex);
	return 0;
}

/*
 * The descriptor that SIGIO names, -1 for none or for a sort of file of which that is not
 * known.  A socket's list may be followed as kill_fasync() does.
 * Return: 0 or negative errno (reported)
 */
static int async_fd(struct ckpt_ctx *ctx, struct file *file, int *fd)
{
	struct socket *sock = sock_from_file(file);

	*fd = -1;
	if (get_pipe_info(file, false))
		return pipe_async_fd(ctx, file, fd);
	if (!sock)
		return 0;
	guard(rcu)();
	*fd = find_fd(READ_ONCE(sock->wq.fasync_list), file);
	return 0;
}

/* A reference to the living owner of a file; NULL if there is none */
static struct pid *get_owner(struct file *file)
{
	struct fown_struct *fown = file_f_owner(file);
	struct pid *pid = NULL;

	if (!fown)
		return NULL;
	read_lock_irq(&fown->lock);
	rcu_read_lock();
	if (pid_task(fown->pid, fown->pid_type))
		pid = get_pid(fown->pid);
	rcu_read_unlock();
	read_unlock_irq(&fown->lock);
	return pid;
}

static bool is_inside(struct ckpt_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	/* The number of a group is its leader's, which may have gone to another. */
	scoped_guard(rcu) {
		task = pid_task(pid, PIDTYPE_PID);
		if (task && !ckpt_find_task(ctx, task))
			return false;
	}
	task = ckpt_find_member_outside(ctx, pid, type);
	if (task)
		put_task_struct(task);
	return !task;
}

static bool owner_is_inside(struct ckpt_ctx *ctx, struct file *file)
{
	struct pid *pid = get_owner(file);
	bool inside;

	if (!pid)
		return true;
	inside = is_inside(ctx, pid, file_f_owner(file)->pid_type);
	put_pid(pid);
	return inside;
}

/**
 * ckpt_check_owner - can the owner of a file's SIGIO be saved?
 * @ctx: the call, surveyed
 * @file: the file
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_owner(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;
	int err, fd;

	if (!owner_is_inside(ctx, file))
		return ckpt_file_fail(ctx, -EBUSY, "%s sends its SIGIO to a process outside the tree; give it another owner (F_SETOWN)",
				      ckpt_show_file(file, &shown));
	if (!(ckpt_file_flags(file) & FASYNC))
		return 0;
	err = async_fd(ctx, file, &fd);
	if (!err && fd < 0)
		return ckpt_cannot_save(ctx, "%s with O_ASYNC", ckpt_show_file(file, &shown));
	return err;
}

/**
 * ckpt_save_owner - fill in who gets a file's SIGIO
 * @ctx: the call
 * @file: the file, checked
 * @rec: the record, its flags set
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_owner(struct ckpt_ctx *ctx, struct file *file, struct ckpt_rec_file *rec)
{
	struct fown_struct *fown = file_f_owner(file);
	struct pid *pid = get_owner(file);
	int err = 0, fd;

	if (!fown)
		return 0;
	read_lock_irq(&fown->lock);
	rec->owner_signal = fown->signum;
	if (fown->pid) {
		rec->owner_type = fown->pid_type == PIDTYPE_PID ? F_OWNER_TID :
				  fown->pid_type == PIDTYPE_TGID ? F_OWNER_PID : F_OWNER_PGRP;
		rec->owner_uid = from_kuid(&init_user_ns, fown->uid);
		rec->owner_euid = from_kuid(&init_user_ns, fown->euid);
	}
	read_unlock_irq(&fown->lock);
	if (pid) {
		err = ckpt_save_object(ctx, &ckpt_class_pid, pid, &rec->owner);
		put_pid(pid);
	}
	if (err || !(rec->flags & FASYNC))
		return err;
	err = async_fd(ctx, file, &fd);
	rec->async_fd = fd;
	return err;
}

/* What security modules are asked of fcntl(F_SETOWN) and fcntl(F_SETSIG) */
static int may_set_owner(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec_file *data,
			 struct pid *pid)
{
	pid_t nr = data->owner_type == F_OWNER_PGRP ? -pid_vnr(pid) : pid_vnr(pid);
	struct ckpt_shown shown;
	int err = 0;

	if (pid)
		err = security_file_fcntl(file, F_SETOWN, nr);
	if (!err && data->owner_signal)
		err = security_file_fcntl(file, F_SETSIG, data->owner_signal);
	if (err)
		return ckpt_fail(ctx, err, "a security module forbids the owner for SIGIO of %s",
				 ckpt_show_file(file, &shown));
	return 0;
}

static int set_owner(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec_file *data)
{
	static const enum pid_type types[] = {
		[F_OWNER_TID]	= PIDTYPE_PID,
		[F_OWNER_PID]	= PIDTYPE_TGID,
		[F_OWNER_PGRP]	= PIDTYPE_PGID,
	};
	struct pid *pid = data->owner ? ckpt_object(ctx, data->owner, &ckpt_class_pid) : NULL;
	struct fown_struct *fown;
	int err = may_set_owner(ctx, file, data, pid);

	if (err)
		return err;
	if (file_f_owner_allocate(file))
		return ckpt_fail(ctx, -ENOMEM, "no memory for a file's owner");
	fown = file_f_owner(file);
	__f_setown(file, pid, types[data->owner_type], 1);
	write_lock_irq(&fown->lock);
	fown->signum = data->owner_signal;
	fown->uid = make_kuid(&init_user_ns, data->owner_uid);
	fown->euid = make_kuid(&init_user_ns, data->owner_euid);
	write_unlock_irq(&fown->lock);
	return 0;
}

static int set_async(struct ckpt_ctx *ctx, struct file *file, int fd)
{
	struct ckpt_shown shown;
	int err = -EINVAL;

	/* A terminal makes who sets it the owner: that would be the restarter. */
	if (get_pipe_info(file, false) || sock_from_file(file))
		err = file->f_op->fasync(fd, file, 1);

	if (err < 0)
		return ckpt_fail(ctx, err, "O_ASYNC cannot be set on %s (error %d)",
				 ckpt_show_file(file, &shown), -err);
	return 0;
}

/**
 * ckpt_restore_owner - give a file its owner for SIGIO
 * @ctx: the call
 * @file: the file
 * @data: the record, validated
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_restore_owner(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec_file *data)
{
	kuid_t uid = make_kuid(&init_user_ns, data->owner_uid);
	kuid_t euid = make_kuid(&init_user_ns, data->owner_euid);
	struct ckpt_shown shown;
	int err = 0;

	if (file->f_mode & FMODE_PATH && (data->owner || data->owner_signal))
		return ckpt_fail(ctx, -EBADF, "%s, opened with O_PATH, sends no SIGIO",
				 ckpt_show_file(file, &shown));
	/* Signals are sent in the name of both, as if that user had called fcntl(F_SETOWN). */
	if (data->owner && !(ckpt_may_be_user(ctx, uid) && ckpt_may_be_user(ctx, euid)))
		return ckpt_fail(ctx, -EPERM, "%s would send its SIGIO as user %u, which the restarter may not become; restart it as root",
				 ckpt_show_file(file, &shown), data->owner_uid);
	if (data->owner || data->owner_signal || data->owner_type)
		err = set_owner(ctx, file, data);
	if (!err && (data->flags & FASYNC))
		err = set_async(ctx, file, data->async_fd);
	return err;
}
