// SPDX-License-Identifier: LGPL-2.1-only
/*
 * frame.c - the records that every image has once: header, metadata end, end.
 */
#include <errno.h>
#include <string.h>

#include "image.h"

int frame_check_header(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec_header *header = item->data;

	if (header->magic == __builtin_bswap64(CKPT_MAGIC))
		return image_fail(image, item, -EINVAL,
				  "the image comes from a machine of the other byte order");
	if (header->magic == CKPT_MAGIC_UNRELEASED)
		return image_fail(image, item, -EOPNOTSUPP,
				  "the image has the format of an unreleased version; save the program again");
	if (header->magic != CKPT_MAGIC)
		return image_fail(image, item, -EINVAL, "this is not a checkpoint image");
	if (header->page_size < 4096 || header->page_size > 65536 ||
	    header->page_size & (header->page_size - 1))
		return image_fail(image, item, -EINVAL, "header: pages of %u bytes",
				  header->page_size);
	if (header->crid <= 0)
		return image_fail(image, item, -EINVAL, "header: checkpoint id %d",
				  header->crid);
	if (header->flags & ~(CKPT_IMAGE_CONTAINER | CKPT_IMAGE_SELF))
		return image_fail(image, item, -EOPNOTSUPP, "header: unknown flags %#x",
				  header->flags);
	if (!memchr(header->release, 0, CKPT_NAME_LEN) ||
	    !memchr(header->nodename, 0, CKPT_NAME_LEN))
		return image_fail(image, item, -EINVAL, "header: a name is not terminated");
	image->header = *header;
	return 0;
}

int frame_check_metadata_end(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec_metadata_end *end = item->data;
	const struct ckpt_rec_header *header = &image->header;

	if (end->nr_records != image->nr_records)
		return image_fail(image, item, -EINVAL,
				  "metadata end: it counts %llu records, there are %llu",
				  (unsigned long long)end->nr_records,
				  (unsigned long long)image->nr_records);
	if (end->records_crc32c != image->records_crc)
		return image_fail(image, item, -EBADMSG,
				  "metadata end: its checksum is wrong, the metadata was changed");
	if (end->nr_objects < image->objects.highest)
		return image_fail(image, item, -EINVAL,
				  "metadata end: it counts %u objects, there is number %u",
				  end->nr_objects, image->objects.highest);
	if (header->metadata_bytes && header->metadata_bytes != image->bytes)
		return image_fail(image, item, -EINVAL,
				  "header: %llu bytes of metadata, there are %llu",
				  (unsigned long long)header->metadata_bytes,
				  (unsigned long long)image->bytes);
	if (header->nr_tasks != image->nr_tasks)
		return image_fail(image, item, -EINVAL, "header: %u tasks, there are %u",
				  header->nr_tasks, image->nr_tasks);
	if (!image->root || header->root != image->root)
		return image_fail(image, item, -EINVAL, "header: it names another root process");
	return pages_sort_areas(image);
}

int frame_check_end(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec_end *end = item->data;

	if (item->len != CKPT_END_BYTES || item->size != sizeof(*end))
		return image_fail(image, item, -EINVAL, "end record: it is not of its fixed size");
	if (end->nr_records != image->nr_records || end->bytes != item->offset ||
	    end->nr_pages != image->nr_pages)
		return image_fail(image, item, -EBADMSG,
				  "end record: its totals are wrong, something is missing");
	if (end->records_sum != image->records_sum)
		return image_fail(image, item, -EBADMSG,
				  "end record: its checksum is wrong, the image was changed");
	if (end->index != image->chunks.index)
		return image_fail(image, item, -EBADMSG,
				  "end record: it names the wrong place for the index");
	if (end->index && image->chunks.indexed != image->chunks.nr)
		return image_fail(image, item, -EBADMSG,
				  "index: it has %zu page chunks, there are %zu",
				  image->chunks.indexed, image->chunks.nr);
	return 0;
}
