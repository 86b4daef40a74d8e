// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_stream_test.c - streams both ways between two processes, saved again and again at any
 * moment, left running and killed: not a byte is lost, doubled or in another place.
 */
#include <netinet/in.h>

#include "stream.h"

#define LEFT_RUNNING	20
#define KILLED		10

static uint64_t seed = 20261130;

static unsigned int chance(unsigned int nr)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % nr;
}

static void exchange(struct flow *flow)
{
	struct pollfd p = { .fd = flow->fd };
	bool over = false;

	while (!over || p.events & POLLIN) {
		if (!over && !access(test_file("over"), F_OK)) {
			over = true;
			check(!shutdown(flow->fd, SHUT_WR));
		}
		p.events = POLLIN | (over ? 0 : POLLOUT);
		check(poll(&p, 1, 100) >= 0);
		if (p.revents & POLLOUT && !over && chance(3))
			push(flow, 1 + chance(PUSH_MOST));
		if (p.revents & POLLIN && chance(3) && !pull(flow, 1 + chance(PULL_MOST))) {
			p.events = 0;
			while (access(test_file("over"), F_OK))
				sleep_ms(1);
			if (!over)
				check(!shutdown(flow->fd, SHUT_WR));
			over = true;
		}
	}
}

static void other_end(void *arg)
{
	struct flow flow = { .fd = *(int *)arg, .side = 1 };

	seed += 5;
	exchange(&flow);
	write_file("received", &flow.received, sizeof(flow.received));
	write_file("sent", &flow.sent, sizeof(flow.sent));
}

static uint64_t number_in(const char *name)
{
	char buf[16];

	check(read_file(test_file(name), buf, sizeof(buf)) == 8);
	return *(uint64_t *)buf;
}

static void streams(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), other;
	struct flow flow = { .fd = socket(AF_INET, SOCK_STREAM, 0) };
	socklen_t len = sizeof(in);
	pid_t pid;

	check(!bind(listener, (struct sockaddr *)&in, sizeof(in)) && !listen(listener, 1));
	check(!getsockname(listener, (struct sockaddr *)&in, &len));
	check(!connect(flow.fd, (struct sockaddr *)&in, sizeof(in)));
	other = accept(listener, NULL, NULL);
	check(other >= 0 && !close(listener));
	ready();
	pid = spawn(other_end, &other);
	check(!close(other));
	exchange(&flow);
	join(pid);
	check_equal(number_in("received"), flow.sent);
	check_equal(number_in("sent"), flow.received);
	check(flow.sent > 1000000 && flow.received > 1000000);
}

/* Another connection may be half made or ended in the same moment. */
static long save(struct subject *s, unsigned long flags)
{
	long ret;

	do {
		ret = subject_save(s, flags);
	} while (ret == -EAGAIN);
	return ret;
}

TEST(streams_go_on)
{
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, streams));
	subject_go(&s, 1);
	for (i = 0; i < LEFT_RUNNING; i++) {
		sleep_ms(chance(60));
		ASSERT_LT(0, save(&s, 0));
	}
	for (i = 0; i < KILLED; i++) {
		sleep_ms(chance(60));
		ASSERT_LT(0, save(&s, CHECKPOINT_KILL));
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	sleep_ms(100);
	write_file("over", "", 0);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
