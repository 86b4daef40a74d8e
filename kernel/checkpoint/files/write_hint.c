// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: how long what is written to a file is expected to live.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/rw_hint.h>
#include "files.h"

/**
 * DOC: write life hints
 *
 * What fcntl(F_SET_RW_HINT) says about a file stands in its inode, and nowhere else: it is
 * gone when the kernel needs the inode's memory, and when the machine stops.
 *
 * Preserved: the hint of each file that is open, also of pipes and of files without a name.
 *
 * Rebuilt: it is set again where the file has none any more, as fcntl(2) does for everybody
 * who has opened it.  Where the file is immutable, or somebody has set another one
 * meanwhile, it keeps what it has, which is reported.
 *
 * Refused: the hint of a file of /proc/PID.
 *
 * Immaterial: the hint that eventfds, epoll instances and the like share, as they have one
 * inode, which is the kernel's; and that of files that are only mapped or opened with
 * O_PATH, whose hint fcntl(2) does not show.
 */

static const struct ckpt_kind ckpt_kind_write_hint;

/* All files of anon_inode_getfile() share one inode, and it is not the program's. */
static bool may_have_hint(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic != ANON_INODE_FS_MAGIC &&
	       !(file->f_mode & FMODE_PATH);
}

static bool has_hint(const struct file *file)
{
	return READ_ONCE(file_inode(file)->i_write_hint) != WRITE_LIFE_NOT_SET &&
	       may_have_hint(file);
}

/**
 * ckpt_check_write_hint - can the write hint of a file be set again?
 * @ctx: the call, surveyed
 * @file: any file
 *
 * Context: may sleep.
 * Return: 0 or -EOPNOTSUPP (reported)
 */
int ckpt_check_write_hint(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;

	if (!has_hint(file) || !ckpt_pseudo_pid(file->f_path.dentry))
		return 0;
	return ckpt_cannot_save(ctx, "%s with a write hint (F_SET_RW_HINT)",
				ckpt_show_file(file, &shown));
}

/**
 * ckpt_save_write_hint - save the write hint of a file
 * @ctx: the call
 * @file: any file
 * @id: its object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_write_hint(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct ckpt_rec_write_hint rec = {
		.hint = READ_ONCE(file_inode(file)->i_write_hint),
	};

	if (!has_hint(file) || !rec.hint)
		return 0;
	return ckpt_emit(ctx, &ckpt_kind_write_hint, id, &rec, NULL, 0);
}

static int write_hint_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_write_hint *data = item->data;

	switch (ckpt_defining_type(ctx, item->object)) {
	case CKPT_REC_FILE_OUTSIDE:
		return ckpt_fail(ctx, -EINVAL, "the write hint of what was outside is the restarter's");
	case CKPT_REC_FILE_PROC_PID:
		return ckpt_fail(ctx, -EINVAL, "a file of a process has a write hint");
	}
	if (!data->hint || data->hint > WRITE_LIFE_EXTREME)
		return ckpt_fail(ctx, -EINVAL, "write hint %u is out of range", data->hint);
	return 0;
}

/* As fcntl_set_rw_hint(): a device's file is a view of another inode. */
static void set_hint(struct file *file, enum rw_hint hint)
{
	WRITE_ONCE(file_inode(file)->i_write_hint, hint);
	if (file->f_mapping->host != file_inode(file))
		WRITE_ONCE(file->f_mapping->host->i_write_hint, hint);
}

static void restore_hint(struct ckpt_ctx *ctx, struct file *file, u32 hint)
{
	struct inode *inode = file_inode(file);
	enum rw_hint now = READ_ONCE(inode->i_write_hint);
	struct ckpt_shown shown;

	if (now == hint)
		return;
	ckpt_show_file(file, &shown);
	if (now != WRITE_LIFE_NOT_SET)
		ckpt_note(ctx, "%s has got another write hint since the checkpoint, and keeps it",
			  shown.text);
	else if (IS_IMMUTABLE(inode))
		ckpt_note(ctx, "%s is immutable: its write hint is not set again", shown.text);
	else
		set_hint(file, hint);
}

static int write_hint_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_write_hint *data = item->data;
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);

	if (!file || !may_have_hint(file))
		return ckpt_fail(ctx, -EINVAL, "file object %u is none that has a write hint",
				 item->object);
	restore_hint(ctx, file, data->hint);
	return 0;
}

CHECKPOINT_KIND(write_hint) = {
	.name		= "write_hint",
	.type		= CKPT_REC_WRITE_HINT,
	.size		= sizeof(struct ckpt_rec_write_hint),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_file,
	.validate	= write_hint_validate,
	.restore	= write_hint_restore,
};
