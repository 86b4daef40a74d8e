// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: reading an image, record by record; what holds it together:
 * header, ends, page chunks.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <trace/events/checkpoint.h>
#include <asm/elf.h>
#include "../core.h"

/* A record grows in memory only as its bytes come in. */
#define READ_STEP	BIT(20)

/* Most are small, and thousands: one after the other they lie in the same place. */
#define SMALL_RECORD	PAGE_SIZE

static int record_check(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	if (rec->size % 8 || rec->len % 8 || rec->len < sizeof(*rec) ||
	    rec->size > rec->len - sizeof(*rec))
		return ckpt_fail(ctx, -EINVAL, "a record's lengths make no sense");
	if (rec->len > CKPT_META_LIMIT)
		return ckpt_fail(ctx, -EFBIG, "a record is larger than %lu MiB",
				 CKPT_META_LIMIT >> 20);
	return 0;
}

static void drop_record(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	if (rec != ctx->restart->small_record)
		kvfree(rec);
}

/* Grow the buffer step by step: no allocation that the bytes read do not justify. */
static int record_body(struct ckpt_ctx *ctx, struct ckpt_rec **recp)
{
	struct ckpt_rec *rec = *recp, *larger;
	size_t have = sizeof(*rec), room, len = rec->len;
	int err;

	if (len <= SMALL_RECORD)
		return ckpt_read(ctx, rec + 1, len - have);
	while (have < len) {
		room = min(len, max(have * 2, READ_STEP));
		larger = kvmalloc(room, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!larger)
			return ckpt_fail(ctx, -ENOMEM, "no memory for a record of %zu bytes", len);
		memcpy(larger, rec, have);
		drop_record(ctx, rec);
		*recp = rec = larger;
		err = ckpt_read(ctx, (void *)rec + have, room - have);
		if (err)
			return err;
		have = room;
	}
	return 0;
}

/* A record may be hundreds of MiB long. */
static u32 record_crc(const struct ckpt_rec *rec)
{
	const void *at = rec, *end = at + rec->len;
	u32 crc = 0;

	for (; at < end; at += READ_STEP) {
		crc = ckpt_crc(crc, at, min_t(size_t, end - at, READ_STEP));
		cond_resched();
	}
	return crc;
}

/*
 * The next record as a whole, for drop_record(), also on some errors; its header and its CRC
 * are checked.
 */
static int read_record(struct ckpt_ctx *ctx, struct ckpt_rec **recp)
{
	struct ckpt_stream *s = ctx->stream;
	struct ckpt_rec *rec = ctx->restart->small_record;
	u32 crc;
	int err;

	ctx->at = (struct ckpt_at) { .offset = s->bytes };
	if (!rec)
		rec = kmalloc(SMALL_RECORD, GFP_KERNEL_ACCOUNT);
	ctx->restart->small_record = rec;
	*recp = rec;
	if (!rec)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a record");
	err = ckpt_read(ctx, rec, sizeof(*rec));
	if (err)
		return err;
	if (!s->nr_records && rec->type != CKPT_REC_HEADER)
		return ckpt_fail(ctx, -EINVAL, "this is no checkpoint image");
	ctx->at.type = rec->type;
	ctx->at.object = rec->object;
	err = record_check(ctx, rec);
	if (!err)
		err = record_body(ctx, recp);
	if (err)
		return err;

	rec = *recp;
	crc = rec->crc32c;
	rec->crc32c = 0;
	if (record_crc(rec) != crc)
		return ckpt_fail(ctx, -EBADMSG, "a record is damaged (its checksum is wrong)");
	rec->crc32c = crc;
	ckpt_stream_count(s, rec);
	return 0;
}

/* The records of the frame have nothing behind their fixed part. */
static int fit_frame(struct ckpt_ctx *ctx, void *to, size_t size,
		     const struct ckpt_rec *rec)
{
	if (rec->len != sizeof(*rec) + rec->size)
		return ckpt_fail(ctx, -EINVAL, "a record is longer than what it has to say");
	return ckpt_fit(ctx, to, size, rec + 1, rec->size);
}

