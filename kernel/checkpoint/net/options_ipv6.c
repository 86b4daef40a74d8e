// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: options of the level IPV6.
 */
#include <linux/ipv6.h>
#include <net/inet_ecn.h>
#include <net/inet_sock.h>
#include "net.h"

/**
 * DOC: options of IPv6
 *
 * Preserved: IPV6_ADDR_PREFERENCES, IPV6_AUTOFLOWLABEL, IPV6_DONTFRAG, IPV6_FLOWINFO,
 * IPV6_FLOWINFO_SEND, IPV6_MINHOPCOUNT, IPV6_MTU, IPV6_MTU_DISCOVER, IPV6_MULTICAST_ALL,
 * IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_RECVDSTOPTS, IPV6_RECVERR, IPV6_RECVERR_RFC4884,
 * IPV6_RECVFRAGSIZE, IPV6_RECVHOPLIMIT, IPV6_RECVHOPOPTS, IPV6_RECVORIGDSTADDR, IPV6_RECVPATHMTU,
 * IPV6_RECVPKTINFO, IPV6_RECVRTHDR, IPV6_RECVTCLASS and those of RFC 2292, IPV6_TCLASS,
 * IPV6_UNICAST_HOPS, IPV6_V6ONLY.
 *
 * Refused: extension headers that are sent with each packet (IPV6_RTHDR and its like),
 * IPV6_PKTINFO, flow labels (IPV6_FLOWLABEL_MGR), IPV6_ROUTER_ALERT, anycast groups, multicast
 * groups of streams.
 *
 * Immaterial: what IPV6_2292PKTOPTIONS tells of the last segment of a stream.
 */

static bool has_ipv6(const struct sock *sk)
{
	return sk->sk_family == AF_INET6;
}

static s64 get_bit(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return test_bit(option->bit, &inet_sk(sk)->inet_flags);
}

/* What is received with each packet: one of the union's bits */
static s64 get_received(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	switch (option->name) {
	case IPV6_2292PKTINFO:		return np->rxopt.bits.rxoinfo;
	case IPV6_2292HOPOPTS:		return np->rxopt.bits.ohopopts;
	case IPV6_2292DSTOPTS:		return np->rxopt.bits.odstopts;
	case IPV6_2292RTHDR:		return np->rxopt.bits.osrcrt;
	case IPV6_2292HOPLIMIT:		return np->rxopt.bits.rxohlim;
	case IPV6_FLOWINFO:		return np->rxopt.bits.rxflow;
	case IPV6_RECVPKTINFO:		return np->rxopt.bits.rxinfo;
	case IPV6_RECVHOPLIMIT:		return np->rxopt.bits.rxhlim;
	case IPV6_RECVHOPOPTS:		return np->rxopt.bits.hopopts;
	case IPV6_RECVRTHDR:		return np->rxopt.bits.srcrt;
	case IPV6_RECVDSTOPTS:		return np->rxopt.bits.dstopts;
	case IPV6_RECVPATHMTU:		return np->rxopt.bits.rxpmtu;
	case IPV6_RECVTCLASS:		return np->rxopt.bits.rxtclass;
	case IPV6_RECVORIGDSTADDR:	return np->rxopt.bits.rxorigdstaddr;
	default:			return np->rxopt.bits.recvfragsize;
	}
}

/* A raw one receives nothing of IPv4 either way, and cannot set it. */
static s64 get_only(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return sk->sk_type == SOCK_RAW ? option->unset : sk->sk_ipv6only;
}

static s64 get_hops(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet6_sk(sk)->hop_limit);
}

/* Of a stream it tells what it has received. */
static s64 get_mcast_hops(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	u8 hops = READ_ONCE(inet6_sk(sk)->mcast_hops);

	return sk->sk_type == SOCK_STREAM ? option->unset : hops;
}

static s64 get_pmtudisc(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet6_sk(sk)->pmtudisc);
}

static s64 get_frag_size(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet6_sk(sk)->frag_size);
}

/* A stream has there which way its congestion was told. */
static s64 get_tclass(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	u8 tclass = READ_ONCE(inet6_sk(sk)->tclass);

	return sk->sk_type == SOCK_STREAM ? tclass & ~INET_ECN_MASK : tclass;
}

static s64 get_min_hops(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet6_sk(sk)->min_hopcount);
}

static s64 get_preferences(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(inet6_sk(sk)->srcprefs);
}

