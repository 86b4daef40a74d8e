// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the image as a stream: what is written comes back, whatever the
 * file does to the sizes, and every failure is reported.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/pipe_fs_i.h>
#include <linux/shmem_fs.h>
#include "image.h"

/* -- checksums ----------------------------------------------------------------- */

static void crc_is_crc32c(struct kunit *test)
{
	/* The check value of CRC-32C, as catalogues of checksums give it */
	KUNIT_EXPECT_EQ(test, 0xe3069283U, ckpt_crc(0, "123456789", 9));
	KUNIT_EXPECT_EQ(test, 0U, ckpt_crc(0, "", 0));
}

static void crc_continues(struct kunit *test)
{
	static const char text[] = "a checkpoint goes on where it was interrupted";
	u32 whole = ckpt_crc(0, text, sizeof(text));
	size_t at;

	for (at = 0; at <= sizeof(text); at++)
		KUNIT_EXPECT_EQ(test, whole, ckpt_crc(ckpt_crc(0, text, at), text + at,
						      sizeof(text) - at));
}

/* -- what is written is read ------------------------------------------------------ */

static u8 *pattern(struct kunit *test, size_t len)
{
	u8 *bytes = kunit_kmalloc(test, len, GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	for (i = 0; i < len; i++)
		bytes[i] = i ^ (i >> 8);
	return bytes;
}

static void write_all(struct image *img, const void *bytes, size_t len)
{
	struct ckpt_ctx *ctx = image_open(img, true);

	KUNIT_EXPECT_EQ(img->test, 0, ckpt_write(ctx, bytes, len));
	KUNIT_EXPECT_EQ(img->test, (u64)len, ctx->stream->bytes);
	KUNIT_EXPECT_EQ(img->test, 0, ckpt_stream_flush(ctx));
	KUNIT_EXPECT_EQ(img->test, (u64)len, ctx->stream->bytes);
	ckpt_ctx_free(ctx);
}

static void read_all(struct image *img, const void *bytes, size_t len)
{
	struct ckpt_ctx *ctx = image_open(img, false);
	u8 *got = kunit_kzalloc(img->test, len, GFP_KERNEL);

	KUNIT_EXPECT_EQ(img->test, 0, ckpt_read(ctx, got, len));
	KUNIT_EXPECT_EQ(img->test, (u64)len, ctx->stream->bytes);
	KUNIT_EXPECT_MEMEQ(img->test, bytes, got, len);
	kunit_kfree(img->test, got);
	ckpt_ctx_free(ctx);
}

/* Around the sizes of the buffer and of a page */
static void stream_roundtrip(struct kunit *test)
{
	static const size_t sizes[] = {
		1, 8, PAGE_SIZE - 1, PAGE_SIZE, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, 100000,
	};
	u8 *bytes = pattern(test, IMAGE_ROOM);
	struct image *img = image_new(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		img->len = 0;
		write_all(img, bytes, sizes[i]);
		KUNIT_EXPECT_EQ(test, sizes[i], img->len);
		read_all(img, bytes, sizes[i]);
	}
}

static void stream_short_counts(struct kunit *test)
{
	static const size_t steps[] = { 1, 7, 4095, 4097 };
	const size_t len = 70000;
	u8 *bytes = pattern(test, len);
	struct image *img = image_new(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		img->len = 0;
		img->step = steps[i];
		write_all(img, bytes, len);
		KUNIT_EXPECT_EQ(test, len, img->len);
		read_all(img, bytes, len);
	}
}

static void free_page_action(void *page)
{
	__free_page(page);
}

static struct page *new_page(struct kunit *test, u8 fill)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_page_action, page));
	memset(page_address(page), fill, PAGE_SIZE);
	return page;
}

