// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: reading an image.  All lengths are checked here; kinds get
 * records of the size that they know.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <trace/events/checkpoint.h>
#include <asm/elf.h>
#include "core.h"

/* Without a privileged word an image's metadata may take this much memory. */
#define META_LIMIT	(256UL << 20)
/* What we make of it: small records take more room in memory than in the image. */
#define MEMORY_LIMIT	(3 * META_LIMIT)
/* A record grows in memory only as its bytes come in. */
#define READ_STEP	BIT(20)

static int record_check(struct ckpt_ctx *ctx, const struct ckpt_record *rec)
{
	if (rec->size % 8 || rec->len % 8 || rec->len < sizeof(*rec) ||
	    rec->size > rec->len - sizeof(*rec))
		return ckpt_fail(ctx, -EINVAL, "a record's lengths make no sense");
	if (rec->len > META_LIMIT)
		return ckpt_fail(ctx, -EFBIG, "a record is larger than %lu MiB", META_LIMIT >> 20);
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
	if (ckpt_crc(0, rec, rec->len) != crc)
		return ckpt_fail(ctx, -EBADMSG, "a record is damaged (its checksum is wrong)");
	rec->crc32c = crc;
	s->records_crc = ckpt_crc(s->records_crc, &crc, sizeof(crc));
	s->nr_records++;
	return 0;
}

/* -- records for kinds ------------------------------------------------------- */

static bool all_zero(const void *p, size_t len)
{
	return !len || !memchr_inv(p, 0, len);
}

/*
 * The size is the version: a shorter fixed part is zero-extended, the excess of a
 * longer one must be zero.
 */
static int fit(struct ckpt_ctx *ctx, void *to, size_t size, const void *from, size_t len)
{
	memcpy(to, from, min(size, len));
	if (len > size && !all_zero(from + size, len - size))
		return ckpt_fail(ctx, -E2BIG, "the image has state that this kernel does not know");
	return 0;
}

static int fit_array(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *to,
		     const struct ckpt_record *rec, const struct ckpt_array *a)
{
	const void *from = (const void *)(rec + 1) + rec->size;
	u32 i;
	int err;

	for (i = 0; i < a->count; i++) {
		err = fit(ctx, to, kind->elem, from, a->size);
		if (err)
			return err;
		to += kind->elem;
		from += a->size;
		if (!(i & 0xffff))
			cond_resched();
	}
	return 0;
}

/* The array as the image's own (perhaps older) fixed part describes it */
static int array_check(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		       const struct ckpt_record *rec, struct ckpt_array *a)
{
	size_t room = rec->len - sizeof(*rec) - rec->size;
	size_t bytes;

	*a = (struct ckpt_array) {};
	if (kind->elem && rec->size >= kind->array + sizeof(*a))
		*a = *(const struct ckpt_array *)((const void *)(rec + 1) + kind->array);
	if (a->count > kind->max)
		return ckpt_fail(ctx, -EINVAL, "an array has too many elements: %u", a->count);
	if (a->count && !a->size)
		return ckpt_fail(ctx, -EINVAL, "an array has elements of no size");
	if (check_mul_overflow((size_t)a->count, (size_t)a->size, &bytes) ||
	    bytes > room || ALIGN(bytes, 8) != room)
		return ckpt_fail(ctx, -EINVAL, "an array does not fill its record");
	if (!all_zero((const void *)(rec + 1) + rec->size + bytes, room - bytes))
		return ckpt_fail(ctx, -EINVAL, "the padding of a record is not zero");
	return 0;
}

static struct ckpt_rec *new_rec(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
				const struct ckpt_record *rec)
{
	struct ckpt_array a;
	struct ckpt_rec *r;
	size_t bytes;
	int err;

	err = array_check(ctx, kind, rec, &a);
	if (err)
		return ERR_PTR(err);
	bytes = sizeof(*r) + kind->size + (size_t)a.count * kind->elem;
	if (bytes > MEMORY_LIMIT - ctx->meta_bytes)
		return ERR_PTR(ckpt_fail(ctx, -EFBIG, "the image's metadata takes more than %lu MiB of memory",
					 MEMORY_LIMIT >> 20));
	ctx->meta_bytes += bytes;
	r = kvzalloc(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!r)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for the metadata"));
	r->kind = kind;
	r->object = rec->object;
	r->count = a.count;
	r->offset = ctx->at.offset;
	r->data = r + 1;
	r->array = a.count ? (void *)(r + 1) + kind->size : NULL;
	INIT_LIST_HEAD(&r->owner_node);
	err = fit(ctx, (void *)r->data, kind->size, rec + 1, rec->size);
	if (!err && a.count)
		err = fit_array(ctx, kind, (void *)r->array, rec, &a);
	if (err) {
		kvfree(r);
		return ERR_PTR(err);
	}
	return r;
}

