/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * udp.h - what the tests of UDP sockets share.
 */
#ifndef _UDP_H
#define _UDP_H

#include <netinet/udp.h>
#include <poll.h>

#include "inet.h"

#ifndef IP_UNICAST_IF
#define IP_UNICAST_IF	50
#endif
#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO	11
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#define UDP_GRO		104
#endif
#ifndef UDPLITE_SEND_CSCOV
#define UDPLITE_SEND_CSCOV	10
#define UDPLITE_RECV_CSCOV	11
#endif

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static inline int make(int family)
{
	return make_socket(family, SOCK_DGRAM);
}

/* Of IPv4 if there is no colon in it */
static inline socklen_t address(union address *to, const char *text, int port)
{
	memset(to, 0, sizeof(*to));
	if (!strchr(text, ':')) {
		to->in.sin_family = AF_INET;
		to->in.sin_port = htons(port);
		check(inet_pton(AF_INET, text, &to->in.sin_addr) == 1);
		return sizeof(to->in);
	}
	to->in6.sin6_family = AF_INET6;
	to->in6.sin6_port = htons(port);
	check(inet_pton(AF_INET6, text, &to->in6.sin6_addr) == 1);
	return sizeof(to->in6);
}

static inline int bound(const char *text, int port)
{
	union address name;
	socklen_t len = address(&name, text, port);
	int fd = make(name.any.sa_family);

	check(!bind(fd, &name.any, len));
	return fd;
}

static inline void connect_to(int fd, const char *text, int port)
{
	union address name;
	socklen_t len = address(&name, text, port);

	check(!connect(fd, &name.any, len));
}

static inline void send_to(int fd, const char *text, const char *to, int port)
{
	union address name;
	socklen_t len = address(&name, to, port);

	check(sendto(fd, text, strlen(text), 0, &name.any, len) == (ssize_t)strlen(text));
}

static inline void expect(int fd, const char *text)
{
	char buf[64] = "";

	check(recv(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(text));
	check(!strcmp(buf, text));
}

static inline void await_data(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	check(poll(&p, 1, PATIENCE * 1000) == 1);
}

#endif /* _UDP_H */
