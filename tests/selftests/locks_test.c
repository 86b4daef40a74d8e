// SPDX-License-Identifier: GPL-2.0-only
/*
 * locks_test.c - record locks (fcntl) and flock(): kept, in force against others,
 * and refused where another has taken them meanwhile.
 */
#include <sys/file.h>

#include "checkpoint_test.h"

static int open_file(void)
{
	int fd = open(test_file("locked"), O_RDWR | O_CREAT, 0644);

	check(fd >= 0);
	return fd;
}

static bool set_lock(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock lock = { .l_type = type, .l_start = start, .l_len = len };

	return !fcntl(fd, cmd, &lock);
}

/* Who holds a lock in the way of one byte, 0 for none: asked by another process */
static pid_t holder_of(off_t at)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };
	int fds[2];
	pid_t pid, holder;

	check(!pipe(fds));
	pid = fork();
	if (!pid) {
		check(!fcntl(open_file(), F_GETLK, &lock));
		holder = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
		check(write(fds[1], &holder, sizeof(holder)) == sizeof(holder));
		_exit(0);
	}
	check(read(fds[0], &holder, sizeof(holder)) == sizeof(holder));
	close(fds[0]);
	close(fds[1]);
	join(pid);
	return holder;
}

static void record_locks(void)
{
	int fd = open_file();

	check(set_lock(fd, F_SETLK, F_WRLCK, 100, 50));
	check(set_lock(fd, F_SETLK, F_RDLCK, 200, 10));
	check(set_lock(fd, F_SETLK, F_WRLCK, 1000, 0));
	check(set_lock(fd, F_SETLK, F_UNLCK, 120, 10));
	ready();
	check_equal(holder_of(100), getpid());
	check_equal(holder_of(119), getpid());
	check_equal(holder_of(120), 0);
	check_equal(holder_of(130), getpid());
	check_equal(holder_of(149), getpid());
	check_equal(holder_of(150), 0);
	check_equal(holder_of(205), getpid());
	check_equal(holder_of(123456), getpid());
	/* and goes away as ever when a descriptor of the file is closed */
	close(dup(fd));
	check_equal(holder_of(100), 0);
}
TEST_STORIES(record_locks)

/* A temporary descriptor of a mapping must not take the locks away. */
static void record_lock_on_a_mapped_file(void)
{
	int fd = open_file();
	char *p;

	check(!ftruncate(fd, 4096));
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	check(p != MAP_FAILED);
	check(set_lock(fd, F_SETLK, F_WRLCK, 0, 0));
	ready();
	check_equal(holder_of(5), getpid());
	check_equal(p[0], 0);
}
TEST_STORIES(record_lock_on_a_mapped_file)

static void child_with_lock(void *arg)
{
	int fd = open_file();

	(void)arg;
	check(set_lock(fd, F_SETLK, F_WRLCK, 10, 10));
	child_ready();
	check_equal(holder_of(0), getppid());
	check(wait_until(!access(test_file("parent-looked"), F_OK)));
}

static void locks_of_a_family(void)
{
	int fd = open_file();
	pid_t pid = spawn(child_with_lock, NULL);

	await_child(pid);
	check(set_lock(fd, F_SETLK, F_WRLCK, 0, 10));
	ready();
	check_equal(holder_of(15), pid);
	check(!set_lock(fd, F_SETLK, F_WRLCK, 15, 1) && errno == EAGAIN);
	write_file("parent-looked", "", 0);
	join(pid);
	check_equal(holder_of(15), 0);
}
TEST_KILLED(locks_of_a_family)

