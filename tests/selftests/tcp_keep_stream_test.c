// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_keep_stream_test.c - streams both ways with somebody outside, killed and restarted again and
 * again: not a byte is lost, doubled or in another place.
 */
#include "stream.h"
#include "tcp_keep.h"

/* -- streams ------------------------------------------------------------------------------------- */

/* Until there is a file "over", and then to the end of what the other one sends */
static void exchange(struct flow *flow)
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

static void streams(void)
{
	struct flow flow = { .side = 1 };

	connect_out();
	flow.fd = inside;
	ready();
	exchange(&flow);
	write_file("sent", &flow.sent, sizeof(flow.sent));
	write_file("received", &flow.received, sizeof(flow.received));
}

static uint64_t number_in(const char *name)
{
	char buf[16];

	check(read_file(test_file(name), buf, sizeof(buf)) == 8);
	return *(uint64_t *)buf;
}

#define ROUNDS	16

/* The test has another child, which goes on. */
static long save_streams(struct subject *s)
{
	int fd = open(s->image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct checkpoint_args args = { .timeout_ms = 1000 * time_scale() };
	long ret = sys_checkpoint(s->pid, fd, CHECKPOINT_KILL | CHECKPOINT_KEEP | CHECKPOINT_ARGS,
				  &args, sizeof(args));

	close(fd);
	if (ret > 0)
		check(waitpid(s->pid, NULL, 0) == s->pid);
	return ret;
}

TEST(streams_go_on)
{
	struct flow flow = {};
	struct subject s;
	uint64_t *sums;
	pid_t peer;
	int i;

	sums = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(0, start(&s, streams));
	flow.fd = outside;
	subject_go(&s, 1);
	peer = fork();
	if (!peer) {
		exchange(&flow);
		sums[0] = flow.sent;
		sums[1] = flow.received;
		_exit(0);
	}
	close(outside);
	for (i = 0; i < ROUNDS; i++) {
		sleep_ms(30 + i * 7 % 40);
		ASSERT_LT(0, save_streams(&s));
		sleep_ms(i % 3 * 40);
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	sleep_ms(200);
	write_file("over", "", 0);
	ASSERT_EQ(0, subject_wait(&s));
	waitpid(peer, &i, 0);
	ASSERT_EQ(0, i);
	ASSERT_EQ(sums[0], number_in("received"));
	ASSERT_EQ(sums[1], number_in("sent"));
	tell("%llu and %llu bytes", (unsigned long long)sums[0], (unsigned long long)sums[1]);
	ASSERT_LT(1000000, sums[0]);
	ASSERT_LT(1000000, sums[1]);
}

TEST_HARNESS_MAIN
