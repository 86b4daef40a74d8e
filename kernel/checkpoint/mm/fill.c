// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: page chunks of an image become the memory of the tasks
 * being made.
 *
 * New pages are allocated as the image has them, small ones and whole huge ones,
 * the data are read straight into them, and they are installed: nothing is
 * zeroed first, and no page comes into being that was not there.  The areas have
 * their final protection.  Where a page is already, that of locked memory above
 * all, it is written to as a debugger would (FOLL_FORCE).
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/rmap.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include "mm.h"

#define CHUNK_PAGES	(CKPT_CHUNK_BYTES / PAGE_SIZE)

/* The pages of a chunk that are not installed yet */
struct batch {
	struct ckpt_ctx *ctx;
	struct mm_struct *mm;
	struct ckpt_page_data *data;
	unsigned int nr_new;
	unsigned int nr_bvecs;
	unsigned int nr_spare;
	unsigned int next_spare;
	unsigned int huge_done;	/* of the last page, if it is huge: small ones dealt with */
	u64 small_until;	/* no huge page could be had below */
	bool hugetlb;		/* the areas are of hugetlbfs */
	struct page *spare[CHUNK_PAGES];
	struct ckpt_new_page new[CHUNK_PAGES];
	struct bio_vec bvecs[CHUNK_PAGES];
};

/* -- where data may go ------------------------------------------------------- */

/* May page data be put into this area?  mmap_lock is held. */
static int check_area(struct batch *b, struct vm_area_struct *vma, u64 addr)
{
	b->ctx->at.address = addr;
	if (!vma)
		return ckpt_fail(b->ctx, -EINVAL,
				 "page data for %llx, where nothing is mapped", addr);
	if (!is_cow_mapping(vma->vm_flags) || is_vm_hugetlb_page(vma) != b->hugetlb ||
	    vma->vm_flags & (VM_MAYSHARE | VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_DROPPABLE) ||
	    (!vma_is_anonymous(vma) && !vma->vm_file) || ckpt_arch_is_vdso(vma, NULL))
		return ckpt_fail(b->ctx, -EINVAL, "page data for %llx, which is not private memory",
				 addr);
	/* It is the restarter's denial: the program's own is restored later. */
	if (vma->vm_flags & VM_EXEC && test_bit(MMF_HAS_MDWE, &b->mm->flags))
		return ckpt_fail(b->ctx, -EACCES,
				 "page data for %llx, which is executable: the restarter denies itself memory that is written and executed",
				 addr);
	return 0;
}

/* As for a private mapping of that file that is written and executed */
static int check_exec(struct batch *b, struct file *file, u64 addr)
{
	int err = security_mmap_file(file, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);

	if (err)
		ckpt_fail(b->ctx, err,
			  "page data for %llx, an executable mapping of %pD that may not be written",
			  addr, file);
	return err;
}

/* LSMs look at executable mappings of files that are written to; they take other locks. */
static int check_extent(struct batch *b, const struct ckpt_rec_extent *extent)
{
	u64 addr = extent->address, end = addr + extent->pages * PAGE_SIZE;
	struct vm_area_struct *vma;
	struct file *exec_file;
	int err = 0;
	u64 next;

	for (; addr < end && !err; addr = next) {
		exec_file = NULL;
		if (mmap_read_lock_killable(b->mm))
			return ckpt_fail_killed(b->ctx);
		vma = vma_lookup(b->mm, addr);
		err = check_area(b, vma, addr);
		next = err ? end : vma->vm_end;
		if (!err && vma->vm_file && vma->vm_flags & VM_EXEC)
			exec_file = get_file(vma->vm_file);
		mmap_read_unlock(b->mm);
		if (exec_file) {
			err = check_exec(b, exec_file, addr);
			fput(exec_file);
		}
	}
	return err;
}

/* -- new pages --------------------------------------------------------------- */

