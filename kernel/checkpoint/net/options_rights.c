// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: rights that sockets need to be made again.  What setsockopt(2) would not do
 * at a restart is refused when it is saved.
 */
#include <linux/cred.h>
#include <net/ip.h>
#include <net/sock.h>
#include "net.h"

/**
 * ckpt_may_again - save: will a restart by the caller have a right that a socket needs?
 * @sk: the socket
 * @ns: where it is needed
 * @cap: CAP_*
 *
 * The socket is made again in the name of who made it, and in that of the restarter where he may
 * not take that one.  Nobody has made what waits to be accepted.
 *
 * Return: true if both have it
 */
bool ckpt_may_again(const struct sock *sk, struct user_namespace *ns, int cap)
{
	const struct file *file = sk->sk_socket ? sk->sk_socket->file : NULL;

	if (sk->sk_socket && !(file && file_ns_capable(file, ns, cap)))
		return false;
	return ns_capable_noaudit(ns, cap);
}

static bool may_again(const struct sock *sk, int cap)
{
	return ckpt_may_again(sk, sock_net(sk)->user_ns, cap);
}

static bool may_mark(const struct sock *sk)
{
	return may_again(sk, CAP_NET_RAW) || may_again(sk, CAP_NET_ADMIN);
}

static bool is_raw(const struct sock *sk)
{
	return sk->sk_family == AF_PACKET || (sk_is_inet(sk) && sk->sk_type == SOCK_RAW);
}

/* What was accepted has the port of its listener without having asked for it. */
static bool has_low_port(const struct sock *sk)
{
	return sk_is_inet(sk) && sk->sk_type != SOCK_RAW &&
	       sk->sk_userlocks & SOCK_BINDPORT_LOCK && inet_sk(sk)->inet_num &&
	       inet_port_requires_bind_service(sock_net(sk), inet_sk(sk)->inet_num);
}

/* SO_SNDBUFFORCE and SO_RCVBUFFORCE go beyond what is for all. */
static bool is_large(const struct sock *sk)
{
	return ckpt_has_forced_size(sk, SO_SNDBUF, READ_ONCE(sysctl_wmem_max)) ||
	       ckpt_has_forced_size(sk, SO_RCVBUF, READ_ONCE(sysctl_rmem_max));
}

/* What capable(9) is asked about, over no namespace but the first */
static bool is_odd(const struct sock *sk)
{
	return sock_flag(sk, SOCK_DBG) || ckpt_busy_poll(sk, SO_PREFER_BUSY_POLL) > 0 ||
	       ckpt_busy_poll(sk, SO_BUSY_POLL_BUDGET) > 0 || is_large(sk);
}

/**
 * ckpt_bad_socket_right - save: what of a socket a restart may not set again
 * @sk: the socket
 *
 * Return: it, in words; NULL if there is nothing
 */
const char *ckpt_bad_socket_right(const struct sock *sk)
{
	if ((sk->sk_mark || sk->sk_priority > 6) && !may_mark(sk))
		return "with a mark or priority that its maker or the caller may not set";
	if (is_raw(sk) && !may_again(sk, CAP_NET_RAW))
		return "that its maker or the caller may not make (CAP_NET_RAW)";
	if (has_low_port(sk) && !may_again(sk, CAP_NET_BIND_SERVICE))
		return "with a port that its maker or the caller may not bind to";
	if (sk_is_inet(sk) && inet_test_bit(TRANSPARENT, sk) && !may_mark(sk))
		return "with IP_TRANSPARENT, which its maker or the caller may not set";
	if (sock_flag(sk, SOCK_TXTIME) && !may_again(sk, CAP_NET_ADMIN))
		return "with SO_TXTIME, which its maker or the caller may not set (CAP_NET_ADMIN)";
	if (is_odd(sk) && !ckpt_may_again(sk, &init_user_ns, CAP_NET_ADMIN))
		return "with an option that its maker or the caller may not set (CAP_NET_ADMIN)";
	return NULL;
}
