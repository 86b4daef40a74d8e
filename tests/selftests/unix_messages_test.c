// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix_messages_test.c - what unix sockets have to receive: datagrams of several senders, of
 * one that is gone, urgent bytes, credentials, descriptors, what is peeked at.
 */
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <linux/sockios.h>

#include "unix.h"

static int ends[4];

/* -- datagrams ---------------------------------------------------------------------------- */

static void from(int fd, const char *words, const char *name)
{
	struct sockaddr_un want, shown;
	socklen_t len = sizeof(shown), want_len;
	char buf[64] = "";

	check(recvfrom(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT, (struct sockaddr *)&shown, &len) ==
	      (ssize_t)strlen(words));
	check(!strcmp(buf, words));
	want_len = name ? unix_name(&want, name) : 0;
	check_equal(len, want_len);
	check(!name || !memcmp(&want, &shown, len));
}

/* Each from another, one of whom is gone; one is connected, and the server with nobody. */
static void many_to_one(void)
{
	ends[0] = bound(SOCK_DGRAM, "server");
	ends[1] = bound(SOCK_DGRAM, "@checkpoint.client");
	ends[2] = bound(SOCK_DGRAM, "gone");
	ends[3] = socket(AF_UNIX, SOCK_DGRAM, 0);
	check(!connect_fd(ends[1], "server") && !connect_fd(ends[2], "server") &&
	      !connect_fd(ends[3], "server"));
	send_text(ends[1], "one");
	send_text(ends[2], "two");
	send_text(ends[3], "");
	send_text(ends[1], "four");
	close(ends[2]);
	ready();
	from(ends[0], "one", "@checkpoint.client");
	from(ends[0], "two", "gone");
	from(ends[0], "", NULL);
	from(ends[0], "four", "@checkpoint.client");
	expect_nothing(ends[0]);
	send_text(ends[3], "five");
	from(ends[0], "five", NULL);
	check(send(ends[0], "x", 1, 0) == -1 && errno == ENOTCONN);
	unlink(test_file("gone"));
}
TEST_STORIES(many_to_one)

/* The server's queue is full, and its clients wait for it to be writable. */
static void writable_again(void)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int epoll = epoll_create1(0), sent = 0;

	ends[0] = bound(SOCK_DGRAM, "server");
	ends[1] = connected(SOCK_DGRAM, "server");
	while (send(ends[1], "x", 1, MSG_DONTWAIT) == 1)
		sent++;
	check(errno == EAGAIN && sent >= 10);
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &event));
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	ready();
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	while (sent--)
		expect(ends[0], "x");
	expect_nothing(ends[0]);
	check_equal(epoll_wait(epoll, &event, 1, 1000), 1);
}
TEST_STORIES(writable_again)

static void server_is_gone(void)
{
	ends[0] = bound(SOCK_DGRAM, "server");
	ends[1] = connected(SOCK_DGRAM, "server");
	close(ends[0]);
	ready();
	shows(ends[1], NULL, "server");
	check(send(ends[1], "x", 1, 0) == -1 && errno == ECONNREFUSED);
	check(send(ends[1], "x", 1, 0) == -1 && errno == ENOTCONN);
	unlink(test_file("server"));
}
TEST_STORIES(server_is_gone)

static void with_itself(void)
{
	ends[0] = bound(SOCK_DGRAM, "self");
	check(!connect_fd(ends[0], "self"));
	send_text(ends[0], "echo");
	ready();
	from(ends[0], "echo", "self");
	send_text(ends[0], "again");
	from(ends[0], "again", "self");
	unlink(test_file("self"));
}
TEST_STORIES(with_itself)

static void large(void)
{
	static char out[150000], in[150000];

	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	pattern_fill(out, sizeof(out), 5);
	check(send(ends[0], out, sizeof(out), 0) == sizeof(out));
	ready();
	check(recv(ends[1], in, sizeof(in), 0) == sizeof(in) && pattern_is(in, sizeof(in), 5));
}
TEST_STORIES(large)

/* -- streams ------------------------------------------------------------------------------ */

static void urgent_byte(void)
{
	struct pollfd p;
	char byte;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	send_text(ends[0], "before");
	check(send(ends[0], "!", 1, MSG_OOB) == 1);
	send_text(ends[0], "behind");
	ready();
	p = (struct pollfd) { .fd = ends[1], .events = POLLPRI };
	check(poll(&p, 1, 0) == 1);
	check(recv(ends[1], &byte, 1, MSG_OOB) == 1 && byte == '!');
	expect(ends[1], "before");
	expect(ends[1], "behind");
}
TEST_STORIES(urgent_byte)

/* It has been received, and its place is where reading stops. */
static void mark(void)
{
	int at_mark = -1;
	char byte;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	send_text(ends[0], "before");
	check(send(ends[0], "!", 1, MSG_OOB) == 1);
	send_text(ends[0], "behind");
	check(recv(ends[1], &byte, 1, MSG_OOB) == 1 && byte == '!');
	ready();
	check(recv(ends[1], &byte, 1, MSG_OOB) == -1 && errno == EINVAL);
	expect(ends[1], "before");
	check(!ioctl(ends[1], SIOCATMARK, &at_mark) && at_mark == 1);
	expect(ends[1], "behind");
}
TEST_STORIES(mark)

