// SPDX-License-Identifier: GPL-2.0-only
/*
 * move.c - ckpt --move: pipe the image into a command, wait until the rstr at
 * its other end says that the program runs there, and end it here.
 *
 * The word is one line on the command's standard output:
 *
 *	rstr: restarted PID N
 *
 * as rstr --confirm prints it after its commit and before the program's first
 * instruction.  Until it comes the program here is frozen; without it, it runs on.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ckpt.h"
#include "compiler.h"
#include "proc.h"
#include "text.h"

/**
 * struct far - the command that takes the image
 * @pid: of the command
 * @image: write end of its standard input
 * @words: its standard output
 */
struct far {
	pid_t pid;
	int image;
	FILE *words;
};

static __noreturn void run(char **command, int image, int words)
{
	dup2(image, STDIN_FILENO);
	dup2(words, STDOUT_FILENO);
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	say_err("%s: %s; name a command that takes the image, such as: ssh HOST rstr --confirm -",
		command[0], strerror(errno));
	_exit(127);
}

static int far_start(struct far *far, char **command)
{
	int image[2], words[2];

	if (pipe2(image, O_CLOEXEC) || pipe2(words, O_CLOEXEC))
		return -errno;
	far->pid = fork();
	if (far->pid < 0)
		return -errno;
	if (!far->pid)
		run(command, image[0], words[1]);
	close(image[0]);
	close(words[1]);
	far->image = image[1];
	far->words = fdopen(words[0], "r");
	if (!far->words)
		return -errno;
	/* what comes behind the word is relayed from the descriptor itself */
	setvbuf(far->words, NULL, _IONBF, 0);
	return 0;
}

/* Its own messages are on stderr already; give back its exit status. */
static int far_wait(struct far *far)
{
	int status = 0;

	while (waitpid(far->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Pass on what the command prints; true when it has printed the word. */
static bool far_confirms(struct far *far)
{
	char line[256];
	int pid;

	while (fgets(line, sizeof(line), far->words)) {
		if (sscanf(line, "rstr: restarted PID %d", &pid) == 1)
			return true;
		fputs(line, stdout);
		fflush(stdout);
	}
	return false;
}

/* The program's output comes over the same way: pass it on as it comes. */
static void far_relay(struct far *far)
{
	char buffer[65536];
	ssize_t got;

	while ((got = read(fileno(far->words), buffer, sizeof(buffer))) > 0 ||
	       (got < 0 && errno == EINTR)) {
		if (got > 0 && (fwrite(buffer, 1, got, stdout) != (size_t)got ||
				fflush(stdout)))
			return;
	}
}

/* Forgetting --confirm would leave the program running on both sides. */
static int check_rstr(const struct options *options)
{
	bool rstr = false, confirm = false;
	char **word;

	for (word = options->command; *word; word++) {
		if (strstr(*word, "rstr"))
			rstr = true;
		if (strstr(*word, "--confirm"))
			confirm = true;
	}
	if (!rstr || confirm)
		return 0;
	say_err("the rstr at the other end must confirm, or the program would run twice; add --confirm to it: ckpt --move %d ... rstr --confirm -",
		options->pid);
	return CKPT_USAGE;
}

/*
 * It lives on the other side: two that go on would be worse than what is lost with this
 * one.  So it is killed whatever has reached it here since, as by kill(1) if
 * the kernel does not hold it any more.
 */
static int end_here(const struct options *options, int hold, bool *lost)
{
	int ret = ckpt_end_tree(hold, false);

	*lost = ret == -EAGAIN;
	if (*lost)
		ret = ckpt_end_tree(hold, true);
	if (ret && !proc_is_above(options->pid)) {
		*lost = true;
		ret = proc_kill_tree(options->pid);
	}
	close(hold);
	return ret;
}

static int move(const struct options *options, struct far *far)
{
	static struct call call = { .place = "the other side" };
	struct progress progress;
	bool lost;
	int ret;

	progress_start(&progress, options, far->image);
	ret = call_checkpoint(options, &call, far->image, CHECKPOINT_FROZEN);
	watch_stop(&progress.watch);
	close(far->image);
	if (ret) {
		call_failed(options, &call, ret);
		far_wait(far);
		return call_exit(&call, ret);
	}
	if (!far_confirms(far)) {
		close(call.args.hold_fd);
		ret = far_wait(far);
		say_err("the other side did not confirm (its command ended with %d), so pid %d runs on here; look at its message above",
			ret, options->pid);
		return CKPT_UNCONFIRMED;
	}
	ret = end_here(options, call.args.hold_fd, &lost);
	if (ret) {
		say_err("the program runs on the other side, but pid %d could not be killed here: %s; kill one of both",
			options->pid, strerror(-ret));
		return CKPT_NOT_KILLED;
	}
	call_done(options, &call, FATE_MOVED);
	if (lost)
		say_err("what reached pid %d here while it was moved, such as a signal, is lost; send it again on the other side",
			options->pid);
	far_relay(far);
	return far_wait(far);
}

int move_command(const struct options *options)
{
	struct far far;
	int ret = check_rstr(options);

	if (ret)
		return ret;
	signal(SIGPIPE, SIG_IGN);
	ret = far_start(&far, options->command);
	if (ret) {
		say_err("the command could not be started: %s; raise the limits on processes and open files (ulimit -u, -n)",
			strerror(-ret));
		return CKPT_FAILED;
	}
	return move(options, &far);
}
