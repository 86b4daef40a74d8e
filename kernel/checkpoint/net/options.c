// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what setsockopt(2) has set of a socket.
 */
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
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
 * SO_TIMESTAMPING, SO_TXTIME, SO_DEBUG, SO_RESERVE_MEM, SO_MAX_PACING_RATE,
 * SO_INCOMING_CPU, SO_REUSEPORT, SO_LOCK_FILTER.
 */

/**
 * ckpt_set_number - set an option that is a number, by setsockopt(2)'s own function
 * @sock: the socket
 * @option: the option
 * @value: the number
 * @more: nothing
 *
 * Return: 0 or negative errno
 */
int ckpt_set_number(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	int number = value;

	if (option->level == SOL_SOCKET)
		return sock_setsockopt(sock, SOL_SOCKET, option->name, KERNEL_SOCKPTR(&number),
				       sizeof(number));
	return sock->ops->setsockopt(sock, option->level, option->name, KERNEL_SOCKPTR(&number),
				     sizeof(number));
}

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

static s64 get_time(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	long time = option->name == SO_RCVTIMEO_NEW ? sk->sk_rcvtimeo : sk->sk_sndtimeo;

	return time == MAX_SCHEDULE_TIMEOUT ? NEVER :
	       (s64)(time / HZ) * USEC_PER_SEC + time % HZ * JIFFY_USEC;
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

static s64 get_stamp(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	bool ns = option->name == SO_TIMESTAMPNS_OLD || option->name == SO_TIMESTAMPNS_NEW;
	bool new = option->name == SO_TIMESTAMP_NEW || option->name == SO_TIMESTAMPNS_NEW;

	return sock_flag(sk, SOCK_RCVTSTAMP) && sock_flag(sk, SOCK_RCVTSTAMPNS) == ns &&
	       sock_flag(sk, SOCK_TSTAMP_NEW) == new;
}

/* -- the table, ascending by name ------------------------------------------------------- */

#define FLAG(_name, _bit)	{ SOL_SOCKET, _name, _bit, 0, 1, 1, get_flag, ckpt_set_number }
#define PASS(_name, _bit)	{ SOL_SOCKET, _name, _bit, 0, 1, 1, get_pass, ckpt_set_number }
#define STAMP(_name)		{ SOL_SOCKET, _name, 0, 0, 1, 1, get_stamp, ckpt_set_number }
#define NUMBER(_name, _unset, _from, _to, _get)	\
	{ SOL_SOCKET, _name, 0, _unset, _from, _to, _get, ckpt_set_number }
#define SIZE(_name)		{ SOL_SOCKET, _name, 0, 0, 1, INT_MAX, get_size, set_size }
#define TIME(_name)		{ SOL_SOCKET, _name, 0, NEVER, 0, S64_MAX / 2, get_time, set_time }

static const struct ckpt_option options[] = {
	NUMBER(SO_REUSEADDR, 0, 1, 1, get_reuse),
	FLAG(SO_DONTROUTE, SOCK_LOCALROUTE),
	FLAG(SO_BROADCAST, SOCK_BROADCAST),
	SIZE(SO_SNDBUF),
	SIZE(SO_RCVBUF),
	FLAG(SO_KEEPALIVE, SOCK_KEEPOPEN),
	FLAG(SO_OOBINLINE, SOCK_URGINLINE),
	NUMBER(SO_NO_CHECK, 0, 1, 1, get_no_check),
	/* IP_TOS sets it too. */
	NUMBER(SO_PRIORITY, -1, 0, 6, get_priority),
	{ SOL_SOCKET, SO_LINGER, 0, 0, 0, INT_MAX, get_linger, set_linger, 1 },
	NUMBER(SO_REUSEPORT, 0, 1, 1, get_reuseport),
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

static bool has_level(const struct sock *sk)
{
	return true;
}

static const struct ckpt_option_level level_socket = {
	.level = SOL_SOCKET, .has = has_level, .options = options, .nr = ARRAY_SIZE(options),
};

/* Ascending by number */
static const struct ckpt_option_level * const levels[] = {
	IS_ENABLED(CONFIG_INET) ? &ckpt_options_ip : NULL,
	&level_socket,
	IS_ENABLED(CONFIG_INET) ? &ckpt_options_tcp : NULL,
	IS_ENABLED(CONFIG_INET) ? &ckpt_options_udp : NULL,
	IS_ENABLED(CONFIG_IPV6) ? &ckpt_options_ipv6 : NULL,
	&ckpt_options_netlink,
};

/* All that a socket may have */
#define OPTIONS_MAX	128

/*
 * The flags that the table has; an adopted or new socket has some by itself, and one of the
 * internet some that tell of its state.
 */
static unsigned long known_flags(const struct sock *sk)
{
	unsigned long known = BIT(SOCK_ZAPPED) | BIT(SOCK_LINGER) | BIT(SOCK_RCVTSTAMP) |
			      BIT(SOCK_RCVTSTAMPNS) | BIT(SOCK_TSTAMP_NEW) | BIT(SOCK_TIMESTAMP);
	int i;

	if (sk_is_inet(sk))
		known |= BIT(SOCK_USE_WRITE_QUEUE) | BIT(SOCK_RCU_FREE) | BIT(SOCK_DONE);
	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].get == get_flag)
			known |= BIT(options[i].bit);
	return known;
}

