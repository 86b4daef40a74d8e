// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: reading an image, record by record; what holds it together:
 * header, ends, page chunks.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <asm/elf.h>
#include "core.h"

/* A record grows in memory only as its bytes come in. */
#define READ_STEP	BIT(20)

static int record_check(struct ckpt_ctx *ctx, const struct ckpt_record *rec)
{
	if (rec->size % 8 || rec->len % 8 || rec->len < sizeof(*rec) ||
	    rec->size > rec->len - sizeof(*rec))
		return ckpt_fail(ctx, -EINVAL, "a record's lengths make no sense");
	if (rec->len > CKPT_META_LIMIT)
		return ckpt_fail(ctx, -EFBIG, "a record is larger than %lu MiB",
				 CKPT_META_LIMIT >> 20);
	return 0;
}

/* Grow the buffer step by step: no allocation that the bytes read do not justify. */
static int record_body(struct ckpt_ctx *ctx, struct ckpt_record **recp)
{
	struct ckpt_record *rec = *recp, *larger;
	size_t have = sizeof(*rec), room, len = rec->len;
	int err;

	while (have < len) {
		room = min(len, max(have * 2, READ_STEP));
		larger = kvmalloc(room, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!larger)
			return ckpt_fail(ctx, -ENOMEM, "no memory for a record of %zu bytes", len);
		memcpy(larger, rec, have);
		kvfree(rec);
		*recp = rec = larger;
		err = ckpt_read(ctx, (void *)rec + have, room - have);
		if (err)
			return err;
		have = room;
	}
	return 0;
}

/* A record may be hundreds of MiB long. */
static u32 record_crc(const struct ckpt_record *rec)
{
	const void *at = rec, *end = at + rec->len;
	u32 crc = 0;

	for (; at < end; at += READ_STEP) {
		crc = ckpt_crc(crc, at, min_t(size_t, end - at, READ_STEP));
		cond_resched();
	}
	return crc;
}

/**
 * ckpt_read_record - read the next record as a whole
 * @ctx: the call
 * @recp: out: the record, to be freed with kvfree(); also set on some errors
 *
 * Checks the header and the record's CRC.
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_read_record(struct ckpt_ctx *ctx, struct ckpt_record **recp)
{
	struct ckpt_stream *s = ctx->stream;
	struct ckpt_record *rec;
	u32 crc;
	int err;

	ctx->at = (struct ckpt_at) { .offset = s->bytes };
	rec = kvmalloc(sizeof(*rec), GFP_KERNEL_ACCOUNT);
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
	s->records_crc = ckpt_crc(s->records_crc, &crc, sizeof(crc));
	s->nr_records++;
	return 0;
}

/* The records of the frame have nothing behind their fixed part. */
static int fit_frame(struct ckpt_ctx *ctx, void *to, size_t size,
		     const struct ckpt_record *rec)
{
	if (rec->len != sizeof(*rec) + rec->size)
		return ckpt_fail(ctx, -EINVAL, "a record is longer than what it has to say");
	return ckpt_fit(ctx, to, size, rec + 1, rec->size);
}

/* -- the frame --------------------------------------------------------------- */

static int read_header(struct ckpt_ctx *ctx)
{
	struct ckpt_header *h = &ctx->header;
	struct ckpt_record *rec;
	int err;

	err = ckpt_read_record(ctx, &rec);
	if (!err)
		err = fit_frame(ctx, h, sizeof(*h), rec);
	kvfree(rec);
	if (err)
		return err;
	if (h->magic != CKPT_MAGIC)
		return ckpt_fail(ctx, -EINVAL, h->magic == swab64(CKPT_MAGIC) ?
				 "the image comes from a machine of the other byte order" :
				 "this is no checkpoint image");
	if (h->arch != ELF_ARCH || h->page_size != PAGE_SIZE)
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image comes from another architecture (ELF machine %u, pages of %u bytes)",
				 h->arch, h->page_size);
	if (h->flags & ~(CKPT_IMAGE_CONTAINER | CKPT_IMAGE_SELF))
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has flags that this kernel does not know");
	if (strnlen(h->release, CKPT_NAME_LEN) == CKPT_NAME_LEN ||
	    strnlen(h->nodename, CKPT_NAME_LEN) == CKPT_NAME_LEN)
		return ckpt_fail(ctx, -EINVAL, "a name in the header is not terminated");
	return ckpt_check_clocks(ctx);
}

/*
 * Ids are given one after the other, though objects may be defined in another order.
 * Those of records that were passed over are missing here.
 */
static int check_metadata_end(struct ckpt_ctx *ctx, const struct ckpt_metadata_end *end)
{
	u64 bytes = ctx->header.metadata_bytes;

	if (end->nr_records != ctx->stream->nr_records - 1 || end->reserved ||
	    (bytes && bytes != ctx->stream->bytes))
		return ckpt_fail(ctx, -EINVAL, "records are missing from the metadata");
	if (end->nr_objects < ctx->last_object ||
	    end->nr_objects > max(ctx->last_object, ctx->skipped_object))
		return ckpt_fail(ctx, -EINVAL, "the metadata has objects up to %u, and claims %u",
				 ctx->last_object, end->nr_objects);
	if (end->nr_objects - ctx->nr_objects > ctx->nr_skipped)
		return ckpt_fail(ctx, -EINVAL, "the metadata has %u objects, and claims %u",
				 ctx->nr_objects, end->nr_objects);
	return 0;
}

