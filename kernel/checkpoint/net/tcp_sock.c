// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what is read of a TCP socket, see DOC: TCP.  Compiled into
 * net/ipv4/tcp.c, to which its members belong.
 */
#include "../../kernel/checkpoint/net/inet.h"

/**
 * ckpt_tcp_trylock - own a socket, unless somebody else does
 * @sk: the socket; it is given back by release_sock()
 * @subclass: for lockdep: the second of two
 *
 * Context: may sleep while it is owned.
 * Return: false if somebody else owns it
 */
bool ckpt_tcp_trylock(struct sock *sk, int subclass)
{
	bool own;

	spin_lock_bh(&sk->sk_lock.slock);
	own = !sock_owned_by_user_nocheck(sk);
	if (own)
		sk->sk_lock.owned = 1;
	spin_unlock_bh(&sk->sk_lock.slock);
	if (own)
		mutex_acquire(&sk->sk_lock.dep_map, subclass, 1, _RET_IP_);
	return own;
}

static int add_bytes(struct ckpt_bytes *bytes, const struct sk_buff *skb, u32 skip, u32 *room)
{
	const u32 len = skb->len - skip;

	if (len > *room || skb_copy_bits(skb, skip, bytes->data + bytes->len, len))
		return -EAGAIN;
	bytes->len += len;
	*room -= len;
	return 0;
}

/* Return: room for what is in a queue and for @more, behind what there is */
static int make_room(struct ckpt_bytes *bytes, u32 more)
{
	u8 *data = kvmalloc(bytes->len + more, GFP_KERNEL_ACCOUNT);

	if (!data)
		return -ENOMEM;
	if (bytes->len)
		memcpy(data, bytes->data, bytes->len);
	kvfree(bytes->data);
	bytes->data = data;
	return 0;
}

/**
 * ckpt_tcp_get_received - save: what a socket has received and nobody has read
 * @sk: the socket, owned
 * @bytes: it is put behind what is there
 *
 * What came out of order is not among it: who sent it has it still.
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -EAGAIN
 */
int ckpt_tcp_get_received(struct sock *sk, struct ckpt_bytes *bytes)
{
	const u32 from = tcp_sk(sk)->copied_seq;
	u32 room = tcp_sk(sk)->rcv_nxt - from;
	struct sk_buff *skb;
	int err;

	sock_owned_by_me(sk);
	if (!room)
		return 0;
	err = make_room(bytes, room);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		u32 skip = from - TCP_SKB_CB(skb)->seq;

		if (err)
			break;
		if (before(from, TCP_SKB_CB(skb)->seq))
			skip = 0;
		if (skip < skb->len)
			err = add_bytes(bytes, skb, skip, &room);
	}
	return err;
}

/* What its segments are made of anew tells nobody when they were sent. */
static bool has_stamp_to_come(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP || TCP_SKB_CB(skb)->txstamp_ack;
}

static int add_unsent(struct ckpt_bytes *bytes, const struct sk_buff *skb, u32 from, u32 *room)
{
	u32 skip = before(TCP_SKB_CB(skb)->seq, from) ? from - TCP_SKB_CB(skb)->seq : 0;

	if (has_stamp_to_come(skb))
		return -EBUSY;
	return skip < skb->len ? add_bytes(bytes, skb, skip, room) : 0;
}

/**
 * ckpt_tcp_get_unsent - save: what a socket is to send and its peer has not received
 * @sk: the socket, owned
 * @peer: its peer, owned; NULL if there is none
 * @bytes: it is put behind what is there
 *
 * Whether the peer has told so does not matter.
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -EAGAIN, or -EBUSY if a time stamp of it has come or is to
 */
int ckpt_tcp_get_unsent(struct sock *sk, const struct sock *peer, struct ckpt_bytes *bytes)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const u32 from = peer ? tcp_sk(peer)->rcv_nxt : tp->snd_una;
	u32 room = tp->write_seq - from;
	struct sk_buff *skb;
	int err;

	/* One may have come since the survey. */
	if (!skb_queue_empty(&sk->sk_error_queue))
		return -EBUSY;
	if (before(tp->write_seq, from) || before(from, tp->snd_una))
		return -EAGAIN;
	err = room ? make_room(bytes, room) : 0;
	skb_rbtree_walk(skb, &sk->tcp_rtx_queue)
		if (!err)
			err = add_unsent(bytes, skb, from, &room);
	skb_queue_walk(&sk->sk_write_queue, skb)
		if (!err)
			err = add_unsent(bytes, skb, from, &room);
	/* But for a FIN, which is no byte */
	return err ?: room > 1 ? -EAGAIN : 0;
}

