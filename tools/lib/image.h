/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * image.h - what the parts of the image reader share.
 *
 * image.c	the descriptor, the frame, the order of records
 * shape.c	one record's lengths, array, padding, zero-extension
 * objects.c	object definitions and references
 * frame.c	header, metadata end and end record
 * index.c	the index of page chunks
 * pages.c	areas and page chunks
 */
#ifndef _CKPT_IMAGE_H
#define _CKPT_IMAGE_H

#include "compiler.h"
#include "libcheckpoint_image.h"
#include "xxh64.h"

/* One defined object. */
struct object {
	__u32 id;		/* 0 = free slot */
	bool leader;		/* a task that leads its thread group */
	const char *class;
};

/* An open-addressing hash table by id. */
struct object_table {
	struct object *slots;
	size_t nr_slots;	/* power of two, or 0 */
	size_t used;
	__u32 highest;
};

/* One area, to check page chunks against. */
struct area {
	__u32 mm;
	__u64 start;
	__u64 end;
};

struct area_list {
	struct area *areas;
	size_t nr;
	size_t room;
};

/* The page chunks so far, and how many of them the index has named. */
struct chunk_list {
	struct ckpt_rec_chunk *chunks;
	size_t nr;
	size_t room;
	size_t indexed;
	__u64 index;		/* offset of the first index record, 0 = none */
};

enum image_state {
	STATE_START,
	STATE_METADATA,
	STATE_PAGES,
	STATE_TAIL,
	STATE_ENDED,
	STATE_FAILED,
};

struct ckpt_image {
	int fd;
	unsigned int flags;
	enum image_state state;
	__u64 bytes;		/* read so far */
	__u64 metadata_bytes;	/* with zero-extension */
	__u64 nr_records;
	__u64 nr_pages;
	__u32 nr_tasks;
	__u32 root;		/* pid object of the task without a parent */
	__u32 records_crc;	/* over their checksums, in their order */
	__u64 records_sum;	/* of them */
	struct ckpt_rec_header header;

	void *block;		/* the current record */
	size_t block_size;

	__u64 data_left;	/* of the current chunk */
	struct xxh64 data_sum;
	__u64 data_sum_wanted;

	struct object_table objects;
	struct area_list areas;
	struct chunk_list chunks;
	struct checkpoint_error error;
};

/**
 * image_fail - remember what is wrong
 * @image: the reader
 * @item: the record concerned, NULL for the frame
 * @err: negative errno
 * @fmt: one sentence without a full stop
 *
 * Return: @err
 */
__printf(4, 5)
int image_fail(struct ckpt_image *image, const struct ckpt_item *item, int err,
	       const char *fmt, ...);

/* Read exactly @len bytes.  Return: 0 or negative errno (reported) */
int image_read(struct ckpt_image *image, void *buffer, size_t len);

/* Make room for @len bytes in image->block.  Return: 0 or -ENOMEM (reported) */
int image_grow(struct ckpt_image *image, size_t len);

/* shape.c: fill in @item from the record in image->block. */
int image_parse(struct ckpt_image *image, struct ckpt_item *item);

/* objects.c */
int objects_check(struct ckpt_image *image, const struct ckpt_item *item);
const struct object *objects_find(const struct object_table *objects, __u32 id);
void objects_free(struct object_table *objects);

/* frame.c */
int frame_check_header(struct ckpt_image *image, const struct ckpt_item *item);
int frame_check_metadata_end(struct ckpt_image *image, const struct ckpt_item *item);
int frame_check_end(struct ckpt_image *image, const struct ckpt_item *item);

/* index.c */
int index_add_chunk(struct ckpt_image *image, const struct ckpt_item *item, __u64 pages);
int index_check(struct ckpt_image *image, const struct ckpt_item *item);

/* pages.c */
int pages_add_area(struct ckpt_image *image, const struct ckpt_item *item);
int pages_sort_areas(struct ckpt_image *image);
int pages_check(struct ckpt_image *image, const struct ckpt_item *item);

#endif /* _CKPT_IMAGE_H */
