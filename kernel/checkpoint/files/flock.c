// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: flock(2) locks.
 */
#include <linux/filelock.h>
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
static int flock_of(const struct file *file, struct file_lock_context *flctx, pid_t *setter)
{
	struct file_lock *fl;
	int type = F_UNLCK;

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

static int check_file_flock(struct ckpt_task *t, struct file *file,
			    struct file_lock_context *flctx, void *arg)
{
	struct ckpt_shown shown;
	pid_t setter;

	if (flock_of(file, flctx, &setter) == F_UNLCK || ckpt_find_process(t->ctx, setter))
		return 0;
	return ckpt_file_fail(t->ctx, -EBUSY, "%s has a flock() lock that a process outside the tree set; set it anew from inside",
			      ckpt_show_file(file, &shown));
}

static int flock_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return ckpt_walk_locks(ctx, t, check_file_flock, NULL);
}

/* Each lock once, though its file may be in many tables */
static int save_file_flock(struct ckpt_task *t, struct file *file,
			   struct file_lock_context *flctx, void *arg)
{
	struct ckpt_seen *seen = ckpt_seen(t->ctx, file);
	struct ckpt_flock rec = {};
	struct ckpt_shown shown;
	struct ckpt_task *owner;
	pid_t setter;
	int err;

	rec.type = flock_of(file, flctx, &setter);
	if (rec.type == F_UNLCK || seen->flock_saved)
		return 0;
	seen->flock_saved = true;
	owner = ckpt_find_process(t->ctx, setter);
	if (!owner)
		return ckpt_file_fail(t->ctx, -ESRCH, "the process that set the flock() lock of %s was killed during the checkpoint; try again",
				      ckpt_show_file(file, &shown));
	err = ckpt_save_file(t->ctx, file, &rec.file);
	return err ?: ckpt_emit(t->ctx, &ckpt_kind_flock, owner->id, &rec, NULL, 0);
}

static int flock_save(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return ckpt_walk_locks(ctx, t, save_file_flock, NULL);
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
	locks_free_lock(fl);
	return err;
}

static int flock_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_flock *data = rec->data;
	struct file *file = ckpt_object(ctx, data->file, CKPT_CLASS_FILE);
	int err = file ? set_flock(file, data->type) : -EINVAL;
	struct ckpt_shown shown;

	if (err == -EAGAIN)
		return ckpt_fail(ctx, err, "%s is locked by somebody else now",
				 ckpt_show_file(file, &shown));
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
