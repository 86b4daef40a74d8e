// SPDX-License-Identifier: LGPL-2.1-only
/*
 * objects.c - objects are defined once, and before anything refers to them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

static struct object *slot_of(struct object *slots, size_t nr_slots, __u32 id)
{
	size_t i = (id * 2654435761U) & (nr_slots - 1);

	while (slots[i].id && slots[i].id != id)
		i = (i + 1) & (nr_slots - 1);
	return &slots[i];
}

const struct object *objects_find(const struct object_table *objects, __u32 id)
{
	const struct object *object;

	if (!id || !objects->nr_slots)
		return NULL;
	object = slot_of(objects->slots, objects->nr_slots, id);
	return object->id ? object : NULL;
}

void objects_free(struct object_table *objects)
{
	free(objects->slots);
}

/* Keep a third of the slots free. */
static bool make_room(struct object_table *objects)
{
	size_t i, nr_slots = objects->nr_slots ? objects->nr_slots * 2 : 256;
	struct object *slots;

	if (objects->used < objects->nr_slots / 3 * 2)
		return true;
	slots = calloc(nr_slots, sizeof(*slots));
	if (!slots)
		return false;
	for (i = 0; i < objects->nr_slots; i++) {
		if (objects->slots[i].id)
			*slot_of(slots, nr_slots, objects->slots[i].id) = objects->slots[i];
	}
	free(objects->slots);
	objects->slots = slots;
	objects->nr_slots = nr_slots;
	return true;
}

static int define(struct ckpt_image *image, const struct ckpt_item *item)
{
	struct object_table *objects = &image->objects;
	struct object *slot;

	if (!make_room(objects))
		return image_fail(image, item, -ENOMEM, "no memory for the list of objects");
	slot = slot_of(objects->slots, objects->nr_slots, item->object);
	if (slot->id)
		return image_fail(image, item, -EINVAL, "object %u is defined twice",
				  item->object);
	slot->id = item->object;
	slot->class = item->info->object_class;
	slot->leader = false;
	objects->used++;
	if (item->object > objects->highest)
		objects->highest = item->object;
	return 0;
}

static int refer(struct ckpt_image *image, const struct ckpt_item *item, __u32 id,
		 const char *class)
{
	const struct object *object = objects_find(&image->objects, id);

	if (!object)
		return image_fail(image, item, -EINVAL,
				  "%s record: it refers to %s object %u before it is defined",
				  item->info->name, class, id);
	if (strcmp(object->class, class) && strcmp(class, CKPT_CLASS_ANY))
		return image_fail(image, item, -EINVAL, "%s record: object %u is no %s",
				  item->info->name, id, class);
	return 0;
}

static int check_owner(struct ckpt_image *image, const struct ckpt_item *item)
{
	if (!item->info->object_class) {
		if (!item->object)
			return 0;
		return image_fail(image, item, -EINVAL, "%s record: it belongs to no object",
				  item->info->name);
	}
	if (!item->object)
		return image_fail(image, item, -EINVAL, "%s record: it names no object",
				  item->info->name);
	if (item->info->defines)
		return define(image, item);
	return refer(image, item, item->object, item->info->object_class);
}

static int check_reference(struct ckpt_image *image, const struct ckpt_item *item,
			   const struct ckpt_reference *ref)
{
	const char *at = ref->element ? item->array : item->data;
	__u32 i, id, count = ref->element ? item->count : 1;
	int ret;

	for (i = 0; i < count; i++, at += item->elem) {
		memcpy(&id, at + ref->offset, sizeof(id));
		if (!id && ref->optional)
			continue;
		ret = refer(image, item, id, ref->object_class);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * A process stands below its parent, its other threads behind their leader;
 * one process has no parent in the image.
 */
static int check_task(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec_task *task = item->data;
	struct object_table *objects = &image->objects;
	bool leader = task->leader == item->object;

	if (task->state > CKPT_TASK_ZOMBIE)
		return image_fail(image, item, -EINVAL, "task %u: its state is unknown",
				  item->object);
	if (task->parent == item->object)
		return image_fail(image, item, -EINVAL, "task %u is its own parent",
				  item->object);
	if (!leader && !objects_find(objects, task->leader)->leader)
		return image_fail(image, item, -EINVAL, "task %u: its leader leads no process",
				  item->object);
	image->nr_tasks++;
	if (!leader)
		return 0;

	slot_of(objects->slots, objects->nr_slots, item->object)->leader = true;
	if (task->parent)
		return 0;
	if (image->root)
		return image_fail(image, item, -EINVAL, "the image has two root processes");
	image->root = task->pid;
	return 0;
}

int objects_check(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_reference *ref;
	int ret;

	if (!item->info)
		return 0;
	ret = check_owner(image, item);
	/* The header names the root before it is defined; frame.c looks whether it was. */
	ref = item->type == CKPT_REC_HEADER ? NULL : item->info->refs;
	for (; !ret && ref && ref->object_class; ref++)
		ret = check_reference(image, item, ref);
	if (!ret && item->type == CKPT_REC_TASK)
		ret = check_task(image, item);
	return ret;
}
