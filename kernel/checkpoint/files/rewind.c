// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: RESTART_REWIND, files that the program has gone on writing since its
 * image was taken, cut back to what they were.
 *
 * A program that is saved every now and then and dies in between leaves behind files that
 * are longer than its last image knows.  What was opened to append, or was being written at
 * its end, has only grown: without what came later it is as it was.  Nothing else is
 * touched, and nothing at all before the rest of the restart has been done.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include "files.h"
#include "../../../fs/internal.h"

/**
 * struct rewinding - kept for the call
 * @files: records of what was put off, by their objects
 * @writers: open files that write what has only grown, by inode
 */
struct rewinding {
	struct xarray files;
	struct xarray writers;
};

static int rewinding_init(void *data)
{
	struct rewinding *rewinding = data;

	xa_init_flags(&rewinding->files, XA_FLAGS_ACCOUNT);
	xa_init_flags(&rewinding->writers, XA_FLAGS_ACCOUNT);
	return 0;
}

static void rewinding_free(void *data)
{
	struct rewinding *rewinding = data;

	xa_destroy(&rewinding->files);
	xa_destroy(&rewinding->writers);
}

static const struct ckpt_private rewinding_private = {
	.size	= sizeof(struct rewinding),
	.init	= rewinding_init,
	.free	= rewinding_free,
};

static struct rewinding *rewinding_of(struct ckpt_ctx *ctx)
{
	return ckpt_private(&ctx->privates, &rewinding_private);
}

/**
 * ckpt_rewind_later - may a file that has changed be as it was, once it is cut back?
 * @ctx: the call
 * @item: its record, which has it checked for its size
 * @size: what the file has now
 *
 * Whether it has only grown shows when its position is restored, and is looked at then.
 *
 * Return: 1 if it was put off, 0 if not, negative errno (reported)
 */
int ckpt_rewind_later(struct ckpt_ctx *ctx, const struct ckpt_item *item, loff_t size)
{
	const struct ckpt_rec_file_path *data = item->data;
	struct rewinding *rewinding;

	if (!(ctx->flags & RESTART_REWIND) || !S_ISREG(data->mode) || size < 0 ||
	    (u64)size < data->size)
		return 0;
	rewinding = ckpt_make_private(&ctx->privates, &rewinding_private);
	if (!rewinding || xa_err(xa_store(&rewinding->files, item->object, (void *)item,
					  GFP_KERNEL_ACCOUNT)))
		return ckpt_fail(ctx, -ENOMEM, "no memory for the files to be cut back");
	return 1;
}

/* Can what the program did with it since only have made it longer? */
static bool only_grew(struct file *file, const struct ckpt_rec_file_path *data)
{
	return file->f_flags & O_APPEND || file->f_pos == data->size;
}

static bool writes(const struct file *file)
{
	return file->f_mode & FMODE_WRITE;
}

static int refuse(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file)
{
	const struct ckpt_rec_file_path *data = item->data;

	return ckpt_report_change(ctx, item, "size %lld, was %llu, %s",
				  i_size_read(file_inode(file)), data->size,
				  writes(file) ? "and the program may have written before its end" :
						 "and the program does not write it");
}

/* As truncate(2) asks, of who opened it */
static int may_cut(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file)
{
	int err = inode_permission(file_mnt_idmap(file), file_inode(file), MAY_WRITE);
	struct ckpt_shown shown;

	if (!err && (IS_APPEND(file_inode(file)) || IS_IMMUTABLE(file_inode(file))))
		err = -EPERM;
	return err ? ckpt_fail(ctx, err, "%s may not be cut back by its user (error %d)",
			       ckpt_show_name(item, &shown), -err) : 0;
}

static int shorten(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file)
{
	const struct ckpt_rec_file_path *data = item->data;
	loff_t size = i_size_read(file_inode(file));
	struct ckpt_shown shown;
	int err;

	/* by another open file that it has too, or by an earlier restart */
	if ((u64)size <= data->size)
		return 0;
	err = do_ftruncate(file, data->size, 0);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be cut back to %llu bytes (error %d)",
				 ckpt_show_name(item, &shown), data->size, -err);
	ckpt_note(ctx, "%s is cut back from %lld to %llu bytes", ckpt_show_name(item, &shown), size,
		  data->size);
	return 0;
}

typedef int (*rewind_step)(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file);

/* With the rights of who opened each; @writers: of those that write, or else of the others */
static int for_each(struct ckpt_ctx *ctx, bool writers, rewind_step step)
{
	const struct ckpt_rec_file_path *data;
	const struct cred *who, *old;
	struct ckpt_item *item;
	unsigned long id;
	struct file *file;
	int err = 0;

	xa_for_each(&rewinding_of(ctx)->files, id, item) {
		data = item->data;
		file = ckpt_object(ctx, id, &ckpt_class_file);
		who = ckpt_file_cred(ctx, data->cred);
		if (!file || IS_ERR(who))
			return file ? PTR_ERR(who) :
			       ckpt_fail(ctx, -EINVAL, "file object %lu was not made", id);
		if (writes(file) != writers)
			continue;
		ctx->at = (struct ckpt_at) {
			.type = item->kind->type, .object = id, .offset = item->offset,
		};
		old = override_creds(who);
		err = step(ctx, item, file);
		revert_creds(old);
		if (!err && fatal_signal_pending(current))
			err = ckpt_fail_killed(ctx);
		if (err)
			break;
		cond_resched();
	}
	return err;
}

/* Who writes may; the inodes are noted down for those who read them. */
static int check_writer(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file)
{
	const struct ckpt_rec_file_path *data = item->data;
	struct ckpt_shown shown;

	if (!only_grew(file, data))
		return refuse(ctx, item, file);
	/* Its end was the end of the file, and may have been elsewhere since. */
	if ((u64)i_size_read(file_inode(file)) == data->size && !(file->f_flags & O_APPEND))
		ckpt_note(ctx, "%s was written since the checkpoint and is as long as it was: it stays as it is",
			  ckpt_show_name(item, &shown));
	if (xa_err(xa_store(&rewinding_of(ctx)->writers, (unsigned long)file_inode(file), file,
			    GFP_KERNEL_ACCOUNT)))
		return ckpt_fail(ctx, -ENOMEM, "no memory for the files to be cut back");
	return may_cut(ctx, item, file);
}

static int check_reader(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file)
{
	return xa_load(&rewinding_of(ctx)->writers, (unsigned long)file_inode(file)) ? 0 :
	       refuse(ctx, item, file);
}

/**
 * ckpt_rewind_files - cut back what was put off, all or nothing but for errors of a disk
 * @ctx: the call: all else is done, no task runs
 *
 * Context: the restarter; may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_rewind_files(struct ckpt_ctx *ctx)
{
	int err;

	if (!rewinding_of(ctx))
		return 0;
	err = for_each(ctx, true, check_writer);
	if (!err)
		err = for_each(ctx, false, check_reader);
	if (!err)
		err = for_each(ctx, true, shorten);
	return err;
}
