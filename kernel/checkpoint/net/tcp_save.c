// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: how connections of TCP are saved, see DOC: TCP.
 */
#include <linux/slab.h>
#include <net/tcp.h>
#include "inet.h"

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
	if (err == -EBUSY)
		return ckpt_fail(ctx, err, "a time stamp of what a TCP connection has sent is to come (SO_TIMESTAMPING); try again");
	return ckpt_fail(ctx, err, err == -ENOMEM ? "no memory for the data of a TCP connection" :
			 "a TCP connection changes just now; try again");
}

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
		err = ckpt_emit_tcp(ctx, ids[i], &ends[i].rec);
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
	if (both->sk->sk_state == TCP_CLOSE)
		err = -EAGAIN;
	else if (done)
		err = ckpt_tcp_get_received(both->sk, &ends[0].received);
	else
		err = get_end(both->sk, peer, &ends[0]);
	if (!err && peer)
		err = ckpt_tcp_get_unsent(peer, both->sk, &ends[0].received);
	unlock_both(both);
	ends[0].rec.flags &= ~CKPT_TCP_SHUT_READ;
	if (done)
		ends[0].rec.flags = CKPT_TCP_ENDED;
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

/* With CHECKPOINT_KEEP; what came is in the image, or it is dropped and comes again */
static int save_kept(struct ckpt_ctx *ctx, struct sock *sk, u32 id)
{
	struct ckpt_rec_tcp_kept rec = {};
	struct both both = { .sk = sk };
	struct end ends[2] = {};
	union ckpt_inet_address address;
	struct ckpt_kept *kept;
	int err = -EAGAIN;

	kept = ckpt_tcp_new_kept(ctx, sk, rec.cookie);
	if (IS_ERR(kept))
		return PTR_ERR(kept);
	if (ckpt_settle(lock_both, ctx, &both)) {
		if (sk->sk_state != TCP_CLOSE)
			err = get_end(sk, NULL, &ends[0]);
		ckpt_tcp_get_numbers(sk, &rec);
		ends[0].rec.flags |= CKPT_TCP_OUTSIDE;
		err = err ?: ckpt_tcp_keep(ctx, kept);
		unlock_both(&both);
	}
	if (err) {
		ckpt_tcp_keep_not(kept);
		err = fail_bytes(ctx, err);
	} else {
		ckpt_tcp_peer_address(sk, &address);
		ckpt_note(ctx, "fd %d: a TCP connection with %pISpc is silent until the restart, for %u seconds at most",
			  ckpt_files(ctx)->fd, &address, ctx->save->keep_seconds);
		err = ckpt_emit_tcp_kept(ctx, id, &rec) ?: emit_ends(ctx, ends, &id, 1);
	}
	free_ends(ends);
	return err;
}

/* With CHECKPOINT_CLOSE; what waits to be accepted is not in the image at all */
static int save_outside(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct both both = { .sk = sk };
	union ckpt_inet_address address;
	u32 id;
	int err;

	ckpt_tcp_peer_address(sk, &address);
	if (!sk->sk_socket) {
		ckpt_note(ctx, "fd %d: a TCP connection with %pISpc that waits to be accepted is not in the image",
			  ckpt_files(ctx)->fd, &address);
		return 0;
	}
	err = ckpt_save_object(ctx, &ckpt_class_socket, sk, &id);
	if (err)
		return err;
	ckpt_note(ctx, "fd %d: a TCP connection with %pISpc, which is not in the tree, has ended in the image",
		  ckpt_files(ctx)->fd, &address);
	return save_left(ctx, &both, id, true);
}

static int save_state(struct ckpt_ctx *ctx, struct sock *sk, struct sock *peer,
		      enum ckpt_tcp_state state)
{
	/* A FIN may have made what was a socket a mere reminder of one. */
	struct both both = { .sk = sk, .peer = peer && sk_fullsock(peer) ? peer : NULL };
	u32 ids[2];
	int err;

	if (state == CKPT_TCP_IS_OUTSIDE && ckpt_tcp_closes(ctx))
		return save_outside(ctx, sk);
	/* What waited to be accepted was broken off since it was looked at. */
	if (state == CKPT_TCP_IS_FREE && !sk->sk_socket)
		return fail_bytes(ctx, -EAGAIN);
	err = ckpt_save_object(ctx, &ckpt_class_socket, sk, &ids[0]);
	if (!err && !sk->sk_socket)
		err = ckpt_tcp_note_pending(ctx, sk);
	if (err)
		return err;
	if (state == CKPT_TCP_IS_FREE)
		return save_free(ctx, sk, ids[0]);
	if (state == CKPT_TCP_IS_OUTSIDE && ckpt_tcp_keeps(ctx) && sk->sk_socket)
		return save_kept(ctx, sk, ids[0]);
	if (state == CKPT_TCP_IS_LEFT || state == CKPT_TCP_IS_DONE)
		return save_left(ctx, &both, ids[0], state == CKPT_TCP_IS_DONE);
	if (state != CKPT_TCP_IS_PAIR)
		return fail_bytes(ctx, -EAGAIN);
	err = ckpt_save_object(ctx, &ckpt_class_socket, peer, &ids[1]);
	/* One tells of both, that which waits to be accepted: in whose order they wait. */
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

/**
 * ckpt_save_tcp - save all connections of the tree
 * @ctx: the call
 * @kind: that of the ends of connections
 * @t: nobody
 *
 * Those that wait to be accepted come first, in their order.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_tcp(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_tcp, save_pending) ?:
	       ckpt_visit_sockets(ctx, is_tcp, save_one);
}
