// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: memory in common that is written copy-on-write.  Compiled at the end of
 * mm/shmem.c, which asks before a page is changed, mapped or taken out of the page cache.
 *
 * Whoever maps such memory shares the very pages, so they cannot be linked as those of private
 * memory are.  While the tree is held all of them are taken out of the page tables.  Whoever
 * wants one afterwards, to read or to write, gets a copy, which takes its place in the page
 * cache; the old page, which nobody reaches any more, is kept until it is written.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include "shmem.h"

/**
 * struct ckpt_cow - memory in common of which a call writes the pages
 * @exposed: what is kept can be given up
 * @rcu: of its end
 * @refs: the source's, and those of who changes pages just now
 * @given_up: nothing is kept any more
 * @nr: pages in the memory
 * @done: index behind the last page that the writer has taken
 * @nr_kept: pages in @kept
 * @present: pages that are to be written
 * @intact: of them, those that are in the page cache (or swap) as they were; a bit is cleared
 *	under the lock of the folio
 * @kept: those that are not, and were not written: a folio, with a reference, or a value for
 *	what was set aside only
 */
struct ckpt_cow {
	struct ckpt_exposed exposed;
	struct rcu_head rcu;
	refcount_t refs;
	bool given_up;
	pgoff_t nr;
	pgoff_t done;
	atomic_long_t nr_kept;
	unsigned long *present;
	unsigned long *intact;
	struct xarray kept;
};

static struct page *memory_page(struct inode *inode, pgoff_t index, const struct ckpt_cow *cow);

static void drop_kept(struct ckpt_cow *cow)
{
	unsigned long index;
	void *entry;

	xa_for_each(&cow->kept, index, entry) {
		/* The writer may have taken it meanwhile. */
		entry = xa_erase(&cow->kept, index);
		if (entry && !xa_is_value(entry))
			folio_put(entry);
		if (entry)
			atomic_long_dec(&cow->nr_kept);
		cond_resched();
	}
}

static void free_cow(struct ckpt_cow *cow)
{
	drop_kept(cow);
	xa_destroy(&cow->kept);
	kvfree(cow->present);
	kvfree(cow->intact);
	kfree_rcu(cow, rcu);
}

static void put_cow(struct ckpt_cow *cow)
{
	if (refcount_dec_and_test(&cow->refs))
		free_cow(cow);
}

static struct ckpt_cow *get_cow(struct inode *inode)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	struct ckpt_cow *cow;

	if (likely(!rcu_access_pointer(info->cow)))
		return NULL;
	rcu_read_lock();
	cow = rcu_dereference(info->cow);
	if (cow && !refcount_inc_not_zero(&cow->refs))
		cow = NULL;
	rcu_read_unlock();
	return cow;
}

/**
 * ckpt_is_cow - is the memory being written by a call that has let its program go on?
 * @inode: of memory in common; that call has a reference to it
 *
 * Context: any.
 * Return: true if its pages are to be copied before they are changed, and none is to be mapped
 *	or made huge unasked
 */
bool ckpt_is_cow(struct inode *inode)
{
	return rcu_access_pointer(SHMEM_I(inode)->cow);
}

/* -- before a change ------------------------------------------------------------------ */

/* Return: false if there is no memory for it */
static bool keep(struct ckpt_cow *cow, pgoff_t index, void *entry, gfp_t gfp)
{
	/* What the writer has taken has a reference of its own. */
	if (index < READ_ONCE(cow->done))
		return true;
	if (!xa_is_value(entry))
		folio_get(entry);
	atomic_long_inc(&cow->nr_kept);
	if (!xa_err(xa_store(&cow->kept, index, entry, gfp & GFP_RECLAIM_MASK)))
		return true;
	atomic_long_dec(&cow->nr_kept);
	if (!xa_is_value(entry))
		folio_put(entry);
	return false;
}

