// SPDX-License-Identifier: GPL-2.0-only
/*
 * session.c - a program of somebody else's, restarted by root, away from root's session
 * and terminal: there it could push characters into what root's shell reads next, read
 * what root types, or stay behind and do so later.
 *
 *	rstr, in root's session: relays between both terminals (relay.c)
 *	  leader of the new session: keeps its groups from being orphaned, so that
 *	  the keys for stopping work there
 *	    supervisor, in a group of its own: the same as rstr without all this
 *	      the program
 *
 * Signals that rstr gets go down this line, and the program's end comes up.  The two
 * below have pids that may be the program's: then they are made anew.
 *
 * A program that led its session on a terminal needs one that controls none.  Then the pseudo
 * terminal is kept for its leader, and the supervisor is what else leads the session.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

#define MAX_TRIES	100

/* Shared with those below: the last try failed for one of their pids */
static atomic_bool *pid_taken;

/* The pid of the rstr that was called, which is the same with each try */
static pid_t first_pid;

/* The pseudo terminal is for a session of the program's. */
static bool lends;

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || isatty(0) || isatty(1) || isatty(2);
}

/**
 * session_is_needed - must the program be kept from rstr's session
 * @options: the command line
 *
 * Return: true if it is not root's, rstr is, and there is a terminal.  Process 1 of a
 * machine shares its console with nobody.
 */
bool session_is_needed(const struct restart_options *options)
{
	return options->ceiling && options->owner && !is_machine_init() && has_terminal();
}

/**
 * session_took_pid - did restart() fail because of a process of session_command()
 * @options: the command line
 * @error: of the kernel, may be NULL
 *
 * Return: true if so, and session_command() will try again with others
 */
bool session_took_pid(const struct restart_options *options, const struct checkpoint_error *error)
{
	int pid;

	if (!pid_taken || !error || sscanf(error->message, "pid %d is taken", &pid) != 1 ||
	    pid == first_pid || (pid != getpid() && pid != getppid()) || !image_rewind(options))
		return false;
	*pid_taken = true;
	return true;
}

/**
 * session_wants_terminal - did restart() fail for want of a terminal for the program's session?
 * @options: the command line
 * @error: of the kernel, may be NULL
 *
 * Return: true if so, and session_lend() can try again
 */
bool session_wants_terminal(const struct restart_options *options,
			    const struct checkpoint_error *error)
{
	if (!error || error->type != CKPT_REC_TTY_LEADER || lends)
		return false;
	/* where nobody stays to relay, or somebody else has the terminal */
	if (options->detach || options->self || options->tied)
		return false;
	return has_terminal() && image_rewind(options);
}

/* What is said goes on to the terminal; the program has /dev/null there. */
static FILE *set_aside(FILE *stream, const char *mode)
{
	int fd = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 3);
	FILE *copy = fd < 0 ? NULL : fdopen(fd, mode);

	if (copy)
		setvbuf(copy, NULL, _IOLBF, BUFSIZ);
	return copy ? copy : stream;
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;

	fflush(NULL);
	if (isatty(STDOUT_FILENO))
		stdout = set_aside(stdout, "w");
	if (isatty(STDERR_FILENO))
		stderr = set_aside(stderr, "w");
	for (fd = 0; fd < 3; fd++) {
		if (!isatty(fd))
			continue;
		if (null < 0)
			close(fd);
		else
			dup2(null, fd);
	}
}

static pid_t fork_or_say(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		say_err("no process: %s; raise the limit on processes", strerror(errno));
	return pid;
}

/* The supervisor's group is the foreground one; SIGTTOU is blocked. */
static __noreturn void supervisor(const struct restart_options *options)
{
	struct terminal terminal;

	setpgid(0, 0);
	terminal_open(&terminal);
	if (terminal.fd >= 0) {
		tcsetpgrp(terminal.fd, getpgrp());
		close(terminal.fd);
	}
	exit(front_command(options));
}

/* Pass signals down, until the supervisor ends; stop when it does. */
static __noreturn void lead(pid_t pid, const sigset_t *watched)
{
	int fd = signalfd(-1, watched, SFD_CLOEXEC);
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		while (waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
			if (!WIFSTOPPED(status))
				finish_as(status);
			raise(SIGSTOP);
		}
		if (fd < 0 || read(fd, &info, sizeof(info)) != sizeof(info)) {
			usleep(100000);
			continue;
		}
		if (info.ssi_signo == SIGCONT)
			kill(-pid, SIGCONT);
		else if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGWINCH)
			pass_on(pid, &info);
	}
}

static __noreturn void leader(const struct restart_options *options, struct relay *relay,
			      const sigset_t *watched)
{
	pid_t pid;

	setsid();
	if (options->detach) {
		/* as long as restart() works, rstr's end is the end */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		leave_terminal();
		exit(detach_command(options));
	}
	relay_adopt(relay, !lends);
	if (lends)
		exit(front_command(options));
	pid = fork_or_say();
	if (pid < 0)
		exit(RSTR_FAILED);
	if (!pid)
		supervisor(options);
	inherited_close(options);
	/* whichever of both comes first */
	setpgid(pid, pid);
	lead(pid, watched);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

static int one_try(const struct restart_options *options, struct relay *relay,
		   const sigset_t *watched)
{
	pid_t pid = fork_or_say();

	if (pid < 0)
		return RSTR_FAILED << 8;
	if (!pid)
		leader(options, relay, watched);
	return options->detach ? wait_for(pid) : relay_until_end(relay, pid, watched);
}

static int refuse_self(const struct restart_options *options)
{
	char command[512];

	say_err("%s is an image of user %u, whom --self would give root's session and terminal; run '%s'",
		options->path, options->owner,
		text_command_without(options->argv, "--self", command, sizeof(command)));
	return RSTR_FAILED;
}

/**
 * session_command - rstr, with the program in a session of its own
 * @options: the command line
 *
 * Return: an exit code, if it returns
 */
int session_command(const struct restart_options *options)
{
	struct relay relay = { .tty = -1, .master = -1, .slave = -1 };
	sigset_t watched;
	int status, tries = 0;

	if (options->self)
		return refuse_self(options);
	first_pid = getpid();
	pid_taken = mmap(NULL, sizeof(*pid_taken), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pid_taken == MAP_FAILED) {
		say_err("no memory; free some and try again");
		return RSTR_FAILED;
	}
	if (!options->detach && relay_open(&relay))
		return RSTR_FAILED;
	if (!options->detach)
		supervise_prepare(&watched);
	do {
		*pid_taken = false;
		status = one_try(options, &relay, &watched);
	} while (*pid_taken && image_rewind(options) && ++tries < MAX_TRIES);
	if (*pid_taken)
		say_err("pids of the program are taken by rstr; run it again");
	finish_as(status);
}

/**
 * session_lend - rstr once more, with a terminal that the program's session can have
 * @options: the command line
 *
 * Return: an exit code, if it returns
 */
int session_lend(const struct restart_options *options)
{
	lends = true;
	supervise_undo();
	return session_command(options);
}

/* Has this been done?  What is done once for a restart, such as a hook, has been done too. */
bool session_is_lent(void)
{
	return lends;
}