static s64 get_label(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	const unsigned long *flags = &inet_sk(sk)->inet_flags;

	return test_bit(INET_FLAGS_AUTOFLOWLABEL_SET, flags) ?
	       test_bit(INET_FLAGS_AUTOFLOWLABEL, flags) : option->unset;
}

#define BIT_OF(_name, _bit, _unset)	\
	{ SOL_IPV6, _name, INET_FLAGS_##_bit, _unset, 0, 1, get_bit, ckpt_set_number }
#define NUMBER(_name, _unset, _from, _to, _get)	\
	{ SOL_IPV6, _name, 0, _unset, _from, _to, _get, ckpt_set_number }
#define RECEIVED(_name)	NUMBER(_name, 0, 1, 1, get_received)

static const struct ckpt_option options[] = {
	RECEIVED(IPV6_2292PKTINFO),
	RECEIVED(IPV6_2292HOPOPTS),
	RECEIVED(IPV6_2292DSTOPTS),
	RECEIVED(IPV6_2292RTHDR),
	RECEIVED(IPV6_2292HOPLIMIT),
	RECEIVED(IPV6_FLOWINFO),
	NUMBER(IPV6_UNICAST_HOPS, -1, 0, 255, get_hops),
	NUMBER(IPV6_MULTICAST_HOPS, IPV6_DEFAULT_MCASTHOPS, 0, 255, get_mcast_hops),
	BIT_OF(IPV6_MULTICAST_LOOP, MC6_LOOP, 1),
	NUMBER(IPV6_MTU_DISCOVER, -1, IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_OMIT, get_pmtudisc),
	NUMBER(IPV6_MTU, 0, IPV6_MIN_MTU, INT_MAX, get_frag_size),
	BIT_OF(IPV6_RECVERR, RECVERR6, 0),
	/* net.ipv6.bindv6only gives it to a new one. */
	NUMBER(IPV6_V6ONLY, -1, 0, 1, get_only),
	BIT_OF(IPV6_MULTICAST_ALL, MC6_ALL, 1),
	BIT_OF(IPV6_RECVERR_RFC4884, RECVERR6_RFC4884, 0),
	BIT_OF(IPV6_FLOWINFO_SEND, SNDFLOW, 0),
	RECEIVED(IPV6_RECVPKTINFO),
	RECEIVED(IPV6_RECVHOPLIMIT),
	RECEIVED(IPV6_RECVHOPOPTS),
	RECEIVED(IPV6_RECVRTHDR),
	RECEIVED(IPV6_RECVDSTOPTS),
	RECEIVED(IPV6_RECVPATHMTU),
	BIT_OF(IPV6_DONTFRAG, DONTFRAG, 0),
	RECEIVED(IPV6_RECVTCLASS),
	NUMBER(IPV6_TCLASS, 0, 0, 255, get_tclass),
	NUMBER(IPV6_AUTOFLOWLABEL, -1, 0, 1, get_label),
	NUMBER(IPV6_ADDR_PREFERENCES, 0, 1, IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC |
					    IPV6_PREFER_SRC_COA, get_preferences),
	NUMBER(IPV6_MINHOPCOUNT, 0, 1, 255, get_min_hops),
	RECEIVED(IPV6_RECVORIGDSTADDR),
	RECEIVED(IPV6_RECVFRAGSIZE),
};

static const char *bad_ipv6(const struct sock *sk)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	const struct inet_sock *inet = inet_sk(sk);

	if (rcu_access_pointer(np->opt))
		return "with extension headers (IPV6_RTHDR and its like)";
	/* Those of datagrams have a kind of their own. */
	if (sk->sk_type == SOCK_STREAM &&
	    (rcu_access_pointer(np->ipv6_mc_list) || np->ipv6_ac_list))
		return "in a multicast or anycast group";
	if (rcu_access_pointer(inet->ipv6_fl_list) ||
	    test_bit(INET_FLAGS_REPFLOW, &inet->inet_flags))
		return "with flow labels (IPV6_FLOWLABEL_MGR)";
	if (test_bit(INET_FLAGS_RTALERT, &inet->inet_flags) ||
	    test_bit(INET_FLAGS_RTALERT_ISOLATE, &inet->inet_flags))
		return "with IPV6_ROUTER_ALERT";
	if (memchr_inv(&np->sticky_pktinfo, 0, sizeof(np->sticky_pktinfo)))
		return "with a device for what it sends (IPV6_PKTINFO)";
	return NULL;
}

const struct ckpt_option_level ckpt_options_ipv6 = {
	.level = SOL_IPV6, .has = has_ipv6, .bad = bad_ipv6,
	.options = options, .nr = ARRAY_SIZE(options),
};
