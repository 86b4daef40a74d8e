// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested_pidns_test.c - pid namespaces of the tree: each task has its numbers at every level
 * again, what names tasks by number means the same, and inits adopt and end what is theirs.
 */
#include <pthread.h>
#include <sys/sem.h>

#include "nested_pidns.h"

/* -- one namespace, and what goes on in it ---------------------------------------------------- */

static volatile sig_atomic_t sender = -1;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	sender = info->si_pid;
}

static void catch_usr1(void)
{
	struct sigaction action = {
		.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART,
	};

	check(!sigaction(SIGUSR1, &action, NULL));
}

/* Its child is left to init. */
static void orphaned(void *arg)
{
	pid_t parent = getppid();

	(void)arg;
	here("orphan");
	check_equal(parent, 40);
	check(wait_until(getppid() == 1));
	write_file("adopted", "", 0);
}

static void leaves_one(void *arg)
{
	pid_t pid = getpid();

	(void)arg;
	check_equal(pid, 40);
	spawn(orphaned, NULL);
	here("leaver");
	check_equal(getpid(), pid);
	check_equal(getppid(), 1);
}

/* Leads a session of its own, and tells init who it is. */
static void signals_init(void *arg)
{
	pid_t pid = getpid();

	(void)arg;
	check(setsid() == pid);
	here("sender");
	check_equal(getpid(), pid);
	check_equal(getsid(0), pid);
	check_equal(getpgrp(), pid);
	/* Nobody kills init from here. */
	check(!kill(1, SIGKILL) && !kill(1, SIGTERM));
	check(!kill(1, SIGUSR1));
}

