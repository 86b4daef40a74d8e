// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_damage.c - images cut off and damaged at every byte, without and with
 * right checksums.  With them the reader must only survive: some changes make
 * another right image.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void cut_at_every_byte(void)
{
	struct checkpoint_error error;
	struct writer writer;
	size_t len;

	sample_image(&writer);
	for (len = 0; len < writer.len; len++) {
		EXPECT(verify_bytes(writer.bytes, len, &error) == -EPIPE);
		EXPECT(error.err == EPIPE && error.message[0]);
	}
	writer_free(&writer);
}

static void every_byte_flipped(void)
{
	struct checkpoint_error error;
	struct writer writer;
	size_t at;

	sample_image(&writer);
	for (at = 0; at < writer.len; at++) {
		writer.bytes[at] ^= 1 << at % 8;
		EXPECT(verify_bytes(writer.bytes, writer.len, &error) < 0);
		EXPECT(error.message[0]);
		writer.bytes[at] ^= 1 << at % 8;
	}
	EXPECT(!verify_writer(&writer, NULL));
}

/* Read all metadata as the tools do, and use the index. */
static void load(const unsigned char *bytes, size_t len)
{
	struct ckpt_metadata metadata;
	struct ckpt_image *image;
	struct ckpt_item item;
	size_t i;

	image = ckpt_image_open(open_bytes(bytes, len),
				CKPT_OPEN_LENIENT | CKPT_OPEN_SKIP_DATA);
	if (!ckpt_metadata_load(image, &metadata)) {
		for (i = 0; i < metadata.nr_items; i++)
			ckpt_metadata_definition(&metadata, metadata.items[i].object);
		ckpt_metadata_free(&metadata);
		while (ckpt_image_next(image, &item) > 0)
			continue;
	}
	ckpt_image_close(image);
}

static void mutate(const struct writer *writer, unsigned char *copy, size_t at,
		   unsigned char value)
{
	struct checkpoint_error error;
	int ret;

	memcpy(copy, writer->bytes, writer->len);
	copy[at] = value;
	writer_fix(copy, writer->len);
	ret = verify_bytes(copy, writer->len, &error);
	EXPECT(!ret || (ret < 0 && error.err == -ret && error.message[0]));
	load(copy, writer->len);
}

/* Up to the page data, whose bytes mean nothing to the reader. */
static void every_byte_changed_with_right_checksums(void)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	unsigned char *copy;
	struct writer writer;
	size_t at, end;

	sample_image(&writer);
	copy = malloc(writer.len);
	EXPECT(copy);
	end = writer.len - 3 * SAMPLE_PAGE - 72;
	for (at = 0; at < end; at++)
		mutate(&writer, copy, at, values[at % sizeof(values)]);
	for (at = writer.len - 72; at < writer.len; at++)
		mutate(&writer, copy, at, values[at % sizeof(values)]);
	free(copy);
	writer_free(&writer);
}

static void random_changes_with_right_checksums(void)
{
	unsigned long long seed = 42;
	unsigned char *copy;
	struct writer writer;
	size_t end;
	int i;

	sample_image(&writer);
	copy = malloc(writer.len);
	EXPECT(copy);
	end = writer.len - 3 * SAMPLE_PAGE - 72;
	for (i = 0; i < 5000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		mutate(&writer, copy, (seed >> 16) % end, seed >> 56);
	}
	free(copy);
	writer_free(&writer);
}

const struct test damage_tests[] = {
	{ "damage.cut_at_every_byte", cut_at_every_byte },
	{ "damage.every_byte_flipped", every_byte_flipped },
	{ "damage.every_byte_changed", every_byte_changed_with_right_checksums },
	{ "damage.random_changes", random_changes_with_right_checksums },
	{ NULL, NULL },
};
