// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the workers, and what the restarter gives them to do.
 *
 * A worker is a task of the new tree that has not gone to user space yet.  One worker
 * at a time runs what ckpt_run_on() or ckpt_run_on_all() hands to it, so that every
 * kind restores its state as the task itself and needs no lock against the others.  At
 * the commit all are released at once; on failure all exit, children first.
 */
#include <linux/hrtimer.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/wait.h>
#include <uapi/linux/wait.h>
#include <asm/syscall.h>
#include "../core.h"
#include "worker.h"

/* What is waited for so takes less than a tick, and there may be thousands of it. */
#define MOMENT_NS	(50 * NSEC_PER_USEC)

/**
 * ckpt_wait_a_moment - let somebody else get on, who needs very little time
 *
 * Context: may sleep; no signal ends that.
 */
void ckpt_wait_a_moment(void)
{
	ktime_t moment = MOMENT_NS;

	__set_current_state(CKPT_WORKER_WAIT);
	schedule_hrtimeout(&moment, HRTIMER_MODE_REL);
}

/*
 * The last one out wakes the restarter, who then frees everything.  Who
 * exits keeps ->checkpoint up to its end, for a tracer would keep it from its parent.
 */
static void worker_done(struct ckpt_ctx *ctx)
{
	if (atomic_dec_and_test(&ctx->restart->running))
		complete(&ctx->restart->all_gone);
}

/**
 * ckpt_leave_group_below - restart has failed: leave a group whose leader lives further below
 *
 * The init of that pid namespace waits until nobody has a number in it, and is waited for.
 *
 * Context: a worker, or a restarter that is the root itself.
 */
void ckpt_leave_group_below(void)
{
	write_lock_irq(&tasklist_lock);
	if (task_pgrp(current)->level > task_pid(current)->level)
		change_pid(current, PIDTYPE_PGID, task_tgid(current));
	write_unlock_irq(&tasklist_lock);
}

/*
 * A parent leaves when its children have: none shall be reparented.  Others of its session may
 * put it into a group again.
 */
static void __noreturn worker_abort(struct ckpt_task *t)
{
	long pid = t->leader == t ? 0 : -ECHILD;

	while (pid >= 0) {
		ckpt_leave_group_below();
		pid = kernel_wait4(-1, NULL, WNOHANG | __WALL, NULL);
		if (!pid)
			ckpt_wait_a_moment();
	}
	worker_done(t->ctx);
	do_exit(0);
}

static void __noreturn worker_zombie(struct ckpt_task *t)
{
	int code = t->exit_code;

	/* A signal that it got on the way does not change how it died. */
	spin_lock_irq(&current->sighand->siglock);
	if (!t->outlived) {
		current->signal->flags = SIGNAL_GROUP_EXIT;
		current->signal->group_exit_code = code;
	}
	spin_unlock_irq(&current->sighand->siglock);
	worker_done(t->ctx);
	do_exit(code);
}

/**
 * ckpt_first_return - current goes to user space through checkpoint_trap()
 * @made: it was made in the call that it leaves, of which its tracer is to see nothing
 *
 * The mask made for the workers stays where the image brings none, but for what
 * nobody may block.
 *
 * Context: a worker, or a restarter that is the root itself; after the commit.
 */
void ckpt_first_return(bool made)
{
	spin_lock_irq(&current->sighand->siglock);
	sigdelsetmask(&current->blocked, sigmask(SIGKILL) | sigmask(SIGSTOP));
	current->checkpoint_return = syscall_get_return_value(current, current_pt_regs());
	current->jobctl |= JOBCTL_TRAP_CHECKPOINT | JOBCTL_RESTARTED;
	if (made)
		ckpt_trace_calls_later();
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	WRITE_ONCE(current->checkpoint, NULL);
}

/**
 * ckpt_fail_worker_killed - report that somebody killed a worker, or the restarter
 * @t: the worker
 *
 * Return: -EINTR
 */
int ckpt_fail_worker_killed(struct ckpt_task *t)
{
	t->ctx->at = (struct ckpt_at) { .t = t };
	return ckpt_fail(t->ctx, -EINTR, "was killed while it was being restarted");
}

/*
 * Its work is done: the next one of the relay does it, or the caller goes on.  Who
 * passes on is about to sleep: the other one shall run here, and now.
 */
static void pass_on(struct ckpt_task *t, int (*work)(struct ckpt_task *t))
{
	struct ckpt_restart *restart = t->ctx->restart;
	struct ckpt_task *then = t->then;

	if (then && !restart->result && !restart->committed && fatal_signal_pending(then->task))
		restart->result = ckpt_fail_worker_killed(then);
	if (!then || restart->result) {
		complete_on_current_cpu(&restart->handed_back);
		return;
	}
	then->work = work;
	complete_on_current_cpu(&then->wake);
}

/**
 * ckpt_worker - what a new task runs until it goes to user space
 * @arg: its struct ckpt_task
 *
 * Return: 0, on the way to user space; a zombie and a failed restart do not return
 */
