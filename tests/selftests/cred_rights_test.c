// SPDX-License-Identifier: GPL-2.0-only
/*
 * cred_rights_test.c - what nobody obtains with an image: an ordinary user, the owner
 * of an image that root restarts, whoever forges one.
 */
#include <grp.h>
#include <linux/keyctl.h>
#include <linux/limits.h>

#include "checkpoint_test.h"

#define MMAP_MIN_ADDR	"/proc/sys/vm/mmap_min_addr"
#define SUID_DUMPABLE	"/proc/sys/fs/suid_dumpable"

static void waits(void)
{
	ready();
}

/*
 * A program that is the user's in all respects: its executable and its descriptors
 * were opened by him.  It begins anew in begin_as_user().
 */
static bool low_page, in_groups;

#define USERS	100	/* his primary group and one more, if he is in groups */
#define CDROM	24

/* He is in no group that only the restarter knows of, but for in_groups. */
static void become_user(void)
{
	gid_t gid = in_groups ? USERS : 1000, more = CDROM;

	write_file("members", "", 0);
	check(!chown(test_file("members"), 0, CDROM) && !chmod(test_file("members"), 0640));
	check(!setgroups(in_groups, &more));
	check(!setresgid(gid, gid, gid) && !setresuid(1000, 1000, 1000));
}

static void waits_as_user(void)
{
	char *args[] = { "cred_rights_test", NULL }, *env[] = { NULL, NULL, NULL };
	char dir[100];

	env[1] = low_page ? "CHECKPOINT_TEST_LOW=1" : NULL;
	become_user();
	snprintf(dir, sizeof(dir), "CHECKPOINT_TEST_DIR=%s", test_dir);
	env[0] = dir;
	close(0);
	close(1);
	close(2);
	check(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
	if (in_groups)
		check(open(test_file("members"), O_RDONLY) >= 0);
	execve("/proc/self/exe", args, env);
	check(!"exec");
}

static long session_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

__attribute__((constructor))
static void begin_as_user(void)
{
	const char *dir = getenv("CHECKPOINT_TEST_DIR");
	char session[32];

	if (!dir)
		return;
	snprintf(test_dir, sizeof(test_dir), "%s", dir);
	if (getenv("CHECKPOINT_TEST_LOW"))
		check(mmap((void *)0x1000, 4096, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	ready();
	if (read_file(test_file("session"), session, sizeof(session)) > 0)
		check(session_keyring() != atol(session));
	_exit(0);
}

static void set_sysctl(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (write(fd, value, strlen(value)) < 0)
		tell("%s cannot be set", path);
	close(fd);
}

/* Runs @what as uid 1000 under policy 0.  Return: its answer */
static long as_user(struct subject *s, long (*what)(struct subject *s))
{
	int status;
	pid_t pid;

	set_sysctl(POLICY, "0");
	chown(s->image, 1000, 1000);
	pid = fork();
	if (!pid) {
		if (setgroups(0, NULL) || setgid(1000) || setuid(1000))
			_exit(99);
		_exit(-what(s));
	}
	waitpid(pid, &status, 0);
	set_sysctl(POLICY, "1");
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -98;
}

static long save_it(struct subject *s)
{
	long ret = subject_save(s, 0);

	return ret > 0 ? 0 : ret;
}

static long restart_it(struct subject *s)
{
	long ret = subject_restart(s, 0);

	return ret ?: subject_wait(s);
}

TEST(user_may_not_save_roots_program)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	close(open(s.image, O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(-EPERM, as_user(&s, save_it));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(user_may_save_his_own_program)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits_as_user));
	close(open(s.image, O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(0, as_user(&s, save_it));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(user_may_not_restart_roots_program)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	EXPECT_EQ(-EPERM, as_user(&s, restart_it));
	EXPECT_EQ(-1, kill(s.pid, 0));
	EXPECT_EQ(0, restart_it(&s));
}

/* -- an owner as the ceiling, if the caller says so --------------------------------------------- */

TEST(ceiling_of_an_owner)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(-EPERM, subject_restart_below_user(&s));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));

	ASSERT_EQ(0, subject_start(&s, waits_as_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	/* The group of the user's number need not be his: on Debian 6 is man and disk. */
	EXPECT_EQ(-EPERM, subject_restart_below(&s, NULL, 0));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	ASSERT_EQ(s.pid, subject_restart_below_user(&s));
	EXPECT_EQ(0, subject_wait(&s));
}

/* What his groups let him open is opened by them; what they are, the caller tells. */
TEST(ceiling_of_an_owner_in_groups)
{
	const uint32_t groups[] = { USERS, CDROM }, many = NGROUPS_MAX + 1;
	struct subject s;

	in_groups = true;
	ASSERT_EQ(0, subject_start(&s, waits_as_user));
	in_groups = false;
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	EXPECT_EQ(-EPERM, subject_restart_below_user(&s));
	EXPECT_EQ(-EPERM, subject_restart_below(&s, groups, 1));
	EXPECT_EQ(-EINVAL, subject_restart_below(&s, groups, many));
	EXPECT_EQ(-EFAULT, subject_restart_below(&s, NULL, 1));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	ASSERT_EQ(s.pid, subject_restart_below(&s, groups, 2));
	EXPECT_EQ(0, subject_wait(&s));
}

/* Memory where the owner could not map any, as root could */
TEST(ceiling_of_low_memory)
{
	struct subject s;
	char limit[32];
	int err;

	ASSERT_LT(0, read_file(MMAP_MIN_ADDR, limit, sizeof(limit)));
	set_sysctl(MMAP_MIN_ADDR, "4096");
	low_page = true;
	err = subject_start(&s, waits_as_user);
	set_sysctl(MMAP_MIN_ADDR, "65536");
	if (!err && subject_save(&s, CHECKPOINT_KILL) > 0) {
		subject_go(&s, 1);
		EXPECT_EQ(-EPERM, subject_restart_below_user(&s));
		EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
		EXPECT_EQ(0, restart_it(&s));
	} else {
		EXPECT_EQ(0, 1);
	}
	set_sysctl(MMAP_MIN_ADDR, limit);
}

/* What root's login has collected stays with root. */
TEST(session_keyring_stays)
{
	struct subject s;
	char session[32];

	ASSERT_EQ(0, subject_start(&s, waits_as_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_LT(0, syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "checkpoint"));
	snprintf(session, sizeof(session), "%ld", session_keyring());
	write_file("session", session, strlen(session));
	subject_go(&s, 1);
	EXPECT_EQ(s.pid, subject_restart_below_user(&s));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, restart_it(&s));
}

/* -- images that leave something out, or ask for too much ------------------------------------------ */

TEST(ceiling_without_credentials)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits_as_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_TASK_CRED));
	EXPECT_GT(0, subject_restart_below_user(&s));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

static void tells_mask(void)
{
	char mask[64];

	ready();
	check(status_line("SigBlk", mask, sizeof(mask)) > 0);
	_exit(!!(strtoull(mask, NULL, 16) & (1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1))));
}

