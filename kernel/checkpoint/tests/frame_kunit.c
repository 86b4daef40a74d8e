// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the frame of an image: header, lengths of records, page chunks,
 * the totals at its ends.  All checksums are right: it is for the reader to look
 * at the fields.
 */
#include <linux/string.h>
#include <linux/swab.h>
#include "image.h"

static void *find_data(struct image *img, u32 type)
{
	return image_data(image_find(img, type));
}

static void sample_is_accepted(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_ctx *ctx = image_open(img, false);

	KUNIT_EXPECT_EQ_MSG(test, 0, ckpt_read_metadata(ctx), "%s", ctx->errors[0].message);
	KUNIT_EXPECT_EQ(test, 1U, ctx->nr_tasks);
	KUNIT_EXPECT_EQ(test, 1U, ctx->nr_processes);
	KUNIT_EXPECT_EQ_MSG(test, 0, ckpt_read_memory(ctx, false), "%s",
			    ctx->errors[0].message);
	KUNIT_EXPECT_EQ(test, (u64)img->len, ctx->stream->bytes);
	KUNIT_EXPECT_EQ(test, img->nr_records, ctx->stream->nr_records);
	KUNIT_EXPECT_FALSE(test, ctx->failed);
	ckpt_ctx_free(ctx);
}

/* Another image may follow: nothing behind the end record is touched. */
static void end_is_the_end(struct kunit *test)
{
	struct image *img = sample_image(test);
	size_t len = img->len;

	memset(img->bytes + len, 0xff, 64);
	img->len += 64;
	expect_accepted(img);
	KUNIT_EXPECT_EQ(test, len, img->at);
}

/* What the kernel writes it reads, with the description of the ABI in it. */
static void written_image_is_accepted(struct kunit *test)
{
	struct image *sample = sample_image(test), *img = image_new(test);
	struct ckpt_rec_header *header = find_data(sample, CKPT_REC_HEADER);
	struct ckpt_rec *rec = NULL;
	struct ckpt_ctx *ctx = image_open(img, true);
	struct checkpoint_error error;

	ctx->header = *header;
	ctx->last_object = SAMPLE_FREE - 1;
	while ((rec = image_next(sample, rec))) {
		const struct ckpt_kind *kind = ckpt_find_kind(rec->type);
		u32 count = 0;

		if (!kind || kind->read)
			continue;
		if (kind->elem)
			count = ((struct ckpt_rec_array *)(image_data(rec) + kind->array))->count;
		if (kind->defines)
			KUNIT_ASSERT_EQ(test, 0, ckpt_define_object(ctx, rec->object,
								    kind->class, NULL));
		KUNIT_EXPECT_EQ(test, 0, ckpt_emit(ctx, kind, rec->object, image_data(rec),
						   image_data(rec) + rec->size, count));
	}
	KUNIT_EXPECT_EQ_MSG(test, 0, ckpt_write_image(ctx), "%s", ctx->errors[0].message);
	ckpt_ctx_free(ctx);
	image_find(img, CKPT_REC_ABI);
	KUNIT_EXPECT_EQ_MSG(test, 0, image_read(img, &error), "reported: %s", error.message);
	KUNIT_EXPECT_EQ(test, img->len, img->at);
}

/* -- the header ------------------------------------------------------------------ */

static void header_comes_first(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_objects(img);
	expect_refused(img, -EINVAL, "this is no checkpoint image");
}

static void header_comes_once(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_header(img);
	expect_refused(img, -EOPNOTSUPP, "does not know");
}

