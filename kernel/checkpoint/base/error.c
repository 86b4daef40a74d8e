// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: reporting to the caller what failed, where and why.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/uaccess.h>
#include "../core.h"

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

/* As often as this a sentence is reported with other numbers before it is counted. */
#define NR_ALIKE	8

/* How many more like each: kept behind the array of errors. */
static u32 *error_more(struct ckpt_ctx *ctx)
{
	return (u32 *)(ctx->errors + ctx->nr_errors);
}

/* The same sentence but for its numbers? */
static bool alike(const char *a, const char *b)
{
	for (;;) {
		if (isdigit(*a) && isdigit(*b)) {
			while (isxdigit(*a))
				a++;
			while (isxdigit(*b))
				b++;
		}
		if (*a != *b)
			return false;
		if (!*a++)
			return true;
		b++;
	}
}

/*
 * Count @e in with what was reported before: the very same of the same process, or one
 * of many that are alike.  The array may be full, and then any that is alike will do.
 */
static bool error_counted(struct ckpt_ctx *ctx, const struct checkpoint_error *e)
{
	bool full = ctx->errors_used == ctx->nr_errors;
	u32 i, last = 0, nr = 0;

	for (i = 0; i < ctx->errors_used; i++) {
		const struct checkpoint_error *old = &ctx->errors[i];

		if (old->err != e->err || !alike(old->message, e->message))
			continue;
		last = i;
		if (old->pid == e->pid && !strcmp(old->message, e->message))
			break;
		nr++;
	}
	if (i == ctx->errors_used && (!nr || (nr < NR_ALIKE && !full)))
		return false;
	error_more(ctx)[last]++;
	return true;
}

/* Return: its place, NULL if there is none */
static struct checkpoint_error *error_slot(struct ckpt_ctx *ctx, bool failure)
{
	u32 slot = ctx->errors_used;

	if (slot == ctx->nr_errors) {
		ctx->errors_missing++;
		/* The reason of the failure goes before the last substitution. */
		if (!failure || ctx->failed || !slot--)
			return NULL;
		ctx->errors_missing += error_more(ctx)[slot];
	} else {
		ctx->errors_used++;
	}
	error_more(ctx)[slot] = 0;
	return &ctx->errors[slot];
}

static void error_add(struct ckpt_ctx *ctx, const struct checkpoint_error *e)
{
	struct checkpoint_error *slot;

	if (!ctx->errors_used)
		ctx->errors_missing = 0;
	if (error_counted(ctx, e))
		return;
	slot = error_slot(ctx, e->err);
	if (slot)
		*slot = *e;
}

__printf(3, 0)
static void error_fill(struct ckpt_ctx *ctx, int err, const char *fmt, va_list args)
{
	struct checkpoint_error e = {
		.err = -err,
		.type = ctx->at.type,
		.object = ctx->at.object,
		.address = ctx->at.address,
		.offset = ctx->at.offset,
	};

	error_set_task(ctx, &e);
	vscnprintf(e.message, sizeof(e.message), fmt, args);
	trace_checkpoint_error(&e);
	error_add(ctx, &e);
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

int ckpt_fail_killed(struct ckpt_ctx *ctx)
{
	return ckpt_fail(ctx, -EINTR, "the caller was killed");
}

int ckpt_fail_task_killed(struct ckpt_ctx *ctx)
{
	return ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint");
}

int ckpt_fail_given_up(struct ckpt_ctx *ctx)
{
	return ckpt_fail(ctx, -ENOMEM, "memory ran out, and what was taken of the program's was given up; save it again when more is free");
}

void ckpt_note(struct ckpt_ctx *ctx, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	error_fill(ctx, 0, fmt, args);
	va_end(args);
}

/**
 * ckpt_errors_init - make room for what is to be reported
 * @ctx: the call
 * @nr: length of the user's array
 *
 * Return: 0 or -ENOMEM
 */
int ckpt_errors_init(struct ckpt_ctx *ctx, u32 nr)
{
	/* Without an array the first failure is still kept for the tracepoint. */
	ctx->nr_errors = clamp_t(u32, nr, 1, CKPT_MAX_ERRORS);
	ctx->errors = kvcalloc(ctx->nr_errors, sizeof(*ctx->errors) + sizeof(u32),
			       GFP_KERNEL_ACCOUNT);
	if (ctx->errors)
		return 0;
	ctx->nr_errors = 0;
	return -ENOMEM;
}

/* "(and 300 more like it)", at the end of a sentence that is cut for it if need be */
static void error_say_more(struct checkpoint_error *e, u32 more)
{
	char words[40];
	size_t len, room;

	if (!more)
		return;
	len = scnprintf(words, sizeof(words), " (and %u more like it)", more);
	room = sizeof(e->message) - 1 - len;
	strscpy(e->message + min(strlen(e->message), room), words, len + 1);
}

/**
 * ckpt_errors_to_user - hand over what was reported
 * @ctx: the call
 * @uptr: the user's array, may be 0
 * @nr: its length
 * @used: out: how many were filled
 *
 * Return: 0 or -EFAULT
 */
int ckpt_errors_to_user(struct ckpt_ctx *ctx, u64 uptr, u32 nr, u32 *used)
{
	u32 i;

	*used = uptr ? min(nr, ctx->errors_used) : 0;
	for (i = 0; i < *used; i++)
		error_say_more(&ctx->errors[i], error_more(ctx)[i]);
	if (*used && copy_to_user(u64_to_user_ptr(uptr), ctx->errors,
				  *used * sizeof(*ctx->errors)))
		return -EFAULT;
	return 0;
}
