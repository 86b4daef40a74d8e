// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: job control: what has stopped, and what a parent has yet to learn.
 */
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include "../checkpoint.h"
#include "signal.h"

/**
 * DOC: job control
 *
 * Preserved: what SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU have stopped, in whole or, where the
 * last threads have not come to stop yet, in part; what waitid(2) will still report of that
 * and what it has reported; a SIGCONT that it will report; a SIGCHLD about either that is
 * still to be sent.  A stopped thread comes back without running a user instruction, and
 * its parent hears nothing a second time.
 *
 * The root's parent is another one after a restart, which has heard of nothing: to it a
 * stopped root stops once more.
 *
 * All of a process is saved in one section: SIGCONT comes in while it is held, and takes
 * effect on the process at once.  If it does while the tree is captured, the checkpoint
 * fails; while the image of a held tree is written, it goes into the tail; later, the tree
 * is not killed.
 *
 * A traced thread does not stop so, but for its tracer: see there.  Its process can be stopped
 * while it runs.
 *
 * The stop takes effect after the commit, so that no exit of a task that was made finds a
 * stopped job in a group that it orphans, which gets SIGHUP.
 *
 * Immaterial: which signal has stopped a thread the last time that was continued since;
 * whether a stop signal was dequeued that then had no effect.
 */

static const struct ckpt_kind ckpt_kind_stops;

/* How a process stood with job control when it was captured; nothing is kept of most */
struct stopped {
	unsigned int flags;	/* of signal_struct->flags what SIGCONT changes */
	int count;		/* threads that the stop waits for */
	bool saved;		/* a record of it was emitted */
};

static const struct ckpt_private stopped_private = {
	.size	= sizeof(struct stopped),
};

/* Most threads in a pid namespace */
#define MAX_THREADS	(4U << 20)

static const struct {
	unsigned int flag;
	u32 bit;
} stop_flags[] = {
	{ SIGNAL_STOP_STOPPED,		CKPT_STOPS_STOPPED },
	{ SIGNAL_STOP_CONTINUED,	CKPT_STOPS_CONTINUED },
	{ SIGNAL_CLD_STOPPED,		CKPT_STOPS_TELLS_STOP },
	{ SIGNAL_CLD_CONTINUED,		CKPT_STOPS_TELLS_CONTINUE },
};

#define ALL_STOPS	(CKPT_STOPS_STOPPED | CKPT_STOPS_CONTINUED | CKPT_STOPS_TELLS_STOP | \
			 CKPT_STOPS_TELLS_CONTINUE)

static u32 bits_of(unsigned int flags)
{
	u32 bits = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(stop_flags); i++)
		if (flags & stop_flags[i].flag)
			bits |= stop_flags[i].bit;
	return bits;
}

static unsigned int flags_of(u32 bits)
{
	unsigned int flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(stop_flags); i++)
		if (bits & stop_flags[i].bit)
			flags |= stop_flags[i].flag;
	return flags;
}

