// SPDX-License-Identifier: GPL-2.0-only
/*
 * saver.c - a child that saves while its parent looks after the job.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keep.h"
#include "text.h"

void saver_start(struct saver *saver, const struct keep *keep, bool end)
{
	fflush(NULL);
	saver->begun_ns = now_ns();
	saver->end = end;
	saver->pid = fork();
	if (!saver->pid) {
		/* its parent's end is the end; the keys of the terminal are not for it */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		_exit(keep_save(keep, end));
	}
	if (saver->pid < 0) {
		say_err("no image: no process: %s; raise the limit on processes", strerror(errno));
		saver->pid = 0;
	}
}

bool saver_ended(struct saver *saver, int *code)
{
	int status;

	if (!saver->pid || waitpid(saver->pid, &status, WNOHANG) != saver->pid)
		return false;
	saver->pid = 0;
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : CKPT_FAILED;
	if (WIFSIGNALED(status))
		say_err("no image: who made it died of signal %d; the job runs on",
			WTERMSIG(status));
	return true;
}
