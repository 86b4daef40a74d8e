// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: flock(2) locks.
 */
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/security.h>
#include "files.h"

/**
 * DOC: flock(2) locks
 *
 * A lock of flock(2) belongs to an open file, whoever has it.
 *
 * Preserved: the lock, its type and the process that /proc/locks tells.
 *
 * Rebuilt: a process that waits for a lock asks again.
 *
 * Refused: a lock that a process set that is not in the tree.  restart() refuses
 * when somebody else holds a conflicting lock by then.
 */

static const struct ckpt_kind ckpt_kind_flock;

/*
 * The lock of an open file: its type, or F_UNLCK; @setter is the number of the
 * process that set it, in the initial pid namespace.
 */
static int flock_of(struct file *file, pid_t *setter)
{
	struct file_lock_context *flctx = locks_inode_context(file_inode(file));
	struct file_lock *fl;
	int type = F_UNLCK;

	if (!flctx)
		return F_UNLCK;
	spin_lock(&flctx->flc_lock);
	list_for_each_entry(fl, &flctx->flc_flock, c.flc_list) {
		if (fl->c.flc_file != file)
			continue;
		type = fl->c.flc_type;
		*setter = fl->c.flc_pid;
		break;
	}
	spin_unlock(&flctx->flc_lock);
	return type;
}

static int check_flock(struct ckpt_ctx *ctx, struct file *file)
{
	pid_t setter;

	if (flock_of(file, &setter) == F_UNLCK || ckpt_find_process(ctx, setter))
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "%pD4 has a flock() lock that a process outside the tree set",
			      file);
}

static int flock_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct file *file;
	unsigned int fd;
	int err = ckpt_survey_files(ctx);

	for (fd = 0; !err && (file = ckpt_next_file(ctx, t->files, &fd)); fd++) {
		ctx->files->fd = fd;
		ctx->at.object = fd;
		err = check_flock(ctx, file);
		fput(file);
		cond_resched();
	}
	if (ctx->files)
		ctx->files->fd = -1;
	return err;
}

static int save_flock(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_seen *seen = ckpt_seen(ctx, file);
	struct ckpt_flock rec = {};
	pid_t setter;
	int err;

	rec.type = flock_of(file, &setter);
	if (rec.type == F_UNLCK || seen->flock_saved)
		return 0;
	seen->flock_saved = true;
	err = ckpt_save_file(ctx, file, &rec.file);
	return err ?: ckpt_emit(ctx, &ckpt_kind_flock, ckpt_find_process(ctx, setter)->id, &rec,
				NULL, 0);
}

/* Each lock once, though its file may be in many tables */
static int flock_save(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct file *file;
	unsigned int fd;
	int err = 0;

	for (fd = 0; !err && (file = ckpt_next_file(ctx, t->files, &fd)); fd++) {
		ctx->files->fd = fd;
		err = save_flock(ctx, file);
		fput(file);
	}
	ctx->files->fd = -1;
	return err;
}

static int flock_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_flock *data = rec->data;

	if (data->type != F_RDLCK && data->type != F_WRLCK)
		return ckpt_fail(ctx, -EINVAL, "a flock() lock is malformed");
	return ckpt_ref(ctx, data->file, CKPT_CLASS_FILE);
}

/* As flock(2) with LOCK_NB */
static int set_flock(struct file *file, int type)
{
	struct file_lock *fl;
	int err;

	if (!(file->f_mode & (FMODE_READ | FMODE_WRITE)))
		return -EBADF;
	err = security_file_lock(file, type);
	if (err)
		return err;
	fl = locks_alloc_lock();
	if (!fl)
		return -ENOLCK;
	fl->c.flc_flags = FL_FLOCK;
	fl->c.flc_type = type;
	fl->c.flc_owner = file;
	fl->c.flc_pid = current->tgid;
	fl->c.flc_file = file;
	fl->fl_end = OFFSET_MAX;
	if (file->f_op->flock)
		err = file->f_op->flock(file, F_SETLK, fl);
	else
		err = locks_lock_file_wait(file, fl);
	locks_free_lock(fl);
	return err;
}

static int flock_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_flock *data = rec->data;
	struct file *file = ckpt_object(ctx, data->file, CKPT_CLASS_FILE);
	int err = file ? set_flock(file, data->type) : -EINVAL;

	if (err == -EAGAIN)
		return ckpt_fail(ctx, err, "%pD4 is locked by somebody else now", file);
	if (err)
		return ckpt_fail(ctx, err, "a flock() lock cannot be set again (error %d)", -err);
	return 0;
}

CHECKPOINT_KIND(flock) = {
	.name		= "flock",
	.type		= CKPT_REC_FLOCK,
	.size		= sizeof(struct ckpt_flock),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= CKPT_CLASS_TASK,
	.many		= true,
	.check		= flock_check,
	.save		= flock_save,
	.validate	= flock_validate,
	.restore	= flock_restore,
};
