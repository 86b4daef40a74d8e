// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_frame.c - header, metadata end, end record, and the order of records.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static void sample_is_good(void)
{
	struct writer writer;

	sample_image(&writer);
	EXPECT(!verify_writer(&writer, NULL));
}

static void image_through_a_pipe(void)
{
	struct checkpoint_error error;
	struct writer writer;
	int fds[2];

	sample_image(&writer);
	EXPECT(writer.len < 65536 && !pipe(fds));
	EXPECT(write(fds[1], writer.bytes, writer.len) == (ssize_t)writer.len);
	/* what follows belongs to somebody else and is not read */
	EXPECT(write(fds[1], "next", 4) == 4);
	close(fds[1]);
	EXPECT(!ckpt_image_verify(fds[0], &error));
	EXPECT(read(fds[0], writer.bytes, 100) == 4);
	close(fds[0]);
	writer_free(&writer);
}

static void no_image(void)
{
	struct checkpoint_error error;
	unsigned char bytes[4096];

	EXPECT(verify_bytes("", 0, &error) == -EPIPE);
	memset(bytes, 'x', sizeof(bytes));
	EXPECT(verify_bytes(bytes, sizeof(bytes), &error) == -EINVAL);
	EXPECT(strstr(error.message, "not a checkpoint image"));
	memset(bytes, 0, sizeof(bytes));
	EXPECT(verify_bytes(bytes, sizeof(bytes), &error) == -EINVAL);
	bytes[3] = 1;	/* a header of the other byte order */
	EXPECT(verify_bytes(bytes, sizeof(bytes), &error) == -EINVAL);
	EXPECT(strstr(error.message, "byte order"));
}

/* Change one 4-byte field of the header, whose fixed part starts at 24. */
static int with_header(size_t offset, __u32 value, const char *message)
{
	struct writer writer;

	sample_image(&writer);
	memcpy(writer.bytes + sizeof(struct ckpt_rec) + offset, &value, sizeof(value));
	writer_fix(writer.bytes, writer.len);
	return verify_writer(&writer, message);
}

static void header_fields(void)
{
	EXPECT(with_header(offsetof(struct ckpt_rec_header, magic), 1, "not a checkpoint image") ==
	       -EINVAL);
	EXPECT(with_header(offsetof(struct ckpt_rec_header, magic) + 4, CKPT_MAGIC_UNRELEASED >> 32,
			   "an unreleased version") == -EOPNOTSUPP);
	EXPECT(with_header(offsetof(struct ckpt_rec_header, page_size), 4095, "pages of") ==
	       -EINVAL);
	EXPECT(with_header(offsetof(struct ckpt_rec_header, crid), 0, "checkpoint id") == -EINVAL);
	EXPECT(with_header(offsetof(struct ckpt_rec_header, flags), 0x80, "flags") == -EOPNOTSUPP);
	EXPECT(with_header(offsetof(struct ckpt_rec_header, nr_tasks), 4, "4 tasks") == -EINVAL);
	EXPECT(with_header(offsetof(struct ckpt_rec_header, root), SAMPLE_CHILD_PID, "root") ==
	       -EINVAL);
	EXPECT(with_header(offsetof(struct ckpt_rec_header, metadata_bytes), 8, "bytes of metadata")
	       == -EINVAL);
}

static void metadata_end_totals(void)
{
	struct writer writer;

	sample_begin(&writer);
	sample_metadata(&writer);
	writer.nr_records++;
	write_metadata_end(&writer, SAMPLE_LAST - 1);
	EXPECT(verify_writer(&writer, "counts") == -EINVAL);

	sample_begin(&writer);
	sample_metadata(&writer);
	write_metadata_end(&writer, SAMPLE_LAST - 2);
	EXPECT(verify_writer(&writer, "objects") == -EINVAL);
}

static void end_totals(void)
{
	struct writer writer;
	int i;

	for (i = 0; i < 3; i++) {
		sample_begin(&writer);
		sample_metadata(&writer);
		write_metadata_end(&writer, SAMPLE_LAST);
		sample_pages(&writer);
		writer.nr_records += i == 0;
		writer.nr_pages += i == 1;
		writer.records_sum += i == 2;
		write_end(&writer);
		EXPECT(verify_writer(&writer, "end record") == -EBADMSG);
	}
}

