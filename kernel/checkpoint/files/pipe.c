// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pipes of which all ends are in the tree.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include "files.h"

/**
 * DOC: pipes
 *
 * Preserved: contents with the borders of buffers and packets and the room left
 * for merging, the size of the ring, every open end with its own flags, ends
 * that are closed, times and owner as fstat(2) shows them.
 *
 * Rebuilt: bytes that splice(2), vmsplice(2) or tee(2) put there by reference
 * become copies.
 *
 * Refused: notification pipes (O_NOTIFICATION_PIPE), pipes whose mode or owner
 * was changed, spliced buffers of more than a page, contents that an input
 * error spoiled.  Pipes that are open outside are files of another kind.
 *
 * Immaterial: head and tail count modulo the ring; the counters of openings
 * serve named pipes; a poll that is waiting looks again.
 */

static const struct ckpt_kind ckpt_kind_pipe;
static const struct ckpt_kind ckpt_kind_file_pipe;

/* Enough for the largest pipe of an ordinary user (1 MiB) many times over */
#define PIPE_DATA_MAX	(32U << 20)

#define PIPE_SLOTS_MAX	(1U << (31 - PAGE_SHIFT))

static bool pipe_match(struct ckpt_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct ckpt_seen *seen;

	if (!pipe || file_inode(file)->i_sb->s_magic != PIPEFS_MAGIC)
		return false;
	seen = ckpt_seen(ctx, pipe);
	return seen && !seen->outside;
}

/* Under pipe->mutex.  The size of what buffers_save() makes, or negative errno. */
static ssize_t buffers_size(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe)
{
	size_t size = 0;
	unsigned int i;

	for (i = pipe->tail; i != pipe->head; i++) {
		struct pipe_buffer *buf = pipe_buf(pipe, i);

		if (pipe_buf_confirm(pipe, buf))
			return ckpt_file_fail(ctx, -EIO, "a pipe holds bytes that cannot be read because of an input error; let the program read them first");
		if (offset_in_page(buf->offset) + buf->len > PAGE_SIZE)
			return ckpt_cannot_save(ctx, "a pipe with a spliced buffer of more than a page");
		size += sizeof(struct ckpt_pipe_buffer) + ALIGN(buf->len, 8);
	}
	if (size > PIPE_DATA_MAX)
		return ckpt_file_fail(ctx, -E2BIG, "a pipe holds too much for an image (%zu bytes); let the program read it first",
				      size);
	return size;
}

static int pipe_check_file(struct ckpt_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct inode *inode = file_inode(file);
	ssize_t size;

	if (pipe_has_watch_queue(pipe))
		return ckpt_cannot_save(ctx, "a notification pipe (O_NOTIFICATION_PIPE)");
	if (inode->i_mode != (S_IFIFO | 0600) || !uid_eq(inode->i_uid, file->f_cred->fsuid) ||
	    !gid_eq(inode->i_gid, file->f_cred->fsgid))
		return ckpt_cannot_save(ctx, "a pipe whose mode or owner was changed");
	mutex_lock(&pipe->mutex);
	size = buffers_size(ctx, pipe);
	mutex_unlock(&pipe->mutex);
	return size < 0 ? size : 0;
}

/* -- save --------------------------------------------------------------------- */

/* Under pipe->mutex */
static void buffers_save(struct pipe_inode_info *pipe, u8 *data)
{
	unsigned int i;

	for (i = pipe->tail; i != pipe->head; i++) {
		struct pipe_buffer *buf = pipe_buf(pipe, i);
		struct ckpt_pipe_buffer *head = (void *)data;
		struct page *page = nth_page(buf->page, buf->offset >> PAGE_SHIFT);

		head->len = buf->len;
		head->offset = offset_in_page(buf->offset);
		if (buf->flags & PIPE_BUF_FLAG_PACKET)
			head->flags |= CKPT_PIPE_PACKET;
		if (buf->flags & PIPE_BUF_FLAG_CAN_MERGE)
			head->flags |= CKPT_PIPE_CAN_MERGE;
		data += sizeof(*head);
		memcpy_from_page(data, page, head->offset, buf->len);
		data += ALIGN(buf->len, 8);
	}
}

