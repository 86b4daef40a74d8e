// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: named pipes that nobody outside the tree has open.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/magic.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "../../../fs/internal.h"
#include "files.h"

/**
 * DOC: named pipes
 *
 * A named pipe (FIFO) that is open inside the tree alone, as the job server of make: its name
 * stays where it is, with owner and mode, and restart() opens it again.  Until the commit
 * who opens that name finds another pipe: nobody sees what a failed restart had made, and
 * restart() waits for nobody who holds the pipe's mutex over a page fault.
 *
 * Preserved: contents with the borders of buffers and packets, the size of the ring, every
 * open end with its own flags and the name that it was opened by.
 *
 * Rebuilt: a process that waits to open, read or write asks again.
 *
 * Refused: one that its user could not open again, or could not have put there what it
 * holds; one of which only another name is left. At a restart nobody else may have it open.
 * One on a descriptor from 0 to 2 with no other end in the tree counts as outside, but not when
 * its writers have gone: the rest is the program's to read.
 *
 * Immaterial: the times of its file go on by themselves.
 */

/**
 * ckpt_is_named_pipe - is it a named pipe?
 * @file: an open file
 *
 * Return: true if it is, and not opened with O_PATH alone
 */
bool ckpt_is_named_pipe(struct file *file)
{
	return get_pipe_info(file, false) && file_inode(file)->i_sb->s_magic != PIPEFS_MAGIC;
}

/**
 * ckpt_is_fifo_inside - is it a named pipe that belongs to the tree?
 * @ctx: the call, surveyed
 * @file: an open file
 *
 * Return: true if it is
 */
bool ckpt_is_fifo_inside(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_seen *seen;

	if (!ckpt_is_named_pipe(file))
		return false;
	seen = ckpt_seen_find(ctx, get_pipe_info(file, false));
	if (!seen || seen->outside)
		return false;
	/* What is left to read, be it the end alone, nobody else could give. */
	return (seen->readers && (seen->writers || seen->written)) || seen->std < 0;
}

/* -- check ---------------------------------------------------------------------- */

static bool holds_bytes(struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);

	return !pipe_empty(READ_ONCE(pipe->head), READ_ONCE(pipe->tail));
}

static int fifo_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, get_pipe_info(file, false));
	int err = ckpt_check_place(ctx, &file->f_path, file->f_cred);

	if (!err)
		err = ckpt_check_again(ctx, file);
	if (!err)
		err = ckpt_check_pipe_data(ctx, file);
	/* Who wrote it is gone, so its right to do so is gone too. */
	if (!err && !seen->writers && holds_bytes(file))
		err = ckpt_check_write(ctx, file);
	return err;
}

/* -- save ----------------------------------------------------------------------- */

static u32 access_of(const struct file *file)
{
	return file->f_flags & O_ACCMODE;
}

/* An end that may have written what is there, or else this one */
static struct file *find_writer(struct ckpt_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct file *end = (struct file *)seen->ptr;

		if (seen->peer && seen->peer->ptr == pipe && end->f_mode & FMODE_WRITE)
			return end;
	}
	return file;
}

static bool is_fifo(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_named_pipe(ptr);
}

static int fifo_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = find_writer(ctx, ptr);
	struct ckpt_rec_fifo rec = {
		.ring_size = get_pipe_info(file, false)->max_usage,
		.access = access_of(file),
	};
	u8 *data = NULL;
	ssize_t size;
	int err;

	err = ckpt_save_path(ctx, &file->f_path, file->f_cred, &rec.place);
	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (err)
		return err;
	size = ckpt_pipe_data(ctx, file, &data);
	err = size < 0 ? size : ckpt_emit(ctx, kind, id, &rec, data, size);
	kvfree(data);
	return err;
}

static bool fifo_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_fifo_inside(ctx, ptr);
}

static int fifo_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_fifo rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_pipe, file, &rec.pipe);

	if (file->f_pipe && file->f_pipe == get_pipe_info(file, false)->w_counter)
		rec.flags |= CKPT_FIFO_NO_WRITER;
	if (!err)
		err = ckpt_save_path(ctx, &file->f_path, file->f_cred, &rec.place);
	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

/* -- validate and restore: the pipe ------------------------------------------------ */

static int fifo_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_fifo *data = item->data;

	if (data->access > O_RDWR)
		return ckpt_fail(ctx, -EINVAL, "a named pipe is malformed");
	return ckpt_validate_pipe_data(ctx, item, data->ring_size);
}

