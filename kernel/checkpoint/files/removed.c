// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: directories, named pipes, sockets and device nodes that have been removed.
 *
 * Each is made under a name and removed again: there is no other way to get one.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/device_cgroup.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/kdev_t.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: removed directories, named pipes, sockets and device nodes
 *
 * A working directory, root directory or open directory that has been removed, a named pipe
 * that has been deleted, the node of a device that is open, and the file of a socket or a node
 * that is open with O_PATH, are made again where they were, under the name that they had or
 * another one if that is taken, and removed.
 *
 * Preserved: mode, owner, times of access and change, the number of a device, and which
 * descriptors, tasks and ends of a pipe have the same.
 *
 * Rebuilt: the parent of a directory is the one that it was made in; where that has been
 * removed too, the nearest one above that is still there.
 *
 * Refused: those of file systems that are neither on a disk nor tmpfs, nor an overlay of
 * these; with extended attributes; those that their user could not make again, nodes for want
 * of CAP_MKNOD above all, or whose owner the caller could not set; the file of a socket that can
 * still be connected to through it; the nodes of terminals and block devices that are open.
 *
 * Immaterial: who else outside has such a directory: nothing can be put there any more. A
 * named pipe is another matter, see there.
 */

/**
 * ckpt_is_removed - is it a directory, named pipe, socket or device node without a name?
 * @path: where it is
 *
 * Return: true if it is
 */
bool ckpt_is_removed(const struct path *path)
{
	const struct inode *inode = d_inode(path->dentry);

	if (!d_unlinked(path->dentry) || path->dentry == path->mnt->mnt_root ||
	    path->mnt->mnt_flags & MNT_INTERNAL || path->dentry->d_flags & DCACHE_NFSFS_RENAMED)
		return false;
	return S_ISDIR(inode->i_mode) || (special_file(inode->i_mode) && !inode->i_nlink);
}

/* -- check and save ---------------------------------------------------------------- */

/* As vfs_mknod() */
static int may_make_node(const struct path *path, void *data)
{
	const struct inode *inode = d_inode(path->dentry);

	if (!S_ISCHR(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return 0;
	if (!ns_capable_noaudit(&init_user_ns, CAP_MKNOD))
		return -EPERM;
	return devcgroup_inode_mknod(inode->i_mode, inode->i_rdev);
}

static int check_node(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred)
{
	struct ckpt_shown shown;
	int late, err;

	/* Through /proc/PID/fd */
	if (S_ISSOCK(d_inode(path->dentry)->i_mode) && ckpt_unix_is_bound(d_inode(path->dentry)))
		return ckpt_cannot_save(ctx, "%s, which has been deleted and a socket is bound to,",
					ckpt_show_path(path, &shown));
	late = ckpt_ask_as(ctx, path, ckpt_opener(ctx, cred), may_make_node, NULL, &err);
	if (late || !err)
		return late;
	return ckpt_file_fail(ctx, -EBUSY, "%s, a device node that has been deleted, could not be made again by its user (error %d), for want of CAP_MKNOD or by the device cgroup; make it under this name",
			      ckpt_show_path(path, &shown), -err);
}

/**
 * ckpt_check_place - can what ckpt_is_removed() asks about be found again, or made again?
 * @ctx: the call, surveyed
 * @path: it
 * @cred: who looks it up
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_place(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred)
{
	int err;

	if (!ckpt_is_removed(path))
		return ckpt_check_path(ctx, path, cred);
	err = ckpt_check_home(ctx, path, cred, NULL);
	if (!err)
		err = ckpt_check_xattrs(ctx, path, false);
	if (!err)
		err = check_node(ctx, path, cred);
	return err ?: ckpt_check_owner_again(ctx, path, ckpt_opener(ctx, cred));
}

static const struct ckpt_kind ckpt_kind_place;

/**
 * ckpt_save_removed - save what ckpt_is_removed() says so of as if it were open with O_PATH
 * @ctx: the call
 * @path: it
 * @cred: who looks it up
 * @id: out: object id of the file
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_removed(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		      u32 *id)
{
	const struct ckpt_rec_inode_attr attr = ckpt_get_attr(path);
	struct ckpt_rec_place rec = {
		.mode = attr.mode, .uid = attr.uid, .gid = attr.gid,
		.atime_sec = attr.atime_sec, .mtime_sec = attr.mtime_sec,
		.atime_nsec = attr.atime_nsec, .mtime_nsec = attr.mtime_nsec,
		.major = imajor(d_inode(path->dentry)), .minor = iminor(d_inode(path->dentry)),
	};
	/* By whatever task and file it is reached, it is one. */
	int err, new = ckpt_object_id(ctx, path->dentry, &ckpt_class_file, id);
	char *name;

	if (new <= 0)
		return new;
	err = ckpt_save_object(ctx, &ckpt_class_cred, cred, &rec.cred);
	if (err)
		return err;
	name = ckpt_home_name(ctx, path);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = ckpt_emit(ctx, &ckpt_kind_place, *id, &rec, name, strlen(name));
	kfree(name);
	return err;
}

/* -- validate and restore: the place ------------------------------------------------- */

static struct ckpt_rec_inode_attr attr_of(const struct ckpt_rec_place *data)
{
	return (struct ckpt_rec_inode_attr) {
		.mode = data->mode, .uid = data->uid, .gid = data->gid,
		.atime_sec = data->atime_sec, .mtime_sec = data->mtime_sec,
		.atime_nsec = data->atime_nsec, .mtime_nsec = data->mtime_nsec,
	};
}

static int place_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_place *data = item->data;
	const struct ckpt_rec_inode_attr attr = attr_of(data);
	bool node = S_ISCHR(attr.mode) || S_ISBLK(attr.mode);
	int err;

	err = ckpt_validate_attr(ctx, &attr, special_file(attr.mode) ? attr.mode & S_IFMT :
							 S_IFDIR);
	if (!err && (node ? data->major > MAJOR(~0U) || data->minor > MINORMASK :
			    data->major || data->minor))
		err = ckpt_fail(ctx, -EINVAL, "a removed file has device number %u:%u",
				data->major, data->minor);
	return err ?: ckpt_validate_home(ctx, item);
}

