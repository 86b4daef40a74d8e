/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pty.h - what the tests of pseudo terminals share.
 */
#ifndef _PTY_H
#define _PTY_H

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "forged.h"

static int master = -1, slave = -1;
static char slave_name[64];

static inline int open_master(void)
{
	int lock = 0;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &lock) ||
	    ptsname_r(master, slave_name, sizeof(slave_name)))
		return -1;
	return 0;
}

static inline void open_pair(void)
{
	check(!open_master());
	slave = open(slave_name, O_RDWR | O_NOCTTY);
	check(slave >= 0);
}

static inline void make_raw(void)
{
	struct termios t;

	check(!tcgetattr(slave, &t));
	cfmakeraw(&t);
	check(!tcsetattr(slave, TCSANOW, &t));
}

static inline void no_echo(void)
{
	struct termios t;

	check(!tcgetattr(slave, &t));
	t.c_lflag &= ~(ECHO | ECHONL);
	check(!tcsetattr(slave, TCSANOW, &t));
}

static inline void put(int fd, const char *text)
{
	check_equal(write(fd, text, strlen(text)), strlen(text));
}

/* What one read() finds */
static inline void expect(int fd, const char *text)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	check_equal(n, strlen(text));
	if (memcmp(buf, text, n))
		fail(__FILE__, __LINE__, "read '%.*s', not '%s'", (int)n, buf, text);
}

/* What comes in one piece or several */
static inline void expect_all(int fd, const char *text)
{
	size_t len = strlen(text), n = 0;
	char buf[256];

	while (n < len) {
		ssize_t got = read(fd, buf + n, len - n);

		check(got > 0);
		n += got;
	}
	if (memcmp(buf, text, n))
		fail(__FILE__, __LINE__, "read '%.*s', not '%s'", (int)n, buf, text);
}

/* Nothing comes now. */
static inline void expect_none(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	check_equal(poll(&p, 1, 20), 0);
}

static inline int bytes_in(int fd)
{
	int n = -1;

	check(!ioctl(fd, FIONREAD, &n));
	return n;
}

#endif /* _PTY_H */
