// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: objects.  While saving a kernel pointer is given an id on
 * first sight; while restarting an id is given the object that was made for it.
 */
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/pid.h>
#include <linux/rhashtable.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "core.h"

static const struct rhashtable_params object_params = {
	.key_len = sizeof(struct ckpt_object_key),
	.key_offset = offsetof(struct ckpt_object, key),
	.head_offset = offsetof(struct ckpt_object, node),
	.automatic_shrinking = false,
};

static void put_object_pid(void *ptr)
{
	put_pid(ptr);
}

static void put_object_cred(void *ptr)
{
	put_cred(ptr);
}

static void put_object_mm(void *ptr)
{
	mmput(ptr);
}

/* Now, not when the caller returns to user space: it may be the last close. */
static void put_object_file(void *ptr)
{
	__fput_sync(ptr);
}

static void put_object_files(void *ptr)
{
	put_files_struct(ptr);
}

static void put_object_fs(void *ptr)
{
	struct fs_struct *fs = ptr;
	int kill;

	spin_lock(&fs->lock);
	kill = !--fs->users;
	spin_unlock(&fs->lock);
	if (kill)
		free_fs_struct(fs);
}

static void (*const put_object[CKPT_CLASS_NR])(void *) = {
	[CKPT_CLASS_PID]	= put_object_pid,
	[CKPT_CLASS_CRED]	= put_object_cred,
	[CKPT_CLASS_MM]		= put_object_mm,
	[CKPT_CLASS_FILE]	= put_object_file,
	[CKPT_CLASS_PIPE]	= put_object_file,
	[CKPT_CLASS_FDTABLE]	= put_object_files,
	[CKPT_CLASS_FS]		= put_object_fs,
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
	return rhashtable_init(&ctx->by_pointer, &object_params);
}

static void free_saved_object(void *ptr, void *arg)
{
	kfree(ptr);
}

static void put_ptr(void *ptr, enum ckpt_class class)
{
	if (ptr && put_object[class])
		put_object[class](ptr);
}

static void drop_object(struct ckpt_object *obj)
{
	if (obj->ptr && obj->class == CKPT_CLASS_PID && !obj->consumed)
		free_pid(obj->ptr);
	put_ptr(obj->ptr, obj->class);
	obj->ptr = NULL;
}

/**
 * ckpt_drop_shared - restart: leave memory, directories and open files to the tasks
 * @ctx: the call; every task has its own references
 *
 * A close() by the program shall be the last one; an exec must find nobody who
 * shares its table or its directories; and a tree that ends while it is held has to
 * give its memory back.
 *
 * Context: may sleep.
 */
void ckpt_drop_shared(struct ckpt_ctx *ctx)
{
	struct ckpt_object *obj;
	unsigned long id;

	xa_for_each(&ctx->objects, id, obj) {
		if (obj->class != CKPT_CLASS_PID && obj->class != CKPT_CLASS_CRED)
			drop_object(obj);
		cond_resched();
	}
}

/**
 * ckpt_objects_free - drop all objects and the references that they hold
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_objects_free(struct ckpt_ctx *ctx)
{
	struct ckpt_object *obj;
	unsigned long id;

	xa_for_each(&ctx->objects, id, obj) {
		drop_object(obj);
		kfree(obj);
		cond_resched();
	}
	xa_destroy(&ctx->objects);
	rhashtable_free_and_destroy(&ctx->by_pointer, free_saved_object, NULL);
}

int ckpt_object_id(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_class class, u32 *id)
{
	struct ckpt_object_key key = { .ptr = ptr, .class = class };
	struct ckpt_object *obj;
	int err;

	obj = rhashtable_lookup_fast(&ctx->by_pointer, &key, object_params);
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
	err = rhashtable_insert_fast(&ctx->by_pointer, &obj->node, object_params);
	if (err) {
		kfree(obj);
		return ckpt_fail(ctx, err, "no memory for the list of objects");
	}
	*id = obj->id;
	return 1;
}

unsigned int ckpt_object_refs(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_class class)
{
	struct ckpt_object_key key = { .ptr = ptr, .class = class };
	struct ckpt_object *obj;

	obj = rhashtable_lookup_fast(&ctx->by_pointer, &key, object_params);
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

/**
 * ckpt_consume_object - restart: a reserved pid has got its first task
 * @ctx: the call
 * @id: object id
 */
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
 * Return: 0 or negative errno (told): -EINVAL if it is defined already
 */
int ckpt_define_object(struct ckpt_ctx *ctx, u32 id, enum ckpt_class class,
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

int ckpt_ref(struct ckpt_ctx *ctx, u32 id, enum ckpt_class class)
{
	struct ckpt_object *obj = ckpt_find_object(ctx, id);

	if (!obj)
		return ckpt_fail(ctx, -EINVAL, "object %u is referred to before it is defined", id);
	if (obj->class != class)
		return ckpt_fail(ctx, -EINVAL, "object %u is of the wrong sort", id);
	return 0;
}

/* Its first record is the one that defines it. */
u32 ckpt_defining_type(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_object *obj = ckpt_find_object(ctx, id);

	return list_first_entry(&obj->recs, struct ckpt_rec, owner_node)->kind->type;
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

void *ckpt_object(struct ckpt_ctx *ctx, u32 id, enum ckpt_class class)
{
	struct ckpt_object *obj = ckpt_find_object(ctx, id);

	if (WARN_ON_ONCE(!obj || obj->class != class))
		return NULL;
	return obj->ptr;
}
