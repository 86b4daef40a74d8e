// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: settings of threads that prctl(2) makes.
 */
#include <linux/prctl.h>
#include <linux/security.h>
#include <linux/syscall_user_dispatch.h>
#include "task.h"

/**
 * DOC: settings of prctl(2)
 *
 * Preserved: PR_SET_IO_FLUSHER, for which restart() wants CAP_SYS_RESOURCE as well,
 * PR_MCE_KILL, and where system calls are dispatched to the program
 * (PR_SET_SYSCALL_USER_DISPATCH).  What belongs to credentials, memory, signals and
 * scheduling is said there.  Of a zombie the first two, which the flags in
 * /proc/PID/stat go on showing, the first only where restart() may set it, else reported.
 *
 * Refused: restart() by a caller who has the first or the second himself, for what is
 * made below would inherit it.
 */

#define IO_FLUSHER	(PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE)

static u32 get_flags(const struct task_struct *task)
{
	u32 flags = 0;

	if ((task->flags & IO_FLUSHER) == IO_FLUSHER)
		flags |= CKPT_PRCTL_IO_FLUSHER;
	if (task->flags & PF_MCE_PROCESS)
		flags |= task->flags & PF_MCE_EARLY ? CKPT_PRCTL_MCE_EARLY : CKPT_PRCTL_MCE_LATE;
	return flags;
}

/* As prctl(2) asks, of the caller: current may have become the program's user already. */
static bool may_flush(const struct ckpt_ctx *ctx)
{
	return !ckpt_ceiling(ctx) &&
	       !security_capable(ctx->caller_cred, &init_user_ns, CAP_SYS_RESOURCE, CAP_OPT_NONE);
}

static int prctl_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	const struct syscall_user_dispatch *dispatch = &t->task->syscall_dispatch;
	struct ckpt_rec_prctl rec = { .flags = get_flags(t->task) };

	if (!t->zombie && test_task_syscall_work(t->task, SYSCALL_USER_DISPATCH)) {
		rec.flags |= CKPT_PRCTL_DISPATCH;
		rec.selector = (uintptr_t)dispatch->selector;
		rec.offset = dispatch->offset;
		rec.length = dispatch->len;
	}
	return rec.flags ? ckpt_emit(ctx, kind, t->id, &rec, NULL, 0) : 0;
}

static int prctl_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_prctl *data = item->data;
	const u32 mce = CKPT_PRCTL_MCE_EARLY | CKPT_PRCTL_MCE_LATE;
	const u32 known = CKPT_PRCTL_IO_FLUSHER | CKPT_PRCTL_DISPATCH | mce;

	if (item->owner->zombie && data->flags & CKPT_PRCTL_DISPATCH)
		return ckpt_fail(ctx, -EINVAL, "a zombie makes no system calls");
	if (!data->flags || data->flags & ~known || (data->flags & mce) == mce ||
	    (!(data->flags & CKPT_PRCTL_DISPATCH) &&
	     (data->selector || data->offset || data->length)))
		return ckpt_fail(ctx, -EINVAL, "its settings of prctl(2) make no sense");
	return 0;
}

/* What every image would get from its restarter */
static int prctl_complete(struct ckpt_ctx *ctx)
{
	if (!get_flags(current))
		return 0;
	return ckpt_fail(ctx, -EPERM,
			 "the restarter has PR_SET_IO_FLUSHER or PR_MCE_KILL set, which would be inherited; clear that first");
}

static int prctl_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_prctl *data = item->data;

	if (data->flags & CKPT_PRCTL_IO_FLUSHER && !may_flush(ctx)) {
		if (!item->owner->zombie)
			return ckpt_fail(ctx, -EPERM,
					 "has PR_SET_IO_FLUSHER set; that takes a caller with CAP_SYS_RESOURCE");
		ckpt_note(ctx, "is a zombie that had PR_SET_IO_FLUSHER set, which its flags do not show any more");
	}
	if (data->flags & CKPT_PRCTL_DISPATCH &&
	    set_syscall_user_dispatch(PR_SYS_DISPATCH_ON, data->offset, data->length,
				      (char __user *)(uintptr_t)data->selector))
		return ckpt_fail(ctx, -EINVAL, "its system calls cannot be dispatched as they were");
	return 0;
}

/* Not before the commit: they say how memory is allocated, and how much is written at once. */
static void prctl_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_prctl *data = item->data;

	if (data->flags & CKPT_PRCTL_IO_FLUSHER && may_flush(ctx))
		current->flags |= IO_FLUSHER;
	if (data->flags & (CKPT_PRCTL_MCE_EARLY | CKPT_PRCTL_MCE_LATE))
		current->flags |= PF_MCE_PROCESS;
	if (data->flags & CKPT_PRCTL_MCE_EARLY)
		current->flags |= PF_MCE_EARLY;
}

static int prctl_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (!t->zombie && get_flags(t->task) & CKPT_PRCTL_IO_FLUSHER && !may_flush(ctx))
		return ckpt_fail(ctx, -EPERM,
				 "has PR_SET_IO_FLUSHER set; that takes a caller with CAP_SYS_RESOURCE");
	return 0;
}

CHECKPOINT_KIND(prctl) = {
	.name		= "prctl",
	.type		= CKPT_REC_PRCTL,
	.size		= sizeof(struct ckpt_rec_prctl),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_LATE,
	.class		= &ckpt_class_task,
	.check		= prctl_check,
	.save		= prctl_save,
	.validate	= prctl_validate,
	.complete	= prctl_complete,
	.restore	= prctl_restore,
	.finish		= prctl_finish,
};
