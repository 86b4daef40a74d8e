// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the two ends of a restart.  At the commit all tasks that were made
 * finish and go to user space; if the restart fails before it, all exit and are reaped.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/wait.h>
#include <uapi/linux/wait.h>
#include <trace/events/checkpoint.h>
#include "../../exit.h"
#include "../core.h"
#include "reaper.h"
#include "worker.h"

/* Processes that are dead */
static bool is_dead(const struct ckpt_task *t)
{
	return ckpt_process_is_dead(t);
}

/* Leaders that have exited before their threads */
static bool is_outlived(const struct ckpt_task *t)
{
	return t->outlived;
}

/* Zombies die before their parents live, and before the threads that outlive them do. */
static void release_zombies(struct ckpt_ctx *ctx, bool (*are_meant)(const struct ckpt_task *t))
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (are_meant(t))
			complete(&t->wake);
	for_each_ckpt_task(ctx, t) {
		if (!are_meant(t))
			continue;
		while (!READ_ONCE(t->task->exit_state))
			ckpt_wait_a_moment();
		write_lock_irq(&tasklist_lock);
		/* A leader that is outlived has told nobody. */
		if (!t->outlived)
			t->task->exit_signal = t->exit_signal;
		write_unlock_irq(&tasklist_lock);
		/* Its end has set what the restarter's memory says. */
		t->task->user_dumpable = t->dumpable;
		WRITE_ONCE(t->task->checkpoint, NULL);
	}
}

static bool is_to_finish(const struct ckpt_task *t)
{
	return !t->zombie && !t->self;
}

/*
 * The last of its state, by the task itself.  Records are finished in the order of the
 * image; registers are the last.
 */
static int finish(struct ckpt_task *t)
{
	struct ckpt_item *r;

	list_for_each_entry(r, &t->recs, owner_node)
		if (r->kind->finish)
			r->kind->finish(t->ctx, r);
	return 0;
}

/*
 * The last of the state that no task restores, while the core has its references to the
 * objects.  In the reverse order: what refers to an object is finished before the object
 * moves.
 */
static void finish_objects(struct ckpt_ctx *ctx)
{
	struct ckpt_item *r;

	list_for_each_entry_reverse(r, &ctx->restart->unowned, unowned_node) {
		if (r->kind->finish)
			r->kind->finish(ctx, r);
		cond_resched();
	}
}

/*
 * All are complete: the first one may trace or change the others.  A checkpoint that holds
 * one finds it on its way to the trap, and leaves it the deadline of its call.
 */
static void open_up(struct ckpt_task *t)
{
	if (!t->zombie) {
		spin_lock_irq(&t->task->sighand->siglock);
		t->task->jobctl |= JOBCTL_TRAP_CHECKPOINT;
		spin_unlock_irq(&t->task->sighand->siglock);
	}
	WRITE_ONCE(t->task->checkpoint, NULL);
}

static void await_all_gone(struct ckpt_ctx *ctx)
{
	if (!atomic_dec_and_test(&ctx->restart->running))
		wait_for_completion_state(&ctx->restart->all_gone, CKPT_WORKER_WAIT);
}

/**
 * ckpt_release_tasks - the commit: all tasks go to user space
 * @ctx: the call; everything is in place
 *
 * Each restores its last state, one after the other; only then the first goes.
 * Nothing can fail any more.
 *
 * Context: may sleep.
 */
void ckpt_release_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	trace_checkpoint_phase("commit", ctx->nr_tasks);
	ctx->restart->committed = true;
	ckpt_run_on_all(ctx, is_dead, finish);
	release_zombies(ctx, is_dead);
	/* Who watches a zombie has heard of its end before. */
	finish_objects(ctx);
	ckpt_leave_objects(ctx);
	if (!ctx->root->self) {
		write_lock_irq(&tasklist_lock);
		ctx->root->task->exit_signal = SIGCHLD;
		/* Before the signal of a parent's death is armed: see task_cred */
		if (ctx->flags & RESTART_ORPHAN)
			ckpt_reparent_to_reaper(ctx->root->task);
		write_unlock_irq(&tasklist_lock);
	}
	/* No process dies any more: job control, which comes with these, is seen by none. */
	ckpt_run_on_all(ctx, is_outlived, finish);
	release_zombies(ctx, is_outlived);
	ckpt_run_on_all(ctx, is_to_finish, finish);
	if (ctx->root->self)
		finish(ctx->root);
	ckpt_link_vforks(ctx);
	if (ctx->flags & RESTART_FROZEN) {
		ckpt_hold_made(ctx);
		ckpt_hold_kinds(ctx);
	}
	for_each_ckpt_task(ctx, t)
		open_up(t);
	for_each_ckpt_task(ctx, t)
		if (!t->zombie && !t->self)
			complete(&t->wake);
	if (ctx->root->self)
		ckpt_first_return(false);
	await_all_gone(ctx);
	trace_checkpoint_phase("restarted", ctx->nr_tasks);
}

/*
 * Those below have been reaped by their parents; the others are our children.  The
 * struct pid tells ours from whoever has got the number since.  A caller that was
 * killed leaves it to init.
 */
static void reap(struct pid *pid)
{
	struct wait_opts wait = {
		.wo_type = PIDTYPE_PID,
		.wo_pid = pid,
		.wo_flags = WEXITED | WNOHANG | __WALL,
	};

	while (!__do_wait(&wait) && !fatal_signal_pending(current))
		ckpt_wait_a_moment();
}

static bool is_our_child(const struct ckpt_task *t)
{
	if (!t->made || t->self || t->leader != t)
		return false;
	return t == t->ctx->root || (t->ctx->root->self && t->parent->leader == t->ctx->root);
}

/**
 * ckpt_abort_tasks - terminate all tasks made so far, and wait until they are gone
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_abort_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	trace_checkpoint_phase("abort", ctx->nr_tasks);
	if (!ctx->root || !ctx->root->made)
		return;
	ctx->restart->aborted = true;
	ckpt_discard_first(ctx);
	if (ctx->root->self)
		ckpt_leave_group_below();
	for_each_ckpt_task(ctx, t)
		if (t->made && !t->self)
			complete(&t->wake);
	await_all_gone(ctx);
	for_each_ckpt_task(ctx, t)
		if (is_our_child(t))
			reap(t->pid);
	if (ctx->root->self)
		ckpt_self_abort(ctx);
}
