// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_keep_server_test.c - servers whose connections with somebody outside live on, and who calls
 * them meanwhile.
 */
#include "tcp_keep.h"

static int call_server(bool wait)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port_told()),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | (wait ? 0 : SOCK_NONBLOCK), 0);
	int ret = connect(fd, (struct sockaddr *)&in, sizeof(in));

	check(wait ? !ret : ret == -1 && errno == EINPROGRESS);
	return fd;
}

/* It has one connection when it is saved. */
static void serve_one(void)
{
	char text[16];

	alone = true;
	serve(3);
	write_file("port", text, sprintf(text, "%d", port_of(listener)));
	ready();
	inside = take();
	ready();
}

static void welcome_another(void)
{
	int fd = take();

	send_text(fd, "welcome");
	expect_end(fd);
}

static void answer(void)
{
	expect(inside, "still there?");
	send_text(inside, "sure");
	close(inside);
}

/* -- when it is back ---------------------------------------------------------------------- */

static void serves(void)
{
	serve_one();
	answer();
	welcome_another();
}

/* Its port is that of the connections which it has accepted. */
TEST(server)
{
	struct subject s = {};
	int kept;

	for (kept = 0; kept < 2; kept++) {
		ASSERT_EQ(0, subject_start(&s, serves));
		outside = call_server(true);
		subject_go(&s, 1);
		ASSERT_EQ(0, subject_await(&s, 2));
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
		if (!kept)
			ASSERT_EQ(0, release(&s));
		ASSERT_EQ(0, subject_restart(&s, 0));
		subject_go(&s, 2);
		send_text(outside, "still there?");
		expect(outside, "sure");
		expect_end(outside);
		close(outside);
		outside = call_server(true);
		expect(outside, "welcome");
		close(outside);
		ASSERT_EQ(0, subject_wait(&s));
		reap_all();
	}
}

TEST(not_accepted)
{
	struct subject s = {};

	ASSERT_EQ(0, subject_start(&s, serves));
	outside = call_server(true);
	ASSERT_EQ(-EAGAIN, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_TRUE(subject_told(&s, "waits to be accepted"));
	subject_kill(&s);
	close(outside);
}

static void serves_late(void)
{
	char text[16];

	serve(3);
	set(listener, SOL_TCP, TCP_DEFER_ACCEPT, 60);
	write_file("port", text, sprintf(text, "%d", port_of(listener)));
	ready();
	inside = take();
	expect(inside, "hello");
	ready();
	answer();
}

/* Who was answered believes that he is connected, and there is no socket yet. */
TEST(just_being_made)
{
	struct subject s = {};

	ASSERT_EQ(0, subject_start(&s, serves_late));
	outside = call_server(true);
	ASSERT_EQ(-EAGAIN, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_TRUE(subject_told(&s, "a TCP connection is just being made; try again"));
	send_text(outside, "hello");
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_await(&s, 2));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 2);
	send_text(outside, "still there?");
	expect(outside, "sure");
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- while it is held --------------------------------------------------------------------- */

static void hears_another(void)
{
	serve_one();
	welcome_another();
	answer();
}

static bool is_connected(int fd, unsigned int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, ms) == 1 && !(p.revents & (POLLERR | POLLHUP));
}

static long hold_server(struct subject *s)
{
	long ret = subject_start(s, hears_another);

	if (ret)
		return ret;
	outside = call_server(true);
	subject_go(s, 1);
	ret = subject_await(s, 2);
	return ret ?: subject_save(s, CHECKPOINT_FROZEN | CHECKPOINT_KEEP);
}

static void hear_server(struct subject *s, int fd)
{
	check(!fcntl(fd, F_SETFL, 0));
	subject_go(s, 2);
	expect(fd, "welcome");
	close(fd);
	send_text(outside, "still there?");
	expect(outside, "sure");
	close(outside);
}

/* It calls again, as after a loss. */
TEST(caller_of_a_held_server)
{
	struct subject s = {};
	int fd;

	ASSERT_LT(0, hold_server(&s));
	fd = call_server(false);
	ASSERT_FALSE(is_connected(fd, 300));
	close(s.cargs.hold_fd);
	ASSERT_TRUE(is_connected(fd, PATIENCE * 1000));
	hear_server(&s, fd);
	ASSERT_EQ(0, subject_wait(&s));
}

/* It is no reason to let the program go on. */
TEST(caller_of_a_server_that_is_killed)
{
	struct subject s = {};
	int fd;

	ASSERT_LT(0, hold_server(&s));
	fd = call_server(false);
	ASSERT_FALSE(is_connected(fd, 300));
	ASSERT_EQ(0, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	close(s.cargs.hold_fd);
	reap_all();
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	fd = call_server(true);
	hear_server(&s, fd);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
