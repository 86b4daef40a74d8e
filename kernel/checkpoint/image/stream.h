/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the parts of the writing of an image share.
 */
#ifndef _KERNEL_CHECKPOINT_IMAGE_STREAM_H
#define _KERNEL_CHECKPOINT_IMAGE_STREAM_H

/* Bytes of records that are written together */
#define STREAM_BUFFER	(64U << 10)

/* -- whole.c ---------------------------------------------------------------- */

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
bool ckpt_keeps_back(struct ckpt_stream *s, size_t len);
int ckpt_gather(struct ckpt_stream *s, const struct bio_vec *bvec, unsigned int nr, size_t len,
		struct iov_iter *iter);
void ckpt_gathered(struct ckpt_stream *s);
void ckpt_drop_kept(struct ckpt_stream *s);
#else
static inline bool ckpt_keeps_back(struct ckpt_stream *s, size_t len) { return false; }
static inline int ckpt_gather(struct ckpt_stream *s, const struct bio_vec *bvec, unsigned int nr,
			      size_t len, struct iov_iter *iter) { return -EOPNOTSUPP; }
static inline void ckpt_gathered(struct ckpt_stream *s) { }
static inline void ckpt_drop_kept(struct ckpt_stream *s) { }
#endif

#endif /* _KERNEL_CHECKPOINT_IMAGE_STREAM_H */
