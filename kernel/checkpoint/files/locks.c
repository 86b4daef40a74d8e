// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what flock(2) locks and POSIX record locks have in common: both
 * are found through the descriptors of a process, and both are set anew by the
 * process that is told for them.
 */
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/security.h>
#include "files.h"

/**
 * ckpt_walk_locks - visit the descriptors of a process whose files have locks
 * @ctx: the call; all tasks are frozen
 * @t: the process
 * @visit: called with each of its files on whose inode somebody has, or had, a lock
 *	or a lease; returns 0 or negative errno (told)
 * @arg: for @visit
 *
 * Ends at the first error, but goes on to the other files with CHECKPOINT_CHECK.  A
 * file once refused is not visited again, through whatever descriptor.
 *
 * Context: may sleep.
 * Return: 0 or the first error
 */
int ckpt_walk_locks(struct ckpt_ctx *ctx, struct ckpt_task *t, ckpt_lock_visitor visit,
		    void *arg)
{
	struct file_lock_context *flctx;
	struct ckpt_seen *seen;
	struct file *file;
	unsigned int fd;
	int first = ckpt_survey_files(ctx);

	if (first)
		return first;
	for (fd = 0; (file = ckpt_next_file(ctx, t->files, &fd)); fd++) {
		seen = ckpt_seen(ctx, file);
		flctx = locks_inode_context(file_inode(file));
		ctx->files->fd = fd;
		ctx->at.object = fd;
		if (flctx && !seen->locks_err) {
			seen->locks_err = visit(t, file, flctx, arg);
			first = first ?: seen->locks_err;
		}
		fput(file);
		if (first && !(ctx->flags & CHECKPOINT_CHECK))
			break;
		cond_resched();
	}
	ctx->files->fd = -1;
	ctx->at.object = 0;
	return first;
}

/**
 * ckpt_new_lock - a lock for current to set
 * @file: the file
 * @mode: FMODE_*, one of which the file must be open for
 * @type: F_RDLCK or F_WRLCK
 *
 * Its flags, owner and range are left to the caller, who frees it with
 * locks_free_lock() when it is set.
 *
 * Context: may sleep.
 * Return: the lock, or what the lock's system call would answer as ERR_PTR (not
 * told)
 */
struct file_lock *ckpt_new_lock(struct file *file, fmode_t mode, int type)
{
	struct file_lock *fl;
	int err;

	if (!(file->f_mode & mode))
		return ERR_PTR(-EBADF);
	err = security_file_lock(file, type);
	if (err)
		return ERR_PTR(err);
	fl = locks_alloc_lock();
	if (!fl)
		return ERR_PTR(-ENOLCK);
	fl->c.flc_type = type;
	fl->c.flc_pid = current->tgid;
	fl->c.flc_file = file;
	return fl;
}
