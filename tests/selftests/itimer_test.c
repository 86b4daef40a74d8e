// SPDX-License-Identifier: GPL-2.0-only
/*
 * itimer_test.c - interval timers and alarm(2): what is left, what has expired, what waits for
 * its signal to be taken, and that none expires while its tree is held.
 */
#include "timers.h"

static volatile int ticks;

static void on_tick(int sig)
{
	ticks++;
}

static void set(int which, int64_t first, int64_t interval)
{
	struct itimerval it = {
		.it_value = { first / SECOND, first % SECOND / 1000 },
		.it_interval = { interval / SECOND, interval % SECOND / 1000 },
	};

	check(!setitimer(which, &it, NULL));
}

static int64_t ns(struct timeval tv)
{
	return tv.tv_sec * SECOND + tv.tv_usec * 1000;
}

static int64_t left(int which)
{
	struct itimerval it;

	check(!getitimer(which, &it));
	return ns(it.it_value);
}

static int64_t interval(int which)
{
	struct itimerval it;

	check(!getitimer(which, &it));
	return ns(it.it_interval);
}

/* -- time that is left --------------------------------------------------------------- */

static void far_away(void)
{
	int64_t before[3];
	int i;

	for (i = ITIMER_REAL; i <= ITIMER_PROF; i++)
		set(i, FAR, (i + 1) * SECOND);
	for (i = ITIMER_REAL; i <= ITIMER_PROF; i++)
		before[i] = left(i);
	ready();
	for (i = ITIMER_REAL; i <= ITIMER_PROF; i++) {
		check(left(i) <= before[i] && left(i) > before[i] - SLACK);
		check_equal(interval(i), (i + 1) * SECOND);
	}
}
TEST_STORIES(far_away)

/* Times that no process comes to use; the kernel itself reads them as negative. */
static void never(void)
{
	struct itimerval it = { .it_value = { .tv_sec = INT64_MAX } };

	check(!setitimer(ITIMER_VIRTUAL, &it, NULL) && !setitimer(ITIMER_PROF, &it, NULL));
	ready();
	check(left(ITIMER_VIRTUAL) > 1000 * FAR && left(ITIMER_PROF) > 1000 * FAR);
}
TEST_KILLED(never)

/* For a while it is nowhere, and that does not count. */
static void in_a_while(void)
{
	int64_t before, start, used, passed;

	set(ITIMER_REAL, FAR, 0);
	start = now_ns(CLOCK_MONOTONIC);
	before = left(ITIMER_REAL);
	ready();
	used = before - left(ITIMER_REAL);
	passed = now_ns(CLOCK_MONOTONIC) - start;
	check(used < passed - 900 * MS);
}

TEST(time_away)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, in_a_while));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	sleep_ms(1000);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

static void with_alarm(void)
{
	unsigned int rest;

	check_equal(alarm(1000), 0);
	ready();
	rest = alarm(0);
	check(rest > 900 && rest <= 1000);
	check_equal(alarm(0), 0);
}
TEST_STORIES(with_alarm)

static void not_set(void)
{
	int i;

	set(ITIMER_REAL, FAR, SECOND);
	set(ITIMER_REAL, 0, 0);
	ready();
	for (i = ITIMER_REAL; i <= ITIMER_PROF; i++) {
		check_equal(left(i), 0);
		check_equal(interval(i), 0);
	}
	check(!is_pending(SIGALRM));
}
TEST_KILLED(not_set)

/* Each process has its own; a child starts without. */
static void child_without(void *arg)
{
	check_equal(left(ITIMER_REAL), 0);
	set(ITIMER_REAL, FAR / 2, 0);
	child_ready();
	check(left(ITIMER_REAL) <= FAR / 2 && left(ITIMER_REAL) > FAR / 2 - SLACK);
}

static void two_processes(void)
{
	pid_t pid;

	set(ITIMER_REAL, FAR, 0);
	pid = spawn(child_without, NULL);
	await_child(pid);
	ready();
	join(pid);
	check(left(ITIMER_REAL) > FAR - SLACK);
}
TEST_KILLED(two_processes)

/* -- expirations --------------------------------------------------------------------- */

static void expires_once(void)
{
	signal(SIGALRM, on_tick);
	set(ITIMER_REAL, 1500 * MS, 0);
	ready();
	check(wait_until(ticks));
	check_equal(left(ITIMER_REAL), 0);
	sleep_ms(20);
	check_equal(ticks, 1);
}
TEST_STORIES(expires_once)

static void periodic(void)
{
	int before;

	signal(SIGALRM, on_tick);
	set(ITIMER_REAL, MS, MS);
	check(wait_until(ticks > 2));
	ready();
	before = ticks;
	check(wait_until(ticks > before + 5));
	check_equal(interval(ITIMER_REAL), MS);
}
TEST_STORIES(periodic)

/* It has expired: the signal that waits starts it again when it is taken. */
static void pending_periodic(void)
{
	siginfo_t info;

	block(SIGALRM);
	set(ITIMER_REAL, 10 * MS, 10 * MS);
	check(wait_until(is_pending(SIGALRM)));
	ready();
	check(is_pending(SIGALRM));
	check_equal(left(ITIMER_REAL), 0);
	check_equal(interval(ITIMER_REAL), 10 * MS);
	sleep_ms(50);
	check_equal(left(ITIMER_REAL), 0);
	check_equal(take(SIGALRM, &info), SIGALRM);
	check_equal(info.si_code, SI_KERNEL);
	check(left(ITIMER_REAL) || is_pending(SIGALRM));
	check(wait_until(take(SIGALRM, &info)));
}
TEST_STORIES(pending_periodic)

