// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: looking at the page tables of memory that a userfaultfd watches.  Compiled
 * into fs/userfaultfd.c, for userfaultfd_pages.c.
 *
 * Nothing is touched: a fault here would be reported.
 */
#include <linux/pagewalk.h>

/* Runs that are found at once, so many of a record */
#define UFFD_RUNS	4096
#define UFFD_PAGE_FLAGS	(CKPT_UFFD_PAGE_MAPPED | CKPT_UFFD_PAGE_WP)

/**
 * struct found - runs of pages of an area
 * @next: where to look on
 * @mapped: that something is there matters by itself
 * @poisoned: there are pages of UFFDIO_POISON
 * @uffd: the userfaultfd that was last looked for
 * @file: its file, see file_of()
 * @nr: how many runs
 * @runs: the runs
 */
struct found {
	unsigned long next;
	bool mapped;
	bool poisoned;
	const struct userfaultfd_ctx *uffd;
	struct file *file;
	u32 nr;
	struct ckpt_rec_userfaultfd_run runs[UFFD_RUNS];
};

static bool continues(const struct ckpt_rec_userfaultfd_run *last, unsigned long addr, u64 pages,
		      u32 flags)
{
	return last->flags == flags && last->address + (u64)last->pages * PAGE_SIZE == addr &&
	       last->pages + pages <= U32_MAX;
}

/* Return: 1 if there is no room for it, else 0 */
static int add_pages(struct found *found, unsigned long addr, unsigned long end, u32 flags)
{
	struct ckpt_rec_userfaultfd_run *last = found->nr ? &found->runs[found->nr - 1] : NULL;
	u64 pages = (end - addr) >> PAGE_SHIFT;

	if (flags == CKPT_UFFD_PAGE_MAPPED && !found->mapped)
		flags = 0;
	if (flags && last && continues(last, addr, pages, flags)) {
		last->pages += pages;
	} else if (flags) {
		if (found->nr == UFFD_RUNS)
			return 1;
		found->runs[found->nr++] = (struct ckpt_rec_userfaultfd_run) {
			.address = addr, .pages = pages, .flags = flags,
		};
	}
	found->next = end;
	return 0;
}

static u32 state_of_pmd(pmd_t pmd)
{
	bool wp = pmd_present(pmd) ? pmd_uffd_wp(pmd) : pmd_swp_uffd_wp(pmd);

	return CKPT_UFFD_PAGE_MAPPED | (wp ? CKPT_UFFD_PAGE_WP : 0);
}

static u32 state_of_pte(struct found *found, pte_t pte)
{
	if (pte_none(pte))
		return 0;
	if (pte_present(pte))
		return CKPT_UFFD_PAGE_MAPPED | (pte_uffd_wp(pte) ? CKPT_UFFD_PAGE_WP : 0);
	if (is_pte_marker(pte)) {
		found->poisoned |= is_poisoned_swp_entry(pte_to_swp_entry(pte));
		return pte_marker_uffd_wp(pte) ? CKPT_UFFD_PAGE_WP : 0;
	}
	/* Swapped, or just being moved */
	return CKPT_UFFD_PAGE_MAPPED | (pte_swp_uffd_wp(pte) ? CKPT_UFFD_PAGE_WP : 0);
}

static int walk_pmd(pmd_t *pmd, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	struct found *found = walk->private;
	pte_t *start, *pte;
	spinlock_t *ptl;	/* of the page table */
	int full = 0;

	ptl = pmd_trans_huge_lock(pmd, walk->vma);
	if (ptl) {
		full = add_pages(found, addr, end, state_of_pmd(*pmd));
		spin_unlock(ptl);
		return full;
	}
	start = pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
	if (!start) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (pte = start; addr != end && !full; pte++, addr += PAGE_SIZE)
		full = add_pages(found, addr, addr + PAGE_SIZE,
				 state_of_pte(found, ptep_get(pte)));
	pte_unmap_unlock(start, ptl);
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : full;
}

static const struct mm_walk_ops walk_ops = {
	.pmd_entry = walk_pmd,
	.walk_lock = PGWALK_RDLOCK,
};

/*
 * Look on from @found->next, unless the caller is being killed.  Return: true if there may be
 * more in front of @end
 */
static bool find_runs(struct vm_area_struct *vma, unsigned long end, struct found *found)
{
	mmap_assert_locked(vma->vm_mm);
	found->nr = 0;
	return walk_page_range(vma->vm_mm, found->next, end, &walk_ops, found) > 0;
}
