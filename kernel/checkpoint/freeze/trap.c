// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the trap in which held tasks sleep, and waiting for them to
 * arrive there.
 *
 * get_signal() calls checkpoint_trap(): the registers are complete there and an
 * interrupted system call still shows its -ERESTART* code.  JOBCTL_TRAP_CHECKPOINT
 * says that the task has to pass the trap, which it does also when the hold ended
 * before it arrived: its system call may have answered -EINTR on the way.
 *
 * A task that stands in a stop for its tracer is held there, and comes to sleep here only if
 * it is woken meanwhile.
 */
#include <linux/cgroup.h>
#include <linux/ktime.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/task_work.h>
#include <linux/wait.h>
#include <asm/syscall.h>
#include "../core.h"
#include "resume.h"
#include "stop.h"

static DECLARE_WAIT_QUEUE_HEAD(arrival_wait);
static atomic_t arrivals;

/*
 * Make the call again that the freeze interrupted, or its rest, unless a signal is there to
 * end it.  Then siglock is held without a break from that look to the dequeue in
 * get_signal(): if another thread took the signal, -EINTR would be left over here.
 * For the call itself siglock is dropped.
 */
static void trap_resume(struct sighand_struct *sighand, ktime_t deadline,
			const struct ckpt_cut_files *files)
{
	bool interrupted;

	lockdep_assert_held(&sighand->siglock);
	do {
		recalc_sigpending();
		if (task_sigpending(current)) {
			/* If it is a new hold, the next pass makes the call. */
			checkpoint_note_deadline(deadline);
			return;
		}
		spin_unlock_irq(&sighand->siglock);

		/* As at the start of get_signal(): it would end the call. */
		clear_notify_signal();
		if (task_work_pending(current))
			task_work_run();
		interrupted = signal_pending(current);
		if (!interrupted) {
			ckpt_resume_call(current_pt_regs(), deadline);
			ckpt_restart_call(current_pt_regs());
			ckpt_finish_call(current_pt_regs(), files, deadline);
		}

		spin_lock_irq(&sighand->siglock);
	} while (interrupted);
}

/*
 * As get_signal() would, but before a call is made.  If the cgroup is to be frozen, a
 * jobctl trap is pending from here on, which ends the call.  siglock is dropped for that:
 * css_set_lock, which cgroup_leave_frozen() takes, comes before it.
 */
static void trap_unfreeze(struct sighand_struct *sighand)
{
	lockdep_assert_held(&sighand->siglock);
	if (!cgroup_task_frozen(current))
		return;
	spin_unlock_irq(&sighand->siglock);
	cgroup_leave_frozen(false);
	spin_lock_irq(&sighand->siglock);
}

/* Sleep until nobody holds current any more, or it is killed. */
static void trap_sleep(struct sighand_struct *sighand)
{
	lockdep_assert_held(&sighand->siglock);
	while (current->checkpoint_holder && !__fatal_signal_pending(current)) {
		current->jobctl |= JOBCTL_CHECKPOINTED;
		set_current_state(CKPT_TRAP_STATE);
		spin_unlock_irq(&sighand->siglock);

		/* Who freezes the cgroup meanwhile waits for no more than that it stands. */
		cgroup_enter_frozen();
		/* Who sees the count sees JOBCTL_CHECKPOINTED: see ckpt_arrivals(). */
		atomic_inc_return_release(&arrivals);
		wake_up(&arrival_wait);
		schedule();

		spin_lock_irq(&sighand->siglock);
	}
	__set_current_state(TASK_RUNNING);
}

/* It was woken where it rested, and stays held: it goes on to rest. */
static void stay_held(struct sighand_struct *sighand)
{
	if (!(current->jobctl & JOBCTL_CHECKPOINTED))
		return;
	trap_sleep(sighand);
	trap_unfreeze(sighand);
}

