// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the records of an image made ready for their kinds.  All
 * lengths are checked here; kinds get records of the size that they know.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../core.h"

/* An object, the task that it may be, and a node of each index, which ids far apart take */
#define OBJECT_COST	2048

/* An array may be hundreds of MiB long. */
#define COPY_STEP	((size_t)SZ_1M)

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
 * Return: 0 or -E2BIG (reported)
 */
int ckpt_fit(struct ckpt_ctx *ctx, void *to, size_t size, const void *from, size_t len)
{
	memcpy(to, from, min(size, len));
	if (len > size && memchr_inv(from + size, 0, len - size))
		return ckpt_fail(ctx, -E2BIG, "the image has state that this kernel does not know");
	return 0;
}

static int fit_array(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *to,
		     const struct ckpt_rec *rec, const struct ckpt_rec_array *a)
{
	const void *from = (const void *)(rec + 1) + rec->size;
	size_t bytes = (size_t)a->count * a->size, at, step;
	u32 i;
	int err;

	for (at = 0; a->size == kind->elem && at < bytes; at += step) {
		step = min(bytes - at, COPY_STEP);
		memcpy(to + at, from + at, step);
		cond_resched();
	}
	for (i = 0; a->size != kind->elem && i < a->count; i++) {
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

/*
 * The array as the image's own (perhaps older) fixed part describes it.  Where data
 * follow, the record is padded to a page.
 */
static int array_check(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		       const struct ckpt_rec *rec, struct ckpt_rec_array *a)
{
	size_t room = rec->len - sizeof(*rec) - rec->size;
	size_t padding = kind->read ? PAGE_SIZE : 8;
	size_t bytes;

	*a = (struct ckpt_rec_array) {};
	if (kind->elem && rec->size >= kind->array + sizeof(*a))
		*a = *(const struct ckpt_rec_array *)((const void *)(rec + 1) + kind->array);
	if (a->count > kind->max)
		return ckpt_fail(ctx, -EINVAL, "an array has too many elements: %u", a->count);
	if (a->count && !a->size)
		return ckpt_fail(ctx, -EINVAL, "an array has elements of no size");
	if (check_mul_overflow((size_t)a->count, (size_t)a->size, &bytes) ||
	    bytes > room || room - bytes >= padding)
		return ckpt_fail(ctx, -EINVAL, "an array does not fill its record");
	if (memchr_inv((const void *)(rec + 1) + rec->size + bytes, 0, room - bytes))
		return ckpt_fail(ctx, -EINVAL, "the padding of a record is not zero");
	return 0;
}

/**
 * ckpt_item_cost - what a record takes of the memory that an image may have restart() take
 * @kind: its kind
 * @count: elements of its array
 *
 * Return: bytes, of CKPT_ITEMS_LIMIT
 */
size_t ckpt_item_cost(const struct ckpt_kind *kind, u32 count)
{
	return sizeof(struct ckpt_item) + kind->size + (size_t)count * kind->elem +
	       (kind->defines ? OBJECT_COST : 0);
}

/**
 * ckpt_new_item - take a record apart
 * @ctx: the call
 * @kind: its kind
 * @rec: the record, whole; its own lengths are checked
 *
 * Return: the record as its kind knows it, in no list; ERR_PTR (reported)
 */
struct ckpt_item *ckpt_new_item(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
				const struct ckpt_rec *rec)
{
	struct ckpt_rec_array a;
	struct ckpt_item *r;
	size_t cost;
	int err;

	err = array_check(ctx, kind, rec, &a);
	if (err)
		return ERR_PTR(err);
	cost = ckpt_item_cost(kind, a.count);
	if (cost > CKPT_ITEMS_LIMIT - ctx->restart->items_bytes)
		return ERR_PTR(ckpt_fail(ctx, -EFBIG, "the image's metadata takes more than %lu MiB of memory",
					 CKPT_ITEMS_LIMIT >> 20));
	ctx->restart->items_bytes += cost;
	r = kvzalloc(sizeof(*r) + kind->size + (size_t)a.count * kind->elem,
		     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!r)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for the metadata"));
	r->kind = kind;
	r->object = rec->object;
	r->count = a.count;
	r->offset = ctx->at.offset;
	r->data = r + 1;
	r->array = a.count ? (void *)(r + 1) + kind->size : NULL;
	INIT_LIST_HEAD(&r->owner_node);
	INIT_LIST_HEAD(&r->unowned_node);
	err = ckpt_fit(ctx, (void *)r->data, kind->size, rec + 1, rec->size);
	if (!err && a.count)
		err = fit_array(ctx, kind, (void *)r->array, rec, &a);
	if (err) {
		ckpt_free_item(ctx, r);
		return ERR_PTR(err);
	}
	return r;
}

/**
 * ckpt_free_item - drop a record that is in no list
 * @ctx: the call
 * @item: the record
 */
void ckpt_free_item(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	ctx->restart->items_bytes -= ckpt_item_cost(item->kind, item->count);
	kvfree(item);
}

/* Stages in which the restarter itself restores records */
static bool may_be_unowned(enum ckpt_stage stage)
{
	return stage == CKPT_STAGE_NAMESPACE || stage == CKPT_STAGE_OBJECT ||
	       stage == CKPT_STAGE_PID || stage == CKPT_STAGE_FILE ||
	       stage == CKPT_STAGE_TASK_OBJECT || stage == CKPT_STAGE_LINK ||
	       stage == CKPT_STAGE_SEAL || stage == CKPT_STAGE_REGS;
}

/* Of a process that has died few records remain; if only its leader has, those of no thread. */
static bool may_own(const struct ckpt_task *t, const struct ckpt_kind *kind)
{
	if (!t->zombie || kind->scope == CKPT_SCOPE_TASK || kind->scope == CKPT_SCOPE_LEADER)
		return true;
	return t->outlived && kind->scope != CKPT_SCOPE_THREAD;
}

/* Who restores a record, see struct ckpt_kind.has_owner */
static int find_owner(struct ckpt_ctx *ctx, struct ckpt_item *r)
{
	const struct ckpt_kind *kind = r->kind;
	int err;

	if (kind->has_owner) {
		u32 id = *(const u32 *)r->data;

		err = ckpt_ref(ctx, id, &ckpt_class_task);
		if (err)
			return err;
		r->owner = ckpt_task_by_id(ctx, id);
	}
	if (kind->defines) {
		err = ckpt_define_object(ctx, r->object, kind->class, r->owner);
		if (err)
			return err;
		ctx->last_object = max(ctx->last_object, r->object);
		ctx->restart->nr_objects++;
	} else if (kind->class) {
		err = ckpt_ref(ctx, r->object, kind->class);
		if (err)
			return err;
		if (kind->class == &ckpt_class_task)
			r->owner = ckpt_task_by_id(ctx, r->object);
		else if (!kind->has_owner)
			r->owner = ckpt_find_object(ctx, r->object)->owner;
	} else if (r->object) {
		return ckpt_fail(ctx, -EINVAL, "a %s record names an object", kind->name);
	}
	if (kind->stage == CKPT_STAGE_TREE || (!r->owner && may_be_unowned(kind->stage)))
		return 0;
	if (!r->owner || !may_own(r->owner, kind))
		return ckpt_fail(ctx, -EINVAL, "a %s record belongs to no living task", kind->name);
	if ((ckpt_is_of_process(kind) || kind->has_owner) && !kind->of_thread &&
	    r->owner->leader != r->owner)
		return ckpt_fail(ctx, -EINVAL, "a %s record belongs to no process", kind->name);
	return 0;
}

/* Where its like are: records of its task, else of its object, else of the image */
static struct list_head *siblings(struct ckpt_ctx *ctx, const struct ckpt_item *r)
{
	if (r->owner)
		return &r->owner->recs;
	if (r->object)
		return &ckpt_find_object(ctx, r->object)->recs;
	return &ctx->restart->image_recs;
}

/* One record of each kind, where ->save() emits one */
static int check_single(struct ckpt_ctx *ctx, const struct ckpt_item *r)
{
	const struct ckpt_item *other;

	if (r->kind->many)
		return 0;
	list_for_each_entry(other, siblings(ctx, r), owner_node)
		if (ckpt_part(other->kind) == ckpt_part(r->kind))
			return ckpt_fail(ctx, -EINVAL, "%s has two %s records",
					 r->owner ? "a task" : r->object ? "an object" : "the image",
					 r->kind->name);
	return 0;
}

static int validate(struct ckpt_ctx *ctx, struct ckpt_item *r)
{
	const struct ckpt_kind *kind = r->kind;
	int err = check_single(ctx, r);

	if (!err)
		err = ckpt_check_refs(ctx, kind, r->data, r->array, r->count, ckpt_ref);
	if (!err && kind->validate)
		err = kind->validate(ctx, r);
	if (!err && kind->defines)
		ckpt_find_object(ctx, r->object)->kind = kind;
	return err;
}

/**
 * ckpt_add_record - take in a record of the metadata
 * @ctx: the call
 * @rec: the record, whole; its own lengths are checked
 *
 * Fits it to what its kind knows, finds its owner and has it validated.
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_add_record(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_kind *kind = ckpt_find_kind(rec->type);
	struct ckpt_item *r;
	int err;

	if (!kind && rec->type & CKPT_REC_SKIPPABLE) {
		ctx->restart->skipped_object = max(ctx->restart->skipped_object, rec->object);
		ctx->restart->nr_skipped += !!rec->object;
		return 0;
	}
	if (!kind)
		return ckpt_fail(ctx, -EOPNOTSUPP, "the image has a record of type %#x, which this kernel does not know",
				 rec->type);
	if (kind->read)
		return ckpt_fail(ctx, -EINVAL, "a %s record stands among the metadata", kind->name);
	r = ckpt_new_item(ctx, kind, rec);
	if (IS_ERR(r))
		return PTR_ERR(r);
	list_add_tail(&r->node, &ctx->restart->recs);

	err = find_owner(ctx, r);
	if (err)
		return err;
	ctx->at.t = r->owner;
	err = validate(ctx, r);
	/* A task is its own record's owner only now that this is validated. */
	if (!err)
		list_add_tail(&r->owner_node, siblings(ctx, r));
	if (!err && !r->owner)
		list_add_tail(&r->unowned_node, &ctx->restart->unowned);
	return err;
}

/* The first of its like behind the pages: what the metadata have of them is void. */
static void void_metadata(const struct ckpt_item *r)
{
	struct ckpt_item *other, *next;

	list_for_each_entry_safe(other, next, &r->owner->recs, owner_node)
		if (other->kind == r->kind && !other->tail)
			list_del_init(&other->owner_node);
}

static bool comes_after(const struct ckpt_kind *one, const struct ckpt_kind *two)
{
	return one->stage != two->stage ? one->stage > two->stage : one->order > two->order;
}

/* Records are restored and finished in the order of their stages, registers last. */
static void add_in_place(struct ckpt_item *r)
{
	struct ckpt_item *other;

	list_for_each_entry(other, &r->owner->recs, owner_node)
		if (comes_after(other->kind, r->kind))
			break;
	list_add_tail(&r->owner_node, &other->owner_node);
}

/**
 * ckpt_add_tail_record - take in a record from behind the pages
 * @ctx: the call; the metadata are taken in, and no record of @kind's stage is restored
 * @kind: its kind, which is late
 * @rec: the record, whole; its own lengths are checked
 *
 * It is validated as one of the metadata is, and replaces those of its type and task.
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_add_tail_record(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			 const struct ckpt_rec *rec)
{
	struct ckpt_item *r = ckpt_new_item(ctx, kind, rec);
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	r->tail = true;
	list_add_tail(&r->node, &ctx->restart->recs);

	err = find_owner(ctx, r);
	if (err)
		return err;
	ctx->at.t = r->owner;
	void_metadata(r);
	err = validate(ctx, r);
	if (!err)
		add_in_place(r);
	return err;
}

/**
 * ckpt_free_recs - drop all records read, and the room for the next
 * @ctx: the call
 */
void ckpt_free_recs(struct ckpt_ctx *ctx)
{
	struct ckpt_item *r, *next;

	list_for_each_entry_safe(r, next, &ctx->restart->recs, node) {
		kvfree(r->private);
		kvfree(r);
		cond_resched();
	}
	INIT_LIST_HEAD(&ctx->restart->recs);
	kfree(ctx->restart->small_record);
	ctx->restart->small_record = NULL;
}
