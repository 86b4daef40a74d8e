// SPDX-License-Identifier: GPL-2.0-only
/*
 * scale_test.c - what a checkpoint costs for each process, lock and mapping must not
 * grow with their number.  It prints what it measured; SCALE_FULL=1 in the environment
 * measures the largest trees too, for Documentation/performance.md, where the command is.
 * That is for a guest whose clocks count instructions: it asks for narrower ratios.
 */
#include <sys/file.h>
#include <sys/resource.h>

#include "checkpoint_test.h"

static unsigned int size;	/* of the tree that is measured now */

static bool full(void)
{
	return getenv("SCALE_FULL");
}

/* -- measuring -------------------------------------------------------------------------- */

struct cost {
	double made;	/* by the program itself */
	double check;
	double save;
	double restart;
};

static void raise_limits(void)
{
	struct rlimit limit = { .rlim_cur = 65536, .rlim_max = 65536 };

	setrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = RLIM_INFINITY;
	limit.rlim_max = RLIM_INFINITY;
	setrlimit(RLIMIT_NPROC, &limit);
}

static double ms_since(uint64_t start)
{
	return (now_ns(CLOCK_MONOTONIC) - start) / 1e6;
}

static bool measure_restart(struct subject *s, struct cost *cost)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	if (subject_save(s, 0) < 0)
		return false;
	cost->save = ms_since(start);
	subject_kill(s);
	reap_all();
	start = now_ns(CLOCK_MONOTONIC);
	if (subject_restart(s, 0))
		return false;
	cost->restart = ms_since(start);
	return true;
}

/* In milliseconds */
static bool measure(void (*run)(void), struct cost *cost)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	struct subject s;
	bool ok;

	raise_limits();
	if (subject_start(&s, run))
		return false;
	cost->made = ms_since(start);
	start = now_ns(CLOCK_MONOTONIC);
	ok = subject_save(&s, CHECKPOINT_CHECK) >= 0;
	cost->check = ms_since(start);
	if (ok)
		ok = measure_restart(&s, cost);
	subject_kill(&s);
	reap_all();
	return ok;
}

/*
 * Ten times as many may cost ten times as much; on a busy machine thrice that, but what is
 * quadratic costs a hundred times as much.  What took less than a moment says nothing.
 */
static bool too_much(double now, double before)
{
	return now > (full() ? 13 : 30) * (before < 10 ? 10 : before);
}

static void is_linear(struct __test_metadata *_metadata, const char *what, void (*run)(void),
		      const unsigned int *sizes, bool restart_as_made)
{
	struct cost before = { 1e6, 1e6, 1e6, 1e6 }, now;

	for (; *sizes; sizes++, before = now) {
		size = *sizes;
		now = (struct cost) {};
		ASSERT_TRUE(measure(run, &now));
		tell("%u %s: made in %.0f ms, --check %.0f ms, checkpoint %.0f ms, restart %.0f ms",
		     size, what, now.made, now.check, now.save, now.restart);
		EXPECT_FALSE(too_much(now.check, before.check));
		EXPECT_FALSE(too_much(now.save, before.save));
		/* The same system calls do the same work again. */
		if (restart_as_made && now.restart < 3 * now.made)
			continue;
		EXPECT_FALSE(too_much(now.restart, before.restart));
	}
}

FIXTURE(scale)
{
};

FIXTURE_SETUP(scale)
{
}

FIXTURE_TEARDOWN(scale)
{
}

/* -- daemons ---------------------------------------------------------------------------- */

static void daemon_sleeps(void)
{
	for (;;)
		pause();
}

/* All in one session and group, whose leader is dead */
static void session_leader(void)
{
	unsigned int i;

	setsid();
	for (i = 0; i < size; i++) {
		pid_t pid = fork();

		check(pid >= 0);
		if (!pid)
			daemon_sleeps();
	}
	_exit(0);
}

static void daemons(void)
{
	pid_t leader;

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	leader = fork();
	if (!leader)
		session_leader();
	check(waitpid(leader, NULL, 0) == leader);
	ready();
}

static const unsigned int few[] = { 100, 1000, 0 };
static const unsigned int many[] = { 100, 1000, 10000, 0 };

TEST_F_TIMEOUT(scale, daemons_without_a_leader, 600)
{
	is_linear(_metadata, "daemons with a dead session leader", daemons, full() ? many : few,
		  false);
}

/* -- locks ------------------------------------------------------------------------------- */

#define DESCRIPTORS	1000

/*
 * On one inode, set through a thousand descriptors.  The kernel compares each lock that is
 * set with all that the inode has, whoever sets it: to set them is quadratic.
 */
static void locks(void)
{
	int fds[DESCRIPTORS];
	unsigned int i;

	for (i = 0; i < DESCRIPTORS; i++) {
		fds[i] = open(test_file("locked"), O_RDWR | O_CREAT, 0600);
		check(fds[i] >= 0);
	}
	for (i = size; i--; ) {
		struct flock lock = { .l_type = F_WRLCK, .l_start = 2UL * i, .l_len = 1 };

		check(!fcntl(fds[i % DESCRIPTORS], F_SETLK, &lock));
	}
	ready();
}

static const unsigned int few_locks[] = { 600, 6000, 0 };
static const unsigned int many_locks[] = { 600, 6000, 60000, 0 };

TEST_F_TIMEOUT(scale, locks_of_a_thousand_descriptors, 600)
{
	is_linear(_metadata, "locks through 1,000 descriptors", locks,
		  full() ? many_locks : few_locks, true);
}

/* -- mappings ---------------------------------------------------------------------------- */

#define LIBRARIES	50

static int reports[2];

/* As after an exec: each process has opened and mapped every file itself. */
static void maps_libraries(void *arg)
{
	char name[16];
	int i, fd;

	(void)arg;
	for (i = 0; i < LIBRARIES; i++) {
		snprintf(name, sizeof(name), "lib%d", i);
		fd = open(name, O_RDONLY);
		check(fd >= 0);
		check(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED);
		close(fd);
	}
	check(write(reports[1], "", 1) == 1);
	close(reports[0]);
	close(reports[1]);
	for (;;)
		pause();
}

/* A thousand that poll, as child_ready() does, would keep everybody else from working. */
static void processes_with_libraries(void)
{
	unsigned int i;
	char name[16], byte;

	for (i = 0; i < LIBRARIES; i++) {
		snprintf(name, sizeof(name), "lib%d", i);
		write_file(name, "code", 4);
	}
	check(!pipe(reports));
	for (i = 0; i < size; i++)
		spawn(maps_libraries, NULL);
	for (i = 0; i < size; i++)
		check(read(reports[0], &byte, 1) == 1);
	close(reports[0]);
	close(reports[1]);
	ready();
}

static const unsigned int few_processes[] = { 20, 200, 0 };
static const unsigned int many_processes[] = { 10, 100, 1000, 0 };

TEST_F_TIMEOUT(scale, processes_with_fifty_libraries, 600)
{
	is_linear(_metadata, "processes that map 50 libraries each", processes_with_libraries,
		  full() ? many_processes : few_processes, false);
}

TEST_HARNESS_MAIN
