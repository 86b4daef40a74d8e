/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outside_terminal.h - what the tests of terminals that are run from outside share: pairs that
 * the test runs, and restarts on them.
 */
#ifndef _OUTSIDE_TERMINAL_H
#define _OUTSIDE_TERMINAL_H

#include <sys/ioctl.h>
#include <termios.h>

#include "checkpoint_test.h"
#include "std.h"

struct terminal {
	int master;
	int slave;
	char name[64];
};

static inline bool open_terminal(struct terminal *t)
{
	int lock = 0;

	t->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->master < 0 || ioctl(t->master, TIOCSPTLCK, &lock) ||
	    ptsname_r(t->master, t->name, sizeof(t->name)))
		return false;
	t->slave = open(t->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return t->slave >= 0;
}

static inline long restart_on(struct subject *s, int in, int out, unsigned long flags)
{
	int saved[3];
	long ret;

	move_std(in, out, saved);
	ret = subject_restart(s, flags);
	put_std_back(saved);
	return ret;
}

#endif /* _OUTSIDE_TERMINAL_H */
