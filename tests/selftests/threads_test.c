// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads_test.c - processes of many threads: ids, thread-local memory, locks, and
 * threads blocked in different calls.  10,000 of them are in threads_many_test.c.
 */
#include "threads.h"

static void one_thread(void)
{
	threads(1);
}
TEST_STORIES(one_thread)

static void ten_threads(void)
{
	threads(10);
}
TEST_STORIES(ten_threads)

static void hundred_threads(void)
{
	threads(100);
}
TEST_STORIES(hundred_threads)

static void thousand_threads(void)
{
	threads(1000);
}
TEST_KILLED(thousand_threads)
TEST_LEFT_RUNNING(thousand_threads)

/* -- locks held across the checkpoint ------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int turn;

static void *takes_turns(void *arg)
{
	int self = (intptr_t)arg, i;

	pthread_barrier_wait(&barrier);
	for (i = 0; i < 100; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 4 != self)
			pthread_cond_wait(&changed, &mutex);
		turn++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void mutex_and_condition(void)
{
	pthread_t ids[4];
	intptr_t i;

	pthread_barrier_init(&barrier, NULL, 5);
	for (i = 0; i < 4; i++)
		check(!pthread_create(&ids[i], NULL, takes_turns, (void *)i));
	pthread_mutex_lock(&mutex);
	pthread_barrier_wait(&barrier);
	sleep_ms(20);
	ready();
	pthread_mutex_unlock(&mutex);
	for (i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	check_equal(turn, 400);
}
TEST_STORIES(mutex_and_condition)

/* A robust mutex is found out of order when its owner dies after the restart. */
static pthread_mutex_t robust;
static sem_t may_die;

static void *dies_with_mutex(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&robust);
	pthread_barrier_wait(&barrier);
	while (sem_wait(&may_die))
		;
	return NULL;
}

static void robust_mutex(void)
{
	pthread_mutexattr_t attr;
	pthread_t id;

	sem_init(&may_die, 0, 0);
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	check(!pthread_create(&id, NULL, dies_with_mutex, NULL));
	pthread_barrier_wait(&barrier);
	ready();
	check_equal(pthread_mutex_trylock(&robust), EBUSY);
	sem_post(&may_die);
	check_equal(pthread_mutex_lock(&robust), EOWNERDEAD);
	pthread_join(id, NULL);
}
TEST_STORIES(robust_mutex)

/* -- what a thread has for itself ---------------------------------------------------------- */

static void *named_thread(void *arg)
{
	char name[16];

	prctl(PR_SET_NAME, "worker");
	check(!prctl(PR_SET_TIMERSLACK, 123456));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	prctl(PR_GET_NAME, name);
	check(!strcmp(name, "worker"));
	check_equal(prctl(PR_GET_TIMERSLACK), 123456);
	return arg;
}

static void thread_names_and_slack(void)
{
	pthread_t id;
	char name[16];

	prctl(PR_SET_NAME, "a leader");
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&id, NULL, named_thread, NULL));
	pthread_barrier_wait(&barrier);
	ready();
	prctl(PR_GET_NAME, name);
	check(!strcmp(name, "a leader"));
	pthread_barrier_wait(&barrier);
	pthread_join(id, NULL);
}
TEST_STORIES(thread_names_and_slack)

/* New threads come and old ones end all the time. */
static void *short_lived(void *arg)
{
	return arg;
}

static void spawns_threads(void)
{
	void *result;
	pthread_t id;
	intptr_t i;

	write_file("ready1", "", 0);
	for (i = 0; access(test_file("go1"), F_OK); i++) {
		check(!pthread_create(&id, NULL, short_lived, (void *)i));
		check(!pthread_join(id, &result));
		check_equal((intptr_t)result, i);
	}
}

TEST(caught_while_making_threads)
{
	struct subject s;
	int i, busy = 0;
	long ret;

	ASSERT_EQ(0, subject_start(&s, spawns_threads));
	for (i = 0; i < 10; i++) {
		sleep_ms(3);
		ret = subject_save(&s, CHECKPOINT_KILL);
		if (ret == -EAGAIN && busy++ < 20) {	/* a thread was just exiting */
			i--;
			continue;
		}
		ASSERT_LT(0, ret);
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, busy);
}

/* -- a process made by a thread -------------------------------------------------------------- */

static pid_t child_of_thread;

static void waits_for_file(void *arg)
{
	(void)arg;
	check(wait_until(!access(test_file("go1"), F_OK)));
}

static void *forks(void *arg)
{
	child_of_thread = spawn(waits_for_file, NULL);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	join(child_of_thread);
	return arg;
}

static void thread_with_a_child(void)
{
	pthread_t id;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&id, NULL, forks, NULL));
	pthread_barrier_wait(&barrier);
	ready();
	pthread_barrier_wait(&barrier);
	pthread_join(id, NULL);
}
TEST_KILLED(thread_with_a_child)
TEST_TWICE(thread_with_a_child)

TEST_HARNESS_MAIN
