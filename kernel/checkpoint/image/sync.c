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
