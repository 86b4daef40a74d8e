// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidns_test.c - restart in new pid namespaces, where all pids are free: one image
 * twice at once, also beside the running original.
 */
#include "checkpoint_test.h"

#define CHILDREN	3

static void child(void *arg)
{
	pid_t self = getpid(), parent = getppid();

	(void)arg;
	child_ready();
	check_equal(getpid(), self);
	check_equal(getppid(), parent);
}

static void family(void)
{
	pid_t pids[CHILDREN], self = getpid();
	int i;

	for (i = 0; i < CHILDREN; i++)
		pids[i] = spawn(child, NULL);
	for (i = 0; i < CHILDREN; i++)
		await_child(pids[i]);
	ready();
	check_equal(getpid(), self);
	for (i = 0; i < CHILDREN; i++)
		join(pids[i]);
	sleep_ms(100);
}

/* The init of a new pid namespace: restarts the image and answers as it ends. */
static int restarter(struct subject *s)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC), status;
	struct restart_args args = {};
	struct checkpoint_error error = {};
	long ret;

	args.errors = (uintptr_t)&error;
	args.nr_errors = 1;
	ret = sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args));
	if (ret != s->pid) {
		tell("restart: %ld: %s", ret, error.message);
		return 10;
	}
	if (args.nr_processes != CHILDREN + 1)
		return 11;
	if (waitpid(ret, &status, 0) != ret)
		return 12;
	return status ? 13 : 0;
}

static pid_t restart_in_new_namespace(struct subject *s)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(restarter(s));
	return pid;
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

TEST(one_image_twice_at_once)
{
	struct subject s;
	pid_t a, b;

	ASSERT_EQ(0, subject_start(&s, family));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	a = restart_in_new_namespace(&s);
	b = restart_in_new_namespace(&s);
	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	sleep_ms(200);
	subject_go(&s, 1);
	EXPECT_EQ(0, status_of(a));
	EXPECT_EQ(0, status_of(b));
}

TEST(beside_the_original)
{
	struct subject s;
	pid_t a;

	ASSERT_EQ(0, subject_start(&s, family));
	ASSERT_LT(0, subject_save(&s, 0));
	a = restart_in_new_namespace(&s);
	sleep_ms(200);
	subject_go(&s, 1);
	EXPECT_EQ(0, status_of(a));
	EXPECT_EQ(0, subject_wait(&s));
}

/* The namespace ends, and all that was restarted in it. */
TEST(namespace_is_killed)
{
	struct subject s;
	pid_t a;

	ASSERT_EQ(0, subject_start(&s, family));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	a = restart_in_new_namespace(&s);
	sleep_ms(100);
	kill(a, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(a));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
