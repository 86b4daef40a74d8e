// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_socket_test.c - sockets that are refused by name: signed connections, other protocols
 * upon TCP or in its place; where this kernel has them.
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

TEST_HARNESS_MAIN
