// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: POSIX record locks.
 */
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: POSIX record locks
 *
 * A lock of fcntl(F_SETLK) belongs to a descriptor table and an inode, and names
 * the process that set it.  Any close of a descriptor of that inode in the table
 * drops it, so each lock's file is still open in its table.  An image names a lock
 * by such a descriptor and by nothing else: a lock of a file that no descriptor of
 * the table leads to would never be dropped, not even when the file is freed.
 *
 * Preserved: range, type and the process reported by F_GETLK.
 *
 * Rebuilt: a process that waits for a lock (F_SETLKW) asks again.  If the process that set
 * it in a shared table is gone, F_GETLK shows another one that has the table.
 *
 * Refused: restart() refuses when somebody else holds a conflicting lock by then.
 */

#define POSIX_LOCKS_MAX	65536

static int posix_locks_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return ckpt_find_locks(ctx);
}

/* -- save ------------------------------------------------------------------------ */

/* Note of each file of the table by which descriptor it can be reached there. */
static void note_descriptors(const struct ckpt_seen *table)
{
	u32 i = table->nr_fds;

	while (i--) {
		table->fds[i].file->table = table;
		table->fds[i].file->table_fd = table->fds[i].fd;
		cond_resched();
	}
}

static int fill_in(struct ckpt_ctx *ctx, const struct ckpt_seen *process,
		   const struct ckpt_seen *table, struct ckpt_rec_posix_lock *to)
{
	const struct ckpt_lock *lock;

	note_descriptors(table);
	list_for_each_entry(lock, &process->locks, node) {
		if (lock->flock || lock->ofd)
			continue;
		if (lock->file->table != table)
			return ckpt_fail(ctx, -EAGAIN, "has a file lock that none of its descriptors explains; try again");
		*to++ = (struct ckpt_rec_posix_lock) {
			.fd	= lock->file->table_fd,
			.type	= lock->type,
			.start	= lock->start,
			.end	= lock->end,
		};
		cond_resched();
	}
	return 0;
}

static int posix_locks_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			    struct ckpt_task *t)
{
	struct ckpt_rec_posix_locks rec = { .owner = t->id };
	struct ckpt_seen *process = ckpt_locks_of(ctx, t);
	struct ckpt_rec_posix_lock *locks;
	int err;

	if (!process || !process->nr_posix)
		return 0;
	locks = kvcalloc(process->nr_posix, sizeof(*locks), GFP_KERNEL_ACCOUNT);
	if (!locks)
		return ckpt_fail(ctx, -ENOMEM, "no memory for %u locks", process->nr_posix);
	err = fill_in(ctx, process, ckpt_seen_find(ctx, t->files), locks);
	if (!err)
		err = ckpt_emit(ctx, kind, ckpt_known_id(ctx, t->files, &ckpt_class_fdtable), &rec,
				locks, process->nr_posix);
	kvfree(locks);
	return err;
}

/* -- validate and restore ----------------------------------------------------------- */

static int posix_locks_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_posix_lock *locks = item->array;
	u32 i;

	for (i = 0; i < item->count; i++)
		if ((locks[i].type != F_RDLCK && locks[i].type != F_WRLCK) ||
		    locks[i].start > locks[i].end || locks[i].end > OFFSET_MAX)
			return ckpt_fail(ctx, -EINVAL, "a file lock is malformed");
	return 0;
}

/*
 * As fcntl(F_SETLK), which makes sure in the end that the descriptor still leads to the
 * file: here nobody but current has the table, or runs.
 */
static int set_lock(struct ckpt_ctx *ctx, struct file *file,
		    const struct ckpt_rec_posix_lock *lock)
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
	if (err == -EAGAIN || err == -EACCES)
		err = ckpt_fail_locked(ctx, file, fl);
	locks_free_lock(fl);
	return err;
}

static int restore_lock(struct ckpt_ctx *ctx, const struct ckpt_rec_posix_lock *lock)
{
	struct file *file = fget(lock->fd);
	struct ckpt_shown shown;
	int err;

	if (!file)
		return ckpt_fail(ctx, -EBADF, "a file lock is of fd %u, which is not open",
				 lock->fd);
	err = set_lock(ctx, file, lock);
	if (err && err != -EAGAIN)
		ckpt_fail(ctx, err, "a lock of %s cannot be set again (error %d)",
			  ckpt_show_file(file, &shown), -err);
	fput(file);
	return err;
}

/*
 * Last of all that has to do with the table: no descriptor is closed after it.  The
 * highest lock of a file is set first: the kernel looks for a lock's place from the lowest
 * on, and so finds it at once.
 */
static int posix_locks_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_posix_lock *locks = item->array;
	u32 i = item->count;
	int err;

	if (current->files != ckpt_object(ctx, item->object, &ckpt_class_fdtable))
		return ckpt_fail(ctx, -EINVAL, "file locks belong to another descriptor table");
	while (i--) {
		err = restore_lock(ctx, &locks[i]);
		if (err)
			return err;
		if (ckpt_killed(ctx))
			return ckpt_fail_killed(ctx);
		cond_resched();
	}
	return 0;
}

CHECKPOINT_KIND(posix_locks) = {
	.name		= "posix_locks",
	.type		= CKPT_REC_POSIX_LOCKS,
	.size		= sizeof(struct ckpt_rec_posix_locks),
	CKPT_ARRAY(struct ckpt_rec_posix_locks, locks, struct ckpt_rec_posix_lock),
	.max		= POSIX_LOCKS_MAX,
	.scope		= CKPT_SCOPE_TABLE,
	.stage		= CKPT_STAGE_LOCK,
	.class		= &ckpt_class_fdtable,
	.has_owner	= true,
	.of_thread	= true,
	.check		= posix_locks_check,
	.save		= posix_locks_save,
	.validate	= posix_locks_validate,
	.restore	= posix_locks_restore,
};
