// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of records: sizes shorter and longer than this kernel knows, arrays,
 * unknown types.
 */
#include <linux/string.h>
#include "image.h"

/* An image with one record of the tests' own, @size bytes of @fixed */
static struct image *with_test_record(struct kunit *test, const void *fixed, u32 size,
				      const void *array, size_t bytes)
{
	struct image *img = image_new(test);

	sample_header(img);
	image_add(img, TEST_REC, 0, fixed, size, array, bytes);
	sample_objects(img);
	sample_task(img);
	sample_metadata_end(img);
	sample_pages(img);
	sample_end(img);
	test_seen = (struct test_seen) {};
	return img;
}

/* -- the size is the version ------------------------------------------------------- */

static void fixed_part_as_known(struct kunit *test)
{
	struct test_data data = { .first = 11, .later = 22 };

	expect_accepted(with_test_record(test, &data, sizeof(data), NULL, 0));
	KUNIT_EXPECT_EQ(test, 1U, test_seen.calls);
	KUNIT_EXPECT_EQ(test, 11ULL, test_seen.data.first);
	KUNIT_EXPECT_EQ(test, 22ULL, test_seen.data.later);
	KUNIT_EXPECT_EQ(test, 0U, test_seen.count);
}

/* An older kernel's record: what it did not know is zero. */
static void fixed_part_shorter(struct kunit *test)
{
	struct test_data data = { .first = 11, .later = 22 };
	u32 size;

	for (size = 0; size < sizeof(data); size += 8) {
		expect_accepted(with_test_record(test, &data, size, NULL, 0));
		KUNIT_EXPECT_EQ(test, 1U, test_seen.calls);
		KUNIT_EXPECT_EQ(test, size ? 11ULL : 0ULL, test_seen.data.first);
		KUNIT_EXPECT_EQ(test, 0ULL, test_seen.data.later);
	}
}

/* A newer kernel's record: only if it does not use what we do not know */
static void fixed_part_longer(struct kunit *test)
{
	u8 bytes[4 * sizeof(struct test_data)] = {};
	u32 size, at;

	memcpy(bytes, &(struct test_data) { .first = 11, .later = 22 },
	       sizeof(struct test_data));
	for (size = sizeof(struct test_data); size <= sizeof(bytes); size += 8) {
		expect_accepted(with_test_record(test, bytes, size, NULL, 0));
		KUNIT_EXPECT_EQ(test, 22ULL, test_seen.data.later);
	}
	for (at = sizeof(struct test_data); at < sizeof(bytes); at++) {
		bytes[at] = 1;
		expect_refused(with_test_record(test, bytes, sizeof(bytes), NULL, 0), -E2BIG,
			       "state that this kernel does not know");
		KUNIT_EXPECT_EQ(test, 0U, test_seen.calls);
		bytes[at] = 0;
	}
}

static struct image *sample_grown(struct kunit *test, u64 record, u64 value)
{
	struct image *img = image_new(test);

	img->grow = record;
	img->grown = value;
	sample_header(img);
	sample_objects(img);
	sample_task(img);
	sample_metadata_end(img);
	sample_pages(img);
	sample_end(img);
	return img;
}

/* The same for each record that a plain process has, the frame's too but for its end */
static void every_record_may_grow(struct kunit *test)
{
	u64 nr = sample_grown(test, 0, 0)->nr_records, i;

	for (i = 1; i < nr; i++) {
		expect_accepted(sample_grown(test, i, 0));
		expect_refused(sample_grown(test, i, 1ULL << 63), -E2BIG,
			       "state that this kernel does not know");
	}
	/* The last one is found from the end of the file. */
	expect_refused(sample_grown(test, nr, 0), -EINVAL, "not of its fixed size");
}

/* -- arrays ------------------------------------------------------------------------ */

static const struct test_number numbers[TEST_NUMBERS_MAX + 1] = {
	{ 1, 10 }, { 2, 20 }, { 3, 30 }, { 4, 40 }, { 5, 50 }, { 6, 60 }, { 7, 70 }, { 8, 80 },
	{ 9, 90 },
};

static struct image *with_array(struct kunit *test, u32 count, u32 size, const void *array,
				size_t bytes)
{
	struct test_data data = { .numbers = { count, size } };

	return with_test_record(test, &data, sizeof(data), array, bytes);
}

static void array_as_known(struct kunit *test)
{
	u32 count;

	for (count = 0; count <= TEST_NUMBERS_MAX; count++) {
		expect_accepted(with_array(test, count, sizeof(numbers[0]), numbers,
					   count * sizeof(numbers[0])));
		KUNIT_EXPECT_EQ(test, count, test_seen.count);
		KUNIT_EXPECT_MEMEQ(test, numbers, test_seen.numbers,
				   count * sizeof(numbers[0]));
	}
}

/* Elements of 4 bytes, an odd number of them: the rest is padding. */
static void array_elements_shorter(struct kunit *test)
{
	static const u32 old[] = { 1, 2, 3 };
	int i;

	expect_accepted(with_array(test, 3, sizeof(u32), old, sizeof(old)));
	KUNIT_ASSERT_EQ(test, 3U, test_seen.count);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, old[i], test_seen.numbers[i].value);
		KUNIT_EXPECT_EQ(test, 0U, test_seen.numbers[i].weight);
	}
}

