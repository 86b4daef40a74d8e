// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: bringing a file to stable storage while a tree is held.
 */
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include "../core.h"

/* Even a slow disk takes that much in a fraction of a second. */
#define SYNC_STEP	BIT(20)

static bool is_clean(struct address_space *mapping)
{
	return !mapping_tagged(mapping, PAGECACHE_TAG_DIRTY) &&
	       !mapping_tagged(mapping, PAGECACHE_TAG_WRITEBACK);
}

/**
 * ckpt_sync - fsync(2) that shows progress
 * @ctx: the call
 * @file: a file; the caller has a reference
 *
 * fsync(2) alone may take as long as the file is large.  So its data go step by step, and
 * fsync(2) finds little left to do.  Errors of a step are left for it to report.
 *
 * Context: may sleep; while a tree is held, between ckpt_begin_wait() and ckpt_end_wait().
 * Return: 0 or negative errno (not reported)
 */
int ckpt_sync(struct ckpt_ctx *ctx, struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	loff_t at, size = i_size_read(mapping->host);

	for (at = 0; at < size && !is_clean(mapping); at += SYNC_STEP) {
		filemap_fdatawrite_range(mapping, at, at + SYNC_STEP - 1);
		filemap_fdatawait_range_keep_errors(mapping, at, at + SYNC_STEP - 1);
		ckpt_progress(ctx);
		if (ckpt_expired(ctx))
			return -ETIMEDOUT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return vfs_fsync(file, 0);
}

/**
 * ckpt_sync_image - bring what is written of the image to stable storage
 * @ctx: the call, its stream flushed
 *
 * Nothing is done for what is no regular file.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_sync_image(struct ckpt_ctx *ctx)
{
	enum ckpt_phase before;
	int err;

	if (!S_ISREG(file_inode(ctx->image_file)->i_mode))
		return 0;
	before = ckpt_begin_phase(ctx, CKPT_PHASE_SYNC);
	err = ckpt_begin_wait(ctx);
	if (err)
		return err;
	err = ckpt_sync(ctx, ctx->image_file);
	if (!ckpt_end_wait(ctx))
		return ckpt_still_held(ctx);
	ckpt_begin_phase(ctx, before);
	if (err)
		return ckpt_fail(ctx, err, "the image could not be brought to stable storage");
	return 0;
}
