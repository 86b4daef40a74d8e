// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what records say of each other: duplicates, references to objects
 * that are missing or of the wrong sort, and whose a record is.
 */
#include <linux/signal.h>
#include <linux/string.h>
#include "image.h"

/* -- duplicates ------------------------------------------------------------------------ */

/* Each record of the sample a second time, right behind the first */
static void every_record_twice(struct kunit *test)
{
	struct image *sample = sample_image(test);
	struct ckpt_record *rec = NULL;

	while ((rec = image_next(sample, rec)) && rec->type != CKPT_REC_METADATA_END) {
		struct ckpt_record *other = NULL;
		struct image *img = image_new(test);
		struct checkpoint_error error;
		int err;

		while ((other = image_next(sample, other))) {
			if (other->type == CKPT_REC_METADATA_END)
				break;
			image_add(img, other->type, other->object, image_data(other),
				  other->size, image_data(other) + other->size,
				  other->len - sizeof(*other) - other->size);
			if (other == rec)
				image_add(img, rec->type, rec->object, image_data(rec),
					  rec->size, image_data(rec) + rec->size,
					  rec->len - sizeof(*rec) - rec->size);
		}
		sample_metadata_end(img);
		sample_pages(img);
		sample_end(img);
		image_close(img);
		err = image_read(img, &error);
		/* What an open file has is set twice, the second time to the same. */
		if (rec->type == CKPT_REC_FILE)
			continue;
		KUNIT_EXPECT_LT_MSG(test, err, 0, "type %#x twice", rec->type);
	}
}

static void object_of_two_sorts(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_cred cred = {};

	sample_header(img);
	sample_pid(img, 9, 17);
	image_add(img, CKPT_REC_CRED, 9, &cred, sizeof(cred), NULL, 0);
	expect_refused(img, -EINVAL, "object 9 is defined twice");
}

/* -- references ------------------------------------------------------------------------ */

static void object_zero(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_pid(img, 0, 17);
	expect_refused(img, -EINVAL, "must define an object");
}

static void object_of_a_record_without(struct kunit *test)
{
	struct image *img = image_new(test);
	struct test_data data = {};

	sample_header(img);
	sample_objects(img);
	image_add(img, TEST_REC, SAMPLE_PID, &data, sizeof(data), NULL, 0);
	expect_refused(img, -EINVAL, "a test record names an object");
}

/* The task before its pid, its memory before the task, files before the files */
static void forward_references(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_file file = {};

	sample_header(img);
	sample_task(img);
	sample_objects(img);
	expect_refused(img, -EINVAL, "object 1 is referred to before it is defined");

	img = image_new(test);
	sample_header(img);
	image_add(img, CKPT_REC_FILE, SAMPLE_EXE, &file, sizeof(file), NULL, 0);
	sample_objects(img);
	expect_refused(img, -EINVAL, "referred to before it is defined");
}

struct reference {
	u32 type;
	u32 offset;		/* in the fixed part, or in the array */
	bool in_array;
	u32 sort;		/* an object of another sort */
};

#define REF(_type, _struct, _member, _sort) \
	{ .type = _type, .offset = offsetof(struct _struct, _member), .sort = _sort }

static const struct reference references[] = {
	REF(CKPT_REC_FILE, ckpt_file, cred, SAMPLE_PID),
	REF(CKPT_REC_FILE, ckpt_file, owner, SAMPLE_CRED),
	REF(CKPT_REC_FILE_PATH, ckpt_file_path, cred, SAMPLE_PID),
	REF(CKPT_REC_TASK, ckpt_task_data, pid, SAMPLE_CRED),
	REF(CKPT_REC_TASK, ckpt_task_data, pgrp, SAMPLE_EXE),
	REF(CKPT_REC_TASK, ckpt_task_data, session, SAMPLE_EXE),
	REF(CKPT_REC_TASK, ckpt_task_data, leader, SAMPLE_PID),
	REF(CKPT_REC_TASK, ckpt_task_data, parent, SAMPLE_PID),
	REF(CKPT_REC_MM, ckpt_mm, owner, SAMPLE_PID),
	REF(CKPT_REC_MM, ckpt_mm, exe_file, SAMPLE_TASK),
	REF(CKPT_REC_FDTABLE, ckpt_fdtable, owner, SAMPLE_PID),
	REF(CKPT_REC_FS, ckpt_fs, owner, SAMPLE_MM),
	REF(CKPT_REC_FS, ckpt_fs, cwd, SAMPLE_TASK),
	REF(CKPT_REC_FS, ckpt_fs, root, SAMPLE_TASK),
	{ CKPT_REC_FDTABLE, offsetof(struct ckpt_fd, file), true, SAMPLE_CRED },
};

