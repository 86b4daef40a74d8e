// SPDX-License-Identifier: GPL-2.0-only
/*
 * fifo_meanwhile_test.c - named pipes that somebody else opens, reads and holds while a restart
 * makes them: until the commit that is another pipe, and nobody waits for it.
 */
#include <sys/ioctl.h>

#include "checkpoint_test.h"
#include "for_ever.h"

#define KEPT_BACK	64	/* bytes of the image: of its end record */

static char back[16];

static void two_ends(void)
{
	check(!mkfifo(test_file("fifo"), 0600));
	check_equal(open(test_file("fifo"), O_RDWR), 3);
	check_equal(open(test_file("fifo"), O_WRONLY), 4);
	check(write(4, "secret", 6) == 6);
	ready();
	check(write(4, "!", 1) == 1);
	check(read(3, back, sizeof(back)) == 7 && !memcmp(back, "secret!", 7));
}

FIXTURE(meanwhile)
{
	struct subject s;
	struct image image;
	pid_t restarter;
	int fds[2];
};

/* A restart has opened all ends, and waits for the end of the image. */
FIXTURE_SETUP(meanwhile)
{
	int left = 1;
	size_t len;

	ASSERT_EQ(0, subject_start(&self->s, two_ends));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&self->image, self->s.image));
	ASSERT_EQ(0, pipe2(self->fds, O_CLOEXEC));
	self->restarter = fork();
	if (!self->restarter) {
		long ret;

		close(self->fds[1]);
		ret = sys_restart(0, self->fds[0], 0, NULL, 0);
		_exit(ret < 0 ? -ret : 0);
	}
	len = self->image.len - KEPT_BACK;
	ASSERT_EQ(len, write(self->fds[1], self->image.data, len));
	ASSERT_TRUE(wait_until(!ioctl(self->fds[0], FIONREAD, &left) && !left));
	ASSERT_TRUE(wait_until(is_blocked_in(self->restarter, self->restarter, CKPT_NR_restart)));
	close(self->fds[0]);
	signal(SIGPIPE, SIG_IGN);
}

FIXTURE_TEARDOWN(meanwhile)
{
	image_free(&self->image);
}

/* Let it have the rest.  Return: as answer_of() */
static int go_on(const struct image *image, int writer, pid_t restarter)
{
	const uint8_t *rest = image->data + image->len - KEPT_BACK;

	if (write(writer, rest, KEPT_BACK) != KEPT_BACK)
		return -1;
	close(writer);
	return answer_of(restarter);
}

static void comes_back_at_last(struct __test_metadata *_metadata, struct subject *s)
{
	ASSERT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* Somebody has the mutex of what the name leads to until it is killed. */
TEST_F(meanwhile, held_over_a_page_fault)
{
	pid_t other = fork();

	if (!other)
		_exit(write(open(test_file("fifo"), O_RDWR), page_for_ever(), 4096) < 0);
	ASSERT_TRUE(wait_until(is_blocked_in(other, other, SYS_write)));
	EXPECT_EQ(EBUSY, go_on(&self->image, self->fds[1], self->restarter));
	kill(other, SIGKILL);
	EXPECT_EQ(other, waitpid(other, NULL, 0));
	comes_back_at_last(_metadata, &self->s);
}

/* Who has come and gone is in nobody's way, and has seen nothing. */
TEST_F(meanwhile, read_by_another)
{
	int fd = open(test_file("fifo"), O_RDONLY | O_NONBLOCK);

	EXPECT_EQ(0, read(fd, back, sizeof(back)));
	close(fd);
	EXPECT_EQ(0, go_on(&self->image, self->fds[1], self->restarter));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

/* When the ends of the failed restart go, the other pipe is still what the name leads to. */
TEST_F(meanwhile, open_when_it_fails)
{
	int fd = open(test_file("fifo"), O_RDONLY | O_NONBLOCK), writer;

	ASSERT_LE(0, fd);
	EXPECT_EQ(EBUSY, go_on(&self->image, self->fds[1], self->restarter));
	writer = open(test_file("fifo"), O_WRONLY | O_NONBLOCK);
	EXPECT_LE(0, writer);
	EXPECT_EQ(1, write(writer, "x", 1));
	EXPECT_EQ(1, read(fd, back, sizeof(back)));
	close(writer);
	close(fd);
	comes_back_at_last(_metadata, &self->s);
}

TEST_HARNESS_MAIN
