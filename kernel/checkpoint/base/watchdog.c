// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the watchdog over a call that holds a tree.
 *
 * From the first task held until the thaw a call must get on.  If it does not for as
 * long as its caller allows, the tree is let go, whatever the caller waits for.
 *
 * Two sorts of code run under it.  What works on the frozen tree asks
 * ckpt_still_held() from time to time, and gives up by itself.  What may wait for
 * somebody outside of the tree - a file system's server, the reader of a pipe, the owner
 * of a mutex - does so between ckpt_begin_wait() and ckpt_end_wait(), and there, and
 * only there, the watchdog lets the tree go behind its back.  It never does so while
 * somebody walks through a table that the tree's tasks would change meanwhile.
 *
 * Time is counted in looks, of which one follows the other.  A machine that stands still
 * for a while, as a guest may, loses one of them and not all.
 */
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/resume_user_mode.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/workqueue.h>
#include <trace/events/checkpoint.h>
#include "../core.h"

/* So many looks without progress end it. */
#define WATCHDOG_LOOKS	10

/**
 * struct ckpt_watchdog - of one call of checkpoint()
 * @work: looks at @progress
 * @ctx: the call
 * @let_go: thaws its tree
 * @patience_ms: how long it may take without progress
 * @period: jiffies from one look to the next
 * @most: looks without progress that end it
 * @times: how often that, in this phase
 * @looks: so many there were
 * @seen: @progress at the last look
 * @progress: counts on with each step; written by the caller alone
 * @on: started and not stopped, for the caller
 * @lock: protects the rest
 * @waiting: the caller is between ckpt_begin_wait() and ckpt_end_wait()
 * @expired: it has taken too long; for good
 * @late: in which phase
 */
struct ckpt_watchdog {
	struct delayed_work work;
	struct ckpt_ctx *ctx;
	void (*let_go)(struct ckpt_ctx *ctx);
	unsigned int patience_ms;
	unsigned long period;
	unsigned int most;
	unsigned int times;
	unsigned int looks;
	unsigned int seen;
	unsigned int progress;
	bool on;
	spinlock_t lock;	/* of what follows */
	bool waiting;
	bool expired;
	enum ckpt_phase late;
};

/* Never behind work that itself waits for a frozen program, or for memory */
static struct workqueue_struct *watchdogs;

/* Too long without progress?  Then the caller finds out by itself, or it is waiting. */
static bool expire(struct ckpt_watchdog *w)
{
	bool waiting;

	spin_lock(&w->lock);
	w->late = READ_ONCE(w->ctx->save->phase);
	w->expired = true;
	waiting = w->waiting;
	spin_unlock(&w->lock);
	return waiting;
}

static void watchdog_look(struct work_struct *work)
{
	struct ckpt_watchdog *w = container_of(work, struct ckpt_watchdog, work.work);
	/* Less patience there is only after progress, see ckpt_begin_phase(). */
	unsigned int times = smp_load_acquire(&w->times);
	unsigned int progress = READ_ONCE(w->progress);

	if (progress != w->seen)
		w->looks = 0;
	else
		w->looks++;
	w->seen = progress;
	if (w->looks < w->most * times)
		queue_delayed_work(watchdogs, &w->work, w->period);
	else if (expire(w))
		w->let_go(w->ctx);
}

static void watchdog_start(struct ckpt_watchdog *w)
{
	w->looks = 0;
	w->on = true;
	queue_delayed_work(watchdogs, &w->work, w->period);
}

/**
 * ckpt_watch - from here on the call must get on
 * @ctx: the call
 * @ms: how long it may take without progress
 * @let_go: thaws its tree
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM (reported)
 */
int ckpt_watch(struct ckpt_ctx *ctx, unsigned int ms, void (*let_go)(struct ckpt_ctx *ctx))
{
	struct ckpt_watchdog *w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	unsigned long most = msecs_to_jiffies(ms);

	if (!w)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the watchdog of the checkpoint");
	INIT_DELAYED_WORK(&w->work, watchdog_look);
	spin_lock_init(&w->lock);
	w->ctx = ctx;
	w->let_go = let_go;
	w->patience_ms = ms;
	w->most = clamp(most, 1, WATCHDOG_LOOKS);
	w->times = 1;
	w->period = DIV_ROUND_UP(most, w->most);
	ctx->watchdog = w;
	watchdog_start(w);
	return 0;
}

/**
 * ckpt_unwatch - nobody lets the tree go any more but the caller
 * @ctx: the call, may have no watchdog
 *
 * If the watchdog is just doing so, waits until it has.  What ckpt_still_held() says
 * from here on does not change.
 *
 * Context: may sleep.
 */
void ckpt_unwatch(struct ckpt_ctx *ctx)
{
	if (!ctx->watchdog)
		return;
	cancel_delayed_work_sync(&ctx->watchdog->work);
	ctx->watchdog->on = false;
}

/**
 * ckpt_free_watchdog - end of the call
 * @ctx: the call, may have no watchdog
 *
 * Context: may sleep.
 */
