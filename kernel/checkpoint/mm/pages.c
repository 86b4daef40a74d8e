// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: page chunks: runs of pages are gathered, summed and written;
 * read, checked and handed to the object that they fill.
 */
#include <linux/bvec.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xxhash.h>
#include "../checkpoint.h"

/**
 * DOC: page chunks
 *
 * A chunk names the object that its pages fill.  Where the pages come from and where
 * they go is not known here: see struct ckpt_page_source and struct ckpt_page_sink.
 *
 * A chunk has no page that is all zero, unless the source says that it is needed:
 * where a file shows through what is not in the image.  A huge page is not
 * split between chunks.
 */

#define CHUNK_PAGES	(CKPT_CHUNK_BYTES / PAGE_SIZE)

/* -- writing ------------------------------------------------------------------ */

/* A chunk being filled; @run is where pages are before they are in it. */
struct chunk {
	struct ckpt_ctx *ctx;
	const struct ckpt_kind *kind;
	u32 object;
	struct xxh64_state sum;
	unsigned int nr_pages;
	unsigned int nr_bvecs;
	unsigned int nr_extents;
	struct ckpt_page_run run;
	struct page *pages[CHUNK_PAGES];
	struct bio_vec bvecs[CHUNK_PAGES];
	struct ckpt_rec_extent extents[CHUNK_PAGES];
};

static void chunk_reset(struct chunk *c)
{
	release_pages(c->pages, c->nr_pages);
	c->nr_pages = 0;
	c->nr_bvecs = 0;
	c->nr_extents = 0;
	xxh64_reset(&c->sum, 0);
}

static int chunk_write(struct chunk *c)
{
	struct ckpt_rec_pages data = {
		.data_bytes = c->nr_pages * PAGE_SIZE,
		.data_xxh64 = xxh64_digest(&c->sum),
		.extents = { .count = c->nr_extents, .size = sizeof(c->extents[0]) },
	};
	struct ckpt_rec_chunk chunk = {
		.address = c->extents[0].address, .object = c->object, .pages = c->nr_pages,
		.offset = c->ctx->stream->bytes,
	};
	int err;

	if (!c->nr_pages)
		return 0;
	err = ckpt_write_record(c->ctx, c->kind->type, c->object, &data, sizeof(data),
				c->extents, c->nr_extents * sizeof(c->extents[0]), PAGE_SIZE);
	if (!err)
		err = ckpt_write_bvec(c->ctx, c->bvecs, c->nr_bvecs, data.data_bytes);
	if (!err)
		err = ckpt_index_chunk(c->ctx, &chunk);
	chunk_reset(c);
	return err;
}

static void chunk_add_bvec(struct chunk *c, struct page *page)
{
	struct bio_vec *last = c->nr_bvecs ? &c->bvecs[c->nr_bvecs - 1] : NULL;

	if (last && last->bv_page + (last->bv_len >> PAGE_SHIFT) == page)
		last->bv_len += PAGE_SIZE;
	else
		bvec_set_page(&c->bvecs[c->nr_bvecs++], page, PAGE_SIZE, 0);
}

static void chunk_add_extent(struct chunk *c, unsigned long addr, u32 flags)
{
	struct ckpt_rec_extent *last = c->nr_extents ? &c->extents[c->nr_extents - 1] : NULL;

	if (last && last->address + last->pages * PAGE_SIZE == addr && last->flags == flags)
		last->pages++;
	else
		c->extents[c->nr_extents++] = (struct ckpt_rec_extent) {
			.address = addr, .pages = 1, .flags = flags,
		};
}

/* Takes over the reference to @page, unless it fails. */
static int chunk_add(struct chunk *c, unsigned long addr, struct page *page, u32 flags,
		     bool skip_zeros)
{
	void *data;
	bool skip;
	int err;

	if (c->nr_pages == CHUNK_PAGES) {
		err = chunk_write(c);
		if (err)
			return err;
	}
	/* Summed while it is in the cache */
	data = kmap_local_page(page);
	skip = skip_zeros && !memchr_inv(data, 0, PAGE_SIZE);
	if (!skip)
		xxh64_update(&c->sum, data, PAGE_SIZE);
	kunmap_local(data);
	if (skip) {
		put_page(page);
		return 0;
	}
	c->pages[c->nr_pages++] = page;
	chunk_add_bvec(c, page);
	chunk_add_extent(c, addr, flags);
	return 0;
}

static int write_run(struct chunk *c)
{
	struct ckpt_page_run *run = &c->run;
	unsigned int i = 0;
	int err = 0;

	if (run->flags & CKPT_EXTENT_HUGE && c->nr_pages + run->nr > CHUNK_PAGES)
		err = chunk_write(c);
	while (i < run->nr && !err) {
		err = chunk_add(c, run->address + i * PAGE_SIZE, run->pages[i], run->flags,
				!run->keep_zeros);
		i += !err;
		/* The program runs, maybe on this processor: a checksum takes long. */
		cond_resched();
	}
	release_pages(run->pages + i, run->nr - i);
	return err;
}

static int write_source(struct chunk *c, struct ckpt_page_source *source)
{
	u64 from = 0;
	int err;

	c->object = source->object;
	c->ctx->at = (struct ckpt_at) { .type = c->kind->type, .object = source->object };
	do {
		err = source->ops->next(c->ctx, source, &from, &c->run);
		if (!err)
			err = write_run(c);
		if (err)
			return err;
		ckpt_progress(c->ctx);
	} while (c->run.nr);
	return chunk_write(c);
}

