/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - a second thread beside a long system call: it shows progress on a
 * terminal, and tidies up when a signal ends the tool.
 */
#ifndef _CKPT_WATCH_H
#define _CKPT_WATCH_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <linux/types.h>

/**
 * struct watch - what the thread does
 * @show: print progress to stderr when it takes more than a second
 * @verb: "saved", "restored"
 * @position: bytes done, 0 if unknown; may be NULL
 * @total: bytes in the end, 0 if unknown; asked once; may be NULL
 * @tidy: called before the tool dies of a signal; may be NULL
 * @arg: for the callbacks
 *
 * The rest is the thread's.
 */
struct watch {
	bool show;
	const char *verb;
	__u64 (*position)(void *arg);
	__u64 (*total)(void *arg);
	void (*tidy)(void *arg);
	void *arg;

	pthread_t thread;
	pid_t tid;
	sigset_t old_mask;
	bool running;
	bool asked;
	__u64 expected;
	__u64 started_ns;
};

/* Start the thread.  It is no error if there cannot be one. */
void watch_start(struct watch *watch);

/* Stop it, until its number is free; the line of progress is wiped.  May be called twice. */
void watch_stop(struct watch *watch);

/* Show progress, for who waits without the thread.  Begin with watch_begin(). */
void watch_begin(struct watch *watch);
void watch_tick(struct watch *watch);
void watch_wipe(const struct watch *watch);

/*
 * For a long call without the thread: what it would take acts by itself, although it is
 * blocked.  Put *@old_mask back afterwards.
 */
void watch_forgo(sigset_t *old_mask);

/* Die of @sig as if it had never been caught. */
void die_of_signal(int sig);

/* CLOCK_MONOTONIC in nanoseconds. */
__u64 now_ns(void);

#endif /* _CKPT_WATCH_H */
