// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: holding one task, and what stands against it.
 *
 * A task is held by its ->checkpoint_holder and sleeps in checkpoint_trap().  Who calls
 * checkpoint() or restart() is held by that very call, and stays so until it ends, without
 * a trap: no other call may interrupt it.
 *
 * ->checkpoint_holder, ->checkpoint_node and ->jobctl are protected by siglock.
 */
#include <linux/freezer.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include "../core.h"
#include "freeze.h"

/**
 * DOC: who else stops a task
 *
 * A thread that job control has stopped is held as well, where it is: SIGCONT takes it no
 * further than to the trap.  It is not woken for that, and goes on being stopped after it.
 * So is the parent of a vfork child, which waits in vfork(2) until the child executes a
 * program or exits, once the child is at rest: whether that will be soon does not matter.
 *
 * So is a task that stands in a stop for its tracer, once the tracer is at rest: nobody else
 * lets it go, and if the tracer is killed it waits in the stop until it is let go.
 *
 * Refused: a task that somebody outside the tree traces, one that is frozen by a control group
 * of either version, held by another checkpoint or restart, dumping core, or that did not stop
 * in time; a vfork child whose parent is outside the tree.  With
 * CHECKPOINT_CHECK the rest of the tree is looked at nevertheless.
 */

/**
 * ckpt_at_rest - will a task do nothing until it is let go?
 * @ctx: the call
 * @task: the task
 *
 * It sleeps in the trap, or job control had stopped it when it was held, and then it comes
 * to the trap when it is continued.  It may still be on its way to sleep.
 *
 * Return: true if @ctx holds it and it has stopped
 */
bool ckpt_at_rest(struct ckpt_ctx *ctx, struct task_struct *task)
{
	return READ_ONCE(task->checkpoint_holder) == ctx &&
	       READ_ONCE(task->jobctl) & JOBCTL_CHECKPOINTED;
}

/**
 * ckpt_waits_for - does a task wait for its vfork child?
 * @parent: the task, alive
 * @child: whose real parent it is
 *
 * kernel_clone() has what it waits for on its stack, and so has the worker of a restarted
 * one.  From the moment that it is there nothing is done but to go to sleep for it.
 *
 * Return: true if @parent does nothing until @child has executed a program or exited
 */
bool ckpt_waits_for(struct task_struct *parent, struct task_struct *child)
{
	const void *stack = task_stack_page(parent);
	const void *done = READ_ONCE(child->vfork_done);

	return done && stack && done >= stack && done < stack + THREAD_SIZE;
}

static void take(struct ckpt_ctx *ctx, struct task_struct *task)
{
	lockdep_assert_held(&task->sighand->siglock);
	/* The time of the program's pause begins here. */
	if (!ctx->frozen_at)
		ctx->frozen_at = ktime_get();
	task->checkpoint_holder = ctx;
	list_add_tail(&task->checkpoint_node, &ctx->held);
	get_task_struct(task);
}

/* Hold one thread: it is to pass the trap, and sleeps there. */
static void hold(struct ckpt_ctx *ctx, struct task_struct *task)
{
	take(ctx, task);
	/* Unless it has yet to leave the trap for the call it was in */
	if (!(task->jobctl & JOBCTL_TRAP_CHECKPOINT))
		task->checkpoint_deadline = 0;
	task->jobctl |= JOBCTL_TRAP_CHECKPOINT;
	/* It sleeps in get_signal(), from which no way leads but through the trap. */
	if (task->jobctl & JOBCTL_STOPPED)
		task->jobctl |= JOBCTL_CHECKPOINTED;
	else
		signal_wake_up(task, 0);
}

/* Does it stand where a system call is still to be made? */
static bool is_before_call(const struct task_struct *task)
{
	const unsigned long stop = task->checkpoint_stop;
	const unsigned long event = (stop & CHECKPOINT_STOP_CODE) >> 8;

	if (stop & (CHECKPOINT_STOP_SIGNAL | CHECKPOINT_STOP_JOB))
		return false;
	return event ? event == PTRACE_EVENT_SECCOMP :
		       task->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY;
}

