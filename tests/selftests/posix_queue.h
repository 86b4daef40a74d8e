/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * posix_queue.h - the message queue that a subject of these tests has.
 */
#ifndef _POSIX_QUEUE_H
#define _POSIX_QUEUE_H

#include <mqueue.h>

#include "forged.h"

#define NAME	"/checkpoint-test"

static mqd_t queue;

static inline void make_queue(int flags, long maxmsg, long msgsize)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = msgsize };

	queue = mq_open(NAME, O_RDWR | O_CREAT | O_EXCL | flags, 0640, &attr);
	check(queue >= 0);
}

static inline void send_text(const char *text, unsigned int priority)
{
	check(!mq_send(queue, text, strlen(text), priority));
}

static inline void expect_text(const char *text, unsigned int priority)
{
	char buf[8192];
	unsigned int prio = -1;

	check_equal(mq_receive(queue, buf, sizeof(buf), &prio), strlen(text));
	check(!memcmp(buf, text, strlen(text)));
	check_equal(prio, priority);
}

static inline void expect_none(void)
{
	struct mq_attr attr, old;

	check(!mq_getattr(queue, &old));
	attr = old;
	attr.mq_flags |= O_NONBLOCK;
	check(!mq_setattr(queue, &attr, NULL));
	check(mq_receive(queue, (char[8192]) {}, 8192, NULL) == -1 && errno == EAGAIN);
	check(!mq_setattr(queue, &old, NULL));
}

static inline void unlink_queue(void)
{
	check(!mq_unlink(NAME));
}

#endif /* _POSIX_QUEUE_H */
