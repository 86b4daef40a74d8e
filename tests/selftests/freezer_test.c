// SPDX-License-Identifier: GPL-2.0-only
/*
 * freezer_test.c - others who stop tasks: the freezers of control groups, a dump of core,
 * another checkpoint.
 */
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <time.h>

#include "checkpoint_test.h"

static void waits(void)
{
	ready();
}

static void counts(void)
{
	write_file("ready1", "", 0);
	while (access(test_file("go1"), F_OK))
		sleep_ms(1);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

static bool has(const char *path, const char *text)
{
	char buf[512];

	return read_file(path, buf, sizeof(buf)) > 0 && strstr(buf, text);
}

static bool put_pid(const char *path, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return put(path, text);
}

/* -- version 2 ---------------------------------------------------------------------------- */

#define ROOT2	"/tmp/cgroup2"
#define GROUP2	ROOT2 "/subject"

static bool group2(pid_t pid)
{
	mkdir(ROOT2, 0755);
	if (access(ROOT2 "/cgroup.procs", F_OK) && mount("none", ROOT2, "cgroup2", 0, NULL))
		return false;
	mkdir(GROUP2, 0755);
	return put_pid(GROUP2 "/cgroup.procs", pid);
}

static bool is_frozen(void)
{
	return has(GROUP2 "/cgroup.events", "frozen 1");
}

/* A held tree is as good as frozen, and stays so when nobody holds it. */
TEST(freezer_of_a_held_tree)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_TRUE(group2(s.pid));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	EXPECT_FALSE(is_frozen());
	ASSERT_TRUE(put(GROUP2 "/cgroup.freeze", "1"));
	EXPECT_TRUE(wait_until(is_frozen()));
	close(s.cargs.hold_fd);
	subject_go(&s, 1);
	sleep_ms(50);
	EXPECT_TRUE(wait_until(is_frozen()));
	EXPECT_EQ(0, waitpid(s.pid, NULL, WNOHANG));
	ASSERT_TRUE(put(GROUP2 "/cgroup.freeze", "0"));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_TRUE(wait_until(!rmdir(GROUP2)));
}

TEST(held_tree_of_a_freezer_is_killed)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_TRUE(group2(s.pid));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_TRUE(put(GROUP2 "/cgroup.freeze", "1"));
	EXPECT_TRUE(wait_until(is_frozen()));
	kill(s.pid, SIGKILL);
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	close(s.cargs.hold_fd);
	EXPECT_TRUE(wait_until(!rmdir(GROUP2)));
}

TEST(frozen_tree_is_refused)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_TRUE(group2(s.pid));
	ASSERT_TRUE(put(GROUP2 "/cgroup.freeze", "1"));
	ASSERT_TRUE(wait_until(is_frozen()));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "is frozen by a cgroup; thaw it first"));
	EXPECT_EQ(s.pid, s.errors[0].pid);
	EXPECT_TRUE(is_frozen());
	subject_go(&s, 1);
	ASSERT_TRUE(put(GROUP2 "/cgroup.freeze", "0"));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_TRUE(wait_until(!rmdir(GROUP2)));
}

/* -- version 1 ------------------------------------------------------------------------------ */

#define ROOT1	"/tmp/cgroup1"
#define GROUP1	ROOT1 "/subject"

static bool group1(pid_t pid)
{
	mkdir(ROOT1, 0755);
	if (access(ROOT1 "/tasks", F_OK) && mount("none", ROOT1, "cgroup", 0, "freezer"))
		return false;
	mkdir(GROUP1, 0755);
	return put_pid(GROUP1 "/cgroup.procs", pid);
}

/* Whenever it strikes, the caller does not wait for the thaw. */
TEST(old_freezer_at_any_moment)
{
	struct subject s;
	int i, fd, answer;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, counts));
	if (!group1(s.pid)) {
		subject_kill(&s);
		SKIP(return, "no version 1 freezer");
	}
	for (i = 0; i < 30; i++) {
		fd = open(s.image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		pid = save_behind(&s, fd, 0);
		close(fd);
		usleep(i * 100);
		ASSERT_TRUE(put(GROUP1 "/freezer.state", "FROZEN"));
		answer = answer_of(pid);
		EXPECT_TRUE(!answer || answer == EBUSY || answer == ETIMEDOUT) {
			tell("moment %d: answer %d", i, answer);
		}
		ASSERT_TRUE(put(GROUP1 "/freezer.state", "THAWED"));
	}
	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	rmdir(GROUP1);
}

static bool is_frozen1(void)
{
	return has(GROUP1 "/freezer.state", "FROZEN");
}

TEST(old_freezer_of_a_held_tree)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits));
	if (!group1(s.pid)) {
		subject_kill(&s);
		SKIP(return, "no version 1 freezer");
	}
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_TRUE(put(GROUP1 "/freezer.state", "FROZEN"));
	EXPECT_TRUE(wait_until(is_frozen1()));
	close(s.cargs.hold_fd);
	subject_go(&s, 1);
	sleep_ms(50);
	EXPECT_TRUE(is_frozen1());
	EXPECT_EQ(0, waitpid(s.pid, NULL, WNOHANG));
	ASSERT_TRUE(put(GROUP1 "/freezer.state", "THAWED"));
	EXPECT_EQ(0, subject_wait(&s));
	rmdir(GROUP1);
}

/* -- a dump of core ------------------------------------------------------------------------- */

#define CORE_MEMORY	(32 << 20)

static void dumps(void *arg)
{
	(void)arg;
	big_memory(CORE_MEMORY);
	abort();
}

