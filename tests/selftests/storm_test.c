// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm_test.c - processes that are born, execute, end, change sessions, start threads and
 * send signals as fast as they can, saved again and again while they do: every image
 * restarts, nearly every checkpoint succeeds, and what they count is right in the end.
 *
 * STORM_FULL=1 in the environment: 1,000 checkpoints in a row.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "checkpoint_test.h"

#define WORKERS	4

static uint64_t seed;
static unsigned long *acts_done;	/* in memory that all share */

static unsigned int chance(unsigned int nr)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % nr;
}

static void ends_with(pid_t pid, int wanted)
{
	int status;

	check(pid > 0);
	check_equal(waitpid(pid, &status, 0), pid);
	check_equal(status, wanted);
}

static void forks(void)
{
	int code = chance(100);
	pid_t pid = fork();

	if (!pid)
		_exit(code);
	ends_with(pid, code << 8);
}

static void vforks(void)
{
	int code = chance(100);
	pid_t pid = vfork();

	if (!pid)
		_exit(code);
	ends_with(pid, code << 8);
}

void after_exec(void)
{
	_exit(77);
}

static void executes(void)
{
	static char *args[] = { "storm", NULL }, *env[] = { "CHECKPOINT_TEST_AFTER_EXEC=x", NULL };
	pid_t pid = chance(2) ? vfork() : fork();

	if (!pid) {
		execve("/proc/self/exe", args, env);
		_exit(1);
	}
	ends_with(pid, 77 << 8);
}

static void *adds(void *arg)
{
	__atomic_add_fetch((int *)arg, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void starts_threads(void)
{
	pthread_t threads[4];
	int count = 0, i;

	for (i = 0; i < 4; i++)
		check(!pthread_create(&threads[i], NULL, adds, &count));
	for (i = 0; i < 4; i++)
		check(!pthread_join(threads[i], NULL));
	check_equal(count, 4);
}

static void leads(void)
{
	bool session = chance(2);
	pid_t pid = fork();

	if (!pid) {
		check(session ? setsid() == getpid() : !setpgid(0, 0));
		check_equal(getpgid(0), getpid());
		_exit(0);
	}
	ends_with(pid, 0);
}

static volatile sig_atomic_t counted;

static void count(int nr)
{
	counted++;
}

static void sends_signals(void)
{
	union sigval value = {};
	int i;

	counted = 0;
	for (i = 0; i < 10; i++)
		check(!sigqueue(getpid(), SIGRTMIN, value));
	check_equal(counted, 10);
}

/* The orphan goes to the root, which waits for it. */
static void leaves_an_orphan(void)
{
	pid_t pid = fork();

	if (!pid) {
		if (!fork())
			_exit(5);
		_exit(6);
	}
	ends_with(pid, 6 << 8);
}

static void kills(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	check(!kill(pid, SIGKILL));
	ends_with(pid, SIGKILL);
}

static int exits_with(void *arg)
{
	return (intptr_t)arg;
}

static void clones(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	int code = chance(100);
	int flags = chance(2) ? CLONE_VM : CLONE_FILES | CLONE_FS;

	ends_with(clone(exits_with, stack + sizeof(stack), flags | SIGCHLD,
			(void *)(intptr_t)code), code << 8);
}

static void talks(void)
{
	int fds[2], back[2], i;
	pid_t pid;
	char c;

	check(!pipe(fds) && !pipe(back));
	pid = fork();
	if (!pid) {
		for (i = 0; i < 10; i++)
			check(read(fds[0], &c, 1) == 1 && write(back[1], &c, 1) == 1);
		_exit(0);
	}
	for (i = 0; i < 10; i++) {
		char sent = 'a' + i;

		check(write(fds[1], &sent, 1) == 1);
		check(read(back[0], &c, 1) == 1);
		check_equal(c, sent);
	}
	ends_with(pid, 0);
	for (i = 0; i < 2; i++) {
		close(fds[i]);
		close(back[i]);
	}
}

static void (* const acts[])(void) = {
	forks, vforks, executes, starts_threads, leads, sends_signals, leaves_an_orphan, kills,
	clones, talks,
};

static void storms(void *arg)
{
	seed = 88172645463325252ULL + (intptr_t)arg;
	signal(SIGRTMIN, count);
	while (access("stop", F_OK)) {
		acts[chance(sizeof(acts) / sizeof(acts[0]))]();
		__atomic_add_fetch(acts_done, 1, __ATOMIC_RELAXED);
	}
}

/* Reaps orphans until it is told to stop, and then the workers. */
static void storm(void)
{
	int status, left = WORKERS, i;
	pid_t pids[WORKERS], pid;

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	check(!chdir(test_dir));
	acts_done = mmap(NULL, sizeof(*acts_done), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(acts_done != MAP_FAILED);
	for (i = 0; i < WORKERS; i++)
		pids[i] = spawn(storms, (void *)(intptr_t)(i + 1));
	write_file("ready1", "", 0);
	while (left) {
		if (!access("go1", F_OK))
			write_file("stop", "", 0);
		pid = waitpid(-1, &status, 0);
		check(pid > 0);
		for (i = 0; i < WORKERS && pids[i] != pid; i++)
			;
		check_equal(status, i < WORKERS ? 0 : 5 << 8);
		left -= i < WORKERS;
	}
	write_file("acts", acts_done, sizeof(*acts_done));
}

static int rounds(void)
{
	const char *full = getenv("STORM_FULL");

	return full && *full != '0' ? 1000 : 60 / time_scale();
}

FIXTURE(storm) {};

FIXTURE_SETUP(storm)
{
	seed = 1;
}

FIXTURE_TEARDOWN(storm)
{
}

/* Every second time the program is killed and its image brought back. */
TEST_F_TIMEOUT(storm, every_image_restarts, 600)
{
	int nr = rounds(), refused = 0, i, fd;
	unsigned long done = 0;
	struct subject s;
	long ret;

	ASSERT_EQ(0, subject_start(&s, storm));
	for (i = 0; i < nr; i++) {
		bool end = i % 2;

		sleep_ms(chance(20));
		ret = subject_save(&s, end ? CHECKPOINT_KILL : 0);
		refused += ret < 0;
		if (ret < 0 || !end)
			continue;
		ASSERT_EQ(0, subject_restart(&s, 0)) {
			tell("in round %d", i);
		}
	}
	/* Fewer than one in a hundred; of fewer than that, one */
	EXPECT_LE(refused, nr > 100 ? (nr - 1) / 100 : 1);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	fd = open(test_file("acts"), O_RDONLY);
	EXPECT_EQ(sizeof(done), read(fd, &done, sizeof(done)));
	EXPECT_LT(nr, done);
	tell("%lu acts, %d of %d checkpoints were refused", done, refused, nr);
}

TEST_HARNESS_MAIN
