// SPDX-License-Identifier: GPL-2.0-only
/*
 * shell.c - a shell command at the other end of a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "shell.h"
#include "text.h"

static __noreturn void become(const char *command)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execlp("bash", "bash", "-o", "pipefail", "-c", command, NULL);
	/* the last command of the pipeline alone counts here, but the others' ends reach it */
	execl("/bin/sh", "sh", "-c", command, NULL);
	say_err("/bin/sh: %s; install a shell", strerror(errno));
	_exit(127);
}

pid_t shell_start(const char *command, enum shell_side side, int other, int *fd)
{
	int ends[2], mine = side == SHELL_READS ? 1 : 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		say_err("no pipe: %s; raise the limit on open files (ulimit -n)",
			strerror(errno));
		return -EMFILE;
	}
	pid = fork();
	if (!pid) {
		dup2(ends[!mine], !mine);
		if (other >= 0)
			dup2(other, mine);
		become(command);
	}
	close(ends[!mine]);
	if (pid > 0) {
		*fd = ends[mine];
		return pid;
	}
	say_err("no process: %s; raise the limit on processes", strerror(errno));
	close(ends[mine]);
	return -EAGAIN;
}

int shell_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
