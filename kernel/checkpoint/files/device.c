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

static const struct ckpt_kind ckpt_kind_file_device;

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

static bool device_match(struct ckpt_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && is_stateless(imajor(inode), iminor(inode));
}

static int device_check_file(struct ckpt_ctx *ctx, struct file *file)
{
	return ckpt_check_path(ctx, &file->f_path, file->f_cred);
}

static int device_save_file(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct ckpt_file_device rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
		.major = imajor(file_inode(file)),
		.minor = iminor(file_inode(file)),
	};
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_path_name(ctx, &file->f_path, file->f_cred, buf, &name);
	if (!err)
		err = ckpt_save_cred(ctx, file->f_cred, &rec.cred);
	if (!err)
		err = ckpt_emit(ctx, &ckpt_kind_file_device, id, &rec, name, strlen(name));
	__putname(buf);
	return err;
}

static int device_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_file_device *data = rec->data;

	if (data->open_flags & ~(CKPT_OPEN_FLAGS & ~O_PATH))
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	if (!is_stateless(data->major, data->minor))
		return ckpt_fail(ctx, -EINVAL, "device %u:%u is not one that can be restored",
				 data->major, data->minor);
	return ckpt_ref_cred(ctx, data->cred) ?: ckpt_check_name(ctx, rec);
}

static struct file *device_restore_file(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_file_device *data = rec->data;

	return ckpt_open_name(ctx, rec, data->open_flags, data->cred, S_IFCHR,
			      MKDEV(data->major, data->minor));
}

CHECKPOINT_KIND(file_device) = {
	.name		= "file_device",
	.type		= CKPT_REC_FILE_DEVICE,
	.size		= sizeof(struct ckpt_file_device),
	CKPT_ARRAY(struct ckpt_file_device, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= CKPT_CLASS_FILE,
	.defines	= true,
	.validate	= device_validate,
	.match_file	= device_match,
	.check_file	= device_check_file,
	.save_file	= device_save_file,
	.restore_file	= device_restore_file,
};
