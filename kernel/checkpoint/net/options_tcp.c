// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: options of the level TCP.
 */
#include <linux/tcp.h>
#include <net/tcp.h>
#include "inet.h"

/**
 * DOC: options of TCP
 *
 * Preserved: TCP_CORK, TCP_INQ, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_LINGER2, TCP_MAXSEG,
 * TCP_NODELAY, TCP_NOTSENT_LOWAT, TCP_SAVE_SYN, TCP_SYNCNT, TCP_THIN_LINEAR_TIMEOUTS,
 * TCP_TX_DELAY, TCP_USER_TIMEOUT, TCP_CONGESTION, TCP_DEFER_ACCEPT, TCP_FASTOPEN,
 * TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE, and by the connection's record TCP_WINDOW_CLAMP.
 *
 * Refused: TCP_ULP (such as kTLS), TCP_MD5SIG, TCP_AO_ADD_KEY, TCP_REPAIR, TCP_FASTOPEN_KEY, a
 * connection of TCP Fast Open that is not made yet, a SYN that TCP_SAVED_SYN would show,
 * programs of BPF on it.
 *
 * Immaterial: TCP_QUICKACK is for the next acknowledgments alone.
 */

static bool has_tcp(const struct sock *sk)
{
	return sk_is_tcp(sk);
}

static s64 linger_of(const struct tcp_sock *tp)
{
	int linger = READ_ONCE(tp->linger2);

	return linger < 0 ? -1 : linger / HZ;
}

static s64 get_number(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (option->name) {
	case TCP_NODELAY:		return !!(tp->nonagle & TCP_NAGLE_OFF);
	case TCP_CORK:			return !!(tp->nonagle & TCP_NAGLE_CORK);
	case TCP_MAXSEG:		return tp->rx_opt.user_mss;
	case TCP_KEEPIDLE:		return tp->keepalive_time / HZ;
	case TCP_KEEPINTVL:		return tp->keepalive_intvl / HZ;
	case TCP_KEEPCNT:		return tp->keepalive_probes;
	case TCP_SYNCNT:		return icsk->icsk_syn_retries;
	case TCP_LINGER2:		return linger_of(tp);
	case TCP_THIN_LINEAR_TIMEOUTS:	return tp->thin_lto;
	case TCP_USER_TIMEOUT:		return READ_ONCE(icsk->icsk_user_timeout);
	case TCP_NOTSENT_LOWAT:		return READ_ONCE(tp->notsent_lowat);
	case TCP_SAVE_SYN:		return tp->save_syn;
	case TCP_FASTOPEN:		return icsk->icsk_accept_queue.fastopenq.max_qlen;
	case TCP_FASTOPEN_CONNECT:	return tp->fastopen_connect;
	case TCP_FASTOPEN_NO_COOKIE:	return tp->fastopen_no_cookie;
	case TCP_INQ:			return tp->recvmsg_inq;
	default:			return READ_ONCE(tp->tcp_tx_delay);
	}
}

static s64 get_defer(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	int seconds = 0, len = sizeof(seconds);

	if (do_tcp_getsockopt((struct sock *)sk, SOL_TCP, TCP_DEFER_ACCEPT,
			      KERNEL_SOCKPTR(&seconds), KERNEL_SOCKPTR(&len)))
		return option->unset;
	return seconds;
}

/* -- TCP_CONGESTION: the letters of a name are two numbers -------------------------------- */

union name {
	char text[TCP_CA_NAME_MAX];
	__le64 numbers[2];
};

static s64 get_congestion(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	union name name = {};

	BUILD_BUG_ON(sizeof(name.text) != sizeof(name.numbers));
	rcu_read_lock();
	strscpy(name.text, READ_ONCE(inet_csk(sk)->icsk_ca_ops)->name);
	rcu_read_unlock();
	*more = le64_to_cpu(name.numbers[1]);
	return le64_to_cpu(name.numbers[0]);
}

static int set_congestion(struct socket *sock, const struct ckpt_option *option, s64 value,
			  s64 more)
{
	union name name = { .numbers = { cpu_to_le64(value), cpu_to_le64(more) } };

	return sock->ops->setsockopt(sock, SOL_TCP, TCP_CONGESTION, KERNEL_SOCKPTR(name.text),
				     strnlen(name.text, sizeof(name.text) - 1));
}

