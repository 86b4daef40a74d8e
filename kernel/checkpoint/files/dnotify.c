// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: directory notification, fcntl(F_NOTIFY).
 * Compiled into fs/notify/dnotify/dnotify.c, where it is private.
 */
#include "../../../kernel/checkpoint/files/files.h"

/**
 * DOC: directory notification
 *
 * Preserved: what F_NOTIFY watches for a descriptor of a directory, once or for good
 * (DN_MULTISHOT); owner and signal as of each open file.
 *
 * Immaterial: nothing is queued; an event is a signal from the moment it happens.
 */

/* F_NOTIFY keeps one watch for an open file and a table.  Return: its DN_*, 0 if there is none */
static u32 dnotify_get(struct file *file, const struct files_struct *table, int *fd)
{
	struct fsnotify_mark *mark = fsnotify_find_inode_mark(file_inode(file), dnotify_group);
	const struct dnotify_struct *dn;
	u32 mask = 0;

	if (!mark)
		return 0;
	spin_lock(&mark->lock);
	dn = container_of(mark, struct dnotify_mark, fsn_mark)->dn;
	for (; dn; dn = dn->dn_next) {
		if (dn->dn_filp != file || dn->dn_owner != table)
			continue;
		mask = dn->dn_mask;
		*fd = dn->dn_fd;
	}
	spin_unlock(&mark->lock);
	fsnotify_put_mark(mark);
	return mask;
}

/* The inverse of convert_arg() */
static u32 dnotify_arg(u32 mask)
{
	return (mask & FS_DN_MULTISHOT ? DN_MULTISHOT : 0) |
	       (mask & FS_DELETE ? DN_DELETE : 0) |
	       (mask & FS_MODIFY ? DN_MODIFY : 0) |
	       (mask & FS_ACCESS ? DN_ACCESS : 0) |
	       (mask & FS_ATTRIB ? DN_ATTRIB : 0) |
	       (mask & FS_RENAME ? DN_RENAME : 0) |
	       (mask & FS_CREATE ? DN_CREATE : 0);
}

static int dnotify_save_one(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			    struct ckpt_task *t, const struct ckpt_open *at)
{
	struct file *file = (struct file *)at->file->ptr;
	struct ckpt_rec_dnotify rec = { .fd = at->fd };
	int err, fd = -1;

	if (!S_ISDIR(file_inode(file)->i_mode) || file->f_mode & FMODE_PATH)
		return 0;
	rec.events = dnotify_arg(dnotify_get(file, t->files, &fd));
	if (!rec.events || fd != at->fd)
		return 0;
	ckpt_look_at_fd(ctx, at);
	err = ckpt_save_object(ctx, &ckpt_class_file, file, &rec.file);
	return err ?: ckpt_emit(ctx, kind, t->id, &rec, NULL, 0);
}

/* Of a table that processes share, with the one that has it in the image */
static int dnotify_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	const struct ckpt_seen *table = ckpt_seen_find(ctx, t->files);
	int err = 0;
	u32 i;

	if (table->t != t)
		return 0;
	for (i = 0; !err && i < table->nr_fds; i++) {
		err = dnotify_save_one(ctx, kind, t, &table->fds[i]);
		cond_resched();
	}
	ckpt_look_at_fd(ctx, NULL);
	return err;
}

static int dnotify_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_dnotify *data = item->data;
	u32 once = data->events & ~DN_MULTISHOT;

	if (!once || once & ~(DN_ACCESS | DN_MODIFY | DN_CREATE | DN_DELETE | DN_RENAME |
			      DN_ATTRIB) || data->fd > INT_MAX)
		return ckpt_fail(ctx, -EINVAL, "directory notification is malformed");
	return 0;
}

/* F_NOTIFY makes the caller the owner of the file's signals if nobody is. */
static int dnotify_set(struct file *file, const struct ckpt_rec_dnotify *data)
{
	const struct fown_struct *fown = file_f_owner(file);
	bool has_owner = fown && fown->pid;
	struct file *there = fget(data->fd);	/* not of O_PATH, as fcntl(2) */
	int err = there == file ? 0 : -EBADF;

	if (!err)
		err = fcntl_dirnotify(data->fd, file, data->events);
	if (!err && !has_owner)
		f_delown(file);
	if (there)
		fput(there);
	return err;
}

static int dnotify_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_dnotify *data = item->data;
	struct file *file = ckpt_object(ctx, data->file, &ckpt_class_file);
	struct ckpt_shown shown;
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "a watched directory was not opened");
	err = dnotify_set(file, data);
	return err ? ckpt_fail(ctx, err, "fd %u: %s cannot be watched again (error %d)", data->fd,
			       ckpt_show_file(file, &shown), -err) : 0;
}

CHECKPOINT_KIND(dnotify) = {
	.name		= "dnotify",
	.type		= CKPT_REC_DNOTIFY,
	.size		= sizeof(struct ckpt_rec_dnotify),
	.scope		= CKPT_SCOPE_TABLE,
	.stage		= CKPT_STAGE_LOCK,
	.class		= &ckpt_class_task,
	.many		= true,
	.save		= dnotify_save,
	.validate	= dnotify_validate,
	.restore	= dnotify_restore,
};
