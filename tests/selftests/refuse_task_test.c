// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_task_test.c - states of tasks that are refused by name; the program runs on.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "checkpoint_test.h"

/* -- traced ---------------------------------------------------------------------------- */

static void waits(void)
{
	ready();
}

TEST(traced_from_outside)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, s.pid, 0, 0));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "traced"));
	ptrace(PTRACE_INTERRUPT, s.pid, 0, 0);
	waitpid(s.pid, NULL, 0);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	ptrace(PTRACE_DETACH, s.pid, 0, 0);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- threads that the kernel has in it ------------------------------------------------------ */

/* A read of an empty pipe that io_uring is to make aside */
static int reads_aside(int from)
{
	struct io_uring_params p = {};
	int fd = syscall(SYS_io_uring_setup, 4, &p);
	struct io_uring_sqe *sqe = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
					IORING_OFF_SQES);
	char *ring = mmap(NULL, p.sq_off.array + 4 * sizeof(uint32_t), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, IORING_OFF_SQ_RING);
	static char byte;

	check(fd >= 0 && sqe != MAP_FAILED && ring != MAP_FAILED);
	*sqe = (struct io_uring_sqe) {
		.opcode = IORING_OP_READ, .flags = IOSQE_ASYNC, .fd = from,
		.addr = (uintptr_t)&byte, .len = 1,
	};
	((uint32_t *)(ring + p.sq_off.array))[0] = 0;
	*(volatile uint32_t *)(ring + p.sq_off.tail) = 1;
	check_equal(syscall(SYS_io_uring_enter, fd, 1, 0, 0, NULL, 0), 1);
	return fd;
}

static void has_a_worker(void)
{
	int fds[2], fd;

	check(!pipe(fds));
	fd = reads_aside(fds[0]);
	sleep_ms(50);
	ready();
	check_equal(write(fds[1], "x", 1), 1);
	close(fd);
}

TEST(worker_of_io_uring)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, has_a_worker));
	EXPECT_GT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "works inside the kernel for an io_uring"));
	EXPECT_GT(0, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, "works inside the kernel for an io_uring"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- namespaces ------------------------------------------------------------------------- */

static void unshared(int flags)
{
	check(!unshare(flags));
	ready();
}

static void uts_namespace(void) { unshared(CLONE_NEWUTS); }
TEST_REFUSED(uts_namespace, EOPNOTSUPP, "uts namespace")
static void ipc_namespace(void) { unshared(CLONE_NEWIPC); }
TEST_REFUSED(ipc_namespace, EOPNOTSUPP, "ipc namespace")
static void mount_namespace(void) { unshared(CLONE_NEWNS); }
TEST_REFUSED(mount_namespace, EOPNOTSUPP, "mount namespace")

/* The cause is said, and not what follows from it for each file. */
TEST(mount_namespace_is_said_once)
{
	struct subject s;
	unsigned int i, nr = 0;

	ASSERT_EQ(0, subject_start(&s, mount_namespace));
	EXPECT_GT(0, subject_save(&s, CHECKPOINT_CHECK));
	for (i = 0; i < NR_ERRORS; i++)
		nr += !!strstr(s.errors[i].message, "mount namespace");
	EXPECT_EQ(1, nr);
	EXPECT_TRUE(strstr(s.errors[0].message, "is in another mount namespace"));
	for (i = 0; i < NR_ERRORS; i++)
		EXPECT_EQ(NULL, strstr(s.errors[i].message, "cannot be reached"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void network_namespace(void) { unshared(CLONE_NEWNET); }
TEST_REFUSED(network_namespace, EOPNOTSUPP, "network namespace")
static void cgroup_namespace(void) { unshared(CLONE_NEWCGROUP); }
TEST_REFUSED(cgroup_namespace, EOPNOTSUPP, "cgroup namespace")
static void user_namespace(void) { unshared(CLONE_NEWUSER); }
TEST_REFUSED(user_namespace, EOPNOTSUPP, "user namespace")
static void time_namespace_of_children(void) { unshared(CLONE_NEWTIME); }
TEST_REFUSED(time_namespace_of_children, EOPNOTSUPP, "time namespace")

/* -- rules of its own ----------------------------------------------------------------------- */

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE	(1ULL << 14)	/* include/uapi/linux/landlock.h */
#endif

static bool restrict_itself(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_TRUNCATE };
	int fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	return fd >= 0 && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_landlock_restrict_self, fd, 0) && !close(fd);
}

static void rules_of_its_own(void)
{
	check(restrict_itself());
	ready();
}
TEST_REFUSED(rules_of_its_own, EOPNOTSUPP, "has a Landlock domain")

static void *opens_under_rules(void *arg)
{
	int *fd = arg;

	check(restrict_itself());
	*fd = open("restricted", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return NULL;
}

/* The thread is gone, and its file is not. */
static void file_with_rules(void)
{
	pthread_t thread;
	int fd = -1;

	check(!pthread_create(&thread, NULL, opens_under_rules, &fd));
	check(!pthread_join(thread, NULL));
	check(fd >= 0);
	ready();
}
TEST_REFUSED(file_with_rules, EOPNOTSUPP, "was opened in a Landlock domain")

TEST_HARNESS_MAIN
