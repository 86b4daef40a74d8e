// SPDX-License-Identifier: GPL-2.0-only
/*
 * getdents_test.c - directories in the middle of being read: on ext4 and tmpfs no entry
 * comes twice and none is missed, elsewhere they are refused.
 */
#include <sys/mount.h>

#include "forged.h"

#define NR_FILES	600

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static unsigned char seen[NR_FILES];

static void make_files(int from, int to)
{
	char name[64];
	int i, fd;

	for (i = from; i < to; i++) {
		snprintf(name, sizeof(name), "fs/dir/name-of-some-length-%d", i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		check(fd >= 0 && !close(fd));
	}
}

/* As much as @size bytes have room for.  Return: entries, dots among them */
static int read_some(int fd, size_t size)
{
	char buf[8192];
	long len = syscall(SYS_getdents64, fd, buf, size), at;
	struct entry *entry;
	int i, nr = 0;

	check(len >= 0);
	for (at = 0; at < len; at += entry->len, nr++) {
		entry = (struct entry *)(buf + at);
		if (sscanf(entry->name, "name-of-some-length-%d", &i) != 1)
			continue;
		check(i >= 0 && i < NR_FILES);
		if (seen[i]++)
			fail(__FILE__, __LINE__, "%s comes twice", entry->name);
	}
	return nr;
}

static void read_rest(int fd)
{
	while (read_some(fd, 8192))
		;
}

static void expect_all(int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		if (!seen[i])
			fail(__FILE__, __LINE__, "entry %d does not come", i);
}

static int open_dir(void)
{
	int fd = open("fs/dir", O_RDONLY | O_DIRECTORY);

	check(fd >= 0);
	return fd;
}

static void make_dir(const char *type, const char *options)
{
	check(!mkdir("fs", 0755));
	check(!mount("none", "fs", type, 0, options));
	check(!mkdir("fs/dir", 0755));
	make_files(0, NR_FILES);
}

static void shell(const char *command)
{
	char quiet[128];

	snprintf(quiet, sizeof(quiet), "busybox %s >>log 2>&1", command);
	check(!system(quiet));
}

/* busybox makes an ext2 that ext4 mounts, with directories by hash. */
static void make_ext4(void)
{
	shell("dd if=/dev/zero of=disk bs=1024 count=8192");
	shell("mke2fs -F -b 1024 disk");
	check(!mkdir("fs", 0755));
	shell("mount -t ext4 -o loop disk fs");
	check(!mkdir("fs/dir", 0755));
	make_files(0, NR_FILES);
}

static void unmount(void)
{
	umount2(test_file("fs"), MNT_DETACH);
}

/* -- in the middle ------------------------------------------------------------------------ */

static void read_in_the_middle(void)
{
	int fd = open_dir(), other = open_dir(), i;
	char name[64];

	for (i = 0; i < 5; i++)
		check(read_some(fd, 1000) > 5);
	/* What has been read goes, as rm -r does it. */
	for (i = 0; i < NR_FILES; i += 3) {
		snprintf(name, sizeof(name), "fs/dir/name-of-some-length-%d", i);
		if (seen[i])
			check(!unlink(name));
	}
	ready();
	check(read_some(fd, 1000) > 5);
	read_rest(fd);
	expect_all(0, NR_FILES);
	check_equal(lseek(other, 0, SEEK_CUR), 0);
	memset(seen, 0, sizeof(seen));
	read_rest(other);
	check(read_some(other, 8192) == 0);
}

static void middle_on_tmpfs(void)
{
	make_dir("tmpfs", "size=8m");
	read_in_the_middle();
}

static void middle_on_ext4(void)
{
	make_ext4();
	read_in_the_middle();
}

TEST(middle_on_tmpfs_killed) { ASSERT_EQ(0, story_killed(middle_on_tmpfs)); unmount(); }
TEST(middle_on_tmpfs_twice) { ASSERT_EQ(0, story_twice(middle_on_tmpfs)); unmount(); }
TEST(middle_on_ext4_killed) { ASSERT_EQ(0, story_killed(middle_on_ext4)); unmount(); }
TEST(middle_on_ext4_twice) { ASSERT_EQ(0, story_twice(middle_on_ext4)); unmount(); }

/* -- at the end ---------------------------------------------------------------------------- */

static void make_ended(void)
{
	int fd = open_dir();

	read_rest(fd);
	expect_all(0, NR_FILES - 1);
	ready();
	check_equal(read_some(fd, 8192), 0);
	memset(seen, 0, sizeof(seen));
	check(!lseek(fd, 0, SEEK_SET));
	read_rest(fd);
	expect_all(0, NR_FILES - 1);
}

static void ended_on_ramfs(void)
{
	make_dir("ramfs", NULL);
	check(!unlink("fs/dir/name-of-some-length-599"));
	make_ended();
}

static void mount_overlay(void)
{
	check(!mkdir("lower", 0755) && !mkdir("lower/dir", 0755) && !mkdir("upper", 0755) &&
	      !mkdir("work", 0755) && !mkdir("fs", 0755));
	write_file("lower/dir/lower", "", 0);
	check(!mount("none", "fs", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work"));
	make_files(0, NR_FILES - 1);
}

static void ended_on_overlay(void)
{
	mount_overlay();
	make_ended();
}

static void ended_on_ext4(void)
{
	make_ext4();
	check(!unlink("fs/dir/name-of-some-length-599"));
	make_ended();
}

TEST(ended_on_ramfs_killed) { ASSERT_EQ(0, story_killed(ended_on_ramfs)); unmount(); }
TEST(ended_on_ext4_killed) { ASSERT_EQ(0, story_killed(ended_on_ext4)); unmount(); }

static bool has_overlay(void)
{
	char buf[4096];

	return read_file("/proc/filesystems", buf, sizeof(buf)) > 0 && strstr(buf, "overlay");
}

TEST(ended_on_overlay_killed)
{
	if (!has_overlay())
		SKIP(return, "no overlayfs");
	ASSERT_EQ(0, story_killed(ended_on_overlay));
	unmount();
}

/* A new file comes first in a ramfs, and at the same position is another entry. */
TEST(ended_and_a_file_more)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, ended_on_ramfs));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = open(test_file("fs/dir/name-of-some-length-599"), O_WRONLY | O_CREAT, 0600);
	ASSERT_LE(0, fd);
	close(fd);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	unmount();
}

