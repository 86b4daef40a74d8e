// SPDX-License-Identifier: GPL-2.0-only
/*
 * rewind_test.c - RESTART_REWIND: files that have grown since the image was taken are cut
 * back, and nothing else is; a restart that fails cuts nothing.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "checkpoint_test.h"

static int open_new(const char *name, int flags)
{
	int fd = open(test_file(name), O_CREAT | O_TRUNC | flags, 0644);

	check(fd >= 0 && write(fd, "0123456789", 10) == 10);
	return fd;
}

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(test_file(name), &st) ? -1 : st.st_size;
}

static void append_to(const char *name, const char *text)
{
	int fd = open(test_file(name), O_WRONLY | O_APPEND);

	check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void expect_ten_and_one_more(int fd)
{
	check_equal(size_of("file"), 10);
	check(write(fd, "X", 1) == 1);
	check_equal(size_of("file"), 11);
}

/* -- cut back ------------------------------------------------------------------------------- */

static void appends(void)
{
	int fd = open_new("file", O_WRONLY | O_APPEND);

	check(lseek(fd, 3, SEEK_SET) == 3);
	ready();
	expect_ten_and_one_more(fd);
}

static void writes_at_the_end(void)
{
	int fd = open_new("file", O_WRONLY);

	ready();
	expect_ten_and_one_more(fd);
}

/* Somebody reads what it writes, by another open file */
static void reads_and_writes(void)
{
	int fd = open_new("file", O_WRONLY | O_APPEND);
	int reader = open(test_file("file"), O_RDONLY);
	char c;

	check(reader >= 0 && read(reader, &c, 1) == 1 && c == '0');
	ready();
	check(read(reader, &c, 1) == 1 && c == '1');
	expect_ten_and_one_more(fd);
}

static void grown(struct __test_metadata *_metadata, void (*run)(void))
{
	struct subject s;
	unsigned int times;

	ASSERT_EQ(0, subject_start(&s, run));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	/* and again from the same image: by then it has been cut */
	for (times = 0; times < 2; times++) {
		sleep_ms(20);
		append_to("file", "later");
		EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
		EXPECT_EQ(times ? 16 : 15, size_of("file"));
		subject_go(&s, 1);
		ASSERT_EQ(0, subject_restart(&s, RESTART_REWIND));
		EXPECT_TRUE(subject_told(&s, times ? "is cut back from 16 to 10 bytes" :
						     "is cut back from 15 to 10 bytes"));
		EXPECT_EQ(0, subject_wait(&s));
		EXPECT_EQ(11, size_of("file"));
	}
	reap_all();
}

TEST(appended) { grown(_metadata, appends); }
TEST(grown_at_its_end) { grown(_metadata, writes_at_the_end); }
TEST(read_too) { grown(_metadata, reads_and_writes); }

/* Written anew up to where it was: nothing is to be cut. */
TEST(as_long_as_it_was)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, appends));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	sleep_ms(20);
	write_file("file", "0123456789", 10);
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, RESTART_REWIND));
	EXPECT_EQ(0, subject_wait(&s));
	reap_all();
}

TEST(as_it_was)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, appends));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, RESTART_REWIND));
	EXPECT_EQ(0, subject_wait(&s));
	reap_all();
}

/* -- refused by name -------------------------------------------------------------------------- */

static void refused(struct __test_metadata *_metadata, void (*run)(void), const char *words)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, run));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	sleep_ms(20);
	append_to("file", "later");
	EXPECT_EQ(-ESTALE, subject_restart(&s, RESTART_REWIND));
	EXPECT_TRUE(subject_told(&s, words));
	EXPECT_EQ(15, size_of("file"));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

static void writes_in_the_middle(void)
{
	int fd = open_new("file", O_RDWR);

	check(lseek(fd, 5, SEEK_SET) == 5);
	ready();
}
TEST(written_in_the_middle)
{
	refused(_metadata, writes_in_the_middle,
		"file has changed since the checkpoint (size 15, was 10, and the program may have written before its end)");
}

/* One open file appends, by another it may have been written anywhere. */
static void writes_in_both_ways(void)
{
	int fd;

	open_new("file", O_WRONLY | O_APPEND);
	fd = open(test_file("file"), O_RDWR);
	check(fd >= 0 && lseek(fd, 5, SEEK_SET) == 5);
	ready();
}
TEST(written_in_both_ways)
{
	refused(_metadata, writes_in_both_ways, "may have written before its end");
}

static void reads(void)
{
	close(open_new("file", O_WRONLY));
	check(open(test_file("file"), O_RDONLY) >= 0);
	ready();
}
TEST(only_read)
{
	refused(_metadata, reads,
		"file has changed since the checkpoint (size 15, was 10, and the program does not write it)");
}

TEST(shorter)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, appends));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, truncate(test_file("file"), 9));
	EXPECT_EQ(-ESTALE, subject_restart(&s, RESTART_REWIND));
	EXPECT_TRUE(subject_told(&s, "has changed since the checkpoint (size 9, was 10)"));
	EXPECT_EQ(9, size_of("file"));
}

/* All or nothing: what is refused of one file leaves the others as they are. */
static void one_of_each(void)
{
	open_new("file", O_WRONLY | O_APPEND);
	check(lseek(open_new("other", O_RDWR), 5, SEEK_SET) == 5);
	ready();
}
TEST(all_or_nothing)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, one_of_each));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	sleep_ms(20);
	append_to("file", "later");
	append_to("other", "later");
	EXPECT_EQ(-ESTALE, subject_restart(&s, RESTART_REWIND));
	EXPECT_TRUE(subject_told(&s, "other has changed since the checkpoint"));
	EXPECT_EQ(15, size_of("file"));
	EXPECT_EQ(15, size_of("other"));
}

/* What truncate(2) may not do, restart() does not. */
static void set_append_only(struct __test_metadata *_metadata, bool on)
{
	int fd = open(test_file("file"), O_RDONLY), flags;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, FS_IOC_GETFLAGS, &flags));
	flags = on ? flags | FS_APPEND_FL : flags & ~FS_APPEND_FL;
	ASSERT_EQ(0, ioctl(fd, FS_IOC_SETFLAGS, &flags));
	close(fd);
}

TEST(append_only)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, appends));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	sleep_ms(20);
	append_to("file", "later");
	set_append_only(_metadata, true);
	EXPECT_EQ(-EPERM, subject_restart(&s, RESTART_REWIND));
	EXPECT_TRUE(subject_told(&s, "file may not be cut back by its user"));
	EXPECT_EQ(15, size_of("file"));
	set_append_only(_metadata, false);
}

TEST(flags_that_exclude_it)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, appends));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(-EINVAL, subject_restart(&s, RESTART_REWIND | RESTART_ALLOW_CHANGED));
	EXPECT_EQ(-EINVAL, subject_restart(&s, RESTART_REWIND | RESTART_CHECK));
}

TEST_HARNESS_MAIN
