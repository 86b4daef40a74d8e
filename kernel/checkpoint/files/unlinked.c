// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: regular files that are open or mapped and have no name any more,
 * or never had one.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/hugetlb.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: deleted files
 *
 * A regular file of a disk, tmpfs, hugetlbfs, or an overlay of these that is open or mapped
 * and has no name is in the image with its contents. restart() makes one without a name in the
 * directory where it was, or in the nearest one above that is still there, as who opened it,
 * or as the caller where that user may not write there: programs and libraries that a new
 * version has replaced.
 *
 * Preserved: contents and size, holes, mode, owner, times of access and change, extended
 * attributes of users and trusted ones, the access control list, NUMA memory policies, whether
 * linkat(2) may give it a name (O_TMPFILE), and which descriptors and mappings are of one file.
 *
 * Rebuilt: the name that /proc shows with "(deleted)" behind it; where the directory has gone
 * too, or the file system looks after names itself, another one. Pages that are all zero become
 * holes.
 *
 * Refused: deleted files of other file systems; one that is open or mapped outside the tree too,
 * unless nobody can write to it and the tree only maps it or executes it; one that is watched;
 * one with capabilities or attributes of chattr(1); one that neither its user nor the caller
 * could make again, or whose owner or trusted attributes the caller could not set; contents that
 * neither the tree nor the caller may read; a private mapping that is locked in memory.
 *
 * Immaterial: what a mapping shows in its last page behind the end of the file is
 * nobody's (POSIX).
 */

/**
 * ckpt_is_unlinked - is it a regular file without a name?
 * @file: an open or mapped file
 *
 * Return: true if it is; files of the kernel's own mounts, such as memfds, are not
 */
bool ckpt_is_unlinked(struct file *file)
{
	const struct path *path = &file->f_path;
	const struct dentry_operations *d_op = path->dentry->d_op;
	const struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) && !inode->i_nlink && d_unlinked(path->dentry) &&
	       path->dentry != path->mnt->mnt_root && !(path->mnt->mnt_flags & MNT_INTERNAL) &&
	       !(path->dentry->d_flags & DCACHE_NFSFS_RENAMED) && !(d_op && d_op->d_dname);
}

/* -- the file system object: check ---------------------------------------------- */

#define ODD_INODE	(S_SYNC | S_NOATIME | S_APPEND | S_IMMUTABLE | S_SWAPFILE | S_VERITY | \
			 S_DAX)

static int check_sort(struct ckpt_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);
	struct ckpt_shown shown;

	ckpt_show_file(file, &shown);
	if (inode->i_flags & ODD_INODE)
		return ckpt_cannot_save(ctx, "%s, which has been deleted, with attributes (see chattr(1))",
					shown.text);
	if (is_watched(inode))
		return ckpt_cannot_save(ctx, "%s, which has been deleted and is watched (inotify, fanotify),",
					shown.text);
	return 0;
}

/* Its open files are known since ckpt_check_inside(). */
static bool tree_reads(struct ckpt_ctx *ctx, const struct inode *inode)
{
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, inode);

	for (seen = seen ? seen->next : NULL; seen; seen = seen->next)
		if (((const struct file *)seen->ptr)->f_mode & FMODE_READ)
			return true;
	return false;
}

static int check_inode(struct ckpt_ctx *ctx, struct file *file, bool *by_caller)
{
	int err = check_sort(ctx, file);

	if (!err)
		err = ckpt_check_deleted(ctx, file);
	if (!err)
		err = ckpt_check_home(ctx, &file->f_path, file->f_cred, by_caller);
	if (!err)
		err = ckpt_check_xattrs(ctx, &file->f_path, true);
	if (!err)
		err = ckpt_check_owner_again(ctx, &file->f_path,
					     *by_caller ? ctx->caller_cred :
							  ckpt_opener(ctx, file->f_cred));
	if (!err && !tree_reads(ctx, file_inode(file)))
		err = ckpt_check_contents(ctx, file);
	return err;
}

static int unlinked_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct ckpt_seen *seen = ckpt_seen_add(ctx, &file_inode(file)->i_data, CKPT_SEEN_CONTENTS);

	if (!seen)
		return -ENOMEM;
	if (!seen->checked) {
		seen->checked = true;
		seen->peer = ckpt_seen_find(ctx, file);
		seen->err = check_inode(ctx, file, &seen->by_caller);
	}
	if (seen->err || file->f_mode & FMODE_PATH)
		return seen->err;
	return ckpt_check_open_state(ctx, file);
}

