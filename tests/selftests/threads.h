/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * threads.h - a process of many threads, half of them blocked in different calls.
 */
#ifndef _THREADS_H
#define _THREADS_H

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/select.h>

#include "checkpoint_test.h"

enum wait_for {		/* what every second thread is blocked in */
	FUTEX, NANOSLEEP, POLL, READ_PIPE, SIGTIMEDWAIT, PAUSE, SELECT, PPOLL, NR_WAITS,
};

struct one {
	pthread_t id;
	int nr;
	volatile pid_t tid;
	volatile uint64_t count;
	volatile bool awake;
};

static struct one *ones;
static volatile int threads_up, stop, futex_word;
static int pipe_fds[2];
static unsigned int pace_ms;	/* so that many threads do not use up the processors */
static __thread uint64_t local;

static void on_wake(int sig)
{
	(void)sig;
}

static void block_sigusr2(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Each comes back only when end_waits() lets it. */
static void wait_in(enum wait_for what)
{
	struct timespec hour = { 3600, 0 };
	struct pollfd pfd = { pipe_fds[0], POLLIN, 0 };
	sigset_t set;
	fd_set fds;
	char c;

	sigemptyset(&set);
	FD_ZERO(&fds);
	switch (what) {
	case FUTEX:
		syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, &hour);
		break;
	case NANOSLEEP:
		check(nanosleep(&hour, NULL) == -1 && errno == EINTR);
		break;
	case POLL:
		check_equal(poll(&pfd, 1, 3600000), 1);
		break;
	case READ_PIPE:
		check_equal(read(pipe_fds[0], &c, 1), 0);
		break;
	case SIGTIMEDWAIT:
		sigaddset(&set, SIGUSR2);
		check_equal(sigtimedwait(&set, NULL, &hour), SIGUSR2);
		break;
	case PAUSE:
		check(pause() == -1 && errno == EINTR);
		break;
	case SELECT:
		FD_SET(pipe_fds[0], &fds);
		check_equal(select(pipe_fds[0] + 1, &fds, NULL, NULL, NULL), 1);
		break;
	default:
		check_equal(ppoll(&pfd, 1, NULL, NULL), 1);
		break;
	}
}

static void *thread_main(void *arg)
{
	struct one *one = arg;

	local = one->nr * 1000003ULL;
	one->tid = gettid();
	block_sigusr2();
	__sync_fetch_and_add(&threads_up, 1);
	if (one->nr % 2) {
		wait_in(one->nr / 2 % NR_WAITS);
		one->awake = true;
	} else {
		while (!stop) {
			one->count++;
			sleep_ms(pace_ms);
		}
	}
	check_equal(local, one->nr * 1000003ULL);
	check_equal(gettid(), one->tid);
	return NULL;
}

static void start_threads(int nr)
{
	pthread_attr_t attr;
	int i;

	signal(SIGUSR1, on_wake);
	block_sigusr2();
	check(!pipe(pipe_fds));
	pace_ms = (5 + nr / 5) * time_scale();
	ones = calloc(nr, sizeof(*ones));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	for (i = 0; i < nr; i++) {
		ones[i].nr = i;
		if (pthread_create(&ones[i].id, &attr, thread_main, &ones[i]))
			fail(__FILE__, __LINE__, "thread %d cannot be made (errno %d)", i, errno);
	}
	check(wait_until(threads_up == nr));
	for (i = 1; i < nr; i += 2)
		check(wait_until(is_blocked_in(getpid(), ones[i].tid, -1)));
}

static void end_waits(int nr)
{
	int i;

	for (i = 1; i < nr; i += 2)
		check(!ones[i].awake);
	futex_word = 1;
	syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, nr);
	close(pipe_fds[1]);
	for (i = 1; i < nr; i += 2) {
		enum wait_for what = i / 2 % NR_WAITS;

		if (what == NANOSLEEP || what == PAUSE)
			pthread_kill(ones[i].id, SIGUSR1);
		else if (what == SIGTIMEDWAIT)
			pthread_kill(ones[i].id, SIGUSR2);
	}
}

static void threads(int nr)
{
	uint64_t *before = calloc(nr, sizeof(*before));
	int i;

	start_threads(nr);
	for (i = 0; i < nr; i++)
		before[i] = ones[i].count;
	ready();
	for (i = 0; i < nr; i += 2)
		check(wait_until(ones[i].count > before[i]));
	end_waits(nr);
	stop = 1;
	for (i = 0; i < nr; i++)
		check(!pthread_join(ones[i].id, NULL));
}

#endif /* _THREADS_H */
