// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: with whom TCP sockets are connected, and whether that is in the tree, see
 * DOC: TCP.
 */
#include <linux/inetdevice.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/route.h>
#include <net/tcp.h>
#include "inet.h"

/* By the addresses of IPv4, which a socket of IPv6 may have too */
static bool is_ipv4(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET || ipv6_addr_v4mapped(&sk->sk_v6_daddr);
#else
	return true;
#endif
}

/**
 * ckpt_tcp_is_local - is the peer of a connection on this machine?
 * @sk: its one end
 *
 * Return: true if so, or it was until it ended
 */
bool ckpt_tcp_is_local(const struct sock *sk)
{
	if (is_ipv4(sk))
		return inet_sk(sk)->inet_daddr == inet_sk(sk)->inet_rcv_saddr ||
		       inet_addr_type(sock_net(sk), inet_sk(sk)->inet_daddr) == RTN_LOCAL;
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_addr_loopback(&sk->sk_v6_daddr) ||
	       ipv6_addr_equal(&sk->sk_v6_daddr, &sk->sk_v6_rcv_saddr);
#else
	return false;
#endif
}

/**
 * ckpt_tcp_peer_address - save: with whom a socket is connected, for a message
 * @sk: the socket
 * @address: out: the address and port
 */
void ckpt_tcp_peer_address(const struct sock *sk, union ckpt_inet_address *address)
{
	u8 bytes[sizeof(struct in6_addr)];

	ckpt_inet_bytes(sk, true, bytes);
	ckpt_inet_address(sk->sk_family, bytes, ntohs(inet_sk(sk)->inet_dport), address);
}

static struct sock *find_by_device(const struct sock *sk, int device)
{
	struct net *net = sock_net(sk);
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	const struct inet_sock *inet = inet_sk(sk);
	const u16 port = ntohs(inet->inet_dport);

	if (is_ipv4(sk))
		return __inet_lookup_established(net, hashinfo, inet->inet_rcv_saddr,
						 inet->inet_sport, inet->inet_daddr, port, device,
						 0);
#if IS_ENABLED(CONFIG_IPV6)
	return __inet6_lookup_established(net, hashinfo, &sk->sk_v6_rcv_saddr, inet->inet_sport,
					  &sk->sk_v6_daddr, port, device, 0);
#else
	return NULL;
#endif
}

/*
 * What the segments that it sends reach.  One that is tied to a device hears only what comes by
 * that: on one machine by the sender's, see inet_iif(), or with IPv6 by that which has the
 * address.
 *
 * Return: it, with a reference, of any sort; or NULL
 */
static struct sock *find_peer(const struct sock *sk)
{
	const int bound = READ_ONCE(sk->sk_bound_dev_if);
	struct net *net = sock_net(sk);
	struct net_device *dev;
	struct sock *peer;

	guard(rcu)();
	peer = find_by_device(sk, bound ?: net->loopback_dev->ifindex);
	if (peer || bound || is_ipv4(sk) || !ckpt_tcp_is_local(sk))
		return peer;
	for_each_netdev_rcu(net, dev) {
		peer = find_by_device(sk, dev->ifindex);
		if (peer)
			break;
	}
	return peer;
}

/* -- connections that wait to be accepted -------------------------------------------------- */

/**
 * ckpt_visit_tcp_pending - look at each connection that waits to be accepted
 * @ctx: the call; all tasks are frozen
 * @listener: where they wait
 * @visit: called for each
 *
 * The tree, which alone could accept them, is frozen; others may come behind them.
 *
 * Context: may sleep.
 * Return: 0 or what @visit returned
 */
int ckpt_visit_tcp_pending(struct ckpt_ctx *ctx, struct sock *listener, ckpt_visit_socket visit)
{
	struct request_sock_queue *queue = &inet_csk(listener)->icsk_accept_queue;
	struct request_sock *req;
	int err = 0;

	if (listener->sk_state != TCP_LISTEN)
		return 0;
	spin_lock_bh(&queue->rskq_lock);
	for (req = queue->rskq_accept_head; req && !err; req = req->dl_next) {
		spin_unlock_bh(&queue->rskq_lock);
		err = visit(ctx, req->sk);
		cond_resched();
		spin_lock_bh(&queue->rskq_lock);
	}
	spin_unlock_bh(&queue->rskq_lock);
	return err;
}

