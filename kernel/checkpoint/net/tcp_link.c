// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: connections of TCP.
 */
#include <linux/cred.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <net/tcp.h>
#include "inet.h"

/**
 * DOC: TCP
 *
 * Sockets of IPv4 and IPv6 that are not connected, that listen, and connections whose both ends
 * are in the tree.
 *
 * Both ends are looked at at once, and nothing is received meanwhile.  What one end has sent is
 * with the other one, or it is still to be sent: what was on its way, came out of order or waits
 * to be looked at is sent again.  So it does not matter what either has told the other, and
 * the connection that a restart makes is a new one, with the old one's addresses and numbers
 * that the kernel chooses.
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
 * Refused: a connection with somebody outside; with itself; one that is just being made or
 * ended.  At a restart addresses that another connection has.
 *
 * Immaterial: the counters of TCP_INFO begin anew.  A SYN under way is sent again by who sent
 * it.
 */

/* -- save ---------------------------------------------------------------------------------- */

/* Both ends at once, or one whose peer is gone */
struct both {
	struct sock *sk;
	struct sock *peer;
};

static bool lock_both(struct ckpt_ctx *ctx, void *arg)
{
	struct both *both = arg;

	if (!ckpt_tcp_trylock(both->sk, 0))
		return false;
	if (!both->peer || ckpt_tcp_trylock(both->peer, SINGLE_DEPTH_NESTING))
		return true;
	release_sock(both->sk);
	return false;
}

static void unlock_both(struct both *both)
{
	if (both->peer)
		release_sock(both->peer);
	release_sock(both->sk);
}

static int fail_bytes(struct ckpt_ctx *ctx, int err)
{
	return ckpt_fail(ctx, err, err == -ENOMEM ? "no memory for the data of a TCP connection" :
			 "a TCP connection changes just now; try again");
}

static const struct ckpt_kind ckpt_kind_tcp;

/* An end, and what it has received; what is to be sent comes behind its peer's */
struct end {
	struct ckpt_rec_tcp rec;
	struct ckpt_bytes received;
	struct ckpt_bytes unsent;
};

static int get_end(struct sock *sk, struct sock *peer, struct end *end)
{
	ckpt_tcp_get_end(sk, peer, &end->rec);
	end->rec.name = ckpt_inet_name_flags(sk);
	ckpt_inet_bytes(sk, false, end->rec.address);
	ckpt_inet_bytes(sk, true, end->rec.peer_address);
	return ckpt_tcp_get_received(sk, &end->received) ?:
	       ckpt_tcp_get_unsent(sk, peer, &end->unsent);
}

static void free_ends(struct end *ends)
{
	int i;

	for (i = 0; i < 2; i++) {
		kvfree(ends[i].received.data);
		kvfree(ends[i].unsent.data);
	}
}

static int emit_ends(struct ckpt_ctx *ctx, struct end *ends, const u32 *ids, int nr)
{
	int i, err = 0;

	for (i = 0; i < nr && !err; i++)
		err = ckpt_save_tcp_data(ctx, &ends[i].received, 0, ids[i]);
	for (i = 0; i < nr && !err; i++)
		err = ckpt_emit(ctx, &ckpt_kind_tcp, ids[i], &ends[i].rec, NULL, 0);
	for (i = 0; i < nr && !err; i++)
		err = ckpt_save_tcp_data(ctx, &ends[i].unsent, CKPT_TCP_DATA_SEND, ids[i]);
	return err;
}

static int find_listener(struct ckpt_ctx *ctx, struct sock *sk, u32 *id)
{
	struct sock *listener = sk->sk_socket ? NULL : ckpt_tcp_listener(ctx, sk);

	if (listener)
		*id = ckpt_known_id(ctx, listener, &ckpt_class_socket);
	return sk->sk_socket || *id ? 0 : fail_bytes(ctx, -EAGAIN);
}

static int save_pair(struct ckpt_ctx *ctx, struct both *both, const u32 *ids)
{
	struct end ends[2] = {};
	int err;

	if (!ckpt_settle(lock_both, ctx, both))
		return fail_bytes(ctx, -EAGAIN);
	if (both->sk->sk_state == TCP_CLOSE || both->peer->sk_state == TCP_CLOSE)
		err = -EAGAIN;
	else
		err = get_end(both->sk, both->peer, &ends[0]) ?:
		      get_end(both->peer, both->sk, &ends[1]);
	unlock_both(both);
	ends[0].rec.peer = ids[1];
	ends[1].rec.peer = ids[0];
	if (err)
		err = fail_bytes(ctx, err);
	else
		err = find_listener(ctx, both->sk, &ends[0].rec.listener) ?:
		      find_listener(ctx, both->peer, &ends[1].rec.listener) ?:
		      emit_ends(ctx, ends, ids, 2);
	free_ends(ends);
	return err;
}