static void header_fields(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec_header *header = find_data(img, CKPT_REC_HEADER);
	const struct ckpt_rec_header good = *header;

	header->magic = swab64(CKPT_MAGIC);
	expect_refused(img, -EINVAL, "other byte order");
	header->magic = CKPT_MAGIC_UNRELEASED;
	expect_refused(img, -EOPNOTSUPP, "the format of an unreleased version");
	header->magic = CKPT_MAGIC + 1;
	expect_refused(img, -EINVAL, "this is no checkpoint image");
	*header = good;
	header->page_size = 2 * PAGE_SIZE;
	expect_refused(img, -EOPNOTSUPP, "another architecture");
	*header = good;
	header->arch = EM_AARCH64;
	expect_refused(img, -EOPNOTSUPP, "another architecture");
	*header = good;
	header->flags = 1U << 31;
	expect_refused(img, -EOPNOTSUPP, "flags that this kernel does not know");
	*header = good;
	memset(header->release, 'x', sizeof(header->release));
	expect_refused(img, -EINVAL, "not terminated");
	*header = good;
	memset(header->nodename, 'x', sizeof(header->nodename));
	expect_refused(img, -EINVAL, "not terminated");
	*header = good;
	header->root = SAMPLE_TASK;
	expect_refused(img, -EINVAL, "the header and the tasks disagree");
	*header = good;
	header->nr_tasks = 2;
	expect_refused(img, -EINVAL, "the header and the tasks disagree");
	*header = good;
	expect_accepted(img);
}

/* -- lengths ---------------------------------------------------------------------- */

static void record_lengths(struct kunit *test)
{
	static const struct {
		u32 size;
		u64 len;
		int err;
	} lengths[] = {
		{ 4, 48, -EINVAL },			/* not a multiple of 8 */
		{ 8, 44, -EINVAL },
		{ 8, 0, -EINVAL },			/* less than its own header */
		{ 0, 16, -EINVAL },
		{ 32, 48, -EINVAL },			/* the fixed part sticks out */
		{ 0xfffffff8, 48, -EINVAL },
		{ 8, (256ULL << 20) + 8, -EFBIG },	/* more than metadata may be */
		{ 8, 1ULL << 40, -EFBIG },
		{ 8, 1ULL << 63, -EFBIG },
		{ 8, ~7ULL, -EFBIG },
		{ 8, 1ULL << 20, -EPIPE },		/* more than there is */
	};
	struct image *img = image_new(test);
	struct ckpt_rec *rec;
	u64 zero = 0;
	int i;

	sample_header(img);
	rec = image_add(img, TEST_REC_UNKNOWN | CKPT_REC_SKIPPABLE, 0, &zero, 8, &zero, 8);
	image_close(img);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct checkpoint_error error;

		rec->size = lengths[i].size;
		rec->len = lengths[i].len;
		KUNIT_EXPECT_EQ_MSG(test, lengths[i].err, image_read(img, &error),
				    "size %#x len %#llx: %s", rec->size, rec->len,
				    error.message);
	}
}

/* -- the ends ---------------------------------------------------------------------- */

static void metadata_end_counts(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec_metadata_end *end = find_data(img, CKPT_REC_METADATA_END);

	end->nr_records++;
	expect_refused(img, -EINVAL, "records are missing");
	end->nr_records -= 2;
	expect_refused(img, -EINVAL, "records are missing");
}

static void end_totals(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec *rec = image_find(img, CKPT_REC_END);
	struct ckpt_rec_end *end = image_data(rec);
	struct checkpoint_error error;

	end->nr_records++;
	expect_refused(img, -EBADMSG, "the end record does not match");
	end->nr_records--;
	end->bytes += 8;
	expect_refused(img, -EBADMSG, "the end record does not match");
	end->bytes -= 8;
	end->nr_pages = 0;
	expect_refused(img, -EBADMSG, "the end record does not match");
	end->nr_pages = 1;
	expect_accepted(img);

	end->index = 0;
	expect_refused(img, -EBADMSG, "the end record does not match");
	end->index = img->index;
	expect_accepted(img);

	end->records_sum ^= 1;
	image_close_record(rec);
	KUNIT_EXPECT_EQ(test, -EBADMSG, image_read(img, &error));
}

/* Readers look for it at a fixed distance from the end. */
static void end_is_of_fixed_size(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec *rec = image_find(img, CKPT_REC_END);

	memset(img->bytes + img->len, 0, 8);
	img->len += 8;
	rec->len += 8;
	rec->size += 8;
	expect_refused(img, -EINVAL, "fixed size");
	rec->size -= 8;
	expect_refused(img, -EINVAL, "fixed size");
}

