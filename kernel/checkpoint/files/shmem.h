/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the two files about memory in common share, and configuration.
 */
#ifndef _KERNEL_CHECKPOINT_SHMEM_H
#define _KERNEL_CHECKPOINT_SHMEM_H

#include <linux/hugetlb.h>
#include <linux/mount.h>
#include <linux/shmem_fs.h>
#include "files.h"

/* The seals of a memfd */
static inline unsigned int *seals_of(struct file *file)
{
#ifdef CONFIG_HUGETLBFS
	if (is_file_hugepages(file))
		return &HUGETLBFS_I(file_inode(file))->seals;
#endif
	return &SHMEM_I(file_inode(file))->seals;
}

/* Of huge pages, and in no file system that is mounted; no attachment of a segment */
static inline bool is_huge_memory(const struct file *file)
{
	return is_file_hugepages(file) && file->f_op == file_inode(file)->i_fop &&
	       file->f_path.mnt->mnt_flags & MNT_INTERNAL;
}

/* Binary logarithm of the bytes of a huge page */
static inline unsigned int huge_shift_of(struct file *file)
{
	return is_huge_memory(file) ? huge_page_shift(hstate_file(file)) : 0;
}

/* As hugetlb_file_setup() is called by mmap(2), memfd_create(2) and shmget(2) */
static inline struct file *make_huge_memory(const char *name, u64 size, bool reserve, bool sysv,
					    unsigned int shift)
{
#ifdef CONFIG_HUGETLBFS
	return hugetlb_file_setup(name, size, reserve ? 0 : VM_NORESERVE,
				  sysv ? HUGETLB_SHMFS_INODE : HUGETLB_ANONHUGE_INODE, shift);
#else
	return ERR_PTR(-ENODEV);
#endif
}

#endif /* _KERNEL_CHECKPOINT_SHMEM_H */