static void peeked_at(void)
{
	int off = 3;
	char buf[8] = "";

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	check(!setsockopt(ends[1], SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off)));
	send_text(ends[0], "0123456789");
	check(recv(ends[1], buf, 2, MSG_PEEK) == 2 && !strcmp(buf, "34"));
	ready();
	check(recv(ends[1], buf, 3, MSG_PEEK) == 3 && !strcmp(buf, "567"));
	expect(ends[1], "0123456789");
}
TEST_STORIES(peeked_at)

static void waits_to_send(void *arg)
{
	static char block[300000];

	close(ends[1]);
	pattern_fill(block, sizeof(block), 3);
	check(send(ends[0], block, sizeof(block), 0) == sizeof(block));
}

static void blocked_send(void)
{
	static char block[300000];
	pid_t pid;

	check(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	close(ends[0]);
	close(ends[1]);
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	pid = spawn(waits_to_send, NULL);
	close(ends[0]);
	check(wait_until(is_blocked_in(pid, pid, SYS_sendto)));
	ready();
	check(recv(ends[1], block, sizeof(block), MSG_WAITALL) == sizeof(block));
	check(pattern_is(block, sizeof(block), 3));
	join(pid);
}
TEST_STORIES(blocked_send)

/* -- credentials -------------------------------------------------------------------------- */

static void expect_cred(int fd, const char *text, pid_t pid, uid_t uid)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr head;
	} control;
	char text_is[64] = "";
	struct iovec vec = { .iov_base = text_is, .iov_len = sizeof(text_is) - 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct ucred cred;

	check(recvmsg(fd, &msg, 0) == (ssize_t)strlen(text) && !strcmp(text, text_is));
	check(msg.msg_controllen && control.head.cmsg_type == SCM_CREDENTIALS);
	memcpy(&cred, CMSG_DATA(&control.head), sizeof(cred));
	check_equal(cred.pid, pid);
	check_equal(cred.uid, uid);
}

static void speaks(void *arg)
{
	check(!setresuid(1000, 1000, 1000));
	send_text(ends[0], "child");
	child_ready();
}

/* Of a child that is another user, and lives or is gone */
static void credentials(int type, bool is_gone)
{
	int on = 1;
	pid_t pid;

	check(!socketpair(AF_UNIX, type, 0, ends));
	check(!setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	send_text(ends[0], "parent");
	pid = spawn(speaks, NULL);
	await_child(pid);
	if (is_gone) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	ready();
	expect_cred(ends[1], "parent", getpid(), 0);
	expect_cred(ends[1], "child", pid, 1000);
	send_text(ends[0], "later");
	expect_cred(ends[1], "later", getpid(), 0);
	if (!is_gone) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

static void credentials_of_a_stream(void) { credentials(SOCK_STREAM, false); }
TEST_KILLED(credentials_of_a_stream)

static void credentials_of_datagrams(void) { credentials(SOCK_DGRAM, false); }
TEST_KILLED(credentials_of_datagrams)

static void credentials_of_the_dead(void) { credentials(SOCK_SEQPACKET, true); }
TEST_KILLED(credentials_of_the_dead)

/* -- SIGIO ---------------------------------------------------------------------------------- */

static void tell_by_signal(int fd, int sig)
{
	check(!fcntl(fd, F_SETOWN, getpid()) && !fcntl(fd, F_SETSIG, sig));
	check(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
}

/* Return: the descriptor that the next signal names, -1 if none comes */
static int told_of(int sig)
{
	const struct timespec soon = { .tv_nsec = 1000000 };
	siginfo_t info = { .si_fd = -1 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, &info, &soon) == sig ? info.si_fd : -1;
}

/* Told of what came before, once; and of all that comes, by the descriptor that it names. */
static void tells_by_signals(void)
{
	const int sig = SIGRTMIN + 3;
	char buf[16];
	sigset_t set;
	int copy;

	sigemptyset(&set);
	sigaddset(&set, sig);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	ends[2] = listening(SOCK_STREAM, "listens", 3);
	copy = dup(ends[0]);
	tell_by_signal(copy, sig);
	tell_by_signal(ends[2], sig);
	send_text(ends[1], "before");
	check_equal(told_of(sig), copy);
	ready();
	check_equal(told_of(sig), -1);
	check(fcntl(ends[0], F_GETFL) & O_ASYNC && fcntl(ends[2], F_GETFL) & O_ASYNC);
	check(recv(ends[0], buf, sizeof(buf), 0) == 6);
	send_text(ends[1], "after");
	check_equal(told_of(sig), copy);
	ends[3] = connected(SOCK_STREAM, "listens");
	check_equal(told_of(sig), ends[2]);
	check(!fcntl(copy, F_SETFL, 0));
	send_text(ends[1], "more");
	check_equal(told_of(sig), -1);
	check(recv(ends[0], buf, sizeof(buf), 0) == 9 && !memcmp(buf, "aftermore", 9));
	unlink(test_file("listens"));
}
TEST_STORIES(tells_by_signals)

TEST_HARNESS_MAIN
