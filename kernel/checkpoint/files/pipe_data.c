// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what pipes hold, with names and without.
 */
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include "files.h"

#define PIPE_SLOTS_MAX	(1U << (31 - PAGE_SHIFT))

/* Of one buffer: as a socket's data come, and for a restart it has to be found in one piece */
#define BUFFER_MAX	(PAGE_SIZE << PAGE_ALLOC_COSTLY_ORDER)

/* -- save -------------------------------------------------------------------- */

/* Return: the size of what buffers_save() makes, or negative errno (reported) */
static ssize_t buffers_size(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe)
{
	size_t size = 0;
	unsigned int i;

	lockdep_assert_held(&pipe->mutex);
	for (i = pipe->tail; i != pipe->head; i++) {
		struct pipe_buffer *buf = pipe_buf(pipe, i);

		if (pipe_buf_confirm(pipe, buf))
			return ckpt_file_fail(ctx, -EIO, "a pipe holds bytes that cannot be read because of an input error; let the program read them first");
		if (buf->len > BUFFER_MAX)
			return ckpt_cannot_save(ctx, "a pipe with a spliced buffer of more than %lu bytes",
						BUFFER_MAX);
		size += sizeof(struct ckpt_rec_pipe_buffer) + ALIGN(buf->len, 8);
	}
	if (size > CKPT_PIPE_DATA_MAX)
		return ckpt_file_fail(ctx, -E2BIG, "a pipe holds too much for an image (%zu bytes); let the program read it first",
				      size);
	return size;
}

/**
 * ckpt_check_pipe_data - can what a pipe holds be saved?
 * @ctx: the call
 * @file: an end of the pipe; the caller has a reference to it
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_pipe_data(struct ckpt_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	int err = ckpt_lock_pipe(ctx, file);
	ssize_t size;

	if (err)
		return err;
	size = buffers_size(ctx, pipe);
	mutex_unlock(&pipe->mutex);
	return size < 0 ? size : 0;
}

/* A spliced buffer may reach over several pages of one folio. */
static void copy_buffer(const struct pipe_buffer *buf, u8 *data)
{
	unsigned int done, len;

	for (done = 0; done < buf->len; done += len) {
		unsigned int at = buf->offset + done;

		len = min_t(unsigned int, buf->len - done, PAGE_SIZE - offset_in_page(at));
		memcpy_from_page(data + done, nth_page(buf->page, at >> PAGE_SHIFT),
				 offset_in_page(at), len);
	}
}

static void buffers_save(struct pipe_inode_info *pipe, u8 *data)
{
	unsigned int i;

	/* Since buffers_size(), for a process outside may read and write. */
	lockdep_assert_held(&pipe->mutex);
	for (i = pipe->tail; i != pipe->head; i++) {
		struct pipe_buffer *buf = pipe_buf(pipe, i);
		struct ckpt_rec_pipe_buffer *head = (void *)data;

		head->len = buf->len;
		/* Only who writes behind the bytes asks where in a page they are. */
		if (offset_in_page(buf->offset) + buf->len <= PAGE_SIZE)
			head->offset = offset_in_page(buf->offset);
		if (buf->flags & PIPE_BUF_FLAG_PACKET)
			head->flags |= CKPT_PIPE_PACKET;
		if (buf->flags & PIPE_BUF_FLAG_CAN_MERGE)
			head->flags |= CKPT_PIPE_CAN_MERGE;
		data += sizeof(*head);
		copy_buffer(buf, data);
		data += ALIGN(buf->len, 8);
	}
}

/**
 * ckpt_pipe_data - what a pipe holds, as an image has it
 * @ctx: the call
 * @file: an end of the pipe; the caller has a reference to it
 * @data: out: the buffers, to be freed with kvfree(); NULL if there are none
 *
 * Context: may sleep.
 * Return: bytes, or negative errno (reported)
 */
ssize_t ckpt_pipe_data(struct ckpt_ctx *ctx, struct file *file, u8 **data)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	int err = ckpt_lock_pipe(ctx, file);
	ssize_t size;

	*data = NULL;
	if (err)
		return err;
	size = buffers_size(ctx, pipe);
	if (size > 0) {
		*data = kvzalloc(size, GFP_KERNEL_ACCOUNT);
		if (*data)
			buffers_save(pipe, *data);
		else
			size = ckpt_fail(ctx, -ENOMEM, "no memory for the contents of a pipe");
	}
	mutex_unlock(&pipe->mutex);
	return size;
}

/* -- validate and restore ---------------------------------------------------- */

