// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what every open file has, and finding its kind.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/security.h>
#include <linux/signal.h>
#include "files.h"

/**
 * DOC: open files
 *
 * One record makes the file (its kind's), this one gives it what every open file
 * has.
 *
 * Preserved: status flags exactly as fcntl(F_GETFL) shows them, the position, the
 * credentials it was opened with, the owner for SIGIO (F_SETOWN, F_SETOWN_EX),
 * its signal (F_SETSIG) and, on pipes and sockets, O_ASYNC with the descriptor that it
 * names.
 *
 * Rebuilt: an owner that is dead becomes none, as F_GETOWN shows it already.
 *
 * Refused: an owner that is outside the tree, O_ASYNC on anything else, files
 * opened in ways that open(2) does not offer (an event of fanotify, a mount of its own),
 * the image itself, and every file that no kind matches.
 *
 * Immaterial: read-ahead state and posix_fadvise() hints change speed alone.
 * epoll instances outside the tree that watch the file are not the tree's.
 */

static const struct ckpt_kind ckpt_kind_file, ckpt_kind_file_late;

/**
 * ckpt_file_flags - the status flags of a file as an image has them
 * @file: the file
 *
 * Return: what fcntl(F_GETFL) shows, without what the kernel keeps there for itself or for a
 * lease
 */
u32 ckpt_file_flags(struct file *file)
{
	u32 flags = file->f_flags & ~(__FMODE_EXEC | __FMODE_NONOTIFY);

	/* Of a lease; it comes back with that. */
	return IS_ENABLED(CONFIG_FILE_LOCKING) && flags & FASYNC && ckpt_has_lease(file) ?
	       flags & ~FASYNC : flags;
}

/* Ways to open a file that open(2) does not offer */
static const char *special_way(const struct file *file)
{
	if (file->f_mode & FMODE_BACKING)
		return "a file below a stacked file system such as overlayfs,";
	if (file->f_mode & FMODE_NEED_UNMOUNT)
		return "a mount of its own (open_tree, fsmount),";
	if (file->f_mode & FMODE_NOCMTIME)
		return "opened without times (XFS_IOC_OPEN_BY_HANDLE),";
	if (file->f_mode & FMODE_WRITE_RESTRICTED)
		return "opened with restricted writing,";
	if (file->f_flags & __FMODE_NONOTIFY)
		return "opened for an event of fanotify,";
	return NULL;
}

static int check_common(struct ckpt_ctx *ctx, struct file *file)
{
	u32 odd = ckpt_file_flags(file) & ~CKPT_FILE_FLAGS;
	const char *way = special_way(file);
	struct ckpt_shown shown;
	int err;

	if (way)
		return ckpt_cannot_save(ctx, "%s, %s", ckpt_show_file(file, &shown), way);
	if (odd)
		return ckpt_cannot_save(ctx, "%s, opened with unknown flags (%#x),",
					ckpt_show_file(file, &shown), odd);
	err = ckpt_check_owner(ctx, file) ?: ckpt_check_directory(ctx, file) ?:
	      ckpt_check_write_hint(ctx, file);
	return err || !IS_ENABLED(CONFIG_FILE_LOCKING) ? err : ckpt_check_lease(ctx, file);
}

static int check_file(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_seen *seen)
{
	const struct ckpt_kind *kind = ckpt_match_kind(ctx, &ckpt_class_file, file);
	struct ckpt_shown shown;
	int err = 0;

	if (!kind)
		return ckpt_refuse_file(ctx, file);
	if (ckpt_is_image(ctx, file))
		return ckpt_file_fail(ctx, -EDEADLK,
				      "%s is the image itself; close it or write the image elsewhere",
				      ckpt_show_file(file, &shown));
	/* What is outside keeps its flags and owner. */
	if (kind->type != CKPT_REC_FILE_OUTSIDE)
		err = check_common(ctx, file);
	if (!err && seen->mapper && !seen->refs)
		err = ckpt_check_mapped_lock(ctx, file);
	if (err || !kind->check_object)
		return err;
	if (!seen->same)
		return kind->check_object(ctx, file);
	if (!seen->same->checked) {
		seen->same->checked = true;
		seen->same->err = kind->check_object(ctx, file);
	}
	return seen->same->err;
}

