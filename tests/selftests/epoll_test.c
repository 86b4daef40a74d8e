// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll_test.c - epoll instances: what they watch, what is ready, who waits.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "checkpoint_test.h"

#ifndef EPIOCSPARAMS
struct epoll_params {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll;
	uint8_t __pad;
};

#define EPIOCSPARAMS	_IOW(0x8a, 0x01, struct epoll_params)
#define EPIOCGPARAMS	_IOR(0x8a, 0x02, struct epoll_params)
#endif

static int ep;

static void make(void)
{
	ep = epoll_create1(EPOLL_CLOEXEC);
	check(ep >= 0);
}

static int ctl(int op, int epfd, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	return epoll_ctl(epfd, op, fd, &event) ? -errno : 0;
}

static void add(int fd, uint32_t events, uint64_t data)
{
	check_equal(ctl(EPOLL_CTL_ADD, ep, fd, events, data), 0);
}

static int counter(uint64_t n)
{
	int fd = eventfd(n, EFD_NONBLOCK);

	check(fd >= 0);
	return fd;
}

static void count(int fd)
{
	uint64_t one = 1;

	check(write(fd, &one, sizeof(one)) == sizeof(one));
}

static void drain(int fd)
{
	uint64_t n;

	check(read(fd, &n, sizeof(n)) == sizeof(n));
}

/* The next event's data, -1 if there is none */
static int64_t next_of(int epfd, int timeout)
{
	struct epoll_event event;
	int n = epoll_wait(epfd, &event, 1, timeout);

	check(n >= 0);
	return n ? (int64_t)event.data.u64 : -1;
}

static int64_t next(void)
{
	return next_of(ep, 0);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What /proc shows of the watches, without places of files and in an order of its own */
static void watches(int epfd, char *text, size_t size)
{
	char path[64], all[16384], lines[8][64] = {}, *line, *end;
	size_t nr = 0, i;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epfd);
	n = read_file(path, all, sizeof(all));
	check(n > 0);
	for (line = strstr(all, "tfd:"); line; line = strstr(end, "tfd:")) {
		end = strstr(line, " pos:");
		check(end && end - line < 64 && nr < 8);
		memcpy(lines[nr++], line, end - line);
	}
	qsort(lines, nr, sizeof(lines[0]), by_text);
	*text = '\0';
	for (i = 0; i < nr; i++)
		strncat(text, lines[i], size - strlen(text) - 1);
}

/* -- triggers ------------------------------------------------------------------------ */

#define BIG	0x123456789abcdef0ULL

static void level(void)
{
	char before[512], after[512];
	int fd;

	make();
	fd = counter(1);
	add(fd, EPOLLIN, BIG);
	check_equal(next(), BIG);
	watches(ep, before, sizeof(before));
	ready();
	watches(ep, after, sizeof(after));
	check(!strcmp(before, after));
	check_equal(next(), BIG);
	check_equal(next(), BIG);
	drain(fd);
	check_equal(next(), -1);
	count(fd);
	check_equal(next(), BIG);
}
TEST_STORIES(level)

/* What was reported is not reported again, though it is still unread. */
static void edge_reported(void)
{
	int fd;

	make();
	fd = counter(1);
	add(fd, EPOLLIN | EPOLLET, 1);
	check_equal(next(), 1);
	ready();
	check_equal(next(), -1);
	count(fd);
	check_equal(next(), 1);
	check_equal(next(), -1);
}
TEST_STORIES(edge_reported)

static void edge_not_reported(void)
{
	int fds[2];

	make();
	check(!pipe(fds));
	add(fds[0], EPOLLIN | EPOLLET, 1);
	check(write(fds[1], "x", 1) == 1);
	ready();
	check_equal(next(), 1);
	check_equal(next(), -1);
	check(write(fds[1], "y", 1) == 1);
	check_equal(next(), 1);
}
TEST_STORIES(edge_not_reported)

static void oneshot(void)
{
	char before[512], after[512];
	int fired, waiting;

	make();
	fired = counter(1);
	waiting = counter(0);
	add(fired, EPOLLIN | EPOLLONESHOT, 1);
	check_equal(next(), 1);
	add(waiting, EPOLLIN | EPOLLONESHOT, 2);
	watches(ep, before, sizeof(before));
	ready();
	watches(ep, after, sizeof(after));
	check(!strcmp(before, after));
	count(fired);
	check_equal(next(), -1);
	check_equal(ctl(EPOLL_CTL_MOD, ep, fired, EPOLLIN | EPOLLONESHOT, 3), 0);
	check_equal(next(), 3);
	check_equal(next(), -1);
	count(waiting);
	check_equal(next(), 2);
	check_equal(next(), -1);
}
TEST_STORIES(oneshot)

