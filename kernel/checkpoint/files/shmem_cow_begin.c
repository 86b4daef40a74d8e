// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: whether memory in common can be written copy-on-write, and how that
 * begins and ends.  Compiled at the end of mm/shmem.c, see shmem_cow.c beside this.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include "shmem.h"

/* Of fewer pages a copy costs less; of more the bitmaps are large. */
#define LEAST_COW_PAGES	64UL
#define MOST_COW_PAGES	BIT(26)

/* Taking as many entries out of page tables as there are pages costs a fraction of a copy. */
#define MOST_MAPPINGS	4
#define MOST_USERS	32

/* Each piece is progress. */
#define UNMAPPED_AT_ONCE	(SZ_64M >> PAGE_SHIFT)

static unsigned long cow_pages(struct ckpt_exposed *exposed)
{
	return atomic_long_read(&container_of(exposed, struct ckpt_cow, exposed)->nr_kept);
}

static void cow_drop(struct ckpt_exposed *exposed)
{
	struct ckpt_cow *cow = container_of(exposed, struct ckpt_cow, exposed);

	WRITE_ONCE(cow->given_up, true);
	drop_kept(cow);
}

static const struct ckpt_exposed_ops cow_exposed_ops = {
	.pages	= cow_pages,
	.drop	= cow_drop,
};

static struct ckpt_cow *new_cow(struct ckpt_ctx *ctx, pgoff_t nr)
{
	struct ckpt_cow *cow = kzalloc(sizeof(*cow), GFP_KERNEL_ACCOUNT);

	if (!cow)
		return NULL;
	cow->exposed.ctx = ctx;
	cow->exposed.ops = &cow_exposed_ops;
	refcount_set(&cow->refs, 1);
	xa_init_flags(&cow->kept, XA_FLAGS_ACCOUNT);
	cow->nr = nr;
	cow->present = kvcalloc(BITS_TO_LONGS(nr), sizeof(long), GFP_KERNEL_ACCOUNT);
	cow->intact = kvcalloc(BITS_TO_LONGS(nr), sizeof(long), GFP_KERNEL_ACCOUNT);
	if (cow->present && cow->intact)
		return cow;
	free_cow(cow);
	return NULL;
}

/* A huge page cannot be replaced in part, and one that a device writes to not at all. */
static bool is_replaceable(struct xa_state *xas, void *entry)
{
	if (xa_is_value(entry))
		return !xas_get_order(xas);
	return !folio_test_large(entry) && !folio_maybe_dma_pinned(entry);
}

/* Return: how many pages are there; 0 if one of them cannot be replaced */
static unsigned long find_present(struct ckpt_ctx *ctx, struct ckpt_cow *cow,
				  struct address_space *mapping)
{
	XA_STATE(xas, &mapping->i_pages, 0);
	unsigned long nr = 0;
	void *entry;

	rcu_read_lock();
	xas_for_each(&xas, entry, cow->nr - 1) {
		if (xas_retry(&xas, entry))
			continue;
		if (!is_replaceable(&xas, entry)) {
			nr = 0;
			break;
		}
		__set_bit(xas.xa_index, cow->present);
		if (++nr % SZ_4K)
			continue;
		xas_pause(&xas);
		cond_resched_rcu();
		ckpt_progress(ctx);
	}
	rcu_read_unlock();
	return nr;
}

struct cow_users {
	struct mm_struct *mms[MOST_USERS];
	unsigned int nr;
	unsigned long entries;		/* in page tables, at most */
};

/*
 * What is locked stays.  A page that is mapped again is no more known to be soft-dirty than one
 * that was not.
 */
static bool may_be_unmapped(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_LOCKED | __VM_UFFD_FLAGS)) &&
	       (!IS_ENABLED(CONFIG_MEM_SOFT_DIRTY) || vma->vm_flags & VM_SOFTDIRTY);
}

static bool add_user(struct cow_users *users, struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; i < users->nr; i++)
		if (users->mms[i] == mm)
			return true;
	if (users->nr == MOST_USERS)
		return false;
	mmgrab(mm);
	users->mms[users->nr++] = mm;
	return true;
}

static bool find_users(struct cow_users *users, struct address_space *mapping, unsigned long nr)
{
	struct vm_area_struct *vma;
	bool found = true;

	i_mmap_lock_read(mapping);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, 0, ULONG_MAX) {
		users->entries += min(vma_pages(vma), nr);
		found = may_be_unmapped(vma) && users->entries <= MOST_MAPPINGS * nr &&
			add_user(users, vma->vm_mm);
		if (!found)
			break;
	}
	i_mmap_unlock_read(mapping);
	return found;
}

