// SPDX-License-Identifier: GPL-2.0-only
/*
 * copy_count_test.c - sendfile(2), splice(2) and copy_file_range(2) that have moved a part
 * when they are stopped move the rest afterwards, each byte once.
 */
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "cut_short.h"
#include "pty.h"

#ifdef __x86_64__
#define SENDS	SYS_sendfile
#else
#define SENDS	SYS_sendfile64
#endif

#define MUCH	(1U << 20)
#define SKIPPED	4096		/* a call with a position of its own begins there */
#define ASIDE	77		/* the position of the file meanwhile */

static char buffer[MUCH];
static int fds[2], ends[2], file;

static void make_input(const char *name, size_t len)
{
	pattern_fill(buffer, len, 1);
	write_file(name, buffer, len);
	file = open(test_file(name), O_RDONLY);
	check(file >= 0);
}

static void read_all(int fd, size_t skip, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len && (n = read(fd, buffer + done, len - done)) > 0)
		done += n;
	check_equal(done, len);
	check(pattern_goes_on(buffer, skip, len, 1));
}

/* A child makes one call, which ends when all is read; nobody else writes there. */
static void see_it_through(void (*call)(void *), long nr, int fd, size_t skip, size_t len)
{
	pid_t pid = start_blocked(call, nr);

	if (fds[1])
		close(fds[1]);
	ready();
	read_all(fd, skip, len);
	join(pid);
}

/* -- sendfile ----------------------------------------------------------------------------- */

static void sends(void *arg)
{
	check_equal(sendfile(fds[1], file, NULL, MUCH), MUCH);
	check_equal(lseek(file, 0, SEEK_CUR), MUCH);
}

static void sendfile_to_a_socket(void)
{
	make_input("input", MUCH);
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	see_it_through(sends, SENDS, fds[0], 0, MUCH);
}
TEST_STORIES(sendfile_to_a_socket)

static void sends_from_a_position(void *arg)
{
	off_t pos = SKIPPED;

	check_equal(lseek(file, ASIDE, SEEK_SET), ASIDE);
	check_equal(sendfile(fds[1], file, &pos, MUCH), MUCH - SKIPPED);
	check_equal(pos, MUCH);
	check_equal(lseek(file, 0, SEEK_CUR), ASIDE);
}

static void sendfile_from_a_position(void)
{
	make_input("input", MUCH);
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	see_it_through(sends_from_a_position, SENDS, fds[0], SKIPPED, MUCH - SKIPPED);
}
TEST_STORIES(sendfile_from_a_position)

#ifdef SYS_sendfile64
/* The call whose position has 32 bits: what lies behind it is not its own. */
static void sends_from_a_short_position(void *arg)
{
	long pos[2] = { SKIPPED, ASIDE };

	check_equal(syscall(SYS_sendfile, fds[1], file, pos, MUCH), MUCH - SKIPPED);
	check_equal(pos[0], MUCH);
	check_equal(pos[1], ASIDE);
}

static void sendfile_from_a_short_position(void)
{
	make_input("input", MUCH);
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	see_it_through(sends_from_a_short_position, SYS_sendfile, fds[0], SKIPPED,
		       MUCH - SKIPPED);
}
TEST_STORIES(sendfile_from_a_short_position)
#endif

static void sends_to_terminal(void *arg)
{
	check_equal(sendfile(slave, file, NULL, MUCH), MUCH);
}

static void sendfile_to_a_terminal(void)
{
	make_input("input", MUCH);
	open_pair();
	make_raw();
	see_it_through(sends_to_terminal, SENDS, master, 0, MUCH);
}
TEST_STORIES(sendfile_to_a_terminal)

TEST(sendfile_again_and_again)
{
	struct subject s;

	EXPECT_EQ(0, saved_again_and_again(&s, sendfile_from_a_position));
}

static void is_cut_short(void *arg)
{
	ssize_t n;

	handle_a_signal();
	n = sendfile(fds[1], file, NULL, MUCH);
	was_cut_short(n, MUCH);
	check_equal(lseek(file, 0, SEEK_CUR), n);
}

