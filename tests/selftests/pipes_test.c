// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipes_test.c - pipes inside the tree: contents, sizes, packets, flags, blocked
 * readers and writers, and the end of file.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "checkpoint_test.h"

static int fds[2];

static void make_pipe(int flags)
{
	check(!pipe2(fds, flags));
}

static void expect_bytes(int fd, const char *bytes)
{
	size_t len = strlen(bytes);
	char buf[256];

	check_equal(read(fd, buf, len), len);
	check(!memcmp(buf, bytes, len));
}

static int bytes_in(int fd)
{
	int n = -1;

	check(!ioctl(fd, FIONREAD, &n));
	return n;
}

/* -- contents ----------------------------------------------------------------------- */

static void contents(void)
{
	make_pipe(0);
	check(write(fds[1], "hello, ", 7) == 7);
	check(write(fds[1], "pipe", 4) == 4);
	expect_bytes(fds[0], "hel");
	ready();
	check_equal(bytes_in(fds[0]), 8);
	check(write(fds[1], "!", 1) == 1);
	expect_bytes(fds[0], "lo, pipe!");
	check_equal(bytes_in(fds[0]), 0);
}
TEST_STORIES(contents)

static void empty(void)
{
	make_pipe(0);
	ready();
	check_equal(bytes_in(fds[0]), 0);
	check(write(fds[1], "x", 1) == 1);
	expect_bytes(fds[0], "x");
}
TEST_STORIES(empty)

static char block[1 << 20], back[1 << 20];

static void full(void)
{
	size_t len = 0;
	ssize_t n;

	pattern_fill(block, sizeof(block), 1);
	make_pipe(O_NONBLOCK);
	while ((n = write(fds[1], block + len, 1000)) > 0)
		len += n;
	check_equal(errno, EAGAIN);
	ready();
	check_equal(bytes_in(fds[0]), len);
	check(write(fds[1], block, 4096) == -1 && errno == EAGAIN);
	check_equal(read(fds[0], back, sizeof(back)), len);
	check(!memcmp(back, block, len));
	check(read(fds[0], back, 1) == -1 && errno == EAGAIN);
}
TEST_STORIES(full)

static void large(void)
{
	pattern_fill(block, sizeof(block), 2);
	make_pipe(0);
	check_equal(fcntl(fds[1], F_SETPIPE_SZ, sizeof(block)), sizeof(block));
	check_equal(write(fds[1], block, sizeof(block)), sizeof(block));
	ready();
	check_equal(fcntl(fds[0], F_GETPIPE_SZ), sizeof(block));
	check_equal(read(fds[0], back, sizeof(back)), sizeof(back));
	check(pattern_is(back, sizeof(back), 2));
}
TEST_STORIES(large)

static void small(void)
{
	make_pipe(O_NONBLOCK);
	check_equal(fcntl(fds[0], F_SETPIPE_SZ, 4096), 4096);
	ready();
	check_equal(fcntl(fds[1], F_GETPIPE_SZ), 4096);
	check_equal(write(fds[1], block, 8192), 4096);
}
TEST_STORIES(small)

static void packets(void)
{
	make_pipe(O_DIRECT);
	check(write(fds[1], "one", 3) == 3);
	check(write(fds[1], "three", 5) == 5);
	ready();
	check(fcntl(fds[1], F_GETFL) & O_DIRECT);
	check_equal(read(fds[0], back, 100), 3);
	check_equal(read(fds[0], back, 2), 2);
	check(write(fds[1], "x", 1) == 1);
	check_equal(read(fds[0], back, 100), 1);
}
TEST_STORIES(packets)

static void packets_and_bytes(void)
{
	make_pipe(O_DIRECT);
	check(write(fds[1], "packet", 6) == 6);
	check(!fcntl(fds[1], F_SETFL, 0));
	check(write(fds[1], "by", 2) == 2 && write(fds[1], "tes", 3) == 3);
	ready();
	check_equal(read(fds[0], back, 100), 6);
	check_equal(read(fds[0], back, 100), 5);
}
TEST_STORIES(packets_and_bytes)

/* Pages that splice and vmsplice put into a pipe are data like any other. */
static void spliced(void)
{
	struct iovec iov = { block, 8192 };
	int fd;

	pattern_fill(block, 8192, 3);
	write_file("file", block, 8192);
	fd = open(test_file("file"), O_RDONLY);
	make_pipe(0);
	check_equal(splice(fd, NULL, fds[1], NULL, 5000, 0), 5000);
	check_equal(vmsplice(fds[1], &iov, 1, 0), 8192);
	ready();
	check_equal(read(fds[0], back, 5000), 5000);
	check(!memcmp(back, block, 5000));
	check_equal(read(fds[0], back, 8192), 8192);
	check(!memcmp(back, block, 8192));
}
TEST_STORIES(spliced)

