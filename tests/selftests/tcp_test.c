// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_test.c - TCP connections within the tree: what they hold, connections that wait to be
 * accepted, who has them and who waits for them.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "tcp.h"

/* -- connections ---------------------------------------------------------------------------- */

static void with_data(void)
{
	struct sockaddr_in6 name[2] = {}, now;
	socklen_t len = sizeof(now);
	int ports[2];

	make_pair();
	send_text(pair[0], "from the first");
	send_text(pair[0], ", twice");
	send_text(pair[1], "from the second");
	expect(pair[1], "fr");
	ports[0] = port_of(pair[0]);
	ports[1] = port_of(pair[1]);
	check(!getpeername(pair[0], (struct sockaddr *)&name[0], &len));
	len = sizeof(now);
	check(!getpeername(pair[1], (struct sockaddr *)&name[1], &len));
	ready();
	len = sizeof(now);
	memset(&now, 0, sizeof(now));
	check(!getpeername(pair[0], (struct sockaddr *)&now, &len));
	check(!memcmp(&now, &name[0], sizeof(now)));
	len = sizeof(now);
	memset(&now, 0, sizeof(now));
	check(!getpeername(pair[1], (struct sockaddr *)&now, &len));
	check(!memcmp(&now, &name[1], sizeof(now)));
	check_equal(port_of(pair[0]), ports[0]);
	check_equal(port_of(pair[1]), ports[1]);
	expect(pair[1], "om the first, twice");
	expect(pair[0], "from the second");
	expect_nothing(pair[0]);
	expect_nothing(pair[1]);
	expect_talk(pair[0], pair[1]);
	pair[0] = call();
	pair[1] = take();
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(with_data)

/* Killed, it leaves nothing. */
static void without_reuse(void)
{
	alone = true;
	with_data();
}
TEST_KILLED(without_reuse)

/* The same of a tree that was held first, saved or restarted. */
TEST(held_and_killed)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, without_reuse));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	close(s.cargs.hold_fd);
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	ASSERT_EQ(0, sys_checkpoint(0, s.rargs.hold_fd, CHECKPOINT_END, NULL, 0));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	close(s.rargs.hold_fd);
}

/* The SYN goes with what is sent first, at once or if the server is known. */
static void open_fast(bool at_once)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	serve(5);
	set(listener, SOL_TCP, TCP_FASTOPEN, 3);
	in.sin_port = htons(port_of(listener));
	pair[0] = make(AF_INET);
	set(pair[0], SOL_TCP, TCP_FASTOPEN_CONNECT, 1);
	set(pair[0], SOL_TCP, TCP_FASTOPEN_NO_COOKIE, at_once);
	check(!connect(pair[0], (struct sockaddr *)&in, sizeof(in)));
	send_text(pair[0], "early");
	pair[1] = take();
	ready();
	expect(pair[1], "early");
	expect_talk(pair[0], pair[1]);
	check_equal(get(listener, SOL_TCP, TCP_FASTOPEN), 3);
	check_equal(get(pair[0], SOL_TCP, TCP_FASTOPEN_CONNECT), 1);
	pair[0] = call();
	pair[1] = take();
	expect_talk(pair[0], pair[1]);
}

static void fast_open(void) { open_fast(false); }
static void fast_open_at_once(void) { open_fast(true); }

TEST_STORIES(fast_open)
TEST_STORIES(fast_open_at_once)

/* Not where the kernel has no network devices */
static bool has_devices;

static void tie(int fd)
{
	has_devices = !setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
}

static void expect_tied(int fd, bool wanted)
{
	char device[16] = "";
	socklen_t len = sizeof(device);

	check(!getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len) || !has_devices);
	check(!strcmp(device, wanted && has_devices ? "lo" : ""));
}

