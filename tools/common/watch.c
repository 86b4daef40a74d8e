// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch.c - a second thread beside a long system call.
 *
 * The deadly signals are blocked in the caller and taken here with
 * sigtimedwait(), so tidying up needs no signal handler, and the system call
 * is never interrupted by anything but death.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"
#include "watch.h"

#define TICK_NS		250000000L
#define SHOW_AFTER_NS	1000000000ULL

__u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The signal that only says: stop watching. */
static int stop_signal(void)
{
	return SIGRTMIN;
}

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGTERM);
	sigaddset(set, stop_signal());
}

void die_of_signal(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	kill(getpid(), sig);
	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	/* only a signal that does not kill by default, or process 1, gets here */
	_exit(128 + sig);
}

void watch_begin(struct watch *watch)
{
	watch->started_ns = now_ns();
}

void watch_wipe(const struct watch *watch)
{
	if (watch->show && now_ns() - watch->started_ns >= SHOW_AFTER_NS)
		fputs("\r\033[K", stderr);
}

void watch_tick(struct watch *watch)
{
	__u64 spent = now_ns() - watch->started_ns;
	__u64 done = watch->position ? watch->position(watch->arg) : 0;
	char size[32], all[32], rate[32], left[32];

	if (!watch->show || spent < SHOW_AFTER_NS)
		return;
	if (!watch->asked && watch->total)
		watch->expected = watch->total(watch->arg);
	watch->asked = true;

	if (!done) {
		fprintf(stderr, "\r%s\033[K", text_time(spent, left, sizeof(left)));
		return;
	}
	fprintf(stderr, "\r%s %s", text_bytes(done, size, sizeof(size)), watch->verb);
	if (watch->expected > done)
		fprintf(stderr, " of about %s",
			text_bytes(watch->expected, all, sizeof(all)));
	fprintf(stderr, ", %s/s", text_bytes(done * 1e9 / spent, rate, sizeof(rate)));
	if (watch->expected > done)
		fprintf(stderr, ", %s left",
			text_time((double)(watch->expected - done) / done * spent, left,
				  sizeof(left)));
	fputs("\033[K", stderr);
}

static void *watch_loop(void *arg)
{
	struct timespec tick = { .tv_nsec = TICK_NS };
	struct watch *watch = arg;
	sigset_t set;

	watch->tid = gettid();
	watched_signals(&set);
	for (;;) {
		int sig = sigtimedwait(&set, NULL, &tick);

		if (sig == stop_signal())
			return NULL;
		if (sig > 0) {
			if (watch->tidy)
				watch->tidy(watch->arg);
			die_of_signal(sig);
		}
		watch_tick(watch);
	}
}

void watch_start(struct watch *watch)
{
	sigset_t set;

	watched_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, &watch->old_mask);
	watch_begin(watch);
	watch->running = !pthread_create(&watch->thread, NULL, watch_loop, watch);
	if (!watch->running)
		pthread_sigmask(SIG_SETMASK, &watch->old_mask, NULL);
}

/* A thread that can be joined has its number still, for a moment: restart() may need that. */
static void await_number(pid_t tid)
{
	const struct timespec moment = { .tv_nsec = 100000 };

	while (!tgkill(getpid(), tid, 0))
		nanosleep(&moment, NULL);
}

void watch_stop(struct watch *watch)
{
	if (!watch->running)
		return;
	pthread_kill(watch->thread, stop_signal());
	pthread_join(watch->thread, NULL);
	await_number(watch->tid);
	watch->running = false;
	watch_wipe(watch);
	pthread_sigmask(SIG_SETMASK, &watch->old_mask, NULL);
}

void watch_forgo(sigset_t *old_mask)
{
	sigset_t set;

	watched_signals(&set);
	sigdelset(&set, stop_signal());
	pthread_sigmask(SIG_UNBLOCK, &set, old_mask);
}
