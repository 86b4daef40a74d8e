// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfork_held_test.c - vfork parents and children that somebody kills or stops while they are
 * held, or when they come back; those that are refused; a child that saves its parent.
 */
#include <linux/sched.h>

#include "vfork.h"

/* -- refused, killed while they are held -------------------------------------------------- */

static void has_obstacle(void)
{
	check(syscall(SYS_fsopen, "tmpfs", 0) >= 0);
	child_exits();
}
TEST_REFUSED(has_obstacle, EOPNOTSUPP, "a file system being set up")

static void *opener(void *arg)
{
	check(wait_until(!access(test_file("go1"), F_OK)));
	child_done = 1;
	return arg;
}

/* Its child is no child of the tree, and nobody knows for whom it waits. */
static void waits_for_a_sibling(void)
{
	pthread_t thread;
	int code = 0;

	check(!pthread_create(&thread, NULL, opener, NULL));
	clone(says_ready, stack[0] + sizeof(stack[0]),
	      CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, &code);
	pthread_join(thread, NULL);
}
TEST_REFUSED(waits_for_a_sibling, ETIMEDOUT, "did not stop in time")

static void tells_child(void)
{
	pid_t pid = vfork();

	if (!pid) {
		child_pid = getpid();
		write_file("child", (const void *)&child_pid, sizeof(child_pid));
		ready();
		child_done = 1;
		_exit(7);
	}
	write_file("returned", "", 0);
	/* Unless it was killed */
	if (child_done)
		look_at(pid, 7 << 8);
}

static pid_t told_child(void)
{
	pid_t pid = -1;
	char buf[16];

	if (read_file(test_file("child"), buf, sizeof(buf)) == sizeof(pid))
		memcpy(&pid, buf, sizeof(pid));
	return pid;
}

/* Without its parent it is in the way, as ever. */
TEST(child_alone)
{
	struct subject s, child;

	ASSERT_EQ(0, subject_start(&s, tells_child));
	child = s;
	child.pid = told_child();
	EXPECT_EQ(-ETIMEDOUT, subject_save(&child, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&child, "is a vfork child that has not yet executed a program"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	unlink(test_file("returned"));
}

/* The parent's call returns, and it does not go to user space before it is let go. */
TEST(child_killed_while_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, tells_child));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(told_child(), SIGKILL));
	sleep_ms(50);
	EXPECT_NE(0, access(test_file("returned"), F_OK));
	EXPECT_EQ(0, close(s.cargs.hold_fd));
	EXPECT_TRUE(wait_until(!access(test_file("returned"), F_OK)));
	reap_all();
	unlink(test_file("returned"));
	/* The image has both as they were. */
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	unlink(test_file("returned"));
}

static volatile pid_t *both;

static void waits_apart(void *arg)
{
	(void)arg;
	both[0] = getpid();
	if (!vfork()) {
		both[1] = getpid();
		ready();
		write_file("went_on", "", 0);
		_exit(0);
	}
	_exit(0);
}

/* The child lives on, with nobody to wake. */
static void parent_is_killed(void)
{
	int status;
	pid_t pid;

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = spawn(waits_apart, NULL);
	check(wait_until(both[1]));
	write_file("child", (const void *)&both[0], sizeof(both[0]));
	check(wait_until(!access(test_file("killed"), F_OK)));
	check(waitpid(pid, &status, 0) == pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	check(waitpid(both[1], &status, 0) == both[1]);
	check_equal(status, 0);
}

static int kill_parent(struct subject *s)
{
	if (!wait_until(told_child() > 0) || kill(told_child(), SIGKILL))
		return -1;
	write_file("killed", "", 0);
	subject_go(s, 1);
	return 0;
}

TEST(parent_killed_while_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, parent_is_killed));
	ASSERT_TRUE(wait_until(told_child() > 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill_parent(&s));
	EXPECT_EQ(0, close(s.cargs.hold_fd));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("went_on")));
	unlink(test_file("killed"));
	unlink(test_file("child"));
}

TEST(parent_killed_when_restarted)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, parent_is_killed));
	ASSERT_TRUE(wait_until(told_child() > 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, kill_parent(&s));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("went_on")));
	unlink(test_file("killed"));
	unlink(test_file("child"));
}

static void stops_late(void *arg)
{
	volatile int *is_up = arg;
	pid_t pid = vfork();

	if (!pid) {
		*is_up = 1;
		child_ready();
		_exit(4);
	}
	_exit(0);
}

/* Job control reaches it when the wait is over. */
static void stop_is_pending(void)
{
	volatile int *is_up = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = spawn(stops_late, (void *)is_up);
	int status;

	check(wait_until(*is_up));
	check(!kill(pid, SIGSTOP));
	sleep_ms(20);
	check_equal(waitpid(pid, &status, WNOHANG | WUNTRACED), 0);
	ready();
	check(waitpid(pid, &status, WUNTRACED) == pid);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	check(!kill(pid, SIGCONT));
	join(pid);
}
TEST_STORIES(stop_is_pending)

/* The child saves itself and its parent. */
static void child_saves(void)
{
	const char *path = test_file("self.img");
	volatile long ret = -1;
	int fd, status;
	pid_t pid;

	pid = vfork();
	if (!pid) {
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		ret = sys_checkpoint(getppid(), fd, 0, NULL, 0);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, 0);
	check(ret >= 0);
	write_file(ret ? "original" : "copy", "", 0);
	write_file("ready1", "", 0);
}

TEST(child_saves_both)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, child_saves));
	ASSERT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("original")));
	snprintf(s.image, sizeof(s.image), "%s", test_file("self.img"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("copy")));
}

/* Held on its way to user space, it is as if it had been caught. */
TEST(restarted_frozen)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, tells_child));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	subject_go(&s, 1);
	sleep_ms(50);
	EXPECT_NE(0, access(test_file("returned"), F_OK));
	close(s.rargs.hold_fd);
	EXPECT_EQ(0, subject_wait(&s));
	unlink(test_file("returned"));
}

/* Nobody can become what waits for a child that another would have to make. */
TEST(becomes_nobody)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, child_exits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	args.set_tid = (uintptr_t)&s.pid;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(-sys_restart(0, open(s.image, O_RDONLY), RESTART_SELF, NULL, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EINVAL, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
