// SPDX-License-Identifier: GPL-2.0-only
/*
 * keep_loop.c - ckpt --every TIME PID: images of what runs already, until it ends.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keep.h"
#include "proc.h"
#include "text.h"

/* The end of the job, or SIGCHLD of the saver, which interrupts the wait */
static bool job_ended(struct pollfd *job, int ms, const sigset_t *mask)
{
	struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	return ppoll(job, 1, &limit, mask) > 0;
}

static void on_child(int sig)
{
	(void)sig;
}

static int loop(const struct keep *keep, struct pollfd *job, const sigset_t *mask)
{
	struct saver saver = { 0 };
	int status = 0, code;
	struct pace pace;
	pid_t pid;

	pace_start(&pace, 0, keep->every_ns);
	while (!job_ended(job, pace_wait(&pace), mask)) {
		pace_look(&pace);
		pid = waitpid(-1, &status, WNOHANG);
		if (saver_reaped(&saver, pid, status, &code) && code && keep->strict)
			return CKPT_FAILED;
		if (!saver.pid && pace_is_due(&pace)) {
			pace_next(&pace, keep->every_ns);
			saver_start(&saver, keep, false);
		}
	}
	if (saver.pid)
		kill(saver.pid, SIGKILL);
	while (waitpid(-1, &status, 0) > 0)
		continue;
	if (!keep->options.quiet)
		say_err("pid %d has ended; its images stay in %s", keep->options.pid,
			keep->store.path);
	return CKPT_DONE;
}

/**
 * keep_command - an image every now and then, until the job ends
 * @keep: how
 * @path: where
 *
 * Return: an exit code
 */
int keep_command(struct keep *keep, const char *path)
{
	struct sigaction action = { .sa_handler = on_child };
	struct pollfd job = { .events = POLLIN };
	sigset_t child, mask;

	if (proc_is_above(keep->options.pid)) {
		say_err("--every goes on beside the job: run it from outside of pid %d",
			keep->options.pid);
		return CKPT_USAGE;
	}
	if (store_open(&keep->store, path, true) || store_lock(&keep->store))
		return CKPT_FAILED;
	store_tidy(&keep->store);
	job.fd = syscall(SYS_pidfd_open, keep->options.pid, 0);
	if (job.fd < 0) {
		say_err("pid %d: %s; look with 'ps' which processes there are",
			keep->options.pid, strerror(errno));
		return CKPT_FAILED;
	}
	keep_name_job(keep, keep->options.pid);
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &mask);
	return loop(keep, &job, &mask);
}
