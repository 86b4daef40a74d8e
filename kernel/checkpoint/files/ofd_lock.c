// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: record locks that belong to an open file.
 */
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: locks of fcntl(F_OFD_SETLK)
 *
 * A lock of F_OFD_SETLK belongs to an open file, whoever has it, also when its descriptors are
 * closed and it is mapped still.
 *
 * Preserved: range and type.
 *
 * Rebuilt: a process that waits for a lock asks again.
 *
 * Refused: a lock of an open file that somebody outside the tree has too.  restart() refuses
 * when somebody else holds a conflicting lock by then.
 */

#define OFD_LOCKS_MAX	65536

/* Locks of one file stand behind each other, for an inode has them sorted.  Return: how many */
static u32 collect(const struct ckpt_seen *process, const struct ckpt_lock **first,
		   struct ckpt_rec_range *ranges)
{
	const struct ckpt_lock *lock = *first;
	u32 nr = 0;

	list_for_each_entry_from(lock, &process->locks, node) {
		if (!lock->ofd || lock->file != (*first)->file)
			break;
		ranges[nr++] = (struct ckpt_rec_range) {
			.type = lock->type, .start = lock->start, .end = lock->end,
		};
	}
	*first = lock;
	return nr;
}

static int save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t,
		    const struct ckpt_seen *process, struct ckpt_rec_range *ranges)
{
	const struct ckpt_lock *lock;
	int err = 0;

	lock = list_first_entry(&process->locks, struct ckpt_lock, node);
	while (!err && !list_entry_is_head(lock, &process->locks, node)) {
		struct ckpt_open at = { .fd = lock->file->fd };
		struct file *file = (struct file *)lock->file->ptr;
		struct ckpt_rec_ofd_locks rec = {};
		u32 nr;

		if (!lock->ofd) {
			lock = list_next_entry(lock, node);
			continue;
		}
		ckpt_look_at_fd(ctx, lock->file->refs ? &at : NULL);
		nr = collect(process, &lock, ranges);
		err = ckpt_save_object(ctx, &ckpt_class_file, file, &rec.file);
		if (!err)
			err = ckpt_emit(ctx, kind, t->id, &rec, ranges, nr);
		cond_resched();
	}
	ckpt_look_at_fd(ctx, NULL);
	return err;
}

static int ofd_locks_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			  struct ckpt_task *t)
{
	struct ckpt_seen *process = ckpt_locks_of(ctx, t);
	struct ckpt_rec_range *ranges;
	int err;

	if (!process || !process->nr_ofd)
		return 0;
	ranges = kvcalloc(process->nr_ofd, sizeof(*ranges), GFP_KERNEL_ACCOUNT);
	if (!ranges)
		return ckpt_fail(ctx, -ENOMEM, "no memory for %u locks", process->nr_ofd);
	err = save_all(ctx, kind, t, process, ranges);
	kvfree(ranges);
	return err;
}

static int ofd_locks_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_range *ranges = item->array;
	u32 i;

	for (i = 0; i < item->count; i++)
		if ((ranges[i].type != F_RDLCK && ranges[i].type != F_WRLCK) ||
		    ranges[i].start > ranges[i].end || ranges[i].end > OFFSET_MAX)
			return ckpt_fail(ctx, -EINVAL, "a lock of an open file is malformed");
	return 0;
}

/* As fcntl(F_OFD_SETLK) */
static int set_lock(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec_range *range)
{
	fmode_t mode = range->type == F_RDLCK ? FMODE_READ : FMODE_WRITE;
	struct file_lock *fl = ckpt_new_lock(file, mode, range->type);
	int err;

	if (IS_ERR(fl))
		return PTR_ERR(fl);
	fl->c.flc_flags = FL_POSIX | FL_OFDLCK;
	fl->c.flc_owner = file;
	fl->fl_start = range->start;
	fl->fl_end = range->end;
	err = vfs_lock_file(file, F_SETLK, fl, NULL);
	if (err == -EAGAIN || err == -EACCES)
		err = ckpt_fail_locked(ctx, file, fl);
	locks_free_lock(fl);
	return err;
}

/* The highest lock first, see posix_lock.c */
static int ofd_locks_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_ofd_locks *data = item->data;
	struct file *file = ckpt_object(ctx, data->file, &ckpt_class_file);
	const struct ckpt_rec_range *ranges = item->array;
	struct ckpt_shown shown;
	u32 i = item->count;
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "a file with locks was not opened");
	while (i--) {
		err = set_lock(ctx, file, &ranges[i]);
		if (err == -EAGAIN)
			return err;
		if (err)
			return ckpt_fail(ctx, err, "a lock of %s cannot be set again (error %d)",
					 ckpt_show_file(file, &shown), -err);
		if (ckpt_killed(ctx))
			return ckpt_fail_killed(ctx);
		cond_resched();
	}
	return 0;
}

CHECKPOINT_KIND(ofd_locks) = {
	.name		= "ofd_locks",
	.type		= CKPT_REC_OFD_LOCKS,
	.size		= sizeof(struct ckpt_rec_ofd_locks),
	CKPT_ARRAY(struct ckpt_rec_ofd_locks, locks, struct ckpt_rec_range),
	.max		= OFD_LOCKS_MAX,
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_LOCK,
	.class		= &ckpt_class_task,
	.many		= true,
	.save		= ofd_locks_save,
	.validate	= ofd_locks_validate,
	.restore	= ofd_locks_restore,
};
