// SPDX-License-Identifier: GPL-2.0-only
/*
 * unlinked_test.c - regular files without a name, open and mapped: contents, holes, mode,
 * owner, times, attributes, who shares them, and who may not have them.
 */
#include <sys/file.h>
#include <sys/xattr.h>

#include "checkpoint_test.h"

#define BLOCK	10000

static char block[BLOCK], back[BLOCK];

static int open_new(const char *name, int flags)
{
	int fd = open(test_file(name), flags | O_CREAT | O_EXCL, 0640);

	check(fd >= 0);
	return fd;
}

static int open_gone(const char *name, int flags)
{
	int fd = open_new(name, flags);

	check(!unlink(test_file(name)));
	return fd;
}

static void fill(int fd, size_t len, uint64_t seed)
{
	pattern_fill(block, len, seed);
	check_equal(pwrite(fd, block, len, 0), len);
}

static void expect(int fd, size_t len, uint64_t seed)
{
	struct stat st;

	check(!fstat(fd, &st));
	check_equal(st.st_size, len);
	check_equal(pread(fd, back, BLOCK, 0), len);
	check(pattern_is(back, len, seed));
}

/* What /proc shows as the name of a descriptor */
static const char *shown_as(int fd)
{
	static char text[300];
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, sizeof(text) - 1);
	check(n > 0);
	text[n] = '\0';
	return text;
}

/* -- contents ------------------------------------------------------------------------- */

static void contents(void)
{
	int fd = open_gone("gone", O_RDWR);
	char before[300];

	fill(fd, 8195, 1);
	check_equal(lseek(fd, 77, SEEK_SET), 77);
	strcpy(before, shown_as(fd));
	ready();
	check_equal(lseek(fd, 0, SEEK_CUR), 77);
	expect(fd, 8195, 1);
	check(!strcmp(before, shown_as(fd)));
	check(access(test_file("gone"), F_OK) == -1 && errno == ENOENT);
	fill(fd, 9000, 2);
	expect(fd, 9000, 2);
	check(!ftruncate(fd, 0));
}
TEST_KILLED(contents)
TEST_LEFT_RUNNING(contents)

static void again(void)
{
	int fd = open_gone("gone", O_RDWR);

	fill(fd, 5000, 3);
	ready();
	expect(fd, 5000, 3);
}
TEST_KILLED(again)
TEST_TWICE(again)

static void empty(void)
{
	int fd = open_gone("gone", O_RDWR | O_APPEND);

	ready();
	check_equal(lseek(fd, 0, SEEK_END), 0);
	check(write(fd, "xy", 2) == 2 && lseek(fd, 0, SEEK_SET) == 0 && write(fd, "z", 1) == 1);
	check(pread(fd, back, 10, 0) == 3 && !memcmp(back, "xyz", 3));
}
TEST_KILLED(empty)

#define FAR	(2LL << 30)

static void sparse(void)
{
	int fd = open_gone("gone", O_RDWR);
	struct stat st;

	pattern_fill(block, 5000, 4);
	check(pwrite(fd, block, 5000, FAR - 100) == 5000);
	check(pwrite(fd, block, 5000, 1 << 20) == 5000);
	check(!ftruncate(fd, FAR + 123456));
	ready();
	check(!fstat(fd, &st));
	check_equal(st.st_size, FAR + 123456);
	check(st.st_blocks < 64);
	check(pread(fd, back, 5000, FAR - 100) == 5000 && pattern_is(back, 5000, 4));
	check(pread(fd, back, 5000, 1 << 20) == 5000 && pattern_is(back, 5000, 4));
	check(lseek(fd, 0, SEEK_DATA) == 1 << 20);
	check(pread(fd, back, 5000, 1 << 21) == 5000 && !back[0] && !memcmp(back, back + 1, 4999));
}
TEST_KILLED(sparse)
TEST_LEFT_RUNNING(sparse)

#define LARGE	(24 << 20)

static void large(void)
{
	int fd = open_gone("gone", O_RDWR);
	char *map;

	check(!ftruncate(fd, LARGE));
	map = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(map != MAP_FAILED);
	pattern_fill(map, LARGE, 5);
	ready();
	check(pattern_is(map, LARGE, 5));
}
TEST_KILLED(large)

/* -- one file, however it is held -------------------------------------------------------- */

