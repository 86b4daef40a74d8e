// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: inotify instances and their events.  Compiled into
 * fs/notify/inotify/inotify_user.c behind inotify_watch.c.
 */
#include <linux/cred.h>
#include "files.h"

/**
 * DOC: inotify
 *
 * Preserved: watches with their descriptors, masks, IN_ONESHOT and IN_EXCL_UNLINK, the
 * next descriptor, events that have not been read with names and cookies, an overflow.
 *
 * Rebuilt: a watch is set again on the file of the same name, which must have the same
 * inode number (unless files may have changed, see restart(2)), with the opener's right
 * to read it.  The length of the queue is the restarter's (fs.inotify.max_queued_events);
 * instances and watches count as the opener's.  What happens to a watched file between
 * checkpoint and commit is not reported.
 *
 * Refused: an instance that is open outside the tree too, watches of deleted files, and of
 * files of which the kernel knows no name.
 */

#define EVENT_MASK	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR)

static const struct ckpt_kind ckpt_kind_inotify_event;

static bool inotify_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return file->f_op == &inotify_fops;
}

static int inotify_check(struct ckpt_ctx *ctx, void *ptr)
{
	int err = ckpt_check_holders(ctx, ptr, "an inotify instance");

	return err ?: visit_watches(ctx, ptr, check_watch, 0);
}

/* -- save --------------------------------------------------------------------- */

static int save_event(struct ckpt_ctx *ctx, const struct inotify_event_info *info, u32 id)
{
	struct ckpt_rec_inotify_event rec = {
		.wd = info->wd,
		.mask = info->mask & EVENT_MASK,
		.cookie = info->sync_cookie,
	};

	return ckpt_emit(ctx, &ckpt_kind_inotify_event, id, &rec, info->name, info->name_len);
}

/* The first event, or that behind another; only readers, who are frozen, take one away. */
static struct inotify_event_info *next_event(struct fsnotify_group *group,
					     struct inotify_event_info *info)
{
	struct list_head *at = info ? &info->fse.list : &group->notification_list;

	spin_lock(&group->notification_lock);
	at = at->next == &group->notification_list ? NULL : at->next;
	spin_unlock(&group->notification_lock);
	return at ? INOTIFY_E(list_entry(at, struct fsnotify_event, list)) : NULL;
}

static int save_events(struct ckpt_ctx *ctx, struct fsnotify_group *group, u32 id)
{
	struct inotify_event_info *info = NULL;
	int err = 0;

	while (!err && (info = next_event(group, info)))
		err = save_event(ctx, info, id);
	return err;
}

static int inotify_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct fsnotify_group *group = file->private_data;
	struct ckpt_rec_file_inotify rec = {};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	spin_lock(&group->inotify_data.idr_lock);
	rec.next_wd = idr_get_cursor(&group->inotify_data.idr);
	spin_unlock(&group->inotify_data.idr_lock);
	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	if (!err)
		err = visit_watches(ctx, file, save_watch, id);
	return err ?: save_events(ctx, group, id);
}

/* -- restore: the instance ------------------------------------------------------------ */

static int inotify_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_inotify *data = item->data;

	if (data->next_wd > INT_MAX)
		return ckpt_fail(ctx, -EINVAL, "watch %u of an inotify instance is out of range",
				 data->next_wd);
	return 0;
}

/* As do_inotify_init(), but for a descriptor that comes later */
static struct file *make_inotify(u32 next_wd)
{
	struct fsnotify_group *group = inotify_new_group(inotify_max_queued_events);
	struct file *file;

	if (IS_ERR(group))
		return ERR_CAST(group);
	idr_set_cursor(&group->inotify_data.idr, next_wd);
	file = anon_inode_getfile("inotify", &inotify_fops, group, O_RDONLY);
	if (IS_ERR(file))
		fsnotify_destroy_group(group);
	return file;
}

static void *inotify_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_inotify *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	/* It counts as that user's. */
	old = override_creds(cred);
	file = make_inotify(data->next_wd);
	revert_creds(old);
	if (PTR_ERR(file) == -EMFILE)
		ckpt_fail(ctx, -EMFILE, "the user has no inotify instance left; raise fs.inotify.max_user_instances");
	else if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "an inotify instance could not be made");
	return file;
}

CHECKPOINT_KIND(file_inotify) = {
	.name		= "file_inotify",
	.type		= CKPT_REC_FILE_INOTIFY,
	.size		= sizeof(struct ckpt_rec_file_inotify),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= inotify_match,
	.check_object	= inotify_check,
	.save_object	= inotify_save,
	.validate	= inotify_validate,
	.restore_object	= inotify_restore,
};

/* -- restore: events ------------------------------------------------------------------------- */

static int inotify_event_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inotify_event *data = item->data;
	int err = validate_object(ctx, item);

	if (err)
		return err;
	if (data->mask & ~EVENT_MASK || data->wd < -1 ||
	    (item->count && memchr(item->array, 0, item->count)))
		return ckpt_fail(ctx, -EINVAL, "an event of inotify is malformed");
	return 0;
}

/* The kernel marks what happened to a file of a watched directory; only so is it merged. */
static bool is_on_child(const struct ckpt_item *item)
{
	const struct ckpt_rec_inotify_event *data = item->data;

	return item->count && !(data->mask & (IN_CREATE | IN_DELETE | IN_MOVE));
}

static struct fsnotify_event *new_event(struct fsnotify_group *group, const struct ckpt_item *item)
{
	const struct ckpt_rec_inotify_event *data = item->data;
	struct inotify_event_info *info;

	/* One is kept ready for when there is no room for another. */
	if (data->mask & IN_Q_OVERFLOW)
		return list_empty(&group->overflow_event->list) ? group->overflow_event : NULL;
	info = kmalloc(struct_size(info, name, item->count + 1), GFP_KERNEL_ACCOUNT);
	if (!info)
		return NULL;
	fsnotify_init_event(&info->fse);
	info->mask = data->mask | (is_on_child(item) ? FS_EVENT_ON_CHILD : 0);
	info->wd = data->wd;
	info->sync_cookie = data->cookie;
	info->name_len = item->count;
	memcpy(info->name, item->array, item->count);
	info->name[item->count] = '\0';
	return &info->fse;
}

static int inotify_event_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inotify_event *data = item->data;
	struct fsnotify_group *group = group_of(ctx, item);
	struct fsnotify_event *event;

	if (group->q_len >= group->max_events && !(data->mask & IN_Q_OVERFLOW))
		return ckpt_fail(ctx, -ENOSPC, "an inotify instance has more events than may be queued; raise fs.inotify.max_queued_events");
	event = new_event(group, item);
	if (!event)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the events of an inotify instance");
	spin_lock(&group->notification_lock);
	list_add_tail(&event->list, &group->notification_list);
	group->q_len++;
	spin_unlock(&group->notification_lock);
	return 0;
}

CHECKPOINT_KIND(inotify_event) = {
	.name		= "inotify_event",
	.type		= CKPT_REC_INOTIFY_EVENT,
	.size		= sizeof(struct ckpt_rec_inotify_event),
	CKPT_ARRAY(struct ckpt_rec_inotify_event, name, __u8),
	.max		= NAME_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_file,
	.many		= true,
	.validate	= inotify_event_validate,
	.restore	= inotify_event_restore,
};
