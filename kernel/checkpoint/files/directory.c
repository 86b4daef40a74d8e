// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: how far a directory has been read.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mutex.h>
#include <linux/uuid.h>
#include <asm/checkpoint.h>
#include "files.h"

/**
 * DOC: directories that are being read
 *
 * What getdents(2) gives next is the position of the open directory, which only its file
 * system understands.
 *
 * Preserved: the position, where the file system promises that it leads to the same entry
 * whenever the directory is opened again: ext4, xfs, btrfs and f2fs, and tmpfs as long as
 * it is mounted.  restart() compares the file system and the directory: of another one, such
 * as a copy, the position means nothing.  With RESTART_ALLOW_CHANGED that one is read from
 * its beginning.  A directory that has been read to its end is at the end again, on
 * whatever file system.
 *
 * Refused: one that is in the middle of being read on a file system that promises nothing:
 * overlayfs, FUSE, NFS, ramfs and the like.
 *
 * Immaterial: what a file system keeps with the open directory to be faster.
 */

static const struct ckpt_kind ckpt_kind_directory;

/* Entries that are still to come, and whether they are wanted */
struct reader {
	struct dir_context ctx;
	bool passes_over;
	bool found;
};

static bool see_entry(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		      unsigned int type)
{
	struct reader *reader = container_of(ctx, struct reader, ctx);

	reader->found = true;
	return reader->passes_over;
}

/*
 * ext4 counts in one way for 32-bit calls and in another for the rest, both from 0 to a
 * largest number, which is the end.  Only those of the former fit here, or the directory is so
 * small that both are the same.
 */
static bool is_compat_position(const struct file *file, u64 position)
{
	return file_inode(file)->i_sb->s_magic == EXT4_SUPER_MAGIC && position <= S32_MAX;
}

/* As a call of the ABI that the directory was read by, whichever current is in */
static int iterate(struct file *file, bool compat, struct dir_context *ctx,
		   int (*iterate_as)(struct file *file, struct dir_context *ctx))
{
	bool was = ckpt_arch_in_compat();
	int err;

	ckpt_arch_set_compat(compat);
	err = iterate_as(file, ctx);
	ckpt_arch_set_compat(was);
	return err;
}

/*
 * What getdents(2) does, but it takes no entry, so nothing moves and nobody is told.
 *
 * Return: 1 or 0, or negative errno
 */
static int has_more(const struct path *path, void *data)
{
	struct file *file = data;
	struct inode *inode = file_inode(file);
	struct reader reader = { .ctx.actor = see_entry, .ctx.pos = file->f_pos };
	int err;

	if (!file->f_op->iterate_shared)
		return -ENOTDIR;
	err = mutex_lock_killable(&file->f_pos_lock);
	if (err)
		return err;
	err = down_read_killable(&inode->i_rwsem);
	if (!err) {
		if (!IS_DEADDIR(inode))
			err = iterate(file, is_compat_position(file, file->f_pos), &reader.ctx,
				      file->f_op->iterate_shared);
		inode_unlock_shared(inode);
	}
	mutex_unlock(&file->f_pos_lock);
	return err < 0 ? err : reader.found;
}

/* -- check and save ---------------------------------------------------------------- */

/* Does a position lead to the same entry as long as the file system is the same one? */
static bool keeps_positions(const struct file *file)
{
	static const char * const names[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs" };
	const struct super_block *sb = file_inode(file)->i_sb;

	if (uuid_is_null(&sb->s_uuid))
		return false;
	/* tmpfs has a new UUID whenever it is mounted. */
	return file->f_op == &simple_offset_dir_operations ||
	       match_string(names, ARRAY_SIZE(names), sb->s_type->name) >= 0;
}

/* Return: 1 if there are entries to come, 0 or negative errno (reported) */
static int ask(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;
	int late, answer;

	late = ckpt_ask_as(ctx, &file->f_path, file->f_cred, has_more, file, &answer);
	if (late || answer >= 0)
		return late ?: answer;
	return ckpt_file_fail(ctx, answer, "%s cannot be read to see what is left of it (error %d); see to its file system",
			      ckpt_show_file(file, &shown), -answer);
}

/**
 * ckpt_is_read_on - is the position of a file that of CKPT_REC_DIRECTORY?
 * @file: any file
 *
 * Files of proc and the like have records of their own, which have the position.
 *
 * Return: true for a directory that is not at its beginning
 */
bool ckpt_is_read_on(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return S_ISDIR(inode->i_mode) && !ckpt_is_pseudo(inode->i_sb) &&
	       !(file->f_mode & FMODE_PATH) && file->f_pos;
}

/**
 * ckpt_check_directory - can be gone on with reading a directory where it was left?
 * @ctx: the call, surveyed
 * @file: any file; the caller has a reference to it
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_directory(struct ckpt_ctx *ctx, struct file *file)
{
	const char *type = file_inode(file)->i_sb->s_type->name;
	struct ckpt_shown shown;
	int more;

	if (!ckpt_is_read_on(file) || keeps_positions(file))
		return 0;
	more = ask(ctx, file);
	if (more <= 0)
		return more;
	return ckpt_file_fail(ctx, -EBUSY, "%s is read just now, and %s does not promise to go on from there; try again when it is read to its end",
			      ckpt_show_file(file, &shown), type);
}

/**
 * ckpt_save_directory - save how far a directory has been read
 * @ctx: the call
 * @file: any file; the caller has a reference to it
 * @id: its object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_directory(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	const struct inode *inode = file_inode(file);
	struct ckpt_rec_directory rec = {
		.position = file->f_pos,
		.ino = inode->i_ino,
		.generation = inode->i_generation,
	};
	int more;

	if (!ckpt_is_read_on(file))
		return 0;
	more = ask(ctx, file);
	if (more < 0)
		return more;
	if (!more)
		rec.flags |= CKPT_DIRECTORY_END;
	export_uuid(rec.uuid, &inode->i_sb->s_uuid);
	return ckpt_emit(ctx, &ckpt_kind_directory, id, &rec, NULL, 0);
}

/* -- validate and restore ------------------------------------------------------------- */

static int directory_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_directory *data = item->data;

	if (ckpt_defining_type(ctx, item->object) == CKPT_REC_FILE_OUTSIDE)
		return ckpt_fail(ctx, -EINVAL, "a directory that was outside is read by others");
	if ((s64)data->position < 0 || data->flags & ~CKPT_DIRECTORY_END)
		return ckpt_fail(ctx, -EINVAL, "how far a directory has been read is malformed");
	return 0;
}