/* Data for @pages pages from @page on: what lies together is read and summed together. */
static void add_bvecs(struct batch *b, struct page *page, unsigned long pages)
{
	struct bio_vec *last = b->nr_bvecs ? &b->bvecs[b->nr_bvecs - 1] : NULL;

	for (; pages; pages--, page++) {
		if (last && last->bv_page + (last->bv_len >> PAGE_SHIFT) == page &&
		    last->bv_len < CKPT_BVEC_BYTES) {
			last->bv_len += PAGE_SIZE;
			continue;
		}
		last = &b->bvecs[b->nr_bvecs++];
		bvec_set_page(last, page, PAGE_SIZE, 0);
	}
}

/* What the chunk leaves out of a huge page, up to the small page @next of it, is zero. */
static void zero_huge(struct batch *b, unsigned int next)
{
	struct folio *folio = b->nr_new ? b->new[b->nr_new - 1].folio : NULL;

	if (!folio || !folio_test_large(folio))
		return;
	for (; b->huge_done < next; b->huge_done++)
		clear_highpage(folio_page(folio, b->huge_done));
}

static void add_new(struct batch *b, u64 addr, struct folio *folio)
{
	zero_huge(b, PTRS_PER_PTE);
	b->new[b->nr_new++] = (struct ckpt_new_page) { .address = addr, .folio = folio };
	b->huge_done = 0;
}

/* Is there a huge page for @addr now? */
static bool have_huge(struct batch *b, u64 addr)
{
	u64 huge = addr & PMD_MASK;
	struct ckpt_new_page *last = b->nr_new ? &b->new[b->nr_new - 1] : NULL;
	struct folio *folio;

	if (last && last->address == huge && folio_test_large(last->folio))
		return true;
	if (addr < b->small_until || (last && last->address >= huge))
		return false;
	folio = ckpt_alloc_huge(b->mm, huge);
	if (folio)
		add_new(b, huge, folio);
	else
		b->small_until = huge + PMD_SIZE;
	return folio;
}

static void add_to_huge(struct batch *b, u64 addr, unsigned long pages)
{
	unsigned int first = (addr & ~PMD_MASK) >> PAGE_SHIFT;

	zero_huge(b, first);
	add_bvecs(b, folio_page(b->new[b->nr_new - 1].folio, first), pages);
	b->huge_done = first + pages;
}

/* As many as are asked for, or as can be had at once: neighbours come together. */
static int refill(struct batch *b, unsigned long pages)
{
	b->next_spare = 0;
	memset(b->spare, 0, pages * sizeof(b->spare[0]));
	if (IS_ENABLED(CONFIG_NUMA))
		b->nr_spare = alloc_pages_bulk_array_mempolicy(GFP_HIGHUSER_MOVABLE, pages,
							       b->spare);
	else
		b->nr_spare = alloc_pages_bulk_array(GFP_HIGHUSER_MOVABLE, pages, b->spare);
	return b->nr_spare ? 0 : -ENOMEM;
}

static int add_small(struct batch *b, u64 addr, unsigned long wanted)
{
	struct folio *folio;
	int err = 0;

	if (b->next_spare == b->nr_spare)
		err = refill(b, wanted);
	if (!err) {
		folio = page_folio(b->spare[b->next_spare]);
		err = mem_cgroup_charge(folio, b->mm, GFP_KERNEL);
	}
	if (err)
		return ckpt_fail(b->ctx, err, "no memory for the page at %llx", addr);
	folio_throttle_swaprate(folio, GFP_KERNEL);
	b->next_spare++;
	add_new(b, addr, folio);
	add_bvecs(b, &folio->page, 1);
	return 0;
}

static int add_extent(struct batch *b, const struct ckpt_rec_extent *extent)
{
	u64 addr = extent->address, end = addr + extent->pages * PAGE_SIZE, next;
	int err = 0;

	for (; addr < end && !err; addr = next) {
		if (extent->flags & CKPT_EXTENT_HUGE && have_huge(b, addr)) {
			next = min(end, (addr & PMD_MASK) + PMD_SIZE);
			add_to_huge(b, addr, (next - addr) >> PAGE_SHIFT);
		} else {
			next = addr + PAGE_SIZE;
			err = add_small(b, addr, (end - addr) >> PAGE_SHIFT);
		}
		cond_resched();
	}
	return err;
}

/* -- installing -------------------------------------------------------------- */