/* -- check and save --------------------------------------------------------------------- */

/* What receives notes the processor there itself, as it is connected. */
static bool has_cpu(const struct sock *sk)
{
	return sk->sk_incoming_cpu != -1 &&
	       (!sk_is_inet(sk) || sk->sk_state == TCP_LISTEN);
}

static u32 known_locks(const struct sock *sk)
{
	return SOCK_BUF_LOCK_MASK |
	       (sk_is_inet(sk) ? SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK : 0);
}

static const char *bad_option(const struct sock *sk)
{
	const char *bad;
	int i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		bad = levels[i] && levels[i]->bad && levels[i]->has(sk) ? levels[i]->bad(sk) : NULL;
		if (bad)
			return bad;
	}
	if (sk->sk_socket && test_bit(SOCK_PASSSEC, &sk->sk_socket->flags))
		return "that is to receive labels (SO_PASSSEC)";
	if (rcu_access_pointer(sk->sk_filter) || sock_has_programs(sk))
		return "with a filter";
	if (sk->sk_mark)
		return "with a mark (SO_MARK)";
	if (ckpt_has_lost_device(sk))
		return "that is tied to a device that is gone";
	if (sk->sk_flags & ~known_flags(sk) || sk->sk_userlocks & ~known_locks(sk) ||
	    sk->sk_priority > 6 || (sk->sk_bound_dev_if && sk_is_tcp(sk)) || has_cpu(sk) ||
	    sk->sk_max_pacing_rate != ~0UL || sk->sk_reserved_mem || sk->sk_tsflags ||
	    sock_has_busy_poll(sk))
		return "with an option of setsockopt that is not saved";
	return NULL;
}

/**
 * ckpt_check_socket_options - can what setsockopt(2) has set be saved?
 * @ctx: the call, surveyed
 * @sk: the socket
 * @what: what it is, for messages: "a unix socket"
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, const char *what)
{
	const char *bad = bad_option(sk);

	return bad ? ckpt_cannot_save(ctx, "%s %s", what, bad) : 0;
}

static u32 get_level(const struct ckpt_option_level *level, const struct sock *sk,
		     struct ckpt_rec_socket_option *set)
{
	u32 i, nr = 0;

	for (i = 0; i < level->nr; i++) {
		const struct ckpt_option *option = &level->options[i];
		s64 more = 0, value = option->get(sk, option, &more);

		if (value != option->unset || more)
			set[nr++] = (struct ckpt_rec_socket_option) {
				.level = option->level, .name = option->name,
				.value = value, .more = more,
			};
	}
	return nr;
}

static const struct ckpt_kind ckpt_kind_socket_options;

/**
 * ckpt_save_socket_options - save what setsockopt(2) has set
 * @ctx: the call
 * @sk: the socket, which has a file
 * @id: its object
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, u32 id)
{
	struct ckpt_rec_socket_options rec = {};
	struct ckpt_rec_socket_option *set;
	u32 i, nr = 0;
	int err;

	set = kcalloc(OPTIONS_MAX, sizeof(*set), GFP_KERNEL_ACCOUNT);
	if (!set)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the options of a socket");
	for (i = 0; i < ARRAY_SIZE(levels); i++)
		if (levels[i] && levels[i]->has(sk) &&
		    !WARN_ON_ONCE(nr + levels[i]->nr > OPTIONS_MAX))
			nr += get_level(levels[i], sk, &set[nr]);
	err = ckpt_emit(ctx, &ckpt_kind_socket_options, id, &rec, set, nr);
	kfree(set);
	return err ?: ckpt_save_socket_devices(ctx, sk, id);
}

/* -- validate and restore --------------------------------------------------------------- */

static const struct ckpt_option_level *find_level(u32 level)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(levels); i++)
		if (levels[i] && levels[i]->level == level)
			return levels[i];
	return NULL;
}

static const struct ckpt_option *find_option(const struct ckpt_rec_socket_option *data)
{
	const struct ckpt_option_level *level = find_level(data->level);
	u32 i;

	for (i = 0; level && i < level->nr; i++)
		if (data->name == level->options[i].name)
			return &level->options[i];
	return NULL;
}

static bool ascends(const struct ckpt_rec_socket_option *set, u32 i)
{
	return !i || set[i].level > set[i - 1].level ||
	       (set[i].level == set[i - 1].level && set[i].name > set[i - 1].name);
}

static int options_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_socket_option *set = item->array;
	u32 i;

	for (i = 0; i < item->count; i++) {
		const struct ckpt_option *option = find_option(&set[i]);

		if (!option || !ascends(set, i))
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
	if (set->level == SOL_SOCKET && (set->name == SO_SNDBUF || set->name == SO_RCVBUF))
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
		const struct ckpt_option *option = find_option(&set[i]);

		if (!find_level(set[i].level)->has(made->sk)) {
			err = ckpt_fail(ctx, -EINVAL, "option %u is of another sort of socket",
					set[i].name);
			break;
		}
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
	.max		= OPTIONS_MAX,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.validate	= options_validate,
	.restore	= options_restore,
};
