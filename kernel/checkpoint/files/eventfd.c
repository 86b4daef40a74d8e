// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: event counters.  Compiled into fs/eventfd.c, which keeps their
 * structure to itself.
 */
#include "files.h"

/**
 * DOC: eventfd
 *
 * Preserved: the counter, also when it has overflowed, and EFD_SEMAPHORE.
 *
 * Rebuilt: a reader or writer that waits asks again; a poll that waits looks again.
 *
 * Refused: a counter that somebody beside its open file uses, as an AIO request in flight,
 * a virtual machine or a control group does.
 *
 * Immaterial: the number that /proc/PID/fdinfo shows as eventfd-id serves to tell
 * counters apart and is given by the kernel.
 */

static bool eventfd_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return file->f_op == &eventfd_fops;
}

static bool eventfd_is_ours(struct ckpt_ctx *ctx, void *arg)
{
	struct eventfd_ctx *eventfd = arg;

	return kref_read(&eventfd->kref) == 1;
}

/* An AIO request that has ended signals it and then lets it go, a moment later. */
static int eventfd_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	if (ckpt_settle(eventfd_is_ours, ctx, file->private_data))
		return 0;
	return ckpt_cannot_save(ctx, "an eventfd that the kernel signals for somebody (AIO, KVM, a control group)");
}

static int eventfd_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct eventfd_ctx *eventfd = file->private_data;
	struct ckpt_rec_file_eventfd rec = { .flags = eventfd->flags & EFD_SEMAPHORE };
	int err;

	/* Somebody outside may have it too, and write just now. */
	spin_lock_irq(&eventfd->wqh.lock);
	rec.count = eventfd->count;
	spin_unlock_irq(&eventfd->wqh.lock);
	err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int eventfd_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_eventfd *data = item->data;

	if (data->flags & ~EFD_SEMAPHORE)
		return ckpt_fail(ctx, -EINVAL, "unknown flags %#x of an eventfd", data->flags);
	return 0;
}

/* As do_eventfd(), but with any count, and for a descriptor that comes later */
static struct file *make_file(u64 count, int flags)
{
	struct eventfd_ctx *eventfd = kzalloc(sizeof(*eventfd), GFP_KERNEL);
	struct file *file;

	if (!eventfd)
		return ERR_PTR(-ENOMEM);
	kref_init(&eventfd->kref);
	init_waitqueue_head(&eventfd->wqh);
	eventfd->count = count;
	eventfd->flags = flags;
	eventfd->id = ida_alloc(&eventfd_ida, GFP_KERNEL);
	file = anon_inode_getfile("[eventfd]", &eventfd_fops, eventfd, O_RDWR);
	if (IS_ERR(file))
		eventfd_free_ctx(eventfd);
	else
		file->f_mode |= FMODE_NOWAIT;
	return file;
}

static void *eventfd_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_eventfd *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	old = override_creds(cred);
	file = make_file(data->count, data->flags);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "an eventfd could not be made");
	return file;
}

CHECKPOINT_KIND(file_eventfd) = {
	.name		= "file_eventfd",
	.type		= CKPT_REC_FILE_EVENTFD,
	.size		= sizeof(struct ckpt_rec_file_eventfd),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= eventfd_match,
	.check_object	= eventfd_check,
	.save_object	= eventfd_save,
	.validate	= eventfd_validate,
	.restore_object	= eventfd_restore,
};