static void get_urgent(const struct tcp_sock *tp, const struct sock *peer,
		       struct ckpt_rec_tcp *rec)
{
	const u32 from = peer ? tcp_sk(peer)->rcv_nxt : tp->snd_una;

	if (tp->urg_data && !(tp->urg_data & TCP_URG_NOTYET) &&
	    !before(tp->urg_seq, tp->copied_seq) && before(tp->urg_seq, tp->rcv_nxt)) {
		rec->urgent = tp->urg_data & TCP_URG_VALID ? (tp->urg_data & 0xff) + 1 : 0x101;
		rec->urgent_at = tp->urg_seq - tp->copied_seq;
	}
	if (after(tp->snd_up, from) && !after(tp->snd_up, tp->write_seq))
		rec->urgent_to_send = tp->snd_up - from;
}

/**
 * ckpt_tcp_get_end - save: the end of a connection
 * @sk: it, owned
 * @peer: the other end, owned; NULL if it is closed
 * @rec: out: the record, but for what is not its own
 */
void ckpt_tcp_get_end(struct sock *sk, const struct sock *peer, struct ckpt_rec_tcp *rec)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const bool fin = (1 << sk->sk_state) & (TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING);

	/* What its peer has ended, it ends again. */
	if (sk->sk_shutdown & RCV_SHUTDOWN && !fin)
		rec->flags |= CKPT_TCP_SHUT_READ;
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		rec->flags |= CKPT_TCP_SHUT_WRITE;
	if (tp->rx_opt.tstamp_ok)
		rec->flags |= CKPT_TCP_TIMESTAMPS;
	if (tcp_is_sack(tp))
		rec->flags |= CKPT_TCP_SACK;
	if (tp->rx_opt.wscale_ok)
		rec->flags |= CKPT_TCP_WINDOW_SCALE;
	if (tp->ecn_flags & TCP_ECN_OK)
		rec->flags |= CKPT_TCP_ECN;
	rec->timestamp = tcp_clock_ts(tp->tcp_usec_ts) + tp->tsoffset;
	rec->window_clamp = tp->window_clamp;
	rec->advmss = tp->advmss;
	rec->port = ntohs(inet_sk(sk)->inet_sport);
	rec->peer_port = ntohs(inet_sk(sk)->inet_dport);
	get_urgent(tp, peer, rec);
}

/**
 * ckpt_tcp_fits - save: is a socket still what another one is connected with?
 * @sk: the other one, owned
 * @peer: the socket, owned: one that is closed may be of an earlier connection
 *
 * Return: true if their numbers say so
 */
bool ckpt_tcp_fits(const struct sock *sk, const struct sock *peer)
{
	const struct tcp_sock *tp = tcp_sk(sk), *its = tcp_sk(peer);

	return !before(tp->rcv_nxt, its->snd_una) && !after(tp->rcv_nxt, its->write_seq) &&
	       !before(its->rcv_nxt, tp->snd_una) && !after(its->rcv_nxt, tp->write_seq);
}

/**
 * ckpt_tcp_end - save: how a connection is to end
 * @sk: its end, of a task that is about to be killed
 * @silent: nothing is said of it; else it is reset, and its peer with it
 *
 * Context: any.
 */
void ckpt_tcp_end(struct sock *sk, bool silent)
{
	spin_lock_bh(&sk->sk_lock.slock);
	if (!sock_owned_by_user_nocheck(sk) && silent) {
		tcp_sk(sk)->repair = 1;
	} else if (!silent) {
		sock_set_flag(sk, SOCK_LINGER);
		WRITE_ONCE(sk->sk_lingertime, 0);
	}
	spin_unlock_bh(&sk->sk_lock.slock);
}
