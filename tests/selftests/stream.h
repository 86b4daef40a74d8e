/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h - one end of a stream both ways of which every byte is known.
 */
#ifndef _STREAM_H
#define _STREAM_H

#include <poll.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

static inline uint8_t byte_at(uint64_t at, int side)
{
	return at * 11 + at / 253 + at / 65536 + side;
}

/* One end: what has been sent and received so far */
struct flow {
	int fd;
	int side;
	uint64_t sent;
	uint64_t received;
};

#define PUSH_MOST	20000
#define PULL_MOST	30000

/* Send as much of so many bytes as there is room for. */
static inline void push(struct flow *flow, size_t len)
{
	static uint8_t out[PUSH_MOST];
	size_t i;
	ssize_t n;

	for (i = 0; i < len; i++)
		out[i] = byte_at(flow->sent + i, flow->side);
	n = send(flow->fd, out, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	check(n > 0 || errno == EAGAIN);
	flow->sent += n > 0 ? n : 0;
}

/* Receive so many bytes at most.  Return: false at the end of the stream */
static inline bool pull(struct flow *flow, size_t len)
{
	static uint8_t in[PULL_MOST];
	ssize_t n = recv(flow->fd, in, len, MSG_DONTWAIT), i;

	check(n >= 0 || errno == EAGAIN);
	for (i = 0; i < n; i++)
		check(byte_at(flow->received + i, !flow->side) == in[i]);
	flow->received += n > 0 ? n : 0;
	return n;
}

#endif /* _STREAM_H */
