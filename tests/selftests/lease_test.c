// SPDX-License-Identifier: GPL-2.0-only
/*
 * lease_test.c - leases of files and notification about directories: who gets which signal
 * when somebody else comes.
 */
#include "forged.h"

static int make(const char *name, int flags)
{
	int fd = open(test_file(name), flags | O_CREAT, 0644);

	check(fd >= 0);
	return fd;
}

static sigset_t wanted(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGIO);
	return set;
}

static void block_signals(void)
{
	sigset_t set = wanted();

	check(!sigprocmask(SIG_BLOCK, &set, NULL));
}

/* The descriptor that the next signal names; -1 if none comes */
static int named_by(int sig, unsigned int seconds)
{
	struct timespec patience = { .tv_sec = seconds, .tv_nsec = 1 };
	sigset_t set = wanted();
	siginfo_t info;
	int got;

	do
		got = sigtimedwait(&set, &info, &patience);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	check_equal(got, sig);
	return info.si_fd;
}

static void take(int fd, int type)
{
	check(!fcntl(fd, F_SETSIG, SIGUSR1));
	check(!fcntl(fd, F_SETLEASE, type));
}

/* -- leases ---------------------------------------------------------------------------- */

static const char *leased;
static int open_as;

static void opens(void *arg)
{
	check_equal(open(leased, open_as | O_NONBLOCK), -1);
	check_equal(errno, EWOULDBLOCK);
}

static void others_come(int fd)
{
	pid_t pid = spawn(opens, NULL);

	join(pid);
	check_equal(named_by(SIGUSR1, PATIENCE), fd);
}

static void read_lease(void)
{
	int fd = make("read-lease", O_RDONLY), flags;

	block_signals();
	leased = test_file("read-lease");
	open_as = O_WRONLY;
	take(fd, F_RDLCK);
	flags = fcntl(fd, F_GETFL);
	check(flags & O_ASYNC);
	ready();
	check_equal(fcntl(fd, F_GETLEASE), F_RDLCK);
	check_equal(fcntl(fd, F_GETFL), flags);
	check_equal(fcntl(fd, F_GETOWN), getpid());
	check_equal(named_by(SIGUSR1, 0), -1);
	others_come(fd);
	check(!fcntl(fd, F_SETLEASE, F_UNLCK));
	fd = open(leased, O_WRONLY | O_NONBLOCK);
	check(fd >= 0);
}
TEST_KILLED(read_lease)
TEST_TWICE(read_lease)

static void write_lease(void)
{
	int fd;

	/* Who has it open for writing could not go on with a read lease. */
	close(make("write-lease", O_RDWR));
	fd = make("write-lease", O_RDONLY);
	block_signals();
	leased = test_file("write-lease");
	open_as = O_RDONLY;
	take(fd, F_WRLCK);
	ready();
	check_equal(fcntl(fd, F_GETLEASE), F_WRLCK);
	others_come(fd);
	check(!fcntl(fd, F_SETLEASE, F_RDLCK));
	check_equal(fcntl(fd, F_GETLEASE), F_RDLCK);
	check(open(leased, O_RDONLY | O_NONBLOCK) >= 0);
}
TEST_KILLED(write_lease)
TEST_TWICE(write_lease)

/* The signal is another process's, by another descriptor than the file has there. */
static void owner_waits(void *arg)
{
	child_ready();
	check_equal(named_by(SIGUSR1, PATIENCE), 9);
}

static void of_another_owner(void)
{
	int fd = make("owned", O_RDONLY);
	pid_t pid;

	block_signals();
	leased = test_file("owned");
	open_as = O_WRONLY;
	check_equal(dup2(fd, 9), 9);
	close(fd);
	take(9, F_RDLCK);
	pid = spawn(owner_waits, NULL);
	await_child(pid);
	check(!fcntl(9, F_SETOWN, pid));
	check_equal(dup2(9, 4), 4);
	ready();
	check_equal(fcntl(4, F_GETLEASE), F_RDLCK);
	join(spawn(opens, NULL));
	join(pid);
	check_equal(named_by(SIGUSR1, 0), -1);
}
TEST_KILLED(of_another_owner)
TEST_TWICE(of_another_owner)

