// SPDX-License-Identifier: GPL-2.0-only
/*
 * files_test.c - regular files, directories, O_PATH files and the stateless devices;
 * what descriptors share; files that have changed.
 */
#include <dirent.h>
#include <linux/kcmp.h>

#include "checkpoint_test.h"

static int open_new(const char *name, int flags)
{
	int fd = open(test_file(name), O_RDWR | O_CREAT | O_TRUNC | flags, 0644);

	check(fd >= 0);
	return fd;
}

static bool same_file(int a, int b)
{
	return !syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b);
}

/* -- regular files ------------------------ */

static void position_and_contents(void)
{
	int fd = open_new("file", 0);
	char buf[16] = "";

	check(write(fd, "0123456789", 10) == 10);
	check(lseek(fd, 4, SEEK_SET) == 4);
	ready();
	check_equal(lseek(fd, 0, SEEK_CUR), 4);
	check(read(fd, buf, 3) == 3 && !memcmp(buf, "456", 3));
	check(pwrite(fd, "X", 1, 5) == 1);
}
TEST_KILLED(position_and_contents)
TEST_TWICE(position_and_contents)

static void numbers_and_cloexec(void)
{
	int a = open_new("a", O_CLOEXEC), b = open_new("b", 0);
	int high = fcntl(b, F_DUPFD_CLOEXEC, 900);

	check_equal(high, 900);
	ready();
	check_equal(fcntl(a, F_GETFD), FD_CLOEXEC);
	check_equal(fcntl(b, F_GETFD), 0);
	check_equal(fcntl(high, F_GETFD), FD_CLOEXEC);
	check_equal(fcntl(899, F_GETFD), -1);
	check_equal(open_new("c", 0), b + 1);
}
TEST_STORIES(numbers_and_cloexec)

static void status_flags(void)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND, O_WRONLY | O_NONBLOCK,
		O_RDONLY | O_NOATIME, O_RDWR | O_SYNC, O_RDWR | O_DSYNC, O_RDONLY | O_NOFOLLOW,
	};
	int fds[9], before[9], i;

	close(open_new("file", 0));
	for (i = 0; i < 9; i++) {
		fds[i] = open(test_file("file"), flags[i]);
		check(fds[i] >= 0);
		before[i] = fcntl(fds[i], F_GETFL);
	}
	ready();
	for (i = 0; i < 9; i++)
		check_equal(fcntl(fds[i], F_GETFL), before[i]);
	check(write(fds[0], "x", 1) == -1 && errno == EBADF);
	check(read(fds[1], &i, 1) == -1 && errno == EBADF);
}
TEST_STORIES(status_flags)

static void append(void)
{
	int fd = open_new("file", O_APPEND), other = open(test_file("file"), O_WRONLY);
	struct stat st;

	check(write(fd, "abc", 3) == 3);
	ready();
	check(pwrite(other, "12345678", 8, 0) == 8);
	check(write(fd, "d", 1) == 1);
	check(!fstat(fd, &st));
	check_equal(st.st_size, 9);
}
TEST_KILLED(append)

/* -- sharing ------------------------ */

static void duplicates_share(void)
{
	int a = open_new("file", 0), b = dup(a), c = open(test_file("file"), O_RDWR);

	check(write(a, "0123456789", 10) == 10);
	ready();
	check(same_file(a, b) && !same_file(a, c));
	check(lseek(a, 3, SEEK_SET) == 3);
	check_equal(lseek(b, 0, SEEK_CUR), 3);
	check_equal(lseek(c, 0, SEEK_CUR), 0);
	check(!fcntl(b, F_SETFL, O_APPEND));
	check(fcntl(a, F_GETFL) & O_APPEND);
}
TEST_STORIES(duplicates_share)

static int shared_fd;

static void moves_position(void *arg)
{
	(void)arg;
	child_ready();
	check(lseek(shared_fd, 7, SEEK_SET) == 7);
}

static void processes_share(void)
{
	pid_t pid;

	shared_fd = open_new("file", 0);
	pid = spawn(moves_position, NULL);
	await_child(pid);
	ready();
	join(pid);
	check_equal(lseek(shared_fd, 0, SEEK_CUR), 7);
}
TEST_KILLED(processes_share)
TEST_TWICE(processes_share)

static int clone_fd = -1;

static int opens_a_file(void *arg)
{
	(void)arg;
	child_ready();
	clone_fd = open(test_file("ready1"), O_RDONLY);
	write_file("number", &clone_fd, sizeof(clone_fd));
	_exit(0);
}

/* CLONE_FILES without CLONE_VM: one descriptor table of two processes */
static void table_is_shared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	char buf[16];
	pid_t pid = clone(opens_a_file, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);

	check(pid > 0);
	await_child(pid);
	ready();
	join(pid);
	check(read_file(test_file("number"), buf, sizeof(buf)) == sizeof(int));
	memcpy(&clone_fd, buf, sizeof(clone_fd));
	check(fcntl(clone_fd, F_GETFD) == 0);
}
TEST_KILLED(table_is_shared)

static int changes_directory(void *arg)
{
	(void)arg;
	child_ready();
	check(!chdir("/"));
	umask(0123);
	_exit(0);
}

static void directory_is_shared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(changes_directory, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);
	char cwd[64];

	check(pid > 0);
	await_child(pid);
	ready();
	join(pid);
	check(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/"));
	check_equal(umask(0), 0123);
}
TEST_KILLED(directory_is_shared)

/* -- other files ------------------------ */