/* Only the page cache and the caller have it: the writer has let go of it. */
static bool is_written(const struct ckpt_cow *cow, pgoff_t index, const struct folio *folio)
{
	return index < READ_ONCE(cow->done) && folio_ref_count(folio) == 2;
}

/* Charged as the one that it replaces, where the program's threads have it */
static struct folio *copy_folio(struct folio *old, gfp_t gfp)
{
	struct folio *new = __folio_alloc_node(gfp, 0, folio_nid(old));
	struct mem_cgroup *active;
	int err;

	if (!new)
		return NULL;
	active = set_active_memcg(folio_memcg(old));
	err = mem_cgroup_charge(new, NULL, gfp);
	set_active_memcg(active);
	if (err || folio_mc_copy(new, old)) {
		folio_put(new);
		return NULL;
	}
	__folio_set_locked(new);
	__folio_set_swapbacked(new);
	__folio_mark_uptodate(new);
	return new;
}

static void put_in_place(struct folio *old, struct folio *new)
{
	if (folio_mapped(old))
		unmap_mapping_folio(old);
	replace_page_cache_folio(old, new);
	folio_add_lru(new);
	folio_mark_dirty(new);
}

/* Return: false if it cannot be */
static bool copy_before(struct ckpt_cow *cow, pgoff_t index, struct folio **foliop, gfp_t gfp)
{
	struct folio *old = *foliop, *new;

	/* A device would go on writing to the old one. */
	if (folio_test_hwpoison(old) || folio_maybe_dma_pinned(old))
		return false;
	new = copy_folio(old, gfp);
	if (!new)
		return false;
	if (!keep(cow, index, old, gfp)) {
		folio_unlock(new);
		folio_put(new);
		return false;
	}
	put_in_place(old, new);
	folio_unlock(old);
	folio_put(old);
	*foliop = new;
	return true;
}

/* Return: false if the image is to be given up */
static bool before(struct ckpt_cow *cow, pgoff_t index, struct folio **foliop, gfp_t gfp)
{
	gfp |= __GFP_NORETRY | __GFP_NOWARN;
	/*
	 * None comes into being while shmem_allowable_huge_orders() denies it, but for one that
	 * was about to: with any page of it others are mapped.
	 */
	if (folio_test_large(*foliop))
		return false;
	if (index >= cow->nr || !test_bit(index, cow->intact))
		return true;
	if (folio_test_uptodate(*foliop) && !is_written(cow, index, *foliop)) {
		if (!copy_before(cow, index, foliop, gfp))
			return false;
	} else if (!keep(cow, index, xa_mk_value(0), gfp)) {
		return false;
	}
	/* Whoever finds it cleared finds what is kept: see page_of_cow(). */
	clear_bit_unlock(index, cow->intact);
	return true;
}

/**
 * ckpt_cow_before - a page is about to be changed or mapped
 * @inode: of memory in common
 * @index: which page
 * @foliop: it, locked and with a reference, or NULL; it may be replaced by another
 * @gfp: how to allocate that
 *
 * Who changes memory never fails for our sake: the image does.
 *
 * Context: may sleep; holds the lock of the folio.
 */
void ckpt_cow_before(struct inode *inode, pgoff_t index, struct folio **foliop, gfp_t gfp)
{
	struct ckpt_cow *cow = *foliop ? get_cow(inode) : NULL;

	if (!cow)
		return;
	if (!READ_ONCE(cow->given_up) && !before(cow, index, foliop, gfp))
		ckpt_give_up(&cow->exposed);
	put_cow(cow);
}

/*
 * A page is about to go, and whoever wants it waits or is told that it is behind the end: so it
 * is kept as it is.
 */
