// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the image as a stream, strictly forward, never a seek.
 * Files, pipes and sockets are treated alike.
 */
#include <linux/bvec.h>
#include <linux/crc32c.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/xacct.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <trace/events/checkpoint.h>
#include "../core.h"
#include "stream.h"

#define READ_AHEAD	(16U << 10)	/* of page data, what is read ahead is copied once more */

u32 ckpt_crc(u32 crc, const void *data, size_t len)
{
	crc = ~crc;
	while (len) {
		size_t part = min_t(size_t, len, 1U << 30);

		crc = crc32c(crc, data, part);
		data += part;
		len -= part;
	}
	return ~crc;
}

static bool has_position(struct file *file)
{
	return !(file->f_mode & FMODE_STREAM) && (file->f_mode & FMODE_LSEEK);
}

/*
 * Records are short and many.  From a regular file they are read ahead: its position
 * is set to where the image ends, whatever was read behind it.  Of all else no byte is
 * read that is not the image's.
 */
static bool can_read_ahead(struct file *file)
{
	return S_ISREG(file_inode(file)->i_mode) && has_position(file);
}

/**
 * ckpt_stream_open - begin to read or write an image
 * @ctx: the call
 * @file: the image; a reference is taken
 * @write: for writing
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_stream_open(struct ckpt_ctx *ctx, struct file *file, bool write)
{
	struct ckpt_stream *s;

	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return ckpt_fail(ctx, -EBADF, "the image's descriptor is not open for %s",
				 write ? "writing" : "reading");
	if (!(file->f_mode & (write ? FMODE_CAN_WRITE : FMODE_CAN_READ)))
		return ckpt_fail(ctx, -EINVAL, "an image can be a file, a pipe or a socket only");

	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the image's buffer");
	s->buffer = kvmalloc(STREAM_BUFFER, GFP_KERNEL_ACCOUNT);
	if (!s->buffer) {
		kfree(s);
		return ckpt_fail(ctx, -ENOMEM, "no memory for the image's buffer");
	}
	s->file = get_file(file);
	s->pos = has_position(file) ? file->f_pos : 0;
	s->reads_ahead = !write && can_read_ahead(file);
	ctx->stream = s;
	return 0;
}

/**
 * ckpt_stream_close - end of the image
 * @ctx: the call
 *
 * The descriptor's position is left behind the last byte read or written.
 */
void ckpt_stream_close(struct ckpt_ctx *ctx)
{
	struct ckpt_stream *s = ctx->stream;

	if (!s)
		return;
	ckpt_drop_kept(s);
	if (has_position(s->file))
		s->file->f_pos = s->pos;
	fput(s->file);
	kvfree(s->buffer);
	kfree(s);
	ctx->stream = NULL;
}

static bool is_given_up(const struct ckpt_ctx *ctx)
{
	return ctx->save && READ_ONCE(ctx->save->given_up);
}

static int stream_error(struct ckpt_ctx *ctx, ssize_t err, const char *what)
{
	ctx->at.offset = ctx->stream->bytes;
	/* That is why a wait for a slow reader was ended. */
	if (is_given_up(ctx))
		return ckpt_fail_given_up(ctx);
	switch (err) {
	case -EAGAIN:
		return ckpt_fail(ctx, err, "the image's descriptor is non-blocking and not ready; make it blocking");
	case -EINTR:
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		return ckpt_fail(ctx, -EINTR, "a signal interrupted %s the image", what);
	default:
		return ckpt_fail(ctx, err, "%s the image failed", what);
	}
}

/* While a tree is held each piece that a slow reader takes counts as progress. */
#define STREAM_PIECE	(64U << 10)

bool ckpt_is_in_memory(const struct ckpt_stream *stream)
{
	return shmem_file(stream->file);
}

/*
 * Task work of our own is no reason to stop, but for what a snapshot that is given up and
 * the watchdog kick the caller out of.  A file that answers so without any reason would
 * do it for ever.
 */
static bool begin_again(struct ckpt_ctx *ctx, ssize_t n)
{
	bool notified = test_thread_flag(TIF_NOTIFY_SIGNAL);

	return n == -ERESTARTSYS && !ckpt_interrupted() && notified &&
	       !is_given_up(ctx) && !ckpt_expired(ctx);
}

