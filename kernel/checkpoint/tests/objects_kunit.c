// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of objects: pointers get ids, ids get objects, and what they hold is
 * let go.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include "image.h"

/* Whose objects hold nothing */
static const struct ckpt_class other_class = {
	.name	= "other",
	.fate	= CKPT_FATE_LEAVE,
};

static struct ckpt_ctx *new_ctx(struct kunit *test, struct ckpt_ctx *(*begin)(unsigned long flags))
{
	struct ckpt_ctx *ctx = begin(0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx);
	if (ckpt_errors_init(ctx, 1)) {
		ckpt_ctx_free(ctx);
		KUNIT_FAIL_AND_ABORT(test, "no memory");
	}
	return ctx;
}

/* -- saving: ids of pointers ----------------------------------------------------------- */

static void ids_are_sequential(struct kunit *test)
{
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_save);
	char things[100];
	u32 id = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(things); i++) {
		KUNIT_EXPECT_EQ(test, 1, ckpt_object_id(ctx, &things[i], &ckpt_class_file, &id));
		KUNIT_EXPECT_EQ(test, i + 1U, id);
	}
	for (i = 0; i < ARRAY_SIZE(things); i++) {
		KUNIT_EXPECT_EQ(test, 0, ckpt_object_id(ctx, &things[i], &ckpt_class_file, &id));
		KUNIT_EXPECT_EQ(test, i + 1U, id);
	}
	KUNIT_EXPECT_EQ(test, (u32)ARRAY_SIZE(things), ctx->last_object);
	ckpt_ctx_free(ctx);
}

/* The table of pointers grows in a worker, which may just have begun when all is freed. */
static void freed_while_the_table_grows(struct kunit *test)
{
	int i, round;
	char *base = kunit_kzalloc(test, 1000, GFP_KERNEL);
	u32 id;

	KUNIT_ASSERT_NOT_NULL(test, base);
	for (round = 0; round < 50; round++) {
		struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_save);

		for (i = 0; i < 1000; i++)
			KUNIT_ASSERT_EQ(test, 1, ckpt_object_id(ctx, base + i, &other_class, &id));
		ckpt_ctx_free(ctx);
	}
}

static void references_are_counted(struct kunit *test)
{
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_save);
	char thing;
	u32 id;
	int i;

	KUNIT_EXPECT_EQ(test, 0U, ckpt_object_refs(ctx, &thing, &ckpt_class_mm));
	for (i = 1; i <= 3; i++) {
		ckpt_object_id(ctx, &thing, &ckpt_class_mm, &id);
		KUNIT_EXPECT_EQ(test, (unsigned int)i,
				ckpt_object_refs(ctx, &thing, &ckpt_class_mm));
	}
	KUNIT_EXPECT_EQ(test, 0U, ckpt_object_refs(ctx, &thing, &ckpt_class_file));
	ckpt_ctx_free(ctx);
}

/* One address may be two things: a structure and its first member. */
static void classes_are_apart(struct kunit *test)
{
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_save);
	u32 file, pipe, again;
	char thing;

	KUNIT_EXPECT_EQ(test, 1, ckpt_object_id(ctx, &thing, &ckpt_class_file, &file));
	KUNIT_EXPECT_EQ(test, 1, ckpt_object_id(ctx, &thing, &other_class, &pipe));
	KUNIT_EXPECT_NE(test, file, pipe);
	KUNIT_EXPECT_EQ(test, 0, ckpt_object_id(ctx, &thing, &ckpt_class_file, &again));
	KUNIT_EXPECT_EQ(test, file, again);
	ckpt_ctx_free(ctx);
}

/* One whose record is still being made may be in no other. */
static void done_or_open(struct kunit *test)
{
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_save);
	char thing;
	u32 id;

	KUNIT_EXPECT_FALSE(test, ckpt_is_done(ctx, 1, &ckpt_class_file));
	KUNIT_EXPECT_EQ(test, 1, ckpt_object_id(ctx, &thing, &ckpt_class_file, &id));
	KUNIT_EXPECT_FALSE(test, ckpt_is_done(ctx, id, &ckpt_class_file));
	ckpt_find_object(ctx, id)->done = true;
	KUNIT_EXPECT_TRUE(test, ckpt_is_done(ctx, id, &ckpt_class_file));
	KUNIT_EXPECT_FALSE(test, ckpt_is_done(ctx, id, &other_class));
	ckpt_ctx_free(ctx);
}

/* -- kinds ------------------------------------------------------------------------------- */

/* By what they say of themselves, never by the order of linking */
static void kinds_are_sorted(struct kunit *test)
{
	const struct ckpt_kind **p;

	for (p = ckpt_kinds + 1; *p; p++) {
		KUNIT_EXPECT_LE_MSG(test, p[-1]->stage, p[0]->stage, "%s", p[0]->name);
		if (p[-1]->stage == p[0]->stage)
			KUNIT_EXPECT_LE_MSG(test, p[-1]->order, p[0]->order, "%s", p[0]->name);
	}
}

/* -- restarting: objects of ids --------------------------------------------------------- */

