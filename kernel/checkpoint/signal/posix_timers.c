// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: POSIX timers.  Compiled into kernel/time/posix-timers.c, which keeps
 * their clocks and their table to itself.
 */
#include <linux/capability.h>
#include <linux/slab.h>
#include "posix_timers.h"

/**
 * DOC: POSIX timers
 *
 * Preserved: each timer of timer_create(2) with its number, and the number that the next
 * one gets; the clock, also CPU clocks of the process, of its threads and of other
 * processes of the tree; who is notified and with what; the interval, overruns, and
 * whether it waits for its signal to be taken.  A timer that was set to a time on its clock
 * (TIMER_ABSTIME) expires at that time; CLOCK_MONOTONIC and CLOCK_BOOTTIME are those of
 * the tree's time namespace.  Of any other timer the time that is left goes on at the
 * commit.  Timers on CPU clocks go on where the CPU time does.
 *
 * None expires while the tree is held, so the image has either the time left or the
 * signal, which stands in its queue and is the timer's own again.  For a program that is
 * left running no time is lost: what has come meanwhile expires when it runs again,
 * with its overruns.
 *
 * Timers count for RLIMIT_SIGPENDING, as they do in timer_create(2).
 *
 * Refused: a timer on the CPU clock of who is outside the tree or gone, one that notifies a
 * thread that is gone, one on an alarm clock where the caller lacks CAP_WAKE_ALARM.
 */

static const struct ckpt_kind ckpt_kind_posix_timers;

static struct hrtimer *hrtimer_of(struct k_itimer *timr)
{
	return is_alarm_clock(timr->it_clock) ? &timr->it.alarm.alarmtimer.timer :
						&timr->it.real.timer;
}

/* -- hold ------------------------------------------------------------------------ */

/* Does it run, or would, were it not held?  Those on CPU clocks stand as the tree does. */
static bool is_to_run(const struct k_itimer *timr)
{
	return timr->it_active && !is_on_cpu_clock(timr);
}

/*
 * Also of those that are not active: one that is just expiring is not already, and may
 * yet start again.
 *
 * Return: false if one of them is just expiring, and waits for siglock
 */
static bool stop_timers(struct signal_struct *sig)
{
	struct k_itimer *timr;
	bool stopped = true;

	hlist_for_each_entry(timr, &sig->posix_timers, list)
		if (!is_on_cpu_clock(timr) && timr->kclock->timer_try_to_cancel(timr) < 0)
			stopped = false;
	return stopped;
}

/*
 * ->it_active stays, and says what is to run again.  No task sets or deletes a timer
 * meanwhile, but for one that is killed, and that takes the whole list under siglock
 * before it looks at the first.
 */
static void posix_timers_hold(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	unsigned long flags;
	bool stopped;

	do {
		if (!lock_task_sighand(t->task, &flags))
			return;
		stopped = stop_timers(t->task->signal);
		unlock_task_sighand(t->task, &flags);
		if (!stopped)
			cond_resched();
	} while (!stopped);
}

static void posix_timers_release(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct k_itimer *timr;
	unsigned long flags;

	if (!lock_task_sighand(t->task, &flags))
		return;
	hlist_for_each_entry(timr, &t->task->signal->posix_timers, list)
		if (is_to_run(timr) && !hrtimer_active(hrtimer_of(timr)))
			run_timer(timr);
	unlock_task_sighand(t->task, &flags);
}

/* -- what cannot be saved ---------------------------------------------------------- */

/* The saved thread with a number, NULL if there is none in the tree or it is gone */
static struct ckpt_task *saved_thread(struct ckpt_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	guard(rcu)();
	task = pid_task(pid, type);
	return task ? ckpt_find_task(ctx, task) : NULL;
}

static const char *clock_obstacle(struct ckpt_ctx *ctx, struct k_itimer *timr)
{
	enum pid_type type = clock_type(timr->it_clock);

	if (!pid_has_task(timr->it.cpu.pid, type))
		return "is on the CPU clock of who is gone; delete it first";
	if (!saved_thread(ctx, timr->it.cpu.pid, type))
		return "is on the CPU clock of a process outside the tree; delete it first";
	return NULL;
}

static const char *obstacle(struct ckpt_ctx *ctx, struct k_itimer *timr, bool may_wake)
{
	struct ckpt_task *thread;

	if (notifies_thread(timr)) {
		thread = saved_thread(ctx, timr->it_pid, PIDTYPE_PID);
		if (!thread || thread->zombie)
			return "notifies a thread that has exited; delete it first";
	}
	if (is_alarm_clock(timr->it_clock) && !may_wake)
		return "is on an alarm clock, which needs CAP_WAKE_ALARM at a restart";
	return is_on_cpu_clock(timr) ? clock_obstacle(ctx, timr) : NULL;
}

static int posix_timers_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	bool may_wake = has_capability_noaudit(current, CAP_WAKE_ALARM);
	const char *why = NULL;
	struct k_itimer *timr;
	unsigned long flags;
	int id = 0;

	if (!lock_task_sighand(t->task, &flags))
		return ckpt_fail_task_killed(ctx);
	hlist_for_each_entry(timr, &t->task->signal->posix_timers, list) {
		id = timr->it_id;
		why = obstacle(ctx, timr, may_wake);
		if (why)
			break;
	}
	unlock_task_sighand(t->task, &flags);
	return why ? ckpt_fail(ctx, -EOPNOTSUPP, "POSIX timer %d %s", id, why) : 0;
}

