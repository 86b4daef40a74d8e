/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.h - what the tests of packet sockets share.
 */
#ifndef _PACKET_H
#define _PACKET_H

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>

#include "inet.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif
#ifndef PACKET_VNET_HDR_SZ
#define PACKET_VNET_HDR_SZ	24
#endif

/* Not all kernels have them. */
static inline bool has_packet(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	close(fd);
	return fd >= 0;
}

#define PACKET_STORY(run, name, story)						\
	TEST(run##name)								\
	{									\
		if (!has_packet())						\
			SKIP(return, "this kernel has no packet sockets");	\
		ASSERT_EQ(0, story);						\
	}
#define PACKET_STORIES(run)							\
	PACKET_STORY(run, _killed, story_killed(run))				\
	PACKET_STORY(run, _left_running, story_left_running(run))		\
	PACKET_STORY(run, _twice, story_twice(run))
#define PACKET_REFUSED(run, err, words)						\
	PACKET_STORY(run, _refused, story_refused(run, err, words))

/* One for local experiments */
#define PROTOCOL	0x88b5
#define HEADER		14

static inline int packet(int type, int protocol, const char *device)
{
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol),
		.sll_ifindex = device ? if_nametoindex(device) : 0,
	};
	int fd = socket(AF_PACKET, type, 0);

	check(fd >= 0);
	check(!bind(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

static inline void send_frame(int fd, const char *text)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(PROTOCOL),
		.sll_ifindex = if_nametoindex("lo"), .sll_halen = 6,
	};

	check(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)) ==
	      (ssize_t)strlen(text));
}

static inline void expect_frame(int fd, const char *text, size_t header)
{
	char buf[128] = "";

	check(recv(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)(header + strlen(text)));
	check(!strcmp(buf + header, text));
}

static inline void expect_name(int fd, int protocol, const char *device)
{
	struct sockaddr_ll name = {};
	socklen_t len = sizeof(name);

	check(!getsockname(fd, (struct sockaddr *)&name, &len));
	check_equal(ntohs(name.sll_protocol), protocol);
	check_equal(name.sll_ifindex, device ? (int)if_nametoindex(device) : 0);
}

static inline struct tpacket_stats statistics(int fd)
{
	struct tpacket_stats stats = {};
	socklen_t len = sizeof(stats);

	check(!getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len));
	return stats;
}

#endif /* _PACKET_H */