static void bsd_lock(void)
{
	int fd = open_file(), other = open_file();

	check(!flock(fd, LOCK_EX));
	ready();
	check(flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	check(!flock(fd, LOCK_UN));
	check(!flock(other, LOCK_EX | LOCK_NB));
}

TEST_STORIES(bsd_lock)

/* Through the lowest of several descriptors, and in a table that two processes share */
static void locks_by_several_descriptors(void)
{
	int fd = open_file(), other, i;

	check(dup2(fd, 200) == 200);
	other = open_file();
	for (i = 0; i < 1000; i++)
		check(set_lock(i % 2 ? 200 : other, F_SETLK, F_WRLCK, i * 10, 1 + i % 9));
	ready();
	for (i = 0; i < 1000; i += 100) {
		check_equal(holder_of(i * 10), getpid());
		check_equal(holder_of(i * 10 + 9), 0);
	}
	close(200);
	check_equal(holder_of(0), 0);
	check_equal(holder_of(9990), 0);
}
TEST_STORIES(locks_by_several_descriptors)

static void one_lock(void)
{
	check(set_lock(open_file(), F_SETLK, F_WRLCK, 0, 0));
	ready();
}

TEST(lock_taken_meanwhile)
{
	struct subject s;
	char words[32];
	int fd;

	ASSERT_EQ(0, subject_start(&s, one_lock));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = open(test_file("locked"), O_RDWR);
	ASSERT_TRUE(set_lock(fd, F_SETLK, F_WRLCK, 5, 1));
	EXPECT_EQ(-EAGAIN, subject_restart(&s, 0));
	snprintf(words, sizeof(words), "is locked by pid %d now", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	ASSERT_TRUE(set_lock(fd, F_SETLK, F_UNLCK, 0, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

static void one_flock(void)
{
	check(!flock(open_file(), LOCK_SH));
	ready();
}

TEST(flock_taken_meanwhile)
{
	struct subject s;
	char words[32];
	int fd;

	ASSERT_EQ(0, subject_start(&s, one_flock));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = open(test_file("locked"), O_RDWR);
	ASSERT_EQ(0, flock(fd, LOCK_EX));
	EXPECT_EQ(-EAGAIN, subject_restart(&s, 0));
	snprintf(words, sizeof(words), "is locked by pid %d now", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	ASSERT_EQ(0, flock(fd, LOCK_UN));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- locks of open files ------------------------------------------------------------------ */

static void open_file_locks(void)
{
	int fd = open_file(), other = open_file();

	check(set_lock(fd, F_OFD_SETLK, F_WRLCK, 10, 5));
	check(set_lock(fd, F_OFD_SETLK, F_RDLCK, 100, 0));
	check(set_lock(other, F_OFD_SETLK, F_RDLCK, 200, 0));
	ready();
	/* A close elsewhere does not drop them. */
	close(dup(fd));
	check_equal(holder_of(10), -1);
	check_equal(holder_of(15), 0);
	check(!set_lock(other, F_OFD_SETLK, F_WRLCK, 12, 1) && errno == EAGAIN);
	check(set_lock(other, F_OFD_SETLK, F_RDLCK, 120, 1));
	check(!set_lock(other, F_OFD_SETLK, F_WRLCK, 120, 1) && errno == EAGAIN);
	check(set_lock(fd, F_OFD_SETLK, F_UNLCK, 0, 0));
	check(set_lock(other, F_OFD_SETLK, F_WRLCK, 12, 1));
}
TEST_STORIES(open_file_locks)

/* A lock that is the open file's stays as long as that is mapped, as Java has its files. */
static char *map_and_close(int fd, int prot)
{
	char *p = mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);

	check(p != MAP_FAILED);
	close(fd);
	return p;
}

static bool is_locked(void)
{
	int fd = open_file();
	bool locked = flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;

	close(fd);
	return locked;
}

static void flock_of_a_mapped_file(void)
{
	int fd = open_file();
	char *p;

	check(!ftruncate(fd, 4096) && !flock(fd, LOCK_EX));
	p = map_and_close(fd, PROT_READ | PROT_WRITE);
	*p = 7;
	ready();
	check(*p == 7 && is_locked());
	check(!munmap(p, 4096));
	check(!is_locked());
}
TEST_STORIES(flock_of_a_mapped_file)

static void unmaps(void *arg)
{
	child_ready();
	check(!munmap(arg, 4096));
}

/* Of two open files that look the same one has the lock, in two processes. */
static void flock_of_one_of_two_mapped_files(void)
{
	char *plain, *locked;
	int fd = open_file();
	pid_t pid;

	check(!ftruncate(fd, 4096));
	close(fd);
	plain = map_and_close(open(test_file("locked"), O_RDONLY), PROT_READ);
	fd = open(test_file("locked"), O_RDONLY);
	check(!flock(fd, LOCK_SH));
	locked = map_and_close(fd, PROT_READ);
	pid = spawn(unmaps, locked);
	await_child(pid);
	ready();
	check(is_locked());
	check(!munmap(plain, 4096));
	check(is_locked());
	check(!munmap(locked, 4096));
	join(pid);
	check(!is_locked());
}
TEST_STORIES(flock_of_one_of_two_mapped_files)

static void ofd_lock_of_a_mapped_file(void)
{
	int fd = open_file();
	char *p;

	check(!ftruncate(fd, 4096) && set_lock(fd, F_OFD_SETLK, F_WRLCK, 10, 5));
	p = map_and_close(fd, PROT_READ | PROT_WRITE);
	ready();
	check_equal(holder_of(10), -1);
	check_equal(holder_of(15), 0);
	check(!munmap(p, 4096));
	check_equal(holder_of(10), 0);
}
TEST_STORIES(ofd_lock_of_a_mapped_file)

static int passed_on;

static void sets_and_goes(void *arg)
{
	check(!flock(passed_on, LOCK_EX));
}

/* As in a script: flock(1) has set the lock and is gone, the shell has the descriptor. */
static void setter_is_gone(void)
{
	int other = open_file();

	passed_on = open_file();
	join(spawn(sets_and_goes, NULL));
	ready();
	check(flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	check(!close(passed_on));
	check(!flock(other, LOCK_SH | LOCK_NB));
}
TEST_STORIES(setter_is_gone)

static int sets_in_our_table(void *arg)
{
	return !set_lock(passed_on, F_SETLK, F_WRLCK, 5, 1);
}

/* A record lock of a table, whose setter had it in common with us and is gone */
static void setter_of_the_table_is_gone(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t pid;

	passed_on = open_file();
	pid = clone(sets_in_our_table, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	check(waitpid(pid, &status, 0) == pid && !status);
	if (!holder_of(5))	/* its exit has dropped it */
		check(set_lock(passed_on, F_SETLK, F_WRLCK, 5, 1));
	ready();
	check(holder_of(5));
	check(set_lock(passed_on, F_SETLK, F_UNLCK, 0, 0));
	check_equal(holder_of(5), 0);
}
TEST_STORIES(setter_of_the_table_is_gone)

static void has_a_lock(void)
{
	check(!flock(passed_on, LOCK_EX));
	ready();
}

/* The test has the open file too, so the lock would outlive the program. */
TEST(lock_of_a_file_that_is_open_outside)
{
	struct subject s;

	mkdir(test_dir, 0700);
	passed_on = open(test_file("locked"), O_RDWR | O_CREAT, 0644);
	ASSERT_LE(0, passed_on);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, has_a_lock));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "a file with a lock (flock or F_OFD_SETLK) is open in process"));
	close(passed_on);
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- refused ------------------------------------------------------------------------------ */

static void lock_holder(void *arg)
{
	(void)arg;
	check(set_lock(open_file(), F_SETLK, F_WRLCK, 0, 0));
	child_ready();
}

/* Waits for a lock: F_SETLKW begins again by itself. */
static void waits_for_lock(void)
{
	pid_t holder = spawn(lock_holder, NULL), waiter;
	int fd = open_file();

	await_child(holder);
	waiter = fork();
	if (!waiter) {
		check(set_lock(fd, F_SETLKW, F_WRLCK, 0, 0));
		_exit(0);
	}
	check(wait_until(is_blocked_in(waiter, waiter, SYS_fcntl)));
	ready();
	join(holder);
	join(waiter);
}
TEST_KILLED(waits_for_lock)
TEST_LEFT_RUNNING(waits_for_lock)

TEST_HARNESS_MAIN
