// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what setsockopt(2) has set of a socket.
 */
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/socket.h>
#include <net/sock.h>
#include "net.h"

/**
 * DOC: options of sockets
 *
 * Preserved: of SOL_SOCKET SO_BROADCAST, SO_BUF_LOCK, SO_DONTROUTE, SO_KEEPALIVE, SO_LINGER,
 * SO_NO_CHECK, SO_NOFCS, SO_OOBINLINE, SO_PASSCRED, SO_PASSPIDFD, SO_PEEK_OFF, SO_PRIORITY up to
 * 6, SO_RCVBUF and SO_SNDBUF (as they were, not doubled), SO_RCVLOWAT, SO_RCVMARK, SO_RCVTIMEO and
 * SO_SNDTIMEO, SO_REUSEADDR, SO_RXQ_OVFL, SO_SELECT_ERR_QUEUE, SO_TIMESTAMP and SO_TIMESTAMPNS,
 * SO_WIFI_STATUS.  Each is set by setsockopt(2)'s own function, as who made the socket.
 *
 * Refused: filters and programs of BPF, SO_PASSSEC, SO_MARK, SO_BUSY_POLL and its like,
 * SO_TIMESTAMPING, SO_TXTIME, SO_DEBUG, SO_RESERVE_MEM, SO_MAX_PACING_RATE, SO_BINDTODEVICE,
 * SO_INCOMING_CPU, SO_REUSEPORT, SO_LOCK_FILTER.
 */

struct option;

typedef s64 (*option_getter)(const struct sock *sk, const struct option *option, s64 *more);
typedef int (*option_setter)(struct socket *sock, const struct option *option, s64 value, s64 more);

/*
 * @unset: what a new socket has, and so is not saved
 * @from, @to: what it may be
 * @bit: of a flag, which of sk_flags or of the flags of struct socket
 * @most: what "more" may be at most
 */
struct option {
	u32 name;
	u32 bit;
	s64 unset;
	s64 from;
	s64 to;
	option_getter get;
	option_setter set;
	s64 most;
};

static int set_number(struct socket *sock, const struct option *option, s64 value, s64 more)
{
	int number = value;

	return sock_setsockopt(sock, SOL_SOCKET, option->name, KERNEL_SOCKPTR(&number),
			       sizeof(number));
}

static s64 get_flag(const struct sock *sk, const struct option *option, s64 *more)
{
	return sock_flag(sk, option->bit);
}

/* What waits to be accepted has no struct socket, and none of these. */
static s64 get_pass(const struct sock *sk, const struct option *option, s64 *more)
{
	return sk->sk_socket && test_bit(option->bit, &sk->sk_socket->flags);
}

static s64 get_reuse(const struct sock *sk, const struct option *option, s64 *more)
{
	return sk->sk_reuse != SK_NO_REUSE;
}

static s64 get_no_check(const struct sock *sk, const struct option *option, s64 *more)
{
	return sk->sk_no_check_tx;
}

static s64 get_priority(const struct sock *sk, const struct option *option, s64 *more)
{
	return READ_ONCE(sk->sk_priority);
}

static s64 get_low(const struct sock *sk, const struct option *option, s64 *more)
{
	return READ_ONCE(sk->sk_rcvlowat);
}

static s64 get_peek_off(const struct sock *sk, const struct option *option, s64 *more)
{
	return READ_ONCE(sk->sk_peek_off);
}

static s64 get_lock(const struct sock *sk, const struct option *option, s64 *more)
{
	return sk->sk_userlocks & SOCK_BUF_LOCK_MASK;
}

/* -- sizes: setsockopt(2) doubles them, and getsockopt(2) shows them doubled ------------- */

static const int *size_of(const struct sock *sk, const struct option *option)
{
	return option->name == SO_SNDBUF ? &sk->sk_sndbuf : &sk->sk_rcvbuf;
}

static s64 get_size(const struct sock *sk, const struct option *option, s64 *more)
{
	return READ_ONCE(*size_of(sk, option));
}

/* Beyond the limit for all with the right to exceed it alone */
static int set_size(struct socket *sock, const struct option *option, s64 value, s64 more)
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
static s64 get_time(const struct sock *sk, const struct option *option, s64 *more)
{
	long time = option->name == SO_RCVTIMEO_NEW ? sk->sk_rcvtimeo : sk->sk_sndtimeo;

	return time == MAX_SCHEDULE_TIMEOUT ? NEVER :
	       min_t(s64, time / HZ, SECONDS_MAX) * USEC_PER_SEC + time % HZ * JIFFY_USEC;
}