int ckpt_worker(void *arg)
{
	struct ckpt_task *t = arg;
	struct ckpt_vfork_wait waits = {};
	struct ckpt_again again;
	int (*work)(struct ckpt_task *t);
	bool in_call;

	t->waits = &waits;
	WRITE_ONCE(current->checkpoint, t);
	WRITE_ONCE(t->task, get_task_struct(current));
	complete(&t->born);
	for (;;) {
		wait_for_completion_state(&t->wake, CKPT_WORKER_WAIT);
		work = t->work;
		if (!work)
			break;
		t->work = NULL;
		t->ctx->restart->result = work(t);
		pass_on(t, work);
	}
	if (t->ctx->restart->aborted)
		worker_abort(t);
	if (t->zombie)
		worker_zombie(t);
	again = t->again;
	/* Of a traced one that waits for a vfork child the end of the call is seen. */
	in_call = ckpt_is_in_call(&again) || (waits.child && current->ptrace);
	if (!in_call)
		ckpt_first_return(true);
	worker_done(t->ctx);
	/* Now @t may be gone; what it waits for is on this stack. */
	if (in_call) {
		ckpt_stop_again(&again, &waits);
		ckpt_first_return(true);
	} else if (waits.child) {
		vfork_wait_again(waits.child, &waits.done);
	}
	return 0;
}

/* One of the relay works, and may wait for what never comes; who is not made yet never is. */
static void kill_relay(struct ckpt_task *t)
{
	struct task_struct *task;

	for (; t; t = t->then) {
		task = READ_ONCE(t->task);
		if (task)
			send_sig_info(SIGKILL, SEND_SIG_PRIV, task);
	}
}

/*
 * If the caller is killed, so are the workers.  What follows the commit waits for
 * nothing.
 */
static void await_relay(struct ckpt_task *first)
{
	struct ckpt_restart *restart = first->ctx->restart;

	if (!restart->committed) {
		if (!wait_for_completion_state(&restart->handed_back,
					       TASK_KILLABLE | TASK_FREEZABLE))
			return;
		kill_relay(first);
	}
	wait_for_completion_state(&restart->handed_back, CKPT_WORKER_WAIT);
}

/*
 * @first and those that follow it by ->then do @work, one after the other, up to the
 * first that fails.  Each wakes the next one itself: the way by the caller would be
 * as long again.
 */
static int run_relay(struct ckpt_task *first, int (*work)(struct ckpt_task *t))
{
	first->work = work;
	complete_on_current_cpu(&first->wake);
	await_relay(first);
	return first->ctx->restart->result;
}

static int check_alive(struct ckpt_task *t)
{
	if (!fatal_signal_pending(t->task) && !fatal_signal_pending(current))
		return 0;
	return ckpt_fail_worker_killed(t);
}

static int hand_over(struct ckpt_task *t, int (*work)(struct ckpt_task *t))
{
	if (t->self)
		return work(t);
	t->then = NULL;
	return run_relay(t, work);
}

/**
 * ckpt_run_on - let a task do something
 * @t: the task
 * @work: what; gets @t
 *
 * Context: the caller of restart(); may sleep.
 * Return: what @work returned, or -EINTR (reported) if @t was killed
 */
int ckpt_run_on(struct ckpt_task *t, int (*work)(struct ckpt_task *t))
{
	return check_alive(t) ?: hand_over(t, work);
}

static int run_errand(struct ckpt_task *t)
{
	return t->errand(t->ctx, t->errand_arg);
}

/**
 * ckpt_run_as - let a task do something for a kind whose records the restarter restores
 * @t: the task, which has been made
 * @errand: what
 * @arg: for it
 *
 * Context: the caller of restart(); may sleep.
 * Return: what @errand returned, or -EINTR (reported) if @t was killed
 */
int ckpt_run_as(struct ckpt_task *t, int (*errand)(struct ckpt_ctx *ctx, void *arg), void *arg)
{
	t->errand = errand;
	t->errand_arg = arg;
	return ckpt_run_on(t, run_errand);
}

/**
 * ckpt_run_on_all - let many tasks do the same, one after the other
 * @ctx: the call
 * @wanted: which tasks; a parent may make those that come after it
 * @work: what; gets the task
 *
 * Context: the caller of restart(); may sleep.
 * Return: 0, what @work returned first that was not 0, or -EINTR (reported) if a task
 * was killed
 */
int ckpt_run_on_all(struct ckpt_ctx *ctx, bool (*wanted)(const struct ckpt_task *t),
		    int (*work)(struct ckpt_task *t))
{
	struct ckpt_task *t, *first = NULL, *last = NULL;
	int err;

	for_each_ckpt_task(ctx, t) {
		if (!wanted(t))
			continue;
		/* The root, which is the first */
		if (t->self) {
			err = ckpt_run_on(t, work);
			if (err)
				return err;
			continue;
		}
		t->then = NULL;
		if (first)
			last->then = t;
		else
			first = t;
		last = t;
	}
	if (!first)
		return 0;
	if (!ctx->restart->committed) {
		err = check_alive(first);
		if (err)
			return err;
	}
	return run_relay(first, work);
}
