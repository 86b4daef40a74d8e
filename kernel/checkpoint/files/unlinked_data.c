// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the contents of files without a name, as page data.
 *
 * They are read through an open file of our own while the tree stands, so that nobody
 * changes them (such a source is live), and written through the one that was opened when the
 * file was made anew.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "files.h"

/* -- saving -------------------------------------------------------------------- */

/**
 * struct contents - the page data of a file without a name
 * @source: for the core
 * @file: opened for reading
 * @size: its size, as it is in the image
 * @bvecs: for reading a run
 */
struct contents {
	struct ckpt_page_source source;
	struct file *file;
	loff_t size;
	struct bio_vec bvecs[CKPT_RUN_PAGES];
};

/*
 * The next bytes that are no hole, whole pages of them.
 *
 * Return: 1; 0 if there are none; negative errno
 */
static int find_data(struct contents *c, loff_t from, loff_t *start, loff_t *end)
{
	loff_t data, hole;

	if (from >= c->size)
		return 0;
	data = vfs_llseek(c->file, from, SEEK_DATA);
	if (data == -ENXIO || data >= c->size)
		return 0;
	if (data < from)
		return data < 0 ? data : -EIO;
	hole = vfs_llseek(c->file, data, SEEK_HOLE);
	if (hole <= data)
		return hole < 0 ? hole : -EIO;
	*start = max(round_down(data, PAGE_SIZE), from);
	hole = min(hole, c->size);
	*end = min_t(loff_t, *start + CKPT_RUN_PAGES * PAGE_SIZE, PAGE_ALIGN(hole));
	return 1;
}

static int alloc_run(struct contents *c, struct ckpt_page_run *run, unsigned int nr)
{
	while (run->nr < nr) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		bvec_set_page(&c->bvecs[run->nr], page, PAGE_SIZE, 0);
		run->pages[run->nr++] = page;
	}
	return 0;
}

/* What lies behind the end of the file stays zero. */
static int read_run(struct contents *c, struct ckpt_page_run *run)
{
	size_t len = min_t(u64, (u64)run->nr * PAGE_SIZE, c->size - run->address);
	loff_t pos = run->address;
	struct iov_iter iter, rest;
	ssize_t done;

	/* What netfs leaves of an iterator is not the rest: see write_piece() of the image. */
	iov_iter_bvec(&iter, ITER_DEST, c->bvecs, run->nr, len);
	while (iov_iter_count(&iter)) {
		rest = iter;
		done = vfs_iter_read(c->file, &rest, &pos, 0);
		if (done <= 0)
			return done ?: -EIO;
		iov_iter_advance(&iter, done);
	}
	return 0;
}

/* Its file system may be slow, or dead. */
static int find_data_in_time(struct ckpt_ctx *ctx, struct contents *c, loff_t from,
			     loff_t *start, loff_t *end)
{
	int found = ckpt_begin_wait(ctx);

	if (found)
		return found;
	found = find_data(c, from, start, end);
	return ckpt_end_wait_for(ctx, &c->file->f_path) ?: found;
}

static int read_run_in_time(struct ckpt_ctx *ctx, struct contents *c, struct ckpt_page_run *run)
{
	int err = ckpt_begin_wait(ctx);

	if (err)
		return err;
	err = read_run(c, run);
	return ckpt_end_wait_for(ctx, &c->file->f_path) ?: err;
}

static int contents_next(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *from,
			 struct ckpt_page_run *run)
{
	struct contents *c = container_of(source, struct contents, source);
	loff_t start, end;
	int found, err;

	*run = (struct ckpt_page_run) {};
	if (fatal_signal_pending(current))
		return ckpt_fail_killed(ctx);
	found = find_data_in_time(ctx, c, *from, &start, &end);
	if (!found)
		return 0;
	err = min(found, 0);
	if (!err) {
		run->address = start;
		*from = end;
		err = alloc_run(c, run, (end - start) >> PAGE_SHIFT);
	}
	if (!err)
		err = read_run_in_time(ctx, c, run);
	if (!err)
		return 0;
	release_pages(run->pages, run->nr);
	run->nr = 0;
	return ckpt_fail(ctx, err, "a deleted file (%pD) cannot be read (error %d)", c->file, -err);
}

static void contents_free(struct ckpt_page_source *source)
{
	struct contents *c = container_of(source, struct contents, source);

	list_del(&source->node);
	fput(c->file);
	kvfree(c);
}

static const struct ckpt_page_source_ops contents_ops = {
	.next	= contents_next,
	.free	= contents_free,
};

