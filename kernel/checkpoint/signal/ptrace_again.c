// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: tracers and those they trace, restoring.
 *
 * The rights are asked for by the tracer, when all have their credentials and memory.  Links are
 * made behind the commit, where nobody exits any more: a tracer is told of each exit.
 */
#include <linux/cred.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/thread_info.h>
#include <asm/checkpoint.h>
#include "../checkpoint.h"
#include "ptrace.h"

#define STEPS		(CKPT_PTRACE_STEP | CKPT_PTRACE_STEP_SET | CKPT_PTRACE_STEP_CALL)

#define RUNNING_FLAGS	(CKPT_PTRACE_SEIZED | CKPT_PTRACE_CALLS | STEPS | CKPT_PTRACE_TRAP | \
			 CKPT_PTRACE_NOTIFY | CKPT_PTRACE_EMULATED)
#define SIGNAL_FLAGS	(CKPT_PTRACE_VOID | CKPT_PTRACE_OF_PROCESS)
#define ALL_OPTIONS	(PTRACE_O_MASK & ~PTRACE_O_SUSPEND_SECCOMP)

static_assert(sizeof(kernel_siginfo_t) <= sizeof_field(struct ckpt_rec_ptrace, info));

static bool is_stop_signal(u32 sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* What is not said of a task that runs, or of one that stands in this stop */
static u32 foreign_flags(const struct ckpt_rec_ptrace *data)
{
	u32 known = RUNNING_FLAGS;

	if (data->stop)
		known |= CKPT_PTRACE_SEEN;
	else
		known |= CKPT_PTRACE_REPORTS;
	if (data->stop == CKPT_PTRACE_STOP_SIGNAL)
		known |= SIGNAL_FLAGS;
	if (data->stop == CKPT_PTRACE_STOP_JOB && data->flags & CKPT_PTRACE_SEIZED)
		known |= CKPT_PTRACE_LISTENING;
	if (!(data->flags & CKPT_PTRACE_SEIZED))
		known &= ~CKPT_PTRACE_NOTIFY;
	if (data->flags & CKPT_PTRACE_CALLS)
		known &= ~CKPT_PTRACE_EMULATED;
	return data->flags & ~known;
}

static bool valid_job(const struct ckpt_rec_ptrace *data)
{
	if (!(data->flags & CKPT_PTRACE_SEIZED))
		return is_stop_signal(data->code);
	return data->code >> 8 == PTRACE_EVENT_STOP &&
	       ((data->code & 0xff) == SIGTRAP || is_stop_signal(data->code & 0xff));
}

static bool valid_event(const struct ckpt_rec_ptrace *data)
{
	if ((data->code & 0xff) != SIGTRAP)
		return false;
	switch (data->code >> 8) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_VFORK_DONE:
	case PTRACE_EVENT_EXEC:
		return data->message && data->message <= PID_MAX_LIMIT;
	case PTRACE_EVENT_SECCOMP:
		return data->message <= SECCOMP_RET_DATA;
	default:
		return false;
	}
}

/* What a kernel reports of each stop */
static bool valid_stop(const struct ckpt_rec_ptrace *data)
{
	switch (data->stop) {
	case CKPT_PTRACE_STOP_NONE:
		return !data->code && !data->message;
	case CKPT_PTRACE_STOP_SIGNAL:
		return data->code && data->code <= _NSIG && data->code != SIGKILL &&
		       !data->message;
	case CKPT_PTRACE_STOP_JOB:
		return valid_job(data) && !data->message;
	case CKPT_PTRACE_STOP_ENTRY:
		return (data->code & ~0x80) == SIGTRAP &&
		       data->message == PTRACE_EVENTMSG_SYSCALL_ENTRY;
	case CKPT_PTRACE_STOP_EXIT:
		return (data->code & ~0x80) == SIGTRAP &&
		       data->message == PTRACE_EVENTMSG_SYSCALL_EXIT;
	case CKPT_PTRACE_STOP_EVENT:
		return valid_event(data);
	case CKPT_PTRACE_STOP_HANDLER:
		return data->code == SIGTRAP && !data->message;
	default:
		return false;
	}
}

