// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads_many_test.c - a process of 10,000 threads, half of them blocked.
 */
#include "threads.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 110

static void ten_thousand_threads(void)
{
	threads(10000);
}

TEST(ten_thousand_threads_killed)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	struct subject s;
	int fd;

	/* A small guest allows fewer. */
	fd = open("/proc/sys/kernel/threads-max", O_WRONLY | O_CLOEXEC);
	ASSERT_EQ(5, write(fd, "20000", 5));
	close(fd);
	ASSERT_EQ(0, subject_start(&s, ten_thousand_threads));
	tell("%d ms to start", (int)((now_ns(CLOCK_MONOTONIC) - start) / 1000000));
	start = now_ns(CLOCK_MONOTONIC);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(10001, s.cargs.nr_tasks);
	tell("%d ms to save", (int)((now_ns(CLOCK_MONOTONIC) - start) / 1000000));
	start = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(0, subject_restart(&s, 0));
	tell("%d ms to restart", (int)((now_ns(CLOCK_MONOTONIC) - start) / 1000000));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
