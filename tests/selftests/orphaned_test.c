// SPDX-License-Identifier: GPL-2.0-only
/*
 * orphaned_test.c - process groups that are orphaned after a restart: when the last parent
 * elsewhere in the session exits, stopped members are hung up and go on.
 */
#include "checkpoint_test.h"

static void hung_up(int sig)
{
	(void)sig;
	write_file("hung-up", "", 0);
}

static bool has_come(const char *what)
{
	return !access(test_file(what), F_OK);
}

/* Of a group of its own, below its parent's */
static void stops(void *arg)
{
	(void)arg;
	check(signal(SIGHUP, hung_up) != SIG_ERR);
	check(!setpgid(0, 0));
	check(!raise(SIGSTOP));
	check(has_come("hung-up"));
	write_file("went-on", "", 0);
}

static void exits(void *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	check(!setpgid(0, 0));
	pid = spawn(stops, NULL);
	check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	child_ready();
}

static void parent_of_a_stopped_group_exits(void)
{
	pid_t pid;

	unlink(test_file("hung-up"));
	unlink(test_file("went-on"));
	check(getsid(0) == getpid() || setsid() == getpid());
	pid = spawn(exits, NULL);
	await_child(pid);
	ready();
	/* It exits now, and nobody else in the session is a parent of the group. */
	join(pid);
	check(wait_until(has_come("went-on")));
}
TEST_STORIES(parent_of_a_stopped_group_exits)

TEST_HARNESS_MAIN