static void shared_by_descriptors(void)
{
	int rw = open_new("gone", O_RDWR);
	int ro = open(test_file("gone"), O_RDONLY), path = open(test_file("gone"), O_PATH);
	int wo = open(test_file("gone"), O_WRONLY | O_APPEND), same = dup(rw);

	check(ro >= 0 && path >= 0 && wo >= 0 && same >= 0 && !unlink(test_file("gone")));
	fill(rw, 3000, 6);
	check(lseek(ro, 5, SEEK_SET) == 5 && lseek(rw, 9, SEEK_SET) == 9);
	ready();
	check_equal(lseek(ro, 0, SEEK_CUR), 5);
	check_equal(lseek(same, 0, SEEK_CUR), 9);
	check(fcntl(path, F_GETFL) & O_PATH && fcntl(wo, F_GETFL) & O_APPEND);
	check((fcntl(ro, F_GETFL) & O_ACCMODE) == O_RDONLY);
	check(write(wo, "tail", 4) == 4);
	check(pread(ro, back, BLOCK, 0) == 3004 && !memcmp(back + 3000, "tail", 4));
	check(lseek(rw, 40, SEEK_SET) == 40 && lseek(same, 0, SEEK_CUR) == 40);
	check(write(ro, "x", 1) == -1 && errno == EBADF);
}
TEST_KILLED(shared_by_descriptors)

static void mapped(void)
{
	int fd = open_gone("gone", O_RDWR);
	char *shared, *private, *seen;

	fill(fd, 8192, 7);
	shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	seen = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
	check(shared != MAP_FAILED && private != MAP_FAILED && seen != MAP_FAILED);
	private[5000] = 'p';
	check(!close(fd));
	ready();
	check(pattern_is(shared, 8192, 7) && pattern_is(private, 4096, 7));
	check(private[5000] == 'p' && shared[5000] != 'p');
	shared[4097] = 's';
	check(seen[1] == 's' && private[4097] != 's');
	shared[3] = 't';
	check(private[3] == 't');
}
TEST_KILLED(mapped)
TEST_LEFT_RUNNING(mapped)

static void child_writes(void *arg)
{
	int fd = *(int *)arg;

	child_ready();
	check(pwrite(fd, "child", 5, 100) == 5);
	check_equal(lseek(fd, 0, SEEK_CUR), 33);
}

static void shared_by_processes(void)
{
	int fd = open_gone("gone", O_RDWR);
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t pid;

	fill(fd, 4096, 8);
	check(lseek(fd, 33, SEEK_SET) == 33);
	pid = spawn(child_writes, &fd);
	await_child(pid);
	ready();
	join(pid);
	check(!memcmp(map + 100, "child", 5));
	check(pattern_is(map, 96, 8));
}
TEST_KILLED(shared_by_processes)
TEST_LEFT_RUNNING(shared_by_processes)

static void locked(void)
{
	int fd = open_new("gone", O_RDWR), other = open(test_file("gone"), O_RDWR);

	check(!unlink(test_file("gone")));
	check(!flock(fd, LOCK_EX));
	ready();
	check(flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	check(!flock(fd, LOCK_UN) && !flock(other, LOCK_EX | LOCK_NB));
}
TEST_KILLED(locked)

/* -- what else it has -------------------------------------------------------------------- */

static void attributes(void)
{
	struct timespec times[2] = { { 1000000, 123 }, { 2000000, 456 } };
	int fd = open_gone("gone", O_RDWR);
	struct stat st;

	fill(fd, 100, 9);
	check(!fchown(fd, 1000, 100) && !fchmod(fd, 06751));
	check(!fsetxattr(fd, "user.colour", "red", 3, 0));
	check(!fsetxattr(fd, "user.empty", "", 0, 0));
	check(!futimens(fd, times));
	ready();
	check(!fstat(fd, &st));
	check_equal(st.st_mode, S_IFREG | 06751);
	check_equal(st.st_uid, 1000);
	check_equal(st.st_gid, 100);
	check_equal(st.st_nlink, 0);
	check(st.st_atim.tv_sec == 1000000 && st.st_atim.tv_nsec == 123);
	check(st.st_mtim.tv_sec == 2000000 && st.st_mtim.tv_nsec == 456);
	check(fgetxattr(fd, "user.colour", back, 100) == 3 && !memcmp(back, "red", 3));
	check(fgetxattr(fd, "user.empty", back, 100) == 0);
	expect(fd, 100, 9);
}
TEST_KILLED(attributes)

/* linkat(2) gives a name to a file that was made without one, and to no other. */
static int give_name(int fd, const char *name)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, test_file(name), AT_SYMLINK_FOLLOW);
}

