// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidns.c - rstr --pidns: the program gets a pid namespace of its own, in which
 * all pids are free, and for an ordinary user a user namespace as well, in which
 * no right is missing.
 *
 * rstr (outside) forks a small init (process 1 of the namespace), which calls
 * restart() and reaps.  They talk over a socket:
 *
 *	init -> rstr	MSG_STARTED with the program's pid, MSG_GROUP with its
 *			process group, MSG_TOLD when the result is printed,
 *			MSG_STATUS with each wait status
 *	rstr -> init	struct numbers: those two as they are outside; then
 *			one byte: let the program run
 *
 * Pids travel as SCM_CREDENTIALS: the kernel translates them from one
 * namespace to the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "rstr.h"
#include "text.h"

enum message_kind { MSG_STARTED = 1, MSG_GROUP, MSG_TOLD, MSG_STATUS };

struct message {
	int kind;
	int status;
};

struct numbers {
	pid_t pid;
	pid_t pgrp;
};

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(struct ucred))];
};

static int send_message(int channel, int kind, int status, pid_t pid)
{
	struct message message = { .kind = kind, .status = status };
	struct ucred cred = { .pid = pid, .uid = geteuid(), .gid = getegid() };
	struct iovec iov = { &message, sizeof(message) };
	union control control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_CREDENTIALS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(cmsg), &cred, sizeof(cred));
	return sendmsg(channel, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Return: bytes received, 0 at the end, negative errno */
static ssize_t receive_message(int channel, int flags, struct message *message, pid_t *pid)
{
	struct iovec iov = { message, sizeof(*message) };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	struct ucred cred = { 0 };
	ssize_t got;

	do {
		got = recvmsg(channel, &msg, flags | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got < 0 ? -errno : 0;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_CREDENTIALS)
		memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	*pid = cred.pid;
	return got;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return -errno;
	done = write(fd, text, strlen(text));
	close(fd);
	return done == (ssize_t)strlen(text) ? 0 : -EIO;
}

/* The user is the same inside as outside; there are no others. */
static int map_ids(uid_t uid, gid_t gid)
{
	char map[64];
	int ret;

	ret = write_file("/proc/self/setgroups", "deny");
	if (ret && ret != -ENOENT)
		return ret;
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	ret = write_file("/proc/self/gid_map", map);
	if (ret)
		return ret;
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	return write_file("/proc/self/uid_map", map);
}

/*
 * A child that is process 1 of a new pid namespace, as by fork().  rstr itself stays outside
 * of all that is new, as do its other children.
 */
static pid_t clone_init(unsigned long namespaces)
{
	pid_t pid = syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0);

	return pid < 0 ? -errno : pid;
}

/* Return: its pid, 0 in the child, negative errno (reported) */
static pid_t start_init(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	pid_t pid;
	int ret;

	fflush(NULL);
	pid = clone_init(CLONE_NEWPID);
	if (pid != -EPERM) {
		if (pid < 0)
			say_err("no process: %s; raise the limits on processes and pid namespaces (sysctl user.max_pid_namespaces)",
				strerror(-pid));
		return pid;
	}
	pid = clone_init(CLONE_NEWPID | CLONE_NEWUSER);
	if (pid < 0)
		say_err("no new pid namespace: %s; have root allow it (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone) or run this as root",
			strerror(-pid));
	ret = pid ? 0 : map_ids(uid, gid);
	if (!ret)
		return pid;
	say_err("the user cannot be mapped into a new namespace: %s; mount /proc or run this as root",
		strerror(-ret));
	_exit(RSTR_FAILED);
}

/* Reap until nothing is left; a namespace dies with its process 1. */
static void init_loop(int channel, pid_t root)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, WUNTRACED | WCONTINUED);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (pid != root)
			continue;
		send_message(channel, MSG_STATUS, status, getpid());
		if (WIFEXITED(status) || WIFSIGNALED(status))
			root = -1;
	}
}

/* Do not keep pipes open whose end somebody waits for. */
static void let_go_of_descriptors(int channel)
{
	int null = open("/dev/null", O_RDWR);
	int fd;

	for (fd = 0; fd < 3; fd++) {
		if (null < 0)
			close(fd);
		else
			dup2(null, fd);
	}
	if (null > 2 && null != channel)
		close(null);
}

