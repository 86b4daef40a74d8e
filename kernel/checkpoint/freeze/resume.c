// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: continuing system calls that answer -EINTR to a stop.
 */
#include <linux/compat.h>
#include <linux/eventpoll.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/checkpoint.h>
#include <asm/syscall.h>
#include "../checkpoint.h"
#include "resume.h"

/**
 * DOC: no EINTR
 *
 * Most interrupted calls ask to be restarted.  A few answer -EINTR to any stop, or would
 * begin anew with all of their timeout, and the time that they had left lies only on the
 * stack of the sleep.  So such a
 * sleep notes in the task when it would have ended (checkpoint_note_deadline()),
 * and the trap, before it lets the task go, makes the same call again with the
 * arguments that are still in the registers and that deadline in place of the
 * timeout.  This happens inside the trap: no seccomp filter and no tracer sees a
 * second call.
 *
 * A task that noted nothing was not interrupted by a stop: its -EINTR is an answer.
 * A signal with a handler ends the call with -EINTR as ever, because the trap asks
 * for pending signals first.
 *
 * A call is added by an entry in the table, if its sleep notes the deadline.  A call on a
 * socket has its timeout from there, see timeout.c.
 * Refused: calls that are not in it and answered -EINTR.
 *
 * Rebuilt: a call that the kernel continues by restart_syscall(2) goes on in the trap as well if
 * its program has a seccomp filter.
 */

/*
 * What the call answers to a stop is -EINTR, or what would have it made again from the
 * beginning, with all of its timeout.
 */
struct resumable {
	int nr;
	int error;
	long (*run)(const unsigned long *args, ktime_t deadline);
	bool (*applies)(struct task_struct *task, const unsigned long *args);
};

static long run_epoll_wait(const unsigned long *args, ktime_t deadline)
{
	struct timespec64 ts = ktime_to_timespec64(deadline);

	return epoll_wait_until(args[0], (struct epoll_event __user *)args[1], args[2],
				deadline == KTIME_MAX ? NULL : &ts);
}

static int siginfo_to_user(siginfo_t __user *to, const kernel_siginfo_t *from)
{
	if (in_compat_syscall())
		return copy_siginfo_to_user32((struct compat_siginfo __user *)to, from);
	return copy_siginfo_to_user(to, from);
}

/* A signal set of 64 signals is the same for both ABIs where the low ones come first. */
static long run_sigtimedwait(const unsigned long *args, ktime_t deadline)
{
	siginfo_t __user *uinfo = (siginfo_t __user *)args[1];
	kernel_siginfo_t info;
	sigset_t these;
	int ret;

	if (copy_from_user(&these, (const sigset_t __user *)args[0], sizeof(these)))
		return -EFAULT;
	ret = sigtimedwait_until(&these, &info, deadline);
	if (ret > 0 && uinfo && siginfo_to_user(uinfo, &info))
		ret = -EFAULT;
	return ret;
}

static long run_semtimedop(const unsigned long *args, ktime_t deadline)
{
	long ret = semtimedop_until(args[0], (struct sembuf __user *)args[1], args[2], deadline);

	/* It has slept on that set already: the set was removed meanwhile. */
	return ret == -EINVAL ? -EIDRM : ret;
}

static long run_io_getevents(const unsigned long *args, ktime_t deadline)
{
	return io_getevents_until(args[0], args[1], args[2], (struct io_event __user *)args[3],
				  deadline);
}

