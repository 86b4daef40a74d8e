// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: making tasks and giving them work.
 *
 * Each restarted thread is cloned inside the kernel below its parent and then
 * works for the caller of restart(): one task at a time runs what ckpt_run_on()
 * hands to it, so that every kind restores its state as the task itself.  At the
 * commit all are released at once; on failure all exit, children first.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/ptrace.h>
#include <linux/wait.h>
#include <uapi/linux/wait.h>
#include <trace/events/checkpoint.h>
#include <asm/syscall.h>
#include "../exit.h"
#include "core.h"

/* No signal ends such a wait, and it does not keep the machine from being suspended. */
#define WAIT_STATE	(TASK_IDLE | TASK_FREEZABLE)

static void wait_a_tick(void)
{
	__set_current_state(WAIT_STATE);
	schedule_timeout(1);
}

/*
 * The last one out tells the caller of restart(), who then frees everything.  Who
 * exits keeps ->checkpoint up to its end, for a tracer would keep it from its parent.
 */
static void worker_done(struct ckpt_ctx *ctx)
{
	if (atomic_dec_and_test(&ctx->running))
		complete(&ctx->all_gone);
}

/* A parent leaves when its children have: none shall be reparented. */
static void __noreturn worker_abort(struct ckpt_task *t)
{
	if (t->leader == t)
		while (kernel_wait4(-1, NULL, WNOHANG | __WALL, NULL) >= 0)
			wait_a_tick();
	worker_done(t->ctx);
	do_exit(0);
}

static void __noreturn worker_zombie(struct ckpt_task *t)
{
	int code = task_data(t)->exit_code;

	/* A signal that it got on the way does not change how it died. */
	spin_lock_irq(&current->sighand->siglock);
	current->signal->flags = SIGNAL_GROUP_EXIT;
	current->signal->group_exit_code = code;
	spin_unlock_irq(&current->sighand->siglock);
	worker_done(t->ctx);
	do_exit(code);
}

/*
 * The first return to user space goes through checkpoint_trap().  The mask made for
 * the workers stays where the image brings none, but for what nobody may block.
 */
