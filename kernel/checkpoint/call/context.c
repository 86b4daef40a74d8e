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

/**
 * ckpt_ctx_alloc - begin a call
 * @flags: CHECKPOINT_* or RESTART_*
 *
 * Return: the context or ERR_PTR
 */
struct ckpt_ctx *ckpt_ctx_alloc(unsigned long flags)
{
	struct ckpt_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	int err;

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->flags = flags;
	ctx->order = atomic64_inc_return(&last_order);
	INIT_LIST_HEAD(&ctx->tasks);
	INIT_LIST_HEAD(&ctx->recs);
	INIT_LIST_HEAD(&ctx->unowned);
	INIT_LIST_HEAD(&ctx->image_recs);
	INIT_LIST_HEAD(&ctx->page_sources);
	INIT_LIST_HEAD(&ctx->index);
	INIT_LIST_HEAD(&ctx->meta);
	INIT_LIST_HEAD(&ctx->held);
	xa_init_flags(&ctx->by_task, XA_FLAGS_ACCOUNT);
	xa_init_flags(&ctx->inside, XA_FLAGS_ACCOUNT);
	xa_init_flags(&ctx->pid_spaces, XA_FLAGS_ACCOUNT);
	xa_init_flags(&ctx->rewind, XA_FLAGS_ACCOUNT);
	xa_init_flags(&ctx->rewound, XA_FLAGS_ACCOUNT);
	err = ckpt_objects_init(ctx);
	if (err) {
		kfree(ctx);
		return ERR_PTR(err);
	}
	if (!ckpt_hold_caller(ctx)) {
		/* Whoever holds us comes first: the call begins when it lets us go. */
		ckpt_objects_free(ctx);
		kfree(ctx);
		return ERR_PTR(-ERESTARTNOINTR);
	}
	ctx->caller = get_task_struct(current);
	ctx->caller_ns = get_pid_ns(task_active_pid_ns(current));
	ctx->caller_cred = get_current_cred();
	get_fs_root(current->fs, &ctx->root_path);
	return ctx;
}

static void free_kinds(struct ckpt_ctx *ctx)
{
	const struct ckpt_kind **p;

	for_each_ckpt_kind(p)
		if ((*p)->free)
			(*p)->free(ctx);
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
	ckpt_stream_close(ctx);
	ckpt_save_free(ctx);
	ckpt_free_recs(ctx);
	free_kinds(ctx);
	ckpt_free_tasks(ctx);
	ckpt_objects_free(ctx);
	ckpt_uncharge_pids(ctx, ctx->nr_charged);
	path_put(&ctx->root_path);
	put_cred(ctx->caller_cred);
	put_pid_ns(ctx->caller_ns);
	put_task_struct(ctx->caller);
	if (ctx->image_file)
		fput(ctx->image_file);
	if (ctx->ceiling_groups)
		put_group_info(ctx->ceiling_groups);
	kvfree(ctx->errors);
	kfree(ctx->external);
	kfree(ctx->inherit);
	kfree(ctx);
}
