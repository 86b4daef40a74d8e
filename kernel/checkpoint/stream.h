/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: the image as a stream of bytes.  For the core, and for the kind that has
 * data behind its records; others emit records and are handed them.
 */
#ifndef _KERNEL_CHECKPOINT_STREAM_H
#define _KERNEL_CHECKPOINT_STREAM_H

struct ckpt_kept;

/**
 * struct ckpt_stream - an image being written or read, strictly forward
 * @file: the descriptor's file
 * @pos: its position, for files that have one
 * @bytes: written or read so far, counted from the start of the image
 * @records_crc: CRC-32C over the records' crc32c fields, in their order
 * @records_sum: their sum modulo 2^64
 * @nr_records: records so far
 * @record_bytes: bytes of them; the others are data behind records
 * @index: where the first index record stands, 0 if none does so far
 */
struct ckpt_stream {
	struct file *file;
	loff_t pos;
	u64 bytes;
	u32 records_crc;
	u64 records_sum;
	u64 nr_records;
	u64 record_bytes;
	u64 index;
	/* private: */
	void *buffer;
	size_t fill;		/* bytes in it; reading: that were read into it */
	size_t used;		/* of them, handed out already */
	bool reads_ahead;
	struct ckpt_kept *kept;	/* see whole.c */
};

/**
 * ckpt_crc - CRC-32C as the image has it, continued
 * @crc: of the bytes before, 0 at the start
 * @data: bytes
 * @len: how many
 *
 * Return: the CRC of all bytes so far
 */
u32 ckpt_crc(u32 crc, const void *data, size_t len);

/* Write @len bytes of kernel memory.  Return: 0 or negative errno, reported */
int ckpt_write(struct ckpt_ctx *ctx, const void *data, size_t len);

/* Write @nr page fragments (PAGE_SIZE multiples).  Return: 0 or negative errno, reported */
int ckpt_write_bvec(struct ckpt_ctx *ctx, struct bio_vec *bvec, unsigned int nr, size_t len);

/*
 * Write one whole record: @data (@size bytes) and @array (@bytes), padded with
 * zeros to a multiple of @align bytes of the stream.  Return: 0 or negative errno, reported
 */
int ckpt_write_record(struct ckpt_ctx *ctx, u32 type, u32 object, const void *data,
		      size_t size, const void *array, size_t bytes, unsigned int align);

/**
 * ckpt_index_chunk - take a page chunk into the index at the end of the image
 * @ctx: the call
 * @chunk: where it stands and what it has
 *
 * Context: may sleep; allocates, 24 bytes a chunk.
 * Return: 0 or negative errno (reported)
 */
int ckpt_index_chunk(struct ckpt_ctx *ctx, const struct ckpt_rec_chunk *chunk);

/* Read exactly @len bytes to kernel memory.  Return: 0 or negative errno, reported */
int ckpt_read(struct ckpt_ctx *ctx, void *data, size_t len);

/* Read exactly @len bytes into page fragments.  Return: 0 or negative errno, reported */
int ckpt_read_bvec(struct ckpt_ctx *ctx, struct bio_vec *bvec, unsigned int nr, size_t len);

#endif /* _KERNEL_CHECKPOINT_STREAM_H */
