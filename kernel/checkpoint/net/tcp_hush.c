// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: connections of TCP that are silent for a while, and the numbers of those
 * whose peer is not in the tree, see DOC: kept TCP connections.  Compiled into net/ipv4/tcp.c
 * behind tcp_join.c.
 */

#include <net/addrconf.h>

/* -- silence ----------------------------------------------------------------------- */

/**
 * ckpt_tcp_hush - a connection neither sends nor takes anything from now on
 * @sk: its end, owned
 *
 * In the state TCP_CLOSE no timer and no work of its own sends anything, and what comes is
 * dropped without an answer.  But it is left where segments and connect(2) look for it, so nobody
 * else answers, and nobody else gets its addresses.
 *
 * Return: its state, for ckpt_tcp_resume() or ckpt_tcp_forget()
 */
int ckpt_tcp_hush(struct sock *sk)
{
	const int state = sk->sk_state;

	sock_owned_by_me(sk);
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	tcp_clear_xmit_timers(sk);
	return state;
}

static bool is_hushed(const struct sock *sk)
{
	return sk->sk_state == TCP_CLOSE && sk_hashed(sk);
}

/* The time of silence counts for no timeout. */
static void begin_anew(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_mstamp_refresh(tp);
	tp->rcv_tstamp = tcp_jiffies32;
	icsk->icsk_ack.lrcvtime = tcp_jiffies32;
	tp->retrans_stamp = 0;
	icsk->icsk_retransmits = 0;
	icsk->icsk_backoff = 0;
	icsk->icsk_probes_out = 0;
	icsk->icsk_probes_tstamp = 0;
}

/**
 * ckpt_tcp_resume - a connection that was silent goes on
 * @sk: its end
 * @state: what ckpt_tcp_hush() has returned
 *
 * Context: may sleep.
 */
void ckpt_tcp_resume(struct sock *sk, int state)
{
	lock_sock(sk);
	if (is_hushed(sk)) {
		WRITE_ONCE(sk->sk_state, state);
		begin_anew(sk);
		if (sock_flag(sk, SOCK_KEEPOPEN))
			inet_csk_reset_keepalive_timer(sk, keepalive_time_when(tcp_sk(sk)));
		/* What it missed is sent to it again, and what was lost of its own is too. */
		if (tcp_sk(sk)->packets_out)
			inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS, TCP_RTO_MIN, TCP_RTO_MAX);
		ckpt_tcp_note_full(sk);
		tcp_send_ack(sk);
		tcp_push_pending_frames(sk);
	}
	release_sock(sk);
}

/**
 * ckpt_tcp_forget - a connection that is silent is to end without a word
 * @sk: its end, which is closed next
 * @state: what ckpt_tcp_hush() has returned
 *
 * Context: may sleep.
 */
void ckpt_tcp_forget(struct sock *sk, int state)
{
	lock_sock(sk);
	if (is_hushed(sk)) {
		WRITE_ONCE(sk->sk_state, state);
		/* What came meanwhile finds nobody: it is not acknowledged. */
		tcp_set_state(sk, TCP_CLOSE);
	}
	release_sock(sk);
}

static void attach(struct sock *sk, struct socket *sock)
{
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &sock->wq);
	sk_set_socket(sk, sock);
	sock->sk = sk;
	write_unlock_bh(&sk->sk_callback_lock);
}

/**
 * ckpt_tcp_swap - two sockets of one family get each other's state
 * @one: a socket that no call is busy with
 * @other: another one
 */
void ckpt_tcp_swap(struct socket *one, struct socket *other)
{
	struct sock *sk = one->sk;

	attach(other->sk, one);
	attach(sk, other);
}

/* -- numbers -------------------------------------------------------------------------- */

/**
 * ckpt_tcp_get_numbers - save: on what a socket and its peer agree
 * @sk: the socket, owned
 * @rec: out: the record, but for what is not its own
 */
void ckpt_tcp_get_numbers(struct sock *sk, struct ckpt_rec_tcp_kept *rec)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if ((1 << sk->sk_state) & (TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING))
		rec->flags |= CKPT_TCP_KEPT_ENDED;
	if (sk->sk_state == TCP_FIN_WAIT2)
		rec->flags |= CKPT_TCP_KEPT_END_TAKEN;
	rec->snd_una = tp->snd_una;
	rec->snd_nxt = tp->snd_nxt;
	rec->write_seq = tp->write_seq;
	rec->rcv_nxt = tp->rcv_nxt;
	rec->rcv_wup = tp->rcv_wup;
	rec->rcv_wnd = tp->rcv_wnd;
	rec->snd_wl1 = tp->snd_wl1;
	rec->snd_wnd = tp->snd_wnd;
	rec->max_window = tp->max_window;
	rec->ts_recent = tp->rx_opt.ts_recent;
	rec->mss_clamp = tp->rx_opt.mss_clamp;
	rec->snd_wscale = tp->rx_opt.snd_wscale;
	rec->rcv_wscale = tp->rx_opt.rcv_wscale;
}

