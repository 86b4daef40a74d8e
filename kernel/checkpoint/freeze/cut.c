// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: finishing system calls that a stop has cut short.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <asm/checkpoint.h>
#include <asm/syscall.h>
#include "../checkpoint.h"
#include "cut.h"
#include "resume.h"

/**
 * DOC: no short counts
 *
 * A call that moves many bytes, messages or events and is stopped when some are moved answers
 * with their number, as it would to a signal.  The registers show that: the call, what it was
 * to move, and less than that as its answer.  The trap moves the rest, before it lets the task
 * go, and adds up.  This holds for a restarted program too, with nothing about it in the image
 * but the registers.
 *
 * Only what moves all if nobody interrupts it is finished so: the program cannot
 * tell the answer from that of a call that was not stopped.  A signal with a handler cuts
 * it short as ever, because the trap asks for pending signals first.  The rest goes to the
 * file that the descriptor was when the task stopped, or nowhere.  Where a call has moved a
 * position, in a file or in memory, the rest goes on there.
 *
 * No seccomp filter is asked about the rest, for it was about the whole.  A filter with a
 * listener may have answered in place of the call; then nothing is finished.
 */

static const struct ckpt_movable *const tables[] = { ckpt_movable_buffers, ckpt_movable_files };

static const struct ckpt_movable *find_movable(struct task_struct *task, struct pt_regs *regs,
					       unsigned long *args)
{
	int i, nr = ckpt_arch_get_call(task, regs, args);
	const struct ckpt_movable *call;

	if (nr == -1 || (long)syscall_get_return_value(task, regs) <= 0)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (call = tables[i]; call->rest; call++)
			if (call->nr == nr)
				return call;
	return NULL;
}

/**
 * ckpt_may_be_cut_short - has the call moved something, and perhaps not all?
 * @regs: user registers of current
 * @files: out: what its descriptors lead to, for ckpt_finish_call() alone to compare; no
 *	reference is taken, which would keep a file from being saved
 *
 * Context: current, in get_signal(); any locks.
 * Return: true if ckpt_finish_call() is to look closer
 */
bool ckpt_may_be_cut_short(struct pt_regs *regs, struct ckpt_cut_files *files)
{
	unsigned long args[6];
	const struct ckpt_movable *call;

	*files = (struct ckpt_cut_files) {};
	call = seccomp_has_listener() ? NULL : find_movable(current, regs, args);
	if (!call || call->fd == CKPT_NO_FD)
		return call;
	guard(rcu)();
	files->file = files_lookup_fd_raw(current->files, args[call->fd]);
	files->other = files_lookup_fd_raw(current->files, args[call->other_fd]);
	return files->file && files->other;
}

/**
 * ckpt_is_cut_short - has the call of a task moved something, and perhaps not all?
 * @task: the task, which does not run
 * @regs: its user registers
 *
 * Return: true if ckpt_finish_call() may need to know what is left of a timeout
 */
bool ckpt_is_cut_short(struct task_struct *task, struct pt_regs *regs)
{
	return find_movable(task, regs, NULL);
}

static long move_rest(const struct ckpt_movable *call, const unsigned long *args, size_t done,
		      const struct ckpt_cut_files *files, ktime_t deadline)
{
	long more = 0;

	if (call->fd == CKPT_NO_FD) {
		ckpt_begin_timed_call(deadline);
		more = call->rest(NULL, args, done);
		ckpt_end_timed_call(deadline, more);
		return more;
	}

	CLASS(fd, f)(args[call->fd]);
	CLASS(fd, other)(args[call->other_fd]);
	if (fd_empty(f) || fd_file(f) != files->file || fd_file(other) != files->other)
		return 0;
	ckpt_begin_timed_call(deadline);
	if (call->moves_all(fd_file(f), args))
		more = call->rest(fd_file(f), args, done);
	ckpt_end_timed_call(deadline, more);
	return more;
}

/**
 * ckpt_finish_call - move what an interrupted call has not moved
 * @regs: user registers of current
 * @files: what ckpt_may_be_cut_short() has found
 * @deadline: absolute CLOCK_MONOTONIC time of its end, if it has noted one; else 0
 *
 * Called by the trap when nothing holds the task any more and no signal is pending.
 * Does nothing unless the call is one of the table.  If it is interrupted again its
 * answer is larger, but short as before.
 *
 * Context: current, in get_signal(), no locks held; sleeps, interruptible.
 */
void ckpt_finish_call(struct pt_regs *regs, const struct ckpt_cut_files *files, ktime_t deadline)
{
	unsigned long args[6];
	const struct ckpt_movable *call;
	long done, more;

	call = seccomp_has_listener() ? NULL : find_movable(current, regs, args);
	if (!call)
		return;
	done = syscall_get_return_value(current, regs);
	more = move_rest(call, args, done, files, deadline);
	if (more > 0)
		syscall_set_return_value(current, regs, 0, done + more);
}
