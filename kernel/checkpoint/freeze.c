// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: stopping a tree of processes and letting it go on.
 *
 * A task is held by its ->checkpoint_holder and sleeps in checkpoint_trap().
 *
 * ->checkpoint_holder, ->checkpoint_node and ->jobctl are protected by siglock.
 */
#include <linux/freezer.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <trace/events/checkpoint.h>
#include "core.h"

/* -- holding ---------------------------------------------------------------- */

struct freeze_pass {
	struct ckpt_ctx *ctx;
	unsigned int tasks;		/* threads and zombies seen */
	unsigned int processes;
	unsigned int waiting;		/* of them not yet in the trap */
	struct task_struct *late;	/* one of these; a reference is held */
	const char *why;
	int err;
};

static void pass_late(struct freeze_pass *pass, struct task_struct *task, const char *why)
{
	pass->waiting++;
	if (pass->late)
		put_task_struct(pass->late);
	pass->late = get_task_struct(task);
	pass->why = why;
}

static int pass_fail(struct freeze_pass *pass, struct task_struct *task, int err,
		     const char *why)
{
	pass_late(pass, task, why);
	pass->err = err;
	return err;
}

/* Hold one thread; tells whether it has arrived.  Under siglock. */
static bool hold_thread(struct ckpt_ctx *ctx, struct task_struct *task)
{
	if (!task->checkpoint_holder) {
		task->checkpoint_holder = ctx;
		list_add_tail(&task->checkpoint_node, &ctx->held);
		get_task_struct(task);
		/* Unless it has yet to leave the trap for the call it was in */
		if (!(task->jobctl & JOBCTL_TRAP_CHECKPOINT))
			task->checkpoint_deadline = 0;
		task->jobctl |= JOBCTL_TRAP_CHECKPOINT;
		signal_wake_up(task, 0);
	}
	return task->jobctl & JOBCTL_CHECKPOINTED;
}

static void release_held(struct task_struct *task)
{
	unsigned long flags;

	/*
	 * A dead one has no siglock any more, and nobody else looks at its node:
	 * the reference is ours.
	 */
	if (!lock_task_sighand(task, &flags)) {
		list_del_init(&task->checkpoint_node);
		return;
	}
	list_del_init(&task->checkpoint_node);
	task->checkpoint_holder = NULL;
	if (task->jobctl & JOBCTL_CHECKPOINTED)
		wake_up_state(task, TASK_UNINTERRUPTIBLE);
	/* For whoever holds it next, it has not arrived before it sleeps again. */
	task->jobctl &= ~JOBCTL_CHECKPOINTED;
	unlock_task_sighand(task, &flags);
}

/*
 * The parent of a vfork child cannot stop before that has executed a program or
 * exited.  kernel_clone() says that it is one when it can be found, and held,
 * already: then it has to go on.
 */
static bool is_vfork_child(struct ckpt_ctx *ctx, struct task_struct *task)
{
	struct ckpt_ctx *holder = READ_ONCE(task->checkpoint_holder);

	if (!READ_ONCE(task->vfork_done) || (holder && holder != ctx))
		return false;
	if (holder) {
		release_held(task);
		put_task_struct(task);
	}
	return true;
}

/* Nothing more to do; settle_tasks() looks at each of them once more. */
static bool has_arrived(struct ckpt_ctx *ctx, struct task_struct *task)
{
	return READ_ONCE(task->checkpoint_holder) == ctx &&
	       (READ_ONCE(task->jobctl) & JOBCTL_CHECKPOINTED);
}

/* Under tasklist_lock. */
static int freeze_thread(struct freeze_pass *pass, struct task_struct *task)
{
	struct ckpt_ctx *ctx = pass->ctx;
	unsigned long flags;
	bool arrived;

	pass->tasks++;
	/* A zombie stays; what nobody waits for is about to vanish. */
	if (task == current || task->exit_state == EXIT_ZOMBIE)
		return 0;
	if (task->exit_state || task->flags & PF_EXITING) {
		pass_late(pass, task, "is exiting");
		return 0;
	}
	if (task->signal->core_state) {
		pass_late(pass, task, "is dumping core");
		return 0;
	}
	if (is_vfork_child(ctx, task)) {
		pass_late(pass, task, "is a vfork child that has not yet executed a program");
		return 0;
	}
	if (has_arrived(ctx, task))
		return 0;
	if (task->flags & (PF_KTHREAD | PF_USER_WORKER))
		return pass_fail(pass, task, -EBUSY, "works inside the kernel for an io_uring or vhost device");
	if (task_is_stopped_or_traced(task))
		return pass_fail(pass, task, -EBUSY, "is stopped by job control or a debugger; continue it first");
	if (frozen(task))
		return pass_fail(pass, task, -EBUSY, "is frozen by a cgroup; thaw it first");
	if (checkpoint_makes(task))
		return pass_fail(pass, task, -EBUSY, "is just being restarted");
	if (!ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS))
		return pass_fail(pass, task, -EPERM, "may not be traced by the caller");

	if (!lock_task_sighand(task, &flags))
		return 0;	/* it has just died: the next pass sees it so */
	if (task->checkpoint_holder && task->checkpoint_holder != ctx) {
		unlock_task_sighand(task, &flags);
		return pass_fail(pass, task, -EBUSY, "is held by another checkpoint");
	}
	arrived = hold_thread(ctx, task);
	unlock_task_sighand(task, &flags);
	if (!arrived)
		pass_late(pass, task, "did not stop in time");
	return 0;
}

