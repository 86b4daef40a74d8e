// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: huge pages where huge pages were.
 */
#include <linux/khugepaged.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/rmap.h>
#include <linux/swap.h>
#include <asm/pgalloc.h>
#include "mm.h"

/* Where nothing is yet and a page fault would get a huge page; mmap_lock is held. */
static bool may_be_huge(struct vm_area_struct *vma, unsigned long addr)
{
	pmd_t *pmd;

	if (!vma || !vma_is_anonymous(vma) ||
	    !thp_vma_suitable_order(vma, addr, HPAGE_PMD_ORDER) ||
	    !thp_vma_allowable_order(vma, vma->vm_flags, TVA_IN_PF | TVA_ENFORCE_SYSFS,
				     HPAGE_PMD_ORDER))
		return false;
	pmd = ckpt_alloc_pmd(vma->vm_mm, addr);
	return pmd && pmd_none(pmdp_get_lockless(pmd));
}

/**
 * ckpt_alloc_huge - allocate a huge page, its contents undefined
 * @mm: the address space that it is for
 * @addr: its address there
 *
 * Context: may sleep; takes mmap_lock for reading.
 * Return: the page, charged, or NULL: small ones will do
 */
struct folio *ckpt_alloc_huge(struct mm_struct *mm, unsigned long addr)
{
	struct folio *folio = NULL;
	struct vm_area_struct *vma;
	gfp_t gfp = 0;

	if (mmap_read_lock_killable(mm))
		return NULL;
	vma = vma_lookup(mm, addr);
	if (may_be_huge(vma, addr)) {
		gfp = vma_thp_gfp_mask(vma);
		folio = vma_alloc_folio(gfp, HPAGE_PMD_ORDER, vma, addr, true);
	}
	mmap_read_unlock(mm);
	if (folio && mem_cgroup_charge(folio, mm, gfp)) {
		folio_put(folio);
		return NULL;
	}
	if (folio)
		folio_throttle_swaprate(folio, gfp);
	return folio;
}

static void set_huge(struct vm_area_struct *vma, unsigned long addr, pmd_t *pmd,
		     struct folio *folio, pgtable_t table)
{
	pmd_t entry = pmd_mkdirty(mk_huge_pmd(&folio->page, vma->vm_page_prot));

	if (vma->vm_flags & VM_WRITE)
		entry = pmd_mkwrite(entry, vma);
	folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, vma);
	pgtable_trans_huge_deposit(vma->vm_mm, pmd, table);
	set_pmd_at(vma->vm_mm, addr, pmd, entry);
	update_mmu_cache_pmd(vma, addr, pmd);
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, HPAGE_PMD_NR);
	mm_inc_nr_ptes(vma->vm_mm);
	deferred_split_folio(folio, false);
}

/**
 * ckpt_install_huge - install a huge page
 * @vma: an area of private anonymous memory, its mmap_lock is held and it has an anon_vma
 * @page: the page, from ckpt_alloc_huge(); ->folio is NULL when it is installed
 *
 * Return: 0, or negative errno: -EFAULT if its place is not free any more
 */
int ckpt_install_huge(struct vm_area_struct *vma, struct ckpt_new_page *page)
{
	struct mm_struct *mm = vma->vm_mm;
	pmd_t *pmd = ckpt_alloc_pmd(mm, page->address);
	spinlock_t *ptl;	/* of the page middle directory */
	pgtable_t table;
	int err = 0;

	mmap_assert_locked(mm);
	table = pmd ? pte_alloc_one(mm) : NULL;
	if (!table)
		return -ENOMEM;
	khugepaged_enter_vma(vma, vma->vm_flags);
	ptl = pmd_lock(mm, pmd);
	if (!pmd_none(*pmd) || !thp_vma_suitable_order(vma, page->address, HPAGE_PMD_ORDER) ||
	    check_stable_address_space(mm)) {
		pte_free(mm, table);
		err = -EFAULT;
	} else {
		set_huge(vma, page->address, pmd, page->folio, table);
		page->folio = NULL;
	}
	spin_unlock(ptl);
	return err;
}
