// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of damaged images: cut anywhere, any bit turned, and changed by
 * somebody who makes the checksums right again.
 */
#include <linux/prandom.h>
#include "image.h"

/*
 * Each read of the image takes long under KASAN.  Fields have more bytes than a step, and
 * eight steps turn each of the eight bits.  Page data is alike everywhere: a look here
 * and there is enough.
 */
#define STEP		3
#define PAGE_STEP	61

static size_t next_byte(struct image *img, size_t at)
{
	struct ckpt_rec *pages = image_find(img, CKPT_REC_PAGES);
	size_t data = (u8 *)pages + pages->len - img->bytes;

	if (at >= data && at + PAGE_STEP < data + PAGE_SIZE)
		return at + PAGE_STEP;
	return at + STEP;
}

static void cut_anywhere(struct kunit *test)
{
	struct image *img = sample_image(test);
	size_t at, whole = img->len;
	struct checkpoint_error error;

	for (at = 0; at < whole; at = next_byte(img, at)) {
		img->len = at;
		KUNIT_EXPECT_EQ_MSG(test, -EPIPE, image_read(img, &error), "cut at %zu: %s", at,
				    error.message);
		KUNIT_EXPECT_LE(test, error.offset, (u64)at);
		img->len = whole;
	}
	KUNIT_EXPECT_EQ(test, 0, image_read(img, &error));
}

/* Which error it is depends on the field; nothing is accepted. */
static void bit_turned_anywhere(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct checkpoint_error error;
	size_t at;

	for (at = 0; at < img->len; at = next_byte(img, at)) {
		u8 old = img->bytes[at];

		img->bytes[at] ^= 1U << (at % 8);
		KUNIT_EXPECT_LT_MSG(test, image_read(img, &error), 0, "bit %zu of byte %zu",
				    at % 8, at);
		img->bytes[at] = old;
	}
	KUNIT_EXPECT_EQ(test, 0, image_read(img, &error));
}

/* Behind the header whatever comes needs what stood before it. */
static void records_without_those_before(struct kunit *test)
{
	struct image *sample = sample_image(test);
	struct ckpt_rec *first = image_find(sample, CKPT_REC_PID), *rec;
	struct checkpoint_error error;

	while ((first = image_next(sample, first)) && first->type != CKPT_REC_METADATA_END) {
		struct image *img = image_new(test);

		sample_header(img);
		for (rec = first; rec && rec->type != CKPT_REC_METADATA_END;
		     rec = image_next(sample, rec))
			image_add(img, rec->type, rec->object, image_data(rec), rec->size,
				  image_data(rec) + rec->size,
				  rec->len - sizeof(*rec) - rec->size);
		sample_metadata_end(img);
		sample_end(img);
		image_close(img);
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL, image_read(img, &error), "from type %#x: %s",
				    first->type, error.message);
	}
}

#define MUTATIONS	1000

static const u64 values[] = {
	0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
	0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xfffffffffffff000,
	0x00007ffffffff000,
};

static void mutate(struct image *img, struct rnd_state *rnd, size_t end)
{
	size_t at = prandom_u32_state(rnd) % (end / 4) * 4;
	u64 value = values[prandom_u32_state(rnd) % ARRAY_SIZE(values)];

	if (prandom_u32_state(rnd) & 1)
		value ^= *(u64 *)(img->bytes + ALIGN_DOWN(at, 8));
	if (prandom_u32_state(rnd) & 1)
		memcpy(img->bytes + ALIGN_DOWN(at, 8), &value, 8);
	else
		memcpy(img->bytes + at, &value, 4);
}

/*
 * Whether it is refused or not depends on the mutation; that nothing worse happens
 * is for KASAN, UBSAN, lockdep and kmemleak to see.
 */
static void mutated_with_right_checksums(struct kunit *test)
{
	struct image *good = sample_image(test), *img = image_new(test);
	struct ckpt_rec *pages = image_find(good, CKPT_REC_PAGES);
	unsigned int i, refused = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 20080709);
	for (i = 0; i < MUTATIONS; i++) {
		struct checkpoint_error error;

		memcpy(img->bytes, good->bytes, good->len);
		img->len = good->len;
		mutate(img, &rnd, (u8 *)pages + sizeof(*pages) + 64 - good->bytes);
		if (prandom_u32_state(&rnd) % 4 == 0)
			mutate(img, &rnd, (u8 *)pages - good->bytes);
		image_close(img);
		if (image_read(img, &error)) {
			refused++;
			KUNIT_EXPECT_GT(test, error.err, 0);
			KUNIT_EXPECT_NE(test, error.message[0], 0);
		}
	}
	kunit_info(test, "%u of %u refused", refused, i);
	KUNIT_EXPECT_GT(test, refused, MUTATIONS / 4U);
}

static struct kunit_case checkpoint_damage_test_cases[] = {
	KUNIT_CASE_SLOW(cut_anywhere),
	KUNIT_CASE_SLOW(bit_turned_anywhere),
	KUNIT_CASE(records_without_those_before),
	KUNIT_CASE_SLOW(mutated_with_right_checksums),
	{}
};

static struct kunit_suite checkpoint_damage_test_suite = {
	.name = "checkpoint_damage",
	.test_cases = checkpoint_damage_test_cases,
};

kunit_test_suite(checkpoint_damage_test_suite);