static int make_and_remove(const struct path *dir, struct dentry *dentry, umode_t type, dev_t rdev)
{
	struct mnt_idmap *idmap = mnt_idmap(dir->mnt);
	struct inode *parent = d_inode(dir->dentry);
	int err;

	if (S_ISDIR(type)) {
		err = security_path_mkdir(dir, dentry, 0700);
		if (!err)
			err = vfs_mkdir(idmap, parent, dentry, 0700);
	} else {
		err = security_path_mknod(dir, dentry, type | 0600, new_encode_dev(rdev));
		if (!err)
			err = vfs_mknod(idmap, parent, dentry, type | 0600, rdev);
	}
	if (err)
		return err;
	/* With two references it keeps its inode when its name goes. */
	dget(dentry);
	if (S_ISDIR(type))
		err = vfs_rmdir(idmap, parent, dentry);
	else
		err = vfs_unlink(idmap, parent, dentry, NULL);
	if (!err && d_really_is_negative(dentry))
		err = -EIO;
	dput(dentry);
	return err;
}

/*
 * Nobody else gets at it before it is removed, as the directory is locked.
 *
 * Return: the entry with a reference, or an error pointer: -EEXIST if the name is taken
 */
static struct dentry *make_as(const struct path *dir, const char *name, umode_t type, dev_t rdev)
{
	struct inode *parent = d_inode(dir->dentry);
	struct dentry *dentry;
	int err;

	inode_lock_nested(parent, I_MUTEX_PARENT);
	dentry = lookup_one(mnt_idmap(dir->mnt), name, dir->dentry, strlen(name));
	if (!IS_ERR(dentry)) {
		err = d_is_positive(dentry) ? -EEXIST : make_and_remove(dir, dentry, type, rdev);
		if (err) {
			dput(dentry);
			dentry = ERR_PTR(err);
		}
	}
	inode_unlock(parent);
	return dentry;
}

#define TRIES	8

static struct dentry *make_somehow(const struct path *dir, const char *name, umode_t type,
				   dev_t rdev)
{
	struct dentry *dentry;
	char other[32];
	int tries, err;

	err = mnt_want_write(dir->mnt);
	if (err)
		return ERR_PTR(err);
	dentry = make_as(dir, name, type, rdev);
	for (tries = 0; dentry == ERR_PTR(-EEXIST) && tries < TRIES; tries++) {
		snprintf(other, sizeof(other), ".removed-%08x", get_random_u32());
		dentry = make_as(dir, other, type, rdev);
	}
	mnt_drop_write(dir->mnt);
	return dentry;
}

static struct file *open_place(const struct path *path)
{
	struct file *file = dentry_open(path, O_PATH, current_cred());
	int err = IS_ERR(file) ? 0 : ckpt_forget_acls(file);

	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

/* @name is cut in two.  The credentials are those of who makes it. */
static struct file *make_place(struct ckpt_ctx *ctx, const struct ckpt_item *item, char *name)
{
	const struct ckpt_rec_place *data = item->data;
	char *last = strrchr(name, '/');
	struct ckpt_shown shown;
	struct path path, dir;
	struct file *file;
	int err;

