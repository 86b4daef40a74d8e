// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: how far the kernel's log has been read.
 */
#include <linux/capability.h>
#include <linux/kdev_t.h>
#include <linux/kmsg_dump.h>
#include <linux/major.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include "device.h"

/**
 * DOC: the kernel's log
 *
 * /dev/kmsg shows each of its readers the messages that this reader has not seen.
 *
 * Preserved: the position of a reader that has read all there is.  What has been written
 * to the log since comes next.
 *
 * Rebuilt: a reader that waits asks again.  After another boot the log is a new one, and
 * read from its beginning; that is reported.
 *
 * Refused: a reader with messages to come, until it has read them: the kernel does not say
 * which is the next.
 *
 * Immaterial: how many messages of a writer were left out because it writes too many.
 */

#define KMSG_DEVICE	MKDEV(MEM_MAJOR, 11)

static const struct ckpt_kind ckpt_kind_kmsg;

static bool reads_log(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && inode->i_rdev == KMSG_DEVICE &&
	       file->f_mode & FMODE_READ && !(file->f_mode & FMODE_PATH);
}

/* The number that the next message will have */
static u64 next_message(void)
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	return iter.next_seq;
}

/* -- check and save ------------------------------------------------------------------ */

/* As check_syslog_permissions() */
static int may_read_log(const struct path *path, void *data)
{
	return !dmesg_restrict || ns_capable_noaudit(&init_user_ns, CAP_SYSLOG) ? 0 : -EPERM;
}

static int check_unread(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;

	if (!(vfs_poll(file, NULL) & EPOLLIN))
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "%s has messages that the program has not read; let it read them first",
			      ckpt_show_file(file, &shown));
}

/**
 * ckpt_check_log - may the kernel's log be opened again, and has a reader read it all?
 * @ctx: the call, surveyed
 * @file: any character device
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_log(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_shown shown;
	int late, err;

	if (!reads_log(file))
		return 0;
	late = ckpt_ask_as(ctx, &file->f_path, ckpt_opener(ctx, file->f_cred), may_read_log, NULL,
			   &err);
	if (late)
		return late;
	if (err)
		return ckpt_file_fail(ctx, -EBUSY, "%s may not be read any more by its user, for want of CAP_SYSLOG; set kernel.dmesg_restrict to 0",
				      ckpt_show_file(file, &shown));
	return check_unread(ctx, file);
}

/**
 * ckpt_save_log - save how far the kernel's log has been read
 * @ctx: the call
 * @file: any character device
 * @id: its object id
 *
 * Its reader is frozen, so whoever has read all before the number was asked for stands
 * there: no earlier, for there is nothing to read, and no later, for it does not run.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_log(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct ckpt_rec_kmsg rec = { .next = next_message() };
	int err;

	if (!reads_log(file))
		return 0;
	err = check_unread(ctx, file);
	return err ?: ckpt_emit(ctx, &ckpt_kind_kmsg, id, &rec, NULL, 0);
}

/* -- validate and restore ------------------------------------------------------------- */

static int kmsg_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_FILE_DEVICE)
		return ckpt_fail(ctx, -EINVAL, "a file that is no device reads the kernel's log");
	return 0;
}

/*
 * A read without room takes the message all the same, and copies nothing.
 *
 * Return: 1 if there was one, 0 or negative errno
 */
static int pass_over(struct file *file)
{
	loff_t pos = 0;
	ssize_t ret;

	do {
		cond_resched();
		ret = file->f_op->read(file, NULL, 0, &pos);
	} while (ret == -EPIPE);	/* some have been overwritten */
	if (ret == -EINVAL)
		return 1;
	return ret == -EAGAIN ? 0 : ret;
}

/* Return: how many there were, at most @most; or negative errno */
static long pass_over_many(struct file *file, long most)
{
	long nr = 0;
	int ret = 0;

	if (vfs_llseek(file, 0, SEEK_SET))
		return -ESPIPE;
	while (nr < most && !fatal_signal_pending(current)) {
		ret = pass_over(file);
		if (ret <= 0)
			break;
		nr++;
	}
	return ret < 0 ? ret : nr;
}

/*
 * From the first message that is there as many as leave those from @next on.  Messages
 * that come while they are counted make it begin anew.
 */
static int go_to(struct file *file, u64 next)
{
	unsigned int tries = 0;
	long nr, left;
	u64 end;

	do {
		end = next_message();
		nr = pass_over_many(file, LONG_MAX);
	} while (nr >= 0 && end != next_message() && ++tries < 16);
	if (nr < 0 || tries == 16)
		return nr < 0 ? nr : -EAGAIN;
	/* Of a number that no message has had yet, or of messages gone since */
	left = next < end ? min_t(u64, end - next, nr) : 0;
	nr = left ? pass_over_many(file, nr - left) : 0;
	return min(nr, 0L);
}

static void set_nonblock(struct file *file, u32 flag)
{
	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~O_NONBLOCK) | flag;
	spin_unlock(&file->f_lock);
}

static int kmsg_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_kmsg *data = item->data;
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);
	struct ckpt_shown shown;
	u32 nonblock;
	int err;

	if (!file || !reads_log(file))
		return ckpt_fail(ctx, -EINVAL, "file object %u does not read the kernel's log",
				 item->object);
	if (!ckpt_is_this_boot(ctx)) {
		ckpt_note(ctx, "%s is another log since the machine was booted, read from its beginning",
			  ckpt_show_file(file, &shown));
		return 0;
	}
	nonblock = file->f_flags & O_NONBLOCK;
	set_nonblock(file, O_NONBLOCK);
	err = go_to(file, data->next);
	set_nonblock(file, nonblock);
	if (fatal_signal_pending(current))
		return ckpt_fail_killed(ctx);
	if (err)
		return ckpt_fail(ctx, err, "the position in %s cannot be restored (error %d)",
				 ckpt_show_file(file, &shown), -err);
	return 0;
}

CHECKPOINT_KIND(kmsg) = {
	.name		= "kmsg",
	.type		= CKPT_REC_KMSG,
	.size		= sizeof(struct ckpt_rec_kmsg),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_file,
	.validate	= kmsg_validate,
	.restore	= kmsg_restore,
};