/* What the peer has still to send is as if it had come. */
static int save_left(struct ckpt_ctx *ctx, struct both *both, u32 id, bool done)
{
	struct end ends[2] = {};
	struct sock *peer;
	int err;

	if (!ckpt_settle(lock_both, ctx, both))
		return fail_bytes(ctx, -EAGAIN);
	peer = both->peer && ckpt_tcp_fits(both->sk, both->peer) ? both->peer : NULL;
	err = both->sk->sk_state == TCP_CLOSE ? -EAGAIN : get_end(both->sk, peer, &ends[0]);
	if (!err && peer)
		err = ckpt_tcp_get_unsent(peer, both->sk, &ends[0].received);
	unlock_both(both);
	ends[0].rec.flags &= ~CKPT_TCP_SHUT_READ;
	if (done) {
		ends[0].rec = (struct ckpt_rec_tcp) { .flags = CKPT_TCP_ENDED };
		ends[0].unsent.len = 0;
	}
	err = err ? fail_bytes(ctx, err) : find_listener(ctx, both->sk, &ends[0].rec.listener) ?:
		    emit_ends(ctx, ends, &id, 1);
	free_ends(ends);
	return err;
}

/* What a connection that has ended has left to be read */
static int save_free(struct ckpt_ctx *ctx, struct sock *sk, u32 id)
{
	struct both both = { .sk = sk };
	struct ckpt_bytes bytes = {};
	int err;

	if (sk->sk_state != TCP_CLOSE || skb_queue_empty(&sk->sk_receive_queue))
		return 0;
	if (!ckpt_settle(lock_both, ctx, &both))
		return fail_bytes(ctx, -EAGAIN);
	err = ckpt_tcp_get_received(sk, &bytes);
	unlock_both(&both);
	err = err ? fail_bytes(ctx, err) : ckpt_save_tcp_data(ctx, &bytes, 0, id);
	kvfree(bytes.data);
	return err;
}

static int save_state(struct ckpt_ctx *ctx, struct sock *sk, struct sock *peer,
		      enum ckpt_tcp_state state)
{
	/* A FIN may have made what was a socket a mere reminder of one. */
	struct both both = { .sk = sk, .peer = peer && sk_fullsock(peer) ? peer : NULL };
	u32 ids[2];
	int err = ckpt_save_object(ctx, &ckpt_class_socket, sk, &ids[0]);

	if (err)
		return err;
	if (state == CKPT_TCP_IS_FREE)
		return save_free(ctx, sk, ids[0]);
	if (state == CKPT_TCP_IS_LEFT || state == CKPT_TCP_IS_DONE)
		return save_left(ctx, &both, ids[0], state == CKPT_TCP_IS_DONE);
	if (state != CKPT_TCP_IS_PAIR)
		return fail_bytes(ctx, -EAGAIN);
	err = ckpt_save_object(ctx, &ckpt_class_socket, peer, &ids[1]);
	/* One of the two tells of both, that which waits to be accepted: in whose order they wait. */
	if (err || !peer->sk_socket || (sk->sk_socket && ids[1] < ids[0]))
		return err;
	return save_pair(ctx, &both, ids);
}

static int save_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *peer;
	enum ckpt_tcp_state state = ckpt_tcp_state(ctx, sk, &peer);
	int err = save_state(ctx, sk, peer, state);

	if (peer)
		sock_gen_put(peer);
	return err;
}

static bool is_tcp(const struct sock *sk)
{
	return sk_is_tcp(sk);
}

static int save_pending(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_tcp_pending(ctx, sk, save_one);
}

/* Those that wait to be accepted in their order, and before them who is their peer */
static int tcp_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_tcp, save_pending) ?:
	       ckpt_visit_sockets(ctx, is_tcp, save_one);
}

/* -- validate ------------------------------------------------------------------------------ */

#define KNOWN_FLAGS	(CKPT_TCP_SHUT_READ | CKPT_TCP_SHUT_WRITE | CKPT_TCP_TIMESTAMPS | \
			 CKPT_TCP_SACK | CKPT_TCP_WINDOW_SCALE | CKPT_TCP_ECN)
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
	       (data->peer || !(data->flags & (CKPT_TCP_SHUT_READ | CKPT_TCP_SHUT_WRITE)));
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

