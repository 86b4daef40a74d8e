// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the path under which restart() finds a file, and opening
 * it.  Paths are absolute, seen from the root directory of the tree.
 */
#include <linux/backing-dev.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "files.h"

/*
 * Is what its files hold somebody's, and not made by the kernel when they are read?  What is
 * written to a device, to a server or into another file system has a backing device, the bytes
 * still to be written are counted there.  Of the others those hold data, in memory or in the
 * file systems that they are stacked on, in which anybody may make a file without a name: there
 * a file is nothing but its contents.
 */
static bool holds_data(const struct super_block *sb)
{
	return sb->s_bdi != &noop_backing_dev_info || d_inode(sb->s_root)->i_op->tmpfile;
}

/*
 * Views of the kernel that kinds of their own look after: the same can be had again by its
 * name, unless it is about a process.  Terminals are opened as what they are.
 */
static bool is_view_of_a_kind(const struct dentry *dentry)
{
	return dentry->d_sb->s_magic == DEVPTS_SUPER_MAGIC ||
	       (ckpt_is_pseudo(dentry->d_sb) && !ckpt_pseudo_pid(dentry));
}

/* What is neither may be something else under the same name, or act when it is opened. */
static bool is_found_again(const struct dentry *dentry)
{
	const struct super_block *sb = dentry->d_sb;

	return is_view_of_a_kind(dentry) || (!(sb->s_flags & SB_NOUSER) && holds_data(sb));
}

struct lookup {
	const struct path *root;
	const char *name;
	struct path found;
};

static int look_up(const struct path *path, void *data)
{
	struct lookup *lookup = data;

	return vfs_path_lookup(lookup->root->dentry, lookup->root->mnt, lookup->name, 0,
			       &lookup->found);
}

/* Does the name lead back to the file? */
static int look_up_again(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
			 const char *name)
{
	struct lookup lookup = { .root = &ctx->root_path, .name = name };
	struct path *found = &lookup.found;
	struct ckpt_shown shown;
	bool differs = false;
	int late, err;

	late = ckpt_ask_as(ctx, path, cred, look_up, &lookup, &err);
	/* If it was late, the tree runs and @path may be gone. */
	if (!late && found->dentry)
		differs = found->mnt != path->mnt ||
			  d_inode(found->dentry) != d_inode(path->dentry);
	path_put(found);
	if (late)
		return late;
	if (err)
		return ckpt_file_fail(ctx, -EBUSY, "%s cannot be found again by its user (error %d); make its path as it was",
				      ckpt_show_path(path, &shown), -err);
	if (differs)
		return ckpt_file_fail(ctx, -EBUSY, "%s is hidden by another file or mount; uncover it first",
				      ckpt_show_path(path, &shown));
	return 0;
}

static bool is_deleted(const struct dentry *dentry)
{
	return d_unlinked(dentry) || dentry->d_flags & DCACHE_NFSFS_RENAMED ||
	       (!d_is_dir(dentry) && !d_inode(dentry)->i_nlink);
}

/*
 * From a task in another mount namespace nothing leads to the caller's root directory.  The
 * survey says so of that task (task/refuse.c), and not once more of each file that it has.
 */
static bool is_said_of_task(struct ckpt_ctx *ctx)
{
	struct task_struct *task;
	bool ret;

	if (!(ctx->flags & CHECKPOINT_CHECK) || !ctx->save || !ctx->at.t)
		return false;
	task = ckpt_living_task(ctx->at.t);
	task_lock(task);
	ret = task->nsproxy && task->nsproxy->mnt_ns != current->nsproxy->mnt_ns;
	task_unlock(task);
	return ret;
}

/**
 * ckpt_raw_name - the name of a file, also where it is about a process
 * @ctx: the call
 * @path: the file
 * @buf: PATH_MAX bytes
 * @name: out: the absolute path in @buf, NUL terminated
 *
 * Return: 0 or negative errno (reported, or the cause is): there is none
 */
