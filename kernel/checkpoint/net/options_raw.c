// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: options of the level RAW, as raw sockets of IPv6 have them.
 */
#include <linux/in.h>
#include <linux/ipv6.h>
#include "udp.h"

/**
 * DOC: options of raw sockets
 *
 * Preserved: IPV6_CHECKSUM, IPV6_HDRINCL.
 */

static bool has_raw(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 && sk->sk_type == SOCK_RAW;
}

/* Of some protocols it is there from the beginning. */
static s64 get_checksum(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	const struct raw6_sock *raw = raw6_sk(sk);

	return raw->checksum ? (s64)raw->offset : -1;
}

static s64 get_header(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return inet_test_bit(HDRINCL, sk);
}

#define NUMBER(_name, _unset, _from, _to, _get)	\
	{ SOL_RAW, _name, 0, _unset, _from, _to, _get, ckpt_set_number }

static const struct ckpt_option options[] = {
	NUMBER(IPV6_CHECKSUM, -2, -1, INT_MAX, get_checksum),
	NUMBER(IPV6_HDRINCL, -1, 0, 1, get_header),
};

const struct ckpt_option_level ckpt_options_raw = {
	.level = SOL_RAW, .has = has_raw,
	.options = options, .nr = ARRAY_SIZE(options),
};
