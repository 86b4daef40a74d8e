// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pending signals.
 */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/slab.h>
#include "signal.h"
#include "timers.h"

/**
 * DOC: pending signals
 *
 * Preserved: the queue of each thread and of the process, with siginfo, in order,
 * and signals that are pending without a queue entry.  The signal of a POSIX timer is the
 * timer's own again, and starts it anew when it is taken.
 *
 * A restored siginfo may say anything: a process may queue anything to itself
 * (rt_sigqueueinfo(2)), and these are its own.
 *
 * While a task is made its entries hang in its queue without their bits in the
 * set, so that nothing sees them and its death frees them.  The bits follow after
 * the commit.
 *
 * Of a zombie: which signals are pending, SIGKILL too, for /proc/PID/status goes on
 * showing that; nobody can look into the queue any more.  The same of the own queue of a leader
 * that exited before its threads.
 *
 * Refused: a pending SIGKILL of who lives.
 *
 * A signal that comes while the image of a held tree is written goes into its tail.  One
 * that comes later still is in no image: while it waits, the tree is not killed.
 */

#define SIGINFO_BYTES	sizeof_field(struct ckpt_rec_siginfo, info)

static_assert(sizeof(kernel_siginfo_t) <= SIGINFO_BYTES);

static u32 queue_length(const struct sigpending *pending)
{
	return list_count_nodes((struct list_head *)&pending->list);
}

/* As __send_signal_locked(): for one of each ordinary signal there is always room. */
static bool is_unlimited(const kernel_siginfo_t *info)
{
	return info->si_signo < SIGRTMIN && info->si_code >= 0;
}

/* Those that are limited, without those of POSIX timers, which have theirs from the start */
static unsigned long count_queue(const struct sigpending *pending)
{
	const struct sigqueue *q;
	unsigned long nr = 0;

	list_for_each_entry(q, &pending->list, list)
		nr += !(q->flags & SIGQUEUE_PREALLOC) && !is_unlimited(&q->info);
	return nr;
}

/* What a process has that its limit would not let it have again */
static unsigned long count_queued(struct task_struct *task)
{
	unsigned long nr = count_queue(&task->signal->shared_pending);
	struct task_struct *thread;
	struct k_itimer *timr;

	lockdep_assert_held(&task->sighand->siglock);
	for_each_thread(task, thread)
		nr += count_queue(&thread->pending);
	hlist_for_each_entry(timr, &task->signal->posix_timers, list)
		nr++;
	return nr;
}

/* One that a traced task had taken when it was saved, and has not taken again yet */
static bool has_taken(const struct sigpending *pending)
{
	const struct sigqueue *q;

	list_for_each_entry(q, &pending->list, list)
		if (q->flags & SIGQUEUE_TAKEN)
			return true;
	return false;
}

static int sigpending_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	unsigned long flags;
	bool killed, taken, beyond;

	if (ckpt_process_is_dead(t))
		return 0;
	if (!lock_task_sighand(task, &flags))
		return ckpt_fail_task_killed(ctx);
	killed = sigismember(&task->pending.signal, SIGKILL) ||
		 sigismember(&task->signal->shared_pending.signal, SIGKILL);
	taken = has_taken(&task->pending);
	beyond = t == t->leader && count_queued(task) > task_rlimit(task, RLIMIT_SIGPENDING);
	unlock_task_sighand(task, &flags);
	if (killed)
		return ckpt_fail_task_killed(ctx);
	if (taken)
		return ckpt_fail(ctx, -EAGAIN, "has not come back to the stop in which it was saved; try again");
	if (beyond)
		return ckpt_fail(ctx, -EAGAIN,
				 "has more POSIX timers and queued signals than its RLIMIT_SIGPENDING allows again; raise that first");
	return 0;
}

/* Copies at most @room entries.  Return: how many there are; siglock keeps the number. */
static u32 copy_queue(const struct sigpending *pending, struct ckpt_rec_siginfo *infos, u32 room)
{
	const struct sigqueue *q;
	u32 n = 0;

	list_for_each_entry(q, &pending->list, list) {
		if (n < room) {
			memcpy(infos[n].info, &q->info, sizeof(q->info));
			infos[n].flags = q->flags & SIGQUEUE_PREALLOC ? CKPT_SIGINFO_TIMER : 0;
		}
		n++;
	}
	return n;
}

/* How its own queue looked when it was captured, and that of its process (of a leader) */
struct queued {
	u64 set;
	u32 nr;
};

/* Nothing is kept of a task that had no signal. */
static const struct ckpt_private queued_private = {
	.size	= 2 * sizeof(struct queued),
};

/* Can nobody take the signals of a queue any more? */
static bool is_left_over(const struct ckpt_task *t, bool shared)
{
	return shared ? ckpt_process_is_dead(t) : t->zombie;
}

