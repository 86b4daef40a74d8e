// SPDX-License-Identifier: GPL-2.0-only
/*
 * clocks - call the vDSO's functions for some seconds of its own time, as a program
 * does that is carried from kernel to kernel.  Ends with 0 if no clock ever ran
 * backwards, and with the number of what went wrong otherwise.  The clock of a machine
 * that has been up for longer may be ahead, but not by more than it can have been up.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STEPS	120
#define AHEAD	3600	/* seconds */

static double now(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		_exit(2);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(void)
{
	double monotonic = now(CLOCK_MONOTONIC), boottime = now(CLOCK_BOOTTIME), next;
	struct timespec pause = { .tv_nsec = 100000000 };
	struct timeval tv;
	int i, fd;

	fd = open("/data/steps", O_CREAT | O_TRUNC | O_WRONLY, 0600);
	for (i = 0; i < STEPS; i++) {
		if (dprintf(fd, "%d %.3f\n", i, monotonic) < 0)
			return 3;
		if (nanosleep(&pause, NULL))
			return 4;
		next = now(CLOCK_MONOTONIC);
		if (next < monotonic || next > monotonic + AHEAD)
			return 5;
		monotonic = next;
		next = now(CLOCK_BOOTTIME);
		if (next < boottime || next > boottime + AHEAD)
			return 6;
		boottime = next;
		if (gettimeofday(&tv, NULL) || tv.tv_sec < 1000000000 || sched_getcpu() < 0 ||
		    time(NULL) < 1000000000)
			return 7;
	}
	return 0;
}