/*
 * One piece to the file.  What has been moved is what the call returns, and nothing else:
 * netfs, without a page cache (9p, cifs), leaves an iterator over the kernel's memory where
 * it was after a write, and takes it to its end by any read.  So each call gets a copy.
 */
static ssize_t write_piece(struct ckpt_ctx *ctx, struct iov_iter *iter, loff_t *pos)
{
	struct ckpt_stream *s = ctx->stream;
	size_t count = iov_iter_count(iter);
	struct iov_iter piece;
	ssize_t n = ckpt_begin_wait(ctx);

	if (n)
		return n;
	if (ckpt_watched(ctx) && !ckpt_is_in_memory(s))
		count = min_t(size_t, count, STREAM_PIECE);
	do {
		piece = *iter;
		iov_iter_truncate(&piece, count);
		n = vfs_iter_write(s->file, &piece, pos, 0);
	} while (begin_again(ctx, n));
	ckpt_end_wait(ctx);
	return n;
}

static ssize_t read_piece(struct ckpt_ctx *ctx, struct iov_iter *iter, loff_t *pos)
{
	struct iov_iter piece;
	ssize_t n;

	do {
		piece = *iter;
		n = vfs_iter_read(ctx->stream->file, &piece, pos, 0);
	} while (begin_again(ctx, n));
	return n;
}

static int stream_iter(struct ckpt_ctx *ctx, struct iov_iter *iter, bool write)
{
	struct ckpt_stream *s = ctx->stream;
	loff_t *pos = has_position(s->file) ? &s->pos : NULL;

	while (iov_iter_count(iter)) {
		ssize_t n;

		if (fatal_signal_pending(current) || is_given_up(ctx))
			return stream_error(ctx, -EINTR, write ? "writing" : "reading");
		if (write)
			n = write_piece(ctx, iter, pos);
		else
			n = read_piece(ctx, iter, pos);
		if (ckpt_expired(ctx))
			return ckpt_still_held(ctx);
		if (n < 0)
			return stream_error(ctx, n, write ? "writing" : "reading");
		if (!n && write)
			return stream_error(ctx, -ENOSPC, "writing");
		if (!n) {
			ctx->at.offset = s->bytes;
			return ckpt_fail(ctx, -EPIPE, "the image ends before its end record");
		}
		iov_iter_advance(iter, n);
		s->bytes += n;
		ckpt_progress(ctx);
		/* As read(2) and write(2) would; the tools show progress by it. */
		if (write)
			add_wchar(current, n);
		else
			add_rchar(current, n);
		cond_resched();
	}
	return 0;
}

static int write_whole(struct ckpt_ctx *ctx, const struct bio_vec *bvec, unsigned int nr,
		       size_t len)
{
	struct ckpt_stream *s = ctx->stream;
	struct iov_iter iter;
	int err = ckpt_gather(s, bvec, nr, len, &iter);

	if (err)
		return ckpt_fail(ctx, err, "no memory to write the image");
	err = stream_iter(ctx, &iter, true);
	ckpt_gathered(s);
	return err;
}

/**
 * ckpt_stream_flush - hand buffered bytes to the file
 * @ctx: the call
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_stream_flush(struct ckpt_ctx *ctx)
{
	struct ckpt_stream *s = ctx->stream;
	struct kvec vec = { .iov_base = s->buffer, .iov_len = s->fill };
	struct iov_iter iter;

	if (s->kept)
		return write_whole(ctx, NULL, 0, 0);
	if (!s->fill)
		return 0;
	/* ->bytes counts what is in the buffer already */
	s->bytes -= s->fill;
	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, s->fill);
	s->fill = 0;
	return stream_iter(ctx, &iter, true);
}

int ckpt_write(struct ckpt_ctx *ctx, const void *data, size_t len)
{
	struct ckpt_stream *s = ctx->stream;

	while (len) {
		size_t part = min_t(size_t, len, STREAM_BUFFER - s->fill);

		memcpy(s->buffer + s->fill, data, part);
		s->fill += part;
		s->bytes += part;
		data += part;
		len -= part;
		if (s->fill == STREAM_BUFFER) {
			int err = ckpt_stream_flush(ctx);

			if (err)
				return err;
		}
	}
	return 0;
}

