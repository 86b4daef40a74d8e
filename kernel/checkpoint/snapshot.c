// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the contents of private memory, taken while the tasks are
 * held and written when they run again.
 */
#include <linux/bvec.h>
#include <linux/highmem.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>
#include <asm/tlbflush.h>
#include "mm/mm.h"

/**
 * DOC: snapshots of memory
 *
 * A snapshot is a bare address space that no task runs in.  The anonymous areas
 * of the source are linked into it copy-on-write as fork() would do, without
 * the file that a private mapping of /dev/zero shows and without the flags that
 * fork() would obey (MADV_DONTFORK, MADV_WIPEONFORK), that cost (mlock, commit
 * limit) or that others act on (KSM, userfaultfd).  So the pause grows with page
 * tables only, and a file that is truncated later takes nothing away.
 *
 * The private pages of file mappings are few and are copied at once.
 * MAP_DROPPABLE areas are not taken.
 *
 * Page tables and copied pages are charged to the caller's memory control
 * group.  The pages of the snapshot can be swapped.  What the program writes to
 * until its image is written takes memory a second time, charged to the program
 * as after fork().  The memory that a snapshot holds is freed as soon as it is
 * written; before the OOM killer chooses a program, a snapshot is given up.
 *
 * A chunk has no page that is all zero, but for those of file mappings, where
 * the file shows through what is not in the image.
 */

#define CHUNK_PAGES	(CKPT_CHUNK_BYTES / PAGE_SIZE)

/* -- taking ------------------------------------------------------------------ */

/* No reserves and no OOM killer: it would choose the program that is saved. */
#define COPY_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

static int copy_page_of_file(struct ckpt_snapshot *snap, unsigned long addr, struct page *page)
{
	struct page *copy;

	if (!PageAnon(page))
		return 0;
	copy = alloc_page(COPY_GFP);
	if (!copy)
		return -ENOMEM;
	if (copy_mc_highpage(copy, page)) {
		__free_page(copy);
		return -EHWPOISON;
	}
	set_page_private(copy, addr);
	list_add_tail(&copy->lru, &snap->pages);
	snap->nr_pages++;
	return 0;
}

static int copy_area(struct ckpt_snapshot *snap, struct vm_area_struct *vma, struct page **pages)
{
	unsigned long from = vma->vm_start, addr;
	long nr, i;
	int err = 0;

	while (!err) {
		nr = ckpt_next_pages(vma->vm_mm, &from, vma->vm_end, pages, &addr);
		if (nr <= 0)
			return nr;
		for (i = 0; i < nr && !err; i++)
			err = copy_page_of_file(snap, addr + i * PAGE_SIZE, pages[i]);
		release_pages(pages, nr);
		cond_resched();
	}
	return err;
}

/* What the program wrote to its private mappings of files */
static int copy_file_areas(struct ckpt_snapshot *snap, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	struct page **pages;
	int err = 0;

	pages = kmalloc_array(CKPT_RUN_PAGES, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	if (mmap_read_lock_killable(mm)) {
		kfree(pages);
		return -EINTR;
	}
	for_each_vma(vmi, vma) {
		if (!vma->anon_vma || vma_is_anonymous(vma) || !vma->vm_file)
			continue;
		err = copy_area(snap, vma, pages);
		if (err)
			break;
	}
	mmap_read_unlock(mm);
	kfree(pages);
	return err;
}

#define FLAGS_NOT_TAKEN	(VM_DONTCOPY | VM_WIPEONFORK | VM_LOCKED_MASK | VM_ACCOUNT | \
			 VM_MERGEABLE | VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR)

/* Both mmap_locks are held for writing; what is linked, exit_mmap() undoes. */
static int link_area(struct mm_struct *snap, struct vm_area_struct *src)
{
	MA_STATE(mas, &snap->mm_mt, src->vm_start, src->vm_end - 1);
	struct vm_area_struct *vma;
	int err;

	vma_start_write(src);
	vma = vm_area_dup(src);
	if (!vma)
		return -ENOMEM;
	err = vma_dup_policy(src, vma);
	if (err)
		goto err_free_area;
	vma->vm_mm = snap;
	vma->vm_file = NULL;
	vma->vm_userfaultfd_ctx = NULL_VM_UFFD_CTX;
	vm_flags_clear(vma, FLAGS_NOT_TAKEN);
	err = anon_vma_fork(vma, src);
	if (err)
		goto err_put_policy;
	err = mas_store_gfp(&mas, vma, GFP_KERNEL);
	if (err)
		goto err_unlink_anon;
	snap->map_count++;
	return copy_page_range(vma, src);

err_unlink_anon:
	unlink_anon_vmas(vma);
err_put_policy:
	mpol_put(vma_policy(vma));
err_free_area:
	vm_area_free(vma);
	return err;
}

