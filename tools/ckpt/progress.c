// SPDX-License-Identifier: GPL-2.0-only
/*
 * progress.c - how far an image has come that goes into a descriptor.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ckpt.h"
#include "proc.h"

/* The lines of progress are written by the same process: so few bytes mean nothing. */
#define NOTHING_YET	65536

static __u64 bytes_saved(void *arg)
{
	const struct progress *progress = arg;
	__u64 bytes;
	struct stat st;

	if (!fstat(progress->fd, &st) && S_ISREG(st.st_mode))
		return st.st_size > progress->begin ? st.st_size - progress->begin : 0;
	/* what went into a pipe or a socket shows only in the accounts of this process */
	bytes = proc_bytes_written();
	return bytes < NOTHING_YET ? 0 : bytes;
}

static __u64 bytes_expected(void *arg)
{
	const struct progress *progress = arg;

	return proc_tree_memory(progress->pid);
}

/**
 * progress_start - show progress from a second thread
 * @progress: what is watched; stays in use until watch_stop()
 * @options: the command line
 * @fd: where the image goes
 *
 * Within the tree a second thread would be frozen and never answer: there is none.
 */
void progress_start(struct progress *progress, const struct options *options, int fd)
{
	struct stat st;

	progress->pid = options->pid;
	progress->fd = fd;
	progress->begin = fstat(fd, &st) ? 0 : st.st_size;
	progress->watch = (struct watch) {
		.show = isatty(STDERR_FILENO) && !options->quiet && !options->json,
		.verb = "saved",
		.position = bytes_saved,
		.total = bytes_expected,
		.arg = progress,
	};
	if (!proc_is_above(options->pid))
		watch_start(&progress->watch);
}
