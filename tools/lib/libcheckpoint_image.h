/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * libcheckpoint_image.h - the part of libcheckpoint that reads images, and checks them as
 * the kernel does.
 *
 * Functions that can fail return a negative errno.  Nothing here prints.
 */
#ifndef _LIBCHECKPOINT_IMAGE_H
#define _LIBCHECKPOINT_IMAGE_H

#include <linux/checkpoint_hdr.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- checksums (crc32c.c) -------------------------------------------------- */

/**
 * ckpt_crc32c - the checksum of images: CRC-32C, continued
 * @crc: of the bytes before, 0 at the start
 * @data: bytes
 * @len: how many
 *
 * Return: the CRC of all bytes so far
 */
__u32 ckpt_crc32c(__u32 crc, const void *data, size_t len);

/* -- what is known about records (records.c) ------------------------------- */

/*
 * The classes of objects have names, which are those of the ABI description: "task",
 * "file".  A record of class "any" belongs to an object of any class.
 */
#define CKPT_CLASS_ANY	"any"

/**
 * struct ckpt_reference - a field that names another object
 * @offset: of the __u32 in the fixed part, or in each array element
 * @object_class: of the object that it names, NULL behind the last reference
 * @element: it is a field of the array elements
 * @optional: 0 names no object
 */
struct ckpt_reference {
	__u32 offset;
	const char *object_class;
	bool element;
	bool optional;
};

/**
 * struct ckpt_record_info - one record type as this library knows it
 * @name: as in the ABI description, "file_path"
 * @type: CKPT_REC_*
 * @size: bytes of the fixed part
 * @array: offset of its struct ckpt_rec_array, valid if @elem is not 0
 * @elem: bytes of one array element, 0 = no array
 * @object_class: of the object in the record header, NULL if it has none
 * @defines: the record defines that object
 * @late: it may stand in the tail, and replaces those of its type and object there
 * @refs: its references, NULL if it has none
 */
struct ckpt_record_info {
	const char *name;
	__u32 type;
	__u32 size;
	__u32 array;
	__u32 elem;
	const char *object_class;
	bool defines;
	bool late;
	const struct ckpt_reference *refs;
};

/**
 * ckpt_record_info - look up a record type
 * @type: CKPT_REC_*
 *
 * Return: what is known about it, NULL if it is unknown
 */
const struct ckpt_record_info *ckpt_record_info(__u32 type);

/* -- reading an image (image.c) --------------------------------------------- */

struct ckpt_image;

/* ckpt_image_open() flags */
#define CKPT_OPEN_LENIENT	(1U << 0) /* give unknown records to the caller */
#define CKPT_OPEN_SKIP_DATA	(1U << 1) /* seek over page data, unverified */

#define CKPT_METADATA_MAX	(256ULL << 20)

/*
 * Memory that ckpt_metadata_load() takes for it at most: a small record needs more than it
 * has bytes in the image.  No image that a kernel wrote comes near that.
 */
#define CKPT_METADATA_MEMORY	(4 * CKPT_METADATA_MAX)

/**
 * struct ckpt_item - a record, checked
 * @info: what is known about its type, NULL if nothing
 * @type: CKPT_REC_*
 * @object: object id, 0 = none
 * @offset: of the record in the image
 * @len: bytes of the whole record
 * @size: bytes of the fixed part in the image
 * @count: array elements
 * @elem: bytes from one element in @array to the next
 * @data: the fixed part, zero-extended or cut to what is known
 * @array: the elements, likewise; NULL if there are none
 * @raw: the record as it stands in the image
 */
struct ckpt_item {
	const struct ckpt_record_info *info;
	__u32 type;
	__u32 object;
	__u64 offset;
	__u64 len;
	__u32 size;
	__u32 count;
	__u32 elem;
	const void *data;
	const void *array;
	const void *raw;
};

/**
 * ckpt_image_open - begin to read an image
 * @fd: file, pipe or socket; stays the caller's
 * @flags: CKPT_OPEN_*
 *
 * Return: the reader, NULL if there is no memory
 */
