// SPDX-License-Identifier: GPL-2.0-only
/*
 * posix_timer_test.c - POSIX timers: numbers, clocks, who is notified, overruns, signals that
 * are pending, and that none expires while its tree is held.
 */
#include "posix_timers.h"

static const struct {
	clockid_t clock;
	clockid_t base;		/* what reads it */
} clocks[] = {
	{ CLOCK_REALTIME, CLOCK_REALTIME },
	{ CLOCK_MONOTONIC, CLOCK_MONOTONIC },
	{ CLOCK_BOOTTIME, CLOCK_BOOTTIME },
	{ CLOCK_TAI, CLOCK_TAI },
	{ CLOCK_REALTIME_ALARM, CLOCK_REALTIME },
	{ CLOCK_BOOTTIME_ALARM, CLOCK_BOOTTIME },
	{ CLOCK_PROCESS_CPUTIME_ID, CLOCK_PROCESS_CPUTIME_ID },
	{ CLOCK_THREAD_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID },
};

#define NR_CLOCKS	(sizeof(clocks) / sizeof(clocks[0]))

/* Alarm clocks need a clock that wakes the machine. */
static int timer_on(size_t i, int how)
{
	struct sigevent event = notify(how, SIG);
	int id = timer_new(clocks[i].clock, &event);

	check(id >= 0 || id == -EOPNOTSUPP);
	return id;
}

/* -- time that is left --------------------------------------------------------------- */

static void relative(void)
{
	int64_t before[NR_CLOCKS];
	int ids[NR_CLOCKS];
	size_t i;

	for (i = 0; i < NR_CLOCKS; i++) {
		ids[i] = timer_on(i, SIGEV_SIGNAL);
		if (ids[i] < 0)
			continue;
		set(ids[i], 0, FAR, (i + 1) * SECOND);
		before[i] = left(ids[i]);
	}
	ready();
	for (i = 0; i < NR_CLOCKS; i++) {
		if (ids[i] < 0)
			continue;
		check(left(ids[i]) <= before[i] && left(ids[i]) > before[i] - SLACK);
		check_equal(interval(ids[i]), (i + 1) * SECOND);
	}
}
TEST_STORIES(relative)

static void absolute(void)
{
	int64_t now, then[NR_CLOCKS];
	int ids[NR_CLOCKS];
	size_t i;

	for (i = 0; i < NR_CLOCKS; i++) {
		ids[i] = timer_on(i, SIGEV_SIGNAL);
		then[i] = now_ns(clocks[i].base) + FAR;
		if (ids[i] >= 0)
			set(ids[i], TIMER_ABSTIME, then[i], 0);
	}
	ready();
	for (i = 0; i < NR_CLOCKS; i++) {
		if (ids[i] < 0)
			continue;
		now = now_ns(clocks[i].base);
		check(left(ids[i]) <= then[i] - now);
		check(left(ids[i]) + (int64_t)now_ns(clocks[i].base) >= then[i]);
	}
}

/* For a while they are nowhere. */
static int away(void (*run)(void))
{
	struct subject s;
	long ret = subject_start(&s, run);

	if (!ret)
		ret = subject_save(&s, CHECKPOINT_KILL);
	if (ret < 0)
		return ret;
	sleep_ms(1000);
	ret = subject_restart(&s, 0);
	subject_go(&s, 1);
	ret = ret ?: subject_wait(&s);
	if (ret)
		subject_tell_failure();
	return ret;
}

TEST(absolute_away) { ASSERT_EQ(0, away(absolute)); }
TEST_TWICE(absolute)
TEST_LEFT_RUNNING(absolute)

/* The time in which nobody ran counts for a time on a clock, and for no other. */
static void of_both_sorts(void)
{
	int a = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
	int r = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
	int64_t apart;

	set(a, TIMER_ABSTIME, now_ns(CLOCK_MONOTONIC) + FAR, 0);
	set(r, 0, FAR, 0);
	apart = left(r) - left(a);
	ready();
	check(left(r) - left(a) > apart + 900 * MS);
}
TEST(of_both_sorts_away) { ASSERT_EQ(0, away(of_both_sorts)); }

/* On a machine whose clocks are behind, the tree's own go on, and the timers with them. */
TEST_F(forged, clocks_ahead)
{
	struct ckpt_rec_header *header;

	ASSERT_EQ(0, subject_start(&self->s, absolute));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	header = (void *)(image_find(&self->image, CKPT_REC_HEADER) + 1);
	header->monotonic_ns += 50 * SECOND;
	header->boottime_ns += 70 * SECOND;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	subject_tell_failure();
}

