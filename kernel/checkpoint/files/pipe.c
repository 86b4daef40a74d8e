// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pipes of which all ends are in the tree.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pipe_fs_i.h>
#include <linux/stat.h>
#include "files.h"

/**
 * DOC: pipes
 *
 * Preserved: contents with the borders of buffers and packets and the room left
 * for merging, the size of the ring, every open end with its own flags, ends
 * that are closed, times, mode and owner as fstat(2) shows them.
 *
 * Rebuilt: bytes that splice(2), vmsplice(2) or tee(2) put there by reference
 * become copies.
 *
 * Refused: notification pipes (O_NOTIFICATION_PIPE), an owner that the caller could
 * not set, spliced buffers of more than 32 KiB, contents that an input
 * error spoiled.  Pipes that are open outside are files of another kind.
 *
 * Immaterial: head and tail count modulo the ring; the counters of openings
 * serve named pipes; a poll that is waiting looks again.
 */

/* Any of its ends stands for a pipe. */
static const void *pipe_key(struct ckpt_ctx *ctx, const void *ptr)
{
	return get_pipe_info((struct file *)ptr, false);
}

static void put_pipe(void *ptr)
{
	__fput_sync(ptr);
}

const struct ckpt_class ckpt_class_pipe = {
	.name	= "pipe",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_pipe,
	.key	= pipe_key,
};

static bool is_unnamed(struct ckpt_ctx *ctx, void *ptr)
{
	return file_inode((struct file *)ptr)->i_sb->s_magic == PIPEFS_MAGIC;
}

static bool pipe_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct ckpt_seen *seen;

	if (!pipe || !is_unnamed(ctx, file))
		return false;
	seen = ckpt_seen_find(ctx, pipe);
	return seen && !seen->outside;
}

/* By fchmod(2) or fchown(2), or it was not who opened this end who made it. */
static bool is_changed(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return inode->i_mode != (S_IFIFO | 0600) ||
	       !uid_eq(inode->i_uid, file->f_cred->fsuid) ||
	       !gid_eq(inode->i_gid, file->f_cred->fsgid);
}

static int pipe_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	int err = 0;

	if (pipe_has_watch_queue(pipe))
		return ckpt_cannot_save(ctx, "a notification pipe (O_NOTIFICATION_PIPE)");
	if (is_changed(file))
		err = ckpt_check_owner_again(ctx, &file->f_path,
					     ckpt_opener(ctx, file->f_cred));
	return err ?: ckpt_check_pipe_data(ctx, file);
}

/* -- save --------------------------------------------------------------------- */

static void times_save(const struct inode *inode, struct ckpt_rec_pipe *rec)
{
	rec->atime_sec = inode_get_atime_sec(inode);
	rec->atime_nsec = inode_get_atime_nsec(inode);
	rec->mtime_sec = inode_get_mtime_sec(inode);
	rec->mtime_nsec = inode_get_mtime_nsec(inode);
	rec->ctime_sec = inode_get_ctime_sec(inode);
	rec->ctime_nsec = inode_get_ctime_nsec(inode);
}

static void owner_save(const struct file *file, struct ckpt_rec_pipe *rec)
{
	const struct ckpt_rec_inode_attr attr = ckpt_get_attr(&file->f_path);

	if (!is_changed(file))
		return;
	rec->mode = attr.mode;
	rec->uid = attr.uid;
	rec->gid = attr.gid;
}

static int pipe_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct ckpt_rec_pipe rec = { .ring_size = pipe->max_usage };
	u8 *data = NULL;
	ssize_t size;
	int err;

	times_save(file_inode(file), &rec);
	owner_save(file, &rec);
	err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (err)
		return err;
	size = ckpt_pipe_data(ctx, file, &data);
	err = size < 0 ? size : ckpt_emit(ctx, kind, id, &rec, data, size);
	kvfree(data);
	return err;
}

static int pipe_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			  void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_pipe rec = {
		.open_flags = ckpt_file_flags(file) & (O_ACCMODE | O_NONBLOCK),
		.flags = file->f_mode & FMODE_NOWAIT ? CKPT_FILE_PIPE_NOWAIT : 0,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_pipe, file, &rec.pipe);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

/* -- validate and restore: the pipe ---------------------------------------------- */

static struct ckpt_rec_inode_attr attr_of(const struct ckpt_rec_pipe *data)
{
	return (struct ckpt_rec_inode_attr) {
		.mode = data->mode, .uid = data->uid, .gid = data->gid,
		.atime_sec = data->atime_sec, .mtime_sec = data->mtime_sec,
		.atime_nsec = data->atime_nsec, .mtime_nsec = data->mtime_nsec,
	};
}