static int link_areas(struct mm_struct *snap, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	int err = 0;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	/* Nobody else knows the snapshot: no deadlock */
	mmap_write_lock_nested(snap, SINGLE_DEPTH_NESTING);
	for_each_vma(vmi, vma) {
		if (!vma->anon_vma || !vma_is_anonymous(vma) || vma->vm_flags & VM_DROPPABLE)
			continue;
		err = fatal_signal_pending(current) ? -EINTR : link_area(snap, vma);
		if (err)
			break;
	}
	mmap_write_unlock(snap);
	/* The source must not write any more to what is shared now. */
	flush_tlb_mm(mm);
	mmap_write_unlock(mm);
	return err;
}

int ckpt_snapshot_mm(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id)
{
	struct ckpt_snapshot *snap;
	int err = -ENOMEM;

	snap = kzalloc(sizeof(*snap), GFP_KERNEL_ACCOUNT);
	if (!snap)
		goto out;
	snap->ctx = ctx;
	snap->id = id;
	INIT_LIST_HEAD(&snap->pages);
	snap->mm = mm_alloc();
	if (!snap->mm) {
		kfree(snap);
		goto out;
	}
	list_add_tail(&snap->node, &ctx->snapshots);
	ckpt_snapshot_expose(snap);
	err = copy_file_areas(snap, mm);
	if (!err)
		err = link_areas(snap->mm, mm);
out:
	switch (err) {
	case 0:
		return 0;
	case -EINTR:
		return ckpt_fail(ctx, err, "the caller was killed");
	case -ENOMEM:
		return ckpt_fail(ctx, err, "no memory for a snapshot of its memory");
	default:
		return ckpt_fail(ctx, err,
				 "its memory cannot be read (damaged, or its swap space)");
	}
}

static void free_snapshot(struct ckpt_snapshot *snap)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &snap->pages, lru) {
		list_del(&page->lru);
		set_page_private(page, 0);
		__free_page(page);
		cond_resched();
	}
	list_del(&snap->node);
	ckpt_snapshot_hide(snap);
	mm_forget_owner(snap->mm);
	mmput(snap->mm);
	kfree(snap);
}

void ckpt_free_snapshots(struct ckpt_ctx *ctx)
{
	struct ckpt_snapshot *snap, *next;

	list_for_each_entry_safe(snap, next, &ctx->snapshots, node)
		free_snapshot(snap);
}

/**
 * ckpt_snapshot_bytes - how much the snapshots hold, at most
 * @ctx: the call
 *
 * Return: bytes; pages that are all zero are counted and will not be written
 */
u64 ckpt_snapshot_bytes(struct ckpt_ctx *ctx)
{
	struct ckpt_snapshot *snap;
	u64 pages = 0;

	list_for_each_entry(snap, &ctx->snapshots, node)
		pages += snap->nr_pages + get_mm_counter(snap->mm, MM_ANONPAGES) +
			 get_mm_counter(snap->mm, MM_SWAPENTS);
	return pages << PAGE_SHIFT;
}

/* -- writing ----------------------------------------------------------------- */

/* A chunk being filled; @run is where pages are before they are in it. */
struct chunk {
	struct ckpt_ctx *ctx;
	u32 id;
	u32 crc;
	unsigned int nr_pages;
	unsigned int nr_bvecs;
	unsigned int nr_extents;
	struct page *run[CKPT_RUN_PAGES];
	struct page *pages[CHUNK_PAGES];
	struct bio_vec bvecs[CHUNK_PAGES];
	struct ckpt_extent extents[CHUNK_PAGES];
};

static void chunk_reset(struct chunk *c)
{
	release_pages(c->pages, c->nr_pages);
	c->nr_pages = 0;
	c->nr_bvecs = 0;
	c->nr_extents = 0;
	c->crc = 0;
}

static int chunk_write(struct chunk *c)
{
	struct ckpt_pages data = {
		.data_bytes = c->nr_pages * PAGE_SIZE,
		.data_crc32c = c->crc,
		.extents = { .count = c->nr_extents, .size = sizeof(c->extents[0]) },
	};
	int err;

	if (!c->nr_pages)
		return 0;
	err = ckpt_write_record(c->ctx, CKPT_REC_PAGES, c->id, &data, sizeof(data), c->extents,
				c->nr_extents * sizeof(c->extents[0]), PAGE_SIZE);
	if (!err)
		err = ckpt_write_bvec(c->ctx, c->bvecs, c->nr_bvecs, data.data_bytes);
	if (!err)
		c->ctx->stream->nr_pages += c->nr_pages;
	chunk_reset(c);
	return err;
}

