// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the contents of private memory, taken while the tasks are
 * held and written when they run again.
 */
#include <linux/memcontrol.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>
#include <asm/tlbflush.h>
#include "mm.h"

/**
 * DOC: snapshots of memory
 *
 * A snapshot is a bare address space that no task runs in.  The areas of the
 * source that have anonymous pages are linked into it copy-on-write as fork()
 * would do, without the file of a private mapping and without the flags that
 * fork() would obey (MADV_DONTFORK, MADV_WIPEONFORK), that cost (mlock, commit
 * limit) or that others act on (KSM, userfaultfd).  So the pause grows with page
 * tables only, and a file that is truncated later takes nothing away.
 *
 * Of a private mapping of a file the pages that the program wrote to are linked and
 * those of the file are left out: copy_page_range() does so, as the copy has no file.
 * MAP_DROPPABLE areas are not taken, and those of hugetlbfs elsewhere (hugetlb.c).
 *
 * Page tables and areas are charged to the caller's memory control group before they are
 * made.  The pages of the snapshot can be swapped.  What the program writes to
 * until its image is written takes memory a second time, charged to the program
 * as after fork().  The memory that a snapshot holds is freed as soon as it is
 * written; before the OOM killer chooses a program, a snapshot is given up, and while
 * there is one its caller is the OOM killer's first choice.
 */

/* Has it pages of its own?  Special mappings are the kernel's. */
static bool is_taken(const struct vm_area_struct *vma)
{
	return vma->anon_vma && !(vma->vm_flags & (VM_DROPPABLE | VM_HUGETLB)) &&
	       (vma->vm_file || vma_is_anonymous((struct vm_area_struct *)vma));
}

/* -- what it costs ------------------------------------------------------------- */

/* An area with its anon_vma and two links to others */
#define AREA_BYTES	(sizeof(struct vm_area_struct) + sizeof(struct anon_vma) + \
			 2 * sizeof(struct anon_vma_chain))

/* Most page tables of all levels that the pages of an area can need */
static unsigned long tables_of_area(const struct vm_area_struct *vma)
{
	static const unsigned int shifts[] = { PMD_SHIFT, PUD_SHIFT, P4D_SHIFT };
	unsigned long tables = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++)
		tables += ((vma->vm_end - 1) >> shifts[i]) - (vma->vm_start >> shifts[i]) + 1;
	return tables;
}

static size_t cost(struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	unsigned long areas = 0, tables = 0;

	for_each_vma(vmi, vma) {
		if (!is_taken(vma))
			continue;
		areas++;
		tables += tables_of_area(vma);
	}
	return min(tables * PAGE_SIZE, mm_pgtables_bytes(mm)) + areas * AREA_BYTES;
}

/*
 * A thread that copies a page of a huge one keeps it from being split, and so all of it,
 * even when nobody else has it any more: to come to its end, which frees it, the thread
 * needs as much again.  This is what a program at its limit lives on once its snapshot
 * is given up.
 */
#define MOST_THREADS	16

static size_t reserve(struct mm_struct *mm)
{
	/* A reference for each thread and its struct ckpt_task */
	unsigned long threads = DIV_ROUND_UP(atomic_read(&mm->mm_users), 2);
	unsigned long huge = get_mm_counter_sum(mm, MM_ANONPAGES) >> PMD_ORDER;

	threads = min(threads, MOST_THREADS);
	return threads * PAGE_SIZE + min(threads, huge) * PMD_SIZE;
}

/*
 * Page tables are made while mmap_lock is held, by allocations that may invoke the OOM
 * killer: it would choose the program, which could not die for the lock.  So it is asked
 * beforehand whether there is room, and charged, where failure is an answer.
 */
static int charge(struct ckpt_snapshot *snap, struct mm_struct *mm)
{
	size_t bytes = cost(mm);
	int err;

	mmap_assert_write_locked(mm);
	if (si_mem_available() < (long)(bytes >> PAGE_SHIFT))
		return -ENOMEM;
	err = ckpt_charge(&snap->cost, NULL, bytes);
	/* A program that stays frozen until the image is written needs none. */
	if (!err && !(snap->exposed.ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN)))
		err = ckpt_charge(&snap->reserve, snap->exposed.memcg, reserve(mm));
	return err;
}

