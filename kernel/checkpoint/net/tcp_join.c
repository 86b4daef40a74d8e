// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what is set of a TCP socket, see DOC: TCP.  Compiled into net/ipv4/tcp.c
 * behind tcp_sock.c.
 */

/* -- queues ------------------------------------------------------------------------ */

/* Nobody is to guess where the numbers begin. */
static void begin_received(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!skb_queue_empty(&sk->sk_receive_queue))
		return;
	WRITE_ONCE(tp->rcv_nxt, get_random_u32());
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
}

/* As much as may have waited on its way here; each page may have held less then. */
static int most_bytes(const struct sock *sk)
{
	const struct net *net = sock_net(sk);

	return min_t(u64, INT_MAX / 2,
		     2ULL * max3(READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]) +
				 READ_ONCE(net->ipv4.sysctl_tcp_wmem[2]),
				 sk->sk_rcvbuf, sk->sk_sndbuf));
}

/**
 * ckpt_tcp_put_received - restart: a socket has received something
 * @sk: the socket, not connected yet
 * @data: the bytes
 * @len: how many
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if it is in another state, or negative errno
 */
int ckpt_tcp_put_received(struct sock *sk, const void *data, u32 len)
{
	struct kvec vec = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = {};
	int room, ret = -EINVAL;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, len);
	lock_sock(sk);
	room = sk->sk_rcvbuf;
	if (sk->sk_state == TCP_CLOSE && !sk_hashed(sk)) {
		begin_received(sk);
		sk->sk_rcvbuf = most_bytes(sk);
		do {
			ret = tcp_send_rcvq(sk, &msg, msg_data_left(&msg));
		} while (ret > 0 && msg_data_left(&msg));
		sk->sk_rcvbuf = room;
	}
	release_sock(sk);
	return min(ret, 0);
}

static int fill_pages(struct sk_buff *skb, const void *data, u32 len)
{
	u32 at, piece;
	int i = 0;

	for (at = 0; at < len; at += piece) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		piece = min_t(u32, len - at, PAGE_SIZE);
		memcpy(page_address(page), data + at, piece);
		skb_fill_page_desc(skb, i++, page, 0, piece);
		skb->len += piece;
		skb->data_len += piece;
		skb->truesize += PAGE_SIZE;
	}
	return 0;
}

/* As tcp_sendmsg(), without sending anything */
static int put_piece(struct sock *sk, const void *data, u32 len)
{
	struct sk_buff *skb = tcp_stream_alloc_skb(sk, GFP_KERNEL, false);
	int err;

	if (!skb)
		return -ENOMEM;
	err = fill_pages(skb, data, len);
	if (!err && !sk_wmem_schedule(sk, skb->data_len))
		err = -ENOMEM;
	if (err) {
		tcp_skb_tsorted_anchor_cleanup(skb);
		kfree_skb(skb);
		return err;
	}
	tcp_skb_entail(sk, skb);
	WRITE_ONCE(tcp_sk(sk)->write_seq, tcp_sk(sk)->write_seq + len);
	TCP_SKB_CB(skb)->end_seq += len;
	tcp_skb_pcount_set(skb, 0);
	tcp_mark_push(tcp_sk(sk), skb);
	return 0;
}

/**
 * ckpt_tcp_put_unsent - restart: a socket is to send something
 * @sk: the socket, connected and not started
 * @data: the bytes
 * @len: how many
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if it is in another state, or negative errno
 */
int ckpt_tcp_put_unsent(struct sock *sk, const void *data, u32 len)
{
	const u32 most = (MAX_SKB_FRAGS - 1) * PAGE_SIZE;
	int err = -EINVAL;
	u32 piece;

	lock_sock(sk);
	if (tcp_sk(sk)->repair && (sk->sk_state == TCP_ESTABLISHED ||
				   (sk->sk_state == TCP_CLOSE && sk_hashed(sk))))
		for (err = 0; len && !err; data += piece, len -= piece) {
			piece = min(len, most);
			err = sk->sk_wmem_queued > most_bytes(sk) ? -ENOBUFS :
			      put_piece(sk, data, piece);
		}
	release_sock(sk);
	return err;
}

/* -- connections -------------------------------------------------------------------- */

/**
 * ckpt_tcp_can_join - restart: may a socket become the end of a connection?
 * @sk: the socket
 *
 * Return: true if so
 */
bool ckpt_tcp_can_join(const struct sock *sk)
{
	return sk_is_tcp(sk) && sk->sk_state == TCP_CLOSE && !inet_sk(sk)->inet_num &&
	       sk->sk_socket && !tcp_sk(sk)->repair;
}