/* Pages go behind what is buffered, not before it. */
static void stream_pages(struct kunit *test)
{
	struct page *pages[] = { new_page(test, 0x11), new_page(test, 0x22) };
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx = image_open(img, true);
	struct bio_vec bvec[2];
	int i;

	for (i = 0; i < 2; i++)
		bvec_set_page(&bvec[i], pages[i], PAGE_SIZE, 0);
	img->step = 1000;
	KUNIT_EXPECT_EQ(test, 0, ckpt_write(ctx, "before", 6));
	KUNIT_EXPECT_EQ(test, 0, ckpt_write_bvec(ctx, bvec, 2, 2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 0, ckpt_write(ctx, "behind", 6));
	KUNIT_EXPECT_EQ(test, 0, ckpt_stream_flush(ctx));
	ckpt_ctx_free(ctx);
	KUNIT_ASSERT_EQ(test, 12 + 2 * PAGE_SIZE, img->len);
	KUNIT_EXPECT_MEMEQ(test, img->bytes, "before", 6);
	KUNIT_EXPECT_NULL(test, memchr_inv(img->bytes + 6, 0x11, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(img->bytes + 6 + PAGE_SIZE, 0x22, PAGE_SIZE));
	KUNIT_EXPECT_MEMEQ(test, img->bytes + 6 + 2 * PAGE_SIZE, "behind", 6);

	ctx = image_open(img, false);
	KUNIT_EXPECT_EQ(test, 0, ckpt_read(ctx, page_address(pages[0]), 6));
	KUNIT_EXPECT_EQ(test, 0, ckpt_read_bvec(ctx, bvec, 2, 2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 6 + 2 * PAGE_SIZE, ctx->stream->bytes);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(pages[0]), 0x11, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(pages[1]), 0x22, PAGE_SIZE));
	ckpt_ctx_free(ctx);
}

/* -- records ------------------------------------------------------------------- */

static void record_is_padded(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx = image_open(img, true);
	const u64 fixed[] = { 1, 2 };
	struct ckpt_rec *rec = (void *)img->bytes;
	u32 crc;

	KUNIT_EXPECT_EQ(test, 0, ckpt_write_record(ctx, TEST_REC, 5, fixed, sizeof(fixed),
						   "array", 5, 8));
	KUNIT_EXPECT_EQ(test, 0, ckpt_write_record(ctx, TEST_REC, 0, fixed, sizeof(fixed),
						   NULL, 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, PAGE_SIZE, ctx->stream->bytes);
	KUNIT_EXPECT_EQ(test, 2ULL, ctx->stream->nr_records);
	KUNIT_EXPECT_EQ(test, 0, ckpt_stream_flush(ctx));

	KUNIT_EXPECT_EQ(test, (u32)TEST_REC, rec->type);
	KUNIT_EXPECT_EQ(test, (u32)sizeof(fixed), rec->size);
	KUNIT_EXPECT_EQ(test, (u64)(sizeof(*rec) + sizeof(fixed) + 8), rec->len);
	KUNIT_EXPECT_EQ(test, 5U, rec->object);
	KUNIT_EXPECT_MEMEQ(test, rec + 1, fixed, sizeof(fixed));
	KUNIT_EXPECT_MEMEQ(test, (void *)(rec + 1) + sizeof(fixed), "array\0\0\0", 8);
	crc = rec->crc32c;
	image_close_record(rec);
	KUNIT_EXPECT_EQ(test, rec->crc32c, crc);

	rec = (void *)rec + rec->len;
	KUNIT_EXPECT_PTR_EQ(test, (void *)img->bytes + PAGE_SIZE, (void *)rec + rec->len);
	crc = ckpt_crc(ckpt_crc(0, &crc, sizeof(crc)), &rec->crc32c, sizeof(crc));
	KUNIT_EXPECT_EQ(test, crc, ctx->stream->records_crc);
	ckpt_ctx_free(ctx);
}

/* -- files, pipes ---------------------------------------------------------------- */

static struct ckpt_ctx *open_file(struct kunit *test, struct file *file, bool write)
{
	struct ckpt_ctx *ctx = write ? ckpt_begin_save(0) : ckpt_begin_restart(0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx);
	KUNIT_EXPECT_EQ(test, 0, ckpt_errors_init(ctx, 1));
	KUNIT_EXPECT_EQ(test, 0, ckpt_stream_open(ctx, file, write));
	return ctx;
}

/* An image may stand behind something else, and something else behind it. */
static void stream_file_position(struct kunit *test)
{
	struct file *file = shmem_kernel_file_setup("image", 0, 0);
	struct ckpt_ctx *ctx;
	u8 got[8] = {};

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	file->f_pos = 100;
	ctx = open_file(test, file, true);
	KUNIT_EXPECT_EQ(test, 0, ckpt_write(ctx, "01234567", 8));
	KUNIT_EXPECT_EQ(test, 0, ckpt_stream_flush(ctx));
	ckpt_ctx_free(ctx);
	KUNIT_EXPECT_EQ(test, 108LL, file->f_pos);
	KUNIT_EXPECT_EQ(test, 108LL, i_size_read(file_inode(file)));

	file->f_pos = 102;
	ctx = open_file(test, file, false);
	KUNIT_EXPECT_EQ(test, 0, ckpt_read(ctx, got, 4));
	KUNIT_EXPECT_EQ(test, 4ULL, ctx->stream->bytes);
	ckpt_ctx_free(ctx);
	KUNIT_EXPECT_MEMEQ(test, got, "2345", 4);
	KUNIT_EXPECT_EQ(test, 106LL, file->f_pos);
	fput(file);
}

static void stream_pipe(struct kunit *test)
{
	u8 *bytes = pattern(test, 30000), *got = kunit_kzalloc(test, 30000, GFP_KERNEL);
	struct file *ends[2];
	struct ckpt_ctx *ctx;

	KUNIT_ASSERT_NOT_NULL(test, got);
	KUNIT_ASSERT_EQ(test, 0, create_pipe_files(ends, 0));
	ctx = open_file(test, ends[1], true);
	KUNIT_EXPECT_EQ(test, 0, ckpt_write(ctx, bytes, 30000));
	KUNIT_EXPECT_EQ(test, 0, ckpt_stream_flush(ctx));
	ckpt_ctx_free(ctx);
	/* At once: the reader is to see the end of the image. */
	__fput_sync(ends[1]);

	ctx = open_file(test, ends[0], false);
	KUNIT_EXPECT_EQ(test, 0, ckpt_read(ctx, got, 30000));
	KUNIT_EXPECT_MEMEQ(test, bytes, got, 30000);
	KUNIT_EXPECT_EQ(test, -EPIPE, ckpt_read(ctx, got, 1));
	ckpt_ctx_free(ctx);
	fput(ends[0]);
}

/* -- failures -------------------------------------------------------------------- */

static void expect_reported(struct kunit *test, struct ckpt_ctx *ctx, int err, u64 offset,
			    const char *words)
{
	KUNIT_EXPECT_EQ(test, -err, ctx->errors[0].err);
	KUNIT_EXPECT_EQ(test, offset, ctx->errors[0].offset);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(ctx->errors[0].message, words), "reported: %s",
				  ctx->errors[0].message);
}

static void stream_ends_early(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx;
	u8 got[8];

	img->len = 11;
	ctx = image_open(img, false);
	KUNIT_EXPECT_EQ(test, 0, ckpt_read(ctx, got, 8));
	KUNIT_EXPECT_EQ(test, -EPIPE, ckpt_read(ctx, got, 8));
	expect_reported(test, ctx, -EPIPE, 11, "ends before");
	ckpt_ctx_free(ctx);
}

static void stream_is_full(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx;

	img->room = 1000;
	ctx = image_open(img, true);
	KUNIT_EXPECT_EQ(test, 0, ckpt_write(ctx, pattern(test, 2000), 2000));
	KUNIT_EXPECT_EQ(test, -ENOSPC, ckpt_stream_flush(ctx));
	expect_reported(test, ctx, -ENOSPC, 1000, "writing the image failed");
	ckpt_ctx_free(ctx);
}

static const struct {
	int file;
	int reported;
	const char *words;
} failures[] = {
	{ -EIO,			-EIO,	"failed" },
	{ -EAGAIN,		-EAGAIN, "non-blocking" },
	{ -EINTR,		-EINTR,	"a signal interrupted" },
	{ -ERESTARTSYS,		-EINTR,	"a signal interrupted" },
	{ -ERESTARTNOINTR,	-EINTR,	"a signal interrupted" },
	{ -ERESTARTNOHAND,	-EINTR,	"a signal interrupted" },
};

static void stream_read_fails(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx;
	u8 got[200];
	int i;

	img->len = 200;
	img->fail_at = 100;
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		img->err = failures[i].file;
		ctx = image_open(img, false);
		KUNIT_EXPECT_EQ(test, failures[i].reported, ckpt_read(ctx, got, 200));
		expect_reported(test, ctx, failures[i].reported, 100, failures[i].words);
		ckpt_ctx_free(ctx);
	}
}

