// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits_test.c - resource limits, scheduling and what else a process has for itself.
 */
#include <sys/personality.h>
#include <sys/resource.h>

#include "checkpoint_test.h"

static void resource_limits(void)
{
	struct rlimit before[RLIM_NLIMITS], now;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		check(!getrlimit(i, &before[i]));
		if (before[i].rlim_cur == RLIM_INFINITY)
			before[i].rlim_cur = (1UL << 40) + i;
		else if (before[i].rlim_cur)
			before[i].rlim_cur -= 1;
		check(!setrlimit(i, &before[i]));
	}
	ready();
	for (i = 0; i < RLIM_NLIMITS; i++) {
		check(!getrlimit(i, &now));
		check_equal(now.rlim_cur, before[i].rlim_cur);
		check_equal(now.rlim_max, before[i].rlim_max);
	}
}
TEST_STORIES(resource_limits)

static void nice_and_policy(void)
{
	struct sched_param param = {};

	check(!setpriority(PRIO_PROCESS, 0, 7));
	check(!sched_setscheduler(0, SCHED_BATCH, &param));
	ready();
	check_equal(getpriority(PRIO_PROCESS, 0), 7);
	check_equal(sched_getscheduler(0), SCHED_BATCH);
}
TEST_STORIES(nice_and_policy)

static void negative_nice(void)
{
	check(!setpriority(PRIO_PROCESS, 0, -11));
	ready();
	check_equal(getpriority(PRIO_PROCESS, 0), -11);
}
TEST_STORIES(negative_nice)

static void real_time(void)
{
	struct sched_param param = { .sched_priority = 3 }, now;

	check(!sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param));
	ready();
	check_equal(sched_getscheduler(0), SCHED_RR | SCHED_RESET_ON_FORK);
	check(!sched_getparam(0, &now) && now.sched_priority == 3);
}
TEST_STORIES(real_time)

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static void deadline(void)
{
	struct attr attr = { .size = sizeof(attr), .policy = 6, .flags = 2, .runtime = 10000000,
			     .deadline = 80000000, .period = 100000000 }, now;

	check(!syscall(SYS_sched_setattr, 0, &attr, 0));
	ready();
	memset(&now, 0, sizeof(now));
	check(!syscall(SYS_sched_getattr, 0, &now, sizeof(now), 0));
	check_equal(now.policy, 6);
	check_equal(now.flags, 2);
	check_equal(now.runtime, 10000000);
	check_equal(now.deadline, 80000000);
	check_equal(now.period, 100000000);
}
TEST_STORIES(deadline)

/* Clamps alone; the policy stays. */
static void utilization_clamps(void)
{
	struct attr attr = { .size = sizeof(attr), .flags = 0x8 | 0x10 | 0x20 | 0x40,
			     .util_min = 0, .util_max = 700 }, now;

	check(!syscall(SYS_sched_setattr, 0, &attr, 0));
	ready();
	memset(&now, 0, sizeof(now));
	check(!syscall(SYS_sched_getattr, 0, &now, sizeof(now), 0));
	check_equal(now.util_min, 0);
	check_equal(now.util_max, 700);
}

