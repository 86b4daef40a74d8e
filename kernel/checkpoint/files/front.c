// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: files that are mapped through a stacked file system.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/filelock.h>
#include "files.h"

/**
 * DOC: files mapped through a stacked file system
 *
 * A file of overlayfs, as each program and library in a container is, that is mapped shows
 * the file of the layer below.  Which file the program has opened for that is not kept.
 *
 * Preserved: path and access mode, as of every mapped file.
 *
 * Rebuilt: it is opened again by who maps it.
 *
 * Refused: one that has been deleted, or has a lease.
 */

struct opening {
	const struct cred *cred;
	unsigned int flags;
	struct file *file;
};

static int open_front(const struct path *path, void *data)
{
	struct opening *o = data;
	struct file *file;

	/* Nobody is told, and nobody is waited for: the program has not opened it. */
	file = dentry_open(path, o->flags | __FMODE_NONOTIFY | O_NONBLOCK, o->cred);
	if (IS_ERR(file))
		return PTR_ERR(file);
	file->f_flags &= ~(__FMODE_NONOTIFY | O_NONBLOCK);
	o->file = file;
	return 0;
}

#ifdef CONFIG_FILE_LOCKING
static bool has_lease(struct inode *inode)
{
	const struct file_lock_context *locks = locks_inode_context(inode);

	return locks && !list_empty_careful(&locks->flc_lease);
}
#else
static bool has_lease(struct inode *inode) { return false; }
#endif

static int open_as(struct ckpt_ctx *ctx, struct file *file, const struct cred *cred,
		   struct ckpt_same *same)
{
	const struct path *path = file_user_path(file);
	struct opening o = {
		.cred = cred,
		.flags = (file->f_mode & FMODE_WRITE ? O_RDWR : O_RDONLY) | O_LARGEFILE,
	};
	struct ckpt_shown shown;
	int late, err;

	if (d_unlinked(path->dentry))
		return ckpt_cannot_save(ctx, "%s, which has been deleted and is mapped through a stacked file system such as overlayfs,",
					ckpt_show_path(path, &shown));
	if (has_lease(d_inode(path->dentry)))
		return ckpt_file_fail(ctx, -EBUSY, "%s, mapped through a stacked file system, has a lease, which opening it would break; let the program give it up",
				      ckpt_show_path(path, &shown));
	late = ckpt_ask_as(ctx, path, cred, open_front, &o, &err);
	if (late) {
		if (o.file)
			fput(o.file);
		return late;
	}
	same->front = o.file;
	if (o.file)
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "%s, mapped through a stacked file system, cannot be opened again (error %d)",
			      ckpt_show_path(path, &shown), -err);
}

/*
 * The file that stands for a mapped one: itself, or one of the file system that the program
 * sees.  It is the same one whenever it is asked for, and lives as long as the survey.
 */
static struct file *front_of(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file)
{
	int err = ckpt_survey_files(ctx);
	const struct cred *cred;
	struct ckpt_same *same;

	if (err || !(file->f_mode & FMODE_BACKING))
		return err ? ERR_PTR(err) : file;
	cred = get_task_cred(ckpt_living_task(t));
	same = ckpt_same_front(ctx, file, cred);
	if (!same)
		err = -ENOMEM;
	else if (!same->front)
		err = open_as(ctx, file, cred, same);
	put_cred(cred);
	return err ? ERR_PTR(err) : same->front;
}

/* Declared in ../checkpoint.h */
int ckpt_check_mapped(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file)
{
	struct file *front = front_of(ctx, t, file);

	return IS_ERR(front) ? PTR_ERR(front) :
			       ckpt_check_object(ctx, &ckpt_class_file, front);
}

/* Declared in ../checkpoint.h */
int ckpt_save_mapped(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file, u32 *id)
{
	struct file *front = front_of(ctx, t, file);

	return IS_ERR(front) ? PTR_ERR(front) :
			       ckpt_save_object(ctx, &ckpt_class_file, front, id);
}
