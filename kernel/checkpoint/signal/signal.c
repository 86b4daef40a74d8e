// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: signal mask and alternate stack of a thread.
 */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include "../checkpoint.h"

/**
 * DOC: signal state
 *
 * Preserved: blocked signals, the mask that an interrupted call (ppoll, pselect,
 * epoll_pwait, sigsuspend) puts back when it ends, the alternate stack.
 *
 * A task that is being made has all signals blocked; its own mask comes into
 * force after the commit.
 *
 * Of a zombie: blocked signals, which /proc/PID/status goes on showing.
 *
 * Immaterial: the temporary mask of sigtimedwait(2): its sleep has ended.
 */

static const struct ckpt_kind ckpt_kind_signal;

#define TRACE_JOBCTL	(JOBCTL_TRAP_MASK | JOBCTL_TRAPPING | JOBCTL_LISTENING | JOBCTL_TRACED)

static int signal_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	const struct signal_struct *sig = task->signal;

	if (t->zombie)
		return 0;
	if (READ_ONCE(task->jobctl) & TRACE_JOBCTL && !READ_ONCE(task->ptrace))
		return ckpt_fail(ctx, -EBUSY, "is being traced; detach the debugger first");
	/* Where it stands ptrace.c says. */
	if (sig->flags & SIGNAL_GROUP_EXIT && READ_ONCE(task->jobctl) & JOBCTL_TRACED)
		return 0;
	if (sig->flags & SIGNAL_GROUP_EXIT)
		return ckpt_fail(ctx, -EBUSY, "is just exiting");
	if (!sigisemptyset(&task->real_blocked))
		return ckpt_fail(ctx, -EAGAIN, "is inside sigtimedwait(); try again");
	return 0;
}

static int signal_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		       struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	struct ckpt_rec_signal data = {
		.blocked = task->blocked.sig[0],
	};

	if (t->zombie)
		return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
	data.altstack_flags = task->sas_ss_flags;
	data.altstack_sp = task->sas_ss_sp;
	data.altstack_size = task->sas_ss_size;
	if (test_tsk_restore_sigmask(task)) {
		data.has_saved_mask = 1;
		data.saved_mask = task->saved_sigmask.sig[0];
	}
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

/* As sigaltstack(2); no stack at all is all zero, or disabled. */
static bool valid_altstack(const struct ckpt_rec_signal *data)
{
	u32 mode = data->altstack_flags & ~SS_FLAG_BITS;

	if (!data->altstack_size)
		return !data->altstack_sp && (!mode || mode == SS_DISABLE);
	return (!mode || mode == SS_ONSTACK) && data->altstack_size >= MINSIGSTKSZ;
}

static int signal_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_signal *data = item->data;

	if (data->has_saved_mask > 1)
		return ckpt_fail(ctx, -EINVAL, "a signal record has an unknown flag");
	if (!valid_altstack(data))
		return ckpt_fail(ctx, -EINVAL,
				 "the alternate stack at %#llx of %#llx bytes, flags %#x, is not valid",
				 data->altstack_sp, data->altstack_size, data->altstack_flags);
	return 0;
}

static int signal_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_signal *data = item->data;
	bool fits;

	spin_lock_irq(&current->sighand->siglock);
	fits = !data->altstack_size || sigaltstack_size_valid(data->altstack_size);
	if (fits) {
		current->sas_ss_sp = data->altstack_sp;
		current->sas_ss_size = data->altstack_size;
		current->sas_ss_flags = data->altstack_flags;
	}
	spin_unlock_irq(&current->sighand->siglock);
	if (!fits)
		return ckpt_fail(ctx, -ENOMEM,
				 "its alternate signal stack of %llu bytes is too small for this processor's registers",
				 data->altstack_size);
	return 0;
}

static void signal_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_signal *data = item->data;
	sigset_t blocked = { .sig[0] = data->blocked };

	if (data->has_saved_mask) {
		current->saved_sigmask.sig[0] = data->saved_mask;
		sigdelsetmask(&current->saved_sigmask, sigmask(SIGKILL) | sigmask(SIGSTOP));
		set_restore_sigmask();
	}
	set_current_blocked(&blocked);
}

CHECKPOINT_KIND(signal) = {
	.name		= "signal",
	.type		= CKPT_REC_SIGNAL,
	.size		= sizeof(struct ckpt_rec_signal),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_LATE,
	.class		= &ckpt_class_task,
	.check		= signal_check,
	.save		= signal_save,
	.validate	= signal_validate,
	.restore	= signal_restore,
	.finish		= signal_finish,
};
