// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake_calls.c - play the kernel for tests of the tools: the wrappers of
 * libcheckpoint, steered by environment variables.
 *
 *	FAKE_ERRNO	fail with this errno
 *	FAKE_MESSAGE	and tell this
 *	FAKE_PID	about this process
 *	FAKE_MISSING	so many more find no place in the list
 *	FAKE_SLEEP	take so many seconds
 *	FAKE_MIB	save or restore so many MiB, in two seconds
 *	FAKE_COPY	checkpoint() returns in the restarted copy
 *	FAKE_STUCK	while the tree is held, fsync() takes so many seconds
 *	FAKE_END_ERRNO	a held tree cannot be killed; 11 (EAGAIN): but by force
 *	FAKE_PROGRAM	what restart() brings back: a shell command
 *	FAKE_PGRP	in a process group of its own
 *	FAKE_SESSION	in a session of its own
 *	FAKE_NO_FROZEN	RESTART_FROZEN is not known
 *	FAKE_RAW	restart() makes the terminal raw, as it was at the checkpoint
 *	FAKE_TAKEN	so many calls of restart() find the caller's pid taken
 *	FAKE_ARGUMENTS	tell the caller's ceiling and groups, and which descriptors and paths were
 *			given, on standard error
 *
 * checkpoint() writes "image\n"; a frozen tree is a stopped process.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "libcheckpoint.h"

static pid_t held;

static int number(const char *name)
{
	const char *value = getenv(name);

	return value ? atoi(value) : 0;
}

/* Fill in the caller's errors.  Return: negative errno or 0 */
static int fake_failure(__u64 errors, __u32 *used)
{
	struct checkpoint_error *error = (void *)(uintptr_t)errors;
	const char *message = getenv("FAKE_MESSAGE");

	if (number("FAKE_SLEEP"))
		sleep(number("FAKE_SLEEP"));
	if (message) {
		memset(error, 0, sizeof(*error));
		error->err = number("FAKE_ERRNO");
		error->pid = number("FAKE_PID");
		error->tid = error->pid;
		snprintf(error->message, sizeof(error->message), "%s", message);
		*used = 1;
	}
	return -number("FAKE_ERRNO");
}

static const char mib[1 << 20];

static void pause_for_a_part(void)
{
	usleep(2000000 / number("FAKE_MIB"));
}

/* Write an image that takes its time.  Return: negative errno or 0 */
static int write_slowly(int fd)
{
	int i;

	for (i = 0; i < number("FAKE_MIB"); i++) {
		if (write(fd, mib, sizeof(mib)) != sizeof(mib))
			return -errno;
		pause_for_a_part();
	}
	return 0;
}