/* A FIN has a number as bytes have, and comes back as one. */
static u32 received_to(const struct ckpt_rec_tcp_kept *kept)
{
	return kept->rcv_nxt - !!(kept->flags & CKPT_TCP_KEPT_ENDED);
}

/**
 * ckpt_tcp_number - restart: a socket has the numbers that its peer knows
 * @sk: the socket, prepared by ckpt_tcp_prepare()
 * @kept: its record
 */
void ckpt_tcp_number(struct sock *sk, const struct ckpt_rec_tcp_kept *kept)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	u32 shift;

	lock_sock(sk);
	shift = received_to(kept) - tp->rcv_nxt;
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		TCP_SKB_CB(skb)->seq += shift;
		TCP_SKB_CB(skb)->end_seq += shift;
	}
	WRITE_ONCE(tp->rcv_nxt, received_to(kept));
	WRITE_ONCE(tp->copied_seq, tp->copied_seq + shift);
	WRITE_ONCE(tp->write_seq, kept->snd_una);
	release_sock(sk);
}

/**
 * ckpt_tcp_hush_made - restart: a socket that was just connected is silent until the commit
 * @sk: the socket, with its numbers
 * @kept: its record
 *
 * Context: may sleep.
 * Return: 0, -EAGAIN if its peer has sent something already
 */
int ckpt_tcp_hush_made(struct sock *sk, const struct ckpt_rec_tcp_kept *kept)
{
	int err = -EAGAIN;

	lock_sock(sk);
	if (sk->sk_state == TCP_ESTABLISHED && tcp_sk(sk)->rcv_nxt == received_to(kept) &&
	    RB_EMPTY_ROOT(&tcp_sk(sk)->out_of_order_queue)) {
		ckpt_tcp_hush(sk);
		err = 0;
	}
	release_sock(sk);
	return err;
}

/**
 * ckpt_tcp_join_outside - restart: a socket is connected: it gets what its peer had agreed on
 * @sk: the socket, after ckpt_tcp_join()
 * @kept: its record
 */
void ckpt_tcp_join_outside(struct sock *sk, const struct ckpt_rec_tcp_kept *kept)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_options_received *opt = &tp->rx_opt;

	lock_sock(sk);
	if (opt->wscale_ok) {
		opt->snd_wscale = kept->snd_wscale;
		opt->rcv_wscale = kept->rcv_wscale;
	}
	opt->mss_clamp = min_t(u32, kept->mss_clamp, opt->mss_clamp);
	if (opt->user_mss && opt->user_mss < opt->mss_clamp)
		opt->mss_clamp = opt->user_mss;
	if (opt->tstamp_ok) {
		opt->ts_recent = kept->ts_recent;
		opt->ts_recent_stamp = ktime_get_seconds();
	}
	tcp_sync_mss(sk, inet_csk(sk)->icsk_pmtu_cookie);
	tp->snd_wl1 = kept->snd_wl1;
	tp->snd_wnd = kept->snd_wnd;
	tp->max_window = kept->max_window;
	tp->rcv_wup = kept->rcv_wup - !!(kept->rcv_wup == kept->rcv_nxt &&
					 kept->flags & CKPT_TCP_KEPT_ENDED);
	tp->rcv_wnd = kept->rcv_wnd;
	release_sock(sk);
}

/* All that waits counts as sent and lost, for some of it was, and its peer may have it. */
static void count_as_sent(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->repair_queue = TCP_SEND_QUEUE;
	if (tcp_send_head(sk))
		__tcp_push_pending_frames(sk, tcp_current_mss(sk), TCP_NAGLE_PUSH);
	tp->repair_queue = TCP_NO_QUEUE;
}

/* What its peer has taken of its end, and there is nothing behind that */
static void end_taken(struct sock *sk, const struct ckpt_rec_tcp_kept *kept)
{
	struct tcp_sock *tp = tcp_sk(sk);

	WRITE_ONCE(tp->write_seq, kept->write_seq);
	WRITE_ONCE(tp->snd_nxt, kept->write_seq);
	tp->snd_una = kept->write_seq;
	sk->sk_shutdown |= SEND_SHUTDOWN;
	tcp_set_state(sk, TCP_FIN_WAIT2);
}

/**
 * ckpt_tcp_start_outside - restart: a connection with somebody outside goes on
 * @sk: its end
 * @data: its record
 * @kept: its numbers
 *
 * What shutdown(2) has ended, and its peer has not taken yet, comes later.
 */
