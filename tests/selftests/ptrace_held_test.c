// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace_held_test.c - tracer and tracee while they are held: whoever is killed, the other does
 * not go on; and what of tracing is refused.
 */
#include "traced.h"

/* -- while it is held ---------------------------------------------------------------------------------- */

static void has_tracer(void)
{
	char text[16];
	pid_t pid;

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = spawn(stands_before_open, NULL);
	await_child(pid);
	snprintf(text, sizeof(text), "%d", pid);
	write_file("tracer", text, strlen(text));
	ready();
	kill(pid, SIGKILL);
	check(waitpid(-1, NULL, 0) > 0);
	check(waitpid(-1, NULL, 0) > 0);
	check(!access(test_file("written"), F_OK));
	unlink(test_file("written"));
}
TEST_STORIES(has_tracer)

/* The end of its tracer lets it go, but not before it is let go itself. */
TEST(tracer_killed_while_held)
{
	struct subject s;
	char text[16];

	ASSERT_EQ(0, subject_start(&s, has_tracer));
	ASSERT_LT(0, read_file(test_file("tracer"), text, sizeof(text)));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(atoi(text), SIGKILL));
	sleep_ms(50);
	EXPECT_NE(0, access(test_file("written"), F_OK));
	EXPECT_EQ(0, close(s.cargs.hold_fd));
	EXPECT_TRUE(wait_until(!access(test_file("written"), F_OK)));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* So it does when it has been held since it was made. */
TEST(tracer_killed_when_brought_back_frozen)
{
	struct subject s;
	char text[16];

	ASSERT_EQ(0, subject_start(&s, has_tracer));
	ASSERT_LT(0, read_file(test_file("tracer"), text, sizeof(text)));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	sleep_ms(50);
	ASSERT_EQ(0, kill(atoi(text), SIGKILL));
	sleep_ms(50);
	EXPECT_NE(0, access(test_file("written"), F_OK));
	EXPECT_EQ(0, close(s.rargs.hold_fd));
	EXPECT_TRUE(wait_until(!access(test_file("written"), F_OK)));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- what is refused ----------------------------------------------------------------------------------- */

static void exits(void)
{
	_exit(4);
}

static void ends(void *arg)
{
	(void)arg;
}

static void event_exit(void)
{
	pid_t pid = start_traced(exits, PTRACE_O_TRACEEXIT);

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_EXIT));
	ready();
	check_end(pid, 4);
}
TEST_REFUSED(event_exit, EAGAIN, "is just exiting")

static void suspended(void)
{
	pid_t pid = start_traced(writes, SYSGOOD | PTRACE_O_SUSPEND_SECCOMP);

	ready();
	check_end(pid, 4);
}
TEST_REFUSED(suspended, EOPNOTSUPP, "suspends its seccomp filters")

static void siginfo_changed(void)
{
	pid_t pid = start_traced(writes, SYSGOOD);
	siginfo_t info = { .si_signo = SIGTRAP, .si_code = SI_USER };

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check(!ptrace(PTRACE_SETSIGINFO, pid, 0, &info));
	ready();
	check_end(pid, 4);
}
TEST_REFUSED(siginfo_changed, EAGAIN, "siginfo")

/* The init of a new pid namespace, whose child has one number there and one for the tracer */
static void event_of_another_namespace(void)
{
	unsigned long child;
	pid_t pid;

	share();
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		check(!ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		join(spawn(ends, NULL));
		_exit(4);
	}
	check_equal(awaited(pid), STOPPED(SIGSTOP));
	check(!ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL));
	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_FORK));
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	ready();
	check_equal(awaited(child), STOPPED(SIGSTOP));
	check_end(child, 0);
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check_equal(awaited(pid), 4 << 8);
}
TEST_REFUSED(event_of_another_namespace, EAGAIN, "pid namespace")

static void traced_by_test(void)
{
	ready();
}

TEST(tracer_outside)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, traced_by_test));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, s.pid, 0, 0));
	EXPECT_EQ(-EBUSY, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "is being traced"));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, s.pid, 0, 0));
	ASSERT_EQ(s.pid, waitpid(s.pid, NULL, 0));
	EXPECT_EQ(-EBUSY, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "is being traced"));
	ptrace(PTRACE_DETACH, s.pid, 0, 0);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
