// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: could an open file be opened again, as restart() will?
 *
 * Modes, owners and mounts may have changed since a file was opened.  A program that
 * ends with its image would be lost for it, so the survey makes the checks of open(2),
 * chdir(2) and execve(2) before anything is saved.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include "files.h"

/**
 * ckpt_opener - who will open something again?
 * @ctx: the call, surveyed
 * @cred: of who opened it
 *
 * The restarter is taken to be who saves: where that one may not become the file's user,
 * its own rights have to do (see the cred kind).
 *
 * Return: the credentials, without a reference
 */
const struct cred *ckpt_opener(struct ckpt_ctx *ctx, const struct cred *cred)
{
	const struct cred *caller = ctx->caller_cred;

	if (uid_eq(cred->fsuid, caller->fsuid) || uid_eq(cred->fsuid, caller->uid) ||
	    ckpt_caller_capable(ctx, CAP_SETUID))
		return cred;
	return caller;
}

/* As may_open() and do_dentry_open(), under the credentials of who will open it */
static int may_open_again(const struct path *path, void *data)
{
	struct file *file = data;
	struct mnt_idmap *idmap = file_mnt_idmap(file);
	struct inode *inode = file_inode(file);
	int err, mask = MAY_OPEN;

	if (file->f_mode & FMODE_READ)
		mask |= MAY_READ;
	if (file->f_mode & FMODE_WRITE)
		mask |= MAY_WRITE;
	if ((S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode)) && !may_open_dev(path))
		return -EACCES;
	err = inode_permission(idmap, inode, mask);
	if (err)
		return err;
	if (IS_APPEND(inode) && mask & MAY_WRITE && !(file->f_flags & O_APPEND))
		return -EPERM;
	if (file->f_flags & O_NOATIME && !inode_owner_or_capable(idmap, inode))
		return -EPERM;
	if (mask & MAY_WRITE && !special_file(inode->i_mode) &&
	    __mnt_is_readonly(path->mnt))
		return -EROFS;
	return 0;
}

/**
 * ckpt_check_again - could a file be opened again by its path?
 * @ctx: the call, surveyed
 * @file: the file, not O_PATH; the caller has a reference to it
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_again(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;
	int late, err;

	late = ckpt_ask_as(ctx, &file->f_path, ckpt_opener(ctx, file->f_cred), may_open_again, file,
			   &err);
	if (late || !err)
		return late;
	if (err == -EACCES && file->f_flags & __FMODE_EXEC)
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%s may be run but not read, which a restart needs; let its user read it",
				      ckpt_show_file(file, &shown));
	return ckpt_file_fail(ctx, -EBUSY, "%s could not be opened again by its user (error %d); make its mode and mount as they were",
			      ckpt_show_file(file, &shown), -err);
}

/*
 * As execve(2).  A program goes on when its file has lost the right meanwhile, and so it
 * may come back, if current could give the right itself, as the file's owner, execute the
 * file and take the right away again.
 */
int ckpt_may_run(struct file *file)
{
	int err;

	if (!S_ISREG(file_inode(file)->i_mode) || path_noexec(&file->f_path))
		return -EACCES;
	err = file_permission(file, MAY_EXEC | MAY_READ | MAY_OPEN);
	if (err == -EACCES && file_owner_or_capable(file))
		err = file_permission(file, MAY_READ | MAY_OPEN);
	return err;
}

static int may_run(const struct path *path, void *data)
{
	return ckpt_may_run(data);
}

/* The restarter is taken to be who saves. */
int ckpt_check_run(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;
	int late, err;

	late = ckpt_ask_as(ctx, &file->f_path, ctx->caller_cred, may_run, file, &err);
	if (late || !err)
		return late;
	return ckpt_file_fail(ctx, -EBUSY, "%s may not be executed any more (error %d), nor is the caller its owner; make its mode and mount as they were",
			      ckpt_show_file(file, &shown), -err);
}

static int may_enter(const struct path *path, void *data)
{
	return path_permission(path, MAY_EXEC | MAY_CHDIR);
}