void ckpt_tcp_start_outside(struct sock *sk, const struct ckpt_rec_tcp *data,
			    const struct ckpt_rec_tcp_kept *kept)
{
	struct tcp_sock *tp = tcp_sk(sk);

	lock_sock(sk);
	if (tp->repair && is_hushed(sk)) {
		WRITE_ONCE(sk->sk_state, TCP_ESTABLISHED);
		begin_anew(sk);
		ckpt_tcp_number_stamps(sk);
		/* There is nothing left to send. */
		if (kept->flags & CKPT_TCP_KEPT_END_TAKEN)
			tcp_write_queue_purge(sk);
		if (data->urgent_to_send <= tp->write_seq - tp->snd_una)
			tp->snd_up = tp->snd_una + data->urgent_to_send;
		if (data->advmss >= TCP_MIN_MSS && data->advmss < tp->advmss)
			tp->advmss = data->advmss;
		count_as_sent(sk);
		tp->repair = 0;
		/* Its peer tells what it has, and how much more it takes. */
		tcp_send_window_probe(sk);
		if (kept->flags & CKPT_TCP_KEPT_ENDED) {
			WRITE_ONCE(tp->rcv_nxt, tp->rcv_nxt + 1);
			tcp_fin(sk);
		}
		if (kept->flags & CKPT_TCP_KEPT_END_TAKEN)
			end_taken(sk, kept);
		ckpt_tcp_note_full(sk);
		tcp_send_ack(sk);
	}
	release_sock(sk);
}

/* -- ports -------------------------------------------------------------------------------- */

static bool is_kept_of(const struct sock *sk, kuid_t uid)
{
	return is_hushed(sk) && uid_eq(sk->sk_uid, uid);
}

static bool same_device(const struct sock *sk, const struct sock *its)
{
	const int device = READ_ONCE(its->sk_bound_dev_if);

	return !sk->sk_bound_dev_if || !device || sk->sk_bound_dev_if == device;
}

/* As inet_bind_conflict(); what is left of a connection in TIME_WAIT has no user. */
static bool conflicts(const struct sock *sk, struct sock *its)
{
	if (!same_device(sk, its) || !inet_rcv_saddr_equal(sk, its, true))
		return false;
	if (sk->sk_reuse && its->sk_reuse && its->sk_state != TCP_LISTEN)
		return false;
	return !sk->sk_reuseport || !its->sk_reuseport ||
	       (its->sk_state != TCP_TIME_WAIT &&
		!uid_eq(sock_i_uid((struct sock *)sk), sock_i_uid(its)));
}

/* Return: is there any for which @is_it says so, with @sk and @uid? */
static bool find_owner(const struct sock *sk, u32 port, kuid_t uid,
		       bool (*is_it)(const struct sock *sk, struct sock *its, kuid_t uid))
{
	struct inet_hashinfo *hinfo = sock_net(sk)->ipv4.tcp_death_row.hashinfo;
	struct inet_bind_hashbucket *head;
	const struct inet_bind2_bucket *tb2;
	struct inet_bind_bucket *tb;
	bool found = false;
	struct sock *its;

	head = &hinfo->bhash[inet_bhashfn(sock_net(sk), port, hinfo->bhash_size)];
	spin_lock_bh(&head->lock);
	inet_bind_bucket_for_each(tb, &head->chain) {
		if (!inet_bind_bucket_match(tb, sock_net(sk), port, 0))
			continue;
		hlist_for_each_entry(tb2, &tb->bhash2, bhash_node)
			sk_for_each_bound(its, &tb2->owners)
				found |= its != sk && is_it(sk, its, uid);
	}
	spin_unlock_bh(&head->lock);
	return found;
}

static bool is_kept(const struct sock *sk, struct sock *its, kuid_t uid)
{
	return is_kept_of(its, uid);
}

static bool is_others(const struct sock *sk, struct sock *its, kuid_t uid)
{
	return !is_kept_of(its, uid) && conflicts(sk, its);
}

/**
 * ckpt_tcp_beside_kept - restart: have silent connections of a user a port?
 * @sk: a socket that is to have it too, or has it already
 * @port: the port
 * @uid: the user
 *
 * Return: true if so
 */
bool ckpt_tcp_beside_kept(const struct sock *sk, u32 port, kuid_t uid)
{
	return find_owner(sk, port, uid, is_kept);
}

/**
 * ckpt_tcp_beside_others - restart: is a socket bound where bind(2) would not have let it?
 * @sk: the socket, bound
 * @uid: silent connections of this user do not count
 *
 * Who comes from now on sees @sk, so what is not there now will not be.
 *
 * Return: true if so
 */
bool ckpt_tcp_beside_others(const struct sock *sk, kuid_t uid)
{
	return find_owner(sk, inet_sk(sk)->inet_num, uid, is_others);
}
