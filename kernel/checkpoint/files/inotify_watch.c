// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what inotify instances watch, see DOC: inotify.  Compiled into
 * fs/notify/inotify/inotify_user.c, which keeps their structures to itself.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/namei.h>
#include <linux/security.h>
#include "files.h"
#include "../../../fs/notify/fsnotify.h"

#define WATCH_MASK	(INOTIFY_USER_MASK | IN_EXCL_UNLINK | IN_ONESHOT)

static const struct ckpt_kind ckpt_kind_inotify_watch;

/* Records of a file that is no inotify instance would take its data for one. */
static int validate_object(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (ckpt_defining_type(ctx, item->object) == CKPT_REC_FILE_INOTIFY)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "watches belong to a file that is no inotify instance");
}

static struct fsnotify_group *group_of(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);

	return file->private_data;
}

/* -- what is watched -------------------------------------------------------- */

/**
 * struct watched - a watch of an instance
 * @wd: its descriptor
 * @mask: IN_* as the program gave them
 * @inode: with a reference
 * @path: a name of it, with references
 */
struct watched {
	int wd;
	u32 mask;
	struct inode *inode;
	struct path path;
};

/*
 * The watch with the lowest descriptor from @w->wd on.  One that is just going away is
 * passed over.  Return: false if there is none
 */
static bool next_watch(struct fsnotify_group *group, struct watched *w)
{
	struct inotify_inode_mark *mark;

	fsnotify_group_lock(group);
	for (w->inode = NULL; !w->inode; w->wd++) {
		spin_lock(&group->inotify_data.idr_lock);
		mark = idr_get_next(&group->inotify_data.idr, &w->wd);
		/* Who removes it drops the last reference without the lock of the group. */
		if (mark)
			fsnotify_get_mark(&mark->fsn_mark);
		spin_unlock(&group->inotify_data.idr_lock);
		if (!mark)
			break;
		/* It is detached under the lock of the group. */
		if (mark->fsn_mark.flags & FSNOTIFY_MARK_FLAG_ATTACHED) {
			w->mask = inotify_mark_user_mask(&mark->fsn_mark);
			w->inode = igrab(fsnotify_conn_inode(mark->fsn_mark.connector));
		}
		fsnotify_put_mark(&mark->fsn_mark);
	}
	if (w->inode)
		w->wd--;
	fsnotify_group_unlock(group);
	return w->inode;
}

/* Where the tree can see it: a mount of the file system, with a reference */
static struct vfsmount *find_mount(struct ckpt_ctx *ctx, struct dentry *dentry)
{
	struct mnt_namespace *ns = real_mount(ctx->root_path.mnt)->mnt_ns;
	struct vfsmount *found = NULL;
	struct mount *mnt;

	read_seqlock_excl(&mount_lock);
	list_for_each_entry(mnt, &dentry->d_sb->s_mounts, mnt_instance) {
		if (mnt->mnt_ns == ns && is_subdir(dentry, mnt->mnt.mnt_root)) {
			found = mntget(&mnt->mnt);
			break;
		}
	}
	read_sequnlock_excl(&mount_lock);
	return found;
}

/* Return: 0 or negative errno (reported) */
static int find_name(struct ckpt_ctx *ctx, struct watched *w)
{
	w->path.dentry = d_find_alias(w->inode);
	if (!w->path.dentry && !w->inode->i_nlink)
		return ckpt_cannot_save(ctx, "an inotify instance that watches a deleted file (watch %d)",
					w->wd);
	if (!w->path.dentry)
		return ckpt_file_fail(ctx, -EBUSY, "an inotify instance watches a file of which the kernel knows no name now (watch %d); have somebody look at it first",
				      w->wd);
	w->path.mnt = find_mount(ctx, w->path.dentry);
	if (w->path.mnt)
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "an inotify instance watches %pd (watch %d), which is mounted nowhere any more; remove the watch",
			      w->path.dentry, w->wd);
}

typedef int (*watch_visitor)(struct ckpt_ctx *ctx, struct file *file, struct watched *w, u32 id);

/* All watches of an instance, each with its name */
static int visit_watches(struct ckpt_ctx *ctx, struct file *file, watch_visitor visit, u32 id)
{
	struct watched w = { .wd = 1 };
	int err = 0;

	for (; !err && next_watch(file->private_data, &w); w.wd++) {
		w.path = (struct path) {};
		err = find_name(ctx, &w);
		if (!err)
			err = visit(ctx, file, &w, id);
		path_put(&w.path);
		iput(w.inode);
		cond_resched();
	}
	return err;
}

static int check_watch(struct ckpt_ctx *ctx, struct file *file, struct watched *w, u32 id)
{
	int err = ckpt_check_path(ctx, &w->path, file->f_cred);

	return err ?: ckpt_check_watch(ctx, &w->path, file->f_cred);
}

static int save_watch(struct ckpt_ctx *ctx, struct file *file, struct watched *w, u32 id)
{
	struct ckpt_rec_inotify_watch rec = {
		.wd = w->wd,
		.mask = w->mask,
		.mode = w->inode->i_mode,
		.ino = w->inode->i_ino,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	return err ?: ckpt_emit_with_path(ctx, &ckpt_kind_inotify_watch, &w->path, &rec, id);
}

/* -- restore: watches ---------------------------------------------------------------------- */

static int inotify_watch_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inotify_watch *data = item->data;
	int err = validate_object(ctx, item);

	if (err)
		return err;
	if (data->wd < 1 || data->mask & ~WATCH_MASK || data->mode > 0xffff)
		return ckpt_fail(ctx, -EINVAL, "watch %d of an inotify instance is malformed",
				 data->wd);
	return ckpt_check_name(ctx, item);
}

