// SPDX-License-Identifier: GPL-2.0-only
/*
 * detach.c - rstr --detach: restart, print the pid, and leave.  The program is
 * a child of a process that ends at once, so init or the nearest subreaper
 * becomes its parent; with --pidns the namespace's own init stays.
 *
 * It is made frozen, so that in an output that both share the pid comes first.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

static int restart_and_leave(const struct options *options)
{
	struct program program = { .hold = -1, .channel = -1 };
	struct watch watch;

	call_watch(options, &watch);
	if (call_restart(options, RESTART_FROZEN, &watch, &program))
		return RSTR_FAILED;
	call_done(options, program.pid, program.pgrp);
	call_announce(options, &program);
	if (program.hold >= 0)
		close(program.hold);
	return 0;
}

int detach_command(const struct options *options)
{
	struct program program = { .hold = -1, .channel = -1 };
	int status = 0;
	pid_t pid;

	signal(SIGCHLD, SIG_DFL);
	if (options->pidns) {
		if (pidns_restart(options, RESTART_FROZEN, &program))
			return RSTR_FAILED;
		call_announce(options, &program);
		pidns_release(&program);
		return 0;
	}

	pid = fork();
	if (pid < 0) {
		say_err("no process: %s; raise the limit on processes", strerror(errno));
		return RSTR_FAILED;
	}
	if (!pid)
		_exit(restart_and_leave(options));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : RSTR_FAILED;
}
