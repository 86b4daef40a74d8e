// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: private areas of huge pages (hugetlbfs): which pages are a program's
 * own, and how they get their places in the page tables again.
 */
#include <linux/file.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/swapops.h>
#include "mm.h"

/**
 * DOC: memory of huge pages
 *
 * Memory of hugetlbfs, private or in common: mmap(2) with MAP_HUGETLB, memfd_create(2) with
 * MFD_HUGETLB, shmget(2) with SHM_HUGETLB, deleted files of a mounted hugetlbfs. Files there
 * that have a name stay where they are, like all files.
 *
 * Preserved: contents and holes, the size of the pages, what a private mapping has changed,
 * whether pages are set aside for an area or a segment (MAP_NORESERVE, fork(2)).
 *
 * Rebuilt: the pages come from the restarter's pool and count in its control group.  Pages that
 * processes shared copy-on-write come once for each of them; where this machine has not as
 * many, the survey says so.
 *
 * Refused: areas that reach beyond the end of their file, which was cut off.  restart() needs as
 * many free huge pages of that size as the image has and sets aside, also where a System V segment
 * is still there with its own.
 *
 * Immaterial: pages of a file that are set aside for parts of it that nobody maps any more.
 */

/* -- save ------------------------------------------------------------------------------ */

/**
 * ckpt_owns_reserve - are the missing pages of an area set aside for it?
 * @vma: an area, its mmap_lock is held
 *
 * Pages of memory in common are set aside for that as a whole.
 *
 * Return: true if it is private, of huge pages, and was not made by fork(2) or with
 * MAP_NORESERVE
 */
bool ckpt_owns_reserve(struct vm_area_struct *vma)
{
	mmap_assert_locked(vma->vm_mm);
	return is_vm_hugetlb_page(vma) && __vma_private_lock(vma);
}

/* As own_pte() of find_pages.c */
static bool own_huge_pte(pte_t pte)
{
	if (huge_pte_none(pte))
		return false;
	if (pte_present(pte))
		return folio_test_anon(page_folio(pte_page(pte)));
	return ckpt_own_entry(pte_to_swp_entry(pte));
}

/**
 * ckpt_own_huge_page - is a huge page the program's own?
 * @vma: an area of hugetlbfs
 * @addr: where the page begins
 * @pte: its entry
 *
 * Return: true if it is, false if it is a file's or none is there
 */
bool ckpt_own_huge_page(struct vm_area_struct *vma, unsigned long addr, pte_t *pte)
{
	spinlock_t *ptl = huge_pte_lock(hstate_vma(vma), vma->vm_mm, pte);
	bool own = own_huge_pte(huge_ptep_get(vma->vm_mm, addr, pte));

	spin_unlock(ptl);
	return own;
}

/**
 * struct huge_areas - the private memory of huge pages of an address space
 * @source: the interface to the writing of page chunks
 * @mm: the address space, with a reference
 */
struct huge_areas {
	struct ckpt_page_source source;
	struct mm_struct *mm;
};

static bool is_taken(const struct vm_area_struct *vma)
{
	return is_vm_hugetlb_page((struct vm_area_struct *)vma) && vma->anon_vma &&
	       !(vma->vm_flags & VM_MAYSHARE);
}

static long next_pages(struct mm_struct *mm, unsigned long *from, struct ckpt_page_run *run,
		       unsigned long *addr)
{
	VMA_ITERATOR(vmi, mm, *from);
	struct vm_area_struct *vma;
	long nr;
	bool huge;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma) {
		if (!is_taken(vma))
			continue;
		*from = max(*from, vma->vm_start);
		nr = ckpt_next_pages(vma, from, run->pages, addr, &huge);
		if (nr)
			return nr;
	}
	return 0;
}

/* A page of zeros takes its place from the pool, and may lie over a file. */
static int areas_next(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *from,
		      struct ckpt_page_run *run)
{
	struct huge_areas *areas = container_of(source, struct huge_areas, source);
	unsigned long at = *from, addr = *from;
	long nr;
	int err;

