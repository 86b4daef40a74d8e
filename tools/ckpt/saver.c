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
	const pid_t parent = getpid();

	fflush(NULL);
	saver->begun_ns = now_ns();
	saver->end = end;
	saver->pid = fork();
	if (!saver->pid) {
		/* which forgets whose end is the end */
		enter_user_namespace(keep->options.pid);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(CKPT_FAILED);
		/* the keys of the terminal are not for it */
		setpgid(0, 0);
		_exit(keep_save(keep, end));
	}
	if (saver->pid < 0) {
		say_err("no image: no process: %s; raise the limit on processes", strerror(errno));
		saver->pid = 0;
	}
}

bool saver_reaped(struct saver *saver, pid_t pid, int status, int *code)
{
	if (!saver->pid || pid != saver->pid)
		return false;
	saver->pid = 0;
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : CKPT_FAILED;
	if (WIFSIGNALED(status))
		say_err("no image: who made it died of signal %d; the job runs on",
			WTERMSIG(status));
	return true;
}

int saver_wait(struct saver *saver)
{
	int status, code = CKPT_FAILED;

	while (saver->pid && waitpid(saver->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (saver->pid)
		saver_reaped(saver, saver->pid, status, &code);
	return code;
}