/* It expired while nobody ran, for its time is that of the clock. */
static void expired_meanwhile(void)
{
	int id = new_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIG), n;

	block(SIG);
	set(id, TIMER_ABSTIME, now_ns(CLOCK_REALTIME) + 500 * MS, 10 * MS);
	ready();
	check_taken(id, &n);
}
TEST(expired_meanwhile_away) { ASSERT_EQ(0, away(expired_meanwhile)); }

/* -- numbers --------------------------------------------------------------------------- */

static void numbers(void)
{
	int ids[6], i, next;
	struct view v;

	for (i = 0; i < 6; i++)
		ids[i] = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1 + i);
	delete(ids[0]);
	delete(ids[3]);
	delete(ids[5]);
	next = ids[5] + 1;
	view_take(&v, "/proc/self/timers");
	ready();
	view_compare(&v, "/proc/self/timers");
	for (i = 0; i < 6; i++)
		check_equal(exists(ids[i]), i == 1 || i == 2 || i == 4);
	check_equal(new_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1), next);
}
TEST_STORIES(numbers)

/* None is there any more, and the next number is not the first again. */
static void none_left(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);

	delete(id);
	ready();
	check_equal(new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), id + 1);
}
TEST_KILLED(none_left)

/* What timer_create(2) without a sigevent gives */
static void by_default(void)
{
	int id = timer_new(CLOCK_MONOTONIC, NULL);
	siginfo_t info;

	check(id >= 0);
	block(SIGALRM);
	ready();
	check_equal(left(id), 0);
	set(id, 0, MS, 0);
	check(wait_until(take(SIGALRM, &info)));
	check_equal(info.si_value.sival_int, id);
}
TEST_KILLED(by_default)

/* Each process has its own, with the same numbers. */
static void child_of_its_own(void *arg)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);

	check_equal(id, *(int *)arg);
	set(id, 0, FAR / 2, 0);
	child_ready();
	check(left(id) <= FAR / 2);
}

static void two_processes(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
	pid_t pid;

	set(id, 0, FAR, 0);
	pid = spawn(child_of_its_own, &id);
	await_child(pid);
	ready();
	join(pid);
	check(left(id) > FAR - SLACK);
}
TEST_KILLED(two_processes)

/* -- expirations --------------------------------------------------------------------- */

/* An alarm clock has a queue of its own. */
static void expires_once(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG), n;
	struct sigevent event = notify(SIGEV_SIGNAL, SIGUSR2);
	int alarm = timer_new(CLOCK_BOOTTIME_ALARM, &event);

	block(SIG);
	block(SIGUSR2);
	set(id, 0, 1500 * MS, 0);
	if (alarm >= 0)
		set(alarm, 0, 1500 * MS, 0);
	ready();
	check_taken(id, &n);
	check_equal(n, 0);
	check_equal(left(id), 0);
	check(!take(SIG, NULL));
	check(alarm < 0 || wait_until(take(SIGUSR2, NULL)));
}
TEST_STORIES(expires_once)

static void pending_once(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG), n;

	block(SIG);
	set(id, 0, MS, 0);
	check(wait_until(is_pending(SIG)));
	ready();
	check_taken(id, &n);
	check_equal(n, 0);
	check_equal(left(id), 0);
	set(id, 0, MS, 0);
	check_taken(id, &n);
}
TEST_STORIES(pending_once)

/* The signal that waits starts it again when it is taken, and says what was missed. */
static void pending_periodic(void)
{
	int ids[NR_CLOCKS], n;
	size_t i;

	block(SIG);
	for (i = 0; i < 6; i++) {
		ids[i] = timer_on(i, SIGEV_SIGNAL);
		if (ids[i] >= 0)
			set(ids[i], 0, 10 * MS, 10 * MS);
		check(ids[i] < 0 || wait_until(is_pending(SIG)));
		sleep_ms(40);
		ready();
		if (ids[i] < 0)
			continue;
		check(left(ids[i]) <= 10 * MS);
		check_taken(ids[i], &n);
		check(n >= 3);
		check_taken(ids[i], &n);
		check_equal(interval(ids[i]), 10 * MS);
		delete(ids[i]);
		take(SIG, NULL);
	}
}

