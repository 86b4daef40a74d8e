/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp_keep.h - what the tests of TCP connections with somebody outside share.
 */
#ifndef _TCP_KEEP_H
#define _TCP_KEEP_H

#include "tcp.h"

/* The subject's end and the test's, which is outside */
static int inside, outside;
static int server_port;

/* -- both sides --------------------------------------------------------------------------- */

static inline void connect_out(void)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(server_port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = in6.sin6_port,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	/* One of IPv6 to an address of IPv4 */
	if (client_family == AF_INET6 && server_family == AF_INET) {
		in6.sin6_addr.s6_addr[15] = 1;
		in6.sin6_addr.s6_addr[12] = 127;
		memset(in6.sin6_addr.s6_addr + 10, 0xff, 2);
	}
	inside = make(client_family);
	if (client_family == AF_INET)
		check(!connect(inside, (struct sockaddr *)&in, sizeof(in)));
	else
		check(!connect(inside, (struct sockaddr *)&in6, sizeof(in6)));
}

/* Nothing is seen of it: no end, no reset. */
static inline bool is_quiet(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };

	return !poll(&p, 1, 150);
}

static inline bool is_reset(int fd)
{
	char c = 'x';

	send(fd, &c, 1, MSG_NOSIGNAL);
	return wait_until(send(fd, &c, 1, MSG_NOSIGNAL) == -1) &&
	       (errno == ECONNRESET || errno == EPIPE);
}

static inline long release(struct subject *s)
{
	struct checkpoint_args args = {};

	memcpy(args.image_id, s->cargs.image_id, sizeof(args.image_id));
	return sys_checkpoint(0, -1, CHECKPOINT_RELEASE | CHECKPOINT_ARGS, &args, sizeof(args));
}

/* A program that is connected with the test */
static inline long start(struct subject *s, void (*run)(void))
{
	char text[16];
	long ret;

	memset(s, 0, sizeof(*s));
	serve(3);
	server_port = port_of(listener);
	snprintf(text, sizeof(text), "%d", server_port);
	setenv("SERVER_PORT", text, 1);
	ret = subject_start(s, run);
	if (ret)
		return ret;
	outside = take();
	close(listener);
	return 0;
}

/* That of a server, which has written it down */
static inline int port_told(void)
{
	char text[16];

	check(read_file(test_file("port"), text, sizeof(text)) > 0);
	return atoi(text);
}

static inline void talks(void)
{
	connect_out();
	ready();
	expect(inside, "still there?");
	send_text(inside, "sure");
	expect_end(inside);
}

static inline void ask(void)
{
	send_text(outside, "still there?");
	expect(outside, "sure");
	check(!shutdown(outside, SHUT_WR));
	expect_end(outside);
}

#endif /* _TCP_KEEP_H */