static bool waits_at(struct sock *listener, const struct sock *child)
{
	struct request_sock_queue *queue = &inet_csk(listener)->icsk_accept_queue;
	struct request_sock *req;

	spin_lock_bh(&queue->rskq_lock);
	for (req = queue->rskq_accept_head; req && req->sk != child; req = req->dl_next)
		;
	spin_unlock_bh(&queue->rskq_lock);
	return req;
}

/**
 * ckpt_tcp_listener - save: where a connection waits to be accepted
 * @ctx: the call, surveyed
 * @child: the connection, which has no file
 *
 * Return: a socket of the tree, NULL if there is none
 */
struct sock *ckpt_tcp_listener(struct ckpt_ctx *ctx, const struct sock *child)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_SOCK) {
		struct sock *sk = (void *)seen->ptr;

		if (seen->std < 0 && sk_is_tcp(sk) &&
		    sk->sk_state == TCP_LISTEN &&
		    inet_sk(sk)->inet_num == inet_sk(child)->inet_num && waits_at(sk, child))
			return sk;
	}
	return NULL;
}

/* -- what is to be done with a socket ------------------------------------------------------- */

static bool has_received_fin(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING);
}

/* Those that waited to be accepted when they were saved, by their addresses */
static const struct ckpt_private pending_private = CKPT_PRIVATE_XARRAY;

/**
 * ckpt_tcp_note_pending - save: a connection waits to be accepted
 * @ctx: the call
 * @sk: the connection
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM (reported)
 */
int ckpt_tcp_note_pending(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct xarray *pending = ckpt_make_private(&ctx->privates, &pending_private);

	if (pending && !xa_err(xa_store(pending, (unsigned long)sk / sizeof(void *), sk,
					GFP_KERNEL_ACCOUNT)))
		return 0;
	return ckpt_fail(ctx, -ENOMEM, "no memory for what waits to be accepted");
}

/* At the end the tree's files are pinned no more, and its listeners may be gone. */
static bool is_inside(struct ckpt_ctx *ctx, const struct sock *peer)
{
	struct xarray *pending = ckpt_private(&ctx->privates, &pending_private);

	if (READ_ONCE(peer->sk_socket))
		return ckpt_seen_find(ctx, peer);
	if (pending && xa_load(pending, (unsigned long)peer / sizeof(void *)))
		return true;
	return ctx->root->files && ckpt_tcp_listener(ctx, peer);
}

/* Nobody has it open: what it still has to send comes, and then its end. */
static enum ckpt_tcp_state without_peer(const struct sock *sk)
{
	return sk->sk_shutdown & SEND_SHUTDOWN ? CKPT_TCP_IS_DONE : CKPT_TCP_IS_LEFT;
}

static enum ckpt_tcp_state with_peer(struct ckpt_ctx *ctx, const struct sock *sk,
				     const struct sock *peer)
{
	if (!sk_fullsock(peer))
		return peer->sk_state == TCP_TIME_WAIT && has_received_fin(sk) ?
		       without_peer(sk) : CKPT_TCP_IS_PASSING;
	if (peer->sk_state == TCP_SYN_RECV || peer->sk_state == TCP_SYN_SENT)
		return CKPT_TCP_IS_PASSING;
	if (peer == sk)
		return CKPT_TCP_IS_OUTSIDE;
	if (sock_flag(peer, SOCK_DEAD))
		return without_peer(sk);
	return is_inside(ctx, peer) ? CKPT_TCP_IS_PAIR : CKPT_TCP_IS_OUTSIDE;
}

/**
 * ckpt_tcp_state - save: what is to be done with a TCP socket
 * @ctx: the call, surveyed
 * @sk: the socket
 * @peer: out: its peer with a reference, for sock_gen_put(); NULL if there is none
 *
 * Return: CKPT_TCP_IS_*
 */
enum ckpt_tcp_state ckpt_tcp_state(struct ckpt_ctx *ctx, struct sock *sk, struct sock **peer)
{
	*peer = NULL;
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return CKPT_TCP_IS_FREE;
	if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
		return CKPT_TCP_IS_PASSING;
	*peer = find_peer(sk);
	if (*peer)
		return with_peer(ctx, sk, *peer);
	if (!ckpt_tcp_is_local(sk))
		return CKPT_TCP_IS_OUTSIDE;
	return has_received_fin(sk) ? without_peer(sk) : CKPT_TCP_IS_PASSING;
}