static void define_and_refer(struct kunit *test)
{
	static const struct ckpt_kind kind = {};
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_restart);

	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_ref(ctx, 5, &ckpt_class_file));
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 5, &ckpt_class_file, NULL));
	/* Its record has not been found to be in order. */
	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_ref(ctx, 5, &ckpt_class_file));
	ckpt_find_object(ctx, 5)->kind = &kind;
	KUNIT_EXPECT_EQ(test, 0, ckpt_ref(ctx, 5, &ckpt_class_file));
	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_ref(ctx, 5, &other_class));
	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_ref(ctx, 4, &ckpt_class_file));
	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_ref(ctx, 0, &ckpt_class_file));
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, ~0U, &other_class, NULL));
	ckpt_find_object(ctx, ~0U)->kind = &kind;
	KUNIT_EXPECT_EQ(test, 0, ckpt_ref(ctx, ~0U, &other_class));
	ckpt_ctx_free(ctx);
}

static void define_twice(struct kunit *test)
{
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_restart);

	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_define_object(ctx, 0, &ckpt_class_mm, NULL));
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 5, &ckpt_class_mm, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_define_object(ctx, 5, &ckpt_class_mm, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, ckpt_define_object(ctx, 5, &other_class, NULL));
	KUNIT_EXPECT_PTR_EQ(test, &ckpt_class_mm, ckpt_object_class(ctx, 5));
	ckpt_ctx_free(ctx);
}

static void owner_is_kept(struct kunit *test)
{
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_restart);
	struct ckpt_task task = {};

	KUNIT_EXPECT_NULL(test, ckpt_find_object(ctx, 5));
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 5, &ckpt_class_mm, &task));
	KUNIT_ASSERT_NOT_NULL(test, ckpt_find_object(ctx, 5));
	KUNIT_EXPECT_PTR_EQ(test, &task, ckpt_find_object(ctx, 5)->owner);
	ckpt_ctx_free(ctx);
}

static void files_are_let_go(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_restart);

	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 5, &ckpt_class_file, NULL));
	KUNIT_EXPECT_NULL(test, ckpt_object(ctx, 5, &ckpt_class_file));
	KUNIT_EXPECT_EQ(test, 0, ckpt_set_object(ctx, 5, get_file(img->file)));
	KUNIT_EXPECT_PTR_EQ(test, (void *)img->file, ckpt_object(ctx, 5, &ckpt_class_file));
	KUNIT_EXPECT_EQ(test, 2L, (long)file_count(img->file));
	ckpt_ctx_free(ctx);
	KUNIT_EXPECT_EQ(test, 1L, (long)file_count(img->file));
}

/* At the commit the program's own references are to be the last. */
static void files_are_dropped_once(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_restart);
	const struct cred *cred = get_current_cred();

	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 1, &ckpt_class_cred, NULL));
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 5, &ckpt_class_file, NULL));
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 6, &ckpt_class_file, NULL));
	KUNIT_EXPECT_EQ(test, 0, ckpt_set_object(ctx, 1, (void *)cred));
	KUNIT_EXPECT_EQ(test, 0, ckpt_set_object(ctx, 5, get_file(img->file)));
	ckpt_leave_objects(ctx);
	KUNIT_EXPECT_EQ(test, 1L, (long)file_count(img->file));
	KUNIT_EXPECT_NULL(test, ckpt_object(ctx, 5, &ckpt_class_file));
	KUNIT_EXPECT_PTR_EQ(test, (void *)cred, ckpt_object(ctx, 1, &ckpt_class_cred));
	ckpt_ctx_free(ctx);
	KUNIT_EXPECT_EQ(test, 1L, (long)file_count(img->file));
}

static struct pid *find(pid_t nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = find_pid_ns(nr, &init_pid_ns);
	rcu_read_unlock();
	return pid;
}

/* A pid that no task has taken becomes free again. */
static void reserved_pids(struct kunit *test)
{
	struct ckpt_ctx *ctx = new_ctx(test, ckpt_begin_restart);
	struct pid *unused = alloc_pid(&init_pid_ns, NULL, 0);
	struct pid *used = alloc_pid(&init_pid_ns, NULL, 0);
	pid_t nr;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, unused);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, used);
	nr = pid_nr(unused);
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 1, &ckpt_class_pid, NULL));
	KUNIT_EXPECT_EQ(test, 0, ckpt_define_object(ctx, 2, &ckpt_class_pid, NULL));
	KUNIT_EXPECT_EQ(test, 0, ckpt_set_object(ctx, 1, get_pid(unused)));
	KUNIT_EXPECT_EQ(test, 0, ckpt_set_object(ctx, 2, get_pid(used)));
	KUNIT_EXPECT_PTR_EQ(test, unused, find(nr));
	ckpt_consume_object(ctx, 2);
	ckpt_ctx_free(ctx);

	KUNIT_EXPECT_NULL(test, find(nr));
	KUNIT_EXPECT_PTR_EQ(test, used, find(pid_nr(used)));
	free_pid(used);		/* in place of the task's exit */
}

static struct kunit_case checkpoint_objects_test_cases[] = {
	KUNIT_CASE(ids_are_sequential),
	KUNIT_CASE(freed_while_the_table_grows),
	KUNIT_CASE(references_are_counted),
	KUNIT_CASE(classes_are_apart),
	KUNIT_CASE(done_or_open),
	KUNIT_CASE(kinds_are_sorted),
	KUNIT_CASE(define_and_refer),
	KUNIT_CASE(define_twice),
	KUNIT_CASE(owner_is_kept),
	KUNIT_CASE(files_are_let_go),
	KUNIT_CASE(files_are_dropped_once),
	KUNIT_CASE(reserved_pids),
	{}
};

static struct kunit_suite checkpoint_objects_test_suite = {
	.name = "checkpoint_objects",
	.test_cases = checkpoint_objects_test_cases,
};

kunit_test_suite(checkpoint_objects_test_suite);
