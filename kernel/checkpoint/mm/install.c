// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: new pages get their places in the page tables, as
 * userfaultfd(2) and a page fault put them there, but with their contents.
 */
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/swap.h>
#include "mm.h"

/**
 * ckpt_alloc_pmd - the way down to a page middle directory
 * @mm: the address space, its mmap_lock is held
 * @addr: an address in it
 *
 * Return: the entry for @addr, or NULL if there is no memory
 */
pmd_t *ckpt_alloc_pmd(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d = p4d_alloc(mm, pgd, addr);
	pud_t *pud = p4d ? pud_alloc(mm, p4d, addr) : NULL;

	return pud ? pmd_alloc(mm, pud, addr) : NULL;
}

/* truncate(2) looks for pages after it has changed the size, under the same lock. */
static bool is_behind_file(struct vm_area_struct *vma, unsigned long addr)
{
	if (!vma->vm_file)
		return false;
	return linear_page_index(vma, addr) >=
	       DIV_ROUND_UP(i_size_read(file_inode(vma->vm_file)), PAGE_SIZE);
}

/* The lock of the page table is held; the page table gets the reference. */
static void set_small(struct vm_area_struct *vma, unsigned long addr, pte_t *pte,
		      struct folio *folio)
{
	pte_t entry = pte_mkdirty(mk_pte(&folio->page, vma->vm_page_prot));

	if (vma->vm_flags & VM_WRITE)
		entry = pte_mkwrite(entry, vma);
	folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, vma);
	inc_mm_counter(vma->vm_mm, MM_ANONPAGES);
	set_pte_at(vma->vm_mm, addr, pte, entry);
	update_mmu_cache(vma, addr, pte);
}

static int install_small(struct vm_area_struct *vma, pte_t *pte, struct ckpt_new_page *page)
{
	int err = check_stable_address_space(vma->vm_mm) ? -EFAULT : 0;

	if (!err && is_behind_file(vma, page->address))
		err = -EFAULT;
	if (!err && !pte_none(ptep_get(pte)))
		err = -EEXIST;
	if (err)
		return err;
	set_small(vma, page->address, pte, page->folio);
	page->folio = NULL;
	return 0;
}

/**
 * ckpt_install_small - install small pages that one page table has room for
 * @vma: an area of private memory, its mmap_lock is held and it has an anon_vma
 * @pages: the pages, ascending; ->folio is NULL for those that were installed
 * @nr: how many there are; the first is in @vma
 *
 * Return: number of pages installed; negative errno if it is none: -EEXIST if something
 * is at the place of the first, -EFAULT if there is no such place
 */
long ckpt_install_small(struct vm_area_struct *vma, struct ckpt_new_page *pages,
			unsigned int nr)
{
	unsigned long addr = pages->address;
	unsigned long end = min(pmd_addr_end(addr, vma->vm_end), vma->vm_end);
	pmd_t *pmd = ckpt_alloc_pmd(vma->vm_mm, addr);
	spinlock_t *ptl;	/* of the page table */
	long done = 0;
	pte_t *start;
	int err = 0;

	mmap_assert_locked(vma->vm_mm);
	if (!pmd || pte_alloc(vma->vm_mm, pmd))
		return -ENOMEM;
	start = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!start)
		return -EEXIST;
	while (done < nr && pages[done].address < end && !folio_test_large(pages[done].folio)) {
		err = install_small(vma, start + ((pages[done].address - addr) >> PAGE_SHIFT),
				    &pages[done]);
		if (err)
			break;
		done++;
	}
	pte_unmap_unlock(start, ptl);
	return done ?: err;
}