int ckpt_raw_name(struct ckpt_ctx *ctx, const struct path *path, char *buf, char **name)
{
	struct dentry *dentry = path->dentry;
	struct ckpt_shown shown;

	if (is_deleted(dentry))
		return ckpt_cannot_save(ctx, "%s, which has been deleted%s,",
					ckpt_show_path(path, &shown),
					!d_is_dir(dentry) && d_inode(dentry)->i_nlink ?
					" under this name" : "");
	*name = __d_path(path, &ctx->root_path, buf, PATH_MAX);
	if (!*name && is_said_of_task(ctx))
		return -EBUSY;
	if (!*name)
		return ckpt_file_fail(ctx, -EBUSY, "%s cannot be reached from the root directory of the tree; mount it there",
				      ckpt_show_path(path, &shown));
	if (IS_ERR(*name))
		return ckpt_file_fail(ctx, PTR_ERR(*name), "%s has too long a path; move it to a shorter one",
				      ckpt_show_path(path, &shown));
	return 0;
}

static int check_file_system(struct ckpt_ctx *ctx, const struct path *path)
{
	struct ckpt_shown shown;

	if (is_found_again(path->dentry))
		return 0;
	return ckpt_cannot_save(ctx, "%s, a file of the %s file system,",
				ckpt_show_path(path, &shown), path->dentry->d_sb->s_type->name);
}

/**
 * ckpt_path_name - the name under which restart() will find a file
 * @ctx: the call
 * @path: the file
 * @buf: PATH_MAX bytes
 * @name: out: the absolute path in @buf, NUL terminated
 *
 * Whether it leads back to the file ckpt_check_path() has found out.
 *
 * Return: 0 or negative errno (reported): there is none
 */
int ckpt_path_name(struct ckpt_ctx *ctx, const struct path *path, char *buf, char **name)
{
	return check_file_system(ctx, path) ?: ckpt_raw_name(ctx, path, buf, name);
}

/**
 * ckpt_emit_with_path - append a record whose array is a path
 * @ctx: the call
 * @kind: the record's kind
 * @path: what it names
 * @rec: the fixed part
 * @id: the object's id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_emit_with_path(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			const struct path *path, void *rec, u32 id)
{
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_path_name(ctx, path, buf, &name);
	if (!err)
		err = ckpt_emit(ctx, kind, id, rec, name, strlen(name));
	__putname(buf);
	return err;
}

/**
 * ckpt_check_raw_path - can a file be found again, also where it is about a process?
 * @ctx: the call
 * @path: it
 * @cred: who looks it up
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_raw_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred)
{
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_raw_name(ctx, path, buf, &name);
	if (!err)
		err = look_up_again(ctx, path, cred, name);
	__putname(buf);
	return err;
}

/**
 * ckpt_check_path - can a directory or file be found again?
 * @ctx: the call
 * @path: it
 * @cred: who looks it up
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred)
{
	return check_file_system(ctx, path) ?: ckpt_check_raw_path(ctx, path, cred);
}

/**
 * ckpt_check_name - validate: the array of a record is an absolute path
 * @ctx: the call
 * @item: the record
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_check_name(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const char *name = item->array;

	if (!item->count || name[0] != '/' || memchr(name, 0, item->count))
		return ckpt_fail(ctx, -EINVAL, "a path is not absolute or has a NUL in it");
	return 0;
}

static bool is_type(const struct inode *inode, umode_t type, dev_t rdev)
{
	return (inode->i_mode & S_IFMT) == type && (!rdev || inode->i_rdev == rdev);
}

/* For a message: the name, or that of its directory, is not the one in the record */
static bool has_moved(const struct ckpt_item *item, const char *name)
{
	size_t len = strlen(name);

	return len > item->count || memcmp(name, item->array, len);
}

/*
 * What is refused at saving is not opened either.  A link of /proc (cwd, root, exe, fd)
 * would lead to what is open to current, who may be root, and not to what the file's
 * user may look up.
 */
static int find_name(struct ckpt_ctx *ctx, const struct ckpt_item *item, const char *name,
		     umode_t type, struct path *path)
{
	unsigned int flags = LOOKUP_NO_MAGICLINKS | (S_ISDIR(type) ? LOOKUP_AUTOMOUNT : 0);
	struct ckpt_shown shown;
	int err;

	err = vfs_path_lookup(ctx->root_path.dentry, ctx->root_path.mnt, name, flags, path);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be found%s (error %d)",
				 ckpt_show_name(item, &shown), has_moved(item, name) ?
				 " where it is said to have moved" : "", -err);
	if (is_found_again(path->dentry))
		return 0;
	err = ckpt_fail(ctx, -EOPNOTSUPP, "%s is a file of the %s file system, which is not restored",
			ckpt_show_name(item, &shown), path->dentry->d_sb->s_type->name);
	path_put(path);
	return err;
}

