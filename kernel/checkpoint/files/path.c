// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: files that are opened again by their path.
 */
#include <linux/buildid.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/errseq.h>
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include "files.h"
#include "../../../fs/fuse/fuse_i.h"
#include "../../../fs/overlayfs/overlayfs.h"

/**
 * DOC: regular files, directories and O_PATH files
 *
 * Preserved: the path, access mode and flags.  Contents are not in the image:
 * restart() opens the file again, under the credentials it was opened with,
 * following no link in the last component, and compares type, size and time of
 * the last change of a regular file, for a mapped ELF file its build-id too.
 * Before a tree is killed or stays frozen, the file systems that it has something open on, executes
 * from or works in are brought to stable storage: what it has written and closed is there after
 * a power failure.  What it has written elsewhere is its own to sync.
 * With RESTART_REWIND a file that the program had open to append, or was writing at its end,
 * may be longer, or written since: when all else is done it is cut back, as its user could
 * by truncate(2).
 *
 * Rebuilt: a file whose name is gone is opened by another one that it has got.  Where paths
 * have moved the restarter may say so (struct restart_moved): they are looked up there, by
 * the same checks, as are working and root directories, programs, names of unix sockets and
 * the directories in which deleted files are made again.
 *
 * Refused: files of which no name is left that the kernel knows of, what the root of the
 * tree does not reach or something else hides; file systems that hold no data, neither on
 * a device, with a server, in memory nor in other file systems, such as debugfs; a
 * write-back error not yet reported to the program; files and directories that their user
 * could not open, execute or enter again, as what restart() asks is asked before
 * (Documentation/restart-checks.md), executables that may be run but not read among them;
 * files of a FUSE file system whose server keeps the locks, as the kernel does not know
 * which there are.
 *
 * Immaterial: inode and device numbers are informative; a file system may
 * give others.
 */

static const struct ckpt_kind ckpt_kind_file_path;

/* -- check and save --------------------------------------------------------------- */

static bool path_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	umode_t mode = file_inode(file)->i_mode;

	if (ckpt_is_unlinked(file) || ckpt_is_removed(&file->f_path))
		return false;
	return S_ISREG(mode) || S_ISDIR(mode) || (file->f_mode & FMODE_PATH);
}

/* Does a FUSE server keep the locks?  Then the kernel has no list of them. */
static bool has_foreign_locks(const struct inode *inode)
{
	const struct fuse_conn *fc;

	if (!IS_ENABLED(CONFIG_FUSE_FS) || inode->i_sb->s_magic != FUSE_SUPER_MAGIC ||
	    !S_ISREG(inode->i_mode))
		return false;
	fc = get_fuse_conn_super(inode->i_sb);
	return !fc->no_lock || !fc->no_flock;
}

/**
 * ckpt_check_open_state - what an open file may hold that its path does not show
 * @ctx: the call, surveyed
 * @file: a regular file or directory, not O_PATH
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_open_state(struct ckpt_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);
	struct ckpt_shown shown;

	if (errseq_check(&file->f_mapping->wb_err, READ_ONCE(file->f_wb_err)))
		return ckpt_file_fail(ctx, -EIO, "%s has a write error that was not yet reported to the program; it must call fsync(2) first",
				      ckpt_show_file(file, &shown));
	if (has_foreign_locks(inode))
		return ckpt_cannot_save(ctx, "%s, whose locks a FUSE server keeps,",
					ckpt_show_file(file, &shown));
	/* Mostly of others' data, and nothing that programs do but syncfs(2) takes it away. */
	if (errseq_check(&inode->i_sb->s_wb_err, READ_ONCE(file->f_sb_err)))
		ckpt_note(ctx, "the file system of %s has had a write error that syncfs(2) of it does not report after a restart",
			  ckpt_show_file(file, &shown));
	return 0;
}

/*
 * The name to open a file by: the one that it was opened by, or, where that is gone, another
 * one that it has got on the same mount, if the kernel knows it: sem_open(3) makes a semaphore
 * under one name, gives it the right one and takes the first away.  A reference is taken.
 */