/**
 * ckpt_read_metadata - read and validate all records before the page chunks
 * @ctx: the call, its stream open
 *
 * Nothing outside @ctx is changed.
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_read_metadata(struct ckpt_ctx *ctx)
{
	struct ckpt_metadata_end end = {};
	struct ckpt_record *rec;
	u32 type;
	int err;

	err = read_header(ctx);
	if (err)
		return err;
	do {
		err = ckpt_read_record(ctx, &rec);
		type = err ? 0 : rec->type;
		if (!err && type == CKPT_REC_METADATA_END)
			err = fit_frame(ctx, &end, sizeof(end), rec);
		else if (!err)
			err = ckpt_add_record(ctx, rec);
		kvfree(rec);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return ckpt_fail(ctx, -EINTR, "the caller was killed");
		cond_resched();
	} while (type != CKPT_REC_METADATA_END);

	err = check_metadata_end(ctx, &end);
	return err ?: ckpt_check_tree(ctx);
}

/* -- memory ------------------------------------------------------------------ */

static int pages_check(struct ckpt_ctx *ctx, const struct ckpt_record *rec,
		       const struct ckpt_pages *p, const struct ckpt_extent **extents)
{
	const struct ckpt_extent *e = (const void *)(rec + 1) + rec->size;
	size_t room = rec->len - sizeof(*rec) - rec->size;
	u64 sum = 0, last = 0;
	u32 i;

	if (rec->size < sizeof(*p) || p->reserved || p->extents.size != sizeof(*e) ||
	    p->extents.count > CKPT_CHUNK_BYTES / PAGE_SIZE ||
	    p->extents.count > room / sizeof(*e) || ctx->stream->bytes % PAGE_SIZE ||
	    room - p->extents.count * sizeof(*e) >= PAGE_SIZE ||
	    !p->data_bytes || p->data_bytes > CKPT_CHUNK_BYTES || p->data_bytes % PAGE_SIZE)
		return ckpt_fail(ctx, -EINVAL, "a page chunk's lengths make no sense");
	if (memchr_inv(e + p->extents.count, 0, room - p->extents.count * sizeof(*e)))
		return ckpt_fail(ctx, -EINVAL, "the padding of a page chunk is not zero");
	for (i = 0; i < p->extents.count; i++) {
		if (e[i].address % PAGE_SIZE || !e[i].pages || e[i].address < last ||
		    e[i].pages > CKPT_CHUNK_BYTES / PAGE_SIZE ||
		    e[i].address > TASK_SIZE_MAX - e[i].pages * PAGE_SIZE)
			return ckpt_fail(ctx, -EINVAL, "a page chunk's extents make no sense");
		last = e[i].address + e[i].pages * PAGE_SIZE;
		sum += e[i].pages * PAGE_SIZE;
	}
	if (sum != p->data_bytes)
		return ckpt_fail(ctx, -EINVAL, "a page chunk's extents and data differ in size");
	*extents = e;
	return 0;
}

static int skip_pages(struct ckpt_ctx *ctx, const struct ckpt_pages *p)
{
	void *buffer = kvmalloc(p->data_bytes, GFP_KERNEL_ACCOUNT);
	int err;

	if (!buffer)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a page chunk");
	err = ckpt_read(ctx, buffer, p->data_bytes);
	if (!err && ckpt_crc(0, buffer, p->data_bytes) != p->data_crc32c)
		err = ckpt_fail(ctx, -EBADMSG, "a page chunk is damaged (its checksum is wrong)");
	kvfree(buffer);
	return err;
}

static int read_pages(struct ckpt_ctx *ctx, const struct ckpt_record *rec, bool install)
{
	const struct ckpt_extent *extents;
	struct ckpt_pages p = {};
	int err;

	err = ckpt_ref(ctx, rec->object, CKPT_CLASS_MM);
	if (!err)
		err = ckpt_fit(ctx, &p, sizeof(p), rec + 1, rec->size);
	if (!err)
		err = pages_check(ctx, rec, &p, &extents);
	if (err)
		return err;
	ctx->at.t = ckpt_find_object(ctx, rec->object)->owner;
	if (install)
		err = ckpt_read_pages(ctx, ckpt_object(ctx, rec->object, CKPT_CLASS_MM),
				      &p, extents);
	else
		err = skip_pages(ctx, &p);
	ctx->stream->nr_pages += p.data_bytes / PAGE_SIZE;
	return err;
}

static int check_end(struct ckpt_ctx *ctx, const struct ckpt_record *rec, u32 crc_before)
{
	struct ckpt_stream *s = ctx->stream;
	struct ckpt_end end = {};
	int err = fit_frame(ctx, &end, sizeof(end), rec);

	if (err)
		return err;
	if (end.reserved || end.nr_records != s->nr_records - 1 || end.nr_pages != s->nr_pages ||
	    end.bytes != s->bytes - rec->len || end.records_crc32c != crc_before)
		return ckpt_fail(ctx, -EBADMSG, "the end record does not match what comes before it");
	return 0;
}

/**
 * ckpt_read_memory - read the page chunks and the end record
 * @ctx: the call; the metadata is read
 * @install: put the pages in place; else only check them
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_read_memory(struct ckpt_ctx *ctx, bool install)
{
	struct ckpt_record *rec;
	u32 type, crc;
	int err;

	do {
		crc = ctx->stream->records_crc;
		err = ckpt_read_record(ctx, &rec);
		type = err ? 0 : rec->type;
		if (!err && type == CKPT_REC_PAGES)
			err = read_pages(ctx, rec, install);
		else if (!err && type == CKPT_REC_END)
			err = check_end(ctx, rec, crc);
		else if (!err && !(type & CKPT_REC_SKIPPABLE))
			err = ckpt_fail(ctx, -EINVAL, "a record of type %#x stands among the pages",
					type);
		kvfree(rec);
		if (!err && fatal_signal_pending(current))
			err = ckpt_fail(ctx, -EINTR, "the caller was killed");
		cond_resched();
	} while (!err && type != CKPT_REC_END);
	return err;
}
