// SPDX-License-Identifier: LGPL-2.1-only
/*
 * index.c - the index of page chunks: compared with the chunks that were read, and
 * used to find them in an image that can be seeked in.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

/* The record of a chunk: extents, and the padding to a page of at most 64 KiB */
#define CHUNK_RECORD_MAX	(1U << 20)

/* -- reading forward ----------------------------------------------------------- */

int index_add_chunk(struct ckpt_image *image, const struct ckpt_item *item, __u64 pages)
{
	const struct ckpt_rec_extent *extents = item->array;
	struct chunk_list *list = &image->chunks;

	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct ckpt_rec_chunk *chunks = realloc(list->chunks, room * sizeof(*chunks));

		if (!chunks)
			return image_fail(image, item, -ENOMEM, "no memory for the list of chunks");
		list->chunks = chunks;
		list->room = room;
	}
	list->chunks[list->nr++] = (struct ckpt_rec_chunk){
		.offset = item->offset, .address = extents[0].address,
		.object = item->object, .pages = pages,
	};
	return 0;
}

int index_check(struct ckpt_image *image, const struct ckpt_item *item)
{
	const struct ckpt_rec_chunk *chunks = item->array;
	struct chunk_list *list = &image->chunks;
	__u32 i;

	if (!list->index)
		list->index = item->offset;
	for (i = 0; i < item->count; i++) {
		if (list->indexed == list->nr ||
		    memcmp(&chunks[i], &list->chunks[list->indexed], sizeof(chunks[i])))
			return image_fail(image, item, -EINVAL,
					  "index: entry %zu is not the page chunk that is there",
					  list->indexed);
		list->indexed++;
	}
	return 0;
}

/* -- seeking ---------------------------------------------------------------------- */

__printf(3, 4)
static int fail(struct checkpoint_error *error, int err, const char *fmt, ...)
{
	va_list args;

	memset(error, 0, sizeof(*error));
	error->err = -err;
	va_start(args, fmt);
	vsnprintf(error->message, sizeof(error->message), fmt, args);
	va_end(args);
	return err;
}

static int read_at(int fd, void *buffer, size_t len, __u64 offset,
		   struct checkpoint_error *error)
{
	char *to = buffer;

	while (len) {
		ssize_t got = pread(fd, to, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(error, -errno, "the image cannot be read: %s",
				    strerror(errno));
		if (!got)
			return fail(error, -EPIPE, "the image is cut off");
		to += got;
		len -= got;
		offset += got;
	}
	return 0;
}

/* A whole record of @type, at most @max bytes; to be freed with free() */
static int record_at(int fd, __u64 offset, __u32 type, __u64 max, struct ckpt_rec **recp,
		     struct checkpoint_error *error)
{
	struct ckpt_rec head, *rec;
	int ret = read_at(fd, &head, sizeof(head), offset, error);

	*recp = NULL;
	if (ret)
		return ret;
	if (head.type != type || head.len > max || head.len < sizeof(head) || head.len % 8 ||
	    head.size % 8 || head.size > head.len - sizeof(head))
		return fail(error, -EINVAL, "no record of type %#x at offset %llu", type,
			    (unsigned long long)offset);
	rec = malloc(head.len);
	if (!rec)
		return fail(error, -ENOMEM, "no memory for a record");
	ret = read_at(fd, rec, head.len, offset, error);
	if (!ret) {
		rec->crc32c = 0;
		if (ckpt_crc32c(0, rec, head.len) != head.crc32c)
			ret = fail(error, -EBADMSG, "the record at offset %llu is damaged",
				   (unsigned long long)offset);
		rec->crc32c = head.crc32c;
	}
	if (ret)
		free(rec);
	else
		*recp = rec;
	return ret;
}

/* The array of @elem bytes that a record has; 0 elements if its lengths make no sense */
static const void *array_of(const struct ckpt_rec *rec, size_t fixed,
			    const struct ckpt_rec_array *array, size_t elem, __u32 *count)
{
	size_t room = rec->len - sizeof(*rec) - rec->size;

	*count = 0;
	if (rec->size < fixed || array->size != elem || array->count > room / elem)
		return NULL;
	*count = array->count;
	return (const char *)(rec + 1) + rec->size;
}

static int add_chunks(struct ckpt_index *index, const struct ckpt_rec *rec,
		      struct checkpoint_error *error)
{
	const struct ckpt_rec_index *data = (const void *)(rec + 1);
	struct ckpt_rec_chunk *chunks;
	const void *array;
	__u32 count;

