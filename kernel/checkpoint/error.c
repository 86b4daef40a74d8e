// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: telling the caller what failed, where and why.
 */
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/uaccess.h>
#include "checkpoint.h"
#include "core.h"

#define CREATE_TRACE_POINTS
#include <trace/events/checkpoint.h>

/* An array from user space longer than this is not filled further. */
#define CKPT_MAX_ERRORS	256

/* The task's numbers as /proc shows them to the caller; 0 if it does not. */
static void error_set_task(struct ckpt_ctx *ctx, struct checkpoint_error *e)
{
	struct pid_namespace *ns = ctx->caller_ns;
	struct ckpt_task *t = ctx->at.t;

	if (!t)
		return;
	/* Its struct pid keeps the number of a task that was reaped meanwhile. */
	if (t->pid) {
		e->pid = t->leader ? pid_nr_ns(t->leader->pid, ns) : 0;
		e->tid = pid_nr_ns(t->pid, ns);
	} else if (t->task) {
		e->pid = task_tgid_nr_ns(t->task, ns);
		e->tid = task_pid_nr_ns(t->task, ns);
	}
}

static struct checkpoint_error *error_slot(struct ckpt_ctx *ctx, bool failure)
{
	if (ctx->errors_used < ctx->nr_errors)
		return &ctx->errors[ctx->errors_used++];
	/* The reason of the failure goes before the last substitution. */
	if (failure && !ctx->failed && ctx->nr_errors)
		return &ctx->errors[ctx->nr_errors - 1];
	return NULL;
}

__printf(3, 0)
static void error_fill(struct ckpt_ctx *ctx, int err, const char *fmt, va_list args)
{
	struct checkpoint_error *e = error_slot(ctx, err);

	if (e) {
		memset(e, 0, sizeof(*e));
		e->err = -err;
		e->type = ctx->at.type;
		e->object = ctx->at.object;
		e->address = ctx->at.address;
		e->offset = ctx->at.offset;
		error_set_task(ctx, e);
		vscnprintf(e->message, sizeof(e->message), fmt, args);
		trace_checkpoint_error(e);
	}
}

int ckpt_fail(struct ckpt_ctx *ctx, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	error_fill(ctx, err, fmt, args);
	va_end(args);
	ctx->failed = true;
	return err;
}

void ckpt_note(struct ckpt_ctx *ctx, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	error_fill(ctx, 0, fmt, args);
	va_end(args);
}

/**
 * ckpt_errors_init - make room for what is to be told
 * @ctx: the call
 * @nr: length of the user's array
 *
 * Return: 0 or -ENOMEM
 */
int ckpt_errors_init(struct ckpt_ctx *ctx, u32 nr)
{
	/* Without an array the first failure is still kept for the tracepoint. */
	ctx->nr_errors = clamp_t(u32, nr, 1, CKPT_MAX_ERRORS);
	ctx->errors = kvcalloc(ctx->nr_errors, sizeof(*ctx->errors), GFP_KERNEL_ACCOUNT);
	if (ctx->errors)
		return 0;
	ctx->nr_errors = 0;
	return -ENOMEM;
}

/**
 * ckpt_errors_to_user - hand over what was told
 * @ctx: the call
 * @uptr: the user's array, may be 0
 * @nr: its length
 * @used: out: how many were filled
 *
 * Return: 0 or -EFAULT
 */
int ckpt_errors_to_user(struct ckpt_ctx *ctx, u64 uptr, u32 nr, u32 *used)
{
	*used = uptr ? min(nr, ctx->errors_used) : 0;
	if (*used && copy_to_user(u64_to_user_ptr(uptr), ctx->errors,
				  *used * sizeof(*ctx->errors)))
		return -EFAULT;
	return 0;
}