/* None at all is what a negative one becomes. */
static int set_time(struct socket *sock, const struct option *option, s64 value, s64 more)
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

static s64 get_linger(const struct sock *sk, const struct option *option, s64 *more)
{
	*more = sock_flag(sk, SOCK_LINGER);
	return min_t(unsigned long, sk->sk_lingertime / HZ, INT_MAX);
}

/* The time stays when it is switched off. */
static int set_linger(struct socket *sock, const struct option *option, s64 value, s64 more)
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

static s64 get_stamp(const struct sock *sk, const struct option *option, s64 *more)
{
	bool ns = option->name == SO_TIMESTAMPNS_OLD || option->name == SO_TIMESTAMPNS_NEW;
	bool new = option->name == SO_TIMESTAMP_NEW || option->name == SO_TIMESTAMPNS_NEW;

	return sock_flag(sk, SOCK_RCVTSTAMP) && sock_flag(sk, SOCK_RCVTSTAMPNS) == ns &&
	       sock_flag(sk, SOCK_TSTAMP_NEW) == new;
}

/* -- the table, ascending by name ------------------------------------------------------- */

#define FLAG(_name, _bit)	{ _name, _bit, 0, 1, 1, get_flag, set_number }
#define PASS(_name, _bit)	{ _name, _bit, 0, 1, 1, get_pass, set_number }
#define STAMP(_name)		{ _name, 0, 0, 1, 1, get_stamp, set_number }
#define NUMBER(_name, _unset, _from, _to, _get)	{ _name, 0, _unset, _from, _to, _get, set_number }
#define SIZE(_name)		{ _name, 0, 0, 1, INT_MAX, get_size, set_size }
#define TIME(_name)		{ _name, 0, NEVER, 0, S64_MAX / 2, get_time, set_time }

static const struct option options[] = {
	NUMBER(SO_REUSEADDR, 0, 1, 1, get_reuse),
	FLAG(SO_DONTROUTE, SOCK_LOCALROUTE),
	FLAG(SO_BROADCAST, SOCK_BROADCAST),
	SIZE(SO_SNDBUF),
	SIZE(SO_RCVBUF),
	FLAG(SO_KEEPALIVE, SOCK_KEEPOPEN),
	FLAG(SO_OOBINLINE, SOCK_URGINLINE),
	NUMBER(SO_NO_CHECK, 0, 1, 1, get_no_check),
	NUMBER(SO_PRIORITY, 0, 1, 6, get_priority),
	{ SO_LINGER, 0, 0, 0, INT_MAX, get_linger, set_linger, 1 },
	PASS(SO_PASSCRED, SOCK_PASSCRED),
	NUMBER(SO_RCVLOWAT, 1, 1, INT_MAX, get_low),
	STAMP(SO_TIMESTAMP_OLD),
	STAMP(SO_TIMESTAMPNS_OLD),
	FLAG(SO_RXQ_OVFL, SOCK_RXQ_OVFL),
	FLAG(SO_WIFI_STATUS, SOCK_WIFI_STATUS),
	NUMBER(SO_PEEK_OFF, -1, 0, INT_MAX, get_peek_off),
	FLAG(SO_NOFCS, SOCK_NOFCS),
	FLAG(SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE),
	STAMP(SO_TIMESTAMP_NEW),
	STAMP(SO_TIMESTAMPNS_NEW),
	TIME(SO_RCVTIMEO_NEW),
	TIME(SO_SNDTIMEO_NEW),
	/* Behind the sizes, which set it */
	NUMBER(SO_BUF_LOCK, -1, 0, SOCK_BUF_LOCK_MASK, get_lock),
	FLAG(SO_RCVMARK, SOCK_RCVMARK),
	PASS(SO_PASSPIDFD, SOCK_PASSPIDFD),
};

/*
 * The flags that the table has; an adopted or new socket has some by itself, and that its
 * files have O_ASYNC is said with them.
 */
static unsigned long known_flags(void)
{
	unsigned long known = BIT(SOCK_ZAPPED) | BIT(SOCK_FASYNC) | BIT(SOCK_LINGER) |
			      BIT(SOCK_RCVTSTAMP) | BIT(SOCK_RCVTSTAMPNS) | BIT(SOCK_TSTAMP_NEW) | BIT(SOCK_TIMESTAMP);
	int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].get == get_flag)
			known |= BIT(options[i].bit);
	return known;
}

/* -- check and save --------------------------------------------------------------------- */

