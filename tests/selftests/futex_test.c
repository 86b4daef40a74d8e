// SPDX-License-Identifier: GPL-2.0-only
/*
 * futex_test.c - futexes that hand on priority, waits for one of several, and who waits for
 * what somebody outside holds.
 */
#include <linux/futex.h>
#include <linux/time_types.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include "checkpoint_test.h"

static volatile pid_t waiter;
static volatile long answer;
static volatile bool has_it;

static long futex(volatile uint32_t *word, int op, uint32_t value, unsigned long more,
		  volatile uint32_t *second, uint32_t third)
{
	return syscall(SYS_futex, word, op, value, more, second, third) < 0 ? -errno : 0;
}

static bool waits(void)
{
	return waiter && is_blocked_in(getpid(), waiter, -1);
}

static pthread_t begin(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, run, arg));
	check(wait_until(waits()));
	return thread;
}

/* -- an owner and who waits for it ------------------------------------------------------------ */

static void *locks(void *arg)
{
	waiter = gettid();
	check(!pthread_mutex_lock(arg));
	has_it = true;
	check(!pthread_mutex_unlock(arg));
	return NULL;
}

static void init_pi(pthread_mutex_t *mutex, int shared)
{
	pthread_mutexattr_t attr;

	check(!pthread_mutexattr_init(&attr));
	check(!pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
	check(!pthread_mutexattr_setpshared(&attr, shared));
	check(!pthread_mutex_init(mutex, &attr));
}

static void owner_and_waiter(void)
{
	static pthread_mutex_t mutex;
	pthread_t thread;

	init_pi(&mutex, PTHREAD_PROCESS_PRIVATE);
	check(!pthread_mutex_lock(&mutex));
	thread = begin(locks, &mutex);
	ready();
	check(wait_until(waits()));
	check(!has_it);
	check(!pthread_mutex_unlock(&mutex));
	check(!pthread_join(thread, NULL));
	check(has_it);
	check(!pthread_mutex_trylock(&mutex));
}
TEST_STORIES(owner_and_waiter)

static pthread_mutex_t *common;

static void locks_in_a_child(void *arg)
{
	(void)arg;
	child_ready();
	check(!pthread_mutex_lock(common));
	check(!pthread_mutex_unlock(common));
}

/* The word says who has it; the kernel knows of no owner before somebody waits. */
static void owner_in_another_process(void)
{
	pid_t pid;

	common = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(common != MAP_FAILED);
	init_pi(common, PTHREAD_PROCESS_SHARED);
	check(!pthread_mutex_lock(common));
	pid = spawn(locks_in_a_child, NULL);
	await_child(pid);
	check(wait_until(is_blocked_in(pid, pid, -1)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, -1)));
	check(!pthread_mutex_unlock(common));
	join(pid);
}
TEST_STORIES(owner_in_another_process)

/* -- from one futex to another -------------------------------------------------------------- */

static volatile uint32_t first, second;

static void *waits_to_be_moved(void *arg)
{
	(void)arg;
	waiter = gettid();
	answer = futex(&first, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, 0, &second, 0);
	check_equal(second & FUTEX_TID_MASK, (uint32_t)gettid());
	check(!futex(&second, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, NULL, 0));
	return NULL;
}

static void moved_to_one_with_an_owner(void)
{
	pthread_t thread;

	check(!futex(&second, FUTEX_LOCK_PI_PRIVATE, 0, 0, NULL, 0));
	answer = 1;
	thread = begin(waits_to_be_moved, NULL);
	ready();
	check(wait_until(waits()));
	check(!futex(&first, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &second, 0));
	check_equal(answer, 1);
	check(!futex(&second, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, NULL, 0));
	check(!pthread_join(thread, NULL));
	check_equal(answer, 0);
}
TEST_STORIES(moved_to_one_with_an_owner)

/* -- one of several ---------------------------------------------------------------------- */

static void *waits_for_several(void *arg)
{
	struct futex_waitv several[] = {
		{ .uaddr = (uintptr_t)&first, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG },
		{ .uaddr = (uintptr_t)&second, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG },
	};
	struct __kernel_timespec *until = arg;

	waiter = gettid();
	answer = syscall(SYS_futex_waitv, several, 2, 0, until, CLOCK_MONOTONIC);
	if (answer < 0)
		answer = -errno;
	return NULL;
}

static void second_of_two(void)
{
	pthread_t thread = begin(waits_for_several, NULL);

	ready();
	check(wait_until(waits()));
	check(!futex(&second, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0));
	check(!pthread_join(thread, NULL));
	check_equal(answer, 1);
}
TEST_STORIES(second_of_two)

static void none_of_two(void)
{
	struct __kernel_timespec until = {};
	struct timespec now;
	pthread_t thread;

	check(!clock_gettime(CLOCK_MONOTONIC, &now));
	until.tv_sec = now.tv_sec + 2;
	thread = begin(waits_for_several, &until);
	ready();
	check(!pthread_join(thread, NULL));
	check_equal(answer, -ETIMEDOUT);
}
TEST_STORIES(none_of_two)

/* -- somebody outside ------------------------------------------------------------------------ */

static uint32_t *in_a_file(void)
{
	int fd = open("/tmp/futex-in-common", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	uint32_t *word;

	check(!ftruncate(fd, 4096));
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(word != MAP_FAILED);
	close(fd);
	return word;
}

static void owns(void)
{
	uint32_t *word = in_a_file();

	check(!futex(word, FUTEX_LOCK_PI, 0, 0, NULL, 0));
	ready();
	check(!futex(word, FUTEX_UNLOCK_PI, 0, 0, NULL, 0));
}

static void waits_outside(void *arg)
{
	(void)arg;
	check(!futex(in_a_file(), FUTEX_LOCK_PI, 0, 0, NULL, 0));
}

TEST(waiter_outside_refused)
{
	struct subject s;
	pid_t pid;

	unlink("/tmp/futex-in-common");
	ASSERT_EQ(0, subject_start(&s, owns));
	pid = spawn(waits_outside, NULL);
	ASSERT_TRUE(wait_until(is_blocked_in(pid, pid, -1)));
	EXPECT_GT(0, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, "holds a priority-inheritance futex that a task outside waits for"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	join(pid);
	unlink("/tmp/futex-in-common");
}

TEST_HARNESS_MAIN
