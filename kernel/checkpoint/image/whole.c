// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: an image on a tmpfs of huge pages is written in whole ones.
 *
 * A write that ends inside a new huge page makes the file system zero the rest of it, which
 * the next write fills: half of an image would be written twice.  So what ends inside one is
 * kept back, with references to its pages, and written together with what comes behind it.
 */
#include <linux/align.h>
#include <linux/bvec.h>
#include <linux/huge_mm.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "../core.h"
#include "stream.h"

/* Pages of a huge one, and some that records do not fill */
#define KEPT_MAX	(HPAGE_PMD_NR + 32)
#define RECORDS_MAX	(STREAM_BUFFER / PAGE_SIZE)
#define DATA_MAX	(CKPT_CHUNK_BYTES / PAGE_SIZE)

/**
 * struct ckpt_kept - what is kept back
 * @nr: pieces, each of one page, with a reference
 * @bytes: of them together
 * @ours: pieces of @all with a reference of ours
 * @pieces: what is kept back
 * @all: to put together what is written at once
 */
struct ckpt_kept {
	unsigned int nr;
	size_t bytes;
	unsigned int ours;
	struct bio_vec pieces[KEPT_MAX];
	struct bio_vec all[KEPT_MAX + RECORDS_MAX + DATA_MAX];
};

static bool has_huge_pages(struct file *file)
{
	return shmem_file(file) && mapping_large_folio_support(file->f_mapping);
}

static void put_pieces(const struct bio_vec *pieces, unsigned int nr)
{
	while (nr--)
		put_page(pieces[nr].bv_page);
}

/**
 * ckpt_keeps_back - is an image written in whole huge pages?
 * @s: the image
 * @len: bytes of page data that are to be written
 *
 * Context: may sleep.
 * Return: true if so, and ckpt_gather() says what to write of them
 */
bool ckpt_keeps_back(struct ckpt_stream *s, size_t len)
{
	if (!s->kept && len >= HPAGE_PMD_SIZE / 2 && has_huge_pages(s->file))
		s->kept = kvzalloc(sizeof(*s->kept), GFP_KERNEL_ACCOUNT);
	return s->kept;
}

/* Return: how many pieces have been taken over into ->all, or -ENOMEM and there are none */
static int take_records(struct ckpt_stream *s)
{
	struct ckpt_kept *k = s->kept;
	unsigned int at, nr = k->nr;

	memcpy(k->all, k->pieces, nr * sizeof(*k->all));
	for (at = 0; at < s->fill; at += PAGE_SIZE) {
		size_t part = min_t(size_t, s->fill - at, PAGE_SIZE);
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

		if (!page) {
			put_pieces(k->all, nr);
			return -ENOMEM;
		}
		memcpy(page_address(page), s->buffer + at, part);
		bvec_set_page(&k->all[nr++], page, part, 0);
	}
	return nr;
}

/* The last @bytes of what is in ->all are kept.  Return: false if they are in too many pages */
static bool keep_back(struct ckpt_kept *k, unsigned int nr, size_t bytes)
{
	unsigned int at = KEPT_MAX;

	k->bytes = bytes;
	while (bytes) {
		const struct bio_vec *bvec = &k->all[--nr];
		size_t end = bvec->bv_offset + bvec->bv_len;

		/* From its end, page by page */
		while (bytes && end > bvec->bv_offset) {
			size_t from = max_t(size_t, ALIGN_DOWN(end - 1, PAGE_SIZE),
					    bvec->bv_offset);
			size_t part = min(end - from, bytes);

			if (!at)
				break;
			end -= part;
			bytes -= part;
			bvec_set_page(&k->pieces[--at], bvec->bv_page + (end >> PAGE_SHIFT), part,
				      offset_in_page(end));
		}
		if (bytes && !at)
			return false;
	}
	k->nr = KEPT_MAX - at;
	memmove(k->pieces, k->pieces + at, k->nr * sizeof(*k->pieces));
	for (at = 0; at < k->nr; at++)
		get_page(k->pieces[at].bv_page);
	return true;
}

/**
 * ckpt_gather - what is to be written, as far as huge pages of the file are full
 * @s: the image; ckpt_keeps_back() has said so
 * @bvec: page data behind what is buffered
 * @nr: pieces of them; 0: all that is kept back and buffered is written
 * @len: bytes of them
 * @iter: out: what to write, which may be nothing
 *
 * Context: may sleep.
 * Return: 0, and ckpt_gathered() is called when it is written; or -ENOMEM (not reported)
 */
int ckpt_gather(struct ckpt_stream *s, const struct bio_vec *bvec, unsigned int nr, size_t len,
		struct iov_iter *iter)
{
	struct ckpt_kept *k = s->kept;
	size_t bytes = k->bytes + s->fill + len, rest = 0;
	int ours = take_records(s);

	k->nr = 0;
	k->bytes = 0;
	if (ours < 0)
		return ours;
	k->ours = ours;
	memcpy(k->all + ours, bvec, nr * sizeof(*bvec));
	if (nr)
		rest = min_t(size_t, (s->pos + bytes) % HPAGE_PMD_SIZE, bytes);
	if (!keep_back(k, ours + nr, rest))
		k->bytes = 0;
	/* What is buffered or kept counts in ->bytes already. */
	s->bytes -= bytes - len;
	s->fill = 0;
	iov_iter_bvec(iter, ITER_SOURCE, k->all, ours + nr, bytes);
	iov_iter_truncate(iter, bytes - k->bytes);
	return 0;
}

/**
 * ckpt_gathered - what ckpt_gather() gave has been written
 * @s: the image
 *
 * Context: may sleep.
 */
void ckpt_gathered(struct ckpt_stream *s)
{
	s->bytes += s->kept->bytes;
	put_pieces(s->kept->all, s->kept->ours);
}

/**
 * ckpt_drop_kept - the image is closed
 * @s: the image
 */
void ckpt_drop_kept(struct ckpt_stream *s)
{
	if (s->kept)
		put_pieces(s->kept->pieces, s->kept->nr);
	kvfree(s->kept);
	s->kept = NULL;
}
