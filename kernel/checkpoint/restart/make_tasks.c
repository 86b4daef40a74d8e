// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: making tasks.
 *
 * Each restarted thread is cloned inside the kernel, by its parent, with the pid that was
 * reserved for it, and becomes a worker: see worker.c.
 *
 * The first task in a pid namespace has to be its init, to whom all others are left.  As a
 * rule it is the first in the image too.  But who came by setns(2) may stand before it, for
 * its parent does: it has to wait, and so do all below it.
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
	atomic_inc(&ctx->restart->running);
	nr = kernel_clone(&args);
	if (nr < 0) {
		atomic_dec(&ctx->restart->running);
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

static bool may_be_born(const struct ckpt_task *t)
{
	return is_child_reaper(t->pid) || READ_ONCE(ns_of_pid(t->pid)->child_reaper);
}

/* Whoever is made by a task that lives above it has got that one's namespace for children. */
static int live_in_own_ns(struct ckpt_task *t)
{
	int err = ckpt_set_children_ns(task_active_pid_ns(current));

	if (!err)
		return 0;
	t->ctx->at = (struct ckpt_at) { .t = t };
	return ckpt_fail(t->ctx, err, "no memory for its namespaces");
}

/* They are all made before the first is waited for: they begin at the same time. */
static int make_births(struct ckpt_task *maker)
{
	struct ckpt_task *t, *next;
	LIST_HEAD(made);
	int err;

	err = live_in_own_ns(maker);
	list_for_each_entry_safe(t, next, &maker->births, birth) {
		if (err)
			break;
		if (!may_be_born(t))
			continue;
		err = make(t);
		if (!err)
			list_move_tail(&t->birth, &made);
	}
	list_for_each_entry(t, &made, birth)
		wait_for_completion(&t->born);
	return err;
}

static bool has_births(const struct ckpt_task *t)
{
	return !list_empty(&t->births);
}

/* Who has not been made yet, as its init has not, cannot make others. */
static bool is_made_with_births(const struct ckpt_task *t)
{
	return t->made && has_births(t);
}

static bool lives_elsewhere(const struct ckpt_task *t)
{
	return t->leader == t && t->task->nsproxy->pid_ns_for_children != ns_of_pid(t->pid);
}

static unsigned int nr_to_be_made(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	unsigned int nr = 0;

	for_each_ckpt_task(ctx, t)
		nr += t->leader == t && !t->made;
	return nr;
}

/*
 * Each turn makes the children of those that are there.  There is always one that may be
 * born, for the parents of an init live above it: the image has been checked for that.
 */
static int make_nested(struct ckpt_ctx *ctx)
{
	unsigned int left = nr_to_be_made(ctx), before;
	int err;

	while (left) {
		err = ckpt_run_on_all(ctx, is_made_with_births, make_births);
		if (err)
			return err;
		before = left;
		left = nr_to_be_made(ctx);
		if (WARN_ON_ONCE(left == before))
			return ckpt_fail(ctx, -EINVAL, "the pid namespaces of the image are no tree");
	}
	return ckpt_run_on_all(ctx, lives_elsewhere, live_in_own_ns);
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
	bool nested = false;
	struct ckpt_task *t;
	int err;

	trace_checkpoint_phase("processes", ctx->nr_processes);
	for_each_ckpt_task(ctx, t) {
		t->pid = get_pid(ckpt_find_object(ctx, t->pid_id)->ptr);
		if (ns_of_pid(t->pid) != ckpt_roots_pid_ns(ctx))
			nested = true;
		if (t->leader == t && t != ctx->root)
			list_add_tail(&t->birth, &t->parent->leader->births);
	}
	err = make_root(ctx);
	if (err)
		return err;
	return nested ? make_nested(ctx) : ckpt_run_on_all(ctx, has_births, make_births);
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
