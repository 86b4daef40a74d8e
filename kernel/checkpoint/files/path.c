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

/**
 * DOC: regular files, directories and O_PATH files
 *
 * Preserved: the path, access mode and flags.  Contents are not in the image:
 * restart() opens the file again, under the credentials it was opened with,
 * following no link in the last component, and compares type, size and time of
 * the last change of a regular file, for a mapped ELF file its build-id too.
 *
 * Refused: files and directories that are deleted, that the root of the tree does
 * not reach or that something else hides; files of /proc, /sys and the like;
 * a write-back error that the program has not been told yet; a write hint
 * (F_SET_RW_HINT), which lives in the inode alone; executables that may be run
 * but not read; files of a FUSE file system whose server keeps the locks, as
 * the kernel does not know which there are.
 *
 * Immaterial: inode and device numbers are informative; a file system may
 * give others.
 */

static const struct ckpt_kind ckpt_kind_file_path;

/* -- check and save --------------------------------------------------------------- */

static bool path_match(struct ckpt_ctx *ctx, struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

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

static bool may_read(struct ckpt_ctx *ctx, struct file *file)
{
	const struct cred *old;
	int err;

	/* Whoever serves FUSE may be frozen, and is refused anyway. */
	if (ctx->files->serves_fuse)
		return true;
	old = override_creds(file->f_cred);
	err = file_permission(file, MAY_READ);
	revert_creds(old);
	return !err;
}

/* What an open file may hold that its path does not tell */
static int check_open_state(struct ckpt_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);
	struct ckpt_shown shown;

	if (errseq_check(&file->f_mapping->wb_err, READ_ONCE(file->f_wb_err)) ||
	    errseq_check(&inode->i_sb->s_wb_err, READ_ONCE(file->f_sb_err)))
		return ckpt_file_fail(ctx, -EIO, "%s has a write error that the program was not told yet; it must call fsync(2) first",
				      ckpt_show_file(file, &shown));
	if (inode->i_write_hint != WRITE_LIFE_NOT_SET)
		return ckpt_cannot_save(ctx, "%s with a write hint (F_SET_RW_HINT)",
					ckpt_show_file(file, &shown));
	if (has_foreign_locks(inode))
		return ckpt_cannot_save(ctx, "%s, whose locks a FUSE server keeps,",
					ckpt_show_file(file, &shown));
	if (file->f_flags & __FMODE_EXEC && !may_read(ctx, file))
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%s may be run but not read, which a restart needs; let its user read it",
				      ckpt_show_file(file, &shown));
	return 0;
}

static int path_check_file(struct ckpt_ctx *ctx, struct file *file)
{
	const struct dentry_operations *d_op = file->f_path.dentry->d_op;
	int err;

	if (d_op && d_op->d_dname)
		return ckpt_refuse_file(ctx, file);
	err = ckpt_check_path(ctx, &file->f_path, file->f_cred);
	if (!err && !(file->f_mode & FMODE_PATH))
		err = check_open_state(ctx, file);
	return err;
}

static int save_stat(struct ckpt_ctx *ctx, const struct path *path, struct ckpt_file_path *rec)
{
	struct ckpt_shown shown;
	struct kstat stat;
	int err;

	err = vfs_getattr_nosec(path, &stat, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
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

	BUILD_BUG_ON(sizeof_field(struct ckpt_file_path, build_id) < BUILD_ID_SIZE_MAX);
	if (!S_ISREG(file_inode(file)->i_mode) || !(file->f_mode & FMODE_CAN_READ) ||
	    file->f_op->read || !file->f_op->read_iter)
		return 0;
	return build_id_parse_file(file, build_id, &len) ? 0 : len;
}

static int emit_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		     struct ckpt_file_path *rec, u32 id)
{
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_path_name(ctx, path, cred, buf, &name);
	if (!err)
		err = save_stat(ctx, path, rec);
	if (!err)
		err = ckpt_save_cred(ctx, cred, &rec->cred);
	if (!err)
		err = ckpt_emit(ctx, &ckpt_kind_file_path, id, rec, name, strlen(name));
	__putname(buf);
	return err;
}

/*
 * A tree that ends with its image may find its files after a power failure: what
 * it wrote has to be on stable storage too.  An error is still to be told to the
 * program by its own fsync(2): it runs on.
 */
static int sync_written(struct ckpt_ctx *ctx, struct file *file)
{
	errseq_t told = READ_ONCE(file->f_wb_err);
	struct ckpt_shown shown;
	int err;

	if (!(ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN)) ||
	    !(file->f_mode & FMODE_WRITE) || !S_ISREG(file_inode(file)->i_mode))
		return 0;
	err = vfs_fsync(file, 0);
	if (!err || err == -EINVAL)
		return 0;
	spin_lock(&file->f_lock);
	file->f_wb_err = told;
	spin_unlock(&file->f_lock);
	return ckpt_file_fail(ctx, err, "%s could not be brought to stable storage (error %d); see to its file system",
			      ckpt_show_file(file, &shown), -err);
}

