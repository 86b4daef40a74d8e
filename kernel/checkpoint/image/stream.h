/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the parts of the writing of an image share.
 */
#ifndef _KERNEL_CHECKPOINT_IMAGE_STREAM_H
#define _KERNEL_CHECKPOINT_IMAGE_STREAM_H

/* Bytes of records that are written together */
#define STREAM_BUFFER	(64U << 10)

/* -- stream.c --------------------------------------------------------------- */

int ckpt_write_iter(struct ckpt_ctx *ctx, struct iov_iter *iter);

/* -- whole.c ---------------------------------------------------------------- */

bool ckpt_keeps_back(struct ckpt_stream *s, size_t len);
int ckpt_write_whole(struct ckpt_ctx *ctx, const struct bio_vec *bvec, unsigned int nr, size_t len);
void ckpt_drop_kept(struct ckpt_stream *s);

#endif /* _KERNEL_CHECKPOINT_IMAGE_STREAM_H */