/*
 * Hold one that stands in a stop for its tracer.  It is not to pass the trap, unless it has to
 * anyway: behind the stop it may make a system call, which must not be interrupted.
 */
static void hold_stopped(struct ckpt_ctx *ctx, struct task_struct *task)
{
	lockdep_assert_held(&task->sighand->siglock);
	if (!task->checkpoint_holder) {
		take(ctx, task);
	} else if (is_before_call(task)) {
		/* It was held on its way there. */
		task->jobctl &= ~JOBCTL_TRAP_CHECKPOINT;
		task->checkpoint_stop |= CHECKPOINT_STOP_RECALC;
	}
	task->jobctl |= JOBCTL_CHECKPOINTED;
}

/**
 * ckpt_release_held - let a task go on
 * @task: a task that a call holds; its node leaves the call's list
 *
 * The call's reference to it stays the caller's.
 */
void ckpt_release_held(struct task_struct *task)
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

/**
 * ckpt_hold_caller - nobody else may hold the caller until its call ends
 * @ctx: the call
 *
 * Return: false if somebody does already
 */
bool ckpt_hold_caller(struct ckpt_ctx *ctx)
{
	bool ours;

	spin_lock_irq(&current->sighand->siglock);
	ours = !current->checkpoint_holder;
	if (ours)
		current->checkpoint_holder = ctx;
	spin_unlock_irq(&current->sighand->siglock);
	return ours;
}

/**
 * ckpt_release_caller - the caller's call ends
 * @ctx: the call
 */
void ckpt_release_caller(struct ckpt_ctx *ctx)
{
	if (ctx->caller != current)
		return;
	spin_lock_irq(&current->sighand->siglock);
	if (current->checkpoint_holder == ctx)
		current->checkpoint_holder = NULL;
	spin_unlock_irq(&current->sighand->siglock);
}

/* -- what stands against it ------------------------------------------------------- */

static void pass_note(struct ckpt_pass *pass, struct task_struct *task, const char *why)
{
	if (pass->task)
		put_task_struct(pass->task);
	pass->task = get_task_struct(task);
	pass->why = why;
}

static bool was_reported(struct ckpt_pass *pass, struct task_struct *task)
{
	return xa_load(&pass->reported, (unsigned long)task_pid(task) / sizeof(void *));
}

/**
 * ckpt_pass_remember - a task has been reported and is not reported again
 * @pass: the pass
 * @task: the task
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM
 */
int ckpt_pass_remember(struct ckpt_pass *pass, struct task_struct *task)
{
	struct pid *pid = get_task_pid(task, PIDTYPE_PID);
	void *old;

	if (!pid)
		return 0;
	old = xa_store(&pass->reported, (unsigned long)pid / sizeof(void *), pid,
		       GFP_KERNEL_ACCOUNT);
	if (old)
		put_pid(pid);
	return xa_err(old);
}

/*
 * It is in the way, and that does not pass by itself.  Who only wants to know hears of it
 * once, and goes on without it.
 */
static int in_the_way(struct ckpt_pass *pass, struct task_struct *task, int err,
		      const char *why)
{
	if (was_reported(pass, task))
		return 0;
	pass_note(pass, task, why);
	pass->err = err;
	return err;
}

/* It is to be waited for. */
static int late(struct ckpt_pass *pass, struct task_struct *task, const char *why)
{
	if (pass->last)
		return in_the_way(pass, task, -ETIMEDOUT, why);
	pass_note(pass, task, why);
	pass->waiting++;
	return 0;
}

/*
 * A vfork child whose parent is not held: that cannot stop before the child has executed a
 * program or exited, and is outside the tree, or waits for the child of another
 * (CLONE_PARENT).  If the child is held already, it has to go on.
 */
static bool is_vfork_child(struct ckpt_ctx *ctx, struct task_struct *task)
{
	struct ckpt_ctx *holder = READ_ONCE(task->checkpoint_holder);
	struct task_struct *parent;

	if (!READ_ONCE(task->vfork_done) || (holder && holder != ctx))
		return false;
	lockdep_assert_held(&tasklist_lock);
	parent = rcu_dereference_check(task->real_parent, lockdep_is_held(&tasklist_lock));
	if (READ_ONCE(parent->checkpoint_holder) == ctx && ckpt_waits_for(parent, task))
		return false;
	if (holder) {
		ckpt_release_held(task);
		put_task_struct(task);
	}
	return true;
}