/* A clock each time it is saved */
static int each_clock(unsigned long flags)
{
	struct subject s;
	int i, ret = subject_start(&s, pending_periodic);

	for (i = 1; i <= 6 && !ret; i++) {
		ret = subject_save(&s, flags);
		if (ret > 0)
			ret = flags & CHECKPOINT_KILL ? subject_restart(&s, 0) : 0;
		subject_go(&s, i);
		if (!ret)
			ret = i < 6 ? subject_await(&s, i + 1) : subject_wait(&s);
	}
	if (ret)
		subject_tell_failure();
	return ret;
}

TEST(pending_periodic_killed) { ASSERT_EQ(0, each_clock(CHECKPOINT_KILL)); }
TEST(pending_periodic_left_running) { ASSERT_EQ(0, each_clock(0)); }

/* Overruns of the last signal that was taken */
static void overruns_shown(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG), n;

	block(SIG);
	set(id, 0, MS, MS);
	sleep_ms(30);
	check_taken(id, &n);
	check(n > 5);
	ready();
	check_equal(overrun(id), n);
}
TEST_STORIES(overruns_shown)

/* Signals of one number come in the order in which they were sent. */
static void in_order(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG), n;
	union sigval one = { .sival_int = 1 }, two = { .sival_int = 2 };
	siginfo_t info;

	block(SIG);
	check(!sigqueue(getpid(), SIG, one));
	set(id, 0, MS, 0);
	check(wait_until(left(id) == 0));
	check(!sigqueue(getpid(), SIG, two));
	ready();
	check_equal(take(SIG, &info), SIG);
	check_equal(info.si_value.sival_int, 1);
	check_taken(id, &n);
	check_equal(take(SIG, &info), SIG);
	check_equal(info.si_value.sival_int, 2);
	check_equal(take(SIG, &info), 0);
}
TEST_STORIES(in_order)

/* Of a timer that is deleted the signal stays. */
static void deleted(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
	siginfo_t info;

	block(SIG);
	set(id, 0, MS, MS);
	check(wait_until(is_pending(SIG)));
	delete(id);
	ready();
	check_equal(take(SIG, &info), SIG);
	check_equal(info.si_timerid, id);
	check_equal(take(SIG, &info), 0);
	check(!exists(id));
}
TEST_STORIES(deleted)

/* Set anew while its signal waits: that one does not start it. */
static void set_anew(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG), n;

	block(SIG);
	set(id, 0, MS, MS);
	check(wait_until(is_pending(SIG)));
	set(id, 0, FAR, FAR);
	ready();
	check_taken(id, &n);
	check(left(id) > FAR - SLACK && left(id) <= FAR);
	check(!take(SIG, NULL));
}
TEST_STORIES(set_anew)

/* While its signal is ignored it goes on by itself. */
static void ignored(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG), n;

	signal(SIG, SIG_IGN);
	set(id, 0, 5 * MS, 5 * MS);
	sleep_ms(30);
	ready();
	check(left(id) && left(id) <= 5 * MS + 10 * MS);
	block(SIG);
	signal(SIG, SIG_DFL);
	check_taken(id, &n);
}
TEST_STORIES(ignored)

/* Nobody is notified: it is looked at. */
static void silent(void)
{
	int one = new_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0);
	int two = new_timer(CLOCK_REALTIME, SIGEV_NONE, 0);
	int cpu = new_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, 0);

	set(one, 0, FAR, 0);
	set(two, 0, 10 * MS, 10 * MS);
	set(cpu, 0, FAR, 0);
	sleep_ms(20);
	ready();
	check(left(one) > FAR - SLACK && left(one) <= FAR);
	check(left(two) > 0 && left(two) <= 10 * MS);
	check(left(cpu) > FAR - SLACK && left(cpu) <= FAR);
	set(one, 0, MS, 0);
	check(wait_until(!left(one)));
}
TEST_STORIES(silent)

/* -- a held tree ----------------------------------------------------------------------- */

TEST(held_and_let_go)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, expires_once));
	ASSERT_EQ(0, hold_for(&s, 2500, SIG, false));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

static volatile int ticks;

static void on_tick(int sig)
{
	ticks++;
}

static void periodic(void)
{
	int id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), before;

	signal(SIGUSR1, on_tick);
	set(id, 0, MS, MS);
	check(wait_until(ticks > 2));
	ready();
	before = ticks;
	check(wait_until(ticks > before + 5));
}
TEST_STORIES(periodic)

/* Nothing comes too late for the image. */
TEST(held_and_killed)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, periodic));
	ASSERT_EQ(0, hold_for(&s, 300, 0, true));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

TEST_HARNESS_MAIN
