/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp_keep_stream.h - streams both ways that go on for as long as the test says.
 */
#ifndef _TCP_KEEP_STREAM_H
#define _TCP_KEEP_STREAM_H

#include "stream.h"
#include "tcp_keep.h"

/* Until there is a file "over", and then to the end of what the other one sends */
static inline void exchange(struct flow *flow)
{
	struct pollfd p = { .fd = flow->fd };
	bool over = false, ended = false;

	while (!over || !ended) {
		if (!over && !access(test_file("over"), F_OK)) {
			over = true;
			check(!shutdown(flow->fd, SHUT_WR));
		}
		p.events = (ended ? 0 : POLLIN) | (over ? 0 : POLLOUT);
		check(poll(&p, 1, 20) >= 0);
		if (p.revents & POLLOUT && !over)
			push(flow, PUSH_MOST);
		if (p.revents & POLLIN && !ended)
			ended = !pull(flow, PULL_MOST);
	}
}

/* What it was, for the test */
static inline void write_sums(const struct flow *flow)
{
	write_file(flow->side ? "sent1" : "sent0", &flow->sent, sizeof(flow->sent));
	write_file(flow->side ? "received1" : "received0", &flow->received, sizeof(flow->received));
}

static inline uint64_t number_in(const char *name)
{
	char buf[16];
	uint64_t number;

	check(read_file(test_file(name), buf, sizeof(buf)) == sizeof(number));
	memcpy(&number, buf, sizeof(number));
	return number;
}

/* All that one has sent the other has received, and that was more than @least. */
static inline bool sums_fit(uint64_t least)
{
	const uint64_t sent[2] = { number_in("sent0"), number_in("sent1") };

	tell("%llu and %llu bytes", (unsigned long long)sent[0], (unsigned long long)sent[1]);
	return sent[0] == number_in("received1") && sent[1] == number_in("received0") &&
	       sent[0] > least && sent[1] > least;
}

/* The test has another child, which goes on. */
static inline long save_streams(struct subject *s, unsigned long flags)
{
	int fd = open(s->image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct checkpoint_args *args = &s->cargs;
	long ret;

	memset(args, 0, sizeof(*args));
	args->timeout_ms = 2000 * time_scale();
	args->errors = (uintptr_t)s->errors;
	args->nr_errors = NR_ERRORS;
	ret = sys_checkpoint(s->pid, fd, CHECKPOINT_KILL | CHECKPOINT_ARGS | flags, args,
			     sizeof(*args));
	close(fd);
	if (ret > 0)
		check(waitpid(s->pid, NULL, 0) == s->pid);
	return ret;
}

#endif /* _TCP_KEEP_STREAM_H */