/* It cannot be changed, and lets one of the waiters in alone. */
static void exclusive(void)
{
	char before[512], after[512];
	int fd;

	make();
	fd = counter(0);
	add(fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLWAKEUP, 1);
	watches(ep, before, sizeof(before));
	ready();
	watches(ep, after, sizeof(after));
	check(!strcmp(before, after));
	check_equal(ctl(EPOLL_CTL_MOD, ep, fd, EPOLLIN, 1), -EINVAL);
	count(fd);
	check_equal(next(), 1);
}
TEST_STORIES(exclusive)

/* First come, first reported; what was reported goes to the end. */
static void order(void)
{
	int fds[5], i;

	make();
	for (i = 0; i < 5; i++) {
		fds[i] = counter(0);
		add(fds[i], EPOLLIN, i);
	}
	for (i = 4; i >= 0; i--)
		count(fds[i]);
	check_equal(next(), 4);
	check_equal(next(), 3);
	ready();
	for (i = 2; i >= 0; i--)
		check_equal(next(), i);
	check_equal(next(), 4);
	check_equal(next(), 3);
}
TEST_STORIES(order)

/* -- instances that watch each other ------------------------------------------------- */

static void nested(void)
{
	int outer, top, fd, silent;

	make();
	outer = epoll_create1(0);
	top = epoll_create1(0);
	fd = counter(0);
	silent = counter(1);
	/* The outer ones are older than what they watch, and the other way round. */
	check_equal(ctl(EPOLL_CTL_ADD, outer, ep, EPOLLIN, 2), 0);
	check_equal(ctl(EPOLL_CTL_ADD, top, outer, EPOLLIN | EPOLLET, 3), 0);
	add(fd, EPOLLIN, 1);
	check_equal(ctl(EPOLL_CTL_ADD, outer, silent, EPOLLIN | EPOLLET, 4), 0);
	check_equal(next_of(outer, 0), 4);
	check_equal(next_of(top, 0), -1);
	ready();
	check_equal(next_of(top, 0), -1);
	check_equal(next_of(outer, 0), -1);
	count(fd);
	check_equal(next_of(top, 0), 3);
	check_equal(next_of(top, 0), -1);
	check_equal(next_of(outer, 0), 2);
	check_equal(next(), 1);
	check_equal(ctl(EPOLL_CTL_ADD, ep, top, EPOLLIN, 5), -ELOOP);
	check_equal(ctl(EPOLL_CTL_ADD, ep, outer, EPOLLIN, 5), -ELOOP);
}
TEST_STORIES(nested)

/* -- descriptors --------------------------------------------------------------------- */

/* A watch stays as long as its file is open, whatever its number leads to. */
static void number_leads_elsewhere(void)
{
	char before[512], after[512];
	int first, copy, second;

	make();
	first = counter(0);
	copy = dup(first);
	add(first, EPOLLIN, 1);
	close(first);
	second = counter(0);
	check_equal(second, first);
	add(second, EPOLLIN, 2);
	watches(ep, before, sizeof(before));
	ready();
	watches(ep, after, sizeof(after));
	check(!strcmp(before, after));
	count(copy);
	check_equal(next(), 1);
	drain(copy);
	count(second);
	check_equal(next(), 2);
	check_equal(next(), 2);
	count(copy);
	close(copy);
	check_equal(next(), 2);
	check_equal(next(), 2);
	check_equal(ctl(EPOLL_CTL_DEL, ep, second, 0, 0), 0);
	check_equal(next(), -1);
}
TEST_STORIES(number_leads_elsewhere)

static int fd_of_child;

static void keeps_a_file(void *arg)
{
	child_ready();
	count(fd_of_child);
	sleep_ms(50);
}

/* Closed here, open in a process beside */
static void closed_in_one_table(void)
{
	pid_t pid;

	make();
	fd_of_child = counter(0);
	pid = spawn(keeps_a_file, NULL);
	await_child(pid);
	add(fd_of_child, EPOLLIN, 1);
	close(fd_of_child);
	ready();
	check_equal(next_of(ep, 5000), 1);
	join(pid);
	check_equal(next(), -1);
}
TEST_STORIES(closed_in_one_table)

