// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream.c - ckpt -o -: the image goes to standard output, be it a pipe, a
 * socket, a device or a file.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ckpt.h"
#include "std.h"
#include "text.h"

/* What is behind a pipe cannot be known to be safe. */
static bool is_storage(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

static int check_stdout(const struct options *options)
{
	if (std_was_closed(STDOUT_FILENO)) {
		say_err("standard output is closed; run 'ckpt -o FILE %d'", options->pid);
		return CKPT_USAGE;
	}
	if (isatty(STDOUT_FILENO)) {
		say_err("an image is nothing for a terminal; run 'ckpt -o FILE %d'",
			options->pid);
		return CKPT_USAGE;
	}
	if (options->kill && !is_storage(STDOUT_FILENO)) {
		say_err("--kill into a pipe would end the program before anything is known to be safe; run 'ckpt --kill --through COMMAND %d', or 'ckpt --move %d ssh HOST rstr --confirm -'",
			options->pid, options->pid);
		return CKPT_USAGE;
	}
	return 0;
}

int stream_command(const struct options *options)
{
	static struct call call = { .place = "standard output" };
	bool held = options->kill || options->leave_frozen;
	struct progress progress;
	int ret = check_stdout(options);

	if (ret)
		return ret;
	signal(SIGXFSZ, SIG_IGN);	/* EFBIG says it */
	progress_start(&progress, options, STDOUT_FILENO);
	ret = call_checkpoint(options, &call, STDOUT_FILENO, held ? CHECKPOINT_FROZEN : 0);
	watch_stop(&progress.watch);
	if (ret) {
		call_failed(options, &call, ret);
		return call_exit(&call, ret);
	}
	if (is_storage(STDOUT_FILENO) && fsync(STDOUT_FILENO)) {
		say_err("the image could not be put on stable storage: %s; pid %d runs on, free some space or choose another place",
			strerror(errno), options->pid);
		call_lost(options, &call);
		return CKPT_FAILED;
	}
	call_saved(options, &call);
	if (held)
		return finish_held(options, &call);
	call_done(options, &call, FATE_RUNS);
	return CKPT_DONE;
}