/* A stop of job control needs its signal, but for PTRACE_SEIZE. */
static bool valid_signal_of(const struct ckpt_rec_ptrace *data)
{
	const bool job = data->stop == CKPT_PTRACE_STOP_JOB || data->flags & CKPT_PTRACE_TRAP;

	if (data->signal)
		return is_stop_signal(data->signal);
	return !job || data->flags & CKPT_PTRACE_SEIZED;
}

static bool valid_info(const struct ckpt_rec_ptrace *data)
{
	const size_t used = data->stop == CKPT_PTRACE_STOP_SIGNAL ? sizeof(kernel_siginfo_t) : 0;

	return !memchr_inv(data->info + used, 0, sizeof(data->info) - used);
}

static const char *find_fault(const struct ckpt_rec_ptrace *data, const struct ckpt_task *tracer,
			      const struct ckpt_task *t)
{
	if (tracer->zombie)
		return "a zombie traces";
	if (tracer->leader == t->leader)
		return "a thread traces another of its own process";
	if (t->tracer)
		return "a task has two tracers";
	if (data->options & ~ALL_OPTIONS)
		return "unknown options";
	if (t->zombie)
		return data->flags & ~CKPT_PTRACE_SEIZED || data->stop || data->code ||
		       data->signal || data->message || !valid_info(data) ?
		       "a zombie is in a stop" : NULL;
	if (foreign_flags(data))
		return "a flag that does not go with its stop";
	if (!valid_stop(data))
		return "a stop that no kernel reports";
	if (!valid_signal_of(data))
		return "a stop by what is no stop signal";
	return valid_info(data) ? NULL : "a siginfo that is for no signal";
}

int ckpt_ptrace_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_ptrace *data = item->data;
	struct ckpt_task *t = ckpt_task_by_id(ctx, data->tracee);
	const char *fault = find_fault(data, item->owner, t);

	if (fault)
		return ckpt_fail(ctx, -EINVAL, "a record of tracing is wrong: %s", fault);
	t->tracer = item->owner;
	t->again = (struct ckpt_again) {
		.stop = data->stop,
		.code = data->code,
		.message = data->message,
		.reports = data->flags & CKPT_PTRACE_REPORTS,
		.emulated = data->flags & CKPT_PTRACE_EMULATED,
	};
	return 0;
}

/* Who waits for a vfork child stands in the call, if in a stop at all for its event. */
int ckpt_ptrace_complete(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (!t->vforked || !t->again.stop)
			continue;
		if (t->again.stop == CKPT_PTRACE_STOP_EVENT &&
		    t->again.code >> 8 == PTRACE_EVENT_VFORK)
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(ctx, -EINVAL, "waits for a vfork child and stands in another stop");
	}
	return 0;
}

int ckpt_ptrace_may_become(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for (t = ctx->root; t; t = ckpt_next_thread(ctx, t)) {
		if (!t->tracer)
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(ctx, -EINVAL, "another task traces it, so no caller can become it; restart it as a child");
	}
	return 0;
}

/* -- the signal for which it stands -------------------------------------------------- */

/*
 * It had left its queue, so no limit speaks against it.  It hangs there without its bit in the
 * set until the task takes it again, and if that dies first it is freed.
 */
static int queue_taken(struct ckpt_ctx *ctx, const struct ckpt_rec_ptrace *data,
		       struct task_struct *task)
{
	struct rlimit *limit = &current->signal->rlim[RLIMIT_SIGPENDING];
	unsigned long cur = limit->rlim_cur;
	struct sigqueue *q;

	/* No other worker runs, and prlimit(2) is kept out. */
	WRITE_ONCE(limit->rlim_cur, RLIM_INFINITY);
	q = sigqueue_alloc();
	WRITE_ONCE(limit->rlim_cur, cur);
	if (!q)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the signal that its tracee has taken");
	memcpy(&q->info, data->info, sizeof(q->info));
	q->flags = SIGQUEUE_TAKEN | data->code << 8;
	if (data->flags & CKPT_PTRACE_OF_PROCESS)
		q->flags |= SIGQUEUE_OF_PROCESS;
	spin_lock_irq(&task->sighand->siglock);
	list_add(&q->list, &task->pending.list);
	spin_unlock_irq(&task->sighand->siglock);
	return 0;
}