static int pipe_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_pipe *data = item->data;
	const struct ckpt_rec_inode_attr attr = attr_of(data);

	if (data->atime_nsec >= NSEC_PER_SEC || data->mtime_nsec >= NSEC_PER_SEC ||
	    data->ctime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "the times of a pipe are malformed");
	if (data->mode && ckpt_validate_attr(ctx, &attr, S_IFIFO))
		return -EINVAL;
	if (!data->mode && (data->uid || data->gid))
		return ckpt_fail(ctx, -EINVAL, "a pipe has an owner and no mode");
	return ckpt_validate_pipe_data(ctx, item, data->ring_size);
}

static void times_restore(struct inode *inode, const struct ckpt_rec_pipe *data)
{
	inode_set_atime(inode, data->atime_sec, data->atime_nsec);
	inode_set_mtime(inode, data->mtime_sec, data->mtime_nsec);
	inode_set_ctime(inode, data->ctime_sec, data->ctime_nsec);
}

/* The credentials are those of who makes it. */
static struct file *make_pipe(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 slots)
{
	struct file *ends[2];
	int err;

	err = create_pipe_files(ends, 0);
	if (err)
		return ERR_PTR(ckpt_fail(ctx, err, "a pipe cannot be made (error %d)", -err));
	err = ckpt_fill_pipe(ctx, ends[1], item, slots);
	/* At once: a deferred close would be seen as a reader. */
	__fput_sync(ends[0]);
	if (!err)
		return ends[1];
	fput(ends[1]);
	return ERR_PTR(err);
}

static int pipe_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_pipe *data = item->data;
	const struct ckpt_rec_inode_attr attr = attr_of(data);
	const struct cred *who = ckpt_file_cred(ctx, data->cred), *old;
	struct file *end;
	int err = 0;

	if (IS_ERR(who))
		return PTR_ERR(who);
	old = override_creds(who);
	end = make_pipe(ctx, item, data->ring_size);
	revert_creds(old);
	if (IS_ERR(end))
		return PTR_ERR(end);
	if (data->mode)
		err = ckpt_set_attr(ctx, end, &attr, "a pipe");
	if (err) {
		fput(end);
		return err;
	}
	times_restore(file_inode(end), data);
	ckpt_retire_pipe(end);
	return ckpt_set_object(ctx, item->object, end);
}

CHECKPOINT_KIND(pipe) = {
	.name		= "pipe",
	.type		= CKPT_REC_PIPE,
	.size		= sizeof(struct ckpt_rec_pipe),
	CKPT_ARRAY(struct ckpt_rec_pipe, data, __u8),
	.max		= CKPT_PIPE_DATA_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_pipe,
	.defines	= true,
	.match		= is_unnamed,
	.save_object	= pipe_save,
	.validate	= pipe_validate,
	.restore	= pipe_restore,
};

/* -- validate and restore: an end ------------------------------------------------- */

static int file_pipe_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_pipe *data = item->data;

	if (data->open_flags & ~(O_ACCMODE | O_NONBLOCK) ||
	    (data->open_flags & O_ACCMODE) == O_ACCMODE || data->flags & ~CKPT_FILE_PIPE_NOWAIT)
		return ckpt_fail(ctx, -EINVAL, "the flags of a pipe's end are malformed");
	/* One with a name is opened with the checks of that. */
	if (ckpt_defining_type(ctx, data->pipe) != CKPT_REC_PIPE)
		return ckpt_fail(ctx, -EINVAL, "a pipe's end is of a named pipe");
	return 0;
}

static void *file_pipe_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_pipe *data = item->data;
	struct file *pipe = ckpt_object(ctx, data->pipe, &ckpt_class_pipe);
	const struct cred *who = ckpt_file_cred(ctx, data->cred);
	struct file *file;

	if (IS_ERR(who))
		return ERR_CAST(who);
	if (!pipe)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "pipe object %u was not made", data->pipe));
	file = dentry_open(&pipe->f_path, data->open_flags, who);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "an end of a pipe cannot be opened (error %ld)",
			  -PTR_ERR(file));
	else if (data->flags & CKPT_FILE_PIPE_NOWAIT)
		file->f_mode |= FMODE_NOWAIT;
	return file;
}

CHECKPOINT_KIND(file_pipe) = {
	.name		= "file_pipe",
	.type		= CKPT_REC_FILE_PIPE,
	.size		= sizeof(struct ckpt_rec_file_pipe),
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= file_pipe_validate,
	.match		= pipe_match,
	.check_object	= pipe_check_file,
	.save_object	= pipe_save_file,
	.restore_object	= file_pipe_restore,
};
