// SPDX-License-Identifier: GPL-2.0-only
/*
 * socketpair_test.c - pairs of unix sockets: what they hold, ends that are closed or shut down,
 * who waits for them, who made them.
 */
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "checkpoint_test.h"

static int pair[2];

static void make(int type)
{
	check(!socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
}

static void send_text(int fd, const char *text)
{
	check(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

static void expect(int fd, const char *text)
{
	char buf[64] = "";

	check(recv(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(text));
	check(!strcmp(buf, text));
}

static void expect_nothing(int fd)
{
	char buf[64];

	check(recv(fd, buf, sizeof(buf), 0) == -1 && errno == EAGAIN);
}

static void stream_with_data(void)
{
	char part[3] = "";

	make(SOCK_STREAM);
	send_text(pair[0], "from the first");
	send_text(pair[0], ", twice");
	send_text(pair[1], "from the second");
	check(recv(pair[1], part, 2, 0) == 2 && !strcmp(part, "fr"));
	ready();
	expect(pair[1], "om the first, twice");
	expect(pair[0], "from the second");
	expect_nothing(pair[0]);
	expect_nothing(pair[1]);
	send_text(pair[1], "still connected");
	expect(pair[0], "still connected");
}
TEST_STORIES(stream_with_data)

/* As much as there is room for */
static void full_stream(void)
{
	static char out[1024], in[1024];
	int sent = 0, i;

	make(SOCK_STREAM);
	for (; send(pair[0], out, sizeof(out), 0) == sizeof(out); sent++)
		memset(out, sent + 1, sizeof(out));
	check(errno == EAGAIN && sent > 10);
	ready();
	memset(out, 0, sizeof(out));
	for (i = 0; i < sent; i++) {
		check(recv(pair[1], in, sizeof(in), MSG_WAITALL) == sizeof(in));
		check(!memcmp(in, out, sizeof(in)));
		memset(out, i + 1, sizeof(out));
	}
	expect_nothing(pair[1]);
}
TEST_STORIES(full_stream)

/* Borders stay, of messages without a byte as well. */
static void messages(int type)
{
	make(type);
	send_text(pair[0], "one");
	send_text(pair[0], "");
	send_text(pair[0], "three");
	send_text(pair[1], "back");
	ready();
	expect(pair[1], "one");
	expect(pair[1], "");
	expect(pair[1], "three");
	expect_nothing(pair[1]);
	expect(pair[0], "back");
	send_text(pair[1], "more");
	expect(pair[0], "more");
}

static void datagrams(void) { messages(SOCK_DGRAM); }
TEST_STORIES(datagrams)

static void packets(void) { messages(SOCK_SEQPACKET); }
TEST_STORIES(packets)

/* Java keeps such a half, to put it in place of descriptors that it closes. */
static void half(void)
{
	make(SOCK_STREAM);
	send_text(pair[1], "last words");
	close(pair[1]);
	ready();
	expect(pair[0], "last words");
	expect(pair[0], "");
	check(send(pair[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}
TEST_STORIES(half)

/* What was sent to an end that was closed is an error, once. */
static void reset(void)
{
	char c;

	make(SOCK_STREAM);
	send_text(pair[0], "never read");
	close(pair[1]);
	ready();
	check(recv(pair[0], &c, 1, 0) == -1 && errno == ECONNRESET);
	check(recv(pair[0], &c, 1, 0) == 0);
}
TEST_STORIES(reset)

static void shut_down(void)
{
	struct pollfd p;

	make(SOCK_STREAM);
	send_text(pair[0], "the end");
	check(!shutdown(pair[0], SHUT_WR));
	ready();
	expect(pair[1], "the end");
	expect(pair[1], "");
	check(send(pair[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	send_text(pair[1], "the other way");
	expect(pair[0], "the other way");
	p = (struct pollfd) { .fd = pair[1], .events = POLLRDHUP | POLLOUT };
	check(poll(&p, 1, 0) == 1 && p.revents == (POLLRDHUP | POLLOUT));
}
TEST_STORIES(shut_down)

static void maker_and_flags(void)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct stat before, after;

	make(SOCK_STREAM);
	check(!fcntl(pair[1], F_SETFL, 0));
	check(!fstat(pair[0], &before));
	ready();
	check(!getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	check_equal(cred.pid, getpid());
	check_equal(cred.uid, getuid());
	check_equal(fcntl(pair[0], F_GETFL), O_RDWR | O_NONBLOCK);
	check_equal(fcntl(pair[1], F_GETFL), O_RDWR);
	check(!fstat(pair[0], &after));
	check(before.st_mode == after.st_mode && before.st_mtime == after.st_mtime);
}
TEST_STORIES(maker_and_flags)

static void reads_what_comes(void *arg)
{
	close(pair[0]);
	check(!fcntl(pair[1], F_SETFL, 0));
	expect(pair[1], "wake up");
	send_text(pair[1], "awake");
}

/* Each process has one end, and one waits. */
static void waiting_child(void)
{
	pid_t pid;

	make(SOCK_STREAM);
	pid = spawn(reads_what_comes, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	close(pair[1]);
	check(!fcntl(pair[0], F_SETFL, 0));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	send_text(pair[0], "wake up");
	expect(pair[0], "awake");
	join(pid);
	expect(pair[0], "");
}
TEST_STORIES(waiting_child)

/* As an event loop wakes itself */
static void watched(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 7 };
	int epoll = epoll_create1(0);

	make(SOCK_STREAM);
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event));
	ready();
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	send_text(pair[1], "x");
	check_equal(epoll_wait(epoll, &event, 1, 0), 1);
	check_equal(event.data.u32, 7);
	expect(pair[0], "x");
}
TEST_STORIES(watched)

/* -- what is under way with bytes, or set --------------------------------------------------- */

static void descriptor_under_way(void)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec vec = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control.buf) };

	make(SOCK_STREAM);
	memcpy(CMSG_DATA(&control.head), &pair[0], sizeof(int));
	check(sendmsg(pair[0], &msg, 0) == 1);
	ready();
	check(recv(pair[1], control.buf, 1, 0) == 1);
}
TEST_STORIES(descriptor_under_way)

/* Another's descriptor table is ours, and it is gone. */
static int makes_for_us(void *arg)
{
	make(SOCK_STREAM);
	return 0;
}

static void maker_is_gone(void)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	static char stack[16384] __attribute__((aligned(16)));
	pid_t pid = clone(makes_for_us, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD,
			  NULL);

	join(pid);
	ready();
	check(!getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	check_equal(cred.pid, pid);
	send_text(pair[0], "left alone");
	expect(pair[1], "left alone");
}
TEST_STORIES(maker_is_gone)

TEST_HARNESS_MAIN
