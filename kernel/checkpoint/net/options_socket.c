// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: options of the level SOCKET, which all sockets have.
 */
#include <linux/jiffies.h>
#include <linux/net_tstamp.h>
#include <linux/socket.h>
#include <net/inet_connection_sock.h>
#include <net/ip.h>
#include <net/sock.h>
#include "net.h"

/**
 * DOC: options of sockets
 *
 * Preserved: of SOL_SOCKET SO_BROADCAST, SO_BUF_LOCK, SO_BUSY_POLL, SO_BUSY_POLL_BUDGET, SO_DEBUG,
 * SO_DONTROUTE, SO_INCOMING_CPU, SO_KEEPALIVE, SO_LINGER, SO_MARK, SO_MAX_PACING_RATE,
 * SO_NO_CHECK, SO_NOFCS, SO_OOBINLINE, SO_PASSCRED, SO_PASSPIDFD, SO_PEEK_OFF,
 * SO_PREFER_BUSY_POLL, SO_PRIORITY, SO_RCVBUF and SO_SNDBUF (as they were, not doubled),
 * SO_RCVLOWAT, SO_RCVMARK, SO_RCVTIMEO and SO_SNDTIMEO, SO_REUSEADDR, SO_REUSEPORT, SO_RXQ_OVFL,
 * SO_SELECT_ERR_QUEUE, SO_TIMESTAMP and SO_TIMESTAMPNS, SO_TXREHASH, SO_WIFI_STATUS.  Sizes that
 * TCP has chosen itself it chooses again.  Each is set by setsockopt(2)'s own function, as who
 * made the socket.
 *
 * Substituted: SO_NETNS_COOKIE is that of the restarter's network namespace.
 *
 * Refused: programs of eBPF, SO_PASSSEC, SO_RESERVE_MEM, which is the control group's; a policy of
 * IPsec.  What needs a right that the maker of the socket, or the caller, may not have by now: a
 * mark, a priority above 6, IP_TRANSPARENT (CAP_NET_RAW or CAP_NET_ADMIN); a raw or packet socket
 * (CAP_NET_RAW); a port for the privileged (CAP_NET_BIND_SERVICE); SO_TXTIME, SO_DEBUG,
 * SO_PREFER_BUSY_POLL, SO_BUSY_POLL_BUDGET, a buffer larger than all may have, a congestion
 * control that is not for all (CAP_NET_ADMIN).
 */

static s64 get_flag(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sock_flag(sk, option->bit);
}

/* What waits to be accepted has no struct socket, and none of these. */
static s64 get_pass(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_socket && test_bit(option->bit, &sk->sk_socket->flags);
}

static s64 get_reuse(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_reuse != SK_NO_REUSE;
}

static s64 get_reuseport(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_reuseport;
}

static s64 get_no_check(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_no_check_tx;
}

static s64 get_priority(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(sk->sk_priority);
}

static s64 get_mark(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(sk->sk_mark);
}

/* What receives notes the processor there itself, as it is connected. */
static s64 get_processor(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	bool new = sk->sk_state == TCP_CLOSE && sk->sk_socket &&
		   sk->sk_socket->state == SS_UNCONNECTED;

	return !sk_is_inet(sk) || new || sk->sk_state == TCP_LISTEN ?
	       READ_ONCE(sk->sk_incoming_cpu) : option->unset;
}

/* A new socket of TCP has what net.core.txrehash says. */
static s64 get_rehash(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk_is_tcp(sk) && sk->sk_txrehash != SOCK_TXREHASH_DEFAULT ?
	       READ_ONCE(sk->sk_txrehash) : option->unset;
}

static s64 get_pacing(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(sk->sk_max_pacing_rate);
}

static int set_pacing(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	unsigned long rate = value;

	return sock_setsockopt(sock, SOL_SOCKET, option->name, KERNEL_SOCKPTR(&rate),
			       sizeof(rate));
}

static s64 get_low(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(sk->sk_rcvlowat);
}

static s64 get_peek_off(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(sk->sk_peek_off);
}

