// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket_wait_test.c - calls on sockets that wait with SO_RCVTIMEO and SO_SNDTIMEO: each goes on
 * with the time that it has left, moves the rest of what it had begun, and never shows an EINTR.
 */
#include <stddef.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define LENGTH	500U
#include "timed.h"

#define MUCH	(256U << 10)

static char from[MUCH], to[MUCH];
static int pair[2];
static int type = SOCK_STREAM;
static unsigned int limit = LENGTH;

static void set_limit(int fd, int name)
{
	struct timeval tv = { limit / 1000, limit % 1000 * 1000 };

	check(!setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)));
}

static void set_limits(int fd)
{
	set_limit(fd, SO_RCVTIMEO);
	set_limit(fd, SO_SNDTIMEO);
}

static void prepare(void)
{
	check(!socketpair(AF_UNIX, type, 0, pair));
	set_limits(pair[0]);
	pattern_fill(from, MUCH, 1);
}

static void of_messages(void)
{
	type = SOCK_DGRAM;
}

/* Ends when the time is over, with nothing done. */
#define expect_timeout(call) do {	\
	check((call) == -1);		\
	check_equal(errno, EAGAIN);	\
} while (0)

/* Until there is no room for even a byte */
static void fill(int fd)
{
	static char filler[4096];
	size_t len;

	for (len = sizeof(filler); len; len /= 2)
		while (send(fd, filler, len, MSG_DONTWAIT) > 0)
			;
}

static struct iovec iov = { to, sizeof(to) };
static struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

/* -- until the time is over ------------------------------------------------------------------ */

static void call_recv(void)
{
	starts();
	expect_timeout(recv(pair[0], to, sizeof(to), 0));
}

static void call_read(void)
{
	starts();
	expect_timeout(read(pair[0], to, sizeof(to)));
}

static void call_recvmsg(void)
{
	starts();
	expect_timeout(recvmsg(pair[0], &message, 0));
}

static void call_recvmmsg(void)
{
	struct mmsghdr messages[2] = { { .msg_hdr = message }, { .msg_hdr = message } };

	starts();
	expect_timeout(recvmmsg(pair[0], messages, 2, 0, NULL));
}

/* A part is there, and that is the answer in the end. */
static void call_recv_all(void)
{
	check(write(pair[1], from, 5000) == 5000);
	starts();
	check_equal(recv(pair[0], to, sizeof(to), MSG_WAITALL), 5000);
	check(pattern_is(to, 5000, 1));
}

static void call_send(void)
{
	fill(pair[0]);
	starts();
	expect_timeout(send(pair[0], from, MUCH, 0));
}

static void call_write(void)
{
	fill(pair[0]);
	starts();
	expect_timeout(write(pair[0], from, MUCH));
}

static void call_sendmsg(void)
{
	fill(pair[0]);
	starts();
	expect_timeout(sendmsg(pair[0], &message, 0));
}

static void call_sendmmsg(void)
{
	struct mmsghdr messages[2] = { { .msg_hdr = message }, { .msg_hdr = message } };

	fill(pair[0]);
	starts();
	expect_timeout(sendmmsg(pair[0], messages, 2, 0));
}

static void call_send_part(void)
{
	ssize_t sent;

	starts();
	sent = send(pair[0], from, MUCH, 0);
	check(sent > 0 && sent < (ssize_t)MUCH);
	check_equal(recv(pair[1], to, MUCH, MSG_WAITALL | MSG_DONTWAIT), sent);
	check(pattern_is(to, sent / 8 * 8, 1));
}

static void call_sendfile(void)
{
	off_t where = 0;
	int fd;

	write_file("data", from, 4096);
	fd = open(test_file("data"), O_RDONLY);
	fill(pair[0]);
	starts();
	expect_timeout(sendfile(pair[0], fd, &where, 4096));
	check(!where);
}

/* Messages wait for whoever is to take them. */
static void call_send_message(void)
{
	while (send(pair[0], from, 10, MSG_DONTWAIT) > 0)
		;
	starts();
	expect_timeout(send(pair[0], from, 10, 0));
}

static struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0listener" };
static const socklen_t name_len = offsetof(struct sockaddr_un, sun_path) + 9;

static int listener(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path + 1, 9, "%8d", (int)getpid());
	check(!bind(fd, (struct sockaddr *)&name, name_len));
	check(!listen(fd, 0));
	set_limits(fd);
	return fd;
}

static void call_accept(void)
{
	int fd = listener();

	starts();
	expect_timeout(accept(fd, NULL, NULL));
}

static void call_accept4(void)
{
	int fd = listener();

	starts();
	expect_timeout(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
}

/* The first one is waiting to be accepted, and there is no room for a second one. */
static int crowded(void)
{
	int fd = listener(), first = socket(AF_UNIX, SOCK_STREAM, 0);

	check(!connect(first, (struct sockaddr *)&name, name_len));
	return fd;
}

static void call_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	crowded();
	set_limits(fd);
	starts();
	expect_timeout(connect(fd, (struct sockaddr *)&name, name_len));
}

