// SPDX-License-Identifier: GPL-2.0-only
/*
 * restart_block_cpu_test.c - sleeps on CPU clocks: what is left is of the time that
 * somebody burns, and that goes on where it stopped.
 */
#include <pthread.h>

#include "checkpoint_test.h"

#define LENGTH		1000U
#define LENGTH_NS	(LENGTH * 1000000ULL)

static struct timespec length = { LENGTH / 1000, LENGTH % 1000 * 1000000L };

/* -- on the CPU time of somebody who burns it ------------------------------------------- */

enum burner { CHILD, THREAD, OWN_PROCESS };

static enum burner burner;
static volatile bool stop_burning;

static void burn(void *arg)
{
	while (access(test_file("done"), F_OK))
		;
}

static void *burn_in_thread(void *arg)
{
	while (!stop_burning)
		getppid();
	return NULL;
}

static clockid_t start_burner(pthread_t *thread)
{
	clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;

	if (burner == CHILD) {
		check(!clock_getcpuclockid(spawn(burn, NULL), &clock));
		return clock;
	}
	check(!pthread_create(thread, NULL, burn_in_thread, NULL));
	if (burner == THREAD)
		check(!pthread_getcpuclockid(*thread, &clock));
	return clock;
}

/* What the clock shows, before and after */
static void sleep_on_cpu_clock(void)
{
	uint64_t begin, ends[2];
	pthread_t thread;
	clockid_t clock;

	clock = start_burner(&thread);
	check(wait_until(now_ns(clock) > 20000000));
	begin = now_ns(clock);
	write_file("ready1", &begin, sizeof(begin));
	check(!clock_nanosleep(clock, 0, &length, NULL));
	ends[1] = now_ns(clock);
	ends[0] = begin;
	stop_burning = true;
	write_file("done", ends, sizeof(ends));
	if (burner == CHILD)
		check(wait(NULL) > 0);
	else
		check(!pthread_join(thread, NULL));
}

/* The CPU time of a process that is not the caller's child any more cannot be asked. */
static uint64_t burnt(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) ? 0 : now_ns(clock);
}

static pid_t burning_process(const struct subject *s)
{
	char path[64], text[64];

	if (burner != CHILD)
		return s->pid;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", s->pid, s->pid);
	return read_file(path, text, sizeof(text)) > 0 ? atoi(text) : 0;
}

/*
 * A tick is the grain of these clocks.  Real time says little on a machine that does
 * other things too; but nobody burns more than one second in one.  On such a machine a tick
 * may come late, too: what took too long may be tried again.
 *
 * Return: did it end in time?
 */
static bool sleep_of_burnt_time(struct __test_metadata *_metadata, enum burner who, bool kill)
{
	uint64_t ends[2] = {}, saved, restarted, done;
	char text[sizeof(ends) + 1];
	struct subject s;
	pid_t pid;

	burner = who;
	ASSERT_EQ(0, subject_start(&s, sleep_on_cpu_clock));
	sleep_ms(LENGTH * 3 / 10);
	pid = burning_process(&s);
	saved = burnt(pid);
	ASSERT_LT(0, subject_save(&s, kill ? CHECKPOINT_KILL : 0));
	restarted = now_ns(CLOCK_MONOTONIC);
	if (kill) {
		ASSERT_EQ(0, subject_restart(&s, 0));
		EXPECT_LE(saved, burnt(pid));
	}
	ASSERT_EQ(0, subject_wait(&s));
	done = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(sizeof(ends), read_file(test_file("done"), text, sizeof(text)));
	memcpy(ends, text, sizeof(ends));
	tell("%llu ms of CPU time, %llu ms were left", (ends[1] - ends[0]) / 1000000ULL,
	     (ends[0] + LENGTH_NS - saved) / 1000000ULL);
	EXPECT_LE(LENGTH_NS, ends[1] - ends[0]);
	/* What passed between the look at the clock and the freeze does not count. */
	EXPECT_LE((ends[0] + LENGTH_NS - saved) * 7 / 10, done - restarted);
	return ends[1] - ends[0] <= LENGTH_NS + 100000000ULL;
}

static void sleep_three_times(struct __test_metadata *_metadata, enum burner who, bool kill)
{
	int tries = 3;

	while (!sleep_of_burnt_time(_metadata, who, kill))
		ASSERT_LT(0, --tries);
}

#define TEST_CPU_CLOCK(name, who)							\
	TEST(cpu_clock_of_##name) { sleep_three_times(_metadata, who, true); }	\
	TEST(cpu_clock_of_##name##_left_running) { sleep_three_times(_metadata, who, false); }

TEST_CPU_CLOCK(another_process, CHILD)
TEST_CPU_CLOCK(another_thread, THREAD)
TEST_CPU_CLOCK(its_own_process, OWN_PROCESS)

static void burn_ms(unsigned int ms)
{
	uint64_t end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + ms * 1000000ULL;

	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

static void sleep_on_the_testers_clock(void)
{
	struct timespec ts = { 0, 300000000 };
	clockid_t clock;

	check(!clock_getcpuclockid(getppid(), &clock));
	write_file("ready1", "", 0);
	check(!clock_nanosleep(clock, 0, &ts, NULL));
}

TEST(cpu_clock_of_a_process_outside_is_refused)
{
	struct subject s;
	char words[64];

	ASSERT_EQ(0, subject_start(&s, sleep_on_the_testers_clock));
	sleep_ms(50);
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "CPU clock of process %d", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	burn_ms(350);
	ASSERT_EQ(0, subject_wait(&s));
}

static void sleep_on_an_alarm_clock(void)
{
	struct timespec ts = { 1, 0 };

	write_file("ready1", "", 0);
	check(!clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &ts, NULL));
}

TEST(alarm_clock_is_refused)
{
	struct timespec none = {};
	struct subject s;

	if (clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &none, NULL))
		SKIP(return, "this machine has no alarm clock");
	ASSERT_EQ(0, subject_start(&s, sleep_on_an_alarm_clock));
	sleep_ms(50);
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "alarm clock"));
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