/* -- taking ------------------------------------------------------------------ */

/* Nothing but what was linked is in the area of a file: nobody fills its holes. */
static vm_fault_t no_page_of_file(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct file_area_ops = {
	.fault = no_page_of_file,
};

#define FLAGS_NOT_TAKEN	(VM_DONTCOPY | VM_WIPEONFORK | VM_LOCKED_MASK | VM_ACCOUNT | \
			 VM_MERGEABLE | VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR)

static void leave_file(struct vm_area_struct *vma)
{
	vma->vm_file = NULL;
	vma->vm_private_data = NULL;
	if (!vma_is_anonymous(vma))
		vma->vm_ops = &file_area_ops;
}

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
	vma->vm_userfaultfd_ctx = NULL_VM_UFFD_CTX;
	leave_file(vma);
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

static int link_areas(struct ckpt_ctx *ctx, struct mm_struct *snap, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	int err = 0;

	mmap_assert_write_locked(mm);
	/* Nobody else knows the snapshot: no deadlock */
	mmap_write_lock_nested(snap, SINGLE_DEPTH_NESTING);
	for_each_vma(vmi, vma) {
		if (!is_taken(vma))
			continue;
		err = fatal_signal_pending(current) ? -EINTR : link_area(snap, vma);
		if (err)
			break;
		ckpt_progress(ctx);
	}
	mmap_write_unlock(snap);
	/* The source must not write any more to what is shared now. */
	flush_tlb_mm(mm);
	return err;
}

static int take(struct ckpt_snapshot *snap, struct mm_struct *mm)
{
	struct mem_cgroup *old;
	int err;

	err = ckpt_write_lock_mm(snap->exposed.ctx, mm);
	if (err)
		return err;
	err = charge(snap, mm);
	if (!err) {
		old = ckpt_charge_nobody();
		err = link_areas(snap->exposed.ctx, snap->mm, mm);
		set_active_memcg(old);
	}
	mmap_write_unlock(mm);
	return err;
}

/* -- giving ------------------------------------------------------------------ */

static long next_pages(struct ckpt_snapshot *snap, unsigned long *from,
		       struct ckpt_page_run *run, unsigned long *addr)
{
	VMA_ITERATOR(vmi, snap->mm, *from);
	struct vm_area_struct *vma;
	bool huge = false;
	long nr;

	mmap_assert_locked(snap->mm);
	for_each_vma(vmi, vma) {
		*from = max(*from, vma->vm_start);
		nr = ckpt_next_pages(vma, from, run->pages, addr, &huge);
		if (!nr)
			continue;
		run->flags = huge ? CKPT_EXTENT_HUGE : 0;
		/* There the file would show through what is not in the image. */
		run->keep_zeros = !vma_is_anonymous(vma);
		return nr;
	}
	return 0;
}

static int snapshot_next(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *from,
			 struct ckpt_page_run *run)
{
	struct ckpt_snapshot *snap = container_of(source, struct ckpt_snapshot, source);
	unsigned long at = *from, addr = *from;
	long nr;

	run->nr = 0;
	if (mmap_read_lock_killable(snap->mm))
		return ckpt_fail_killed(ctx);
	nr = next_pages(snap, &at, run, &addr);
	mmap_read_unlock(snap->mm);
	ctx->at.address = addr;
	if (READ_ONCE(ctx->save->given_up)) {
		release_pages(run->pages, max(nr, 0L));
		return ckpt_fail_given_up(ctx);
	}
	if (nr == -EINTR)
		return ckpt_fail_killed(ctx);
	if (nr < 0)
		return ckpt_fail(ctx, nr, "memory at %lx cannot be read", addr);
	if (nr)
		ckpt_count_shared(snap->common, run->pages, nr);
	else
		ckpt_report_shared(ctx, snap->common);
	*from = at;
	run->address = addr;
	run->nr = nr;
	return 0;
}

