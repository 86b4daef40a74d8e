// SPDX-License-Identifier: GPL-2.0-only
/*
 * freeze_test.c - the freeze: killed in it, not reached in time, its caller killed,
 * two at once; readers that stall; a signal for one of many threads; vfork.
 */
#include <pthread.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

static void waits(void)
{
	ready();
}

/* Works until told to end, and was never away for long: nothing hangs beside it */
static void runs(void)
{
	uint64_t last = now_ns(CLOCK_MONOTONIC), now, longest = 0;

	write_file("ready1", "", 0);
	while (access(test_file("go1"), F_OK)) {
		sleep_ms(1);
		now = now_ns(CLOCK_MONOTONIC);
		if (now - last > longest)
			longest = now - last;
		last = now;
	}
	check(longest < 5000000000ULL * time_scale());
}

/* -- killed ------------------------------------------------------------------------- */

static void family(void)
{
	int i;

	for (i = 0; i < 20; i++)
		if (!fork())
			for (;;)
				sleep_ms(5);
	big_memory(1 << 20);
	runs();
}

TEST(program_killed_at_any_moment)
{
	struct subject s;
	int i, answer, seen = 0;
	pid_t pid;

	/* and then ever later, until one came too late */
	for (i = 0; i < 30 || (i < 40 && !(seen & 2)); i++) {
		ASSERT_EQ(0, subject_start(&s, family));
		pid = save_behind(&s, open(s.image, O_RDWR | O_CREAT | O_CLOEXEC, 0600), 0);
		usleep(i < 30 ? i * 400 : 12000 << (i - 30));
		kill(s.pid, SIGKILL);
		ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
		answer = answer_of(pid);
		EXPECT_TRUE(!answer || answer == ESRCH || answer == EAGAIN || answer == EBUSY) {
			tell("moment %d: answer %d", i, answer);
		}
		seen |= answer ? 1 : 2;
		subject_kill(&s);
	}
	/* The first came before the call, the last behind it. */
	EXPECT_EQ(3, seen);
}

TEST(caller_killed_at_any_moment)
{
	struct subject s;
	pid_t pid;
	int i;

	ASSERT_EQ(0, subject_start(&s, family));
	for (i = 0; i < 30; i++) {
		pid = save_behind(&s, open(s.image, O_RDWR | O_CREAT | O_CLOEXEC, 0600), 0);
		usleep(i * 400);
		kill(pid, SIGKILL);
		answer_of(pid);
	}
	/* Nothing is left frozen. */
	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	subject_kill(&s);
}

/* -- not reached in time --------------------------------------------------------------- */

/*
 * A FUSE file system that nobody serves: what waits for it can only be killed.  The
 * subject's child opens a file of it.
 */
static int fuse_fd;

static void waits_for_fuse(void *arg)
{
	struct stat st;

	(void)arg;
	stat("/tmp/unserved/file", &st);
}

static void fuse_client(void)
{
	pid_t pid = spawn(waits_for_fuse, NULL);

	check(wait_until(is_blocked_in(pid, pid, -1)));
	sleep_ms(50);
	ready();
}

/* The first request, the file system's INIT, is answered; none after it. */
static bool answer_init(void)
{
	struct {
		uint32_t len, error;
		uint64_t unique;
		uint32_t major, minor, readahead, flags;
		uint16_t background, threshold;
		uint32_t max_write, time_gran;
		uint16_t max_pages, alignment;
		uint32_t flags2, unused[7];
	} out = { .len = sizeof(out), .major = 7, .minor = 31, .max_write = 4096 };
	struct { uint32_t len, opcode; uint64_t unique; char rest[8192 * 17]; } in;

	if (read(fuse_fd, &in, sizeof(in)) < 16 || in.opcode != 26)
		return false;
	out.unique = in.unique;
	return write(fuse_fd, &out, sizeof(out)) == sizeof(out);
}

TEST(task_that_cannot_freeze_is_named_in_time)
{
	struct checkpoint_args args = { .timeout_ms = 500 };
	struct checkpoint_error error = {};
	char options[128];
	uint64_t start, took;
	struct subject s;

	fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse_fd < 0)
		SKIP(return, "no FUSE");
	ASSERT_EQ(0, mkdir("/tmp/unserved", 0755));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse_fd);
	ASSERT_EQ(0, mount("unserved", "/tmp/unserved", "fuse", 0, options));
	ASSERT_TRUE(answer_init());
	ASSERT_EQ(0, subject_start(&s, fuse_client));
	args.errors = (uintptr_t)&error;
	args.nr_errors = 1;
	start = now_ns(CLOCK_MONOTONIC);
	EXPECT_EQ(-ETIMEDOUT, sys_checkpoint(s.pid, open(s.image, O_RDWR | O_CREAT, 0600),
					     CHECKPOINT_ARGS, &args, sizeof(args)));
	took = (now_ns(CLOCK_MONOTONIC) - start) / 1000000;
	EXPECT_GE(took, 450);
	EXPECT_LE(took, 1500);
	EXPECT_NE(NULL, strstr(error.message, "did not stop in time")) {
		tell("%s", error.message);
	}
	EXPECT_NE(0, error.pid);
	EXPECT_NE(s.pid, error.pid);
	/* It stood from the first task that was stopped. */
	EXPECT_LT(300000000, args.frozen_ns);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_kill(&s);
	close(fuse_fd);
	umount2("/tmp/unserved", MNT_DETACH);
}

