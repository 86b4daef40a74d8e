// SPDX-License-Identifier: GPL-2.0-only
/*
 * fifo_test.c - named pipes that are open inside the tree alone: contents, flags, blocked
 * readers, writers and openers, and who may have them again.
 */
#include <grp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "forged.h"

static char block[65536], back[65536];

static const char *new_fifo(void)
{
	check(!mkfifo(test_file("fifo"), 0600));
	return test_file("fifo");
}

/* Both ends, each a descriptor of its own */
static void open_ends(int fds[2])
{
	const char *name = new_fifo();

	fds[0] = open(name, O_RDONLY | O_NONBLOCK);
	fds[1] = open(name, O_WRONLY);
	check(fds[0] >= 0 && fds[1] >= 0 && !fcntl(fds[0], F_SETFL, 0));
}

static void take_away(void)
{
	check(!unlink(test_file("fifo")));
}

static void contents(void)
{
	int fds[2], n;
	struct stat st;

	open_ends(fds);
	check(!fchmod(fds[0], 0640) && !fchown(fds[0], 1000, 100));
	check(write(fds[1], "hello, ", 7) == 7 && write(fds[1], "pipe", 4) == 4);
	check(read(fds[0], back, 3) == 3);
	ready();
	check(!ioctl(fds[0], FIONREAD, &n) && n == 8);
	check(write(fds[1], "!", 1) == 1);
	check(read(fds[0], back, 100) == 9 && !memcmp(back, "lo, pipe!", 9));
	check(!stat(test_file("fifo"), &st) && S_ISFIFO(st.st_mode));
	check((st.st_mode & 07777) == 0640 && st.st_uid == 1000 && st.st_gid == 100);
	check(!close(fds[1]) && read(fds[0], back, 1) == 0);
	take_away();
}
TEST_KILLED(contents)

static void one_descriptor_for_both(void)
{
	int fd = open(new_fifo(), O_RDWR), n;

	check(dup2(fd, 0) == 0 && !close(fd));
	check(write(0, "++", 2) == 2);
	ready();
	check(!ioctl(0, FIONREAD, &n) && n == 2);
	check((fcntl(0, F_GETFL) & O_ACCMODE) == O_RDWR);
	check(read(0, back, 10) == 2 && !memcmp(back, "++", 2));
	check(write(0, "x", 1) == 1 && read(0, back, 1) == 1);
}
TEST_STORIES(one_descriptor_for_both)

static void full_of_packets(void)
{
	int fds[2], len = 0;
	ssize_t n;

	open_ends(fds);
	check(fcntl(fds[0], F_SETPIPE_SZ, 8192) == 8192);
	check(!fcntl(fds[1], F_SETFL, O_NONBLOCK | O_DIRECT));
	pattern_fill(block, sizeof(block), 1);
	while ((n = write(fds[1], block + len, 1000)) > 0)
		len += n;
	ready();
	check_equal(fcntl(fds[1], F_GETPIPE_SZ), 8192);
	check(fcntl(fds[1], F_GETFL) & O_DIRECT && fcntl(fds[1], F_GETFL) & O_NONBLOCK);
	check(write(fds[1], block, 1) == -1 && errno == EAGAIN);
	check(read(fds[0], back, sizeof(back)) == 1000 && !memcmp(back, block, 1000));
	check_equal(len, 2000);
	take_away();
}
TEST_KILLED(full_of_packets)

/* A reader that has not seen any writer hears nothing; one whose writer has gone does. */
static void without_a_writer(void)
{
	struct pollfd new = { .events = POLLIN }, left = { .events = POLLIN };
	const char *name = new_fifo();
	int writer;

	left.fd = open(name, O_RDONLY | O_NONBLOCK);
	writer = open(name, O_WRONLY);
	check(left.fd == 3 && writer == 4 && write(writer, "x", 1) == 1 && !close(writer));
	new.fd = open(name, O_RDONLY | O_NONBLOCK);
	ready();
	check(poll(&left, 1, 0) == 1 && left.revents == (POLLIN | POLLHUP));
	check(read(new.fd, back, 10) == 1 && read(new.fd, back, 10) == 0);
	check(poll(&new, 1, 0) == 0);
	writer = open(name, O_WRONLY | O_NONBLOCK);
	check(writer >= 0 && !close(writer));
	check(poll(&new, 1, 0) == 1 && new.revents == POLLHUP);
	take_away();
}
TEST_KILLED(without_a_writer)

static void deleted(void)
{
	int fds[2], path;
	struct stat st[3];
	char link[40];

	open_ends(fds);
	path = open(test_file("fifo"), O_PATH);
	check(path >= 0 && !fchmod(fds[0], 0620));
	take_away();
	check(write(fds[1], "gone", 4) == 4);
	ready();
	check(!fstat(fds[0], &st[0]) && !fstat(fds[1], &st[1]) && !fstat(path, &st[2]));
	check(st[0].st_ino == st[1].st_ino && st[0].st_ino == st[2].st_ino);
	check(st[0].st_mode == (S_IFIFO | 0620) && st[0].st_nlink == 0);
	check(read(fds[0], back, 10) == 4 && !memcmp(back, "gone", 4));
	check(access(test_file("fifo"), F_OK) == -1 && errno == ENOENT);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path);
	check(open(link, O_WRONLY | O_NONBLOCK) >= 0);
}
TEST_STORIES(deleted)

/* -- blocked ------------------------------------------------------------------------------- */

static void child_reads(void *arg)
{
	int *fds = arg;

	close(fds[1]);
	check(read(fds[0], back, 10) == 5 && !memcmp(back, "first", 5));
	check(read(fds[0], back, 10) == 0);
}

