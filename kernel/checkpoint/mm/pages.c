// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: page chunks: runs of pages are gathered, summed and written;
 * read, checked and handed to the object that they fill.
 */
#include <linux/bvec.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xxhash.h>
#include "../checkpoint.h"
#include "../stream.h"

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

/*
 * Chunks between being filled and written.  With three that are being summed the processors
 * that the program leaves are busy, also while the one that writes must wait.
 */
#define CHUNKS		4

/*
 * Checksums are made aside, on another processor, while the caller reads or writes.  The
 * rescuer is needed: who runs short of memory waits until a writer drops its pages.
 */
static struct workqueue_struct *aside __ro_after_init;

/* Work begins on the processor that is chosen for it; the scheduler may move it. */
static int __init pages_init(void)
{
	struct workqueue_attrs *attrs = alloc_workqueue_attrs();
	int err = -ENOMEM;

	aside = alloc_workqueue("checkpoint", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (aside && attrs) {
		attrs->affn_scope = WQ_AFFN_CPU;
		err = apply_workqueue_attrs(aside, attrs);
	}
	free_workqueue_attrs(attrs);
	return err;
}
subsys_initcall(pages_init);

/*
 * The caller goes on, so its own processor is the wrong one: an idle one, or else the next.
 * The scheduler looks for idle ones only among those that share a cache with the caller's,
 * and in a small guest there is often none.
 */
static int another_processor(void)
{
	const struct cpumask *near = cpumask_of_node(numa_mem_id());
	int this = raw_smp_processor_id(), other = WORK_CPU_UNBOUND, cpu;

	for_each_cpu_wrap(cpu, near, this + 1) {
		if (cpu == this || !cpu_online(cpu))
			continue;
		if (idle_cpu(cpu))
			return cpu;
		if (other == WORK_CPU_UNBOUND)
			other = cpu;
	}
	return other;
}

static void do_aside(struct work_struct *work)
{
	if (aside && num_online_cpus() > 1)
		queue_work_on(another_processor(), aside, work);
	else
		work->func(work);
}

/* -- writing ------------------------------------------------------------------ */

/* A page as it was found */
struct found {
	u64 address;
	u32 flags;
	bool keep_zeros;
};

/*
 * A chunk: it is filled with pages as they are found (@pages, @found), then made ready
 * to be written (@sum and what follows).
 */
struct chunk {
	struct work_struct work;
	unsigned int nr_found;
	struct page *pages[CHUNK_PAGES];
	struct found found[CHUNK_PAGES];
	struct xxh64_state sum;
	unsigned int nr_pages;
	unsigned int nr_bvecs;
	unsigned int nr_extents;
	struct bio_vec bvecs[CHUNK_PAGES];
	struct ckpt_rec_extent extents[CHUNK_PAGES];
};

/*
 * While one chunk is written, those behind it are made ready.  @run is where pages are before
 * they are in a chunk.
 */
struct writer {
	struct ckpt_ctx *ctx;
	const struct ckpt_kind *kind;
	u32 object;
	unsigned int filling;		/* index of the chunk that takes pages */
	unsigned int oldest;		/* of the one to be written next; @filling: there is none */
	struct chunk chunks[CHUNKS];
	struct ckpt_page_run run;
};

static void chunk_add_bvec(struct chunk *c, struct page *page)
{
	struct bio_vec *last = c->nr_bvecs ? &c->bvecs[c->nr_bvecs - 1] : NULL;

	if (last && last->bv_page + (last->bv_len >> PAGE_SHIFT) == page)
		last->bv_len += PAGE_SIZE;
	else
		bvec_set_page(&c->bvecs[c->nr_bvecs++], page, PAGE_SIZE, 0);
}

static void chunk_add_extent(struct chunk *c, u64 addr, u32 flags)
{
	struct ckpt_rec_extent *last = c->nr_extents ? &c->extents[c->nr_extents - 1] : NULL;

	if (last && last->address + last->pages * PAGE_SIZE == addr && last->flags == flags)
		last->pages++;
	else
		c->extents[c->nr_extents++] = (struct ckpt_rec_extent) {
			.address = addr, .pages = 1, .flags = flags,
		};
}

/* Few pages that are not zero begin with a zero. */
static bool is_all_zero(struct page *page)
{
	const u64 *data = page_address(page);

	return !*data && !memchr_inv(data, 0, PAGE_SIZE);
}

/* Pages that follow each other are summed together: each call has its price.  (No highmem.) */
static void sum_pages(struct xxh64_state *sum, const struct bio_vec *bvecs, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		xxh64_update(sum, page_address(bvecs[i].bv_page), bvecs[i].bv_len);
		cond_resched();
	}
}