/* Return: where a named pipe is; an error pointer (reported) if it is none */
static struct file *place_of(struct ckpt_ctx *ctx, u32 id)
{
	struct file *place = ckpt_object(ctx, id, &ckpt_class_file);

	if (place && S_ISFIFO(file_inode(place)->i_mode) && place->f_mode & FMODE_PATH)
		return place;
	return ERR_PTR(ckpt_fail(ctx, -EINVAL, "a named pipe is at a place where none is"));
}

/* As whoever had it open, who might have put there what is put there now */
static int may_fill(struct file *place, const struct ckpt_item *item)
{
	const struct ckpt_rec_fifo *data = item->data;
	int mask = MAY_OPEN;

	if (data->access != O_WRONLY)
		mask |= MAY_READ;
	if (data->access != O_RDONLY || item->count)
		mask |= MAY_WRITE;
	return inode_permission(file_mnt_idmap(place), file_inode(place), mask);
}

/* Also by who waits for a partner: to open it would end that wait. */
static bool is_open(struct inode *inode)
{
	guard(spinlock)(&inode->i_lock);
	return inode->i_pipe;
}

static int refuse_busy(struct ckpt_ctx *ctx, struct file *place)
{
	struct ckpt_shown shown;

	return ckpt_fail(ctx, -EBUSY, "the named pipe %s is open to somebody else; close it there first",
			 ckpt_show_file(place, &shown));
}

static int refuse_open(struct ckpt_ctx *ctx, struct file *place, const char *how, int err)
{
	struct ckpt_shown shown;

	return ckpt_fail(ctx, err, "the named pipe %s %s be opened again (error %d)",
			 ckpt_show_file(place, &shown), how, -err);
}

/* What fifo_open() does when there is a partner.  Nobody else can have the mutex yet. */
static int enter(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	scoped_guard(spinlock, &inode->i_lock)
		pipe->files++;
	guard(mutex)(&pipe->mutex);
	stream_open(inode, file);
	file->f_pipe = 0;
	if (file->f_mode & FMODE_READ) {
		pipe->readers++;
		pipe->r_counter++;
	}
	if (file->f_mode & FMODE_WRITE) {
		pipe->writers++;
		pipe->w_counter++;
	}
	return 0;
}

/* As open(2) does once it has found the name, but for its look at the mode */
static struct file *open_place(struct file *place, u32 flags, struct pipe_inode_info *pipe)
{
	struct file *file = alloc_empty_file(flags, current_cred());
	int err;

	if (IS_ERR(file))
		return file;
	file->f_path = place->f_path;
	file->private_data = pipe;
	err = finish_open(file, place->f_path.dentry, enter);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	fsnotify_open(file);
	return file;
}

/* An end that counts for the new pipe, and owns it */
static struct file *open_new(struct file *place)
{
	struct pipe_inode_info *pipe = alloc_pipe_info();
	struct file *file;

	if (!pipe)
		return ERR_PTR(-ENOMEM);
	file = open_place(place, O_RDWR, pipe);
	if (IS_ERR(file))
		free_pipe_info(pipe);
	return file;
}

/*
 * An end of it that does not count: others would take its contents for what they are to
 * read.
 */
static struct file *make_fifo(struct ckpt_ctx *ctx, struct file *place,
			      const struct ckpt_item *item)
{
	const struct ckpt_rec_fifo *data = item->data;
	int err = may_fill(place, item);
	struct file *file;

	if (err)
		return ERR_PTR(refuse_open(ctx, place, "may not", err));
	if (is_open(file_inode(place)))
		return ERR_PTR(refuse_busy(ctx, place));
	file = open_new(place);
	if (IS_ERR(file)) {
		refuse_open(ctx, place, "cannot", PTR_ERR(file));
		return file;
	}
	err = ckpt_fill_pipe(ctx, file, item, data->ring_size);
	ckpt_retire_pipe(file);
	if (!err)
		return file;
	__fput_sync(file);
	return ERR_PTR(err);
}

/* Those that nobody finds by their names yet: their ends that do not count, by object id */
static const struct ckpt_private hidden_private = {
	.size	= sizeof(struct xarray),
	.init	= ckpt_private_init_xarray,
	.free	= ckpt_private_free_xarray,
};

static int hide(struct ckpt_ctx *ctx, u32 id, struct file *file)
{
	struct xarray *hidden = ckpt_make_private(&ctx->privates, &hidden_private);

	if (!hidden || xa_err(xa_store(hidden, id, file, GFP_KERNEL_ACCOUNT)))
		return ckpt_fail(ctx, -ENOMEM, "no memory for the list of named pipes");
	return 0;
}