#define NUMBER(_name, _from, _to)	\
	{ SOL_TCP, _name, 0, 0, _from, _to, get_number, ckpt_set_number }

static const struct ckpt_option options[] = {
	NUMBER(TCP_NODELAY, 1, 1),
	NUMBER(TCP_MAXSEG, TCP_MIN_MSS, MAX_TCP_WINDOW),
	NUMBER(TCP_CORK, 1, 1),
	NUMBER(TCP_KEEPIDLE, 1, MAX_TCP_KEEPIDLE),
	NUMBER(TCP_KEEPINTVL, 1, MAX_TCP_KEEPINTVL),
	NUMBER(TCP_KEEPCNT, 1, MAX_TCP_KEEPCNT),
	NUMBER(TCP_SYNCNT, 1, MAX_TCP_SYNCNT),
	NUMBER(TCP_LINGER2, -1, TCP_FIN_TIMEOUT_MAX / HZ),
	{ SOL_TCP, TCP_DEFER_ACCEPT, 0, 0, 1, INT_MAX, get_defer, ckpt_set_number },
	{ SOL_TCP, TCP_CONGESTION, 0, 0, 1, S64_MAX, get_congestion, set_congestion, S64_MAX },
	NUMBER(TCP_THIN_LINEAR_TIMEOUTS, 1, 1),
	NUMBER(TCP_USER_TIMEOUT, 1, INT_MAX),
	NUMBER(TCP_FASTOPEN, 1, INT_MAX),
	NUMBER(TCP_NOTSENT_LOWAT, 1, U32_MAX),
	NUMBER(TCP_SAVE_SYN, 1, 2),
	NUMBER(TCP_FASTOPEN_CONNECT, 1, 1),
	NUMBER(TCP_FASTOPEN_NO_COOKIE, 1, 1),
	NUMBER(TCP_INQ, 1, 1),
	NUMBER(TCP_TX_DELAY, 1, U32_MAX),
};

static bool may_open_fast(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fastopen) & TFO_CLIENT_ENABLE;
}

/* A new socket has the network namespace's, which it may keep. */
static bool may_use_congestion(const struct sock *sk)
{
	const struct tcp_congestion_ops *ops = READ_ONCE(inet_csk(sk)->icsk_ca_ops);

	return ops->flags & TCP_CONG_NON_RESTRICTED ||
	       ops == rcu_access_pointer(sock_net(sk)->ipv4.tcp_congestion_control) ||
	       ckpt_may_again(sk, sock_net(sk)->user_ns, CAP_NET_ADMIN);
}

static const char *bad_tcp(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tcp_has_keys(tp))
		return "whose segments are signed (TCP_MD5SIG, TCP_AO_ADD_KEY)";
	if (tp->repair)
		return "under repair (TCP_REPAIR)";
	/* fastopen_req stays behind when the connection is made. */
	if (inet_test_bit(DEFER_CONNECT, sk) || rcu_access_pointer(tp->fastopen_rsk))
		return "that TCP Fast Open has not connected yet";
	if (rcu_access_pointer(icsk->icsk_accept_queue.fastopenq.ctx))
		return "with a key of its own for TCP Fast Open (TCP_FASTOPEN_KEY)";
	if (tp->fastopen_connect && !may_open_fast(sk))
		return "with TCP_FASTOPEN_CONNECT, which net.ipv4.tcp_fastopen does not allow";
	if (!may_use_congestion(sk))
		return "with a congestion control that its maker or the caller may not choose";
	if (!skb_queue_empty_lockless(&sk->sk_error_queue))
		return "with errors that were not received (MSG_ERRQUEUE)";
	if (tp->saved_syn)
		return "with a SYN that was not looked at (TCP_SAVED_SYN)";
	if (BPF_SOCK_OPS_TEST_FLAG(tp, BPF_SOCK_OPS_ALL_CB_FLAGS))
		return "with a program of BPF";
	return NULL;
}

const struct ckpt_option_level ckpt_options_tcp = {
	.level = SOL_TCP, .has = has_tcp, .bad = bad_tcp,
	.options = options, .nr = ARRAY_SIZE(options),
};
