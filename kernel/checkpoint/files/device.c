// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: character devices that keep little or no state.
 */
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/rtc.h>
#include <linux/slab.h>
#include "device.h"

/**
 * DOC: stateless devices
 *
 * /dev/null, /dev/zero, /dev/full, /dev/random and /dev/urandom, the kernel's log (/dev/kmsg)
 * and the clock that goes on without power (/dev/rtc), wherever their nodes lie.
 *
 * Preserved: path, access mode and flags; restart() opens the path again and
 * wants the same device there.  A node that has been removed is made and removed again.
 *
 * Refused: a clock with an alarm, periodic or update interrupts, or one that was not read
 * yet; every other device, by its numbers and the operations of its driver, except
 * terminals that are outside.
 *
 * Immaterial: the time that a clock shows and the rate of its periodic interrupts are the
 * machine's.
 */

/* Minor numbers of the memory devices, see Documentation/admin-guide/devices.txt */
static bool is_memory_device(unsigned int major, unsigned int minor)
{
	if (major != MEM_MAJOR)
		return false;
	switch (minor) {
	case 3:		/* null */
	case 5:		/* zero */
	case 7:		/* full */
	case 8:		/* random */
	case 9:		/* urandom */
	case 11:	/* kmsg */
		return true;
	}
	return false;
}

/* Its numbers are given out when the machine boots. */
static struct rtc_device *find_clock(dev_t devt)
{
	struct device *dev;

	if (!IS_ENABLED(CONFIG_RTC_CLASS))
		return NULL;
	dev = class_find_device_by_devt(&rtc_class, devt);
	return dev ? to_rtc_device(dev) : NULL;
}

static bool is_known(unsigned int major, unsigned int minor)
{
	struct rtc_device *clock;

	if (is_memory_device(major, minor))
		return true;
	clock = find_clock(MKDEV(major, minor));
	if (clock)
		put_device(&clock->dev);
	return clock;
}

static bool device_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && !(file->f_mode & FMODE_PATH) &&
	       is_known(imajor(inode), iminor(inode));
}

/*
 * Nobody else can have the clock open, and closing it ends what a file may have asked for.
 * The alarm is the clock's own, and may be somebody else's; which, the kernel does not know.
 */
static bool is_clock_in_use(dev_t devt)
{
	struct rtc_device *clock = find_clock(devt);
	bool ret;

	if (!clock)
		return false;
	spin_lock_irq(&clock->irq_lock);
	ret = clock->irq_data;
	spin_unlock_irq(&clock->irq_lock);
	ret |= READ_ONCE(clock->pie_enabled) || READ_ONCE(clock->aie_timer.enabled) ||
	       READ_ONCE(clock->uie_rtctimer.enabled) || rtc_is_emulated(clock);
	put_device(&clock->dev);
	return ret;
}

static int device_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct ckpt_shown shown;
	int err = ckpt_check_place(ctx, &file->f_path, file->f_cred) ?:
		  ckpt_check_again(ctx, file) ?: ckpt_check_log(ctx, file);

	if (!err && is_clock_in_use(file_inode(file)->i_rdev))
		return ckpt_cannot_save(ctx, "%s, a clock with an alarm or interrupts,",
					ckpt_show_file(file, &shown));
	return err;
}

static int device_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			    void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_device rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
		.major = imajor(file_inode(file)),
		.minor = iminor(file_inode(file)),
	};
	bool removed = ckpt_is_removed(&file->f_path);
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	if (!err && removed)
		err = ckpt_save_removed(ctx, &file->f_path, file->f_cred, &rec.place);
	if (!err && removed)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	else if (!err)
		err = ckpt_emit_with_path(ctx, kind, &file->f_path, &rec, id);
	return err ?: ckpt_save_log(ctx, file, id);
}

static int device_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_device *data = item->data;

	if (data->open_flags & ~(CKPT_OPEN_FLAGS & ~O_PATH))
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", data->open_flags);
	if (!is_known(data->major, data->minor))
		return ckpt_fail(ctx, -EINVAL, "device %u:%u is not one that can be restored",
				 data->major, data->minor);
	if (!data->place)
		return ckpt_check_name(ctx, item);
	if (item->count || ckpt_defining_type(ctx, data->place) != CKPT_REC_PLACE)
		return ckpt_fail(ctx, -EINVAL, "the node of a device has not been removed");
	return 0;
}

static void *device_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_device *data = item->data;
	dev_t rdev = MKDEV(data->major, data->minor);

	if (data->place)
		return ckpt_open_removed(ctx, data->place, data->open_flags, data->cred, rdev);
	return ckpt_open_name(ctx, item, data->open_flags, data->cred, S_IFCHR, rdev);
}

CHECKPOINT_KIND(file_device) = {
	.name		= "file_device",
	.type		= CKPT_REC_FILE_DEVICE,
	.size		= sizeof(struct ckpt_rec_file_device),
	CKPT_ARRAY(struct ckpt_rec_file_device, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= device_validate,
	.match		= device_match,
	.check_object	= device_check_file,
	.save_object	= device_save_file,
	.restore_object	= device_restore_file,
};
