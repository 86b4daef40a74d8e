// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_waits.c - a process whose threads are asleep, each in another call.
 */
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>

#include "inspect.h"

static const struct timespec hour = { 3600, 0 };
static int word, fds[2], locked[2];

static void in_nanosleep(void)
{
	nanosleep(&hour, NULL);
}

static void in_absolute(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 3600;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void in_futex(void)
{
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &hour);
}

static void in_futex_for_ever(void)
{
	syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL);
}

static void in_poll(void)
{
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };

	poll(&pfd, 1, 3600000);
}

static void in_ppoll(void)
{
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };
	sigset_t set;

	sigfillset(&set);
	ppoll(&pfd, 1, &hour, &set);
}

static void in_select(void)
{
	struct timeval tv = { 3600, 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	select(fds[0] + 1, &set, NULL, NULL, &tv);
}

static void in_epoll(void)
{
	struct epoll_event event;

	epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, 3600000);
}

static void in_sigtimedwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGXCPU);
	sigtimedwait(&set, NULL, &hour);
}

static void in_sigsuspend(void)
{
	sigset_t set;

	sigfillset(&set);
	sigsuspend(&set);
}

static void in_flock(void)
{
	flock(locked[1], LOCK_EX);
}

static void in_setlkw(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 7 };

	fcntl(locked[1], F_OFD_SETLKW, &lock);
}

static void in_queue(void)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 10 };
	mqd_t queue = mq_open("/inspected-wait", O_RDWR | O_CREAT | O_CLOEXEC, 0600, &attr);
	struct timespec ts = { time(NULL) + 3600, 0 };
	char room[10];

	mq_unlink("/inspected-wait");
	mq_timedreceive(queue, room, sizeof(room), NULL, &ts);
}

static void in_semaphore(void)
{
	struct sembuf down = { 0, -1, SEM_UNDO };
	int id = semget(IPC_PRIVATE, 1, 0600);

	semtimedop(id, &down, 1, &hour);
}

static void in_message(void)
{
	struct { long type; char text[8]; } message;

	msgrcv(msgget(IPC_PRIVATE, 0600), &message, 8, 3, 0);
}

static void in_events(void)
{
	struct timespec ts = hour;
	struct io_event event;
	aio_context_t context = 0;

	syscall(SYS_io_setup, 3, &context);
	syscall(SYS_io_getevents, context, 1, 1, &event, &ts);
}

static void in_wait(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	waitid(P_PID, pid, NULL, WEXITED | __WNOTHREAD);
}

static void in_fifo(void)
{
	mknod(test_file("waited"), S_IFIFO | 0600, 0);
	open(test_file("waited"), O_RDONLY | O_CLOEXEC);
}

static const struct {
	const char *name;
	void (*wait)(void);
	long call;
} waits[] = {
	{ "nanosleep", in_nanosleep, SYS_clock_nanosleep },
	{ "absolute", in_absolute, SYS_clock_nanosleep },
	{ "poll", in_poll, SYS_poll },
	{ "ppoll", in_ppoll, SYS_ppoll },
	{ "select", in_select, SYS_pselect6 },
	{ "epoll", in_epoll, SYS_epoll_wait },
	{ "sigtimedwait", in_sigtimedwait, SYS_rt_sigtimedwait },
	{ "sigsuspend", in_sigsuspend, SYS_rt_sigsuspend },
	{ "flock", in_flock, SYS_flock },
	{ "setlkw", in_setlkw, SYS_fcntl },
	{ "queue", in_queue, SYS_mq_timedreceive },
	{ "semaphore", in_semaphore, SYS_semtimedop },
	{ "message", in_message, SYS_msgrcv },
	{ "events", in_events, SYS_io_getevents },
	{ "wait", in_wait, SYS_waitid },
	{ "fifo", in_fifo, SYS_openat },
	/* Behind the fork: to wait again takes the page away from a child that has it too. */
	{ "futex", in_futex, SYS_futex },
	{ "futex_for_ever", in_futex_for_ever, SYS_futex },
};

static void *wait_in(void *arg)
{
	unsigned int nr = (unsigned long)arg;

	enter_member(plan->waiting + nr);
	waits[nr].wait();
	fail(__FILE__, __LINE__, "%s does not wait (errno %d)", waits[nr].name, errno);
}

/* Each waits for what this process keeps from it. */
static void make_obstacles(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 10 };

	check(!pipe2(fds, O_CLOEXEC));
	write_file("waited_for", "x", 1);
	locked[0] = open(test_file("waited_for"), O_RDWR | O_CLOEXEC);
	locked[1] = open(test_file("waited_for"), O_RDWR | O_CLOEXEC);
	check(locked[0] >= 0 && locked[1] >= 0 && !flock(locked[0], LOCK_EX));
	check(!fcntl(locked[0], F_OFD_SETLK, &lock));
}

int nr_waits(void)
{
	return sizeof(waits) / sizeof(waits[0]);
}

const char *wait_name(int nr)
{
	return waits[nr].name;
}

/*
 * Looked at by a child, which has descriptors of its own: an open(2) that waits keeps a number,
 * and takes a lower one when it is begun again if a look had that at the time.
 */
static bool waits_in(const struct member *m, long call)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(!wait_until(m->tid && is_blocked_in(m->pid, m->tid, call)));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

void start_waits(void)
{
	pthread_t thread;
	long i;

	make_obstacles();
	for (i = 0; i < nr_waits(); i++) {
		const struct member *m = plan->waiting + i;

		check(!pthread_create(&thread, NULL, wait_in, (void *)i));
		check(waits_in(m, waits[i].call));
	}
}
