// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the records of an image in memory, from the capture until they
 * are written.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <trace/events/checkpoint.h>
#include "../core.h"

/* Records lie whole in a chunk; a large one gets its own. */
#define META_CHUNK	(64U << 10)

struct ckpt_meta {
	struct list_head node;
	size_t fill;
	size_t room;
	u8 data[] __aligned(8);
};

/**
 * ckpt_free_metadata - drop the records that were emitted
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_free_metadata(struct ckpt_ctx *ctx)
{
	struct ckpt_meta *m, *next;

	list_for_each_entry_safe(m, next, &ctx->save->meta, node) {
		kvfree(m);
		cond_resched();
	}
	INIT_LIST_HEAD(&ctx->save->meta);
}

static struct ckpt_rec *meta_room(struct ckpt_ctx *ctx, size_t len)
{
	struct ckpt_meta *m = NULL;
	struct ckpt_rec *rec;

	if (!list_empty(&ctx->save->meta))
		m = list_last_entry(&ctx->save->meta, struct ckpt_meta, node);
	if (!m || m->room - m->fill < len) {
		size_t room = max_t(size_t, META_CHUNK - sizeof(*m), len);

		if (ctx->save->meta_bytes + len > CKPT_META_LIMIT)
			return NULL;
		m = kvmalloc(sizeof(*m) + room, GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
		if (!m)
			return NULL;
		m->fill = 0;
		m->room = room;
		list_add_tail(&m->node, &ctx->save->meta);
	}
	rec = (void *)m->data + m->fill;
	m->fill += len;
	ctx->save->meta_bytes += len;
	return rec;
}

/* What is defined by this record may be referred to from here on, also by itself. */
static int check_order(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, u32 object,
		       const void *data, const void *array, u32 count)
{
	struct ckpt_object *obj = kind->defines ? ckpt_find_object(ctx, object) : NULL;

	if (WARN_ON_ONCE(kind->defines && !obj))
		return ckpt_fail(ctx, -EINVAL, "a %s record defines an object without an id",
				 kind->name);
	if (obj)
		obj->done = true;
	else if (object && ckpt_ref_done(ctx, object, kind->class))
		return -EINVAL;
	return ckpt_check_refs(ctx, kind, data, array, count, ckpt_ref_done);
}

int ckpt_emit(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, u32 object,
	      void *data, const void *array, u32 count)
{
	size_t bytes = (size_t)count * kind->elem;
	size_t len = sizeof(struct ckpt_rec) + kind->size + ALIGN(bytes, 8);
	struct ckpt_rec *rec;
	void *end;
	int err;

	err = check_order(ctx, kind, object, data, array, count);
	if (err)
		return err;
	if (count > kind->max && kind->elem)
		return ckpt_fail(ctx, -E2BIG, "too many %s elements for an image: %u",
				 kind->name, count);
	/* What restart() would not take is not worth ending a program for. */
	ctx->save->items_bytes += ckpt_item_cost(kind, count);
	if (ctx->save->items_bytes > CKPT_ITEMS_LIMIT)
		return ckpt_fail(ctx, -E2BIG, "its state takes more than the %lu MiB of memory that a restart may take for it; save a smaller tree",
				 CKPT_ITEMS_LIMIT >> 20);
	rec = meta_room(ctx, len);
	if (!rec)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the metadata (%s)", kind->name);
	if (kind->elem) {
		struct ckpt_rec_array *a = data + kind->array;

		a->count = count;
		a->size = kind->elem;
	}
	rec->type = kind->type;
	rec->size = kind->size;
	rec->len = len;
	rec->object = object;
	rec->crc32c = 0;
	memcpy(rec + 1, data, kind->size);
	end = (void *)(rec + 1) + kind->size;
	if (bytes)
		memcpy(end, array, bytes);
	memset(end + bytes, 0, ALIGN(bytes, 8) - bytes);
	ctx->save->nr_records++;
	trace_checkpoint_save_record(kind->type, object, len);
	ckpt_progress(ctx);
	if (fatal_signal_pending(current))
		return ckpt_fail_killed(ctx);
	return 0;
}

/**
 * ckpt_next_emitted - go through the records that were emitted
 * @place: where we are
 *
 * Return: the next record, NULL behind the last one
 */
struct ckpt_rec *ckpt_next_emitted(struct ckpt_place *place)
{
	struct ckpt_meta *m = place->meta;
	struct ckpt_rec *rec;

	if (!m)
		m = list_first_entry_or_null(place->list, struct ckpt_meta, node);
	while (m && place->at == m->fill) {
		m = list_is_last(&m->node, place->list) ? NULL : list_next_entry(m, node);
		place->at = 0;
	}
	if (!m)
		return NULL;
	rec = (void *)m->data + place->at;
	place->meta = m;
	place->at += rec->len;
	return rec;
}

/**
 * ckpt_write_emitted - write the records that were emitted
 * @ctx: the call, its stream open
 *
 * Context: may sleep, interruptible.
 * Return: 0 or negative errno (reported)
 */
int ckpt_write_emitted(struct ckpt_ctx *ctx)
{
	struct ckpt_place place = { .list = &ctx->save->meta };
	struct ckpt_rec *rec;
	int err;

	while ((rec = ckpt_next_emitted(&place))) {
		err = ckpt_write_raw_record(ctx, rec);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_drop_emitted - forget the records that were emitted, and keep room for others
 * @ctx: the call
 */
void ckpt_drop_emitted(struct ckpt_ctx *ctx)
{
	struct ckpt_meta *m, *next;

	list_for_each_entry_safe(m, next, &ctx->save->meta, node) {
		ctx->save->meta_bytes -= m->fill;
		if (list_is_singular(&ctx->save->meta)) {
			m->fill = 0;
			break;
		}
		list_del(&m->node);
		kvfree(m);
	}
}

/**
 * ckpt_write_metadata - write the metadata, and that they end
 * @ctx: the call, its stream open
 *
 * Context: may sleep, interruptible.
 * Return: 0 or negative errno (reported)
 */
int ckpt_write_metadata(struct ckpt_ctx *ctx)
{
	struct ckpt_rec_metadata_end end = { .nr_objects = ctx->last_object };
	int err = ckpt_write_emitted(ctx);

	if (err)
		return err;
	end.nr_records = ctx->stream->nr_records;
	end.records_crc32c = ctx->stream->records_crc;
	return ckpt_write_record(ctx, CKPT_REC_METADATA_END, 0, &end, sizeof(end), NULL, 0, 8);
}