static int path_save_file(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct ckpt_file_path rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
	};
	int err = sync_written(ctx, file);

	if (err)
		return err;
	if (S_ISREG(file_inode(file)->i_mode) && !(file->f_mode & FMODE_PATH))
		rec.check = CKPT_CHECK_SIZE | CKPT_CHECK_MTIME;
	if (rec.check && mapping_mapped(file->f_mapping))
		rec.build_id_len = read_build_id(file, rec.build_id);
	if (rec.build_id_len)
		rec.check |= CKPT_CHECK_BUILD_ID;
	return emit_path(ctx, &file->f_path, file->f_cred, &rec, id);
}

/**
 * ckpt_save_path - save a directory as if it were open with O_PATH
 * @ctx: the call
 * @path: the directory; its address identifies it and lives as long as the tree
 *	is frozen
 * @cred: who looks it up
 * @id: out: object id of the file
 *
 * Context: may sleep.
 * Return: 0 or negative errno (told)
 */
int ckpt_save_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		   u32 *id)
{
	struct ckpt_file_path rec = { .open_flags = O_PATH | O_DIRECTORY };
	int new = ckpt_object_id(ctx, path, CKPT_CLASS_FILE, id);

	return new <= 0 ? new : emit_path(ctx, path, cred, &rec, *id);
}

/* -- validate and restore -------------------------------------------------------------- */

static int path_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_file_path *data = rec->data;
	umode_t type = data->mode & S_IFMT;

	if (data->open_flags & ~CKPT_OPEN_FLAGS)
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	if (data->mode > 0xffff || (type != S_IFREG && type != S_IFDIR &&
				    !(data->open_flags & O_PATH)))
		return ckpt_fail(ctx, -EINVAL, "a file of mode %#o is not opened by path",
				 data->mode);
	if (data->check & ~(CKPT_CHECK_SIZE | CKPT_CHECK_MTIME | CKPT_CHECK_BUILD_ID) ||
	    data->build_id_len > BUILD_ID_SIZE_MAX || data->mtime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "what is to be checked of a file is malformed");
	return ckpt_ref_cred(ctx, data->cred) ?: ckpt_check_name(ctx, rec);
}

/* A change that may be allowed: then it is told as a substitution. */
__printf(3, 4)
static int tell_change(struct ckpt_ctx *ctx, const struct ckpt_rec *rec, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	struct ckpt_shown shown;
	va_list args;
	int err = 0;

	va_start(args, fmt);
	vaf.va = &args;
	ckpt_show_name(rec, &shown);
	if (ctx->flags & RESTART_ALLOW_CHANGED)
		ckpt_note(ctx, "%s has changed since the checkpoint (%pV)", shown.text, &vaf);
	else
		err = ckpt_fail(ctx, -ESTALE, "%s has changed since the checkpoint (%pV)",
				shown.text, &vaf);
	va_end(args);
	return err;
}

static int compare(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec *rec)
{
	const struct ckpt_file_path *data = rec->data;
	u8 build_id[BUILD_ID_SIZE_MAX];
	struct ckpt_shown shown;
	struct kstat stat;
	int err;

	err = vfs_getattr_nosec(&file->f_path, &stat, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be looked at (error %d)",
				 ckpt_show_name(rec, &shown), -err);
	if (data->check & CKPT_CHECK_SIZE && stat.size != data->size)
		return tell_change(ctx, rec, "size %lld, was %llu", stat.size, data->size);
	if (data->check & CKPT_CHECK_BUILD_ID &&
	    (read_build_id(file, build_id) != data->build_id_len ||
	     memcmp(build_id, data->build_id, data->build_id_len)))
		return tell_change(ctx, rec, "another build-id");
	if (data->check & CKPT_CHECK_MTIME &&
	    (stat.mtime.tv_sec != data->mtime_sec || stat.mtime.tv_nsec != data->mtime_nsec))
		return tell_change(ctx, rec, "written at %lld.%09ld, was %lld.%09u",
				   stat.mtime.tv_sec, stat.mtime.tv_nsec, data->mtime_sec,
				   data->mtime_nsec);
	return 0;
}

static struct file *path_restore_file(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_file_path *data = rec->data;
	struct file *file;
	int err;

	file = ckpt_open_name(ctx, rec, data->open_flags, data->cred, data->mode & S_IFMT, 0);
	if (IS_ERR(file) || !data->check)
		return file;
	err = compare(ctx, file, rec);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	return file;
}

CHECKPOINT_KIND(file_path) = {
	.name		= "file_path",
	.type		= CKPT_REC_FILE_PATH,
	.size		= sizeof(struct ckpt_file_path),
	CKPT_ARRAY(struct ckpt_file_path, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= CKPT_CLASS_FILE,
	.defines	= true,
	.validate	= path_validate,
	.match_file	= path_match,
	.check_file	= path_check_file,
	.save_file	= path_save_file,
	.restore_file	= path_restore_file,
};
