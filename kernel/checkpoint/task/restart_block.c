// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: interrupted system calls and the time they have left.
 */
#include <linux/ktime.h>
#include <linux/poll.h>
#include <linux/posix-timers.h>
#include <linux/restart_block.h>
#include <linux/sched/task_stack.h>
#include <linux/thread_info.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/checkpoint.h>
#include <asm/seccomp.h>
#include <asm/syscall.h>
#include "../../futex/futex.h"
#include "task.h"

/**
 * DOC: interrupted system calls
 *
 * A call that was interrupted with -ERESTART_RESTARTBLOCK keeps what it needs to
 * go on in the task's restart block.  Its function becomes a number, its expiry
 * the time that was left at the freeze, which starts to run again at the commit.
 *
 * Preserved: nanosleep(2) and clock_nanosleep(2) on timer clocks and on CPU clocks of
 * processes and threads inside the tree, poll(2), FUTEX_WAIT with a timeout, each also as a
 * 32-bit call; the calls of freeze/resume.c.  A futex wait on CLOCK_REALTIME keeps its
 * absolute time: it waits for a time of day.  So does a sleep on a CPU clock, which goes on
 * where it stopped.
 *
 * Refused: an interrupted sleep on the CPU clock of a process outside the tree or on an
 * alarm clock; a call that answered -EINTR to the freeze and is not in the table of
 * freeze/resume.c.
 *
 * A block whose call has ended is saved too.  That costs nothing, and spares the
 * question whether restart_syscall(2) is about to be called.
 */

static const struct ckpt_kind ckpt_kind_restart_block;

/* Flags of struct futex that a restarted wait can have */
#define FUTEX_WAIT_FLAGS \
	(FLAGS_SIZE_32 | FLAGS_SHARED | FLAGS_CLOCKRT | FLAGS_HAS_TIMEOUT)

#define KIND_UNKNOWN	(~0U)

static u32 block_kind(const struct restart_block *rb)
{
	if (rb->fn == hrtimer_nanosleep_restart_fn())
		return CKPT_RESTART_NANOSLEEP;
	if (rb->fn == posix_cpu_nsleep_restart_fn())
		return CKPT_RESTART_CPU_SLEEP;
	if (rb->fn == poll_restart_fn())
		return CKPT_RESTART_POLL;
	if (rb->fn == futex_wait_restart_fn())
		return CKPT_RESTART_FUTEX;
	if (!rb->fn || rb->fn == do_no_restart_syscall)
		return CKPT_RESTART_NONE;
	return KIND_UNKNOWN;
}

/*
 * Has the number of restart_syscall(2) been put in place of its answer?  That of 32-bit
 * programs is 0, which is an answer as well: a call that has no block is not taken for one.
 */
static bool is_about_to_restart(struct task_struct *task, struct pt_regs *regs)
{
	long answer = syscall_get_return_value(task, regs);
	int nr;

	if (syscall_get_arch(task) == SECCOMP_ARCH_NATIVE)
		return answer == __NR_restart_syscall;
	nr = ckpt_arch_get_call(task, regs, NULL);
	return !answer && (nr == __NR_clock_nanosleep || nr == __NR_restart_syscall);
}

/* Will the task go on through its restart block? */
static bool block_is_live(struct ckpt_task *t)
{
	struct pt_regs *regs = task_pt_regs(t->task);

	if (t->self || syscall_get_nr(t->task, regs) == -1)
		return false;
	return syscall_get_error(t->task, regs) == -ERESTART_RESTARTBLOCK ||
	       is_about_to_restart(t->task, regs);
}

/* @mono, a CLOCK_MONOTONIC time, on another clock */
static ktime_t clock_time(clockid_t clock, ktime_t mono)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_mono_to_any(mono, TK_OFFS_REAL);
	case CLOCK_BOOTTIME:
		return ktime_mono_to_any(mono, TK_OFFS_BOOT);
	case CLOCK_TAI:
		return ktime_mono_to_any(mono, TK_OFFS_TAI);
	default:
		return mono;
	}
}

