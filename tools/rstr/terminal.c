// SPDX-License-Identifier: GPL-2.0-only
/*
 * terminal.c - job control: a program that led a process group of its own
 * needs to be the terminal's foreground group while rstr is the shell's
 * foreground job, as a command of the shell is.  And the terminal's modes: restart() has
 * set those of the program, which rstr takes over from it until it lets it go.
 */
#include <fcntl.h>
#include <unistd.h>

#include "rstr.h"

void terminal_open(struct terminal *terminal)
{
	int fd;

	*terminal = (struct terminal){ .fd = -1 };
	terminal->fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	/* there may be no /dev yet */
	for (fd = 0; fd < 3 && terminal->fd < 0; fd++) {
		if (tcgetpgrp(fd) >= 0)
			terminal->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	}
	/* in the background they are somebody else's, such as those of a shell that edits a line */
	terminal->known = terminal_is_ours(terminal) &&
			  !tcgetattr(terminal->fd, &terminal->ours);
}

void terminal_close(struct terminal *terminal)
{
	if (terminal->fd >= 0)
		close(terminal->fd);
	terminal->fd = -1;
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

/*
 * The program is made and does not run yet.  What rstr and hooks print until it does is for a
 * terminal as it was, and so is a key that lets a held program go.
 */
void terminal_set_aside(struct terminal *terminal)
{
	if (!terminal->known || !terminal_is_ours(terminal) ||
	    tcgetattr(terminal->fd, &terminal->theirs))
		return;
	terminal->aside = !tcsetattr(terminal->fd, TCSANOW, &terminal->ours);
}

/* Before it runs, unless somebody else has got the terminal meanwhile */
void terminal_give_modes(struct terminal *terminal, const struct program *program)
{
	if (terminal->aside &&
	    (terminal_is_ours(terminal) || terminal_is_lent(terminal, program)))
		tcsetattr(terminal->fd, TCSANOW, &terminal->theirs);
	terminal->aside = false;
}

/*
 * A program that was killed has not put the modes back, and its terminal was another one.
 * Output that is stopped is not waited for, or rstr would not end.
 */
void terminal_put_back(const struct terminal *terminal, const struct program *program)
{
	if (terminal->known &&
	    (terminal_is_ours(terminal) || terminal_is_lent(terminal, program)))
		tcsetattr(terminal->fd, TCSANOW, &terminal->ours);
}
