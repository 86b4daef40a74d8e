// SPDX-License-Identifier: GPL-2.0-only
/*
 * cred_test.c - credentials: ids, groups, capabilities, securebits, no_new_privs,
 * dumpable; and what an ordinary user may not obtain with an image.
 */
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sys/fsuid.h>

#include "checkpoint_test.h"

#define POLICY	"/proc/sys/kernel/checkpoint_policy"

static void become(uid_t uid)
{
	gid_t groups[] = { 7, 1000, 2000 };

	check(!setgroups(3, groups) && !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid));
	prctl(PR_SET_DUMPABLE, 1);
}

static struct __user_cap_data_struct caps[2];

static void get_caps(struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

	check(!syscall(SYS_capget, &header, data));
}

static void set_caps(const struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

	check(!syscall(SYS_capset, &header, data));
}

/* The lines of /proc/self/status that tell credentials */
static const char * const lines[] = {
	"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
};
#define NR_LINES	(sizeof(lines) / sizeof(lines[0]))
static char seen[NR_LINES][128];

static void see(void)
{
	unsigned int i;

	for (i = 0; i < NR_LINES; i++)
		check(status_line(lines[i], seen[i], sizeof(seen[i])) >= 0);
}

static void look_again(void)
{
	char now[128];
	unsigned int i;

	for (i = 0; i < NR_LINES; i++) {
		check(status_line(lines[i], now, sizeof(now)) >= 0);
		if (strcmp(now, seen[i]))
			fail(__FILE__, __LINE__, "%s is %s, was %s", lines[i], now, seen[i]);
	}
}

static void root_with_all(void)
{
	see();
	ready();
	look_again();
}
TEST_STORIES(root_with_all)

static void ordinary_user(void)
{
	become(1000);
	see();
	ready();
	look_again();
	check_equal(prctl(PR_GET_DUMPABLE), 1);
	check(setuid(0) == -1 && errno == EPERM);
}
TEST_STORIES(ordinary_user)

static void mixed_ids(void)
{
	check(!setresgid(1, 2, 3) && !setresuid(1000, 2000, 0));
	prctl(PR_SET_DUMPABLE, 1);
	setfsuid(1000);
	see();
	ready();
	look_again();
	check(!seteuid(0));
}
TEST_STORIES(mixed_ids)

static void many_groups(void)
{
	gid_t groups[1000];
	int i;

	for (i = 0; i < 1000; i++)
		groups[i] = 100000 + 3 * i;
	check(!setgroups(1000, groups));
	ready();
	check_equal(getgroups(1000, groups), 1000);
	for (i = 0; i < 1000; i++)
		check_equal(groups[i], 100000 + 3 * i);
}
TEST_STORIES(many_groups)

static void dropped_capabilities(void)
{
	check(!prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT) && !prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
	get_caps(caps);
	caps[0].effective &= ~(1U << CAP_SYS_ADMIN | 1U << CAP_SYS_BOOT);
	caps[0].permitted &= ~(1U << CAP_SYS_BOOT);
	caps[0].inheritable = 1U << CAP_NET_RAW;
	set_caps(caps);
	check(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
	see();
	ready();
	look_again();
	check_equal(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0), 1);
	check_equal(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT), 0);
}
TEST_STORIES(dropped_capabilities)

static void securebits(void)
{
	int bits = SECBIT_KEEP_CAPS | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED;

	check(!prctl(PR_SET_SECUREBITS, bits));
	ready();
	check_equal(prctl(PR_GET_SECUREBITS), bits);
}
TEST_STORIES(securebits)

static void no_new_privs(void)
{
	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ready();
	check_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
}
TEST_STORIES(no_new_privs)

static void not_dumpable(void)
{
	check(!prctl(PR_SET_DUMPABLE, 0));
	ready();
	check_equal(prctl(PR_GET_DUMPABLE), 0);
}
TEST_STORIES(not_dumpable)

/* -- threads of different users -------------------------------------------------------- */

static pthread_barrier_t barrier;

static void *other_user(void *arg)
{
	check(!syscall(SYS_setresuid, 1000, 1000, 1000));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	check_equal(syscall(SYS_getuid), 1000);
	return arg;
}

static void threads_of_two_users(void)
{
	pthread_t id;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&id, NULL, other_user, NULL));
	pthread_barrier_wait(&barrier);
	prctl(PR_SET_DUMPABLE, 1);
	ready();
	check_equal(syscall(SYS_getuid), 0);
	pthread_barrier_wait(&barrier);
	pthread_join(id, NULL);
}
TEST_STORIES(threads_of_two_users)

/* A file that only root could open stays open for the user who had it opened. */
static void file_opened_as_root(void)
{
	char c;
	int fd;

	write_file("secret", "s", 1);
	check(!chmod(test_file("secret"), 0600));
	fd = open(test_file("secret"), O_RDONLY);
	become(1000);
	check(open(test_file("secret"), O_RDONLY) == -1 && errno == EACCES);
	ready();
	check(read(fd, &c, 1) == 1 && c == 's');
	check(open(test_file("secret"), O_RDONLY) == -1 && errno == EACCES);
}
TEST_STORIES(file_opened_as_root)

/* -- rights of the caller --------------------------------------------------------------------- */

static void waits(void)
{
	ready();
}

/*
 * A program that is the user's in all respects: its executable and its descriptors
 * were opened by him.  It begins anew in begin_as_user().
 */
static void waits_as_user(void)
{
	char *args[] = { "cred_test", NULL }, *env[] = { NULL, NULL };
	char dir[100];

	/* Of his groups restart() would know only what the caller is in. */
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	snprintf(dir, sizeof(dir), "CHECKPOINT_TEST_DIR=%s", test_dir);
	env[0] = dir;
	close(0);
	close(1);
	close(2);
	check(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
	execve("/proc/self/exe", args, env);
	check(!"exec");
}

__attribute__((constructor))
static void begin_as_user(void)
{
	const char *dir = getenv("CHECKPOINT_TEST_DIR");

	if (!dir)
		return;
	snprintf(test_dir, sizeof(test_dir), "%s", dir);
	ready();
	_exit(0);
}

static void set_policy(const char *value)
{
	int fd = open(POLICY, O_WRONLY);

	if (write(fd, value, 1) != 1)
		tell("the policy cannot be set");
	close(fd);
}

/* Runs @what as uid 1000 under policy 0.  Return: its answer */
static long as_user(struct subject *s, long (*what)(struct subject *s))
{
	int status;
	pid_t pid;

	set_policy("0");
	chown(s->image, 1000, 1000);
	pid = fork();
	if (!pid) {
		if (setgroups(0, NULL) || setgid(1000) || setuid(1000))
			_exit(99);
		_exit(-what(s));
	}
	waitpid(pid, &status, 0);
	set_policy("1");
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

/* The image's owner is the ceiling, if the caller says so. */
TEST(ceiling_of_an_owner)
{
	struct restart_args args = { .flags = RESTART_ARG_OWNER, .owner_uid = 1000 };
	struct checkpoint_error error = {};
	struct subject s;
	int fd;

	args.errors = (uintptr_t)&error;
	args.nr_errors = 1;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = open(s.image, O_RDONLY);
	EXPECT_EQ(-EPERM, sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args)));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));

	ASSERT_EQ(0, subject_start(&s, waits_as_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = open(s.image, O_RDONLY);
	subject_go(&s, 1);
	ASSERT_EQ(s.pid, sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args))) {
		tell("%s", error.message);
	}
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