static s64 get_lock(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_userlocks & SOCK_BUF_LOCK_MASK;
}

/* -- sizes: setsockopt(2) doubles them, and getsockopt(2) shows them doubled ------------- */

static const int *size_of(const struct sock *sk, const struct ckpt_option *option)
{
	return option->name == SO_SNDBUF ? &sk->sk_sndbuf : &sk->sk_rcvbuf;
}

/* What TCP chose itself it chooses again, with more than setsockopt(2) gives to everybody. */
static s64 get_size(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	u32 lock = option->name == SO_SNDBUF ? SOCK_SNDBUF_LOCK : SOCK_RCVBUF_LOCK;

	if (sk_is_tcp(sk) && !(sk->sk_userlocks & lock))
		return option->unset;
	return READ_ONCE(*size_of(sk, option));
}

/**
 * ckpt_has_forced_size - save: is a size larger than all may set it?
 * @sk: the socket
 * @name: SO_SNDBUF or SO_RCVBUF
 * @most: what all may set, as setsockopt(2) is given it
 *
 * Return: true if so
 */
bool ckpt_has_forced_size(const struct sock *sk, u32 name, u32 most)
{
	const struct ckpt_option option = { .name = name };
	const u32 standard = READ_ONCE(*(name == SO_SNDBUF ? &sysctl_wmem_default :
					 &sysctl_rmem_default));
	s64 more, size = get_size(sk, &option, &more);

	return size != standard && size / 2 > most;
}

/* Beyond the limit for all with the right to exceed it alone */
static int set_size(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	u32 force = option->name == SO_SNDBUF ? SO_SNDBUFFORCE : SO_RCVBUFFORCE;
	int half = value / 2;
	int err;

	if (READ_ONCE(*size_of(sock->sk, option)) == value)
		return 0;
	err = sock_setsockopt(sock, SOL_SOCKET, option->name, KERNEL_SOCKPTR(&half), sizeof(half));
	if (err || READ_ONCE(*size_of(sock->sk, option)) >= 2 * half)
		return err;
	return sock_setsockopt(sock, SOL_SOCKET, force, KERNEL_SOCKPTR(&half), sizeof(half));
}

/* -- times ---------------------------------------------------------------------------- */

#define JIFFY_USEC	(USEC_PER_SEC / HZ)
#define NEVER		S64_MAX
#define SECONDS_MAX	(S64_MAX / 2 / USEC_PER_SEC - 1)

/* What is longer than a hundred thousand years becomes that. */
static s64 get_time(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	long time = option->name == SO_RCVTIMEO_NEW ? sk->sk_rcvtimeo : sk->sk_sndtimeo;

	return time == MAX_SCHEDULE_TIMEOUT ? NEVER :
	       min_t(s64, time / HZ, SECONDS_MAX) * USEC_PER_SEC + time % HZ * JIFFY_USEC;
}

/* None at all is what a negative one becomes. */
static int set_time(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	struct __kernel_sock_timeval time = { .tv_sec = -1 };
	u32 part;

	if (value) {
		time.tv_sec = div_u64_rem(value, USEC_PER_SEC, &part);
		time.tv_usec = part;
	}
	return sock_setsockopt(sock, SOL_SOCKET, option->name, KERNEL_SOCKPTR(&time),
			       sizeof(time));
}

static s64 get_linger(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	*more = sock_flag(sk, SOCK_LINGER);
	return min_t(unsigned long, sk->sk_lingertime / HZ, INT_MAX);
}

/* The time stays when it is switched off. */
static int set_linger(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	struct linger linger = { .l_onoff = 1, .l_linger = value };
	int err = sock_setsockopt(sock, SOL_SOCKET, SO_LINGER, KERNEL_SOCKPTR(&linger),
				  sizeof(linger));

	linger.l_onoff = 0;
	if (err || more)
		return err;
	return sock_setsockopt(sock, SOL_SOCKET, SO_LINGER, KERNEL_SOCKPTR(&linger),
			       sizeof(linger));
}

/* -- polling: a new socket has what net.core.busy_read says ------------------------------ */