static int check_once(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct ckpt_seen *seen;
	int err = ckpt_survey_files(ctx) ?: ckpt_survey_maps(ctx);

	if (err)
		return err;
	seen = ckpt_seen_add(ctx, file, CKPT_SEEN_FILE);
	if (!seen)
		return -ENOMEM;
	/* A mapped file that is open too is reported with its descriptor, when that comes. */
	if (!seen->checked && seen->refs && ckpt_files(ctx)->fd < 0)
		return 0;
	if (!seen->checked) {
		if (!seen->refs && !seen->mapper)
			seen->same = ckpt_same_file(ctx, file);
		seen->err = check_file(ctx, file, seen);
		seen->checked = true;
	}
	return seen->err;
}

/* Now, not when the caller returns to user space: it may be the last close. */
static void put_file(void *ptr)
{
	__fput_sync(ptr);
}

/*
 * The restarter's descriptors 0 to 2 may be three files where the program had one, so
 * what is outside is an object for each of them, and for each external one.
 */
static const void *file_key(struct ckpt_ctx *ctx, const void *ptr)
{
	struct file *file = (struct file *)ptr;
	const struct ckpt_kind *kind = ckpt_match_kind(ctx, &ckpt_class_file, file);
	struct ckpt_seen *seen = ckpt_seen_find(ctx, file);
	int slot = ckpt_outside_slot(ctx, ckpt_files(ctx)->fd);

	if (kind && kind->type == CKPT_REC_FILE_OUTSIDE && slot >= 0)
		return &seen->slot[slot];
	return seen && seen->same ? seen->same->ptr : file;
}

static int save_common(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file rec = {
		.flags = ckpt_file_flags(file),
		.position = ckpt_is_read_on(file) ? 0 : file->f_pos,
	};
	int err;

	/* What is outside keeps its flags and owner. */
	if (kind->type == CKPT_REC_FILE_OUTSIDE)
		return 0;
	err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (!err)
		err = ckpt_save_owner(ctx, file, &rec);
	if (!err)
		err = ckpt_emit(ctx, ckpt_is_late_file(kind->type) ? &ckpt_kind_file_late :
				     &ckpt_kind_file, id, &rec, NULL, 0);
	return err ?: ckpt_save_directory(ctx, file, id) ?: ckpt_save_write_hint(ctx, file, id);
}

const struct ckpt_class ckpt_class_file = {
	.name	= "file",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_file,
	.check	= check_once,
	.key	= file_key,
	.common	= save_common,
};

/* -- restore ------------------------------------------------------------------ */

/**
 * ckpt_file_cred - restore: the credentials to open something with
 * @ctx: the call
 * @id: cred object, validated, or 0
 *
 * The cred kind has put the caller's own where it may not assume those recorded.
 * Without any the caller's have to do, unless a ceiling says that they would be
 * too much.
 *
 * Return: the credentials, without a reference; ERR_PTR(-EPERM) (reported)
 */
const struct cred *ckpt_file_cred(struct ckpt_ctx *ctx, u32 id)
{
	const struct cred *cred = id ? ckpt_object(ctx, id, &ckpt_class_cred) : NULL;

	if (cred)
		return cred;
	if (ckpt_ceiling(ctx))
		return ERR_PTR(ckpt_fail(ctx, -EPERM,
					 "a file's user is none that the owner can become"));
	return current_cred();
}

static int file_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	u32 type = ckpt_defining_type(ctx, item->object);
	const struct ckpt_rec_file *data = item->data;

	if (type == CKPT_REC_FILE_OUTSIDE)
		return ckpt_fail(ctx, -EINVAL, "a file that was outside has flags, which are the restarter's");
	if ((ckpt_is_late_file(type) ? &ckpt_kind_file_late : &ckpt_kind_file) != item->kind)
		return ckpt_fail(ctx, -EINVAL, "a file is opened at another time than it is made");
	if (data->flags & ~CKPT_FILE_FLAGS)
		return ckpt_fail(ctx, -EINVAL, "unknown file flags %#x", data->flags);
	if ((s64)data->position < 0 && type != CKPT_REC_FILE_PROC_MEMORY)
		return ckpt_fail(ctx, -EINVAL, "file position %llu is out of range",
				 data->position);
	if (data->owner_type > F_OWNER_PGRP || data->owner_signal > _NSIG)
		return ckpt_fail(ctx, -EINVAL, "a file's owner for signals is malformed");
	if (data->async_fd > INT_MAX)
		return ckpt_fail(ctx, -EINVAL, "descriptor %u is out of range", data->async_fd);
	return 0;
}

/* The flags that fcntl(F_SETFL) changes */
#define SETFL_FLAGS	(O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT | FASYNC)