static void call_recv_udp(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	set_limits(fd);
	starts();
	expect_timeout(recv(fd, to, sizeof(to), 0));
}

static void call_recv_netlink(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, 0);

	set_limits(fd);
	starts();
	expect_timeout(recv(fd, to, sizeof(to), 0));
}

TEST_TIMEOUT(recv)
TEST_TIMEOUT(recv_all)
TEST_TIMEOUT(send)
TEST_TIMEOUT(send_part)
TEST_TIMEOUT(accept)
TEST_TIMEOUT(connect)

#define TEST_ONCE(call)									\
	TEST(call##_ends_in_time) { run_out(_metadata, call_##call, 50, true); }

TEST_ONCE(read)
TEST_ONCE(recvmsg)
TEST_ONCE(recvmmsg)
TEST_ONCE(write)
TEST_ONCE(sendmsg)
TEST_ONCE(sendmmsg)
TEST_ONCE(sendfile)
TEST_ONCE(accept4)
TEST_ONCE(recv_udp)
TEST_ONCE(recv_netlink)

#define TEST_MESSAGES(call)								\
	TEST(call##_of_messages_ends_in_time)						\
	{										\
		of_messages();								\
		run_out(_metadata, call_##call, 50, true);				\
	}

TEST_MESSAGES(recv)
TEST_MESSAGES(recvmmsg)
TEST_MESSAGES(send_message)

/* Many checkpoints take none of the time, and add none. */
TEST(recv_saved_often)
{
	uint64_t begin, end;
	struct subject s;
	int i;

	timed_call = call_recv;
	ASSERT_EQ(0, subject_start(&s, timed_subject));
	for (i = 0; i < 10 && !time_in("done"); i++) {
		if (subject_save(&s, 0) < 0)
			break;
		sleep_ms(20);
	}
	ASSERT_LT(1, i);
	ASSERT_EQ(0, subject_wait(&s));
	begin = time_in("ready1");
	end = time_in("done");
	EXPECT_LE((long)LENGTH - 2, ms_between(begin, end));
	EXPECT_GE((long)(LENGTH + 60 * time_scale()), ms_between(begin, end));
}

/* -- what it waits for comes ----------------------------------------------------------------- */

static pid_t waiter;

/* A child waits in one call, which ends when the parent has done its part. */
static void wait_in(void (*call)(void *), long nr)
{
	limit = 100000;
	prepare();
	waiter = spawn(call, NULL);
	check(wait_until(is_blocked_in(waiter, waiter, nr)));
	ready();
}

#ifdef SYS_socketcall		/* through which the C library makes most of them */
#define NR_sendto	SYS_socketcall
#define NR_sendmsg	SYS_socketcall
#define NR_recvfrom	SYS_socketcall
#define NR_recvmsg	SYS_socketcall
#define NR_recvmmsg	SYS_recvmmsg_time64
#define NR_accept	SYS_socketcall
#define NR_connect	SYS_socketcall
#else
#define NR_sendto	SYS_sendto
#define NR_sendmsg	SYS_sendmsg
#define NR_recvfrom	SYS_recvfrom
#define NR_recvmsg	SYS_recvmsg
#define NR_recvmmsg	SYS_recvmmsg
#define NR_accept	SYS_accept
#define NR_connect	SYS_connect
#endif

static void take_all(void)
{
	size_t done = 0;
	ssize_t n;

	while (done < MUCH && (n = read(pair[1], to + done, MUCH - done)) > 0)
		done += n;
	check_equal(done, MUCH);
	check(pattern_is(to, MUCH, 1));
	check(recv(pair[1], to, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
	join(waiter);
}

static void sends(void *arg)
{
	(void)arg;
	check_equal(send(pair[0], from, MUCH, 0), MUCH);
}

static void send_whole(void)
{
	wait_in(sends, NR_sendto);
	take_all();
}
TEST_STORIES(send_whole)

static void writes(void *arg)
{
	(void)arg;
	check_equal(write(pair[0], from, MUCH), MUCH);
}

static void write_whole(void)
{
	wait_in(writes, SYS_write);
	take_all();
}
TEST_STORIES(write_whole)

static struct iovec pieces[] = { { from, 5000 }, { from + 5000, 1 }, { from + 5001, MUCH - 5001 } };

static void sends_message(void *arg)
{
	struct msghdr whole = { .msg_iov = pieces, .msg_iovlen = 3 };

	(void)arg;
	check_equal(sendmsg(pair[0], &whole, 0), MUCH);
}

static void sendmsg_whole(void)
{
	wait_in(sends_message, NR_sendmsg);
	take_all();
}
TEST_STORIES(sendmsg_whole)

static void give_all(void)
{
	size_t done = 5000;

	check(write(pair[1], from + done, MUCH - done) == (ssize_t)(MUCH - done));
	join(waiter);
}

static void receives(void *arg)
{
	(void)arg;
	check(write(pair[1], from, 5000) == 5000);
	check_equal(recv(pair[0], to, MUCH, MSG_WAITALL), MUCH);
	check(pattern_is(to, MUCH, 1));
}

static void recv_whole(void)
{
	wait_in(receives, NR_recvfrom);
	give_all();
}
TEST_STORIES(recv_whole)

static void receives_message(void *arg)
{
	struct iovec parts[] = { { to, 100 }, { to + 100, 20000 }, { to + 20100, MUCH - 20100 } };
	struct msghdr whole = { .msg_iov = parts, .msg_iovlen = 3 };

	(void)arg;
	check(write(pair[1], from, 5000) == 5000);
	check_equal(recvmsg(pair[0], &whole, MSG_WAITALL), MUCH);
	check(pattern_is(to, MUCH, 1));
}

static void recvmsg_whole(void)
{
	wait_in(receives_message, NR_recvmsg);
	give_all();
}
TEST_STORIES(recvmsg_whole)

static void receives_three(void *arg)
{
	struct iovec parts[] = { { to, 8 }, { to + 8, 8 }, { to + 16, 8 } };
	struct mmsghdr messages[3] = {};
	int i;

	(void)arg;
	check(send(pair[1], from, 8, 0) == 8);
	for (i = 0; i < 3; i++)
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &parts[i], .msg_iovlen = 1 };
	check_equal(recvmmsg(pair[0], messages, 3, 0, NULL), 3);
	check(pattern_is(to, 24, 1));
	/* No error is left for the next call. */
	check(recv(pair[0], to, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
}

static void recvmmsg_all_messages(void)
{
	of_messages();
	wait_in(receives_three, NR_recvmmsg);
	check(send(pair[1], from + 8, 8, 0) == 8);
	sleep_ms(50);
	check(send(pair[1], from + 16, 8, 0) == 8);
	join(waiter);
}
TEST_STORIES(recvmmsg_all_messages)

#define NR_MESSAGES	300

static void sends_many(void *arg)
{
	static struct mmsghdr messages[NR_MESSAGES];
	static struct iovec parts[NR_MESSAGES];
	int i;

	(void)arg;
	for (i = 0; i < NR_MESSAGES; i++) {
		parts[i] = (struct iovec) { from + i * 8, 8 };
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	check_equal(sendmmsg(pair[0], messages, NR_MESSAGES, 0), NR_MESSAGES);
}

static void sendmmsg_all_messages(void)
{
	int i;

	of_messages();
	wait_in(sends_many, SYS_sendmmsg);
	for (i = 0; i < NR_MESSAGES; i++)
		check(recv(pair[1], to + i * 8, 8, 0) == 8);
	check(pattern_is(to, NR_MESSAGES * 8, 1));
	join(waiter);
}
TEST_STORIES(sendmmsg_all_messages)

static void accepts(void *arg)
{
	int fd = listener(), peer;

	(void)arg;
	peer = accept(fd, NULL, NULL);
	check(peer >= 0);
	check(send(peer, "hello", 5, 0) == 5);
}

static void accept_goes_on(void)
{
	char word[5];
	int fd;

	wait_in(accepts, NR_accept);
	snprintf(name.sun_path + 1, 9, "%8d", (int)waiter);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	check(!connect(fd, (struct sockaddr *)&name, name_len));
	check(recv(fd, word, 5, MSG_WAITALL) == 5 && !memcmp(word, "hello", 5));
	join(waiter);
}
TEST_STORIES(accept_goes_on)

static int crowd;

static void connects(void *arg)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)arg;
	set_limits(fd);
	check(!connect(fd, (struct sockaddr *)&name, name_len));
	check(send(fd, "hello", 5, 0) == 5);
}

/* One connection comes of it. */
static void connect_goes_on(void)
{
	char word[5];
	int fd;

	limit = 100000;
	crowd = crowded();
	wait_in(connects, NR_connect);
	fd = accept(crowd, NULL, NULL);
	check(fd >= 0 && !close(fd));
	fd = accept(crowd, NULL, NULL);
	check(fd >= 0);
	check(recv(fd, word, 5, MSG_WAITALL) == 5 && !memcmp(word, "hello", 5));
	join(waiter);
	check(!fcntl(crowd, F_SETFL, O_NONBLOCK));
	check(accept(crowd, NULL, NULL) == -1 && errno == EAGAIN);
}
TEST_STORIES(connect_goes_on)

static void handler(int sig)
{
	(void)sig;
}

static void is_interrupted(void *arg)
{
	struct sigaction action = { .sa_handler = handler };

	(void)arg;
	check(!sigaction(SIGUSR1, &action, NULL));
	check(recv(pair[0], to, 1, 0) == -1);
	check_equal(errno, EINTR);
}

/* A handler interrupts it as ever. */
static void handled_signal(void)
{
	wait_in(is_interrupted, NR_recvfrom);
	check(wait_until(is_blocked_in(waiter, waiter, -1)));
	check(!kill(waiter, SIGUSR1));
	join(waiter);
}
TEST_STORIES(handled_signal)

TEST_HARNESS_MAIN
