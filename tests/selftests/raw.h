/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * raw.h - what the tests of raw sockets share.
 */
#ifndef _RAW_H
#define _RAW_H

/* In front of what includes the kernel's */
#include <net/if.h>
#include <linux/icmp.h>
#include <netinet/ip.h>

#include "udp.h"

#ifndef SOL_RAW
#define SOL_RAW		255
#endif
#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL	36
#endif

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND	78
#endif

/* One for experiments */
#define PROTOCOL	253

static inline int raw(int family, int protocol)
{
	int fd = socket(family, SOCK_RAW, protocol);

	check(fd >= 0);
	return fd;
}

static inline void name_it(int fd, const char *text, int port)
{
	union address name;
	socklen_t len = address(&name, text, port);

	check(!bind(fd, &name.any, len));
}

/* What a raw socket of IPv4 receives has its header in front. */
static inline void expect_packet(int fd, const char *text)
{
	char buf[128] = "";

	check(recv(fd, buf, sizeof(buf) - 1, 0) == 20 + (ssize_t)strlen(text));
	check(!strcmp(buf + 20, text));
}

static inline void ask_for_all6(int fd)
{
	set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	set(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1);
	set(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
	set(fd, SOL_IPV6, IPV6_RECVTCLASS, 1);
	set(fd, SOL_IPV6, IPV6_FLOWINFO, 1);
}

/* -- ICMP echo --------------------------------------------------------------------------------- */

static inline void let_all_ping(void)
{
	put_text("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
}

static inline int echo_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	check(fd >= 0);
	return fd;
}

static inline unsigned short checksum(const void *data, size_t len)
{
	const unsigned short *word = data;
	unsigned int sum = 0;

	for (; len > 1; len -= 2)
		sum += *word++;
	sum = (sum >> 16) + (sum & 0xffff);
	return ~(sum + (sum >> 16));
}

/* To a peer, or whom it is connected with; both versions have the same header. */
static inline void send_echo(int fd, const char *to, int number)
{
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.sequence = htons(number) };
	union address name;
	socklen_t len = to ? address(&name, to, 0) : 0;

	if (len == sizeof(name.in6))
		echo.type = 128;
	echo.checksum = checksum(&echo, sizeof(echo));
	check(sendto(fd, &echo, sizeof(echo), 0, len ? &name.any : NULL, len) == sizeof(echo));
}

static inline void expect_echo(int fd, int type, int number, size_t skip)
{
	struct icmphdr echo;
	char buf[128];

	check(recv(fd, buf, sizeof(buf), 0) == (ssize_t)(skip + sizeof(echo)));
	memcpy(&echo, buf + skip, sizeof(echo));
	check_equal(echo.type, type);
	check_equal(ntohs(echo.un.echo.sequence), number);
}

#endif /* _RAW_H */
