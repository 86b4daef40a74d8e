/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of sockets share.  Sockets are reached by files, so the
 * survey of files serves them too.
 */
#ifndef _KERNEL_CHECKPOINT_NET_H
#define _KERNEL_CHECKPOINT_NET_H

#include <linux/net.h>
#include <net/sock.h>
#include "../files/files.h"

/**
 * struct ckpt_socket - restart: a socket, which may have no file
 * @sk: it, with a reference
 * @sock: what its file is made of, until that takes it; NULL if it has none
 * @release: closes @sk if nobody else does: it has no file, and no listener has it; else NULL
 * @who: who made it, with a reference
 * @data: the record that defines it
 * @made: the name that was made for it, with references, none if @made.dentry is NULL
 * @last: what it has been given last to receive
 */
struct ckpt_socket {
	struct sock *sk;
	struct socket *sock;
	void (*release)(struct sock *sk);
	const struct cred *who;
	const struct ckpt_rec_unix *data;
	struct path made;
	struct sk_buff *last;
};

extern const struct ckpt_class ckpt_class_socket;

static inline bool sock_has_programs(const struct sock *sk)
{
#ifdef CONFIG_BPF_SYSCALL
	if (rcu_access_pointer(sk->sk_bpf_storage))
		return true;
#endif
	/* A socket in a map of BPF has operations of that. */
	return sk->sk_user_data || READ_ONCE(sk->sk_prot) != sk->sk_prot_creator;
}

static inline bool sock_has_busy_poll(const struct sock *sk)
{
#ifdef CONFIG_NET_RX_BUSY_POLL
	return sk->sk_ll_usec != READ_ONCE(sysctl_net_busy_read) || sk->sk_busy_poll_budget ||
	       sk->sk_prefer_busy_poll;
#else
	return false;
#endif
}

/* -- options.c ------------------------------------------------------------- */

int ckpt_check_socket_options(struct ckpt_ctx *ctx, const struct sock *sk);
int ckpt_save_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, u32 id);

#endif /* _KERNEL_CHECKPOINT_NET_H */