static int fifo_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_fifo *data = item->data;
	const struct cred *who = ckpt_file_cred(ctx, data->cred), *old;
	struct file *place = place_of(ctx, data->place), *file;

	if (IS_ERR(who))
		return PTR_ERR(who);
	if (IS_ERR(place))
		return PTR_ERR(place);
	old = override_creds(who);
	file = make_fifo(ctx, place, item);
	revert_creds(old);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return ckpt_set_object(ctx, item->object, file) ?: hide(ctx, item->object, file);
}

/* Who has come meanwhile has got a pipe of its own. */
static bool publish(struct file *file)
{
	struct inode *inode = file_inode(file);

	guard(spinlock)(&inode->i_lock);
	if (inode->i_pipe)
		return false;
	inode->i_pipe = file->private_data;
	return true;
}

static int fifo_conclude(struct ckpt_ctx *ctx)
{
	struct xarray *hidden = ckpt_private(&ctx->privates, &hidden_private);
	struct file *file;
	unsigned long id;

	if (!hidden)
		return 0;
	xa_for_each(hidden, id, file) {
		ctx->at = (struct ckpt_at) { .type = CKPT_REC_FIFO, .object = id };
		if (!publish(file))
			return refuse_busy(ctx, file);
	}
	return 0;
}

CHECKPOINT_KIND(fifo) = {
	.name		= "fifo",
	.type		= CKPT_REC_FIFO,
	.size		= sizeof(struct ckpt_rec_fifo),
	CKPT_ARRAY(struct ckpt_rec_fifo, data, __u8),
	.max		= CKPT_PIPE_DATA_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_pipe,
	.defines	= true,
	.match		= is_fifo,
	.save_object	= fifo_save,
	.validate	= fifo_validate,
	.restore	= fifo_restore,
	.conclude	= fifo_conclude,
};

/* -- validate and restore: an end -------------------------------------------------- */

static int file_fifo_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_fifo *data = item->data;

	if (data->open_flags & ~CKPT_OPEN_FLAGS || data->open_flags & O_PATH ||
	    (data->open_flags & O_ACCMODE) == O_ACCMODE || data->flags & ~CKPT_FIFO_NO_WRITER ||
	    ckpt_defining_type(ctx, data->pipe) != CKPT_REC_FIFO)
		return ckpt_fail(ctx, -EINVAL, "the flags of a named pipe's end are malformed");
	return 0;
}

static struct file *open_end(struct file *place, u32 flags, struct pipe_inode_info *pipe)
{
	int mask = MAY_OPEN | ACC_MODE(flags) | (flags & O_APPEND ? MAY_APPEND : 0);
	int err = inode_permission(file_mnt_idmap(place), file_inode(place), mask);

	return err ? ERR_PTR(err) : open_place(place, flags, pipe);
}

/* What fcntl(F_SETFL) alone can set comes with the rest. */
#define LATER_FLAGS	(O_DIRECT | O_NOATIME)

static void *fifo_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_fifo *data = item->data;
	struct file *anchor = ckpt_object(ctx, data->pipe, &ckpt_class_pipe);
	const struct cred *who = ckpt_file_cred(ctx, data->cred), *old;
	struct file *place = place_of(ctx, data->place), *file;
	struct pipe_inode_info *pipe;

	if (IS_ERR(who))
		return ERR_CAST(who);
	if (IS_ERR(place))
		return place;
	if (!anchor || file_inode(anchor) != file_inode(place))
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "an end of a named pipe is of another one"));
	pipe = anchor->private_data;
	old = override_creds(who);
	file = open_end(place, data->open_flags & ~LATER_FLAGS, pipe);
	revert_creds(old);
	if (IS_ERR(file))
		refuse_open(ctx, place, "cannot", PTR_ERR(file));
	else if (data->flags & CKPT_FIFO_NO_WRITER)
		file->f_pipe = pipe->w_counter;
	return file;
}

CHECKPOINT_KIND(file_fifo) = {
	.name		= "file_fifo",
	.type		= CKPT_REC_FILE_FIFO,
	.size		= sizeof(struct ckpt_rec_file_fifo),
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= file_fifo_validate,
	.match		= fifo_match,
	.check_object	= fifo_check_file,
	.save_object	= fifo_save_file,
	.restore_object	= fifo_restore_file,
};
