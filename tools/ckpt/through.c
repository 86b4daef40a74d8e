// SPDX-License-Identifier: GPL-2.0-only
/*
 * through.c - ckpt --through: the image goes through a shell command, which puts it
 * somewhere.  It is safe when the command has read all of it and ended well, and not before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ckpt.h"
#include "shell.h"
#include "text.h"

/*
 * A reader of our own, now that all is written: before, it would keep us writing into a pipe
 * that nobody else reads.  Without /proc there is none.
 */
static int open_reader(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static bool was_read(int reader)
{
	int left = 0;

	return reader < 0 || ioctl(reader, FIONREAD, &left) || !left;
}

/* Wait for its end.  Return: true if the image is safe */
static bool ended_well(const struct options *options, pid_t pid, int fd)
{
	int reader = open_reader(fd), status;

	close(fd);
	status = shell_wait(pid);
	if (status) {
		say_err("command '%s' ended with %d, so no image is safe; see to its own message",
			options->through, status);
		return false;
	}
	if (was_read(reader))
		return true;
	say_err("command '%s' has not read all of the image, so none is safe; let it read to the end",
		options->through);
	return false;
}

static int save(const struct options *options, pid_t pid, int fd)
{
	static struct call call;
	bool held = options->kill || options->leave_frozen;
	struct progress progress;
	int ret;

	call.place = options->through;
	progress_start(&progress, options, fd);
	ret = call_checkpoint(options, &call, fd, held ? CHECKPOINT_FROZEN : 0);
	watch_stop(&progress.watch);
	if (ret) {
		close(fd);
		shell_wait(pid);
		call_failed(options, &call, ret);
		return call_exit(&call, ret);
	}
	if (!ended_well(options, pid, fd)) {
		call_lost(options, &call);
		return CKPT_FAILED;
	}
	if (held)
		sync();
	call_saved(options, &call);
	if (held)
		return finish_held(options, &call);
	call_done(options, &call, FATE_RUNS);
	return CKPT_DONE;
}

/**
 * through_command - save through a shell command
 * @options: the command line
 *
 * Return: an exit code
 */
int through_command(const struct options *options)
{
	int fd;
	pid_t pid = shell_start(options->through, SHELL_READS, -1, &fd);

	if (pid < 0)
		return CKPT_FAILED;
	return save(options, pid, fd);
}
