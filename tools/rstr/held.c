// SPDX-License-Identifier: GPL-2.0-only
/*
 * held.c - rstr --frozen: the program is whole and does nothing, so that a debugger can be
 * attached to it before its first instruction.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

/* For itself, or by the init of its namespace, which does not reap yet */
static bool has_died(const struct program *program)
{
	struct pollfd polled = { .fd = program->pidfd, .events = POLLIN };
	siginfo_t info = { .si_pid = 0 };

	if (program->pidfd >= 0)
		return poll(&polled, 1, 0) > 0;
	return !waitid(P_PID, program->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

static bool is_for_rstr(int sig)
{
	return sig == SIGCHLD || sig == SIGCONT || sig == SIGWINCH;
}

/* A signal that is for the program lets it go, and is left for supervise() to pass on. */
static bool is_for_program(const sigset_t *watched)
{
	sigset_t pending;
	int sig;

	sigpending(&pending);
	for (sig = 1; sig <= SIGRTMAX; sig++)
		if (sigismember(&pending, sig) > 0 && sigismember(watched, sig) > 0 &&
		    !is_for_rstr(sig))
			return true;
	return false;
}

/* What is read is gone: of these none is the program's, whatever arrives meanwhile. */
static int open_own(const sigset_t *watched)
{
	sigset_t own;
	int sig;

	sigemptyset(&own);
	for (sig = 1; sig <= SIGRTMAX; sig++)
		if (is_for_rstr(sig) && sigismember(watched, sig) > 0)
			sigaddset(&own, sig);
	return signalfd(-1, &own, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool is_word_to_go(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGCONT;
}

/* In the background a read would stop rstr. */
static bool has_keys(const struct terminal *terminal)
{
	return isatty(STDIN_FILENO) && terminal_is_ours(terminal);
}

/* A line, or the end of it */
static void read_line(void)
{
	char line[256];

	if (read(STDIN_FILENO, line, sizeof(line)) < 0)
		say_err("the terminal is gone, and the program goes on");
}

/**
 * held_until_told - wait with the program held
 * @options: the command line
 * @program: it
 * @terminal: rstr's, not lent yet: a line typed there lets it go
 * @watched: signals from supervise_prepare(); SIGCONT lets it go
 */
void held_until_told(const struct restart_options *options, const struct program *program,
		     const struct terminal *terminal, const sigset_t *watched)
{
	struct pollfd polled[3] = {
		{ .fd = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN },
		{ .fd = program->pidfd, .events = POLLIN },
		{ .events = POLLIN },
	};
	int own = open_own(watched);
	bool told = polled[0].fd < 0 || own < 0;

	if (!options->quiet && !options->json)
		say_err("pid %d is held: attach to it now; then 'kill -CONT %d'%s lets it go",
			program->pid, getpid(), has_keys(terminal) ? ", or Enter here," : "");
	while (!told && !has_died(program) && !is_for_program(watched)) {
		polled[2].fd = has_keys(terminal) ? STDIN_FILENO : -1;
		if (poll(polled, 3, -1) <= 0)
			continue;
		if (polled[0].revents) {
			told = is_word_to_go(own);
		} else if (polled[2].fd >= 0 && polled[2].revents) {
			read_line();
			told = true;
		}
	}
	if (polled[0].fd >= 0)
		close(polled[0].fd);
	if (own >= 0)
		close(own);
}
