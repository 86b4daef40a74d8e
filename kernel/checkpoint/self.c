// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: RESTART_SELF, the caller becomes the root, as with execve().
 *
 * The caller works for itself where other tasks work for it.  Up to the moment its
 * memory is exchanged a failure leaves it as it was; after that it is killed, as a
 * failing execve() would.
 */
#include <linux/posix-timers.h>
#include <linux/refcount.h>
#include <linux/rseq.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "core.h"

/**
 * ckpt_self_check - can the caller become the root?
 * @ctx: the call; the metadata is read
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_self_check(struct ckpt_ctx *ctx)
{
	if (!thread_group_empty(current) || !thread_group_leader(current) ||
	    refcount_read(&current->sighand->count) != 1)
		return ckpt_fail(ctx, -EINVAL, "a process with several threads cannot become the program");
	if (!list_empty(&current->children))
		return ckpt_fail(ctx, -EINVAL, "a process with children cannot become the program");
	return ckpt_self_check_groups(ctx);
}

/**
 * ckpt_self_pid - reserve the root's pid: the caller has it, or it fails
 * @ctx: the call
 * @object: object id of the pid
 * @nr: the number that the image wants
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_self_pid(struct ckpt_ctx *ctx, u32 object, pid_t nr)
{
	struct pid *pid = task_tgid(current);

	if (pid_nr_ns(pid, ctx->pid_ns) != nr)
		return ckpt_fail(ctx, -EEXIST, "the program had pid %d, and the caller has %d",
				 nr, pid_nr_ns(pid, ctx->pid_ns));
	ckpt_consume_object(ctx, object);
	return ckpt_set_object(ctx, object, get_pid(pid));
}

/**
 * ckpt_self_begin - the caller is the root from now on
 * @ctx: the call
 *
 * What the caller would lose in an execve() goes here: timers and pending signals.
 */
void ckpt_self_begin(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t = ctx->root;
	sigset_t blocked;

	siginitsetinv(&blocked, sigmask(SIGKILL));
	sigprocmask(SIG_SETMASK, &blocked, &ctx->old_blocked);
	t->task = get_task_struct(current);
	t->self = true;
	t->made = true;
	WRITE_ONCE(current->checkpoint, t);
}

/* Not SIGKILL: the process is ending, and no other signal would do that again. */
static void flush_pending(void)
{
	spin_lock_irq(&current->sighand->siglock);
	if (!(current->signal->flags & SIGNAL_GROUP_EXIT)) {
		flush_sigqueue(&current->pending);
		flush_sigqueue(&current->signal->shared_pending);
		recalc_sigpending();
	}
	spin_unlock_irq(&current->sighand->siglock);
}

/**
 * ckpt_self_commit - nothing of the caller's old life comes along
 * @ctx: the call; the next step exchanges the caller's memory
 *
 * A caller that has been killed stays so, which the next step finds out.
 */
void ckpt_self_commit(struct ckpt_ctx *ctx)
{
	ctx->self_gone = true;
	spin_lock_irq(&current->sighand->siglock);
	posix_cpu_timers_exit(current);
	spin_unlock_irq(&current->sighand->siglock);
	exit_itimers(current);
	flush_pending();
	rseq_execve(current);
	ckpt_forget_clocks(ctx);
}

/**
 * ckpt_self_abort - the restart failed
 * @ctx: the call; all tasks made are gone
 */
void ckpt_self_abort(struct ckpt_ctx *ctx)
{
	WRITE_ONCE(current->checkpoint, NULL);
	if (ctx->self_gone) {
		force_fatal_sig(SIGKILL);
		return;
	}
	ckpt_leave_clocks(ctx);
	sigprocmask(SIG_SETMASK, &ctx->old_blocked, NULL);
}