void ckpt_free_watchdog(struct ckpt_ctx *ctx)
{
	ckpt_unwatch(ctx);
	kfree(ctx->watchdog);
	ctx->watchdog = NULL;
}

/*
 * What a phase is called: by its trace event, and, a noun, when it takes too long.  What a file
 * system brings to the disk at once may be others' as well, and a step of it take seconds: it
 * has ten times as long.
 */
static const struct {
	const char *event;
	const char *noun;
	unsigned int times;
} phases[CKPT_NR_PHASES] = {
	[CKPT_PHASE_OTHER]	= { "other", "call", 1 },
	[CKPT_PHASE_FREEZE]	= { "freeze", "freeze", 1 },
	[CKPT_PHASE_SURVEY]	= { "survey", "survey", 1 },
	[CKPT_PHASE_CAPTURE]	= { "capture", "capture", 1 },
	[CKPT_PHASE_WRITE]	= { "write", "writing of the image", 1 },
	[CKPT_PHASE_SYNC]	= { "sync", "bringing of the image to stable storage", 10 },
};

/**
 * ckpt_begin_phase - what a call of checkpoint() is about from here on
 * @ctx: the call
 * @phase: that
 *
 * The time that passes is its, for the statistics; the watchdog has patience for it.
 *
 * Return: what it was until now
 */
enum ckpt_phase ckpt_begin_phase(struct ckpt_ctx *ctx, enum ckpt_phase phase)
{
	struct ckpt_save *save = ctx->save;
	enum ckpt_phase before = save->phase;
	ktime_t now = ktime_get();

	trace_checkpoint_phase(phases[phase].event, ctx->nr_tasks);
	save->phase_ns[before] += ktime_to_ns(ktime_sub(now, save->phase_at));
	WRITE_ONCE(save->phase, phase);
	save->phase_at = now;
	ckpt_progress(ctx);
	if (!ctx->watchdog)
		return before;
	/* Whoever sees less patience sees the progress before it: see watchdog_look(). */
	smp_store_release(&ctx->watchdog->times, phases[phase].times);
	return before;
}

/**
 * ckpt_watched - must the call get on?
 * @ctx: the call, may have no watchdog
 *
 * Return: true while it holds a tree
 */
bool ckpt_watched(struct ckpt_ctx *ctx)
{
	return ctx->watchdog && ctx->watchdog->on;
}

bool ckpt_expired(struct ckpt_ctx *ctx)
{
	return ctx->watchdog && READ_ONCE(ctx->watchdog->expired);
}

/**
 * ckpt_watch_again - the caller goes on with what it has in hand
 * @ctx: the call; it waits for nobody
 *
 * For CHECKPOINT_CHECK, which does without the tasks that were too late.
 *
 * Context: may sleep.
 */
void ckpt_watch_again(struct ckpt_ctx *ctx)
{
	ckpt_unwatch(ctx);
	WRITE_ONCE(ctx->watchdog->expired, false);
	watchdog_start(ctx->watchdog);
}

void ckpt_progress(struct ckpt_ctx *ctx)
{
	struct ckpt_watchdog *w = ctx->watchdog;

	if (w)
		WRITE_ONCE(w->progress, w->progress + 1);
}

int ckpt_still_held(struct ckpt_ctx *ctx)
{
	enum ckpt_phase phase;

	if (!ckpt_expired(ctx))
		return 0;
	spin_lock(&ctx->watchdog->lock);
	phase = ctx->watchdog->late;
	spin_unlock(&ctx->watchdog->lock);
	return ckpt_fail(ctx, -ETIMEDOUT, "the %s made no progress for %u ms, so the program was let go",
			 phases[phase].noun, ctx->watchdog->patience_ms * phases[phase].times);
}

int ckpt_begin_wait(struct ckpt_ctx *ctx)
{
	struct ckpt_watchdog *w = ctx->watchdog;
	bool held = true;

	if (!w)
		return 0;
	spin_lock(&w->lock);
	held = !w->expired;
	w->waiting = held;
	spin_unlock(&w->lock);
	return held ? 0 : ckpt_still_held(ctx);
}

bool ckpt_end_wait(struct ckpt_ctx *ctx)
{
	struct ckpt_watchdog *w = ctx->watchdog;
	bool held;

	if (!w)
		return true;
	spin_lock(&w->lock);
	held = !w->expired;
	w->waiting = false;
	spin_unlock(&w->lock);
	if (held)
		ckpt_progress(ctx);
	return held;
}

/**
 * ckpt_interrupted - is there a signal that is to end the caller's call?
 *
 * TIF_NOTIFY_SIGNAL is none: it asks for task work, the caller's own, which is done on
 * the way back to user space as well.
 *
 * Return: true if so
 */
bool ckpt_interrupted(void)
{
	if (test_thread_flag(TIF_NOTIFY_SIGNAL)) {
		clear_notify_signal();
		if (task_work_pending(current))
			set_notify_resume(current);
	}
	return task_sigpending(current);
}

static int __init checkpoint_watchdog_init(void)
{
	watchdogs = alloc_workqueue("checkpoint", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	return watchdogs ? 0 : -ENOMEM;
}
core_initcall(checkpoint_watchdog_init);
