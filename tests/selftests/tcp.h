/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp.h - what the tests of TCP connections share.
 */
#ifndef _TCP_H
#define _TCP_H

#include <netinet/tcp.h>
#include <poll.h>

#include "inet.h"

static int listener, pair[2];

/* Of IPv4, of IPv6, or one of each: a client of IPv4 and a server of IPv6 */
static int server_family = AF_INET, client_family = AF_INET;

static inline int make(int family)
{
	return make_socket(family, SOCK_STREAM);
}

static inline int port_of(int fd)
{
	struct sockaddr_in6 in = {};
	socklen_t len = sizeof(in);

	check(!getsockname(fd, (struct sockaddr *)&in, &len));
	return ntohs(in.sin6_port);
}

/* What has ended leaves its port in use for a minute, and restarts alike do then. */
static bool alone;

static inline void serve(int backlog)
{
	struct sockaddr_in6 in = { .sin6_family = server_family };

	listener = make(server_family);
	if (!alone)
		set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	check(!bind(listener, (struct sockaddr *)&in, sizeof(in)));
	check(!listen(listener, backlog));
}

static inline int call(void)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port_of(listener)),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = in6.sin6_port,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = make(client_family);

	if (client_family == AF_INET)
		check(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	else
		check(!connect(fd, (struct sockaddr *)&in6, sizeof(in6)));
	return fd;
}

static inline int take(void)
{
	int fd = accept(listener, NULL, NULL);

	check(fd >= 0);
	return fd;
}

/* The first has called, the second was accepted. */
static inline void make_pair(void)
{
	serve(5);
	pair[0] = call();
	pair[1] = take();
}

static inline void send_text(int fd, const char *text)
{
	check(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

/* As much as the text has, and just that */
static inline void expect(int fd, const char *text)
{
	char buf[256] = "";

	check(recv(fd, buf, strlen(text), MSG_WAITALL) == (ssize_t)strlen(text));
	check(!strcmp(buf, text));
}

static inline void expect_end(int fd)
{
	char c;

	check(recv(fd, &c, 1, 0) == 0);
}

static inline void expect_talk(int one, int other)
{
	send_text(one, "to the other");
	expect(other, "to the other");
	send_text(other, "and back");
	expect(one, "and back");
	expect_nothing(one);
	expect_nothing(other);
}

/* As much as there is room for, at both ways */
static inline size_t fill(int fd, uint8_t seed)
{
	static uint8_t out[65536];
	size_t sum = 0, i;
	ssize_t n;

	do {
		for (i = 0; i < sizeof(out); i++)
			out[i] = (sum + i) * 7 + (sum + i) / 251 + seed;
		n = send(fd, out, sizeof(out), MSG_DONTWAIT);
		sum += n > 0 ? n : 0;
	} while (n > 0 && sum < 16 << 20);
	return sum;
}

static inline void drain(int fd, uint8_t seed, size_t len)
{
	static uint8_t in[65536];
	size_t sum = 0, i;
	ssize_t n;

	for (; sum < len; sum += n) {
		n = recv(fd, in, len - sum < sizeof(in) ? len - sum : sizeof(in), 0);
		check(n > 0);
		for (i = 0; i < (size_t)n; i++)
			check((uint8_t)((sum + i) * 7 + (sum + i) / 251 + seed) == in[i]);
	}
	check_equal(sum, len);
}

#endif /* _TCP_H */
