// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the numbers of TCP connections with somebody outside, and what becomes of
 * those at a restart, see DOC: kept TCP connections.
 */
#include <linux/user_namespace.h>
#include <net/tcp.h>
#include "inet.h"

static const struct ckpt_kind ckpt_kind_tcp_kept;

/**
 * ckpt_emit_tcp_kept - save by what a connection is known outside
 * @ctx: the call
 * @id: the socket's object
 * @rec: its record
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_emit_tcp_kept(struct ckpt_ctx *ctx, u32 id, struct ckpt_rec_tcp_kept *rec)
{
	return ckpt_emit(ctx, &ckpt_kind_tcp_kept, id, rec, NULL, 0);
}

/* -- validate ------------------------------------------------------------------------------ */

/* As much as both queues may have, and no number is half-way round from another */
static bool valid_numbers(const struct ckpt_rec_tcp_kept *kept)
{
	return !before(kept->snd_nxt, kept->snd_una) && !before(kept->write_seq, kept->snd_nxt) &&
	       kept->write_seq - kept->snd_una <= INT_MAX / 2 &&
	       (!(kept->flags & CKPT_TCP_KEPT_END_TAKEN) || kept->write_seq == kept->snd_una) &&
	       !after(kept->rcv_wup, kept->rcv_nxt) &&
	       kept->rcv_nxt - kept->rcv_wup <= MAX_TCP_WINDOW << TCP_MAX_WSCALE;
}

static bool valid_windows(const struct ckpt_rec_tcp_kept *kept)
{
	const u32 most = U16_MAX << TCP_MAX_WSCALE;

	return kept->rcv_wnd <= most && kept->max_window <= most &&
	       kept->snd_wnd <= kept->max_window && kept->snd_wscale <= TCP_MAX_WSCALE &&
	       kept->rcv_wscale <= TCP_MAX_WSCALE &&
	       !after(kept->snd_wl1, kept->rcv_nxt + kept->rcv_wnd) &&
	       kept->mss_clamp >= TCP_MIN_MSS && kept->mss_clamp <= U16_MAX;
}

static int kept_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tcp_kept *kept = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET ||
	    kept->flags & ~(CKPT_TCP_KEPT_ENDED | CKPT_TCP_KEPT_END_TAKEN) ||
	    kept->flags == (CKPT_TCP_KEPT_ENDED | CKPT_TCP_KEPT_END_TAKEN) ||
	    !valid_numbers(kept) || !valid_windows(kept))
		return ckpt_fail(ctx, -EINVAL, "the numbers of a TCP connection are malformed");
	return 0;
}

/* -- restore ------------------------------------------------------------------------------- */

static const struct ckpt_rec_tcp_kept *find_numbers(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_item *item = ckpt_find_record(ctx, id, CKPT_REC_TCP_KEPT);

	return item ? item->data : NULL;
}

/* Who may choose numbers and addresses, as for TCP_REPAIR */
static bool may_choose(const struct ckpt_ctx *ctx, const struct ckpt_socket *made)
{
	return !ckpt_ceiling(ctx) && ns_capable(sock_net(made->sk)->user_ns, CAP_NET_ADMIN);
}

static int fail_peer(struct ckpt_ctx *ctx, const struct ckpt_socket *made,
		     const struct ckpt_rec_tcp *data, int err)
{
	union ckpt_inet_address address;

	ckpt_inet_address(inet_rec(made)->family, data->peer_address, data->peer_port, &address);
	if (err == -EBUSY)
		return ckpt_fail(ctx, err, "a TCP connection with %pISpc is taken over by another restart",
				 &address);
	if (err == -EAGAIN)
		return ckpt_fail(ctx, err, "the time of the TCP connection with %pISpc is over just now",
				 &address);
	if (err == -EACCES)
		return ckpt_fail(ctx, err, "a security module keeps the caller from the TCP connection with %pISpc",
				 &address);
	if (err == -EINVAL)
		return ckpt_fail(ctx, err, "a TCP connection that is kept is not the one with %pISpc",
				 &address);
	return ckpt_fail(ctx, -EPERM, err == -EPERM ?
			 "the TCP connection with %pISpc is kept for another user" :
			 "the TCP connection with %pISpc is not kept here, or not any more: to go on with it needs CAP_NET_ADMIN",
			 &address);
}

/**
 * ckpt_tcp_share_with_kept - restart: have a socket bound in spite of what is kept
 * @made: the socket, of any protocol
 * @port: its port
 *
 * Connections that it had accepted, and that it gets again, have the port too.
 *
 * Return: for ckpt_tcp_shared_with_kept(), which is called when it is bound
 */