static void directory_position(void)
{
	char name[16], rest[64] = "", now[64] = "";
	struct dirent *entry;
	DIR *dir;
	long at;
	int i;

	check(!mkdir(test_file("dir"), 0755));
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "dir/%d", i);
		write_file(name, "", 0);
	}
	dir = opendir(test_file("dir"));
	check(dir);
	for (i = 0; i < 4; i++)
		check(readdir(dir));
	at = telldir(dir);
	while ((entry = readdir(dir)))
		strcat(rest, entry->d_name);
	seekdir(dir, at);
	ready();
	check_equal(telldir(dir), at);
	while ((entry = readdir(dir)))
		strcat(now, entry->d_name);
	check(!strcmp(now, rest));
}
TEST_STORIES(directory_position)

static void o_path(void)
{
	int fd, dir;
	char buf[128];

	close(open_new("file", 0));
	check(!symlink("file", test_file("link")));
	fd = open(test_file("file"), O_PATH);
	dir = open("/tmp", O_PATH | O_DIRECTORY);
	check(fd >= 0 && dir >= 0);
	ready();
	check(fcntl(fd, F_GETFL) & O_PATH);
	check(read(fd, buf, 1) == -1 && errno == EBADF);
	check(!faccessat(dir, ".", R_OK, 0));
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	fd = open(buf, O_RDONLY);
	check(fd >= 0);
}
TEST_STORIES(o_path)

static const char * const devices[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
};

static void stateless_devices(void)
{
	int fds[5], i;
	char c = 1;

	for (i = 0; i < 5; i++) {
		fds[i] = open(devices[i], O_RDWR | (i == 2 ? O_APPEND : 0));
		check(fds[i] >= 0);
	}
	ready();
	check_equal(read(fds[0], &c, 1), 0);
	check(read(fds[1], &c, 1) == 1 && !c);
	check(write(fds[2], &c, 1) == -1 && errno == ENOSPC);
	check_equal(read(fds[3], &c, 1), 1);
	check_equal(read(fds[4], &c, 1), 1);
	check(fcntl(fds[2], F_GETFL) & O_APPEND);
}
TEST_STORIES(stateless_devices)

static void pathnames(void)
{
	char cwd[128], now[128];

	check(!mkdir(test_file("a"), 0755));
	check(!mkdir(test_file("a/b"), 0755));
	check(!chdir(test_file("a/b")));
	check(getcwd(cwd, sizeof(cwd)));
	umask(027);
	ready();
	check(getcwd(now, sizeof(now)) && !strcmp(cwd, now));
	check_equal(umask(022), 027);
}
TEST_STORIES(pathnames)

/* The subject's files for the test are out of its reach then: it looks by itself. */
static void chrooted(void)
{
	int dir;

	dir = open(test_dir, O_RDONLY | O_DIRECTORY);
	check(dir >= 0 && !mkdirat(dir, "root", 0755));
	check(!chroot(test_file("root")) && !chdir("/"));
	check(!fchdir(dir));
	strcpy(test_dir, "./");
	ready();
	check(!chdir("/"));
	check(access("root", F_OK) == -1 && access("/root", F_OK) == -1);
	check(!chdir(".."));
	check(access("ready1", F_OK) == -1);
}

TEST_KILLED(chrooted)

/* -- changed files ------------------------ */

static void reader(void)
{
	char c;
	int fd;

	write_file("file", "0123456789", 10);
	fd = open(test_file("file"), O_RDONLY);
	check(lseek(fd, 9, SEEK_SET) == 9);
	ready();
	check_equal(lseek(fd, 0, SEEK_CUR), 9);
	check_equal(read(fd, &c, 1), 1);
}

static void change_file(struct __test_metadata *_metadata, const char *text, const char *words)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, reader));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	sleep_ms(20);
	write_file("file", text, strlen(text));
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	EXPECT_EQ(0, subject_wait(&s));
	reap_all();
}

TEST(changed_size) { change_file(_metadata, "01234567890", "size 11, was 10"); }
TEST(changed_time) { change_file(_metadata, "9876543210", "has changed"); }

TEST(file_is_gone)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, reader));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unlink(test_file("file")));
	EXPECT_EQ(-ENOENT, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "file cannot be found"));
	EXPECT_EQ(-ENOENT, subject_restart(&s, RESTART_ALLOW_CHANGED));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

TEST(file_is_another_type)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, reader));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unlink(test_file("file")));
	ASSERT_EQ(0, mkfifo(test_file("file"), 0644));
	EXPECT_EQ(-ESTALE, subject_restart(&s, RESTART_ALLOW_CHANGED));
	ASSERT_EQ(0, unlink(test_file("file")));
	ASSERT_EQ(0, symlink("/etc/passwd", test_file("file")));
	EXPECT_GT(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

/* -- owner and SIGIO ------------------------ */

static void owner_of_a_file(void)
{
	struct f_owner_ex set = { F_OWNER_TID, gettid() }, got;
	int fds[2], fd = open_new("file", 0);

	check(!pipe(fds));
	check(!fcntl(fd, F_SETOWN, getpid()));
	check(!fcntl(fds[0], F_SETOWN_EX, &set));
	check(!fcntl(fds[0], F_SETSIG, SIGRTMIN + 3));
	ready();
	check_equal(fcntl(fd, F_GETOWN), getpid());
	check(!fcntl(fds[0], F_GETOWN_EX, &got));
	check_equal(got.type, F_OWNER_TID);
	check_equal(got.pid, gettid());
	check_equal(fcntl(fds[0], F_GETSIG), SIGRTMIN + 3);
}
TEST_STORIES(owner_of_a_file)

TEST_HARNESS_MAIN
