/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common_files.h - files of each kind that can be waited for: how one is made, what rouses it,
 * how that is taken.
 */
#ifndef _COMMON_FILES_H
#define _COMMON_FILES_H

#include <arpa/inet.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>

#include "checkpoint_test.h"

/**
 * struct item - a file of some kind
 * @row: of the table
 * @nr: tells those of one kind apart
 * @fd: what is waited for
 * @other: what rouses it
 * @more: what else it needs
 */
struct item {
	unsigned int row, nr;
	int fd, other, more;
};

/* Who takes what comes: signals are for a process, not for a file. */
static pid_t taker;

static const char *name_of(const struct item *it, const char *kind)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%u", kind, it->nr);
	return test_file(name);
}

static void put(struct item *it)
{
	check_equal(write(it->other, "x", 1), 1);
}

static void get(struct item *it)
{
	char c = 0;

	check_equal(read(it->fd, &c, 1), 1);
	check_equal(c, 'x');
}

static void take_count(struct item *it)
{
	uint64_t count = 0;

	check_equal(read(it->fd, &count, sizeof(count)), sizeof(count));
	check_equal(count, 1);
}

/* -- counters, clocks, signals ----------------------------------------------------------- */

static void make_eventfd(struct item *it)
{
	it->fd = eventfd(0, 0);
}

static void count_one(struct item *it)
{
	check(!eventfd_write(it->fd, 1));
}

static void make_timerfd(struct item *it)
{
	it->fd = timerfd_create(CLOCK_MONOTONIC, 0);
}

static void expire(struct item *it)
{
	const struct itimerspec soon = { .it_value.tv_nsec = 1 };

	check(!timerfd_settime(it->fd, 0, &soon, NULL));
}

static void make_signalfd(struct item *it)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + it->nr);
	check(!pthread_sigmask(SIG_BLOCK, &set, NULL));
	it->fd = signalfd(-1, &set, 0);
}

static void send_signal(struct item *it)
{
	check(!kill(taker, SIGRTMIN + it->nr));
}

static void take_signal(struct item *it)
{
	struct signalfd_siginfo info;

	check_equal(read(it->fd, &info, sizeof(info)), sizeof(info));
	check_equal(info.ssi_signo, SIGRTMIN + it->nr);
}

static void make_inotify(struct item *it)
{
	check(!mkdir(name_of(it, "watched"), 0700));
	it->fd = inotify_init();
	check(inotify_add_watch(it->fd, name_of(it, "watched"), IN_ATTRIB) >= 0);
}

static void change_it(struct item *it)
{
	check(!chmod(name_of(it, "watched"), 0755));
}

static void take_change(struct item *it)
{
	struct inotify_event event;

	check_equal(read(it->fd, &event, sizeof(event)), sizeof(event));
	check_equal(event.mask, IN_ATTRIB | IN_ISDIR);
}

static void sleeps(void *arg)
{
	for (;;)
		pause();
}

static void make_pidfd(struct item *it)
{
	it->more = spawn(sleeps, NULL);
	it->fd = syscall(SYS_pidfd_open, it->more, 0);
}

static void kill_it(struct item *it)
{
	check(!kill(it->more, SIGKILL));
}

static void see_end(struct item *it)
{
	struct pollfd p = { .fd = it->fd, .events = POLLIN };

	check_equal(poll(&p, 1, -1), 1);
	check_equal(p.revents, POLLIN);
}

/* -- pipes and queues -------------------------------------------------------------------- */

static void make_pipe(struct item *it)
{
	int ends[2];

	check(!pipe(ends));
	it->fd = ends[0];
	it->other = ends[1];
}

static void make_fifo(struct item *it)
{
	check(!mkfifo(name_of(it, "fifo"), 0600));
	it->fd = open(name_of(it, "fifo"), O_RDWR);
	it->other = open(name_of(it, "fifo"), O_WRONLY);
}

static void make_epoll(struct item *it)
{
	struct epoll_event event = { .events = EPOLLIN };

	make_pipe(it);
	it->more = it->fd;
	it->fd = epoll_create1(0);
	check(!epoll_ctl(it->fd, EPOLL_CTL_ADD, it->more, &event));
}

static void take_event(struct item *it)
{
	struct epoll_event event;
	char c;

	check_equal(epoll_wait(it->fd, &event, 1, -1), 1);
	check_equal(read(it->more, &c, 1), 1);
}

static void make_mqueue(struct item *it)
{
	struct mq_attr attr = { .mq_maxmsg = 3, .mq_msgsize = 16 };

	it->fd = mq_open("/common-files", O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	check(!mq_unlink("/common-files"));
}

static void send_message(struct item *it)
{
	check(!mq_send(it->fd, "x", 1, 0));
}

static void take_message(struct item *it)
{
	char text[16];

	check_equal(mq_receive(it->fd, text, sizeof(text), NULL), 1);
}

/* -- sockets ----------------------------------------------------------------------------- */

static void make_pair(struct item *it, int type)
{
	int ends[2];

	check(!socketpair(AF_UNIX, type, 0, ends));
	it->fd = ends[0];
	it->other = ends[1];
}

static void make_unix_stream(struct item *it) { make_pair(it, SOCK_STREAM); }
static void make_unix_datagram(struct item *it) { make_pair(it, SOCK_DGRAM); }
static void make_unix_packets(struct item *it) { make_pair(it, SOCK_SEQPACKET); }

static void accept_one(struct item *it)
{
	int fd = accept(it->fd, NULL, NULL);

	check(fd >= 0 && !close(fd));
}

static void make_unix_listener(struct item *it)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	strcpy(name.sun_path, name_of(it, "listener"));
	it->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	check(!bind(it->fd, (struct sockaddr *)&name, sizeof(name)) && !listen(it->fd, 5));
}

