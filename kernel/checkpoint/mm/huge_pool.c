// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: are there as many huge pages as a restart will need?
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include "mm.h"

/* Sizes of huge pages that are counted for a report */
#define SIZES	4

/* Private huge pages of each size, and which have been reported */
struct pool {
	unsigned long pages[SIZES];
	unsigned long reported;
};

static const struct ckpt_private pool_private = {
	.size	= sizeof(struct pool),
};

static unsigned long count_own(struct ckpt_ctx *ctx, struct vm_area_struct *vma)
{
	unsigned long size = huge_page_size(hstate_vma(vma)), addr, nr = 0;
	pte_t *pte;

	for (addr = vma->vm_start; addr < vma->vm_end; addr += size) {
		pte = hugetlb_walk(vma, addr, size);
		if (pte && ckpt_own_huge_page(vma, addr, pte))
			nr++;
		ckpt_progress(ctx);
		cond_resched();
	}
	return nr;
}

/* Once for each size: with the figure that first was too much, for more may follow */
static void report(struct ckpt_ctx *ctx, struct pool *pool, const struct hstate *h, int size)
{
	if (pool->pages[size] <= h->nr_huge_pages || pool->reported & BIT(size))
		return;
	pool->reported |= BIT(size);
	ckpt_note(ctx, "processes share huge pages of %lu KiB copy-on-write; a restart needs %lu of them or more, and this machine has %lu (vm.nr_hugepages)",
		  huge_page_size(h) >> 10, pool->pages[size], h->nr_huge_pages);
}

/**
 * ckpt_check_huge_pool - report if a restart will need more huge pages than there are
 * @ctx: the call; all tasks are frozen
 * @t: leader of the process that uses an address space
 *
 * Pages that are shared copy-on-write since a fork come back once for each process.  It is no
 * reason to refuse the tree: it can be restarted where the pool is larger.
 *
 * Context: may sleep; takes mmap_lock for reading.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_huge_pool(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	VMA_ITERATOR(vmi, t->mm, 0);
	struct pool *pool = ckpt_make_private(&ctx->privates, &pool_private);
	struct vm_area_struct *vma;
	int err, size;

	if (!pool)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the count of its huge pages");
	err = ckpt_read_lock_mm(ctx, t->mm);
	if (err)
		return err;
	ctx->at.address = 0;
	for_each_vma(vmi, vma) {
		if (!is_vm_hugetlb_page(vma) || !vma->anon_vma || vma->vm_flags & VM_MAYSHARE)
			continue;
		size = hstate_index(hstate_vma(vma));
		if (size >= SIZES)
			continue;
		pool->pages[size] += count_own(ctx, vma);
		report(ctx, pool, hstate_vma(vma), size);
	}
	mmap_read_unlock(t->mm);
	return 0;
}
