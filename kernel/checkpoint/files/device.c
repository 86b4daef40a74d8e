// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: character devices that keep no state.
 */
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: stateless devices
 *
 * /dev/null, /dev/zero, /dev/full, /dev/random and /dev/urandom, wherever their
 * nodes lie.
 *
 * Preserved: path, access mode and flags; restart() opens the path again and
 * wants the same device there.
 *
 * Refused: every other device, except terminals that are outside.
 */

/* Minor numbers of the memory devices, see Documentation/admin-guide/devices.txt */
static bool is_stateless(unsigned int major, unsigned int minor)
{
	if (major != MEM_MAJOR)
		return false;
	switch (minor) {
	case 3:		/* null */
	case 5:		/* zero */
	case 7:		/* full */
	case 8:		/* random */
	case 9:		/* urandom */
		return true;
	}
	return false;
}

static bool device_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && is_stateless(imajor(inode), iminor(inode));
}

static int device_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return ckpt_check_path(ctx, &file->f_path, file->f_cred) ?:
	       ckpt_check_again(ctx, file);
}

static int device_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			    void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_device rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
		.major = imajor(file_inode(file)),
		.minor = iminor(file_inode(file)),
	};
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_path_name(ctx, &file->f_path, buf, &name);
	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, name, strlen(name));
	__putname(buf);
	return err;
}

static int device_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_device *data = item->data;

	if (data->open_flags & ~(CKPT_OPEN_FLAGS & ~O_PATH))
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	if (!is_stateless(data->major, data->minor))
		return ckpt_fail(ctx, -EINVAL, "device %u:%u is not one that can be restored",
				 data->major, data->minor);
	return ckpt_check_name(ctx, item);
}

static void *device_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_device *data = item->data;

	return ckpt_open_name(ctx, item, data->open_flags, data->cred, S_IFCHR,
			      MKDEV(data->major, data->minor));
}

CHECKPOINT_KIND(file_device) = {
	.name		= "file_device",
	.type		= CKPT_REC_FILE_DEVICE,
	.size		= sizeof(struct ckpt_rec_file_device),
	CKPT_ARRAY(struct ckpt_rec_file_device, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= device_validate,
	.match		= device_match,
	.check_object	= device_check_file,
	.save_object	= device_save_file,
	.restore_object	= device_restore_file,
};
