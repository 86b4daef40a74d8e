// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: options about the times of packets, and what a socket is told of those that
 * it has sent.  The table in options_socket.c has them.
 */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include "net.h"

/**
 * DOC: what a socket is told of packets
 *
 * Preserved: SO_TIMESTAMPING of the kernel's own time stamps, with the number that the next one
 * gets (SOF_TIMESTAMPING_OPT_ID); SO_ZEROCOPY, with the number of the next MSG_ZEROCOPY; SO_TXTIME
 * of CLOCK_REALTIME and CLOCK_TAI.
 *
 * Lost, as on a wire: a time stamp of what was sent, by others than TCP, that comes after the
 * capture.
 *
 * Refused: the time stamps of devices; SO_TXTIME of CLOCK_MONOTONIC, for the kernel sends by its
 * own, which a restart cannot set; a time stamp of what TCP has to send; MSG_ZEROCOPY that is not
 * complete, or of which the program has not been told; MSG_ZEROCOPY of a socket with a filter or
 * in a group, for whether it is complete is not to be told apart from these.
 *
 * Immaterial: when a stream has received what was not read.
 */

#define DEVICE_STAMPS	(SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | \
			 SOF_TIMESTAMPING_SYS_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE | \
			 SOF_TIMESTAMPING_BIND_PHC)
#define NUMBERS		(SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_ID_TCP)

/* What is still pinned is charged to the socket, as is what the error queue has of it. */
static bool has_unreported_zerocopy(const struct sock *sk)
{
	return atomic_read(&sk->sk_zckey) && atomic_read(&sk->sk_omem_alloc);
}

/**
 * ckpt_bad_sent_option - save: what of these options is set and not saved
 * @sk: the socket
 *
 * Return: it, in words; NULL if there is nothing
 */
const char *ckpt_bad_sent_option(const struct sock *sk)
{
	if (READ_ONCE(sk->sk_tsflags) & DEVICE_STAMPS || READ_ONCE(sk->sk_bind_phc))
		return "that asks for the time stamps of a device (SO_TIMESTAMPING)";
	if (sock_flag(sk, SOCK_TXTIME) && sk->sk_clockid == CLOCK_MONOTONIC)
		return "that sends at times of CLOCK_MONOTONIC (SO_TXTIME)";
	if (has_unreported_zerocopy(sk))
		return "whose MSG_ZEROCOPY may not be complete";
	return NULL;
}

/* -- SO_TIMESTAMP and its like ------------------------------------------------------------- */

/**
 * ckpt_get_stamp - save: is SO_TIMESTAMP or one of its like set?
 * @sk: the socket
 * @option: the option
 * @more: out: what belongs to it, if there is something
 *
 * Return: 1 if so, else 0
 */
s64 ckpt_get_stamp(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	bool ns = option->name == SO_TIMESTAMPNS_OLD || option->name == SO_TIMESTAMPNS_NEW;
	bool new = option->name == SO_TIMESTAMP_NEW || option->name == SO_TIMESTAMPNS_NEW;

	return sock_flag(sk, SOCK_RCVTSTAMP) && sock_flag(sk, SOCK_RCVTSTAMPNS) == ns &&
	       sock_flag(sk, SOCK_TSTAMP_NEW) == new;
}

/* -- SO_TIMESTAMPING ------------------------------------------------------------------------- */

/* TCP counts bytes, from the number that this one had; restart chooses others. */
static u32 stamp_number(const struct sock *sk)
{
	const u32 key = atomic_read(&sk->sk_tskey);

	return sk_is_tcp(sk) ? READ_ONCE(tcp_sk(sk)->write_seq) - key : key;
}

/**
 * ckpt_get_stamping - save: what SO_TIMESTAMPING has set
 * @sk: the socket
 * @option: the option
 * @more: out: what belongs to it, if there is something
 *
 * Return: SOF_TIMESTAMPING_*
 */
s64 ckpt_get_stamping(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	const u32 flags = READ_ONCE(sk->sk_tsflags);
	const bool new = option->name == SO_TIMESTAMPING_NEW;

	/* Both forms share one bit with SO_TIMESTAMP. */
	if (sock_flag(sk, SOCK_TSTAMP_NEW) != new)
		return option->unset;
	if (flags & SOF_TIMESTAMPING_OPT_ID)
		*more = stamp_number(sk);
	return flags;
}