/* May the caller change flags?  As fcntl(F_SETFL), in the same order. */
static int may_set_flags(struct ckpt_ctx *ctx, struct file *file, u32 flags)
{
	u32 change = (file->f_flags ^ flags) & SETFL_FLAGS;
	struct inode *inode = file_inode(file);
	struct ckpt_shown shown;
	int err;

	if (!change)
		return 0;
	if (file->f_mode & FMODE_PATH)
		return ckpt_fail(ctx, -EBADF, "flags %#x cannot be set on %s, opened with O_PATH",
				 flags, ckpt_show_file(file, &shown));
	err = security_file_fcntl(file, F_SETFL, flags);
	if (err)
		return ckpt_fail(ctx, err, "a security module forbids flags %#x of %s", flags,
				 ckpt_show_file(file, &shown));
	if ((change & O_APPEND) && IS_APPEND(inode))
		return ckpt_fail(ctx, -EPERM, "O_APPEND cannot be changed of %s: append-only",
				 ckpt_show_file(file, &shown));
	if ((change & flags & O_NOATIME) && !file_owner_or_capable(file))
		return ckpt_fail(ctx, -EPERM, "O_NOATIME is not permitted on %s",
				 ckpt_show_file(file, &shown));
	if ((change & flags & O_DIRECT) && !S_ISFIFO(inode->i_mode) &&
	    !(file->f_mode & FMODE_CAN_ODIRECT))
		return ckpt_fail(ctx, -EINVAL, "O_DIRECT is not supported by %s",
				 ckpt_show_file(file, &shown));
	if (file->f_op->check_flags && file->f_op->check_flags(flags))
		return ckpt_fail(ctx, -EINVAL, "flags %#x are not supported by %s", flags,
				 ckpt_show_file(file, &shown));
	return 0;
}

/*
 * The file was opened with these flags as far as open(2) takes them.  The rest is
 * what fcntl(F_SETFL) would change; of O_ASYNC see the owner.
 */
static int restore_flags(struct ckpt_ctx *ctx, struct file *file, u32 flags)
{
	u32 change = (file->f_flags ^ flags) & ~FASYNC;
	struct ckpt_shown shown;
	int err;

	if (change & ~(SETFL_FLAGS | O_NOFOLLOW | O_LARGEFILE | O_CLOEXEC))
		return ckpt_fail(ctx, -EINVAL, "flags %#x do not fit %s (%#x)", flags,
				 ckpt_show_file(file, &shown), file->f_flags);
	err = may_set_flags(ctx, file, flags);
	if (err)
		return err;
	spin_lock(&file->f_lock);
	file->f_flags ^= change;
	file->f_iocb_flags = iocb_flags(file);
	spin_unlock(&file->f_lock);
	return 0;
}

static int restore_common(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec_file *data)
{
	struct ckpt_shown shown;
	int err = restore_flags(ctx, file, data->flags);

	/* An address of the kernel looks like an error. */
	if (!err && data->position != file->f_pos)
		vfs_llseek(file, data->position, SEEK_SET);
	if (!err && data->position != file->f_pos)
		err = ckpt_fail(ctx, -EINVAL, "position %llu of %s cannot be restored",
				data->position, ckpt_show_file(file, &shown));
	if (!err)
		err = ckpt_restore_owner(ctx, file, data);
	return err;
}

static int file_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);
	const struct cred *old;
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "file object %u was not made", item->object);
	old = ckpt_drop_rights(ctx);
	if (IS_ERR(old))
		return ckpt_fail(ctx, PTR_ERR(old), "no memory for credentials");
	err = restore_common(ctx, file, item->data);
	ckpt_regain_rights(old);
	return err;
}

CHECKPOINT_KIND(file) = {
	.name		= "file",
	.type		= CKPT_REC_FILE,
	.size		= sizeof(struct ckpt_rec_file),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_file,
	.validate	= file_validate,
	.restore	= file_restore,
};

/* -- files that are opened when their process is there ------------------------- */

static int late_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);

	BUILD_BUG_ON(sizeof(struct ckpt_rec_file_late) != sizeof(struct ckpt_rec_file));
	if (!file)
		return ckpt_fail(ctx, -EINVAL, "file object %u was not made", item->object);
	return ckpt_open_late(ctx, file) ?: file_restore(ctx, item);
}

CHECKPOINT_KIND(file_late) = {
	.name		= "file_late",
	.type		= CKPT_REC_FILE_LATE,
	.size		= sizeof(struct ckpt_rec_file_late),
	.stage		= CKPT_STAGE_TASK_OBJECT,
	.class		= &ckpt_class_file,
	.validate	= file_validate,
	.restore	= late_restore,
};
