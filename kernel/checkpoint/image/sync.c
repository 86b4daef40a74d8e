// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: bringing files to stable storage while a tree is held.
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

/* The first page at or behind *@index that is to be written, or is being written */
static bool next_page(struct address_space *mapping, unsigned long *index)
{
	unsigned long dirty = *index, busy = *index;
	bool has_dirty = xa_find(&mapping->i_pages, &dirty, ULONG_MAX, PAGECACHE_TAG_DIRTY);
	bool has_busy = xa_find(&mapping->i_pages, &busy, ULONG_MAX, PAGECACHE_TAG_WRITEBACK);

	if (has_dirty && has_busy)
		*index = min(dirty, busy);
	else
		*index = has_dirty ? dirty : busy;
	return has_dirty || has_busy;
}

/*
 * A step after the other, each of which shows progress; each has a page, so others who go on
 * writing do not make it longer.  Errors are left for who asks after it.
 */
static int write_back(struct ckpt_ctx *ctx, struct address_space *mapping)
{
	unsigned long left = READ_ONCE(mapping->nrpages), index = 0;
	loff_t at;

	for (; left && next_page(mapping, &index); left--, index += SYNC_STEP >> PAGE_SHIFT) {
		at = (loff_t)index << PAGE_SHIFT;
		filemap_fdatawrite_range(mapping, at, at + SYNC_STEP - 1);
		filemap_fdatawait_range_keep_errors(mapping, at, at + SYNC_STEP - 1);
		ckpt_progress(ctx);
		if (ckpt_expired(ctx))
			return -ETIMEDOUT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
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
	return write_back(ctx, file->f_mapping) ?: vfs_fsync(file, 0);
}

/* So many inodes are passed over before others may have the lock of the list. */
#define PASSED_OVER	1024

/* A reference to an inode that has data to be written, unless it is being made or freed */
static bool take_inode(struct inode *inode, bool anyway)
{
	bool taken = false;

	spin_lock(&inode->i_lock);
	if (!(inode->i_state & (I_FREEING | I_WILL_FREE | I_NEW)) &&
	    (anyway || !is_clean(inode->i_mapping))) {
		__iget(inode);
		taken = true;
	}
	spin_unlock(&inode->i_lock);
	return taken;
}

/* The list is held together by the reference to the inode at which it is left. */
static int write_back_all(struct ckpt_ctx *ctx, struct super_block *sb)
{
	struct inode *inode, *last = NULL;
	unsigned int passed = 0;
	int err = 0;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (!take_inode(inode, passed++ >= PASSED_OVER))
			continue;
		passed = 0;
		spin_unlock(&sb->s_inode_list_lock);
		iput(last);
		last = inode;
		err = write_back(ctx, inode->i_mapping);
		ckpt_progress(ctx);
		if (!err && (ckpt_expired(ctx) || fatal_signal_pending(current)))
			err = -EINTR;
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
		if (err)
			break;
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(last);
	return err;
}

/**
 * ckpt_sync_super - syncfs(2) that shows progress
 * @ctx: the call, which captures
 * @sb: a file system; the caller has a reference to what keeps it mounted
 *
 * As with ckpt_sync(), sync_filesystem() finds little left to do.  That is others' data, too,
 * so a step of it may take as long as one of the image's.
 *
 * Context: may sleep; while a tree is held, between ckpt_begin_wait() and ckpt_end_wait().
 * Return: 0 or negative errno (not reported), also for data that are not the tree's
 */
int ckpt_sync_super(struct ckpt_ctx *ctx, struct super_block *sb)
{
	errseq_t since = errseq_sample(&sb->s_wb_err);
	enum ckpt_phase before = ckpt_begin_phase(ctx, CKPT_PHASE_SYNC);
	int err;

	/* What went wrong before is not this call's, and seen, another one differs from it. */
	errseq_check_and_advance(&sb->s_wb_err, &since);
	err = write_back_all(ctx, sb) ?: down_read_killable(&sb->s_umount);
	if (!err) {
		err = sync_filesystem(sb);
		up_read(&sb->s_umount);
	}
	ckpt_begin_phase(ctx, before);
	return err ?: errseq_check(&sb->s_wb_err, since);
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
