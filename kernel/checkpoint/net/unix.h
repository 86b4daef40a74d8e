/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the parts of the unix kinds share, and what of a unix socket only
 * some kernels have.  Included into net/unix/af_unix.c.
 */
#ifndef _KERNEL_CHECKPOINT_NET_UNIX_H
#define _KERNEL_CHECKPOINT_NET_UNIX_H

#include "net.h"

/* Restart: what defines a unix socket, as the types of all records here demand */
static inline const struct ckpt_rec_unix *unix_rec(const struct ckpt_socket *made)
{
	return made->data;
}

/* It is set once, and with it what it points to: see unix_bind(). */
static inline const struct unix_address *address_of(const struct sock *sk)
{
	/* Pairs with that of __unix_set_addr_hash() and unix_stream_connect(). */
	return smp_load_acquire(&unix_sk(sk)->addr);
}

#if IS_ENABLED(CONFIG_AF_UNIX_OOB)

static inline struct sk_buff *urgent_skb(const struct sock *sk)
{
	return unix_sk(sk)->oob_skb;
}

static inline void set_urgent_skb(struct sock *sk, struct sk_buff *skb)
{
	WRITE_ONCE(unix_sk(sk)->oob_skb, skb);
}

#else

static inline struct sk_buff *urgent_skb(const struct sock *sk)
{
	return NULL;
}

static inline void set_urgent_skb(struct sock *sk, struct sk_buff *skb)
{
}

#endif

#endif /* _KERNEL_CHECKPOINT_NET_UNIX_H */
