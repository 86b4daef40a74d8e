// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: interval timers, alarm(2).
 */
#include <linux/hrtimer.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include "timers.h"

/**
 * DOC: interval timers
 *
 * Preserved: ITIMER_REAL, which is alarm(2) too, with the time that was left at the freeze
 * and goes on at the commit; ITIMER_VIRTUAL and ITIMER_PROF, which go on where the CPU time
 * of the process does; their intervals.  A periodic ITIMER_REAL that has expired stands
 * until its SIGALRM is taken, and keeps its phase.
 *
 * None expires while the tree is held, so the image has either the time left or the signal.
 * For a program that is left running no time is lost: what has come meanwhile expires
 * when it runs again.
 *
 * A caller that becomes the program (RESTART_SELF) keeps CPU time of its own where that is
 * more: then timers on CPU time expire earlier.
 */

static const struct ckpt_kind ckpt_kind_itimers;

/* -- hold ------------------------------------------------------------------------ */

/* The timer's function waits for siglock while it is called. */
static void itimers_hold(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct hrtimer *timer = &t->task->signal->real_timer;
	unsigned long flags;
	int ret;

	do {
		if (!lock_task_sighand(t->task, &flags))
			return;
		ret = hrtimer_try_to_cancel(timer);
		t->real_timer = ret > 0;
		unlock_task_sighand(t->task, &flags);
		if (ret < 0)
			hrtimer_cancel_wait_running(timer);
	} while (ret < 0);
}

/*
 * Who dies cancels it, and then it must not start any more.  All threads are held, so they
 * die of a signal, which is noted under siglock before the first of them runs.
 */
static void itimers_release(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct signal_struct *sig = t->task->signal;
	unsigned long flags;

	if (!t->real_timer || !lock_task_sighand(t->task, &flags))
		return;
	t->real_timer = false;
	if (!(sig->flags & SIGNAL_GROUP_EXIT))
		hrtimer_start_expires(&sig->real_timer, HRTIMER_MODE_ABS);
	unlock_task_sighand(t->task, &flags);
}

/* -- save ------------------------------------------------------------------------ */

static int itimers_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	const struct signal_struct *sig = t->task->signal;
	ktime_t rest = ckpt_clock_at_rest(ctx, CLOCK_MONOTONIC) -
		       ckpt_clock_offset(ctx, CLOCK_MONOTONIC);
	struct ckpt_rec_itimers data = {};
	unsigned long flags;

	if (!lock_task_sighand(t->task, &flags))
		return ckpt_fail_task_killed(ctx);
	if (t->real_timer)
		data.flags = CKPT_ITIMER_REAL_ACTIVE;
	if (t->real_timer || sig->it_real_incr)
		data.real_left_ns = hrtimer_get_expires(&sig->real_timer) - rest;
	data.real_interval_ns = sig->it_real_incr;
	/* What is later than any time is never. */
	data.virtual_expires_ns = min_t(u64, sig->it[CPUCLOCK_VIRT].expires, KTIME_MAX);
	data.virtual_interval_ns = sig->it[CPUCLOCK_VIRT].incr;
	data.prof_expires_ns = min_t(u64, sig->it[CPUCLOCK_PROF].expires, KTIME_MAX);
	data.prof_interval_ns = sig->it[CPUCLOCK_PROF].incr;
	unlock_task_sighand(t->task, &flags);

	if (!memchr_inv(&data, 0, sizeof(data)))
		return 0;
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

/* -- restore --------------------------------------------------------------------- */

static int itimers_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_itimers *data = item->data;

	if (item->owner->leader != item->owner || ckpt_process_is_dead(item->owner))
		return ckpt_fail(ctx, -EINVAL, "a thread or a zombie has interval timers");
	if (data->flags & ~CKPT_ITIMER_REAL_ACTIVE)
		return ckpt_fail(ctx, -EINVAL, "interval timers have unknown flags %#x",
				 data->flags);
	if (data->real_left_ns < -KTIME_MAX || data->real_interval_ns < 0 ||
	    data->virtual_expires_ns < 0 || data->virtual_interval_ns < 0 ||
	    data->prof_expires_ns < 0 || data->prof_interval_ns < 0)
		return ckpt_fail(ctx, -EINVAL, "the times of interval timers are out of range");
	return 0;
}

static void set_cpu_timer(unsigned int clock, s64 expires, s64 interval)
{
	struct cpu_itimer *it = &current->signal->it[clock];
	u64 first = expires;

	lockdep_assert_held(&current->sighand->siglock);
	it->expires = expires;
	it->incr = interval;
	if (expires)
		set_process_cpu_timer(current, clock, &first, NULL);
}

/*
 * Behind the queues of signals: a SIGALRM of now finds the one that is pending.  CPU times
 * are those of the image already, or will be when the other threads have finished.
 */
static void itimers_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_itimers *data = item->data;
	struct signal_struct *sig = current->signal;

	spin_lock_irq(&current->sighand->siglock);
	sig->it_real_incr = data->real_interval_ns;
	hrtimer_set_expires(&sig->real_timer, ckpt_add_time(ktime_get(), data->real_left_ns));
	if (data->flags & CKPT_ITIMER_REAL_ACTIVE)
		hrtimer_start_expires(&sig->real_timer, HRTIMER_MODE_ABS);
	set_cpu_timer(CPUCLOCK_VIRT, data->virtual_expires_ns, data->virtual_interval_ns);
	set_cpu_timer(CPUCLOCK_PROF, data->prof_expires_ns, data->prof_interval_ns);
	spin_unlock_irq(&current->sighand->siglock);
}

CHECKPOINT_KIND(itimers) = {
	.name		= "itimers",
	.type		= CKPT_REC_ITIMERS,
	.size		= sizeof(struct ckpt_rec_itimers),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_LATE,
	.order		= CKPT_ORDER_ITIMERS,
	.class		= &ckpt_class_task,
	.hold		= itimers_hold,
	.release	= itimers_release,
	.save		= itimers_save,
	.validate	= itimers_validate,
	.finish		= itimers_finish,
};
