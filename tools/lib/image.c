// SPDX-License-Identifier: LGPL-2.1-only
/*
 * image.c - read an image strictly forward: record headers, checksums, the
 * order of records, page data.  What is inside records is checked elsewhere.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

/* A page chunk's record: its extents and the padding to a page. */
#define PAGES_RECORD_MAX	(1U << 20)

/* How much is allocated ahead of what was read. */
#define READ_AHEAD		(64U << 10)

int image_fail(struct ckpt_image *image, const struct ckpt_item *item, int err,
	       const char *fmt, ...)
{
	struct checkpoint_error *error = &image->error;
	va_list args;

	memset(error, 0, sizeof(*error));
	error->err = -err;
	error->offset = image->bytes;
	if (item) {
		error->offset = item->offset;
		error->type = item->type;
		error->object = item->object;
	}
	va_start(args, fmt);
	vsnprintf(error->message, sizeof(error->message), fmt, args);
	va_end(args);

	image->state = STATE_FAILED;
	return err;
}

int image_read(struct ckpt_image *image, void *buffer, size_t len)
{
	char *to = buffer;

	while (len) {
		ssize_t got = read(image->fd, to, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return image_fail(image, NULL, -errno, "the image cannot be read: %s",
					  strerror(errno));
		if (!got)
			return image_fail(image, NULL, -EPIPE,
					  "the image is cut off: it ends after %llu bytes",
					  (unsigned long long)image->bytes);
		to += got;
		len -= got;
		image->bytes += got;
	}
	return 0;
}

int image_grow(struct ckpt_image *image, size_t len)
{
	void *block;

	if (len <= image->block_size)
		return 0;
	block = realloc(image->block, len);
	if (!block)
		return image_fail(image, NULL, -ENOMEM, "no memory for a record of %zu bytes",
				  len);
	image->block = block;
	image->block_size = len;
	return 0;
}

/* Read the rest of a record; memory grows only with what was really read. */
static int read_rest(struct ckpt_image *image, size_t len)
{
	size_t have = sizeof(struct ckpt_rec);

	while (have < len) {
		size_t step = have > READ_AHEAD ? have : READ_AHEAD;
		int ret;

		if (step > len - have)
			step = len - have;
		ret = image_grow(image, have + step);
		if (!ret)
			ret = image_read(image, (char *)image->block + have, step);
		if (ret)
			return ret;
		have += step;
	}
	return 0;
}

/* Anything that does not begin as an image is reported as such, not as damage. */
static int check_magic(struct ckpt_image *image, const struct ckpt_rec *record)
{
	if (record->type == __builtin_bswap32(CKPT_REC_HEADER))
		return image_fail(image, NULL, -EINVAL,
				  "the image comes from a machine of the other byte order");
	if (record->type != CKPT_REC_HEADER || record->object ||
	    record->size < sizeof(__u64))
		return image_fail(image, NULL, -EINVAL, "this is not a checkpoint image");
	return 0;
}

static int check_record(struct ckpt_image *image, const struct ckpt_item *item)
{
	__u64 limit = CKPT_METADATA_MAX - image->metadata_bytes;

	if (item->type == CKPT_REC_PAGES)
		limit = PAGES_RECORD_MAX;
	if (item->size % 8 || item->len % 8 ||
	    item->len < sizeof(struct ckpt_rec) + (__u64)item->size)
		return image_fail(image, item, -EINVAL,
				  "record of type %#x: its lengths are wrong", item->type);
	if (item->len > limit)
		return image_fail(image, item, -EFBIG,
				  "record of type %#x: %llu bytes are too many",
				  item->type, (unsigned long long)item->len);
	return 0;
}

/* The checksum covers the record with its own field zero. */
static int check_crc(struct ckpt_image *image, const struct ckpt_item *item)
{
	struct ckpt_rec *record = image->block;
	__u32 wanted = record->crc32c;
	__u32 crc;

	record->crc32c = 0;
	crc = ckpt_crc32c(0, record, item->len);
	record->crc32c = wanted;
	if (crc != wanted)
		return image_fail(image, item, -EBADMSG,
				  "record of type %#x: its checksum is wrong, the image is damaged",
				  item->type);
	return 0;
}

static int read_record(struct ckpt_image *image, struct ckpt_item *item)
{
	struct ckpt_rec *record;
	int ret;

	memset(item, 0, sizeof(*item));
	item->offset = image->bytes;
	ret = image_grow(image, READ_AHEAD);
	if (!ret)
		ret = image_read(image, image->block, sizeof(*record));
	if (ret)
		return ret;

	record = image->block;
	item->type = record->type;
	item->object = record->object;
	item->size = record->size;
	item->len = record->len;
	if (image->state == STATE_START) {
		ret = check_magic(image, record);
		if (ret)
			return ret;
	}
	ret = check_record(image, item);
	if (!ret)
		ret = read_rest(image, item->len);
	if (!ret)
		ret = check_crc(image, item);
	return ret;
}

static int check_order(struct ckpt_image *image, const struct ckpt_item *item)
{
	bool late = item->info && item->info->late;
	bool behind = item->type == CKPT_REC_PAGES || item->type == CKPT_REC_END;
	bool header = item->type == CKPT_REC_HEADER;
	bool at_start = image->state == STATE_START;
	bool in_metadata = image->state == STATE_METADATA;

	if (item->type == CKPT_REC_INDEX && in_metadata)
		return image_fail(image, item, -EINVAL, "index: it stands among the metadata");
	if (item->type & CKPT_REC_SKIPPABLE && !at_start)
		return 0;
	if (item->type == CKPT_REC_PAGES && image->state == STATE_TAIL)
		return image_fail(image, item, -EINVAL, "page chunk: it stands behind the tail");
	if (header != at_start || (!header && !late && behind == in_metadata))
		return image_fail(image, item, -EINVAL,
				  "record of type %#x: it does not belong here", item->type);
	if (!item->info && !(image->flags & CKPT_OPEN_LENIENT))
		return image_fail(image, item, -EOPNOTSUPP,
				  "record of type %#x is not known: the image comes from a newer kernel",
				  item->type);
	return 0;
}

/* What a record means for the frame and for later records. */
static int check_meaning(struct ckpt_image *image, const struct ckpt_item *item)
{
	switch (item->type) {
	case CKPT_REC_HEADER:
		return frame_check_header(image, item);
	case CKPT_REC_METADATA_END:
		return frame_check_metadata_end(image, item);
	case CKPT_REC_VMA:
		return pages_add_area(image, item);
	case CKPT_REC_PAGES:
		return pages_check(image, item);
	case CKPT_REC_INDEX:
		return index_check(image, item);
	case CKPT_REC_END:
		return frame_check_end(image, item);
	default:
		return 0;
	}
}

static void count_record(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec *record = item->raw;
	__u8 crc[4] = {
		record->crc32c, record->crc32c >> 8,
		record->crc32c >> 16, record->crc32c >> 24,
	};

	image->records_crc = ckpt_crc32c(image->records_crc, crc, sizeof(crc));
	image->records_sum += record->crc32c;
	image->nr_records++;
	if (image->state == STATE_PAGES &&
	    (item->type == CKPT_REC_INDEX || (item->info && item->info->late)))
		image->state = STATE_TAIL;
	else if (item->type == CKPT_REC_METADATA_END)
		image->state = STATE_PAGES;
	else if (item->type == CKPT_REC_END)
		image->state = STATE_ENDED;
	else if (image->state == STATE_START)
		image->state = STATE_METADATA;
}

int ckpt_image_next(struct ckpt_image *image, struct ckpt_item *item)
{
	char skipped[16384];
	ssize_t got;
	int ret;

	do {
		got = ckpt_image_data(image, skipped, sizeof(skipped));
	} while (got > 0);
	if (got < 0)
		return got;
	if (image->state == STATE_FAILED)
		return -image->error.err;
	if (image->state == STATE_ENDED)
		return 0;

	ret = read_record(image, item);
	if (ret)
		return ret;
	item->info = ckpt_record_info(item->type);
	ret = check_order(image, item);
	if (!ret)
		ret = image_parse(image, item);
	if (!ret)
		ret = objects_check(image, item);
	if (!ret)
		ret = check_meaning(image, item);
	if (ret)
		return ret;
	count_record(image, item);
	return 1;
}

/*
 * Pass over page data in a file.  A seek would also pass its end; then the data
 * is read, so that the end is found where it is.
 */
static bool seek_over_data(struct ckpt_image *image)
{
	struct stat st;
	off_t here;

	if (!(image->flags & CKPT_OPEN_SKIP_DATA))
		return false;
	here = lseek(image->fd, 0, SEEK_CUR);
	if (here < 0 || fstat(image->fd, &st) || !S_ISREG(st.st_mode) ||
	    (__u64)(st.st_size - here) < image->data_left || st.st_size < here ||
	    lseek(image->fd, (off_t)image->data_left, SEEK_CUR) < 0)
		return false;
	image->bytes += image->data_left;
	image->data_left = 0;
	return true;
}

ssize_t ckpt_image_data(struct ckpt_image *image, void *buffer, size_t len)
{
	int ret;

	if (!image->data_left || seek_over_data(image))
		return 0;
	if (len > image->data_left)
		len = image->data_left;
	ret = image_read(image, buffer, len);
	if (ret)
		return ret;
	xxh64_add(&image->data_sum, buffer, len);
	image->data_left -= len;
	if (!image->data_left && xxh64_value(&image->data_sum) != image->data_sum_wanted)
		return image_fail(image, NULL, -EBADMSG,
				  "page data: its checksum is wrong, the image is damaged");
	return len;
}

struct ckpt_image *ckpt_image_open(int fd, unsigned int flags)
{
	struct ckpt_image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->fd = fd;
	image->flags = flags;
	return image;
}

void ckpt_image_close(struct ckpt_image *image)
{
	if (!image)
		return;
	objects_free(&image->objects);
	free(image->areas.areas);
	free(image->chunks.chunks);
	free(image->block);
	free(image);
}

void *ckpt_image_take(struct ckpt_image *image)
{
	void *block = image->block;

	image->block = NULL;
	image->block_size = 0;
	return block;
}

const struct ckpt_rec_header *ckpt_image_header(const struct ckpt_image *image)
{
	return image->header.magic ? &image->header : NULL;
}

const struct checkpoint_error *ckpt_image_error(const struct ckpt_image *image)
{
	return &image->error;
}

int ckpt_image_verify(int fd, struct checkpoint_error *error)
{
	struct ckpt_image *image = ckpt_image_open(fd, 0);
	struct ckpt_item item;
	int ret;

	if (!image)
		return -ENOMEM;
	do {
		ret = ckpt_image_next(image, &item);
	} while (ret > 0);
	*error = image->error;
	ckpt_image_close(image);
	return ret;
}
