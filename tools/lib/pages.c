// SPDX-License-Identifier: LGPL-2.1-only
/*
 * pages.c - page chunks: extents ascend, do not overlap, lie in areas of their
 * mm, and add up to the data that follows at a page boundary.
 */
#include <errno.h>
#include <stdlib.h>

#include "image.h"

int pages_add_area(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec_vma *vma = item->data;
	struct area_list *list = &image->areas;
	__u64 mask = image->header.page_size - 1;

	if (vma->start >= vma->end || (vma->start | vma->end) & mask)
		return image_fail(image, item, -EINVAL, "vma %llx-%llx is no area",
				  (unsigned long long)vma->start,
				  (unsigned long long)vma->end);
	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct area *areas = realloc(list->areas, room * sizeof(*areas));

		if (!areas)
			return image_fail(image, item, -ENOMEM, "no memory for the list of areas");
		list->areas = areas;
		list->room = room;
	}
	list->areas[list->nr++] = (struct area){ item->object, vma->start, vma->end };
	return 0;
}

static int compare_areas(const void *a, const void *b)
{
	const struct area *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

int pages_sort_areas(struct ckpt_image *image)
{
	struct area *areas = image->areas.areas;
	size_t i;

	if (!image->areas.nr)
		return 0;
	qsort(areas, image->areas.nr, sizeof(*areas), compare_areas);
	for (i = 1; i < image->areas.nr; i++) {
		if (areas[i].mm == areas[i - 1].mm && areas[i].start < areas[i - 1].end)
			return image_fail(image, NULL, -EINVAL, "vma %llx overlaps the one before",
					  (unsigned long long)areas[i].start);
	}
	return 0;
}

/* The last area that starts at or below @address. */
static const struct area *find_area(const struct area_list *list, __u32 mm, __u64 address)
{
	size_t low = 0, high = list->nr;
	struct area wanted = { .mm = mm, .start = address };

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_areas(&list->areas[middle], &wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || list->areas[low - 1].mm != mm)
		return NULL;
	return &list->areas[low - 1];
}

/* An extent may run across areas that touch. */
static bool is_mapped(const struct area_list *list, __u32 mm, __u64 start, __u64 end)
{
	while (start < end) {
		const struct area *area = find_area(list, mm, start);

		if (!area || area->end <= start)
			return false;
		start = area->end;
	}
	return true;
}

static int check_extent(struct ckpt_image *image, const struct ckpt_item *item,
			const struct ckpt_rec_extent *extent, __u64 after, __u64 *end)
{
	__u64 page = image->header.page_size;
	unsigned long long address = extent->address;

	if (!extent->pages || extent->pages > CKPT_CHUNK_BYTES / page ||
	    address % page || address < after ||
	    extent->flags & ~CKPT_EXTENT_HUGE || extent->reserved ||
	    address + extent->pages * page < address)
		return image_fail(image, item, -EINVAL, "page chunk: extent at %llx is wrong",
				  address);
	*end = address + extent->pages * page;
	if (!is_mapped(&image->areas, item->object, address, *end))
		return image_fail(image, item, -EINVAL, "page chunk: no area at %llx", address);
	return 0;
}

int pages_check(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec_pages *pages = item->data;
	const struct ckpt_rec_extent *extents = item->array;
	__u64 page = image->header.page_size;
	__u64 total = 0, end = 0;
	__u64 used = sizeof(struct ckpt_rec) + item->size +
		     (__u64)pages->extents.count * pages->extents.size;
	__u32 i;
	int ret;

	for (i = 0; i < item->count; i++) {
		ret = check_extent(image, item, &extents[i], end, &end);
		if (ret)
			return ret;
		total += extents[i].pages;
	}
	if (!total || pages->data_bytes > CKPT_CHUNK_BYTES || total * page != pages->data_bytes)
		return image_fail(image, item, -EINVAL,
				  "page chunk: %llu bytes for %llu pages",
				  (unsigned long long)pages->data_bytes,
				  (unsigned long long)total);
	if (image->bytes % page || item->len - used >= page)
		return image_fail(image, item, -EINVAL,
				  "page chunk: its data does not start at a page boundary");
	image->nr_pages += total;
	image->data_left = pages->data_bytes;
	xxh64_start(&image->data_sum);
	image->data_sum_wanted = pages->data_xxh64;
	return index_add_chunk(image, item, total);
}
