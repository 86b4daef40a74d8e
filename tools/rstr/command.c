// SPDX-License-Identifier: GPL-2.0-only
/*
 * command.c - a program that is started instead of restarted: ckpt run, the first time.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

/* What a shell answers for a command that is there but cannot be run, or is not there */
#define NOT_RUN		126
#define NOT_FOUND	127

/* Without the word to go it never was: who was to give it has died. */
static __noreturn void become(const struct restart_options *options, int hold)
{
	char **command = options->command;
	ssize_t got;
	char word;
	int why;

	while ((got = read(hold, &word, 1)) < 0 && errno == EINTR)
		continue;
	if (got != 1)
		_exit(RSTR_FAILED);
	supervise_undo();
	execvp(command[0], command);
	why = errno;
	say_err("%s: %s; name a command that can be run", command[0], strerror(why));
	_exit(why == ENOENT ? NOT_FOUND : NOT_RUN);
}

/**
 * command_start - start the command of ckpt run
 * @options: the command line
 * @program: out: its pid, and the hold that keeps it from beginning
 *
 * It stays in the caller's process group, as any command of a shell's job.
 *
 * Return: 0 or negative errno (reported)
 */
int command_start(const struct restart_options *options, struct program *program)
{
	int hold[2];

	if (!pipe2(hold, O_CLOEXEC)) {
		program->pid = fork();
		if (!program->pid) {
			close(hold[1]);
			become(options, hold[0]);
		}
		close(hold[0]);
		program->hold = hold[1];
		if (program->pid > 0)
			return 0;
	}
	say_err("%s cannot be started: %s; raise the limits on processes and open files (ulimit -u, -n)",
		options->command[0], strerror(errno));
	return -EAGAIN;
}

/* Let the program begin. */
void command_go(const struct program *program)
{
	if (write(program->hold, "", 1) != 1)
		say_err("the program cannot be let go: %s; run the same command again",
			strerror(errno));
	close(program->hold);
}