static void current_name(struct file *file, struct path *path)
{
	struct inode *inode = file_inode(file);
	struct dentry *alias;

	*path = file->f_path;
	path_get(path);
	if (S_ISDIR(inode->i_mode) || !inode->i_nlink || !d_unlinked(path->dentry))
		return;
	alias = d_find_alias(inode);
	if (!alias || !is_subdir(alias, path->mnt->mnt_root)) {
		dput(alias);
		return;
	}
	dput(path->dentry);
	path->dentry = alias;
}

static int path_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	const struct dentry_operations *d_op = file->f_path.dentry->d_op;
	struct path path;
	int err;

	if (d_op && d_op->d_dname)
		return ckpt_refuse_file(ctx, file);
	current_name(file, &path);
	err = ckpt_check_path(ctx, &path, file->f_cred);
	path_put(&path);
	if (!err && !(file->f_mode & FMODE_PATH))
		err = ckpt_check_open_state(ctx, file) ?: ckpt_check_again(ctx, file);
	return err;
}

static int save_stat(struct ckpt_ctx *ctx, const struct path *path, struct ckpt_rec_file_path *rec)
{
	struct path ours = *path;
	struct ckpt_shown shown;
	struct kstat stat;
	int err, late;

	/* Before the wait, in which the tree may be let go */
	path_get(&ours);
	err = ckpt_begin_wait(ctx);
	if (err) {
		path_put(&ours);
		return err;
	}
	err = vfs_getattr_nosec(&ours, &stat, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
	late = ckpt_end_wait_for(ctx, &ours);
	path_put(&ours);
	if (late)
		return late;
	if (err)
		return ckpt_file_fail(ctx, err, "%s cannot be looked at (error %d); see to its file system",
				      ckpt_show_path(path, &shown), -err);
	rec->mode = stat.mode;
	rec->ino = stat.ino;
	rec->device = huge_encode_dev(stat.dev);
	if (S_ISREG(stat.mode)) {
		rec->size = stat.size;
		rec->mtime_sec = stat.mtime.tv_sec;
		rec->mtime_nsec = stat.mtime.tv_nsec;
	}
	return 0;
}

/* Of a mapped file: is it an ELF file with a build-id? */
static u32 read_build_id(struct file *file, u8 *build_id)
{
	u32 len = 0;

	BUILD_BUG_ON(sizeof_field(struct ckpt_rec_file_path, build_id) < BUILD_ID_SIZE_MAX);
	if (!S_ISREG(file_inode(file)->i_mode) || !(file->f_mode & FMODE_CAN_READ) ||
	    file->f_op->read || !file->f_op->read_iter)
		return 0;
	return build_id_parse_file(file, build_id, &len) ? 0 : len;
}

/* The file systems that are on stable storage, by address; the tree keeps them mounted. */
static const struct ckpt_private synced_private = CKPT_PRIVATE_XARRAY;

/* Return: 1 if @sb was among those already, 0 if it is from now on, -ENOMEM */
static int note_synced(struct ckpt_ctx *ctx, struct super_block *sb)
{
	struct xarray *synced = ckpt_make_private(&ctx->privates, &synced_private);
	void *old;

	if (!synced)
		return -ENOMEM;
	old = xa_store(synced, (unsigned long)sb / sizeof(void *), sb, GFP_KERNEL_ACCOUNT);
	return xa_err(old) ?: !!old;
}

/* What is written to an overlay lies in another file system, which has its data and its errors. */
static int sync_upper(struct ckpt_ctx *ctx, struct super_block *sb)
{
	struct vfsmount *upper;

	if (!IS_ENABLED(CONFIG_OVERLAY_FS) || sb->s_magic != OVERLAYFS_SUPER_MAGIC)
		return 0;
	upper = ovl_upper_mnt(OVL_FS(sb));
	return upper && ovl_should_sync(OVL_FS(sb)) ? ckpt_sync_super(ctx, upper->mnt_sb) : 0;
}

/*
 * What a tree that ends with its image has written and closed, or a process of it that has
 * exited, no open file leads to.  So each file system that it has something open on, executes
 * from or works in is brought to stable storage.
 */
static int sync_place(struct ckpt_ctx *ctx, const struct path *path)
{
	struct super_block *sb = path->dentry->d_sb;
	struct path ours = *path;
	struct ckpt_shown shown;
	int err, late;

	if (!(ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN)) || sb_rdonly(sb))
		return 0;
	err = note_synced(ctx, sb);
	if (err < 0)
		return ckpt_fail(ctx, err, "no memory for the file systems that are written to");
	if (err)
		return 0;
	path_get(&ours);
	err = ckpt_begin_wait(ctx);
	if (err) {
		path_put(&ours);
		return err;
	}
	err = sync_upper(ctx, sb) ?: ckpt_sync_super(ctx, sb);
	late = ckpt_end_wait_for(ctx, &ours);
	path_put(&ours);
	if (late || !err)
		return late;
	return ckpt_file_fail(ctx, err, "the file system of %s could not be brought to stable storage (error %d); see to it",
			      ckpt_show_path(path, &shown), -err);
}