/* A process that is being made, and grows. */
static void grow_slowly(void)
{
	pid_t pid = number("FAKE_MIB") ? fork() : -1;
	int i;

	if (!pid) {
		for (i = 0; i < number("FAKE_MIB"); i++) {
			memset(malloc(sizeof(mib)), 1, sizeof(mib));
			pause_for_a_part();
		}
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void tell_external(const struct checkpoint_args *args)
{
	const __u32 *fds = (void *)(uintptr_t)args->external;
	unsigned int i;

	for (i = 0; getenv("FAKE_ARGUMENTS") && i < args->nr_external; i++)
		fprintf(stderr, "external %u\n", fds[i]);
}

static void tell_inherit(const struct restart_args *args)
{
	const struct restart_inherit *pairs = (void *)(uintptr_t)args->inherit;
	unsigned int i;

	for (i = 0; i < args->nr_inherit; i++)
		fprintf(stderr, "inherit %u=%u\n", pairs[i].fd, pairs[i].from);
}

static void tell_groups(const struct restart_args *args)
{
	const __u32 *groups = (void *)(uintptr_t)args->owner_groups;
	unsigned int i;

	for (i = 0; i < args->nr_owner_groups; i++)
		fprintf(stderr, "%s%u%s", i ? " " : "groups ", groups[i],
			i == args->nr_owner_groups - 1 ? "\n" : "");
}

static void tell_moved(const struct restart_args *args)
{
	const struct restart_moved *pairs = (void *)(uintptr_t)args->moved;
	unsigned int i;

	for (i = 0; i < args->nr_moved; i++)
		fprintf(stderr, "moved %s to %s\n", (char *)(uintptr_t)pairs[i].from,
			(char *)(uintptr_t)pairs[i].to);
}

/* How often was this called by now, by whatever process?  A byte in a file each. */
static long count_call(void)
{
	int fd = open("calls", O_WRONLY | O_CREAT | O_APPEND, 0600);
	long calls = write(fd, "x", 1) == 1 ? lseek(fd, 0, SEEK_END) : 0;

	close(fd);
	return calls;
}

long ckpt_checkpoint(pid_t pid, int fd, unsigned long flags, struct checkpoint_args *args,
		     size_t size)
{
	int ret = fake_failure(args->errors, &args->errors_used);

	(void)size;
	if (getenv("FAKE_AGAIN") && count_call() > number("FAKE_AGAIN")) {
		args->errors_used = 0;
		ret = 0;
	}
	args->errors_missing = number("FAKE_MISSING");
	tell_external(args);
	if (ret)
		return ret;
	args->nr_processes = 1;
	args->nr_tasks = 2;
	args->image_bytes = 6;
	args->frozen_ns = 1500000;
	args->freeze_ns = 1100000;
	args->survey_ns = 2200000;
	args->capture_ns = 3300000;
	args->write_ns = 4400000;
	if (flags & CHECKPOINT_CHECK)
		return 0;
	if (number("FAKE_COPY"))
		return close(fd);
	if (write(fd, "image\n", 6) != 6)
		return -errno;
	ret = write_slowly(fd);
	if (ret)
		return ret;
	if (flags & CHECKPOINT_FROZEN) {
		held = pid;
		args->hold_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	return 5;
}

/* A file system that does not answer */
int fsync(int fd)
{
	if (held && number("FAKE_STUCK"))
		sleep(number("FAKE_STUCK"));
	return syscall(SYS_fsync, fd);
}

bool ckpt_supported(void)
{
	return number("FAKE_ERRNO") != ENOSYS;
}

int ckpt_end_tree(int hold, bool force)
{
	if (number("FAKE_END_ERRNO") && !(force && number("FAKE_END_ERRNO") == EAGAIN))
		return -number("FAKE_END_ERRNO");
	if (fcntl(hold, F_GETFD) < 0 || !held)
		return -EBADF;
	return kill(held, SIGKILL) ? -errno : 0;
}

static int fake_taken(struct restart_args *args)
{
	struct checkpoint_error *error = (void *)(uintptr_t)args->errors;

	if (!getenv("FAKE_TAKEN") || count_call() > number("FAKE_TAKEN"))
		return 0;
	memset(error, 0, sizeof(*error));
	error->err = EEXIST;
	snprintf(error->message, sizeof(error->message), "pid %d is taken by rstr", getpid());
	args->errors_used = 1;
	return -EEXIST;
}

/* Nobody is stopped for it: the caller is in the foreground. */
static void make_raw(void)
{
	struct termios modes;

	if (!getenv("FAKE_RAW") || tcgetattr(0, &modes))
		return;
	cfmakeraw(&modes);
	tcsetattr(0, TCSANOW, &modes);
}

static void run_program(int go)
{
	sigset_t none;
	char c;

	if (getenv("FAKE_SESSION"))
		setsid();
	else if (getenv("FAKE_PGRP"))
		setpgid(0, 0);
	if (go >= 0 && read(go, &c, 1) < 0)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl("/bin/bash", "bash", "-c", getenv("FAKE_PROGRAM"), NULL);
	_exit(126);
}

long ckpt_restart(int crid, int fd, unsigned long flags, struct restart_args *args, size_t size)
{
	int ret = 0, hold[2] = { -1, -1 };
	pid_t pid;

	(void)crid;
	(void)size;
	(void)fd;
	if (flags & RESTART_FROZEN && getenv("FAKE_NO_FROZEN"))
		return -EINVAL;
	/* as a kernel that was made before paths could move */
	if (!args->nr_moved && args->moved)
		return -E2BIG;
	if (getenv("FAKE_ARGUMENTS"))
		fprintf(stderr, "ceiling %d, owner %u\n", args->flags & RESTART_ARG_OWNER,
			args->owner_uid);
	if (getenv("FAKE_ARGUMENTS")) {
		tell_groups(args);
		tell_inherit(args);
		tell_moved(args);
	}
	ret = fake_taken(args) ?: fake_failure(args->errors, &args->errors_used);
	if (ret || flags & (RESTART_CHECK | RESTART_SELF))
		return ret;
	grow_slowly();
	if (flags & RESTART_FROZEN && pipe2(hold, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(hold[1]);
		run_program(hold[0]);
	}
	close(hold[0]);
	if (getenv("FAKE_PGRP"))
		setpgid(pid, pid);
	if (getenv("FAKE_PGRP") || getenv("FAKE_SESSION"))
		args->pgrp = pid;
	make_raw();
	args->hold_fd = hold[1];
	args->nr_processes = 1;
	args->nr_tasks = 1;
	return pid;
}
