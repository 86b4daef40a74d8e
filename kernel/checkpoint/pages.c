// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: page chunks of an image are read straight into the memory
 * of the tasks being made.
 *
 * The areas have their final protection.  Pages are installed as a debugger
 * writes them (FOLL_FORCE): in private areas only, where the page written to is
 * the program's own.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "mm/mm.h"

#define BATCH_PAGES	512
#define SUM_STEP	(64UL << 10)	/* bytes without a chance for others */

/* A number of pages being installed */
struct batch {
	struct ckpt_ctx *ctx;
	struct mm_struct *mm;
	u32 crc;
	struct page *pages[BATCH_PAGES];
	struct bio_vec bvecs[BATCH_PAGES];
};

/* May page data be put into this area?  mmap_lock is held. */
static int check_area(struct batch *b, struct vm_area_struct *vma, u64 addr)
{
	b->ctx->at.address = addr;
	if (!vma)
		return ckpt_fail(b->ctx, -EINVAL,
				 "page data for %llx, where nothing is mapped", addr);
	if (!is_cow_mapping(vma->vm_flags) ||
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

/*
 * Pin pages of one area at @addr, at most up to @end.  Executable mappings of a
 * file are told in @exec_file: LSMs look at those that are written to.
 */
static long pin_batch(struct batch *b, u64 addr, u64 end, struct file **exec_file)
{
	struct vm_area_struct *vma;
	int locked = 1;
	long nr;

	*exec_file = NULL;
	if (mmap_read_lock_killable(b->mm))
		return ckpt_fail(b->ctx, -EINTR, "the caller was killed");
	vma = vma_lookup(b->mm, addr);
	nr = check_area(b, vma, addr);
	if (nr)
		goto out;
	if (vma->vm_file && vma->vm_flags & VM_EXEC)
		*exec_file = get_file(vma->vm_file);
	nr = min3((u64)BATCH_PAGES, (end - addr) >> PAGE_SHIFT,
		  (u64)(vma->vm_end - addr) >> PAGE_SHIFT);
	nr = pin_user_pages_remote(b->mm, addr, nr, FOLL_WRITE | FOLL_FORCE, b->pages, &locked);
	if (nr <= 0)
		nr = ckpt_fail(b->ctx, nr ?: -EFAULT, "memory at %llx cannot be filled", addr);
out:
	if (locked)
		mmap_read_unlock(b->mm);
	return nr;
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

/* Pages that follow each other are summed together: each call has its price.  (No highmem.) */
static void sum_bvec(struct batch *b, const struct bio_vec *bvec)
{
	const void *data = page_address(bvec->bv_page);
	size_t done, part;

	for (done = 0; done < bvec->bv_len; done += part) {
		part = min_t(size_t, bvec->bv_len - done, SUM_STEP);
		b->crc = ckpt_crc(b->crc, data + done, part);
		cond_resched();
	}
}

static int read_batch(struct batch *b, long nr)
{
	unsigned int nr_bvecs = 0;
	struct bio_vec *last;
	long i;
	int err;

	for (i = 0; i < nr; i++) {
		last = nr_bvecs ? &b->bvecs[nr_bvecs - 1] : NULL;
		if (last && last->bv_page + (last->bv_len >> PAGE_SHIFT) == b->pages[i])
			last->bv_len += PAGE_SIZE;
		else
			bvec_set_page(&b->bvecs[nr_bvecs++], b->pages[i], PAGE_SIZE, 0);
	}
	err = ckpt_read_bvec(b->ctx, b->bvecs, nr_bvecs, nr * PAGE_SIZE);
	if (err)
		return err;
	for (i = 0; i < nr_bvecs; i++)
		sum_bvec(b, &b->bvecs[i]);
	return 0;
}

static int read_extent(struct batch *b, const struct ckpt_extent *extent)
{
	u64 addr = extent->address, end = addr + extent->pages * PAGE_SIZE;
	struct file *exec_file;
	int err = 0;
	long nr;

	while (addr < end && !err) {
		nr = pin_batch(b, addr, end, &exec_file);
		if (nr > 0 && exec_file)
			err = check_exec(b, exec_file, addr);
		if (nr > 0 && !err)
			err = read_batch(b, nr);
		if (exec_file)
			fput(exec_file);
		if (nr < 0)
			return nr;
		unpin_user_pages_dirty_lock(b->pages, nr, true);
		addr += nr * PAGE_SIZE;
		cond_resched();
	}
	return err;
}

int ckpt_read_pages(struct ckpt_ctx *ctx, struct mm_struct *mm,
		    const struct ckpt_pages *pages, const struct ckpt_extent *extents)
{
	struct batch *b;
	int err = 0;
	u32 i;

	b = kvmalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return ckpt_fail(ctx, -ENOMEM, "no memory to read pages");
	b->ctx = ctx;
	b->mm = mm;
	b->crc = 0;
	for (i = 0; i < pages->extents.count && !err; i++)
		err = read_extent(b, &extents[i]);
	if (!err && b->crc != pages->data_crc32c)
		err = ckpt_fail(ctx, -EBADMSG, "page data is damaged (checksum)");
	kvfree(b);
	return err;
}