static void without_a_name(void)
{
	int loose = open(test_dir, O_RDWR | O_TMPFILE, 0600), gone = open_gone("gone", O_RDWR);
	int fixed = open(test_dir, O_RDWR | O_TMPFILE | O_EXCL, 0600), flags;

	check(loose >= 0 && fixed >= 0);
	fill(loose, 500, 10);
	flags = fcntl(loose, F_GETFL);
	ready();
	check_equal(fcntl(loose, F_GETFL), flags);
	check(give_name(gone, "new") == -1 && errno == ENOENT);
	check(give_name(fixed, "new") == -1 && errno == ENOENT);
	check(!give_name(loose, "new"));
	close(loose);
	loose = open(test_file("new"), O_RDONLY);
	expect(loose, 500, 10);
	check(!unlink(test_file("new")));
}
TEST_KILLED(without_a_name)

/* The directory went too: the file is made in the next one that is there. */
static void in_a_deleted_directory(void)
{
	char name[96];
	int fd;

	check(!mkdir(test_file("dir"), 0700));
	fd = open_new("dir/file", O_RDWR);
	fill(fd, 700, 11);
	snprintf(name, sizeof(name), "%s", test_file("dir/file"));
	check(!unlink(name) && !rmdir(test_file("dir")));
	ready();
	expect(fd, 700, 11);
}
TEST_KILLED(in_a_deleted_directory)

/* Another file has taken its name. */
static void replaced(void)
{
	int fd = open_new("one", O_RDWR), other = open_new("two", O_RDWR);

	fill(fd, 800, 12);
	check(write(other, "new", 3) == 3);
	check(!rename(test_file("two"), test_file("one")));
	ready();
	expect(fd, 800, 12);
	check(pread(other, back, 10, 0) == 3);
}
TEST_KILLED(replaced)

/* -- another name ----------------------------------------------------------------------------- */

static void second_name(void)
{
	int fd = open_new("one", O_RDWR), again;
	char *map;

	fill(fd, 4096, 13);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(!link(test_file("one"), test_file("two")) && !unlink(test_file("one")));
	ready();
	again = open(test_file("two"), O_RDWR);
	check(again >= 0 && access(test_file("one"), F_OK) == -1);
	map[0] = 'm';
	check(pread(fd, back, 1, 0) == 1 && back[0] == 'm');
	check(pread(again, back, 4096, 0) == 4096 && back[0] == 'm');
	check(!unlink(test_file("two")));
}
TEST_KILLED(second_name)

static void replaced_but_linked(void)
{
	int fd = open_new("one", O_RDONLY), other = open_new("two", O_RDWR);

	check(!link(test_file("one"), test_file("three")));
	check(!rename(test_file("two"), test_file("one")));
	check(write(other, "new", 3) == 3);
	ready();
	check(strstr(shown_as(fd), "/three") && read(fd, back, 10) == 0);
}
TEST_KILLED(replaced_but_linked)

static void has_got_a_name(void)
{
	int fd = open(test_dir, O_RDWR | O_TMPFILE, 0600), flags;

	check(fd == 3);
	fill(fd, 500, 14);
	check(!give_name(fd, "named"));
	flags = fcntl(fd, F_GETFL);
	ready();
	check_equal(fcntl(fd, F_GETFL), flags);
	expect(fd, 500, 14);
	check(strstr(shown_as(fd), "/named"));
}
TEST_KILLED(has_got_a_name)

/* -- refusals ------------------------------------------------------------------------------ */

/* The test itself has it open: after a restart there would be two. */
static int of_the_test;

static void inherited(void)
{
	check(fcntl(of_the_test, F_GETFL) >= 0);
	ready();
	check(fcntl(of_the_test, F_GETFL) >= 0);
}

TEST(open_outside_refused)
{
	struct subject s;

	mkdir(test_dir, 0700);
	of_the_test = open(".", O_RDWR | O_TMPFILE, 0600);
	ASSERT_LE(0, of_the_test);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, inherited));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "which has no name, is open or mapped in process "));
	close(of_the_test);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