static void first_return(void)
{
	WRITE_ONCE(current->checkpoint, NULL);
	spin_lock_irq(&current->sighand->siglock);
	sigdelsetmask(&current->blocked, sigmask(SIGKILL) | sigmask(SIGSTOP));
	current->checkpoint_return = syscall_get_return_value(current, current_pt_regs());
	current->jobctl |= JOBCTL_TRAP_CHECKPOINT | JOBCTL_RESTARTED;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

static int worker(void *arg)
{
	struct ckpt_task *t = arg;

	WRITE_ONCE(current->checkpoint, t);
	t->task = get_task_struct(current);
	complete(&t->idle);
	for (;;) {
		wait_for_completion_state(&t->wake, WAIT_STATE);
		if (!t->work)
			break;
		t->result = t->work(t);
		complete_on_current_cpu(&t->idle);
	}
	if (t->ctx->aborted)
		worker_abort(t);
	if (t->zombie)
		worker_zombie(t);
	first_return();
	worker_done(t->ctx);
	return 0;
}

/*
 * If the caller is killed, so is the worker: it may wait for what never comes.  What
 * follows the commit waits for nothing.
 */
static void await_idle(struct ckpt_task *t)
{
	if (!t->ctx->committed) {
		if (!wait_for_completion_state(&t->idle, TASK_KILLABLE | TASK_FREEZABLE))
			return;
		send_sig_info(SIGKILL, SEND_SIG_PRIV, t->task);
	}
	wait_for_completion_state(&t->idle, WAIT_STATE);
}

static int hand_over(struct ckpt_task *t, int (*work)(struct ckpt_task *t))
{
	if (t->self)
		return work(t);
	t->work = work;
	/* We are about to sleep: the other one shall run here, and now. */
	complete_on_current_cpu(&t->wake);
	await_idle(t);
	t->work = NULL;
	return t->result;
}

/**
 * ckpt_run_on - let a task do something
 * @t: the task
 * @work: what; gets @t
 *
 * Context: the caller of restart(); may sleep.
 * Return: what @work returned, or -EINTR (told) if @t was killed
 */
int ckpt_run_on(struct ckpt_task *t, int (*work)(struct ckpt_task *t))
{
	if (fatal_signal_pending(t->task) || fatal_signal_pending(current)) {
		t->ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(t->ctx, -EINTR, "was killed while it was being restarted");
	}
	return hand_over(t, work);
}

static int clone_task(struct ckpt_task *child, u64 flags, int exit_signal)
{
	struct ckpt_ctx *ctx = child->ctx;
	struct kernel_clone_args args = {
		.flags		= flags | CLONE_VM | CLONE_UNTRACED,
		.exit_signal	= exit_signal,
		.no_files	= !(flags & CLONE_FILES),
		.fn		= worker,
		.fn_arg		= child,
		.pid		= child->pid,
	};
	pid_t nr;

	atomic_inc(&ctx->running);
	nr = kernel_clone(&args);
	if (nr < 0) {
		atomic_dec(&ctx->running);
		/* Somebody stops or freezes us: the call cannot be begun again. */
		if (nr == -ERESTARTNOINTR)
			nr = -EINTR;
		ctx->at = (struct ckpt_at) { .t = child };
		return ckpt_fail(ctx, nr, "could not be made");
	}
	ckpt_consume_object(ctx, task_data(child)->pid);
	child->made = true;
	wait_for_completion(&child->idle);
	return 0;
}

/* Zombies send no signal again; the root sends none before the commit. */
static int make_child(struct ckpt_task *parent)
{
	struct ckpt_task *child = parent->ctx->making;

	return clone_task(child, 0, child->zombie ? 0 : task_data(child)->exit_signal);
}

#define THREAD_FLAGS	(CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static int make_thread(struct ckpt_task *leader)
{
	return clone_task(leader->ctx->making, THREAD_FLAGS, 0);
}

static int make_root(struct ckpt_ctx *ctx)
{
	sigset_t blocked, old;
	int err;

	if (ctx->flags & RESTART_SELF) {
		err = ckpt_self_check(ctx);
		if (!err)
			ckpt_self_begin(ctx);
		return err ?: ckpt_join_clocks(ctx->root);
	}
	/*
	 * What we inherit to all tasks: nothing but SIGKILL gets through.  A
	 * pending signal would keep clone from working.
	 */
	siginitsetinv(&blocked, sigmask(SIGKILL));
	sigprocmask(SIG_SETMASK, &blocked, &old);
	err = clone_task(ctx->root, 0, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err ?: ckpt_run_on(ctx->root, ckpt_join_clocks);
}

/**
 * ckpt_make_processes - make all processes, parents first
 * @ctx: the call; pids are reserved
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_make_processes(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	trace_checkpoint_phase("processes", ctx->nr_processes);
	for_each_ckpt_task(ctx, t) {
		t->pid = get_pid(ckpt_object(ctx, task_data(t)->pid, CKPT_CLASS_PID));
		if (t->leader != t)
			continue;
		ctx->making = t;
		err = t == ctx->root ? make_root(ctx) : ckpt_run_on(t->parent->leader, make_child);
		if (err)
			return err;
	}
	return 0;
}

/**
 * ckpt_make_threads - make the other threads of all processes
 * @ctx: the call; processes have their memory and files
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_make_threads(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	trace_checkpoint_phase("threads", ctx->nr_tasks);
	for_each_ckpt_task(ctx, t) {
		if (t->leader == t)
			continue;
		ctx->making = t;
		err = ckpt_run_on(t->leader, make_thread);
		if (err)
			return err;
	}
	return 0;
}

/* Zombies die before their parents live. */
static void release_zombies(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (t->zombie)
			complete(&t->wake);
	for_each_ckpt_task(ctx, t) {
		if (!t->zombie)
			continue;
		while (!READ_ONCE(t->task->exit_state))
			wait_a_tick();
		write_lock_irq(&tasklist_lock);
		t->task->exit_signal = task_data(t)->exit_signal;
		write_unlock_irq(&tasklist_lock);
		WRITE_ONCE(t->task->checkpoint, NULL);
	}
}

static int finish(struct ckpt_task *t)
{
	ckpt_finish_task(t);
	return 0;
}

static void await_all_gone(struct ckpt_ctx *ctx)
{
	if (!atomic_dec_and_test(&ctx->running))
		wait_for_completion_state(&ctx->all_gone, WAIT_STATE);
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
	ctx->committed = true;
	release_zombies(ctx);
	if (!ctx->root->self) {
		write_lock_irq(&tasklist_lock);
		ctx->root->task->exit_signal = SIGCHLD;
		write_unlock_irq(&tasklist_lock);
	}
	for_each_ckpt_task(ctx, t)
		if (!t->zombie && !t->self)
			hand_over(t, finish);
	if (ctx->root->self)
		finish(ctx->root);
	if (ctx->flags & RESTART_FROZEN)
		ckpt_hold_made(ctx);
	for_each_ckpt_task(ctx, t)
		if (!t->zombie && !t->self)
			complete(&t->wake);
	if (ctx->root->self)
		first_return();
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
		wait_a_tick();
}

static bool is_our_child(const struct ckpt_task *t)
{
	if (!t->made || t->self || t->leader != t)
		return false;
	return t == t->ctx->root || (t->ctx->root->self && t->parent->leader == t->ctx->root);
}

/**
 * ckpt_abort_tasks - end all tasks made so far, and wait until they are gone
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
	ctx->aborted = true;
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
