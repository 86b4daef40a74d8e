/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * posix_notify.h - a subject that a message queue notifies by a signal, and whether its queue is
 * there.
 */
#ifndef _POSIX_NOTIFY_H
#define _POSIX_NOTIFY_H

#include "posix_queue.h"

static inline int count_queues(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	mqd_t q = mq_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);

	if (q < 0)
		return 1;
	mq_close(q);
	mq_unlink(NAME);
	return 0;
}

static volatile int got, value;

static inline void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_code == SI_MESGQ)
		value = info->si_value.sival_int;
	got++;
}

static inline void notify_signal(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77,
	};

	check(!sigaction(SIGUSR1, &sa, NULL));
	make_queue(0, 3, 8192);
	check(!mq_notify(queue, &event));
	ready();
	check(mq_notify(queue, &event) == -1 && errno == EBUSY);
	check_equal(got, 0);
	send_text("a", 0);
	check(wait_until(got == 1));
	check_equal(value, 77);
	expect_text("a", 0);
	/* Once only */
	send_text("b", 0);
	expect_text("b", 0);
	check_equal(got, 1);
	check(!mq_notify(queue, &event));
	unlink_queue();
}

#endif /* _POSIX_NOTIFY_H */
