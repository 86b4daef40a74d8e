// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the records of an image made ready for their kinds.  All
 * lengths are checked here; kinds get records of the size that they know.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "core.h"

/* What we make of the metadata: small records take more room than in the image. */
#define MEMORY_LIMIT	(3 * CKPT_META_LIMIT)

/* An object, the task that it may be, and a node of each index, which ids far apart take */
#define OBJECT_COST	2048

/**
 * ckpt_fit - fit a part of a record to the size that this kernel knows
 * @ctx: the call
 * @to: zeroed
 * @size: its bytes
 * @from: the part as the image has it
 * @len: bytes there
 *
 * The size is the version: a shorter part is zero-extended, the excess of a longer
 * one must be zero.
 *
 * Return: 0 or -E2BIG (told)
 */
int ckpt_fit(struct ckpt_ctx *ctx, void *to, size_t size, const void *from, size_t len)
{
	memcpy(to, from, min(size, len));
	if (len > size && memchr_inv(from + size, 0, len - size))
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
		err = ckpt_fit(ctx, to, kind->elem, from, a->size);
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
	if (memchr_inv((const void *)(rec + 1) + rec->size + bytes, 0, room - bytes))
		return ckpt_fail(ctx, -EINVAL, "the padding of a record is not zero");
	return 0;
}

static struct ckpt_rec *new_rec(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
				const struct ckpt_record *rec)
{
	struct ckpt_array a;
	struct ckpt_rec *r;
	size_t bytes, cost;
	int err;

	err = array_check(ctx, kind, rec, &a);
	if (err)
		return ERR_PTR(err);
	bytes = sizeof(*r) + kind->size + (size_t)a.count * kind->elem;
	cost = bytes + (kind->defines ? OBJECT_COST : 0);
	if (cost > MEMORY_LIMIT - ctx->meta_bytes)
		return ERR_PTR(ckpt_fail(ctx, -EFBIG, "the image's metadata takes more than %lu MiB of memory",
					 MEMORY_LIMIT >> 20));
	ctx->meta_bytes += cost;
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
	err = ckpt_fit(ctx, (void *)r->data, kind->size, rec + 1, rec->size);
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
		ctx->last_object = max(ctx->last_object, r->object);
		ctx->nr_objects++;
	} else if (kind->class != CKPT_CLASS_NONE) {
		err = ckpt_ref(ctx, r->object, kind->class);
		if (err)
			return err;
		if (kind->class == CKPT_CLASS_TASK)
			r->owner = ckpt_rec_task(ctx, r->object);
		else if (!kind->has_owner)
			r->owner = ckpt_find_object(ctx, r->object)->owner;
	} else if (r->object) {
		return ckpt_fail(ctx, -EINVAL, "a %s record names an object", kind->name);
	}
	if (kind->stage == CKPT_STAGE_OBJECT || kind->stage == CKPT_STAGE_TREE)
		return 0;
	if (!r->owner || (r->owner->zombie && kind->scope != CKPT_SCOPE_TASK))
		return ckpt_fail(ctx, -EINVAL, "a %s record belongs to no living task", kind->name);
	if ((kind->scope == CKPT_SCOPE_PROCESS || kind->has_owner) &&
	    r->owner->leader != r->owner)
		return ckpt_fail(ctx, -EINVAL, "a %s record belongs to no process", kind->name);
	return 0;
}

/* Where its like are: records of its task, else of its object, else of the image */
static struct list_head *siblings(struct ckpt_ctx *ctx, const struct ckpt_rec *r)
{
	if (r->owner)
		return &r->owner->recs;
	if (r->object)
		return &ckpt_find_object(ctx, r->object)->recs;
	return &ctx->image_recs;
}

/* One record of each kind, where ->save() emits one */
static int check_single(struct ckpt_ctx *ctx, const struct ckpt_rec *r)
{
	const struct ckpt_rec *other;

	if (r->kind->many)
		return 0;
	list_for_each_entry(other, siblings(ctx, r), owner_node)
		if (ckpt_part(other->kind) == ckpt_part(r->kind))
			return ckpt_fail(ctx, -EINVAL, "%s has two %s records",
					 r->owner ? "a task" : r->object ? "an object" : "the image",
					 r->kind->name);
	return 0;
}

/**
 * ckpt_add_record - take in a record of the metadata
 * @ctx: the call
 * @rec: the record, whole; its own lengths are checked
 *
 * Fits it to what its kind knows, finds its owner and has it validated.
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_add_record(struct ckpt_ctx *ctx, const struct ckpt_record *rec)
{
	const struct ckpt_kind *kind = ckpt_find_kind(rec->type);
	struct ckpt_rec *r;
	int err;

	if (!kind && rec->type & CKPT_REC_SKIPPABLE) {
		ctx->skipped_object = max(ctx->skipped_object, rec->object);
		ctx->nr_skipped += !!rec->object;
		return 0;
	}
	if (!kind)
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has a record of type %#x, which this kernel does not know",
				 rec->type);
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
	/* A task is its own record's owner only now that this is validated. */
	if (!err)
		list_add_tail(&r->owner_node, siblings(ctx, r));
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
