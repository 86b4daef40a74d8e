/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inet.h - what the tests of internet sockets share.
 */
#ifndef _INET_H
#define _INET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "forged.h"

#define HAS_IPV6	(!access("/proc/net/if_inet6", F_OK))

static inline int make_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	check(fd >= 0);
	return fd;
}

static inline void set(int fd, int level, int name, int value)
{
	check(!setsockopt(fd, level, name, &value, sizeof(value)));
}

static inline int get(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	check(!getsockopt(fd, level, name, &value, &len));
	return value;
}

static inline void expect_nothing(int fd)
{
	char c;

	check(recv(fd, &c, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
}

/* A story of IPv6 */
#define TEST_SIX(run)							\
	TEST(run##_killed)						\
	{								\
		if (!HAS_IPV6)						\
			SKIP(return, "this kernel has no IPv6");	\
		ASSERT_EQ(0, story_killed(run));			\
	}								\
	TEST(run##_left_running)					\
	{								\
		if (!HAS_IPV6)						\
			SKIP(return, "this kernel has no IPv6");	\
		ASSERT_EQ(0, story_left_running(run));			\
	}

#endif /* _INET_H */