/* Who restores a record, see struct ckpt_kind.has_owner */
static int find_owner(struct ckpt_ctx *ctx, struct ckpt_rec *r)
{
	const struct ckpt_kind *kind = r->kind;
	struct ckpt_object *obj;
	int err;

	if (kind->has_owner) {
		u32 id = *(const u32 *)r->data;

		err = ckpt_ref(ctx, id, CKPT_CLASS_TASK);
		if (err)
			return err;
		r->owner = ckpt_rec_task(ctx, id);
	}
	if (kind->defines) {
		err = ckpt_define_object(ctx, r->object, kind->class, r->owner);
		if (err)
			return err;
	} else if (kind->class != CKPT_CLASS_NONE) {
		err = ckpt_ref(ctx, r->object, kind->class);
		if (err)
			return err;
		obj = ckpt_find_object(ctx, r->object);
		if (kind->class == CKPT_CLASS_TASK)
			r->owner = ckpt_rec_task(ctx, r->object);
		else if (!kind->has_owner)
			r->owner = obj->owner;
	} else if (r->object) {
		return ckpt_fail(ctx, -EINVAL, "a %s record names an object", kind->name);
	}
	if (kind->stage == CKPT_STAGE_OBJECT || kind->stage == CKPT_STAGE_TREE)
		return 0;
	if (!r->owner || r->owner->zombie)
		return ckpt_fail(ctx, -EINVAL, "a %s record belongs to no living task", kind->name);
	if ((kind->scope == CKPT_SCOPE_PROCESS || kind->has_owner) &&
	    r->owner->leader != r->owner)
		return ckpt_fail(ctx, -EINVAL, "a %s record belongs to no process", kind->name);
	return 0;
}

/* One record of each kind for a task, where ->save() emits one. */
static int check_single(struct ckpt_ctx *ctx, const struct ckpt_rec *r)
{
	const struct ckpt_rec *other;

	if (!r->owner || r->kind->many || r->kind->stage == CKPT_STAGE_OBJECT)
		return 0;
	list_for_each_entry(other, &r->owner->recs, owner_node)
		if (other->kind == r->kind)
			return ckpt_fail(ctx, -EINVAL, "a task has two %s records", r->kind->name);
	return 0;
}

static int add_record(struct ckpt_ctx *ctx, const struct ckpt_record *rec)
{
	const struct ckpt_kind *kind = ckpt_find_kind(rec->type);
	struct ckpt_rec *r;
	int err;

	if (!kind) {
		if (rec->type & CKPT_REC_SKIPPABLE)
			return 0;
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has a record of type %#x, which this kernel does not know",
				 rec->type);
	}
	r = new_rec(ctx, kind, rec);
	if (IS_ERR(r))
		return PTR_ERR(r);
	list_add_tail(&r->node, &ctx->recs);

	err = find_owner(ctx, r);
	if (err)
		return err;
	ctx->at.t = r->owner;
	err = check_single(ctx, r);
	if (!err && kind->validate)
		err = kind->validate(ctx, r);
	if (!err && r->owner)
		list_add_tail(&r->owner_node, &r->owner->recs);
	return err;
}

/* The records of the frame have nothing behind their fixed part. */
static int fit_frame(struct ckpt_ctx *ctx, void *to, size_t size,
		     const struct ckpt_record *rec)
{
	if (rec->len != sizeof(*rec) + rec->size)
		return ckpt_fail(ctx, -EINVAL, "a record is longer than what it has to say");
	return fit(ctx, to, size, rec + 1, rec->size);
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
			err = add_record(ctx, rec);
		kvfree(rec);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return ckpt_fail(ctx, -EINTR, "the caller was killed");
		cond_resched();
	} while (type != CKPT_REC_METADATA_END);

	if (end.nr_records != ctx->stream->nr_records - 1 || end.reserved)
		return ckpt_fail(ctx, -EINVAL, "records are missing from the metadata");
	return ckpt_check_tree(ctx);
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
	    p->extents.count > room / sizeof(*e) || ctx->stream->bytes % PAGE_SIZE ||
	    room - p->extents.count * sizeof(*e) >= PAGE_SIZE ||
	    !p->data_bytes || p->data_bytes > CKPT_CHUNK_BYTES || p->data_bytes % PAGE_SIZE)
		return ckpt_fail(ctx, -EINVAL, "a page chunk's lengths make no sense");
	if (!all_zero(e + p->extents.count, room - p->extents.count * sizeof(*e)))
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
		err = fit(ctx, &p, sizeof(p), rec + 1, rec->size);
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
	} while (!err && type != CKPT_REC_END);
	return err;
}

/**
 * ckpt_free_recs - drop all records read
 * @ctx: the call
 */
void ckpt_free_recs(struct ckpt_ctx *ctx)
{
	struct ckpt_rec *r, *next;

	list_for_each_entry_safe(r, next, &ctx->recs, node) {
		kvfree(r->private);
		kvfree(r);
		cond_resched();
	}
	INIT_LIST_HEAD(&ctx->recs);
}
