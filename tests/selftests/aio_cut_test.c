// SPDX-License-Identifier: GPL-2.0-only
/*
 * aio_cut_test.c - waits for several events of asynchronous I/O, of which some have been
 * fetched: they go on for those that are missing.
 */
#include "aio.h"

static aio_context_t context;
static volatile bool handled;

struct waiter {
	pthread_t thread;
	pid_t tid;
	long nr;
	struct timespec *timeout;
	long ret;
	struct io_event events[4];
};

/* For three or four events */
static void *wait_for_three(void *arg)
{
	struct waiter *w = arg;
	sigset_t mask;
	struct { sigset_t *mask; size_t size; } masked = { &mask, 8 };

	sigfillset(&mask);
	__atomic_store_n(&w->tid, gettid(), __ATOMIC_RELEASE);
	if (w->nr == SYS_io_getevents)
		w->ret = io_getevents(context, 3, 4, w->events, w->timeout);
	else
		w->ret = syscall(w->nr, context, 3, 4, w->events, w->timeout, &masked);
	return NULL;
}

static bool waits(struct waiter *w)
{
	pid_t tid = __atomic_load_n(&w->tid, __ATOMIC_ACQUIRE);

	return tid && is_blocked_in(getpid(), tid, w->nr);
}

/* Two events are there, so it has fetched them when it waits. */
static void start_waiter(struct waiter *w)
{
	open_file();
	context = new_context(8);
	submit_writes(context, 10, 2);
	check(!pthread_create(&w->thread, NULL, wait_for_three, w));
	check(wait_until(waits(w)));
	expect_no_event(context);
}

static void join_waiter(struct waiter *w, unsigned int nr)
{
	unsigned int i;

	check(!pthread_join(w->thread, NULL));
	check_equal(w->ret, nr);
	for (i = 0; i < nr; i++)
		check_equal(w->events[i].data, 10 + i);
	works_to_the_end(context);
}

static void waiter(long nr, struct timespec *timeout)
{
	struct waiter w = { .nr = nr, .timeout = timeout };

	start_waiter(&w);
	ready();
	check(wait_until(waits(&w)));
	check_equal(w.events[1].data, 11);
	submit_writes(context, 12, 1);
	join_waiter(&w, 3);
}

static struct timespec hour = { 3600, 0 };

static void for_ever(void) { waiter(SYS_io_getevents, NULL); }
static void for_an_hour(void) { waiter(SYS_io_getevents, &hour); }
static void masked_for_ever(void) { waiter(SYS_io_pgetevents, NULL); }
static void masked_for_an_hour(void) { waiter(SYS_io_pgetevents, &hour); }
TEST_STORIES(for_ever)
TEST_STORIES(for_an_hour)
TEST_STORIES(masked_for_ever)
TEST_STORIES(masked_for_an_hour)

/* When its time is over it answers with what it has, and not after all of its time again. */
static void with_a_limit(long nr)
{
	struct timespec limit = { 4, 0 };
	struct waiter w = { .nr = nr, .timeout = &limit };
	int64_t start = now_ns(CLOCK_MONOTONIC), back;

	start_waiter(&w);
	sleep_ms(3000);
	ready();
	back = now_ns(CLOCK_MONOTONIC);
	check(wait_until(!waits(&w)));
	check(time_scale() > 1 || now_ns(CLOCK_MONOTONIC) - back < 2500000000LL);
	join_waiter(&w, 2);
	check(now_ns(CLOCK_MONOTONIC) - start > 4000000000LL);
}

static void time_left(void) { with_a_limit(SYS_io_getevents); }
static void masked_time_left(void) { with_a_limit(SYS_io_pgetevents); }
TEST_KILLED(time_left)
TEST_LEFT_RUNNING(masked_time_left)

static void on_signal(int sig)
{
	(void)sig;
	handled = true;
}

/* A signal with a handler cuts it short, as ever. */
static void gets_a_signal(void)
{
	struct waiter w = { .nr = SYS_io_getevents };

	signal(SIGUSR1, on_signal);
	start_waiter(&w);
	ready();
	check(wait_until(waits(&w)));
	check(!pthread_kill(w.thread, SIGUSR1));
	join_waiter(&w, 2);
	check(handled);
}
TEST_STORIES(gets_a_signal)

/* One that its mask keeps off waits until it has ended, and is blocked no longer than that. */
static void keeps_its_mask(void)
{
	struct waiter w = { .nr = SYS_io_pgetevents };

	signal(SIGUSR1, on_signal);
	start_waiter(&w);
	ready();
	check(wait_until(waits(&w)));
	check(!pthread_kill(w.thread, SIGUSR1));
	sleep_ms(20);
	check(waits(&w) && !handled);
	submit_writes(context, 12, 1);
	join_waiter(&w, 3);
	check(handled);
}
TEST_STORIES(keeps_its_mask)

TEST_HARNESS_MAIN
