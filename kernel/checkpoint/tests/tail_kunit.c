// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the tail of an image: records behind the page chunks replace those of
 * the metadata, and are looked at as closely.
 */
#include "image.h"

static void add_signals(struct image *img, u32 task, u32 shared, u64 set)
{
	struct ckpt_rec_sigpending data = {
		.shared = shared, .set = set,
		.infos = { 0, sizeof(struct ckpt_rec_siginfo) },
	};

	image_add(img, CKPT_REC_SIGPENDING, task, &data, sizeof(data), NULL, 0);
}

static struct image *until_tail(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_task(img);
	add_signals(img, SAMPLE_TASK, 0, 1);
	add_signals(img, SAMPLE_TASK, 1, 2);
	sample_metadata_end(img);
	sample_pages(img);
	return img;
}

/* What restart() would restore of the task's signals, one bit for each record */
static u64 signals_of(struct kunit *test, struct image *img)
{
	struct ckpt_ctx *ctx;
	struct ckpt_item *item;
	u64 set = 0;

	image_close(img);
	ctx = image_open(img, false);
	KUNIT_EXPECT_EQ_MSG(test, 0, ckpt_read_metadata(ctx), "%s", ctx->errors[0].message);
	KUNIT_EXPECT_EQ_MSG(test, 0, ckpt_read_memory(ctx, false), "%s",
			    ctx->errors[0].message);
	list_for_each_entry(item, &ckpt_task_by_id(ctx, SAMPLE_TASK)->recs, owner_node)
		if (item->kind->type == CKPT_REC_SIGPENDING)
			set += ((const struct ckpt_rec_sigpending *)item->data)->set;
	ckpt_ctx_free(ctx);
	return set;
}

static void tail_replaces(struct kunit *test)
{
	struct image *img = until_tail(test);

	sample_end(img);
	KUNIT_EXPECT_EQ(test, 3ULL, signals_of(test, img));
	img = until_tail(test);
	add_signals(img, SAMPLE_TASK, 0, 4);
	sample_index(img);
	sample_end(img);
	KUNIT_EXPECT_EQ(test, 4ULL, signals_of(test, img));
	img = until_tail(test);
	add_signals(img, SAMPLE_TASK, 0, 4);
	add_signals(img, SAMPLE_TASK, 1, 8);
	sample_end(img);
	KUNIT_EXPECT_EQ(test, 12ULL, signals_of(test, img));
}

static void tail_is_validated(struct kunit *test)
{
	struct ckpt_rec_rlimits limits = { .limits = { 1, sizeof(struct ckpt_rec_rlimit) } };
	struct ckpt_rec_rlimit limit = { .cur = 2, .max = 1 };
	struct image *img = until_tail(test);

	add_signals(img, SAMPLE_TASK, 2, 4);
	sample_end(img);
	expect_refused(img, -EINVAL, "unknown flag");
	img = until_tail(test);
	add_signals(img, SAMPLE_MM, 0, 4);
	sample_end(img);
	expect_refused(img, -EINVAL, "wrong sort");
	img = until_tail(test);
	image_add(img, CKPT_REC_RLIMITS, SAMPLE_TASK, &limits, sizeof(limits), &limit,
		  sizeof(limit));
	sample_end(img);
	expect_refused(img, -EINVAL, "exceeds the hard one");
	img = until_tail(test);
	limit.max = 2;
	image_add(img, CKPT_REC_RLIMITS, SAMPLE_TASK, &limits, sizeof(limits), &limit,
		  sizeof(limit));
	image_add(img, CKPT_REC_RLIMITS, SAMPLE_TASK, &limits, sizeof(limits), &limit,
		  sizeof(limit));
	sample_end(img);
	expect_refused(img, -EINVAL, "two rlimits records");
}

static void pages_behind_tail(struct kunit *test)
{
	struct image *img = until_tail(test);

	add_signals(img, SAMPLE_TASK, 0, 4);
	sample_pages(img);
	sample_end(img);
	expect_refused(img, -EINVAL, "behind the tail");
}

static struct kunit_case checkpoint_tail_test_cases[] = {
	KUNIT_CASE(tail_replaces),
	KUNIT_CASE(tail_is_validated),
	KUNIT_CASE(pages_behind_tail),
	{}
};

static struct kunit_suite checkpoint_tail_test_suite = {
	.name = "checkpoint_tail",
	.test_cases = checkpoint_tail_test_cases,
};

kunit_test_suite(checkpoint_tail_test_suite);