/**
 * ckpt_save_contents - save: the contents of a file without a name will be written
 * @ctx: the call, of a tree that is held until then
 * @file: the file
 * @id: object id of the inode
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_contents(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct contents *c = kvzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	int err;

	if (!c)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the contents of a deleted file");
	c->source.object = id;
	c->source.live = true;
	c->source.ops = &contents_ops;
	c->size = i_size_read(file_inode(file));
	/* Its time of access stays. */
	c->file = dentry_open(&file->f_path, O_RDONLY | O_LARGEFILE | O_NOATIME, ctx->caller_cred);
	if (IS_ERR(c->file)) {
		err = PTR_ERR(c->file);
		kvfree(c);
		return ckpt_fail(ctx, err, "a deleted file (%pD) cannot be opened to be read (error %d)",
				 file, -err);
	}
	list_add_tail(&c->source.node, &ctx->save->page_sources);
	return 0;
}

/* -- restoring ------------------------------------------------------------------- */

#define FILL_PAGES	512

/* Pages through which the data of a chunk pass */
struct fill {
	struct file *file;
	struct ckpt_page_data *data;
	unsigned int nr;
	struct page *pages[FILL_PAGES];
	struct bio_vec bvecs[FILL_PAGES];
};

/* The last page of the data may lie beyond the end of the file in part. */
static int write_pages(struct ckpt_ctx *ctx, struct fill *f, u64 address, size_t len)
{
	u64 size = i_size_read(file_inode(f->file));
	loff_t pos = address;
	const struct cred *old;
	struct iov_iter iter, rest;
	ssize_t done = 0;

	iov_iter_bvec(&iter, ITER_SOURCE, f->bvecs, DIV_ROUND_UP(len, PAGE_SIZE),
		      min_t(u64, len, size - address));
	/* As its opener: a quota and reserved blocks are a matter of who writes. */
	old = override_creds(f->file->f_cred);
	while (iov_iter_count(&iter)) {
		rest = iter;
		done = vfs_iter_write(f->file, &rest, &pos, 0);
		if (done <= 0)
			break;
		iov_iter_advance(&iter, done);
	}
	revert_creds(old);
	if (iov_iter_count(&iter))
		return ckpt_fail(ctx, done ?: -EIO, "the contents of a deleted file (%pD) cannot be written (error %zd)",
				 f->file, -done);
	return 0;
}

static int fill_extent(struct ckpt_ctx *ctx, struct fill *f, const struct ckpt_rec_extent *e)
{
	u64 at = e->address, end = e->address + e->pages * PAGE_SIZE;
	unsigned int nr, i;
	int err = 0;

	if (end > PAGE_ALIGN(i_size_read(file_inode(f->file))))
		return ckpt_fail(ctx, -EINVAL, "page data lie behind the end of a deleted file");
	for (; at < end && !err; at += nr * PAGE_SIZE) {
		nr = min_t(u64, f->nr, (end - at) >> PAGE_SHIFT);
		for (i = 0; i < nr; i++)
			bvec_set_page(&f->bvecs[i], f->pages[i], PAGE_SIZE, 0);
		err = ckpt_read_page_data(f->data, f->bvecs, nr);
		if (!err)
			err = write_pages(ctx, f, at, nr * PAGE_SIZE);
		cond_resched();
	}
	return err;
}

static int fill_inode(struct ckpt_ctx *ctx, void *object, struct ckpt_page_data *data,
		      const struct ckpt_rec_extent *extents, u32 count)
{
	struct ckpt_unlinked *unlinked = object;
	struct fill *f;
	u64 most = 0;
	int err = 0;
	u32 i;

	if (is_file_hugepages(unlinked->file))
		return ckpt_huge_fill(ctx, unlinked->file, data, extents, count);
	f = kvzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return ckpt_fail(ctx, -ENOMEM, "no memory to read pages");
	f->file = unlinked->file;
	f->data = data;
	for (i = 0; i < count; i++)
		most = max(most, extents[i].pages);
	while (f->nr < min(most, FILL_PAGES)) {
		f->pages[f->nr] = alloc_page(GFP_KERNEL_ACCOUNT);
		if (!f->pages[f->nr])
			break;
		f->nr++;
	}
	if (!f->nr)
		err = ckpt_fail(ctx, -ENOMEM, "no memory to read pages");
	for (i = 0; i < count && !err; i++)
		err = fill_extent(ctx, f, &extents[i]);
	release_pages(f->pages, f->nr);
	kvfree(f);
	return err;
}

static u64 file_limit(void)
{
	return round_down(MAX_LFS_FILESIZE, PAGE_SIZE);
}

const struct ckpt_page_sink ckpt_inode_sink = {
	.limit	= file_limit,
	.fill	= fill_inode,
};
