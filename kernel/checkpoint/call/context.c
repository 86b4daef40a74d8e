// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: a call begins, and ends with nothing left behind.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "../core.h"

static atomic64_t last_order = ATOMIC64_INIT(0);

static int init(struct ckpt_ctx *ctx)
{
	int err = ckpt_objects_init(ctx);

	if (err)
		return err;
	if (!ckpt_hold_caller(ctx)) {
		/* Whoever holds us comes first: the call begins when it lets us go. */
		ckpt_objects_free(ctx);
		return -ERESTARTNOINTR;
	}
	ctx->order = atomic64_inc_return(&last_order);
	INIT_LIST_HEAD(&ctx->tasks);
	INIT_LIST_HEAD(&ctx->held);
	INIT_LIST_HEAD(&ctx->privates);
	ctx->caller = get_task_struct(current);
	ctx->caller_ns = get_pid_ns(task_active_pid_ns(current));
	ctx->caller_cred = get_current_cred();
	get_fs_root(current->fs, &ctx->root_path);
	return 0;
}

/**
 * ckpt_begin_save - begin a call of checkpoint()
 * @flags: CHECKPOINT_*
 *
 * Context: may sleep.
 * Return: the context or ERR_PTR: -ENOMEM; -ERESTARTNOINTR if the caller itself is to be held
 */
struct ckpt_ctx *ckpt_begin_save(unsigned long flags)
{
	struct {
		struct ckpt_ctx ctx;
		struct ckpt_save save;
	} *call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	struct ckpt_save *save;
	int err;

	if (!call)
		return ERR_PTR(-ENOMEM);
	save = &call->save;
	INIT_LIST_HEAD(&save->page_sources);
	INIT_LIST_HEAD(&save->meta);
	INIT_LIST_HEAD(&save->index);
	xa_init_flags(&save->by_task, XA_FLAGS_ACCOUNT);
	call->ctx.flags = flags;
	call->ctx.save = save;
	err = init(&call->ctx);
	if (!err)
		return &call->ctx;
	kfree(call);
	return ERR_PTR(err);
}

/**
 * ckpt_begin_restart - begin a call of restart()
 * @flags: RESTART_*
 *
 * Context: may sleep.
 * Return: the context or ERR_PTR: -ENOMEM; -ERESTARTNOINTR if the caller itself is to be held
 */
struct ckpt_ctx *ckpt_begin_restart(unsigned long flags)
{
	struct {
		struct ckpt_ctx ctx;
		struct ckpt_restart restart;
	} *call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	struct ckpt_restart *restart;
	int err;

	if (!call)
		return ERR_PTR(-ENOMEM);
	restart = &call->restart;
	INIT_LIST_HEAD(&restart->recs);
	INIT_LIST_HEAD(&restart->unowned);
	INIT_LIST_HEAD(&restart->image_recs);
	xa_init_flags(&restart->by_id, XA_FLAGS_ACCOUNT);
	call->ctx.flags = flags;
	call->ctx.restart = restart;
	err = init(&call->ctx);
	if (!err)
		return &call->ctx;
	kfree(call);
	return ERR_PTR(err);
}

/**
 * ckpt_drop_image - drop what was captured or read, and the image itself
 * @ctx: the call; nothing is written or restored any more
 *
 * Context: may sleep.
 */
void ckpt_drop_image(struct ckpt_ctx *ctx)
{
	ckpt_stream_close(ctx);
	if (ctx->save)
		ckpt_save_free(ctx);
	else
		ckpt_free_recs(ctx);
	if (ctx->image_file)
		fput(ctx->image_file);
	ctx->image_file = NULL;
}

/* When what is made, and counts, has gone */
static void restart_free(struct ckpt_ctx *ctx)
{
	struct ckpt_restart *restart = ctx->restart;

	ckpt_uncharge_pids(ctx, restart->nr_charged);
	if (restart->ceiling_groups)
		put_group_info(restart->ceiling_groups);
	kfree(restart->inherit);
}

/**
 * ckpt_ctx_free - end a call: thaw what is frozen, drop what is held
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_ctx_free(struct ckpt_ctx *ctx)
{
	ckpt_free_watchdog(ctx);
	ckpt_thaw(ctx);
	ckpt_release_caller(ctx);
	ckpt_drop_image(ctx);
	ckpt_free_privates(&ctx->privates);
	ckpt_free_tasks(ctx);
	ckpt_objects_free(ctx);
	if (ctx->restart)
		restart_free(ctx);
	path_put(&ctx->root_path);
	put_cred(ctx->caller_cred);
	put_pid_ns(ctx->caller_ns);
	put_task_struct(ctx->caller);
	kvfree(ctx->errors);
	kfree(ctx);
}
