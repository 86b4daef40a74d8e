// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_memory_test.c - memory that cannot be saved is refused by name, and so are
 * files that are mapped; what CHECKPOINT_CHECK tells.
 */
#include <linux/fs.h>
#include <linux/netlink.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
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

/* -- probes ------------------------------------------------------------------------------- */

#define TRACING	"/sys/kernel/tracing"

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

/* Offset of a function of ours in the file of the program */
static unsigned long offset_of(const void *function)
{
	const unsigned long at = (unsigned long)function;
	unsigned long start, end, offset, found = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[256];

	check(maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 &&
		    at >= start && at < end)
			found = at - start + offset;
	fclose(maps);
	return found;
}

/* A copy of the program has the probe: others that are saved are not to have it. */
static void probed(void)
{
	char exe[256] = "", line[512];
	int fd = new_file("probed"), from;
	struct stat st;
	ssize_t len;
	void *text;

	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	check(len > 0);
	from = open(exe, O_RDONLY | O_CLOEXEC);
	check(!fstat(from, &st) && sendfile(fd, from, NULL, st.st_size) == st.st_size);
	close(from);
	text = mmap(NULL, st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	check(text != MAP_FAILED);
	snprintf(line, sizeof(line), "p:checkpoint/probe %s:0x%lx", test_file("probed"),
		 offset_of(probed));
	check(put(TRACING "/uprobe_events", line));
	check(put(TRACING "/events/checkpoint/probe/enable", "1"));
	ready();
	check(put(TRACING "/events/checkpoint/probe/enable", "0"));
	check(put(TRACING "/uprobe_events", "-:checkpoint/probe"));
}

TEST(memory_with_probes)
{
	if (access(TRACING "/uprobe_events", F_OK) &&
	    mount("none", TRACING, "tracefs", 0, NULL))
		SKIP(return, "no tracefs");
	ASSERT_EQ(0, story_refused(probed, EBUSY, "is being traced with uprobes"));
}

TEST_HARNESS_MAIN
