// SPDX-License-Identifier: GPL-2.0-only
/*
 * signalfd_test.c - signals read from a descriptor: which, by whom, and who waits for them.
 */
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include "forged.h"

static int fd;

static sigset_t set_of(int one, int two)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, one);
	if (two)
		sigaddset(&set, two);
	return set;
}

static void make(int one, int two)
{
	sigset_t set = set_of(one, two), all = set_of(SIGUSR1, SIGRTMIN + 1);

	check(!sigprocmask(SIG_BLOCK, &all, NULL));
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	check(fd >= 0);
}

/* The next signal with its value, or a negative errno */
static int next_signal(int *value)
{
	struct signalfd_siginfo info = {};

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return -errno;
	if (value)
		*value = info.ssi_int;
	return info.ssi_signo;
}

static void send_value(int sig, int value)
{
	check(!sigqueue(getpid(), sig, (union sigval) { .sival_int = value }));
}

/* Which signals it reads; what is pending has a place of its own. */
static void mask(void)
{
	int value = 0;

	make(SIGRTMIN + 1, 0);
	send_value(SIGRTMIN + 1, 7);
	send_value(SIGRTMIN + 1, 8);
	check(!kill(getpid(), SIGUSR1));
	ready();
	check_equal(next_signal(&value), SIGRTMIN + 1);
	check_equal(value, 7);
	check_equal(next_signal(&value), SIGRTMIN + 1);
	check_equal(value, 8);
	check_equal(next_signal(NULL), -EAGAIN);
	send_value(SIGRTMIN + 1, 9);
	check_equal(next_signal(&value), SIGRTMIN + 1);
	check_equal(value, 9);
}
TEST_STORIES(mask)

static void poll_finds_it(void)
{
	struct pollfd p;

	make(SIGUSR1, 0);
	ready();
	p = (struct pollfd) { .fd = fd, .events = POLLIN };
	check_equal(poll(&p, 1, 0), 0);
	check(!kill(getpid(), SIGUSR1));
	check_equal(poll(&p, 1, 0), 1);
	check_equal(next_signal(NULL), SIGUSR1);
}
TEST_STORIES(poll_finds_it)

static void reads_its_own(void *arg)
{
	child_ready();
	check_equal(next_signal(NULL), -EAGAIN);
	check(!kill(getpid(), SIGUSR1));
	check_equal(next_signal(NULL), SIGUSR1);
}

/* One descriptor, two processes: each reads its own signals, and sees a new mask. */
static void shared(void)
{
	sigset_t both = set_of(SIGUSR1, SIGRTMIN + 1);
	pid_t pid;
	int copy;

	make(SIGUSR1, 0);
	copy = dup(fd);
	pid = spawn(reads_its_own, NULL);
	await_child(pid);
	check(!kill(getpid(), SIGUSR1));
	ready();
	join(pid);
	check_equal(syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, fd, copy), 0);
	check_equal(next_signal(NULL), SIGUSR1);
	check_equal(signalfd(copy, &both, 0), copy);
	send_value(SIGRTMIN + 1, 1);
	check_equal(next_signal(NULL), SIGRTMIN + 1);
}
TEST_STORIES(shared)

static void wait_for_it(void *arg)
{
	check(!fcntl(fd, F_SETFL, 0));
	check_equal(next_signal(NULL), SIGUSR1);
}

static void blocked_reader(void)
{
	pid_t pid;

	make(SIGUSR1, 0);
	pid = spawn(wait_for_it, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	check(!kill(pid, SIGUSR1));
	join(pid);
}
TEST_STORIES(blocked_reader)

static void keep_inherited(void)
{
	ready();
	check_equal(next_signal(NULL), -EAGAIN);
}

TEST(open_outside_refused)
{
	struct subject s;
	char words[64];

	make(SIGUSR1, 0);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, keep_inherited));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "a signalfd is open in process %d", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* What signalfd(2) leaves out by itself, no honest image has. */
TEST_F(forged, signals_that_cannot_be_read)
{
	struct ckpt_rec_file_signalfd *data;

	ASSERT_EQ(0, subject_start(&self->s, poll_finds_it));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_SIGNALFD) + 1);
	data->mask = ~0ULL;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

TEST_HARNESS_MAIN