static void wrong_references(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(references); i++) {
		const struct reference *r = &references[i];
		struct image *img = sample_image(test);
		struct ckpt_record *rec = image_find(img, r->type);
		u32 *id = image_data(rec) + (r->in_array ? rec->size : 0) + r->offset;

		*id = r->sort;
		expect_refused(img, -EINVAL, "is of the wrong sort");
		*id = SAMPLE_FREE;
		expect_refused(img, -EINVAL, "referred to before it is defined");
		*id = ~0U;
		expect_refused(img, -EINVAL, "referred to before it is defined");
	}
}

/* -- whose records ------------------------------------------------------------------------ */

static struct image *with_thread(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_task(img);
	sample_thread(img, SAMPLE_FREE, SAMPLE_FREE + 1, 4322);
	return img;
}

static void thread_is_accepted(struct kunit *test)
{
	struct image *img = with_thread(test);

	sample_metadata_end(img);
	sample_end(img);
	expect_accepted(img);
}

static void thread_owns_a_process(struct kunit *test)
{
	struct ckpt_fs fs = { .owner = SAMPLE_FREE, .cwd = SAMPLE_CWD };
	struct image *img = with_thread(test);

	image_add(img, CKPT_REC_FS, SAMPLE_FREE + 2, &fs, sizeof(fs), NULL, 0);
	expect_refused(img, -EINVAL, "belongs to no process");
}

static void zombie_has_registers(struct kunit *test)
{
	struct ckpt_task_data data = {
		.pid = SAMPLE_FREE + 1, .leader = SAMPLE_FREE, .parent = SAMPLE_TASK,
		.state = CKPT_TASK_ZOMBIE, .exit_signal = SIGCHLD, .comm = "zombie",
	};
	struct ckpt_x86_regs regs = {};
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_task(img);
	((struct ckpt_header *)image_data(image_find(img, CKPT_REC_HEADER)))->nr_tasks++;
	sample_pid(img, SAMPLE_FREE + 1, 4322);
	image_add(img, CKPT_REC_TASK, SAMPLE_FREE, &data, sizeof(data), NULL, 0);
	image_add(img, CKPT_REC_X86_REGS, SAMPLE_FREE, &regs, sizeof(regs), NULL, 0);
	expect_refused(img, -EINVAL, "belongs to no living task");
}

static void task_without_a_part(struct kunit *test)
{
	static const u32 parts[] = {
		CKPT_REC_MM, CKPT_REC_FDTABLE, CKPT_REC_FS, CKPT_REC_X86_REGS,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		struct image *img = sample_image(test);
		struct ckpt_record *rec = image_find(img, parts[i]);

		/* What follows it in the sample goes as well, if it needs it. */
		rec->type = TEST_REC_UNKNOWN | CKPT_REC_SKIPPABLE;
		if (parts[i] == CKPT_REC_MM)
			image_find(img, CKPT_REC_VMA)->type = rec->type;
		expect_refused(img, -EINVAL, "has no registers, memory, descriptors or directory");
	}
}

static struct kunit_case checkpoint_references_test_cases[] = {
	KUNIT_CASE(every_record_twice),
	KUNIT_CASE(object_of_two_sorts),
	KUNIT_CASE(object_zero),
	KUNIT_CASE(object_of_a_record_without),
	KUNIT_CASE(forward_references),
	KUNIT_CASE(wrong_references),
	KUNIT_CASE(thread_is_accepted),
	KUNIT_CASE(thread_owns_a_process),
	KUNIT_CASE(zombie_has_registers),
	KUNIT_CASE(task_without_a_part),
	{}
};

static struct kunit_suite checkpoint_references_test_suite = {
	.name = "checkpoint_references",
	.test_cases = checkpoint_references_test_cases,
};

kunit_test_suite(checkpoint_references_test_suite);
