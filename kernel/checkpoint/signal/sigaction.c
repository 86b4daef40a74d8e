// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: signal actions of a process.
 */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include "../checkpoint.h"

/**
 * DOC: signal actions
 *
 * Preserved, also of zombies: handler, flags, restorer and mask of each signal.  They are set by
 * sigaction(2)'s own function, while no signal of the image is queued yet.
 *
 * Refused: actions shared with another process (CLONE_SIGHAND), handlers installed
 * by a 32-bit system call.
 */

static const struct ckpt_kind ckpt_kind_sigactions;

static int sigactions_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	const struct sighand_struct *sighand;
	unsigned long flags, odd = 0;
	bool shared;
	int i;

	if (ckpt_process_is_dead(t))
		return 0;
	sighand = lock_task_sighand(task, &flags);
	if (!sighand)
		return ckpt_fail_task_killed(ctx);
	shared = refcount_read(&sighand->count) != task->signal->nr_threads;
	for (i = 0; i < _NSIG; i++)
		odd |= sighand->action[i].sa.sa_flags & ~(UAPI_SA_FLAGS | SA_IMMUTABLE);
	unlock_task_sighand(task, &flags);

	if (shared)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "shares its signal actions with another process (CLONE_SIGHAND), which cannot be saved yet");
	if (odd)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "has a signal handler with unknown flags %#lx",
				 odd);
	return 0;
}

static void copy_actions(struct ckpt_rec_sigaction *actions, const struct sighand_struct *sighand)
{
	int i;

	lockdep_assert_held(&sighand->siglock);
	for (i = 0; i < _NSIG; i++) {
		const struct sigaction *sa = &sighand->action[i].sa;

		actions[i] = (struct ckpt_rec_sigaction) {
			.handler = (unsigned long)sa->sa_handler,
			.flags = sa->sa_flags & UAPI_SA_FLAGS,
			.restorer = (unsigned long)sa->sa_restorer,
			.mask = sa->sa_mask.sig[0],
		};
	}
}

static int sigactions_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			   struct ckpt_task *t)
{
	const struct sighand_struct *sighand;
	struct ckpt_rec_sigactions data = {};
	struct ckpt_rec_sigaction *actions;
	unsigned long flags;
	int err;

	actions = kcalloc(_NSIG, sizeof(*actions), GFP_KERNEL_ACCOUNT);
	if (!actions)
		return ckpt_fail(ctx, -ENOMEM, "no memory for its signal actions");
	sighand = lock_task_sighand(t->task, &flags);
	if (sighand) {
		copy_actions(actions, sighand);
		unlock_task_sighand(t->task, &flags);
		err = ckpt_emit(ctx, kind, t->id, &data, actions, _NSIG);
	} else {
		err = ckpt_fail_task_killed(ctx);
	}
	kfree(actions);
	return err;
}

static int sigactions_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_sigaction *actions = item->array;
	u32 i;

	if (item->count != _NSIG)
		return ckpt_fail(ctx, -EINVAL, "the image has %u signal actions", item->count);
	for (i = 0; i < _NSIG; i++) {
		if (actions[i].flags & ~(u64)UAPI_SA_FLAGS)
			return ckpt_fail(ctx, -EINVAL,
					 "the action of signal %u has unknown flags %#llx",
					 i + 1, actions[i].flags);
		if (sig_kernel_only(i + 1) && actions[i].handler)
			return ckpt_fail(ctx, -EINVAL, "signal %u cannot have an action", i + 1);
	}
	return 0;
}

static int sigactions_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_sigaction *actions = item->array;
	int sig, err;

	for (sig = 1; sig <= _NSIG; sig++) {
		const struct ckpt_rec_sigaction *a = &actions[sig - 1];
		struct k_sigaction ka = {
			.sa.sa_handler = (__sighandler_t)(unsigned long)a->handler,
			.sa.sa_flags = a->flags,
			.sa.sa_restorer = (__sigrestore_t)(unsigned long)a->restorer,
			.sa.sa_mask.sig[0] = a->mask,
		};

		if (sig_kernel_only(sig))
			continue;
		err = do_sigaction(sig, &ka, NULL);
		if (err)
			return ckpt_fail(ctx, err, "the action of signal %d cannot be set", sig);
	}
	return 0;
}

CHECKPOINT_KIND(sigactions) = {
	.name		= "sigactions",
	.type		= CKPT_REC_SIGACTIONS,
	.size		= sizeof(struct ckpt_rec_sigactions),
	CKPT_ARRAY(struct ckpt_rec_sigactions, actions, struct ckpt_rec_sigaction),
	.max		= _NSIG,
	.scope		= CKPT_SCOPE_LEADER,
	.stage		= CKPT_STAGE_THREAD,
	.class		= &ckpt_class_task,
	.check		= sigactions_check,
	.save		= sigactions_save,
	.validate	= sigactions_validate,
	.restore	= sigactions_restore,
};
