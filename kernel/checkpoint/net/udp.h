/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of UDP sockets share.
 */
#ifndef _KERNEL_CHECKPOINT_NET_UDP_H
#define _KERNEL_CHECKPOINT_NET_UDP_H

#include <linux/udp.h>
#include "inet.h"

static inline bool is_udp(const struct sock *sk)
{
	return sk_is_inet(sk) && sk->sk_type == SOCK_DGRAM &&
	       (sk->sk_protocol == IPPROTO_UDP || sk->sk_protocol == IPPROTO_UDPLITE);
}

/* The same of a socket of a record */
static inline bool is_udp_rec(const struct ckpt_rec_inet *data)
{
	return data->type == SOCK_DGRAM &&
	       (data->protocol == IPPROTO_UDP || data->protocol == IPPROTO_UDPLITE);
}

/* -- groups.c -------------------------------------------------------------- */

bool ckpt_has_odd_group(const struct sock *sk);

/* -- udp_message.c --------------------------------------------------------- */

int ckpt_check_udp_messages(struct ckpt_ctx *ctx, struct sock *sk);

#endif /* _KERNEL_CHECKPOINT_NET_UDP_H */
