// SPDX-License-Identifier: GPL-2.0-only
/*
 * arguments_test.c - what the two calls refuse before they look at anything, and
 * who may call them.
 */
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "checkpoint_test.h"

#define GROUP	"/proc/sys/kernel/checkpoint_group"

#define BAD_ADDRESS	((void *)0x10)

static void waits(void)
{
	ready();
}

static int new_file(void)
{
	return open("arguments-image", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

TEST(unknown_flags)
{
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		unsigned long flag = 1UL << bit;

		if (!(flag & (CHECKPOINT_KILL | CHECKPOINT_FROZEN | CHECKPOINT_END |
			      CHECKPOINT_CONTAINER | CHECKPOINT_CHECK | CHECKPOINT_CLOSE |
			      CHECKPOINT_KEEP | CHECKPOINT_ARGS)))
			EXPECT_EQ(-EINVAL, sys_checkpoint(0, -1, flag, NULL, 0));
		if (bit > 6 && flag != RESTART_ARGS)
			EXPECT_EQ(-EINVAL, sys_restart(0, -1, flag, NULL, 0));
	}
}

TEST(numbers_out_of_range)
{
	EXPECT_EQ(-EINVAL, sys_checkpoint(-1, 1, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, sys_restart(-1, 1, 0, NULL, 0));
	EXPECT_EQ(-EBADF, sys_checkpoint(0, -1, 0, NULL, 0));
	EXPECT_EQ(-EBADF, sys_checkpoint(0, 999, 0, NULL, 0));
	EXPECT_EQ(-EBADF, sys_restart(0, -1, 0, NULL, 0));
}

TEST(processes_that_cannot_be_saved)
{
	int fd = new_file();

	EXPECT_EQ(-ESRCH, sys_checkpoint(0x3ffffe, fd, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, sys_checkpoint(1, fd, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, sys_checkpoint(2, fd, 0, NULL, 0));	/* kthreadd */
}

TEST(descriptors_that_are_not_fit)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, waits));
	fd = open("/dev/null", O_RDONLY);
	EXPECT_EQ(-EBADF, sys_checkpoint(s.pid, fd, 0, NULL, 0));
	fd = open("/dev/null", O_WRONLY);
	EXPECT_EQ(-EBADF, sys_restart(0, fd, 0, NULL, 0));
	fd = open("/tmp", O_RDONLY);
	EXPECT_GT(0, sys_restart(0, fd, 0, NULL, 0));
	fd = open("/tmp", O_PATH);
	EXPECT_EQ(-EBADF, sys_checkpoint(s.pid, fd, 0, NULL, 0));
	EXPECT_EQ(-EBADF, sys_restart(0, fd, 0, NULL, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(no_room_for_the_image)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_EQ(0, mkdir(test_file("small"), 0700));
	ASSERT_EQ(0, mount("none", test_file("small"), "tmpfs", 0, "size=64k"));
	fd = open(test_file("small/image"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	EXPECT_EQ(-ENOSPC, sys_checkpoint(s.pid, fd, CHECKPOINT_KILL, NULL, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	close(fd);
	umount(test_file("small"));
}

TEST(sizes_of_the_arguments)
{
	union {
		struct checkpoint_args c;
		struct restart_args r;
		char bytes[8192];
	} args = {};
	int fd = new_file();

	EXPECT_EQ(-E2BIG, sys_checkpoint(0, fd, CHECKPOINT_ARGS, &args.c, 8192));
	EXPECT_EQ(-E2BIG, sys_restart(0, fd, RESTART_ARGS, &args.r, 8192));
	EXPECT_EQ(-EINVAL, sys_checkpoint(0, fd, CHECKPOINT_ARGS, &args.c, 8));
	EXPECT_EQ(-EINVAL, sys_restart(0, fd, RESTART_ARGS, &args.r, 8));
	args.bytes[sizeof(args.c)] = 1;
	EXPECT_EQ(-E2BIG, sys_checkpoint(0, fd, CHECKPOINT_ARGS, &args.c, sizeof(args.c) + 8));
	args.bytes[sizeof(args.r)] = 1;
	EXPECT_EQ(-E2BIG, sys_restart(0, fd, RESTART_ARGS, &args.r, sizeof(args.r) + 8));
	EXPECT_EQ(-EFAULT, sys_checkpoint(0, fd, CHECKPOINT_ARGS, BAD_ADDRESS, sizeof(args.c)));
	EXPECT_EQ(-EFAULT, sys_restart(0, fd, RESTART_ARGS, BAD_ADDRESS, sizeof(args.r)));
}

TEST(longer_arguments_that_are_zero)
{
	struct { struct checkpoint_args c; uint64_t future[4]; } args = {};
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	EXPECT_LT(0, sys_checkpoint(s.pid, new_file(), CHECKPOINT_ARGS, &args.c, sizeof(args)));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(arguments_are_not_looked_at_without_the_flag)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	EXPECT_LT(0, sys_checkpoint(s.pid, new_file(), 0, BAD_ADDRESS, 1234567));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(fields_that_are_reserved)
{
	struct checkpoint_args c = { .parent_image_id = { 1 } };
	struct restart_args r = { .flags = 2 };
	int fd = new_file();

	EXPECT_EQ(-EINVAL, sys_checkpoint(0, fd, CHECKPOINT_ARGS, &c, sizeof(c)));
	EXPECT_EQ(-EINVAL, sys_restart(0, fd, RESTART_ARGS, &r, sizeof(r)));
}

TEST(frozen_needs_arguments)
{
	struct checkpoint_args args = {};
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	EXPECT_EQ(-EINVAL, sys_checkpoint(s.pid, new_file(), CHECKPOINT_FROZEN, NULL, 0));
	EXPECT_EQ(-EINVAL, sys_checkpoint(s.pid, new_file(), CHECKPOINT_FROZEN | CHECKPOINT_KILL |
					  CHECKPOINT_ARGS, &args, sizeof(args)));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(errors_to_a_bad_address)
{
	struct checkpoint_args args = { .errors = 0x10, .nr_errors = 4 };
	int fd = new_file();

	EXPECT_GT(0, sys_checkpoint(0x3ffffe, fd, CHECKPOINT_ARGS, &args, sizeof(args)));
	args.nr_errors = ~0U;
	EXPECT_GT(0, sys_checkpoint(0x3ffffe, fd, CHECKPOINT_ARGS, &args, sizeof(args)));
}

TEST(what_is_no_image)
{
	char garbage[4096];
	int fd = new_file();

	EXPECT_GT(0, sys_restart(0, fd, 0, NULL, 0));
	memset(garbage, 0x5a, sizeof(garbage));
	ASSERT_EQ(sizeof(garbage), write(fd, garbage, sizeof(garbage)));
	lseek(fd, 0, SEEK_SET);
	EXPECT_EQ(-EINVAL, sys_restart(0, fd, 0, NULL, 0));
}

/* -- rights ----------------------------------------------------------------------- */

static bool set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	bool ok = write(fd, value, strlen(value)) == (ssize_t)strlen(value);

	close(fd);
	return ok;
}

static bool policy_is(char value)
{
	char buf[16] = "";

	return read_file(POLICY, buf, sizeof(buf)) > 0 && buf[0] == value;
}

/* As uid 1000, with @gid: what a call of each answers, the same for both */
static long answer_as_user(gid_t gid)
{
	int status, fd = new_file();
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(0, NULL) || setgid(gid) || setuid(1000))
			_exit(99);
		if (sys_checkpoint(0, -1, 0, NULL, 0) != sys_restart(0, -1, 0, NULL, 0))
			_exit(98);
		_exit(-sys_checkpoint(0, -1, 0, NULL, 0));
	}
	close(fd);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -97;
}

TEST(policy_1_is_for_the_privileged_and_the_group)
{
	ASSERT_TRUE(policy_is('1'));
	EXPECT_EQ(-EPERM, answer_as_user(1000));
	ASSERT_TRUE(set(GROUP, "1234"));
	EXPECT_EQ(-EBADF, answer_as_user(1234));
	EXPECT_EQ(-EPERM, answer_as_user(1000));
	EXPECT_TRUE(set(GROUP, "4294967295"));
}

TEST(policy_0_is_for_all)
{
	ASSERT_TRUE(set(POLICY, "0"));
	EXPECT_EQ(-EBADF, answer_as_user(1000));
	EXPECT_TRUE(set(POLICY, "1"));
	EXPECT_EQ(-EPERM, answer_as_user(1000));
}

/* A filter that lets everything pass; what matters is that there is one. */
static int answer_under_a_filter(unsigned int user)
{
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &pass };
	int status, fd = new_file();
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) || setresuid(user, user, user))
			_exit(98);
		_exit(-sys_restart(0, fd, 0, NULL, 0));
	}
	close(fd);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -97;
}

TEST(restart_under_a_filter_is_for_the_administrator)
{
	ASSERT_TRUE(set(POLICY, "0"));
	EXPECT_EQ(-EPERM, answer_under_a_filter(1000));
	EXPECT_EQ(-EPIPE, answer_under_a_filter(0));	/* the image is empty */
	EXPECT_TRUE(set(POLICY, "1"));
}

TEST(policy_takes_no_other_number)
{
	EXPECT_FALSE(set(POLICY, "3"));
	EXPECT_FALSE(set(POLICY, "-1"));
	EXPECT_TRUE(policy_is('1'));
}

TEST_HARNESS_MAIN
