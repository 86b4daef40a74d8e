// SPDX-License-Identifier: GPL-2.0-only
/*
 * outside_fifo_test.c - named pipes: one that leads out of the tree becomes the
 * restarter's descriptor 0, 1 or 2, others are refused.
 */
#include "checkpoint_test.h"
#include "std.h"

static char fifo[96];
static int fifo_flags, fifo_fd;

static int make_fifo(void)
{
	snprintf(fifo, sizeof(fifo), "/tmp/outside-%d", getpid());
	unlink(fifo);
	return mkfifo(fifo, 0600);
}

/* The subject opens it by its name. */
static void fifo_in_place(void)
{
	int fd = open(fifo, fifo_flags);

	std_to_null();
	check(fd >= 0 && dup2(fd, fifo_fd) == fifo_fd);
	close_range(fifo_fd > 2 ? 6 : 3, ~0U, 0);
	if (fifo_fd > 2) {
		close(3);
		close(4);
	}
}

static void reads_from_0(void)
{
	char c;

	ready();
	check(read(0, &c, 1) == 1 && c == 'A');
}

static void writes_to_1(void)
{
	ready();
	check(write(1, "output", 6) == 6);
}

static void waits(void)
{
	ready();
}

/* Saved, ended, restarted with @std as its descriptors 0 to 2 */
static void restart_with(struct __test_metadata *_metadata, struct subject *s, int std,
			 const char *note)
{
	int saved[3];

	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	EXPECT_EQ(1, s->cargs.errors_used);
	EXPECT_TRUE(subject_told(s, note)) {
		tell("%s", s->errors[0].message);
	}
	EXPECT_TRUE(subject_told(s, fifo));
	EXPECT_EQ(-EPERM, subject_restart(s, RESTART_STRICT_IO));
	move_std(std, std, saved);
	subject_restart(s, 0);
	put_std_back(saved);
	ASSERT_EQ(1, s->rargs.nr_processes);
	EXPECT_TRUE(subject_told(s, "is the restarter's"));
	EXPECT_TRUE(subject_told(s, fifo));
	subject_go(s, 1);
}

TEST(named_pipe_on_0)
{
	struct subject s;
	int fds[2], writer;
	char c = 'A';

	ASSERT_EQ(0, make_fifo());
	writer = open(fifo, O_RDWR | O_CLOEXEC);
	fifo_flags = O_RDONLY;
	fifo_fd = 0;
	ASSERT_EQ(0, subject_start_inside(&s, fifo_in_place, reads_from_0));
	/* What it holds stays with the end that is open here. */
	ASSERT_EQ(1, write(writer, "B", 1));
	ASSERT_EQ(0, pipe(fds));
	restart_with(_metadata, &s, fds[0], "fd 0 (named pipe /tmp/outside-");
	EXPECT_EQ(1, write(fds[1], &c, 1));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(1, read(writer, &c, 1));
	EXPECT_EQ('B', c);
	unlink(fifo);
}

TEST(named_pipe_on_1)
{
	struct subject s;
	char buf[8] = "";
	int fds[2];

	ASSERT_EQ(0, make_fifo());
	ASSERT_LE(0, open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	fifo_flags = O_WRONLY;
	fifo_fd = 1;
	ASSERT_EQ(0, subject_start_inside(&s, fifo_in_place, writes_to_1));
	ASSERT_EQ(0, pipe(fds));
	restart_with(_metadata, &s, fds[1], "fd 1 (named pipe /tmp/outside-");
	EXPECT_EQ(6, read(fds[0], buf, 6));
	EXPECT_EQ(0, strcmp(buf, "output"));
	EXPECT_EQ(0, subject_wait(&s));
	unlink(fifo);
}

/* Nobody else has it open just now; its name is there for others. */
TEST(named_pipe_without_another_end)
{
	struct subject s;
	int fds[2];

	ASSERT_EQ(0, make_fifo());
	fifo_flags = O_RDONLY | O_NONBLOCK;
	fifo_fd = 0;
	ASSERT_EQ(0, subject_start_inside(&s, fifo_in_place, reads_from_0));
	ASSERT_EQ(0, pipe(fds));
	restart_with(_metadata, &s, fds[0], "fd 0 (named pipe /tmp/outside-");
	EXPECT_EQ(1, write(fds[1], "A", 1));
	EXPECT_EQ(0, subject_wait(&s));
	unlink(fifo);
}

static void reads_the_rest(void)
{
	char c;

	ready();
	check(read(0, &c, 1) == 1 && c == 'A');
	check(read(0, &c, 1) == 0);
}

static void reads_the_end(void)
{
	char c;

	ready();
	check(read(0, &c, 1) == 0);
}

/* The writer has gone: what it has left, and that there is no more, is the program's. */
static void restart_without_writer(struct __test_metadata *_metadata, void (*reads)(void),
				   const char *left)
{
	struct subject s;
	int writer;

	ASSERT_EQ(0, make_fifo());
	fifo_flags = O_RDONLY | O_NONBLOCK;
	fifo_fd = 0;
	ASSERT_EQ(0, subject_start_inside(&s, fifo_in_place, reads));
	writer = open(fifo, O_WRONLY);
	ASSERT_EQ(strlen(left), write(writer, left, strlen(left)));
	close(writer);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, s.cargs.errors_used);
	subject_restart(&s, RESTART_STRICT_IO);
	ASSERT_EQ(1, s.rargs.nr_processes);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	unlink(fifo);
}

TEST(named_pipe_with_bytes_for_the_program_alone)
{
	restart_without_writer(_metadata, reads_the_rest, "A");
}

TEST(named_pipe_at_its_end)
{
	restart_without_writer(_metadata, reads_the_end, "");
}

static void refuse_fifo(struct __test_metadata *_metadata, int flags, int fd, int err,
			const char *words)
{
	struct subject s;

	fifo_flags = flags;
	fifo_fd = fd;
	ASSERT_EQ(0, subject_start_inside(&s, fifo_in_place, waits));
	EXPECT_EQ(-err, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, fifo));
	EXPECT_TRUE(subject_told(&s, words));
	EXPECT_EQ(fd, s.errors[0].object);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	unlink(fifo);
}

TEST(named_pipe_to_the_outside_on_5)
{
	ASSERT_EQ(0, make_fifo());
	ASSERT_LE(0, open(fifo, O_RDWR | O_CLOEXEC));
	refuse_fifo(_metadata, O_RDONLY, 5, EBUSY, "a named pipe that leads out of the tree");
}

TEST(named_pipe_inside_that_is_open_outside)
{
	ASSERT_EQ(0, make_fifo());
	ASSERT_LE(0, open(fifo, O_RDWR | O_CLOEXEC));
	refuse_fifo(_metadata, O_RDWR, 0, EBUSY, "is open in process ");
}

TEST_HARNESS_MAIN
