// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which files are those of TCP sockets that can be saved.
 */
#include <linux/tcp.h>
#include "inet.h"

/**
 * DOC: TCP sockets
 *
 * Preserved: sockets that are not connected.
 *
 * Refused: those that listen or are connected.
 */

/* What was a standard descriptor's way out is the restarter's, as ever. */
static bool tcp_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct socket *sock = sock_from_file(ptr);
	const struct ckpt_seen *seen;

	if (!sock || !sock->sk || !sk_is_tcp(sock->sk))
		return false;
	seen = ckpt_seen_find(ctx, sock->sk);
	return seen && seen->std < 0;
}

static int tcp_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_from_file(file)->sk;
	int err = ckpt_check_socket_file(ctx, file, "a TCP socket");

	if (err)
		return err;
	if (sk->sk_state != TCP_CLOSE || !skb_queue_empty(&sk->sk_receive_queue))
		return ckpt_cannot_save(ctx, "a TCP socket that is or was connected, or listens,");
	return 0;
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(tcp_file) = {
	.name		= "tcp_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= tcp_match,
	.check_object	= tcp_check,
	.save_object	= ckpt_save_socket_file,
};
