// SPDX-License-Identifier: GPL-2.0-only
/*
 * posix_timer_cpu_test.c - POSIX timers that notify a thread or run on CPU time, ten thousand
 * of them, and those that are refused.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "posix_timers.h"

/* -- threads and CPU time --------------------------------------------------------------- */

static volatile pid_t tid;
static volatile bool go_on, taken;

static void *takes_its_signal(void *arg)
{
	int n;

	tid = gettid();
	while (!go_on)
		sleep_ms(1);
	check_taken(*(int *)arg, &n);
	taken = true;
	check_taken(*(int *)arg, &n);
	return NULL;
}

static void of_a_thread(void)
{
	struct sigevent event = notify(SIGEV_THREAD_ID, SIG);
	pthread_t thread;
	int id;

	block(SIG);
	pthread_create(&thread, NULL, takes_its_signal, &id);
	check(wait_until(tid));
	event._sigev_un._tid = tid;
	id = timer_new(CLOCK_MONOTONIC, &event);
	check(id >= 0);
	set(id, 0, MS, MS);
	sleep_ms(20);
	ready();
	check(!is_pending(SIG));
	go_on = true;
	check(wait_until(taken));
	check(!pthread_join(thread, NULL));
}
TEST_STORIES(of_a_thread)

static void burn(int64_t ns)
{
	int64_t end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + ns;

	while ((int64_t)now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

static void on_cpu_time(void)
{
	int p = new_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIG);
	int t = new_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);
	/* More than the wait in ready() takes */
	const int64_t length = 300 * MS * time_scale();
	int64_t then = now_ns(CLOCK_THREAD_CPUTIME_ID) + length;
	int n;

	block(SIG);
	block(SIGUSR1);
	set(p, 0, length, 100 * MS);
	set(t, TIMER_ABSTIME, then, 0);
	ready();
	check(!is_pending(SIGUSR1));
	check(burn_until(is_pending(SIG) && is_pending(SIGUSR1)));
	check((int64_t)now_ns(CLOCK_THREAD_CPUTIME_ID) >= then);
	burn(200 * MS);
	check_taken(p, &n);
	check(n >= 1);
	check_equal(interval(p), 100 * MS);
	check_equal(left(t), 0);
}
TEST_KILLED(on_cpu_time)
TEST_TWICE(on_cpu_time)

/* It has expired: the signal starts it again. */
static void pending_on_cpu_time(void)
{
	int id = new_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIG), n;

	block(SIG);
	set(id, 0, 20 * MS, 20 * MS);
	check(burn_until(is_pending(SIG)));
	burn(100 * MS);
	ready();
	check_taken(id, &n);
	check(n >= 2);
	check(burn_until(is_pending(SIG)));
	check_taken(id, &n);
}
TEST_KILLED(pending_on_cpu_time)
TEST_LEFT_RUNNING(pending_on_cpu_time)

static void burns(void *arg)
{
	child_ready();
	check(burn_until(now_ns(CLOCK_PROCESS_CPUTIME_ID) > 500 * MS));
	sleep_ms(500);
}

/* Of another process, and of another thread */
static void *burning_thread(void *arg)
{
	tid = gettid();
	while (!go_on)
		sleep_ms(1);
	burn(300 * MS);
	while (!taken)
		sleep_ms(1);
	return NULL;
}

static void on_others_cpu_time(void)
{
	pid_t pid = spawn(burns, NULL);
	pthread_t thread;
	clockid_t clock;
	int p, t, n;

	block(SIG);
	block(SIGUSR1);
	await_child(pid);
	check(!clock_getcpuclockid(pid, &clock));
	p = new_timer(clock, SIGEV_SIGNAL, SIG);
	set(p, 0, 200 * MS, 0);
	pthread_create(&thread, NULL, burning_thread, NULL);
	check(wait_until(tid));
	check(!pthread_getcpuclockid(thread, &clock));
	t = new_timer(clock, SIGEV_SIGNAL, SIGUSR1);
	set(t, 0, 100 * MS, 0);
	ready();
	check_taken(p, &n);
	check(left(t) > 0);
	go_on = true;
	check(wait_until(is_pending(SIGUSR1)));
	taken = true;
	pthread_join(thread, NULL);
	join(pid);
}
TEST_KILLED(on_others_cpu_time)

/* -- many, and limits ------------------------------------------------------------------- */

#define MANY	10000

static void many(void)
{
	struct rlimit limit = { 2 * MANY, 2 * MANY };
	int i, first = 0, id;

	check(!setrlimit(RLIMIT_SIGPENDING, &limit));
	for (i = 0; i < MANY; i++) {
		id = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
		first = i ? first : id;
		set(id, 0, FAR + i * SECOND, 0);
	}
	ready();
	for (i = 0; i < MANY; i++)
		check(left(first + i) > FAR + i * SECOND - SLACK);
}
TEST_KILLED(many)

static pthread_t gone_thread;

static void *ends(void *arg)
{
	struct sigevent event = notify(SIGEV_THREAD_ID, SIG);

	event._sigev_un._tid = gettid();
	check(timer_new(CLOCK_MONOTONIC, &event) >= 0);
	return NULL;
}

static void notifies_the_dead(void)
{
	pthread_create(&gone_thread, NULL, ends, NULL);
	pthread_join(gone_thread, NULL);
	sleep_ms(50);
	ready();
}
TEST_REFUSED(notifies_the_dead, EOPNOTSUPP, "notifies a thread that has exited; delete it first")

static void on_the_clock_outside(void)
{
	clockid_t clock;

	check(!clock_getcpuclockid(getppid(), &clock));
	new_timer(clock, SIGEV_SIGNAL, SIG);
	ready();
}
TEST_REFUSED(on_the_clock_outside, EOPNOTSUPP,
	     "is on the CPU clock of a process outside the tree; delete it first")

TEST_HARNESS_MAIN
