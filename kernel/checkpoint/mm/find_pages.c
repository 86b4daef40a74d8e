// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: finding the pages that are a program's own: anonymous ones,
 * also in private mappings of files.
 */
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/rmap.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include "mm.h"

/* What is mapped at an address */
enum own {
	OWN_NOT,		/* nothing, or a page of a file */
	OWN_PRESENT,		/* a page */
	OWN_ABSENT,		/* one that is swapped, damaged, or just being moved */
	OWN_HUGE,		/* a huge page, present or not */
};

/*
 * A run of pages of a program's own, all of them present or none, at most CKPT_RUN_PAGES;
 * empty if end == start.  Those that are present are in @pages, with a reference each.
 */
struct run {
	unsigned long start;
	unsigned long end;
	enum own own;
	struct page **pages;
};

/* Return: 1 if the run is complete, else 0 */
static int run_add(struct run *run, unsigned long addr, unsigned long end, enum own own,
		   struct page *page)
{
	bool begun = run->end > run->start;

	if (begun && (own != run->own || addr != run->end))
		return 1;
	if (own == OWN_NOT)
		return 0;
	if (!begun)
		run->start = addr;
	run->own = own;
	if (own == OWN_PRESENT) {
		get_page(page);
		run->pages[(addr - run->start) >> PAGE_SHIFT] = page;
	}
	run->end = min(end, run->start + CKPT_RUN_PAGES * PAGE_SIZE);
	return run->end - run->start == CKPT_RUN_PAGES * PAGE_SIZE;
}

/**
 * ckpt_own_entry - is what is not present the program's own?
 * @entry: of a page table, neither present nor empty; its lock is held
 *
 * Return: true of pages that are swapped, damaged, or move to another place
 */
bool ckpt_own_entry(swp_entry_t entry)
{
	if (is_migration_entry(entry))
		return folio_test_anon(pfn_swap_entry_folio(entry));
	if (is_pte_marker_entry(entry))
		return pte_marker_get(entry) & PTE_MARKER_POISONED;
	return true;
}

/* Anonymous, swapped or lost; not the zero page and not a file's. */
static enum own own_pte(struct vm_area_struct *vma, unsigned long addr, pte_t pte,
			struct page **page)
{
	bool own;

	if (pte_none(pte))
		return OWN_NOT;
	if (!pte_present(pte))
		return ckpt_own_entry(pte_to_swp_entry(pte)) ? OWN_ABSENT : OWN_NOT;
	*page = vm_normal_page(vma, addr, pte);
	if (*page) {
		own = folio_test_anon(page_folio(*page));
	} else {
		/* Where a file would show through, zeros count (UFFDIO_ZEROPAGE). */
		own = is_zero_pfn(pte_pfn(pte)) && !vma_is_anonymous(vma);
		*page = ZERO_PAGE(addr);
	}
	return own ? OWN_PRESENT : OWN_NOT;
}

static bool own_pmd(pmd_t pmd)
{
	if (!pmd_present(pmd))
		return folio_test_anon(pfn_swap_entry_folio(pmd_to_swp_entry(pmd)));
	return !is_huge_zero_pmd(pmd) && !pmd_devmap(pmd) && folio_test_anon(pmd_folio(pmd));
}

static int walk_pmd(pmd_t *pmd, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;
	struct run *run = walk->private;
	struct page *page = NULL;
	pte_t *start, *pte;
	spinlock_t *ptl;	/* of the page table */
	enum own own;
	int done = 0;

	ptl = pmd_trans_huge_lock(pmd, vma);
	if (ptl) {
		own = own_pmd(*pmd) ? OWN_HUGE : OWN_NOT;
		spin_unlock(ptl);
		return run_add(run, addr, end, own, NULL);
	}
	start = pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
	if (!start) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	/* While the lock is held the page stays where it is. */
	for (pte = start; addr != end && !done; pte++, addr += PAGE_SIZE) {
		own = own_pte(vma, addr, ptep_get(pte), &page);
		done = run_add(run, addr, addr + PAGE_SIZE, own, page);
	}
	pte_unmap_unlock(start, ptl);
	cond_resched();
	return done;
}

static int walk_hugetlb(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long end,
			struct mm_walk *walk)
{
	bool own = ckpt_own_huge_page(walk->vma, addr & hmask, pte);

	return run_add(walk->private, addr, end, own ? OWN_HUGE : OWN_NOT, NULL);
}

static const struct mm_walk_ops walk_ops = {
	.pmd_entry = walk_pmd,
	.hugetlb_entry = walk_hugetlb,
	.walk_lock = PGWALK_RDLOCK,
};

/**
 * ckpt_next_pages - the next pages of a program's own in an area
 * @vma: the area, of a snapshot, whose mmap_lock is held
 * @from: where to begin, within the area; out: behind the pages
 * @pages: out: each with a reference; room for CKPT_RUN_PAGES
 * @addr: out: address of the first
 * @huge: out: they are of one huge page that is mapped as a whole
 *
 * The pages follow each other.  Holes are not touched, what is swapped is read in.
 *
 * Context: may sleep, killable.
 * Return: number of pages, 0 if there are none, negative errno
 */
long ckpt_next_pages(struct vm_area_struct *vma, unsigned long *from, struct page **pages,
		     unsigned long *addr, bool *huge)
{
	struct run run = { .pages = pages };
	long nr;
	int err;

	*addr = *from;
	if (*from >= vma->vm_end)
		return 0;
	err = walk_page_range(vma->vm_mm, *from, vma->vm_end, &walk_ops, &run);
	nr = (run.end - run.start) >> PAGE_SHIFT;
	if (err < 0) {
		if (run.own == OWN_PRESENT)
			release_pages(pages, nr);
		return err;
	}
	if (!nr) {
		*from = vma->vm_end;
		return 0;
	}
	*addr = run.start;
	*huge = run.own == OWN_HUGE;
	/* FOLL_FORCE: also where the program may not read */
	if (run.own != OWN_PRESENT)
		nr = get_user_pages_remote(vma->vm_mm, run.start, nr, FOLL_FORCE, pages, NULL);
	if (nr > 0)
		*from = run.start + nr * PAGE_SIZE;
	return nr ?: -EFAULT;
}
