// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the pages of hugetlbfs files, out of the page cache and into it.
 * Memory in common of huge pages has such a file (shmem.c), and deleted files may be of a
 * mounted hugetlbfs (unlinked.c).
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/hugetlb.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include "files.h"

#define READ_PAGES	(CKPT_BVEC_BYTES / PAGE_SIZE)

/* -- giving ------------------------------------------------------------------------- */

/**
 * struct huge_source - the contents of a file of huge pages
 * @source: the interface to the writing of page chunks
 * @file: the file, with a reference
 */
struct huge_source {
	struct ckpt_page_source source;
	struct file *file;
};

/* What is there from page @index on, up to the end of its huge page */
static void take_run(struct folio *folio, unsigned long index, struct ckpt_page_run *run)
{
	unsigned long first = index & (folio_nr_pages(folio) - 1);
	unsigned int nr = min(folio_nr_pages(folio) - first, CKPT_RUN_PAGES);

	folio_ref_add(folio, nr);
	while (run->nr < nr) {
		run->pages[run->nr] = folio_page(folio, first + run->nr);
		run->nr++;
	}
}

static int huge_next(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *from,
		     struct ckpt_page_run *run)
{
	struct huge_source *huge = container_of(source, struct huge_source, source);
	struct address_space *mapping = huge->file->f_mapping;
	unsigned long end = i_size_read(mapping->host) >> PAGE_SHIFT;
	unsigned long index = *from >> PAGE_SHIFT;
	struct folio *folio;

	run->nr = 0;
	/* A huge page is not split between chunks, and none of zeros is a hole. */
	run->flags = CKPT_EXTENT_HUGE;
	run->keep_zeros = true;
	if (fatal_signal_pending(current))
		return ckpt_fail_killed(ctx);
	if (index >= end || !xa_find(&mapping->i_pages, &index, end - 1, XA_PRESENT))
		return 0;
	run->address = (u64)index << PAGE_SHIFT;
	ctx->at.address = run->address;
	folio = filemap_get_folio(mapping, index);
	if (IS_ERR(folio) || folio_test_hwpoison(folio)) {
		if (!IS_ERR(folio))
			folio_put(folio);
		return ckpt_fail(ctx, -EIO, "memory of huge pages cannot be read (damaged)");
	}
	take_run(folio, index, run);
	folio_put(folio);
	*from = run->address + (u64)run->nr * PAGE_SIZE;
	return 0;
}

static void huge_free(struct ckpt_page_source *source)
{
	struct huge_source *huge = container_of(source, struct huge_source, source);

	list_del(&source->node);
	fput(huge->file);
	kfree(huge);
}

static const struct ckpt_page_source_ops huge_ops = {
	.next	= huge_next,
	.free	= huge_free,
};

/* Declared in ../checkpoint.h, as what follows */
int ckpt_huge_add_source(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct huge_source *huge = kzalloc(sizeof(*huge), GFP_KERNEL_ACCOUNT);

	if (!huge)
		return ckpt_fail(ctx, -ENOMEM, "no memory to save huge pages");
	huge->file = get_file(file);
	huge->source.object = id;
	huge->source.live = true;
	huge->source.ops = &huge_ops;
	list_add_tail(&huge->source.node, &ctx->save->page_sources);
	return 0;
}

bool ckpt_huge_is_reserved(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct resv_map *map = inode->i_data.i_private_data;
	struct file_region *region;
	u64 pages = 0;

	/* What is there counts as set aside. */
	spin_lock(&map->lock);
	list_for_each_entry(region, &map->regions, link)
		pages += region->to - region->from;
	spin_unlock(&map->lock);
	return pages >= (u64)i_size_read(inode) >> huge_page_shift(hstate_file(file));
}

/* -- taking ------------------------------------------------------------------------- */

int ckpt_huge_failed(struct ckpt_ctx *ctx, int err, unsigned long bytes)
{
	/* A pool that is empty, or the limit of a control group */
	if (err == -ENOSPC)
		err = -ENOMEM;
	return ckpt_fail(ctx, err, "there are not enough free huge pages of %lu KiB (error %d); raise vm.nr_hugepages or the limit of the control group",
			 bytes >> 10, -err);
}