	*last = '\0';
	err = ckpt_find_directory(ctx, item, last == name ? "/" : name, &dir);
	if (err)
		return ERR_PTR(err);
	path.mnt = dir.mnt;
	path.dentry = make_somehow(&dir, last + 1, data->mode & S_IFMT,
				   MKDEV(data->major, data->minor));
	if (IS_ERR(path.dentry)) {
		file = ERR_CAST(path.dentry);
	} else {
		file = open_place(&path);
		dput(path.dentry);
	}
	path_put(&dir);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "%s, which has been removed, cannot be made again (error %ld)",
			  ckpt_show_name(item, &shown), -PTR_ERR(file));
	return file;
}

static void *place_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_place *data = item->data;
	const struct ckpt_rec_inode_attr attr = attr_of(data);
	const struct cred *who = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;
	char *name;
	int err;

	if (IS_ERR(who))
		return ERR_CAST(who);
	name = ckpt_home_here(ctx, item);
	if (!name)
		return ERR_PTR(-ENOMEM);
	old = override_creds(who);
	file = make_place(ctx, item, name);
	revert_creds(old);
	kfree(name);
	if (IS_ERR(file))
		return file;
	err = ckpt_set_attr(ctx, file, &attr, "a file that has been removed");
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(place) = {
	.name		= "place",
	.type		= CKPT_REC_PLACE,
	.size		= sizeof(struct ckpt_rec_place),
	CKPT_ARRAY(struct ckpt_rec_place, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= place_validate,
	.restore_object	= place_restore,
};

/* -- a descriptor ---------------------------------------------------------------------- */

/* An open end of a named pipe is of a kind of its own. */
static bool removed_match(struct ckpt_ctx *ctx, void *ptr)
{
	const struct file *file = ptr;

	return ckpt_is_removed(&file->f_path) &&
	       (file->f_mode & FMODE_PATH || S_ISDIR(file_inode(file)->i_mode));
}

static int removed_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	int err = ckpt_check_place(ctx, &file->f_path, file->f_cred);

	if (!err && !(file->f_mode & FMODE_PATH))
		err = ckpt_check_open_state(ctx, file) ?: ckpt_check_again(ctx, file);
	return err;
}

static int removed_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr,
			     u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_place rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
	};
	int err = ckpt_save_removed(ctx, &file->f_path, file->f_cred, &rec.place);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int file_place_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_place *data = item->data;

	if (data->open_flags & ~CKPT_OPEN_FLAGS)
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	if (ckpt_defining_type(ctx, data->place) != CKPT_REC_PLACE)
		return ckpt_fail(ctx, -EINVAL, "file object %u has not been removed", data->place);
	return 0;
}

/**
 * ckpt_open_removed - restore: open what has been removed, with the checks of open(2)
 * @ctx: the call
 * @place: object id, of a record CKPT_REC_PLACE
 * @open_flags: O_* flags of CKPT_OPEN_FLAGS
 * @cred: cred object, 0 for the restarter's
 * @rdev: of a character device its number, which it must have; else 0: a directory, or with
 *	O_PATH anything
 *
 * Context: may sleep.
 * Return: the file, or ERR_PTR (reported)
 */
struct file *ckpt_open_removed(struct ckpt_ctx *ctx, u32 place, u32 open_flags, u32 cred,
			       dev_t rdev)
{
	struct file *at = ckpt_object(ctx, place, &ckpt_class_file), *file;
	const struct cred *who = ckpt_file_cred(ctx, cred), *old;
	const struct inode *inode;
	bool fits;

	if (IS_ERR(who))
		return ERR_CAST(who);
	inode = at ? file_inode(at) : NULL;
	/* An end of a pipe might wait for the other one, and a device act. */
	if (rdev)
		fits = inode && S_ISCHR(inode->i_mode) && inode->i_rdev == rdev;
	else
		fits = inode && (S_ISDIR(inode->i_mode) || open_flags & O_PATH);
	if (!fits)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "file object %u is no place", place));
	old = override_creds(who);
	file = file_open_root(&at->f_path, "", open_flags | O_LARGEFILE | O_NOCTTY, 0);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "what has been removed cannot be opened again (error %ld)",
			  -PTR_ERR(file));
	return file;
}

static void *removed_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_place *data = item->data;

	return ckpt_open_removed(ctx, data->place, data->open_flags, data->cred, 0);
}

CHECKPOINT_KIND(file_place) = {
	.name		= "file_place",
	.type		= CKPT_REC_FILE_PLACE,
	.size		= sizeof(struct ckpt_rec_file_place),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_FS,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= file_place_validate,
	.match		= removed_match,
	.check_object	= removed_check_file,
	.save_object	= removed_save_file,
	.restore_object	= removed_restore_file,
};
