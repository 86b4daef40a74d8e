// SPDX-License-Identifier: GPL-2.0-only
/*
 * detach.c - rstr --detach: restart, print the pid, and leave.  The program is born as
 * a child of init or the nearest subreaper, so that the end of rstr is nothing to it;
 * with --pidns the namespace's own init stays.
 *
 * It is made frozen, so that in an output that both share the pid comes first.
 */
#include <signal.h>
#include <unistd.h>

#include "rstr.h"

static int detach_into_namespace(const struct options *options)
{
	struct program program = NO_PROGRAM;

	if (pidns_restart(options, RESTART_FROZEN, &program))
		return RSTR_FAILED;
	call_announce(options, &program);
	pidns_release(&program);
	return 0;
}

int detach_command(const struct options *options)
{
	struct program program = NO_PROGRAM;
	struct watch watch;

	signal(SIGCHLD, SIG_DFL);
	if (options->pidns)
		return detach_into_namespace(options);
	call_watch(options, &watch);
	if (call_restart(options, RESTART_FROZEN | RESTART_ORPHAN, &watch, &program))
		return RSTR_FAILED;
	call_done(options, program.pid, program.pgrp);
	call_announce(options, &program);
	if (program.hold >= 0)
		close(program.hold);
	return 0;
}