/* -- the frame --------------------------------------------------------------- */

static int check_magic(struct ckpt_ctx *ctx, u64 magic)
{
	switch (magic) {
	case CKPT_MAGIC:
		return 0;
	case CKPT_MAGIC_UNRELEASED:
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has the format of an unreleased version; save the program again");
	case swab64(CKPT_MAGIC):
		return ckpt_fail(ctx, -EINVAL, "the image comes from a machine of the other byte order");
	default:
		return ckpt_fail(ctx, -EINVAL, "this is no checkpoint image");
	}
}

static int read_header(struct ckpt_ctx *ctx)
{
	const u64 max_clock = (u64)KTIME_SEC_MAX / 2 * NSEC_PER_SEC;
	struct ckpt_rec_header *h = &ctx->header;
	struct ckpt_rec *rec;
	int err;

	err = read_record(ctx, &rec);
	if (!err)
		err = fit_frame(ctx, h, sizeof(*h), rec);
	drop_record(ctx, rec);
	if (err)
		return err;
	err = check_magic(ctx, h->magic);
	if (err)
		return err;
	if (h->arch != ELF_ARCH || h->page_size != PAGE_SIZE)
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image comes from another architecture (ELF machine %u, pages of %u bytes)",
				 h->arch, h->page_size);
	if (h->flags & ~(CKPT_IMAGE_CONTAINER | CKPT_IMAGE_SELF))
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has flags that this kernel does not know");
	if (strnlen(h->release, CKPT_NAME_LEN) == CKPT_NAME_LEN ||
	    strnlen(h->nodename, CKPT_NAME_LEN) == CKPT_NAME_LEN)
		return ckpt_fail(ctx, -EINVAL, "a name in the header is not terminated");
	/* Clocks that this kernel could not be moved to */
	if (h->monotonic_ns > max_clock || h->boottime_ns > max_clock)
		return ckpt_fail(ctx, -EINVAL, "the image's clocks are out of range");
	return 0;
}

/*
 * Ids are given one after the other, though objects may be defined in another order.
 * Those of records that were passed over are missing here.
 */
static int check_metadata_end(struct ckpt_ctx *ctx, const struct ckpt_rec_metadata_end *end,
			      u32 crc_before)
{
	u64 bytes = ctx->header.metadata_bytes;

	if (end->nr_records != ctx->stream->nr_records - 1 ||
	    (bytes && bytes != ctx->stream->bytes))
		return ckpt_fail(ctx, -EINVAL, "records are missing from the metadata");
	if (end->records_crc32c != crc_before)
		return ckpt_fail(ctx, -EBADMSG, "the metadata was changed (the checksum at its end is wrong)");
	if (end->nr_objects < ctx->last_object ||
	    end->nr_objects > max(ctx->last_object, ctx->restart->skipped_object))
		return ckpt_fail(ctx, -EINVAL, "the metadata has objects up to %u, and claims %u",
				 ctx->last_object, end->nr_objects);
	if (end->nr_objects - ctx->restart->nr_objects > ctx->restart->nr_skipped)
		return ckpt_fail(ctx, -EINVAL, "the metadata has %u objects, and claims %u",
				 ctx->restart->nr_objects, end->nr_objects);
	return 0;
}

/**
 * ckpt_read_metadata - read and validate all records before the page chunks
 * @ctx: the call, its stream open
 *
 * Nothing outside @ctx is changed.
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_read_metadata(struct ckpt_ctx *ctx)
{
	struct ckpt_rec_metadata_end end = {};
	struct ckpt_rec *rec;
	u32 type, crc;
	int err;

	trace_checkpoint_phase("read", 0);
	err = read_header(ctx);
	if (err)
		return err;
	do {
		crc = ctx->stream->records_crc;
		err = read_record(ctx, &rec);
		type = err ? 0 : rec->type;
		if (!err && type == CKPT_REC_METADATA_END)
			err = fit_frame(ctx, &end, sizeof(end), rec);
		else if (!err)
			err = ckpt_add_record(ctx, rec);
		drop_record(ctx, rec);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		cond_resched();
	} while (type != CKPT_REC_METADATA_END);

	trace_checkpoint_phase("complete", ctx->nr_tasks);
	err = check_metadata_end(ctx, &end, crc);
	return err ?: ckpt_check_whole(ctx);
}

/* -- behind the metadata ------------------------------------------------------- */