static void expect_bytes_of_block(int len)
{
	check_equal(read(fds[0], back, len), len);
	check(!memcmp(back, block, len));
}

/* A socket's data come in pieces of many pages, and a piece takes one slot. */
static void spliced_from_socket(void)
{
	const int len = 32768;
	int sockets[2];

	pattern_fill(block, len, 4);
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	make_pipe(0);
	check_equal(write(sockets[0], block, len), len);
	check_equal(splice(sockets[1], NULL, fds[1], NULL, len, SPLICE_F_NONBLOCK), len);
	check(!close(sockets[0]) && !close(sockets[1]));
	check_equal(fcntl(fds[1], F_SETPIPE_SZ, 16384), 16384);
	expect_bytes_of_block(100);
	ready();
	check_equal(bytes_in(fds[0]), len - 100);
	check_equal(fcntl(fds[1], F_GETPIPE_SZ), 16384);
	check_equal(read(fds[0], back, sizeof(back)), len - 100);
	check(!memcmp(back, block + 100, len - 100));
}
TEST_STORIES(spliced_from_socket)

static void flags_of_each_end(void)
{
	make_pipe(O_CLOEXEC);
	check(!fcntl(fds[0], F_SETFL, O_NONBLOCK));
	ready();
	check_equal(fcntl(fds[0], F_GETFL), O_RDONLY | O_NONBLOCK);
	check_equal(fcntl(fds[1], F_GETFL), O_WRONLY);
	check_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	check(read(fds[0], back, 1) == -1 && errno == EAGAIN);
}
TEST_STORIES(flags_of_each_end)

static void one_end_alone(void)
{
	int other[2];

	make_pipe(0);
	check(!pipe(other));
	check(write(fds[1], "rest", 4) == 4);
	close(fds[1]);
	close(other[0]);
	ready();
	expect_bytes(fds[0], "rest");
	check_equal(read(fds[0], back, 1), 0);
	signal(SIGPIPE, SIG_IGN);
	check(write(other[1], "x", 1) == -1 && errno == EPIPE);
}
TEST_STORIES(one_end_alone)

/* SIGIO told of the close when it happened, and not again. */
static void half_closed_with_sigio(void)
{
	const struct timespec soon = { .tv_nsec = 1000000 };
	sigset_t io;

	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	check(!sigprocmask(SIG_BLOCK, &io, NULL));
	make_pipe(0);
	check(!fcntl(fds[0], F_SETOWN, getpid()));
	check(!fcntl(fds[0], F_SETFL, O_ASYNC));
	close(fds[1]);
	check_equal(sigtimedwait(&io, NULL, &soon), SIGIO);
	ready();
	check(sigtimedwait(&io, NULL, &soon) == -1 && errno == EAGAIN);
	check_equal(read(fds[0], back, 1), 0);
}
TEST_STORIES(half_closed_with_sigio)