	run->nr = 0;
	run->flags = CKPT_EXTENT_HUGE;
	run->keep_zeros = true;
	err = ckpt_read_lock_mm(ctx, areas->mm);
	if (err)
		return err;
	nr = next_pages(areas->mm, &at, run, &addr);
	mmap_read_unlock(areas->mm);
	ctx->at.address = addr;
	if (nr == -EINTR)
		return ckpt_fail_killed(ctx);
	if (nr < 0)
		return ckpt_fail(ctx, nr, "memory at %lx cannot be read", addr);
	*from = at;
	run->address = addr;
	run->nr = nr;
	return 0;
}

static void areas_free(struct ckpt_page_source *source)
{
	struct huge_areas *areas = container_of(source, struct huge_areas, source);

	list_del(&source->node);
	mmput(areas->mm);
	kfree(areas);
}

static const struct ckpt_page_source_ops areas_ops = {
	.next	= areas_next,
	.free	= areas_free,
};

static bool has_areas(struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma)
		if (is_taken(vma))
			return true;
	return false;
}

/**
 * ckpt_save_huge_areas - save: huge pages of private areas are to be written
 * @ctx: the call; the tree is frozen
 * @mm: an address space
 * @id: its object id
 *
 * They cannot be linked copy-on-write as other memory: when its owner writes to one and the
 * pool is empty, the copy loses it.
 *
 * Context: may sleep; takes mmap_lock.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_huge_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id)
{
	struct huge_areas *areas;
	bool found;
	int err = ckpt_read_lock_mm(ctx, mm);

	if (err)
		return err;
	found = has_areas(mm);
	mmap_read_unlock(mm);
	if (!found)
		return 0;
	areas = kzalloc(sizeof(*areas), GFP_KERNEL_ACCOUNT);
	if (!areas)
		return ckpt_fail(ctx, -ENOMEM, "no memory to save huge pages");
	mmget(mm);
	areas->mm = mm;
	areas->source.object = id;
	areas->source.live = true;
	areas->source.ops = &areas_ops;
	list_add_tail(&areas->source.node, &ctx->save->page_sources);
	return 0;
}

/* -- restore --------------------------------------------------------------------------- */

static pte_t new_entry(struct vm_area_struct *vma, struct folio *folio)
{
	pte_t entry = huge_pte_mkdirty(mk_huge_pte(&folio->page, vma->vm_page_prot));

	entry = vma->vm_flags & VM_WRITE ? huge_pte_mkwrite(entry) : huge_pte_wrprotect(entry);
	return arch_make_huge_pte(pte_mkyoung(entry), huge_page_shift(hstate_vma(vma)),
				  vma->vm_flags);
}

/* truncate(2) looks for pages after it has changed the size, under the same lock. */
static bool is_behind_file(struct vm_area_struct *vma, unsigned long addr)
{
	return linear_page_index(vma, addr) >=
	       i_size_read(file_inode(vma->vm_file)) >> PAGE_SHIFT;
}

/* As hugetlb_mfill_atomic_pte().  The page table gets a reference, the caller keeps one. */
static int install(struct vm_area_struct *vma, unsigned long addr, pte_t *pte,
		   struct folio *folio)
{
	struct hstate *h = hstate_vma(vma);
	struct mm_struct *mm = vma->vm_mm;
	spinlock_t *ptl = huge_pte_lock(h, mm, pte);	/* of the page table */

	if (!huge_pte_none(huge_ptep_get(mm, addr, pte)) || is_behind_file(vma, addr)) {
		spin_unlock(ptl);
		return -EFAULT;
	}
	folio_get(folio);
	hugetlb_add_new_anon_rmap(folio, vma, addr);
	set_huge_pte_at(mm, addr, pte, new_entry(vma, folio), huge_page_size(h));
	hugetlb_count_add(pages_per_huge_page(h), mm);
	update_mmu_cache(vma, addr, pte);
	folio_set_hugetlb_migratable(folio);
	spin_unlock(ptl);
	return 0;
}

static struct folio *new_page(struct vm_area_struct *vma, unsigned long addr, pte_t *pte)
{
	struct folio *folio;
	int err;

