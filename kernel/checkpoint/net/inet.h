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

/* Restart: what connect(2) says of it */
static inline socket_state ckpt_inet_state(const struct ckpt_rec_inet *data)
{
	return data->flags & CKPT_INET_CONNECTED ? SS_CONNECTED :
	       data->flags & CKPT_INET_CONNECTING ? SS_CONNECTING : SS_UNCONNECTED;
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

/* One that is connected ends by itself. */
static inline bool ckpt_inet_is_connected(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM && sk->sk_state != TCP_CLOSE &&
	       sk->sk_state != TCP_LISTEN;
}

/* -- reuseport.c ----------------------------------------------------------- */

int ckpt_visit_reuseport(struct ckpt_ctx *ctx, const struct ckpt_private *visited,
			 struct sock *sk, ckpt_visit_socket visit);

/* -- inet.c, inet_name.c --------------------------------------------------- */

int ckpt_inet_address(u32 family, const u8 *bytes, u32 port, union ckpt_inet_address *address);
void ckpt_inet_bytes(const struct sock *sk, bool peer, u8 *bytes);
bool ckpt_inet_valid_address(u32 family, const u8 *bytes);
const struct ckpt_socket *ckpt_inet_owner(struct ckpt_ctx *ctx, u32 family, const u8 *bytes,
					  u32 port);
int ckpt_inet_bind(struct ckpt_ctx *ctx, struct ckpt_socket *made, const u8 *bytes, u32 port,
		   u32 flags);
int ckpt_inet_fail_name(struct ckpt_ctx *ctx, u32 family, const u8 *bytes, u32 port, int err);
bool ckpt_is_inet(const struct sock *sk);
u32 ckpt_inet_name_flags(const struct sock *sk);

/* -- tcp_inside.c ---------------------------------------------------------- */

/**
 * enum ckpt_tcp_state - what is to be done with a TCP socket
 * @CKPT_TCP_IS_FREE: it is not connected, or not any more; or it listens
 * @CKPT_TCP_IS_PAIR: connected with one that the tree has too
 * @CKPT_TCP_IS_LEFT: its peer is closed, and it can send
 * @CKPT_TCP_IS_DONE: its peer is closed, and it has shut down too
 * @CKPT_TCP_IS_OUTSIDE: connected with one outside
 * @CKPT_TCP_IS_PASSING: in a state that will be over in a moment
 */
enum ckpt_tcp_state {
	CKPT_TCP_IS_FREE,
	CKPT_TCP_IS_PAIR,
	CKPT_TCP_IS_LEFT,
	CKPT_TCP_IS_DONE,
	CKPT_TCP_IS_OUTSIDE,
	CKPT_TCP_IS_PASSING,
};

enum ckpt_tcp_state ckpt_tcp_state(struct ckpt_ctx *ctx, struct sock *sk, struct sock **peer);
int ckpt_tcp_note_pending(struct ckpt_ctx *ctx, struct sock *sk);
struct sock *ckpt_tcp_listener(struct ckpt_ctx *ctx, const struct sock *child);
int ckpt_visit_tcp_pending(struct ckpt_ctx *ctx, struct sock *listener, ckpt_visit_socket visit);
bool ckpt_tcp_is_local(const struct sock *sk);
void ckpt_tcp_peer_address(const struct sock *sk, union ckpt_inet_address *address);

/* -- tcp_save.c, tcp_link.c ------------------------------------------------- */

int ckpt_save_tcp(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t);
int ckpt_emit_tcp(struct ckpt_ctx *ctx, u32 id, struct ckpt_rec_tcp *rec);
bool ckpt_tcp_can_be_end(struct ckpt_ctx *ctx, const struct ckpt_socket *made,
			 const struct ckpt_rec_tcp *data);
int ckpt_tcp_connect_end(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			 const struct ckpt_rec_tcp *data);
void ckpt_tcp_shut_down(struct sock *sk, u32 flags);

/* -- tcp_sock.c and tcp_join.c, in net/ipv4/tcp.c ---------------------------- */

/**
 * struct ckpt_bytes - what is in a queue
 * @data: the bytes, kvmalloc()ed
 * @len: how many
 */
struct ckpt_bytes {
	u8 *data;
	u32 len;
};

bool ckpt_tcp_trylock(struct sock *sk, int subclass);
int ckpt_tcp_get_received(struct sock *sk, struct ckpt_bytes *bytes);
int ckpt_tcp_get_unsent(struct sock *sk, const struct sock *peer, struct ckpt_bytes *bytes);
void ckpt_tcp_get_end(struct sock *sk, const struct sock *peer, struct ckpt_rec_tcp *rec);
int ckpt_tcp_put_received(struct sock *sk, const void *data, u32 len);
int ckpt_tcp_put_unsent(struct sock *sk, const void *data, u32 len);
u32 ckpt_tcp_prepare(struct sock *sk);
void ckpt_tcp_pair(struct sock *sk, const struct sock *peer);
void ckpt_tcp_join(struct sock *sk, const struct sock *peer, const struct ckpt_rec_tcp *data,
		   u32 unread, const struct ckpt_rec_inet *inet);
void ckpt_tcp_start(struct sock *sk, const struct ckpt_rec_tcp *data);
void ckpt_tcp_push(struct sock *sk);
void ckpt_tcp_set_done(struct sock *sk);
bool ckpt_tcp_can_join(const struct sock *sk);
bool ckpt_tcp_may_share(const struct sock *sk, u32 port);
int ckpt_tcp_queue(struct ckpt_socket *made, struct sock *listener);
void ckpt_tcp_end(struct sock *sk, bool silent);
bool ckpt_tcp_fits(const struct sock *sk, const struct sock *peer);

/* -- tcp_hush.c, in net/ipv4/tcp.c -------------------------------------------- */

int ckpt_tcp_hush(struct sock *sk);
void ckpt_tcp_resume(struct sock *sk, int state);
void ckpt_tcp_forget(struct sock *sk, int state);
void ckpt_tcp_swap(struct socket *one, struct socket *other);
void ckpt_tcp_get_numbers(struct sock *sk, struct ckpt_rec_tcp_kept *rec);
void ckpt_tcp_number(struct sock *sk, const struct ckpt_rec_tcp_kept *kept);
int ckpt_tcp_hush_made(struct sock *sk, const struct ckpt_rec_tcp_kept *kept);
void ckpt_tcp_join_outside(struct sock *sk, const struct ckpt_rec_tcp_kept *kept);
void ckpt_tcp_start_outside(struct sock *sk, const struct ckpt_rec_tcp *data,
			    const struct ckpt_rec_tcp_kept *kept);
bool ckpt_tcp_beside_kept(const struct sock *sk, u32 port, kuid_t uid);
bool ckpt_tcp_beside_others(const struct sock *sk, kuid_t uid);

/* -- tcp_silence.c, tcp_keep.c, tcp_outside.c -------------------------------------------- */

struct ckpt_kept;

bool ckpt_tcp_keeps(const struct ckpt_ctx *ctx);
bool ckpt_tcp_closes(const struct ckpt_ctx *ctx);
struct ckpt_kept *ckpt_tcp_new_kept(struct ckpt_ctx *ctx, struct sock *sk, u64 *cookie);
int ckpt_tcp_keep(struct ckpt_ctx *ctx, struct ckpt_kept *kept);
void ckpt_tcp_keep_not(struct ckpt_kept *kept);
int ckpt_tcp_claim(struct ckpt_socket *made, const struct ckpt_rec_tcp *data, const u64 *cookie);
void ckpt_tcp_take_over(struct ckpt_socket *made);
int ckpt_emit_tcp_kept(struct ckpt_ctx *ctx, u32 id, struct ckpt_rec_tcp_kept *rec);
unsigned char ckpt_tcp_share_with_kept(struct ckpt_socket *made, u32 port);
int ckpt_tcp_shared_with_kept(struct ckpt_socket *made, unsigned char reuse);
int ckpt_tcp_restore_outside(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			     const struct ckpt_rec_tcp *data, u32 id);
void ckpt_tcp_finish_outside(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			     const struct ckpt_rec_tcp *data, u32 id);

/* -- tcp_data.c ------------------------------------------------------------- */

int ckpt_save_tcp_data(struct ckpt_ctx *ctx, const struct ckpt_bytes *bytes, u32 flags, u32 id);

#endif /* _KERNEL_CHECKPOINT_NET_INET_H */