/* -- the file system object: save ------------------------------------------------ */

static int inode_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct inode *inode = file_inode(ptr);
	/* Whose right to make it again has been looked at */
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, &inode->i_data);
	struct file *file = (struct file *)seen->peer->ptr;
	struct ckpt_rec_inode rec = { .size = i_size_read(inode) };
	char *name;
	int err = 0;

	spin_lock(&inode->i_lock);
	if (inode->i_state & I_LINKABLE)
		rec.flags |= CKPT_INODE_LINKABLE;
	spin_unlock(&inode->i_lock);
	if (!seen->by_caller)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (err)
		return err;
	name = ckpt_home_name(ctx, &file->f_path);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = ckpt_emit(ctx, kind, id, &rec, name, strlen(name));
	kfree(name);
	if (!err)
		err = ckpt_save_xattrs(ctx, file, id);
	if (!err)
		err = ckpt_save_inode_attr(ctx, file, id);
	if (!err)
		err = ckpt_save_inode_policy(ctx, file, id);
	if (!err && is_file_hugepages(file))
		return ckpt_huge_add_source(ctx, file, id);
	return err ?: ckpt_save_contents(ctx, file, id);
}

/* Any file that is open on it stands for it. */
static const void *inode_key(struct ckpt_ctx *ctx, const void *ptr)
{
	return file_inode((struct file *)ptr);
}

/* -- the file system object: restore ----------------------------------------------- */

static void put_unlinked(void *ptr)
{
	struct ckpt_unlinked *unlinked = ptr;

	path_put(&unlinked->path);
	__fput_sync(unlinked->file);
	kfree(unlinked);
}

const struct ckpt_class ckpt_class_inode = {
	.name	= "inode",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_unlinked,
	.key	= inode_key,
	.sink	= &ckpt_inode_sink,
};

static int inode_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inode *data = item->data;

	if (data->size > MAX_LFS_FILESIZE || data->flags & ~CKPT_INODE_LINKABLE)
		return ckpt_fail(ctx, -EINVAL, "a deleted file is malformed");
	return ckpt_validate_home(ctx, item);
}

/*
 * The name that /proc shows.  The inode gets a second entry, in no list of names like the
 * first one: what an open file keeps when its name goes.  File systems that have something
 * of their own in each entry are left with the one that they made.
 */
static struct dentry *named_entry(struct file *file, const char *name)
{
	struct dentry *made = file->f_path.dentry, *dentry;
	struct qstr qname = QSTR_INIT(name, strlen(name));

	if (made->d_op || made->d_fsdata)
		return dget(made);
	dentry = d_alloc(made->d_parent, &qname);
	if (!dentry)
		return NULL;
	ihold(file_inode(file));
	d_instantiate(dentry, file_inode(file));
	return dentry;
}

/*
 * Nobody else can open it for writing.  So what is written through the file made first
 * needs no writer's count, which would keep it from being executed.
 */
static void stop_counting(struct file *file)
{
	file->f_mode &= ~FMODE_WRITER;
	put_write_access(file_inode(file));
	mnt_put_write_access(file->f_path.mnt);
}

static int set_size(struct ckpt_ctx *ctx, struct file *file, u64 size)
{
	int err = -EFBIG;

	/* Beyond the limit the restarter would get a signal. */
	if (!size)
		return 0;
	if (size <= rlimit(RLIMIT_FSIZE))
		err = do_truncate(file_mnt_idmap(file), file->f_path.dentry, size, 0, file);
	if (!err)
		return 0;
	return ckpt_fail(ctx, err, "a deleted file cannot be made %llu bytes large again", size);
}

static int forget_acls(struct ckpt_ctx *ctx, struct file *file)
{
	int err = ckpt_forget_acls(file);

	return err ? ckpt_fail(ctx, err, "a deleted file cannot be made without the access control list of its directory (error %d)",
			       -err) : 0;
}

/* @name is cut in two. */
static struct file *make_file(struct ckpt_ctx *ctx, const struct ckpt_item *item, char *name)
{
	const struct ckpt_rec_inode *data = item->data;
	unsigned int flags = O_TMPFILE | O_RDWR | O_LARGEFILE;
	char *last = strrchr(name, '/');
	struct ckpt_shown shown;
	struct file *file;
	struct path dir;
	int err;

