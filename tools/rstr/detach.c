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

/* Return: 0 or negative errno (reported) */
static int make(const struct restart_options *options, struct program *program)
{
	struct terminal terminal;
	struct watch watch;
	int ret;

	/* the parent stays there, so the kernel cannot know that the terminal is not its */
	if (options->pidns) {
		terminal_open(&terminal);
		return pidns_restart(options, RESTART_FROZEN, program, &terminal);
	}
	call_watch(options, &watch);
	ret = call_restart(options, RESTART_FROZEN | RESTART_ORPHAN, &watch, program);
	if (!ret)
		call_made(options, program->pid, program->pgrp);
	return ret;
}

int detach_command(const struct restart_options *options)
{
	struct program program = NO_PROGRAM;
	int ret;

	signal(SIGCHLD, SIG_DFL);
	if (front_hook(options, "pre-restart", 0))
		return RSTR_FAILED;
	ret = make(options, &program);
	if (ret) {
		front_hook(options, "failed", 0);
		return call_exit_code(ret);
	}
	close(options->image);
	image_end(options);
	call_announce(options, &program);
	front_hook(options, "restarted", program.pid);
	if (options->pidns)
		pidns_release(&program);
	else if (program.hold >= 0)
		close(program.hold);
	front_hook(options, "running", program.pid);
	return 0;
}
