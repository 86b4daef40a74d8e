// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: stopping a tree of processes and letting it go on.
 *
 * A task is held by its ->checkpoint_holder and sleeps in checkpoint_trap(),
 * which get_signal() calls: the registers are complete there and an interrupted
 * system call still shows its -ERESTART* code.  JOBCTL_TRAP_CHECKPOINT says that
 * the task has to pass the trap, which it does also when the hold ended before
 * it arrived: its system call may have answered -EINTR on the way.
 *
 * ->checkpoint_holder, ->checkpoint_node and ->jobctl are protected by siglock.
 */
#include <linux/freezer.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/slab.h>
#include <trace/events/checkpoint.h>
#include <asm/syscall.h>
#include "core.h"
#include "signal/resume.h"

/* No load, no task work, no signal but a fatal one ends it. */
#define TRAP_STATE	(TASK_KILLABLE | TASK_NOLOAD | TASK_FREEZABLE)

/* How long to wait before looking again at what did not arrive */
#define FREEZE_LOOK_MS	5

static DECLARE_WAIT_QUEUE_HEAD(arrival_wait);
static atomic_t arrivals;

void checkpoint_trap(void)
{
	struct sighand_struct *sighand = current->sighand;
	struct pt_regs *regs = current_pt_regs();
	ktime_t deadline;

	while (current->checkpoint_holder && !__fatal_signal_pending(current)) {
		current->jobctl |= JOBCTL_CHECKPOINTED;
		set_current_state(TRAP_STATE);
		spin_unlock_irq(&sighand->siglock);

		atomic_inc(&arrivals);
		wake_up(&arrival_wait);
		schedule();

		spin_lock_irq(&sighand->siglock);
	}
	__set_current_state(TASK_RUNNING);

	if (current->jobctl & JOBCTL_RESTARTED)
		ckpt_arch_return_value(regs, current->checkpoint_return);
	current->jobctl &= ~(JOBCTL_TRAP_CHECKPOINT | JOBCTL_CHECKPOINTED | JOBCTL_RESTARTED);
	deadline = current->checkpoint_deadline;
	current->checkpoint_deadline = 0;
	recalc_sigpending();
	spin_unlock_irq(&sighand->siglock);

	/* A new hold may have come: then the next pass does it. */
	if (signal_pending(current))
		checkpoint_note_deadline(deadline);
	else
		ckpt_resume_call(regs, deadline);
}

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

/* Under tasklist_lock. */
static int freeze_thread(struct freeze_pass *pass, struct task_struct *task)
{
	struct ckpt_ctx *ctx = pass->ctx;
	unsigned long flags;
	bool arrived;

	pass->tasks++;
	if (task->exit_state || task == current)
		return 0;
	if (task->flags & PF_EXITING) {
		pass_late(pass, task, "is exiting");
		return 0;
	}
	if (task->signal->core_state) {
		pass_late(pass, task, "is dumping core");
		return 0;
	}
	/* Its parent cannot stop before it has executed a program or exited. */
	if (task->vfork_done && !task->checkpoint_holder) {
		pass_late(pass, task, "is a vfork child that has not yet executed a program");
		return 0;
	}
	if (task->flags & (PF_KTHREAD | PF_USER_WORKER))
		return pass_fail(pass, task, -EBUSY, "works inside the kernel for an io_uring or vhost device");
	if (task_is_stopped_or_traced(task))
		return pass_fail(pass, task, -EBUSY, "is stopped by job control or a debugger; continue it first");
	if (frozen(task))
		return pass_fail(pass, task, -EBUSY, "is frozen by a cgroup; thaw it first");
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
	read_lock(&tasklist_lock);
	if (root->exit_state && !root->signal->live.counter)
		pass_fail(pass, root, -ESRCH, "has exited");
	else
		freeze_process(root, pass);
	read_unlock(&tasklist_lock);
	if (!pass->err)
		walk_process_tree(root, freeze_process, pass);
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
	int target, err;

	for (;;) {
		target = atomic_read(&arrivals);
		freeze_look(pass, root);
		if (pass->err)
			return freeze_fail(pass, pass->err);
		if (!pass->waiting)
			return 0;
		if (time_after(jiffies, ctx->deadline))
			return freeze_fail(pass, -ETIMEDOUT);
		target += pass->waiting;
		err = wait_event_interruptible_timeout(arrival_wait,
				atomic_read(&arrivals) - target >= 0,
				msecs_to_jiffies(FREEZE_LOOK_MS));
		if (err < 0)
			return ckpt_fail(ctx, -EINTR, "a signal interrupted the checkpoint");
	}
}

/* -- the list of tasks ------------------------------------------------------ */

struct collect {
	struct ckpt_ctx *ctx;
	struct list_head *free;
	int err;
};

struct ckpt_task *ckpt_find_task(struct ckpt_ctx *ctx, const struct task_struct *task)
{
	return xa_load(&ctx->by_task, (unsigned long)task / sizeof(void *));
}

/* Under tasklist_lock: take a prepared struct ckpt_task. */
static int collect_thread(struct collect *c, struct task_struct *task)
{
	struct ckpt_ctx *ctx = c->ctx;
	struct ckpt_task *t;

	if (list_empty(c->free))
		return c->err = -EAGAIN;
	t = list_first_entry(c->free, struct ckpt_task, node);
	list_move_tail(&t->node, &ctx->tasks);
	t->task = get_task_struct(task);
	t->self = task == current;
	t->zombie = task->exit_state;
	ctx->nr_tasks++;
	return 0;
}

