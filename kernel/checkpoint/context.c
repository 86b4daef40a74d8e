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
#include "core.h"

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
	INIT_LIST_HEAD(&ctx->tasks);
	INIT_LIST_HEAD(&ctx->recs);
	INIT_LIST_HEAD(&ctx->image_recs);
	INIT_LIST_HEAD(&ctx->snapshots);
	INIT_LIST_HEAD(&ctx->meta);
	INIT_LIST_HEAD(&ctx->held);
	xa_init_flags(&ctx->by_task, XA_FLAGS_ACCOUNT);
	err = ckpt_objects_init(ctx);
	if (err) {
		kfree(ctx);
		return ERR_PTR(err);
	}
	ctx->caller = get_task_struct(current);
	ctx->caller_ns = get_pid_ns(task_active_pid_ns(current));
	ctx->caller_cred = get_current_cred();
	get_fs_root(current->fs, &ctx->root_path);
	return ctx;
}

/**
 * ckpt_ctx_free - end a call: thaw what is frozen, drop what is held
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_ctx_free(struct ckpt_ctx *ctx)
{
	ckpt_thaw(ctx);
	ckpt_stream_close(ctx);
	ckpt_save_free(ctx);
	ckpt_free_recs(ctx);
	ckpt_free_files(ctx);
	ckpt_free_tasks(ctx);
	ckpt_objects_free(ctx);
	path_put(&ctx->root_path);
	put_cred(ctx->caller_cred);
	put_pid_ns(ctx->caller_ns);
	put_task_struct(ctx->caller);
	if (ctx->image_file)
		fput(ctx->image_file);
	if (ctx->ceiling_groups)
		put_group_info(ctx->ceiling_groups);
	kvfree(ctx->errors);
	kfree(ctx);
}
