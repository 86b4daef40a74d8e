// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: POSIX timers are made, and run after the commit.  Compiled into
 * kernel/time/posix-timers.c.
 */
#include <linux/cred.h>
#include "posix_timers.h"

/* -- restore ----------------------------------------------------------------------- */

/* In the table, where nobody finds it yet.  Return: it or ERR_PTR, reported */
static struct k_itimer *new_timer(struct ckpt_ctx *ctx, const struct ckpt_rec_posix_timer *rec)
{
	struct k_itimer *timr = alloc_posix_timer();

	if (!timr)
		return ERR_PTR(ckpt_fail(ctx, -EAGAIN, "no room for POSIX timer %u (RLIMIT_SIGPENDING)",
					 rec->id));
	spin_lock_init(&timr->it_lock);
	spin_lock(&hash_lock);
	current->signal->next_posix_timer_id = rec->id;
	spin_unlock(&hash_lock);
	if (posix_timer_add(timr) == rec->id)
		return timr;
	posix_timer_unhash_and_free(timr);
	return ERR_PTR(ckpt_fail(ctx, -EINVAL, "there are two POSIX timers %u", rec->id));
}

/* The clock counts for a task that is named: find it as timer_create(2) would. */
static int create_on_cpu_clock(struct ckpt_ctx *ctx, struct k_itimer *timr,
			       const struct ckpt_rec_posix_timer *rec)
{
	struct task_struct *task = ckpt_task_by_id(ctx, rec->clock_task)->task;
	clockid_t which = CPUCLOCK_WHICH(rec->clockid);
	pid_t nr = task_pid_vnr(task);
	int err;

	if (!nr || (CPUCLOCK_PID(rec->clockid) && CPUCLOCK_PID(rec->clockid) != nr))
		return ckpt_fail(ctx, -EINVAL, "POSIX timer %u is on the CPU clock of another process than it says",
				 rec->id);
	timr->kclock = &clock_posix_cpu;
	timr->it_clock = CPUCLOCK_PERTHREAD(rec->clockid) ? make_thread_cpuclock(nr, which) :
							    make_process_cpuclock(nr, which);
	err = timr->kclock->timer_create(timr);
	timr->it_clock = rec->clockid;
	return err ? ckpt_fail(ctx, err, "POSIX timer %u cannot be on its CPU clock", rec->id) : 0;
}

/* With the rights of the restarter: the program may have dropped its own since. */
static int create_on_clock(struct ckpt_ctx *ctx, struct k_itimer *timr,
			   const struct ckpt_rec_posix_timer *rec)
{
	const struct cred *old;
	int err = -EPERM;

	if (rec->clock_task)
		return create_on_cpu_clock(ctx, timr, rec);
	timr->it_clock = rec->clockid;
	timr->kclock = clockid_to_kclock(rec->clockid);
	if (!is_alarm_clock(rec->clockid) || !ckpt_ceiling(ctx)) {
		old = override_creds(ctx->caller_cred);
		err = timr->kclock->timer_create(timr);
		revert_creds(old);
	}
	if (!err)
		return 0;
	return ckpt_fail(ctx, err, err == -EPERM ?
			 "POSIX timer %u on an alarm clock needs CAP_WAKE_ALARM" :
			 "POSIX timer %u is on a clock that wakes the machine, which this one lacks",
			 rec->id);
}

static void set_state(struct k_itimer *timr, const struct ckpt_rec_posix_timer *rec)
{
	timr->it_interval = rec->interval_ns;
	timr->it_requeue_pending = rec->requeue;
	timr->it_overrun = rec->overrun;
	timr->it_overrun_last = rec->overrun_last;
}

static void set_notification(struct ckpt_ctx *ctx, struct k_itimer *timr,
			     const struct ckpt_rec_posix_timer *rec)
{
	kernel_siginfo_t *info = &timr->sigq->info;

	timr->it_sigev_notify = rec->notify;
	timr->it_pid = get_pid(rec->thread ? task_pid(ckpt_task_by_id(ctx, rec->thread)->task) :
					     task_tgid(current));
	info->si_signo = rec->signo;
	info->si_code = SI_TIMER;
	info->si_tid = rec->id;
	info->si_value.sival_ptr = (void __user *)(unsigned long)rec->value;
}

/* As timer_create(2) */
static int make_timer(struct ckpt_ctx *ctx, const struct ckpt_rec_posix_timer *rec)
{
	struct k_itimer *timr = new_timer(ctx, rec);
	int err;

	if (IS_ERR(timr))
		return PTR_ERR(timr);
	timr->it_id = rec->id;
	err = create_on_clock(ctx, timr, rec);
	if (err) {
		posix_timer_unhash_and_free(timr);
		return err;
	}
	set_state(timr, rec);
	set_notification(ctx, timr, rec);
	scoped_guard(spinlock_irq, &timr->it_lock) {
		guard(spinlock)(&current->sighand->siglock);
		WRITE_ONCE(timr->it_signal, current->signal);
		hlist_add_head(&timr->list, &current->signal->posix_timers);
	}
	return 0;
}