/* -- as the tracer -------------------------------------------------------------------- */

int ckpt_ptrace_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_ptrace *data = item->data;
	struct ckpt_task *t = ckpt_task_by_id(ctx, data->tracee);
	int err;

	/* Of a zombie it may do no more than wait for it. */
	if (t->zombie)
		return 0;
	err = ptrace_may_link(t->task, data->options);
	if (err)
		return ckpt_fail(ctx, err, "may not trace pid %d",
				 pid_nr_ns(t->pid, ctx->caller_ns));
	return data->stop == CKPT_PTRACE_STOP_SIGNAL ? queue_taken(ctx, data, t->task) : 0;
}

static const struct {
	u32 flag;
	unsigned long stop;
} stop_bits[] = {
	{ CKPT_PTRACE_SEEN,		CHECKPOINT_STOP_SEEN },
	{ CKPT_PTRACE_VOID,		CHECKPOINT_STOP_VOID },
	{ CKPT_PTRACE_TRAP,		CHECKPOINT_STOP_TRAP },
	{ CKPT_PTRACE_NOTIFY,		CHECKPOINT_STOP_NOTIFY },
	{ CKPT_PTRACE_LISTENING,	CHECKPOINT_STOP_LISTEN },
};

static unsigned long stop_of(const struct ckpt_rec_ptrace *data)
{
	unsigned long stop = CHECKPOINT_STOP_AGAIN | data->code;
	int i;

	for (i = 0; i < ARRAY_SIZE(stop_bits); i++)
		if (data->flags & stop_bits[i].flag)
			stop |= stop_bits[i].stop;
	return stop;
}

/* Its process may be about to stop: the signal is that of its own record, if it has one. */
static void set_state(struct task_struct *task, const struct ckpt_rec_ptrace *data)
{
	lockdep_assert_held(&task->sighand->siglock);
	if (!(task->jobctl & JOBCTL_STOP_SIGMASK))
		task->jobctl |= data->signal;
	if (data->stop)
		task->checkpoint_stop = stop_of(data);
	if (data->stop == CKPT_PTRACE_STOP_JOB || (!data->stop && data->flags & CKPT_PTRACE_TRAP))
		task_set_jobctl_pending(task, JOBCTL_TRAP_STOP);
	if (!data->stop && data->flags & CKPT_PTRACE_NOTIFY)
		task_set_jobctl_pending(task, JOBCTL_TRAP_NOTIFY);
	if (data->flags & CKPT_PTRACE_CALLS)
		set_task_syscall_work(task, SYSCALL_TRACE);
	if (data->flags & CKPT_PTRACE_EMULATED)
		set_task_syscall_work(task, SYSCALL_EMU);
	ckpt_arch_set_steps(task, data->flags);
}

void ckpt_ptrace_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_ptrace *data = item->data;
	const struct ckpt_task *t = ckpt_task_by_id(ctx, data->tracee);
	const struct cred *cred = ckpt_object(ctx, data->cred, &ckpt_class_cred);
	struct task_struct *task = t->task;

	/* Where the restarter's stand in for what it may not assume, the tracer's own do. */
	if (cred == ctx->caller_cred)
		cred = current_cred();
	write_lock_irq(&tasklist_lock);
	task->ptrace = PT_PTRACED | data->options << PT_OPT_FLAG_SHIFT;
	if (data->flags & CKPT_PTRACE_SEIZED)
		task->ptrace |= PT_SEIZED;
	__ptrace_link(task, current, cred);
	if (!t->zombie) {
		spin_lock(&task->sighand->siglock);
		set_state(task, data);
		spin_unlock(&task->sighand->siglock);
	}
	write_unlock_irq(&tasklist_lock);
}
