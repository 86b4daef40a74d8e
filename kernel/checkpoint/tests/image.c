// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: writing images for tests, and a file that can misbehave.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uio.h>
#include <linux/xxhash.h>
#include "image.h"

/* -- the file ------------------------------------------------------------------ */

/* How much one call may take, and whether it fails */
static ssize_t file_part(const struct image *img, size_t at, size_t end, size_t want)
{
	size_t part = min(want, end - at);

	if (img->err && at >= img->fail_at)
		return img->err;
	if (img->err)
		part = min(part, img->fail_at - at);
	return img->step ? min(part, img->step) : part;
}

/* Iterators are treated as netfs does without a page cache: to the end, and not at all. */
static ssize_t file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct image *img = iocb->ki_filp->private_data;
	ssize_t part = file_part(img, img->at, img->len, iov_iter_count(to));

	if (part > 0) {
		part = copy_to_iter(img->bytes + img->at, part, to);
		img->at += part;
		iov_iter_advance(to, iov_iter_count(to));
	}
	return part;
}

static ssize_t file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct image *img = iocb->ki_filp->private_data;
	ssize_t part = file_part(img, img->len, img->room, iov_iter_count(from));
	struct iov_iter copy = *from;

	if (part > 0) {
		part = copy_from_iter(img->bytes + img->len, part, &copy);
		img->len += part;
	}
	return part;
}

static const struct file_operations image_fops = {
	.owner		= THIS_MODULE,
	.read_iter	= file_read_iter,
	.write_iter	= file_write_iter,
};

static void put_image_file(void *file)
{
	fput(file);
}

/**
 * image_new - an empty image
 * @test: the running test, which frees it
 *
 * Return: the image
 */
struct image *image_new(struct kunit *test)
{
	struct image *img = kunit_kzalloc(test, sizeof(*img), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, img);
	img->test = test;
	img->room = IMAGE_ROOM;
	img->bytes = kunit_kzalloc(test, IMAGE_ROOM, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, img->bytes);
	img->file = anon_inode_getfile("[image]", &image_fops, img, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, img->file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_image_file, img->file));
	return img;
}

/* -- records ------------------------------------------------------------------- */

/**
 * image_add - append a record
 * @img: the image
 * @type: CKPT_REC_*
 * @object: object id
 * @data: the fixed part
 * @size: its bytes
 * @array: what follows it
 * @bytes: of that; padded with zeros to 8
 *
 * The checksum is left to image_close().
 *
 * Return: the record
 */
struct ckpt_rec *image_add(struct image *img, u32 type, u32 object, const void *data,
			   u32 size, const void *array, size_t bytes)
{
	bool grow = img->nr_records + 1 == img->grow;
	u32 fixed = size + (grow ? sizeof(img->grown) : 0);
	struct ckpt_rec *rec = (void *)img->bytes + img->len;
	size_t len = sizeof(*rec) + fixed + ALIGN(bytes, 8);

	KUNIT_ASSERT_LE(img->test, img->len + len, (size_t)IMAGE_ROOM);
	memset(rec, 0, len);
	rec->type = type;
	rec->size = fixed;
	rec->len = len;
	rec->object = object;
	memcpy(image_data(rec), data, size);
	if (grow)
		memcpy(image_data(rec) + size, &img->grown, sizeof(img->grown));
	if (bytes)
		memcpy(image_data(rec) + fixed, array, bytes);
	img->len += len;
	img->nr_records++;
	return rec;
}

/**
 * image_add_pages - append a chunk of page data
 * @img: the image
 * @mm: object id of the memory
 * @extents: its extents
 * @count: how many
 *
 * Return: the record
 */
struct ckpt_rec *image_add_pages(struct image *img, u32 mm,
				 const struct ckpt_rec_extent *extents, u32 count)
{
	struct ckpt_rec_pages pages = { .extents = { count, sizeof(*extents) } };
	struct ckpt_rec *rec;
	size_t end;
	u32 i;

	for (i = 0; i < count; i++)
		pages.data_bytes += extents[i].pages * PAGE_SIZE;
	KUNIT_ASSERT_LT(img->test, img->nr_chunks, ARRAY_SIZE(img->chunks));
	img->chunks[img->nr_chunks++] = (struct ckpt_rec_chunk) {
		.offset = img->len, .address = extents[0].address, .object = mm,
		.pages = pages.data_bytes / PAGE_SIZE,
	};
	rec = image_add(img, CKPT_REC_PAGES, mm, &pages, sizeof(pages), extents,
			count * sizeof(*extents));
	end = PAGE_ALIGN(img->len);
	KUNIT_ASSERT_LE(img->test, end + pages.data_bytes, (u64)IMAGE_ROOM);
	memset(img->bytes + img->len, 0, end - img->len);
	rec->len += end - img->len;
	for (i = 0; i < pages.data_bytes; i++)
		img->bytes[end + i] = i * 7 + (i >> 8);
	pages.data_xxh64 = xxh64(img->bytes + end, pages.data_bytes, 0);
	memcpy(image_data(rec), &pages, sizeof(pages));
	img->len = end + pages.data_bytes;
	img->nr_pages += pages.data_bytes / PAGE_SIZE;
	return rec;
}

