// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: connections of TCP.
 */
#include <linux/cred.h>
#include <linux/security.h>
#include <net/tcp.h>
#include "inet.h"

/**
 * DOC: TCP
 *
 * Sockets of IPv4 and IPv6 that are not connected, that listen, and connections whose both ends
 * are in the tree.
 *
 * Both ends are looked at in one moment, and nothing is received meanwhile.  What one end has
 * sent is with the other one, or it is still to be sent: what was on its way, came out of order
 * or waits to be looked at is sent again.  So it does not matter what either has told the other,
 * and it goes on while the tree is held.  The connection that a restart makes is a new one, with
 * the old one's addresses and numbers that the kernel chooses.
 *
 * Preserved: what was received and not read, and what is to be sent; the urgent byte; what
 * shutdown(2) has ended, at either side; a peer that is closed, with what it had still to send;
 * connections that wait to be accepted, with what they hold; errors that were not reported; what
 * both ends have agreed on (timestamps, SACK, window scaling, ECN) and the clock of the
 * timestamps; whether bind(2) chose a port.
 *
 * Rebuilt: the window, the congestion window and what was measured of the way begin anew, as do
 * the clocks of retransmission, keepalive and TCP_USER_TIMEOUT.  A process that waits to send,
 * receive or accept asks again.
 *
 * Substituted: with CHECKPOINT_CLOSE a connection with somebody outside comes back as one that
 * has ended: what was received can be read, and then its end; that is reported.
 *
 * Refused: a connection with somebody outside, else (see kept TCP connections); with itself; one
 * that is just being made or ended.  At a restart addresses that another connection has.
 *
 * Immaterial: the counters of TCP_INFO begin anew.  A SYN under way is sent again by who sent
 * it.
 */

/* -- save ---------------------------------------------------------------------------------- */

static const struct ckpt_kind ckpt_kind_tcp;

/**
 * ckpt_emit_tcp - save the end of a connection
 * @ctx: the call
 * @id: the socket's object
 * @rec: its record
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_emit_tcp(struct ckpt_ctx *ctx, u32 id, struct ckpt_rec_tcp *rec)
{
	return ckpt_emit(ctx, &ckpt_kind_tcp, id, rec, NULL, 0);
}

/* -- validate ------------------------------------------------------------------------------ */

#define KNOWN_FLAGS	(CKPT_TCP_SHUT_READ | CKPT_TCP_SHUT_WRITE | CKPT_TCP_TIMESTAMPS | \
			 CKPT_TCP_SACK | CKPT_TCP_WINDOW_SCALE | CKPT_TCP_ECN | \
			 CKPT_TCP_OUTSIDE)
#define AGREED_FLAGS	(CKPT_TCP_TIMESTAMPS | CKPT_TCP_SACK | CKPT_TCP_WINDOW_SCALE | \
			 CKPT_TCP_ECN)

static bool valid_end(const struct ckpt_rec_tcp *data)
{
	const struct ckpt_rec_tcp ended = { .flags = CKPT_TCP_ENDED };

	if (data->flags & CKPT_TCP_ENDED)
		return !memcmp(data, &ended, sizeof(ended));
	return !(data->flags & ~KNOWN_FLAGS) && data->advmss <= U16_MAX &&
	       !(data->name & ~(CKPT_INET_NAME_ADDRESS | CKPT_INET_NAME_PORT)) &&
	       data->port && data->port <= U16_MAX && data->peer_port &&
	       data->peer_port <= U16_MAX && data->urgent <= 0x101 &&
	       (data->urgent || !data->urgent_at) &&
	       (!data->listener || !(data->flags & (CKPT_TCP_SHUT_READ | CKPT_TCP_SHUT_WRITE))) &&
	       (!(data->flags & CKPT_TCP_OUTSIDE) || (!data->peer && !data->listener)) &&
	       (data->peer || data->flags & CKPT_TCP_OUTSIDE ||
		!(data->flags & (CKPT_TCP_SHUT_READ | CKPT_TCP_SHUT_WRITE)));
}

/* Whether two ends fit is seen when they are connected. */
static int tcp_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tcp *data = item->data;

	if (!valid_end(data))
		return ckpt_fail(ctx, -EINVAL, "the end of a TCP connection is malformed");
	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET ||
	    (data->peer && ckpt_defining_type(ctx, data->peer) != CKPT_REC_INET) ||
	    (data->listener && ckpt_defining_type(ctx, data->listener) != CKPT_REC_INET))
		return ckpt_fail(ctx, -EINVAL, "a TCP connection is of what is no internet socket");
	return 0;
}

/* -- restore ------------------------------------------------------------------------------- */

/*
 * An address of IPv4 as one of IPv6, for either end may be of either; see
 * ipv6_addr_set_v4mapped()
 */
