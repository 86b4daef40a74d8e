// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - images as bytes: walking the records and making checksums right.
 *
 * Written from the format's description and not from the kernel's code, so that a
 * mistake there is not repeated here.
 */
#include <stddef.h>

#include "subject.h"

static uint32_t crc_table[256];

static void make_table(void)
{
	unsigned int i, bit;

	for (i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
		crc_table[i] = crc;
	}
}

static uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	if (!crc_table[1])
		make_table();
	crc = ~crc;
	while (len--)
		crc = crc >> 8 ^ crc_table[(crc ^ *p++) & 0xff];
	return ~crc;
}

static struct ckpt_rec *record_at(const struct image *image, size_t at)
{
	return (struct ckpt_rec *)(image->data + at);
}

static size_t data_bytes(const struct ckpt_rec *rec)
{
	const struct ckpt_rec_pages *pages = (const void *)(rec + 1);

	return rec->type == CKPT_REC_PAGES ? pages->data_bytes : 0;
}

static int walk(struct image *image)
{
	struct ckpt_rec *rec;
	size_t at = 0;

	image->records = malloc((image->len / sizeof(*rec) + 1) * sizeof(size_t));
	if (!image->records)
		return -ENOMEM;
	while (at + sizeof(*rec) <= image->len) {
		rec = record_at(image, at);
		if (rec->len < sizeof(*rec) || rec->len > image->len - at)
			return -EINVAL;
		image->records[image->nr_records++] = at;
		at += rec->len + data_bytes(rec);
	}
	return at == image->len ? 0 : -EINVAL;
}

int image_load(struct image *image, const char *path)
{
	struct stat st;
	int fd, err;

	memset(image, 0, sizeof(*image));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	image->len = st.st_size;
	image->data = malloc(image->len + 1);
	err = !image->data || read(fd, image->data, image->len) != st.st_size ? -EIO : 0;
	close(fd);
	return err ?: walk(image);
}

void image_free(struct image *image)
{
	free(image->records);
	free(image->data);
}

struct ckpt_rec *image_record(const struct image *image, size_t nr)
{
	return nr < image->nr_records ? record_at(image, image->records[nr]) : NULL;
}

struct ckpt_rec *image_find(const struct image *image, uint32_t type)
{
	size_t i;

	for (i = 0; i < image->nr_records; i++)
		if (image_record(image, i)->type == type)
			return image_record(image, i);
	return NULL;
}

static void seal_record(struct ckpt_rec *rec, size_t room)
{
	if (rec->len < sizeof(*rec) || rec->len > room)
		return;		/* a lie about the length is told without a checksum */
	rec->crc32c = 0;
	rec->crc32c = crc32c(0, rec, rec->len);
}

void image_seal(struct image *image)
{
	uint64_t sum = 0;
	uint32_t all = 0;
	size_t i;

	for (i = 0; i < image->nr_records; i++) {
		size_t at = image->records[i];
		struct ckpt_rec *rec = record_at(image, at);
		struct ckpt_rec_metadata_end *middle = (void *)(rec + 1);
		struct ckpt_rec_end *end = (void *)(rec + 1);

		if (rec->type == CKPT_REC_METADATA_END)
			middle->records_crc32c = all;
		if (i + 1 == image->nr_records && rec->type == CKPT_REC_END)
			end->records_sum = sum;
		seal_record(rec, image->len - at);
		all = crc32c(all, &rec->crc32c, sizeof(rec->crc32c));
		sum += rec->crc32c;
	}
}

int image_store(const struct image *image, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, image->data, image->len);
	close(fd);
	return n == (ssize_t)image->len ? 0 : -EIO;
}

bool image_leave_out(const char *path, uint32_t type)
{
	struct ckpt_rec *rec;
	struct image image;
	bool ok;

	if (image_load(&image, path))
		return false;
	rec = image_find(&image, type);
	if (rec)
		rec->type = CKPT_REC_SKIPPABLE | 0xfff0;
	image_seal(&image);
	ok = rec && !image_store(&image, path);
	image_free(&image);
	return ok;
}
