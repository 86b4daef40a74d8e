// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what the snapshots of one call have in common: whom the OOM killer
 * takes first, and how much memory their processes share copy-on-write.
 *
 * After a restart each process has its memory for its own.  That may be much more than
 * there was, so it is said how much.
 */
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include "mm.h"

/**
 * struct ckpt_snapshots - of one call; used by its caller alone
 * @nr: how many there are
 * @several: there were more than one
 * @offered: the caller is the OOM killer's first choice
 * @seen: frames of pages that were written and that other processes map
 * @again: pages that were written once more
 */
struct ckpt_snapshots {
	unsigned int nr;
	bool several;
	bool offered;
	struct ida seen;
	unsigned long again;
};

/*
 * What the caller does until the image is written may bring its control group to its
 * limit, where the program may be as well.  A caller that is never to be killed is not
 * offered, nor is one that saves itself.
 */
static bool may_be_killed(struct ckpt_ctx *ctx)
{
	return current->signal->oom_score_adj != OOM_SCORE_ADJ_MIN &&
	       !ckpt_find_task(ctx, current);
}

/**
 * ckpt_get_common - what a new snapshot shares with the others
 * @ctx: the call
 * @common: what the others have, NULL for the first one
 *
 * Context: may sleep.
 * Return: @common or a new one, with a reference; NULL if there is no memory
 */
struct ckpt_snapshots *ckpt_get_common(struct ckpt_ctx *ctx, struct ckpt_snapshots *common)
{
	if (common) {
		common->several = true;
		common->nr++;
		return common;
	}
	common = kzalloc(sizeof(*common), GFP_KERNEL_ACCOUNT);
	if (!common)
		return NULL;
	common->nr = 1;
	ida_init(&common->seen);
	common->offered = may_be_killed(ctx);
	if (common->offered)
		set_current_oom_origin();
	return common;
}

/**
 * ckpt_put_common - a snapshot is freed
 * @common: what it shared with the others
 *
 * Context: the caller of checkpoint(); may sleep.
 */
void ckpt_put_common(struct ckpt_snapshots *common)
{
	if (--common->nr)
		return;
	if (common->offered)
		clear_current_oom_origin();
	ida_destroy(&common->seen);
	kfree(common);
}

/* By more than its program and the snapshot; what KSM has merged it will merge again. */
static bool may_be_shared(struct page *page)
{
	struct folio *folio = page_folio(page);
	int mappings = atomic_read(&page->_mapcount) + 1;

	if (!folio_test_anon(folio) || folio_test_ksm(folio))
		return false;
	if (folio_test_large(folio))
		mappings += folio_entire_mapcount(folio);
	return mappings > 2 || folio_test_swapcache(folio);
}

/**
 * ckpt_count_shared - pages are about to be written
 * @common: what the snapshots have in common
 * @pages: the pages
 * @nr: how many
 *
 * A page that another process maps is remembered, to be known again in the snapshot of
 * that one.  If there is no memory for it, less is counted.
 */
void ckpt_count_shared(struct ckpt_snapshots *common, struct page **pages, long nr)
{
	unsigned long frame;
	long i;
	int id;

	if (!common->several)
		return;
	for (i = 0; i < nr; i++) {
		frame = page_to_pfn(pages[i]);
		if (frame > INT_MAX || !may_be_shared(pages[i]))
			continue;
		id = ida_alloc_range(&common->seen, frame, frame,
				     GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT);
		if (id == -ENOSPC)
			common->again++;
	}
}

/**
 * ckpt_report_shared - a snapshot is written
 * @ctx: the call
 * @common: what the snapshots have in common
 *
 * After the last one the caller learns what a restart will cost.
 */
void ckpt_report_shared(struct ckpt_ctx *ctx, const struct ckpt_snapshots *common)
{
	if (common->nr > 1 || common->again < SZ_1M / PAGE_SIZE)
		return;
	ctx->at = (struct ckpt_at) {};
	ckpt_note(ctx, "%lu MiB that several processes share copy-on-write will take memory of their own after a restart",
		  common->again >> (20 - PAGE_SHIFT));
}