static void as_ipv6(const struct ckpt_socket *made, const u8 *bytes, struct in6_addr *address)
{
	__be32 ipv4;

	if (inet_rec(made)->family == AF_INET6) {
		memcpy(address, bytes, sizeof(*address));
		return;
	}
	memcpy(&ipv4, bytes, sizeof(ipv4));
	ipv6_addr_set_v4mapped(ipv4, address);
}

static bool same_address(const struct ckpt_socket *one, const u8 *bytes,
			 const struct ckpt_socket *other, const u8 *its)
{
	struct in6_addr a, b;

	as_ipv6(one, bytes, &a);
	as_ipv6(other, its, &b);
	return ipv6_addr_equal(&a, &b);
}

/* Two ends of one connection, which say the same of it */
static bool do_fit(const struct ckpt_socket *made, const struct ckpt_rec_tcp *data,
		   const struct ckpt_socket *peer, const struct ckpt_rec_tcp *its, u32 id)
{
	return made != peer && its->peer == id && !(its->flags & CKPT_TCP_ENDED) &&
	       data->port == its->peer_port && data->peer_port == its->port &&
	       same_address(made, data->address, peer, its->peer_address) &&
	       same_address(made, data->peer_address, peer, its->address) &&
	       !((data->flags ^ its->flags) & AGREED_FLAGS);
}

/**
 * ckpt_tcp_can_be_end - restart: may a socket become the end of a connection?
 * @ctx: the call
 * @made: the socket
 * @data: its record
 *
 * Return: true if so
 */
bool ckpt_tcp_can_be_end(struct ckpt_ctx *ctx, const struct ckpt_socket *made,
			 const struct ckpt_rec_tcp *data)
{
	const struct ckpt_socket *listener = data->listener ?
		ckpt_object(ctx, data->listener, &ckpt_class_socket) : NULL;

	if (!ckpt_tcp_can_join(made->sk) ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->address) ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->peer_address) ||
	    !(inet_rec(made)->flags & CKPT_INET_PENDING) != !data->listener ||
	    (data->listener && !made->sock))
		return false;
	return !data->listener ||
	       (listener && sk_is_tcp(listener->sk) && listener->sk->sk_state == TCP_LISTEN);
}

/* Under repair, and so without a word.  TCP Fast Open would wait for what is sent first. */
static int connect_now(struct socket *sock, struct sockaddr *address, int len)
{
	struct tcp_sock *tp = tcp_sk(sock->sk);
	const bool fast = tp->fastopen_connect;
	int err;

	tp->fastopen_connect = 0;
	err = sock->ops->connect(sock, address, len, O_NONBLOCK);
	tp->fastopen_connect = fast;
	return err;
}

/**
 * ckpt_tcp_connect_end - restart: an end gets the addresses of its connection
 * @ctx: the call
 * @made: the end, prepared
 * @data: its record
 *
 * In the name of who made it, or of who has the port where it was accepted.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_tcp_connect_end(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			 const struct ckpt_rec_tcp *data)
{
	const u32 family = inet_rec(made)->family;
	const struct ckpt_socket *owner = ckpt_inet_owner(ctx, family, data->address, data->port);
	const struct cred *old = override_creds(owner ? owner->who : made->who);
	struct socket *sock = made->sk->sk_socket;
	unsigned char reuse = made->sk->sk_reuse;
	union ckpt_inet_address address;
	int err, len;

	/*
	 * As those that were accepted share the port with the one that listens, and those for
	 * which connect(2) has chosen one with each other
	 */
	if (owner || (!(data->name & CKPT_INET_NAME_PORT) &&
		      ckpt_tcp_may_share(made->sk, data->port)))
		made->sk->sk_reuse = SK_FORCE_REUSE;
	err = ckpt_inet_bind(ctx, made, data->address, data->port, data->name);
	made->sk->sk_reuse = reuse;
	if (!err) {
		len = ckpt_inet_address(family, data->peer_address, data->peer_port, &address);
		err = security_socket_connect(sock, &address.any, len) ?:
		      connect_now(sock, &address.any, len);
		/* The addresses are those of another connection. */
		if (err == -EADDRNOTAVAIL)
			err = -EADDRINUSE;
	}
	revert_creds(old);
	return err ? ckpt_inet_fail_name(ctx, family, data->address, data->port, err) : 0;
}

/* The order in the image is that in which they wait. */
static int queue_up(struct ckpt_ctx *ctx, struct ckpt_socket *made, const struct ckpt_rec_tcp *data)
{
	const struct ckpt_socket *listener;

	if (!data->listener)
		return 0;
	listener = ckpt_object(ctx, data->listener, &ckpt_class_socket);
	return ckpt_tcp_queue(made, listener->sk) ?
	       ckpt_fail(ctx, -ENOMEM, "no memory for a TCP connection that is not accepted") : 0;
}

