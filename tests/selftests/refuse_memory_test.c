// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_memory_test.c - memory that cannot be saved is refused by name, and so are
 * files that are mapped; what CHECKPOINT_CHECK tells.
 */
#include <linux/fs.h>
#include <linux/netlink.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

#define PAGE	4096UL

static void map_and_close(int fd, int flags)
{
	char *p;

	check(!ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	check(p != MAP_FAILED);
	*p = 7;
	close(fd);
	ready();
	check(*p == 7);
}

static int new_file(const char *name)
{
	int fd = open(test_file(name), O_RDWR | O_CREAT, 0600);

	check(fd >= 0);
	return fd;
}

static void locked_map_of_a_deleted_file(void)
{
	int fd = new_file("gone");
	void *map;

	check(!unlink(test_file("gone")) && !ftruncate(fd, 4096));
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(map != MAP_FAILED && !mlock(map, 4096));
	ready();
}
TEST_REFUSED(locked_map_of_a_deleted_file, EOPNOTSUPP, "is a private mapping of a deleted file, locked in memory")

static void secret_memory(void)
{
	int fd = syscall(SYS_memfd_secret, 0);

	if (fd < 0)
		fd = memfd_create("secretmem", 0);
	map_and_close(fd, MAP_SHARED);
}
TEST_REFUSED(secret_memory, EOPNOTSUPP, "area")

/* -- files that are mapped and no descriptor leads to ---------------------------------------- */

/* Deleted, with an attribute that is not saved */
static int odd_file(const char *name)
{
	int fd = new_file(name), flags = FS_NOATIME_FL;

	check(!ioctl(fd, FS_IOC_SETFLAGS, &flags) && !unlink(test_file(name)));
	return fd;
}

static void mapped_file_with_an_attribute(void)
{
	map_and_close(odd_file("file"), MAP_SHARED);
}
TEST_REFUSED(mapped_file_with_an_attribute, EOPNOTSUPP, "file, which has been deleted, with attributes (see chattr(1)) cannot be saved yet; unmap it first")

/* -- every obstacle at once ------------------------------------------------------------------- */

static void many_obstacles(void)
{
	void *p;
	int fd;

	check(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC) >= 0);
	check(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC) >= 0);
	fd = odd_file("file");
	check(!ftruncate(fd, 2 * PAGE));
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	check(p != MAP_FAILED && !mprotect(p, PAGE, PROT_NONE));
	close(fd);
	ready();
}

TEST(check_tells_every_obstacle)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, many_obstacles));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_EQ(3, s.cargs.errors_used);
	EXPECT_TRUE(subject_told(&s, "a netlink raw socket"));
	EXPECT_TRUE(subject_told(&s, "a netlink datagram socket"));
	EXPECT_TRUE(subject_told(&s, "mapping at "));
	EXPECT_TRUE(subject_told(&s, "with attributes"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* One file, mapped and open: told once, with its descriptor */
static void mapped_and_open(void)
{
	int fd = odd_file("file");

	check(!ftruncate(fd, PAGE));
	check(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	ready();
}

TEST(check_tells_once)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, mapped_and_open));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_EQ(1, s.cargs.errors_used);
	EXPECT_TRUE(subject_told(&s, "fd 3: "));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(1, s.cargs.errors_used);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* Several things of one address space, and its executable: hidden by a mount */
static void obstacles_of_memory(void)
{
	int fd = odd_file("file");
	char path[128] = "";

	check(!ftruncate(fd, PAGE));
	check(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	close(fd);
	check(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	check(!mount("/dev/null", path, NULL, MS_BIND, NULL));
	ready();
	check(!umount(path));
}

TEST(check_tells_of_the_executable)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, obstacles_of_memory));
	EXPECT_GT(0, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, "mapping at "));
	EXPECT_TRUE(subject_told(&s, "executable: "));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