TEST(nobody_blocks_sigstop)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, tells_mask));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_SIGNAL));
	EXPECT_EQ(0, restart_it(&s));
}

/* fs.suid_dumpable=2 alone makes cores that only root may read. */
static void dumpable_by_change_of_user(void)
{
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	check_equal(prctl(PR_GET_DUMPABLE), 2);
	ready();
	_exit(prctl(PR_GET_DUMPABLE));
}

static int dumpable_after(struct subject *s, const char *suid_dumpable)
{
	int status = -1;

	set_sysctl(SUID_DUMPABLE, suid_dumpable);
	if (!subject_restart(s, 0))
		waitpid(s->pid, &status, 0);
	return status >> 8;
}

TEST(dumpable_2_is_suid_dumpable)
{
	struct subject s;
	char old[16];
	int err;

	ASSERT_LT(0, read_file(SUID_DUMPABLE, old, sizeof(old)));
	set_sysctl(SUID_DUMPABLE, "2");
	err = subject_start(&s, dumpable_by_change_of_user);
	if (!err && subject_save(&s, CHECKPOINT_KILL) > 0) {
		subject_go(&s, 1);
		EXPECT_EQ(2, dumpable_after(&s, "2"));
		EXPECT_EQ(0, dumpable_after(&s, "1"));
		EXPECT_EQ(0, dumpable_after(&s, "0"));
		EXPECT_TRUE(subject_told(&s, "fs.suid_dumpable has changed"));
	} else {
		EXPECT_EQ(0, 1);
	}
	set_sysctl(SUID_DUMPABLE, old);
	ASSERT_EQ(0, err);
}

TEST_HARNESS_MAIN
