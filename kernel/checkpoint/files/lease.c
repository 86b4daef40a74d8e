// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: leases of fcntl(F_SETLEASE).
 */
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/security.h>
#include "files.h"

/**
 * DOC: leases
 *
 * A lease of F_SETLEASE belongs to an open file: its owner gets a signal when somebody else
 * wants to open the file otherwise.
 *
 * Preserved: the lease, its type, the descriptor that the signal names, the process that
 * /proc/locks shows; owner and signal as of each open file.
 *
 * Rebuilt: if the process that set it is gone, /proc/locks shows another one that has the
 * file open.
 *
 * Refused: a lease that is being broken, until the program has given it up; one of an open
 * file that somebody outside the tree has too, or of a closed descriptor.  restart() refuses
 * when the file is open elsewhere by then in a way that the lease excludes, or the restarter
 * may have no lease of it.
 */

/**
 * struct lease - the lease of an open file
 * @pid: process that set it, in the initial pid namespace
 * @fd: descriptor that the signal names
 * @type: F_RDLCK or F_WRLCK
 * @breaking: it is to be given up
 */
struct lease {
	pid_t pid;
	int fd;
	unsigned char type;
	bool breaking;
};

/* An open file has one at most.  Return: whether it has */
static bool get_lease(struct file *file, struct lease *lease)
{
	struct file_lock_context *flctx = locks_inode_context(file_inode(file));
	struct file_lease *fl;
	bool found = false;

	if (!flctx)
		return false;
	/* Whoever takes a lease away from the list frees it. */
	spin_lock(&flctx->flc_lock);
	list_for_each_entry(fl, &flctx->flc_lease, c.flc_list) {
		if (fl->c.flc_file != file)
			continue;
		lease->pid = fl->c.flc_pid;
		lease->fd = fl->fl_fasync ? fl->fl_fasync->fa_fd : -1;
		lease->type = fl->c.flc_type;
		lease->breaking = fl->c.flc_flags & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING);
		found = true;
	}
	spin_unlock(&flctx->flc_lock);
	return found;
}

/**
 * ckpt_has_lease - does an open file have a lease?
 * @file: the file
 *
 * A lease sets FASYNC as well; on a file that has no O_ASYNC nothing else does.
 *
 * Return: true if it has
 */
bool ckpt_has_lease(struct file *file)
{
	struct lease lease;

	return get_lease(file, &lease);
}

/* As vfs_setlease() will ask */
static bool may_have_lease(const struct ckpt_ctx *ctx, const struct file *file)
{
	const struct cred *caller = ctx->caller_cred;

	return vfsuid_eq_kuid(i_uid_into_vfsuid(file_mnt_idmap(file), file_inode(file)),
			      caller->fsuid) ||
	       !security_capable(caller, &init_user_ns, CAP_LEASE, CAP_OPT_NONE);
}

/**
 * ckpt_check_lease - can the lease of an open file be saved, if it has one?
 * @ctx: the call, surveyed
 * @file: the file; the caller has a reference to it
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_lease(struct ckpt_ctx *ctx, struct file *file)
{
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, file);
	struct ckpt_shown shown;
	struct lease lease;

	if (!get_lease(file, &lease))
		return 0;
	ckpt_show_file(file, &shown);
	if (lease.breaking)
		return ckpt_file_fail(ctx, -EAGAIN, "the lease of %s is being broken; the program must give it up first",
				      shown.text);
	if (!may_have_lease(ctx, file))
		return ckpt_file_fail(ctx, -EPERM, "the lease of %s is one that the caller could not have again, who is not the owner and lacks CAP_LEASE; save it as root",
				      shown.text);
	if (!seen || !seen->refs || lease.fd < 0)
		return ckpt_cannot_save(ctx, "%s with a lease (F_SETLEASE) of a closed descriptor",
					shown.text);
	return ckpt_survey_maps(ctx) ?: ckpt_check_holders(ctx, file, "a file with a lease");
}

static int save_lease(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t,
		      const struct ckpt_open *at)
{
	struct file *file = (struct file *)at->file->ptr;
	struct ckpt_rec_lease rec = {};
	struct ckpt_task *setter;
	struct lease lease;
	int err;

	if (!get_lease(file, &lease))
		return 0;
	ckpt_look_at_fd(ctx, at);
	setter = ckpt_find_process(ctx, lease.pid) ?: t;
	rec.type = lease.type;
	rec.fd = lease.fd;
	err = ckpt_save_object(ctx, &ckpt_class_file, file, &rec.file);
	return err ?: ckpt_emit(ctx, kind, setter->id, &rec, NULL, 0);
}

/* Each open file once, with the descriptor that led to it first */
static int lease_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	const struct ckpt_seen *table = ckpt_seen_find(ctx, t->files);
	int err = 0;
	u32 i;

	for (i = 0; !err && i < table->nr_fds; i++) {
		const struct ckpt_open *at = &table->fds[i];

		if (at->file->t == t && at->file->fd == at->fd)
			err = save_lease(ctx, kind, t, at);
		cond_resched();
	}
	ckpt_look_at_fd(ctx, NULL);
	return err;
}

static int lease_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_lease *data = item->data;

	/* It would stay with the restarter. */
	if (ckpt_defining_type(ctx, data->file) == CKPT_REC_FILE_OUTSIDE)
		return ckpt_fail(ctx, -EINVAL, "a file that was outside has a lease");
	if (data->type != F_RDLCK && data->type != F_WRLCK)
		return ckpt_fail(ctx, -EINVAL, "a lease is malformed");
	if (data->fd > INT_MAX)
		return ckpt_fail(ctx, -EINVAL, "a lease names descriptor %u", data->fd);
	return 0;
}

/* As fcntl(F_SETLEASE), which makes the caller the owner of the file's signals if nobody is */
static int set_lease(struct file *file, const struct ckpt_rec_lease *data)
{
	const struct fown_struct *fown = file_f_owner(file);
	bool has_owner = fown && fown->pid;
	int err;

	if (file->f_mode & FMODE_PATH)
		return -EBADF;
	err = fcntl_setlease(data->fd, file, data->type);
	if (!err && !has_owner)
		f_delown(file);
	return err;
}

static int lease_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_lease *data = item->data;
	struct file *file = ckpt_object(ctx, data->file, &ckpt_class_file);
	struct ckpt_shown shown;
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "a file with a lease was not opened");
	err = set_lease(file, data);
	if (!err)
		return 0;
	ckpt_show_file(file, &shown);
	if (err == -EAGAIN)
		return ckpt_fail(ctx, err, "%s is open elsewhere too, so its lease cannot be had again; close it there",
				 shown.text);
	return ckpt_fail(ctx, err, "the lease of %s cannot be had again (error %d)", shown.text,
			 -err);
}

CHECKPOINT_KIND(lease) = {
	.name		= "lease",
	.type		= CKPT_REC_LEASE,
	.size		= sizeof(struct ckpt_rec_lease),
	.scope		= CKPT_SCOPE_TABLE,
	.stage		= CKPT_STAGE_LOCK,
	.class		= &ckpt_class_task,
	.many		= true,
	.save		= lease_save,
	.validate	= lease_validate,
	.restore	= lease_restore,
};
