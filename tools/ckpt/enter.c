// SPDX-License-Identifier: GPL-2.0-only
/*
 * enter.c - the user namespace of what is to be saved: an ordinary user's program that
 * rstr --pidns has brought back, or ckpt run has started, lives in one of its own, in which
 * that user has every right.  Whoever saves it has to be there too.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ckpt.h"
#include "proc.h"

/* What /proc calls the process: it may be mounted for another pid namespace. */
static int number_in_proc(int pidfd)
{
	char path[64], line[128];
	int number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	file = fopen(path, "re");
	while (file && !number && fgets(line, sizeof(line), file))
		if (sscanf(line, "Pid: %d", &number) != 1)
			number = 0;
	if (file)
		fclose(file);
	return number;
}

/* Root may save because it is root, which it would not be in there. */
static bool is_allowed_as_root(void)
{
	return !geteuid() && proc_number("/proc/sys/kernel/checkpoint_policy", -1);
}

/* Is it this user's, and lives in another user namespace? */
static bool lives_elsewhere(int pidfd)
{
	struct stat process, theirs, ours;
	int number = number_in_proc(pidfd);
	char path[64];

	if (number <= 0 || is_allowed_as_root())
		return false;
	snprintf(path, sizeof(path), "/proc/%d", number);
	if (stat(path, &process) || process.st_uid != geteuid())
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", number);
	return !stat(path, &theirs) && !stat("/proc/self/ns/user", &ours) &&
	       theirs.st_ino != ours.st_ino;
}

/**
 * enter_user_namespace - be where the program is that is to be saved
 * @pid: its root
 *
 * Before there is a second thread.  If it cannot be, checkpoint() says why.
 */
void enter_user_namespace(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return;
	if (lives_elsewhere(pidfd))
		setns(pidfd, CLONE_NEWUSER);
	close(pidfd);
}
