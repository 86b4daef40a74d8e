// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: UDP sockets, and whom they are connected with.
 */
#include <linux/cred.h>
#include <linux/ipv6.h>
#include <linux/security.h>
#include <net/sock_reuseport.h>
#include "udp.h"

/**
 * DOC: UDP sockets
 *
 * UDP and UDP-Lite, of IPv4 and IPv6.
 *
 * Preserved: what all internet sockets have; whom they are connected with; datagrams that were
 * not received, with their sender, TOS, TTL, flow label, mark, time and what IP_PKTINFO and
 * UDP_GRO tell of them; how many were dropped.
 *
 * Rebuilt: connect(2)'s own function connects it again, as who made it.  It sends nothing.
 *
 * Substituted: which socket of an SO_REUSEPORT group gets a datagram, if others are in it too or
 * after a reboot, when the kernel chooses by other numbers; the number of the device that a
 * datagram came by, if a device of that name has another one.
 *
 * Lost, as on a wire: what comes between the capture and the restart.
 *
 * Refused: datagrams with IP options or extension headers, or with a checksum that the device
 * has made (IP_CHECKSUM), if the socket asks for these; a
 * datagram that is sent in parts (UDP_CORK, MSG_MORE) and not complete; errors to be read
 * (IP_RECVERR); tunnels (UDP_ENCAP); programs that choose among an SO_REUSEPORT group; at a
 * restart a peer that no route leads to.
 */

/* -- check ------------------------------------------------------------------------------- */

static bool has_group_program(const struct sock *sk)
{
	const struct sock_reuseport *reuse;

	guard(rcu)();
	reuse = rcu_dereference(sk->sk_reuseport_cb);
	return reuse && rcu_access_pointer(reuse->prog);
}

static const char *bad_udp(struct sock *sk)
{
	const struct udp_sock *up = udp_sk(sk);

	if (up->encap_type || READ_ONCE(up->encap_rcv))
		return "that is the end of a tunnel (UDP_ENCAP)";
	if (up->pending || !skb_queue_empty(&sk->sk_write_queue))
		return "with a part of a datagram that is not complete (UDP_CORK, MSG_MORE)";
	if (!skb_queue_empty_lockless(&sk->sk_error_queue))
		return "with errors to be read (IP_RECVERR)";
	if (ckpt_has_odd_group(sk))
		return "in a group of which it hears some senders alone, or an anycast group";
	if (has_group_program(sk))
		return "with a program that chooses among an SO_REUSEPORT group";
	if (has_flow_label(sk))
		return "that is connected with a flow label";
	return NULL;
}

static bool leads_to(const struct sock *sk, const struct sock *peer)
{
	if (sk->sk_family != peer->sk_family || sk->sk_dport != inet_sk(peer)->inet_sport)
		return false;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return ipv6_addr_equal(&sk->sk_v6_daddr, &peer->sk_v6_rcv_saddr);
#endif
	return sk->sk_daddr == peer->sk_rcv_saddr;
}

/* Connected with another one of the tree, and that with it */
static bool is_inside(struct ckpt_ctx *ctx, const struct sock *sk)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_SOCK) {
		const struct sock *peer = seen->ptr;

		if (peer != sk && is_udp(peer) && sk->sk_dport &&
		    leads_to(sk, peer) && leads_to(peer, sk))
			return true;
	}
	return false;
}

/* What was a standard descriptor's way out is the restarter's, as ever. */
static bool udp_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct socket *sock = sock_from_file(ptr);
	const struct ckpt_seen *seen;

	if (!sock || !sock->sk || !is_udp(sock->sk))
		return false;
	seen = ckpt_seen_find(ctx, sock->sk);
	return seen && (seen->std < 0 || is_inside(ctx, sock->sk));
}

static int udp_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_from_file(file)->sk;
	int err = ckpt_check_socket_file(ctx, file, "a UDP socket");
	const char *bad;

	if (err)
		return err;
	bad = bad_udp(sk);
	if (bad)
		return ckpt_cannot_save(ctx, "a UDP socket %s", bad);
	return ckpt_check_udp_messages(ctx, sk);
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(udp_file) = {
	.name		= "udp_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= udp_match,
	.check_object	= udp_check,
	.save_object	= ckpt_save_socket_file,
};

/* -- whom it is connected with ------------------------------------------------------------ */

static const struct ckpt_kind ckpt_kind_udp;

static int save_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct ckpt_rec_udp rec = {
		.dropped = atomic_read(&sk->sk_drops),
		.stamp_ns = ktime_to_ns(sock_read_timestamp(sk)),
	};

	if (sk->sk_state == TCP_ESTABLISHED) {
		rec.flags |= CKPT_UDP_CONNECTED;
		rec.port = ntohs(inet_sk(sk)->inet_dport);
		ckpt_inet_bytes(sk, true, rec.address);
	}
	return ckpt_emit(ctx, &ckpt_kind_udp, ckpt_known_id(ctx, sk, &ckpt_class_socket), &rec,
			 NULL, 0);
}

static int udp_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_udp, save_one);
}

static int udp_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_udp *data = item->data;
	const bool connected = data->flags & CKPT_UDP_CONNECTED;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET)
		return ckpt_fail(ctx, -EINVAL, "a connection of UDP is of what is no internet socket");
	if (data->flags & ~CKPT_UDP_CONNECTED || data->port > U16_MAX ||
	    (!connected && (data->port || memchr_inv(data->address, 0, sizeof(data->address)))))
		return ckpt_fail(ctx, -EINVAL, "the connection of a UDP socket is malformed");
	return 0;
}

/**
 * ckpt_connect_again - restart: connect a socket of datagrams, as connect(2) does
 * @ctx: the call
 * @made: the socket, which has a file
 * @bytes: the address of its peer
 * @port: the port of its peer
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_connect_again(struct ckpt_ctx *ctx, struct ckpt_socket *made, const u8 *bytes, u32 port)
{
	struct socket *sock = made->sk->sk_socket;
	union ckpt_inet_address address;
	int len = ckpt_inet_address(inet_rec(made)->family, bytes, port, &address);
	const struct cred *old = override_creds(made->who);
	int err = security_socket_connect(sock, &address.any, len);

	if (!err)
		err = sock->ops->connect(sock, &address.any, len, 0);
	revert_creds(old);
	if (err)
		return ckpt_fail(ctx, err, "a socket of datagrams cannot be connected with %pISpc again (error %d)",
				 &address, -err);
	return 0;
}

static int udp_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_udp *data = item->data;

	if (!made || !is_udp_rec(inet_rec(made)) ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->address))
		return ckpt_fail(ctx, -EINVAL, "an internet socket cannot have such a connection");
	atomic_set(&made->sk->sk_drops, data->dropped);
	sock_write_timestamp(made->sk, ns_to_ktime(data->stamp_ns));
	return data->flags & CKPT_UDP_CONNECTED ?
	       ckpt_connect_again(ctx, made, data->address, data->port) : 0;
}

CHECKPOINT_KIND(udp) = {
	.name		= "udp",
	.type		= CKPT_REC_UDP,
	.size		= sizeof(struct ckpt_rec_udp),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.save		= udp_save,
	.validate	= udp_validate,
	.restore	= udp_restore,
};
