// SPDX-License-Identifier: LGPL-2.1-only
/*
 * shape.c - one record's fixed part, array and padding.
 *
 * Size is the version: what is shorter than known is zero-extended; what is
 * longer must be zero in the excess.
 */
#include <errno.h>
#include <string.h>

#include "image.h"

static bool all_zero(const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--) {
		if (*p++)
			return false;
	}
	return true;
}

static __u64 round_up8(__u64 bytes)
{
	return (bytes + 7) & ~7ULL;
}

/* The struct ckpt_rec_array, which an older, shorter record may not reach. */
static void read_array(const struct ckpt_image *image, const struct ckpt_item *item,
		       struct ckpt_rec_array *array)
{
	memset(array, 0, sizeof(*array));
	if (item->info->elem && item->info->array + sizeof(*array) <= item->size)
		memcpy(array, (const char *)image->block + sizeof(struct ckpt_rec) +
		       item->info->array, sizeof(*array));
}

static int check_array(struct ckpt_image *image, const struct ckpt_item *item,
		       const struct ckpt_rec_array *array)
{
	__u64 room = item->len - sizeof(struct ckpt_rec) - item->size;
	__u64 bytes = (__u64)array->count * array->size;

	if (array->count && !array->size)
		return image_fail(image, item, -EINVAL, "%s record: its array has no element size",
				  item->info->name);
	if (bytes > room)
		return image_fail(image, item, -EINVAL, "%s record: its array is too long",
				  item->info->name);
	if (item->type != CKPT_REC_PAGES && round_up8(bytes) != room)
		return image_fail(image, item, -EINVAL, "%s record: its length is wrong",
				  item->info->name);
	return 0;
}

/* All of the record that no field and no element covers must be zero. */
static int check_padding(struct ckpt_image *image, const struct ckpt_item *item,
			 const struct ckpt_rec_array *array)
{
	__u64 used = sizeof(struct ckpt_rec) + item->size +
		     (__u64)array->count * array->size;

	if (!all_zero((char *)image->block + used, item->len - used))
		return image_fail(image, item, -EINVAL, "%s record: its padding is not zero",
				  item->info->name);
	return 0;
}

static int check_excess(struct ckpt_image *image, const struct ckpt_item *item,
			const char *from, __u32 size, __u32 known)
{
	if (size > known && !all_zero(from + known, size - known))
		return image_fail(image, item, -E2BIG,
				  "%s record: it has fields of a newer kernel",
				  item->info->name);
	return 0;
}

/* Bytes needed behind the record for what does not fit as it stands. */
static int extension(struct ckpt_image *image, const struct ckpt_item *item,
		     const struct ckpt_rec_array *array, __u64 *bytes)
{
	*bytes = 0;
	if (item->size < item->info->size)
		*bytes += round_up8(item->info->size);
	if (array->count && array->size != item->info->elem)
		*bytes += (__u64)array->count * item->info->elem;
	if (*bytes > CKPT_METADATA_MAX - image->metadata_bytes)
		return image_fail(image, item, -EFBIG, "%s record: its array is too long",
				  item->info->name);
	return 0;
}

static int extend_data(struct ckpt_image *image, struct ckpt_item *item, char **to)
{
	const char *from = (char *)image->block + sizeof(struct ckpt_rec);
	__u32 known = item->info->size;

	item->data = from;
	if (item->size < known) {
		memset(*to, 0, round_up8(known));
		memcpy(*to, from, item->size);
		item->data = *to;
		*to += round_up8(known);
		return 0;
	}
	return check_excess(image, item, from, item->size, known);
}

static int extend_array(struct ckpt_image *image, struct ckpt_item *item,
			const struct ckpt_rec_array *array, char *to)
{
	const char *from = (char *)image->block + sizeof(struct ckpt_rec) + item->size;
	__u32 known = item->info->elem;
	__u32 copied = array->size < known ? array->size : known;
	__u32 i;
	int ret;

	item->count = array->count;
	item->elem = known;
	item->array = array->count ? from : NULL;
	if (!array->count || array->size == known)
		return 0;

	item->array = to;
	for (i = 0; i < array->count; i++, from += array->size, to += known) {
		ret = check_excess(image, item, from, array->size, known);
		if (ret)
			return ret;
		memset(to, 0, known);
		memcpy(to, from, copied);
	}
	return 0;
}

/* Nothing is known: the bytes are the caller's to decode. */
static int parse_unknown(struct ckpt_image *image, struct ckpt_item *item)
{
	item->raw = image->block;
	item->data = (char *)image->block + sizeof(struct ckpt_rec);
	image->metadata_bytes += item->len;
	return 0;
}

int image_parse(struct ckpt_image *image, struct ckpt_item *item)
{
	struct ckpt_rec_array array;
	__u64 more;
	char *to;
	int ret;

	if (!item->info)
		return parse_unknown(image, item);

	read_array(image, item, &array);
	ret = check_array(image, item, &array);
	if (!ret)
		ret = check_padding(image, item, &array);
	if (!ret)
		ret = extension(image, item, &array, &more);
	if (!ret)
		ret = image_grow(image, round_up8(item->len) + more);
	if (ret)
		return ret;

	item->raw = image->block;
	to = (char *)image->block + item->len;
	ret = extend_data(image, item, &to);
	if (!ret)
		ret = extend_array(image, item, &array, to);
	if (!ret && item->type != CKPT_REC_PAGES)
		image->metadata_bytes += item->len + more;
	return ret;
}
