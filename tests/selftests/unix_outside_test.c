// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix_outside_test.c - unix sockets that lead out of the tree: refused by the name of who is
 * there, or connected again by the name that they were.
 */
#include <sys/eventfd.h>

#include "unix.h"

static int server, client;

static void expect_words(const char *words)
{
	char buf[64] = "";

	check(recv(client, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(words));
	check(!strcmp(buf, words));
}

/* In the subject; the test listens. */
static void connects_outside(void)
{
	client = connected(SOCK_STREAM, "@checkpoint.outside");
	ready();
	expect_words("still there");
}

TEST(stream_to_outside)
{
	struct subject s;
	char words[96];
	int fd;

	server = listening(SOCK_STREAM, "@checkpoint.outside", 3);
	ASSERT_EQ(0, subject_start(&s, connects_outside));
	/* Neither before it is accepted nor behind */
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	fd = accept(server, NULL, NULL);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "a unix socket is connected with process %d (unix_outside_te) outside the tree",
		 getpid());
	EXPECT_TRUE(subject_told(&s, words));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, words));
	send_text(fd, "still there");
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	close(server);
	close(fd);
}

static void is_connected_from_outside(void)
{
	server = listening(SOCK_STREAM, "name", 3);
	ready();
	check(accept(server, NULL, NULL) >= 0);
}

TEST(pending_from_outside)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, is_connected_from_outside));
	client = connected(SOCK_STREAM, "name");
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "a unix socket that shows as its peer") ||
		    subject_told(&s, "a unix socket is connected with process"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	close(client);
}

/* -- datagrams to a name outside, as to /dev/log ---------------------------------------------- */

/* It waits for the test to put a log into its directory. */
static void logs(void)
{
	ready();
	client = connected(SOCK_DGRAM, "log");
	ready();
	shows(client, NULL, "log");
	send_text(client, "behind");
}

TEST(log_is_there)
{
	char buf[16] = "";
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, logs));
	server = bound(SOCK_DGRAM, "log");
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_await(&s, 2));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	close(server);
	unlink(test_file("log"));
	server = bound(SOCK_DGRAM, "log");
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 2);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(6, recv(server, buf, sizeof(buf) - 1, MSG_DONTWAIT));
	EXPECT_STREQ("behind", buf);
	close(server);
	unlink(test_file("log"));
}

static void logs_abstract(void)
{
	client = connected(SOCK_DGRAM, "@checkpoint.log");
	send_text(client, "before");
	ready();
	shows(client, NULL, "@checkpoint.log");
	send_text(client, "behind");
}

TEST(abstract_log_is_there)
{
	char buf[16] = "";
	struct subject s;

	server = bound(SOCK_DGRAM, "@checkpoint.log");
	ASSERT_EQ(0, subject_start(&s, logs_abstract));
	EXPECT_EQ(6, recv(server, buf, sizeof(buf), 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "connected with the unix socket @checkpoint.log outside"));
	/* Another daemon by now */
	close(server);
	server = bound(SOCK_DGRAM, "@checkpoint.log");
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	memset(buf, 0, sizeof(buf));
	EXPECT_EQ(6, recv(server, buf, sizeof(buf) - 1, MSG_DONTWAIT));
	EXPECT_STREQ("behind", buf);
	close(server);
}

static void log_goes_away(void)
{
	client = connected(SOCK_DGRAM, "@checkpoint.log");
	ready();
	check(send(client, "x", 1, 0) == -1 && errno == ECONNREFUSED);
	check(send(client, "x", 1, 0) == -1 && errno == ENOTCONN);
}

TEST(log_is_gone)
{
	struct subject s;

	server = bound(SOCK_DGRAM, "@checkpoint.log");
	ASSERT_EQ(0, subject_start(&s, log_goes_away));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	close(server);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "where nobody is now"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void talks_to_each_other(void)
{
	client = bound(SOCK_DGRAM, "@checkpoint.inside");
	check(!connect_fd(client, "@checkpoint.log"));
	ready();
}

/* It would not be connected with the new one. */
TEST(log_is_connected_too)
{
	struct subject s;

	server = bound(SOCK_DGRAM, "@checkpoint.log");
	ASSERT_EQ(0, subject_start(&s, talks_to_each_other));
	ASSERT_EQ(0, connect_fd(server, "@checkpoint.inside"));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "a unix socket is connected with process"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	close(server);
}

/* -- what came from outside ------------------------------------------------------------------- */

static void is_told(void)
{
	char buf[16] = "";

	server = bound(SOCK_DGRAM, "@checkpoint.server");
	ready();
	check(recv(server, buf, sizeof(buf), 0) == 5 && !strcmp(buf, "hello"));
}

TEST(message_from_outside)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, is_told));
	client = connected(SOCK_DGRAM, "@checkpoint.server");
	send_text(client, "hello");
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	close(client);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* It comes when the image is captured, and being written. */
TEST(message_too_late)
{
	struct subject s;
	int reader;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, is_told));
	client = connected(SOCK_DGRAM, "@checkpoint.server");
	pid = save_to_pipe(&s, CHECKPOINT_KILL, &reader);
	send_text(client, "hello");
	drain(reader);
	EXPECT_EQ(EAGAIN, answer_of(pid));
	close(client);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void wants_credentials(void)
{
	int on = 1;

	server = bound(SOCK_DGRAM, "@checkpoint.server");
	check(!setsockopt(server, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	ready();
}

TEST(credentials_from_outside)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, wants_credentials));
	client = connected(SOCK_DGRAM, "@checkpoint.server");
	send_text(client, "hello");
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "credentials (SCM_CREDENTIALS) of a process outside"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	close(client);
}

TEST_HARNESS_MAIN