static int posix_timers_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_posix_timers *data = item->data;
	const struct ckpt_rec_posix_timer *timers = item->array;
	u32 i;
	int err;

	for (i = 0; i < item->count; i++) {
		err = make_timer(ctx, &timers[i]);
		if (err)
			return err;
		if (ckpt_killed(ctx))
			return ckpt_fail_killed(ctx);
		cond_resched();
	}
	spin_lock(&hash_lock);
	current->signal->next_posix_timer_id = data->next_id;
	spin_unlock(&hash_lock);
	return 0;
}

static struct sigpending *queue_of_timer(const struct k_itimer *timr)
{
	if (!notifies_thread(timr))
		return &current->signal->shared_pending;
	return timr->it_pid == task_pid(current) ? &current->pending : NULL;
}

/**
 * ckpt_queue_timer_signal - restore: the signal of a POSIX timer of current's process is pending
 * @info: its siginfo; si_tid is the timer
 * @pending: queue of current or of its process, the bit of which is not set
 *
 * Context: before the commit.
 * Return: 0; -EINVAL if there is no such timer, it notifies somebody else in another way, or
 * its signal is in the queue already
 */
int ckpt_queue_timer_signal(const kernel_siginfo_t *info, struct sigpending *pending)
{
	struct k_itimer *timr;
	struct sigqueue *q;
	unsigned long flags;
	int err = -EINVAL;

	timr = lock_timer(info->si_tid, &flags);
	if (!timr)
		return -EINVAL;
	q = timr->sigq;
	spin_lock(&current->sighand->siglock);
	if (timr->it_sigev_notify != SIGEV_NONE && queue_of_timer(timr) == pending &&
	    q->info.si_signo == info->si_signo && list_empty(&q->list)) {
		q->info.si_overrun = info->si_overrun;
		q->info.si_sys_private = info->si_sys_private;
		list_add_tail(&q->list, &pending->list);
		err = 0;
	}
	spin_unlock(&current->sighand->siglock);
	unlock_timer(timr, flags);
	return err;
}

/* -- after the commit ---------------------------------------------------------------- */

/*
 * A CPU time that has passed is notified at once, as timer_settime(2) does: then the
 * expiration is a new one.
 */
static void set_on_cpu_clock(struct k_itimer *timr, const struct ckpt_rec_posix_timer *rec)
{
	struct itimerspec64 setting = {
		.it_value = ns_to_timespec64(rec->expires_ns),
		.it_interval = ns_to_timespec64(rec->interval_ns),
	};

	if (rec->flags & CKPT_POSIX_TIMER_ACTIVE || rec->notify == SIGEV_NONE) {
		timr->kclock->timer_set(timr, TIMER_ABSTIME, &setting, NULL);
		timr->it_overrun_last = rec->overrun_last;
	} else {
		cpu_timer_setexpires(&timr->it.cpu, rec->expires_ns);
	}
	if (timr->it_active || !(rec->flags & CKPT_POSIX_TIMER_ACTIVE))
		set_state(timr, rec);
}

/* Through ->timer_arm(), which chooses the clock; but with what is before now as well */
static void set_on_clock(struct k_itimer *timr, const struct ckpt_rec_posix_timer *rec,
			 const struct moment *now)
{
	bool absolute = rec->flags & CKPT_POSIX_TIMER_ABSOLUTE;
	clockid_t base;
	ktime_t expires;

	timr->kclock->timer_arm(timr, 0, absolute, true);
	checkpoint_note_absolute(timr->sigq, absolute);
	base = base_of(timr);
	if (absolute)
		expires = ckpt_add_time(rec->expires_ns, -now->ahead[base]);
	else
		expires = ckpt_add_time(now->ns[base], rec->left_ns);
	if (is_alarm_clock(timr->it_clock))
		timr->it.alarm.alarmtimer.node.expires = expires;
	else
		hrtimer_set_expires(&timr->it.real.timer, expires);
	timr->it_active = !!(rec->flags & CKPT_POSIX_TIMER_ACTIVE);
	if (timr->it_active)
		run_timer(timr);
}

/* Of who is being killed too: it deletes its timers when it exits. */
static void posix_timers_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_posix_timer *rec = item->array;
	struct k_itimer *timr;
	unsigned long flags;
	struct moment now;
	u32 i;

	get_moment(ctx, &now, false);
	for (i = 0; i < item->count; i++, rec++) {
		timr = lock_timer(rec->id, &flags);
		if (WARN_ON_ONCE(!timr))
			continue;
		if (is_on_cpu_clock(timr))
			set_on_cpu_clock(timr, rec);
		else
			set_on_clock(timr, rec, &now);
		unlock_timer(timr, flags);
		cond_resched();
	}
}