static void set_remaining(const struct ckpt_ctx *ctx, struct ckpt_rec_restart_block *data,
			  ktime_t expires)
{
	data->absolute = expires;
	data->remaining_ns = max_t(s64, 0, ktime_sub(expires, clock_time(data->clockid,
									 ctx->frozen_at)));
}

static void save_nanosleep(const struct ckpt_ctx *ctx, struct ckpt_rec_restart_block *data,
			   const struct restart_block *rb)
{
	data->clockid = rb->nanosleep.clockid;
	data->flags = rb->nanosleep.type;
	if (data->flags != TT_NONE)
		data->uaddr = (unsigned long)rb->nanosleep.rmtp;
	set_remaining(ctx, data, rb->nanosleep.expires);
}

/*
 * Is what a CPU clock counts in the tree?  Number 0 stands for the sleeper's own, and any
 * other is one of its pid namespace.  A thread can sleep on clocks of its own process's
 * threads only.
 */
static bool clock_is_inside(struct ckpt_ctx *ctx, struct ckpt_task *t, clockid_t clock)
{
	enum pid_type type = CPUCLOCK_PERTHREAD(clock) ? PIDTYPE_PID : PIDTYPE_TGID;
	struct task_struct *task;

	if (!CPUCLOCK_PID(clock))
		return true;
	guard(rcu)();
	task = pid_task(find_pid_ns(CPUCLOCK_PID(clock), ns_of_pid(t->pid)), type);
	return task && ckpt_find_task(ctx, task);
}

static void save_cpu_sleep(struct ckpt_rec_restart_block *data, const struct restart_block *rb)
{
	data->clockid = rb->nanosleep.clockid;
	data->flags = rb->nanosleep.type;
	if (data->flags != TT_NONE)
		data->uaddr = (unsigned long)rb->nanosleep.rmtp;
	data->absolute = rb->nanosleep.expires;
}

static void save_poll(const struct ckpt_ctx *ctx, struct ckpt_rec_restart_block *data,
		      const struct restart_block *rb)
{
	data->clockid = CLOCK_MONOTONIC;
	data->uaddr = (unsigned long)rb->poll.ufds;
	data->val = rb->poll.nfds;
	data->remaining_ns = CKPT_NO_TIMEOUT;
	if (rb->poll.has_timeout)
		set_remaining(ctx, data, ktime_set(rb->poll.tv_sec, rb->poll.tv_nsec));
}

static void save_futex(const struct ckpt_ctx *ctx, struct ckpt_rec_restart_block *data,
		       const struct restart_block *rb)
{
	u32 flags = rb->futex.flags;

	data->clockid = flags & FLAGS_CLOCKRT ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	data->flags = flags & FLAGS_SHARED ? CKPT_FUTEX_SHARED : 0;
	data->uaddr = (unsigned long)rb->futex.uaddr;
	data->val = rb->futex.val;
	data->bitset = rb->futex.bitset;
	data->remaining_ns = CKPT_NO_TIMEOUT;
	if (flags & FLAGS_HAS_TIMEOUT)
		set_remaining(ctx, data, rb->futex.time);
}

static int restart_block_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct restart_block *rb = &t->task->restart_block;
	u32 kind = block_kind(rb);

	if (t->self)
		return 0;
	if (kind == KIND_UNKNOWN && block_is_live(t))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "it sleeps on an alarm clock, which cannot be saved yet; try again later");
	if (kind == CKPT_RESTART_CPU_SLEEP && block_is_live(t) &&
	    !clock_is_inside(ctx, t, rb->nanosleep.clockid))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "it sleeps on the CPU clock of process %d, which is outside the tree; try again later",
				 (int)CPUCLOCK_PID(rb->nanosleep.clockid));
	if (kind == CKPT_RESTART_FUTEX && (rb->futex.flags & ~FUTEX_WAIT_FLAGS))
		return ckpt_fail(ctx, -EOPNOTSUPP, "it waits for a futex with unknown flags %#x",
				 rb->futex.flags);
	return ckpt_resume_check(ctx, t);
}

