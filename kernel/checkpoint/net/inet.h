/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of internet sockets share.
 */
#ifndef _KERNEL_CHECKPOINT_NET_INET_H
#define _KERNEL_CHECKPOINT_NET_INET_H

#include <linux/in6.h>
#include <net/inet_sock.h>
#include <net/tcp.h>
#include "net.h"

/* An address as bind(2) and connect(2) take it */
union ckpt_inet_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Restart: what defines an internet socket */
static inline const struct ckpt_rec_inet *inet_rec(const struct ckpt_socket *made)
{
	return made->data;
}

static inline bool tcp_has_keys(const struct tcp_sock *tp)
{
#ifdef CONFIG_TCP_MD5SIG
	if (rcu_access_pointer(tp->md5sig_info))
		return true;
#endif
#ifdef CONFIG_TCP_AO
	if (rcu_access_pointer(tp->ao_info))
		return true;
#endif
	return false;
}

/* -- inet.c ---------------------------------------------------------------- */

int ckpt_inet_address(const struct ckpt_socket *made, const u8 *bytes, u32 port,
		      union ckpt_inet_address *address);
void ckpt_inet_bytes(const struct sock *sk, bool peer, u8 *bytes);
bool ckpt_inet_valid_address(u32 family, const u8 *bytes);
int ckpt_inet_bind(struct ckpt_socket *made, const u8 *bytes, u32 port, u32 flags);

#endif /* _KERNEL_CHECKPOINT_NET_INET_H */
