// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: flock(2) locks.
 */
#include <linux/filelock.h>
#include "files.h"

/**
 * DOC: flock(2) locks
 *
 * A lock of flock(2) belongs to an open file, whoever has it, also when its descriptors are
 * closed and it is mapped still, as Java keeps it.
 *
 * Preserved: the lock, its type and the process that /proc/locks shows.
 *
 * Rebuilt: a process that waits for a lock asks again.  If the process that set it is gone,
 * as flock(1) is when a script goes on, /proc/locks shows another one that has the file open.
 *
 * Refused: a lock of an open file that somebody outside the tree has too.  restart() refuses
 * when somebody else holds a conflicting lock by then.
 */

static int flock_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		      struct ckpt_task *t)
{
	struct ckpt_seen *process = ckpt_locks_of(ctx, t);
	struct ckpt_lock *lock;
	int err = 0;

	if (!process)
		return 0;
	list_for_each_entry(lock, &process->locks, node) {
		struct ckpt_rec_flock rec = { .type = lock->type };
		struct ckpt_open at = { .fd = lock->file->fd };

		if (!lock->flock)
			continue;
		ckpt_look_at_fd(ctx, lock->file->refs ? &at : NULL);
		err = ckpt_save_object(ctx, &ckpt_class_file, (struct file *)lock->file->ptr,
				       &rec.file);
		if (!err)
			err = ckpt_emit(ctx, kind, t->id, &rec, NULL, 0);
		if (err)
			break;
		cond_resched();
	}
	ckpt_look_at_fd(ctx, NULL);
	return err;
}

static int flock_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_flock *data = item->data;

	if (data->type != F_RDLCK && data->type != F_WRLCK)
		return ckpt_fail(ctx, -EINVAL, "a flock() lock is malformed");
	return 0;
}

/* As flock(2) with LOCK_NB */
static int set_flock(struct ckpt_ctx *ctx, struct file *file, int type)
{
	struct file_lock *fl = ckpt_new_lock(file, FMODE_READ | FMODE_WRITE, type);
	int err;

	if (IS_ERR(fl))
		return PTR_ERR(fl);
	fl->c.flc_flags = FL_FLOCK;
	fl->c.flc_owner = file;
	fl->fl_end = OFFSET_MAX;
	if (file->f_op->flock)
		err = file->f_op->flock(file, F_SETLK, fl);
	else
		err = locks_lock_file_wait(file, fl);
	if (err == -EAGAIN)
		err = ckpt_fail_locked(ctx, file, fl);
	locks_free_lock(fl);
	return err;
}

static int flock_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_flock *data = item->data;
	struct file *file = ckpt_object(ctx, data->file, &ckpt_class_file);
	int err = file ? set_flock(ctx, file, data->type) : -EINVAL;

	if (err == -EAGAIN)
		return err;
	if (err)
		return ckpt_fail(ctx, err, "a flock() lock cannot be set again (error %d)", -err);
	return 0;
}

CHECKPOINT_KIND(flock) = {
	.name		= "flock",
	.type		= CKPT_REC_FLOCK,
	.size		= sizeof(struct ckpt_rec_flock),
	.scope		= CKPT_SCOPE_TABLE,
	.stage		= CKPT_STAGE_LOCK,
	.class		= &ckpt_class_task,
	.many		= true,
	.check		= ckpt_check_locks,
	.save		= flock_save,
	.validate	= flock_validate,
	.restore	= flock_restore,
};