static s64 get_busy_poll(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	s64 value = ckpt_busy_poll(sk, option->name);

	return value < 0 ? option->unset : value;
}

/* A kernel that does not poll has nothing to set. */
static int set_busy_poll(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	return max(ckpt_busy_poll(sock->sk, option->name), 0) == value ? 0 :
	       ckpt_set_number(sock, option, value, more);
}

/* -- the table, ascending by name ------------------------------------------------------- */

#define FLAG(_name, _bit)	{ SOL_SOCKET, _name, _bit, 0, 1, 1, get_flag, ckpt_set_number }
#define PASS(_name, _bit)	{ SOL_SOCKET, _name, _bit, 0, 1, 1, get_pass, ckpt_set_number }
#define STAMP(_name)		{ SOL_SOCKET, _name, 0, 0, 1, 1, ckpt_get_stamp, ckpt_set_number }
#define NUMBER(_name, _unset, _from, _to, _get)	\
	{ SOL_SOCKET, _name, 0, _unset, _from, _to, _get, ckpt_set_number }
#define SIZE(_name)		{ SOL_SOCKET, _name, 0, 0, 1, INT_MAX, get_size, set_size }
#define STAMPING(_name)	\
	{ SOL_SOCKET, _name, 0, 0, 1, SOF_TIMESTAMPING_MASK, ckpt_get_stamping,	\
	  ckpt_set_stamping, U32_MAX }
#define BUSY_POLL(_name, _unset, _to)	\
	{ SOL_SOCKET, _name, 0, _unset, 0, _to, get_busy_poll, set_busy_poll }
#define TIME(_name)		{ SOL_SOCKET, _name, 0, NEVER, 0, S64_MAX / 2, get_time, set_time }

static const struct ckpt_option options[] = {
	FLAG(SO_DEBUG, SOCK_DBG),
	NUMBER(SO_REUSEADDR, 0, 1, 1, get_reuse),
	FLAG(SO_DONTROUTE, SOCK_LOCALROUTE),
	FLAG(SO_BROADCAST, SOCK_BROADCAST),
	SIZE(SO_SNDBUF),
	SIZE(SO_RCVBUF),
	FLAG(SO_KEEPALIVE, SOCK_KEEPOPEN),
	FLAG(SO_OOBINLINE, SOCK_URGINLINE),
	NUMBER(SO_NO_CHECK, 0, 1, 1, get_no_check),
	/* IP_TOS sets it too. */
	NUMBER(SO_PRIORITY, -1, 0, U32_MAX, get_priority),
	{ SOL_SOCKET, SO_LINGER, 0, 0, 0, INT_MAX, get_linger, set_linger, 1 },
	NUMBER(SO_REUSEPORT, 0, 1, 1, get_reuseport),
	PASS(SO_PASSCRED, SOCK_PASSCRED),
	NUMBER(SO_RCVLOWAT, 1, 1, INT_MAX, get_low),
	STAMP(SO_TIMESTAMP_OLD),
	STAMP(SO_TIMESTAMPNS_OLD),
	NUMBER(SO_MARK, 0, 1, U32_MAX, get_mark),
	STAMPING(SO_TIMESTAMPING_OLD),
	FLAG(SO_RXQ_OVFL, SOCK_RXQ_OVFL),
	FLAG(SO_WIFI_STATUS, SOCK_WIFI_STATUS),
	NUMBER(SO_PEEK_OFF, -1, INT_MIN, INT_MAX, get_peek_off),
	FLAG(SO_NOFCS, SOCK_NOFCS),
	FLAG(SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE),
	BUSY_POLL(SO_BUSY_POLL, -1, INT_MAX),
	{ SOL_SOCKET, SO_MAX_PACING_RATE, 0, -1, S64_MIN, S64_MAX, get_pacing, set_pacing },
	NUMBER(SO_INCOMING_CPU, -1, INT_MIN, INT_MAX, get_processor),
	{ SOL_SOCKET, SO_ZEROCOPY, 0, 0, 0, 1, ckpt_get_zerocopy, ckpt_set_zerocopy, U32_MAX },
	{ SOL_SOCKET, SO_TXTIME, 0, -1, 0, CLOCK_TAI, ckpt_get_txtime, ckpt_set_txtime,
	  SOF_TXTIME_FLAGS_MASK },
	STAMP(SO_TIMESTAMP_NEW),
	STAMP(SO_TIMESTAMPNS_NEW),
	STAMPING(SO_TIMESTAMPING_NEW),
	TIME(SO_RCVTIMEO_NEW),
	TIME(SO_SNDTIMEO_NEW),
	BUSY_POLL(SO_PREFER_BUSY_POLL, 0, 1),
	BUSY_POLL(SO_BUSY_POLL_BUDGET, 0, U16_MAX),
	/* Behind the sizes, which set it */
	NUMBER(SO_BUF_LOCK, -1, 0, SOCK_BUF_LOCK_MASK, get_lock),
	NUMBER(SO_TXREHASH, -1, 0, 1, get_rehash),
	FLAG(SO_RCVMARK, SOCK_RCVMARK),
	PASS(SO_PASSPIDFD, SOCK_PASSPIDFD),
};

