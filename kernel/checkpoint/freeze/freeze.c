// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: stopping a tree of processes and letting it go on.
 */
#include <linux/delay.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <trace/events/checkpoint.h>
#include "../core.h"
#include "freeze.h"

/* -- until all are at rest ------------------------------------------------------- */

static int freeze_process(struct task_struct *leader, void *data)
{
	struct ckpt_pass *pass = data;
	struct task_struct *task;
	int err;

	lockdep_assert_held(&tasklist_lock);
	pass->processes++;
	for_each_thread(leader, task) {
		err = ckpt_freeze_thread(pass, task);
		if (err)
			return err;
	}
	return 0;
}

static void pass_forget(struct ckpt_pass *pass)
{
	if (pass->task)
		put_task_struct(pass->task);
	pass->task = NULL;
	pass->err = 0;
}

/* Return: as ckpt_walk_tree() */
static int freeze_look(struct ckpt_pass *pass, struct task_struct *root)
{
	pass_forget(pass);
	pass->tasks = 0;
	pass->processes = 0;
	pass->waiting = 0;
	pass->silent = 0;
	return ckpt_walk_tree(root, freeze_process, pass);
}

static int freeze_fail(struct ckpt_pass *pass, int err)
{
	struct ckpt_ctx *ctx = pass->ctx;
	struct ckpt_task t = { .task = pass->task };

	ctx->at = (struct ckpt_at) { .t = &t };
	err = ckpt_fail(ctx, err, "%s", pass->why);
	ctx->at.t = NULL;
	return err;
}

/*
 * Somebody is in the way.  A caller that only wants to know hears of the next one too.
 * Return: 0 to go on, negative errno (reported) if not
 */
static int freeze_obstacle(struct ckpt_pass *pass, int err)
{
	struct ckpt_ctx *ctx = pass->ctx;

	if (!pass->err)
		return ckpt_fail(ctx, err, err == -ESRCH ? "the process has exited" :
				 "no memory for a walk through the tree");
	freeze_fail(pass, err);
	if (!(ctx->flags & CHECKPOINT_CHECK))
		return err;
	ctx->save->obstacle = ctx->save->obstacle ?: err;
	ckpt_progress(ctx);
	err = ckpt_pass_remember(pass, pass->task);
	return err ? ckpt_fail(ctx, err, "no memory for the list of obstacles") : 0;
}

/*
 * Time is up.  Who only wants to know goes on with what has stopped.
 * Return: 0 to look once more, -ETIMEDOUT (reported)
 */
static int freeze_timeout(struct ckpt_pass *pass)
{
	struct ckpt_ctx *ctx = pass->ctx;

	if (ctx->flags & CHECKPOINT_CHECK && !pass->last) {
		ckpt_watch_again(ctx);
		pass->last = true;
		return 0;
	}
	if (pass->task)
		return freeze_fail(pass, -ETIMEDOUT);
	return ckpt_fail(ctx, -ETIMEDOUT, "the tree did not come to rest in time");
}

/* Until every thread of the tree sleeps in the trap */
static int freeze_all(struct ckpt_pass *pass, struct task_struct *root)
{
	struct ckpt_ctx *ctx = pass->ctx;
	unsigned int resting = 0;
	int ret, target;

	for (;;) {
		target = ckpt_arrivals();
		ret = freeze_look(pass, root);
		if (ret >= 0 && !pass->waiting && (!ret || pass->last))
			return 0;
		if (pass->tasks - pass->waiting > resting) {
			resting = pass->tasks - pass->waiting;
			ckpt_progress(ctx);
		}
		if (ret < 0)
			ret = freeze_obstacle(pass, ret);
		else if (ckpt_expired(ctx))
			ret = freeze_timeout(pass);
		else if (!ckpt_wait_for_arrivals(target + max(pass->waiting - pass->silent, 1U)))
			ret = ckpt_fail(ctx, -EINTR, "a signal interrupted the checkpoint");
		else
			ret = 0;
		if (ret)
			return ret;
	}
}

/* -- the whole ------------------------------------------------------------------ */

/* What a task that is at rest sleeps in; a freezer may come upon it as well. */
#define REST_STATE	(CKPT_TRAP_STATE | TASK_FROZEN | __TASK_STOPPED | __TASK_TRACED)

#define SETTLE_US	20

/*
 * The last switch-out of a thread.  A wake-up that came late from what it waited
 * for before may make it look at the trap once more.
 *
 * wait_task_inactive() sleeps a whole tick if the thread still stands on a runqueue, and
 * for as long as it is frozen unless that state is asked for.
 */
static int settle_task(struct ckpt_ctx *ctx, struct task_struct *task)
{
	int err;

	for (;;) {
		if (task_is_runnable(task))
			usleep_range(SETTLE_US, 2 * SETTLE_US);
		else if (wait_task_inactive(task, REST_STATE))
			return 0;
		if (!ckpt_at_rest(ctx, task) || fatal_signal_pending(task))
			return ckpt_fail_task_killed(ctx);
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		err = ckpt_still_held(ctx);
		if (err)
			return err;
	}
}

