// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: page data that change when the tree runs: memory in common,
 * contents of files without a name.
 *
 * They cannot be linked copy-on-write: whoever maps them shares the very pages.  Some sources
 * can see to it that pages are copied before they change (->cow()).  The others are copied
 * while the tree is frozen, as far as the budget of the call and the memory of the caller's
 * control group go.  What is left is written first, and the tree stands until it is.
 * A tree that stands anyway until its image is written costs no copy.  Neither does an image
 * that lies in memory itself: it is written as fast as a copy is made.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "../core.h"

/* A run as ->next() gave it, with pages of our own */
struct copied_run {
	struct list_head node;
	u64 address;
	unsigned int nr;
	u32 flags;
	bool keep_zeros;
	struct page *pages[];
};

struct copy {
	struct ckpt_page_source source;
	struct list_head runs;
};

/* -- the copy as a source --------------------------------------------------------- */

static void free_run(struct copied_run *run)
{
	list_del(&run->node);
	release_pages(run->pages, run->nr);
	kvfree(run);
}

/* Read once, from the start: what is handed out is not kept. */
static int copy_next(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *from,
		     struct ckpt_page_run *run)
{
	struct copy *copy = container_of(source, struct copy, source);
	struct copied_run *first;

	run->nr = 0;
	first = list_first_entry_or_null(&copy->runs, struct copied_run, node);
	if (!first)
		return 0;
	ctx->at.address = first->address;
	run->address = first->address;
	run->nr = first->nr;
	run->flags = first->flags;
	run->keep_zeros = first->keep_zeros;
	memcpy(run->pages, first->pages, first->nr * sizeof(first->pages[0]));
	*from = first->address + (u64)first->nr * PAGE_SIZE;
	first->nr = 0;
	free_run(first);
	return 0;
}

static void copy_free(struct ckpt_page_source *source)
{
	struct copy *copy = container_of(source, struct copy, source);
	struct copied_run *run, *next;

	list_del(&source->node);
	list_for_each_entry_safe(run, next, &copy->runs, node) {
		free_run(run);
		cond_resched();
	}
	kfree(copy);
}

static const struct ckpt_page_source_ops copy_ops = {
	.next	= copy_next,
	.free	= copy_free,
};

/* -- copying ------------------------------------------------------------------------ */

/* Where memory is short, failure is an answer: no OOM killer. */
#define GFP_COPY	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

static struct copied_run *copy_run(const struct ckpt_page_run *from)
{
	struct copied_run *run;

	run = kvmalloc(struct_size(run, pages, from->nr), GFP_COPY);
	if (!run)
		return NULL;
	run->address = from->address;
	run->flags = from->flags;
	run->keep_zeros = from->keep_zeros;
	for (run->nr = 0; run->nr < from->nr; run->nr++) {
		run->pages[run->nr] = alloc_page(GFP_COPY);
		if (!run->pages[run->nr]) {
			release_pages(run->pages, run->nr);
			kvfree(run);
			return NULL;
		}
		copy_highpage(run->pages[run->nr], from->pages[run->nr]);
	}
	return run;
}

static struct ckpt_page_source *new_copy(u32 object)
{
	struct copy *copy = kzalloc(sizeof(*copy), GFP_COPY);

	if (!copy)
		return NULL;
	copy->source.object = object;
	copy->source.ops = &copy_ops;
	INIT_LIST_HEAD(&copy->source.node);
	INIT_LIST_HEAD(&copy->runs);
	return &copy->source;
}

/* Return: 1 if all is copied, 0 if it does not fit, negative errno (reported) */
static int copy_pages(struct ckpt_ctx *ctx, struct ckpt_page_source *source, struct copy *copy,
		      struct ckpt_page_run *buf, u64 *left)
{
	struct copied_run *run;
	u64 from = 0, bytes;
	int err;

	for (;;) {
		err = source->ops->next(ctx, source, &from, buf);
		if (err || !buf->nr)
			return err ?: 1;
		bytes = (u64)buf->nr * PAGE_SIZE;
		run = bytes > *left ? NULL : copy_run(buf);
		release_pages(buf->pages, buf->nr);
		if (!run)
			return 0;
		*left -= bytes;
		list_add_tail(&run->node, &copy->runs);
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		ckpt_progress(ctx);
		cond_resched();
	}
}