static void times_save(const struct inode *inode, struct ckpt_pipe *rec)
{
	rec->atime_sec = inode_get_atime_sec(inode);
	rec->atime_nsec = inode_get_atime_nsec(inode);
	rec->mtime_sec = inode_get_mtime_sec(inode);
	rec->mtime_nsec = inode_get_mtime_nsec(inode);
	rec->ctime_sec = inode_get_ctime_sec(inode);
	rec->ctime_nsec = inode_get_ctime_nsec(inode);
}

static int pipe_emit(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct ckpt_pipe rec = { .ring_size = pipe->max_usage };
	u8 *data = NULL;
	ssize_t size;
	int err;

	times_save(file_inode(file), &rec);
	err = ckpt_save_cred(ctx, file->f_cred, &rec.cred);
	if (err)
		return err;
	mutex_lock(&pipe->mutex);
	size = buffers_size(ctx, pipe);
	if (size > 0) {
		data = kvzalloc(size, GFP_KERNEL_ACCOUNT);
		if (data)
			buffers_save(pipe, data);
		else
			size = ckpt_fail(ctx, -ENOMEM, "no memory for the contents of a pipe");
	}
	mutex_unlock(&pipe->mutex);
	err = size < 0 ? size : ckpt_emit(ctx, &ckpt_kind_pipe, id, &rec, data, size);
	kvfree(data);
	return err;
}

static int pipe_save_file(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct ckpt_file_pipe rec = {
		.open_flags = ckpt_file_flags(file) & (O_ACCMODE | O_NONBLOCK),
		.flags = file->f_mode & FMODE_NOWAIT ? CKPT_FILE_PIPE_NOWAIT : 0,
	};
	int err = ckpt_object_id(ctx, get_pipe_info(file, false), CKPT_CLASS_PIPE, &rec.pipe);

	if (err > 0)
		err = pipe_emit(ctx, file, rec.pipe);
	if (!err)
		err = ckpt_save_cred(ctx, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, &ckpt_kind_file_pipe, id, &rec, NULL, 0);
}

/* -- validate and restore: the pipe ---------------------------------------------- */

static int buffers_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec, u32 slots)
{
	const struct ckpt_pipe_buffer *buf;
	u32 at = 0;

	for (; at < rec->count; at += sizeof(*buf) + ALIGN(buf->len, 8)) {
		buf = rec->array + at;
		if (rec->count - at < sizeof(*buf) || !slots--)
			break;
		if (buf->len > PAGE_SIZE || buf->offset > PAGE_SIZE - buf->len ||
		    buf->flags & ~(CKPT_PIPE_PACKET | CKPT_PIPE_CAN_MERGE) || buf->reserved ||
		    ALIGN(buf->len, 8) > rec->count - at - sizeof(*buf))
			break;
	}
	if (at != rec->count)
		return ckpt_fail(ctx, -EINVAL, "the contents of a pipe are malformed");
	return 0;
}

static int pipe_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_pipe *data = rec->data;

	if (!is_power_of_2(data->ring_size) || data->ring_size > PIPE_SLOTS_MAX)
		return ckpt_fail(ctx, -EINVAL, "a pipe cannot have %u slots", data->ring_size);
	if (data->atime_nsec >= NSEC_PER_SEC || data->mtime_nsec >= NSEC_PER_SEC ||
	    data->ctime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "the times of a pipe are malformed");
	return ckpt_ref_cred(ctx, data->cred) ?: buffers_validate(ctx, rec, data->ring_size);
}

static int buffer_restore(struct pipe_inode_info *pipe, const struct ckpt_pipe_buffer *head)
{
	struct pipe_buffer *buf = pipe_buf(pipe, pipe->head);
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT);

	if (!page)
		return -ENOMEM;
	memcpy_to_page(page, head->offset, (const char *)(head + 1), head->len);
	*buf = (struct pipe_buffer) {
		.page = page,
		.offset = head->offset,
		.len = head->len,
		.ops = &nosteal_pipe_buf_ops,
	};
	if (head->flags & CKPT_PIPE_PACKET)
		buf->flags |= PIPE_BUF_FLAG_PACKET;
	if (head->flags & CKPT_PIPE_CAN_MERGE)
		buf->flags |= PIPE_BUF_FLAG_CAN_MERGE;
	pipe->head++;
	return 0;
}

