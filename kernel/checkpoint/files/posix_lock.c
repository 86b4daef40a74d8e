// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: POSIX record locks.
 */
#include <linux/filelock.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: POSIX record locks
 *
 * A lock of fcntl(F_SETLK) belongs to a descriptor table and an inode, and tells
 * the process that set it.  Any close of a descriptor of that inode in the table
 * drops it, so each lock's file is still open in its table.
 *
 * Preserved: range, type and the process told by F_GETLK.
 *
 * Rebuilt: a process that waits for a lock (F_SETLKW) asks again.
 *
 * Refused: locks that a process that is gone set in a shared table; locks of an
 * open file (F_OFD_SETLK).  restart() refuses when somebody else holds a
 * conflicting lock by then.
 */

static const struct ckpt_kind ckpt_kind_posix_locks;

#define POSIX_LOCKS_MAX	65536

/* What one lock means for the table @files, which has @file open */
enum verdict { NOT_OURS, OURS, ORPHAN, OFD };

static enum verdict judge(struct ckpt_ctx *ctx, const struct file_lock *fl,
			  const struct file *file, const struct files_struct *files)
{
	struct ckpt_task *t;

	if (fl->c.flc_flags & FL_OFDLCK)
		return fl->c.flc_file == file ? OFD : NOT_OURS;
	if (fl->c.flc_owner != files)
		return NOT_OURS;
	t = ckpt_find_process(ctx, fl->c.flc_pid);
	if (!t || t->files != files || !ckpt_seen(ctx, fl->c.flc_file))
		return ORPHAN;
	return OURS;
}

static int check_file_locks(struct ckpt_task *t, struct file *file,
			    struct file_lock_context *flctx, void *arg)
{
	enum verdict worst = NOT_OURS;
	struct ckpt_shown shown;
	struct file_lock *fl;

	spin_lock(&flctx->flc_lock);
	list_for_each_entry(fl, &flctx->flc_posix, c.flc_list)
		worst = max(worst, judge(t->ctx, fl, file, t->files));
	spin_unlock(&flctx->flc_lock);

	if (worst == OFD)
		return ckpt_cannot_save(t->ctx, "%s with a lock of the open file (F_OFD_SETLK)",
					ckpt_show_file(file, &shown));
	if (worst == ORPHAN)
		return ckpt_cannot_save(t->ctx, "%s with a lock that a process set that is gone",
					ckpt_show_file(file, &shown));
	return 0;
}

static int posix_locks_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return ckpt_walk_locks(ctx, t, check_file_locks, NULL);
}

/* -- save ------------------------------------------------------------------------ */

/**
 * struct collection - the locks of a process
 * @locks: room, NULL to count only
 * @room: how many there is room for
 * @count: found
 */
struct collection {
	struct ckpt_posix_lock *locks;
	unsigned int room;
	unsigned int count;
};

/* Has an earlier descriptor of the same file given its locks? */
static bool have_file(const struct collection *all, u32 id)
{
	unsigned int i;

	for (i = 0; all->locks && i < min(all->count, all->room); i++)
		if (all->locks[i].file == id)
			return true;
	return false;
}

static void collect(struct collection *all, struct ckpt_task *t, const struct file *file,
		    struct file_lock_context *flctx, u32 id)
{
	struct file_lock *fl;

	spin_lock(&flctx->flc_lock);
	list_for_each_entry(fl, &flctx->flc_posix, c.flc_list) {
		if (fl->c.flc_owner != t->files || fl->c.flc_file != file ||
		    fl->c.flc_pid != t->task->tgid || fl->c.flc_flags & FL_OFDLCK)
			continue;
		if (all->locks && all->count < all->room)
			all->locks[all->count] = (struct ckpt_posix_lock) {
				.file	= id,
				.type	= fl->c.flc_type,
				.start	= fl->fl_start,
				.end	= fl->fl_end,
			};
		all->count++;
	}
	spin_unlock(&flctx->flc_lock);
}

/* To count, then to fill in */
static int collect_file_locks(struct ckpt_task *t, struct file *file,
			      struct file_lock_context *flctx, void *arg)
{
	struct collection *all = arg;
	u32 id = 0;
	int err;

