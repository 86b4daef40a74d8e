// SPDX-License-Identifier: GPL-2.0-only
/*
 * scale_test.c - what a checkpoint costs for each process, lock and mapping must not
 * grow with their number.  It prints what it measured; SCALE_FULL=1 in the environment
 * measures the largest trees too, for Documentation/performance.md, where the command is.
 * That is for a guest whose clocks count instructions: it asks for narrower ratios.
 */
#include <sys/file.h>

#include "scale.h"

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