static int buffers_restore(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe,
			   const struct ckpt_rec *rec)
{
	const struct ckpt_pipe_buffer *buf;
	int err = 0;
	u32 at = 0;

	mutex_lock(&pipe->mutex);
	for (; !err && at < rec->count; at += sizeof(*buf) + ALIGN(buf->len, 8)) {
		buf = rec->array + at;
		err = buffer_restore(pipe, buf);
	}
	mutex_unlock(&pipe->mutex);
	return err ? ckpt_fail(ctx, err, "no memory for the contents of a pipe") : 0;
}

static void times_restore(struct inode *inode, const struct ckpt_pipe *data)
{
	inode_set_atime(inode, data->atime_sec, data->atime_nsec);
	inode_set_mtime(inode, data->mtime_sec, data->mtime_nsec);
	inode_set_ctime(inode, data->ctime_sec, data->ctime_nsec);
}

/*
 * The object that stands for the pipe must not count as an end of it: it is
 * dropped only when the program runs already, which would see it.  Its release
 * looks at f_mode alone to know what it counted as.
 */
static void retire_writer(struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);

	mutex_lock(&pipe->mutex);
	pipe->writers--;
	file->f_mode &= ~(FMODE_WRITE | FMODE_CAN_WRITE);
	mutex_unlock(&pipe->mutex);
}

static int fill_pipe(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec *rec)
{
	const struct ckpt_pipe *data = rec->data;
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	long size = (long)data->ring_size << PAGE_SHIFT;
	long got = size;
	int err;

	/* As fcntl(F_SETPIPE_SZ), with its limits */
	if (pipe->max_usage != data->ring_size)
		got = pipe_fcntl(file, F_SETPIPE_SZ, size);
	if (got != size)
		return ckpt_fail(ctx, got < 0 ? got : -EPERM, "a pipe cannot be made %ld bytes large (see fs.pipe-max-size and fs.pipe-user-pages-soft)",
				 size);
	err = buffers_restore(ctx, pipe, rec);
	if (!err)
		times_restore(file_inode(file), data);
	return err;
}

static int pipe_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_pipe *data = rec->data;
	const struct cred *who = ckpt_file_cred(ctx, data->cred);
	const struct cred *old;
	struct file *ends[2];
	int err;

	if (IS_ERR(who))
		return PTR_ERR(who);
	old = override_creds(who);
	err = create_pipe_files(ends, 0);
	if (err) {
		ckpt_fail(ctx, err, "a pipe cannot be made (error %d)", -err);
		goto out;
	}
	err = fill_pipe(ctx, ends[1], rec);
	/* At once: a deferred close would be seen as a reader. */
	__fput_sync(ends[0]);
	if (err) {
		fput(ends[1]);
		goto out;
	}
	retire_writer(ends[1]);
	err = ckpt_set_object(ctx, rec->object, ends[1]);
out:
	revert_creds(old);
	return err;
}

CHECKPOINT_KIND(pipe) = {
	.name		= "pipe",
	.type		= CKPT_REC_PIPE,
	.size		= sizeof(struct ckpt_pipe),
	CKPT_ARRAY(struct ckpt_pipe, data, __u8),
	.max		= PIPE_DATA_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= CKPT_CLASS_PIPE,
	.defines	= true,
	.validate	= pipe_validate,
	.restore	= pipe_restore,
};

/* -- validate and restore: an end ------------------------------------------------- */

static int file_pipe_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_file_pipe *data = rec->data;

	if (data->open_flags & ~(O_ACCMODE | O_NONBLOCK) ||
	    (data->open_flags & O_ACCMODE) == O_ACCMODE || data->flags & ~CKPT_FILE_PIPE_NOWAIT)
		return ckpt_fail(ctx, -EINVAL, "the flags of a pipe's end are malformed");
	return ckpt_ref_cred(ctx, data->cred) ?: ckpt_ref(ctx, data->pipe, CKPT_CLASS_PIPE);
}

static struct file *file_pipe_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_file_pipe *data = rec->data;
	struct file *pipe = ckpt_object(ctx, data->pipe, CKPT_CLASS_PIPE);
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
	.size		= sizeof(struct ckpt_file_pipe),
	.stage		= CKPT_STAGE_OBJECT,
	.class		= CKPT_CLASS_FILE,
	.defines	= true,
	.validate	= file_pipe_validate,
	.match_file	= pipe_match,
	.check_file	= pipe_check_file,
	.save_file	= pipe_save_file,
	.restore_file	= file_pipe_restore,
};