/* Sockets that hear what comes by a device alone: new, listening, not accepted, connected */
static void tied(void)
{
	int fresh = make(server_family), waiting;

	tie(fresh);
	serve(5);
	pair[0] = call();
	pair[1] = take();
	tie(pair[0]);
	tie(listener);
	waiting = call();
	send_text(waiting, "waits");
	sleep_ms(20);
	ready();
	expect_tied(fresh, true);
	expect_tied(listener, true);
	expect_tied(pair[0], true);
	expect_tied(pair[1], false);
	expect_tied(waiting, false);
	expect_talk(pair[0], pair[1]);
	pair[0] = waiting;
	pair[1] = take();
	expect_tied(pair[1], true);
	expect(pair[1], "waits");
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(tied)

static void tied6(void)
{
	server_family = AF_INET6;
	client_family = AF_INET6;
	tied();
}
TEST_SIX(tied6)

static void six(void)
{
	server_family = AF_INET6;
	client_family = AF_INET6;
	with_data();
}

static void mixed(void)
{
	server_family = AF_INET6;
	with_data();
}

TEST_SIX(six)
TEST_SIX(mixed)

static void full(void)
{
	size_t there, back;

	make_pair();
	there = fill(pair[0], 1);
	back = fill(pair[1], 2);
	check(there > 200000 && back > 200000);
	ready();
	drain(pair[1], 1, there);
	drain(pair[0], 2, back);
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(full)

/* It was connected in the background, and nobody has asked whether it is. */
static void in_background(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	serve(3);
	in.sin_port = htons(port_of(listener));
	check(connect(fd, (struct sockaddr *)&in, sizeof(in)) == -1 && errno == EINPROGRESS);
	pair[1] = take();
	ready();
	check(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	check(connect(fd, (struct sockaddr *)&in, sizeof(in)) == -1 && errno == EISCONN);
	check(!fcntl(fd, F_SETFL, 0));
	expect_talk(fd, pair[1]);
}
TEST_STORIES(in_background)

/* What has been chosen, at either end */
static void with_options(void)
{
	static const char name[] = "reno";
	char buf[16] = "";
	socklen_t len = sizeof(buf);
	int keep;

	make_pair();
	set(pair[0], SOL_TCP, TCP_NODELAY, 1);
	set(pair[0], SOL_SOCKET, SO_KEEPALIVE, 1);
	set(pair[0], SOL_TCP, TCP_KEEPIDLE, 99);
	set(pair[1], SOL_TCP, TCP_USER_TIMEOUT, 54321);
	check(!setsockopt(pair[1], SOL_TCP, TCP_CONGESTION, name, strlen(name)));
	set(pair[1], SOL_SOCKET, SO_RCVBUF, 50000);
	keep = get(pair[1], SOL_SOCKET, SO_RCVBUF);
	ready();
	check_equal(get(pair[0], SOL_TCP, TCP_NODELAY), 1);
	check_equal(get(pair[0], SOL_SOCKET, SO_KEEPALIVE), 1);
	check_equal(get(pair[0], SOL_TCP, TCP_KEEPIDLE), 99);
	check_equal(get(pair[1], SOL_TCP, TCP_USER_TIMEOUT), 54321);
	check_equal(get(pair[1], SOL_SOCKET, SO_RCVBUF), keep);
	check(!getsockopt(pair[1], SOL_TCP, TCP_CONGESTION, buf, &len) && !strcmp(buf, name));
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(with_options)

/* What both have agreed on, and the size of segments, shows in TCP_INFO. */
static void agreed(void)
{
	struct tcp_info before = {}, after = {};
	socklen_t len = sizeof(before);

	make_pair();
	expect_talk(pair[0], pair[1]);
	check(!getsockopt(pair[0], SOL_TCP, TCP_INFO, &before, &len));
	ready();
	expect_talk(pair[0], pair[1]);
	len = sizeof(after);
	check(!getsockopt(pair[0], SOL_TCP, TCP_INFO, &after, &len));
	check_equal(after.tcpi_state, before.tcpi_state);
	check_equal(after.tcpi_options, before.tcpi_options);
	check_equal(after.tcpi_snd_mss, before.tcpi_snd_mss);
	check_equal(after.tcpi_advmss, before.tcpi_advmss);
	check_equal(after.tcpi_snd_wscale, before.tcpi_snd_wscale);
}
TEST_STORIES(agreed)

/* The clock of the timestamps goes on. */
static void clock_goes_on(void)
{
	uint32_t before, after;

	make_pair();
	before = get(pair[0], SOL_TCP, TCP_TIMESTAMP);
	ready();
	after = get(pair[0], SOL_TCP, TCP_TIMESTAMP);
	check(after - before < 600000);
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(clock_goes_on)

static void urgent(void)
{
	char c;

	make_pair();
	send_text(pair[0], "before");
	check(send(pair[0], "!", 1, MSG_OOB) == 1);
	send_text(pair[0], "behind");
	check(wait_until(recv(pair[1], &c, 1, MSG_OOB | MSG_PEEK) == 1));
	expect(pair[1], "be");
	ready();
	check(recv(pair[1], &c, 1, MSG_OOB) == 1 && c == '!');
	expect(pair[1], "fore");
	check_equal(sockatmark(pair[1]), 1);
	expect(pair[1], "behind");
	check(send(pair[1], "?", 1, MSG_OOB) == 1);
	check(wait_until(recv(pair[0], &c, 1, MSG_OOB) == 1 && c == '?'));
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(urgent)

/* -- listeners --------------------------------------------------------------------------------- */

static void listens(void)
{
	serve(3);
	ready();
	check_equal(get(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
	pair[0] = call();
	pair[1] = take();
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(listens)

static void waiting(void)
{
	int fd[4], i;
	char text[8];

	serve(10);
	for (i = 0; i < 4; i++) {
		fd[i] = call();
		sprintf(text, "call %d", i);
		send_text(fd[i], text);
	}
	close(fd[3]);
	sleep_ms(20);
	ready();
	for (i = 0; i < 4; i++) {
		int end = take();

		sprintf(text, "call %d", i);
		expect(end, text);
		if (i < 3)
			expect_talk(fd[i], end);
		else
			expect_end(end);
		close(end);
	}
	fd[0] = call();
	expect_talk(fd[0], take());
}
TEST_STORIES(waiting)

/* What it has is what the listener had. */
static void inherits(void)
{
	serve(10);
	set(listener, SOL_TCP, TCP_KEEPIDLE, 55);
	pair[0] = call();
	ready();
	pair[1] = take();
	check_equal(get(pair[1], SOL_TCP, TCP_KEEPIDLE), 55);
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(inherits)

/* -- who else has it, and who waits ------------------------------------------------------------ */

static void echo(void *arg)
{
	char buf[64];
	ssize_t n;

	close(pair[0]);
	while ((n = recv(pair[1], buf, sizeof(buf), 0)) > 0)
		check(send(pair[1], buf, n, 0) == n);
	check(n == 0);
}

/* The child waits in recv(2). */
static void shared(void)
{
	pid_t pid;

	make_pair();
	pid = spawn(echo, NULL);
	close(pair[1]);
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	ready();
	send_text(pair[0], "to the child");
	expect(pair[0], "to the child");
	close(pair[0]);
	join(pid);
}
TEST_STORIES(shared)

static void accept_one(void *arg)
{
	expect(take(), "at last");
}

static void accepting(void)
{
	pid_t pid;

	serve(1);
	pid = spawn(accept_one, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_accept)));
	ready();
	pair[0] = call();
	send_text(pair[0], "at last");
	join(pid);
}
TEST_STORIES(accepting)

static size_t nr_sent;

static void send_much(void *arg)
{
	static uint8_t out[8 << 20];
	size_t i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 251 + 5;
	for (i = 0; i < sizeof(out);) {
		ssize_t n = send(pair[0], out + i, sizeof(out) - i, 0);

		check(n > 0);
		i += n;
	}
}

/* It waits in send(2). */
static void sending(void)
{
	pid_t pid;

	make_pair();
	nr_sent = 8 << 20;
	pid = spawn(send_much, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_sendto)));
	ready();
	drain(pair[1], 5, nr_sent);
	join(pid);
	expect_talk(pair[0], pair[1]);
}
TEST_STORIES(sending)

static void in_an_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	make_pair();
	check(epoll >= 0);
	event.data.u32 = 7;
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, pair[1], &event));
	event.data.u32 = 8;
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
	send_text(pair[0], "seen");
	ready();
	check(epoll_wait(epoll, &event, 1, 5000) == 1 && event.data.u32 == 7);
	expect(pair[1], "seen");
	check(epoll_wait(epoll, &event, 1, 0) == 0);
	pair[0] = call();
	check(epoll_wait(epoll, &event, 1, 5000) == 1 && event.data.u32 == 8);
}
TEST_STORIES(in_an_epoll)

/* It is told once, when there is room. */
static void waits_for_room(void)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int epoll = epoll_create1(0);
	size_t len;

	make_pair();
	check(epoll >= 0);
	len = fill(pair[0], 3);
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event));
	check(epoll_wait(epoll, &event, 1, 0) == 0);
	ready();
	drain(pair[1], 3, len);
	check(epoll_wait(epoll, &event, 1, 5000) == 1 && event.events & EPOLLOUT);
}
TEST_STORIES(waits_for_room)

static void many(void)
{
	static int fd[200][2];
	int i;

	serve(300);
	for (i = 0; i < 200; i++) {
		fd[i][0] = call();
		fd[i][1] = take();
		send_text(fd[i][i % 2], "some");
	}
	ready();
	for (i = 0; i < 200; i++) {
		expect(fd[i][!(i % 2)], "some");
		expect_talk(fd[i][0], fd[i][1]);
	}
}
TEST_STORIES(many)

TEST_HARNESS_MAIN
