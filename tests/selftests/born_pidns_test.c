// SPDX-License-Identifier: GPL-2.0-only
/*
 * born_pidns_test.c - pid namespaces that are for children alone: not born yet, dead, or with an
 * init elsewhere in the tree; and who was born into one from above.
 */
#include "nested_pidns.h"
#include "new_pidns.h"

/* -- for children alone ------------------------------------------------------------------------ */

static void not_born(void)
{
	pid_t pid;

	check(!unshare(CLONE_NEWPID));
	ready();
	/* A thread would be one of another namespace than its process. */
	check(syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0) == -1 &&
	      errno == EINVAL);
	pid = fork();
	if (!pid)
		_exit(getpid() == 1 && getppid() == 0 ? 0 : 9);
	join(pid);
	check(fork() == -1 && errno == ENOMEM);
}
TEST_STORIES(not_born)

static void other_is_born(void)
{
	pid_t pid, next;

	check(!unshare(CLONE_NEWPID));
	pid = spawn(deepest, "up");
	await("up");
	ready();
	next = fork();
	if (!next)
		_exit(getpid() == 2 && getppid() == 0 ? 0 : 9);
	join(next);
	looked();
	join(pid);
	look_again();
}
TEST_STORIES(other_is_born)

static void init_is_dead(void)
{
	siginfo_t info;
	pid_t pid;

	check(!unshare(CLONE_NEWPID));
	pid = spawn(exits, (void *)5);
	check(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	check(fork() == -1 && errno == ENOMEM);
	ready();
	check(fork() == -1 && errno == ENOMEM);
	check(waitpid(pid, NULL, 0) == pid);
	check(fork() == -1 && errno == ENOMEM);
}
TEST_STORIES(init_is_dead)

static void init_is_gone(void)
{
	check(!unshare(CLONE_NEWPID));
	join(spawn(exits, NULL));
	check(fork() == -1 && errno == ENOMEM);
	ready();
	check(fork() == -1 && errno == ENOMEM);
}
TEST_STORIES(init_is_gone)

/* -- born into it from above, before its init in the tree -------------------------------------- */

/* Who has joined it has gone before. */
static void outlives(void *arg)
{
	(void)arg;
	write_file("inner", "", 0);
	await("over");
	check_equal(getpid(), 1);
}

static void holds(void *arg)
{
	pid_t *init = arg;

	*init = spawn_init(outlives, NULL);
	await("inner");
	write_file("number", init, sizeof(*init));
	await("over");
	join(*init);
}

static void joined(void *arg)
{
	(void)arg;
	check_equal(getpid(), 2);
	here("joined");
	check_equal(getpid(), 2);
	check_equal(getppid(), 0);
}

static void born_from_above(void)
{
	char path[64], before[64], after[64], number[16];
	pid_t init, holder, other, left;
	int fd;

	left = spawn(waits, "left");
	holder = spawn(holds, &init);
	check(wait_until(read_file(test_file("number"), number, sizeof(number)) == sizeof(init)));
	memcpy(&init, number, sizeof(init));
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", init);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	check(fd >= 0 && !setns(fd, CLONE_NEWPID));
	close(fd);
	other = spawn(joined, NULL);
	await("joined");
	await("left");
	numbers_of(other, before, sizeof(before));
	ready();
	numbers_of(other, after, sizeof(after));
	check(!strcmp(before, after));
	looked();
	join(other);
	write_file("over", "", 0);
	join(holder);
	unlink("over");
	check(!kill(left, SIGKILL));
	check(waitpid(left, NULL, 0) == left);
	look_again();
}
TEST_STORIES(born_from_above)

/* -- the caller becomes the root --------------------------------------------------------------- */

static int becomes(struct subject *s)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);
	long ret = sys_restart(0, fd, RESTART_SELF, NULL, 0);

	return ret ? 40 : 41;
}

static void become(struct __test_metadata *_metadata, void (*run)(void))
{
	struct subject s;
	int status = -1;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, run));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(with_its_number(&s, becomes));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST(not_born_self) { become(_metadata, not_born); }
TEST(other_is_born_self) { become(_metadata, other_is_born); }

/* Its children would be born in another namespace than itself. */
static int unshares_and_becomes(struct subject *s)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);

	if (unshare(CLONE_NEWPID))
		return 30;
	return sys_restart(0, fd, RESTART_SELF, NULL, 0) == -EINVAL ? 0 : 31;
}

TEST(caller_with_other_children)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	struct subject s;
	int status = -1;
	pid_t tid, pid;

	ASSERT_EQ(0, subject_start(&s, not_born));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	tid = s.pid;
	args.set_tid = (uintptr_t)&tid;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(unshares_and_becomes(&s));
	EXPECT_EQ(s.pid, pid);
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