/* Is there nothing but what connections have left behind that have ended? */
static bool only_remains(const struct inet_bind_bucket *tb)
{
	const struct inet_bind2_bucket *tb2;
	const struct sock *sk;

	hlist_for_each_entry(tb2, &tb->bhash2, bhash_node)
		sk_for_each_bound(sk, &tb2->owners)
			if (sk->sk_state != TCP_TIME_WAIT)
				return false;
	return true;
}

/**
 * ckpt_tcp_may_share - restart: would connect(2) choose a port, whoever has it?
 * @sk: the socket
 * @port: the port
 *
 * As __inet_hash_connect(): nobody has bound it, and so only the addresses of both ends matter.
 * What is left of connections that an earlier restart has bound is no reason either.
 *
 * Return: true if so
 */
bool ckpt_tcp_may_share(const struct sock *sk, u32 port)
{
	struct inet_hashinfo *hinfo = sock_net(sk)->ipv4.tcp_death_row.hashinfo;
	struct inet_bind_hashbucket *head;
	struct inet_bind_bucket *tb;
	bool may = false;

	head = &hinfo->bhash[inet_bhashfn(sock_net(sk), port, hinfo->bhash_size)];
	spin_lock_bh(&head->lock);
	inet_bind_bucket_for_each(tb, &head->chain)
		if (inet_bind_bucket_match(tb, sock_net(sk), port, 0))
			may = (tb->fastreuse < 0 && tb->fastreuseport < 0) ||
			      only_remains(tb);
	spin_unlock_bh(&head->lock);
	return may;
}

/**
 * ckpt_tcp_prepare - restart: connect(2) is to connect a socket without a word
 * @sk: the socket
 *
 * Return: how much it has received, for ckpt_tcp_join()
 */
u32 ckpt_tcp_prepare(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 unread;

	lock_sock(sk);
	begin_received(sk);
	unread = tp->rcv_nxt - tp->copied_seq;
	tp->repair = 1;
	tp->repair_queue = TCP_NO_QUEUE;
	WRITE_ONCE(tp->write_seq, get_random_u32());
	sk->sk_socket->state = SS_UNCONNECTED;
	release_sock(sk);
	return unread;
}

/**
 * ckpt_tcp_pair - restart: what a socket sends is what another one has not received yet
 * @sk: the socket, prepared
 * @peer: the other one, prepared
 */
void ckpt_tcp_pair(struct sock *sk, const struct sock *peer)
{
	lock_sock(sk);
	WRITE_ONCE(tcp_sk(sk)->write_seq, tcp_sk(peer)->rcv_nxt);
	release_sock(sk);
}

static void set_options(struct tcp_sock *tp, const struct sock *peer, u32 flags)
{
	struct tcp_options_received *opt = &tp->rx_opt;

	opt->tstamp_ok = !!(flags & CKPT_TCP_TIMESTAMPS);
	opt->sack_ok = flags & CKPT_TCP_SACK ? TCP_SACK_SEEN : 0;
	opt->wscale_ok = !!(flags & CKPT_TCP_WINDOW_SCALE);
	if (!opt->wscale_ok)
		opt->rcv_wscale = 0;
	opt->snd_wscale = opt->wscale_ok && peer ? tcp_sk(peer)->rx_opt.rcv_wscale : 0;
	tp->tcp_header_len = sizeof(struct tcphdr) +
			     (opt->tstamp_ok ? TCPOLEN_TSTAMP_ALIGNED : 0);
	tp->ecn_flags = flags & CKPT_TCP_ECN ? TCP_ECN_OK : 0;
	opt->mss_clamp = peer ? tcp_sk(peer)->advmss : tp->advmss;
	if (opt->user_mss && opt->user_mss < opt->mss_clamp)
		opt->mss_clamp = opt->user_mss;
}

static void set_urgent(struct tcp_sock *tp, const struct ckpt_rec_tcp *data, u32 unread)
{
	if (!data->urgent || data->urgent_at >= unread)
		return;
	tp->urg_data = data->urgent > 0x100 ? TCP_URG_READ : TCP_URG_VALID | (data->urgent - 1);
	WRITE_ONCE(tp->urg_seq, tp->copied_seq + data->urgent_at);
}

/**
 * ckpt_tcp_join - restart: a socket is connected: it gets what both ends had agreed on
 * @sk: the socket
 * @peer: its peer, connected as well; NULL if that is closed
 * @data: its record
 * @unread: what ckpt_tcp_prepare() has returned
 * @inet: what defines the socket
 */