int ckpt_write_bvec(struct ckpt_ctx *ctx, struct bio_vec *bvec, unsigned int nr, size_t len)
{
	struct iov_iter iter;
	int err;

	if (ckpt_keeps_back(ctx->stream, len))
		return write_whole(ctx, bvec, nr, len);
	err = ckpt_stream_flush(ctx);
	if (err)
		return err;
	iov_iter_bvec(&iter, ITER_SOURCE, bvec, nr, len);
	return stream_iter(ctx, &iter, true);
}

/* A file that ends here is left to who reads on. */
static int read_ahead(struct ckpt_ctx *ctx)
{
	struct ckpt_stream *s = ctx->stream;
	struct kvec vec = { .iov_base = s->buffer, .iov_len = READ_AHEAD };
	struct iov_iter iter;
	loff_t pos = s->pos;
	ssize_t n;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, READ_AHEAD);
	n = vfs_iter_read(s->file, &iter, &pos, 0);
	if (n < 0)
		return stream_error(ctx, n, "reading");
	s->fill = n;
	s->used = 0;
	return 0;
}

/* What was read ahead comes first; the position is that of what was handed out. */
static void hand_out(struct ckpt_ctx *ctx, struct iov_iter *iter)
{
	struct ckpt_stream *s = ctx->stream;
	size_t n = copy_to_iter(s->buffer + s->used, s->fill - s->used, iter);

	s->used += n;
	s->pos += n;
	s->bytes += n;
	add_rchar(current, n);
}

int ckpt_read(struct ckpt_ctx *ctx, void *data, size_t len)
{
	struct kvec vec = { .iov_base = data, .iov_len = len };
	struct ckpt_stream *s = ctx->stream;
	struct iov_iter iter;
	int err;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	hand_out(ctx, &iter);
	if (s->reads_ahead && iov_iter_count(&iter) && iov_iter_count(&iter) < READ_AHEAD) {
		err = read_ahead(ctx);
		if (err)
			return err;
		hand_out(ctx, &iter);
	}
	return stream_iter(ctx, &iter, false);
}

int ckpt_read_bvec(struct ckpt_ctx *ctx, struct bio_vec *bvec, unsigned int nr, size_t len)
{
	struct iov_iter iter;

	iov_iter_bvec(&iter, ITER_DEST, bvec, nr, len);
	hand_out(ctx, &iter);
	return stream_iter(ctx, &iter, false);
}

/**
 * ckpt_stream_count - account a record
 * @s: the stream
 * @rec: the record, its crc32c set
 */
void ckpt_stream_count(struct ckpt_stream *s, const struct ckpt_rec *rec)
{
	s->records_crc = ckpt_crc(s->records_crc, &rec->crc32c, sizeof(rec->crc32c));
	s->records_sum += rec->crc32c;
	s->record_bytes += rec->len;
	s->nr_records++;
}

/**
 * ckpt_write_raw_record - write a record that lies in memory as a whole
 * @ctx: the call
 * @rec: header, fixed part, array and padding, rec->len bytes; its crc32c is set
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_write_raw_record(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	rec->crc32c = 0;
	rec->crc32c = ckpt_crc(0, rec, rec->len);
	ckpt_stream_count(ctx->stream, rec);
	return ckpt_write(ctx, rec, rec->len);
}

int ckpt_write_record(struct ckpt_ctx *ctx, u32 type, u32 object, const void *data,
		      size_t size, const void *array, size_t bytes, unsigned int align)
{
	size_t used = sizeof(struct ckpt_rec) + size + bytes;
	u64 end = ctx->stream->bytes + used;
	size_t len = used + round_up(end, max(align, 8U)) - end;
	struct ckpt_rec *rec;
	int err;

	rec = kvzalloc(len, GFP_KERNEL_ACCOUNT);
	if (!rec)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a record of %zu bytes", len);
	rec->type = type;
	rec->size = size;
	rec->len = len;
	rec->object = object;
	memcpy(rec + 1, data, size);
	if (bytes)
		memcpy((void *)(rec + 1) + size, array, bytes);
	err = ckpt_write_raw_record(ctx, rec);
	kvfree(rec);
	return err;
}