/*
 * SIGCONT continues a process when it is sent: a queue that has it, or that of a parent
 * which has heard of it, is not one with the stops that were captured before.
 */
static int save_queue(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t,
		      struct sigpending *pending, bool shared)
{
	struct ckpt_rec_sigpending data = { .shared = shared };
	struct ckpt_rec_siginfo *infos = NULL;
	const char *changed = NULL;
	struct queued *queued;
	unsigned long flags;
	u32 n = 0, room = 0;
	int err = 0;

	/* Signals may still come in while we allocate. */
	for (;;) {
		if (!lock_task_sighand(t->task, &flags))
			break;
		changed = ckpt_process_is_dead(t) ? NULL : ckpt_stops_changed(t);
		n = queue_length(pending);
		if (n <= room) {
			n = copy_queue(pending, infos, room);
			data.set = pending->signal.sig[0];
			/* It kills the task, not the one in the image. */
			if (!ckpt_process_is_dead(t))
				data.set &= ~sigmask(SIGKILL);
		}
		unlock_task_sighand(t->task, &flags);
		if (n <= room)
			break;
		kvfree(infos);
		room = n + 16;
		infos = kvcalloc(room, sizeof(*infos), GFP_KERNEL_ACCOUNT);
		if (!infos)
			return ckpt_fail(ctx, -ENOMEM, "no memory for its pending signals");
	}
	queued = data.set || n ? ckpt_make_private(&t->privates, &queued_private) :
				 ckpt_private(&t->privates, &queued_private);
	if (queued)
		queued[shared] = (struct queued) { .set = data.set, .nr = n };
	if (!queued && (data.set || n))
		err = ckpt_fail(ctx, -ENOMEM, "no memory for its pending signals");
	else if (changed)
		err = ckpt_fail(ctx, -EAGAIN, "%s just now; save it again", changed);
	else if (data.set)
		err = ckpt_emit(ctx, kind, t->id, &data, infos,
				is_left_over(t, shared) ? 0 : n);
	kvfree(infos);
	return err;
}

static int sigpending_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			   struct ckpt_task *t)
{
	int err = save_queue(ctx, kind, t, &t->task->pending, false);

	if (!err && t == t->leader)
		err = save_queue(ctx, kind, t, &t->task->signal->shared_pending, true);
	return err;
}

/* SIGKILL loses nothing that killing the tree would not. */
static bool queue_changed(const struct sigpending *pending, const struct queued *was)
{
	return ((pending->signal.sig[0] ^ was->set) & ~sigmask(SIGKILL)) ||
	       queue_length(pending) != was->nr;
}

/* Of a leader its process is meant as well.  Signals come in while it is held. */
static const char *sigpending_changed(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	static const struct queued none[2];
	const struct queued *queued = ckpt_private(&t->privates, &queued_private) ?: none;
	struct task_struct *task = t->task;
	unsigned long flags;
	bool changed;

	if (!lock_task_sighand(task, &flags))
		return NULL;
	changed = queue_changed(&task->pending, &queued[false]);
	if (t == t->leader)
		changed |= queue_changed(&task->signal->shared_pending, &queued[true]);
	unlock_task_sighand(task, &flags);
	return changed ? "got a signal" : NULL;
}

static kernel_siginfo_t *siginfo(const struct ckpt_item *item, u32 i)
{
	return (kernel_siginfo_t *)((const struct ckpt_rec_siginfo *)item->array)[i].info;
}

static bool is_of_timer(const struct ckpt_item *item, u32 i)
{
	return ((const struct ckpt_rec_siginfo *)item->array)[i].flags & CKPT_SIGINFO_TIMER;
}

/*
 * What says that a timer is to be started is odd, as the timer's number is while it
 * stands: a timer that runs is never started.
 */
static bool valid_flags(const struct ckpt_item *item, u32 i)
{
	const struct ckpt_rec_siginfo *rec = item->array;
	const kernel_siginfo_t *info = siginfo(item, i);

	if (rec[i].flags & ~CKPT_SIGINFO_TIMER)
		return false;
	if (!is_of_timer(item, i))
		return true;
	return info->si_code == SI_TIMER && info->si_overrun >= 0 &&
	       (!info->si_sys_private || info->si_sys_private & 1);
}

static int sigpending_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_sigpending *data = item->data;
	u32 i;

	if (data->shared > 1)
		return ckpt_fail(ctx, -EINVAL, "a queue of signals has an unknown flag");
	if (is_left_over(item->owner, data->shared) && item->count)
		return ckpt_fail(ctx, -EINVAL, "a zombie has a queue of signals");
	if (data->set & sigmask(SIGKILL) && !ckpt_process_is_dead(item->owner))
		return ckpt_fail(ctx, -EINVAL, "SIGKILL cannot be pending");
	for (i = 0; i < item->count; i++) {
		int sig = siginfo(item, i)->si_signo;

		if (sig < 1 || !valid_signal(sig) || !(data->set & sigmask(sig)))
			return ckpt_fail(ctx, -EINVAL, "a queued signal %d is not pending", sig);
		if (memchr_inv((const u8 *)siginfo(item, i) + sizeof(kernel_siginfo_t), 0,
			       SIGINFO_BYTES - sizeof(kernel_siginfo_t)))
			return ckpt_fail(ctx, -E2BIG, "a queued signal %d has unknown fields", sig);
		if (!valid_flags(item, i))
			return ckpt_fail(ctx, -EINVAL, "a queued signal %d is not of a timer", sig);
	}
	return 0;
}