	if (anon_vma_prepare(vma))
		return ERR_PTR(-ENOMEM);
	folio = alloc_hugetlb_folio(vma, addr, false);
	if (IS_ERR(folio))
		return folio;
	folio_zero_user(folio, addr);
	__folio_mark_uptodate(folio);
	err = install(vma, addr, pte, folio);
	if (err) {
		restore_reserve_on_error(hstate_vma(vma), vma, addr, folio);
		folio_put(folio);
		return ERR_PTR(err);
	}
	return folio;
}

/* What an earlier chunk has put there */
static struct folio *find_page(struct vm_area_struct *vma, unsigned long addr, pte_t *pte)
{
	spinlock_t *ptl = huge_pte_lock(hstate_vma(vma), vma->vm_mm, pte);
	pte_t entry = huge_ptep_get(vma->vm_mm, addr, pte);
	struct folio *folio = NULL;

	if (!huge_pte_none(entry))
		folio = ERR_PTR(-EFAULT);
	if (pte_present(entry) && folio_test_anon(page_folio(pte_page(entry)))) {
		folio = page_folio(pte_page(entry));
		folio_get(folio);
	}
	spin_unlock(ptl);
	return folio;
}

/* The huge page at @addr, with a reference.  No task runs that could have put one there. */
static struct folio *get_page_at(struct vm_area_struct *vma, unsigned long addr)
{
	struct folio *folio;
	pte_t *pte;

	mmap_assert_locked(vma->vm_mm);
	pte = huge_pte_alloc(vma->vm_mm, vma, addr, huge_page_size(hstate_vma(vma)));
	if (!pte)
		return ERR_PTR(-ENOMEM);
	folio = find_page(vma, addr, pte);
	return folio ?: new_page(vma, addr, pte);
}

/* Return: the bytes of a huge page, 0 if @at is in no private area of such */
static unsigned long get_part(struct mm_struct *mm, u64 at, u64 end, struct ckpt_huge_part *part)
{
	struct vm_area_struct *vma = vma_lookup(mm, at);
	struct hstate *h;

	if (!vma || !is_vm_hugetlb_page(vma) || vma->vm_flags & VM_MAYSHARE)
		return 0;
	h = hstate_vma(vma);
	part->first = (at & ~huge_page_mask(h)) >> PAGE_SHIFT;
	part->nr = min((end - at) >> PAGE_SHIFT, pages_per_huge_page(h) - part->first);
	part->folio = get_page_at(vma, at & huge_page_mask(h));
	return huge_page_size(h);
}

static int fill_extent(struct ckpt_ctx *ctx, struct mm_struct *mm, struct ckpt_page_data *data,
		       const struct ckpt_rec_extent *extent)
{
	u64 at = extent->address, end = at + extent->pages * PAGE_SIZE;
	struct ckpt_huge_part part = {};
	unsigned long bytes;
	int err = 0;

	for (; at < end && !err; at += part.nr * PAGE_SIZE) {
		ctx->at.address = at;
		if (mmap_read_lock_killable(mm))
			return ckpt_fail_killed(ctx);
		bytes = get_part(mm, at, end, &part);
		mmap_read_unlock(mm);
		if (!bytes)
			return ckpt_fail(ctx, -EINVAL, "page data for %llx, which is not private memory of huge pages",
					 at);
		if (IS_ERR(part.folio))
			return PTR_ERR(part.folio) == -EFAULT ?
			       ckpt_fail(ctx, -EFAULT, "memory at %llx cannot be filled", at) :
			       ckpt_huge_failed(ctx, PTR_ERR(part.folio), bytes);
		err = ckpt_huge_read(data, &part);
		folio_put(part.folio);
	}
	return err;
}

/**
 * ckpt_fill_huge_areas - restore: page data become huge pages of private areas
 * @ctx: the call
 * @mm: the address space
 * @data: the data
 * @extents: where they go; private memory that may be written to
 * @count: how many extents
 *
 * Context: may sleep, killable; takes mmap_lock for reading.
 * Return: 0 or negative errno (reported)
 */
int ckpt_fill_huge_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, struct ckpt_page_data *data,
			 const struct ckpt_rec_extent *extents, u32 count)
{
	int err = 0;
	u32 i;

	for (i = 0; i < count && !err; i++)
		err = fill_extent(ctx, mm, data, &extents[i]);
	return err;
}