static int emit_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		     struct ckpt_rec_file_path *rec, u32 id)
{
	return sync_place(ctx, path) ?:
	       save_stat(ctx, path, rec) ?:
	       ckpt_save_object(ctx, &ckpt_class_cred, cred, &rec->cred) ?:
	       ckpt_emit_with_path(ctx, &ckpt_kind_file_path, path, rec, id);
}

/*
 * A tree that ends with its image may find its files after a power failure: what
 * it wrote has to be on stable storage too.  An error is still to be reported to the
 * program by its own fsync(2): it runs on.
 */
static int sync_written(struct ckpt_ctx *ctx, struct file *file)
{
	errseq_t reported = READ_ONCE(file->f_wb_err);
	struct ckpt_shown shown;
	int err, late;

	if (!(ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN)) ||
	    !(file->f_mode & FMODE_WRITE) || !S_ISREG(file_inode(file)->i_mode))
		return 0;
	err = ckpt_begin_wait(ctx);
	if (err)
		return err;
	err = ckpt_sync(ctx, file);
	late = ckpt_end_wait_for(ctx, &file->f_path);
	if (late)
		return late;
	if (!err || err == -EINVAL)
		return 0;
	spin_lock(&file->f_lock);
	file->f_wb_err = reported;
	spin_unlock(&file->f_lock);
	return ckpt_file_fail(ctx, err, "%s could not be brought to stable storage (error %d); see to its file system",
			      ckpt_show_file(file, &shown), -err);
}

/* What restart() will compare */
static int save_check(struct ckpt_ctx *ctx, struct file *file, struct ckpt_rec_file_path *rec)
{
	int err;

	if (!S_ISREG(file_inode(file)->i_mode) || file->f_mode & FMODE_PATH)
		return 0;
	rec->check = CKPT_CHECK_SIZE | CKPT_CHECK_MTIME;
	if (!mapping_mapped(file->f_mapping))
		return 0;
	err = ckpt_begin_wait(ctx);
	if (err)
		return err;
	rec->build_id_len = read_build_id(file, rec->build_id);
	if (rec->build_id_len)
		rec->check |= CKPT_CHECK_BUILD_ID;
	return ckpt_end_wait_for(ctx, &file->f_path);
}

static int path_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			  void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_path rec = {
		.open_flags = ckpt_file_flags(file) & (CKPT_OPEN_FLAGS | __O_TMPFILE),
	};
	int err = sync_written(ctx, file);
	struct path path;

	if (!err)
		err = save_check(ctx, file, &rec);
	if (err)
		return err;
	current_name(file, &path);
	err = emit_path(ctx, &path, file->f_cred, &rec, id);
	path_put(&path);
	return err;
}

/**
 * ckpt_save_path - save a directory or named pipe as if it were open with O_PATH
 * @ctx: the call
 * @path: it; its address identifies it and lives as long as the tree
 *	is frozen
 * @cred: who looks it up
 * @id: out: object id of the file
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		   u32 *id)
{
	struct ckpt_rec_file_path rec = {
		.open_flags = O_PATH | (d_is_dir(path->dentry) ? O_DIRECTORY : 0),
	};
	struct ckpt_same *same;
	int new;

	if (ckpt_is_removed(path))
		return ckpt_save_removed(ctx, path, cred, id);
	same = ckpt_same_directory(ctx, path, cred);
	if (!same)
		return -ENOMEM;
	new = ckpt_object_id(ctx, same->ptr, &ckpt_class_file, id);
	return new <= 0 ? new : emit_path(ctx, path, cred, &rec, *id);
}

/* -- validate and restore -------------------------------------------------------------- */

