// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the path under which restart() finds a file, and opening
 * it.  Paths are absolute, seen from the root directory of the tree.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include "files.h"

/* Their files are views of the kernel's state and not what they were elsewhere. */
static bool is_kernel_view(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case SELINUX_MAGIC:
	case SMACK_MAGIC:
	case AAFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case RDTGROUP_SUPER_MAGIC:
	case BPF_FS_MAGIC:
	case BINFMTFS_MAGIC:
	case BINDERFS_SUPER_MAGIC:
	case NSFS_MAGIC:
	case PID_FS_MAGIC:
	case PSTOREFS_MAGIC:
	case EFIVARFS_MAGIC:
	case AUTOFS_SUPER_MAGIC:
		return true;
	}
	return sb->s_flags & SB_NOUSER;
}

/* Does the name lead back to the file? */
static int look_up_again(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
			 const char *name)
{
	const struct cred *old = override_creds(cred);
	struct path found;
	bool same;
	int err;

	err = vfs_path_lookup(ctx->root_path.dentry, ctx->root_path.mnt, name, 0, &found);
	revert_creds(old);
	if (err)
		return ckpt_file_fail(ctx, -EBUSY, "%s cannot be found again (error %d)",
				      name, -err);
	same = found.mnt == path->mnt && d_inode(found.dentry) == d_inode(path->dentry);
	path_put(&found);
	if (!same)
		return ckpt_file_fail(ctx, -EBUSY, "%s is hidden by another file or mount", name);
	return 0;
}

/**
 * ckpt_path_name - the name under which restart() will find a file
 * @ctx: the call
 * @path: the file
 * @cred: who looks it up
 * @buf: PATH_MAX bytes
 * @name: out: the absolute path in @buf, NUL terminated
 *
 * Context: may sleep.
 * Return: 0 or negative errno (told): there is none, or it leads elsewhere
 */
int ckpt_path_name(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		   char *buf, char **name)
{
	struct dentry *dentry = path->dentry;

	if (is_kernel_view(dentry->d_sb))
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%pd4 lies in a %s file system and cannot be saved yet",
				      dentry, dentry->d_sb->s_type->name);
	if (d_unlinked(dentry) || dentry->d_flags & DCACHE_NFSFS_RENAMED ||
	    (!d_is_dir(dentry) && !d_inode(dentry)->i_nlink))
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%pd4 has been deleted, and deleted files cannot be saved yet",
				      dentry);
	*name = __d_path(path, &ctx->root_path, buf, PATH_MAX);
	if (!*name)
		return ckpt_file_fail(ctx, -EBUSY, "%pd4 cannot be reached from the root directory of the tree",
				      dentry);
	if (IS_ERR(*name))
		return ckpt_file_fail(ctx, PTR_ERR(*name), "%pd4 has too long a path", dentry);
	return look_up_again(ctx, path, cred, *name);
}

/**
 * ckpt_check_path - can a directory or file be found again?
 * @ctx: the call
 * @path: it
 * @cred: who looks it up
 *
 * Context: may sleep.
 * Return: 0 or negative errno (told)
 */
int ckpt_check_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred)
{
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_path_name(ctx, path, cred, buf, &name);
	__putname(buf);
	return err;
}

/**
 * ckpt_check_name - validate: the array of a record is an absolute path
 * @ctx: the call
 * @rec: the record
 *
 * Return: 0 or -EINVAL (told)
 */
int ckpt_check_name(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const char *name = rec->array;

	if (!rec->count || name[0] != '/' || memchr(name, 0, rec->count))
		return ckpt_fail(ctx, -EINVAL, "a path is not absolute or has a NUL in it");
	return 0;
}

static bool is_type(const struct inode *inode, umode_t type, dev_t rdev)
{
	return (inode->i_mode & S_IFMT) == type && (!rdev || inode->i_rdev == rdev);
}

/*
 * Look before opening: an open of something else that took the name may block (a
 * named pipe) or act (a tape).
 */
static int look_at_type(struct ckpt_ctx *ctx, const char *name, umode_t type, dev_t rdev)
{
	struct path path;
	int err;

	err = vfs_path_lookup(ctx->root_path.dentry, ctx->root_path.mnt, name, 0, &path);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be found (error %d)", name, -err);
	if (!is_type(d_inode(path.dentry), type, rdev))
		err = ckpt_fail(ctx, -ESTALE, "%s has changed since the checkpoint: it is another type of file",
				name);
	path_put(&path);
	return err;
}

static struct file *open_name(struct ckpt_ctx *ctx, const char *name, u32 open_flags,
			      umode_t type, dev_t rdev)
{
	struct file *file;
	int err = look_at_type(ctx, name, type, rdev);

	if (err)
		return ERR_PTR(err);
	file = file_open_root(&ctx->root_path, name, open_flags | O_NOFOLLOW | O_NOCTTY, 0);
	if (IS_ERR(file)) {
		ckpt_fail(ctx, PTR_ERR(file), "%s cannot be opened (error %ld)", name,
			  -PTR_ERR(file));
		return file;
	}
	if (is_type(file_inode(file), type, rdev))
		return file;
	fput(file);
	return ERR_PTR(ckpt_fail(ctx, -ESTALE, "%s changes while it is opened", name));
}

/**
 * ckpt_open_name - restore: open the path in a record's array
 * @ctx: the call
 * @rec: the record, its array validated with ckpt_check_name()
 * @open_flags: O_* flags of CKPT_OPEN_FLAGS
 * @cred: cred object, 0 for the restarter's
 * @type: S_IF*, what it must be
 * @rdev: device number that it must have, 0 for any
 *
 * Context: may sleep.
 * Return: the file, or ERR_PTR (told)
 */
struct file *ckpt_open_name(struct ckpt_ctx *ctx, const struct ckpt_rec *rec, u32 open_flags,
			    u32 cred, umode_t type, dev_t rdev)
{
	const struct cred *who = ckpt_file_cred(ctx, cred);
	const struct cred *old;
	struct file *file;
	char *name;

	if (IS_ERR(who))
		return ERR_CAST(who);
	name = kmemdup_nul(rec->array, rec->count, GFP_KERNEL_ACCOUNT);
	if (!name)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a path"));
	old = override_creds(who);
	file = open_name(ctx, name, open_flags, type, rdev);
	revert_creds(old);
	kfree(name);
	return file;
}
