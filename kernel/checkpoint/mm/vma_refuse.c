// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: areas of an address space that cannot be saved.
 */
#include <linux/file.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pkeys.h>
#include <linux/shmem_fs.h>
#include "mm.h"

/* mmap(2) makes such a file larger, and here it was cut off since. */
static bool is_beyond_huge_file(const struct vm_area_struct *vma)
{
	u64 end = ((u64)vma->vm_pgoff << PAGE_SHIFT) + vma->vm_end - vma->vm_start;

	return vma->vm_flags & VM_HUGETLB && vma->vm_flags & VM_WRITE &&
	       end > i_size_read(file_inode(vma->vm_file));
}

/*
 * HPAGE_RESV_UNMAPPED of mm/hugetlb.c, in an area without a reservation: the owner of that
 * took pages away, and a fault there ends in SIGBUS.
 */
static bool has_lost_huge_pages(struct vm_area_struct *vma)
{
	return is_vm_hugetlb_page(vma) && !(vma->vm_flags & VM_MAYSHARE) &&
	       (unsigned long)vma->vm_private_data & BIT(1);
}

static const char *file_obstacle(struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;
	const struct path *path = file_user_path(file);

	if (vma_is_dax(vma))
		return "maps persistent memory directly";
	if (ckpt_is_aio_ring(file))
		return vma->vm_flags & VM_SHARED ? NULL : "is a private mapping of an AIO ring";
	/* A private mapping of /dev/zero is anonymous memory that shows a file. */
	if (!vma_is_anonymous(vma) && !S_ISREG(file_inode(file)->i_mode))
		return "maps a device or a file of the kernel's";
	if (is_beyond_huge_file(vma))
		return "reaches beyond the end of a file of huge pages";
	if (has_lost_huge_pages(vma))
		return "has lost huge pages to the process that it was forked from";
	/* Of memory in common its file's kind decides. */
	if (path->mnt->mnt_flags & MNT_INTERNAL)
		return shmem_file(file) || is_file_hugepages(file) ?
		       NULL : "maps a file without a path";
	/* At a restart it would be read in before the file has its contents. */
	if (vma->vm_flags & VM_LOCKED && !(vma->vm_flags & VM_SHARED) &&
	    d_unlinked(path->dentry))
		return "is a private mapping of a deleted file, locked in memory";
	if (vma->vm_flags & VM_MAYEXEC && path_noexec(&file->f_path))
		return "could be executed when it was mapped, and now its mount is noexec";
	return NULL;
}

/**
 * ckpt_area_obstacle - why can an area not be saved?
 * @vma: the area, not of the vdso
 *
 * Context: mmap_lock is held.
 * Return: the reason, which continues "area ... ", NULL if it can be saved
 */
const char *ckpt_area_obstacle(struct vm_area_struct *vma)
{
	mmap_assert_locked(vma->vm_mm);
	if (vma->vm_flags & (VM_PFNMAP | VM_IO | VM_MIXEDMAP))
		return "maps a device";
	if (vma->vm_flags & VM_SHADOW_STACK)
		return "is a shadow stack";
	if (vma->vm_file)
		return file_obstacle(vma);
	if (!vma_is_anonymous(vma))
		return "is a special mapping of the kernel's";
	return NULL;
}

static int check_area(struct ckpt_ctx *ctx, struct vm_area_struct *vma)
{
	const char *why = ckpt_area_obstacle(vma);
	vm_flags_t known = ckpt_vma_flags(CKPT_VMA_FLAGS) | VM_SHARED | ARCH_VM_PKEY_FLAGS;
	vm_flags_t unknown;

	ctx->at.address = vma->vm_start;
	/* Who watches it with a userfaultfd is that one's matter. */
	known |= VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR;
	/* Each mapping of a ring is so. */
	if (vma->vm_file && ckpt_is_aio_ring(vma->vm_file))
		known |= VM_DONTEXPAND;
	/* And each area of hugetlbfs */
	if (is_vm_hugetlb_page(vma))
		known |= VM_HUGETLB | VM_DONTEXPAND;
	unknown = vma->vm_flags & ~known;
	if (why && vma->vm_file)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "area %lx-%lx (%pD) %s, which cannot be saved yet",
				 vma->vm_start, vma->vm_end, vma->vm_file, why);
	if (why)
		return ckpt_fail(ctx, -EOPNOTSUPP, "area %lx-%lx %s, which cannot be saved yet",
				 vma->vm_start, vma->vm_end, why);
	if (unknown)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "area %lx-%lx has flags %#lx that cannot be saved",
				 vma->vm_start, vma->vm_end, unknown);
	return 0;
}

/**
 * ckpt_check_areas - can the areas of a process be saved?
 * @ctx: the call; all tasks are frozen
 * @t: the process
 *
 * Context: may sleep; takes mmap_lock for reading.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_areas(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	VMA_ITERATOR(vmi, t->mm, 0);
	struct vm_area_struct *vma;
	int err, first = 0;

	err = ckpt_read_lock_mm(ctx, t->mm);
	if (err)
		return err;
	for_each_vma(vmi, vma) {
		if (ckpt_arch_is_vdso(vma, NULL))
			continue;
		if (!ckpt_looks_on(ctx, check_area(ctx, vma), &first))
			break;
		ckpt_progress(ctx);
	}
	mmap_read_unlock(t->mm);
	return first;
}