	if (all->locks) {
		err = ckpt_save_file(t->ctx, file, &id);
		if (err || have_file(all, id))
			return err;
	}
	collect(all, t, file, flctx, id);
	return 0;
}

static int posix_locks_save(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_posix_locks rec = { .owner = t->id };
	struct collection all = {};
	u32 id;
	int err;

	err = ckpt_walk_locks(ctx, t, collect_file_locks, &all);
	if (err || !all.count)
		return err;
	all.room = all.count;
	all.count = 0;
	all.locks = kvcalloc(all.room, sizeof(*all.locks), GFP_KERNEL_ACCOUNT);
	if (!all.locks)
		return ckpt_fail(ctx, -ENOMEM, "no memory for %u locks", all.room);
	err = ckpt_walk_locks(ctx, t, collect_file_locks, &all);
	if (!err)
		err = ckpt_object_id(ctx, t->files, CKPT_CLASS_FDTABLE, &id);
	if (err >= 0)
		err = ckpt_emit(ctx, &ckpt_kind_posix_locks, id, &rec, all.locks,
				min(all.count, all.room));
	kvfree(all.locks);
	return err;
}

/* -- validate and restore ----------------------------------------------------------- */

static int posix_locks_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_posix_lock *locks = rec->array;
	u32 i;
	int err;

	for (i = 0; i < rec->count; i++) {
		if ((locks[i].type != F_RDLCK && locks[i].type != F_WRLCK) ||
		    locks[i].start > locks[i].end || locks[i].end > OFFSET_MAX)
			return ckpt_fail(ctx, -EINVAL, "a file lock is malformed");
		err = ckpt_ref(ctx, locks[i].file, CKPT_CLASS_FILE);
		if (err)
			return err;
	}
	return 0;
}

/* As fcntl(F_SETLK) */
static int set_lock(struct file *file, const struct ckpt_posix_lock *lock)
{
	fmode_t mode = lock->type == F_RDLCK ? FMODE_READ : FMODE_WRITE;
	struct file_lock *fl = ckpt_new_lock(file, mode, lock->type);
	int err;

	if (IS_ERR(fl))
		return PTR_ERR(fl);
	fl->c.flc_flags = FL_POSIX;
	fl->c.flc_owner = current->files;
	fl->fl_start = lock->start;
	fl->fl_end = lock->end;
	err = vfs_lock_file(file, F_SETLK, fl, NULL);
	locks_free_lock(fl);
	return err;
}

/* Last of all that has to do with the table: no descriptor is closed after it. */
static int posix_locks_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_posix_lock *locks = rec->array;
	u32 i;
	int err;

	if (current->files != ckpt_object(ctx, rec->object, CKPT_CLASS_FDTABLE))
		return ckpt_fail(ctx, -EINVAL, "file locks belong to another descriptor table");
	for (i = 0; i < rec->count; i++) {
		struct file *file = ckpt_object(ctx, locks[i].file, CKPT_CLASS_FILE);
		struct ckpt_shown shown;

		err = file ? set_lock(file, &locks[i]) : -EINVAL;
		if (err == -EAGAIN || err == -EACCES)
			return ckpt_fail(ctx, -EAGAIN, "%s is locked by somebody else now",
					 ckpt_show_file(file, &shown));
		if (err)
			return ckpt_fail(ctx, err, "a file lock cannot be set again (error %d)",
					 -err);
	}
	return 0;
}

CHECKPOINT_KIND(posix_locks) = {
	.name		= "posix_locks",
	.type		= CKPT_REC_POSIX_LOCKS,
	.size		= sizeof(struct ckpt_posix_locks),
	CKPT_ARRAY(struct ckpt_posix_locks, locks, struct ckpt_posix_lock),
	.max		= POSIX_LOCKS_MAX,
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= CKPT_CLASS_FDTABLE,
	.has_owner	= true,
	.check		= posix_locks_check,
	.save		= posix_locks_save,
	.validate	= posix_locks_validate,
	.restore	= posix_locks_restore,
};