/**
 * checkpoint_leave_stop - current was woken in a stop
 *
 * By its tracer, by the end of that, by SIGCONT, or by SIGKILL.  If it is held, nothing but
 * the last of these takes it further.
 *
 * Context: ptrace_stop(), siglock held, dropped meanwhile; sleeps, killable.
 */
void checkpoint_leave_stop(void)
{
	if (unlikely(current->checkpoint_holder))
		stay_held(current->sighand);
	if (unlikely(current->checkpoint_stop & CHECKPOINT_STOP_RECALC))
		recalc_sigpending();
	current->checkpoint_stop = 0;
}

int checkpoint_trap(kernel_siginfo_t *info, enum pid_type *type)
{
	struct sighand_struct *sighand = current->sighand;
	bool restarted = current->jobctl & JOBCTL_RESTARTED;
	struct ckpt_cut_files files;
	ktime_t deadline;
	bool resumes;
	int signr;

	/* get_signal() does not drop it between its look at jobctl and the call. */
	lockdep_assert_held(&sighand->siglock);
	/* At once: a holder saves what the registers show. */
	if (current->jobctl & JOBCTL_RESTARTED) {
		syscall_set_return_value(current, current_pt_regs(), 0,
					 current->checkpoint_return);
		current->jobctl &= ~JOBCTL_RESTARTED;
		ckpt_trace_calls_again();
	}
	resumes = ckpt_may_be_cut_short(current_pt_regs(), &files) ||
		  ckpt_restart_is_filtered(current_pt_regs());
	do
		trap_sleep(sighand);
	while (restarted && ckpt_await_stops());

	current->jobctl &= ~(JOBCTL_TRAP_CHECKPOINT | JOBCTL_CHECKPOINTED);
	deadline = current->checkpoint_deadline;
	current->checkpoint_deadline = 0;
	resumes = resumes || deadline;
	/* What it had taken ended its call before the freeze could. */
	signr = restarted ? ckpt_take_signal(info, type) : 0;
	if (resumes || signr)
		trap_unfreeze(sighand);
	if (!signr && resumes)
		trap_resume(sighand, deadline, &files);
	else
		recalc_sigpending();
	return signr;
}

/* -- waiting ------------------------------------------------------------------ */

/* How long to wait before looking again at what did not arrive */
#define FREEZE_LOOK_MS	5

struct arrival_waiter {
	struct wait_queue_entry entry;
	int target;
};

/* The waiter is woken once, not by each of thousands of threads. */
static int wake_at_target(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	struct arrival_waiter *waiter = container_of(entry, struct arrival_waiter, entry);

	if (atomic_read(&arrivals) - waiter->target < 0)
		return 0;
	return default_wake_function(entry, mode, flags, key);
}

/**
 * ckpt_arrivals - how many tasks have arrived in the trap
 *
 * Return: the count since boot, of all holders; it wraps
 */
int ckpt_arrivals(void)
{
	/*
	 * Before the tasks are looked at: an arrival that is counted here is seen there.
	 * Otherwise the caller would wait for one more than there will be.
	 */
	return atomic_read_acquire(&arrivals);
}

/**
 * ckpt_wait_for_arrivals - wait for tasks to arrive in the trap, but a moment at most
 * @target: what ckpt_arrivals() is to say
 *
 * Context: may sleep, interruptible.
 * Return: false if a signal ended that
 */
bool ckpt_wait_for_arrivals(int target)
{
	struct arrival_waiter waiter = { .target = target };

	init_waitqueue_func_entry(&waiter.entry, wake_at_target);
	waiter.entry.private = current;
	add_wait_queue(&arrival_wait, &waiter.entry);
	set_current_state(TASK_INTERRUPTIBLE);
	if (atomic_read(&arrivals) - target < 0)
		schedule_timeout(msecs_to_jiffies(FREEZE_LOOK_MS));
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&arrival_wait, &waiter.entry);
	return atomic_read(&arrivals) - target >= 0 || !ckpt_interrupted();
}
