/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files about memory share, and configuration.
 */
#ifndef _KERNEL_CHECKPOINT_MM_H
#define _KERNEL_CHECKPOINT_MM_H

#include <linux/ksm.h>
#include <linux/mm_types.h>
#include "../checkpoint.h"

/* vma.c */
int ckpt_save_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id);

/* ../snapshot.c */
u64 ckpt_snapshot_bytes(struct ckpt_ctx *ctx);

/*
 * Of the architecture: is this area the vdso or its data (@kind:
 * CKPT_VMA_KIND_*), and the record of both.
 */
bool ckpt_arch_is_vdso(struct vm_area_struct *vma, u32 *kind);
int ckpt_arch_save_vdso(struct ckpt_ctx *ctx, struct ckpt_task *t, u32 mm_id);

/* The table is there from the first io_setup(2) to exit. */
static inline bool mm_used_aio(const struct mm_struct *mm)
{
#ifdef CONFIG_AIO
	return rcu_access_pointer(mm->ioctx_table);
#else
	return false;
#endif
}

/* A reference to @mm may outlive the task that made it. */
static inline void mm_forget_owner(struct mm_struct *mm)
{
#ifdef CONFIG_MEMCG
	WRITE_ONCE(mm->owner, NULL);
#endif
}

#ifndef CONFIG_KSM
static inline int ksm_enable_merge_any(struct mm_struct *mm)
{
	return -EINVAL;
}
#endif

#endif /* _KERNEL_CHECKPOINT_MM_H */
