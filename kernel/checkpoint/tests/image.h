/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: images for tests, right ones and wrong ones.
 *
 * They are written by code of their own, so that reader and writer are not wrong
 * in the same way.
 */
#ifndef _KERNEL_CHECKPOINT_TESTS_IMAGE_H
#define _KERNEL_CHECKPOINT_TESTS_IMAGE_H

#include <kunit/test.h>
#include "../core.h"

#define IMAGE_ROOM	(128U << 10)

/**
 * struct image - an image in memory, and a file that it is read from or written to
 * @test: the running test
 * @file: the file: no position, as a pipe; bytes are appended to and taken from @bytes
 * @bytes: the image, 8-byte aligned, @room bytes allocated
 * @len: bytes in it
 * @room: bytes that may be written: beyond it a write says -ENOSPC
 * @at: where the next read starts
 * @step: most bytes that one read or write takes, 0 = all
 * @fail_at: with @err: after this many bytes
 * @err: reading and writing fails with this negative errno
 * @nr_records: records added
 * @nr_pages: pages of data added
 * @chunks: for the index, the page chunks added
 * @nr_chunks: how many
 * @index: where the index stands, 0 if there is none
 * @grow: number of a record, counted from 1, whose fixed part is made 8 bytes longer
 * @grown: value of these bytes
 */
struct image {
	struct kunit *test;
	struct file *file;
	u8 *bytes;
	size_t len;
	size_t room;
	size_t at;
	size_t step;
	size_t fail_at;
	int err;
	u64 nr_records;
	u64 nr_pages;
	struct ckpt_rec_chunk chunks[8];
	u32 nr_chunks;
	u64 index;
	u64 grow;
	u64 grown;
};

/* image.c */
struct image *image_new(struct kunit *test);
struct ckpt_rec *image_add(struct image *img, u32 type, u32 object, const void *data,
			   u32 size, const void *array, size_t bytes);
struct ckpt_rec *image_add_pages(struct image *img, u32 mm,
				 const struct ckpt_rec_extent *extents, u32 count);
struct ckpt_rec *image_find(struct image *img, u32 type);
struct ckpt_rec *image_next(struct image *img, struct ckpt_rec *rec);
void image_close_record(struct ckpt_rec *rec);
void image_close(struct image *img);
int image_read(struct image *img, struct checkpoint_error *error);
struct ckpt_ctx *image_open(struct image *img, bool write);

/* The fixed part of a record */
static inline void *image_data(struct ckpt_rec *rec)
{
	return rec + 1;
}

/* -- sample.c: a whole image of one process --------------------------------------- */

/* Its objects */
enum {
	SAMPLE_PID = 1,
	SAMPLE_CRED,
	SAMPLE_EXE,
	SAMPLE_CWD,
	SAMPLE_TASK,
	SAMPLE_MM,
	SAMPLE_FDTABLE,
	SAMPLE_FS,
	SAMPLE_FREE,		/* first unused one */
};

#define SAMPLE_HEAP	0x10000000UL

/*
 * Any part can be left out or followed by something else: header, objects, tasks,
 * end of the metadata, pages, index, end record.
 */
void sample_header(struct image *img);
void sample_pid(struct image *img, u32 object, u32 nr);
void sample_objects(struct image *img);
void sample_task(struct image *img);
void sample_metadata_end(struct image *img);
void sample_pages(struct image *img);
void sample_index(struct image *img);
void sample_end(struct image *img);
struct image *sample_image(struct kunit *test);
void sample_thread(struct image *img, u32 task, u32 pid, u32 nr);

/* Close and read an image: refused with this errno and these words, or accepted */
void expect_refused(struct image *img, int err, const char *words);
void expect_accepted(struct image *img);

/* -- A record of the tests' own ----------------------------------------------------- */

/* Outside every group of the ABI; only kernels with these tests know it. */
#define TEST_REC		0x7fff0001
#define TEST_REC_UNKNOWN	0x7fff0002

/* What kernels of three ages know of it; the middle one is this kernel. */
struct test_number {
	__u32 value;
	__u32 weight;
};

struct test_data {
	__u64 first;
	struct ckpt_rec_array numbers;
	__u64 later;
};

#define TEST_NUMBERS_MAX	8

/* The last one that the reader handed over, and how many */
struct test_seen {
	unsigned int calls;
	struct test_data data;
	u32 count;
	struct test_number numbers[TEST_NUMBERS_MAX];
};

extern struct test_seen test_seen;

#endif /* _KERNEL_CHECKPOINT_TESTS_IMAGE_H */
