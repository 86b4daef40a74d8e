// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: signal actions of a process.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <asm/checkpoint.h>
#include "../checkpoint.h"

/**
 * DOC: signal actions
 *
 * Preserved, also of zombies: handler, flags, restorer and mask of each signal, and whether
 * a 32-bit call has set them, which decides what frame the handler gets.  They are set by
 * sigaction(2)'s own function, while no signal of the image is queued yet.  Which living
 * processes share them (CLONE_SIGHAND); a zombie has those that it died with for its own.
 *
 * Refused: actions that somebody outside the tree shares, handlers installed by an x32
 * system call.
 */

static const struct ckpt_kind ckpt_kind_sigactions;
static const struct ckpt_kind ckpt_kind_task_sigactions;

/* Only the address is of interest: the task may have died. */
static bool has_actions(const struct ckpt_task *t, const struct sighand_struct *sighand)
{
	return t->leader == t && rcu_access_pointer(t->task->sighand) == sighand;
}

/*
 * Each thread has a reference.  Where there are more than a process has threads, the others
 * are looked for, and have it all from the first one.
 */
static bool shared_outside(struct ckpt_ctx *ctx, struct ckpt_task *first,
			   const struct sighand_struct *sighand, unsigned int refs)
{
	unsigned int found = first->task->signal->nr_threads;
	struct ckpt_task *t = first;

	/* As a rule they stand behind it, and near. */
	while (found < refs) {
		t = list_next_entry_circular(t, &ctx->tasks, node);
		if (t == first)
			break;
		if (!has_actions(t, sighand))
			continue;
		found += t->task->signal->nr_threads;
		if (!ckpt_process_is_dead(t))
			t->actions_of = first;
	}
	return refs != found;
}

static bool uses_actions(struct task_struct *task, const void *sighand)
{
	return rcu_access_pointer(task->sighand) == sighand;
}

static int sigactions_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	const struct sighand_struct *sighand;
	unsigned long flags, odd = 0;
	unsigned int refs;
	int i;

	if (ckpt_process_is_dead(t) || t->actions_of)
		return 0;
	sighand = lock_task_sighand(task, &flags);
	if (!sighand)
		return ckpt_fail_task_killed(ctx);
	refs = refcount_read(&sighand->count);
	for (i = 0; i < _NSIG; i++)
		odd |= sighand->action[i].sa.sa_flags & ~(UAPI_SA_FLAGS | SA_IMMUTABLE |
							    CKPT_ARCH_SA_COMPAT);
	unlock_task_sighand(task, &flags);

	if (shared_outside(ctx, t, sighand, refs))
		return ckpt_fail_shared(ctx, uses_actions, sighand, "signal actions are",
					"CLONE_SIGHAND");
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
		if (sa->sa_flags & CKPT_ARCH_SA_COMPAT)
			actions[i].flags |= CKPT_SA_COMPAT;
	}
}

static int save_link(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_rec_task_sigactions link = { .process = t->actions_of->id };

	return ckpt_emit(ctx, &ckpt_kind_task_sigactions, t->id, &link, NULL, 0);
}

static int sigactions_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			   struct ckpt_task *t)
{
	const struct sighand_struct *sighand;
	struct ckpt_rec_sigactions data = {};
	struct ckpt_rec_sigaction *actions;
	unsigned long flags;
	int err;

	if (t->actions_of)
		return save_link(ctx, t);
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
		if (actions[i].flags & ~(u64)(UAPI_SA_FLAGS | CKPT_SA_COMPAT))
			return ckpt_fail(ctx, -EINVAL,
					 "the action of signal %u has unknown flags %#llx",
					 i + 1, actions[i].flags);
		if (sig_kernel_only(i + 1) && actions[i].handler)
			return ckpt_fail(ctx, -EINVAL, "signal %u cannot have an action", i + 1);
		if (!(actions[i].flags & CKPT_SA_COMPAT))
			continue;
		if (!ckpt_arch_runs_compat())
			return ckpt_fail(ctx, -EOPNOTSUPP, "this kernel runs no 32-bit programs");
		if (actions[i].handler > U32_MAX || actions[i].restorer > U32_MAX)
			return ckpt_fail(ctx, -EINVAL, "the action of signal %u is that of no 32-bit call",
					 i + 1);
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
			.sa.sa_flags = a->flags & UAPI_SA_FLAGS,
			.sa.sa_restorer = (__sigrestore_t)(unsigned long)a->restorer,
			.sa.sa_mask.sig[0] = a->mask,
		};

		if (sig_kernel_only(sig))
			continue;
		ckpt_arch_set_compat(a->flags & CKPT_SA_COMPAT);
		err = do_sigaction(sig, &ka, NULL);
		ckpt_arch_set_compat(false);
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
	.stage		= CKPT_STAGE_FILES,
	.class		= &ckpt_class_task,
	.check		= sigactions_check,
	.save		= sigactions_save,
	.validate	= sigactions_validate,
	.restore	= sigactions_restore,
};

/* -- processes that share them -------------------------------------------------- */

static bool has_own_actions(const struct ckpt_task *t)
{
	const struct ckpt_item *r;

	list_for_each_entry(r, &t->recs, owner_node)
		if (r->kind == &ckpt_kind_sigactions)
			return true;
	return false;
}

/* As clone(2): only processes share them that share their memory. */
static int task_sigactions_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_task_sigactions *data = item->data;
	const struct ckpt_task *t = item->owner, *other = ckpt_task_by_id(ctx, data->process);

	if (other == t || ckpt_process_is_dead(other) || !has_own_actions(other))
		return ckpt_fail(ctx, -EINVAL,
				 "shares the signal actions of what has none of its own");
	if (!ckpt_mm_of(t) || ckpt_mm_of(t) != ckpt_mm_of(other))
		return ckpt_fail(ctx, -EINVAL,
				 "shares signal actions with a process, and no memory");
	return 0;
}

/* As execve(2) leaves those that it shared */
static void change_sighand(struct sighand_struct *sighand)
{
	struct sighand_struct *old = current->sighand;

	refcount_inc(&sighand->count);
	write_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	rcu_assign_pointer(current->sighand, sighand);
	spin_unlock(&old->siglock);
	write_unlock_irq(&tasklist_lock);
	__cleanup_sighand(old);
}

/* The other one is a worker, which stays until the restart is over. */
static int task_sigactions_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task_sigactions *data = item->data;
	struct task_struct *other = ckpt_task_by_id(ctx, data->process)->task;

	if (!thread_group_empty(current))
		return ckpt_fail(ctx, -EINVAL, "has threads before it has its signal actions");
	change_sighand(other->sighand);
	return 0;
}

CHECKPOINT_KIND(task_sigactions) = {
	.name		= "task_sigactions",
	.type		= CKPT_REC_TASK_SIGACTIONS,
	.size		= sizeof(struct ckpt_rec_task_sigactions),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= &ckpt_class_task,
	.stands_for	= CKPT_REC_SIGACTIONS,
	.validate	= task_sigactions_validate,
	.restore	= task_sigactions_restore,
};