static int collect_process(struct task_struct *leader, void *data)
{
	struct collect *c = data;
	struct task_struct *task;
	int err;

	c->ctx->nr_processes++;
	err = collect_thread(c, leader);
	if (err)
		return err;
	for_each_thread(leader, task) {
		if (task == leader)
			continue;
		err = collect_thread(c, task);
		if (err)
			return err;
	}
	return 1;
}

static int prepare_tasks(struct ckpt_ctx *ctx, unsigned int nr, struct list_head *free)
{
	while (nr--) {
		struct ckpt_task *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

		if (!t)
			return ckpt_fail(ctx, -ENOMEM, "no memory for the list of tasks");
		t->ctx = ctx;
		INIT_LIST_HEAD(&t->recs);
		list_add(&t->node, free);
		cond_resched();
	}
	return 0;
}

static void free_ckpt_task(struct ckpt_task *t)
{
	if (t->mm)
		mmput(t->mm);
	if (t->files)
		put_files_struct(t->files);
	if (t->fs) {
		int kill;

		spin_lock(&t->fs->lock);
		kill = !--t->fs->users;
		spin_unlock(&t->fs->lock);
		if (kill)
			free_fs_struct(t->fs);
	}
	if (t->pid)
		put_pid(t->pid);
	if (t->task)
		put_task_struct(t->task);
	list_del(&t->node);
	kfree(t);
}

/**
 * ckpt_free_tasks - drop the list of tasks and what it pins
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_free_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t, *next;

	list_for_each_entry_safe(t, next, &ctx->tasks, node) {
		free_ckpt_task(t);
		cond_resched();
	}
	xa_destroy(&ctx->by_task);
	ctx->root = NULL;
	ctx->nr_tasks = 0;
	ctx->nr_processes = 0;
}

/* What a frozen task uses stays while we look at it, even if it is killed. */
static int pin_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;

	if (t->zombie)
		return 0;
	t->mm = get_task_mm(task);
	task_lock(task);
	t->files = task->files;
	if (t->files)
		atomic_inc(&t->files->count);
	t->fs = task->fs;
	if (t->fs) {
		spin_lock(&t->fs->lock);
		t->fs->users++;
		spin_unlock(&t->fs->lock);
	}
	task_unlock(task);
	if (t->mm && t->files && t->fs)
		return 0;
	ctx->at.t = t;
	return ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint");
}

/* Ids, leaders and parents; the tree does not change any more. */
static int link_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		t->id = ++ctx->last_object;
		err = xa_err(xa_store(&ctx->by_task,
				      (unsigned long)t->task / sizeof(void *), t,
				      GFP_KERNEL_ACCOUNT));
		if (err)
			return ckpt_fail(ctx, err, "no memory for the list of tasks");
	}
	ctx->root = list_first_entry(&ctx->tasks, struct ckpt_task, node);
	for_each_ckpt_task(ctx, t) {
		t->leader = ckpt_find_task(ctx, t->task->group_leader);
		if (t != ctx->root) {
			rcu_read_lock();
			t->parent = ckpt_find_task(ctx, rcu_dereference(t->task->real_parent));
			rcu_read_unlock();
		}
		err = pin_task(ctx, t);
		if (err)
			return err;
	}
	return 0;
}

static int collect_tasks(struct ckpt_ctx *ctx, struct task_struct *root, unsigned int nr)
{
	LIST_HEAD(free);
	struct collect c = { .ctx = ctx, .free = &free };
	struct ckpt_task *t, *next;
	int err;

	err = prepare_tasks(ctx, nr, &free);
	if (!err) {
		read_lock(&tasklist_lock);
		collect_process(root, &c);
		read_unlock(&tasklist_lock);
		if (!c.err)
			walk_process_tree(root, collect_process, &c);
		err = c.err;
	}
	list_for_each_entry_safe(t, next, &free, node)
		free_ckpt_task(t);
	return err ?: link_tasks(ctx);
}

/* Second look at the rights, and the last switch-out of each thread. */
static int settle_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		ctx->at.t = t;
		if (t->zombie || t->self)
			continue;
		if (!wait_task_inactive(t->task, TRAP_STATE))
			return ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint");
		if (!ptrace_may_access(t->task, PTRACE_MODE_ATTACH_REALCREDS))
			return ckpt_fail(ctx, -EPERM, "may not be traced by the caller");
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
		err = collect_tasks(ctx, root, pass.tasks);
	} while (err == -EAGAIN);
	if (pass.late)
		put_task_struct(pass.late);
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
	unlock_task_sighand(task, &flags);
}

/**
 * ckpt_thaw - let all held tasks go on
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_thaw(struct ckpt_ctx *ctx)
{
	struct task_struct *task, *next;

	if (list_empty(&ctx->held))
		return;
	trace_checkpoint_phase("thaw", ctx->nr_tasks);
	list_for_each_entry_safe(task, next, &ctx->held, checkpoint_node) {
		release_held(task);
		put_task_struct(task);
		cond_resched();
	}
	ctx->thawed_at = ktime_get();
}

/**
 * ckpt_end_tree - kill all held tasks
 * @ctx: the call
 *
 * The signal is on its way to each before the first is let go.
 */
void ckpt_end_tree(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	trace_checkpoint_phase("end", ctx->nr_tasks);
	for_each_ckpt_task(ctx, t)
		if (t->leader == t && !t->zombie)
			send_sig_info(SIGKILL, SEND_SIG_PRIV, t->task);
}