static int restart_block_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			      struct ckpt_task *t)
{
	const struct restart_block *rb = &t->task->restart_block;
	struct ckpt_rec_restart_block data = { .kind = block_kind(rb) };
	ktime_t deadline;

	if (!t->self && ckpt_resume_pending(t->task, task_pt_regs(t->task))) {
		deadline = t->task->checkpoint_deadline;
		data = (struct ckpt_rec_restart_block) {
			.kind = CKPT_RESTART_CALL,
			.clockid = CLOCK_MONOTONIC,
			.remaining_ns = CKPT_NO_TIMEOUT,
		};
		if (deadline != KTIME_MAX)
			set_remaining(ctx, &data, deadline);
		return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
	}

	switch (data.kind) {
	case CKPT_RESTART_NANOSLEEP:
		save_nanosleep(ctx, &data, rb);
		break;
	case CKPT_RESTART_CPU_SLEEP:
		save_cpu_sleep(&data, rb);
		break;
	case CKPT_RESTART_POLL:
		save_poll(ctx, &data, rb);
		break;
	case CKPT_RESTART_FUTEX:
		save_futex(ctx, &data, rb);
		break;
	default:
		return 0;
	}
	data.compat = ckpt_arch_compat_restart(rb);
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

static bool valid_sleep(const struct ckpt_rec_restart_block *data)
{
	if (data->remaining_ns == CKPT_NO_TIMEOUT || data->flags > TT_COMPAT)
		return false;
	return data->flags == TT_NONE ||
	       access_ok(u64_to_user_ptr(data->uaddr),
			 data->flags == TT_COMPAT ? sizeof(struct old_timespec32) :
						    sizeof(struct __kernel_timespec));
}

static bool valid_nanosleep(const struct ckpt_rec_restart_block *data)
{
	return valid_sleep(data) &&
	       (data->clockid == CLOCK_MONOTONIC || data->clockid == CLOCK_REALTIME ||
		data->clockid == CLOCK_BOOTTIME || data->clockid == CLOCK_TAI);
}

/* Which process it is the sleep itself finds out, as the first one did. */
static bool valid_cpu_sleep(const struct ckpt_rec_restart_block *data)
{
	return valid_sleep(data) && !data->remaining_ns && data->absolute <= KTIME_MAX &&
	       data->clockid < 0 && CPUCLOCK_WHICH(data->clockid) < CPUCLOCK_MAX &&
	       (CPUCLOCK_PID(data->clockid) || !CPUCLOCK_PERTHREAD(data->clockid));
}

static bool valid_poll(const struct ckpt_rec_restart_block *data)
{
	return data->clockid == CLOCK_MONOTONIC && !data->flags && data->val <= INT_MAX &&
	       access_ok(u64_to_user_ptr(data->uaddr), (u64)data->val * sizeof(struct pollfd));
}

static bool valid_futex(const struct ckpt_rec_restart_block *data)
{
	return (data->clockid == CLOCK_MONOTONIC || data->clockid == CLOCK_REALTIME) &&
	       !(data->flags & ~CKPT_FUTEX_SHARED) && data->bitset &&
	       data->absolute <= KTIME_MAX &&
	       access_ok(u64_to_user_ptr(data->uaddr), sizeof(u32));
}

static bool valid_call(const struct ckpt_rec_restart_block *data)
{
	return data->clockid == CLOCK_MONOTONIC && !data->uaddr && !data->flags && !data->compat;
}

static int restart_block_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_restart_block *data = item->data;
	bool valid;

	if (data->remaining_ns > KTIME_MAX && data->remaining_ns != CKPT_NO_TIMEOUT)
		return ckpt_fail(ctx, -EINVAL, "the time left of a system call is out of range");
	if (data->compat > 1)
		return ckpt_fail(ctx, -EINVAL, "an interrupted system call of an unknown ABI");
	if (data->compat && !ckpt_arch_runs_compat())
		return ckpt_fail(ctx, -EOPNOTSUPP, "this kernel runs no 32-bit programs");
	switch (data->kind) {
	case CKPT_RESTART_NANOSLEEP:
		valid = valid_nanosleep(data);
		break;
	case CKPT_RESTART_CPU_SLEEP:
		valid = valid_cpu_sleep(data);
		break;
	case CKPT_RESTART_POLL:
		valid = valid_poll(data);
		break;
	case CKPT_RESTART_FUTEX:
		valid = valid_futex(data);
		break;
	case CKPT_RESTART_CALL:
		valid = valid_call(data);
		break;
	default:
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "this kernel cannot restart a system call of kind %u",
				 data->kind);
	}
	if (!valid)
		return ckpt_fail(ctx, -EINVAL, "an interrupted system call of kind %u is not valid",
				 data->kind);
	return 0;
}

