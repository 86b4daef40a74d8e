// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidfd_test.c - descriptors of processes and threads: living, dead, and between.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "forged.h"

#ifndef P_PIDFD
#define P_PIDFD			3
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD		O_EXCL
#endif
#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP	(1UL << 2)
#endif

static int pidfd(pid_t pid, unsigned int flags)
{
	int fd = syscall(SYS_pidfd_open, pid, flags);

	check(fd >= 0);
	return fd;
}

static int send_signal(int fd, int sig)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) ? -errno : 0;
}

static int polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	check(poll(&p, 1, 0) >= 0);
	return p.revents;
}

/* The number that /proc shows, -1 of a process that is gone */
static int shown(int fd)
{
	char path[64], text[512], *line;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	check(read_file(path, text, sizeof(text)) > 0);
	line = strstr(text, "Pid:");
	check(line);
	return atoi(line + 4);
}

static ino_t inode(int fd)
{
	struct stat st;

	check(!fstat(fd, &st));
	return st.st_ino;
}

static void sleeps(void *arg)
{
	for (;;)
		pause();
}

/* -- living ----------------------------------------------------------------------------- */

static void living(void)
{
	siginfo_t info;
	pid_t pid;
	int fd, own, again;

	pid = spawn(sleeps, NULL);
	fd = pidfd(pid, 0);
	again = pidfd(pid, 0);
	own = pidfd(getpid(), 0);
	ready();
	check_equal(shown(fd), pid);
	check_equal(shown(own), getpid());
	check_equal(inode(fd), inode(again));
	check(inode(fd) != inode(own));
	check_equal(send_signal(own, 0), 0);
	check_equal(polled(fd), 0);
	check_equal(send_signal(fd, SIGTERM), 0);
	check(!waitid(P_PIDFD, fd, &info, WEXITED));
	check_equal(info.si_pid, pid);
	check_equal(info.si_status, SIGTERM);
	check_equal(polled(fd), POLLIN | POLLHUP);
	check_equal(send_signal(again, 0), -ESRCH);
	check_equal(shown(fd), -1);
}
TEST_STORIES(living)

/* Nobody waits for a child that has not exited, and the flag is shown. */
static void nonblocking(void)
{
	siginfo_t info;
	pid_t pid;
	int fd;

	pid = spawn(sleeps, NULL);
	fd = pidfd(pid, O_NONBLOCK);
	ready();
	check(fcntl(fd, F_GETFL) & O_NONBLOCK);
	check(waitid(P_PIDFD, fd, &info, WEXITED) == -1 && errno == EAGAIN);
	kill(pid, SIGKILL);
	check(!waitid(P_PID, pid, &info, WEXITED));
}
TEST_STORIES(nonblocking)

static pthread_barrier_t barrier;
static pid_t thread_id;

static void *in_thread(void *arg)
{
	thread_id = gettid();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void of_a_thread(void)
{
	pthread_t thread;
	int fd, flags;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, in_thread, NULL));
	pthread_barrier_wait(&barrier);
	fd = pidfd(thread_id, PIDFD_THREAD);
	flags = fcntl(fd, F_GETFL);
	ready();
	check_equal(fcntl(fd, F_GETFL), flags);
	check(flags & PIDFD_THREAD);
	check_equal(shown(fd), thread_id);
	check_equal(send_signal(fd, 0), 0);
	check_equal(polled(fd), 0);
	pthread_barrier_wait(&barrier);
	check(!pthread_join(thread, NULL));
	check(wait_until(polled(fd) == (POLLIN | POLLHUP)));
}
TEST_STORIES(of_a_thread)

static int shared_fd;

static void waits_for_it(void *arg)
{
	struct pollfd p = { .fd = shared_fd, .events = POLLIN };

	check_equal(poll(&p, 1, -1), 1);
}

/* One descriptor, two processes and a duplicate; one of them waits. */
static void shared(void)
{
	pid_t pid, waiter;
	int copy;

	pid = spawn(sleeps, NULL);
	shared_fd = pidfd(pid, 0);
	copy = dup(shared_fd);
	waiter = spawn(waits_for_it, NULL);
	check(wait_until(is_blocked_in(waiter, waiter, SYS_poll)));
	ready();
	check(wait_until(is_blocked_in(waiter, waiter, -1)));
	check_equal(syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, shared_fd, copy), 0);
	check_equal(send_signal(copy, SIGKILL), 0);
	join(waiter);
	check_equal(waitpid(pid, NULL, 0), pid);
}
TEST_STORIES(shared)

/* -- dead ------------------------------------------------------------------------------------ */

static void exits(void *arg)
{
	_exit(7);
}

