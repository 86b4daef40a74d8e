// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: timers that are read from a descriptor.  Compiled into
 * fs/timerfd.c, which keeps their structure to itself.
 */
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include "files.h"

/**
 * DOC: timerfd
 *
 * Preserved: the clock, the interval, how the timer was set, expirations that nobody
 * has read, that a change of the clock has cancelled it (TFD_TIMER_CANCEL_ON_SET).  A
 * timer that was set to a time on its clock expires at that time; CLOCK_MONOTONIC and
 * CLOCK_BOOTTIME are those of the tree's time namespace.  Of any other timer the time
 * that is left goes on at the commit.
 *
 * Rebuilt: a reader that waits asks again.  A restart by itself does not count as a
 * change of the clock.  Where the image was made since the last boot, a change between
 * checkpoint and restart does.
 *
 * Refused: a timer that is open outside the tree too.  At a restart alarm clocks need
 * CAP_WAKE_ALARM, as they do in timerfd_create(2).
 */

static bool timerfd_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return file->f_op == &timerfd_fops;
}

static int timerfd_check(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_check_holders(ctx, ptr, "a timerfd");
}

/* -- clocks ----------------------------------------------------------------- */

/* What a clock of the tree is ahead of the machine's */
static ktime_t clock_offset(struct ckpt_ctx *ctx, clockid_t clock)
{
	struct task_struct *root = ckpt_living_task(ctx->root);
	struct timespec64 offset = {};

	task_lock(root);
	if (root->nsproxy && clock == CLOCK_MONOTONIC)
		offset = root->nsproxy->time_ns->offsets.monotonic;
	else if (root->nsproxy && clock == CLOCK_BOOTTIME)
		offset = root->nsproxy->time_ns->offsets.boottime;
	task_unlock(root);
	return timespec64_to_ktime(offset);
}

/* The clock that the kernel measures a timer by; it lets no relative one follow changes. */
static clockid_t clock_of(struct timerfd_ctx *tfd)
{
	if (isalarm(tfd))
		return tfd->clockid == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME : CLOCK_BOOTTIME;
	return tfd->t.tmr.base->clockid;
}

/* Where a clock stood for the tree when all of it had come to rest */
static ktime_t clock_at_rest(struct ckpt_ctx *ctx, clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ctx->header.realtime_ns;
	case CLOCK_BOOTTIME:
		return ctx->header.boottime_ns;
	default:
		return ctx->header.monotonic_ns;
	}
}

static ktime_t clock_now(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_get_real();
	case CLOCK_BOOTTIME:
		return ktime_get_boottime();
	default:
		return ktime_get();
	}
}

/* A sum of a time and what may be before it, neither overflowing nor negative */
static ktime_t add_clamped(ktime_t time, s64 ns)
{
	return ns < 0 ? max_t(s64, 0, time + ns) : ktime_add_safe(time, ns);
}

/* -- save --------------------------------------------------------------------- */

static ktime_t expiry(struct timerfd_ctx *tfd)
{
	if (isalarm(tfd))
		return tfd->t.alarm.node.expires;
	return hrtimer_get_expires(&tfd->t.tmr);
}

/* Also while it is just about to expire, which waits for the lock */
static bool is_active(struct timerfd_ctx *tfd)
{
	lockdep_assert_held(&tfd->wqh.lock);
	return hrtimer_active(isalarm(tfd) ? &tfd->t.alarm.timer : &tfd->t.tmr);
}

/*
 * Time stands still for a tree at rest.  What has expired since is still to come: none
 * of its tasks can have seen it.
 */
static void take_back(struct ckpt_rec_file_timerfd *rec, ktime_t expires, ktime_t rest)
{
	if (!(rec->flags & CKPT_TIMERFD_EXPIRED) || expires <= rest)
		return;
	rec->flags ^= CKPT_TIMERFD_EXPIRED | CKPT_TIMERFD_ACTIVE;
	rec->ticks--;
}