static void opened_again_by_proc(void)
{
	char path[64];
	int again;

	make_pipe(0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	again = open(path, O_RDWR);
	check(again >= 0);
	ready();
	check(write(again, "both", 4) == 4);
	expect_bytes(fds[0], "both");
	check(write(fds[1], "ways", 4) == 4);
	expect_bytes(again, "ways");
}
TEST_STORIES(opened_again_by_proc)

static void same_time(const struct timespec *a, const struct timespec *b)
{
	check_equal(a->tv_sec, b->tv_sec);
	check_equal(a->tv_nsec, b->tv_nsec);
}

/* Three different times, all of them long before the restart */
static void times_of_a_pipe(void)
{
	struct stat before, after;

	make_pipe(0);
	check(write(fds[1], "xy", 2) == 2);
	sleep_ms(20);
	check(read(fds[0], back, 1) == 1);
	sleep_ms(20);
	check(!fchmod(fds[0], 0600));
	check(!fstat(fds[0], &before));
	check(before.st_mtim.tv_nsec != before.st_atim.tv_nsec);
	check(before.st_atim.tv_nsec != before.st_ctim.tv_nsec);
	sleep_ms(20);
	ready();
	check(!fstat(fds[0], &after));
	same_time(&after.st_atim, &before.st_atim);
	same_time(&after.st_mtim, &before.st_mtim);
	same_time(&after.st_ctim, &before.st_ctim);
	check_equal(after.st_uid, before.st_uid);
	check_equal(after.st_mode, before.st_mode);
	check(write(fds[1], "z", 1) == 1);
	check(!fstat(fds[0], &after));
	check(after.st_mtim.tv_nsec != before.st_mtim.tv_nsec);
}
TEST_STORIES(times_of_a_pipe)

static void mode_and_owner(void)
{
	struct stat before, after;
	char path[64];

	make_pipe(0);
	check(write(fds[1], "xy", 2) == 2);
	check(!fchown(fds[0], 1000, 100) && !fchmod(fds[1], 02640));
	check(!fstat(fds[0], &before) && before.st_uid == 1000);
	sleep_ms(20);
	ready();
	check(!fstat(fds[1], &after));
	check_equal(after.st_mode, S_IFIFO | 02640);
	check(after.st_uid == 1000 && after.st_gid == 100);
	same_time(&after.st_atim, &before.st_atim);
	same_time(&after.st_mtim, &before.st_mtim);
	same_time(&after.st_ctim, &before.st_ctim);
	expect_bytes(fds[0], "xy");
	check(!setresgid(100, 100, 100) && !setresuid(1001, 1001, 1001));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	check(open(path, O_WRONLY) == -1 && errno == EACCES);
}
TEST_STORIES(mode_and_owner)

/* -- with a child ------------------------------------------------------------------------ */

static int back_fds[2];

static void echoes(void *arg)
{
	char buf[64];
	ssize_t n;

	(void)arg;
	close(fds[1]);
	close(back_fds[0]);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		check_equal(write(back_fds[1], buf, n), n);
	check_equal(n, 0);
}

static void blocked_reader_and_end_of_file(void)
{
	pid_t pid;

	make_pipe(0);
	check(!pipe(back_fds));
	pid = spawn(echoes, NULL);
	close(fds[0]);
	close(back_fds[1]);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	ready();
	sleep_ms(20);
	check(write(fds[1], "ping", 4) == 4);
	expect_bytes(back_fds[0], "ping");
	close(fds[1]);
	join(pid);
	check_equal(read(back_fds[0], back, 1), 0);
}
TEST_STORIES(blocked_reader_and_end_of_file)

static void writes_much(void *arg)
{
	size_t len = 0;
	ssize_t n;

	(void)arg;
	close(fds[0]);
	pattern_fill(block, sizeof(block), 4);
	for (; len < sizeof(block); len += n) {
		n = write(fds[1], block + len, sizeof(block) - len);
		check(n > 0);
	}
}

/* A blocked write has a part of its bytes in the pipe: none is lost or doubled. */
static void blocked_writer(void)
{
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	make_pipe(0);
	pid = spawn(writes_much, NULL);
	close(fds[1]);
	check(wait_until(is_blocked_in(pid, pid, SYS_write)));
	ready();
	while (len < sizeof(back) && (n = read(fds[0], back + len, sizeof(back) - len)) > 0)
		len += n;
	check_equal(len, sizeof(back));
	check(pattern_is(back, sizeof(back), 4));
	join(pid);
}
TEST_STORIES(blocked_writer)

static void counts(void *arg)
{
	uint32_t i, n = (intptr_t)arg;

	close(fds[0]);
	for (i = 0; i < n; i++)
		check(write(fds[1], &i, sizeof(i)) == sizeof(i));
}

#define NUMBERS	200000

/* Caught in the middle of a stream */
static void stream(void)
{
	uint32_t i, n;
	pid_t pid;

	make_pipe(0);
	pid = spawn(counts, (void *)NUMBERS);
	close(fds[1]);
	write_file("ready1", "", 0);
	for (i = 0; i < NUMBERS; i++) {
		check(read(fds[0], &n, sizeof(n)) == sizeof(n));
		check_equal(n, i);
	}
	check_equal(read(fds[0], &n, sizeof(n)), 0);
	join(pid);
}

TEST(stream_at_three_moments)
{
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, stream));
	for (i = 0; i < 3; i++) {
		sleep_ms(30);
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	ASSERT_EQ(0, subject_wait(&s));
}

#define LINKS	20

static void passes_on(void *arg)
{
	int *in = arg, *out = in + 2;
	char c;

	close(in[1]);
	close(out[0]);
	while (read(in[0], &c, 1) == 1) {
		c++;
		check(write(out[1], &c, 1) == 1);
	}
}

static void chain_of_processes(void)
{
	static int links[LINKS + 1][2];
	pid_t pids[LINKS];
	char c;
	int i, j;

	for (i = 0; i <= LINKS; i++)
		check(!pipe2(links[i], 0));
	for (i = 0; i < LINKS; i++) {
		pids[i] = fork();
		check(pids[i] >= 0);
		if (pids[i])
			continue;
		for (j = 0; j <= LINKS; j++) {
			if (j != i)
				close(links[j][0]);
			if (j != i + 1)
				close(links[j][1]);
		}
		passes_on(links[i]);
		_exit(0);
	}
	for (i = 0; i < LINKS; i++) {
		close(links[i][0]);
		close(links[i + 1][1]);
	}
	ready();
	for (j = 0; j < 3; j++) {
		check(write(links[0][1], "A", 1) == 1);
		check(read(links[LINKS][0], &c, 1) == 1);
		check_equal(c, 'A' + LINKS);
	}
	close(links[0][1]);
	for (i = 0; i < LINKS; i++)
		join(pids[i]);
}
TEST_STORIES(chain_of_processes)

TEST_HARNESS_MAIN
