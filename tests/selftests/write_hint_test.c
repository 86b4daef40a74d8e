// SPDX-License-Identifier: GPL-2.0-only
/*
 * write_hint_test.c - how long what is written to a file is expected to live
 * (fcntl(F_SET_RW_HINT)): files with a name and without, pipes, whose hint may be set.
 */
#include <linux/fs.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "forged.h"

static uint64_t hint_of(int fd)
{
	uint64_t hint = -1;

	check(!fcntl(fd, F_GET_RW_HINT, &hint));
	return hint;
}

static void set_hint(int fd, uint64_t hint)
{
	check(!fcntl(fd, F_SET_RW_HINT, &hint));
}

static int new_file(const char *name)
{
	int fd = open(test_file(name), O_RDWR | O_CREAT, 0644);

	check(fd >= 0);
	return fd;
}

static void files_and_pipes(void)
{
	int named = new_file("named"), gone = new_file("gone"), memory, fds[2], twice, plain, i;

	plain = new_file("plain");
	memory = memfd_create("memory", 0);
	check(memory >= 0 && !unlink(test_file("gone")) && !pipe(fds));
	set_hint(named, RWH_WRITE_LIFE_SHORT);
	set_hint(gone, RWH_WRITE_LIFE_EXTREME);
	set_hint(memory, RWH_WRITE_LIFE_NONE);
	set_hint(fds[0], RWH_WRITE_LIFE_MEDIUM);
	twice = open(test_file("named"), O_RDONLY);
	for (i = 0; i < 2; i++) {
		check_equal(hint_of(named), RWH_WRITE_LIFE_SHORT);
		check_equal(hint_of(twice), RWH_WRITE_LIFE_SHORT);
		check_equal(hint_of(gone), RWH_WRITE_LIFE_EXTREME);
		check_equal(hint_of(memory), RWH_WRITE_LIFE_NONE);
		check_equal(hint_of(fds[1]), RWH_WRITE_LIFE_MEDIUM);
		check_equal(hint_of(plain), RWH_WRITE_LIFE_NOT_SET);
		if (!i)
			ready();
	}
}
TEST_STORIES(files_and_pipes)

/* The inode of eventfds is the kernel's. */
static void file_of_the_kernel(void)
{
	int fd = eventfd(3, 0);
	uint64_t value;

	set_hint(fd, RWH_WRITE_LIFE_SHORT);
	ready();
	set_hint(fd, RWH_WRITE_LIFE_NOT_SET);
	check(read(fd, &value, sizeof(value)) == sizeof(value) && value == 3);
}
TEST_STORIES(file_of_the_kernel)

static void file_of_a_process(void)
{
	int fd = open("/proc/self/status", O_RDONLY);

	set_hint(fd, RWH_WRITE_LIFE_SHORT);
	ready();
}
TEST_REFUSED(file_of_a_process, EOPNOTSUPP, "/status with a write hint (F_SET_RW_HINT) cannot be saved yet")

/* -- what becomes of the inode meanwhile ----------------------------------------------------- */

static uint64_t wanted;

static void one_file(void)
{
	int fd = new_file("file");

	check(!fchown(fd, 1000, 1000));
	set_hint(fd, RWH_WRITE_LIFE_LONG);
	ready();
	check_equal(hint_of(fd), wanted);
}

static void give_hint(uint64_t hint)
{
	int fd = new_file("file");

	set_hint(fd, hint);
	close(fd);
}