static bool can_be_end(struct ckpt_ctx *ctx, const struct ckpt_socket *made,
		       const struct ckpt_rec_tcp *data)
{
	const struct ckpt_socket *listener = data->listener ?
		ckpt_object(ctx, data->listener, &ckpt_class_socket) : NULL;

	if (!ckpt_tcp_can_join(made->sk) ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->address) ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->peer_address) ||
	    !(inet_rec(made)->flags & CKPT_INET_PENDING) != !data->listener)
		return false;
	return !data->listener ||
	       (listener && sk_is_tcp(listener->sk) && listener->sk->sk_state == TCP_LISTEN);
}

/* In the name of who made it, or of who has the port where it was accepted */
static int connect_end(struct ckpt_ctx *ctx, struct ckpt_socket *made,
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
		      sock->ops->connect(sock, &address.any, len, O_NONBLOCK);
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

	if (!can_be_end(ctx, made, data) || !can_be_end(ctx, peer, its))
		return ckpt_fail(ctx, -EINVAL, "a TCP socket cannot be the end of a connection");
	unread = ckpt_tcp_prepare(made->sk);
	its_unread = ckpt_tcp_prepare(peer->sk);
	ckpt_tcp_pair(made->sk, peer->sk);
	ckpt_tcp_pair(peer->sk, made->sk);
	err = connect_end(ctx, made, data) ?: connect_end(ctx, peer, its);
	if (err)
		return err;
	ckpt_tcp_join(made->sk, peer->sk, data, unread, inet_rec(made)->error);
	ckpt_tcp_join(peer->sk, made->sk, its, its_unread, inet_rec(peer)->error);
	return queue_up(ctx, made, data) ?: queue_up(ctx, peer, its);
}

/* Nobody answers any more, as its peer was closed: that has to be on this machine, as it was. */
static int connect_left(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			const struct ckpt_rec_tcp *data)
{
	u32 unread;
	int err;

	if (!can_be_end(ctx, made, data))
		return ckpt_fail(ctx, -EINVAL, "a TCP socket cannot be the end of a connection");
	unread = ckpt_tcp_prepare(made->sk);
	err = connect_end(ctx, made, data);
	if (err)
		return err;
	if (!ckpt_tcp_is_local(made->sk))
		return ckpt_fail(ctx, -EADDRNOTAVAIL, "a TCP connection was with an address that this machine does not have any more");
	ckpt_tcp_join(made->sk, NULL, data, unread, inet_rec(made)->error);
	return queue_up(ctx, made, data);
}

static int tcp_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_tcp *data = item->data;
	const struct ckpt_item *its;
	struct ckpt_socket *peer;

	if (!made)
		return ckpt_fail(ctx, -EINVAL, "a TCP socket was not made");
	if (data->flags & CKPT_TCP_ENDED) {
		if (!ckpt_tcp_can_join(made->sk) || inet_rec(made)->flags & CKPT_INET_PENDING)
			return ckpt_fail(ctx, -EINVAL, "a TCP socket cannot have ended");
		ckpt_tcp_set_done(made->sk);
		return 0;
	}
	if (!data->peer)
		return connect_left(ctx, made, data);
	peer = ckpt_object(ctx, data->peer, &ckpt_class_socket);
	its = ckpt_find_record(ctx, data->peer, CKPT_REC_TCP);
	if (!peer || !its || !do_fit(made, data, peer, its->data, item->object))
		return ckpt_fail(ctx, -EINVAL, "the two ends of a TCP connection do not fit");
	/* The first of the two has connected both. */
	if (made->sk->sk_state == TCP_ESTABLISHED)
		return 0;
	return connect_pair(ctx, made, data, peer, its->data);
}

static void shut_down(struct sock *sk, u32 flags)
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
	ckpt_tcp_start(made->sk, data);
	if (data->peer) {
		peer = ckpt_object(ctx, data->peer, &ckpt_class_socket);
		its = ckpt_find_record(ctx, data->peer, CKPT_REC_TCP);
		ckpt_tcp_start(peer->sk, its->data);
	}
	ckpt_tcp_push(made->sk);
	shut_down(made->sk, data->flags);
}

CHECKPOINT_KIND(tcp) = {
	.name		= "tcp",
	.type		= CKPT_REC_TCP,
	.size		= sizeof(struct ckpt_rec_tcp),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.save		= tcp_save,
	.validate	= tcp_validate,
	.restore	= tcp_restore,
	.finish		= tcp_finish,
};
