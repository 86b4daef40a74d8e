// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: where something that has no name any more is made again: the
 * directory where it was, or the nearest one above that is still there.
 */
#include <linux/dcache.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include <linux/xattr.h>
#include "files.h"
#include "../../../fs/overlayfs/overlayfs.h"

static void find_home(const struct path *path, struct path *dir)
{
	struct dentry *dentry = dget_parent(path->dentry), *up;

	while (d_unlinked(dentry) && dentry != path->mnt->mnt_root) {
		up = dget_parent(dentry);
		dput(dentry);
		dentry = up;
	}
	dir->mnt = mntget(path->mnt);
	dir->dentry = dentry;
}

static bool is_local(struct super_block *sb);

/* A stack of file systems, of which the uppermost may be written to */
static bool is_overlay_local(struct super_block *sb)
{
	const struct ovl_fs *ofs = OVL_FS(sb);
	unsigned int i;

	if (!IS_ENABLED(CONFIG_OVERLAY_FS))
		return false;
	for (i = 0; i < ofs->numlayer; i++)
		if (ofs->layers[i].mnt && !is_local(ofs->layers[i].mnt->mnt_sb))
			return false;
	return true;
}

/* File systems that keep a file as it was made, and answer by themselves */
static bool is_local(struct super_block *sb)
{
	if (sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return is_overlay_local(sb);
	/* A server answers for fuseblk, which must not be frozen with the tree. */
	if (sb->s_magic == FUSE_SUPER_MAGIC)
		return false;
	return sb->s_type->fs_flags & FS_REQUIRES_DEV || sb->s_magic == TMPFS_MAGIC ||
	       sb->s_magic == HUGETLBFS_MAGIC;
}

/* Is there O_TMPFILE?  An overlay has it if its uppermost layer has. */
static bool makes_nameless(const struct inode *dir)
{
	return dir->i_op->tmpfile &&
	       (!IS_ENABLED(CONFIG_OVERLAY_FS) || dir->i_sb->s_magic != OVERLAYFS_SUPER_MAGIC ||
		OVL_FS(dir->i_sb)->tmpfile);
}

/**
 * ckpt_check_home - could something that has been deleted be made again?
 * @ctx: the call, surveyed
 * @path: what was deleted
 * @cred: who will make it
 * @by_caller: out, of what is made without giving it a name: the caller would have to make it,
 *	as its user could not; NULL for others
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_home(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		    bool *by_caller)
{
	const char *type = path->dentry->d_sb->s_type->name;
	struct ckpt_shown shown;
	struct path dir;
	int err;

	if (!is_local(path->dentry->d_sb))
		return ckpt_cannot_save(ctx, "%s, which has been deleted from a file system of type %s,",
					ckpt_show_path(path, &shown), type);
	find_home(path, &dir);
	err = ckpt_check_path(ctx, &dir, ckpt_opener(ctx, cred));
	if (!err && by_caller && !makes_nameless(d_inode(dir.dentry)))
		err = ckpt_cannot_save(ctx, "%s, which has been deleted from a file system that makes no files without a name (%s),",
				       ckpt_show_path(path, &shown), type);
	if (!err)
		err = ckpt_check_make(ctx, path, &dir, cred, by_caller);
	if (!err && by_caller && *by_caller)
		err = ckpt_check_path(ctx, &dir, ctx->caller_cred);
	path_put(&dir);
	return err;
}

/**
 * ckpt_home_name - save: where something that has been deleted is to be made again
 * @ctx: the call
 * @path: what was deleted
 *
 * Context: may sleep.
 * Return: the directory, a slash and the name that it had, to be freed with kfree(); or an
 * error pointer (reported)
 */
char *ckpt_home_name(struct ckpt_ctx *ctx, const struct path *path)
{
	char *buf = __getname(), *dir, *name = NULL;
	struct name_snapshot last;
	struct path home;
	int err = -ENOMEM;

	find_home(path, &home);
	take_dentry_name_snapshot(&last, path->dentry);
	if (buf)
		err = ckpt_path_name(ctx, &home, buf, &dir);
	if (!err)
		name = kasprintf(GFP_KERNEL_ACCOUNT, "%s/%s", dir[1] ? dir : "", last.name.name);
	if (!err && name && strlen(name) >= PATH_MAX)
		err = ckpt_fail(ctx, -ENAMETOOLONG, "the path of a deleted file is too long");
	else if (!buf || (!err && !name))
		err = ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	release_dentry_name_snapshot(&last);
	path_put(&home);
	if (buf)
		__putname(buf);
	if (!err)
		return name;
	kfree(name);
	return ERR_PTR(err);
}

/**
 * ckpt_validate_home - validate: a record's array is what ckpt_home_name() gives
 * @ctx: the call
 * @item: the record
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_validate_home(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const char *name = item->array;
	u32 len = 0;

	while (len < item->count && name[item->count - len - 1] != '/')
		len++;
	name += item->count - len;
	if (!len || len > NAME_MAX || (len <= 2 && !strncmp(name, "..", len)))
		return ckpt_fail(ctx, -EINVAL, "a deleted file has no name");
	return ckpt_check_name(ctx, item);
}