/* Its own sum knows the order of the records, that of the end record does not. */
static void metadata_order(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec *rec = image_find(img, CKPT_REC_METADATA_END);
	struct ckpt_rec_metadata_end *end = image_data(rec);
	struct checkpoint_error error;

	end->records_crc32c ^= 1;
	image_close_record(rec);
	KUNIT_EXPECT_EQ(test, -EBADMSG, image_read(img, &error));
	KUNIT_EXPECT_NOT_NULL(test, strstr(error.message, "the metadata was changed"));
}

static void end_before_metadata_end(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_end(img);
	expect_refused(img, -EOPNOTSUPP, "does not know");
}

static void image_without_task(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_rec_metadata_end *end;

	sample_header(img);
	sample_objects(img);
	sample_metadata_end(img);
	end = find_data(img, CKPT_REC_METADATA_END);
	end->nr_objects = SAMPLE_CWD;
	expect_refused(img, -EINVAL, "the image has no task");
}

/* -- page chunks ------------------------------------------------------------------- */

static struct image *until_pages(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_task(img);
	sample_metadata_end(img);
	return img;
}

static void pages_none(struct kunit *test)
{
	struct image *img = until_pages(test);

	sample_end(img);
	expect_accepted(img);
}

static void pages_many_extents(struct kunit *test)
{
	const struct ckpt_rec_extent extents[] = {
		{ SAMPLE_HEAP, 1 }, { SAMPLE_HEAP + 2 * PAGE_SIZE, 2 },
		{ SAMPLE_HEAP + 4 * PAGE_SIZE, 3 },
	};
	struct image *img = until_pages(test);

	image_add_pages(img, SAMPLE_MM, extents, 3);
	image_add_pages(img, SAMPLE_MM, extents, 1);
	sample_end(img);
	expect_accepted(img);
}

static void pages_extents(struct kunit *test)
{
	const struct ckpt_rec_extent wrong[][2] = {
		{ { SAMPLE_HEAP + 8, 1 }, { SAMPLE_HEAP + 2 * PAGE_SIZE, 1 } },
		{ { SAMPLE_HEAP, 0 }, { SAMPLE_HEAP + 2 * PAGE_SIZE, 2 } },
		{ { SAMPLE_HEAP + PAGE_SIZE, 1 }, { SAMPLE_HEAP, 1 } },
		{ { SAMPLE_HEAP, 1 }, { SAMPLE_HEAP, 1 } },
		{ { SAMPLE_HEAP, 1 }, { TASK_SIZE_MAX, 1 } },
		{ { SAMPLE_HEAP, 1 }, { -PAGE_SIZE, 1 } },
		{ { SAMPLE_HEAP, 1 }, { 1ULL << 63, 1 } },
		{ { SAMPLE_HEAP, 1 }, { SAMPLE_HEAP + PAGE_SIZE, 1ULL << 52 } },
		{ { SAMPLE_HEAP, ~0ULL }, { SAMPLE_HEAP + PAGE_SIZE, 3 } },
		{ { SAMPLE_HEAP, 1, 2 }, { SAMPLE_HEAP + PAGE_SIZE, 1 } },
		{ { SAMPLE_HEAP, 1, 0, 1 }, { SAMPLE_HEAP + PAGE_SIZE, 1 } },
	};
	const struct ckpt_rec_extent good[] = {
		{ SAMPLE_HEAP, 1 }, { SAMPLE_HEAP + PAGE_SIZE, 1, CKPT_EXTENT_HUGE },
	};
	struct image *img = until_pages(test);
	struct ckpt_rec *rec = image_add_pages(img, SAMPLE_MM, good, 2);
	struct ckpt_rec_extent *extents = image_data(rec) + rec->size;
	int i;

	sample_end(img);
	expect_accepted(img);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		memcpy(extents, wrong[i], sizeof(wrong[i]));
		expect_refused(img, -EINVAL, "extents");
	}
	memcpy(extents, good, sizeof(good));
	extents[1].pages = 2;
	expect_refused(img, -EINVAL, "differ in size");
}

