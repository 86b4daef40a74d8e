/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of sockets of datagrams share.
 */
#ifndef _KERNEL_CHECKPOINT_NET_UDP_H
#define _KERNEL_CHECKPOINT_NET_UDP_H

#include <linux/ipv6.h>
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

/* The protocol of ICMP echo sockets */
static inline u32 ckpt_echo_protocol(u32 family)
{
	return family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

/* Is it a raw one or one of ICMP echo? */
static inline bool is_raw(const struct sock *sk)
{
	return sk_is_inet(sk) &&
	       (sk->sk_type == SOCK_RAW ||
		(sk->sk_type == SOCK_DGRAM &&
		 sk->sk_protocol == ckpt_echo_protocol(sk->sk_family)));
}

static inline bool is_raw_rec(const struct ckpt_rec_inet *data)
{
	return data->type == SOCK_RAW ||
	       (data->type == SOCK_DGRAM && data->protocol == ckpt_echo_protocol(data->family));
}

static inline bool has_flow_label(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 && inet6_sk(sk)->flow_label;
#else
	return false;
#endif
}

/* -- udp.c ----------------------------------------------------------------- */

int ckpt_connect_again(struct ckpt_ctx *ctx, struct ckpt_socket *made, const u8 *bytes, u32 port);

/* -- groups.c -------------------------------------------------------------- */

bool ckpt_has_odd_group(const struct sock *sk);

/* -- udp_message.c --------------------------------------------------------- */

int ckpt_check_datagram(struct ckpt_ctx *ctx, const struct sock *sk, const struct sk_buff *skb,
			const char *what);
int ckpt_check_udp_messages(struct ckpt_ctx *ctx, struct sock *sk);

/* -- raw_message.c --------------------------------------------------------- */

const char *ckpt_raw_what(const struct sock *sk);
int ckpt_check_raw_messages(struct ckpt_ctx *ctx, struct sock *sk);

#endif /* _KERNEL_CHECKPOINT_NET_UDP_H */