static void takes_it(void *arg)
{
	take(*(int *)arg, F_RDLCK);
}

/* Who took it is gone, and with it who would get the signal. */
static void of_a_dead_setter(void)
{
	int fd = make("left-behind", O_RDONLY);

	block_signals();
	leased = test_file("left-behind");
	open_as = O_WRONLY;
	join(spawn(takes_it, &fd));
	check_equal(fcntl(fd, F_GETOWN), 0);
	ready();
	check_equal(fcntl(fd, F_GETLEASE), F_RDLCK);
	check_equal(fcntl(fd, F_GETOWN), 0);
	check(open(leased, O_WRONLY | O_NONBLOCK) == -1 && errno == EWOULDBLOCK);
	check_equal(named_by(SIGUSR1, 0), -1);
}
TEST_KILLED(of_a_dead_setter)

static void waits_to_open(void *arg)
{
	int fd = open(leased, O_WRONLY);

	_exit(fd < 0);
}

static void being_broken(void)
{
	int fd = make("broken", O_RDONLY);
	pid_t pid;

	block_signals();
	leased = test_file("broken");
	take(fd, F_RDLCK);
	pid = spawn(waits_to_open, NULL);
	check_equal(named_by(SIGUSR1, PATIENCE), fd);
	ready();
	check(!fcntl(fd, F_SETLEASE, F_UNLCK));
	join(pid);
}
TEST_REFUSED(being_broken, EAGAIN, "is being broken")

static void mapped_alone(void)
{
	int fd = make("mapped", O_RDWR);

	check(!ftruncate(fd, 4096));
	close(fd);
	fd = make("mapped", O_RDONLY);
	take(fd, F_RDLCK);
	check(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	close(fd);
	ready();
}
TEST_REFUSED(mapped_alone, EOPNOTSUPP, "of a closed descriptor")

/* Somebody has the file open in the way of the lease. */
TEST(open_elsewhere)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, write_lease));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = open(test_file("write-lease"), O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EAGAIN, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "is open elsewhere too"));
	EXPECT_TRUE(subject_told(&s, "write-lease"));
	close(fd);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

/* A descriptor that the test has too: its lease would stay with that. */
TEST(held_outside_refused)
{
	struct subject s;
	int fd;

	fd = open(test_file("outside"), O_RDONLY | O_CREAT, 0644);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_RDLCK));
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, 0));
	ASSERT_EQ(0, subject_start_inside(&s, NULL, ready));
	EXPECT_EQ(-EBUSY, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "a file with a lease"));
	subject_kill(&s);
	close(fd);
}

/* -- directories --------------------------------------------------------------------------- */

static int watch(const char *name, unsigned long events)
{
	int fd;

	check(!mkdir(test_file(name), 0755) || errno == EEXIST);
	fd = open(test_file(name), O_RDONLY | O_DIRECTORY);
	check(fd >= 0);
	unlinkat(fd, "a", 0);
	unlinkat(fd, "b", 0);
	check(!fcntl(fd, F_SETSIG, SIGUSR1));
	check(!fcntl(fd, F_NOTIFY, events));
	return fd;
}

static void make_in(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT, 0644);

	check(fd >= 0 && !close(fd));
}

static void notified(void)
{
	int once, always;

	block_signals();
	once = watch("once", DN_DELETE | DN_RENAME);
	always = watch("always", DN_CREATE | DN_MULTISHOT);
	make_in(once, "a");
	check_equal(named_by(SIGUSR1, 0), -1);
	ready();
	check_equal(named_by(SIGUSR1, 0), -1);
	make_in(always, "a");
	check_equal(named_by(SIGUSR1, PATIENCE), always);
	make_in(always, "b");
	check_equal(named_by(SIGUSR1, PATIENCE), always);
	make_in(once, "b");
	check_equal(named_by(SIGUSR1, 0), -1);
	check(!unlinkat(once, "a", 0));
	check_equal(named_by(SIGUSR1, PATIENCE), once);
	check(!unlinkat(once, "b", 0));
	check_equal(named_by(SIGUSR1, 0), -1);
	check_equal(fcntl(once, F_GETOWN), getpid());
}
TEST_KILLED(notified)
TEST_TWICE(notified)

