// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the pages of memory in common, out of the page cache and into it.
 * Compiled at the end of mm/shmem.c, see shmem.c beside this.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include "shmem.h"

/* -- giving ------------------------------------------------------------------------- */

/**
 * struct memory_source - the contents of memory in common
 * @source: the interface to the writing of page chunks
 * @inode: the memory, with a reference: files are counted by the next call
 * @cow: what is changed is copied first; NULL while the tree is held
 */
struct memory_source {
	struct ckpt_page_source source;
	struct inode *inode;
	struct ckpt_cow *cow;
};

/*
 * The page at @index, which may be in the swap; what was only set aside reads as zeros.
 * NULL if it is not that of @cow any more.
 */
static struct page *memory_page(struct inode *inode, pgoff_t index, const struct ckpt_cow *cow)
{
	struct page *page = ZERO_PAGE(0);
	struct folio *folio;
	int err = shmem_get_folio(inode, index, 0, &folio, SGP_READ);
	bool intact, pinned = false;

	if (err)
		return ERR_PTR(err);
	intact = !cow || test_bit(index, cow->intact);
	if (!folio) {
		get_page(page);
	} else {
		folio_unlock(folio);
		page = folio_file_page(folio, index);
		pinned = cow && folio_maybe_dma_pinned(folio);
	}
	if (intact && !pinned && !PageHWPoison(page))
		return page;
	put_page(page);
	/* What a device writes to does not ask first. */
	return !intact ? NULL : ERR_PTR(pinned ? -EBUSY : -EIO);
}

static bool is_present(struct memory_source *memory, pgoff_t index)
{
	if (memory->cow)
		return test_bit(index, memory->cow->present);
	return xa_load(&memory->inode->i_mapping->i_pages, index);
}

/* Return: the index of the first page at or behind @index, @end if there is none */
static pgoff_t find_page(struct memory_source *memory, pgoff_t index, pgoff_t end)
{
	if (memory->cow)
		return find_next_bit(memory->cow->present, end, index);
	if (!end || !xa_find(&memory->inode->i_mapping->i_pages, &index, end - 1, XA_PRESENT))
		return end;
	return index;
}

static struct page *find_data(struct memory_source *memory, pgoff_t index)
{
	if (fatal_signal_pending(current))
		return ERR_PTR(-EINTR);
	if (memory->cow)
		return page_of_cow(memory->cow, memory->inode, index);
	return memory_page(memory->inode, index, NULL);
}

static int memory_failed_at(struct ckpt_ctx *ctx, struct ckpt_page_run *run, int err)
{
	release_pages(run->pages, run->nr);
	run->nr = 0;
	if (err == -EINTR)
		return ckpt_fail_killed(ctx);
	if (READ_ONCE(ctx->save->given_up))
		return ckpt_fail_given_up(ctx);
	if (err == -EBUSY)
		return ckpt_fail(ctx, err, "a device writes to memory in common; save it again");
	return ckpt_fail(ctx, err, "memory in common cannot be read (damaged, or its swap space)");
}

static int memory_next(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *from,
		       struct ckpt_page_run *run)
{
	struct memory_source *memory = container_of(source, struct memory_source, source);
	pgoff_t end = DIV_ROUND_UP(i_size_read(memory->inode), PAGE_SIZE);
	pgoff_t index;
	struct page *page;

	if (memory->cow)
		end = memory->cow->nr;
	run->nr = 0;
	run->flags = 0;
	/* A page of zeros and a hole are not the same to lseek(SEEK_DATA) and fstat(2). */
	run->keep_zeros = true;
	index = find_page(memory, *from >> PAGE_SHIFT, end);
	run->address = (u64)index << PAGE_SHIFT;
	ctx->at.address = run->address;
	while (index < end && run->nr < CKPT_RUN_PAGES && is_present(memory, index)) {
		page = find_data(memory, index);
		if (IS_ERR(page))
			return memory_failed_at(ctx, run, PTR_ERR(page));
		run->pages[run->nr++] = page;
		index++;
	}
	if (memory->cow)
		WRITE_ONCE(memory->cow->done, index);
	*from = (u64)index << PAGE_SHIFT;
	return 0;
}

static int memory_cow(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *left)
{
	struct memory_source *memory = container_of(source, struct memory_source, source);

	return cow_begin(ctx, memory->inode, left, &memory->cow);
}

static void memory_free(struct ckpt_page_source *source)
{
	struct memory_source *memory = container_of(source, struct memory_source, source);

	list_del(&source->node);
	if (memory->cow)
		cow_end(memory->inode, memory->cow);
	iput(memory->inode);
	kfree(memory);
}

static const struct ckpt_page_source_ops memory_ops = {
	.next	= memory_next,
	.cow	= memory_cow,
	.free	= memory_free,
};

/**
 * memory_add_source - the contents of memory in common are to be written
 * @ctx: the call; the tree is frozen
 * @file: shows it
 * @id: its object id
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM (reported)
 */