/* @rest: the machine's clock when the tree came to rest; @offset: what the tree's is ahead */
static void timer_save(struct timerfd_ctx *tfd, struct ckpt_rec_file_timerfd *rec, ktime_t rest,
		       ktime_t offset)
{
	ktime_t expires = expiry(tfd);

	lockdep_assert_held(&tfd->wqh.lock);
	rec->clockid = tfd->clockid;
	rec->settime_flags = tfd->settime_flags;
	rec->ticks = tfd->ticks;
	rec->interval_ns = tfd->tintv;
	rec->realtime_offset_ns = tfd->moffs;
	if (tfd->expired)
		rec->flags |= CKPT_TIMERFD_EXPIRED;
	else if (is_active(tfd))
		rec->flags |= CKPT_TIMERFD_ACTIVE;
	/* If the clock was set just then, timerfd_settime(2) leaves the flags of the last time. */
	if (tfd->might_cancel || tfd->settime_flags & TFD_TIMER_ABSTIME)
		rec->flags |= CKPT_TIMERFD_ABSOLUTE;
	if (tfd->might_cancel)
		rec->flags |= CKPT_TIMERFD_CANCEL_ON_SET;
	if (tfd->might_cancel && tfd->moffs == KTIME_MAX)
		rec->flags |= CKPT_TIMERFD_CANCELED;
	rec->expires_ns = add_clamped(expires, offset);
	rec->remaining_ns = expires - rest;
	take_back(rec, expires, rest);
}

static int timerfd_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct timerfd_ctx *tfd = file->private_data;
	ktime_t offset = clock_offset(ctx, clock_of(tfd));
	ktime_t rest = clock_at_rest(ctx, clock_of(tfd)) - offset;
	struct ckpt_rec_file_timerfd rec = {};
	int err;

	/* It expires while its tree is held. */
	spin_lock_irq(&tfd->wqh.lock);
	timer_save(tfd, &rec, rest, offset);
	spin_unlock_irq(&tfd->wqh.lock);
	err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

/* -- restore ------------------------------------------------------------------- */

static bool valid_clock(clockid_t clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME ||
	       clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

static bool is_realtime(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

/* Each flag goes with others only. */
static bool valid_flags(const struct ckpt_rec_file_timerfd *data)
{
	const u32 fired = CKPT_TIMERFD_ACTIVE | CKPT_TIMERFD_EXPIRED;
	u32 flags = data->flags;

	if (flags & ~CKPT_TIMERFD_FLAGS || data->settime_flags & ~TFD_SETTIME_FLAGS)
		return false;
	if ((flags & fired) == fired || (flags & CKPT_TIMERFD_EXPIRED && !data->ticks))
		return false;
	if (flags & CKPT_TIMERFD_CANCEL_ON_SET)
		return is_realtime(data->clockid) && flags & CKPT_TIMERFD_ABSOLUTE;
	return !(flags & CKPT_TIMERFD_CANCELED);
}

static int timerfd_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_timerfd *data = item->data;

	if (!valid_clock(data->clockid))
		return ckpt_fail(ctx, -EINVAL, "a timerfd has an unknown clock %d", data->clockid);
	if (!valid_flags(data))
		return ckpt_fail(ctx, -EINVAL, "the flags of a timerfd are malformed");
	if (data->interval_ns < 0 || data->expires_ns < 0 || data->remaining_ns < -KTIME_MAX)
		return ckpt_fail(ctx, -EINVAL, "the times of a timerfd are out of range");
	return 0;
}

/* As timerfd_create(2) and timerfd_settime(2), but it does not run before the commit. */
static struct file *make_timer(const struct ckpt_rec_file_timerfd *data)
{
	struct timerfd_ctx *tfd = kzalloc(sizeof(*tfd), GFP_KERNEL_ACCOUNT);
	bool absolute = data->flags & CKPT_TIMERFD_ABSOLUTE;
	struct file *file;

	if (!tfd)
		return ERR_PTR(-ENOMEM);
	init_waitqueue_head(&tfd->wqh);
	spin_lock_init(&tfd->cancel_lock);
	tfd->clockid = data->clockid;
	tfd->settime_flags = data->settime_flags;
	tfd->tintv = data->interval_ns;
	tfd->ticks = data->ticks;
	tfd->expired = !!(data->flags & CKPT_TIMERFD_EXPIRED);
	if (isalarm(tfd)) {
		alarm_init(&tfd->t.alarm,
			   is_realtime(tfd->clockid) ? ALARM_REALTIME : ALARM_BOOTTIME,
			   timerfd_alarmproc);
	} else {
		hrtimer_init(&tfd->t.tmr, tfd->clockid,
			     absolute ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
		tfd->t.tmr.function = timerfd_tmrproc;
	}
	file = anon_inode_getfile("[timerfd]", &timerfd_fops, tfd, O_RDWR);
	if (IS_ERR(file))
		kfree(tfd);
	else
		file->f_mode |= FMODE_NOWAIT;
	return file;
}

static void *timerfd_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_timerfd *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	if ((data->clockid == CLOCK_REALTIME_ALARM || data->clockid == CLOCK_BOOTTIME_ALARM) &&
	    !ckpt_capable(ctx, CAP_WAKE_ALARM))
		return ERR_PTR(ckpt_fail(ctx, -EPERM,
					 "a timerfd on an alarm clock needs CAP_WAKE_ALARM"));
	old = override_creds(cred);
	file = make_timer(data);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "a timerfd could not be made");
	return file;
}

