/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer.h - write images for tests, right ones and wrong ones.
 */
#ifndef _CKPT_WRITER_H
#define _CKPT_WRITER_H

#include <stddef.h>
#include <linux/checkpoint_hdr.h>

/**
 * struct writer - an image being made in memory
 * @bytes: the image
 * @len: its length
 * @nr_records: so far
 * @nr_pages: so far
 * @records_crc: checksum over the records' checksums so far
 * @records_sum: their sum
 * @chunks: the page chunks so far
 * @nr_chunks: how many
 * @index: where the index stands, 0 if there is none
 */
struct writer {
	unsigned char *bytes;
	size_t len;
	size_t room;
	__u64 nr_records;
	__u64 nr_pages;
	__u32 records_crc;
	__u64 records_sum;
	struct ckpt_rec_chunk *chunks;
	size_t nr_chunks;
	__u64 index;
};

/* Write a record: @size bytes of fixed part, @bytes of array, padded to @align. */
void write_record(struct writer *writer, __u32 type, __u32 object, const void *data,
		  size_t size, const void *array, size_t bytes, size_t align);

/* The same for a fixed part alone. */
void write_plain(struct writer *writer, __u32 type, __u32 object, const void *data,
		 size_t size);

/* The same with @array, a member of @data, filled in for @count @elements. */
void write_array(struct writer *writer, __u32 type, __u32 object, void *data, size_t size,
		 struct ckpt_rec_array *array, const void *elements, __u32 count, __u32 elem);

/* Write a page chunk; each page is filled with its number in the chunk. */
void write_pages(struct writer *writer, __u32 mm, const struct ckpt_rec_extent *extents,
		 __u32 nr_extents, __u32 page);
void write_metadata_end(struct writer *writer, __u32 nr_objects);

/* An index record of @nr chunks from number @first on. */
void write_index(struct writer *writer, size_t first, size_t nr);
void write_end(struct writer *writer);

/* Bytes as they are. */
void write_bytes(struct writer *writer, const void *data, size_t len);
void writer_free(struct writer *writer);

/**
 * writer_fix - make all checksums right again after bytes were changed
 * @bytes: the image
 * @len: its length
 *
 * Walks as far as the record lengths allow.
 */
void writer_fix(unsigned char *bytes, size_t len);

#endif /* _CKPT_WRITER_H */