static int memory_add_source(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct memory_source *memory = kzalloc(sizeof(*memory), GFP_KERNEL_ACCOUNT);

	if (!memory)
		return ckpt_fail(ctx, -ENOMEM, "no memory to save what is in common");
	memory->inode = file_inode(file);
	ihold(memory->inode);
	memory->source.object = id;
	memory->source.live = true;
	memory->source.ops = &memory_ops;
	list_add_tail(&memory->source.node, &ctx->save->page_sources);
	return 0;
}

/* -- taking ------------------------------------------------------------------------- */

#define BATCH_PAGES	512	/* part of them are summed while others are read */

struct memory_batch {
	struct inode *inode;
	struct folio *folios[BATCH_PAGES];
	struct bio_vec bvecs[BATCH_PAGES];
};

/* Somebody has it already: memory that is locked is there from the start. */
static int overwrite_page(struct inode *inode, pgoff_t index, struct folio *from)
{
	struct folio *folio;
	int err = shmem_get_folio(inode, index, 0, &folio, SGP_CACHE);

	if (err)
		return err;
	copy_highpage(folio_file_page(folio, index), &from->page);
	folio_mark_dirty(folio);
	folio_unlock(folio);
	folio_put(folio);
	return 0;
}

/* As a page of UFFDIO_COPY (shmem_mfill_atomic_pte()), but into no page table */
static int add_page(struct inode *inode, pgoff_t index, struct folio *folio)
{
	struct address_space *mapping = inode->i_mapping;
	int err;

	__folio_set_locked(folio);
	__folio_set_swapbacked(folio);
	__folio_mark_uptodate(folio);
	err = shmem_add_to_page_cache(folio, mapping, index, NULL,
				      mapping_gfp_mask(mapping) & GFP_RECLAIM_MASK);
	if (!err) {
		err = shmem_inode_acct_blocks(inode, 1);
		if (err)
			filemap_remove_folio(folio);
	}
	if (!err) {
		shmem_recalc_inode(inode, 1, 0);
		folio_add_lru(folio);
		folio_mark_dirty(folio);
	}
	folio_unlock(folio);
	return err == -EEXIST ? overwrite_page(inode, index, folio) : err;
}

static int alloc_page_at(struct memory_batch *b, unsigned int i, pgoff_t index)
{
	gfp_t gfp = mapping_gfp_mask(b->inode->i_mapping);
	struct folio *folio = shmem_alloc_folio(gfp, 0, SHMEM_I(b->inode), index);

	if (!folio)
		return -ENOMEM;
	b->folios[i] = folio;
	bvec_set_page(&b->bvecs[i], &folio->page, PAGE_SIZE, 0);
	return mem_cgroup_charge(folio, NULL, gfp);
}

static int fill_batch(struct ckpt_ctx *ctx, struct memory_batch *b, struct ckpt_page_data *data,
		      pgoff_t index, unsigned int nr)
{
	unsigned int i, made;
	int err = 0;

	for (made = 0; made < nr && !err; made++) {
		b->folios[made] = NULL;
		err = alloc_page_at(b, made, index + made);
	}
	if (err)
		ckpt_fail(ctx, err, "no memory for what is in common");
	else
		err = ckpt_read_page_data(data, b->bvecs, nr);
	for (i = 0; i < made; i++) {
		if (!err) {
			err = add_page(b->inode, index + i, b->folios[i]);
			if (err)
				ckpt_fail(ctx, err, "no room for what is in common");
		}
		if (b->folios[i])
			folio_put(b->folios[i]);
	}
	cond_resched();
	return err;
}

static int memory_fill(struct ckpt_ctx *ctx, void *object, struct ckpt_page_data *data,
		       const struct ckpt_rec_extent *extents, u32 count)
{
	struct inode *inode = file_inode(object);
	u64 pages = DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE);
	struct memory_batch *b;
	int err = 0;
	u32 i;

	if (is_huge_memory(object))
		return ckpt_huge_fill(ctx, object, data, extents, count);
	b = kvmalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return ckpt_fail(ctx, -ENOMEM, "no memory to read what is in common");
	b->inode = inode;
	for (i = 0; i < count && !err; i++) {
		pgoff_t index = extents[i].address >> PAGE_SHIFT;
		u64 left = extents[i].pages;
		unsigned int nr;

		if (index + left > pages)
			err = ckpt_fail(ctx, -EINVAL, "page data beyond the end of memory in common");
		for (; left && !err; left -= nr, index += nr) {
			nr = min(left, BATCH_PAGES);
			err = fill_batch(ctx, b, data, index, nr);
		}
	}
	kvfree(b);
	return err;
}

static u64 memory_limit(void)
{
	return MAX_LFS_FILESIZE & PAGE_MASK;
}

static const struct ckpt_page_sink memory_sink = {
	.limit	= memory_limit,
	.fill	= memory_fill,
};
