// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_state.c - descriptors of every kind that can be saved, each with something odd.
 */
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <termios.h>

#include "inspect.h"

#define FAR	100000	/* seconds: no timer expires meanwhile */

static int new_file(const char *name, int flags)
{
	int fd;

	write_file(name, "some contents of a file, to be read in part\n", 44);
	fd = open(test_file(name), flags);
	check(fd >= 0);
	return fd;
}

static void lock_range(int fd, int command, short type, off_t start, off_t len)
{
	struct flock lock = { .l_type = type, .l_start = start, .l_len = len };

	check(!fcntl(fd, command, &lock));
}

static void make_regular(void)
{
	int fd = new_file("regular", O_RDWR | O_APPEND), again;
	char c[8];

	check(read(fd, c, 8) == 8);
	again = dup(fd);
	check(again >= 0 && !fcntl(again, F_SETFD, FD_CLOEXEC));
	check(!flock(fd, LOCK_EX));
	lock_range(new_file("locked", O_RDWR | O_SYNC), F_SETLK, F_WRLCK, 5, 10);
	fd = new_file("locked_too", O_RDWR | O_NOATIME);
	lock_range(fd, F_OFD_SETLK, F_RDLCK, 3, 4);
	lock_range(fd, F_SETLK, F_RDLCK, 30, 0);
	fd = new_file("leased", O_RDONLY | O_CLOEXEC);
	check(!fcntl(fd, F_SETLEASE, F_RDLCK) && !fcntl(fd, F_SETSIG, SIGRTMIN + 2));
	fd = open(test_file("regular"), O_PATH | O_NOFOLLOW);
	check(fd >= 0);
	fd = open(test_file("created"), O_CREAT | O_EXCL | O_WRONLY | O_NONBLOCK | O_DSYNC, 0604);
	check(fd >= 0 && pwrite(fd, "x", 1, 10000) == 1 && lseek(fd, 77777, SEEK_SET) == 77777);
}

static void make_nameless(void)
{
	struct timespec times[2] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
	int fd = new_file("deleted", O_RDWR);

	check(!unlink(test_file("deleted")) && !fchmod(fd, 0640) && !futimens(fd, times));
	check(pwrite(fd, "y", 1, 1 << 20) == 1 && !futimens(fd, times));
	fd = open(test_dir, O_TMPFILE | O_RDWR, 0600);
	check(fd >= 0 && write(fd, "temporary", 9) == 9);
	fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	check(fd >= 0 && !ftruncate(fd, 1 << 20) && pwrite(fd, "z", 1, 9000) == 1);
	check(!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	fd = memfd_create("plain", 0x8 /* MFD_NOEXEC_SEAL */);
	check(fd >= 0 && write(fd, "contents", 8) == 8);
}

static void make_directories(void)
{
	char room[256];
	int fd;

	check(!mkdir(test_file("directory"), 0750));
	fd = open(test_file("directory"), O_RDONLY | O_DIRECTORY);
	check(fd >= 0 && syscall(SYS_getdents64, fd, room, sizeof(room)) > 0);
	check(!mkdir(test_file("removed"), 0751));
	fd = open(test_file("removed"), O_RDONLY | O_DIRECTORY);
	check(fd >= 0 && !rmdir(test_file("removed")));
	fd = open(test_file("directory"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(fd >= 0 && !fcntl(fd, F_NOTIFY, DN_RENAME | DN_MULTISHOT) &&
	      !fcntl(fd, F_SETSIG, SIGRTMIN + 4));
}

static void make_pipes(void)
{
	struct f_owner_ex owner = { F_OWNER_TID, gettid() };
	int fds[2];

	check(!pipe2(fds, O_NONBLOCK));
	check(write(fds[1], "in the pipe", 11) == 11 && fcntl(fds[0], F_SETPIPE_SZ, 8192) == 8192);
	check(!fcntl(fds[0], F_SETOWN_EX, &owner) && !fcntl(fds[0], F_SETSIG, SIGRTMIN + 1));
	check(!fcntl(fds[0], F_SETFL, O_ASYNC));
	check(!pipe2(fds, O_DIRECT | O_CLOEXEC) && write(fds[1], "packet", 6) == 6);
	check(!fcntl(fds[1], F_SETOWN, -getpgrp()));
	check(!pipe(fds) && !close(fds[0]));
	check(!pipe(fds) && write(fds[1], "left", 4) == 4 && !close(fds[1]));
	check(!mkfifo(test_file("fifo"), 0622));
	fds[0] = open(test_file("fifo"), O_RDWR | O_NONBLOCK);
	check(fds[0] >= 0 && write(fds[0], "in the fifo", 11) == 11);
}

static void make_counters(void)
{
	struct itimerspec ts = { { 7, 8 }, { FAR, 9 } };
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcULL };
	int counter = eventfd(5, EFD_NONBLOCK | EFD_SEMAPHORE), timer, poller, watched;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 7);
	watched = signalfd(-1, &set, SFD_CLOEXEC);
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	check(!timerfd_settime(timer, 0, &ts, NULL));
	check(!timerfd_settime(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC), TFD_TIMER_ABSTIME |
			       TFD_TIMER_CANCEL_ON_SET, &(struct itimerspec) { { 0, 0 },
			       { time(NULL) + FAR, 0 } }, NULL));
	check(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK) >= 0);
	poller = epoll_create1(EPOLL_CLOEXEC);
	check(!epoll_ctl(poller, EPOLL_CTL_ADD, counter, &event));
	event.events = EPOLLIN | EPOLLONESHOT;
	check(!epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event));
	event.events = EPOLLIN | EPOLLOUT | EPOLLEXCLUSIVE;
	check(!epoll_ctl(poller, EPOLL_CTL_ADD, watched, &event));
	event.events = EPOLLPRI;
	check(!epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, poller, &event));
	watched = inotify_init1(IN_NONBLOCK);
	check(inotify_add_watch(watched, test_file("regular"), IN_ATTRIB | IN_CLOSE) > 0);
	check(inotify_add_watch(watched, test_file("locked"), IN_ACCESS | IN_ONESHOT) > 0);
	check(!chmod(test_file("regular"), 0642));
	check(syscall(SYS_pidfd_open, getpid(), 0) >= 0);
	check(syscall(SYS_pidfd_open, getppid() == 1 ? getpid() : getpid(), O_NONBLOCK) >= 0);
}

