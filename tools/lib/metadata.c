// SPDX-License-Identifier: LGPL-2.1-only
/*
 * metadata.c - all records before the page chunks, kept in memory and found by
 * type and object.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

static bool make_room(struct ckpt_metadata *metadata)
{
	size_t room = metadata->room ? metadata->room * 2 : 256;
	struct ckpt_item *items;
	void **blocks;

	if (metadata->nr_items < metadata->room)
		return true;
	items = realloc(metadata->items, room * sizeof(*items));
	if (!items)
		return false;
	metadata->items = items;
	blocks = realloc(metadata->blocks, room * sizeof(*blocks));
	if (!blocks)
		return false;
	metadata->blocks = blocks;
	metadata->room = room;
	return true;
}

/* What a copy of @len bytes takes, with its places in the lists */
static size_t cost(size_t len)
{
	const size_t of_malloc = 2 * sizeof(size_t);

	return len + of_malloc + sizeof(struct ckpt_item) + sizeof(void *) + 2 * sizeof(__u32);
}

/* A record is small and its buffer is not: keep a copy that fits. */
static void *copy_block(struct ckpt_image *image, struct ckpt_metadata *metadata,
			struct ckpt_item *item)
{
	const char *old = image->block;
	size_t data = (const char *)item->data - old;
	size_t array = item->array ? (const char *)item->array - old : 0;
	size_t len = item->len;
	char *block;

	if (item->info && data + item->info->size > len)
		len = data + item->info->size;
	if (item->array && array + (size_t)item->count * item->elem > len)
		len = array + (size_t)item->count * item->elem;
	metadata->memory += cost(len);
	block = malloc(len);
	if (!block)
		return NULL;
	memcpy(block, old, len);
	item->raw = block;
	item->data = block + data;
	if (item->array)
		item->array = block + array;
	return block;
}

static int keep(struct ckpt_image *image, struct ckpt_metadata *metadata,
		struct ckpt_item *item)
{
	void *block;

	if (metadata->memory > CKPT_METADATA_MEMORY)
		return image_fail(image, item, -EFBIG,
				  "the image's metadata takes more than %llu MiB of memory",
				  CKPT_METADATA_MEMORY >> 20);
	block = make_room(metadata) ? copy_block(image, metadata, item) : NULL;
	if (!block)
		return image_fail(image, item, -ENOMEM, "no memory for the image's metadata");
	metadata->blocks[metadata->nr_items] = block;
	metadata->items[metadata->nr_items++] = *item;
	return 0;
}

static int compare(const struct ckpt_item *items, __u32 a, __u32 b)
{
	if (items[a].object != items[b].object)
		return items[a].object < items[b].object ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Merge sort of record numbers by object: stable in the order of the image. */
static void sort(const struct ckpt_item *items, __u32 *list, __u32 *spare, size_t nr)
{
	size_t half = nr / 2, i = 0, j = half, k = 0;

	if (nr < 2)
		return;
	sort(items, list, spare, half);
	sort(items, list + half, spare, nr - half);
	while (i < half && j < nr)
		spare[k++] = compare(items, list[i], list[j]) < 0 ? list[i++] : list[j++];
	while (i < half)
		spare[k++] = list[i++];
	memcpy(list, spare, k * sizeof(*list));
}

static int make_index(struct ckpt_image *image, struct ckpt_metadata *metadata)
{
	size_t i, nr = metadata->nr_items;
	__u32 *spare = calloc(nr, sizeof(*spare));

	metadata->by_object = calloc(nr, sizeof(*metadata->by_object));
	if (!spare || !metadata->by_object) {
		free(spare);
		return image_fail(image, NULL, -ENOMEM, "no memory for the image's metadata");
	}
	for (i = 0; i < nr; i++)
		metadata->by_object[i] = i;
	sort(metadata->items, metadata->by_object, spare, nr);
	free(spare);
	return 0;
}

int ckpt_metadata_load(struct ckpt_image *image, struct ckpt_metadata *metadata)
{
	struct ckpt_item item;
	int ret;

	memset(metadata, 0, sizeof(*metadata));
	do {
		ret = ckpt_image_next(image, &item);
		if (ret > 0)
			ret = keep(image, metadata, &item);
	} while (!ret && item.type != CKPT_REC_METADATA_END);
	if (!ret)
		ret = make_index(image, metadata);
	if (ret)
		ckpt_metadata_free(metadata);
	return ret;
}

void ckpt_metadata_free(struct ckpt_metadata *metadata)
{
	size_t i;

	for (i = 0; i < metadata->nr_items; i++)
		free(metadata->blocks[i]);
	free(metadata->blocks);
	free(metadata->items);
	free(metadata->by_object);
	memset(metadata, 0, sizeof(*metadata));
}

/* Where the records of an object begin in the index. */
static size_t first_of(const struct ckpt_metadata *metadata, __u32 object)
{
	size_t low = 0, high = metadata->nr_items;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (metadata->items[metadata->by_object[middle]].object < object)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct ckpt_item *ckpt_metadata_find(const struct ckpt_metadata *metadata,
					   __u32 type, __u32 object)
{
	size_t i;

	for (i = first_of(metadata, object); i < metadata->nr_items; i++) {
		const struct ckpt_item *item = &metadata->items[metadata->by_object[i]];

		if (item->object != object)
			break;
		if (item->type == type)
			return item;
	}
	return NULL;
}

const struct ckpt_item *ckpt_metadata_definition(const struct ckpt_metadata *metadata,
						 __u32 object)
{
	size_t i;

	for (i = first_of(metadata, object); i < metadata->nr_items; i++) {
		const struct ckpt_item *item = &metadata->items[metadata->by_object[i]];

		if (item->object != object)
			break;
		if (item->info && item->info->defines)
			return item;
	}
	return NULL;
}
