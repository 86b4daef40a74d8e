// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: block devices that are open for reading.
 */
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: block devices
 *
 * Preserved: path, access mode, flags and position; restart() opens the path again and wants
 * the same device there, which has as many bytes.
 *
 * Refused: one that is open for writing or exclusively (O_EXCL); one whose medium can be
 * taken out; a loop device that nobody else has open, as closing it may give its file up.
 *
 * Immaterial: what is read ahead.  What a device holds is not in the image, and whether it
 * has changed the kernel does not know.
 */

static bool block_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return S_ISBLK(file_inode(file)->i_mode) && !(file->f_mode & FMODE_PATH);
}

/* -- check and save ------------------------------------------------------------------ */

/* How many files of the tree have the disk open, or a part of it */
static unsigned int count_open(struct ckpt_ctx *ctx, const struct gendisk *disk)
{
	const struct ckpt_seen *seen;
	unsigned int nr = 0;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct file *other = (struct file *)seen->ptr;

		if (block_match(ctx, other) && file_bdev(other)->bd_disk == disk)
			nr++;
	}
	return nr;
}

static const char *obstacle(struct ckpt_ctx *ctx, struct file *file)
{
	struct block_device *bdev = file_bdev(file);

	if (file->f_mode & FMODE_WRITE || !(file->f_mode & FMODE_READ))
		return "open for writing,";
	if (file->private_data)
		return "open exclusively (O_EXCL),";
	if (bdev->bd_disk->flags & GENHD_FL_REMOVABLE)
		return "whose medium can be taken out,";
	if (bdev->bd_disk->major == LOOP_MAJOR &&
	    disk_openers(bdev->bd_disk) <= count_open(ctx, bdev->bd_disk))
		return "which closing may unbind from its file,";
	return NULL;
}

static int refuse_block(struct ckpt_ctx *ctx, struct file *file, const char *why)
{
	const struct block_device_operations *fops = file_bdev(file)->bd_disk->fops;
	const void * const functions[] = { fops->ioctl, fops->getgeo, fops->open,
					   fops->submit_bio };
	struct inode *inode = file_inode(file);
	struct ckpt_shown shown, driver;

	return ckpt_cannot_save(ctx, "block device %s (%u:%u%s), %s",
				ckpt_show_file(file, &shown), imajor(inode), iminor(inode),
				ckpt_show_driver(functions, ARRAY_SIZE(functions), &driver), why);
}

static int block_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	const char *why = obstacle(ctx, file);

	if (why)
		return refuse_block(ctx, file, why);
	return ckpt_check_path(ctx, &file->f_path, file->f_cred) ?:
	       ckpt_check_again(ctx, file) ?: ckpt_check_open_state(ctx, file);
}

static int block_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_block rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
		.major = imajor(file_inode(file)),
		.minor = iminor(file_inode(file)),
		.size = bdev_nr_bytes(file_bdev(file)),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	return err ?: ckpt_emit_with_path(ctx, kind, &file->f_path, &rec, id);
}

/* -- validate and restore ------------------------------------------------------------- */

static int block_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_block *data = item->data;

	if (data->open_flags & ~(CKPT_OPEN_FLAGS & ~(O_PATH | O_DIRECTORY)))
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	if ((data->open_flags & O_ACCMODE) != O_RDONLY)
		return ckpt_fail(ctx, -EINVAL, "a block device is open for writing");
	if (!data->major || MAJOR(MKDEV(data->major, data->minor)) != data->major ||
	    MINOR(MKDEV(data->major, data->minor)) != data->minor)
		return ckpt_fail(ctx, -EINVAL, "device %u:%u is out of range", data->major,
				 data->minor);
	return ckpt_check_name(ctx, item);
}

static int compare_size(struct ckpt_ctx *ctx, struct file *file, u64 size)
{
	u64 now = bdev_nr_bytes(file_bdev(file));
	struct ckpt_shown shown;

	if (now == size)
		return 0;
	ckpt_show_file(file, &shown);
	if (!(ctx->flags & RESTART_ALLOW_CHANGED))
		return ckpt_fail(ctx, -ESTALE, "%s has changed since the checkpoint (size %llu, was %llu)",
				 shown.text, now, size);
	ckpt_note(ctx, "%s has changed since the checkpoint (size %llu, was %llu)", shown.text,
		  now, size);
	return 0;
}

static void *block_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_block *data = item->data;
	struct file *file = ckpt_open_name(ctx, item, data->open_flags, data->cred, S_IFBLK,
					   MKDEV(data->major, data->minor));
	int err;

	if (IS_ERR(file))
		return file;
	err = compare_size(ctx, file, data->size);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(file_block) = {
	.name		= "file_block",
	.type		= CKPT_REC_FILE_BLOCK,
	.size		= sizeof(struct ckpt_rec_file_block),
	CKPT_ARRAY(struct ckpt_rec_file_block, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= block_validate,
	.match		= block_match,
	.check_object	= block_check_file,
	.save_object	= block_save_file,
	.restore_object	= block_restore_file,
};
