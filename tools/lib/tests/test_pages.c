// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_pages.c - areas and page chunks.
 */
#include <errno.h>
#include <string.h>

#include "compiler.h"
#include "test.h"

static int with_extents(const struct ckpt_rec_extent *extents, __u32 nr, const char *message)
{
	struct writer writer;

	sample_begin(&writer);
	sample_metadata(&writer);
	write_metadata_end(&writer, SAMPLE_LAST);
	write_pages(&writer, SAMPLE_MM, extents, nr, SAMPLE_PAGE);
	write_end(&writer);
	return verify_writer(&writer, message);
}

static void extents(void)
{
	const __u64 heap = SAMPLE_HEAP;
	struct ckpt_rec_extent good[] = {
		{ heap, 1, 0, 0 }, { heap + 4096, 1, 0, 0 }, { heap + 8192, 6, 0, 0 },
	};
	struct ckpt_rec_extent overlap[] = { { heap, 2, 0, 0 }, { heap + 4096, 1, 0, 0 } };
	struct ckpt_rec_extent descend[] = { { heap + 4096, 1, 0, 0 }, { heap, 1, 0, 0 } };
	struct ckpt_rec_extent odd[] = { { heap + 8, 1, 0, 0 } };
	struct ckpt_rec_extent behind[] = { { heap, 9, 0, 0 } };
	struct ckpt_rec_extent nowhere[] = { { 0x1000, 1, 0, 0 } };
	struct ckpt_rec_extent last[] = { { 0xfffffffffffff000ULL, 1, 0, 0 } };
	struct ckpt_rec_extent none[] = { { heap, 0, 0, 0 } };

	EXPECT(!with_extents(good, 3, NULL));
	EXPECT(with_extents(overlap, 2, "extent at") == -EINVAL);
	EXPECT(with_extents(descend, 2, "extent at") == -EINVAL);
	EXPECT(with_extents(odd, 1, "extent at") == -EINVAL);
	EXPECT(with_extents(behind, 1, "no area") == -EINVAL);
	EXPECT(with_extents(nowhere, 1, "no area") == -EINVAL);
	EXPECT(with_extents(last, 1, "extent at") == -EINVAL);
	EXPECT(with_extents(none, 1, "extent at") == -EINVAL);
	EXPECT(with_extents(none, 0, "0 pages") == -EINVAL);
}

static void extents_beyond_reason(void)
{
	struct ckpt_rec_pages pages = { .data_bytes = 4096, .extents = { 1, 24 } };
	struct ckpt_rec_extent extent = { SAMPLE_HEAP, 1ULL << 52, 0, 0 };
	struct writer writer;

	sample_begin(&writer);
	sample_metadata(&writer);
	write_metadata_end(&writer, SAMPLE_LAST);
	write_record(&writer, CKPT_REC_PAGES, SAMPLE_MM, &pages, sizeof(pages), &extent,
		     sizeof(extent), SAMPLE_PAGE);
	EXPECT(verify_writer(&writer, "extent at") == -EINVAL);
}

static void data_bytes(void)
{
	struct ckpt_rec_extent extent = { SAMPLE_HEAP, 1, 0, 0 };
	static const __u64 wrong[] = { 0, 1, 8192, 8ULL << 20, ~0ULL };
	struct writer writer;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct ckpt_rec_pages pages = { .data_bytes = wrong[i], .extents = { 1, 24 } };

		sample_begin(&writer);
		sample_metadata(&writer);
		write_metadata_end(&writer, SAMPLE_LAST);
		write_record(&writer, CKPT_REC_PAGES, SAMPLE_MM, &pages, sizeof(pages),
			     &extent, sizeof(extent), SAMPLE_PAGE);
		write_bytes(&writer, NULL, 8192);
		EXPECT(verify_writer(&writer, "bytes for 1 pages") == -EINVAL);
	}
}