void ckpt_tcp_join(struct sock *sk, const struct sock *peer, const struct ckpt_rec_tcp *data,
		   u32 unread, const struct ckpt_rec_inet *inet)
{
	struct tcp_sock *tp = tcp_sk(sk);

	lock_sock(sk);
	set_options(tp, peer, data->flags);
	tcp_sync_mss(sk, inet_csk(sk)->icsk_pmtu_cookie);
	tcp_init_wl(tp, tp->rcv_nxt);
	tp->rcv_wup = tp->rcv_nxt;
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt - unread);
	tp->rcvq_space.seq = tp->copied_seq;
	tp->pred_flags = 0;
	WRITE_ONCE(tp->tsoffset, data->timestamp - tcp_clock_ts(tp->tcp_usec_ts));
	if (data->window_clamp && data->window_clamp < tp->window_clamp)
		WRITE_ONCE(tp->window_clamp, max_t(u32, data->window_clamp, SOCK_MIN_RCVBUF / 2));
	set_urgent(tp, data, unread);
	sk->sk_err = inet->error;
	if (inet->flags & CKPT_INET_CONNECTING)
		sk->sk_socket->state = SS_CONNECTING;
	release_sock(sk);
}

/* Who waits until there is room to send is woken by who has noted that there was none. */
static void ckpt_tcp_note_full(struct sock *sk)
{
	if (sk->sk_socket && !sk_stream_is_writeable(sk))
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
}

/**
 * ckpt_tcp_start - restart: a connection is as it was, and goes on
 * @sk: its end
 * @data: its record
 */
void ckpt_tcp_start(struct sock *sk, const struct ckpt_rec_tcp *data)
{
	struct tcp_sock *tp = tcp_sk(sk);

	lock_sock(sk);
	if (tp->repair && sk->sk_state == TCP_ESTABLISHED) {
		tp->repair = 0;
		ckpt_tcp_number_stamps(sk);
		if (data->urgent_to_send <= tp->write_seq - tp->snd_una)
			tp->snd_up = tp->snd_una + data->urgent_to_send;
		if (data->advmss >= TCP_MIN_MSS && data->advmss < tp->advmss)
			tp->advmss = data->advmss;
		ckpt_tcp_note_full(sk);
		/* Its peer learns of the window. */
		if (data->peer) {
			tcp_send_ack(sk);
		} else {
			WRITE_ONCE(tp->rcv_nxt, tp->rcv_nxt + 1);
			tcp_fin(sk);
		}
	}
	release_sock(sk);
}

/**
 * ckpt_tcp_push - restart: a connection has been started at both ends, and sends
 * @sk: its end
 */
void ckpt_tcp_push(struct sock *sk)
{
	lock_sock(sk);
	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		tcp_push_pending_frames(sk);
	release_sock(sk);
}

/**
 * ckpt_tcp_set_done - restart: a socket was connected, and both ends have shut down
 * @sk: the socket
 */
void ckpt_tcp_set_done(struct sock *sk)
{
	lock_sock(sk);
	sk->sk_socket->state = SS_CONNECTED;
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	sock_set_flag(sk, SOCK_DONE);
	release_sock(sk);
}

/* Who accepts it is charged for it, see inet_csk_accept(). */
static void uncharge(struct sock *sk)
{
	unsigned int pages;

	if (!mem_cgroup_sockets_enabled)
		return;
	lock_sock(sk);
	if (sk->sk_memcg) {
		pages = sk_mem_pages(sk->sk_forward_alloc + atomic_read(&sk->sk_rmem_alloc));
		if (pages)
			mem_cgroup_uncharge_skmem(sk->sk_memcg, pages);
		mem_cgroup_sk_free(sk);
		sk->sk_memcg = NULL;
	}
	release_sock(sk);
}

/**
 * ckpt_tcp_queue - restart: a connection waits to be accepted
 * @made: the connection, which loses its struct socket
 * @listener: where it waits
 *
 * Whoever accepts it, or closes the listener, takes care of it.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM
 */
int ckpt_tcp_queue(struct ckpt_socket *made, struct sock *listener)
{
	struct request_sock *req = inet_reqsk_alloc(&tcp_request_sock_ops, listener, false);
	struct socket *sock = made->sock;
	struct sock *sk = made->sk;

	if (!req)
		return -ENOMEM;
	tcp_rsk(req)->tfo_listener = false;
	uncharge(sk);
	write_lock_bh(&sk->sk_callback_lock);
	sk_set_socket(sk, NULL);
	RCU_INIT_POINTER(sk->sk_wq, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	sock->sk = NULL;
	sock_release(sock);
	made->sock = NULL;

	local_bh_disable();
	refcount_set(&req->rsk_refcnt, 1);
	if (!inet_csk_reqsk_queue_add(listener, req, sk))
		reqsk_put(req);
	local_bh_enable();
	return 0;
}