static void finish_sleep(const struct ckpt_rec_restart_block *data, ktime_t expires,
			 restart_fn_t fn)
{
	struct restart_block *rb = &current->restart_block;

	rb->nanosleep.clockid = data->clockid;
	rb->nanosleep.type = data->flags;
	rb->nanosleep.rmtp = u64_to_user_ptr(data->uaddr);
	rb->nanosleep.expires = expires;
	set_restart_fn(rb, fn);
}

static void finish_poll(const struct ckpt_rec_restart_block *data, ktime_t expires)
{
	struct restart_block *rb = &current->restart_block;
	struct timespec64 ts = ktime_to_timespec64(expires);

	rb->poll.ufds = u64_to_user_ptr(data->uaddr);
	rb->poll.nfds = data->val;
	rb->poll.has_timeout = data->remaining_ns != CKPT_NO_TIMEOUT;
	rb->poll.tv_sec = ts.tv_sec;
	rb->poll.tv_nsec = ts.tv_nsec;
	set_restart_fn(rb, poll_restart_fn());
}

static void finish_futex(const struct ckpt_rec_restart_block *data, ktime_t expires)
{
	struct restart_block *rb = &current->restart_block;

	rb->futex.uaddr = u64_to_user_ptr(data->uaddr);
	rb->futex.val = data->val;
	rb->futex.bitset = data->bitset;
	rb->futex.time = expires;
	rb->futex.flags = FLAGS_SIZE_32;
	if (data->flags & CKPT_FUTEX_SHARED)
		rb->futex.flags |= FLAGS_SHARED;
	if (data->clockid == CLOCK_REALTIME)
		rb->futex.flags |= FLAGS_CLOCKRT;
	if (data->remaining_ns != CKPT_NO_TIMEOUT)
		rb->futex.flags |= FLAGS_HAS_TIMEOUT;
	set_restart_fn(rb, futex_wait_restart_fn());
}

/* The time that is left starts to run now. */
static void restart_block_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_restart_block *data = item->data;
	ktime_t expires = KTIME_MAX;

	if (data->remaining_ns != CKPT_NO_TIMEOUT)
		expires = ktime_add_safe(clock_time(data->clockid, ktime_get()),
					 data->remaining_ns);
	switch (data->kind) {
	case CKPT_RESTART_NANOSLEEP:
		finish_sleep(data, expires, hrtimer_nanosleep_restart_fn());
		break;
	case CKPT_RESTART_CPU_SLEEP:
		finish_sleep(data, data->absolute, posix_cpu_nsleep_restart_fn());
		break;
	case CKPT_RESTART_POLL:
		finish_poll(data, expires);
		break;
	case CKPT_RESTART_FUTEX:
		if (data->clockid == CLOCK_REALTIME)
			expires = data->absolute;
		finish_futex(data, expires);
		break;
	case CKPT_RESTART_CALL:
		current->checkpoint_deadline = expires;
		return;
	}
	/* Not what current is in, which the registers bring. */
	ckpt_arch_set_compat_restart(&current->restart_block, data->compat);
}

CHECKPOINT_KIND(restart_block) = {
	.name		= "restart_block",
	.type		= CKPT_REC_RESTART_BLOCK,
	.size		= sizeof(struct ckpt_rec_restart_block),
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_THREAD,
	.class		= &ckpt_class_task,
	.check		= restart_block_check,
	.save		= restart_block_save,
	.validate	= restart_block_validate,
	.finish		= restart_block_finish,
};
