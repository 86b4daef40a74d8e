// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: stops of traced tasks.  A task that stands in one is held where it is;
 * one that stood there when it was saved goes through the kernel's own function again, and
 * nobody hears of that.
 *
 * ->checkpoint_stop says which stop it is, for what else is there does not: its tracer may
 * have changed the siginfo, and what waitid(2) reports is cleared when it has.
 */
#include <linux/hrtimer.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/thread_info.h>
#include "../core.h"
#include "stop.h"

/* What came while the task stood in the stop */
static void enter_again(unsigned long stop, kernel_siginfo_t *info)
{
	const unsigned long code = stop & CHECKPOINT_STOP_CODE;

	lockdep_assert_held(&current->sighand->siglock);
	current->exit_code = stop & CHECKPOINT_STOP_SEEN ? 0 : code;
	/* What job control says of it may have changed since. */
	if (info && !(stop & CHECKPOINT_STOP_SIGNAL)) {
		info->si_signo = code & 0x7f;
		info->si_code = code;
	}
	if (stop & CHECKPOINT_STOP_VOID)
		current->jobctl &= ~JOBCTL_STOP_DEQUEUED;
	if (stop & CHECKPOINT_STOP_TRAP)
		task_set_jobctl_pending(current, JOBCTL_TRAP_STOP);
	if (stop & CHECKPOINT_STOP_NOTIFY)
		task_set_jobctl_pending(current, JOBCTL_TRAP_NOTIFY);
	if (stop & CHECKPOINT_STOP_LISTEN)
		current->jobctl |= JOBCTL_LISTENING;
}

/**
 * checkpoint_enter_stop - current has entered a stop for its tracer
 * @exit_code: what waitid(2) is to report
 * @why: CLD_*
 * @info: what PTRACE_GETSIGINFO shows, NULL if it fails
 *
 * Context: ptrace_stop(), with siglock held since the task is seen to have stopped.
 * Return: true if it stood there when it was saved: its tracer has heard of that
 */
bool checkpoint_enter_stop(int exit_code, int why, kernel_siginfo_t *info)
{
	const unsigned long stop = current->checkpoint_stop;
	const bool again = stop & CHECKPOINT_STOP_AGAIN;
	unsigned long now;

	if (again) {
		enter_again(stop, info);
		/* Held since it was made: it rests here, whoever wakes it. */
		if (current->checkpoint_holder)
			current->jobctl |= JOBCTL_CHECKPOINTED;
		/* Another thread of the tracer may wait by now. */
		guard(rcu)();
		__wake_up_parent(current, rcu_dereference(current->parent));
	}
	now = (again ? stop : exit_code) & CHECKPOINT_STOP_CODE;
	now |= stop & (CHECKPOINT_STOP_SIGNAL | CHECKPOINT_STOP_PROCESS);
	if (why == CLD_STOPPED)
		now |= CHECKPOINT_STOP_JOB;
	/* The tracer itself waits for this before it goes to user space. */
	WRITE_ONCE(current->checkpoint_stop, now | CHECKPOINT_STOP_INSIDE);
	return again;
}

/* What is waited for so takes less than a tick. */
#define MOMENT_NS	(50 * NSEC_PER_USEC)

/* A tracee that is about to stop where it stood; one that dies is not waited for. */
static bool is_awaited(const struct task_struct *tracee)
{
	return READ_ONCE(tracee->checkpoint_stop) & CHECKPOINT_STOP_AGAIN &&
	       !(READ_ONCE(tracee->flags) & PF_EXITING) && !tracee->exit_state;
}

static bool has_awaited(void)
{
	struct task_struct *tracee;

	guard(read_lock)(&tasklist_lock);
	list_for_each_entry(tracee, &current->ptraced, ptrace_entry)
		if (is_awaited(tracee))
			return true;
	return false;
}

/**
 * ckpt_await_stops - whom current traces stands where it stood, before current looks
 *
 * A tracer that is to stop itself does not wait: two may trace each other, and its own
 * tracer has not let it go yet.
 *
 * Context: the trap, on the first way to user space; siglock held, dropped meanwhile.
 * Return: true if somebody may hold current by now
 */
bool ckpt_await_stops(void)
{
	struct sighand_struct *sighand = current->sighand;
	ktime_t moment = MOMENT_NS;
	bool waits;

	lockdep_assert_held(&sighand->siglock);
	if (list_empty(&current->ptraced) || current->checkpoint_stop & CHECKPOINT_STOP_AGAIN ||
	    __fatal_signal_pending(current))
		return false;
	spin_unlock_irq(&sighand->siglock);
	waits = has_awaited();
	if (waits) {
		__set_current_state(TASK_IDLE | TASK_FREEZABLE);
		schedule_hrtimeout(&moment, HRTIMER_MODE_REL);
	}
	spin_lock_irq(&sighand->siglock);
	return waits;
}

/**
 * ckpt_take_signal - the signal for which current stood in a stop
 * @info: out: its siginfo
 * @type: out: whose queue it was in
 *
 * It is the first of the task's own queue, and not pending.
 *
 * Context: the trap, siglock held.
 * Return: its number, 0 if there is none
 */
int ckpt_take_signal(kernel_siginfo_t *info, enum pid_type *type)
{
	struct sigpending taken;
	struct sigqueue *q;
	int signr;

	lockdep_assert_held(&current->sighand->siglock);
	q = list_first_entry_or_null(&current->pending.list, struct sigqueue, list);
	if (!q || !(q->flags & SIGQUEUE_TAKEN)) {
		/* A SIGCONT has flushed a stop signal: then it is not waited for. */
		if (!(current->jobctl & JOBCTL_TRAP_STOP))
			current->checkpoint_stop &= CHECKPOINT_STOP_AGAIN - 1;
		return 0;
	}
	copy_siginfo(info, &q->info);
	*type = q->flags & SIGQUEUE_OF_PROCESS ? PIDTYPE_TGID : PIDTYPE_PID;
	signr = SIGQUEUE_NUMBER(q->flags);
	init_sigpending(&taken);
	list_move(&q->list, &taken.list);
	flush_sigqueue(&taken);
	return signr;
}

/**
 * ckpt_trace_calls_again - current has left the call that it was made in
 *
 * What its tracer wants to see of calls begins with the next one.
 *
 * Context: the trap, siglock held.
 */
void ckpt_trace_calls_again(void)
{
	const struct signal_struct *signal = current->signal;

	lockdep_assert_held(&current->sighand->siglock);
	if (current->checkpoint_stop & CHECKPOINT_STOP_CALLS)
		set_syscall_work(SYSCALL_TRACE);
	if (current->checkpoint_stop & CHECKPOINT_STOP_STEP)
		set_syscall_work(SYSCALL_EXIT_TRAP);
	current->checkpoint_stop &= ~(CHECKPOINT_STOP_CALLS | CHECKPOINT_STOP_STEP);
	/* An image may have left it out, and do_jobctl_trap() relies on it. */
	if (current->ptrace & PT_SEIZED && !(current->jobctl & JOBCTL_STOP_SIGMASK) &&
	    (signal->group_stop_count || signal->flags & SIGNAL_STOP_STOPPED))
		current->jobctl |= SIGSTOP;
}
