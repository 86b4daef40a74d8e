// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_fuse_test.c - files of a FUSE file system, and a tree that serves one.
 */
#include "checkpoint_test.h"
#include "fuse_server.h"

/* -- files of a server that is outside ------------------------------------------------------ */

static void uses_file(void)
{
	check_equal(open(PLACE "/file", O_RDWR), 3);
	ready();
	check_equal(lseek(3, 0, SEEK_END), SIZE);
}

TEST(file_of_a_server_outside)
{
	struct subject s;
	pid_t server;

	server_flags = 0;
	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, uses_file));
	EXPECT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

static void refused_either(struct __test_metadata *_metadata, void (*run)(void), int err,
			   const char *words, const char *other_words)
{
	struct subject s;
	pid_t server;

	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, run));
	EXPECT_EQ(-err, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, words) || subject_told(&s, other_words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

static void refused(struct __test_metadata *_metadata, void (*run)(void), int err,
		    const char *words)
{
	refused_either(_metadata, run, err, words, words);
}

static void server_keeps_locks(struct __test_metadata *_metadata, uint32_t flags)
{
	server_flags = flags;
	refused(_metadata, uses_file, EOPNOTSUPP,
		"fd 3: " PLACE "/file, whose locks a FUSE server keeps, cannot be saved yet");
}

TEST(server_keeps_posix_locks) { server_keeps_locks(_metadata, FUSE_POSIX_LOCKS); }
TEST(server_keeps_bsd_locks) { server_keeps_locks(_metadata, FUSE_FLOCK_LOCKS); }

/* What was written through a mapping fails; another descriptor has been told. */
static void write_error(void)
{
	int fd = open(PLACE "/file", O_RDWR), other = open(PLACE "/file", O_RDWR);
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(fd == 3 && p != MAP_FAILED);
	*p = 1;
	check(fsync(other) && errno == EIO);
	/* Asks the server to flush, which may tell of the same error once more */
	close(other);
	check(!munmap(p, SIZE));
	ready();
	check(fsync(fd) && errno == EIO);
	check(!fsync(fd));
}

TEST(write_error_not_told)
{
	server_flags = 0;
	writes_fail = true;
	refused(_metadata, write_error, EIO,
		"fd 3: " PLACE "/file has a write error that was not yet reported to the program");
}

/*
 * Ask until nothing is left to be told: the kernel may have begun to write by itself, and
 * write the page again for fsync(2), which does not wait for the second when the first failed.
 */
static void hear_all(int fd)
{
	int errors = 0;

	while (fsync(fd)) {
		check(errno == EIO);
		check(++errors < 10);
	}
	check(errors);
}

/* It knows; that the file system remembers the error for syncfs(2), which it never calls, is told. */
static void write_error_it_knows(void)
{
	int fd = open(PLACE "/file", O_RDWR);
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(fd == 3 && p != MAP_FAILED);
	*p = 1;
	hear_all(fd);
	check(!munmap(p, SIZE));
	ready();
	check(!fsync(fd));
}

TEST(write_error_of_the_file_system)
{
	struct subject s;
	pid_t server;

	server_flags = 0;
	writes_fail = true;
	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, write_error_it_knows));
	EXPECT_LT(0, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "the file system of " PLACE "/file has had a write error"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

/*
 * The checkpoint itself finds the error, or the kernel has begun to write just before it:
 * the program is told all the same.
 */
static void write_error_to_come(void)
{
	int fd = open(PLACE "/file", O_RDWR);
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(fd == 3 && p != MAP_FAILED);
	*p = 1;
	ready();
	hear_all(fd);
}

TEST(write_error_found_by_the_checkpoint)
{
	server_flags = 0;
	writes_fail = true;
	refused_either(_metadata, write_error_to_come, EIO,
		       PLACE "/file could not be brought to stable storage (error 5)",
		       PLACE "/file has a write error that was not yet reported to the program");
}

/* -- a server in the tree ------------------------------------------------------------------------ */

/* The parent uses what its child serves: its look-ups would wait for a frozen process. */
static void serves_itself(void)
{
	pid_t pid;

	check(begin());
	pid = spawn(serve, NULL);
	check(!close(device));
	check_equal(open(PLACE "/file", O_RDWR), 3);
	check(!chdir(PLACE));
	ready();
	check_equal(lseek(3, 0, SEEK_END), SIZE);
	check(!chdir("/") && !close(3));
	umount2(PLACE, MNT_DETACH);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(server_in_the_tree)
{
	struct subject s;
	int fd;

	server_flags = 0;
	ASSERT_EQ(0, subject_start(&s, serves_itself));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "character device /dev/fuse (10:229, fuse_dev_ioctl) cannot be saved yet"));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, "/dev/fuse"));

	/* The image would wait for it as well. */
	fd = open(PLACE "/file", O_WRONLY | O_CLOEXEC);
	EXPECT_LE(0, fd);
	EXPECT_EQ(-EDEADLK, sys_checkpoint(s.pid, fd, CHECKPOINT_KILL, NULL, 0));
	EXPECT_EQ(-EDEADLK, sys_checkpoint(s.pid, fd, 0, NULL, 0));
	close(fd);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(0);
}

TEST_HARNESS_MAIN
