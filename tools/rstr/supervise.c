// SPDX-License-Identifier: GPL-2.0-only
/*
 * supervise.c - wait for the program: forward signals to it, stop and go on
 * with it, and learn how it ends.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

/* Faults are rstr's own; job control stops rstr with the program's group. */
static bool is_watched(int sig)
{
	switch (sig) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
	case SIGSYS:
	case SIGABRT:
	case SIGTSTP:
	case SIGTTIN:
		return false;
	default:
		return true;
	}
}

/* As it was before supervise_prepare() */
static sigset_t mask_before;

/**
 * supervise_prepare - block what supervise() will take
 * @watched: out: those signals
 *
 * What rstr was started to ignore (nohup) is left alone.  SIGTTOU is blocked only
 * so that rstr can take the terminal back while in the background.
 */
void supervise_prepare(sigset_t *watched)
{
	struct sigaction action;
	int sig;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(watched);
	for (sig = 1; sig <= SIGRTMAX; sig++) {
		if (!is_watched(sig) || sigaction(sig, NULL, &action) ||
		    action.sa_handler == SIG_IGN)
			continue;
		sigaddset(watched, sig);
	}
	sigaddset(watched, SIGTTOU);
	sigprocmask(SIG_BLOCK, watched, &mask_before);
	sigdelset(watched, SIGTTOU);
}

/* In a child that becomes another program: the signals are its own. */
void supervise_undo(void)
{
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

/**
 * pass_on - send a process the signal that rstr got
 * @pid: the process
 * @info: the signal
 */
void pass_on(pid_t pid, const struct signalfd_siginfo *info)
{
	union sigval value = { .sival_ptr = (void *)(unsigned long)info->ssi_ptr };

	if (info->ssi_code == SI_QUEUE)
		sigqueue(pid, info->ssi_signo, value);
	else
		kill(pid, info->ssi_signo);
}

/* Its pid is its own until it is reaped, and who reaps it may be another. */
static bool is_there(const struct program *program)
{
	return program->pidfd < 0 || !syscall(SYS_pidfd_send_signal, program->pidfd, 0, NULL, 0);
}

/*
 * For the program's group if it still is in it: once it has left, the group's number
 * may be anybody's.  A group that it made meanwhile is its own business.
 */
static void signal_group(const struct program *program, int sig)
{
	if (!is_there(program))
		return;
	if (program->pgrp && getpgid(program->pid) == program->pgrp)
		kill(-program->pgrp, sig);
	else
		kill(program->pid, sig);
}

/*
 * Stop as the program did, so that the shell sees its job stopped; unless it
 * only wanted the terminal before it had got it.
 */
static void stop_with(struct program *program, struct terminal *terminal, int sig)
{
	if (sig == SIGTTIN || sig == SIGTTOU) {
		terminal_lend(terminal, program);
		if (terminal_is_lent(terminal, program)) {
			signal_group(program, SIGCONT);
			return;
		}
	}
	program->stopped = true;
	terminal_take(terminal);
	kill(getpid(), sig == SIGTSTP ? SIGTSTP : SIGSTOP);
}

/* Return: true when the program has ended with *@status */
static bool handle_status(struct program *program, struct terminal *terminal, int status)
{
	if (WIFSTOPPED(status)) {
		stop_with(program, terminal, WSTOPSIG(status));
		return false;
	}
	if (WIFCONTINUED(status)) {
		program->stopped = false;
		return false;
	}
	return true;
}

/* Orphans that come to rstr as process 1 are reaped by the way. */
static bool reap(struct program *program, struct terminal *terminal, const struct keeper *keeper,
		 int *status)
{
	pid_t pid;

	while ((pid = waitpid(-1, status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		if (pid != program->pid) {
			if (keeper && (WIFEXITED(*status) || WIFSIGNALED(*status)))
				keeper->reaped(keeper->arg, pid, *status);
		} else if (handle_status(program, terminal, *status)) {
			return true;
		}
	}
	return false;
}

static bool events(struct program *program, struct terminal *terminal,
		   const struct keeper *keeper, int *status)
{
	/* of a namespace's program its init knows, but the keeper's children are ours */
	if (reap(program, terminal, keeper, status))
		return true;
	while (program->channel >= 0 && pidns_event(program, status)) {
		if (handle_status(program, terminal, *status))
			return true;
	}
	return false;
}

/* The shell has put its job into the foreground, or lets it run on behind. */
static void go_on(struct program *program, struct terminal *terminal)
{
	terminal_lend(terminal, program);
	if (!program->stopped)
		return;
	program->stopped = false;
	signal_group(program, SIGCONT);
}

static void forward(const struct program *program, const struct signalfd_siginfo *info)
{
	/*
	 * From the terminal, for a whole group: the program has it already if it is
	 * in this one.
	 */
	if (info->ssi_code > 0 && getpgid(program->pid) == getpgrp())
		return;
	if (info->ssi_code > 0)
		signal_group(program, info->ssi_signo);
	else if (is_there(program))
		pass_on(program->pid, info);
}

static void handle_signals(int fd, struct program *program, struct terminal *terminal,
			   const struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD || (keeper && keeper->takes(keeper->arg, &info)))
			continue;
		if (info.ssi_signo == SIGCONT)
			go_on(program, terminal);
		else
			forward(program, &info);
	}
}

/**
 * supervise - wait for the program
 * @program: it
 * @terminal: lent to it if it has a process group of its own
 * @watched: signals from supervise_prepare()
 * @keeper: what else is to be done meanwhile, may be NULL
 *
 * Return: the wait status that it ended with
 */
int supervise(struct program *program, struct terminal *terminal, const sigset_t *watched,
	      const struct keeper *keeper)
{
	int fd = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK);
	struct pollfd polled[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = program->channel, .events = POLLIN },
	};
	int status;

	if (fd < 0)
		say_err("signals are not forwarded: %s; send them to pid %d",
			strerror(errno), program->pid);
	while (!events(program, terminal, keeper, &status)) {
		if (fd < 0 && program->channel < 0) {
			/* no way to be woken: wait for the end alone */
			while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
				continue;
			break;
		}
		poll(polled, 2, keeper ? keeper->look(keeper->arg) : -1);
		if (fd >= 0)
			handle_signals(fd, program, terminal, keeper);
	}
	if (WIFSIGNALED(status))
		terminal_put_back(terminal, program);
	terminal_take(terminal);
	return status;
}