	array = array_of(rec, sizeof(*data), &data->chunks, sizeof(*chunks), &count);
	if (!count)
		return fail(error, -EINVAL, "the index makes no sense");
	chunks = realloc(index->chunks, (index->nr + count) * sizeof(*chunks));
	if (!chunks)
		return fail(error, -ENOMEM, "no memory for the index");
	memcpy(chunks + index->nr, array, count * sizeof(*chunks));
	index->chunks = chunks;
	index->nr += count;
	return 0;
}

int ckpt_index_load(int fd, struct ckpt_index *index, struct checkpoint_error *error)
{
	const struct ckpt_rec_end *end;
	struct ckpt_rec *rec;
	struct stat st;
	__u64 at, last;
	int ret;

	memset(index, 0, sizeof(*index));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < CKPT_END_BYTES)
		return fail(error, -ESPIPE, "only an image in a regular file has an index to be used");
	last = st.st_size - CKPT_END_BYTES;
	ret = record_at(fd, last, CKPT_REC_END, CKPT_END_BYTES, &rec, error);
	if (ret)
		return ret;
	end = (const void *)(rec + 1);
	at = end->index;
	ret = rec->size != sizeof(*end) || end->bytes != last || at > last;
	free(rec);
	if (ret)
		return fail(error, -EINVAL, "the end record makes no sense");
	if (!at)
		return fail(error, -ENOENT, "the image has no index");
	while (!ret && at < last) {
		ret = record_at(fd, at, CKPT_REC_INDEX, last - at, &rec, error);
		if (!ret) {
			at += rec->len;
			ret = add_chunks(index, rec, error);
		}
		free(rec);
	}
	if (ret)
		ckpt_index_free(index);
	return ret;
}

void ckpt_index_free(struct ckpt_index *index)
{
	free(index->chunks);
	memset(index, 0, sizeof(*index));
}

static int read_data(int fd, const struct ckpt_rec_chunk *chunk, const struct ckpt_rec *rec,
		     struct ckpt_chunk *out, struct checkpoint_error *error)
{
	const struct ckpt_rec_pages *pages = (const void *)(rec + 1);
	__u32 count;

	out->extents = array_of(rec, sizeof(*pages), &pages->extents, sizeof(*out->extents),
				&count);
	out->nr_extents = count;
	if (!count || rec->object != chunk->object || pages->data_bytes > CKPT_CHUNK_BYTES)
		return fail(error, -EINVAL, "the page chunk at offset %llu makes no sense",
			    (unsigned long long)chunk->offset);
	out->bytes = pages->data_bytes;
	out->data = malloc(out->bytes + 1);
	if (!out->data)
		return fail(error, -ENOMEM, "no memory for a page chunk");
	if (read_at(fd, out->data, out->bytes, chunk->offset + rec->len, error))
		return -error->err;
	if (xxh64(out->data, out->bytes) != pages->data_xxh64)
		return fail(error, -EBADMSG, "page data: its checksum is wrong, the image is damaged");
	return 0;
}

int ckpt_chunk_read(int fd, const struct ckpt_rec_chunk *chunk, struct ckpt_chunk *out,
		    struct checkpoint_error *error)
{
	struct ckpt_rec *rec;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = record_at(fd, chunk->offset, CKPT_REC_PAGES, CHUNK_RECORD_MAX, &rec, error);
	if (ret)
		return ret;
	out->record = rec;
	ret = read_data(fd, chunk, rec, out, error);
	if (ret)
		ckpt_chunk_free(out);
	return ret;
}

void ckpt_chunk_free(struct ckpt_chunk *chunk)
{
	free(chunk->record);
	free(chunk->data);
	memset(chunk, 0, sizeof(*chunk));
}
