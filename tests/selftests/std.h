/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * std.h - descriptors 0 to 2 of subjects that something leads out of, and of the test
 * that restarts them.
 */
#ifndef _STD_H
#define _STD_H

#include "subject.h"

/* The subject's side: a session of its own, nothing on 0 to 2 */
static inline void std_to_null(void)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close(null);
	setsid();
}

/* The test's side: other files as 0 to 2 for a moment */
static inline void move_std(int in, int out, int saved[3])
{
	int i;

	fflush(stdout);
	for (i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
		dup2(i ? out : in, i);
	}
}

static inline void put_std_back(int saved[3])
{
	int i;

	for (i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
}

#endif /* _STD_H */
