/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run_out.h - restarts while the machine may have a task more each time.
 */
#ifndef _RUN_OUT_H
#define _RUN_OUT_H

#include "forged.h"

#define THREADS_MAX	"/proc/sys/kernel/threads-max"

static inline unsigned int nr_threads(void)
{
	unsigned int nr = 0;
	char text[128];

	if (read_file("/proc/loadavg", text, sizeof(text)) < 0 ||
	    sscanf(text, "%*s %*s %*s %*u/%u", &nr) != 1)
		return 0;
	return nr;
}

/*
 * Until the subject is there: what was made before goes without a trace.
 * Return: how many restarts have failed, as they should; -1 if one failed otherwise
 */
static inline int restart_as_tasks_run_out(struct subject *s)
{
	char max[32], text[32];
	int failed;
	long ret;

	if (read_file(THREADS_MAX, max, sizeof(max)) <= 0)
		return -1;
	for (failed = 0; failed < 40; failed++) {
		snprintf(text, sizeof(text), "%u", nr_threads() + failed);
		put_text(THREADS_MAX, text);
		ret = subject_restart(s, 0);
		put_text(THREADS_MAX, max);
		if (!ret)
			return failed;
		if (ret != -EAGAIN || waitpid(-1, NULL, WNOHANG) != -1)
			return -1;
	}
	return -1;
}

#endif /* _RUN_OUT_H */