static void make_ready(struct work_struct *work)
{
	struct chunk *c = container_of(work, struct chunk, work);
	unsigned int i;

	for (i = 0; i < c->nr_found; i++) {
		struct found *f = &c->found[i];

		if (!f->keep_zeros && is_all_zero(c->pages[i]))
			continue;
		c->nr_pages++;
		chunk_add_bvec(c, c->pages[i]);
		chunk_add_extent(c, f->address, f->flags);
	}
	sum_pages(&c->sum, c->bvecs, c->nr_bvecs);
}

static void chunk_reset(struct chunk *c)
{
	release_pages(c->pages, c->nr_found);
	c->nr_found = 0;
	c->nr_pages = 0;
	c->nr_bvecs = 0;
	c->nr_extents = 0;
	xxh64_reset(&c->sum, 0);
}

static int write_chunk(struct writer *w, struct chunk *c)
{
	struct ckpt_rec_pages data = {
		.data_bytes = c->nr_pages * PAGE_SIZE,
		.data_xxh64 = xxh64_digest(&c->sum),
		.extents = { .count = c->nr_extents, .size = sizeof(c->extents[0]) },
	};
	struct ckpt_rec_chunk chunk = {
		.address = c->extents[0].address, .object = w->object, .pages = c->nr_pages,
		.offset = w->ctx->stream->bytes,
	};
	int err;

	err = ckpt_write_record(w->ctx, w->kind->type, w->object, &data, sizeof(data), c->extents,
				c->nr_extents * sizeof(c->extents[0]), PAGE_SIZE);
	if (!err)
		err = ckpt_write_bvec(w->ctx, c->bvecs, c->nr_bvecs, data.data_bytes);
	return err ?: ckpt_index_chunk(w->ctx, &chunk);
}

static int write_oldest(struct writer *w)
{
	struct chunk *c = &w->chunks[w->oldest];
	int err;

	flush_work(&c->work);
	err = c->nr_pages ? write_chunk(w, c) : 0;
	chunk_reset(c);
	w->oldest = (w->oldest + 1) % CHUNKS;
	return err;
}

/* The chunk that was filled is made ready; there is an empty one behind it. */
static int next_chunk(struct writer *w)
{
	do_aside(&w->chunks[w->filling].work);
	w->filling = (w->filling + 1) % CHUNKS;
	return w->filling == w->oldest ? write_oldest(w) : 0;
}

/* Afterwards no page is in the writer's hands. */
static int write_rest(struct writer *w)
{
	int err = next_chunk(w);

	while (!err && w->oldest != w->filling)
		err = write_oldest(w);
	return err;
}

static int write_run(struct writer *w)
{
	struct ckpt_page_run *run = &w->run;
	unsigned int i = 0;
	int err = 0;

	if (run->flags & CKPT_EXTENT_HUGE &&
	    w->chunks[w->filling].nr_found + run->nr > CHUNK_PAGES)
		err = next_chunk(w);
	while (i < run->nr && !err) {
		struct chunk *c = &w->chunks[w->filling];

		if (c->nr_found == CHUNK_PAGES) {
			err = next_chunk(w);
			continue;
		}
		c->pages[c->nr_found] = run->pages[i];
		c->found[c->nr_found++] = (struct found) {
			.address = run->address + i * PAGE_SIZE, .flags = run->flags,
			.keep_zeros = run->keep_zeros,
		};
		i++;
	}
	release_pages(run->pages + i, run->nr - i);
	return err;
}

