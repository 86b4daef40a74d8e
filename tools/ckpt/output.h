/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - a file that appears under its name when it is whole and on stable storage.
 */
#ifndef _CKPT_OUTPUT_H
#define _CKPT_OUTPUT_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * struct output - the image file while it is being made
 * @path: as the user wrote it
 * @name: its last component
 * @temporary: the name it has until it is whole
 * @directory: descriptor of the directory
 * @fd: descriptor of the file
 * @exists: the temporary name exists
 * @pid: what is being saved
 */
struct output {
	const char *path;
	const char *name;
	char temporary[NAME_MAX + 1];
	int directory;
	int fd;
	atomic_bool exists;
	pid_t pid;
};

/* Make it, under a temporary name.  Return: 0 or negative errno (reported) */
int output_open(struct output *output);

/* Under its name at last.  Return: 0 or negative errno (reported) */
int output_commit(struct output *output);

/*
 * Take it away, unless it is there under its name.  @arg is the output: a watching thread
 * calls this too, when a signal ends ckpt.
 */
void output_discard(void *arg);

#endif /* _CKPT_OUTPUT_H */
