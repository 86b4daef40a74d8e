// SPDX-License-Identifier: GPL-2.0-only
/*
 * many_test.c - much of one sort: descriptors, epolls, semaphores, a full pipe, a large
 * sparse file, memory in common of many processes.  MANY_FULL=1 in the environment takes
 * 1 GiB for that memory.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/sem.h>

#include "checkpoint_test.h"

#define MIB	(1UL << 20)

static void raise_limits(void)
{
	const struct rlimit many = { 20000, 20000 };

	check(!setrlimit(RLIMIT_NOFILE, &many));
}

/* -- descriptors ------------------------------------------------------------------------ */

#define DESCRIPTORS	10000

/* Every fifth is one of each: a file of its own, a copy, an eventfd, both ends of a pipe. */
static void ten_thousand_descriptors(void)
{
	static int fds[DESCRIPTORS];
	uint64_t count;
	char name[32];
	int i, n;

	raise_limits();
	for (i = 0; i < DESCRIPTORS; i += 5) {
		snprintf(name, sizeof(name), "file%d", i % 100);
		fds[i] = open(name, O_RDWR | O_CREAT, 0600);
		fds[i + 1] = dup(fds[i]);
		fds[i + 2] = eventfd(i + 1, 0);
		check(!pipe(fds + i + 3));
		check(fds[i + 1] >= 0 && fds[i + 2] >= 0);
		check(lseek(fds[i], i, SEEK_SET) == i);
		check(write(fds[i + 4], &i, sizeof(i)) == sizeof(i));
	}
	ready();
	for (i = 0; i < DESCRIPTORS; i += 5) {
		check_equal(lseek(fds[i + 1], 1, SEEK_CUR), i + 1);
		check(read(fds[i + 2], &count, sizeof(count)) == sizeof(count));
		check_equal(count, i + 1);
		check(read(fds[i + 3], &n, sizeof(n)) == sizeof(n));
		check_equal(n, i);
	}
}
TEST_KILLED(ten_thousand_descriptors)

#define EPOLLS	1000

/* Each watches the one before and an eventfd, of which the last but one is ready. */
static void thousand_epolls(void)
{
	static int epolls[EPOLLS], events[EPOLLS];
	struct epoll_event event = { .events = EPOLLIN }, got[2];
	int i;

	raise_limits();
	for (i = 0; i < EPOLLS; i++) {
		epolls[i] = epoll_create1(0);
		events[i] = eventfd(0, EFD_NONBLOCK);
		check(epolls[i] >= 0 && events[i] >= 0);
		event.data.u64 = i;
		check(!epoll_ctl(epolls[i], EPOLL_CTL_ADD, events[i], &event));
		event.data.u64 = EPOLLS;
		if (i % 4)
			check(!epoll_ctl(epolls[i], EPOLL_CTL_ADD, epolls[i - 1], &event));
	}
	check(!eventfd_write(events[EPOLLS - 2], 1));
	ready();
	for (i = 0; i < EPOLLS - 4; i++)
		check_equal(epoll_wait(epolls[i], got, 2, 0), 0);
	check_equal(epoll_wait(epolls[EPOLLS - 2], got, 2, 0), 1);
	check_equal(got[0].data.u64, EPOLLS - 2);
	check_equal(epoll_wait(epolls[EPOLLS - 1], got, 2, 0), 1);
	check_equal(got[0].data.u64, EPOLLS);
	for (i = 0; i < EPOLLS; i += 4) {
		check(!eventfd_write(events[i], 1));
		check_equal(epoll_wait(epolls[i], got, 2, 0), 1);
		check_equal(got[0].data.u64, i);
	}
}
TEST_KILLED(thousand_epolls)

/* -- semaphores, a pipe, a file ------------------------------------------------------------ */

#define SEMAPHORES	4000

/* Of the program alone: it waits for one of them, which a second process undoes. */
static void waits_for_semaphore(void *arg)
{
	struct sembuf last = { .sem_num = SEMAPHORES - 1, .sem_op = -1 };

	check(!semop((intptr_t)arg, &last, 1));
}

static void four_thousand_semaphores(void)
{
	unsigned short values[SEMAPHORES], now[SEMAPHORES];
	struct sembuf give = { .sem_num = SEMAPHORES - 1, .sem_op = 1 };
	int i, id = semget(IPC_PRIVATE, SEMAPHORES, 0600);
	pid_t pid;

	check(id >= 0);
	for (i = 0; i < SEMAPHORES; i++)
		values[i] = i;
	values[SEMAPHORES - 1] = 0;
	check(!semctl(id, 0, SETALL, values));
	pid = spawn(waits_for_semaphore, (void *)(intptr_t)id);
	check(wait_until(is_blocked_in(pid, pid, SYS_semop) ||
			 is_blocked_in(pid, pid, SYS_semtimedop)));
	ready();
	check(!semctl(id, 0, GETALL, now));
	check(!memcmp(now, values, sizeof(values)));
	check(!semop(id, &give, 1));
	join(pid);
	check(!semctl(id, 0, IPC_RMID));
}
TEST_KILLED(four_thousand_semaphores)