static void array_elements_longer(struct kunit *test)
{
	u32 new[][3] = { { 1, 10, 0 }, { 2, 20, 0 }, { 3, 30, 0 } };
	int i;

	expect_accepted(with_array(test, 3, sizeof(new[0]), new, sizeof(new)));
	KUNIT_EXPECT_EQ(test, 3U, test_seen.count);
	KUNIT_EXPECT_MEMEQ(test, numbers, test_seen.numbers, 3 * sizeof(numbers[0]));
	for (i = 0; i < 3; i++) {
		new[i][2] = 1;
		expect_refused(with_array(test, 3, sizeof(new[0]), new, sizeof(new)), -E2BIG,
			       "state that this kernel does not know");
		new[i][2] = 0;
	}
}

static void array_wrong_counts(struct kunit *test)
{
	/* The last byte is not zero. */
	static const struct test_number three[] = { { 1, 10 }, { 2, 20 }, { 3, 1U << 31 } };
	static const struct {
		u32 count;
		u32 size;
		const char *words;
	} wrong[] = {
		{ 2, 8, "does not fill" },	/* three are there */
		{ 4, 8, "does not fill" },
		{ 0, 8, "does not fill" },
		{ 3, 4, "does not fill" },
		{ 3, 7, "padding" },
		{ 3, 16, "does not fill" },
		{ 3, 0, "of no size" },
		{ 1, 0xffffffff, "does not fill" },
		{ 8, 0x20000003, "does not fill" },	/* 24, if 32 bits were all */
		{ TEST_NUMBERS_MAX + 1, 8, "too many" },
		{ 0x80000003, 8, "too many" },
		{ 0xffffffff, 0xffffffff, "too many" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		expect_refused(with_array(test, wrong[i].count, wrong[i].size, three,
					  sizeof(three)), -EINVAL, wrong[i].words);
		KUNIT_EXPECT_EQ(test, 0U, test_seen.calls);
	}
	expect_refused(with_array(test, TEST_NUMBERS_MAX + 1, 8, numbers, sizeof(numbers)),
		       -EINVAL, "too many");
}

static void array_padding(struct kunit *test)
{
	u8 bytes[8] = { 1, 0, 0, 0 };
	int at;

	expect_accepted(with_array(test, 1, 4, bytes, sizeof(bytes)));
	for (at = 4; at < 8; at++) {
		bytes[at] = 1;
		expect_refused(with_array(test, 1, 4, bytes, sizeof(bytes)), -EINVAL, "padding");
		bytes[at] = 0;
	}
}

/* A record from before there was an array cannot have one. */
static void array_that_is_not_described(struct kunit *test)
{
	u64 first = 11;

	expect_refused(with_test_record(test, &first, sizeof(first), numbers, 8), -EINVAL,
		       "does not fill");
	expect_accepted(with_test_record(test, &first, sizeof(first), NULL, 0));
}

/* -- types -------------------------------------------------------------------------- */

static struct image *with_unknown(struct kunit *test, u32 type, bool among_pages)
{
	struct image *img = image_new(test);
	u64 word = 1;

	sample_header(img);
	sample_objects(img);
	if (!among_pages)
		image_add(img, type, 77, &word, 8, &word, 8);
	sample_task(img);
	sample_metadata_end(img);
	if (among_pages)
		image_add(img, type, 77, &word, 8, &word, 8);
	sample_pages(img);
	sample_end(img);
	return img;
}

static void unknown_types(struct kunit *test)
{
	static const u32 types[] = { 0, TEST_REC_UNKNOWN, CKPT_REC_TYPE_MASK };
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		expect_refused(with_unknown(test, types[i], false), -EOPNOTSUPP,
			       "which this kernel does not know");
		expect_refused(with_unknown(test, types[i], true), -EINVAL,
			       "stands among the pages");
	}
	/* The bit makes it another type. */
	expect_refused(with_unknown(test, CKPT_REC_ABI & CKPT_REC_TYPE_MASK, false),
		       -EOPNOTSUPP, "which this kernel does not know");
}

static void skippable_types(struct kunit *test)
{
	static const u32 types[] = { TEST_REC_UNKNOWN, TEST_REC, CKPT_REC_TASK, CKPT_REC_END, 0 };
	int i;

	test_seen = (struct test_seen) {};
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		expect_accepted(with_unknown(test, types[i] | CKPT_REC_SKIPPABLE, false));
		expect_accepted(with_unknown(test, types[i] | CKPT_REC_SKIPPABLE, true));
	}
	KUNIT_EXPECT_EQ(test, 0U, test_seen.calls);
}

/* Passed over, but not unlooked: its checksum counts. */
static void skippable_but_damaged(struct kunit *test)
{
	const u32 type = TEST_REC_UNKNOWN | CKPT_REC_SKIPPABLE;
	struct image *img = with_unknown(test, type, false);
	struct checkpoint_error error;

	image_close(img);
	image_find(img, type)->object++;
	KUNIT_EXPECT_EQ(test, -EBADMSG, image_read(img, &error));
}

static struct kunit_case checkpoint_records_test_cases[] = {
	KUNIT_CASE(fixed_part_as_known),
	KUNIT_CASE(fixed_part_shorter),
	KUNIT_CASE(fixed_part_longer),
	KUNIT_CASE(every_record_may_grow),
	KUNIT_CASE(array_as_known),
	KUNIT_CASE(array_elements_shorter),
	KUNIT_CASE(array_elements_longer),
	KUNIT_CASE(array_wrong_counts),
	KUNIT_CASE(array_padding),
	KUNIT_CASE(array_that_is_not_described),
	KUNIT_CASE(unknown_types),
	KUNIT_CASE(skippable_types),
	KUNIT_CASE(skippable_but_damaged),
	{}
};

static struct kunit_suite checkpoint_records_test_suite = {
	.name = "checkpoint_records",
	.test_cases = checkpoint_records_test_cases,
};

kunit_test_suite(checkpoint_records_test_suite);