static __noreturn void init_main(const struct restart_options *options, unsigned long flags,
				 int channel)
{
	struct program program = NO_PROGRAM;
	struct numbers outside;
	char go;
	int ret;

	/* as long as restart() works, rstr's end is the end */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* no watching thread: its pid might be one of the program's */
	ret = call_restart(options, flags, NULL, &program);
	if (ret)
		_exit(call_exit_code(ret));
	close(options->image);
	inherited_close(options);
	/* from here on its end shows on the socket */
	if (!options->tied)
		prctl(PR_SET_PDEATHSIG, 0);
	if (send_message(channel, MSG_STARTED, program.pgrp, program.pid) ||
	    (program.pgrp && send_message(channel, MSG_GROUP, 0, program.pgrp)))
		_exit(RSTR_FAILED);
	if (read(channel, &outside, sizeof(outside)) != sizeof(outside))
		_exit(RSTR_FAILED);
	call_made(options, outside.pid, outside.pgrp);
	if (send_message(channel, MSG_TOLD, 0, getpid()) || read(channel, &go, 1) != 1)
		_exit(RSTR_FAILED);
	fflush(NULL);
	let_go_of_descriptors(channel);
	if (program.hold >= 0)
		close(program.hold);
	init_loop(channel, program.pid);
	_exit(0);
}

/* Show progress meanwhile; a signal may end rstr here, and so init. */
static void await_message(const struct restart_options *options, const struct program *program)
{
	struct pollfd polled = { .fd = program->channel, .events = POLLIN };
	struct timespec tick = { .tv_nsec = 250000000 };
	struct watch watch;
	sigset_t none;

	sigemptyset(&none);
	call_watch(options, &watch);
	watch_begin(&watch);
	while (ppoll(&polled, 1, &tick, &none) <= 0)
		watch_tick(&watch);
	watch_wipe(&watch);
}

/* Pids come translated, and are sent back for the result. */
static bool exchange_numbers(struct program *program, struct terminal *terminal)
{
	struct numbers numbers = { 0 };
	struct message message;
	pid_t pid;

	if (receive_message(program->channel, 0, &message, &numbers.pid) <= 0)
		return false;
	if (message.status &&
	    receive_message(program->channel, 0, &message, &numbers.pgrp) <= 0)
		return false;
	program->pid = numbers.pid;
	program->pgrp = numbers.pgrp;
	/* the namespace's init reaps it, but not before it may let it go */
	program->pidfd = syscall(SYS_pidfd_open, numbers.pid, 0);
	terminal_set_aside(terminal);
	return send(program->channel, &numbers, sizeof(numbers), MSG_NOSIGNAL) > 0 &&
	       receive_message(program->channel, 0, &message, &pid) > 0;
}

/* Wait until the program is made and that is reported. */
static int await_start(const struct restart_options *options, struct program *program,
		       struct terminal *terminal)
{
	int status;

	await_message(options, program);
	if (exchange_numbers(program, terminal))
		return 0;
	terminal_put_back(terminal, program);
	if (waitpid(program->init, &status, 0) != program->init)
		return -ECHILD;
	if (WIFEXITED(status) && WEXITSTATUS(status) == RSTR_NOT_NOW)
		return -EAGAIN;
	if (WIFEXITED(status) && WEXITSTATUS(status) == RSTR_NEVER)
		return -ENOSYS;
	if (WIFEXITED(status) && WEXITSTATUS(status) == RSTR_NO_TERMINAL)
		return -ENOTTY;
	if (WIFSIGNALED(status))
		say_err("the new pid namespace's init died of signal %d; 'dmesg' may say why",
			WTERMSIG(status));
	return -ECHILD;
}

/**
 * pidns_restart - make the program in a new pid namespace
 * @options: the command line
 * @flags: RESTART_FROZEN or 0
 * @program: out: pids as seen from here; it waits for pidns_release()
 * @terminal: rstr's; the modes that the restart has set are set aside
 *
 * Return: 0 or negative errno (reported)
 */
int pidns_restart(const struct restart_options *options, unsigned long flags,
		  struct program *program, struct terminal *terminal)
{
	int on = 1, channel[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) ||
	    setsockopt(channel[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on))) {
		say_err("no socket: %s; free some memory", strerror(errno));
		return -ENOMEM;
	}
	program->init = start_init();
	if (program->init < 0)
		return program->init;
	if (!program->init) {
		close(channel[0]);
		/* it lives as long as the program, and has no use for that */
		if (terminal->fd >= 0)
			close(terminal->fd);
		init_main(options, flags, channel[1]);
	}
	close(channel[1]);
	program->channel = channel[0];
	return await_start(options, program, terminal);
}

/* Let the program run. */
void pidns_release(const struct program *program)
{
	if (send(program->channel, "", 1, MSG_NOSIGNAL) < 0)
		say_err("the namespace's init is gone; run the same command again");
}

/**
 * pidns_event - fetch the next wait status of the program, if there is one
 * @program: it
 * @status: out; when init was killed, as if the program had been
 *
 * Return: true if there was one
 */
bool pidns_event(const struct program *program, int *status)
{
	struct message message;
	ssize_t got;
	pid_t pid;

	got = receive_message(program->channel, MSG_DONTWAIT, &message, &pid);
	if (got == -EAGAIN)
		return false;
	*status = got > 0 ? message.status : SIGKILL;
	return true;
}