/* Something is there already.  mmap_lock is held. */
static int overwrite(struct batch *b, struct ckpt_new_page *new)
{
	struct page *page;
	long nr;

	nr = pin_user_pages_remote(b->mm, new->address, 1, FOLL_WRITE | FOLL_FORCE, &page, NULL);
	if (nr <= 0)
		return nr ?: -EFAULT;
	copy_highpage(page, &new->folio->page);
	unpin_user_pages_dirty_lock(&page, 1, true);
	folio_put(new->folio);
	new->folio = NULL;
	return 1;
}

/* Return: how many pages of the batch were installed at once, or negative errno */
static long install_some(struct batch *b, struct vm_area_struct *vma, struct ckpt_new_page *new,
			 unsigned int nr)
{
	long done;

	if (anon_vma_prepare(vma))
		return -ENOMEM;
	if (folio_test_large(new->folio))
		return ckpt_install_huge(vma, new) ?: 1;
	done = ckpt_install_small(vma, new, nr);
	return done == -EEXIST ? overwrite(b, new) : done;
}

static int install(struct batch *b)
{
	struct vm_area_struct *vma;
	unsigned int i;
	long done = 0;
	u64 addr;

	/* What a page contains is there before it can be seen. */
	for (i = 0; i < b->nr_new; i++)
		__folio_mark_uptodate(b->new[i].folio);
	if (mmap_read_lock_killable(b->mm))
		return ckpt_fail_killed(b->ctx);
	for (i = 0; i < b->nr_new && done >= 0; i += done) {
		addr = b->new[i].address;
		vma = vma_lookup(b->mm, addr);
		done = check_area(b, vma, addr);
		if (done < 0)
			break;
		done = install_some(b, vma, &b->new[i], b->nr_new - i);
		if (done < 0)
			ckpt_fail(b->ctx, done, "memory at %llx cannot be filled", addr);
		cond_resched();
	}
	mmap_read_unlock(b->mm);
	return min(done, 0L);
}

/* -- a chunk ----------------------------------------------------------------- */

static void release(struct batch *b)
{
	unsigned int i;

	for (i = 0; i < b->nr_new; i++)
		if (b->new[i].folio)
			folio_put(b->new[i].folio);
	release_pages(b->spare + b->next_spare, b->nr_spare - b->next_spare);
	kvfree(b);
}

static int fill(struct batch *b, const struct ckpt_rec_extent *extents, u32 count)
{
	int err = 0;
	u32 i;

	for (i = 0; i < count && !err; i++)
		err = check_extent(b, &extents[i]);
	if (!err && b->hugetlb)
		return ckpt_fill_huge_areas(b->ctx, b->mm, b->data, extents, count);
	for (i = 0; i < count && !err; i++)
		err = add_extent(b, &extents[i]);
	zero_huge(b, PTRS_PER_PTE);
	if (!err)
		err = ckpt_read_page_data(b->data, b->bvecs, b->nr_bvecs);
	return err ?: install(b);
}

/* A chunk is of areas of one sort. */
static bool begins_in_hugetlb(struct mm_struct *mm, const struct ckpt_rec_extent *extents)
{
	struct vm_area_struct *vma;
	bool ret;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, extents->address);
	ret = vma && is_vm_hugetlb_page(vma);
	mmap_read_unlock(mm);
	return ret;
}

/* A chunk has no more pages than a batch has room for. */
static int fill_mm(struct ckpt_ctx *ctx, void *object, struct ckpt_page_data *data,
		   const struct ckpt_rec_extent *extents, u32 count)
{
	struct batch *b;
	int err;

	b = kvmalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return ckpt_fail(ctx, -ENOMEM, "no memory to read pages");
	b->ctx = ctx;
	b->mm = object;
	b->data = data;
	b->nr_new = 0;
	b->nr_bvecs = 0;
	b->nr_spare = 0;
	b->next_spare = 0;
	b->huge_done = 0;
	b->small_until = 0;
	b->hugetlb = begins_in_hugetlb(b->mm, extents);
	err = fill(b, extents, count);
	release(b);
	return err;
}

static u64 mm_limit(void)
{
	return TASK_SIZE_MAX;
}

const struct ckpt_page_sink ckpt_mm_sink = {
	.limit	= mm_limit,
	.fill	= fill_mm,
};