#define TEST_CLAMPS(story)							\
TEST(utilization_clamps_##story)						\
{										\
	struct attr attr = { .size = sizeof(attr), .flags = 0x8 | 0x10 | 0x40, .util_max = -1 }; \
										\
	if (syscall(SYS_sched_setattr, 0, &attr, 0))				\
		SKIP(return, "the kernel has no utilization clamps (CONFIG_UCLAMP_TASK)"); \
	ASSERT_EQ(0, story_##story(utilization_clamps));			\
}

TEST_CLAMPS(killed)
TEST_CLAMPS(left_running)
TEST_CLAMPS(twice)

static void affinity(void)
{
	cpu_set_t set, now;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return ready();			/* one processor */
	ready();
	check(!sched_getaffinity(0, sizeof(now), &now));
	check(CPU_EQUAL(&set, &now));
}
TEST_STORIES(affinity)

static void bound_to_the_first(void)
{
	cpu_set_t set, now;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	check(!sched_setaffinity(0, sizeof(set), &set));
	ready();
	check(!sched_getaffinity(0, sizeof(now), &now));
	check(CPU_EQUAL(&set, &now));
}

/* As if it came from a larger machine */
TEST(processors_that_are_not_here)
{
	struct image image;
	struct ckpt_rec *rec;
	struct subject s;
	uint64_t *bits;

	ASSERT_EQ(0, subject_start(&s, bound_to_the_first));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&image, s.image));
	rec = image_find(&image, CKPT_REC_SCHED);
	ASSERT_NE(NULL, rec);
	bits = (void *)(rec + 1) + rec->size;
	EXPECT_EQ(1, *bits);
	*bits |= 1ULL << 40;
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s.image));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "1 of the 2 processors that it is bound to are not in this machine"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	image_free(&image);
}

#define IOPRIO_WHO_PROCESS	1

static void io_priority(void)
{
	int prio = 2 << 13 | 6;		/* best effort, 6 */

	check(!syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, prio));
	ready();
	check_equal(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0), prio);
}
TEST_STORIES(io_priority)

static void timer_slack(void)
{
	check(!prctl(PR_SET_TIMERSLACK, 777777));
	ready();
	check_equal(prctl(PR_GET_TIMERSLACK), 777777);
	check(!prctl(PR_SET_TIMERSLACK, 0));
	check_equal(prctl(PR_GET_TIMERSLACK), 50000);
}
TEST_STORIES(timer_slack)

static void name(void)
{
	char now[16];

	check(!prctl(PR_SET_NAME, "fifteen letters"));
	ready();
	check(!prctl(PR_GET_NAME, now) && !strcmp(now, "fifteen letters"));
}
TEST_STORIES(name)

static void personality_bits(void)
{
	check(personality(ADDR_NO_RANDOMIZE | UNAME26 | 0x10000000) >= 0);
	ready();
	check_equal(personality(0xffffffff), ADDR_NO_RANDOMIZE | UNAME26 | 0x10000000);
}
TEST_STORIES(personality_bits)

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	check(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static void oom_score_and_dump_filter(void)
{
	struct view score, filter;

	put("/proc/self/oom_score_adj", "321");
	put("/proc/self/coredump_filter", "0x15");
	view_take(&score, "/proc/self/oom_score_adj");
	view_take(&filter, "/proc/self/coredump_filter");
	ready();
	view_compare(&score, "/proc/self/oom_score_adj");
	view_compare(&filter, "/proc/self/coredump_filter");
}
TEST_STORIES(oom_score_and_dump_filter)

static void login_uid(void)
{
	struct view v;

	put("/proc/self/loginuid", "1000");
	view_take(&v, "/proc/self/loginuid");
	ready();
	view_compare(&v, "/proc/self/loginuid");
}
TEST_STORIES(login_uid)

/* -- a limit that is the restarter's to give --------------------------------------------------- */

static void lower_limits(void)
{
	struct rlimit limit = { 100, 200 };

	check(!setrlimit(RLIMIT_NOFILE, &limit));
	ready();
	check(!getrlimit(RLIMIT_NOFILE, &limit));
	check(limit.rlim_cur == 100 && limit.rlim_max == 200);
}
TEST_STORIES(lower_limits)

static void limit_of_files_below_a_descriptor(void)
{
	struct rlimit limit = { 10, 4096 };
	int fd = fcntl(open("/dev/null", O_RDONLY), F_DUPFD, 500);

	check(!setrlimit(RLIMIT_NOFILE, &limit));
	ready();
	check_equal(fcntl(fd, F_GETFD), 0);
}
TEST_STORIES(limit_of_files_below_a_descriptor)

TEST_HARNESS_MAIN