static void call_it(struct item *it)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	check(!getsockname(it->fd, (struct sockaddr *)&name, &len));
	it->other = socket(name.ss_family, SOCK_STREAM, 0);
	check(!connect(it->other, (struct sockaddr *)&name, len));
}

static int bound_here(int type)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type, 0), one = 1;

	check(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	check(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
	return fd;
}

static void make_tcp_listener(struct item *it)
{
	it->fd = bound_here(SOCK_STREAM);
	check(!listen(it->fd, 5));
}

static void make_tcp(struct item *it)
{
	int listener;

	make_tcp_listener(it);
	listener = it->fd;
	call_it(it);
	it->fd = accept(listener, NULL, NULL);
	check(!close(listener));
}

static void make_udp(struct item *it)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	it->fd = bound_here(SOCK_DGRAM);
	it->other = socket(AF_INET, SOCK_DGRAM, 0);
	check(!getsockname(it->fd, (struct sockaddr *)&in, &len));
	check(!connect(it->other, (struct sockaddr *)&in, len));
}

/* -- terminals --------------------------------------------------------------------------- */

static void make_slave(struct item *it)
{
	struct termios t;
	int lock = 0;
	char name[64];

	it->other = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	check(!ioctl(it->other, TIOCSPTLCK, &lock));
	check(!ptsname_r(it->other, name, sizeof(name)));
	it->fd = open(name, O_RDWR | O_NOCTTY);
	check(!tcgetattr(it->fd, &t));
	cfmakeraw(&t);
	check(!tcsetattr(it->fd, TCSANOW, &t));
}

static void make_master(struct item *it)
{
	int slave;

	make_slave(it);
	slave = it->fd;
	it->fd = it->other;
	it->other = slave;
}

/* -- files with a position: nobody waits for them ---------------------------------------- */

#define PLACE	7

static void make_memfd(struct item *it)
{
	it->fd = memfd_create("common", 0);
	check_equal(pwrite(it->fd, "x", 1, PLACE), 1);
}

static void make_file(struct item *it)
{
	it->fd = open(name_of(it, "file"), O_RDWR | O_CREAT | O_EXCL, 0600);
	check_equal(pwrite(it->fd, "x", 1, PLACE), 1);
}

static void seek(struct item *it)
{
	check_equal(lseek(it->fd, PLACE, SEEK_SET), PLACE);
}

/* -- the table --------------------------------------------------------------------------- */

/**
 * struct row - a kind of file
 * @name: for messages
 * @make: as it is when there is nothing to be had from it
 * @rouse: lets it have something
 * @take: waits for that and takes it
 * @call: number of the system call that this waits in; NONE: it does not wait, and has a position
 * @stays: what has come stays
 */
struct row {
	const char *name;
	void (*make)(struct item *it);
	void (*rouse)(struct item *it);
	void (*take)(struct item *it);
	long call;
	bool stays;
};

#define NONE	(-1)

static const struct row rows[] = {
	{ "eventfd",		make_eventfd,		count_one,	take_count,	SYS_read, false },
	{ "timerfd",		make_timerfd,		expire,		take_count,	SYS_read, false },
	{ "signalfd",		make_signalfd,		send_signal,	take_signal,	SYS_read, false },
	{ "inotify",		make_inotify,		change_it,	take_change,	SYS_read, false },
	{ "pidfd",		make_pidfd,		kill_it,	see_end,	SYS_poll, true },
	{ "pipe",		make_pipe,		put,		get,		SYS_read, false },
	{ "named pipe",		make_fifo,		put,		get,		SYS_read, false },
	{ "epoll",		make_epoll,		put,		take_event,	SYS_epoll_wait, false },
	{ "message queue",	make_mqueue,		send_message,	take_message,
	  SYS_mq_timedreceive, false },
	{ "unix stream",	make_unix_stream,	put,		get,		SYS_read, false },
	{ "unix datagrams",	make_unix_datagram,	put,		get,		SYS_read, false },
	{ "unix packets",	make_unix_packets,	put,		get,		SYS_read, false },
	{ "unix listener",	make_unix_listener,	call_it,	accept_one,	SYS_accept, false },
	{ "tcp",		make_tcp,		put,		get,		SYS_read, false },
	{ "tcp listener",	make_tcp_listener,	call_it,	accept_one,	SYS_accept, false },
	{ "udp",		make_udp,		put,		get,		SYS_read, false },
	{ "terminal",		make_slave,		put,		get,		SYS_read, false },
	{ "master of a terminal", make_master,		put,		get,		SYS_read, false },
	{ "memfd",		make_memfd,		seek,		get,		NONE, false },
	{ "file",		make_file,		seek,		get,		NONE, false },
};

#define NR_ROWS	(sizeof(rows) / sizeof(rows[0]))

#define check_item(it, condition) do {					\
	if (!(condition))						\
		fail(__FILE__, __LINE__, "%s: %s (errno %d)",		\
		     rows[(it)->row].name, #condition, errno);		\
} while (0)

static struct item items[2 * NR_ROWS];

/* One of each row */
static void make_items(struct item *first, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < NR_ROWS; i++) {
		first[i] = (struct item) { .row = i, .nr = nr, .fd = -1, .other = -1, .more = -1 };
		rows[i].make(&first[i]);
		check_item(&first[i], first[i].fd >= 0);
	}
}

static bool is_awaited(const struct item *it)
{
	return rows[it->row].call != NONE;
}

static bool is_ready(const struct item *it)
{
	struct pollfd p = { .fd = it->fd, .events = POLLIN };

	check(poll(&p, 1, 0) >= 0);
	return p.revents;
}

#endif /* _COMMON_FILES_H */
