// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what records say of each other: duplicates, how many objects they
 * define, references to objects that are missing or of the wrong sort, and whose a
 * record is.
 */
#include <linux/signal.h>
#include <linux/string.h>
#include "image.h"

/* -- duplicates ------------------------------------------------------------------------ */

/* Each record of the sample a second time, right behind the first */
static void every_record_twice(struct kunit *test)
{
	struct image *sample = sample_image(test);
	struct ckpt_rec *rec = NULL;

	while ((rec = image_next(sample, rec)) && rec->type != CKPT_REC_METADATA_END) {
		struct ckpt_rec *other = NULL;
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
		KUNIT_EXPECT_LT_MSG(test, err, 0, "type %#x twice", rec->type);
	}
}

/* What an open file has, said twice: the second could be another truth. */
static void object_described_twice(struct kunit *test)
{
	struct ckpt_rec_file file = { .cred = SAMPLE_CRED };
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	image_add(img, CKPT_REC_FILE, SAMPLE_CWD, &file, sizeof(file), NULL, 0);
	file.position = 4096;
	image_add(img, CKPT_REC_FILE, SAMPLE_EXE, &file, sizeof(file), NULL, 0);
	expect_refused(img, -EINVAL, "an object has two file records");
}

static void image_described_twice(struct kunit *test)
{
	struct image *img = image_new(test);
	struct test_data data = {};

	sample_header(img);
	image_add(img, TEST_REC, 0, &data, sizeof(data), NULL, 0);
	sample_objects(img);
	image_add(img, TEST_REC, 0, &data, sizeof(data), NULL, 0);
	expect_refused(img, -EINVAL, "the image has two test records");
}