static void pending_once(void)
{
	siginfo_t info;

	block(SIGALRM);
	set(ITIMER_REAL, MS, 0);
	check(wait_until(is_pending(SIGALRM)));
	ready();
	check_equal(take(SIGALRM, &info), SIGALRM);
	check_equal(left(ITIMER_REAL), 0);
	check_equal(take(SIGALRM, &info), 0);
}
TEST_STORIES(pending_once)

/* CPU time goes on where it stopped. */
static void expires_in_cpu_time(int which, int sig)
{
	signal(sig, on_tick);
	set(which, 200 * MS, 100 * MS);
	ready();
	check(burn_until(ticks >= 2));
	check(left(which) <= 200 * MS);
	check_equal(interval(which), 100 * MS);
}

static void virtual(void) { expires_in_cpu_time(ITIMER_VIRTUAL, SIGVTALRM); }
static void profiling(void) { expires_in_cpu_time(ITIMER_PROF, SIGPROF); }
TEST_KILLED(virtual)
TEST_LEFT_RUNNING(virtual)
TEST_TWICE(profiling)

/* User and system time of the process as ticks count it, and user time alone */
#define CPUCLOCK_PROF	((clockid_t)-8)
#define CPUCLOCK_VIRT	((clockid_t)-7)

/* When it expires, exactly: no tick comes between the two looks. */
static int64_t expires_at(int which, clockid_t clock)
{
	int64_t before, at;

	do {
		before = now_ns(clock);
		at = before + left(which);
	} while ((int64_t)now_ns(clock) != before);
	return at;
}

#define LIVES	20

/* Neither a timer of CPU time nor what it counts is a tick off, however often it is saved. */
static void many_lives(void)
{
	int64_t prof, virt;
	uint64_t used;
	int i;

	set(ITIMER_PROF, FAR, 0);
	set(ITIMER_VIRTUAL, FAR, 0);
	prof = expires_at(ITIMER_PROF, CPUCLOCK_PROF);
	virt = expires_at(ITIMER_VIRTUAL, CPUCLOCK_VIRT);
	for (i = 0; i < LIVES; i++) {
		used = now_ns(CPUCLOCK_PROF);
		check(burn_until(now_ns(CPUCLOCK_PROF) > used + 5 * MS));
		used = now_ns(CPUCLOCK_PROF);
		ready();
		check(now_ns(CPUCLOCK_PROF) >= used);
		check_equal(expires_at(ITIMER_PROF, CPUCLOCK_PROF), prof);
		check_equal(expires_at(ITIMER_VIRTUAL, CPUCLOCK_VIRT), virt);
	}
}

TEST(cpu_time_of_many_lives)
{
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, many_lives));
	for (i = 1; i <= LIVES; i++) {
		ASSERT_EQ(0, subject_await(&s, i));
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		ASSERT_EQ(0, subject_restart(&s, 0));
		subject_go(&s, i);
	}
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

/* Nor while it runs on, saved 200 times. */
TEST(cpu_time_of_one_life_saved_often)
{
	struct subject s;
	int i, life;

	ASSERT_EQ(0, subject_start(&s, many_lives));
	for (life = 1; life <= LIVES; life++) {
		ASSERT_EQ(0, subject_await(&s, life));
		for (i = 0; i < 10; i++)
			ASSERT_LT(0, subject_save(&s, 0));
		subject_go(&s, life);
	}
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

/* -- a held tree ----------------------------------------------------------------------- */

TEST(held_and_let_go)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, expires_once));
	ASSERT_EQ(0, hold_for(&s, 2500, SIGALRM, false));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

TEST(held_and_killed)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, periodic));
	ASSERT_EQ(0, hold_for(&s, 100, 0, true));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

TEST(restarted_and_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, expires_once));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	sleep_ms(2500);
	EXPECT_FALSE(shows_pending(s.pid, SIGALRM));
	close(s.rargs.hold_fd);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

/* -- forged images --------------------------------------------------------------------- */

TEST_F(forged, fields)
{
	static const struct ckpt_rec_itimers lies[] = {
		{ .flags = ~CKPT_ITIMER_REAL_ACTIVE },
		{ .real_left_ns = INT64_MIN },
		{ .real_interval_ns = -1 },
		{ .virtual_expires_ns = -1 },
		{ .virtual_interval_ns = -1 },
		{ .prof_expires_ns = -1 },
		{ .prof_interval_ns = -1 },
	};
	struct ckpt_rec_itimers *data, truth;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, far_away));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	data = (void *)(image_find(&self->image, CKPT_REC_ITIMERS) + 1);
	truth = *data;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		*data = lies[i];
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0))
			TH_LOG("lie %zu", i);
	}
	*data = truth;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

/* As far away as can be said */
static void sleeps(void)
{
	set(ITIMER_REAL, FAR, FAR);
	ready();
	check(left(ITIMER_REAL) > FAR);
}

TEST_F(forged, largest_times)
{
	struct ckpt_rec_itimers *data;

	ASSERT_EQ(0, subject_start(&self->s, sleeps));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	data = (void *)(image_find(&self->image, CKPT_REC_ITIMERS) + 1);
	data->real_left_ns = INT64_MAX;
	data->real_interval_ns = INT64_MAX;
	data->virtual_expires_ns = INT64_MAX;
	data->virtual_interval_ns = INT64_MAX;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	subject_tell_failure();
}

TEST_HARNESS_MAIN
