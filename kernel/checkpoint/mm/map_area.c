// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: mapping an area again, with the checks of mmap(2).
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/security.h>
#include "mm.h"

/* do_mmap() takes these as they are. */
#define VMA_DIRECT	(CKPT_VMA_LOCKED | CKPT_VMA_LOCKONFAULT | CKPT_VMA_DONTCOPY |	\
			 CKPT_VMA_DONTDUMP | CKPT_VMA_WIPEONFORK | CKPT_VMA_SEQ_READ |	\
			 CKPT_VMA_RAND_READ | CKPT_VMA_HUGEPAGE | CKPT_VMA_NOHUGEPAGE |	\
			 CKPT_VMA_SEALED)

static unsigned long map_type(u64 flags)
{
	if (flags & CKPT_VMA_SHARED)
		return MAP_SHARED;
	if (flags & CKPT_VMA_DROPPABLE)
		return MAP_DROPPABLE;
	return MAP_PRIVATE;
}

/* Private and of huge pages, of which none were set aside for it */
static bool has_no_reserve(const struct ckpt_rec_vma *data, struct file *file)
{
	return file && is_file_hugepages(file) &&
	       !(data->flags & (CKPT_VMA_SHARED | CKPT_VMA_RESERVED));
}

/* mmap(2) would make the file larger. */
static bool is_beyond_huge_file(const struct ckpt_rec_vma *data, struct file *file)
{
	return file && is_file_hugepages(file) && data->flags & CKPT_VMA_WRITE &&
	       data->offset + (data->end - data->start) > i_size_read(file_inode(file));
}

/* An area that was once writable is still accounted for, as mprotect(2) left it. */
static int account_area(const struct ckpt_rec_vma *data, struct vm_area_struct *vma)
{
	if (!(data->flags & CKPT_VMA_ACCOUNT) || vma->vm_flags & (VM_ACCOUNT | VM_NORESERVE))
		return 0;
	if (security_vm_enough_memory_mm(vma->vm_mm, vma_pages(vma)))
		return -ENOMEM;
	vm_flags_set(vma, VM_ACCOUNT);
	return 0;
}

/* A stacked file system such as overlayfs puts the file of its layer below in place. */
static bool maps_file(const struct vm_area_struct *vma, const struct file *file)
{
	if (vma->vm_file == file)
		return true;
	return file && vma->vm_file && vma->vm_file->f_mode & FMODE_BACKING &&
	       path_equal(file_user_path(vma->vm_file), &file->f_path);
}

/*
 * Areas that met without being one stay two, as /proc/PID/maps has shown them: a
 * special area is never merged, and it is special only while it is made.  (A
 * locked area cannot be special.)  Where a file makes its areas special, so that
 * mremap(2) may not extend them, the one before is so by itself, and they stay so.
 */
static bool would_merge(const struct ckpt_rec_vma *data, struct file *file, vm_flags_t vm_flags)
{
	struct vm_area_struct *before;

	if (!data->start || vm_flags & VM_LOCKED)
		return false;
	before = vma_lookup(current->mm, data->start - 1);
	return before && maps_file(before, file) && !(before->vm_flags & VM_SPECIAL);
}

/*
 * What a checkpoint would refuse no restart makes: devices above all, and areas that have
 * another file than the one that they were mapped from.
 */
static unsigned long map_apart(const struct ckpt_rec_vma *data, struct file *file,
			       unsigned long prot, unsigned long flags,
			       unsigned long *populate)
{
	vm_flags_t vm_flags = ckpt_vma_flags(data->flags & VMA_DIRECT) |
			      calc_vm_prot_bits(0, data->pkey);
	bool apart = would_merge(data, file, vm_flags);
	struct vm_area_struct *vma;
	unsigned long addr;
	int err;

	addr = do_mmap(file, data->start, data->end - data->start, prot, flags,
		       vm_flags | (apart ? VM_DONTEXPAND : 0),
		       data->offset >> PAGE_SHIFT, populate, NULL);
	if (IS_ERR_VALUE(addr))
		return addr;
	vma = vma_lookup(current->mm, addr);
	if (ckpt_area_obstacle(vma) || !maps_file(vma, file))
		return -EOPNOTSUPP;
	if (apart)
		vm_flags_clear(vma, VM_DONTEXPAND);
	/* As after fork(2), which leaves the flag alone */
	if (has_no_reserve(data, file) && !(data->flags & CKPT_VMA_NORESERVE))
		vm_flags_clear(vma, VM_NORESERVE);
	if (data->flags & CKPT_VMA_RESERVED && !is_vm_hugetlb_page(vma))
		return -EINVAL;
	err = account_area(data, vma);
	return err ?: addr;
}

/**
 * ckpt_map_area - map an area of current as mmap(2) would
 * @data: the area, validated; nothing is mapped there
 * @file: what it maps, NULL for anonymous memory
 *
 * The flags come out as @data has them as far as the caller may have them so; it
 * is for the caller to compare.
 *
 * Context: may sleep; takes mmap_lock for writing.
 * Return: its address, or what mmap(2) would answer
 */
unsigned long ckpt_map_area(const struct ckpt_rec_vma *data, struct file *file)
{
	unsigned long flags = MAP_FIXED_NOREPLACE | map_type(data->flags);
	unsigned long prot = 0, populate = 0, addr;
	struct mm_struct *mm = current->mm;
	int err;

	if (data->flags & CKPT_VMA_READ)
		prot |= PROT_READ;
	if (data->flags & CKPT_VMA_WRITE)
		prot |= PROT_WRITE;
	if (data->flags & CKPT_VMA_EXEC)
		prot |= PROT_EXEC;
	if (!file)
		flags |= MAP_ANONYMOUS;
	if (data->flags & CKPT_VMA_NORESERVE || has_no_reserve(data, file))
		flags |= MAP_NORESERVE;
	if (data->flags & CKPT_VMA_GROWSDOWN)
		flags |= MAP_GROWSDOWN;
	if (data->flags & CKPT_VMA_LOCKED && !can_do_mlock())
		return -EPERM;
	if (is_beyond_huge_file(data, file))
		return -EINVAL;

	err = security_mmap_file(file, prot, flags);
	if (err)
		return err;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	addr = map_apart(data, file, prot, flags, &populate);
	mmap_write_unlock(mm);
	if (!IS_ERR_VALUE(addr) && populate)
		mm_populate(addr, populate);
	return addr;
}