static long run_io_pgetevents(const unsigned long *args, ktime_t deadline)
{
	long ret = run_io_getevents(args, deadline);

	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

/*
 * The same call, as it stands in the registers: a timeout is an option of its socket, and
 * sock_rcvtimeo() and sock_sndtimeo() know what is left of it.
 */
static long run_socket_call(const unsigned long *args, ktime_t deadline)
{
	struct pt_regs *regs = current_pt_regs();
	long ret;

	ckpt_begin_timed_call(deadline);
	ckpt_arch_make_call(regs, syscall_get_nr(current, regs));
	ret = syscall_get_return_value(current, regs);
	ckpt_end_timed_call(deadline, ret);
	return ret;
}

/* It finds a connection under way, its own: what ends without one has only begun it. */
static long run_connect(const unsigned long *args, ktime_t deadline)
{
	long ret = run_socket_call(args, deadline);

	return ret == -EALREADY ? -EINPROGRESS : ret;
}

/* A call that is for sockets alone, and has noted how long it had to wait */
static bool has_timeout(struct task_struct *task, const unsigned long *args)
{
	return task == current || task->checkpoint_deadline;
}

static bool is_of_socket(struct task_struct *task, unsigned int fd)
{
	struct file *file = fget_task(task, fd);
	bool is_socket = file && sock_from_file(file);

	if (file)
		fput(file);
	return is_socket;
}

static bool has_socket(struct task_struct *task, const unsigned long *args)
{
	return has_timeout(task, args) && is_of_socket(task, args[0]);
}

static const struct resumable resumables[] = {
	{ __NR_epoll_wait,	-EINTR,			run_epoll_wait },
	{ __NR_epoll_pwait,	-EINTR,			run_epoll_wait },
	{ __NR_epoll_pwait2,	-EINTR,			run_epoll_wait },
	{ __NR_rt_sigtimedwait,	-EINTR,			run_sigtimedwait },
	{ __NR_semop,		-EINTR,			run_semtimedop },
	{ __NR_semtimedop,	-EINTR,			run_semtimedop },
	{ __NR_io_getevents,	-EINTR,			run_io_getevents },
	{ __NR_io_pgetevents,	-ERESTARTNOHAND,	run_io_pgetevents },
	{ __NR_read,		-EINTR,			run_socket_call,	has_socket },
	{ __NR_readv,		-EINTR,			run_socket_call,	has_socket },
	{ __NR_recvfrom,	-EINTR,			run_socket_call,	has_timeout },
	{ __NR_recvmsg,		-EINTR,			run_socket_call,	has_timeout },
	{ __NR_recvmmsg,	-EINTR,			run_socket_call,	has_timeout },
	{ __NR_write,		-EINTR,			run_socket_call,	has_socket },
	{ __NR_writev,		-EINTR,			run_socket_call,	has_socket },
	{ __NR_sendto,		-EINTR,			run_socket_call,	has_timeout },
	{ __NR_sendmsg,		-EINTR,			run_socket_call,	has_timeout },
	{ __NR_sendmmsg,	-EINTR,			run_socket_call,	has_timeout },
	{ __NR_sendfile,	-EINTR,			run_socket_call,	has_socket },
	{ __NR_accept,		-EINTR,			run_socket_call,	has_timeout },
	{ __NR_accept4,		-EINTR,			run_socket_call,	has_timeout },
	{ __NR_connect,		-EINTR,			run_connect,		has_timeout },
};

/* Did the task's system call answer -EINTR? */
static bool answered_eintr(struct task_struct *task, struct pt_regs *regs)
{
	return syscall_get_nr(task, regs) != -1 && syscall_get_error(task, regs) == -EINTR;
}

static const struct resumable *find_resumable(struct task_struct *task, struct pt_regs *regs,
					      unsigned long *args)
{
	int i, nr = ckpt_arch_get_call(task, regs, args);
	const struct resumable *call;

	if (nr == -1)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(resumables); i++) {
		call = &resumables[i];
		if (call->nr == nr && syscall_get_error(task, regs) == call->error)
			return !call->applies || call->applies(task, args) ? call : NULL;
	}
	return NULL;
}

/**
 * ckpt_resume_call - make an interrupted call again
 * @regs: user registers of current
 * @deadline: what its sleep noted: absolute CLOCK_MONOTONIC time, KTIME_MAX if
 *	it had no timeout, 0 if it noted nothing
 *
 * Called by the trap when nothing holds the task any more and no signal is
 * pending.  Does nothing unless the call is one of the table.
 *
 * Context: current, in get_signal(), no locks held; sleeps, interruptible.
 */