static void waits_in_child(void *arg)
{
	child_ready();
	check_equal(next_of(ep, 5000), 1);
}

/* One instance, two processes and a duplicate */
static void shared(void)
{
	int fd, copy;
	pid_t pid;

	make();
	fd = counter(0);
	add(fd, EPOLLIN, 1);
	copy = dup(ep);
	pid = spawn(waits_in_child, NULL);
	await_child(pid);
	ready();
	check_equal(syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, ep, copy), 0);
	count(fd);
	join(pid);
	check_equal(next_of(copy, 0), 1);
}
TEST_STORIES(shared)

/* -- who waits ----------------------------------------------------------------------- */

static void waits(void *arg)
{
	check_equal(next_of(ep, -1), 7);
}

static void waits_without_limit(void)
{
	pid_t pid;
	int fd;

	make();
	fd = counter(0);
	add(fd, EPOLLIN | EPOLLET, 7);
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_epoll_wait)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_epoll_wait)));
	count(fd);
	join(pid);
}
TEST_STORIES(waits_without_limit)

/* A timer expires when all run again, and wakes who waits. */
static void timer_wakes(void)
{
	struct itimerspec ts = { .it_value.tv_sec = 1 };
	pid_t pid;
	int fd;

	make();
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	add(fd, EPOLLIN | EPOLLET, 7);
	check(!timerfd_settime(fd, 0, &ts, NULL));
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_epoll_wait)));
	ready();
	join(pid);
	drain(fd);
	check_equal(next(), -1);
}
TEST_STORIES(timer_wakes)

static void timer_reported(void)
{
	struct itimerspec ts = { .it_value.tv_nsec = 1000000 };
	int fd;

	make();
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	add(fd, EPOLLIN | EPOLLET, 7);
	check(!timerfd_settime(fd, 0, &ts, NULL));
	check_equal(next_of(ep, 5000), 7);
	ready();
	check_equal(next(), -1);
	drain(fd);
	check(!timerfd_settime(fd, 0, &ts, NULL));
	check_equal(next_of(ep, 5000), 7);
}
TEST_STORIES(timer_reported)

/* -- signals ------------------------------------------------------------------------- */

static int signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	check(fd >= 0);
	return fd;
}

static void signal_reported(void)
{
	make();
	add(signals(), EPOLLIN | EPOLLET, 1);
	check(!kill(getpid(), SIGUSR1));
	check_equal(next(), 1);
	ready();
	check_equal(next(), -1);
	check(!kill(getpid(), SIGUSR2));
	check_equal(next(), 1);
}
TEST_STORIES(signal_reported)

static void signal_not_reported(void)
{
	make();
	add(signals(), EPOLLIN | EPOLLET, 1);
	check(!kill(getpid(), SIGUSR1));
	ready();
	check_equal(next(), 1);
	check_equal(next(), -1);
}
TEST_STORIES(signal_not_reported)

static void watches_its_own(void *arg)
{
	add(signals(), EPOLLIN | EPOLLET, 1);
	child_ready();
	check_equal(next_of(ep, 5000), 1);
}

/* A signalfd is watched for the process that added it. */
static void signals_of_a_child(void)
{
	pid_t pid;

	signals();
	make();
	pid = spawn(watches_its_own, NULL);
	await_child(pid);
	ready();
	check(!kill(getpid(), SIGUSR1));
	sleep_ms(20);
	check(!kill(pid, SIGUSR1));
	join(pid);
}
TEST_STORIES(signals_of_a_child)

static void adds_and_exits(void *arg)
{
	add(fd_of_child, EPOLLIN | EPOLLET, 1);
}

/* And for nobody when that is gone, by number and file as before */
static void signals_of_the_dead(void)
{
	char before[512], after[512];

	make();
	fd_of_child = signals();
	join(spawn(adds_and_exits, NULL));
	watches(ep, before, sizeof(before));
	/* It hung up. */
	check_equal(next(), -1);
	check(!kill(getpid(), SIGUSR1));
	check_equal(next(), -1);
	ready();
	watches(ep, after, sizeof(after));
	check(!strcmp(before, after));
	check(!kill(getpid(), SIGUSR2));
	check_equal(next(), -1);
	check_equal(ctl(EPOLL_CTL_DEL, ep, fd_of_child, 0, 0), 0);
	add(fd_of_child, EPOLLIN, 2);
	check_equal(next(), 2);
}
TEST_STORIES(signals_of_the_dead)

