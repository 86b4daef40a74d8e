// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_shape.c - lengths of records: size is the version.
 */
#include <errno.h>
#include <string.h>

#include "compiler.h"
#include "test.h"

/* A sample with one more record, a struct ckpt_rec_pid of any size and array. */
static int with_pid(size_t size, __u32 count, __u32 elem, const void *array, size_t bytes,
		    const char *message)
{
	unsigned char data[64] = { 0 };
	struct ckpt_rec_array head = { count, elem };
	struct writer writer;

	memcpy(data, &head, sizeof(head));
	if (size > 64)
		memset(data + 32, 1, 8);	/* a sign for: not zero in the excess */
	sample_begin(&writer);
	sample_metadata(&writer);
	write_record(&writer, CKPT_REC_PID, 100, data, size > 64 ? 64 : size, array, bytes, 8);
	write_metadata_end(&writer, 100);
	sample_pages(&writer);
	write_end(&writer);
	return verify_writer(&writer, message);
}

static void longer_records(void)
{
	__u32 nr = 5;

	EXPECT(!with_pid(8, 1, 4, &nr, 4, NULL));
	EXPECT(!with_pid(16, 1, 4, &nr, 4, NULL));
	EXPECT(!with_pid(64, 1, 4, &nr, 4, NULL));
	EXPECT(with_pid(65, 1, 4, &nr, 4, "newer kernel") == -E2BIG);
}

static void shorter_records(void)
{
	struct ckpt_image *image;
	struct ckpt_item item;
	struct ckpt_rec_task task = { .pid = SAMPLE_CHILD_PID, .leader = 100,
				       .parent = SAMPLE_TASK };
	struct writer writer;
	int ret;

	sample_begin(&writer);
	sample_metadata(&writer);
	/* no personality and no name yet */
	write_record(&writer, CKPT_REC_TASK, 100, &task,
		     offsetof(struct ckpt_rec_task, personality), NULL, 0, 8);
	image = ckpt_image_open(open_bytes(writer.bytes, writer.len), 0);
	while ((ret = ckpt_image_next(image, &item)) > 0 && item.object != 100)
		continue;
	EXPECT(ret == 1 && item.size < sizeof(task));
	EXPECT(!memcmp(item.data, &task, sizeof(task)));
	ckpt_image_close(image);
	writer_free(&writer);
}

static void array_elements_grow(void)
{
	__u64 wide[2] = { 5, 6 };
	__u8 narrow[2] = { 5, 6 };

	EXPECT(!with_pid(8, 2, 8, wide, 16, NULL));
	EXPECT(!with_pid(8, 2, 1, narrow, 2, NULL));
	wide[1] |= 1ULL << 40;
	EXPECT(with_pid(8, 2, 8, wide, 16, "newer kernel") == -E2BIG);
}

static void array_lengths(void)
{
	__u32 nrs[4] = { 1, 2, 3, 4 };

	EXPECT(!with_pid(8, 3, 4, nrs, 12, NULL));
	EXPECT(!with_pid(8, 0, 0, NULL, 0, NULL));
	EXPECT(with_pid(8, 1, 0, nrs, 4, "no element size") == -EINVAL);
	EXPECT(with_pid(8, 5, 4, nrs, 16, "too long") == -EINVAL);
	EXPECT(with_pid(8, 2, 4, nrs, 16, "length is wrong") == -EINVAL);
	EXPECT(with_pid(8, 0xffffffff, 0xffffffff, nrs, 16, "too long") == -EINVAL);
	/* what lies behind the array must be zero */
	EXPECT(with_pid(8, 1, 4, nrs, 8, "padding") == -EINVAL);
}

static void record_lengths(void)
{
	static const struct {
		__u32 size;
		__u64 len;
		int err;
	} wrong[] = {
		{ 8, 0, -EINVAL }, { 8, 24, -EINVAL }, { 8, 33, -EINVAL },
		{ 7, 32, -EINVAL }, { 16, 32, -EINVAL }, { 0xfffffff8, 32, -EINVAL },
		{ 8, 1ULL << 40, -EFBIG }, { 8, ~7ULL, -EFBIG }, { 8, 1 << 20, -EPIPE },
	};
	struct writer writer;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct ckpt_rec record = { .type = CKPT_REC_PID, .object = 100,
					      .size = wrong[i].size, .len = wrong[i].len };

		sample_begin(&writer);
		write_bytes(&writer, &record, sizeof(record));
		write_bytes(&writer, NULL, 4096);
		EXPECT(verify_writer(&writer, NULL) == wrong[i].err);
	}
}

static void known_sizes(void)
{
	/* the smallest, by hand */
	EXPECT(ckpt_record_info(CKPT_REC_PID)->size == 16);
	EXPECT(ckpt_record_info(CKPT_REC_FDTABLE)->elem == 16);
	EXPECT(!ckpt_record_info(0x7777) && !ckpt_record_info(0));
}

static const struct ckpt_reference *reference(__u32 type, size_t offset, bool element)
{
	const struct ckpt_reference *ref;

	for (ref = ckpt_record_info(type)->refs; ref->object_class; ref++) {
		if (ref->offset == offset && ref->element == element)
			return ref;
	}
	return NULL;
}

/* What the header's comments say, in each of their forms */
static void known_objects(void)
{
	const struct ckpt_record_info *pipe = ckpt_record_info(CKPT_REC_PIPE);
	const struct ckpt_record_info *limits = ckpt_record_info(CKPT_REC_RLIMITS);
	const struct ckpt_reference *ref;

	EXPECT(!strcmp(pipe->object_class, "pipe") && pipe->defines && !pipe->late);
	EXPECT(!strcmp(limits->object_class, "task") && !limits->defines && limits->late);
	EXPECT(!strcmp(ckpt_record_info(CKPT_REC_PAGES)->object_class, CKPT_CLASS_ANY));
	EXPECT(!ckpt_record_info(CKPT_REC_END)->object_class);
	EXPECT(!ckpt_record_info(CKPT_REC_END)->refs);

	ref = reference(CKPT_REC_FILE_PIPE, offsetof(struct ckpt_rec_file_pipe, pipe), false);
	EXPECT(ref && !strcmp(ref->object_class, "pipe") && !ref->optional);
	ref = reference(CKPT_REC_FILE_PIPE, offsetof(struct ckpt_rec_file_pipe, cred), false);
	EXPECT(ref && !strcmp(ref->object_class, "cred") && ref->optional);
	ref = reference(CKPT_REC_FDTABLE, offsetof(struct ckpt_rec_fd, file), true);
	EXPECT(ref && !strcmp(ref->object_class, "file") && !ref->optional);
}

const struct test shape_tests[] = {
	{ "shape.longer_records", longer_records },
	{ "shape.shorter_records", shorter_records },
	{ "shape.array_elements_grow", array_elements_grow },
	{ "shape.array_lengths", array_lengths },
	{ "shape.record_lengths", record_lengths },
	{ "shape.known_sizes", known_sizes },
	{ "shape.known_objects", known_objects },
	{ NULL, NULL },
};