struct ckpt_image *ckpt_image_open(int fd, unsigned int flags);

/**
 * ckpt_image_close - end reading
 * @image: the reader, may be NULL
 */
void ckpt_image_close(struct ckpt_image *image);

/**
 * ckpt_image_next - read and check the next record
 * @image: the reader
 * @item: out: the record, valid until the next call
 *
 * Page data of the record before that was not fetched is read and checked
 * first.  Nothing behind the end record is read.
 *
 * Return: 1, 0 after the end record, negative errno (see ckpt_image_error())
 */
int ckpt_image_next(struct ckpt_image *image, struct ckpt_item *item);

/**
 * ckpt_image_data - fetch page data of the chunk that was just read
 * @image: the reader
 * @buffer: where to
 * @len: at most so many bytes
 *
 * The checksum is checked with the last byte.
 *
 * Return: bytes fetched, 0 when there are no more, negative errno
 */
ssize_t ckpt_image_data(struct ckpt_image *image, void *buffer, size_t len);

/**
 * ckpt_image_take - keep the memory of the record that was just read
 * @image: the reader
 *
 * Return: the block that item->data, ->array and ->raw point into; the caller
 * frees it with free()
 */
void *ckpt_image_take(struct ckpt_image *image);

/**
 * ckpt_image_header - the image header
 * @image: the reader
 *
 * Return: the header, NULL before the first ckpt_image_next()
 */
const struct ckpt_rec_header *ckpt_image_header(const struct ckpt_image *image);

/**
 * ckpt_image_error - what was wrong
 * @image: the reader
 *
 * Return: the error of the last call that failed
 */
const struct checkpoint_error *ckpt_image_error(const struct ckpt_image *image);

/**
 * ckpt_image_verify - read an image to its end and check all of it
 * @fd: file, pipe or socket, at the start of an image
 * @error: out: what is wrong, if anything
 *
 * Return: 0 or negative errno
 */
int ckpt_image_verify(int fd, struct checkpoint_error *error);

/* -- page chunks at random (index.c) ------------------------------------------ */

/**
 * struct ckpt_index - where the page chunks of an image are
 * @chunks: in the order of the image
 * @nr: how many
 */
struct ckpt_index {
	struct ckpt_rec_chunk *chunks;
	size_t nr;
};

/**
 * ckpt_index_load - read the index of an image without reading the image
 * @fd: a regular file that is an image as a whole; its position is not used
 * @index: out; free it with ckpt_index_free()
 * @error: out: what is wrong, if anything
 *
 * The records of the index are checked, but not whether they tell the truth: what
 * a chunk is, ckpt_chunk_read() sees.
 *
 * Return: 0, -ESPIPE if @fd is no file, -ENOENT if the image has no index, or another
 * negative errno
 */
int ckpt_index_load(int fd, struct ckpt_index *index, struct checkpoint_error *error);

/**
 * ckpt_index_free - free what ckpt_index_load() gave
 * @index: the index
 */
void ckpt_index_free(struct ckpt_index *index);

/**
 * struct ckpt_chunk - a page chunk in memory
 * @extents: where its pages belong, in the order of @data
 * @nr_extents: how many
 * @data: its pages
 * @bytes: of them
 *
 * The rest is the library's.
 */
struct ckpt_chunk {
	const struct ckpt_rec_extent *extents;
	size_t nr_extents;
	void *data;
	size_t bytes;
	void *record;
};

/**
 * ckpt_chunk_read - read one chunk of an index, and check its checksums
 * @fd: the image
 * @chunk: entry of its index
 * @out: the chunk; free it with ckpt_chunk_free()
 * @error: out: what is wrong, if anything
 *
 * Return: 0 or negative errno
 */
int ckpt_chunk_read(int fd, const struct ckpt_rec_chunk *chunk, struct ckpt_chunk *out,
		    struct checkpoint_error *error);

/**
 * ckpt_chunk_free - free what ckpt_chunk_read() gave
 * @chunk: the chunk
 */
void ckpt_chunk_free(struct ckpt_chunk *chunk);