/**
 * ckpt_set_stamping - restart: set SO_TIMESTAMPING
 * @sock: the socket
 * @option: the option
 * @value: what it is to be
 * @more: what belongs to that
 *
 * One of TCP that is not connected cannot ask for numbers; until it is, ckpt_tcp_number_stamps()
 * finds in their place how many bytes have got one.
 *
 * Return: 0 or negative errno
 */
int ckpt_set_stamping(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	struct sock *sk = sock->sk;
	const u32 later = sk_is_tcp(sk) ? value & NUMBERS : 0;
	int err;

	if (value & SOF_TIMESTAMPING_OPT_ID_TCP && !(value & SOF_TIMESTAMPING_OPT_ID))
		return -EINVAL;
	err = ckpt_set_number(sock, option, value & ~later, 0);
	if (err)
		return err;
	lock_sock(sk);
	WRITE_ONCE(sk->sk_tsflags, READ_ONCE(sk->sk_tsflags) | later);
	if (value & SOF_TIMESTAMPING_OPT_ID)
		atomic_set(&sk->sk_tskey, later ? -(u32)more : (u32)more);
	release_sock(sk);
	return 0;
}

/**
 * ckpt_tcp_number_stamps - restart: a connection counts its bytes from the same one
 * @sk: its end, owned, with all that it has to send
 */
void ckpt_tcp_number_stamps(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_OPT_ID)
		atomic_add(tcp_sk(sk)->write_seq, &sk->sk_tskey);
}

/* -- SO_ZEROCOPY ------------------------------------------------------------------------------ */

/**
 * ckpt_get_zerocopy - save: is SO_ZEROCOPY set?
 * @sk: the socket
 * @option: the option
 * @more: out: what belongs to it, if there is something
 *
 * Return: 1 if so, else 0
 */
s64 ckpt_get_zerocopy(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	*more = (u32)atomic_read(&sk->sk_zckey);
	return sock_flag(sk, SOCK_ZEROCOPY);
}

/**
 * ckpt_set_zerocopy - restart: set SO_ZEROCOPY
 * @sock: the socket
 * @option: the option
 * @value: what it is to be
 * @more: what belongs to that
 *
 * Sockets of vsock have it at their own.
 *
 * Return: 0 or negative errno
 */
int ckpt_set_zerocopy(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	int number = value, err = 0;

	if (value && sock->sk->sk_family == AF_VSOCK)
		err = sock->ops->setsockopt(sock, SOL_SOCKET, SO_ZEROCOPY, KERNEL_SOCKPTR(&number),
					    sizeof(number));
	else if (value)
		err = ckpt_set_number(sock, option, value, 0);
	if (!err)
		atomic_set(&sock->sk->sk_zckey, (u32)more);
	return err;
}

/* -- SO_TXTIME: the clock, and its flags ------------------------------------------------------- */

/**
 * ckpt_get_txtime - save: by which clock a socket sends
 * @sk: the socket
 * @option: the option
 * @more: out: what belongs to it, if there is something
 *
 * Return: CLOCK_*, or what it is if SO_TXTIME is not set
 */
s64 ckpt_get_txtime(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	if (!sock_flag(sk, SOCK_TXTIME))
		return option->unset;
	*more = (sk->sk_txtime_deadline_mode ? SOF_TXTIME_DEADLINE_MODE : 0) |
		(sk->sk_txtime_report_errors ? SOF_TXTIME_REPORT_ERRORS : 0);
	return sk->sk_clockid;
}

/**
 * ckpt_set_txtime - restart: set SO_TXTIME
 * @sock: the socket
 * @option: the option
 * @value: what it is to be
 * @more: what belongs to that
 *
 * Return: 0 or negative errno
 */
int ckpt_set_txtime(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	struct sock_txtime txtime = { .clockid = value, .flags = more };

	return sock_setsockopt(sock, SOL_SOCKET, SO_TXTIME, KERNEL_SOCKPTR(&txtime),
			       sizeof(txtime));
}
