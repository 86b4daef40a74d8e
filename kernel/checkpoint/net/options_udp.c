// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: options of the level UDP.
 */
#include <linux/udp.h>
#include <net/udplite.h>
#include "udp.h"

/**
 * DOC: options of UDP
 *
 * Preserved: UDP_CORK, UDP_NO_CHECK6_TX, UDP_NO_CHECK6_RX, UDP_SEGMENT, UDP_GRO,
 * UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV.
 *
 * Refused: UDP_ENCAP.
 */

static s64 get_bit(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return test_bit(option->bit, &udp_sk(sk)->udp_flags);
}

static s64 get_segment(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return READ_ONCE(udp_sk(sk)->gso_size);
}

/* Who sets 0 covers all, but has set it. */
static s64 get_coverage(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	const struct udp_sock *up = udp_sk(sk);

	if (!test_bit(option->bit, &up->udp_flags))
		return option->unset;
	return option->name == UDPLITE_SEND_CSCOV ? up->pcslen : up->pcrlen;
}

#define BIT_OF(_name, _bit)	\
	{ SOL_UDP, _name, UDP_FLAGS_##_bit, 0, 1, 1, get_bit, ckpt_set_number }
#define COVERAGE(_name, _bit)	\
	{ SOL_UDP, _name, UDP_FLAGS_##_bit, -1, 0, U16_MAX, get_coverage, ckpt_set_number }

static const struct ckpt_option options[] = {
	BIT_OF(UDP_CORK, CORK),
	COVERAGE(UDPLITE_SEND_CSCOV, UDPLITE_SEND_CC),
	COVERAGE(UDPLITE_RECV_CSCOV, UDPLITE_RECV_CC),
	BIT_OF(UDP_NO_CHECK6_TX, NO_CHECK6_TX),
	BIT_OF(UDP_NO_CHECK6_RX, NO_CHECK6_RX),
	{ SOL_UDP, UDP_SEGMENT, 0, 0, 1, U16_MAX, get_segment, ckpt_set_number },
	BIT_OF(UDP_GRO, GRO_ENABLED),
};

const struct ckpt_option_level ckpt_options_udp = {
	.level = SOL_UDP, .has = is_udp,
	.options = options, .nr = ARRAY_SIZE(options),
};
