// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what of an address space as a whole cannot be saved, and
 * whether what it maps can be.
 */
#include <linux/file.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <asm/checkpoint.h>
#include "mm.h"

static int check_uprobes(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (!test_bit(MMF_HAS_UPROBES, &t->mm->flags))
		return 0;
	return ckpt_fail(ctx, -EBUSY, "is being traced with uprobes; remove them first");
}

static int check_device(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (!mm_valid_pasid(t->mm))
		return 0;
	return ckpt_fail(ctx, -EOPNOTSUPP,
			 "shares its address space with a device, which cannot be saved yet; close the device first");
}

static int check_defaults(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	vm_flags_t unknown = t->mm->def_flags & ~VM_LOCKED_MASK;

	if (!unknown)
		return 0;
	return ckpt_fail(ctx, -EOPNOTSUPP, "has flags for new areas (%#lx) that cannot be saved yet",
			 unknown);
}

static int check_exe(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct file *exe = get_mm_exe_file(t->mm);
	int err;

	if (!exe)
		return ckpt_fail(ctx, -EOPNOTSUPP, "has no executable, which cannot be saved yet");
	ctx->at.address = 0;
	err = ckpt_check_object(ctx, &ckpt_class_file, exe) ?: ckpt_check_run(ctx, exe);
	fput(exe);
	return err;
}

/*
 * The file behind the first area at or above @at that is not refused for itself,
 * which is reported elsewhere.
 */
static struct file *find_file(struct ckpt_ctx *ctx, struct mm_struct *mm, unsigned long *at)
{
	VMA_ITERATOR(vmi, mm, *at);
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma) {
		if (!vma->vm_file || ckpt_area_obstacle(vma))
			continue;
		ctx->at.address = vma->vm_start;
		*at = vma->vm_end;
		return get_file(vma->vm_file);
	}
	return NULL;
}

/* mmap_lock is not held while a file is looked at, see ckpt_save_areas(). */
static int check_mapped_files(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	unsigned long at = 0;
	struct file *file;
	int err, first = 0;

	for (;;) {
		err = ckpt_read_lock_mm(ctx, t->mm);
		if (err)
			return err;
		file = find_file(ctx, t->mm, &at);
		mmap_read_unlock(t->mm);
		if (!file)
			return first;
		err = ckpt_check_mapped(ctx, t, file);
		fput(file);
		if (!ckpt_looks_on(ctx, err, &first))
			return first;
		ckpt_progress(ctx);
		cond_resched();
	}
}

/**
 * ckpt_check_mm - can an address space be saved, and what it maps?
 * @ctx: the call; all tasks are frozen
 * @t: leader of the process that uses it
 *
 * Its areas are another matter, see ckpt_check_areas().
 *
 * Context: may sleep; takes mmap_lock for reading.
 * Return: 0 or negative errno (reported); with CHECKPOINT_CHECK the first of several
 */
int ckpt_check_mm(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	static int (* const checks[])(struct ckpt_ctx *ctx, struct ckpt_task *t) = {
		ckpt_check_mm_users, check_uprobes, check_device, check_defaults,
		check_exe, check_mapped_files, ckpt_check_huge_pool,
	};
	const char *obstacle = ckpt_arch_mm_obstacle(t->mm);
	int i, first = 0;

	if (obstacle)
		return ckpt_fail(ctx, -EOPNOTSUPP, "%s, which cannot be saved yet; start a 64-bit build of it",
				 obstacle);
	for (i = 0; i < ARRAY_SIZE(checks); i++)
		if (!ckpt_looks_on(ctx, checks[i](ctx, t), &first))
			break;
	return first;
}
