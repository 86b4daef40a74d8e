/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files about memory share, and configuration.
 */
#ifndef _KERNEL_CHECKPOINT_MM_H
#define _KERNEL_CHECKPOINT_MM_H

#include <linux/ksm.h>
#include <linux/mm_types.h>
#include <asm/checkpoint.h>
#include "../checkpoint.h"

#define CKPT_RUN_PAGES	512
#define CKPT_VMA_FLAGS	(2 * CKPT_VMA_SOFTDIRTY - 1)

/* users.c */
int ckpt_check_mm_users(struct ckpt_ctx *ctx, struct ckpt_task *leader);

/* vma_flags.c */
u64 ckpt_vma_saved(vm_flags_t flags);
vm_flags_t ckpt_vma_flags(u64 saved);

/* find_pages.c */
long ckpt_next_pages(struct mm_struct *mm, unsigned long *from, unsigned long to,
		     struct page **pages, unsigned long *addr);

/* mm_refuse.c */
int ckpt_check_mm(struct ckpt_ctx *ctx, struct ckpt_task *t);

/* vma_refuse.c */
const char *ckpt_area_obstacle(struct vm_area_struct *vma);
int ckpt_check_areas(struct ckpt_ctx *ctx, struct ckpt_task *t);

/* map_area.c */
unsigned long ckpt_map_area(const struct ckpt_vma *data, struct file *file);

/* vma.c */
int ckpt_save_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id);

/**
 * struct ckpt_snapshot - the private memory of one address space
 * @ctx: the call
 * @node: in ctx->snapshots
 * @exposed: in the list that is looked at when memory runs out
 * @id: object id of the address space
 * @mm: anonymous areas, copy-on-write
 * @given_up: @mm has lost pages
 * @pages: copied pages by page->lru, ascending; page->private is the address
 * @nr_pages: how many
 */
struct ckpt_snapshot {
	struct ckpt_ctx *ctx;
	struct list_head node;
	struct list_head exposed;
	u32 id;
	struct mm_struct *mm;
	bool given_up;
	struct list_head pages;
	unsigned long nr_pages;
};

/* give_up.c */
void ckpt_snapshot_expose(struct ckpt_snapshot *snap);
void ckpt_snapshot_hide(struct ckpt_snapshot *snap);

/* ../snapshot.c */
u64 ckpt_snapshot_bytes(struct ckpt_ctx *ctx);

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