static int write_source(struct writer *w, struct ckpt_page_source *source)
{
	u64 from = 0;
	int err;

	w->object = source->object;
	w->ctx->at = (struct ckpt_at) { .type = w->kind->type, .object = source->object };
	do {
		err = source->ops->next(w->ctx, source, &from, &w->run);
		if (!err)
			err = write_run(w);
		if (err)
			return err;
		ckpt_progress(w->ctx);
		cond_resched();
	} while (w->run.nr);
	err = write_rest(w);
	return err || !source->cow ? err : ckpt_cow_written(w->ctx);
}

static struct writer *new_writer(struct ckpt_ctx *ctx, const struct ckpt_kind *kind)
{
	struct writer *w = kvzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!w)
		return NULL;
	w->ctx = ctx;
	w->kind = kind;
	for (i = 0; i < CHUNKS; i++) {
		INIT_WORK(&w->chunks[i].work, make_ready);
		chunk_reset(&w->chunks[i]);
	}
	return w;
}

static void free_writer(struct writer *w)
{
	unsigned int i;

	for (i = 0; i < CHUNKS; i++) {
		flush_work(&w->chunks[i].work);
		chunk_reset(&w->chunks[i]);
	}
	kvfree(w);
}

static int pages_write(struct ckpt_ctx *ctx, const struct ckpt_kind *kind)
{
	struct ckpt_page_source *source, *next;
	struct writer *w = new_writer(ctx, kind);
	int err = 0;

	if (!w)
		return ckpt_fail(ctx, -ENOMEM, "no memory to write pages");
	list_for_each_entry_safe(source, next, &ctx->save->page_sources, node) {
		if (!source->live)
			err = ckpt_live_written(ctx);
		if (!err)
			err = write_source(w, source);
		if (err)
			break;
		source->ops->free(source);
		ckpt_progress(ctx);
	}
	if (!err)
		err = ckpt_live_written(ctx);
	free_writer(w);
	return err;
}

/* -- reading ------------------------------------------------------------------- */

/* What is read at once before it is summed aside */
#define READ_BYTES	(256U << 10)

/*
 * The data of a chunk as they come in.  They are summed in their order by whoever has @lock:
 * another processor while the caller reads, the caller what is left when all is read.
 */
struct ckpt_page_data {
	struct ckpt_ctx *ctx;
	struct work_struct work;
	struct mutex lock;		/* who has it sums */
	struct xxh64_state sum;
	const struct bio_vec *bvecs;
	unsigned int nr_read;		/* of @bvecs */
	unsigned int nr_summed;
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

static void sum_what_is_read(struct ckpt_page_data *d)
{
	unsigned int nr;

	guard(mutex)(&d->lock);
	for (;;) {
		/* Pairs with the release behind which the data are in place. */
		nr = smp_load_acquire(&d->nr_read);
		if (d->nr_summed == nr)
			break;
		sum_pages(&d->sum, d->bvecs + d->nr_summed, nr - d->nr_summed);
		d->nr_summed = nr;
	}
}

static void sum_aside(struct work_struct *work)
{
	sum_what_is_read(container_of(work, struct ckpt_page_data, work));
}

int ckpt_read_page_data(struct ckpt_page_data *data, struct bio_vec *bvecs, unsigned int nr)
{
	unsigned int from, i;
	size_t part;
	int err = 0;

	data->bvecs = bvecs;
	data->nr_read = 0;
	data->nr_summed = 0;
	for (from = 0; from < nr && !err; from = i) {
		part = bvecs[from].bv_len;
		for (i = from + 1; i < nr && part + bvecs[i].bv_len <= READ_BYTES; i++)
			part += bvecs[i].bv_len;
		err = ckpt_read_bvec(data->ctx, bvecs + from, i - from, part);
		if (err)
			break;
		/* Whoever sums sees the data that are counted here. */
		smp_store_release(&data->nr_read, i);
		if (i < nr)
			do_aside(&data->work);
	}
	sum_what_is_read(data);
	cancel_work_sync(&data->work);
	return err;
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

	INIT_WORK_ONSTACK(&d.work, sum_aside);
	mutex_init(&d.lock);
	xxh64_reset(&d.sum, 0);
	if (install)
		err = class->sink->fill(ctx, ckpt_object(ctx, item->object, class), &d,
					     item->array, item->count);
	else
		err = skip_data(&d, data->data_bytes);
	destroy_work_on_stack(&d.work);
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
