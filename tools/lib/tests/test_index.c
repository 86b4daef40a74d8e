// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_index.c - the tail of an image: late records, the index, and page chunks that
 * are found with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "test.h"

static void until_pages(struct writer *writer)
{
	sample_begin(writer);
	sample_metadata(writer);
	write_metadata_end(writer, SAMPLE_LAST);
}

static void write_one(struct writer *writer, __u64 address)
{
	struct ckpt_rec_extent extent = { .address = address, .pages = 1 };

	write_pages(writer, SAMPLE_MM, &extent, 1, SAMPLE_PAGE);
}

static void write_limits(struct writer *writer, __u32 task)
{
	struct ckpt_rec_rlimits limits = { { 0 } };
	struct ckpt_rec_rlimit limit = { 1, 2 };

	write_array(writer, CKPT_REC_RLIMITS, task, &limits, sizeof(limits), &limits.limits,
		    &limit, 1, sizeof(limit));
}

/* The sums do not depend on it, and the index follows. */
static void any_order(void)
{
	struct writer writer;
	int i;

	for (i = 0; i < 2; i++) {
		until_pages(&writer);
		write_one(&writer, SAMPLE_HEAP + (i ? 3 : 1) * SAMPLE_PAGE);
		write_one(&writer, SAMPLE_HEAP + (i ? 1 : 3) * SAMPLE_PAGE);
		write_index(&writer, 0, 2);
		write_end(&writer);
		EXPECT(!verify_writer(&writer, NULL));
	}
}

static void index_in_parts(void)
{
	struct writer writer;

	until_pages(&writer);
	write_one(&writer, SAMPLE_HEAP);
	write_one(&writer, SAMPLE_HEAP + SAMPLE_PAGE);
	write_index(&writer, 0, 1);
	write_index(&writer, 1, 1);
	write_end(&writer);
	EXPECT(!verify_writer(&writer, NULL));
}

static void index_that_lies(void)
{
	struct writer writer;
	int i;

	for (i = 0; i < 4; i++) {
		until_pages(&writer);
		write_one(&writer, SAMPLE_HEAP);
		writer.chunks[0].offset += i == 0 ? 8 : 0;
		writer.chunks[0].address += i == 1 ? SAMPLE_PAGE : 0;
		writer.chunks[0].object += i == 2;
		writer.chunks[0].pages += i == 3;
		write_index(&writer, 0, 1);
		write_end(&writer);
		EXPECT(verify_writer(&writer, "is not the page chunk") == -EINVAL);
	}
}

static void index_of_others(void)
{
	struct writer writer;

	/* one too few */
	until_pages(&writer);
	write_one(&writer, SAMPLE_HEAP);
	write_one(&writer, SAMPLE_HEAP + SAMPLE_PAGE);
	write_index(&writer, 0, 1);
	write_end(&writer);
	EXPECT(verify_writer(&writer, "it has 1 page chunks, there are 2") == -EBADMSG);

	/* one too many */
	until_pages(&writer);
	write_one(&writer, SAMPLE_HEAP);
	write_index(&writer, 0, 1);
	write_index(&writer, 0, 1);
	write_end(&writer);
	EXPECT(verify_writer(&writer, "is not the page chunk") == -EINVAL);

	/* in the wrong place */
	until_pages(&writer);
	write_one(&writer, SAMPLE_HEAP);
	write_index(&writer, 0, 1);
	writer.index += 8;
	write_end(&writer);
	EXPECT(verify_writer(&writer, "wrong place for the index") == -EBADMSG);
	sample_begin(&writer);
	write_index(&writer, 0, 0);
	EXPECT(verify_writer(&writer, "among the metadata") == -EINVAL);
}

static void no_index(void)
{
	struct checkpoint_error error;
	struct ckpt_index index;
	struct writer writer;

	until_pages(&writer);
	write_one(&writer, SAMPLE_HEAP);
	write_end(&writer);
	EXPECT(ckpt_index_load(open_bytes(writer.bytes, writer.len), &index, &error) == -ENOENT);
	EXPECT(!verify_writer(&writer, NULL));
}