/* The owner that F_NOTIFY gave is taken away. */
static void notified_is_nobody(void)
{
	int fd;

	block_signals();
	fd = watch("nobody", DN_CREATE | DN_MULTISHOT);
	check(!fcntl(fd, F_SETOWN, 0));
	ready();
	check_equal(fcntl(fd, F_GETOWN), 0);
	make_in(fd, "a");
	check_equal(named_by(SIGUSR1, 0), -1);
	check(!fcntl(fd, F_SETOWN, getpid()));
	make_in(fd, "b");
	check_equal(named_by(SIGUSR1, PATIENCE), fd);
}
TEST_KILLED(notified_is_nobody)

static int common;

static void watches_too(void *arg)
{
	check(!fcntl(common, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
	child_ready();
	check(!fcntl(common, F_NOTIFY, 0));
}

/* One open file, and what two processes asked for it: the signals have one owner. */
static void watched_by_two(void)
{
	pid_t pid;

	block_signals();
	common = watch("common", DN_CREATE | DN_MULTISHOT);
	pid = spawn(watches_too, NULL);
	await_child(pid);
	ready();
	make_in(common, "a");
	check_equal(named_by(SIGUSR1, PATIENCE), common);
	join(pid);
	while (named_by(SIGUSR1, 0) == common)
		;
	check(!unlinkat(common, "a", 0));
	check_equal(named_by(SIGUSR1, 0), -1);
}
TEST_KILLED(watched_by_two)

/* -- forged ------------------------------------------------------------------------------------ */

static void has_both(void)
{
	int fds[2];

	take(make("has-both", O_RDONLY), F_RDLCK);
	watch("has-directory", DN_CREATE | DN_MULTISHOT);
	check(!pipe(fds));
	ready();
}

#define FORGED(name, type, data_type, statement, err)			\
	TEST_F(forged, name)						\
	{								\
		struct data_type *data;					\
									\
		ASSERT_EQ(0, subject_start(&self->s, has_both));	\
		ASSERT_EQ(0, save_and_load(&self->s, &self->image));	\
		data = (void *)(image_find(&self->image, type) + 1);	\
		statement;						\
		EXPECT_EQ(err, try_forged(&self->s, &self->image));	\
	}

#define FORGED_LEASE(name, statement, err) \
	FORGED(name, CKPT_REC_LEASE, ckpt_rec_lease, statement, err)
FORGED_LEASE(lease_of_no_type, data->type = F_UNLCK, -EINVAL)
FORGED_LEASE(lease_of_a_layout, data->type = 32, -EINVAL)
FORGED_LEASE(lease_descriptor, data->fd = 1U << 31, -EINVAL)
FORGED_LEASE(lease_reserved, data->reserved = 1, -EINVAL)
FORGED_LEASE(lease_of_nothing, data->file = 0, -EINVAL)
FORGED_LEASE(lease_of_a_pipe,
	     data->file = image_find(&self->image, CKPT_REC_FILE_PIPE)->object, -EINVAL)
FORGED_LEASE(lease_of_a_task, data->file = image_find(&self->image, CKPT_REC_TASK)->object,
	     -EINVAL)

#define FORGED_NOTIFY(name, statement, err) \
	FORGED(name, CKPT_REC_DNOTIFY, ckpt_rec_dnotify, statement, err)
FORGED_NOTIFY(notify_nothing, data->events = DN_MULTISHOT, -EINVAL)
FORGED_NOTIFY(notify_unknown, data->events |= 0x100, -EINVAL)
FORGED_NOTIFY(notify_of_nothing, data->file = 0, -EINVAL)
FORGED_NOTIFY(notify_another_descriptor, data->fd = 0, -EBADF)
FORGED_NOTIFY(notify_a_file, (data->fd = 3,
	      data->file = ((struct ckpt_rec_lease *)
			    (image_find(&self->image, CKPT_REC_LEASE) + 1))->file), -ENOTDIR)

TEST_HARNESS_MAIN
