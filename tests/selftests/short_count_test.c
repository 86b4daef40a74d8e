// SPDX-License-Identifier: GPL-2.0-only
/*
 * short_count_test.c - calls that have moved a part of their bytes when they are stopped
 * move the rest afterwards.
 */
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "cut_short.h"
#include "pty.h"

#ifdef SYS_socketcall		/* through which the C library makes them */
#define SENDS		SYS_socketcall
#define RECEIVES	SYS_socketcall
#else
#define SENDS		SYS_sendto
#define RECEIVES	SYS_recvfrom
#endif

#define MUCH	(256U << 10)

static char from[MUCH], to[MUCH];
static int fds[2];

static void read_all(int fd, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len && (n = read(fd, to + done, len - done)) > 0)
		done += n;
	check_equal(done, len);
	check(pattern_is(to, len, 1));
}

/* A child makes one call, which ends when all is read. */
static pid_t start_call(void (*call)(void *), long nr)
{
	pattern_fill(from, MUCH, 1);
	return start_blocked(call, nr);
}

static void writes(void *arg)
{
	(void)arg;
	check_equal(write(fds[1], from, MUCH), MUCH);
}

static void write_to_a_pipe(void)
{
	pid_t pid;

	check(!pipe(fds));
	pid = start_call(writes, SYS_write);
	ready();
	read_all(fds[0], MUCH);
	join(pid);
}
TEST_STORIES(write_to_a_pipe)

static void writes_pieces(void *arg)
{
	struct iovec pieces[] = {
		{ from, 5000 }, { from + 5000, 1 }, { from + 5001, 70000 }, { from, 0 },
		{ from + 75001, MUCH - 75001 },
	};

	(void)arg;
	check_equal(writev(fds[1], pieces, 5), MUCH);
}

static void writev_to_a_pipe(void)
{
	pid_t pid;

	check(!pipe(fds));
	pid = start_call(writes_pieces, SYS_writev);
	ready();
	read_all(fds[0], MUCH);
	join(pid);
}
TEST_STORIES(writev_to_a_pipe)

static void writes_to_terminal(void *arg)
{
	(void)arg;
	check_equal(write(slave, from, MUCH), MUCH);
}

static void write_to_a_terminal(void)
{
	pid_t pid;

	open_pair();
	make_raw();
	pid = start_call(writes_to_terminal, SYS_write);
	ready();
	read_all(master, MUCH);
	join(pid);
}
TEST_STORIES(write_to_a_terminal)

TEST(write_to_a_pipe_again_and_again)
{
	struct subject s;

	EXPECT_EQ(0, saved_again_and_again(&s, write_to_a_pipe));
}

static void is_cut_short(void *arg)
{
	handle_a_signal();
	was_cut_short(write(fds[1], from, MUCH), MUCH);
}

static void handled_signal(void)
{
	check(!pipe(fds));
	cut_by_a_signal(is_cut_short, SYS_write);
}
TEST_STORIES(handled_signal)

/* What is left when the reader goes: the bytes written, and no signal. */
static void is_left_alone(void *arg)
{
	ssize_t n;

	(void)arg;
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	n = write(fds[1], from, MUCH);
	check(n > 0 && n < MUCH);
}

static void reader_gone(void)
{
	pid_t pid;

	check(!pipe(fds));
	pid = start_call(is_left_alone, SYS_write);
	close(fds[1]);
	ready();
	close(fds[0]);
	join(pid);
}
TEST_STORIES(reader_gone)

/* -- never short, at any moment ----------------------------------------------------------- */

#define LARGE	(8U << 20)

static ssize_t large_random(char *p)
{
	return getrandom(p, LARGE, 0);
}

static ssize_t large_zero(char *p)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/zero", O_RDONLY);
	return read(fd, p, LARGE);
}

/* In pieces, and from a position: each in its turn */
static ssize_t large_zero_in_pieces(char *p)
{
	const struct iovec pieces[] = {
		{ p, 5 }, { p + 5, LARGE / 2 }, { p + 5 + LARGE / 2, LARGE / 2 - 5 },
	};
	static unsigned int turn;
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/zero", O_RDONLY);
	switch (turn++ % 3) {
	case 0:
		return readv(fd, pieces, 3);
	case 1:
		return preadv(fd, pieces, 3, 12345);
	default:
		return pread(fd, p, LARGE, 12345);
	}
}

static void again_and_again(ssize_t (*call)(char *))
{
	char *p = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	check_equal(call(p), LARGE);
	write_file("ready1", "", 0);
	do {
		check_equal(call(p), LARGE);
	} while (access(test_file("go1"), F_OK));
}

static void getrandom_whole(void)
{
	again_and_again(large_random);
}

static void zeros_whole(void)
{
	again_and_again(large_zero);
}

static void zeros_in_pieces_whole(void)
{
	again_and_again(large_zero_in_pieces);
}

TEST(random_bytes_at_four_moments)
{
	struct subject s;

	EXPECT_EQ(0, saved_at_moments(&s, getrandom_whole, 4));
}

TEST(zeros_at_four_moments)
{
	struct subject s;

	EXPECT_EQ(0, saved_at_moments(&s, zeros_whole, 4));
}

TEST(zeros_in_pieces_at_four_moments)
{
	struct subject s;

	EXPECT_EQ(0, saved_at_moments(&s, zeros_in_pieces_whole, 4));
}

/* -- sockets -------------------------------------------------------------------------------- */

static void sends(void *arg)
{
	(void)arg;
	check_equal(send(fds[1], from, MUCH, 0), MUCH);
}

static void send_to_a_socket(void)
{
	pid_t pid;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	pid = start_call(sends, SENDS);
	ready();
	read_all(fds[0], MUCH);
	join(pid);
}
TEST_STORIES(send_to_a_socket)

/* No signal: that is for a call that has sent nothing. */
static void is_left_alone_with_a_socket(void *arg)
{
	ssize_t n;

	(void)arg;
	close(fds[0]);
	signal(SIGPIPE, SIG_DFL);
	n = write(fds[1], from, MUCH);
	check(n > 0 && n < MUCH);
}

static void socket_reader_gone(void)
{
	pid_t pid;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	pid = start_call(is_left_alone_with_a_socket, SYS_write);
	close(fds[1]);
	ready();
	close(fds[0]);
	join(pid);
}
TEST_STORIES(socket_reader_gone)

static void receives(void *arg)
{
	(void)arg;
	check_equal(recv(fds[0], to, MUCH, MSG_WAITALL), MUCH);
	check(pattern_is(to, MUCH, 1));
}

static void receive_all(void)
{
	size_t done = 5000;
	pid_t pid;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	pattern_fill(from, MUCH, 1);
	check(write(fds[1], from, done) == (ssize_t)done);
	pid = start_call(receives, RECEIVES);
	ready();
	check(write(fds[1], from + done, MUCH - done) == (ssize_t)(MUCH - done));
	join(pid);
}

TEST_STORIES(receive_all)

TEST_HARNESS_MAIN
