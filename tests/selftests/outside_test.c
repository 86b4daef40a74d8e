// SPDX-License-Identifier: GPL-2.0-only
/*
 * outside_test.c - what leads out of the tree: standard descriptors become the
 * restarter's, others are refused; groups and sessions of the caller's.  Named pipes
 * are in outside_fifo_test.c, where an image may go in outside_image_test.c.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#include "checkpoint_test.h"
#include "std.h"

static int in_pipe[2], out_pipe[2];

/* Descriptors 0 to 2 lead to the test. */
static void std_to_pipes(void)
{
	dup2(in_pipe[0], 0);
	dup2(out_pipe[1], 1);
	dup2(out_pipe[1], 2);
	close_range(3, ~0U, 0);
	setsid();
}

static void answers(void)
{
	char c;

	ready();
	check(read(0, &c, 1) == 1);
	c++;
	check(write(1, &c, 1) == 1);
}

TEST(standard_pipes_become_the_restarters)
{
	int new_in[2], new_out[2], saved[3];
	struct subject s;
	char c = 0;

	ASSERT_EQ(0, pipe(in_pipe) | pipe(out_pipe));
	ASSERT_EQ(0, subject_start_inside(&s, std_to_pipes, answers));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "becomes the restarter's"));
	EXPECT_EQ(3, s.cargs.errors_used);

	ASSERT_EQ(0, pipe(new_in) | pipe(new_out));
	move_std(new_in[0], new_out[1], saved);
	subject_restart(&s, 0);
	put_std_back(saved);
	ASSERT_EQ(1, s.rargs.nr_processes);
	EXPECT_TRUE(subject_told(&s, "is the restarter's"));
	subject_go(&s, 1);
	ASSERT_EQ(1, write(new_in[1], "A", 1));
	ASSERT_EQ(1, read(new_out[0], &c, 1));
	EXPECT_EQ('B', c);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(strict_io_refuses)
{
	struct subject s;

	ASSERT_EQ(0, pipe(in_pipe) | pipe(out_pipe));
	ASSERT_EQ(0, subject_start_inside(&s, std_to_pipes, answers));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(-EPERM, subject_restart(&s, RESTART_STRICT_IO));
	EXPECT_TRUE(subject_told(&s, "fd 0 led outside"));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

TEST(restarter_without_the_descriptor)
{
	int saved[3], ret;
	struct subject s;

	ASSERT_EQ(0, pipe(in_pipe) | pipe(out_pipe));
	ASSERT_EQ(0, subject_start_inside(&s, std_to_pipes, answers));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	move_std(out_pipe[1], in_pipe[0], saved);	/* each the wrong way round */
	ret = subject_restart(&s, 0);
	put_std_back(saved);
	EXPECT_EQ(-EBADF, ret);
	EXPECT_TRUE(subject_told(&s, "is not open for"));
}

static int other_fd;

static void pipe_on_5(void)
{
	std_to_null();
	dup2(other_fd, 5);
	close_range(6, ~0U, 0);
	close(3);
	close(4);
}

static void waits(void)
{
	ready();
}

static void refuse_fd_5(struct __test_metadata *_metadata, const char *words)
{
	struct subject s;
	long ret;

	ASSERT_EQ(0, subject_start_inside(&s, pipe_on_5, waits));
	ret = subject_save(&s, CHECKPOINT_KILL);
	EXPECT_TRUE(ret == -EBUSY || ret == -EOPNOTSUPP);
	EXPECT_TRUE(subject_told(&s, "fd 5"));
	EXPECT_TRUE(subject_told(&s, words));
	EXPECT_EQ(s.pid, s.errors[0].pid);
	EXPECT_EQ(5, s.errors[0].object);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(pipe_to_the_outside_on_5)
{
	ASSERT_EQ(0, pipe(out_pipe));
	other_fd = out_pipe[1];
	refuse_fd_5(_metadata, "pipe");
}

TEST(socket_to_the_outside_on_5)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	other_fd = pair[0];
	refuse_fd_5(_metadata, "a unix socket is open in process ");
}

/* A pipe inside the tree that the test holds open too */
TEST(pipe_inside_that_is_open_outside)
{
	struct subject s;
	char words[80];

	ASSERT_EQ(0, pipe(in_pipe));
	other_fd = in_pipe[0];
	ASSERT_EQ(0, subject_start_inside(&s, std_to_null, waits));
	EXPECT_GT(0, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "is open in process %d (outside_test) outside the tree too",
		 getpid());
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void std_to_socket(void)
{
	std_to_null();
	dup2(other_fd, 1);
	close_range(3, ~0U, 0);
}

static void writes_to_1(void)
{
	ready();
	check(write(1, "socket", 6) == 6);
}

TEST(socket_on_1)
{
	int pair[2], saved[3];
	struct subject s;
	char buf[16] = "";

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	other_fd = pair[0];
	ASSERT_EQ(0, subject_start_inside(&s, std_to_socket, writes_to_1));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	move_std(other_fd, other_fd, saved);
	subject_restart(&s, 0);
	put_std_back(saved);
	subject_go(&s, 1);
	EXPECT_EQ(6, read(pair[1], buf, 6));
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- a terminal ------------------------------------------------------------------------ */

static int master = -1;
static char slave_name[64];

static int open_terminal(void)
{
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, slave_name, sizeof(slave_name)))
		return -1;
	return 0;
}

/* In the terminal's session, which is not led from inside */
static void in_terminal(void)
{
	int fd = open(slave_name, O_RDWR);

	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	close_range(3, ~0U, 0);
	check(!setpgid(0, 0));
}

static void talks_to_terminal(void)
{
	int tty = open("/dev/tty", O_RDWR);

	check(tty >= 0);
	check_equal(getsid(0), getppid());
	ready();
	check(isatty(0) && isatty(1) && isatty(tty));
	check_equal(getsid(0), getppid());
	check(write(1, "prompt", 6) == 6);
}

static int terminal_story(void)
{
	struct subject s;
	int ret;

	setsid();
	dup2(open(slave_name, O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
	if (ioctl(0, TIOCSCTTY, 0))
		return 10;
	if (subject_start_inside(&s, in_terminal, talks_to_terminal))
		return 11;
	if (subject_save(&s, CHECKPOINT_KILL) <= 0)
		return 12;
	ret = subject_restart(&s, 0);
	if (ret)
		return 13;
	subject_go(&s, 1);
	ret = subject_wait(&s) ? 14 : 0;
	return ret;
}

/* What the story says on its terminal is told when it fails. */
TEST(terminal_and_session_of_the_restarter)
{
	char text[4096];
	int status, n;
	pid_t pid;

	ASSERT_EQ(0, open_terminal());
	pid = fork();
	if (!pid)
		_exit(terminal_story());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	n = read(master, text, sizeof(text) - 1);
	EXPECT_LT(0, n);
	text[n > 0 ? n : 0] = '\0';
	EXPECT_EQ(0, status) {
		tell("%s", text);
	}
	EXPECT_NE(NULL, strstr(text, "prompt"));
}

/* -- group and session ------------------------------------------------------------------ */

static void in_the_tests_session(void)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close_range(3, ~0U, 0);
}

static void session_of_the_caller(void)
{
	ready();
	check_equal(getsid(0), getsid(getppid()));
	check_equal(getpgrp(), getpgid(getppid()));
}

TEST(group_and_session_of_the_caller)
{
	struct subject s;

	ASSERT_EQ(0, subject_start_inside(&s, in_the_tests_session, session_of_the_caller));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "is outside: the restarter's takes its place"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, s.rargs.pgrp);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- who else has it ------------------------------------------------------------------------ */

static void has_both_ends(void)
{
	char c = 'A';

	check(write(out_pipe[1], &c, 1) == 1);
	ready();
	check(read(out_pipe[0], &c, 1) == 1 && c == 'A');
}

TEST(pipe_inside_is_open_outside_too)
{
	struct subject s;
	char words[112];

	ASSERT_EQ(0, pipe(out_pipe));
	ASSERT_EQ(0, subject_start_inside(&s, NULL, has_both_ends));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words),
		 "connects the tree within itself and is open in %s outside the tree too",
		 process_shown(getpid()));
	EXPECT_TRUE(subject_told(&s, words));
	close(out_pipe[0]);
	close(out_pipe[1]);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