static void dumps_in_a_child(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int i, status;
	pid_t pid;

	check(!setrlimit(RLIMIT_CORE, &unlimited));
	write_file("ready1", "", 0);
	for (i = 0; i < 5; i++) {
		struct stat st;

		unlink(test_file("core"));
		pid = spawn(dumps, NULL);
		check(waitpid(pid, &status, 0) == pid);
		check(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && WCOREDUMP(status));
		check(!stat(test_file("core"), &st) && st.st_size > CORE_MEMORY);
	}
	write_file("ready2", "", 0);
	check(wait_until(!access(test_file("go1"), F_OK)));
}

/* It comes out whole; who saves waits for it, or gives up. */
TEST(core_dump_in_progress)
{
	char pattern[128], before[128];
	struct subject s;
	int answer, saved = 0, refused = 0;

	ASSERT_LT(0, read_file("/proc/sys/kernel/core_pattern", before, sizeof(before)));
	before[strcspn(before, "\n")] = '\0';
	ASSERT_TRUE(put("/proc/sys/kernel/core_uses_pid", "0"));
	snprintf(pattern, sizeof(pattern), "core");
	ASSERT_TRUE(put("/proc/sys/kernel/core_pattern", pattern));
	ASSERT_EQ(0, subject_start(&s, dumps_in_a_child));
	while (access(test_file("ready2"), F_OK) && !waitpid(s.pid, &s.status, WNOHANG)) {
		struct checkpoint_args args = { .timeout_ms = 20 };
		int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

		answer = sys_checkpoint(s.pid, fd, CHECKPOINT_ARGS, &args, sizeof(args));
		close(fd);
		EXPECT_TRUE(answer > 0 || answer == -ETIMEDOUT || answer == -ESRCH ||
			    answer == -EBUSY) {
			tell("answer %d", answer);
		}
		saved += answer > 0;
		refused += answer < 0;
		if (answer < 0 && answer != -ETIMEDOUT && answer != -ESRCH && answer != -EBUSY)
			break;
		sleep_ms(2);
	}
	tell("saved %d times, refused %d times", saved, refused);
	EXPECT_TRUE(put("/proc/sys/kernel/core_pattern", before));
	EXPECT_LT(0, refused);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- two checkpoints of which each wants the other's caller ----------------------------------- */

#define ROUNDS	20

/* Save the parent, when the round begins. */
static void saves_the_parent(void *arg)
{
	int round, fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char name[32];
	long ret;

	for (round = 0; round < ROUNDS; round++) {
		snprintf(name, sizeof(name), "round%d", round);
		check(wait_until(!access(test_file(name), F_OK)));
		ret = sys_checkpoint(getppid(), fd, 0, NULL, 0);
		check(ret >= 0 || ret == -EBUSY);
		snprintf(name, sizeof(name), "%s%d", (char *)arg, round);
		write_file(name, ret >= 0 ? "1" : "0", 1);
	}
}

static bool saved_by(const char *who, int round)
{
	char name[32], buf[4] = "";

	snprintf(name, sizeof(name), "%s%d", who, round);
	check(wait_until(read_file(test_file(name), buf, sizeof(buf)) > 0));
	return *buf == '1';
}

static void both_save(void)
{
	pid_t first = spawn(saves_the_parent, "a"), second = spawn(saves_the_parent, "b");
	bool a, b;
	char name[32];
	int round;

	write_file("ready1", "", 0);
	for (round = 0; round < ROUNDS; round++) {
		snprintf(name, sizeof(name), "round%d", round);
		write_file(name, "", 0);
		a = saved_by("a", round);
		b = saved_by("b", round);
		check(a || b);
	}
	join(first);
	join(second);
}

TEST(each_holds_the_others_caller)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, both_save));
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- every obstacle ----------------------------------------------------------------------------- */

static void stands(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static int vfork_child(void *arg)
{
	(void)arg;
	write_file("vforked", "", 0);
	while (access(test_file("go1"), F_OK))
		sleep_ms(1);
	_exit(0);
}

static char stack[65536];

/* A sibling, so that nobody knows who waits */
static void waits_for_vfork(void *arg)
{
	(void)arg;
	clone(vfork_child, stack + sizeof(stack),
	      CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, NULL);
}

static void full_of_obstacles(void)
{
	pid_t stopped = spawn(stands, NULL), traced = spawn(stands, NULL);
	pid_t vforks = spawn(waits_for_vfork, NULL);
	char text[16];

	check(syscall(SYS_fsopen, "tmpfs", 0) >= 0);
	kill(stopped, SIGSTOP);
	check(waitpid(stopped, NULL, WUNTRACED) == stopped);
	snprintf(text, sizeof(text), "%d", traced);
	write_file("traced", text, strlen(text));
	check(wait_until(!access(test_file("vforked"), F_OK)));
	ready();
	kill(stopped, SIGKILL);
	kill(traced, SIGKILL);
	join(vforks);
}

TEST(check_names_every_obstacle)
{
	struct subject s;
	char text[16];
	pid_t traced;

	ASSERT_EQ(0, subject_start(&s, full_of_obstacles));
	ASSERT_LT(0, read_file(test_file("traced"), text, sizeof(text)));
	traced = atoi(text);
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, traced, 0, 0));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, traced, 0, 0));
	ASSERT_EQ(traced, waitpid(traced, NULL, __WALL));
	EXPECT_GT(0, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, "is being traced; detach the debugger first"));
	EXPECT_TRUE(subject_told(&s, "is a vfork child that has not yet executed a program"));
	EXPECT_TRUE(subject_told(&s, "a file system being set up"));
	EXPECT_TRUE(subject_told(&s, "did not stop in time"));
	EXPECT_EQ(4, s.cargs.errors_used);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	ptrace(PTRACE_DETACH, traced, 0, 0);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