/*
 * A dump of core and an exit must not be interrupted: both sleep interruptibly, and the
 * wake-up of a hold would cut them short.  Only under siglock that is certain, for there a
 * dump begins and a group exit is decided on.  One that stands in a stop is not woken.
 */
static const char *ends(struct task_struct *task)
{
	const struct signal_struct *signal = task->signal;

	if (READ_ONCE(task->jobctl) & JOBCTL_TRACED)
		return NULL;
	if (READ_ONCE(signal->core_state))
		return "is dumping core";
	if (task->exit_state || READ_ONCE(task->flags) & PF_EXITING ||
	    READ_ONCE(signal->flags) & SIGNAL_GROUP_EXIT)
		return "is exiting";
	return NULL;
}

/* Does its tracer descend from the root of the tree? */
static bool is_inside(struct ckpt_pass *pass, struct task_struct *task)
{
	struct task_struct *p;

	lockdep_assert_held(&tasklist_lock);
	p = rcu_dereference_check(task->parent, lockdep_is_held(&tasklist_lock));
	while (p->signal != pass->root->signal) {
		if (!p->pid || is_global_init(p))
			return false;
		p = rcu_dereference_check(p->real_parent, lockdep_is_held(&tasklist_lock));
	}
	return true;
}

/* What has to be done by somebody first; NULL if there is nothing */
static const char *obstacle(struct ckpt_pass *pass, struct task_struct *task, int *err)
{
	*err = -EBUSY;
	if (task->flags & (PF_KTHREAD | PF_USER_WORKER))
		return "works inside the kernel for an io_uring or vhost device; close that first";
	if (checkpoint_makes(task))
		return "is just being restarted; try again when it runs";
	*err = -EPERM;
	if (!ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS))
		return "may not be traced by the caller";
	*err = -EBUSY;
	if (task->ptrace && !is_inside(pass, task))
		return CKPT_TRACED;
	if (frozen(task))
		return "is frozen by a cgroup; thaw it first";
	return NULL;
}

/*
 * These rest by themselves, in get_signal() and right before the trap, so that they can be
 * held all the same.  siglock is what that state is entered and left under.
 */
static const char *resting_obstacle(struct task_struct *task)
{
	lockdep_assert_held(&task->sighand->siglock);
	/*
	 * One that is held already may be frozen too from now on; it stays held.  ->frozen says
	 * less: it is still set of a task that has just been let go.
	 */
	if (!task->checkpoint_holder && task->jobctl & JOBCTL_TRAP_FREEZE)
		return "is frozen by a cgroup; thaw it first";
	return NULL;
}

/*
 * Two calls of which each holds what the other wants, be it only its caller, must not both
 * give up: the one that began earlier waits until the other has given up or has all that it
 * wants.  The other call exists as long as siglock is held: it lets go of @task under it.
 */
static int held_by_other(struct ckpt_pass *pass, struct task_struct *task)
{
	const struct ckpt_ctx *other = task->checkpoint_holder;
	static const char why[] = "is held by another checkpoint or restart; try again after it";

	lockdep_assert_held(&task->sighand->siglock);
	if (!READ_ONCE(other->settled) && other->order > pass->ctx->order)
		return late(pass, task, why);
	return in_the_way(pass, task, -EBUSY, why);
}

/* The child that a task waits for; it is the last one that it has made. */
static struct task_struct *find_vfork_child(struct task_struct *task)
{
	struct task_struct *child;

	lockdep_assert_held(&tasklist_lock);
	list_for_each_entry_reverse(child, &task->children, sibling)
		if (ckpt_waits_for(task, child))
			return child;
	return NULL;
}