static void pages_lengths(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec *rec = image_find(img, CKPT_REC_PAGES);
	struct ckpt_rec_pages *pages = image_data(rec);
	const struct ckpt_rec_pages good = *pages;

	pages->data_bytes = 0;
	expect_refused(img, -EINVAL, "lengths");
	pages->data_bytes = PAGE_SIZE / 2;
	expect_refused(img, -EINVAL, "lengths");
	pages->data_bytes = CKPT_CHUNK_BYTES + PAGE_SIZE;
	expect_refused(img, -EINVAL, "lengths");
	*pages = good;
	pages->extents.size = 8;
	expect_refused(img, -EINVAL, "padding");
	pages->extents.size = 4096;
	expect_refused(img, -EINVAL, "does not fill its record");
	*pages = good;
	pages->extents.count = 0;
	expect_refused(img, -EINVAL, "padding");
	pages->extents.count = ~0U;
	expect_refused(img, -EINVAL, "too many elements");
	*pages = good;
	rec->size = 16;
	expect_refused(img, -EINVAL, "padding");
	rec->size = sizeof(good);
	((u8 *)rec)[rec->len - 1] = 1;
	expect_refused(img, -EINVAL, "padding");
	((u8 *)rec)[rec->len - 1] = 0;
	rec->object = SAMPLE_TASK;
	expect_refused(img, -EINVAL, "takes no page data");
	rec->object = SAMPLE_FREE;
	expect_refused(img, -EINVAL, "before it is defined");
	rec->object = SAMPLE_MM;
	expect_accepted(img);
}

static void pages_data_checksum(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec_pages *pages = find_data(img, CKPT_REC_PAGES);

	pages->data_xxh64 ^= 1;
	expect_refused(img, -EBADMSG, "a page chunk is damaged");
}

static void pages_among_metadata(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_pages(img);
	expect_refused(img, -EINVAL, "stands among the metadata");
}

static void metadata_among_pages(struct kunit *test)
{
	struct image *img = until_pages(test);

	sample_pages(img);
	sample_objects(img);
	sample_end(img);
	expect_refused(img, -EINVAL, "stands among the pages");
}

static void chunks_in_any_order(struct kunit *test)
{
	const struct ckpt_rec_extent first = { SAMPLE_HEAP, 1 };
	const struct ckpt_rec_extent second = { SAMPLE_HEAP + 2 * PAGE_SIZE, 1 };
	struct image *one = until_pages(test), *other = until_pages(test);

	image_add_pages(one, SAMPLE_MM, &first, 1);
	image_add_pages(one, SAMPLE_MM, &second, 1);
	sample_end(one);
	expect_accepted(one);
	image_add_pages(other, SAMPLE_MM, &second, 1);
	image_add_pages(other, SAMPLE_MM, &first, 1);
	sample_end(other);
	expect_accepted(other);
}

static struct kunit_case checkpoint_frame_test_cases[] = {
	KUNIT_CASE(sample_is_accepted),
	KUNIT_CASE(end_is_the_end),
	KUNIT_CASE(written_image_is_accepted),
	KUNIT_CASE(header_comes_first),
	KUNIT_CASE(header_comes_once),
	KUNIT_CASE(header_fields),
	KUNIT_CASE(record_lengths),
	KUNIT_CASE(metadata_end_counts),
	KUNIT_CASE(end_totals),
	KUNIT_CASE(end_before_metadata_end),
	KUNIT_CASE(image_without_task),
	KUNIT_CASE(pages_none),
	KUNIT_CASE(pages_many_extents),
	KUNIT_CASE(pages_extents),
	KUNIT_CASE(pages_lengths),
	KUNIT_CASE(pages_data_checksum),
	KUNIT_CASE(pages_among_metadata),
	KUNIT_CASE(metadata_among_pages),
	KUNIT_CASE(chunks_in_any_order),
	KUNIT_CASE(end_is_of_fixed_size),
	KUNIT_CASE(metadata_order),
	{}
};

static struct kunit_suite checkpoint_frame_test_suite = {
	.name = "checkpoint_frame",
	.test_cases = checkpoint_frame_test_cases,
};

kunit_test_suite(checkpoint_frame_test_suite);
