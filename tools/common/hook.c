// SPDX-License-Identifier: GPL-2.0-only
/*
 * hook.c - commands of the user's that run before and after.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "hook.h"
#include "text.h"

int hooks_add(struct hooks *hooks, const char *command)
{
	if (hooks->nr == HOOKS_MAX)
		return -1;
	hooks->commands[hooks->nr++] = command;
	return 0;
}

static __noreturn void become(const char *command, const char *file)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (file)
		execl(file, file, NULL);
	else
		execl("/bin/sh", "sh", "-c", command, NULL);
	say_err("hook %s: %s; name a program", file ? file : command, strerror(errno));
	_exit(127);
}

static int run_one(const char *command, const char *file, const char *action)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		become(command, file);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!status)
		return 0;
	say_err("hook '%s' failed at %s (status %d); see to its own message",
		file ? file : command, action,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return -1;
}

/* As run-parts(8): no hidden ones, no leavings of an editor */
static int is_part(const struct dirent *entry)
{
	const char *name = entry->d_name;

	while (isalnum((unsigned char)*name) || *name == '_' || *name == '-')
		name++;
	return !*name;
}

static int run_directory(const char *directory, const char *action)
{
	struct dirent **names;
	char path[PATH_MAX];
	int i, ret = 0, nr = scandir(directory, &names, is_part, alphasort);

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);
		if (!ret && !access(path, X_OK))
			ret = run_one(directory, path, action);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
	return ret;
}

int hooks_run(const struct hooks *hooks, const char *action, pid_t pid, const char *image)
{
	char number[16];
	struct stat st;
	unsigned int i;
	int ret = 0;

	snprintf(number, sizeof(number), "%d", pid);
	setenv("CKPT_ACTION", action, 1);
	setenv("CKPT_PID", number, 1);
	setenv("CKPT_IMAGE", image ? image : "", 1);
	for (i = 0; i < hooks->nr && !ret; i++) {
		if (!stat(hooks->commands[i], &st) && S_ISDIR(st.st_mode))
			ret = run_directory(hooks->commands[i], action);
		else
			ret = run_one(hooks->commands[i], NULL, action);
	}
	return ret;
}