static void snapshot_free(struct ckpt_page_source *source)
{
	struct ckpt_snapshot *snap = container_of(source, struct ckpt_snapshot, source);

	list_del(&source->node);
	/* Before the OOM killer, which waits for it, goes on and looks for somebody else */
	ckpt_put_common(snap->common);
	ckpt_hide(&snap->exposed);
	mm_forget_owner(snap->mm);
	mmput(snap->mm);
	ckpt_uncharge(&snap->cost);
	kfree(snap);
}

static const struct ckpt_page_source_ops snapshot_ops = {
	.next	= snapshot_next,
	.free	= snapshot_free,
};

/* -- giving up --------------------------------------------------------------- */

static unsigned long snapshot_pages(struct ckpt_exposed *exposed)
{
	struct mm_struct *mm = container_of(exposed, struct ckpt_snapshot, exposed)->mm;

	return get_mm_counter_sum(mm, MM_ANONPAGES) + get_mm_counter_sum(mm, MM_SWAPENTS);
}

/* As MADV_DONTNEED does */
static void drop_pages(struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;

	/* Held for writing only while the snapshot is made, and then nothing is dropped. */
	if (!mmap_read_trylock(mm))
		return;
	for_each_vma(vmi, vma)
		zap_vma_pages(vma);
	mmap_read_unlock(mm);
}

static void snapshot_drop(struct ckpt_exposed *exposed)
{
	struct ckpt_snapshot *snap = container_of(exposed, struct ckpt_snapshot, exposed);

	drop_pages(snap->mm);
	ckpt_uncharge(&snap->reserve);
}

static const struct ckpt_exposed_ops snapshot_exposed_ops = {
	.pages	= snapshot_pages,
	.drop	= snapshot_drop,
};

/* -- one of an address space --------------------------------------------------- */

static struct ckpt_snapshots *find_common(struct ckpt_ctx *ctx)
{
	struct ckpt_page_source *source;

	list_for_each_entry_reverse(source, &ctx->save->page_sources, node)
		if (source->ops == &snapshot_ops)
			return container_of(source, struct ckpt_snapshot, source)->common;
	return NULL;
}

static struct ckpt_snapshot *new_snapshot(struct ckpt_ctx *ctx, u32 id)
{
	struct ckpt_snapshot *snap = kzalloc(sizeof(*snap), GFP_KERNEL_ACCOUNT);

	if (!snap)
		return NULL;
	snap->exposed.ctx = ctx;
	snap->exposed.ops = &snapshot_exposed_ops;
	snap->source.object = id;
	snap->source.ops = &snapshot_ops;
	snap->common = ckpt_get_common(ctx, find_common(ctx));
	if (!snap->common)
		goto err_free;
	snap->mm = mm_alloc();
	if (!snap->mm)
		goto err_put_common;
	return snap;

err_put_common:
	ckpt_put_common(snap->common);
err_free:
	kfree(snap);
	return NULL;
}

/**
 * ckpt_snapshot_mm - take the memory of an address space
 * @ctx: the call
 * @mm: the address space; all its tasks are held (or are the caller)
 * @id: its object id
 *
 * Areas with anonymous pages are linked copy-on-write into a bare mm.  The pages are
 * written after the thaw.
 *
 * Context: may sleep; takes mmap_lock of @mm for writing.
 * Return: 0 or negative errno (reported)
 */
int ckpt_snapshot_mm(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id)
{
	struct ckpt_snapshot *snap = new_snapshot(ctx, id);
	int err = -ENOMEM;

	if (snap) {
		list_add_tail(&snap->source.node, &ctx->save->page_sources);
		ckpt_expose(&snap->exposed, mm);
		err = take(snap, mm);
	}
	switch (err) {
	case 0:
		return 0;
	case -ETIMEDOUT:	/* reported, where the lock was waited for */
		return err;
	case -EINTR:
		return ckpt_fail_killed(ctx);
	case -ENOMEM:
		return ckpt_fail(ctx, err, "there is not enough memory for a snapshot of its memory; save it again when more is free");
	default:
		return ckpt_fail(ctx, err,
				 "its memory cannot be read (damaged, or its swap space)");
	}
}