/*
 * The flags that the table has; an adopted or new socket has some by itself, and one of the
 * internet some that tell of its state.  That files have O_ASYNC is said with them.
 */
static unsigned long known_flags(const struct sock *sk)
{
	unsigned long known = BIT(SOCK_ZAPPED) | BIT(SOCK_FASYNC) | BIT(SOCK_LINGER) |
			      BIT(SOCK_RCVTSTAMP) | BIT(SOCK_RCVTSTAMPNS) |
			      BIT(SOCK_TSTAMP_NEW) | BIT(SOCK_TIMESTAMP) |
			      BIT(SOCK_TIMESTAMPING_RX_SOFTWARE) | BIT(SOCK_ZEROCOPY) |
			      BIT(SOCK_TXTIME) | BIT(SOCK_FILTER_LOCKED);
	int i;

	if (sk_is_inet(sk))
		known |= BIT(SOCK_USE_WRITE_QUEUE) | BIT(SOCK_RCU_FREE) | BIT(SOCK_DONE);
	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].get == get_flag)
			known |= BIT(options[i].bit);
	return known;
}

static u32 known_locks(const struct sock *sk)
{
	return SOCK_BUF_LOCK_MASK |
	       (sk_is_inet(sk) ? SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK : 0);
}

static bool has_filter(const struct sock *sk)
{
	return rcu_access_pointer(sk->sk_filter) || sock_flag(sk, SOCK_FILTER_LOCKED);
}

static const char *bad_socket(const struct sock *sk)
{
	if (sk->sk_socket && test_bit(SOCK_PASSSEC, &sk->sk_socket->flags))
		return "that is to receive labels (SO_PASSSEC)";
	/* That has operations of its own, as a program may. */
	if (sk_is_tcp(sk) && inet_csk(sk)->icsk_ulp_ops)
		return "with another protocol upon it (TCP_ULP, such as TLS)";
	if (ckpt_has_odd_filter(sk) || sock_has_programs(sk))
		return "with a filter of eBPF";
	if (sk_is_tcp(sk) && has_filter(sk))
		return "with a filter";
	if (sock_has_policy(sk))
		return "with a policy of IPsec of its own (IP_XFRM_POLICY)";
	if (ckpt_has_lost_device(sk))
		return "that is tied to a device that is gone";
	if (sk->sk_reserved_mem)
		return "with memory set aside (SO_RESERVE_MEM)";
	if (sk->sk_flags & ~known_flags(sk) || sk->sk_userlocks & ~known_locks(sk))
		return "with an option of setsockopt that is not saved";
	return ckpt_bad_sent_option(sk) ?: ckpt_bad_socket_right(sk);
}

static bool has_socket(const struct sock *sk)
{
	return true;
}

const struct ckpt_option_level ckpt_options_socket = {
	.level = SOL_SOCKET, .has = has_socket, .bad = bad_socket,
	.options = options, .nr = ARRAY_SIZE(options),
};