static bool rests_in_vfork(struct ckpt_ctx *ctx, struct task_struct *task,
			   struct task_struct *child)
{
	if (child != current && !ckpt_at_rest(ctx, child))
		return false;
	/* A child that has executed a program has said so before it came to rest. */
	smp_rmb();
	return ckpt_waits_for(task, child);
}

/*
 * It sleeps where no hold wakes it, and is at rest as soon as its child is: from there leads
 * no way but the child's death, which ends a checkpoint, and then by the trap.
 */
static int freeze_vfork(struct ckpt_pass *pass, struct task_struct *task,
			struct task_struct *child)
{
	lockdep_assert_held(&task->sighand->siglock);
	if (rests_in_vfork(pass->ctx, task, child)) {
		task->jobctl |= JOBCTL_CHECKPOINTED;
		return 0;
	}
	/* Then not it is the obstacle; the child is, and is reported. */
	if (pass->last)
		return 0;
	pass->silent++;
	return late(pass, task, "waits for a vfork child, which did not stop in time");
}

/* Only its tracer lets it go, and who is at rest does not. */
static int freeze_stopped(struct ckpt_pass *pass, struct task_struct *task)
{
	struct task_struct *tracer;

	lockdep_assert_held(&tasklist_lock);
	tracer = rcu_dereference_check(task->parent, lockdep_is_held(&tasklist_lock));
	if (tracer == current || ckpt_at_rest(pass->ctx, tracer)) {
		hold_stopped(pass->ctx, task);
		return 0;
	}
	if (!pass->last)
		pass->silent++;
	return late(pass, task, "stands in a stop, and its tracer did not stop in time");
}

static int freeze_locked(struct ckpt_pass *pass, struct task_struct *task,
			 struct task_struct *vfork_child)
{
	const char *why;
	int err = 0;

	lockdep_assert_held(&task->sighand->siglock);
	why = ends(task);
	if (why)
		return late(pass, task, why);
	if (task->checkpoint_holder && task->checkpoint_holder != pass->ctx)
		return held_by_other(pass, task);
	why = resting_obstacle(task);
	if (why)
		err = in_the_way(pass, task, -EBUSY, why);
	if (why && !(pass->ctx->flags & CHECKPOINT_CHECK))
		return err;
	if (task->jobctl & JOBCTL_TRACED)
		return err ?: freeze_stopped(pass, task);
	/* It was restarted just now, and the stop is the place to hold it. */
	if (task->checkpoint_stop & CHECKPOINT_STOP_AGAIN) {
		if (!pass->last)
			pass->silent++;
		return late(pass, task, "did not come back to its stop in time");
	}
	if (!task->checkpoint_holder)
		hold(pass->ctx, task);
	if (err || ckpt_at_rest(pass->ctx, task))
		return err;
	if (vfork_child)
		return freeze_vfork(pass, task, vfork_child);
	return late(pass, task, "did not stop in time");
}

/**
 * ckpt_freeze_thread - hold a thread, unless it has stopped already
 * @pass: the pass
 * @task: the thread
 *
 * Context: tasklist_lock held.
 * Return: 0, or a negative errno: @task is in the way
 */
int ckpt_freeze_thread(struct ckpt_pass *pass, struct task_struct *task)
{
	struct ckpt_ctx *ctx = pass->ctx;
	struct task_struct *vfork_child;
	unsigned long flags;
	const char *why;
	int err;

	lockdep_assert_held(&tasklist_lock);
	pass->tasks++;
	/* A zombie stays; what nobody waits for is about to vanish. */
	if (task == current || task->exit_state == EXIT_ZOMBIE)
		return 0;
	why = ends(task);
	if (why)
		return late(pass, task, why);
	if (is_vfork_child(ctx, task))
		return late(pass, task, "is a vfork child that has not yet executed a program");
	if (ckpt_at_rest(ctx, task))
		return 0;
	why = obstacle(pass, task, &err);
	if (why)
		return in_the_way(pass, task, err, why);
	vfork_child = find_vfork_child(task);
	if (!lock_task_sighand(task, &flags))
		return late(pass, task, "is exiting");
	err = freeze_locked(pass, task, vfork_child);
	unlock_task_sighand(task, &flags);
	return err;
}