static int path_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_path *data = item->data;
	umode_t type = data->mode & S_IFMT;

	if (data->open_flags & ~(CKPT_OPEN_FLAGS | __O_TMPFILE))
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	if (data->mode > 0xffff || (type != S_IFREG && type != S_IFDIR &&
				    !(data->open_flags & O_PATH)))
		return ckpt_fail(ctx, -EINVAL, "a file of mode %#o is not opened by path",
				 data->mode);
	if (data->check & ~(CKPT_CHECK_SIZE | CKPT_CHECK_MTIME | CKPT_CHECK_BUILD_ID) ||
	    data->build_id_len > BUILD_ID_SIZE_MAX || data->mtime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "what is to be checked of a file is malformed");
	return ckpt_check_name(ctx, item);
}

/**
 * ckpt_report_change - a file is not as it was
 * @ctx: the call
 * @item: its record
 * @fmt: in what
 *
 * A change that is allowed is reported as a substitution.
 *
 * Return: 0 if it is allowed, else -ESTALE (reported)
 */
int ckpt_report_change(struct ckpt_ctx *ctx, const struct ckpt_item *item, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	struct ckpt_shown shown;
	va_list args;
	int err = 0;

	va_start(args, fmt);
	vaf.va = &args;
	ckpt_show_name(item, &shown);
	if (ctx->flags & RESTART_ALLOW_CHANGED)
		ckpt_note(ctx, "%s has changed since the checkpoint (%pV)", shown.text, &vaf);
	else
		err = ckpt_fail(ctx, -ESTALE, "%s has changed since the checkpoint (%pV)",
				shown.text, &vaf);
	va_end(args);
	return err;
}

/*
 * Only what has been written since can be cut off again, so a file that is shorter, or another
 * program, has changed whatever the caller allows.
 */
static int report_or_defer(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			   const struct kstat *stat)
{
	const struct ckpt_rec_file_path *data = item->data;
	int put_off = ckpt_rewind_later(ctx, item, stat->size);

	if (put_off)
		return min(put_off, 0);
	if (stat->size != data->size)
		return ckpt_report_change(ctx, item, "size %lld, was %llu", stat->size, data->size);
	return ckpt_report_change(ctx, item, "written at %lld.%09ld, was %lld.%09u",
				stat->mtime.tv_sec, stat->mtime.tv_nsec, data->mtime_sec,
				data->mtime_nsec);
}

static int compare(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_path *data = item->data;
	u8 build_id[BUILD_ID_SIZE_MAX];
	struct ckpt_shown shown;
	struct kstat stat;
	int err;

	err = vfs_getattr_nosec(&file->f_path, &stat, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be looked at (error %d)",
				 ckpt_show_name(item, &shown), -err);
	if (data->check & CKPT_CHECK_SIZE && stat.size != data->size)
		return report_or_defer(ctx, item, &stat);
	if (data->check & CKPT_CHECK_BUILD_ID &&
	    (read_build_id(file, build_id) != data->build_id_len ||
	     memcmp(build_id, data->build_id, data->build_id_len)))
		return ckpt_report_change(ctx, item, "another build-id");
	if (data->check & CKPT_CHECK_MTIME &&
	    (stat.mtime.tv_sec != data->mtime_sec || stat.mtime.tv_nsec != data->mtime_nsec))
		return report_or_defer(ctx, item, &stat);
	return 0;
}

static void *path_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_path *data = item->data;
	u32 flags = data->open_flags;
	struct file *file;
	int err;

	/* It was made without a name and has got one since. */
	if (flags & __O_TMPFILE)
		flags &= ~O_TMPFILE;
	file = ckpt_open_name(ctx, item, flags, data->cred, data->mode & S_IFMT, 0);
	if (IS_ERR(file))
		return file;
	file->f_flags |= data->open_flags & ~flags;
	if (!data->check)
		return file;
	err = compare(ctx, file, item);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	return file;
}

CHECKPOINT_KIND(file_path) = {
	.name		= "file_path",
	.type		= CKPT_REC_FILE_PATH,
	.size		= sizeof(struct ckpt_rec_file_path),
	CKPT_ARRAY(struct ckpt_rec_file_path, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_FS,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= path_validate,
	.match		= path_match,
	.check_object	= path_check_file,
	.save_object	= path_save_file,
	.restore_object	= path_restore_file,
	.conclude	= ckpt_rewind_files,
};
