// SPDX-License-Identifier: GPL-2.0-only
/*
 * end_test.c - a tree that ends with its image: signals that come too late for it,
 * what its death leaves behind, who may end it.
 */
#include <pthread.h>

#include "checkpoint_test.h"

static volatile int hits;

static void on_hit(int sig)
{
	hits += sig == SIGUSR1;
}

static long end_held(struct subject *s, unsigned long flags)
{
	return sys_checkpoint(0, s->cargs.hold_fd, CHECKPOINT_END | flags, NULL, 0);
}

static long end_and_close(struct subject *s)
{
	long ret = end_held(s, 0);

	close(s->cargs.hold_fd);
	return ret;
}

/* -- signals --------------------------------------------------------------------------- */

static void counts_signals(void)
{
	signal(SIGUSR1, on_hit);
	ready();
	check(wait_until(hits));
}

/* The image lacks it, so the program is not killed. */
TEST(signal_before_the_end)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, counts_signals));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(s.pid, SIGUSR1));
	EXPECT_EQ(-EAGAIN, end_held(&s, 0));
	/* It is still held, and runs when nobody holds it. */
	EXPECT_EQ(-EAGAIN, end_and_close(&s));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* For who has begun to run the image: two must not live. */
TEST(signal_before_the_end_forced)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, counts_signals));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(s.pid, SIGUSR1));
	EXPECT_EQ(-EAGAIN, end_held(&s, 0));
	EXPECT_EQ(0, end_held(&s, CHECKPOINT_FORCE));
	/* It holds nothing any more. */
	EXPECT_EQ(-EINVAL, end_and_close(&s));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
	EXPECT_EQ(-EINVAL, sys_checkpoint(getpid(), 0, CHECKPOINT_FORCE, NULL, 0));
	EXPECT_EQ(-EINVAL, sys_checkpoint(0, 0, CHECKPOINT_END | CHECKPOINT_KILL, NULL, 0));
	subject_kill(&s);
}

static void has_pending_ones(void)
{
	union sigval value = { .sival_int = 1 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	check(!sigqueue(getpid(), SIGRTMIN, value) && !kill(getpid(), SIGUSR2));
	check(!pthread_kill(pthread_self(), SIGUSR2));
	ready();
	check_equal(sigwaitinfo(&set, NULL), SIGUSR2);
	check_equal(sigwaitinfo(&set, NULL), SIGUSR2);
	check_equal(sigwaitinfo(&set, &info), SIGRTMIN);
	check_equal(info.si_value.sival_int, 1);
}

/* What the image has is no reason to let it live; one more of the same kind is. */
TEST(signals_of_the_image_and_one_more)
{
	union sigval value = { .sival_int = 2 };
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, has_pending_ones));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, sigqueue(s.pid, SIGRTMIN, value));
	EXPECT_EQ(-EAGAIN, end_and_close(&s));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	EXPECT_EQ(0, end_and_close(&s));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- a stalled image ----------------------------------------------------------------- */

static void locks_a_file(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open(test_file("locked"), O_RDWR | O_CREAT, 0600);

	check(!fcntl(fd, F_SETLK, &lock));
	big_memory(16 << 20);
	ready();
}

static bool is_locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };

	return fcntl(fd, F_GETLK, &lock) || lock.l_type != F_UNLCK;
}

/* The caller keeps nothing open on its behalf. */
TEST(killed_while_the_image_stalls)
{
	struct subject s;
	int fd, reader;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, locks_a_file));
	fd = open(test_file("locked"), O_RDWR | O_CLOEXEC);
	ASSERT_TRUE(is_locked(fd));
	pid = save_to_pipe(&s, CHECKPOINT_KILL, &reader);
	EXPECT_TRUE(is_locked(fd));
	kill(s.pid, SIGKILL);
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_FALSE(is_locked(fd));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	close(reader);
	answer_of(pid);
	close(fd);
	subject_kill(&s);
}

/* -- the end ------------------------------------------------------------------------------ */

/* A dead owner's mutex is marked, a living one's is not. */
static void holds_a_robust_mutex(void)
{
	int fd = open(test_file("mutex"), O_RDWR | O_CREAT, 0600);
	pthread_mutexattr_t attr;
	pthread_mutex_t *mutex;

	check(!ftruncate(fd, 4096));
	mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(mutex != MAP_FAILED);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	check(!pthread_mutex_init(mutex, &attr) && !pthread_mutex_lock(mutex));
	check(!msync(mutex, 4096, MS_SYNC));
	ready();
	check_equal(*(volatile int *)mutex, gettid());
	check(!pthread_mutex_unlock(mutex));
}

TEST(robust_mutex_in_a_file_killed)
{
	ASSERT_EQ(0, story_killed(holds_a_robust_mutex));
}

TEST(robust_mutex_in_a_file_ended)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, holds_a_robust_mutex));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, end_and_close(&s));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

static int hold_itself(void)
{
	struct checkpoint_args args = {};
	int fd = open(test_file("itself"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	check(sys_checkpoint(getpid(), fd, CHECKPOINT_FROZEN | CHECKPOINT_ARGS, &args,
			     sizeof(args)) > 0);
	close(fd);
	return args.hold_fd;
}

static void ends_as_a_user(void *arg)
{
	check(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	check_equal(sys_checkpoint(0, *(int *)arg, CHECKPOINT_END, NULL, 0), -EPERM);
}

/* It runs, though it is part of what it holds: not everybody may end it. */
static void held_by_itself(void)
{
	int hold = hold_itself();

	join(spawn(ends_as_a_user, &hold));
	write_file("refused", "", 0);
	close(hold);
	sys_checkpoint(0, hold_itself(), CHECKPOINT_END, NULL, 0);
	check(!"it has ended");
}

static void starts_when_told(void)
{
	ready();
	held_by_itself();
}

TEST(end_of_a_tree_that_holds_itself)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, starts_when_told));
	ASSERT_TRUE(set_policy("0"));
	subject_go(&s, 1);
	EXPECT_GT(0, subject_wait(&s));
	EXPECT_TRUE(set_policy("1"));
	EXPECT_EQ(0, access(test_file("refused"), F_OK));
	EXPECT_TRUE(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
}

TEST_HARNESS_MAIN
