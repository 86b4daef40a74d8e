/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * output.h - a file that appears under its name when it is whole and on stable storage.
 */
#ifndef _CKPT_OUTPUT_H
#define _CKPT_OUTPUT_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/* What could not be done */
enum output_step {
	OUTPUT_NAME,		/* the path names no file */
	OUTPUT_DIRECTORY,	/* its directory cannot be opened */
	OUTPUT_IS_DIRECTORY,	/* something else has its name */
	OUTPUT_NOT_REGULAR,
	OUTPUT_CREATE,
	OUTPUT_COMMIT,
};

/**
 * struct output - the image file while it is being made
 * @path: as the user wrote it
 * @name: its last component
 * @temporary: the name it has until it is whole
 * @directory: descriptor of the directory, -1 if it is not open
 * @fd: descriptor of the file, -1 likewise
 * @exists: the temporary name exists
 * @step: what could not be done
 * @pid: what is being saved, for who puts @step into words
 */
struct output {
	const char *path;
	const char *name;
	char temporary[NAME_MAX + 1];
	int directory;
	int fd;
	atomic_bool exists;
	enum output_step step;
	pid_t pid;
};

/* Make it, under a temporary name.  Return: 0 or negative errno, and output->step */
int output_open(struct output *output);

/* Close the directory, and open it again.  Return: as output_open() */
void output_leave_directory(struct output *output);
int output_enter_directory(struct output *output);

/* Under its name at last, and on stable storage.  Return: as output_open() */
int output_commit(struct output *output);

/* Close its descriptors. */
void output_close(struct output *output);

/*
 * Take it away, unless it is there under its name.  @arg is the output: a watching thread
 * calls this too, when a signal ends ckpt.
 */
void output_discard(void *arg);

#endif /* _CKPT_OUTPUT_H */