static void put_users(struct cow_users *users)
{
	while (users->nr)
		mmdrop(users->mms[--users->nr]);
}

/* Who looked at a page before it was published is still about to map it. */
static int let_faults_end(struct ckpt_ctx *ctx, struct cow_users *users)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < users->nr && !err; i++) {
		err = ckpt_write_lock_mm(ctx, users->mms[i]);
		if (!err)
			mmap_write_unlock(users->mms[i]);
	}
	return err;
}

#ifdef CONFIG_MEMCG
/* What of it are files can be reclaimed, as a rule. */
static bool group_has_room(struct mem_cgroup *memcg, unsigned long pages)
{
	unsigned long used = page_counter_read(&memcg->memory);
	unsigned long files = memcg_page_state(memcg, NR_FILE_PAGES) -
			      memcg_page_state(memcg, NR_SHMEM);

	return used - min(used, files) + pages <= READ_ONCE(memcg->memory.max);
}

static bool groups_have_room(struct mm_struct *mm, unsigned long pages)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(mm), *m;
	bool room = true;

	for (m = memcg; m && room && !mem_cgroup_is_root(m); m = parent_mem_cgroup(m))
		room = group_has_room(m, pages);
	mem_cgroup_put(memcg);
	return room;
}
#else
static bool groups_have_room(struct mm_struct *mm, unsigned long pages)
{
	return true;
}
#endif

/* For a second copy of all, if need be: without it the image would be given up. */
static bool has_room(struct mm_struct *mm, unsigned long pages)
{
	return si_mem_available() >= (long)pages && groups_have_room(mm, pages);
}

static struct mm_struct *any_mm(struct ckpt_ctx *ctx, struct cow_users *users)
{
	struct ckpt_task *t;

	if (users->nr)
		return users->mms[0];
	for_each_ckpt_task(ctx, t)
		if (t->mm)
			return t->mm;
	return NULL;
}

static void unmap_all(struct ckpt_ctx *ctx, struct ckpt_cow *cow, struct inode *inode)
{
	pgoff_t index;

	for (index = 0; index < cow->nr; index += UNMAPPED_AT_ONCE) {
		unmap_mapping_pages(inode->i_mapping, index, UNMAPPED_AT_ONCE, false);
		ckpt_progress(ctx);
		cond_resched();
	}
}

static void cow_end(struct inode *inode, struct ckpt_cow *cow)
{
	RCU_INIT_POINTER(SHMEM_I(inode)->cow, NULL);
	ckpt_hide(&cow->exposed);
	put_cow(cow);
}

/* Return: as ->cow() of a source; *@cowp is set if it is positive */
static int cow_begin(struct ckpt_ctx *ctx, struct inode *inode, u64 *left, struct ckpt_cow **cowp)
{
	pgoff_t nr = DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE);
	struct cow_users users = {};
	unsigned long present;
	struct ckpt_cow *cow;
	int err = 0;

	/* By another call that is still writing, or of a memfd that waits for references to end */
	if (nr < LEAST_COW_PAGES || nr > MOST_COW_PAGES || ckpt_is_cow(inode) ||
	    (!IS_PRIVATE(inode) && !(SHMEM_I(inode)->seals & F_SEAL_SEAL)))
		return 0;
	cow = new_cow(ctx, nr);
	if (!cow)
		return 0;
	present = find_present(ctx, cow, inode->i_mapping);
	if (present < LEAST_COW_PAGES || present > *left >> PAGE_SHIFT ||
	    !find_users(&users, inode->i_mapping, present) ||
	    !has_room(any_mm(ctx, &users), present)) {
		put_users(&users);
		free_cow(cow);
		return 0;
	}
	bitmap_copy(cow->intact, cow->present, nr);
	ckpt_expose(&cow->exposed, any_mm(ctx, &users));
	rcu_assign_pointer(SHMEM_I(inode)->cow, cow);
	err = let_faults_end(ctx, &users);
	put_users(&users);
	if (err) {
		cow_end(inode, cow);
		return err;
	}
	unmap_all(ctx, cow, inode);
	*left -= (u64)present << PAGE_SHIFT;
	*cowp = cow;
	return 1;
}