static void order(void)
{
	struct ckpt_rec_pid pid = { .nrs = { 0 } };
	struct writer writer;
	__u32 nr = 5;

	/* a second header */
	sample_begin(&writer);
	memset(&writer.nr_records, 0, sizeof(writer.nr_records));
	write_bytes(&writer, writer.bytes, ((struct ckpt_rec *)writer.bytes)->len);
	EXPECT(verify_writer(&writer, "does not belong") == -EINVAL);

	/* pages before the metadata end */
	sample_begin(&writer);
	sample_metadata(&writer);
	sample_pages(&writer);
	EXPECT(verify_writer(&writer, "does not belong") == -EINVAL);

	/* metadata behind it */
	sample_begin(&writer);
	sample_metadata(&writer);
	write_metadata_end(&writer, 100);
	write_array(&writer, CKPT_REC_PID, 50, &pid, sizeof(pid), &pid.nrs, &nr, 1, sizeof(nr));
	EXPECT(verify_writer(&writer, "does not belong") == -EINVAL);

	/* an end without metadata end */
	sample_begin(&writer);
	sample_metadata(&writer);
	write_end(&writer);
	EXPECT(verify_writer(&writer, "does not belong") == -EINVAL);
}

static void unknown_records(void)
{
	struct ckpt_rec_pid pid = { .nrs = { 0 } };
	struct writer writer;

	/* may be skipped, anywhere behind the header */
	sample_begin(&writer);
	write_plain(&writer, 0x7777 | CKPT_REC_SKIPPABLE, 0, &pid, sizeof(pid));
	sample_metadata(&writer);
	write_metadata_end(&writer, SAMPLE_LAST);
	write_plain(&writer, 0x7778 | CKPT_REC_SKIPPABLE, 9999, &pid, sizeof(pid));
	sample_pages(&writer);
	write_end(&writer);
	EXPECT(!verify_writer(&writer, NULL));

	/* may not */
	sample_begin(&writer);
	write_plain(&writer, 0x7777, 0, &pid, sizeof(pid));
	EXPECT(verify_writer(&writer, "newer kernel") == -EOPNOTSUPP);
}

static void lenient_reader_passes_unknown_records(void)
{
	struct ckpt_rec_pid pid = { .nrs = { 0 } };
	struct ckpt_image *image;
	struct ckpt_item item;
	struct writer writer;
	bool seen = false;

	sample_begin(&writer);
	write_plain(&writer, 0x7777, 0, &pid, sizeof(pid));
	sample_metadata(&writer);
	write_metadata_end(&writer, SAMPLE_LAST);
	write_end(&writer);
	image = ckpt_image_open(open_bytes(writer.bytes, writer.len), CKPT_OPEN_LENIENT);
	while (ckpt_image_next(image, &item) > 0)
		seen |= item.type == 0x7777 && !item.info;
	EXPECT(seen && !ckpt_image_error(image)->err);
	EXPECT(!ckpt_image_next(image, &item));
	ckpt_image_close(image);
	writer_free(&writer);
}

static void metadata_is_found(void)
{
	struct ckpt_metadata metadata;
	const struct ckpt_item *item;
	struct ckpt_image *image;
	struct writer writer;

	sample_image(&writer);
	image = ckpt_image_open(open_bytes(writer.bytes, writer.len), 0);
	EXPECT(!ckpt_image_header(image) && !ckpt_metadata_load(image, &metadata));
	EXPECT(ckpt_image_header(image)->crid == 7);
	item = ckpt_metadata_find(&metadata, CKPT_REC_PID, SAMPLE_CHILD_PID);
	EXPECT(item && item->count == 1 && *(const __u32 *)item->array == 1236);
	item = ckpt_metadata_definition(&metadata, SAMPLE_FILE);
	EXPECT(item && item->type == CKPT_REC_FILE_PATH);
	/* the first of several */
	item = ckpt_metadata_find(&metadata, CKPT_REC_VMA, SAMPLE_MM);
	EXPECT(item && ((const struct ckpt_rec_vma *)item->data)->start == SAMPLE_TEXT);
	EXPECT(!ckpt_metadata_find(&metadata, CKPT_REC_VMA, 999));
	EXPECT(!ckpt_metadata_definition(&metadata, 0));
	ckpt_metadata_free(&metadata);
	ckpt_image_close(image);
	writer_free(&writer);
}

const struct test frame_tests[] = {
	{ "frame.sample_is_good", sample_is_good },
	{ "frame.image_through_a_pipe", image_through_a_pipe },
	{ "frame.no_image", no_image },
	{ "frame.header_fields", header_fields },
	{ "frame.metadata_end_totals", metadata_end_totals },
	{ "frame.end_totals", end_totals },
	{ "frame.order", order },
	{ "frame.unknown_records", unknown_records },
	{ "frame.lenient_reader", lenient_reader_passes_unknown_records },
	{ "frame.metadata_is_found", metadata_is_found },
	{ NULL, NULL },
};