static struct sigpending *queue_of(const struct ckpt_item *item)
{
	const struct ckpt_rec_sigpending *data = item->data;

	return data->shared ? &current->signal->shared_pending : &current->pending;
}

static bool is_queued(const struct sigpending *pending, int signo)
{
	const struct sigqueue *q;

	list_for_each_entry(q, &pending->list, list)
		if (q->info.si_signo == signo)
			return true;
	return false;
}

static int queue_signal(struct ckpt_ctx *ctx, const kernel_siginfo_t *info,
			struct sigpending *pending)
{
	struct rlimit *limit = &current->signal->rlim[RLIMIT_SIGPENDING];
	bool beyond = is_unlimited(info) && !is_queued(pending, info->si_signo);
	unsigned long cur = limit->rlim_cur;
	struct sigqueue *q;

	/* No other worker runs, and prlimit(2) is kept out. */
	if (beyond)
		WRITE_ONCE(limit->rlim_cur, RLIM_INFINITY);
	q = sigqueue_alloc();
	if (beyond)
		WRITE_ONCE(limit->rlim_cur, cur);
	if (!q)
		return ckpt_fail(ctx, -EAGAIN,
				 "no room for its pending signals (RLIMIT_SIGPENDING)");
	q->flags &= ~SIGQUEUE_PREALLOC;
	copy_siginfo(&q->info, info);
	spin_lock_irq(&current->sighand->siglock);
	list_add_tail(&q->list, &pending->list);
	spin_unlock_irq(&current->sighand->siglock);
	return 0;
}

static int sigpending_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct sigpending *pending = queue_of(item);
	const kernel_siginfo_t *info;
	u32 i;
	int err = 0;

	for (i = 0; i < item->count && !err; i++) {
		info = siginfo(item, i);
		if (!is_of_timer(item, i))
			err = queue_signal(ctx, info, pending);
		else if (ckpt_queue_timer_signal(info, pending))
			err = ckpt_fail(ctx, -EINVAL, "a pending signal %d is of POSIX timer %d, which did not send it",
					info->si_signo, info->si_tid);
		cond_resched();
	}
	return err;
}

/* One thread that does not block the signal is to look for it, as after kill(2). */
static void wake_one(int sig)
{
	struct task_struct *task;

	lockdep_assert_held(&current->sighand->siglock);
	for_each_thread(current, task) {
		if (task != current && !sigismember(&task->blocked, sig) &&
		    !(task->flags & PF_EXITING)) {
			signal_wake_up(task, 0);
			return;
		}
	}
}

/*
 * Threads whose turn is still to come find what is pending when they set their
 * mask; a thread that already runs has to be notified.
 */
static void wake_shared(u64 set)
{
	int sig;

	for (sig = 1; sig <= _NSIG; sig++)
		if ((set & sigmask(sig)) && sigismember(&current->blocked, sig))
			wake_one(sig);
}

/*
 * What came when its tree was captured already is in the image's tail.  An epoll instance
 * that watches a signalfd did not hear of it.
 */
static void notify_signalfds(const struct ckpt_item *item)
{
	lockdep_assert_held(&current->sighand->siglock);
	if (item->tail)
		signalfd_notify(current, 0);
}

static void sigpending_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_sigpending *data = item->data;
	sigset_t set = { .sig[0] = data->set };
	struct sigpending *pending = queue_of(item);

	spin_lock_irq(&current->sighand->siglock);
	sigorsets(&pending->signal, &pending->signal, &set);
	if (data->shared)
		wake_shared(data->set);
	notify_signalfds(item);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

CHECKPOINT_KIND(sigpending) = {
	.name		= "sigpending",
	.type		= CKPT_REC_SIGPENDING,
	.size		= sizeof(struct ckpt_rec_sigpending),
	CKPT_ARRAY(struct ckpt_rec_sigpending, infos, struct ckpt_rec_siginfo),
	.max		= 1U << 20,
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_LATE,
	.order		= CKPT_ORDER_SIGPENDING,
	.class		= &ckpt_class_task,
	.late		= true,
	.many		= true,
	.check		= sigpending_check,
	.save		= sigpending_save,
	.changed	= sigpending_changed,
	.validate	= sigpending_validate,
	.restore	= sigpending_restore,
	.finish		= sigpending_finish,
};
