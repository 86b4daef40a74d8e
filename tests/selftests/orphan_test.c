// SPDX-License-Identifier: GPL-2.0-only
/*
 * orphan_test.c - RESTART_ORPHAN: the root is not the restarter's child, and the
 * restarter's end is not its parent's death.  The test inherits orphans, so it is the
 * parent before and after.
 */
#include <pthread.h>

#include "checkpoint_test.h"

static pid_t parent;

static void *second_thread(void *arg)
{
	pause();
	return arg;
}

static void wants_to_know_of_its_parents_death(void)
{
	pthread_t thread;
	int sig = 0;

	parent = getppid();
	check(!pthread_create(&thread, NULL, second_thread, NULL));
	check(!prctl(PR_SET_PDEATHSIG, SIGUSR2));
	ready();
	check_equal(getppid(), parent);
	check(!prctl(PR_GET_PDEATHSIG, &sig));
	check_equal(sig, SIGUSR2);
	_exit(0);
}

/* Return: what restart() returned to a child of ours that has ended since */
static int restart_by_a_child(struct subject *s, unsigned long flags)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(-subject_restart(s, flags));
	waitpid(pid, &status, 0);
	return -WEXITSTATUS(status);
}

FIXTURE(orphan) {
	struct subject s;
};

FIXTURE_SETUP(orphan)
{
	ASSERT_EQ(0, subject_start(&self->s, wants_to_know_of_its_parents_death));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
}

FIXTURE_TEARDOWN(orphan)
{
	subject_kill(&self->s);
	reap_all();
}

TEST_F(orphan, outlives_its_restarter)
{
	ASSERT_EQ(0, restart_by_a_child(&self->s, RESTART_ORPHAN));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	subject_tell_failure();
}

TEST_F(orphan, and_one_that_made_it_frozen)
{
	ASSERT_EQ(0, restart_by_a_child(&self->s, RESTART_ORPHAN | RESTART_FROZEN));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	subject_tell_failure();
}

/* The same end is a parent's death for a root that is the restarter's child. */
TEST_F(orphan, a_child_gets_the_signal)
{
	int status;

	ASSERT_EQ(0, restart_by_a_child(&self->s, 0));
	ASSERT_EQ(self->s.pid, waitpid(self->s.pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2);
}

TEST_F(orphan, goes_without_self_and_check)
{
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, RESTART_ORPHAN | RESTART_SELF));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, RESTART_ORPHAN | RESTART_CHECK));
}

TEST_HARNESS_MAIN