static void full_pipe(void)
{
	char *p = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t done = 0;
	ssize_t n;
	int fds[2];

	check(p != MAP_FAILED && !pipe2(fds, O_NONBLOCK));
	check_equal(fcntl(fds[1], F_SETPIPE_SZ, MIB), MIB);
	pattern_fill(p, 2 * MIB, 6);
	check_equal(write(fds[1], p, 2 * MIB), MIB);
	ready();
	check_equal(fcntl(fds[1], F_GETPIPE_SZ), MIB);
	check(write(fds[1], p, 1) == -1 && errno == EAGAIN);
	memset(p, 0, MIB);
	while (done < MIB && (n = read(fds[0], p + done, MIB - done)) > 0)
		done += n;
	check_equal(done, MIB);
	check(pattern_is(p, MIB, 6));
}
TEST_STORIES(full_pipe)

#define SPARSE	(2048 * MIB)

static void sparse_unlinked_file(void)
{
	static const off_t places[] = { 0, 5 * MIB + 1, 1024 * MIB, SPARSE - 100 };
	int fd = open("sparse", O_RDWR | O_CREAT, 0600);
	struct stat st;
	uint64_t i, n;

	check(fd >= 0 && !unlink("sparse") && !ftruncate(fd, SPARSE));
	for (i = 0; i < 4; i++)
		check(pwrite(fd, &i, sizeof(i), places[i]) == sizeof(i));
	ready();
	check(!fstat(fd, &st));
	check_equal(st.st_size, SPARSE);
	check_equal(st.st_nlink, 0);
	check(st.st_blocks < 1000);
	for (i = 0; i < 4; i++) {
		check(pread(fd, &n, sizeof(n), places[i]) == sizeof(n));
		check_equal(n, i);
	}
	check_equal(lseek(fd, 6 * MIB, SEEK_DATA), 1024 * MIB);
}

/* The file is in the image without its holes. */
TEST(sparse_unlinked_file_is_saved_without_holes)
{
	struct subject s;
	struct stat st;

	ASSERT_EQ(0, subject_start(&s, sparse_unlinked_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, stat(s.image, &st));
	EXPECT_GT(16 * MIB, st.st_size);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

/* -- memory in common ---------------------------------------------------------------------- */

#define PROCESSES	16

static size_t common_bytes(void)
{
	if (getenv("MANY_FULL"))
		return 1024 * MIB;
	return time_scale() > 1 ? 16 * MIB : 64 * MIB;
}

static char *common;

/* Each has written its part, and sees those of all the others. */
static void has_a_part(void *arg)
{
	size_t part = common_bytes() / PROCESSES, i, nr = (intptr_t)arg;

	pattern_fill(common + nr * part, part, nr);
	child_ready();
	for (i = 0; i < PROCESSES; i++)
		check(pattern_is(common + i * part, 4096, i));
	check(pattern_is(common + nr * part, part, nr));
}

/* kB of memory in common, of the whole machine */
static unsigned long shmem_kb(void)
{
	unsigned long kb = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Shmem: %lu kB", &kb);
	if (f)
		fclose(f);
	return kb;
}

static void memory_in_common(void)
{
	pid_t pids[PROCESSES];
	int i;

	common = mmap(NULL, common_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	check(common != MAP_FAILED);
	for (i = 0; i < PROCESSES; i++)
		pids[i] = spawn(has_a_part, (void *)(intptr_t)i);
	for (i = 0; i < PROCESSES; i++)
		await_child(pids[i]);
	ready();
	for (i = 0; i < PROCESSES; i++)
		join(pids[i]);
}

/* In the image once, in memory once */
TEST(memory_in_common_is_saved_once)
{
	unsigned long before = shmem_kb(), kb = common_bytes() >> 10, image_kb, after;
	struct subject s;
	struct stat st;

	ASSERT_EQ(0, subject_start(&s, memory_in_common));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	tell("frozen for %lu us", (unsigned long)s.cargs.frozen_ns / 1000);
	ASSERT_EQ(0, stat(s.image, &st));
	image_kb = st.st_size >> 10;
	EXPECT_LE(kb, image_kb);
	EXPECT_GT(kb + kb / 4, image_kb);
	ASSERT_EQ(0, subject_restart(&s, 0));
	after = shmem_kb() - before;
	tell("%lu KiB in common, %lu in the image, %lu in memory", kb, image_kb, after);
	/* The image itself may be on a tmpfs. */
	EXPECT_GT(kb + kb / 4 + image_kb, after);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_tell_failure();
}

TEST_HARNESS_MAIN