/* -- two at once ---------------------------------------------------------------------------- */

TEST(two_checkpoints_at_once)
{
	int fd, i, a, b, both = 0;
	pid_t first, second;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, family));
	for (i = 0; i < 10; i++) {
		first = save_behind(&s, open(s.image, O_RDWR | O_CREAT | O_CLOEXEC, 0600), 0);
		fd = open(test_file("other"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		second = save_behind(&s, fd, 0);
		a = answer_of(first);
		b = answer_of(second);
		EXPECT_TRUE((!a || a == EBUSY) && (!b || b == EBUSY)) {
			tell("answers %d and %d", a, b);
		}
		both += !a && !b;
		if (a < 0 || b < 0)
			break;
	}
	tell("%d of 10 times both came to their end", both);
	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	subject_kill(&s);
}

/* -- a stalled reader ------------------------------------------------------------------ */

static void big_and_running(void)
{
	big_memory(16 << 20);
	ticks_in_a_file();
}

static void stalled(struct __test_metadata *_metadata, int in, int out)
{
	struct subject s;
	uint64_t before;
	char buf[65536];
	size_t total = 0;
	ssize_t n;
	pid_t pid;
	int fd;

	ASSERT_EQ(0, subject_start(&s, big_and_running));
	pid = save_behind(&s, in, 0);
	close(in);
	sleep_ms(200);
	before = ticks_now();
	EXPECT_TRUE(wait_until(ticks_now() > before + 20));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));

	/* Read on after all: the image is whole. */
	fd = open(s.image, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	while ((n = read(out, buf, sizeof(buf))) > 0) {
		ASSERT_EQ(n, write(fd, buf, n));
		total += n;
	}
	close(fd);
	EXPECT_LT(16 << 20, total);
	EXPECT_EQ(0, answer_of(pid));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(image_to_a_pipe_that_stalls)
{
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	stalled(_metadata, fds[1], fds[0]);
}

TEST(image_to_a_socket_that_stalls)
{
	int fds[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	stalled(_metadata, fds[1], fds[0]);
}

TEST(reader_goes_away)
{
	struct subject s;
	int fds[2];
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, subject_start(&s, big_and_running));
	pid = save_behind(&s, fds[1], CHECKPOINT_KILL);
	sleep_ms(100);
	close(fds[0]);
	EXPECT_EQ(EPIPE, answer_of(pid));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(caller_of_a_stalled_write_is_killed)
{
	struct subject s;
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, subject_start(&s, big_and_running));
	pid = save_behind(&s, fds[1], CHECKPOINT_KILL);
	sleep_ms(100);
	kill(pid, SIGKILL);
	EXPECT_EQ(1000 + SIGKILL, answer_of(pid));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- a signal for a process of many threads ------------------------------------------- */

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	check(!pthread_sigmask(SIG_BLOCK, &set, NULL));
}

static __thread volatile int own_hits;

static void on_own_hit(int sig)
{
	own_hits += sig == SIGUSR1;
}

/* Only the thread that runs the handler is interrupted. */
static void *waits_for_usr2(void *arg)
{
	sigset_t set;
	int hits;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);

	for (;;) {
		hits = own_hits;
		if (syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8) == SIGUSR2)
			return arg;
		check(errno == EINTR && own_hits > hits);
	}
}

#define NR_WAITERS	16

static void many_wait(void)
{
	struct sigaction action = { .sa_handler = on_own_hit };
	pthread_t ids[NR_WAITERS];
	int i;

	check(!sigaction(SIGUSR1, &action, NULL));
	block(SIGUSR2);
	for (i = 0; i < NR_WAITERS; i++)
		check(!pthread_create(&ids[i], NULL, waits_for_usr2, NULL));
	block(SIGUSR1);
	ready();
	for (i = 0; i < NR_WAITERS; i++)
		check(!pthread_kill(ids[i], SIGUSR2));
	for (i = 0; i < NR_WAITERS; i++)
		check(!pthread_join(ids[i], NULL));
}

TEST(signal_for_one_of_many_threads)
{
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, many_wait));
	for (i = 0; i < 100; i++) {
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
		ASSERT_EQ(0, kill(s.pid, SIGUSR1));
		close(s.cargs.hold_fd);
		sleep_ms(2);
	}
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- vfork ----------------------------------------------------------------------------- */

static void vforks(void)
{
	pid_t pid;

	write_file("ready1", "", 0);
	while (access(test_file("go1"), F_OK)) {
		pid = vfork();
		if (!pid)
			_exit(0);
		check(pid > 0 && waitpid(pid, NULL, 0) == pid);
	}
}

/* Neither waits for the other for long. */
TEST(vfork_in_a_loop)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, vforks));
	for (i = 0; i < 200; i++)
		ASSERT_LT(0, subject_save(&s, 0));
	EXPECT_GT(8000 * time_scale(), (now_ns(CLOCK_MONOTONIC) - start) / 1000000);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- a pipe of its own ------------------------------------------------------------------ */

/* The tree would have to read what it is frozen for. */
static int self_pipe[2];

static void std_to_null(void)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	setsid();
}

TEST(image_into_a_pipe_of_the_tree)
{
	struct subject s;

	ASSERT_EQ(0, pipe(self_pipe));
	ASSERT_EQ(0, subject_start_inside(&s, std_to_null, waits));
	EXPECT_EQ(-EDEADLK, sys_checkpoint(s.pid, self_pipe[1], 0, NULL, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