static const char *bad_option(const struct sock *sk)
{
	if (sk->sk_socket && test_bit(SOCK_PASSSEC, &sk->sk_socket->flags))
		return "that is to receive labels (SO_PASSSEC)";
	if (rcu_access_pointer(sk->sk_filter) || sock_has_programs(sk))
		return "with a filter";
	if (sk->sk_mark)
		return "with a mark (SO_MARK)";
	if (sk->sk_flags & ~known_flags() || sk->sk_userlocks & ~SOCK_BUF_LOCK_MASK ||
	    sk->sk_priority > 6 || sk->sk_bound_dev_if || sk->sk_reuseport ||
	    sk->sk_incoming_cpu != -1 || sk->sk_max_pacing_rate != ~0UL ||
	    sk->sk_reserved_mem || sk->sk_tsflags || sock_has_busy_poll(sk))
		return "with an option of setsockopt that is not saved";
	return NULL;
}

/**
 * ckpt_check_socket_options - can what setsockopt(2) has set be saved?
 * @ctx: the call, surveyed
 * @sk: the socket
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_socket_options(struct ckpt_ctx *ctx, const struct sock *sk)
{
	const char *bad = bad_option(sk);

	return bad ? ckpt_cannot_save(ctx, "a unix socket %s", bad) : 0;
}

static const struct ckpt_kind ckpt_kind_socket_options;

/**
 * ckpt_save_socket_options - save what setsockopt(2) has set
 * @ctx: the call
 * @sk: the socket, which has a file
 * @id: its object
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, u32 id)
{
	struct ckpt_rec_socket_option set[ARRAY_SIZE(options)] = {};
	struct ckpt_rec_socket_options rec = {};
	u32 i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		s64 more = 0, value = options[i].get(sk, &options[i], &more);

		if (value != options[i].unset || more)
			set[nr++] = (struct ckpt_rec_socket_option) {
				.level = SOL_SOCKET, .name = options[i].name,
				.value = value, .more = more,
			};
	}
	return ckpt_emit(ctx, &ckpt_kind_socket_options, id, &rec, set, nr);
}

/* -- validate and restore --------------------------------------------------------------- */

static const struct option *find_option(const struct ckpt_rec_socket_option *data)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (data->level == SOL_SOCKET && data->name == options[i].name)
			return &options[i];
	return NULL;
}

static int options_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_socket_option *set = item->array;
	u32 i;

	for (i = 0; i < item->count; i++) {
		const struct option *option = find_option(&set[i]);

		if (!option || (i && set[i].name <= set[i - 1].name))
			return ckpt_fail(ctx, -EINVAL, "option %u of a socket is unknown, or comes twice",
					 set[i].name);
		if (set[i].value < option->from || set[i].value > option->to ||
		    set[i].more < 0 || set[i].more > option->most)
			return ckpt_fail(ctx, -EINVAL, "option %u of a socket is out of range",
					 set[i].name);
	}
	return 0;
}

static int fail_option(struct ckpt_ctx *ctx, const struct ckpt_rec_socket_option *set, int err)
{
	if (set->name == SO_SNDBUF || set->name == SO_RCVBUF)
		return ckpt_fail(ctx, err, "a socket's buffer cannot have its size of %lld bytes again (error %d; see net.core.wmem_max and rmem_max)",
				 set->value, -err);
	return ckpt_fail(ctx, err, "option %u of a socket cannot be set to %lld again (error %d)",
			 set->name, set->value, -err);
}

static int options_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_socket_option *set = item->array;
	const struct cred *old;
	int err = 0;
	u32 i;

	if (!made || !made->sk->sk_socket)
		return ckpt_fail(ctx, -EINVAL, "a socket without a file has options");
	old = override_creds(made->who);
	for (i = 0; !err && i < item->count; i++) {
		const struct option *option = find_option(&set[i]);

		err = option->set(made->sk->sk_socket, option, set[i].value, set[i].more);
		if (err)
			fail_option(ctx, &set[i], err);
	}
	revert_creds(old);
	return err;
}

CHECKPOINT_KIND(socket_options) = {
	.name		= "socket_options",
	.type		= CKPT_REC_SOCKET_OPTIONS,
	.size		= sizeof(struct ckpt_rec_socket_options),
	CKPT_ARRAY(struct ckpt_rec_socket_options, options, struct ckpt_rec_socket_option),
	.max		= ARRAY_SIZE(options),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.validate	= options_validate,
	.restore	= options_restore,
};