static bool is_same(const struct inode *inode, const struct ckpt_rec_directory *data)
{
	uuid_t uuid;

	import_uuid(&uuid, data->uuid);
	return inode->i_ino == data->ino && inode->i_generation == data->generation &&
	       uuid_equal(&inode->i_sb->s_uuid, &uuid);
}

static void set_noatime(struct file *file, u32 noatime)
{
	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~O_NOATIME) | noatime;
	spin_unlock(&file->f_lock);
}

/*
 * Without the position: entries may have come since, other file systems count in another
 * way, and ext4 would give nothing more to who seeks to the end, asks and goes back.  It is
 * no access of the program's.
 */
static int read_to_end(struct ckpt_ctx *ctx, struct file *file, u64 position)
{
	u32 noatime = file->f_flags & O_NOATIME;
	struct ckpt_shown shown;
	struct reader reader;
	int err;

	set_noatime(file, O_NOATIME);
	do {
		reader = (struct reader) { .ctx.actor = see_entry, .passes_over = true };
		mutex_lock(&file->f_pos_lock);
		err = iterate(file, is_compat_position(file, position), &reader.ctx, iterate_dir);
		mutex_unlock(&file->f_pos_lock);
		if (!err && fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		cond_resched();
	} while (!err && reader.found);
	set_noatime(file, noatime);
	/* One that has been removed has no entries. */
	if (!err || err == -ENOENT)
		return 0;
	return ckpt_fail(ctx, err, "%s cannot be read to its end again (error %d)",
			 ckpt_show_file(file, &shown), -err);
}

static int restore_position(struct ckpt_ctx *ctx, struct file *file,
			    const struct ckpt_rec_directory *data)
{
	struct ckpt_shown shown;

	ckpt_show_file(file, &shown);
	if (is_same(file_inode(file), data) && keeps_positions(file)) {
		if (vfs_llseek(file, data->position, SEEK_SET) == data->position)
			return 0;
		return ckpt_fail(ctx, -EINVAL, "position %llu of %s cannot be restored",
				 data->position, shown.text);
	}
	if (!(ctx->flags & RESTART_ALLOW_CHANGED))
		return ckpt_fail(ctx, -ESTALE, "%s has changed since the checkpoint (another directory or file system, while it was read)",
				 shown.text);
	ckpt_note(ctx, "%s has changed since the checkpoint (another directory or file system); it is read from its beginning",
		  shown.text);
	return 0;
}

static int directory_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_directory *data = item->data;
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);
	const struct cred *old;
	int err;

	if (!file || !S_ISDIR(file_inode(file)->i_mode) || file->f_mode & FMODE_PATH)
		return ckpt_fail(ctx, -EINVAL, "file object %u is no directory that could be read",
				 item->object);
	old = ckpt_drop_rights(ctx);
	if (IS_ERR(old))
		return ckpt_fail(ctx, PTR_ERR(old), "no memory for credentials");
	if (data->flags & CKPT_DIRECTORY_END)
		err = read_to_end(ctx, file, data->position);
	else
		err = restore_position(ctx, file, data);
	ckpt_regain_rights(old);
	return err;
}

CHECKPOINT_KIND(directory) = {
	.name		= "directory",
	.type		= CKPT_REC_DIRECTORY,
	.size		= sizeof(struct ckpt_rec_directory),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_file,
	.validate	= directory_validate,
	.restore	= directory_restore,
};