/* A process has a table of its own or shares another's. */
static void part_of_a_task_twice(struct kunit *test)
{
	static const struct {
		u32 type;
		u32 shared;
		const char *words;
	} links[] = {
		{ CKPT_REC_TASK_FDTABLE, SAMPLE_FDTABLE, "a task has two task_fdtable records" },
		{ CKPT_REC_TASK_FS, SAMPLE_FS, "a task has two task_fs records" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		struct ckpt_rec_task_fdtable link = { .fdtable = links[i].shared };
		struct image *img = image_new(test);

		sample_header(img);
		sample_objects(img);
		sample_task(img);
		image_add(img, links[i].type, SAMPLE_TASK, &link, sizeof(link), NULL, 0);
		expect_refused(img, -EINVAL, links[i].words);
	}
}

/* The restarter's descriptor takes its place, as it is. */
static void flags_of_a_file_outside(struct kunit *test)
{
	struct ckpt_rec_file_outside outside = { .what = CKPT_OUTSIDE_TTY, .name = { 0, 1 } };
	struct image *img = image_new(test);
	struct ckpt_rec_file file = {};

	sample_header(img);
	image_add(img, CKPT_REC_FILE_OUTSIDE, 1, &outside, sizeof(outside), NULL, 0);
	image_add(img, CKPT_REC_FILE, 1, &file, sizeof(file), NULL, 0);
	expect_refused(img, -EINVAL, "a file that was outside has flags");
}

static void object_of_two_sorts(struct kunit *test)
{
	struct image *img = image_new(test);
	struct ckpt_rec_cred cred = {};

	sample_header(img);
	sample_pid(img, 9, 17);
	image_add(img, CKPT_REC_CRED, 9, &cred, sizeof(cred), NULL, 0);
	expect_refused(img, -EINVAL, "object 9 is defined twice");
}

/* -- how many ---------------------------------------------------------------------------- */

static struct ckpt_rec_metadata_end *find_end(struct image *img)
{
	return image_data(image_find(img, CKPT_REC_METADATA_END));
}

static void objects_are_counted(struct kunit *test)
{
	struct image *img = sample_image(test);

	find_end(img)->nr_objects = SAMPLE_FREE;
	expect_refused(img, -EINVAL, "the metadata has objects up to 8, and claims 9");
	find_end(img)->nr_objects = SAMPLE_FREE - 2;
	expect_refused(img, -EINVAL, "the metadata has objects up to 8, and claims 7");
	find_end(img)->nr_objects = 0;
	expect_refused(img, -EINVAL, "and claims 0");
	find_end(img)->nr_objects = SAMPLE_FREE - 1;
	expect_accepted(img);
}

/* Ids are given one after the other: here one is missing. */
static void objects_without_gaps(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_task(img);
	sample_pid(img, SAMPLE_FREE + 1, 17);
	sample_metadata_end(img);
	sample_end(img);
	find_end(img)->nr_objects = SAMPLE_FREE + 1;
	expect_refused(img, -EINVAL, "the metadata has 9 objects, and claims 10");
}

/* What is passed over may define objects too, one each and none above those it names. */
static void objects_passed_over_are_counted(struct kunit *test)
{
	struct image *img = image_new(test);
	u64 word = 1;
	int i;

	sample_header(img);
	sample_objects(img);
	for (i = 0; i < 2; i++)
		image_add(img, TEST_REC_UNKNOWN | CKPT_REC_SKIPPABLE, SAMPLE_FREE + 3 * i,
			  &word, 8, NULL, 0);
	sample_task(img);
	sample_metadata_end(img);
	sample_end(img);
	expect_accepted(img);
	find_end(img)->nr_objects = SAMPLE_FREE + 1;
	expect_accepted(img);
	find_end(img)->nr_objects = SAMPLE_FREE + 3;
	expect_refused(img, -EINVAL, "the metadata has 8 objects, and claims 12");
	find_end(img)->nr_objects = SAMPLE_FREE + 4;
	expect_refused(img, -EINVAL, "the metadata has objects up to 8, and claims 13");
}

static void metadata_bytes_are_checked(struct kunit *test)
{
	struct image *img = sample_image(test);
	struct ckpt_rec_header *header = image_data(image_find(img, CKPT_REC_HEADER));
	struct ckpt_rec *end = image_find(img, CKPT_REC_METADATA_END);

	header->metadata_bytes = (u8 *)end + end->len - img->bytes;
	expect_accepted(img);
	header->metadata_bytes += 8;
	expect_refused(img, -EINVAL, "records are missing from the metadata");
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
	struct ckpt_rec_file file = {};

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
	REF(CKPT_REC_FILE, ckpt_rec_file, cred, SAMPLE_PID),
	REF(CKPT_REC_FILE, ckpt_rec_file, owner, SAMPLE_CRED),
	REF(CKPT_REC_FILE_PATH, ckpt_rec_file_path, cred, SAMPLE_PID),
	REF(CKPT_REC_TASK, ckpt_rec_task, pid, SAMPLE_CRED),
	REF(CKPT_REC_TASK, ckpt_rec_task, pgrp, SAMPLE_EXE),
	REF(CKPT_REC_TASK, ckpt_rec_task, session, SAMPLE_EXE),
	REF(CKPT_REC_TASK, ckpt_rec_task, leader, SAMPLE_PID),
	REF(CKPT_REC_TASK, ckpt_rec_task, parent, SAMPLE_PID),
	REF(CKPT_REC_MM, ckpt_rec_mm, owner, SAMPLE_PID),
	REF(CKPT_REC_MM, ckpt_rec_mm, exe_file, SAMPLE_TASK),
	REF(CKPT_REC_FDTABLE, ckpt_rec_fdtable, owner, SAMPLE_PID),
	REF(CKPT_REC_FS, ckpt_rec_fs, owner, SAMPLE_MM),
	REF(CKPT_REC_FS, ckpt_rec_fs, cwd, SAMPLE_TASK),
	REF(CKPT_REC_FS, ckpt_rec_fs, root, SAMPLE_TASK),
	{ CKPT_REC_FDTABLE, offsetof(struct ckpt_rec_fd, file), true, SAMPLE_CRED },
};

static void wrong_references(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(references); i++) {
		const struct reference *r = &references[i];
		struct image *img = sample_image(test);
		struct ckpt_rec *rec = image_find(img, r->type);
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
	find_end(img)->nr_objects = SAMPLE_FREE + 1;
	sample_end(img);
	expect_accepted(img);
}

static void thread_owns_a_process(struct kunit *test)
{
	struct ckpt_rec_itimers itimers = {};
	struct image *img = with_thread(test);

	image_add(img, CKPT_REC_ITIMERS, SAMPLE_FREE, &itimers, sizeof(itimers), NULL, 0);
	expect_refused(img, -EINVAL, "belongs to no process");
}

/* What it need not share with its process */
static void thread_owns_a_directory(struct kunit *test)
{
	struct ckpt_rec_fs fs = { .owner = SAMPLE_FREE, .cwd = SAMPLE_CWD };
	struct image *img = with_thread(test);

	image_add(img, CKPT_REC_FS, SAMPLE_FREE + 2, &fs, sizeof(fs), NULL, 0);
	sample_metadata_end(img);
	find_end(img)->nr_objects = SAMPLE_FREE + 2;
	sample_end(img);
	expect_accepted(img);
}

static void zombie_has_registers(struct kunit *test)
{
	struct ckpt_rec_task data = {
		.pid = SAMPLE_FREE + 1, .leader = SAMPLE_FREE, .parent = SAMPLE_TASK,
		.state = CKPT_TASK_ZOMBIE, .exit_signal = SIGCHLD, .comm = "zombie",
	};
	struct ckpt_rec_x86_regs regs = {};
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_task(img);
	((struct ckpt_rec_header *)image_data(image_find(img, CKPT_REC_HEADER)))->nr_tasks++;
	sample_pid(img, SAMPLE_FREE + 1, 4322);
	image_add(img, CKPT_REC_TASK, SAMPLE_FREE, &data, sizeof(data), NULL, 0);
	image_add(img, CKPT_REC_X86_REGS, SAMPLE_FREE, &regs, sizeof(regs), NULL, 0);
	expect_refused(img, -EINVAL, "belongs to no living task");
}

static void task_without_a_part(struct kunit *test)
{
	static const struct {
		u32 type;
		const char *words;
	} parts[] = {
		{ CKPT_REC_MM, "has no mm record" },
		{ CKPT_REC_FDTABLE, "has no fdtable record" },
		{ CKPT_REC_FS, "has no fs record" },
		{ CKPT_REC_X86_REGS, "has no x86_regs record" },
		{ CKPT_REC_TASK_CRED, "has no task_cred record" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		struct image *img = sample_image(test);
		struct ckpt_rec *rec = image_find(img, parts[i].type);

		/* What follows it in the sample goes as well, if it needs it. */
		rec->type = TEST_REC_UNKNOWN | CKPT_REC_SKIPPABLE;
		if (parts[i].type == CKPT_REC_MM)
			image_find(img, CKPT_REC_VMA)->type = rec->type;
		expect_refused(img, -EINVAL, parts[i].words);
	}
}

/* A thread shares what its process has, but not its registers. */
static void thread_without_registers(struct kunit *test)
{
	struct image *img = with_thread(test);
	struct ckpt_rec *rec = image_find(img, CKPT_REC_X86_REGS);

	do {
		rec = image_next(img, rec);
	} while (rec && rec->type != CKPT_REC_X86_REGS);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	rec->type = TEST_REC_UNKNOWN | CKPT_REC_SKIPPABLE;
	sample_metadata_end(img);
	find_end(img)->nr_objects = SAMPLE_FREE + 1;
	expect_refused(img, -EINVAL, "has no x86_regs record");
}

static struct kunit_case checkpoint_references_test_cases[] = {
	KUNIT_CASE(every_record_twice),
	KUNIT_CASE(object_described_twice),
	KUNIT_CASE(image_described_twice),
	KUNIT_CASE(part_of_a_task_twice),
	KUNIT_CASE(flags_of_a_file_outside),
	KUNIT_CASE(object_of_two_sorts),
	KUNIT_CASE(objects_are_counted),
	KUNIT_CASE(objects_without_gaps),
	KUNIT_CASE(objects_passed_over_are_counted),
	KUNIT_CASE(metadata_bytes_are_checked),
	KUNIT_CASE(object_zero),
	KUNIT_CASE(object_of_a_record_without),
	KUNIT_CASE(forward_references),
	KUNIT_CASE(wrong_references),
	KUNIT_CASE(thread_is_accepted),
	KUNIT_CASE(thread_owns_a_process),
	KUNIT_CASE(thread_owns_a_directory),
	KUNIT_CASE(zombie_has_registers),
	KUNIT_CASE(task_without_a_part),
	KUNIT_CASE(thread_without_registers),
	{}
};

static struct kunit_suite checkpoint_references_test_suite = {
	.name = "checkpoint_references",
	.test_cases = checkpoint_references_test_cases,
};

kunit_test_suite(checkpoint_references_test_suite);