static void handled_signal(void)
{
	make_input("input", MUCH);
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	cut_by_a_signal(is_cut_short, SENDS);
}
TEST_STORIES(handled_signal)

/* -- splice ------------------------------------------------------------------------------- */

/* A pipe that is as full as it gets, and that could be written to for ever */
static void fill_pipe(void)
{
	check(!pipe(ends));
	check(fcntl(ends[1], F_SETPIPE_SZ, MUCH) >= (int)MUCH);
	pattern_fill(buffer, MUCH, 1);
	check_equal(write(ends[1], buffer, MUCH), MUCH);
}

/* It asks for more than there is, and does not wait for that. */
static void splices(void *arg)
{
	check_equal(splice(ends[0], NULL, fds[1], NULL, 2 * MUCH, 0), MUCH);
}

static void splice_to_a_socket(void)
{
	fill_pipe();
	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	see_it_through(splices, SYS_splice, fds[0], 0, MUCH);
}
TEST_STORIES(splice_to_a_socket)

static void splices_to_terminal(void *arg)
{
	check_equal(splice(ends[0], NULL, slave, NULL, 2 * MUCH, 0), MUCH);
}

static void splice_to_a_terminal(void)
{
	fill_pipe();
	open_pair();
	make_raw();
	see_it_through(splices_to_terminal, SYS_splice, master, 0, MUCH);
}
TEST_STORIES(splice_to_a_terminal)

/* -- never short, at any moment: into files ------------------------------------------------- */

#define LARGE	(8U << 20)

static void copy_again_and_again(void (*copy)(int))
{
	int to;

	make_input("input", MUCH);
	check(!truncate(test_file("input"), LARGE));
	to = open(test_file("output"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	check(to >= 0);
	copy(to);
	write_file("ready1", "", 0);
	do {
		copy(to);
	} while (access(test_file("go1"), F_OK));
	check_equal(lseek(to, 0, SEEK_SET), 0);
	read_all(to, 0, MUCH);
}

static void copies(int to)
{
	loff_t in = 0, out = 0;

	check_equal(copy_file_range(file, &in, to, &out, LARGE, 0), LARGE);
	check_equal(in, LARGE);
	check_equal(out, LARGE);
}

static void copy_file_range_whole(void)
{
	copy_again_and_again(copies);
}

static void sends_to_file(int to)
{
	check_equal(lseek(file, 0, SEEK_SET), 0);
	check_equal(lseek(to, 0, SEEK_SET), 0);
	check_equal(sendfile(to, file, NULL, LARGE), LARGE);
	check_equal(lseek(file, 0, SEEK_CUR), LARGE);
	check_equal(lseek(to, 0, SEEK_CUR), LARGE);
}

static void sendfile_to_a_file_whole(void)
{
	copy_again_and_again(sends_to_file);
}

/* What a limit ends has ended: nothing tries once more, for which there is a signal. */
#define LIMIT	(64U << 10)

static void copies_to_the_limit(int to)
{
	loff_t in = 0, out = 0;

	check(!ftruncate(to, 0));
	check_equal(copy_file_range(file, &in, to, &out, 2 * LIMIT, 0), LIMIT);
}

static void limit_file_size(void)
{
	const struct rlimit limit = { LIMIT, LIMIT };
	int i, to;

	make_input("input", MUCH);
	to = open(test_file("output"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	check(to >= 0);
	check(!setrlimit(RLIMIT_FSIZE, &limit));
	write_file("ready1", "", 0);
	do {
		for (i = 0; i < 100; i++)
			copies_to_the_limit(to);
	} while (access(test_file("go1"), F_OK));
}

TEST(copy_file_range_at_moments)
{
	struct subject s;

	EXPECT_EQ(0, saved_at_moments(&s, copy_file_range_whole, 4));
}

TEST(sendfile_to_a_file_at_moments)
{
	struct subject s;

	EXPECT_EQ(0, saved_at_moments(&s, sendfile_to_a_file_whole, 4));
}

TEST(limit_of_file_size_at_moments)
{
	struct subject s;

	EXPECT_EQ(0, saved_at_moments(&s, limit_file_size, 8));
}

TEST_HARNESS_MAIN