static int pages_write(struct ckpt_ctx *ctx, const struct ckpt_kind *kind)
{
	struct ckpt_page_source *source, *next;
	struct chunk *c;
	int err = 0;

	c = kvzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return ckpt_fail(ctx, -ENOMEM, "no memory to write pages");
	c->ctx = ctx;
	c->kind = kind;
	chunk_reset(c);
	list_for_each_entry_safe(source, next, &ctx->page_sources, node) {
		if (!source->live)
			err = ckpt_live_written(ctx);
		if (!err)
			err = write_source(c, source);
		if (err)
			break;
		source->ops->free(source);
		ckpt_progress(ctx);
	}
	if (!err)
		err = ckpt_live_written(ctx);
	chunk_reset(c);
	kvfree(c);
	return err;
}

/* -- reading ------------------------------------------------------------------- */

#define SUM_STEP	(64UL << 10)	/* bytes without a chance for others */

/* The data of a chunk as they come in */
struct ckpt_page_data {
	struct ckpt_ctx *ctx;
	struct xxh64_state sum;
};

static int check_extents(struct ckpt_ctx *ctx, const struct ckpt_item *item, u64 limit)
{
	const struct ckpt_rec_pages *data = item->data;
	const struct ckpt_rec_extent *e = item->array;
	u64 sum = 0, last = 0;
	u32 i;

	for (i = 0; i < item->count; i++) {
		if (e[i].address % PAGE_SIZE || !e[i].pages || e[i].address < last ||
		    e[i].pages > CHUNK_PAGES || e[i].flags & ~CKPT_EXTENT_HUGE || e[i].reserved ||
		    e[i].address > limit - e[i].pages * PAGE_SIZE)
			return ckpt_fail(ctx, -EINVAL, "a page chunk's extents make no sense");
		last = e[i].address + e[i].pages * PAGE_SIZE;
		sum += e[i].pages * PAGE_SIZE;
	}
	if (sum != data->data_bytes)
		return ckpt_fail(ctx, -EINVAL, "a page chunk's extents and data differ in size");
	return 0;
}

static int pages_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_class *class = ckpt_object_class(ctx, item->object);
	const struct ckpt_rec_pages *data = item->data;

	if (!class || !class->sink)
		return ckpt_fail(ctx, -EINVAL, "object %u takes no page data", item->object);
	if (!data->data_bytes || data->data_bytes > CKPT_CHUNK_BYTES ||
	    data->data_bytes % PAGE_SIZE)
		return ckpt_fail(ctx, -EINVAL, "a page chunk's lengths make no sense");
	return check_extents(ctx, item, class->sink->limit());
}

/* Pages that follow each other are summed together: each call has its price.  (No highmem.) */
static void sum_bvec(struct ckpt_page_data *d, const struct bio_vec *bvec)
{
	const void *data = page_address(bvec->bv_page);
	size_t done, part;

	for (done = 0; done < bvec->bv_len; done += part) {
		part = min_t(size_t, bvec->bv_len - done, SUM_STEP);
		xxh64_update(&d->sum, data + done, part);
		cond_resched();
	}
}

int ckpt_read_page_data(struct ckpt_page_data *data, struct bio_vec *bvecs, unsigned int nr,
			size_t len)
{
	unsigned int i;
	int err;

	err = ckpt_read_bvec(data->ctx, bvecs, nr, len);
	if (err)
		return err;
	for (i = 0; i < nr; i++)
		sum_bvec(data, &bvecs[i]);
	return 0;
}

static int skip_data(struct ckpt_page_data *d, size_t bytes)
{
	void *buffer = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	int err;

	if (!buffer)
		return ckpt_fail(d->ctx, -ENOMEM, "no memory for a page chunk");
	err = ckpt_read(d->ctx, buffer, bytes);
	if (!err)
		xxh64_update(&d->sum, buffer, bytes);
	kvfree(buffer);
	return err;
}

static int pages_read(struct ckpt_ctx *ctx, const struct ckpt_item *item, bool install)
{
	const struct ckpt_class *class = ckpt_object_class(ctx, item->object);
	const struct ckpt_rec_pages *data = item->data;
	struct ckpt_page_data d = { .ctx = ctx };
	int err;

	xxh64_reset(&d.sum, 0);
	if (install)
		err = class->sink->fill(ctx, ckpt_object(ctx, item->object, class), &d,
					     item->array, item->count);
	else
		err = skip_data(&d, data->data_bytes);
	if (!err && xxh64_digest(&d.sum) != data->data_xxh64)
		err = ckpt_fail(ctx, -EBADMSG, "a page chunk is damaged (its checksum is wrong)");
	return err;
}

CHECKPOINT_KIND(pages) = {
	.name		= "pages",
	.type		= CKPT_REC_PAGES,
	.size		= sizeof(struct ckpt_rec_pages),
	CKPT_ARRAY(struct ckpt_rec_pages, extents, struct ckpt_rec_extent),
	.max		= CHUNK_PAGES,
	.scope		= CKPT_SCOPE_NONE,
	.validate	= pages_validate,
	.write		= pages_write,
	.read		= pages_read,
};
