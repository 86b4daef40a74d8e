// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: options of the level IP, which sockets of IPv6 have as well.
 */
#include <linux/in.h>
#include <net/inet_ecn.h>
#include <net/inet_sock.h>
#include "net.h"

/**
 * DOC: options of IP
 *
 * Preserved: IP_BIND_ADDRESS_NO_PORT, IP_CHECKSUM, IP_FREEBIND, IP_HDRINCL, IP_LOCAL_PORT_RANGE,
 * IP_MINTTL, IP_MTU_DISCOVER, IP_MULTICAST_ALL, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_NODEFRAG,
 * IP_PKTINFO, IP_RECVERR, IP_RECVERR_RFC4884, IP_RECVFRAGSIZE, IP_RECVOPTS, IP_RECVORIGDSTADDR,
 * IP_RECVTOS, IP_RECVTTL, IP_RETOPTS, IP_TOS, IP_TRANSPARENT, IP_TTL.
 *
 * Refused: IP_OPTIONS, IP_PASSSEC, IP_ROUTER_ALERT, multicast groups of streams.
 *
 * Immaterial: what IP_PKTOPTIONS tells of the last segment of a stream.
 */

static bool has_ip(const struct sock *sk)
{
	return sk_is_inet(sk) && (sk->sk_family == AF_INET || sk->sk_type != SOCK_RAW);
}

static s64 get_bit(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return test_bit(option->bit, &inet_sk(sk)->inet_flags);
}

/* A stream has there which way its congestion was told. */
static s64 get_tos(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	u8 tos = READ_ONCE(inet_sk(sk)->tos);

	return sk->sk_type == SOCK_STREAM ? tos & ~INET_ECN_MASK : tos;
}

static s64 get_ttl(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet_sk(sk)->uc_ttl);
}

static s64 get_min_ttl(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet_sk(sk)->min_ttl);
}

/* Of a stream it tells what it has received. */
static s64 get_mc_ttl(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_type == SOCK_STREAM ? option->unset : READ_ONCE(inet_sk(sk)->mc_ttl);
}

static s64 get_pmtudisc(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet_sk(sk)->pmtudisc);
}

static s64 get_port_range(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet_sk(sk)->local_port_range);
}

/*
 * Raw sockets alone have it, some from the beginning.  A raw socket of IPv6 has it at another
 * level.
 */
static s64 get_header(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_type == SOCK_RAW ? get_bit(sk, option, more) : option->unset;
}

#define BIT_OF(_name, _bit, _unset)	\
	{ SOL_IP, _name, INET_FLAGS_##_bit, _unset, 0, 1, get_bit, ckpt_set_number }
#define NUMBER(_name, _unset, _from, _to, _get)	\
	{ SOL_IP, _name, 0, _unset, _from, _to, _get, ckpt_set_number }

static const struct ckpt_option options[] = {
	NUMBER(IP_TOS, 0, 0, 255, get_tos),
	NUMBER(IP_TTL, -1, 1, 255, get_ttl),
	{ SOL_IP, IP_HDRINCL, INET_FLAGS_HDRINCL, -1, 0, 1, get_header, ckpt_set_number },
	BIT_OF(IP_RECVOPTS, RECVOPTS, 0),
	BIT_OF(IP_RETOPTS, RETOPTS, 0),
	BIT_OF(IP_PKTINFO, PKTINFO, 0),
	NUMBER(IP_MTU_DISCOVER, -1, IP_PMTUDISC_DONT, IP_PMTUDISC_OMIT, get_pmtudisc),
	BIT_OF(IP_RECVERR, RECVERR, 0),
	BIT_OF(IP_RECVTTL, TTL, 0),
	BIT_OF(IP_RECVTOS, TOS, 0),
	BIT_OF(IP_FREEBIND, FREEBIND, 0),
	BIT_OF(IP_TRANSPARENT, TRANSPARENT, 0),
	BIT_OF(IP_RECVORIGDSTADDR, ORIGDSTADDR, 0),
	NUMBER(IP_MINTTL, 0, 1, 255, get_min_ttl),
	BIT_OF(IP_NODEFRAG, NODEFRAG, 0),
	BIT_OF(IP_CHECKSUM, CHECKSUM, 0),
	BIT_OF(IP_BIND_ADDRESS_NO_PORT, BIND_ADDRESS_NO_PORT, 0),
	BIT_OF(IP_RECVFRAGSIZE, RECVFRAGSIZE, 0),
	BIT_OF(IP_RECVERR_RFC4884, RECVERR_RFC4884, 0),
	NUMBER(IP_MULTICAST_TTL, 1, 0, 255, get_mc_ttl),
	BIT_OF(IP_MULTICAST_LOOP, MC_LOOP, 1),
	BIT_OF(IP_MULTICAST_ALL, MC_ALL, 1),
	NUMBER(IP_LOCAL_PORT_RANGE, 0, 1, U32_MAX, get_port_range),
};

static const char *bad_ip(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (test_bit(INET_FLAGS_PASSSEC, &inet->inet_flags))
		return "that is to receive labels (IP_PASSSEC)";
	if (rcu_access_pointer(inet->inet_opt))
		return "with IP options (IP_OPTIONS)";
	/* Those of datagrams have a kind of their own. */
	if (sk->sk_type == SOCK_STREAM && rcu_access_pointer(inet->mc_list))
		return "in a multicast group";
	if (test_bit(INET_FLAGS_RTALERT, &inet->inet_flags))
		return "with IP_ROUTER_ALERT";
	return NULL;
}

const struct ckpt_option_level ckpt_options_ip = {
	.level = SOL_IP, .has = has_ip, .bad = bad_ip,
	.options = options, .nr = ARRAY_SIZE(options),
};
