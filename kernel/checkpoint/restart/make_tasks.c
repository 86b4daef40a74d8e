// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: making tasks.
 *
 * Each restarted thread is cloned inside the kernel, by its parent, with the pid that was
 * reserved for it, and becomes a worker: see worker.c.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <trace/events/checkpoint.h>
#include "../core.h"
#include "worker.h"

static int clone_task(struct ckpt_task *child, u64 flags, int exit_signal)
{
	struct ckpt_ctx *ctx = child->ctx;
	struct kernel_clone_args args = {
		.flags		= flags | CLONE_VM | CLONE_UNTRACED,
		.exit_signal	= exit_signal,
		.no_files	= !(flags & CLONE_FILES),
		.fn		= ckpt_worker,
		.fn_arg		= child,
		.pid		= child->pid,
	};
	pid_t nr;

	/* It counts as a task from here on. */
	ckpt_uncharge_pids(ctx, 1);
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
	ckpt_consume_object(ctx, child->pid_id);
	child->made = true;
	return 0;
}

#define THREAD_FLAGS	(CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

/* Zombies send no signal again; the root sends none before the commit. */
static int make(struct ckpt_task *t)
{
	if (t->leader != t)
		return clone_task(t, THREAD_FLAGS, 0);
	return clone_task(t, 0, ckpt_process_is_dead(t) ? 0 : t->exit_signal);
}

/* They are all made before the first is waited for: they begin at the same time. */
static int make_births(struct ckpt_task *maker)
{
	struct ckpt_task *t;
	int err = 0;

	list_for_each_entry(t, &maker->births, birth) {
		err = make(t);
		if (err)
			break;
	}
	list_for_each_entry(t, &maker->births, birth) {
		if (!t->made)
			break;
		wait_for_completion(&t->born);
	}
	INIT_LIST_HEAD(&maker->births);
	return err;
}

static bool has_births(const struct ckpt_task *t)
{
	return !list_empty(&t->births);
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
	if (!err)
		wait_for_completion(&ctx->root->born);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err ?: ckpt_run_on(ctx->root, ckpt_join_clocks);
}

/**
 * ckpt_make_processes - make all processes, parents first
 * @ctx: the call; pids are reserved
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_make_processes(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	trace_checkpoint_phase("processes", ctx->nr_processes);
	for_each_ckpt_task(ctx, t) {
		t->pid = get_pid(ckpt_find_object(ctx, t->pid_id)->ptr);
		if (t->leader == t && t != ctx->root)
			list_add_tail(&t->birth, &t->parent->leader->births);
	}
	err = make_root(ctx);
	return err ?: ckpt_run_on_all(ctx, has_births, make_births);
}

/**
 * ckpt_make_threads - make the other threads of all processes
 * @ctx: the call; processes have their memory and files
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_make_threads(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	trace_checkpoint_phase("threads", ctx->nr_tasks);
	for_each_ckpt_task(ctx, t)
		if (t->leader != t)
			list_add_tail(&t->birth, &t->leader->births);
	return ckpt_run_on_all(ctx, has_births, make_births);
}