/* As if the inode had gone from memory */
TEST(set_again)
{
	struct subject s;

	wanted = RWH_WRITE_LIFE_LONG;
	ASSERT_EQ(0, subject_start(&s, one_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	give_hint(RWH_WRITE_LIFE_NOT_SET);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(another_one_stays)
{
	struct subject s;

	wanted = RWH_WRITE_LIFE_SHORT;
	ASSERT_EQ(0, subject_start(&s, one_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	give_hint(RWH_WRITE_LIFE_SHORT);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "/file has got another write hint since the checkpoint"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* Somebody else's file, which the program may read: fcntl(2) asks for no more. */
void after_exec(void)
{
	int fd = open("/tmp/write_hint_test", O_RDONLY);

	check(fd >= 0);
	ready();
	check_equal(hint_of(fd), RWH_WRITE_LIFE_LONG);
}

static void reads_a_file(void)
{
	check(!setgroups(0, NULL));
	execute_self_as_user();
}

static bool set_hint_of_root(uint64_t hint)
{
	int fd = open("/tmp/write_hint_test", O_RDWR | O_CREAT, 0644);
	bool ret = fd >= 0 && !fcntl(fd, F_SET_RW_HINT, &hint);

	close(fd);
	return ret;
}

TEST(of_another_user)
{
	struct subject s;

	ASSERT_TRUE(set_hint_of_root(RWH_WRITE_LIFE_LONG));
	ASSERT_EQ(0, subject_start(&s, reads_a_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(set_hint_of_root(RWH_WRITE_LIFE_NOT_SET));
	ASSERT_LT(0, subject_restart_below_user(&s));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink("/tmp/write_hint_test"));
}

static bool make_immutable(const char *path, int flags)
{
	int fd = open(path, O_RDONLY);
	bool ret = fd >= 0 && !ioctl(fd, FS_IOC_SETFLAGS, &flags);

	close(fd);
	return ret;
}

static void reads_an_immutable_file(void)
{
	int fd = open("/tmp/write_hint_test", O_RDONLY);

	check(fd >= 0);
	ready();
	check_equal(hint_of(fd), RWH_WRITE_LIFE_NOT_SET);
}

TEST(not_of_an_immutable_file)
{
	struct subject s;

	ASSERT_TRUE(set_hint_of_root(RWH_WRITE_LIFE_LONG));
	ASSERT_EQ(0, subject_start(&s, reads_an_immutable_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(set_hint_of_root(RWH_WRITE_LIFE_NOT_SET));
	ASSERT_TRUE(make_immutable("/tmp/write_hint_test", FS_IMMUTABLE_FL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "/write_hint_test is immutable: its write hint is not set again"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_TRUE(make_immutable("/tmp/write_hint_test", 0));
	EXPECT_EQ(0, unlink("/tmp/write_hint_test"));
}

/* -- forged images --------------------------------------------------------------------------- */

static struct ckpt_rec_write_hint *hint_in(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_WRITE_HINT) + 1);
}

static void no_hint(struct image *image)
{
	hint_in(image)->hint = 0;
}

static void unknown_hint(struct image *image)
{
	hint_in(image)->hint = RWH_WRITE_LIFE_EXTREME + 1;
}

static void largest_hint(struct image *image)
{
	hint_in(image)->hint = -1;
}

static void not_reserved(struct image *image)
{
	hint_in(image)->reserved = 1;
}

static void no_object(struct image *image)
{
	image_find(image, CKPT_REC_WRITE_HINT)->object = 0;
}

static void of_a_pid(struct image *image)
{
	image_find(image, CKPT_REC_WRITE_HINT)->object =
		image_find(image, CKPT_REC_PID)->object;
}

static void of_an_eventfd(struct image *image)
{
	image_find(image, CKPT_REC_WRITE_HINT)->object =
		image_find(image, CKPT_REC_FILE_EVENTFD)->object;
}

static void file_and_eventfd(void)
{
	int event = eventfd(0, 0), fd = new_file("file");

	set_hint(fd, RWH_WRITE_LIFE_LONG);
	ready();
	check_equal(hint_of(fd), RWH_WRITE_LIFE_LONG);
	close(event);
}

TEST_F(forged, write_hints)
{
	static void (* const changes[])(struct image *image) = {
		no_hint, unknown_hint, largest_hint, not_reserved, no_object, of_a_pid,
		of_an_eventfd,
	};

	ASSERT_EQ(0, subject_start(&self->s, file_and_eventfd));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, 7));
}

TEST_HARNESS_MAIN
