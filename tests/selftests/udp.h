/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * udp.h - what the tests of sockets of datagrams share.
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

/* -- names and peers, and what is received with a datagram ------------------------------------ */

static inline void expect_names(int fd, const char *own, int port, const char *peer, int peer_port)
{
	union address wanted, shown = {};
	socklen_t len = sizeof(shown);

	check(!getsockname(fd, &shown.any, &len));
	check_equal(len, address(&wanted, own, port));
	if (!port)
		wanted.in.sin_port = shown.in.sin_port;
	check(!memcmp(&wanted, &shown, len));
	len = sizeof(shown);
	if (!peer) {
		check(getpeername(fd, &shown.any, &len) == -1 && errno == ENOTCONN);
		return;
	}
	check(!getpeername(fd, &shown.any, &len));
	check_equal(len, address(&wanted, peer, peer_port));
	check(!memcmp(&wanted, &shown, len));
}

/* One datagram, with all that recvmsg(2) tells */
struct received {
	char data[256];
	union address from;
	struct msghdr msg;
	char control[512];
	ssize_t len;
};

static inline void receive(int fd, struct received *got, int flags)
{
	struct iovec iov = { got->data, sizeof(got->data) };

	memset(got, 0, sizeof(*got));
	got->msg = (struct msghdr) {
		.msg_name = &got->from, .msg_namelen = sizeof(got->from), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = got->control,
		.msg_controllen = sizeof(got->control),
	};
	got->len = recvmsg(fd, &got->msg, flags);
	check(got->len >= 0);
}

static inline void expect_same(int fd, const struct received *want)
{
	static struct received got;

	receive(fd, &got, 0);
	check_equal(got.len, want->len);
	check_equal(got.msg.msg_namelen, want->msg.msg_namelen);
	check_equal(got.msg.msg_controllen, want->msg.msg_controllen);
	check_equal(got.msg.msg_flags, want->msg.msg_flags);
	check(!memcmp(&got.from, &want->from, sizeof(got.from)));
	check(!memcmp(got.data, want->data, sizeof(got.data)));
	check(!memcmp(got.control, want->control, sizeof(got.control)));
}

/* Look at the first, which takes it from one queue to another, and send more behind it. */
static inline void look_and_send(int to, int from, struct received *seen, const char *text, int port)
{
	send_to(from, "first", text, port);
	await_data(to);
	receive(to, seen, MSG_PEEK);
	check(seen->msg.msg_controllen > 0);
	send_to(from, "", text, port);
	send_to(from, "third", text, port);
}

static inline void ask_for_all(int fd)
{
	set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	set(fd, SOL_IP, IP_PKTINFO, 1);
	set(fd, SOL_IP, IP_RECVTOS, 1);
	set(fd, SOL_IP, IP_RECVTTL, 1);
	set(fd, SOL_IP, IP_RECVORIGDSTADDR, 1);
}

#endif /* _UDP_H */