static void stream_write_fails(struct kunit *test)
{
	struct image *img = image_new(test);
	u8 *bytes = pattern(test, 200);
	struct ckpt_ctx *ctx;
	int i;

	img->fail_at = 100;
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		img->len = 0;
		img->err = failures[i].file;
		ctx = image_open(img, true);
		KUNIT_EXPECT_EQ(test, 0, ckpt_write(ctx, bytes, 200));
		KUNIT_EXPECT_EQ(test, failures[i].reported, ckpt_stream_flush(ctx));
		expect_reported(test, ctx, failures[i].reported, 100, failures[i].words);
		KUNIT_EXPECT_EQ(test, 100UL, img->len);
		ckpt_ctx_free(ctx);
	}
}

static void stream_wrong_mode(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx = ckpt_begin_save(0);
	fmode_t mode = img->file->f_mode;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx);
	KUNIT_EXPECT_EQ(test, 0, ckpt_errors_init(ctx, 1));
	img->file->f_mode = mode & ~FMODE_WRITE;
	KUNIT_EXPECT_EQ(test, -EBADF, ckpt_stream_open(ctx, img->file, true));
	expect_reported(test, ctx, -EBADF, 0, "not open for writing");
	img->file->f_mode = mode & ~FMODE_READ;
	KUNIT_EXPECT_EQ(test, -EBADF, ckpt_stream_open(ctx, img->file, false));
	img->file->f_mode = mode & ~FMODE_CAN_READ;
	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_stream_open(ctx, img->file, false));
	img->file->f_mode = mode;
	KUNIT_EXPECT_NULL(test, ctx->stream);
	KUNIT_EXPECT_EQ(test, 1L, file_count(img->file));
	ckpt_ctx_free(ctx);
}

static struct kunit_case checkpoint_stream_test_cases[] = {
	KUNIT_CASE(crc_is_crc32c),
	KUNIT_CASE(crc_continues),
	KUNIT_CASE(stream_roundtrip),
	KUNIT_CASE(stream_short_counts),
	KUNIT_CASE(stream_pages),
	KUNIT_CASE(record_is_padded),
	KUNIT_CASE(stream_file_position),
	KUNIT_CASE(stream_pipe),
	KUNIT_CASE(stream_ends_early),
	KUNIT_CASE(stream_is_full),
	KUNIT_CASE(stream_read_fails),
	KUNIT_CASE(stream_write_fails),
	KUNIT_CASE(stream_wrong_mode),
	{}
};

static struct kunit_suite checkpoint_stream_test_suite = {
	.name = "checkpoint_stream",
	.test_cases = checkpoint_stream_test_cases,
};

kunit_test_suite(checkpoint_stream_test_suite);