	*last = '\0';
	err = ckpt_find_directory(ctx, item, last == name ? "/" : name, &dir);
	if (err)
		return ERR_PTR(err);
	if (!(data->flags & CKPT_INODE_LINKABLE))
		flags |= O_EXCL;
	file = file_open_root(&dir, "", flags, 0600);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "%s, which has been deleted, cannot be made again (error %ld)",
			  ckpt_show_name(item, &shown), -PTR_ERR(file));
	path_put(&dir);
	return file;
}

static struct ckpt_unlinked *make_unlinked(struct ckpt_ctx *ctx, const struct ckpt_item *item,
					   char *name)
{
	const struct ckpt_rec_inode *data = item->data;
	struct ckpt_unlinked *unlinked;
	struct file *file = make_file(ctx, item, name);
	int err;

	if (IS_ERR(file))
		return ERR_CAST(file);
	err = forget_acls(ctx, file) ?: set_size(ctx, file, data->size);
	if (err)
		goto err_close;
	unlinked = kzalloc(sizeof(*unlinked), GFP_KERNEL_ACCOUNT);
	if (unlinked)
		unlinked->path.dentry = named_entry(file, name + strlen(name) + 1);
	if (!unlinked || !unlinked->path.dentry) {
		kfree(unlinked);
		err = ckpt_fail(ctx, -ENOMEM, "no memory for a deleted file");
		goto err_close;
	}
	unlinked->path.mnt = mntget(file->f_path.mnt);
	unlinked->file = file;
	stop_counting(file);
	return unlinked;

err_close:
	fput(file);
	return ERR_PTR(err);
}

static int inode_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inode *data = item->data;
	const struct cred *who = ckpt_file_cred(ctx, data->cred), *old;
	struct ckpt_unlinked *unlinked;
	char *name;

	if (IS_ERR(who))
		return PTR_ERR(who);
	name = ckpt_home_here(ctx, item);
	if (!name)
		return -ENOMEM;
	old = override_creds(who);
	unlinked = make_unlinked(ctx, item, name);
	revert_creds(old);
	kfree(name);
	if (IS_ERR(unlinked))
		return PTR_ERR(unlinked);
	return ckpt_set_object(ctx, item->object, unlinked);
}

CHECKPOINT_KIND(inode) = {
	.name		= "inode",
	.type		= CKPT_REC_INODE,
	.size		= sizeof(struct ckpt_rec_inode),
	CKPT_ARRAY(struct ckpt_rec_inode, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_inode,
	.defines	= true,
	.save_object	= inode_save,
	.validate	= inode_validate,
	.restore	= inode_restore,
};

/* -- a file that is open or mapped -------------------------------------------------- */

static bool unlinked_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_unlinked(ptr);
}

static int unlinked_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr,
			      u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_inode rec = {
		.open_flags = ckpt_file_flags(file) & (CKPT_OPEN_FLAGS | __O_TMPFILE),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_inode, file, &rec.inode);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int file_inode_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_inode *data = item->data;

	if (data->open_flags & ~(CKPT_OPEN_FLAGS | __O_TMPFILE))
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	return 0;
}

/*
 * No mode is asked: nobody else has the file, and its contents are the restarter's.  Of the
 * flags, O_NOATIME comes with the rest, and is asked for.
 */
static void *unlinked_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_inode *data = item->data;
	struct ckpt_unlinked *unlinked = ckpt_object(ctx, data->inode, &ckpt_class_inode);
	const struct cred *who = ckpt_file_cred(ctx, data->cred);
	struct file *file;

	if (IS_ERR(who))
		return ERR_CAST(who);
	if (!unlinked)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "inode object %u was not made",
					 data->inode));
	file = dentry_open(&unlinked->path,
			   (data->open_flags & ~(O_NOATIME | __O_TMPFILE)) | O_LARGEFILE, who);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "a deleted file cannot be opened again (error %ld)",
			  -PTR_ERR(file));
	else
		file->f_flags |= data->open_flags & __O_TMPFILE;
	return file;
}

CHECKPOINT_KIND(file_inode) = {
	.name		= "file_inode",
	.type		= CKPT_REC_FILE_INODE,
	.size		= sizeof(struct ckpt_rec_file_inode),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_FS,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= file_inode_validate,
	.match		= unlinked_match,
	.check_object	= unlinked_check_file,
	.save_object	= unlinked_save_file,
	.restore_object	= unlinked_restore_file,
};