/* -- save ------------------------------------------------------------------------ */

static void save_expiry(struct k_itimer *timr, struct ckpt_rec_posix_timer *rec,
			const struct moment *rest)
{
	clockid_t base = base_of(timr);
	ktime_t expires;

	expires = is_alarm_clock(timr->it_clock) ? timr->it.alarm.alarmtimer.node.expires :
						   hrtimer_get_expires(&timr->it.real.timer);
	rec->expires_ns = ckpt_add_time(expires, rest->ahead[base]);
	rec->left_ns = expires - rest->ns[base];
	if (timr->sigq->flags & SIGQUEUE_ABSOLUTE)
		rec->flags |= CKPT_POSIX_TIMER_ABSOLUTE;
}

/* Return: false if a task that it needs has been killed since posix_timers_check() */
static bool save_timer(struct ckpt_ctx *ctx, struct k_itimer *timr,
		       struct ckpt_rec_posix_timer *rec, const struct moment *rest)
{
	struct ckpt_task *thread = NULL, *clock = NULL;

	if (notifies_thread(timr)) {
		thread = saved_thread(ctx, timr->it_pid, PIDTYPE_PID);
		if (!thread)
			return false;
	}
	if (is_on_cpu_clock(timr)) {
		clock = saved_thread(ctx, timr->it.cpu.pid, clock_type(timr->it_clock));
		if (!clock)
			return false;
	}
	*rec = (struct ckpt_rec_posix_timer) {
		.id = timr->it_id,
		.clockid = timr->it_clock,
		.flags = timr->it_active ? CKPT_POSIX_TIMER_ACTIVE : 0,
		.notify = timr->it_sigev_notify,
		.signo = timr->sigq->info.si_signo,
		.requeue = timr->it_requeue_pending,
		.value = (unsigned long)timr->sigq->info.si_value.sival_ptr,
		.interval_ns = timr->it_interval,
		.overrun = timr->it_overrun,
		.overrun_last = timr->it_overrun_last,
		.thread = thread ? thread->id : 0,
		.clock_task = clock ? clock->id : 0,
	};
	/* What is later than any time is never. */
	if (clock)
		rec->expires_ns = min_t(u64, cpu_timer_getexpires(&timr->it.cpu), KTIME_MAX);
	else
		save_expiry(timr, rec, rest);
	return true;
}

static u32 count_timers(const struct signal_struct *sig)
{
	const struct k_itimer *timr;
	u32 n = 0;

	hlist_for_each_entry(timr, &sig->posix_timers, list)
		n++;
	return n;
}

/*
 * The newest is the first of the list, and the last of the image.
 * Return: false if they are gone, with the task
 */
static bool save_timers(struct ckpt_ctx *ctx, struct task_struct *task,
			struct ckpt_rec_posix_timer *timers, u32 n)
{
	struct k_itimer *timr;
	struct moment rest;
	unsigned long flags;
	bool there;

	get_moment(ctx, &rest, true);
	if (!lock_task_sighand(task, &flags))
		return false;
	there = count_timers(task->signal) == n;
	if (there)
		hlist_for_each_entry(timr, &task->signal->posix_timers, list) {
			there = save_timer(ctx, timr, &timers[--n], &rest);
			if (!there)
				break;
		}
	unlock_task_sighand(task, &flags);
	return there;
}

/*
 * No timer comes, goes or expires, but with the end of a task that is killed.
 */
static int posix_timers_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			     struct ckpt_task *t)
{
	struct signal_struct *sig = t->task->signal;
	struct ckpt_rec_posix_timers data = { .next_id = sig->next_posix_timer_id };
	struct ckpt_rec_posix_timer *timers = NULL;
	unsigned long flags;
	u32 n = 0;
	int err;

	if (!lock_task_sighand(t->task, &flags))
		return ckpt_fail_task_killed(ctx);
	n = count_timers(sig);
	unlock_task_sighand(t->task, &flags);
	if (!n)
		return data.next_id ? ckpt_emit(ctx, kind, t->id, &data, NULL, 0) : 0;

	timers = kvcalloc(n, sizeof(*timers), GFP_KERNEL_ACCOUNT);
	if (!timers)
		return ckpt_fail(ctx, -ENOMEM, "no memory for its POSIX timers");
	if (save_timers(ctx, t->task, timers, n))
		err = ckpt_emit(ctx, kind, t->id, &data, timers, n);
	else
		err = ckpt_fail_task_killed(ctx);
	kvfree(timers);
	return err;
}

CHECKPOINT_KIND(posix_timers) = {
	.name		= "posix_timers",
	.type		= CKPT_REC_POSIX_TIMERS,
	.size		= sizeof(struct ckpt_rec_posix_timers),
	CKPT_ARRAY(struct ckpt_rec_posix_timers, timers, struct ckpt_rec_posix_timer),
	.max		= 1U << 20,
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_LATE,
	.order		= CKPT_ORDER_POSIX_TIMERS,
	.class		= &ckpt_class_task,
	.hold		= posix_timers_hold,
	.release	= posix_timers_release,
	.check		= posix_timers_check,
	.save		= posix_timers_save,
	.validate	= ckpt_validate_posix_timers,
	.restore	= posix_timers_restore,
	.finish		= posix_timers_finish,
};