static void late_records(void)
{
	struct ckpt_rec_pid pid = { .nrs = { 0 } };
	struct writer writer;
	__u32 nr = 5;

	until_pages(&writer);
	write_one(&writer, SAMPLE_HEAP);
	write_limits(&writer, SAMPLE_TASK);
	write_limits(&writer, SAMPLE_CHILD);
	write_index(&writer, 0, 1);
	write_end(&writer);
	EXPECT(!verify_writer(&writer, NULL));

	/* of another class */
	until_pages(&writer);
	write_limits(&writer, SAMPLE_MM);
	EXPECT(verify_writer(&writer, NULL) == -EINVAL);

	/* a type that cannot come late */
	until_pages(&writer);
	write_limits(&writer, SAMPLE_TASK);
	write_array(&writer, CKPT_REC_PID, 50, &pid, sizeof(pid), &pid.nrs, &nr, 1, sizeof(nr));
	EXPECT(verify_writer(&writer, "does not belong") == -EINVAL);

	/* page chunks are over */
	until_pages(&writer);
	write_limits(&writer, SAMPLE_TASK);
	write_one(&writer, SAMPLE_HEAP);
	EXPECT(verify_writer(&writer, "behind the tail") == -EINVAL);
}

static void end_of_another_size(void)
{
	struct ckpt_rec_end end[2] = { { 0 } };
	struct writer writer;

	until_pages(&writer);
	write_plain(&writer, CKPT_REC_END, 0, end, sizeof(end[0]) + 8);
	EXPECT(verify_writer(&writer, "fixed size") == -EINVAL);
}

static void chunks_at_random(void)
{
	struct checkpoint_error error;
	struct ckpt_chunk chunk;
	struct ckpt_index index;
	struct writer writer;
	int fd;

	until_pages(&writer);
	write_one(&writer, SAMPLE_HEAP);
	sample_pages(&writer);
	write_index(&writer, 0, 2);
	write_end(&writer);
	fd = open_bytes(writer.bytes, writer.len);
	EXPECT(!ckpt_index_load(fd, &index, &error) && index.nr == 2);
	EXPECT(!lseek(fd, 0, SEEK_CUR));
	EXPECT(!ckpt_chunk_read(fd, &index.chunks[1], &chunk, &error));
	EXPECT(chunk.nr_extents == 2 && chunk.bytes == 3 * SAMPLE_PAGE);
	EXPECT(chunk.extents[0].address == SAMPLE_HEAP + 3 * SAMPLE_PAGE);
	EXPECT(!memcmp((char *)chunk.data + 2 * SAMPLE_PAGE, "cccc", 4));
	ckpt_chunk_free(&chunk);

	/* a wrong entry finds no chunk, a damaged chunk is seen */
	index.chunks[0].offset += 8;
	EXPECT(ckpt_chunk_read(fd, &index.chunks[0], &chunk, &error) == -EINVAL);
	index.chunks[0].offset -= 8;
	index.chunks[0].object++;
	EXPECT(ckpt_chunk_read(fd, &index.chunks[0], &chunk, &error) == -EINVAL);
	writer.bytes[index.chunks[1].offset + 2 * SAMPLE_PAGE] ^= 1;
	open_bytes(writer.bytes, writer.len);
	EXPECT(ckpt_chunk_read(fd, &index.chunks[1], &chunk, &error) == -EBADMSG);
	ckpt_index_free(&index);
	writer_free(&writer);
}

/* Whatever is cut off or turned over: an error, and no access out of bounds. */
static void damaged_index(void)
{
	struct checkpoint_error error;
	struct ckpt_index index;
	struct writer writer;
	size_t at, start;
	int fds[2];

	sample_image(&writer);
	start = writer.index;
	for (at = start; at < writer.len; at++) {
		EXPECT(ckpt_index_load(open_bytes(writer.bytes, at), &index, &error) < 0);
		writer.bytes[at] ^= 0x40;
		EXPECT(ckpt_index_load(open_bytes(writer.bytes, writer.len), &index, &error) < 0);
		writer.bytes[at] ^= 0x40;
	}
	EXPECT(!pipe(fds) && ckpt_index_load(fds[0], &index, &error) == -ESPIPE);
	close(fds[0]);
	close(fds[1]);
	writer_free(&writer);
}

const struct test index_tests[] = {
	{ "index.any_order", any_order },
	{ "index.in_parts", index_in_parts },
	{ "index.lies", index_that_lies },
	{ "index.of_others", index_of_others },
	{ "index.none", no_index },
	{ "index.late_records", late_records },
	{ "index.end_size", end_of_another_size },
	{ "index.chunks_at_random", chunks_at_random },
	{ "index.damaged", damaged_index },
	{ NULL, NULL },
};