/* -- the rest ------------------------------------------------------------------------ */

static void busy_polling(void)
{
	struct epoll_params params = { 1234, 48, 1, 0 }, after = {};

	make();
	check(!ioctl(ep, EPIOCSPARAMS, &params));
	ready();
	check(!ioctl(ep, EPIOCGPARAMS, &after));
	check(!memcmp(&params, &after, sizeof(params)));
}
TEST_STORIES(busy_polling)

static int outside[2];

static void watches_outside(void)
{
	close(outside[1]);
	make();
	add(0, EPOLLIN | EPOLLET, 1);
	check_equal(next(), 1);
	ready();
	/* What takes its place has never been reported. */
	check_equal(next(), 1);
	check_equal(next(), -1);
}

TEST(standard_input)
{
	struct subject s;

	ASSERT_EQ(0, pipe(outside));
	ASSERT_EQ(1, write(outside[1], "x", 1));
	ASSERT_EQ(0, dup2(outside[0], 0));
	close(outside[0]);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, watches_outside));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* A regular file cannot be watched; the image is as good as before. */
TEST(standard_input_is_a_file)
{
	struct subject s;
	int old;

	ASSERT_EQ(0, pipe(outside));
	ASSERT_EQ(1, write(outside[1], "x", 1));
	ASSERT_EQ(0, dup2(outside[0], 0));
	close(outside[0]);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, watches_outside));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	write_file("input", "x", 1);
	old = dup(0);
	close(0);
	ASSERT_EQ(0, open(test_file("input"), O_RDONLY));
	EXPECT_EQ(-EPERM, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "what has taken its place cannot be"));
	ASSERT_EQ(0, dup2(old, 0));
	close(old);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

#define INSTANCES	1000
#define EACH		10

/* Every tenth instance has something to report. */
static void many(void)
{
	static int eps[INSTANCES];
	int fds[EACH], i, j;

	for (j = 0; j < EACH; j++)
		fds[j] = counter(0);
	for (i = 0; i < INSTANCES; i++) {
		make();
		eps[i] = ep;
		for (j = 0; j < EACH; j++)
			add(fds[j], EPOLLIN | EPOLLET, 100 * i + j);
	}
	count(fds[3]);
	for (i = 0; i < INSTANCES; i++)
		if (i % 10)
			check_equal(next_of(eps[i], 0), 100 * i + 3);
	ready();
	for (i = 0; i < INSTANCES; i++) {
		check_equal(next_of(eps[i], 0), i % 10 ? -1 : 100 * i + 3);
		check_equal(next_of(eps[i], 0), -1);
	}
	count(fds[9]);
	for (i = 0; i < INSTANCES; i++)
		check_equal(next_of(eps[i], 0), 100 * i + 9);
}
TEST_KILLED(many)

/* -- limits and refusals ------------------------------------------------------------- */

static void set_most_watches(const char *value)
{
	int fd = open("/proc/sys/fs/epoll/max_user_watches", O_WRONLY);

	check(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

TEST(limit_of_watches)
{
	struct subject s;
	char most[32];
	ssize_t n;

	n = read_file("/proc/sys/fs/epoll/max_user_watches", most, sizeof(most));
	ASSERT_LT(0, n);
	ASSERT_EQ(0, subject_start(&s, order));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	set_most_watches("2");
	EXPECT_EQ(-ENOSPC, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "fs.epoll.max_user_watches"));
	set_most_watches(most);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void keeps_inherited(void)
{
	ready();
	check_equal(next(), -1);
}

TEST(open_outside_refused)
{
	struct subject s;
	char words[64];

	make();
	ASSERT_EQ(0, subject_start_inside(&s, NULL, keeps_inherited));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "an epoll instance is open in process %d", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void watches_what_others_have(void)
{
	make();
	add(fd_of_child, EPOLLIN, 1);
	close(fd_of_child);
	ready();
	check_equal(next(), 1);
}

TEST(watched_file_outside_refused)
{
	struct subject s;

	fd_of_child = counter(1);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, watches_what_others_have));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "which only others have open still"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void waits_for_the_end(void)
{
	ready();
}

/* The instance was made by a process that lives on outside and has closed it. */
TEST(signals_of_an_outsider_refused)
{
	struct subject s;

	make();
	add(signals(), EPOLLIN, 1);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, waits_for_the_end));
	close_range(3, ~0U, 0);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "for a process outside the tree"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
