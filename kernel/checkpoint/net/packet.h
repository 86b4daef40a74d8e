/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of packet sockets share.
 */
#ifndef _KERNEL_CHECKPOINT_NET_PACKET_H
#define _KERNEL_CHECKPOINT_NET_PACKET_H

#include "net.h"

static inline bool ckpt_is_packet_type(u32 type)
{
	return type == SOCK_RAW || type == SOCK_DGRAM;
}

static inline bool ckpt_is_packet(const struct sock *sk)
{
	return sk->sk_family == AF_PACKET && ckpt_is_packet_type(sk->sk_type);
}

/* -- packet_message.c ------------------------------------------------------ */

int ckpt_check_packet_messages(struct ckpt_ctx *ctx, struct sock *sk);

#endif /* _KERNEL_CHECKPOINT_NET_PACKET_H */