static void make_kernel_files(void)
{
	static const char * const names[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/proc/self/ns/pid",
		"/proc/sys/kernel/ostype", "/sys/kernel/mm", "/proc/self/comm",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check(open(names[i], O_RDONLY) >= 0);
}

static void make_terminal(void)
{
	struct winsize size = { 33, 77, 5, 6 };
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), slave, off = 0, on = 1;
	struct termios t;
	char name[64];

	check(master >= 0 && !ioctl(master, TIOCSPTLCK, &off) && !ptsname_r(master, name, 64));
	slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	check(slave >= 0 && !tcgetattr(slave, &t));
	check(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0);
	t.c_lflag &= ~ECHO;
	t.c_cc[VINTR] = 7;
	cfsetospeed(&t, B9600);
	check(!tcsetattr(slave, TCSANOW, &t) && !ioctl(master, TIOCSWINSZ, &size));
	check(!ioctl(master, TIOCPKT, &on));
	check(write(master, "typed\nhalf", 10) == 10 && write(slave, "shown", 5) == 5);
}

static void make_ipc(void)
{
	struct mq_attr attr = { .mq_maxmsg = 5, .mq_msgsize = 77 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	struct sembuf undo = { 1, 1, SEM_UNDO };
	int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0640);
	mqd_t queue;
	char *p;

	p = shmat(id, NULL, 0);
	check(p != (void *)-1 && strcpy(p, "shared") && !shmctl(id, IPC_RMID, NULL));
	/* Who counts for users forks, and would be the last that had it. */
	check(!madvise(p, 10000, MADV_DONTFORK));
	id = semget(IPC_PRIVATE, 3, 0640);
	check(id >= 0 && !semop(id, &undo, 1));
	queue = mq_open("/inspect", O_RDWR | O_CREAT | O_NONBLOCK, 0620, &attr);
	check(queue >= 0 && !mq_unlink("/inspect") && !mq_notify(queue, &event));
	queue = mq_open("/inspected", O_RDWR | O_CREAT, 0620, &attr);
	check(queue >= 0 && !mq_unlink("/inspected") && !mq_send(queue, "message", 7, 3));
}

static void make_aio(void)
{
	aio_context_t context = 0;

	check(!syscall(SYS_io_setup, 7, &context));
}

void make_files(void)
{
	make_regular();
	make_nameless();
	make_directories();
	make_pipes();
	make_counters();
	make_kernel_files();
	make_terminal();
	make_ipc();
	make_aio();
}
