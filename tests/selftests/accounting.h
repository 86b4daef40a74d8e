/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * accounting.h - CPU time to burn, and what /proc/PID/stat shows.
 */
#ifndef _ACCOUNTING_H
#define _ACCOUNTING_H

#include "subject.h"

#define MS		1000000ULL

/* Numbers of fields in /proc/PID/stat, as in proc_pid_stat(5) */
enum {
	FLAGS = 9, MINFLT, CMINFLT, MAJFLT, CMAJFLT, UTIME, STIME, CUTIME, CSTIME,
	START = 22, BLKIO_TICKS = 42, NR_STAT = 45
};

static inline void burn(clockid_t clock, unsigned int ms)
{
	uint64_t end = now_ns(clock) + ms * MS;
	int i;

	while (now_ns(clock) < end)
		for (i = 0; i < 1000; i++)
			getppid();
}

static inline uint64_t tv_ns(struct timeval tv)
{
	return tv.tv_sec * 1000000000ULL + tv.tv_usec * 1000ULL;
}

/* From field 4 on; what is before is no number */
static inline void read_stat(const char *path, unsigned long long *stat)
{
	char text[1024], *next;
	int i;

	check(read_file(path, text, sizeof(text)) > 0);
	next = strrchr(text, ')') + 4;		/* behind the state */
	for (i = 4; i < NR_STAT; i++)
		stat[i] = strtoull(next, &next, 10);
}

#endif /* _ACCOUNTING_H */
