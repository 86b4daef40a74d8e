// SPDX-License-Identifier: GPL-2.0-only
/*
 * writer.c - write images for tests.
 */
#include <stdlib.h>
#include <string.h>

#include "libcheckpoint_image.h"
#include "writer.h"
#include "xxh64.h"

void write_bytes(struct writer *writer, const void *data, size_t len)
{
	if (writer->len + len > writer->room) {
		writer->room = (writer->len + len) * 2;
		writer->bytes = realloc(writer->bytes, writer->room);
		if (!writer->bytes)
			abort();
	}
	if (data)
		memcpy(writer->bytes + writer->len, data, len);
	else
		memset(writer->bytes + writer->len, 0, len);
	writer->len += len;
}

void writer_free(struct writer *writer)
{
	free(writer->bytes);
	free(writer->chunks);
	memset(writer, 0, sizeof(*writer));
}

void write_record(struct writer *writer, __u32 type, __u32 object, const void *data,
		  size_t size, const void *array, size_t bytes, size_t align)
{
	size_t start = writer->len;
	size_t end = start + sizeof(struct ckpt_rec) + size + bytes;
	struct ckpt_rec record = { .type = type, .size = size, .object = object };
	__u32 crc;

	end = (end + align - 1) / align * align;
	record.len = end - start;
	write_bytes(writer, &record, sizeof(record));
	write_bytes(writer, data, size);
	if (bytes)
		write_bytes(writer, array, bytes);
	write_bytes(writer, NULL, end - writer->len);

	crc = ckpt_crc32c(0, writer->bytes + start, end - start);
	memcpy(writer->bytes + start + offsetof(struct ckpt_rec, crc32c), &crc, sizeof(crc));
	writer->records_crc = ckpt_crc32c(writer->records_crc, &crc, sizeof(crc));
	writer->records_sum += crc;
	writer->nr_records++;
}

void write_plain(struct writer *writer, __u32 type, __u32 object, const void *data,
		 size_t size)
{
	write_record(writer, type, object, data, size, NULL, 0, 8);
}

void write_array(struct writer *writer, __u32 type, __u32 object, void *data, size_t size,
		 struct ckpt_rec_array *array, const void *elements, __u32 count, __u32 elem)
{
	array->count = count;
	array->size = elem;
	write_record(writer, type, object, data, size, elements, (size_t)count * elem, 8);
}

void write_pages(struct writer *writer, __u32 mm, const struct ckpt_rec_extent *extents,
		 __u32 nr_extents, __u32 page)
{
	struct ckpt_rec_pages pages = { .extents = { nr_extents, sizeof(*extents) } };
	unsigned char *data;
	__u64 i, nr = 0;

	for (i = 0; i < nr_extents; i++)
		nr += extents[i].pages;
	data = malloc(nr * page + 1);
	if (!data)
		abort();
	for (i = 0; i < nr; i++)
		memset(data + i * page, 'a' + i % 26, page);
	pages.data_bytes = nr * page;
	pages.data_xxh64 = xxh64(data, nr * page);
	writer->chunks = realloc(writer->chunks, (writer->nr_chunks + 1) * sizeof(*writer->chunks));
	if (!writer->chunks)
		abort();
	writer->chunks[writer->nr_chunks++] = (struct ckpt_rec_chunk){
		.offset = writer->len, .address = nr_extents ? extents[0].address : 0,
		.object = mm, .pages = nr,
	};
	write_record(writer, CKPT_REC_PAGES, mm, &pages, sizeof(pages), extents,
		     nr_extents * sizeof(*extents), page);
	write_bytes(writer, data, nr * page);
	writer->nr_pages += nr;
	free(data);
}

void write_metadata_end(struct writer *writer, __u32 nr_objects)
{
	struct ckpt_rec_metadata_end end = {
		.nr_records = writer->nr_records, .nr_objects = nr_objects,
		.records_crc32c = writer->records_crc,
	};

	write_plain(writer, CKPT_REC_METADATA_END, 0, &end, sizeof(end));
}

void write_index(struct writer *writer, size_t first, size_t nr)
{
	struct ckpt_rec_index index = { { 0 } };

	if (!writer->index)
		writer->index = writer->len;
	write_array(writer, CKPT_REC_INDEX, 0, &index, sizeof(index), &index.chunks,
		    writer->chunks + first, nr, sizeof(*writer->chunks));
}

void write_end(struct writer *writer)
{
	struct ckpt_rec_end end = {
		.nr_records = writer->nr_records, .bytes = writer->len,
		.nr_pages = writer->nr_pages, .index = writer->index,
		.records_sum = writer->records_sum,
	};

	write_plain(writer, CKPT_REC_END, 0, &end, sizeof(end));
}

/* Bytes of page data behind a record, as far as they are there. */
static size_t fix_data(unsigned char *bytes, size_t len, const struct ckpt_rec *record,
		       size_t at)
{
	struct ckpt_rec_pages pages;

	if (record->type != CKPT_REC_PAGES ||
	    record->len < sizeof(*record) + sizeof(pages))
		return 0;
	memcpy(&pages, bytes + at + sizeof(*record), sizeof(pages));
	if (pages.data_bytes > len - at - record->len)
		return 0;
	pages.data_xxh64 = xxh64(bytes + at + record->len, pages.data_bytes);
	memcpy(bytes + at + sizeof(*record), &pages, sizeof(pages));
	return pages.data_bytes;
}

static void fix_ends(unsigned char *bytes, const struct ckpt_rec *record, size_t at,
		     __u32 records_crc, __u64 records_sum)
{
	struct ckpt_rec_metadata_end middle;
	struct ckpt_rec_end end;
	unsigned char *data = bytes + at + sizeof(*record);

	if (record->type == CKPT_REC_METADATA_END &&
	    record->len >= sizeof(*record) + sizeof(middle)) {
		memcpy(&middle, data, sizeof(middle));
		middle.records_crc32c = records_crc;
		memcpy(data, &middle, sizeof(middle));
	}
	if (record->type == CKPT_REC_END && record->len >= sizeof(*record) + sizeof(end)) {
		memcpy(&end, data, sizeof(end));
		end.records_sum = records_sum;
		memcpy(data, &end, sizeof(end));
	}
}

void writer_fix(unsigned char *bytes, size_t len)
{
	struct ckpt_rec record;
	__u32 records_crc = 0;
	__u64 records_sum = 0;
	size_t at = 0, data;

	while (len - at >= sizeof(record)) {
		memcpy(&record, bytes + at, sizeof(record));
		if (record.len < sizeof(record) || record.len > len - at)
			return;
		data = fix_data(bytes, len, &record, at);
		fix_ends(bytes, &record, at, records_crc, records_sum);
		record.crc32c = 0;
		memcpy(bytes + at, &record, sizeof(record));
		record.crc32c = ckpt_crc32c(0, bytes + at, record.len);
		memcpy(bytes + at, &record, sizeof(record));
		records_crc = ckpt_crc32c(records_crc, &record.crc32c, sizeof(__u32));
		records_sum += record.crc32c;
		at += record.len + data;
	}
}