static bool keep_page(struct ckpt_cow *cow, struct inode *inode, pgoff_t index)
{
	gfp_t gfp = mapping_gfp_mask(inode->i_mapping);
	struct folio *folio;
	void *entry;
	bool kept;

	/* Also behind the end, which may have moved already */
	if (fatal_signal_pending(current) ||
	    shmem_get_folio_gfp(inode, index, 0, &folio, SGP_WRITE, gfp, NULL, NULL))
		return false;
	entry = folio_test_uptodate(folio) ? folio : xa_mk_value(0);
	kept = !folio_test_large(folio) && !folio_maybe_dma_pinned(folio) &&
	       keep(cow, index, entry, gfp);
	if (kept)
		clear_bit_unlock(index, cow->intact);
	folio_unlock(folio);
	folio_put(folio);
	return kept;
}

/* A part of a page is about to be cleared. */
static bool keep_part(struct inode *inode, pgoff_t index)
{
	struct folio *folio;

	if (shmem_get_folio(inode, index, 0, &folio, SGP_WRITE))
		return false;
	folio_unlock(folio);
	folio_put(folio);
	return true;
}

/**
 * ckpt_cow_range - pages are about to be taken out of the page cache
 * @inode: of memory in common
 * @from: the first byte
 * @to: the last byte
 * @unfalloc: an fallocate(2) fails, and takes only what it has set aside just now: nothing of ours
 *
 * Context: may sleep; holds no lock of a folio.
 */
void ckpt_cow_range(struct inode *inode, loff_t from, loff_t to, bool unfalloc)
{
	pgoff_t first = from >> PAGE_SHIFT, last = (u64)to >> PAGE_SHIFT, index;
	struct ckpt_cow *cow = unfalloc ? NULL : get_cow(inode);
	bool good = true;

	if (!cow)
		return;
	for (index = find_next_bit(cow->intact, cow->nr, first);
	     good && index < cow->nr && index <= last && !READ_ONCE(cow->given_up);
	     index = find_next_bit(cow->intact, cow->nr, index + 1)) {
		if ((index == first && !IS_ALIGNED(from, PAGE_SIZE)) ||
		    (index == last && !IS_ALIGNED(to + 1, PAGE_SIZE)))
			good = keep_part(inode, index);
		else
			good = keep_page(cow, inode, index);
		cond_resched();
	}
	if (!good)
		ckpt_give_up(&cow->exposed);
	put_cow(cow);
}

/* -- what is written --------------------------------------------------------------------- */

static struct page *kept_page(struct ckpt_cow *cow, pgoff_t index)
{
	void *entry = xa_erase(&cow->kept, index);

	if (!entry)
		return ERR_PTR(-ENOMEM);
	atomic_long_dec(&cow->nr_kept);
	if (!xa_is_value(entry) && folio_test_hwpoison(entry)) {
		folio_put(entry);
		return ERR_PTR(-EIO);
	}
	if (!xa_is_value(entry))
		return &((struct folio *)entry)->page;
	get_page(ZERO_PAGE(0));
	return ZERO_PAGE(0);
}

/*
 * -EINVAL: behind an end that has just moved.  Who moves it is about to keep the page, if there is
 * one: a page of zeros that nobody wrote to may have been reclaimed.
 */
static struct page *page_behind_end(struct ckpt_cow *cow, struct inode *inode, pgoff_t index)
{
	struct page *page = ZERO_PAGE(0);

	if (!xa_load(&inode->i_mapping->i_pages, index) && test_bit(index, cow->intact)) {
		get_page(page);
		return page;
	}
	schedule_timeout_killable(1);
	return NULL;
}

static struct page *page_of_cow(struct ckpt_cow *cow, struct inode *inode, pgoff_t index)
{
	struct page *page;

	for (;;) {
		if (!test_bit_acquire(index, cow->intact))
			return kept_page(cow, index);
		page = memory_page(inode, index, cow);
		if (page == ERR_PTR(-EINVAL))
			page = page_behind_end(cow, inode, index);
		if (page)
			return page;
		if (fatal_signal_pending(current))
			return ERR_PTR(-EINTR);
		if (READ_ONCE(cow->given_up))
			return ERR_PTR(-ENOMEM);
	}
}