/* And a second look at the rights */
static int settle_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		ctx->at.t = t;
		if (t->zombie || t->self)
			continue;
		err = settle_task(ctx, t->task);
		if (err)
			return err;
		if (!ptrace_may_access(t->task, PTRACE_MODE_ATTACH_REALCREDS))
			return ckpt_fail(ctx, -EPERM, "may not be traced by the caller");
		ckpt_progress(ctx);
		cond_resched();
	}
	ctx->at.t = NULL;
	return 0;
}

static void free_pass(struct ckpt_pass *pass)
{
	unsigned long index;
	struct pid *pid;

	pass_forget(pass);
	xa_for_each(&pass->reported, index, pid)
		put_pid(pid);
	xa_destroy(&pass->reported);
}

/* A zombie may be taken in or reaped between the freeze and the list: look again. */
static int freeze_and_collect(struct ckpt_pass *pass, struct task_struct *root)
{
	struct ckpt_ctx *ctx = pass->ctx;
	int err;

	do {
		ckpt_free_tasks(ctx);
		err = freeze_all(pass, root);
		if (!err)
			err = ckpt_collect_tasks(ctx, root, pass->tasks);
	} while (err == -EAGAIN && !fatal_signal_pending(current) && !ckpt_expired(ctx));
	if (err == -EAGAIN)
		return ckpt_fail(ctx, -ETIMEDOUT, "the tree did not come to rest in time");
	if (!err && list_empty(&ctx->tasks))
		return ctx->save->obstacle;
	return err;
}

/**
 * ckpt_freeze - stop all threads of a tree and list them in ctx->tasks
 * @ctx: the call, watched
 * @root: leader of the root process
 *
 * The caller's own thread, if it is in the tree, is not stopped.  With CHECKPOINT_CHECK
 * ctx->save->obstacle is the first error of what stands against that, and processes that
 * cannot be stopped are not in the list.
 *
 * Context: may sleep, interruptible.
 * Return: 0, or negative errno (reported); the caller calls ckpt_thaw() in any case
 */
int ckpt_freeze(struct ckpt_ctx *ctx, struct task_struct *root)
{
	struct ckpt_pass pass = { .ctx = ctx, .root = root };
	int err;

	xa_init_flags(&pass.reported, XA_FLAGS_ACCOUNT);
	err = freeze_and_collect(&pass, root);
	if (!err)
		err = settle_tasks(ctx);
	if (!err) {
		WRITE_ONCE(ctx->settled, true);
		ckpt_hold_kinds(ctx);
	}
	free_pass(&pass);
	if (!ctx->frozen_at)
		ctx->frozen_at = ktime_get();
	trace_checkpoint_phase("frozen", ctx->nr_tasks);
	return err;
}

/**
 * ckpt_check_alive - make sure that no task died while it was captured
 * @ctx: the call
 *
 * Return: 0 or -ESRCH (reported)
 */
int ckpt_check_alive(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	/*
	 * What was captured is read before this: whoever has seen what a killed task did
	 * sees here that it was killed.  Pairs with siglock, under which it is woken.
	 */
	smp_rmb();
	for_each_ckpt_task(ctx, t) {
		if (t->zombie || t->self)
			continue;
		if (!ckpt_at_rest(ctx, t->task) || fatal_signal_pending(t->task)) {
			ctx->at = (struct ckpt_at) { .t = t };
			return ckpt_fail_task_killed(ctx);
		}
	}
	return 0;
}

/**
 * ckpt_thaw - let all held tasks go on
 * @ctx: the call
 *
 * Once a call; what comes later, or from another user of a hold descriptor,
 * does nothing.
 *
 * Context: may sleep.
 */
void ckpt_thaw(struct ckpt_ctx *ctx)
{
	struct task_struct *task, *next;

	if (!ctx->frozen_at && list_empty(&ctx->held))
		return;
	if (cmpxchg(&ctx->thawed_at, 0, ktime_get()))
		return;
	trace_checkpoint_phase("thaw", ctx->nr_tasks);
	ckpt_unpin_tasks(ctx);
	ckpt_release_kinds(ctx);
	list_for_each_entry_safe(task, next, &ctx->held, checkpoint_node) {
		ckpt_release_held(task);
		put_task_struct(task);
		cond_resched();
	}
	ctx->thawed_at = ktime_get();
}

/**
 * ckpt_hold_made - restart: the tasks stop in the trap on their way to user space
 * @ctx: the call; the tasks are made and wait for the word to go
 */
void ckpt_hold_made(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (t->zombie)
			continue;
		spin_lock_irq(&t->task->sighand->siglock);
		t->task->checkpoint_holder = ctx;
		list_add_tail(&t->task->checkpoint_node, &ctx->held);
		get_task_struct(t->task);
		spin_unlock_irq(&t->task->sighand->siglock);
	}
}
