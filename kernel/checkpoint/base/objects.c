// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: objects.  While saving a kernel pointer is given an id on
 * first sight; while restarting an id is given the object that was made for it.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "../core.h"

static const struct rhashtable_params object_params = {
	.key_len = sizeof(struct ckpt_object_key),
	.key_offset = offsetof(struct ckpt_object, key),
	.head_offset = offsetof(struct ckpt_object, node),
	.automatic_shrinking = false,
};

/**
 * ckpt_objects_init - start without objects
 * @ctx: the call
 *
 * Return: 0 or -ENOMEM
 */
int ckpt_objects_init(struct ckpt_ctx *ctx)
{
	xa_init_flags(&ctx->objects, XA_FLAGS_ACCOUNT);
	return ctx->save ? rhashtable_init(&ctx->save->by_pointer, &object_params) : 0;
}

static void put_ptr(void *ptr, const struct ckpt_class *class)
{
	if (ptr && class->put)
		class->put(ptr);
}

static void drop_object(struct ckpt_object *obj)
{
	if (obj->ptr && obj->class->discard && !obj->consumed)
		obj->class->discard(obj->ptr);
	put_ptr(obj->ptr, obj->class);
	obj->ptr = NULL;
}

/**
 * ckpt_leave_objects - restart: leave objects to the tasks, where their class says so
 * @ctx: the call; every task has its own references
 *
 * A close() by the program shall be the last one; an exec must find nobody who
 * shares its table or its directories; and a tree that ends while it is held has to
 * give its memory back.  A number that no task has got is free again.
 *
 * Context: may sleep.
 */
void ckpt_leave_objects(struct ckpt_ctx *ctx)
{
	struct ckpt_object *obj;
	unsigned long id;

	xa_for_each(&ctx->objects, id, obj) {
		if (obj->class->fate == CKPT_FATE_STAY)
			obj->consumed = true;
		if (obj->class->fate == CKPT_FATE_LEAVE || (obj->class->discard && !obj->consumed))
			drop_object(obj);
		cond_resched();
	}
}

/**
 * ckpt_discard_first - restart: it failed; what no task has come to use goes before the tasks
 * @ctx: the call
 *
 * The init of a pid namespace exits when no number is in use there any more.
 *
 * Context: may sleep; the tasks wait, and use no object any more.
 */
void ckpt_discard_first(struct ckpt_ctx *ctx)
{
	struct ckpt_object *obj;
	unsigned long id;

	xa_for_each(&ctx->objects, id, obj) {
		if (obj->class->discard_first && !obj->consumed)
			drop_object(obj);
		cond_resched();
	}
}

/**
 * ckpt_objects_free - drop all objects and the references that they hold
 * @ctx: the call; none may be left
 *
 * Context: may sleep.
 */
void ckpt_objects_free(struct ckpt_ctx *ctx)
{
	struct ckpt_object *obj;
	unsigned long id;

	/* First, for the table grows by itself: its worker walks over the objects. */
	if (ctx->save && ctx->save->by_pointer.tbl) {
		rhashtable_destroy(&ctx->save->by_pointer);
		memset(&ctx->save->by_pointer, 0, sizeof(ctx->save->by_pointer));
	}
	xa_for_each(&ctx->objects, id, obj) {
		drop_object(obj);
		kfree(obj);
		cond_resched();
	}
	xa_destroy(&ctx->objects);
}

int ckpt_object_id(struct ckpt_ctx *ctx, const void *ptr, const struct ckpt_class *class, u32 *id)
{
	struct ckpt_object_key key = { .ptr = ptr, .class = class };
	struct ckpt_object *obj;
	int err;

	obj = rhashtable_lookup_fast(&ctx->save->by_pointer, &key, object_params);
	if (obj) {
		obj->refs++;
		*id = obj->id;
		return 0;
	}

	obj = kzalloc(sizeof(*obj), GFP_KERNEL_ACCOUNT);
	if (!obj)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the list of objects");
	obj->key = key;
	obj->class = class;
	obj->refs = 1;
	obj->id = ++ctx->last_object;
	/* Whatever is in ctx->objects is freed with them. */
	err = xa_insert(&ctx->objects, obj->id, obj, GFP_KERNEL_ACCOUNT);
	if (err)
		kfree(obj);
	else
		err = rhashtable_insert_fast(&ctx->save->by_pointer, &obj->node, object_params);
	if (err)
		return ckpt_fail(ctx, err, "no memory for the list of objects");
	*id = obj->id;
	return 1;
}

int ckpt_check_object(struct ckpt_ctx *ctx, const struct ckpt_class *class, void *ptr)
{
	return class->check ? class->check(ctx, ptr) : 0;
}

int ckpt_save_object(struct ckpt_ctx *ctx, const struct ckpt_class *class, const void *ptr,
		     u32 *id)
{
	const void *key = class->key ? class->key(ctx, ptr) : ptr;
	const struct ckpt_kind *kind;
	void *object = (void *)ptr;
	int err, new;

	*id = 0;
	if (!key)
		return 0;
	err = ckpt_check_object(ctx, class, object);
	if (err)
		return err;
	new = ckpt_object_id(ctx, key, class, id);
	if (new <= 0)
		return new;
	kind = ckpt_match_kind(ctx, class, object);
	if (!kind)
		return ckpt_fail(ctx, -EOPNOTSUPP, "has a %s that nothing here can save",
				 class->name);
	err = kind->save_object(ctx, kind, object, *id);
	if (!err && class->common)
		err = class->common(ctx, kind, object, *id);
	return err;
}