static bool is_stop_signal(u32 sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* Those that live, and those of them that nobody traces */
struct threads {
	u32 living;
	u32 untraced;
};

static bool is_traced(const struct ckpt_task *t)
{
	return t->tracer || (t->task && READ_ONCE(t->task->ptrace));
}

static struct threads count_threads(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	struct threads nr = {};
	struct ckpt_task *t;

	for (t = leader; t; t = ckpt_next_thread(ctx, t)) {
		nr.living += !t->zombie;
		nr.untraced += !t->zombie && !is_traced(t);
	}
	return nr;
}

/*
 * What no kernel has: a thread that stopped while its process neither is stopped nor waits
 * for another one to; a stopped process with a thread that runs on.
 */
static const char *find_fault(const struct ckpt_rec_stops *data, const struct ckpt_rec_stop *stops,
			      u32 nr, u32 nr_untraced, struct threads threads)
{
	u32 i, nr_counted = 0;

	for (i = 0; i < nr; i++) {
		if (!is_stop_signal(stops[i].signal))
			return "a thread is stopped by what is no stop signal";
		nr_counted += !!(stops[i].flags & CKPT_STOP_COUNTED);
	}
	if (data->flags & CKPT_STOPS_STOPPED && data->flags != CKPT_STOPS_STOPPED)
		return "it is stopped and was continued";
	if (data->flags & CKPT_STOPS_STOPPED && nr_untraced != threads.untraced)
		return "it is stopped, and one of its threads is not";
	if (nr && !nr_counted && !(data->flags & CKPT_STOPS_STOPPED))
		return "a thread is stopped alone";
	if (!data->signal)
		return NULL;
	if (!is_stop_signal(data->signal))
		return "it is stopped by what is no stop signal";
	if (nr || threads.untraced < threads.living)
		return NULL;
	return "a stop is to be reported, and nothing has stopped";
}

/* -- save ------------------------------------------------------------------------- */

/* What SIGCONT changes.  That it is to be reported is also cleared by who asks for it. */
#define MATTERS	(SIGNAL_STOP_STOPPED | SIGNAL_CLD_MASK)

static void note_stopped(struct stopped *stopped, const struct signal_struct *sig)
{
	stopped->flags = sig->flags & MATTERS;
	stopped->count = sig->group_stop_count;
}

const char *ckpt_stops_changed(const struct ckpt_task *t)
{
	const struct signal_struct *sig = t->task->signal;
	const struct stopped *was = ckpt_private(&t->leader->privates, &stopped_private);

	lockdep_assert_held(&t->task->sighand->siglock);
	if ((sig->flags & MATTERS) == (was ? was->flags : 0) &&
	    sig->group_stop_count == (was ? was->count : 0))
		return NULL;
	return "got a SIGCONT";
}

/* That it was continued, and no more, is in its process record. */
static bool has_stops(const struct signal_struct *sig)
{
	return sig->flags & (SIGNAL_STOP_STOPPED | SIGNAL_CLD_MASK) || sig->group_stop_count;
}

static u32 get_stops(struct ckpt_ctx *ctx, struct ckpt_task *leader, struct ckpt_rec_stop *stops,
		     u32 *nr_untraced)
{
	unsigned long jobctl;
	struct ckpt_task *t;
	u32 nr = 0;

	lockdep_assert_held(&leader->task->sighand->siglock);
	for (t = leader; t; t = ckpt_next_thread(ctx, t)) {
		jobctl = t->task->jobctl;
		if (t->zombie || !(jobctl & (JOBCTL_STOPPED | JOBCTL_STOP_PENDING)))
			continue;
		stops[nr].thread = t->id;
		stops[nr].signal = jobctl & JOBCTL_STOP_SIGMASK;
		if (jobctl & JOBCTL_STOP_CONSUME)
			stops[nr].flags = CKPT_STOP_COUNTED;
		*nr_untraced += !is_traced(t);
		nr++;
	}
	return nr;
}

/* Return: 0, or negative errno (reported); *@stops is to be freed in any case */
static int look_at_stops(struct ckpt_ctx *ctx, struct ckpt_task *t, struct ckpt_rec_stops *data,
			 struct ckpt_rec_stop **stops, u32 *nr)
{
	const struct threads threads = count_threads(ctx, t);
	const struct signal_struct *sig = t->task->signal;
	struct stopped *stopped = ckpt_private(&t->privates, &stopped_private);
	unsigned long flags;
	const char *fault;
	u32 nr_untraced = 0;

	*nr = 0;
	*stops = NULL;
	if (has_stops(sig)) {
		stopped = ckpt_make_private(&t->privates, &stopped_private);
		*stops = kvcalloc(threads.living, sizeof(**stops), GFP_KERNEL_ACCOUNT);
		if (!*stops || !stopped)
			return ckpt_fail(ctx, -ENOMEM, "no memory for its stopped threads");
	}
	if (!lock_task_sighand(t->task, &flags))
		return ckpt_fail_task_killed(ctx);
	/* What comes just now, and is not noted, is found to have changed. */
	if (stopped)
		note_stopped(stopped, sig);
	data->flags = bits_of(sig->flags);
	if (*stops && has_stops(sig)) {
		data->signal = sig->group_exit_code;
		*nr = get_stops(ctx, t, *stops, &nr_untraced);
	}
	unlock_task_sighand(t->task, &flags);
	fault = find_fault(data, *stops, *nr, nr_untraced, threads);
	if (fault)
		return ckpt_fail(ctx, -EAGAIN, "is just being stopped: %s; try again", fault);
	return 0;
}

static int stops_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_rec_stops data = {};
	struct ckpt_rec_stop *stops;
	int err;
	u32 nr;

	err = look_at_stops(ctx, t, &data, &stops, &nr);
	kvfree(stops);
	return err;
}

static int stops_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_rec_stops data = {};
	struct ckpt_rec_stop *stops;
	struct stopped *stopped;
	int err;
	u32 nr;

	err = look_at_stops(ctx, t, &data, &stops, &nr);
	stopped = ckpt_private(&t->privates, &stopped_private);
	/* What was in the image is replaced in the tail, if by nothing. */
	if (!err && stopped && (stops || stopped->saved)) {
		stopped->saved = true;
		err = ckpt_emit(ctx, kind, t->id, &data, stops, nr);
	}
	kvfree(stops);
	return err;
}

static const char *stops_changed(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const char *what;
	unsigned long flags;

	if (t != t->leader || !lock_task_sighand(t->task, &flags))
		return NULL;
	what = ckpt_stops_changed(t);
	unlock_task_sighand(t->task, &flags);
	return what;
}

/* -- restore ---------------------------------------------------------------------- */

