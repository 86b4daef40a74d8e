/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files about memory share, and configuration.
 */
#ifndef _KERNEL_CHECKPOINT_MM_H
#define _KERNEL_CHECKPOINT_MM_H

#include <linux/ksm.h>
#include <linux/memcontrol.h>
#include <linux/mm_types.h>
#include <linux/sched/mm.h>
#include <asm/checkpoint.h>
#include "../checkpoint.h"

#define CKPT_VMA_FLAGS	(2 * CKPT_VMA_RESERVED - 1)

/* users.c */
int ckpt_check_mm_users(struct ckpt_ctx *ctx, struct ckpt_task *leader);

/* vma_flags.c */
u64 ckpt_vma_saved(vm_flags_t flags);
vm_flags_t ckpt_vma_flags(u64 saved);

/* find_pages.c */
long ckpt_next_pages(struct vm_area_struct *vma, unsigned long *from, struct page **pages,
		     unsigned long *addr, bool *huge);

/* mm_refuse.c */
int ckpt_check_mm(struct ckpt_ctx *ctx, struct ckpt_task *t);

/* vma_refuse.c */
const char *ckpt_area_obstacle(struct vm_area_struct *vma);
int ckpt_check_areas(struct ckpt_ctx *ctx, struct ckpt_task *t);

/* map_area.c */
unsigned long ckpt_map_area(const struct ckpt_rec_vma *data, struct file *file);

struct ckpt_snapshots;

/* Bytes that a memory control group pays, NULL: none does */
struct ckpt_charge {
	struct obj_cgroup *objcg;
	size_t bytes;
};

/**
 * struct ckpt_snapshot - the private memory of one address space
 * @source: the interface to the writing of page chunks
 * @exposed: the call, and the control group that pays for what the program writes to meanwhile
 * @mm: areas with anonymous pages, copy-on-write
 * @cost: what @mm costs the caller's control group
 * @reserve: what the program's group gets back when the snapshot is given up
 * @common: what it shares with the other snapshots of the call
 */
struct ckpt_snapshot {
	struct ckpt_page_source source;
	struct ckpt_exposed exposed;
	struct mm_struct *mm;
	struct ckpt_charge cost;
	struct ckpt_charge reserve;
	struct ckpt_snapshots *common;
};

/* fill.c */
extern const struct ckpt_page_sink ckpt_mm_sink;

/* shared.c */
struct ckpt_snapshots *ckpt_get_common(struct ckpt_ctx *ctx, struct ckpt_snapshots *common);
void ckpt_put_common(struct ckpt_snapshots *common);
void ckpt_count_shared(struct ckpt_snapshots *common, struct page **pages, long nr);
void ckpt_report_shared(struct ckpt_ctx *ctx, const struct ckpt_snapshots *common);

/* snapshot.c */
int ckpt_snapshot_mm(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id);

/**
 * struct ckpt_new_page - a page that is to be installed
 * @address: where
 * @folio: a small page or a whole huge one, charged; NULL once it is installed
 */
struct ckpt_new_page {
	u64 address;
	struct folio *folio;
};

/* install.c */
pmd_t *ckpt_alloc_pmd(struct mm_struct *mm, unsigned long addr);
long ckpt_install_small(struct vm_area_struct *vma, struct ckpt_new_page *pages,
			unsigned int nr);

/* huge.c */
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
struct folio *ckpt_alloc_huge(struct mm_struct *mm, unsigned long addr);
int ckpt_install_huge(struct vm_area_struct *vma, struct ckpt_new_page *page);
#else
static inline struct folio *ckpt_alloc_huge(struct mm_struct *mm, unsigned long addr)
{
	return NULL;
}

static inline int ckpt_install_huge(struct vm_area_struct *vma, struct ckpt_new_page *page)
{
	return -EFAULT;
}
#endif

#ifdef CONFIG_MEMCG
/* @memcg pays, NULL: the caller's; without an OOM killer.  Return: 0 or -ENOMEM */
static inline int ckpt_charge(struct ckpt_charge *c, struct mem_cgroup *memcg, size_t bytes)
{
	struct mem_cgroup *old = set_active_memcg(memcg);
	struct obj_cgroup *objcg = get_obj_cgroup_from_current();

	set_active_memcg(old);
	if (!objcg)
		return 0;
	if (obj_cgroup_charge(objcg, GFP_KERNEL_ACCOUNT | __GFP_NORETRY, bytes)) {
		obj_cgroup_put(objcg);
		return -ENOMEM;
	}
	c->objcg = objcg;
	c->bytes = bytes;
	return 0;
}

static inline void ckpt_uncharge(struct ckpt_charge *c)
{
	if (!c->objcg)
		return;
	obj_cgroup_uncharge(c->objcg, c->bytes);
	obj_cgroup_put(c->objcg);
	c->objcg = NULL;
}

/* What is allocated up to set_active_memcg(@returned) has been charged. */
static inline struct mem_cgroup *ckpt_charge_nobody(void)
{
	return set_active_memcg(root_mem_cgroup);
}
#else
static inline int ckpt_charge(struct ckpt_charge *c, struct mem_cgroup *memcg, size_t bytes)
{
	return 0;
}

static inline void ckpt_uncharge(struct ckpt_charge *c) { }

static inline struct mem_cgroup *ckpt_charge_nobody(void)
{
	return NULL;
}
#endif

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

/* find_pages.c */
bool ckpt_own_entry(swp_entry_t entry);

/* hugetlb.c */
#ifdef CONFIG_HUGETLB_PAGE
bool ckpt_owns_reserve(struct vm_area_struct *vma);
bool ckpt_own_huge_page(struct vm_area_struct *vma, unsigned long addr, pte_t *pte);
int ckpt_save_huge_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id);
int ckpt_check_huge_pool(struct ckpt_ctx *ctx, struct ckpt_task *t);
int ckpt_fill_huge_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, struct ckpt_page_data *data,
			 const struct ckpt_rec_extent *extents, u32 count);
#else
static inline bool ckpt_owns_reserve(struct vm_area_struct *vma)
{
	return false;
}

static inline bool ckpt_own_huge_page(struct vm_area_struct *vma, unsigned long addr, pte_t *pte)
{
	return false;
}

static inline int ckpt_check_huge_pool(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return 0;
}

static inline int ckpt_save_huge_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id)
{
	return 0;
}

static inline int ckpt_fill_huge_areas(struct ckpt_ctx *ctx, struct mm_struct *mm,
				       struct ckpt_page_data *data,
				       const struct ckpt_rec_extent *extents, u32 count)
{
	return -EOPNOTSUPP;
}
#endif

/* ../files/mempolicy.c */
bool ckpt_saves_shared_policy(struct file *file);

#endif /* _KERNEL_CHECKPOINT_MM_H */
