// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_keep_stream_test.c - streams both ways with somebody outside, killed and restarted again and
 * again: not a byte is lost, doubled or in another place.
 */
#include "tcp_keep_stream.h"

static void streams(void)
{
	struct flow flow = { .side = 1 };

	connect_out();
	flow.fd = inside;
	ready();
	exchange(&flow);
	write_sums(&flow);
}

#define ROUNDS	16

TEST(streams_go_on)
{
	struct flow flow = {};
	struct subject s;
	pid_t peer;
	int i;

	ASSERT_EQ(0, start(&s, streams));
	flow.fd = outside;
	subject_go(&s, 1);
	peer = fork();
	if (!peer) {
		exchange(&flow);
		write_sums(&flow);
		_exit(0);
	}
	close(outside);
	for (i = 0; i < ROUNDS; i++) {
		sleep_ms(30 + i * 7 % 40);
		ASSERT_LT(0, save_streams(&s, CHECKPOINT_KEEP));
		sleep_ms(i % 3 * 40);
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	sleep_ms(200);
	write_file("over", "", 0);
	ASSERT_EQ(0, subject_wait(&s));
	waitpid(peer, &i, 0);
	ASSERT_EQ(0, i);
	ASSERT_TRUE(sums_fit(1000000));
}

TEST_HARNESS_MAIN
