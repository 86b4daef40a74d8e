// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_test.c - a tree with state of every sort reads all it can about itself, is saved
 * and restarted, and reads the same again, but for a list of exceptions with their reasons.
 */
#include <grp.h>
#include <sys/mount.h>

#include "checkpoint_test.h"
#include "inspect.h"

FIXTURE(inspect)
{
	struct subject s;
};

FIXTURE_SETUP(inspect)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(inspect)
{
	set_policy("1");
}

/* Each looks some three times at all there is. */
#define LOOKS	120

TEST_F_TIMEOUT(inspect, left_running, LOOKS)
{
	ASSERT_EQ(0, subject_start(&self->s, inspected_tree));
	ASSERT_LT(0, subject_save(&self->s, 0));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
	EXPECT_EQ(0, compare_dumps(RUNNING));
	tell_unused(RUNNING);
}

TEST_F_TIMEOUT(inspect, restarted, LOOKS)
{
	int i;

	ASSERT_EQ(0, subject_start(&self->s, inspected_tree));
	for (i = 0; i < 2; i++) {
		ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
		ASSERT_EQ(0, subject_restart(&self->s, 0));
	}
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
	EXPECT_EQ(0, compare_dumps(RESTARTED));
	tell_unused(RESTARTED);
}

/* -- by a restarter of whom nothing is to be found in the tree --------------------------- */

static int restart_as_odd_parent(struct subject *s)
{
	become_odd_restarter();
	if (subject_restart(s, 0))
		return 1;
	subject_go(s, 1);
	return subject_wait(s) ? 2 : 0;
}

TEST_F_TIMEOUT(inspect, by_an_odd_restarter, LOOKS)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&self->s, inspected_tree));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	pid = fork();
	if (!pid)
		_exit(restart_as_odd_parent(&self->s));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_EQ(0, compare_dumps(RESTARTED));
}

/* -- by an ordinary user, in namespaces of his own ------------------------------------ */

#define SPACES	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC)

/* Of a program that the user has executed, with nothing of root's left */
void after_exec(void)
{
	inspected_tree_of_a_user();
}

/* The first process of the namespaces */
static int restart_in_namespaces(struct subject *s, int gate)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC), status;
	struct checkpoint_error error = {};
	struct restart_args args = { .errors = (uintptr_t)&error, .nr_errors = 1 };
	long ret;
	char c;

	if (read(gate, &c, 1) != 1 || mount("proc", "/proc", "proc", 0, NULL))
		return 1;
	close(gate);
	ret = sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args));
	if (ret != s->pid) {
		tell("restart: %ld: %s", ret, error.message);
		return 2;
	}
	if (waitpid(ret, &status, 0) != ret)
		return 3;
	return status ? 4 : 0;
}

static int become_user(struct subject *s, int gate, int answer)
{
	int status;
	pid_t pid;

	if (setgroups(0, NULL) || setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
		return 10;
	pid = syscall(SYS_clone, SPACES | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(restart_in_namespaces(s, gate));
	if (write(answer, &pid, sizeof(pid)) != sizeof(pid) || waitpid(pid, &status, 0) != pid)
		return 11;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 12;
}

static void map_user(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (write(fd, "1000 1000 1", 11) != 11)
		tell("%s cannot be written", path);
	close(fd);
}

static int restart_as_user(struct subject *s)
{
	int gate[2], answer[2], status = -1;
	pid_t pid, inner;

	if (chown(s->image, USER, USER) || pipe(gate) || pipe(answer) || !set_policy("0"))
		return -1;
	pid = fork();
	if (!pid)
		_exit(become_user(s, gate[0], answer[1]));
	close(answer[1]);
	if (read(answer[0], &inner, sizeof(inner)) == sizeof(inner)) {
		map_user(inner, "uid_map");
		map_user(inner, "gid_map");
		subject_go(s, 1);
		if (write(gate[1], "x", 1) != 1)
			tell("the user's process is gone");
	}
	waitpid(pid, &status, 0);
	set_policy("1");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F_TIMEOUT(inspect, by_a_user, LOOKS)
{
	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, restart_as_user(&self->s)) subject_tell_failure();
	EXPECT_EQ(0, compare_dumps(BY_A_USER));
	tell_unused(BY_A_USER);
}

/* By root, who gives it no more than the user could have */
TEST_F_TIMEOUT(inspect, below_a_ceiling, LOOKS)
{
	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(self->s.pid, subject_restart_below_user(&self->s));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
	EXPECT_EQ(0, compare_dumps(BY_A_USER));
}

TEST_HARNESS_MAIN