static void init_with_children(void *arg)
{
	pid_t leaver, sending, zombie, next;
	siginfo_t info;
	int status;

	(void)arg;
	catch_usr1();
	check_equal(getppid(), 0);
	check_equal(getsid(0), 0);
	check_equal(getpgrp(), 0);
	set_last_pid("39");
	leaver = spawn(leaves_one, NULL);
	await("orphan");
	await("leaver");
	sending = spawn(signals_init, NULL);
	await("sender");
	zombie = spawn(exits, (void *)7);
	check(!waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
	set_last_pid("100");
	here("init");
	check_equal(getpid(), 1);
	check_equal(getppid(), 0);
	check_equal(getsid(0), 0);
	check_equal(getpgrp(), 0);
	check_equal(last_pid(), 100);
	next = spawn(exits, NULL);
	check_equal(next, 101);
	join(next);
	join(sending);
	check_equal(sender, sending);
	check(waitpid(zombie, &status, 0) == zombie);
	check_equal(WEXITSTATUS(status), 7);
	join(leaver);
	await("adopted");
	check(wait(&status) == 41 && !status);
	/* and from outside */
	sender = -1;
	write_file("outside", "", 0);
	check(wait_until(sender >= 0));
	check_equal(sender, 0);
}

static void one_namespace(void)
{
	char before[64], after[64];
	pid_t pid;

	pid = spawn_init(init_with_children, NULL);
	await("init");
	numbers_of(pid, before, sizeof(before));
	ready();
	numbers_of(pid, after, sizeof(after));
	check(!strcmp(before, after));
	looked();
	await("outside");
	check(!kill(pid, SIGUSR1));
	join(pid);
	/* What is in the directory is of one life. */
	unlink("adopted");
	unlink("outside");
	look_again();
}
TEST_STORIES(one_namespace)

/* -- its init ends, and all with it ------------------------------------------------------------ */

static void init_that_ends(void *arg)
{
	(void)arg;
	spawn(waits, "one");
	spawn(waits, "two");
	await("one");
	await("two");
	here("init");
	_exit(3);
}

static void ends_with_init(void)
{
	int fds[2], status;
	pid_t pid;
	char c;

	check(!pipe(fds));
	pid = spawn_init(init_that_ends, NULL);
	await("init");
	close(fds[1]);
	ready();
	looked();
	check(waitpid(pid, &status, 0) == pid);
	check_equal(WEXITSTATUS(status), 3);
	/* Nobody has it any more. */
	check_equal(read(fds[0], &c, 1), 0);
	look_again();
}
TEST_STORIES(ends_with_init)

/* -- the first thread of the init has exited ---------------------------------------------------- */

static void left_behind(void *arg)
{
	(void)arg;
	here("left");
	check(wait_until(getppid() == 1));
}

static void leaves_at_once(void *arg)
{
	spawn(left_behind, NULL);
	await("left");
}

static void *is_init(void *arg)
{
	pid_t pid;
	int status;

	(void)arg;
	check(gettid() == 2 && getpid() == 1);
	pid = spawn(leaves_at_once, NULL);
	join(pid);
	here("init");
	check(gettid() == 2 && getpid() == 1);
	check(wait(&status) == pid + 1 && !status);
	_exit(6);
}

static void init_without_leader(void *arg)
{
	pthread_t thread;

	(void)arg;
	check(!pthread_create(&thread, NULL, is_init, NULL));
	syscall(SYS_exit, 1);
}

static void outlived_init(void)
{
	int status;
	pid_t pid = spawn_init(init_without_leader, NULL);

	await("init");
	ready();
	looked();
	check(waitpid(pid, &status, 0) == pid);
	check_equal(WEXITSTATUS(status), 6);
	look_again();
}
TEST_STORIES(outlived_init)

/* -- several levels, and several beside each other --------------------------------------------- */

static void levels(void) { have_levels(true); }
TEST_STORIES(levels)

/* -- what names tasks by number ---------------------------------------------------------------- */

static volatile sig_atomic_t ticks;

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

static pid_t thread_id;

static void *in_thread(void *arg)
{
	pthread_mutex_t *mutex = arg;

	thread_id = gettid();
	check(!pthread_mutex_lock(mutex));
	here("thread");
	check_equal(gettid(), thread_id);
	check(!pthread_mutex_unlock(mutex));
	check(wait_until(ticks));
	return NULL;
}

/* Mutexes with the owner's number in them, locked in common by a thread */
static void set_robust(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	check(!pthread_mutex_init(mutex, &attr));
}

static timer_t timer_for(pid_t tid)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2,
	};
	timer_t timer;

	event._sigev_un._tid = tid;
	signal(SIGUSR2, on_tick);
	check(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	return timer;
}

static void init_with_numbers(void *arg)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	int fds[2], sem = *(int *)arg;
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	pthread_mutex_t mutex;
	pthread_t thread;
	timer_t timer;

	set_robust(&mutex);
	check(!pthread_create(&thread, NULL, in_thread, &mutex));
	await("thread");
	timer = timer_for(thread_id);
	check(!pipe(fds) && !fcntl(fds[0], F_SETOWN, 1));
	check(!semop(sem, &up, 1));
	here("init");
	check_equal(fcntl(fds[0], F_GETOWN), 1);
	check_equal(semctl(sem, 0, GETPID), 1);
	check(!timer_settime(timer, 0, &soon, NULL));
	check(!pthread_join(thread, NULL));
	check(!pthread_mutex_lock(&mutex) && !pthread_mutex_unlock(&mutex));
}

static void numbers(void)
{
	int sem = semget(IPC_PRIVATE, 1, 0600), fd, status;
	pid_t pid;

	check(sem >= 0);
	pid = spawn_init(init_with_numbers, &sem);
	await("init");
	await("thread");
	check_equal(semctl(sem, 0, GETPID), pid);
	fd = syscall(SYS_pidfd_open, pid, 0);
	check(fd >= 0);
	ready();
	check_equal(semctl(sem, 0, GETPID), pid);
	looked();
	check(!syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, 0);
	check(!semctl(sem, 0, IPC_RMID));
	look_again();
}
TEST_KILLED(numbers)
TEST_TWICE(numbers)

TEST_HARNESS_MAIN
