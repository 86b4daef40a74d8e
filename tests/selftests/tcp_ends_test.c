// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_ends_test.c - TCP connections that end: shut down, closed by one side, reset; those with
 * somebody outside.
 */
#include "tcp.h"

/* -- ends ------------------------------------------------------------------------------------- */

static void shut_down(void)
{
	make_pair();
	send_text(pair[0], "the end");
	check(!shutdown(pair[0], SHUT_WR));
	ready();
	expect(pair[1], "the end");
	expect_end(pair[1]);
	send_text(pair[1], "not mine");
	expect(pair[0], "not mine");
	check(send(pair[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	close(pair[1]);
	expect_end(pair[0]);
}
TEST_STORIES(shut_down)

/* More than its peer has room for, and then the end */
static void shut_down_full(void)
{
	size_t len;

	make_pair();
	len = fill(pair[0], 3);
	check(!shutdown(pair[0], SHUT_WR));
	ready();
	drain(pair[1], 3, len);
	expect_end(pair[1]);
	send_text(pair[1], "got all");
	expect(pair[0], "got all");
}
TEST_STORIES(shut_down_full)

static void both_shut_down(void)
{
	make_pair();
	send_text(pair[0], "one");
	send_text(pair[1], "other");
	check(!shutdown(pair[0], SHUT_WR));
	check(!shutdown(pair[1], SHUT_WR));
	sleep_ms(20);
	ready();
	expect(pair[1], "one");
	expect_end(pair[1]);
	expect(pair[0], "other");
	expect_end(pair[0]);
	check(send(pair[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}
TEST_STORIES(both_shut_down)

static void deaf(void)
{
	make_pair();
	check(!shutdown(pair[0], SHUT_RD));
	ready();
	expect_end(pair[0]);
	send_text(pair[0], "talks on");
	expect(pair[1], "talks on");
}
TEST_STORIES(deaf)

static void closed_peer(void)
{
	make_pair();
	send_text(pair[0], "last words");
	close(pair[0]);
	sleep_ms(20);
	ready();
	expect(pair[1], "last words");
	expect_end(pair[1]);
	send(pair[1], "x", 1, MSG_NOSIGNAL);
	check(wait_until(send(pair[1], "x", 1, MSG_NOSIGNAL) == -1) && errno == EPIPE);
}
TEST_STORIES(closed_peer)

/* It has still to send more than there is room for. */
static void closed_full_peer(void)
{
	size_t len;

	make_pair();
	len = fill(pair[0], 4);
	close(pair[0]);
	ready();
	drain(pair[1], 4, len);
	expect_end(pair[1]);
}
TEST_STORIES(closed_full_peer)

static void ended(void)
{
	make_pair();
	send_text(pair[0], "left");
	check(!shutdown(pair[1], SHUT_WR));
	close(pair[0]);
	sleep_ms(20);
	ready();
	expect(pair[1], "left");
	expect_end(pair[1]);
	check(send(pair[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}
TEST_STORIES(ended)

/* Of one that was accepted at an address that was chosen */
static void ended_at_address(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	listener = make(AF_INET);
	set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	check(!bind(listener, (struct sockaddr *)&in, sizeof(in)) && !listen(listener, 3));
	pair[0] = call();
	pair[1] = take();
	close(pair[0]);
	expect_end(pair[1]);
	check(!shutdown(pair[1], SHUT_WR));
	sleep_ms(20);
	ready();
	expect_end(pair[1]);
	pair[0] = call();
	expect_talk(pair[0], take());
}
TEST_STORIES(ended_at_address)

/* An error, once */
static void reset(void)
{
	struct linger now = { .l_onoff = 1 };
	char c;

	make_pair();
	check(!setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(pair[0]);
	sleep_ms(20);
	ready();
	check(recv(pair[1], &c, 1, 0) == -1 && errno == ECONNRESET);
	expect_end(pair[1]);
}
TEST_STORIES(reset)

/* -- what is refused ----------------------------------------------------------------------------- */

static int outside_port;

static void leads_out(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(outside_port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = make(AF_INET);

	check(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	ready();
	send_text(fd, "unharmed");
}

TEST(peer_outside_refused)
{
	char words[80];
	int fd;

	serve(3);
	outside_port = port_of(listener);
	snprintf(words, sizeof(words), "a TCP connection with 127.0.0.1:%d, which is not in the tree",
		 outside_port);
	ASSERT_EQ(0, story_refused(leads_out, EBUSY, words));
	fd = take();
	expect(fd, "unharmed");
}

static void ends(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(outside_port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = make(AF_INET);

	check(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	send_text(fd, "on its way");
	expect(fd, "wel");
	ready();
	expect(fd, "come");
	expect_end(fd);
	check(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}

/* It comes back as ended, and whoever is outside sees the end of the original. */
TEST(peer_outside_closed)
{
	struct subject s;
	int fd;

	serve(3);
	outside_port = port_of(listener);
	if (!fork()) {
		fd = take();
		send_text(fd, "welcome");
		expect(fd, "on its way");
		expect_end(fd);
		_exit(0);
	}
	ASSERT_EQ(0, subject_start(&s, ends));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_CLOSE));
	ASSERT_TRUE(subject_told(&s, "has ended in the image"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	reap_all();
}

/* Somebody outside has called. */
static void called(void)
{
	char text[16];

	serve(3);
	write_file("port", text, sprintf(text, "%d", port_of(listener)));
	ready();
}

TEST(caller_outside_refused)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct subject s;
	char text[16];
	int fd;

	ASSERT_EQ(0, subject_start(&s, called));
	ASSERT_LT(0, read_file(test_file("port"), text, sizeof(text)));
	in.sin_port = htons(atoi(text));
	fd = make(AF_INET);
	ASSERT_EQ(0, connect(fd, (struct sockaddr *)&in, sizeof(in)));
	sleep_ms(20);
	ASSERT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(subject_told(&s, "which is not in the tree"));
	/* Dropped, it ends with the program. */
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_CLOSE));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	close(fd);
}

TEST_HARNESS_MAIN