static int add_at(struct fsnotify_group *group, struct inotify_inode_mark *mark, int wd)
{
	struct inotify_group_private_data *data = &group->inotify_data;
	int ret;

	idr_preload(GFP_KERNEL);
	spin_lock(&data->idr_lock);
	ret = idr_alloc(&data->idr, mark, wd, wd == INT_MAX ? 0 : wd + 1, GFP_NOWAIT);
	if (ret >= 0) {
		mark->wd = ret;
		fsnotify_get_mark(&mark->fsn_mark);
	}
	spin_unlock(&data->idr_lock);
	idr_preload_end();
	return ret < 0 ? ret : 0;
}

/* As inotify_new_watch(), but with a given descriptor.  It hears of nothing until the commit. */
static int new_watch(struct fsnotify_group *group, struct inode *inode, int wd)
{
	struct inotify_inode_mark *mark = kmem_cache_alloc(inotify_inode_mark_cachep, GFP_KERNEL);
	int err;

	if (!mark)
		return -ENOMEM;
	fsnotify_init_mark(&mark->fsn_mark, group);
	mark->wd = -1;
	err = add_at(group, mark, wd);
	if (err)
		goto out;
	err = inc_inotify_watches(group->inotify_data.ucounts) ? 0 : -ENOSPC;
	if (err) {
		inotify_remove_from_idr(group, mark);
		goto out;
	}
	err = fsnotify_add_inode_mark_locked(&mark->fsn_mark, inode, 0);
	if (err) {
		inotify_remove_from_idr(group, mark);
		dec_inotify_watches(group->inotify_data.ucounts);
	}
out:
	fsnotify_put_mark(&mark->fsn_mark);
	return err;
}

static int may_watch(struct ckpt_ctx *ctx, const struct path *path, u32 mask, u32 cred)
{
	const struct cred *who = ckpt_file_cred(ctx, cred), *old;
	int err;

	if (IS_ERR(who))
		return PTR_ERR(who);
	old = override_creds(who);
	err = path_permission(path, MAY_READ) ?:
	      security_path_notify(path, mask & IN_ALL_EVENTS, FSNOTIFY_OBJ_TYPE_INODE);
	revert_creds(old);
	return err;
}

static int check_inode(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		       const struct inode *inode)
{
	const struct ckpt_rec_inotify_watch *data = item->data;
	struct ckpt_shown shown;

	if (inode->i_ino == data->ino)
		return 0;
	ckpt_show_name(item, &shown);
	if (!(ctx->flags & RESTART_ALLOW_CHANGED))
		return ckpt_fail(ctx, -ESTALE, "%s, which inotify watches, is another file than at the checkpoint",
				 shown.text);
	ckpt_note(ctx, "%s, which inotify watches, is another file than at the checkpoint",
		  shown.text);
	return 0;
}

static int add_watch(struct ckpt_ctx *ctx, struct ckpt_item *item, const struct path *path)
{
	const struct ckpt_rec_inotify_watch *data = item->data;
	struct fsnotify_group *group = group_of(ctx, item);
	struct ckpt_shown shown;
	int err = check_inode(ctx, item, d_inode(path->dentry));

	if (err)
		return err;
	err = may_watch(ctx, path, data->mask, data->cred);
	if (!err) {
		fsnotify_group_lock(group);
		err = new_watch(group, d_inode(path->dentry), data->wd);
		fsnotify_group_unlock(group);
	}
	ckpt_show_name(item, &shown);
	if (err == -ENOSPC)
		return ckpt_fail(ctx, err, "%s cannot be watched: the user has too many watches (fs.inotify.max_user_watches), or watch %d is there twice",
				 shown.text, data->wd);
	return err ? ckpt_fail(ctx, err, "%s cannot be watched by inotify (error %d)", shown.text,
			       -err) : 0;
}

static int inotify_watch_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inotify_watch *data = item->data;
	struct file *file = ckpt_open_name(ctx, item, O_PATH | O_NOFOLLOW, data->cred,
					   data->mode & S_IFMT, 0);
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = add_watch(ctx, item, &file->f_path);
	fput(file);
	return err;
}

/* It may be gone with its file. */
static void inotify_watch_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inotify_watch *data = item->data;
	struct fsnotify_group *group = group_of(ctx, item);
	struct inotify_inode_mark *mark = inotify_idr_find(group, data->wd);
	struct fsnotify_mark *fsn;

	if (!mark)
		return;
	fsn = &mark->fsn_mark;
	fsnotify_group_lock(group);
	if (fsn->flags & FSNOTIFY_MARK_FLAG_ATTACHED) {
		spin_lock(&fsn->lock);
		fsn->mask = inotify_arg_to_mask(fsnotify_conn_inode(fsn->connector), data->mask);
		fsn->flags |= inotify_arg_to_flags(data->mask);
		spin_unlock(&fsn->lock);
		fsnotify_recalc_mask(fsn->connector);
	}
	fsnotify_group_unlock(group);
	fsnotify_put_mark(fsn);
}

CHECKPOINT_KIND(inotify_watch) = {
	.name		= "inotify_watch",
	.type		= CKPT_REC_INOTIFY_WATCH,
	.size		= sizeof(struct ckpt_rec_inotify_watch),
	CKPT_ARRAY(struct ckpt_rec_inotify_watch, path, __u8),
	.max		= PATH_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_file,
	.many		= true,
	.validate	= inotify_watch_validate,
	.restore	= inotify_watch_restore,
	.finish		= inotify_watch_finish,
};