static pid_t zombie(int *fd)
{
	pid_t pid = spawn(exits, NULL);

	*fd = pidfd(pid, 0);
	check(wait_until(polled(*fd) == POLLIN));
	return pid;
}

static void of_a_zombie(void)
{
	siginfo_t info;
	pid_t pid;
	int fd;

	pid = zombie(&fd);
	ready();
	check_equal(shown(fd), pid);
	check_equal(polled(fd), POLLIN);
	check_equal(send_signal(fd, 0), 0);
	check(!waitid(P_PIDFD, fd, &info, WEXITED));
	check_equal(info.si_status, 7);
	check_equal(polled(fd), POLLIN | POLLHUP);
}
TEST_STORIES(of_a_zombie)

/* An edge that was reported is not reported again when the zombie comes back. */
static void zombie_in_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd, ep = epoll_create1(0);
	pid_t pid;

	pid = zombie(&fd);
	check(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	check_equal(epoll_wait(ep, &event, 1, 0), 1);
	ready();
	check_equal(epoll_wait(ep, &event, 1, 0), 0);
	check_equal(waitpid(pid, NULL, 0), pid);
}
TEST_STORIES(zombie_in_epoll)

static void child_in_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd, ep = epoll_create1(0);
	pid_t pid;

	pid = spawn(sleeps, NULL);
	fd = pidfd(pid, 0);
	check(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	ready();
	check_equal(epoll_wait(ep, &event, 1, 0), 0);
	check_equal(send_signal(fd, SIGKILL), 0);
	check_equal(epoll_wait(ep, &event, 1, 5000), 1);
	check_equal(waitpid(pid, NULL, 0), pid);
}
TEST_STORIES(child_in_epoll)

/* Gone for good: two pidfds of one process, and one of another */
static void of_the_dead(void)
{
	int fd, again, other;
	siginfo_t info;
	pid_t pid;

	pid = zombie(&fd);
	again = pidfd(pid, 0);
	check_equal(waitpid(pid, NULL, 0), pid);
	pid = zombie(&other);
	check_equal(waitpid(pid, NULL, 0), pid);
	ready();
	check_equal(shown(fd), -1);
	check_equal(polled(fd), POLLIN | POLLHUP);
	check_equal(send_signal(fd, 0), -ESRCH);
	check(waitid(P_PIDFD, fd, &info, WEXITED) == -1 && errno == ECHILD);
	check_equal(inode(fd), inode(again));
	check(inode(fd) != inode(other));
}
TEST_STORIES(of_the_dead)

static void member(void *arg)
{
	check(!setpgid(0, *(pid_t *)arg));
	child_ready();
	sleeps(NULL);
}

/* The leader is gone, and its group is not. */
static void leader_of_a_group(void)
{
	pid_t leader, pid;
	int fd, status;

	leader = fork();
	check(leader >= 0);
	if (!leader) {
		setpgid(0, 0);
		sleeps(NULL);
	}
	check(!setpgid(leader, leader));
	fd = pidfd(leader, 0);
	pid = spawn(member, &leader);
	await_child(pid);
	check(!kill(leader, SIGKILL) && waitpid(leader, NULL, 0) == leader);
	ready();
	check_equal(shown(fd), -1);
	check_equal(send_signal(fd, 0), -ESRCH);
	check(!syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, PIDFD_SIGNAL_PROCESS_GROUP));
	check_equal(waitpid(pid, &status, 0), pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
TEST_STORIES(leader_of_a_group)

/* -- refusals --------------------------------------------------------------------------------- */

static void has_parents(void)
{
	int fd = pidfd(getppid(), 0);

	ready();
	check_equal(send_signal(fd, 0), 0);
}

TEST(outside_refused)
{
	struct subject s;
	char words[64];

	ASSERT_EQ(0, subject_start(&s, has_parents));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "a pidfd leads to process %d (pidfd_test)", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_F(forged, fields)
{
	struct ckpt_rec_file_pidfd *data, truth, lies[] = {
		{ .flags = CKPT_PIDFD_THREAD },
		{ .flags = ~CKPT_PIDFD_THREAD },
		{},
		{},
		{},
	};
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, of_the_dead));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_PIDFD) + 1);
	truth = *data;
	lies[1].gone = truth.gone;
	lies[2].gone = image_find(&self->image, CKPT_REC_PID)->object;
	lies[3].pid = truth.gone;
	lies[4].pid = image_find(&self->image, CKPT_REC_PID)->object;
	lies[4].gone = truth.gone;
	for (i = 0; i < 5; i++) {
		*data = lies[i];
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0))
			TH_LOG("lie %zu", i);
	}
	*data = truth;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
