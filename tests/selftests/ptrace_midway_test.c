// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace_midway_test.c - tracer and tracee to which something happens in the middle of a
 * checkpoint.  A FUSE server outside that does not answer is what makes it stay there.
 */
#include "fuse_server.h"
#include "traced.h"

static pid_t server;

/* A checkpoint that comes to where the server would have to answer.  Return: it */
static pid_t save_midway(struct subject *s)
{
	int fd = open(s->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pid_t pid;

	kill(server, SIGSTOP);
	sleep_ms(20);
	pid = save_behind(s, fd, 0);
	close(fd);
	sleep_ms(100 * time_scale());
	return pid;
}

static int answer_after(pid_t pid)
{
	sleep_ms(50);
	kill(server, SIGCONT);
	return answer_of(pid);
}

/* -- a tracer is killed before all are at rest ------------------------------------------------ */

/* Whom nothing takes out of a request before the server has answered */
static void asks_server(void *arg)
{
	volatile int *go_on = arg;
	struct stat attr;

	check_equal(open(PLACE "/file", O_RDWR | O_CLOEXEC), 3);
	child_ready();
	while (*go_on)
		check(!fstat(3, &attr));
}

static void has_tracer(void)
{
	volatile int *go_on = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t tracer, asks;
	char text[16];

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	*go_on = 1;
	tracer = spawn(stands_before_open, NULL);
	await_child(tracer);
	asks = spawn(asks_server, (void *)go_on);
	await_child(asks);
	snprintf(text, sizeof(text), "%d", tracer);
	write_file("tracer", text, strlen(text));
	ready();
	*go_on = 0;
	join(asks);
	kill(tracer, SIGKILL);
	check(waitpid(-1, NULL, 0) > 0);
	check(waitpid(-1, NULL, 0) > 0);
	check(!access(test_file("written"), F_OK));
	unlink(test_file("written"));
}

TEST(tracer_killed_in_the_freeze)
{
	struct subject s;
	char text[16];
	int answer;
	pid_t pid;

	server_flags = 0;
	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, has_tracer));
	ASSERT_LT(0, read_file(test_file("tracer"), text, sizeof(text)));
	pid = save_midway(&s);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, kill(atoi(text), SIGKILL));
	sleep_ms(50);
	/* Its tracee stands there still. */
	EXPECT_NE(0, access(test_file("written"), F_OK));
	answer = answer_after(pid);
	EXPECT_TRUE(answer == EAGAIN || answer == ESRCH) {
		tell("answer %d", answer);
	}
	EXPECT_TRUE(wait_until(!access(test_file("written"), F_OK)));
	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

/* -- a SIGCONT comes between survey and capture ------------------------------------------------ */

static void stops_itself(void)
{
	raise(SIGSTOP);
	_exit(4);
}

#define LISTENS	(PTRACE_EVENT_STOP << 16 | SIGSTOP << 8 | 0x7f)
#define NOTIFIED EVENT(PTRACE_EVENT_STOP)

/* It listens to what job control does with its tracee. */
static pid_t listens(void)
{
	pid_t pid = fork();

	if (!pid) {
		while (!seen->value)
			;
		stops_itself();
	}
	check(!ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL));
	seen->value = 1;
	check_equal(awaited(pid), STOPPED(SIGSTOP));
	check_equal(next_stop(pid, PTRACE_CONT, SIGSTOP), LISTENS);
	check(!ptrace(PTRACE_LISTEN, pid, 0, 0));
	return pid;
}

static void goes_on(void)
{
	char text[16];
	pid_t pid;

	share();
	check_equal(open(PLACE "/file", O_RDWR | O_CLOEXEC) >= 0, 1);
	pid = listens();
	snprintf(text, sizeof(text), "%d", pid);
	write_file("tracee", text, strlen(text));
	ready();
	check_equal(awaited(pid), NOTIFIED);
	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGCONT));
	check_end(pid, 4);
}

TEST(continued_between_survey_and_capture)
{
	struct subject s;
	char text[16];
	int answer;
	pid_t pid;

	server_flags = 0;
	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, goes_on));
	ASSERT_LT(0, read_file(test_file("tracee"), text, sizeof(text)));
	pid = save_midway(&s);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, kill(atoi(text), SIGCONT));
	answer = answer_after(pid);
	EXPECT_TRUE(!answer || answer == EAGAIN) {
		tell("answer %d", answer);
	}
	/* What has come in time is in the image. */
	if (!answer) {
		subject_kill(&s);
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

TEST_HARNESS_MAIN