/**
 * ckpt_check_enter - could a directory be a working directory again?
 * @ctx: the call, surveyed
 * @path: it
 * @cred: the task's credentials
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_enter(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred)
{
	struct ckpt_shown shown;
	int late, err;

	late = ckpt_ask_as(ctx, path, ckpt_opener(ctx, cred), may_enter, NULL, &err);
	if (late || !err)
		return late;
	return ckpt_file_fail(ctx, -EBUSY, "%s may not be entered any more by its user (error %d); make its mode as it was",
			      ckpt_show_path(path, &shown), -err);
}

/* As do_tmpfile() */
static int may_make(const struct path *path, void *data)
{
	struct mnt_idmap *idmap = mnt_idmap(path->mnt);
	struct inode *dir = d_inode(path->dentry);
	int err;

	if (!fsuidgid_has_mapping(dir->i_sb, idmap))
		return -EOVERFLOW;
	err = inode_permission(idmap, dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	return __mnt_is_readonly(path->mnt) ? -EROFS : 0;
}

/**
 * ckpt_check_make - could a file that has been deleted be made again?
 * @ctx: the call, surveyed
 * @path: the file
 * @dir: the directory to make it in
 * @cred: who opened it
 * @by_caller: out: its user could not, but the caller could; NULL: that would not do
 *
 * Programs and libraries lie where those who run them may not write.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_make(struct ckpt_ctx *ctx, const struct path *path, const struct path *dir,
		    const struct cred *cred, bool *by_caller)
{
	struct ckpt_shown shown;
	int late, err, caller_err;

	late = ckpt_ask_as(ctx, dir, ckpt_opener(ctx, cred), may_make, NULL, &err);
	if (late || !err)
		return late;
	if (by_caller) {
		late = ckpt_ask_as(ctx, dir, ctx->caller_cred, may_make, NULL, &caller_err);
		*by_caller = !late && !caller_err;
		if (late || *by_caller)
			return late;
	}
	return ckpt_file_fail(ctx, -EBUSY, "%s, which has been deleted, could not be made again by its user (error %d); let that user write to its directory or save it as root",
			      ckpt_show_path(path, &shown), -err);
}

static int may_read(const struct path *path, void *data)
{
	return inode_permission(mnt_idmap(path->mnt), d_inode(path->dentry), MAY_READ);
}

/**
 * ckpt_check_contents - may the caller read a file that the tree cannot read?
 * @ctx: the call, surveyed
 * @file: the file, whose contents are to be in the image
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_contents(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;
	int late, err;

	late = ckpt_ask_as(ctx, &file->f_path, ctx->caller_cred, may_read, NULL, &err);
	if (late || !err)
		return late;
	return ckpt_file_fail(ctx, -EACCES, "%s, which has been deleted, can be read neither by the program nor by the caller (error %d); save it as its owner",
			      ckpt_show_file(file, &shown), -err);
}

static int may_write(const struct path *path, void *data)
{
	return inode_permission(mnt_idmap(path->mnt), d_inode(path->dentry), MAY_WRITE);
}

/**
 * ckpt_check_write - could what a named pipe holds be put there again?
 * @ctx: the call, surveyed
 * @file: an end of it that only reads, and nobody has it open for writing
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_write(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;
	int late, err;

	late = ckpt_ask_as(ctx, &file->f_path, ckpt_opener(ctx, file->f_cred), may_write, NULL,
			   &err);
	if (late || !err)
		return late;
	return ckpt_file_fail(ctx, -EBUSY, "%s, a named pipe, holds bytes that its user could not write again (error %d); let the program read them first",
			      ckpt_show_file(file, &shown), -err);
}

static int may_watch(const struct path *path, void *data)
{
	return path_permission(path, MAY_READ);
}

/**
 * ckpt_check_watch - could inotify watch a file again?
 * @ctx: the call, surveyed
 * @path: the file
 * @cred: credentials of who made the inotify instance
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_watch(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred)
{
	struct ckpt_shown shown;
	int late, err;

	late = ckpt_ask_as(ctx, path, ckpt_opener(ctx, cred), may_watch, NULL, &err);
	if (late || !err)
		return late;
	return ckpt_file_fail(ctx, -EBUSY, "%s may not be watched any more by its user (error %d), who cannot read it; make its mode as it was",
			      ckpt_show_path(path, &shown), -err);
}