void ckpt_resume_call(struct pt_regs *regs, ktime_t deadline)
{
	const struct resumable *call;
	unsigned long args[6];
	long ret;

	if (!deadline)
		return;
	call = find_resumable(current, regs, args);
	if (!call)
		return;
	ret = call->run(args, deadline);
	/* A call that takes a signal mask puts the old one back when it ends. */
	if (ret != call->error)
		restore_saved_sigmask();
	syscall_set_return_value(current, regs, ret < 0 ? ret : 0, ret);
}

/**
 * ckpt_restart_is_filtered - does current's call go on in a call that a filter may not allow?
 * @regs: user registers of current
 *
 * The kernel goes on with an interrupted sleep in restart_syscall(2), which a seccomp filter
 * sees as any other, and sandboxes leave out, for they are hardly ever stopped.  What a
 * listener has answered is another matter: there was no call.
 *
 * Return: true if ckpt_restart_call() is to go on with it
 */
bool ckpt_restart_is_filtered(struct pt_regs *regs)
{
	return seccomp_mode(&current->seccomp) != SECCOMP_MODE_DISABLED &&
	       !seccomp_has_listener() && syscall_get_nr(current, regs) != -1 &&
	       syscall_get_error(current, regs) == -ERESTART_RESTARTBLOCK;
}

/**
 * ckpt_restart_call - go on with an interrupted call as restart_syscall(2) does
 * @regs: user registers of current
 *
 * Called by the trap when nothing holds the task any more and no signal is pending.  Does
 * nothing unless ckpt_restart_is_filtered().
 *
 * Context: current, in get_signal(), no locks held; sleeps, interruptible.
 */
void ckpt_restart_call(struct pt_regs *regs)
{
	long ret;

	if (!ckpt_restart_is_filtered(regs))
		return;
	ret = current->restart_block.fn(&current->restart_block);
	syscall_set_return_value(current, regs, ret < 0 ? ret : 0, ret);
}

bool ckpt_resume_pending(struct task_struct *task, struct pt_regs *regs)
{
	unsigned long args[6];

	return task->checkpoint_deadline &&
	       (find_resumable(task, regs, args) || ckpt_is_cut_short(task, regs));
}

/* Calls that would lose time or data, by name */
static const char *call_name(int nr)
{
	switch (nr) {
	case __NR_io_uring_enter:
		return "io_uring_enter";
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_recvmmsg:
		return "a receiving call";
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_sendfile:
		return "a sending call";
	case __NR_accept:
	case __NR_accept4:
		return "accept";
	case __NR_connect:
		return "connect";
	case __NR_select:
	case __NR_pselect6:
	case __NR_ppoll:
		return "a select or ppoll whose timeout cannot be written back";
	default:
		return "a system call";
	}
}

/* Was the call interrupted by somebody else as well: by a signal, by job control or its tracer? */
static bool was_interrupted(struct task_struct *task)
{
	unsigned long flags;
	bool stops;
	sigset_t set;

	if (!lock_task_sighand(task, &flags))
		return true;
	stops = task->jobctl & (JOBCTL_STOPPED | JOBCTL_STOP_PENDING) ||
		task->checkpoint_stop & (CHECKPOINT_STOP_SIGNAL | CHECKPOINT_STOP_JOB);
	sigorsets(&set, &task->pending.signal, &task->signal->shared_pending.signal);
	sigandnsets(&set, &set, &task->blocked);
	unlock_task_sighand(task, &flags);
	return stops || !sigisemptyset(&set);
}

int ckpt_resume_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct pt_regs *regs = task_pt_regs(t->task);
	unsigned long args[6];

	/* For a signal with a handler, or a stop, -EINTR is the right answer. */
	if (!answered_eintr(t->task, regs) || find_resumable(t->task, regs, args) ||
	    was_interrupted(t->task))
		return 0;
	return ckpt_fail(ctx, -EBUSY,
			 "it waits in %s (number %d), which a checkpoint would interrupt",
			 call_name(ckpt_arch_get_call(t->task, regs, NULL)),
			 syscall_get_nr(t->task, regs));
}
