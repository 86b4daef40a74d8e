// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: tasks that stood in a stop for their tracer within a system call.
 *
 * Such a one stops again in its worker, through the function in which it stood, and does from
 * there on what it would have done: the call, its answer, what is reported at its end.  It
 * cannot go back to the instruction: between that and the call a signal could come.  What
 * stops on the way to user space does so there: see checkpoint_trap().
 */
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/thread_info.h>
#include <asm/checkpoint.h>
#include <asm/syscall.h>
#include "../core.h"
#include "worker.h"

/**
 * ckpt_is_in_call - does a task still do something before it leaves its system call?
 * @again: its stop
 *
 * Return: true if so
 */
bool ckpt_is_in_call(const struct ckpt_again *again)
{
	return again->stop >= CKPT_PTRACE_STOP_ENTRY || again->reports;
}

/* As ptrace_report_syscall() */
static void stop_for_call(const struct ckpt_again *again)
{
	int signr = ptrace_notify(again->code, again->message);

	if (signr && current->ptrace)
		send_sig(signr, current, 1);
}

/* What the entry of a system call does behind its last stop */
static void make_call(struct pt_regs *regs)
{
	unsigned long args[6];

	syscall_get_arguments(current, regs, args);
	audit_syscall_entry(syscall_get_nr(current, regs), args[0], args[1], args[2], args[3]);
	ckpt_arch_make_call(regs, syscall_get_nr(current, regs));
}

/* As syscall_trace_enter(), which its tracer may have told before not to make the call */
static void go_on_in_entry(struct pt_regs *regs, const struct ckpt_again *again)
{
	stop_for_call(again);
	if (!again->emulated && !fatal_signal_pending(current) && secure_computing() != -1)
		make_call(regs);
}

/* As __seccomp_filter(); what the tracer has made of the call is filtered too. */
static void go_on_in_filter(struct pt_regs *regs, const struct ckpt_again *again)
{
	ptrace_notify(again->code, again->message);
	if (!fatal_signal_pending(current) && seccomp_allows_again(regs))
		make_call(regs);
}

/* As kernel_clone(), whose pid for the tracer is the number that it returns */
static void go_on_in_clone(struct pt_regs *regs, const struct ckpt_again *again,
			   struct ckpt_vfork_wait *waits)
{
	ptrace_notify(again->code, again->message);
	if (waits->child)
		vfork_wait_again(waits->child, &waits->done);
	else if (again->code >> 8 == PTRACE_EVENT_VFORK)
		ptrace_event(PTRACE_EVENT_VFORK_DONE, again->message);
	syscall_set_return_value(current, regs, 0, again->message);
}

static void go_on_in_event(struct pt_regs *regs, const struct ckpt_again *again,
			   struct ckpt_vfork_wait *waits)
{
	switch (again->code >> 8) {
	case PTRACE_EVENT_EXEC:
		ptrace_notify(again->code, again->message);
		syscall_set_return_value(current, regs, 0, 0);
		break;
	case PTRACE_EVENT_SECCOMP:
		go_on_in_filter(regs, again);
		break;
	default:
		go_on_in_clone(regs, again, waits);
	}
}

/* As syscall_exit_work() */
static void report_end(struct pt_regs *regs)
{
	audit_syscall_exit(regs);
	if (test_syscall_work(SYSCALL_EXIT_TRAP) && !test_syscall_work(SYSCALL_EMU))
		ptrace_report_syscall_exit(regs, true);
	else if (test_syscall_work(SYSCALL_TRACE))
		ptrace_report_syscall_exit(regs, false);
}

/**
 * ckpt_stop_again - current stops for its tracer as it did, and ends its system call
 * @again: in what it stops
 * @waits: a vfork child that it waits for
 *
 * Context: a worker, released; its registers are those of the program.  May sleep, killable.
 */
void ckpt_stop_again(const struct ckpt_again *again, struct ckpt_vfork_wait *waits)
{
	struct pt_regs *regs = current_pt_regs();

	/* The call that follows must not be interrupted; the trap is passed behind it. */
	spin_lock_irq(&current->sighand->siglock);
	current->jobctl &= ~JOBCTL_TRAP_CHECKPOINT;
	sigdelsetmask(&current->blocked, sigmask(SIGKILL) | sigmask(SIGSTOP));
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	switch (again->stop) {
	case CKPT_PTRACE_STOP_ENTRY:
		go_on_in_entry(regs, again);
		break;
	case CKPT_PTRACE_STOP_EXIT:
		stop_for_call(again);
		return;
	case CKPT_PTRACE_STOP_EVENT:
		go_on_in_event(regs, again, waits);
		break;
	case CKPT_PTRACE_STOP_HANDLER:
		ptrace_notify(again->code, again->message);
		return;
	default:
		if (waits->child)
			vfork_wait_again(waits->child, &waits->done);
	}
	report_end(regs);
}

/**
 * ckpt_trace_calls_later - the way out of the call that made current is not seen by its tracer
 *
 * Context: current is about to leave it; siglock held.
 */
void ckpt_trace_calls_later(void)
{
	lockdep_assert_held(&current->sighand->siglock);
	if (!current->ptrace)
		return;
	if (test_syscall_work(SYSCALL_TRACE))
		current->checkpoint_stop |= CHECKPOINT_STOP_CALLS;
	if (test_syscall_work(SYSCALL_EXIT_TRAP))
		current->checkpoint_stop |= CHECKPOINT_STOP_STEP;
	clear_syscall_work(SYSCALL_TRACE);
	clear_syscall_work(SYSCALL_EXIT_TRAP);
}
