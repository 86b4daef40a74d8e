// SPDX-License-Identifier: GPL-2.0-only
/*
 * pace.c - run time of a job, and when its next image is due.
 */
#include <limits.h>

#include "keep.h"

/* Who looks later than asked for by more than this was stopped meanwhile. */
#define LATE_NS		2000000000ULL

void pace_start(struct pace *pace, __u64 run_ns, __u64 every_ns)
{
	*pace = (struct pace){ .seen_ns = now_ns(), .run_ns = run_ns };
	pace_next(pace, every_ns);
}

void pace_look(struct pace *pace)
{
	__u64 now = now_ns(), gone = now - pace->seen_ns;

	if (gone > pace->asked_ns + LATE_NS)
		gone = pace->asked_ns;
	pace->seen_ns = now;
	pace->run_ns += gone;
}

bool pace_is_due(const struct pace *pace)
{
	return pace->run_ns >= pace->due_ns;
}

void pace_next(struct pace *pace, __u64 ns)
{
	pace->due_ns = pace->run_ns + ns;
}

/* Milliseconds until it is due, rounded up; an hour at most, which poll() can take */
int pace_wait(struct pace *pace)
{
	__u64 ms = pace_is_due(pace) ? 1000 : (pace->due_ns - pace->run_ns) / 1000000 + 1;

	if (ms > 3600000)
		ms = 3600000;
	pace->asked_ns = ms * 1000000;
	return ms;
}