static int connect_pair(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			const struct ckpt_rec_tcp *data, struct ckpt_socket *peer,
			const struct ckpt_rec_tcp *its)
{
	u32 unread, its_unread;
	int err;

	if (!ckpt_tcp_can_be_end(ctx, made, data) || !ckpt_tcp_can_be_end(ctx, peer, its))
		return ckpt_fail(ctx, -EINVAL, "a TCP socket cannot be the end of a connection");
	unread = ckpt_tcp_prepare(made->sk);
	its_unread = ckpt_tcp_prepare(peer->sk);
	ckpt_tcp_pair(made->sk, peer->sk);
	ckpt_tcp_pair(peer->sk, made->sk);
	err = ckpt_tcp_connect_end(ctx, made, data) ?: ckpt_tcp_connect_end(ctx, peer, its);
	if (err)
		return err;
	ckpt_tcp_join(made->sk, peer->sk, data, unread, inet_rec(made));
	ckpt_tcp_join(peer->sk, made->sk, its, its_unread, inet_rec(peer));
	return queue_up(ctx, made, data) ?: queue_up(ctx, peer, its);
}

/* Nobody answers any more, as its peer was closed: that has to be on this machine, as it was. */
static int connect_left(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			const struct ckpt_rec_tcp *data)
{
	u32 unread;
	int err;

	if (!ckpt_tcp_can_be_end(ctx, made, data))
		return ckpt_fail(ctx, -EINVAL, "a TCP socket cannot be the end of a connection");
	unread = ckpt_tcp_prepare(made->sk);
	err = ckpt_tcp_connect_end(ctx, made, data);
	if (err)
		return err;
	if (!ckpt_tcp_is_local(made->sk))
		return ckpt_fail(ctx, -EADDRNOTAVAIL, "a TCP connection was with an address that this machine does not have any more");
	ckpt_tcp_join(made->sk, NULL, data, unread, inet_rec(made));
	return queue_up(ctx, made, data);
}

static int tcp_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_tcp *data = item->data;
	const struct ckpt_item *its;
	struct ckpt_socket *peer;

	if (!made || !sk_is_tcp(made->sk))
		return ckpt_fail(ctx, -EINVAL, "a connection of TCP is of what is no socket of TCP");
	if (data->flags & CKPT_TCP_ENDED) {
		if (!ckpt_tcp_can_join(made->sk) || inet_rec(made)->flags & CKPT_INET_PENDING)
			return ckpt_fail(ctx, -EINVAL, "a TCP socket cannot have ended");
		ckpt_tcp_set_done(made->sk);
		return 0;
	}
	if (data->flags & CKPT_TCP_OUTSIDE)
		return ckpt_tcp_restore_outside(ctx, made, data, item->object);
	if (!data->peer)
		return connect_left(ctx, made, data);
	peer = ckpt_object(ctx, data->peer, &ckpt_class_socket);
	its = ckpt_find_record(ctx, data->peer, CKPT_REC_TCP);
	if (!peer || !sk_is_tcp(peer->sk) || !its ||
	    !do_fit(made, data, peer, its->data, item->object))
		return ckpt_fail(ctx, -EINVAL, "the two ends of a TCP connection do not fit");
	/* The first of the two has connected both. */
	if (made->sk->sk_state == TCP_ESTABLISHED)
		return 0;
	return connect_pair(ctx, made, data, peer, its->data);
}

/**
 * ckpt_tcp_shut_down - restart: a connection has what shutdown(2) has ended
 * @sk: its end
 * @flags: CKPT_TCP_*
 *
 * Context: may sleep.
 */
void ckpt_tcp_shut_down(struct sock *sk, u32 flags)
{
	struct socket *sock = sk->sk_socket;

	if (flags & CKPT_TCP_SHUT_READ)
		sock->ops->shutdown(sock, SHUT_RD);
	if (flags & CKPT_TCP_SHUT_WRITE)
		sock->ops->shutdown(sock, SHUT_WR);
}

static void tcp_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket), *peer;
	const struct ckpt_rec_tcp *data = item->data;
	const struct ckpt_item *its;

	if (data->flags & CKPT_TCP_ENDED)
		return;
	if (data->flags & CKPT_TCP_OUTSIDE) {
		ckpt_tcp_finish_outside(ctx, made, data, item->object);
		return;
	}
	ckpt_tcp_start(made->sk, data);
	if (data->peer) {
		peer = ckpt_object(ctx, data->peer, &ckpt_class_socket);
		its = ckpt_find_record(ctx, data->peer, CKPT_REC_TCP);
		ckpt_tcp_start(peer->sk, its->data);
	}
	ckpt_tcp_push(made->sk);
	ckpt_tcp_shut_down(made->sk, data->flags);
}

CHECKPOINT_KIND(tcp) = {
	.name		= "tcp",
	.type		= CKPT_REC_TCP,
	.size		= sizeof(struct ckpt_rec_tcp),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.save		= ckpt_save_tcp,
	.validate	= tcp_validate,
	.restore	= tcp_restore,
	.finish		= tcp_finish,
};