static void data_must_be_aligned(void)
{
	struct ckpt_rec_pages pages = { .data_bytes = 4096, .extents = { 1, 24 } };
	struct ckpt_rec_extent extent = { SAMPLE_HEAP, 1, 0, 0 };
	struct writer writer;
	int align;

	/* not at a page, and a page too far */
	for (align = 8; align <= 16384; align *= 2048) {
		sample_begin(&writer);
		sample_metadata(&writer);
		write_metadata_end(&writer, SAMPLE_LAST);
		while (align > 8 && writer.len % 16384 > 8192)
			write_record(&writer, 0x7777 | CKPT_REC_SKIPPABLE, 0, &pages, 8,
				     NULL, 0, 4096);
		write_record(&writer, CKPT_REC_PAGES, SAMPLE_MM, &pages, sizeof(pages),
			     &extent, sizeof(extent), align);
		write_bytes(&writer, NULL, 4096);
		EXPECT(verify_writer(&writer, "page boundary") == -EINVAL);
	}
}

static int with_area(__u64 start, __u64 end, const char *message)
{
	struct ckpt_rec_vma vma = { .start = start, .end = end };
	struct writer writer;

	sample_begin(&writer);
	sample_metadata(&writer);
	write_plain(&writer, CKPT_REC_VMA, SAMPLE_MM, &vma, sizeof(vma));
	write_metadata_end(&writer, SAMPLE_LAST);
	write_end(&writer);
	return verify_writer(&writer, message);
}

static void areas(void)
{
	EXPECT(!with_area(0x1000, 0x2000, NULL));
	EXPECT(with_area(0x1000, 0x1000, "no area") == -EINVAL);
	EXPECT(with_area(0x2000, 0x1000, "no area") == -EINVAL);
	EXPECT(with_area(0x1000, 0x1008, "no area") == -EINVAL);
	EXPECT(with_area(SAMPLE_HEAP - 4096, SAMPLE_HEAP + 4096, "overlaps") == -EINVAL);
	EXPECT(with_area(SAMPLE_HEAP, SAMPLE_HEAP + 4096, "overlaps") == -EINVAL);
}

static void data_is_fetched(void)
{
	struct ckpt_image *image;
	unsigned char page[3 * SAMPLE_PAGE + 1];
	struct ckpt_item item;
	struct writer writer;
	int ret;

	sample_image(&writer);
	image = ckpt_image_open(open_bytes(writer.bytes, writer.len), 0);
	while ((ret = ckpt_image_next(image, &item)) > 0 && item.type != CKPT_REC_PAGES)
		continue;
	EXPECT(ret == 1 && item.count == 2);
	/* one part now, the rest is read over */
	EXPECT(ckpt_image_data(image, page, SAMPLE_PAGE) == SAMPLE_PAGE);
	EXPECT(page[0] == 'a' && page[SAMPLE_PAGE - 1] == 'a');
	EXPECT(ckpt_image_data(image, page, 10) == 10 && page[9] == 'b');
	EXPECT(ckpt_image_next(image, &item) == 1 && item.type == CKPT_REC_INDEX);
	EXPECT(ckpt_image_next(image, &item) == 1 && item.type == CKPT_REC_END);
	EXPECT(!ckpt_image_data(image, page, 10) && !ckpt_image_next(image, &item));
	ckpt_image_close(image);
	writer_free(&writer);
}

static void data_is_skipped(void)
{
	struct ckpt_image *image;
	struct ckpt_item item;
	struct writer writer;
	int ret;

	sample_image(&writer);
	/* damage in page data goes unseen then */
	writer.bytes[writer.len - 1000] ^= 1;
	image = ckpt_image_open(open_bytes(writer.bytes, writer.len), CKPT_OPEN_SKIP_DATA);
	while ((ret = ckpt_image_next(image, &item)) > 0)
		continue;
	EXPECT(!ret);
	ckpt_image_close(image);
	EXPECT(verify_writer(&writer, "page data") == -EBADMSG);
}

const struct test page_tests[] = {
	{ "pages.extents", extents },
	{ "pages.extents_beyond_reason", extents_beyond_reason },
	{ "pages.data_bytes", data_bytes },
	{ "pages.data_must_be_aligned", data_must_be_aligned },
	{ "pages.areas", areas },
	{ "pages.data_is_fetched", data_is_fetched },
	{ "pages.data_is_skipped", data_is_skipped },
	{ NULL, NULL },
};