unsigned char ckpt_tcp_share_with_kept(struct ckpt_socket *made, u32 port)
{
	const unsigned char reuse = made->sk->sk_reuse;
	const kuid_t uid = made->who->fsuid;

	if (port && sk_is_tcp(made->sk) && ckpt_tcp_beside_kept(made->sk, port, uid) &&
	    (!inet_sk(made->sk)->inet_num || !ckpt_tcp_beside_others(made->sk, uid)))
		made->sk->sk_reuse = SK_FORCE_REUSE;
	return reuse;
}

/**
 * ckpt_tcp_shared_with_kept - restart: a socket has been bound in spite of what is kept
 * @made: the socket
 * @reuse: what ckpt_tcp_share_with_kept() has returned
 *
 * In spite of that alone: others, also those that came meanwhile, count as ever.
 *
 * Return: 0 or -EADDRINUSE
 */
int ckpt_tcp_shared_with_kept(struct ckpt_socket *made, unsigned char reuse)
{
	const bool forced = made->sk->sk_reuse != reuse;

	made->sk->sk_reuse = reuse;
	return forced && ckpt_tcp_beside_others(made->sk, made->who->fsuid) ? -EADDRINUSE : 0;
}

static void forget(struct ckpt_socket *made)
{
	ckpt_tcp_forget(made->sk, TCP_ESTABLISHED);
}

/*
 * Until the commit it takes nothing, for there may be none; and so it hears nothing from before it
 * is connected: what is received would be acknowledged, and lost if it was not for long.
 */
static int connect_silent(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			  const struct ckpt_rec_tcp *data, const struct ckpt_rec_tcp_kept *kept)
{
	struct sk_filter *filter;
	int err;

	lock_sock(made->sk);
	filter = ckpt_mute(made->sk);
	release_sock(made->sk);
	if (!filter)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a TCP connection that is silent");
	err = ckpt_tcp_connect_end(ctx, made, data);
	if (!err && ckpt_tcp_hush_made(made->sk, kept))
		err = ckpt_fail(ctx, -EAGAIN, "a TCP connection changes while it is made again; try again");
	lock_sock(made->sk);
	ckpt_unmute(made->sk, filter);
	release_sock(made->sk);
	return err;
}

/* It is not kept, as after a reboot or on another machine. */
static int connect_outside(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			   const struct ckpt_rec_tcp *data, const struct ckpt_rec_tcp_kept *kept)
{
	u32 unread;
	int err;

	if (!may_choose(ctx, made))
		return fail_peer(ctx, made, data, -ENOENT);
	unread = ckpt_tcp_prepare(made->sk);
	ckpt_tcp_number(made->sk, kept);
	err = connect_silent(ctx, made, data, kept);
	if (err)
		return err;
	made->unkeep = forget;
	ckpt_tcp_join(made->sk, NULL, data, unread, inet_rec(made));
	ckpt_tcp_join_outside(made->sk, kept);
	return 0;
}

/**
 * ckpt_tcp_restore_outside - restart: an end of a connection with somebody outside
 * @ctx: the call
 * @made: its socket
 * @data: its record
 * @id: its object
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_tcp_restore_outside(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			     const struct ckpt_rec_tcp *data, u32 id)
{
	const struct ckpt_rec_tcp_kept *kept = find_numbers(ctx, id);
	int err;

	if (!kept || inet_rec(made)->flags & CKPT_INET_PENDING ||
	    !ckpt_tcp_can_be_end(ctx, made, data))
		return ckpt_fail(ctx, -EINVAL, "a TCP socket cannot be the end of a connection with somebody outside");
	err = ckpt_tcp_claim(made, data, kept->cookie);
	if (err == -ENOENT)
		return connect_outside(ctx, made, data, kept);
	return err ? fail_peer(ctx, made, data, err) : 0;
}

/**
 * ckpt_tcp_finish_outside - restart: a connection with somebody outside goes on
 * @ctx: the call, which is committed
 * @made: its socket
 * @data: its record
 * @id: its object
 *
 * Context: may sleep.
 */
void ckpt_tcp_finish_outside(struct ckpt_ctx *ctx, struct ckpt_socket *made,
			     const struct ckpt_rec_tcp *data, u32 id)
{
	const struct ckpt_rec_tcp_kept *kept = find_numbers(ctx, id);

	if (made->kept) {
		ckpt_tcp_take_over(made);
		return;
	}
	made->unkeep = NULL;
	ckpt_tcp_start_outside(made->sk, data, kept);
	ckpt_tcp_push(made->sk);
	if (kept->flags & CKPT_TCP_KEPT_END_TAKEN)
		ckpt_tcp_shut_down(made->sk, data->flags & ~CKPT_TCP_SHUT_WRITE);
	else
		ckpt_tcp_shut_down(made->sk, data->flags);
}

CHECKPOINT_KIND(tcp_kept) = {
	.name		= "tcp_kept",
	.type		= CKPT_REC_TCP_KEPT,
	.size		= sizeof(struct ckpt_rec_tcp_kept),
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.validate	= kept_validate,
};
