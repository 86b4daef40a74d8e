// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_socket_test.c - sockets that are refused by name: signed connections, other protocols
 * upon TCP or in its place, where this kernel has them; what IPv6 is to send with each packet.
 */
#include "tcp.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif
#ifndef TCP_ULP
#define TCP_ULP		31
#endif

/* Is it refused, if this kernel can do it at all? */
#define TEST_REFUSED_IF(may, run, words)						\
	TEST(run##_refused)								\
	{										\
		if (!may())								\
			SKIP(return, "this kernel does not have it");			\
		ASSERT_EQ(0, story_refused(run, EOPNOTSUPP, words));			\
	}

static bool sign(int fd)
{
	struct tcp_md5sig key = { .tcpm_keylen = 3, .tcpm_key = "key" };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	memcpy(&key.tcpm_addr, &in, sizeof(in));
	return !setsockopt(fd, SOL_TCP, TCP_MD5SIG, &key, sizeof(key));
}

static bool may_sign(void)
{
	int fd = make(AF_INET);
	bool may = sign(fd);

	close(fd);
	return may;
}

static void signed_segments(void)
{
	check(sign(make(AF_INET)));
	ready();
}
TEST_REFUSED_IF(may_sign, signed_segments, "whose segments are signed (TCP_MD5SIG")

static bool encrypt(void)
{
	make_pair();
	return !setsockopt(pair[0], SOL_TCP, TCP_ULP, "tls", sizeof("tls"));
}

static bool may_encrypt(void)
{
	bool may = encrypt();

	close(pair[0]);
	close(pair[1]);
	close(listener);
	return may;
}

static void encrypted(void)
{
	check(encrypt());
	ready();
}
TEST_REFUSED_IF(may_encrypt, encrypted, "with another protocol upon it (TCP_ULP")

static bool may_divide(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	close(fd);
	return fd >= 0;
}

static void divided(void)
{
	check(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) >= 0);
	ready();
}
TEST_REFUSED_IF(may_divide, divided, "socket of protocol 262")

/* -- options ------------------------------------------------------------------------------- */

#ifndef IP_PASSSEC
#define IP_PASSSEC		18
#endif
#define FLOWLABEL_MGR		32

static void labelled(void)
{
	set(make(AF_INET), SOL_IP, IP_PASSSEC, 1);
	ready();
}
TEST_REFUSED(labelled, EOPNOTSUPP, "that is to receive labels (IP_PASSSEC)")

static bool has_six(void)
{
	return HAS_IPV6;
}

static void from_a_device(void)
{
	struct in6_pktinfo info = { .ipi6_ifindex = 1 };

	check(!setsockopt(make(AF_INET6), SOL_IPV6, IPV6_PKTINFO, &info, sizeof(info)));
	ready();
}
TEST_REFUSED_IF(has_six, from_a_device, "with a device for what it sends (IPV6_PKTINFO)")

static void with_headers(void)
{
	/* Nothing but padding */
	static const unsigned char header[8] = { 0, 0, 1, 4 };

	check(!setsockopt(make(AF_INET6), SOL_IPV6, IPV6_DSTOPTS, header, sizeof(header)));
	ready();
}
TEST_REFUSED_IF(has_six, with_headers, "with extension headers (IPV6_RTHDR")

/* As struct in6_flowlabel_req, whose header does not go with that of libc */
static void with_flow_label(void)
{
	struct {
		struct in6_addr to;
		uint32_t label;
		uint8_t action;
		uint8_t share;
		uint16_t flags;
		uint16_t times[2];
		uint32_t pad;
	} ask = { .to = in6addr_loopback, .share = 1 /* EXCL */, .flags = 1 /* CREATE */ };

	check(!setsockopt(make(AF_INET6), SOL_IPV6, FLOWLABEL_MGR, &ask, sizeof(ask)));
	ready();
}
TEST_REFUSED_IF(has_six, with_flow_label, "with flow labels (IPV6_FLOWLABEL_MGR)")

TEST_HARNESS_MAIN