static int freeze_process(struct task_struct *leader, void *data)
{
	struct freeze_pass *pass = data;
	struct task_struct *task;
	int err;

	pass->processes++;
	for_each_thread(leader, task) {
		err = freeze_thread(pass, task);
		if (err)
			return err;
	}
	return 1;
}

static void freeze_look(struct freeze_pass *pass, struct task_struct *root)
{
	if (pass->late)
		put_task_struct(pass->late);
	pass->late = NULL;
	pass->tasks = 0;
	pass->processes = 0;
	pass->waiting = 0;
	if (!ckpt_walk_tree(root, freeze_process, pass))
		pass_fail(pass, root, -ESRCH, "has exited");
}

static int freeze_fail(struct freeze_pass *pass, int err)
{
	struct ckpt_ctx *ctx = pass->ctx;
	struct ckpt_task t = { .task = pass->late };

	ctx->at = (struct ckpt_at) { .t = &t };
	err = ckpt_fail(ctx, err, "%s", pass->why);
	ctx->at.t = NULL;
	return err;
}

/* Until every thread of the tree sleeps in the trap. */
static int freeze_all(struct freeze_pass *pass, struct task_struct *root)
{
	struct ckpt_ctx *ctx = pass->ctx;
	int target;

	for (;;) {
		target = ckpt_arrivals();
		freeze_look(pass, root);
		if (pass->err)
			return freeze_fail(pass, pass->err);
		if (!pass->waiting)
			return 0;
		if (time_after(jiffies, ctx->deadline))
			return freeze_fail(pass, -ETIMEDOUT);
		if (!ckpt_wait_for_arrivals(target + pass->waiting))
			return ckpt_fail(ctx, -EINTR, "a signal interrupted the checkpoint");
	}
}

/* -- the whole ------------------------------------------------------------------ */

/*
 * The last switch-out of a thread.  A wake-up that came late from what it waited
 * for before may make it look at the trap once more.
 */
static int settle_task(struct ckpt_ctx *ctx, struct task_struct *task)
{
	for (;;) {
		if (frozen(task))
			return ckpt_fail(ctx, -EBUSY, "is frozen by a cgroup; thaw it first");
		if (wait_task_inactive(task, CKPT_TRAP_STATE))
			return 0;
		if (!(READ_ONCE(task->jobctl) & JOBCTL_CHECKPOINTED) || fatal_signal_pending(task))
			return ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint");
		if (fatal_signal_pending(current))
			return ckpt_fail(ctx, -EINTR, "the caller was killed");
		schedule_timeout_uninterruptible(1);
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
		cond_resched();
	}
	ctx->at.t = NULL;
	return 0;
}

/**
 * ckpt_freeze - stop all threads of a tree and list them in ctx->tasks
 * @ctx: the call; ctx->deadline says until when it may take
 * @root: leader of the root process
 *
 * The caller's own thread, if it is in the tree, is not stopped.
 *
 * Context: may sleep, interruptible.
 * Return: 0, or negative errno (told); the caller calls ckpt_thaw() in any case
 */
int ckpt_freeze(struct ckpt_ctx *ctx, struct task_struct *root)
{
	struct freeze_pass pass = { .ctx = ctx };
	int err;

	trace_checkpoint_phase("freeze", 0);
	do {
		ckpt_free_tasks(ctx);
		err = freeze_all(&pass, root);
		if (err)
			break;
		/* A zombie may have been taken in or reaped meanwhile: look again */
		err = ckpt_collect_tasks(ctx, root, pass.tasks);
	} while (err == -EAGAIN && !fatal_signal_pending(current) &&
		 time_before(jiffies, ctx->deadline));
	if (pass.late)
		put_task_struct(pass.late);
	if (err == -EAGAIN)
		return ckpt_fail(ctx, -ETIMEDOUT, "the tree did not come to rest in time");
	if (err)
		return err;
	err = settle_tasks(ctx);
	ctx->frozen_at = ktime_get();
	trace_checkpoint_phase("frozen", ctx->nr_tasks);
	return err;
}

/**
 * ckpt_check_alive - make sure that no task died while it was captured
 * @ctx: the call
 *
 * Return: 0 or -ESRCH (told)
 */
int ckpt_check_alive(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (t->zombie || t->self)
			continue;
		if (!(READ_ONCE(t->task->jobctl) & JOBCTL_CHECKPOINTED) ||
		    fatal_signal_pending(t->task)) {
			ctx->at = (struct ckpt_at) { .t = t };
			return ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint");
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
	if (xchg(&ctx->thawed_at, ktime_get()))
		return;
	trace_checkpoint_phase("thaw", ctx->nr_tasks);
	ckpt_unpin_tasks(ctx);
	list_for_each_entry_safe(task, next, &ctx->held, checkpoint_node) {
		release_held(task);
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
