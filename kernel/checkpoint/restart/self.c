// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: RESTART_SELF, the caller becomes the root, as with execve().
 *
 * The caller works for itself where other tasks work for it.  Up to the moment its
 * memory is exchanged a failure leaves it as it was; after that it is killed, as a
 * failing execve() would.
 */
#include <linux/hrtimer.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/posix-timers.h>
#include <linux/refcount.h>
#include <linux/rseq.h>
#include <linux/sched/numa_balancing.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/syscall_user_dispatch.h>
#include <linux/tsacct_kern.h>
#include <linux/user_events.h>
#include "../core.h"

/**
 * ckpt_self_check - can the caller become the root?
 * @ctx: the call; the metadata is read
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_self_check(struct ckpt_ctx *ctx)
{
	const struct ckpt_kind **p;
	int err;

	if (!thread_group_empty(current) || !thread_group_leader(current) ||
	    refcount_read(&current->sighand->count) != 1)
		return ckpt_fail(ctx, -EINVAL, "a process with several threads cannot become the program");
	if (ctx->root->outlived)
		return ckpt_fail(ctx, -EINVAL, "the first thread of the program has exited, so no caller can become it; restart it as a child");
	if (current->nsproxy->pid_ns_for_children != task_active_pid_ns(current))
		return ckpt_fail(ctx, -EINVAL, "a process whose children are born in another pid namespace cannot become the program");
	if (!list_empty(&current->children))
		return ckpt_fail(ctx, -EINVAL, "a process with children cannot become the program");
	for_each_ckpt_kind(p) {
		err = (*p)->may_become ? (*p)->may_become(ctx) : 0;
		if (err)
			return err;
	}
	return 0;
}

int ckpt_self_pid(struct ckpt_ctx *ctx, u32 object, pid_t nr)
{
	struct pid *pid = task_tgid(current);

	if (pid_vnr(pid) != nr)
		return ckpt_fail(ctx, -EEXIST, "the program had pid %d, and the caller has %d",
				 nr, pid_vnr(pid));
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
	sigprocmask(SIG_SETMASK, &blocked, &ctx->restart->old_blocked);
	t->task = get_task_struct(current);
	t->self = true;
	t->made = true;
	WRITE_ONCE(current->checkpoint, t);
	/*
	 * As in an execve(), but before it has the first child, which would otherwise seem
	 * to be from a time before it and lose its exit signal.  It has no other children.
	 */
	WRITE_ONCE(current->self_exec_id, current->self_exec_id + 1);
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

/*
 * As posixtimer_exec(), and the interval timers too.  An execve() keeps those, but they
 * are the caller's, and the image brings its own.
 */
static void drop_timers(void)
{
	struct signal_struct *sig = current->signal;

	/* The timer's function takes the siglock, and does not start it again. */
	hrtimer_cancel(&sig->real_timer);
	spin_lock_irq(&current->sighand->siglock);
	sig->it_real_incr = 0;
	sig->next_posix_timer_id = 0;
	memset(sig->it, 0, sizeof(sig->it));
	posix_cpu_timers_exit(current);
	spin_unlock_irq(&current->sighand->siglock);
	exit_itimers(current);
}

/*
 * What begin_new_exec() and bprm_execve() reset and no record brings back.  Of the
 * processor's state a caller with more than its registers is refused (x86_regs).
 */
static void drop_thread_state(void)
{
	current->exit_signal = SIGCHLD;
	current->flags &= ~(PF_NOFREEZE | PF_NO_SETAFFINITY | PF_SUPERPRIV);
	current->flags |= PF_FORKNOEXEC;	/* until the image says that it has executed */
	clear_syscall_work_syscall_user_dispatch(current);
	current->restart_block.fn = do_no_restart_syscall;
	sas_ss_reset(current);
	flush_signal_handlers(current, 0);
	rseq_execve(current);
	perf_event_exec();
	user_events_execve(current);
	acct_update_integrals(current);
	task_numa_free(current, false);
}

/**
 * ckpt_self_commit - nothing of the caller's old life comes along
 * @ctx: the call; the next step exchanges the caller's memory
 *
 * A caller that has been killed stays so, which the next step finds out.
 *
 * Context: may sleep.
 * Return: 0 or -EAGAIN (reported): a worker for io_uring came meanwhile
 */
int ckpt_self_commit(struct ckpt_ctx *ctx)
{
	ctx->restart->self_gone = true;
	/* Requests in flight would write to the memory, and go on with the caller's rights. */
	io_uring_task_cancel();
	ckpt_forget_clocks(ctx);
	if (!thread_group_empty(current))
		return ckpt_fail(ctx, -EAGAIN, "a process with several threads cannot become the program");
	drop_timers();
	flush_pending();
	drop_thread_state();
	return 0;
}

/**
 * ckpt_self_abort - the restart failed
 * @ctx: the call; all tasks made are gone
 */
void ckpt_self_abort(struct ckpt_ctx *ctx)
{
	WRITE_ONCE(current->checkpoint, NULL);
	if (ctx->restart->self_gone) {
		force_fatal_sig(SIGKILL);
		return;
	}
	ckpt_leave_clocks(ctx);
	sigprocmask(SIG_SETMASK, &ctx->restart->old_blocked, NULL);
}
