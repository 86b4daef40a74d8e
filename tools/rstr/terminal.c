// SPDX-License-Identifier: GPL-2.0-only
/*
 * terminal.c - job control: a program that led a process group of its own
 * needs to be the terminal's foreground group while rstr is the shell's
 * foreground job, as a command of the shell is.
 */
#include <fcntl.h>
#include <unistd.h>

#include "rstr.h"

void terminal_open(struct terminal *terminal)
{
	int fd;

	terminal->lent = false;
	terminal->fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	/* there may be no /dev yet */
	for (fd = 0; fd < 3 && terminal->fd < 0; fd++) {
		if (tcgetpgrp(fd) >= 0)
			terminal->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	}
}

/* Is rstr in the foreground? */
bool terminal_is_ours(const struct terminal *terminal)
{
	return terminal->fd >= 0 && tcgetpgrp(terminal->fd) == getpgrp();
}

/* Is the program in the foreground? */
bool terminal_is_lent(const struct terminal *terminal, const struct program *program)
{
	return terminal->lent && tcgetpgrp(terminal->fd) == program->pgrp;
}

/* SIGTTOU is blocked (supervise_prepare()), so the calls are not stopped. */
void terminal_lend(struct terminal *terminal, const struct program *program)
{
	if (!program->pgrp || !terminal_is_ours(terminal))
		return;
	/* a program in a session of its own cannot have it and does not want it */
	terminal->lent = !tcsetpgrp(terminal->fd, program->pgrp);
}

void terminal_take(struct terminal *terminal)
{
	if (terminal->lent)
		tcsetpgrp(terminal->fd, getpgrp());
	terminal->lent = false;
}