static int validate_thread(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			   const struct ckpt_rec_stop *stop, u32 last)
{
	const struct ckpt_task *t = ckpt_task_by_id(ctx, stop->thread);

	if (t->leader != item->owner)
		return ckpt_fail(ctx, -EINVAL, "another process's thread is stopped");
	if (t->zombie)
		return ckpt_fail(ctx, -EINVAL, "a thread is stopped that has exited");
	if (stop->thread <= last)
		return ckpt_fail(ctx, -EINVAL, "its stopped threads are not in order");
	if (stop->flags & ~CKPT_STOP_COUNTED)
		return ckpt_fail(ctx, -EINVAL, "a stopped thread has an unknown flag");
	return 0;
}

/* When all is read: threads may come behind the record, and so does who traces them. */
static int validate_whole(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_stops *data = item->data;
	const struct ckpt_rec_stop *stops = item->array;
	u32 i, nr_untraced = 0;
	const char *fault;

	for (i = 0; i < item->count; i++)
		nr_untraced += !is_traced(ckpt_task_by_id(ctx, stops[i].thread));
	fault = find_fault(data, stops, item->count, nr_untraced,
			   count_threads(ctx, item->owner));
	if (!fault)
		return 0;
	ctx->at = (struct ckpt_at) { .t = item->owner, .type = CKPT_REC_STOPS };
	return ckpt_fail(ctx, -EINVAL, "its job control is wrong: %s", fault);
}

static int stops_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_stops *data = item->data;
	const struct ckpt_rec_stop *stops = item->array;
	u32 i, last = 0;
	int err;

	if (data->flags & ~ALL_STOPS)
		return ckpt_fail(ctx, -EINVAL, "its job control has unknown flags %#x",
				 data->flags);
	for (i = 0; i < item->count; i++) {
		err = validate_thread(ctx, item, &stops[i], last);
		if (err)
			return err;
		last = stops[i].thread;
	}
	return item->tail ? validate_whole(ctx, item) : 0;
}

static int stops_complete(struct ckpt_ctx *ctx)
{
	const struct ckpt_item *item;
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		list_for_each_entry(item, &t->recs, owner_node) {
			err = item->kind == &ckpt_kind_stops ? validate_whole(ctx, item) : 0;
			if (err)
				return err;
		}
		cond_resched();
	}
	return 0;
}

/*
 * A thread on which STOP_PENDING is set stops on its way to user space; it tells nobody,
 * unless it is counted and the last of those.
 *
 * Return: for how many the stop of the process has to wait
 */
static int set_stops(struct ckpt_ctx *ctx, const struct ckpt_item *item, bool all_counted)
{
	const struct ckpt_rec_stop *stops = item->array;
	int count = 0;
	u32 i;

	lockdep_assert_held(&current->sighand->siglock);
	for (i = 0; i < item->count; i++) {
		struct task_struct *task = ckpt_task_by_id(ctx, stops[i].thread)->task;
		unsigned long jobctl = stops[i].signal | JOBCTL_STOP_PENDING;

		if (all_counted || stops[i].flags & CKPT_STOP_COUNTED)
			jobctl |= JOBCTL_STOP_CONSUME;
		if (task_set_jobctl_pending(task, jobctl) && jobctl & JOBCTL_STOP_CONSUME)
			count++;
	}
	return count;
}

/* By the leader for all threads, none of which has gone to user space yet */
static void stops_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_stops *data = item->data;
	const struct ckpt_rec_stop *stops = item->array;
	struct signal_struct *sig = current->signal;
	bool stops_anew = item->owner == ctx->root && item->count &&
			  data->flags & CKPT_STOPS_STOPPED;

	spin_lock_irq(&current->sighand->siglock);
	/* A SIGKILL may have come since the last look. */
	if (!(sig->flags & SIGNAL_GROUP_EXIT)) {
		signal_set_stop_flags(sig, stops_anew ? 0 : flags_of(data->flags));
		sig->group_stop_count = set_stops(ctx, item, stops_anew);
		sig->group_exit_code = stops_anew && !data->signal ? stops[0].signal : data->signal;
	}
	spin_unlock_irq(&current->sighand->siglock);
}

/* Before any pending signal: see sigpending_save() */
CHECKPOINT_KIND(stops) = {
	.name		= "stops",
	.type		= CKPT_REC_STOPS,
	.size		= sizeof(struct ckpt_rec_stops),
	CKPT_ARRAY(struct ckpt_rec_stops, threads, struct ckpt_rec_stop),
	.max		= MAX_THREADS,
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_LOCK,
	.class		= &ckpt_class_task,
	.late		= true,
	.check		= stops_check,
	.save		= stops_save,
	.changed	= stops_changed,
	.validate	= stops_validate,
	.complete	= stops_complete,
	.finish		= stops_finish,
};
