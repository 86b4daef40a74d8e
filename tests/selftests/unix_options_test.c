// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix_options_test.c - what setsockopt(2) has set of unix sockets, and what of it is refused.
 */
#include <sys/time.h>

#include "unix.h"

#ifndef SO_TXREHASH
#define SO_TXREHASH	74
#endif

static int pair[2];

static void set(int name, int value)
{
	check(!setsockopt(pair[0], SOL_SOCKET, name, &value, sizeof(value)));
}

static int get(int fd, int name)
{
	int value = -7;
	socklen_t len = sizeof(value);

	check(!getsockopt(fd, SOL_SOCKET, name, &value, &len));
	return value;
}

static const int flags[] = {
	SO_BROADCAST, SO_DONTROUTE, SO_KEEPALIVE, SO_OOBINLINE, SO_PASSCRED, SO_REUSEADDR,
	SO_RXQ_OVFL, SO_SELECT_ERR_QUEUE, SO_TIMESTAMP, SO_NO_CHECK, SO_NOFCS, 76 /* PASSPIDFD */,
};

static void all_flags(void)
{
	unsigned int i;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		set(flags[i], 1);
	ready();
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		check_equal(!!get(pair[0], flags[i]), 1);
		check_equal(get(pair[1], flags[i]), 0);
	}
}
TEST_STORIES(all_flags)

static void numbers(void)
{
	struct timeval tv = { .tv_sec = 3, .tv_usec = 500000 };
	struct linger linger = { .l_onoff = 1, .l_linger = 17 };
	socklen_t len;
	int sndbuf, rcvbuf, theirs;

	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	set(SO_SNDBUF, 30000);
	set(SO_RCVBUF, 1);
	set(SO_PRIORITY, 5);
	set(SO_RCVLOWAT, 11);
	set(SO_PEEK_OFF, 9);
	check(!setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	tv.tv_usec = 4000;
	check(!setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	check(!setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	sndbuf = get(pair[0], SO_SNDBUF);
	rcvbuf = get(pair[0], SO_RCVBUF);
	theirs = get(pair[1], SO_SNDBUF);
	ready();
	check_equal(get(pair[0], SO_SNDBUF), sndbuf);
	check_equal(get(pair[0], SO_RCVBUF), rcvbuf);
	check_equal(get(pair[1], SO_SNDBUF), theirs);
	check_equal(get(pair[0], 72 /* SO_BUF_LOCK */), 3);
	check_equal(get(pair[1], 72 /* SO_BUF_LOCK */), 0);
	check_equal(get(pair[0], SO_PRIORITY), 5);
	check_equal(get(pair[0], SO_RCVLOWAT), 11);
	check_equal(get(pair[0], SO_PEEK_OFF), 9);
	len = sizeof(tv);
	check(!getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	check(tv.tv_sec == 3 && tv.tv_usec == 500000);
	check(!getsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &tv, &len));
	check(tv.tv_sec == 3 && tv.tv_usec >= 4000 && tv.tv_usec <= 10000);
	len = sizeof(linger);
	check(!getsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, &len));
	check(linger.l_onoff == 1 && linger.l_linger == 17);
}
TEST_STORIES(numbers)

/* The time of a message is when it was sent. */
static void stamps(void)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct timeval))];
		struct cmsghdr head;
	} control;
	char c;
	struct iovec vec = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct timeval before, behind, tv;

	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	set(SO_TIMESTAMP, 1);
	check(!gettimeofday(&before, NULL));
	check(send(pair[1], "x", 1, 0) == 1);
	check(!gettimeofday(&behind, NULL));
	ready();
	check(recvmsg(pair[0], &msg, 0) == 1 && control.head.cmsg_type == SO_TIMESTAMP);
	memcpy(&tv, CMSG_DATA(&control.head), sizeof(tv));
	check(!timercmp(&tv, &before, <) && !timercmp(&tv, &behind, >));
}
TEST_STORIES(stamps)

/* What a listener has is for those that it accepts, too. */
static void inherited(void)
{
	int listener = listening(SOCK_STREAM, "name", 5);

	pair[0] = listener;
	set(SO_PASSCRED, 1);
	pair[1] = connected(SOCK_STREAM, "name");
	ready();
	pair[0] = accept(listener, NULL, NULL);
	check_equal(get(pair[0], SO_PASSCRED), 1);
}
TEST_STORIES(inherited)

static uint64_t pacing_rate(int fd)
{
	uint64_t rate = 0;
	socklen_t len = sizeof(rate);

	check(!getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, &len));
	return rate;
}

/* What the privileged alone set, and what is for sockets of the internet */
static void privileged(void)
{
	uint64_t rate = 5000000000;
	int tcp = socket(AF_INET, SOCK_STREAM, 0), zero = 0, one = 1;
	socklen_t len = sizeof(zero);

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	set(SO_MARK, 3);
	set(SO_PRIORITY, 7);
	set(SO_DEBUG, 1);
	set(SO_TIMESTAMPING, 1 << 4);
	check(!setsockopt(pair[0], SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)));
	check(!setsockopt(tcp, SOL_SOCKET, SO_INCOMING_CPU, &one, sizeof(one)));
	check(!setsockopt(tcp, SOL_SOCKET, SO_TXREHASH, &zero, sizeof(zero)));
	ready();
	check_equal(get(pair[0], SO_MARK), 3);
	check_equal(get(pair[0], SO_PRIORITY), 7);
	check_equal(get(pair[0], SO_DEBUG), 1);
	check_equal(get(pair[0], SO_TIMESTAMPING), 1 << 4);
	check_equal(pacing_rate(pair[0]), rate);
	check_equal(get(pair[1], SO_MARK), 0);
	check_equal(pacing_rate(pair[1]), ~0UL);
	check_equal(get(tcp, SO_INCOMING_CPU), 1);
	check(!getsockopt(tcp, SOL_SOCKET, SO_TXREHASH, &zero, &len) && !zero);
}
TEST_STORIES(privileged)

/* What setsockopt(2) does not look at */
static void without_a_meaning(void)
{
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	set(SO_INCOMING_CPU, -2);
	set(SO_PEEK_OFF, -2);
	ready();
	check_equal(get(pair[0], SO_INCOMING_CPU), -2);
	check_equal(get(pair[0], SO_PEEK_OFF), -2);
}
TEST_STORIES(without_a_meaning)

/* -- refused ------------------------------------------------------------------------------ */

static void with_option(int name, int value)
{
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	set(name, value);
	ready();
}

/* Who makes it again may not do that. */
static void marked_by_another(void)
{
	check(!seteuid(1000));
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check(!seteuid(0));
	set(SO_MARK, 3);
	ready();
}
TEST_REFUSED(marked_by_another, EOPNOTSUPP, "a unix socket with a mark or priority")

static void passes_labels(void) { with_option(SO_PASSSEC, 1); }
TEST_REFUSED(passes_labels, EOPNOTSUPP, "a unix socket that is to receive labels (SO_PASSSEC)")

static void mode_changed(void)
{
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check(!fchmod(pair[0], 0600));
	ready();
}
TEST_REFUSED(mode_changed, EOPNOTSUPP, "a unix socket whose mode or owner was changed")

TEST_HARNESS_MAIN