static void chunk_add_bvec(struct chunk *c, struct page *page)
{
	struct bio_vec *last = c->nr_bvecs ? &c->bvecs[c->nr_bvecs - 1] : NULL;

	if (last && last->bv_page + (last->bv_len >> PAGE_SHIFT) == page)
		last->bv_len += PAGE_SIZE;
	else
		bvec_set_page(&c->bvecs[c->nr_bvecs++], page, PAGE_SIZE, 0);
}

static void chunk_add_extent(struct chunk *c, unsigned long addr)
{
	struct ckpt_extent *last = c->nr_extents ? &c->extents[c->nr_extents - 1] : NULL;

	if (last && last->address + last->pages * PAGE_SIZE == addr)
		last->pages++;
	else
		c->extents[c->nr_extents++] = (struct ckpt_extent) { .address = addr, .pages = 1 };
}

/* Takes over the reference to @page, unless it fails. */
static int chunk_add(struct chunk *c, unsigned long addr, struct page *page, bool skip_zeros)
{
	void *data;
	bool skip;
	int err;

	if (c->nr_pages == CHUNK_PAGES) {
		err = chunk_write(c);
		if (err)
			return err;
	}
	/* Summed while it is in the cache */
	data = kmap_local_page(page);
	skip = skip_zeros && !memchr_inv(data, 0, PAGE_SIZE);
	if (!skip)
		c->crc = ckpt_crc(c->crc, data, PAGE_SIZE);
	kunmap_local(data);
	if (skip) {
		put_page(page);
		return 0;
	}
	c->pages[c->nr_pages++] = page;
	chunk_add_bvec(c, page);
	chunk_add_extent(c, addr);
	return 0;
}

static int write_run(struct chunk *c, unsigned long addr, long nr)
{
	long i;
	int err;

	for (i = 0; i < nr; i++) {
		err = chunk_add(c, addr + i * PAGE_SIZE, c->run[i], true);
		if (err) {
			release_pages(c->run + i, nr - i);
			return err;
		}
		/* The program runs, maybe on this processor: a checksum takes long. */
		cond_resched();
	}
	return 0;
}

static int write_range(struct chunk *c, const struct ckpt_snapshot *snap, unsigned long from,
		       unsigned long to)
{
	struct mm_struct *mm = snap->mm;
	unsigned long addr;
	long nr;
	int err;

	while (from < to) {
		if (mmap_read_lock_killable(mm))
			return ckpt_fail(c->ctx, -EINTR, "the caller was killed");
		nr = ckpt_next_pages(mm, &from, to, c->run, &addr);
		mmap_read_unlock(mm);
		c->ctx->at.address = addr;
		if (READ_ONCE(snap->given_up)) {
			release_pages(c->run, max(nr, 0L));
			return ckpt_fail(c->ctx, -ENOMEM, "the machine ran out of memory, and what was taken of the program's was given up; save it again when more is free");
		}
		if (nr == -EINTR)
			return ckpt_fail(c->ctx, nr, "the caller was killed");
		if (nr < 0)
			return ckpt_fail(c->ctx, nr, "memory at %lx cannot be read", addr);
		err = write_run(c, addr, nr);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* Ascending: what lies between two copied pages, then the second one */
static int write_snapshot(struct chunk *c, struct ckpt_snapshot *snap)
{
	unsigned long from = 0;
	struct page *page;
	int err;

	c->id = snap->id;
	c->ctx->at = (struct ckpt_at) { .type = CKPT_REC_PAGES, .object = snap->id };
	list_for_each_entry(page, &snap->pages, lru) {
		err = write_range(c, snap, from, page_private(page));
		if (err)
			return err;
		get_page(page);
		err = chunk_add(c, page_private(page), page, false);
		if (err) {
			put_page(page);
			return err;
		}
		from = page_private(page) + PAGE_SIZE;
	}
	err = write_range(c, snap, from, TASK_SIZE_MAX);
	return err ?: chunk_write(c);
}

int ckpt_write_pages(struct ckpt_ctx *ctx)
{
	struct ckpt_snapshot *snap, *next;
	struct chunk *c;
	int err = 0;

	c = kvzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return ckpt_fail(ctx, -ENOMEM, "no memory to write pages");
	c->ctx = ctx;
	list_for_each_entry_safe(snap, next, &ctx->snapshots, node) {
		err = write_snapshot(c, snap);
		if (err)
			break;
		free_snapshot(snap);
	}
	chunk_reset(c);
	kvfree(c);
	return err;
}