/* A record with data behind it: its kind reads them, or looks at them. */
static int read_data(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		     const struct ckpt_rec *rec, bool install)
{
	const struct ckpt_object *obj = ckpt_find_object(ctx, rec->object);
	struct ckpt_item *item;
	int err = 0;

	if (!obj)
		return ckpt_fail(ctx, -EINVAL, "object %u is referred to before it is defined",
				 rec->object);
	if (ctx->stream->bytes % PAGE_SIZE)
		return ckpt_fail(ctx, -EINVAL, "the data of a %s record do not start at a page",
				 kind->name);
	item = ckpt_new_item(ctx, kind, rec);
	if (IS_ERR(item))
		return PTR_ERR(item);
	item->owner = obj->owner;
	ctx->at.t = item->owner;
	if (kind->validate)
		err = kind->validate(ctx, item);
	if (!err)
		err = kind->read(ctx, item, install);
	ckpt_free_item(ctx, item);
	return err;
}

static int check_end(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_rec_end *end = (const void *)(rec + 1);
	struct ckpt_stream *s = ctx->stream;

	if (rec->len != CKPT_END_BYTES || rec->size != sizeof(*end))
		return ckpt_fail(ctx, -EINVAL, "the end record is not of its fixed size");
	/* The stream has counted the end record too. */
	if (end->nr_records != s->nr_records - 1 || end->nr_pages != ckpt_stream_pages(s) ||
	    end->bytes != s->bytes - rec->len || end->index != s->index ||
	    end->records_sum != s->records_sum - rec->crc32c)
		return ckpt_fail(ctx, -EBADMSG, "the end record does not match what comes before it");
	return 0;
}

/* One record behind the metadata */
static int read_behind(struct ckpt_ctx *ctx, const struct ckpt_rec *rec, bool install)
{
	const struct ckpt_kind *kind = ckpt_find_kind(rec->type);

	if (rec->type == CKPT_REC_END)
		return check_end(ctx, rec);
	/* It is for those who seek; where it stands, the end record has to know. */
	if (rec->type == CKPT_REC_INDEX) {
		ctx->stream->index = ctx->stream->index ?: ctx->at.offset;
		ctx->restart->in_tail = true;
		return 0;
	}
	if (kind && kind->read && ctx->restart->in_tail)
		return ckpt_fail(ctx, -EINVAL, "a %s record stands behind the tail", kind->name);
	if (kind && kind->read)
		return read_data(ctx, kind, rec, install);
	if (kind && kind->late) {
		ctx->restart->in_tail = true;
		return ckpt_add_tail_record(ctx, kind, rec);
	}
	if (rec->type & CKPT_REC_SKIPPABLE)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "a record of type %#x stands among the pages", rec->type);
}

/**
 * ckpt_read_memory - read what is behind the metadata, and the end record
 * @ctx: the call; the metadata is read
 * @install: put the data in place; else only check them
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_read_memory(struct ckpt_ctx *ctx, bool install)
{
	struct ckpt_rec *rec;
	bool end = false;
	int err;

	do {
		err = read_record(ctx, &rec);
		if (!err) {
			end = rec->type == CKPT_REC_END;
			err = read_behind(ctx, rec, install);
		}
		drop_record(ctx, rec);
		if (!err && fatal_signal_pending(current))
			err = ckpt_fail_killed(ctx);
		cond_resched();
	} while (!err && !end);
	return err;
}