u32 ckpt_known_id(struct ckpt_ctx *ctx, const void *ptr, const struct ckpt_class *class)
{
	struct ckpt_object_key key = { .ptr = ptr, .class = class };
	struct ckpt_object *obj;

	obj = rhashtable_lookup_fast(&ctx->save->by_pointer, &key, object_params);
	return obj ? obj->id : 0;
}

unsigned int ckpt_object_refs(struct ckpt_ctx *ctx, const void *ptr, const struct ckpt_class *class)
{
	struct ckpt_object_key key = { .ptr = ptr, .class = class };
	struct ckpt_object *obj;

	obj = rhashtable_lookup_fast(&ctx->save->by_pointer, &key, object_params);
	return obj ? obj->refs : 0;
}

/**
 * ckpt_find_object - restart: the entry of an object
 * @ctx: the call
 * @id: object id
 *
 * Return: the entry, NULL if no record so far defines it
 */
struct ckpt_object *ckpt_find_object(struct ckpt_ctx *ctx, u32 id)
{
	return xa_load(&ctx->objects, id);
}

void ckpt_consume_object(struct ckpt_ctx *ctx, u32 id)
{
	ckpt_find_object(ctx, id)->consumed = true;
}

/**
 * ckpt_define_object - restart: a record defines an object
 * @ctx: the call
 * @id: object id
 * @class: its class
 * @owner: the task that restores it, NULL for the caller of restart()
 *
 * Return: 0 or negative errno (reported): -EINVAL if it is defined already
 */
int ckpt_define_object(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class,
		       struct ckpt_task *owner)
{
	struct ckpt_object *obj;
	int err;

	if (!id)
		return ckpt_fail(ctx, -EINVAL, "a record that must define an object has none");
	obj = kzalloc(sizeof(*obj), GFP_KERNEL_ACCOUNT);
	if (!obj)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the list of objects");
	obj->id = id;
	obj->class = class;
	obj->owner = owner;
	INIT_LIST_HEAD(&obj->recs);
	err = xa_insert(&ctx->objects, id, obj, GFP_KERNEL_ACCOUNT);
	if (!err)
		return 0;
	kfree(obj);
	if (err == -EBUSY)
		return ckpt_fail(ctx, -EINVAL, "object %u is defined twice", id);
	return ckpt_fail(ctx, err, "no memory for the list of objects");
}

const struct ckpt_class *ckpt_object_class(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_object *obj = ckpt_find_object(ctx, id);

	return obj ? obj->class : NULL;
}

/**
 * ckpt_is_done - save: is an object complete, with all that its record refers to?
 * @ctx: the call
 * @id: object id
 * @class: what it must be
 *
 * Return: true if so
 */
bool ckpt_is_done(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class)
{
	const struct ckpt_object *obj = ckpt_find_object(ctx, id);

	return obj && obj->done && obj->class == class;
}

/**
 * ckpt_ref_done - save: a record may refer to an object only when that is complete
 * @ctx: the call
 * @id: object id in a record that is emitted
 * @class: what it must be
 *
 * One forward pass restores an image because of this.  A reference to an object that is
 * still being saved has to go into a record of CKPT_STAGE_LINK.
 *
 * Return: 0 or -EINVAL (reported): then a kind is wrong
 */
int ckpt_ref_done(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class)
{
	if (!WARN_ON_ONCE(!ckpt_is_done(ctx, id, class)))
		return 0;
	return ckpt_fail(ctx, -EINVAL, "a record refers to object %u, which is not saved yet", id);
}

int ckpt_ref(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class)
{
	struct ckpt_object *obj = ckpt_find_object(ctx, id);

	if (!obj)
		return ckpt_fail(ctx, -EINVAL, "object %u is referred to before it is defined", id);
	if (obj->class != class)
		return ckpt_fail(ctx, -EINVAL, "object %u is of the wrong sort", id);
	/* While its record is looked at; a task may be its own leader. */
	if (!obj->kind && class != &ckpt_class_task)
		return ckpt_fail(ctx, -EINVAL, "object %u refers to itself", id);
	return 0;
}

/* None while that record is looked at itself: a task's may name its own object. */
u32 ckpt_defining_type(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_object *obj = ckpt_find_object(ctx, id);

	return obj->kind ? obj->kind->type : 0;
}

const struct ckpt_item *ckpt_find_record(struct ckpt_ctx *ctx, u32 id, u32 type)
{
	const struct ckpt_object *obj = ckpt_find_object(ctx, id);
	const struct ckpt_item *r;

	if (!obj)
		return NULL;
	list_for_each_entry(r, &obj->recs, owner_node)
		if (r->kind->type == type)
			return r;
	return NULL;
}

int ckpt_set_object(struct ckpt_ctx *ctx, u32 id, void *ptr)
{
	struct ckpt_object *obj = ckpt_find_object(ctx, id);

	if (WARN_ON_ONCE(!obj))
		return ckpt_fail(ctx, -EINVAL, "object %u is not defined", id);
	if (WARN_ON_ONCE(obj->ptr)) {
		put_ptr(ptr, obj->class);
		return ckpt_fail(ctx, -EINVAL, "object %u is made twice", id);
	}
	obj->ptr = ptr;
	return 0;
}

void *ckpt_object(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class)
{
	struct ckpt_object *obj = ckpt_find_object(ctx, id);

	if (WARN_ON_ONCE(!obj || obj->class != class))
		return NULL;
	return obj->ptr;
}