/* -- all metadata in memory (metadata.c) ------------------------------------ */

/**
 * struct ckpt_metadata - the records up to the first page chunk
 * @items: in the order of the image
 * @nr_items: how many
 *
 * The rest is the library's.
 */
struct ckpt_metadata {
	struct ckpt_item *items;
	size_t nr_items;
	void **blocks;
	__u32 *by_object;
	size_t room;
	size_t memory;
};

/**
 * ckpt_metadata_load - read all records up to CKPT_REC_METADATA_END
 * @image: the reader, at its start
 * @metadata: out: the records; free them with ckpt_metadata_free()
 *
 * Return: 0 or negative errno (see ckpt_image_error())
 */
int ckpt_metadata_load(struct ckpt_image *image, struct ckpt_metadata *metadata);

/**
 * ckpt_metadata_free - free what ckpt_metadata_load() gave
 * @metadata: the records
 */
void ckpt_metadata_free(struct ckpt_metadata *metadata);

/**
 * ckpt_metadata_find - find a record of an object
 * @metadata: the records
 * @type: CKPT_REC_*
 * @object: object id
 *
 * Return: the first such record, NULL if there is none
 */
const struct ckpt_item *ckpt_metadata_find(const struct ckpt_metadata *metadata,
					   __u32 type, __u32 object);

/**
 * ckpt_metadata_definition - find the record that defines an object
 * @metadata: the records
 * @object: object id
 *
 * Return: the record, NULL if there is none
 */
const struct ckpt_item *ckpt_metadata_definition(const struct ckpt_metadata *metadata,
						 __u32 object);

/* -- the ABI description (schema.c) ------------------------------------------ */

/**
 * struct ckpt_field - a field in a description
 * @name: its name
 * @type: its type: "u32", "u64[21]", "array:ckpt_fd"
 * @offset: bytes from the start of the fixed part or element
 * @size: bytes
 */
struct ckpt_field {
	char name[64];
	char type[64];
	__u32 offset;
	__u32 size;
};

/**
 * struct ckpt_layout - a record or array element in a description
 * @name: its name
 * @type: CKPT_REC_*, 0 for an element
 * @size: bytes of the fixed part or element
 * @fields: its fields
 * @nr_fields: how many
 */
struct ckpt_layout {
	char name[64];
	__u32 type;
	__u32 size;
	struct ckpt_field *fields;
	size_t nr_fields;
};

/**
 * struct ckpt_schema - a description read from its text
 * @layouts: records and elements
 * @nr_layouts: how many
 */
struct ckpt_schema {
	struct ckpt_layout *layouts;
	size_t nr_layouts;
};

/**
 * ckpt_schema_parse - read the text of an ABI description
 * @text: the text, not NUL terminated
 * @len: its length
 * @schema: out; free it with ckpt_schema_free()
 *
 * Return: 0, -EINVAL if a line is wrong, -ENOMEM
 */
int ckpt_schema_parse(const char *text, size_t len, struct ckpt_schema *schema);

/**
 * ckpt_schema_free - free what ckpt_schema_parse() gave
 * @schema: the description
 */
void ckpt_schema_free(struct ckpt_schema *schema);

/**
 * ckpt_schema_record - find a record type
 * @schema: the description
 * @type: CKPT_REC_*
 *
 * Return: its layout, NULL if it is not described
 */
const struct ckpt_layout *ckpt_schema_record(const struct ckpt_schema *schema, __u32 type);

/**
 * ckpt_schema_struct - find the layout of a struct
 * @schema: the description
 * @name: "ckpt_rec_fd"
 *
 * Return: its layout, NULL if it is not described
 */
const struct ckpt_layout *ckpt_schema_struct(const struct ckpt_schema *schema,
					     const char *name);

/**
 * ckpt_field_element - the type of an array's elements
 * @field: a field
 *
 * Return: "u32", "ckpt_rec_fd"; NULL if the field describes no array
 */
const char *ckpt_field_element(const struct ckpt_field *field);

#ifdef __cplusplus
}
#endif

#endif /* _LIBCHECKPOINT_IMAGE_H */