/* -- refused -------------------------------------------------------------------------------- */

static void go_on(void)
{
	int fd = open_dir();

	check(read_some(fd, 1000) > 5);
	ready();
	read_rest(fd);
	expect_all(0, NR_FILES - 1);
}

static void middle_on_ramfs(void)
{
	make_dir("ramfs", NULL);
	go_on();
}

static void middle_on_overlay(void)
{
	mount_overlay();
	go_on();
}

TEST(middle_on_ramfs_refused)
{
	EXPECT_EQ(0, story_refused(middle_on_ramfs, EBUSY, "fs/dir is read just now, and ramfs does not promise to go on from there"));
	unmount();
}

TEST(middle_on_overlay_refused)
{
	if (!has_overlay())
		SKIP(return, "no overlayfs");
	EXPECT_EQ(0, story_refused(middle_on_overlay, EBUSY, "and overlay does not promise to go on from there"));
	unmount();
}

/* -- another directory in its place ----------------------------------------------------------- */

static void begins_again(void)
{
	int fd;

	make_dir("tmpfs", "size=8m");
	fd = open_dir();
	check(read_some(fd, 1000) > 5);
	ready();
	memset(seen, 0, sizeof(seen));
	read_rest(fd);
	expect_all(0, NR_FILES);
}

TEST(another_directory)
{
	struct subject s;
	char command[256];

	ASSERT_EQ(0, subject_start(&s, begins_again));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	snprintf(command, sizeof(command), "cd %s/fs && busybox cp -a dir copy && busybox rm -r dir && busybox mv copy dir",
		 test_dir);
	ASSERT_EQ(0, system(command));
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "another directory or file system, while it was read"));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	EXPECT_EQ(0, subject_wait(&s));
	unmount();
}

/* -- forged images ------------------------------------------------------------------------------ */

static struct ckpt_rec_directory *directory_in(struct image *image)
{
	return (struct ckpt_rec_directory *)(image_find(image, CKPT_REC_DIRECTORY) + 1);
}

#define FORGED(name, err, change)						\
TEST_F(forged, name)								\
{										\
	struct ckpt_rec_directory *data;					\
										\
	ASSERT_EQ(0, subject_start(&self->s, middle_on_tmpfs));			\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));			\
	data = directory_in(&self->image);					\
	change;									\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));			\
	unmount();								\
}

FORGED(unknown_flags, -EINVAL, data->flags |= 1U << 7)
FORGED(negative_position, -EINVAL, data->position = -1ULL)
FORGED(another_file_system, -ESTALE, data->uuid[3] ^= 1)
FORGED(another_generation, -ESTALE, data->generation ^= 1)

/* It belongs to a file that cannot be read like this. */
TEST_F(forged, of_no_directory)
{
	struct ckpt_rec *rec, *device;

	ASSERT_EQ(0, subject_start(&self->s, middle_on_tmpfs));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_DIRECTORY);
	device = image_find(&self->image, CKPT_REC_FILE_DEVICE);
	ASSERT_NE(NULL, device);
	rec->object = device->object;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	unmount();
}

TEST_HARNESS_MAIN