static bool is_buffer(const struct ckpt_rec_pipe_buffer *buf)
{
	if (buf->flags & ~(CKPT_PIPE_PACKET | CKPT_PIPE_CAN_MERGE) || buf->reserved)
		return false;
	if (buf->len > PAGE_SIZE)
		return buf->len <= BUFFER_MAX && !buf->offset;
	return buf->offset <= PAGE_SIZE - buf->len;
}

/**
 * ckpt_validate_pipe_data - validate: slots and contents of a pipe
 * @ctx: the call
 * @item: the record, whose array they are
 * @slots: of its ring
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_validate_pipe_data(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 slots)
{
	const struct ckpt_rec_pipe_buffer *buf;
	u32 at = 0;

	if (!is_power_of_2(slots) || slots > PIPE_SLOTS_MAX)
		return ckpt_fail(ctx, -EINVAL, "a pipe cannot have %u slots", slots);
	for (; at < item->count; at += sizeof(*buf) + ALIGN(buf->len, 8)) {
		buf = item->array + at;
		if (item->count - at < sizeof(*buf) || !slots--)
			break;
		if (!is_buffer(buf) ||
		    ALIGN(buf->len, 8) > item->count - at - sizeof(*buf))
			break;
	}
	if (at != item->count)
		return ckpt_fail(ctx, -EINVAL, "the contents of a pipe are malformed");
	return 0;
}

static void copy_to_buffer(struct page *page, const struct ckpt_rec_pipe_buffer *head)
{
	const char *data = (const char *)(head + 1);
	unsigned int done, len;

	for (done = 0; done < head->len; done += len) {
		unsigned int at = head->offset + done;

		len = min_t(unsigned int, head->len - done, PAGE_SIZE - offset_in_page(at));
		memcpy_to_page(nth_page(page, at >> PAGE_SHIFT), offset_in_page(at),
			       data + done, len);
	}
}

static int buffer_restore(struct pipe_inode_info *pipe, const struct ckpt_rec_pipe_buffer *head)
{
	struct pipe_buffer *buf = pipe_buf(pipe, pipe->head);
	unsigned int order = get_order(max(head->len, 1U));
	struct page *page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT | __GFP_COMP,
					order);

	if (!page)
		return -ENOMEM;
	copy_to_buffer(page, head);
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
			   const struct ckpt_item *item)
{
	const struct ckpt_rec_pipe_buffer *buf;
	int err = 0;
	u32 at = 0;

	mutex_lock(&pipe->mutex);
	for (; !err && at < item->count; at += sizeof(*buf) + ALIGN(buf->len, 8)) {
		buf = item->array + at;
		err = buffer_restore(pipe, buf);
	}
	mutex_unlock(&pipe->mutex);
	return err ? ckpt_fail(ctx, err, "no memory for the contents of a pipe") : 0;
}

/**
 * ckpt_fill_pipe - restore: size and contents of a pipe
 * @ctx: the call
 * @file: an end of the pipe, which is empty and which nobody else has
 * @item: the record, validated with ckpt_validate_pipe_data()
 * @slots: of its ring
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_fill_pipe(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_item *item,
		   u32 slots)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	long size = (long)slots << PAGE_SHIFT;
	long got = size;

	/* As fcntl(F_SETPIPE_SZ), with its limits */
	if (pipe->max_usage != slots)
		got = pipe_fcntl(file, F_SETPIPE_SZ, size);
	if (got != size)
		return ckpt_fail(ctx, got < 0 ? got : -EPERM, "a pipe cannot be made %ld bytes large (see fs.pipe-max-size and fs.pipe-user-pages-soft)",
				 size);
	return buffers_restore(ctx, pipe, item);
}

/* What pipe_release() does, but without a word to readers and writers */
static int retired_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;
	bool last;

	spin_lock(&inode->i_lock);
	last = !--pipe->files;
	if (last && inode->i_pipe == pipe)
		inode->i_pipe = NULL;
	spin_unlock(&inode->i_lock);
	if (last)
		free_pipe_info(pipe);
	return 0;
}

static const struct file_operations retired_fops = {
	.release = retired_release,
};

/**
 * ckpt_retire_pipe - restore: an open end of a pipe counts no more
 * @file: the end
 *
 * The object that stands for the pipe must not count as an end of it: it is dropped only
 * when the program runs already, which would see it.  Its release must not wake anybody
 * either, nor send SIGIO for a pipe with one end closed.
 *
 * Context: may sleep.
 */
void ckpt_retire_pipe(struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);

	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ)
		pipe->readers--;
	if (file->f_mode & FMODE_WRITE)
		pipe->writers--;
	file->f_mode &= ~(FMODE_READ | FMODE_CAN_READ | FMODE_WRITE | FMODE_CAN_WRITE);
	file->f_op = &retired_fops;
	mutex_unlock(&pipe->mutex);
}