/**
 * image_next - step to the next record
 * @img: the image
 * @rec: a record, NULL to start
 *
 * Return: the record, NULL at the end or where the lengths make no sense
 */
struct ckpt_rec *image_next(struct image *img, struct ckpt_rec *rec)
{
	size_t at = rec ? (u8 *)rec - img->bytes : 0;

	if (rec) {
		if (rec->len < sizeof(*rec) || rec->len % 8 || rec->len > img->len - at)
			return NULL;
		at += rec->len;
	}
	if (rec && rec->type == CKPT_REC_PAGES) {
		u64 data = ((struct ckpt_rec_pages *)image_data(rec))->data_bytes;

		if (data % 8 || data > img->len - at)
			return NULL;
		at += data;
	}
	return img->len - at < sizeof(*rec) ? NULL : (void *)img->bytes + at;
}

/**
 * image_find - the first record of a type
 * @img: the image
 * @type: CKPT_REC_*
 *
 * Return: the record
 */
struct ckpt_rec *image_find(struct image *img, u32 type)
{
	struct ckpt_rec *rec = NULL;

	do {
		rec = image_next(img, rec);
	} while (rec && rec->type != type);
	KUNIT_ASSERT_NOT_NULL(img->test, rec);
	return rec;
}

/**
 * image_close_record - make the checksum of a record right
 * @rec: the record, whole
 */
void image_close_record(struct ckpt_rec *rec)
{
	rec->crc32c = 0;
	rec->crc32c = ckpt_crc(0, rec, rec->len);
}

/**
 * image_close - make all checksums right, as far as lengths make sense
 * @img: the image
 *
 * Whatever was changed, it is then for the reader to see it in the fields.
 */
void image_close(struct image *img)
{
	struct ckpt_rec_metadata_end *metadata_end;
	struct ckpt_rec *rec = NULL;
	u8 *end = img->bytes + img->len;
	u64 sum = 0;
	u32 crc = 0;

	while ((rec = image_next(img, rec))) {
		metadata_end = image_data(rec);
		if (rec->len < sizeof(*rec) || rec->len > (u64)(end - (u8 *)rec))
			return;
		if (rec->type == CKPT_REC_METADATA_END && rec->size >= sizeof(*metadata_end))
			metadata_end->records_crc32c = crc;
		if (rec->type == CKPT_REC_END && rec->size >= sizeof(struct ckpt_rec_end))
			((struct ckpt_rec_end *)image_data(rec))->records_sum = sum;
		image_close_record(rec);
		sum += rec->crc32c;
		crc = ckpt_crc(crc, &rec->crc32c, sizeof(rec->crc32c));
	}
}

/* -- reading ------------------------------------------------------------------- */

/**
 * image_open - begin to read or write an image with the kernel's own code
 * @img: the image
 * @write: for writing
 *
 * Return: the call, to be freed with ckpt_ctx_free()
 */
struct ckpt_ctx *image_open(struct image *img, bool write)
{
	struct ckpt_ctx *ctx = write ? ckpt_begin_save(0) : ckpt_begin_restart(0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(img->test, ctx);
	img->at = 0;
	if (ckpt_errors_init(ctx, 1) || ckpt_stream_open(ctx, img->file, write)) {
		ckpt_ctx_free(ctx);
		KUNIT_FAIL_AND_ABORT(img->test, "the image cannot be opened");
	}
	return ctx;
}

/**
 * image_read - read and validate an image as restart() does with RESTART_CHECK
 * @img: the image
 * @error: out: what was reported
 *
 * Return: 0 or negative errno
 */
int image_read(struct image *img, struct checkpoint_error *error)
{
	struct ckpt_ctx *ctx = image_open(img, false);
	int err;

	err = ckpt_read_metadata(ctx);
	if (!err)
		err = ckpt_read_memory(ctx, false);
	*error = ctx->errors[0];
	ckpt_ctx_free(ctx);
	return err;
}