/**
 * ckpt_find_directory - restore: a directory to make something in
 * @ctx: the call
 * @item: the record that has its name, for messages
 * @name: absolute path
 * @path: out: the directory, with a reference
 *
 * Context: may sleep; the caller has taken on the credentials to look it up with.
 * Return: 0 or negative errno (reported)
 */
int ckpt_find_directory(struct ckpt_ctx *ctx, const struct ckpt_item *item, const char *name,
			struct path *path)
{
	struct ckpt_shown shown;
	int err = find_name(ctx, item, name, S_IFDIR, path);

	if (err || d_is_dir(path->dentry))
		return err;
	path_put(path);
	return ckpt_fail(ctx, -ENOTDIR, "the directory of %s is none any more",
			 ckpt_show_name(item, &shown));
}

/*
 * Look before opening: an open of something else that took the name may block (a
 * named pipe) or act (a tape).  What is looked at is what is opened: the name is looked
 * up once.
 */
static struct file *open_name(struct ckpt_ctx *ctx, const struct ckpt_item *item, const char *name,
			      u32 open_flags, umode_t type, dev_t rdev, int quiet)
{
	struct ckpt_shown shown;
	struct file *file;
	struct path path;
	int err;

	err = find_name(ctx, item, name, type, &path);
	if (err)
		return ERR_PTR(err);
	if (is_type(d_inode(path.dentry), type, rdev)) {
		/* A file may be larger by now than a 32-bit program could open it. */
		file = file_open_root(&path, "", open_flags | O_LARGEFILE | O_NOFOLLOW | O_NOCTTY,
				      0);
		if (IS_ERR(file) && PTR_ERR(file) != quiet)
			ckpt_fail(ctx, PTR_ERR(file), "%s cannot be opened (error %ld)",
				  ckpt_show_name(item, &shown), -PTR_ERR(file));
	} else {
		err = ckpt_fail(ctx, -ESTALE, "%s has changed since the checkpoint: it is another type of file",
				ckpt_show_name(item, &shown));
		file = ERR_PTR(err);
	}
	path_put(&path);
	return file;
}

/**
 * ckpt_open_name_but - restore: open the path in a record's array
 * @ctx: the call
 * @item: the record, its array validated with ckpt_check_name()
 * @open_flags: O_* flags of CKPT_OPEN_FLAGS
 * @cred: cred object, 0 for the restarter's
 * @type: S_IF*, what it must be
 * @rdev: device number that it must have, 0 for any
 * @quiet: the error of open(2) that the caller has better words for, 0 for none
 *
 * Context: may sleep.
 * Return: the file, or ERR_PTR (reported, but for @quiet)
 */
struct file *ckpt_open_name_but(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 open_flags,
				u32 cred, umode_t type, dev_t rdev, int quiet)
{
	const struct cred *who = ckpt_file_cred(ctx, cred);
	const struct cred *old;
	struct file *file;
	char *name;

	if (IS_ERR(who))
		return ERR_CAST(who);
	name = ckpt_name_here(ctx, item);
	if (!name)
		return ERR_PTR(-ENOMEM);
	old = override_creds(who);
	file = open_name(ctx, item, name, open_flags, type, rdev, quiet);
	revert_creds(old);
	kfree(name);
	return file;
}

/**
 * ckpt_open_name - restore: open the path in a record's array
 * @ctx: the call
 * @item: the record, its array validated with ckpt_check_name()
 * @open_flags: O_* flags of CKPT_OPEN_FLAGS
 * @cred: cred object, 0 for the restarter's
 * @type: S_IF*, what it must be
 * @rdev: device number that it must have, 0 for any
 *
 * Context: may sleep.
 * Return: the file, or ERR_PTR (reported)
 */
struct file *ckpt_open_name(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 open_flags,
			    u32 cred, umode_t type, dev_t rdev)
{
	return ckpt_open_name_but(ctx, item, open_flags, cred, type, rdev, 0);
}