/* In the machine's time, from now on */
static ktime_t new_expiry(struct ckpt_ctx *ctx, struct timerfd_ctx *tfd,
			  const struct ckpt_rec_file_timerfd *data)
{
	clockid_t clock = clock_of(tfd);
	ktime_t now = clock_now(clock), expires;

	if (data->flags & CKPT_TIMERFD_ABSOLUTE)
		expires = add_clamped(data->expires_ns, -clock_offset(ctx, clock));
	else
		expires = add_clamped(now, data->remaining_ns);
	/* It has expired, even if the clock was put back since. */
	return data->flags & CKPT_TIMERFD_EXPIRED ? min(expires, now) : expires;
}

/* As timerfd_clock_was_set() would have done */
static void set_cancel(struct ckpt_ctx *ctx, struct timerfd_ctx *tfd,
		       const struct ckpt_rec_file_timerfd *data)
{
	ktime_t moffs = ktime_mono_to_real(0);

	tfd->moffs = moffs;
	if (data->flags & CKPT_TIMERFD_CANCELED) {
		tfd->moffs = KTIME_MAX;
	} else if (data->flags & CKPT_TIMERFD_CANCEL_ON_SET && ckpt_is_this_boot(ctx) &&
		   data->realtime_offset_ns != moffs) {
		tfd->moffs = KTIME_MAX;
		tfd->ticks++;
	}
	if (data->flags & CKPT_TIMERFD_CANCEL_ON_SET)
		timerfd_setup_cancel(tfd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
}

/* Readers are not there yet, and nobody else has it. */
static void timerfd_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_timerfd *data = item->data;
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);
	struct timerfd_ctx *tfd = file->private_data;
	ktime_t expires = new_expiry(ctx, tfd, data);

	set_cancel(ctx, tfd, data);
	if (isalarm(tfd))
		tfd->t.alarm.node.expires = expires;
	else
		hrtimer_set_expires(&tfd->t.tmr, expires);
	if (!(data->flags & CKPT_TIMERFD_ACTIVE))
		return;
	if (isalarm(tfd))
		alarm_start(&tfd->t.alarm, expires);
	else
		hrtimer_start(&tfd->t.tmr, expires, HRTIMER_MODE_ABS);
}

CHECKPOINT_KIND(file_timerfd) = {
	.name		= "file_timerfd",
	.type		= CKPT_REC_FILE_TIMERFD,
	.size		= sizeof(struct ckpt_rec_file_timerfd),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= timerfd_match,
	.check_object	= timerfd_check,
	.save_object	= timerfd_save,
	.validate	= timerfd_validate,
	.restore_object	= timerfd_restore,
	.finish		= timerfd_finish,
};
