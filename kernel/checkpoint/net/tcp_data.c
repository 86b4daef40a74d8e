// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what TCP sockets have received, and what they are to send, see DOC: TCP.
 */
#include <net/tcp.h>
#include "inet.h"

/* Of one record; what is more has several. */
#define PIECE_MAX	SZ_1M

static const struct ckpt_kind ckpt_kind_tcp_data;

/**
 * ckpt_save_tcp_data - save what is in a queue
 * @ctx: the call
 * @bytes: what there is
 * @flags: CKPT_TCP_DATA_*
 * @id: the socket's object
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_tcp_data(struct ckpt_ctx *ctx, const struct ckpt_bytes *bytes, u32 flags, u32 id)
{
	struct ckpt_rec_tcp_data rec = { .flags = flags };
	u32 at, len;
	int err = 0;

	for (at = 0; at < bytes->len && !err; at += len) {
		len = min(bytes->len - at, PIECE_MAX);
		err = ckpt_emit(ctx, &ckpt_kind_tcp_data, id, &rec, bytes->data + at, len);
	}
	return err;
}

static int data_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tcp_data *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET ||
	    data->flags & ~CKPT_TCP_DATA_SEND || !item->count)
		return ckpt_fail(ctx, -EINVAL, "the data of a TCP connection are malformed");
	return 0;
}

static int data_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_tcp_data *data = item->data;
	int err = -EINVAL;

	if (made && made->kept)
		return 0;
	/* What could be connected anew has nothing of an earlier connection. */
	if (made && sk_is_tcp(made->sk) && inet_rec(made)->flags &&
	    !(inet_rec(made)->flags & CKPT_INET_PENDING && data->flags & CKPT_TCP_DATA_SEND))
		err = data->flags & CKPT_TCP_DATA_SEND ?
		      ckpt_tcp_put_unsent(made->sk, item->array, item->count) :
		      ckpt_tcp_put_received(made->sk, item->array, item->count);
	if (err == -EINVAL)
		return ckpt_fail(ctx, err, "a socket cannot have such data of TCP");
	return err ? ckpt_fail(ctx, err, "no memory for the data of a TCP connection (error %d; see net.ipv4.tcp_mem)",
			       -err) : 0;
}

CHECKPOINT_KIND(tcp_data) = {
	.name		= "tcp_data",
	.type		= CKPT_REC_TCP_DATA,
	.size		= sizeof(struct ckpt_rec_tcp_data),
	CKPT_ARRAY(struct ckpt_rec_tcp_data, data, __u8),
	.max		= PIECE_MAX,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.many		= true,
	.validate	= data_validate,
	.restore	= data_restore,
};
