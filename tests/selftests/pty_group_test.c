// SPDX-License-Identifier: GPL-2.0-only
/*
 * pty_group_test.c - pseudo terminals whose slave belongs to a group that its user is not in.
 */
#include <sys/mount.h>

#include "forged.h"

#define GROUP	43

static const char *options;

/* As a program that is set-group-id opens it: the slave gets a group that its user is not in. */
static void of_another_group(void)
{
	check(!mkdir("pts", 0755) && !mount("none", "pts", "devpts", 0, options));
	check(!chown(test_dir, 1000, 1000) && !setgroups(0, NULL));
	check(!setegid(GROUP) && !seteuid(1000));
	check(open("pts/ptmx", O_RDWR | O_NOCTTY) >= 0);
	check(!seteuid(0) && !setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
	ready();
}

/* Return: 0, an errno; 99 if that is told in other words */
static int check_as_user(struct subject *s, const char *words)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000));
		check(!setresuid(1000, 1000, 1000));
		status = -subject_save(s, CHECKPOINT_CHECK);
		_exit(status && !subject_told(s, words) ? 99 : status);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int check_with(struct subject *s, const char *mounted_with)
{
	int ret, as_root;

	options = mounted_with;
	if (subject_start(s, of_another_group) || !set_policy("0"))
		return -1;
	ret = check_as_user(s, "a pseudo terminal belongs to group 43, to which the caller could not give it");
	set_policy("1");
	as_root = subject_save(s, CHECKPOINT_CHECK);
	subject_go(s, 1);
	if (subject_wait(s) || umount(test_file("pts")) || rmdir(test_file("pts")) || as_root)
		return -1;
	return ret;
}

TEST(group_of_the_opener)
{
	struct subject s;

	EXPECT_EQ(EPERM, check_with(&s, "ptmxmode=666"));
}

TEST(group_of_the_mount)
{
	struct subject s;

	EXPECT_EQ(0, check_with(&s, "ptmxmode=666,gid=43"));
}

TEST_HARNESS_MAIN
