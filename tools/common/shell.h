/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shell.h - a shell command at the other end of a pipe.
 */
#ifndef _CKPT_SHELL_H
#define _CKPT_SHELL_H

#include <sys/types.h>

enum shell_side {
	SHELL_READS,	/* what we write is its standard input */
	SHELL_WRITES,	/* its standard output is what we read */
};

/**
 * shell_start - start it
 * @command: as a person types it; a failure anywhere in a pipeline is one of the whole
 * @side: which end of the pipe it has
 * @other: what its other standard stream is, -1 for ours
 * @fd: out: our end
 *
 * Return: its pid, negative errno (reported)
 */
pid_t shell_start(const char *command, enum shell_side side, int other, int *fd);

/* Wait for its end.  Return: its exit status, 128 and the signal that it died of */
int shell_wait(pid_t pid);

#endif /* _CKPT_SHELL_H */
