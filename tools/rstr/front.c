// SPDX-License-Identifier: GPL-2.0-only
/*
 * front.c - the program in front: made, lent the terminal, waited for.
 */
#include <errno.h>
#include <unistd.h>

#include "rstr.h"

/* They are the program's now: who reads from one of its pipes shall see when it closes it. */
void inherited_close(const struct restart_options *options)
{
	unsigned int i;

	for (i = 0; i < options->nr_inherit; i++)
		if (options->inherit[i].from > STDERR_FILENO)
			close(options->inherit[i].from);
}

int front_hook(const struct restart_options *options, const char *action, pid_t pid)
{
	return options->hooks.nr ?
	       hooks_run(&options->hooks, action, pid, options->command ? NULL : options->path) :
	       0;
}

static int make(const struct restart_options *options, unsigned long flags, struct program *program,
		struct terminal *terminal)
{
	struct watch watch;
	int ret;

	if (options->command)
		return command_start(options, program);
	if (options->pidns)
		return pidns_restart(options, flags, program, terminal);
	call_watch(options, &watch);
	ret = call_restart(options, flags, &watch, program);
	if (ret)
		return ret;
	if (program->hold >= 0)
		terminal_set_aside(terminal);
	call_made(options, program->pid, program->pgrp);
	return 0;
}

static void let_go(const struct restart_options *options, const struct program *program)
{
	if (program->channel >= 0)
		pidns_release(program);
	else if (options->command)
		command_go(program);
	else if (program->hold >= 0)
		close(program->hold);
}

/**
 * front_run - make the program and wait until it ends
 * @options: the command line
 * @keeper: what else is to be done meanwhile, may be NULL
 *
 * The program is made frozen when something must happen before its first
 * instruction: the word to ckpt --move, what the keeper has to note down, or the loan of
 * the terminal, without which a read from it would stop the program.
 *
 * Return: the wait status that it ended with; a negative errno if it could not be made
 * (reported); -ENOTTY for session_lend()
 */
int front_run(const struct restart_options *options, const struct keeper *keeper)
{
	struct program program = NO_PROGRAM;
	struct terminal terminal;
	unsigned long flags = 0;
	sigset_t watched;
	int ret;

	supervise_prepare(&watched);
	terminal_open(&terminal);
	if (options->confirm || options->frozen || keeper || options->hooks.nr ||
	    terminal_is_ours(&terminal))
		flags = RESTART_FROZEN;
	if (!session_is_lent() && front_hook(options, "pre-restart", 0))
		return -ECANCELED;
	ret = make(options, flags, &program, &terminal);
	if (ret == -ENOTTY) {
		terminal_close(&terminal);
		return ret;
	}
	if (ret) {
		front_hook(options, "failed", 0);
		return ret;
	}

	close(options->image);
	image_end(options);
	inherited_close(options);
	/* held, its first line is typed to rstr */
	if (!options->frozen)
		terminal_lend(&terminal, &program);
	call_announce(options, &program);
	if (keeper)
		keeper->started(keeper->arg, &program);
	front_hook(options, "restarted", program.pid);
	if (options->frozen) {
		held_until_told(options, &program, &terminal, &watched);
		terminal_lend(&terminal, &program);
	}
	terminal_give_modes(&terminal, &program);
	let_go(options, &program);
	front_hook(options, "running", program.pid);
	return supervise(&program, &terminal, &watched, keeper);
}

/**
 * front_command - restart, wait for the program, and end as it does
 * @options: the command line
 *
 * Return: an exit code, if it returns
 */
int front_command(const struct restart_options *options)
{
	int status = front_run(options, NULL);

	if (status == -ENOTTY)
		return session_lend(options);
	if (status < 0)
		return call_exit_code(status);
	finish_as(status);
}