int ckpt_huge_read(struct ckpt_page_data *data, const struct ckpt_huge_part *part)
{
	struct bio_vec bvecs[CKPT_CHUNK_BYTES / PAGE_SIZE / READ_PAGES];
	unsigned long done, nr;
	unsigned int i = 0;

	/* No part is larger than a chunk. */
	for (done = 0; done < part->nr; done += nr) {
		nr = min(part->nr - done, READ_PAGES);
		bvec_set_page(&bvecs[i++], folio_page(part->folio, part->first + done),
			      nr * PAGE_SIZE, 0);
	}
	return ckpt_read_page_data(data, bvecs, i);
}

/* As hugetlbfs_fallocate(), which would give up for any signal of the restarter */
static struct folio *new_folio(struct file *file, pgoff_t index)
{
	struct address_space *mapping = file->f_mapping;
	struct hstate *h = hstate_file(file);
	unsigned long addr = index << huge_page_shift(h);
	struct vm_area_struct vma;
	struct folio *folio;
	int err;

	vma_init(&vma, current->mm);
	vm_flags_init(&vma, VM_HUGETLB | VM_MAYSHARE | VM_SHARED);
	vma.vm_file = file;
	folio = alloc_hugetlb_folio(&vma, addr, false);
	if (IS_ERR(folio))
		return folio;
	folio_zero_user(folio, addr);
	__folio_mark_uptodate(folio);
	err = hugetlb_add_to_page_cache(folio, mapping, index);
	if (err) {
		restore_reserve_on_error(h, &vma, addr, folio);
		folio_put(folio);
		return ERR_PTR(err);
	}
	folio_set_hugetlb_migratable(folio);
	folio_unlock(folio);
	return folio;
}

/* The huge page at @index, counted in huge pages, with a reference; made if it is missing */
static struct folio *get_huge(struct file *file, pgoff_t index)
{
	struct address_space *mapping = file->f_mapping;
	u32 hash = hugetlb_fault_mutex_hash(mapping, index);
	struct folio *folio;

	inode_lock(mapping->host);
	mutex_lock(&hugetlb_fault_mutex_table[hash]);
	folio = filemap_get_folio(mapping, index << huge_page_order(hstate_file(file)));
	if (IS_ERR(folio))
		folio = new_folio(file, index);
	mutex_unlock(&hugetlb_fault_mutex_table[hash]);
	inode_unlock(mapping->host);
	return folio;
}

static int fill_extent(struct ckpt_ctx *ctx, struct file *file, struct ckpt_page_data *data,
		       const struct ckpt_rec_extent *extent)
{
	struct hstate *h = hstate_file(file);
	u64 at = extent->address, end = at + extent->pages * PAGE_SIZE;
	struct ckpt_huge_part part;
	int err = 0;

	if (end > i_size_read(file_inode(file)))
		return ckpt_fail(ctx, -EINVAL, "page data beyond the end of memory of huge pages");
	for (; at < end && !err; at += part.nr * PAGE_SIZE) {
		part.first = (at & ~huge_page_mask(h)) >> PAGE_SHIFT;
		part.nr = min((end - at) >> PAGE_SHIFT, pages_per_huge_page(h) - part.first);
		part.folio = get_huge(file, at >> huge_page_shift(h));
		if (IS_ERR(part.folio))
			return ckpt_huge_failed(ctx, PTR_ERR(part.folio), huge_page_size(h));
		err = ckpt_huge_read(data, &part);
		folio_put(part.folio);
	}
	return err;
}

int ckpt_huge_fill(struct ckpt_ctx *ctx, struct file *file, struct ckpt_page_data *data,
		   const struct ckpt_rec_extent *extents, u32 count)
{
	int err = 0;
	u32 i;

	for (i = 0; i < count && !err; i++)
		err = fill_extent(ctx, file, data, &extents[i]);
	return err;
}