static void child_writes(void *arg)
{
	int *fds = arg;

	close(fds[0]);
	pattern_fill(block, sizeof(block), 2);
	check_equal(write(fds[1], block, 4096), 4096);
}

static void blocked_reader(void)
{
	int fds[2];
	pid_t pid;

	open_ends(fds);
	pid = spawn(child_reads, fds);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	ready();
	check(write(fds[1], "first", 5) == 5);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)) && !close(fds[1]));
	join(pid);
	take_away();
}
TEST_KILLED(blocked_reader)

static void blocked_writer(void)
{
	int fds[2];
	pid_t pid;

	open_ends(fds);
	check(fcntl(fds[0], F_SETPIPE_SZ, 4096) == 4096);
	check(write(fds[1], "x", 1) == 1);
	pid = spawn(child_writes, fds);
	check(wait_until(is_blocked_in(pid, pid, SYS_write)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_write)));
	check(read(fds[0], back, 1) == 1 && back[0] == 'x');
	check_equal(read(fds[0], back, 8192), 4096);
	check(pattern_is(back, 4096, 2));
	join(pid);
	take_away();
}
TEST_KILLED(blocked_writer)

static void child_opens(void *arg)
{
	int fd = open(test_file("fifo"), *(int *)arg);

	check(fd >= 0);
	if (*(int *)arg == O_RDONLY)
		check(read(fd, back, 10) == 1 && back[0] == 'o');
	else
		check(write(fd, "o", 1) == 1);
}

static void blocked_opener(int how)
{
	pid_t pid;
	int fd;

	new_fifo();
	pid = spawn(child_opens, &how);
	check(wait_until(is_blocked_in(pid, pid, -1)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, -1)));
	fd = open(test_file("fifo"), how == O_RDONLY ? O_WRONLY : O_RDONLY);
	check(fd >= 0);
	if (how == O_RDONLY)
		check(write(fd, "o", 1) == 1);
	else
		check(read(fd, back, 10) == 1 && back[0] == 'o');
	join(pid);
	take_away();
}

static void waits_for_a_writer(void)
{
	blocked_opener(O_RDONLY);
}
TEST_KILLED(waits_for_a_writer)

static void waits_for_a_reader(void)
{
	blocked_opener(O_WRONLY);
}
TEST_KILLED(waits_for_a_reader)

/* -- who may have it again -------------------------------------------------------------------- */

static void holds(void)
{
	int fds[2];

	open_ends(fds);
	check(write(fds[1], "secret", 6) == 6);
	ready();
	check(read(fds[0], back, 10) == 6);
	take_away();
}

static const char *fifo_of(const struct subject *s)
{
	(void)s;
	return test_file("fifo");
}

/* Somebody has come meanwhile: what is there would be his, and what he writes the program's. */
TEST_F(forged, open_to_another)
{
	int fd;

	ASSERT_EQ(0, subject_start(&self->s, holds));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	fd = open(fifo_of(&self->s), O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "is open to somebody else"));
	EXPECT_EQ(0, read(fd, back, 10));
	close(fd);
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_F(forged, gone)
{
	ASSERT_EQ(0, subject_start(&self->s, holds));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unlink(fifo_of(&self->s)));
	EXPECT_EQ(-ENOENT, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "cannot be found"));
}

static struct ckpt_rec_fifo *fifo_in(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_FIFO) + 1);
}

static struct ckpt_rec_file_fifo *end_in(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_FILE_FIFO) + 1);
}

static void no_slots(struct image *image)
{
	fifo_in(image)->ring_size = 3;
}

static void wild_access(struct image *image)
{
	fifo_in(image)->access = 3;
}

static void place_is_open(struct image *image)
{
	struct ckpt_rec *table = image_find(image, CKPT_REC_FDTABLE);
	struct ckpt_rec_fd *fds = (void *)((struct ckpt_rec_fdtable *)(table + 1) + 1);

	end_in(image)->place = fds[0].file;
}

static void wild_flags(struct image *image)
{
	end_in(image)->flags = ~0U;
}

static void opened_by_path(struct image *image)
{
	end_in(image)->open_flags |= O_PATH;
}

static void end_of_a_cred(struct image *image)
{
	end_in(image)->pipe = end_in(image)->cred;
}

/* As the end of a pipe without a name, it would be opened with no right asked for. */
static void end_of_a_pipe(struct image *image)
{
	struct ckpt_rec_file_fifo *end = end_in(image);
	struct ckpt_rec_file_pipe pipe = { .pipe = end->pipe, .cred = end->cred };
	struct ckpt_rec *rec = (struct ckpt_rec *)end - 1;

	/* A longer record is an older kernel's, if what it does not know is zero. */
	rec->type = CKPT_REC_FILE_PIPE;
	memset(end, 0, sizeof(*end));
	memcpy(end, &pipe, sizeof(pipe));
}

static void (* const forgeries[])(struct image *image) = {
	no_slots, wild_access, place_is_open, wild_flags, opened_by_path, end_of_a_cred,
	end_of_a_pipe,
};

TEST_F(forged, fields)
{
	ASSERT_EQ(0, subject_start(&self->s, holds));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

static void become_user(void)
{
	check(!chown(test_dir, 1000, 1000));
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	holds();
}

/* A named pipe that has come to be another user's gets nothing to read. */
TEST_F(forged, of_another_user)
{
	ASSERT_EQ(0, subject_start(&self->s, become_user));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, chown(fifo_of(&self->s), 0, 0));
	EXPECT_EQ(-EACCES, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "may not be opened again"));
	ASSERT_EQ(0, chown(fifo_of(&self->s), 1000, 1000));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
