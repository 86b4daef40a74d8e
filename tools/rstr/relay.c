// SPDX-License-Identifier: GPL-2.0-only
/*
 * relay.c - a pseudo terminal in the place of rstr's own: what is typed here goes there,
 * what is written there is shown here, and both have one size.  While rstr is in the
 * foreground the terminal is raw: keys act on the program's side.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

static void copy_size(const struct relay *relay)
{
	struct winsize size;

	if (relay->master >= 0 && !ioctl(relay->tty, TIOCGWINSZ, &size))
		ioctl(relay->master, TIOCSWINSZ, &size);
}

static int find_terminal(void)
{
	static const int order[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		if (isatty(order[i]))
			return fcntl(order[i], F_DUPFD_CLOEXEC, 3);
	}
	return -1;
}

/* By the master, as no name of it need be visible here */
static int open_slave(int master)
{
	int unlock = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock))
		return -1;
	return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/**
 * relay_open - make a pseudo terminal, if there is a terminal to stand for
 * @relay: out
 *
 * Return: 0, or -1 (reported)
 */
int relay_open(struct relay *relay)
{
	*relay = (struct relay){ .master = -1, .slave = -1, .tty = find_terminal() };
	relay->input = isatty(STDIN_FILENO);
	if (relay->tty < 0)
		return 0;
	relay->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	relay->slave = open_slave(relay->master);
	if (relay->slave < 0) {
		say_err("no pseudo terminal for the program: %s; mount /dev/pts, or give rstr no terminal (</dev/null >FILE 2>&1)",
			strerror(errno));
		return -1;
	}
	if (!tcgetattr(relay->tty, &relay->saved))
		tcsetattr(relay->slave, TCSANOW, &relay->saved);
	copy_size(relay);
	return 0;
}

/**
 * relay_adopt - in the new session: the far end takes the place of the terminal
 * @relay: from relay_open()
 * @control: it is this session's controlling terminal too
 */
void relay_adopt(struct relay *relay, bool control)
{
	int fd;

	if (relay->slave < 0)
		return;
	if (control)
		ioctl(relay->slave, TIOCSCTTY, 0);
	for (fd = 0; fd < 3; fd++) {
		if (isatty(fd))
			dup2(relay->slave, fd);
	}
	close(relay->slave);
	close(relay->master);
	close(relay->tty);
}

/* In the background the terminal is not ours to change. */
static void enter_raw(struct relay *relay)
{
	struct termios raw = relay->saved;

	if (!relay->input || relay->raw || tcgetpgrp(relay->tty) != getpgrp())
		return;
	cfmakeraw(&raw);
	relay->raw = !tcsetattr(relay->tty, TCSADRAIN, &raw);
}

static void leave_raw(struct relay *relay)
{
	if (relay->raw)
		tcsetattr(relay->tty, TCSADRAIN, &relay->saved);
	relay->raw = false;
}

static bool write_all(int fd, const char *buffer, ssize_t len)
{
	ssize_t done;

	for (; len > 0; buffer += done, len -= done) {
		done = write(fd, buffer, len);
		if (done < 0 && errno == EINTR)
			done = 0;
		if (done < 0)
			return false;
	}
	return true;
}

/* Return: false at the end */
static bool show(const struct relay *relay)
{
	char buffer[4096];
	ssize_t got = read(relay->master, buffer, sizeof(buffer));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	return got > 0 && write_all(relay->tty, buffer, got);
}

/* The program may leave it unread for ever; what it writes is shown meanwhile. */
static void type(struct relay *relay)
{
	ssize_t done = write(relay->master, relay->typed, relay->nr_typed);

	if (done <= 0)
		return;
	relay->nr_typed -= done;
	memmove(relay->typed, relay->typed + done, relay->nr_typed);
}

static void read_keys(struct relay *relay)
{
	ssize_t got = read(relay->tty, relay->typed, sizeof(relay->typed));

	if (got > 0) {
		relay->nr_typed = got;
		type(relay);
	} else if (!got || errno != EINTR) {
		/* it was hung up */
		relay->input = false;
		relay->raw = false;
	}
}

/* What is left in the pseudo terminal when the leader has ended */
static void drain(const struct relay *relay)
{
	struct pollfd polled = { .fd = relay->master, .events = POLLIN };

	while (relay->master >= 0 && poll(&polled, 1, 0) > 0 && polled.revents & POLLIN &&
	       show(relay))
		continue;
}

/* The shell sees its job stopped, with its terminal as it was. */
static void stop_too(struct relay *relay)
{
	leave_raw(relay);
	raise(SIGSTOP);
}

/* Return: true when the leader has ended with *@status */
static bool leader_ended(struct relay *relay, pid_t leader, int *status)
{
	while (waitpid(leader, status, WNOHANG | WUNTRACED) == leader) {
		if (!WIFSTOPPED(*status))
			return true;
		stop_too(relay);
	}
	return false;
}

static void handle_signals(int fd, struct relay *relay, pid_t leader)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (info.ssi_signo == SIGWINCH) {
			copy_size(relay);
		} else if (info.ssi_signo == SIGCONT) {
			enter_raw(relay);
			copy_size(relay);
			kill(leader, SIGCONT);
		} else {
			pass_on(leader, &info);
		}
	}
}

/**
 * relay_until_end - relay until the leader of the new session ends
 * @relay: from relay_open(); the far end is closed here, the terminal is as it was
 * @leader: the leader, a child
 * @watched: signals that are blocked and go on to it
 *
 * Return: its wait status
 */
int relay_until_end(struct relay *relay, pid_t leader, const sigset_t *watched)
{
	int fd = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK), status;
	enum { SIGNALS, SHOWN, TYPED, NR };
	struct pollfd polled[NR] = {
		[SIGNALS] = { .fd = fd, .events = POLLIN },
		[SHOWN] = { .fd = relay->master },
		[TYPED] = { .events = POLLIN },
	};

	enter_raw(relay);
	while (!leader_ended(relay, leader, &status)) {
		polled[SHOWN].events = POLLIN | (relay->nr_typed ? POLLOUT : 0);
		/* only what is typed for us is ours to read */
		polled[TYPED].fd = relay->raw && !relay->nr_typed ? relay->tty : -1;
		if (poll(polled, NR, fd < 0 ? 100 : -1) < 0)
			continue;
		if (fd >= 0)
			handle_signals(fd, relay, leader);
		if (polled[SHOWN].revents & POLLOUT)
			type(relay);
		if (polled[SHOWN].revents & ~POLLOUT && !show(relay))
			polled[SHOWN].fd = -1;
		if (polled[TYPED].revents)
			read_keys(relay);
	}
	drain(relay);
	leave_raw(relay);
	close(fd);
	return status;
}
