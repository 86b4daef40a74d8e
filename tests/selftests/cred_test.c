// SPDX-License-Identifier: GPL-2.0-only
/*
 * cred_test.c - credentials: ids, groups, capabilities, securebits, no_new_privs,
 * dumpable, and those of the dead.
 */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sys/fsuid.h>

#include "forged.h"

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

/* Who died is told to the parent; who restarts stays as it is. */
static void zombie_of_a_user(void)
{
	siginfo_t info = {};
	pid_t pid = fork();

	if (!pid) {
		become(1000);
		_exit(7);
	}
	check(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT) && info.si_uid == 1000);
	ready();
	check(!waitid(P_PID, pid, &info, WEXITED));
	check_equal(info.si_uid, 1000);
	check_equal(info.si_status, 7);
}

TEST(zombie_of_another_user)
{
	ASSERT_EQ(0, story_twice(zombie_of_a_user));
	EXPECT_EQ(1, prctl(PR_GET_DUMPABLE));
}

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

/* Capabilities of another user: kept by PR_SET_KEEPCAPS, which may be locked */
static void keeps_capabilities(void)
{
	get_caps(caps);
	check(!prctl(PR_SET_KEEPCAPS, 1) && !setresuid(1000, 1000, 1000));
	set_caps(caps);
	check(!prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED));
	memset(caps, 0, sizeof(caps));
	caps[0].permitted = 1U << CAP_NET_RAW;
	set_caps(caps);
	prctl(PR_SET_DUMPABLE, 1);
	see();
	ready();
	look_again();
}
TEST_STORIES(keeps_capabilities)

TEST(locked_keepcaps)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, keeps_capabilities));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_EQ(0, prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED));
	EXPECT_EQ(-EPERM, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "keeps no capabilities"));
}

/* -- audit login users ----------------------------------------------------------------- */

static ssize_t login_of(pid_t tid, char *buf, size_t size)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/task/%d/loginuid", tid);
	return read_file(path, buf, size);
}

static pid_t other_tid;

static void *stays_logged_out(void *arg)
{
	other_tid = gettid();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return arg;
}

/* Who logs in is one thread alone. */
static void threads_of_two_logins(void)
{
	char before[2][16], after[2][16];
	pthread_t id;
	int fd;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&id, NULL, stays_logged_out, NULL));
	pthread_barrier_wait(&barrier);
	fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
	check_equal(write(fd, "4321", 4), 4);
	close(fd);
	check(login_of(getpid(), before[0], 16) > 0 && login_of(other_tid, before[1], 16) > 0);
	check(strcmp(before[0], before[1]));
	ready();
	check(login_of(getpid(), after[0], 16) > 0 && login_of(other_tid, after[1], 16) > 0);
	check(!strcmp(before[0], after[0]) && !strcmp(before[1], after[1]));
	pthread_barrier_wait(&barrier);
	pthread_join(id, NULL);
}
TEST_STORIES(threads_of_two_logins)

#define FORGED_LOGIN(name, run, statement)				\
TEST_F(forged, name)							\
{									\
	struct ckpt_rec_task_cred *data;				\
									\
	ASSERT_EQ(0, subject_start(&self->s, run));			\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	data = (void *)(image_find(&self->image, CKPT_REC_TASK_CRED) + 1); \
	statement;							\
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));		\
}

FORGED_LOGIN(login_of_a_leader, ready, data->own_login = 1)
FORGED_LOGIN(login_without_a_flag, ready, data->loginuid = 1)
FORGED_LOGIN(login_with_another_flag, ready, data->own_login = 2)

TEST_HARNESS_MAIN