/* @source is replaced by a copy, if there is room for one. */
static int copy_source(struct ckpt_ctx *ctx, struct ckpt_page_source *source,
		       struct ckpt_page_run *buf, u64 *left)
{
	struct ckpt_page_source *copy = new_copy(source->object);
	u64 room = *left;
	int ret;

	if (!copy)
		return 0;
	ctx->at = (struct ckpt_at) { .type = CKPT_REC_PAGES, .object = source->object };
	ret = copy_pages(ctx, source, container_of(copy, struct copy, source), buf, &room);
	if (ret > 0) {
		*left = room;
		list_add(&copy->node, &source->node);
		source->ops->free(source);
		return 0;
	}
	copy_free(copy);
	return ret;
}

static int keep_source(struct ckpt_ctx *ctx, struct ckpt_page_source *source,
		       struct ckpt_page_run *buf, u64 *left)
{
	/* What nobody changes costs no memory: without a limit of the caller's there is none. */
	u64 room = ctx->save->memory_budget ? *left : U64_MAX;
	int ret = source->ops->cow ? source->ops->cow(ctx, source, &room) : 0;

	if (ret <= 0)
		return ret ?: copy_source(ctx, source, buf, left);
	source->live = false;
	source->cow = true;
	if (ctx->save->memory_budget)
		*left = room;
	return 0;
}

static bool has_live(struct ckpt_ctx *ctx)
{
	struct ckpt_page_source *source;

	list_for_each_entry(source, &ctx->save->page_sources, node)
		if (source->live)
			return true;
	return false;
}

/* To the front of the list: what is live still is written before the rest. */
static void put_first(struct ckpt_ctx *ctx)
{
	struct ckpt_page_source *source, *next;
	LIST_HEAD(live);

	list_for_each_entry_safe(source, next, &ctx->save->page_sources, node)
		if (source->live)
			list_move_tail(&source->node, &live);
	ctx->save->stands = !list_empty(&live);
	list_splice(&live, &ctx->save->page_sources);
}

/* Some room is left to others. */
static u64 default_budget(struct ckpt_ctx *ctx)
{
	if (ckpt_is_in_memory(ctx->stream))
		return 0;
	return (u64)max(si_mem_available(), 0L) / 4 * PAGE_SIZE;
}

/**
 * ckpt_keep_live - page data that would change are copied, or the tree has to stand
 * @ctx: the call; the tree is frozen, and is to run while the image is written
 *
 * Context: may sleep, killable.
 * Return: 0, and then ctx->save->stands says whether the tree has to stand; or negative errno
 *	(reported)
 */
int ckpt_keep_live(struct ckpt_ctx *ctx)
{
	u64 left = ctx->save->memory_budget ?: default_budget(ctx);
	struct ckpt_page_source *source, *next;
	struct ckpt_page_run *buf;
	int err = 0;

	if (!has_live(ctx))
		return 0;
	buf = kvmalloc(sizeof(*buf), GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory to copy what is in common");
	list_for_each_entry_safe(source, next, &ctx->save->page_sources, node) {
		if (source->live)
			err = keep_source(ctx, source, buf, &left);
		if (err)
			break;
	}
	kvfree(buf);
	put_first(ctx);
	ctx->at = (struct ckpt_at) {};
	return err;
}

int ckpt_live_written(struct ckpt_ctx *ctx)
{
	int err;

	if (!ctx->save->stands)
		return 0;
	/* Pages that are kept back are theirs still. */
	err = ckpt_stream_flush(ctx);
	ctx->save->stands = false;
	ckpt_unwatch(ctx);
	err = err ?: ckpt_still_held(ctx);
	ckpt_thaw(ctx);
	return err;
}

int ckpt_cow_written(struct ckpt_ctx *ctx)
{
	/* Pages that are kept back, too */
	int err = ckpt_stream_flush(ctx);

	/* Whoever gave up has let the program change pages that were being written. */
	return !err && READ_ONCE(ctx->save->given_up) ? ckpt_fail_given_up(ctx) : err;
}
