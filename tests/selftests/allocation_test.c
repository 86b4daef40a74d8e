// SPDX-License-Identifier: GPL-2.0-only
/*
 * allocation_test.c - the first, the second, the third ... allocation or copy of a call
 * fails: the call fails as a whole or does its work as a whole.
 *
 * By /proc/PID/fail-nth, of the caller alone; needs a kernel with fault injection.
 * Hundreds of restarts take long: only every eleventh fault is tried, unless
 * CHECKPOINT_TEST_STEP says otherwise.
 */
#include <pthread.h>

#include "checkpoint_test.h"

#define MOST	20000	/* more than a call makes */
#define INJECTS	"/sys/kernel/debug/"

static int step = 11;

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		tell("%s cannot be written", path);
	close(fd);
}

/*
 * The file by which faults are asked for, -1 without fault injection.  Also calls that
 * may sleep fail, and without a word on the console.
 */
static int fault_fd(void)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (getenv("CHECKPOINT_TEST_STEP"))
		step = atoi(getenv("CHECKPOINT_TEST_STEP"));
	write_text(INJECTS "failslab/ignore-gfp-wait", "N");
	write_text(INJECTS "fail_page_alloc/ignore-gfp-wait", "N");
	write_text(INJECTS "fail_page_alloc/min-order", "0");
	write_text(INJECTS "failslab/verbose", "0");
	write_text(INJECTS "fail_page_alloc/verbose", "0");
	write_text(INJECTS "fail_usercopy/verbose", "0");
	return fd;
}

static void fail_nth(int fd, int nr)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nr);
	pwrite(fd, text, strlen(text), 0);
}

/* Did it come to the fault?  No fault is left waiting. */
static bool has_failed(int fd)
{
	char text[16] = "";

	pread(fd, text, sizeof(text) - 1, 0);
	fail_nth(fd, 0);
	return atoi(text) == 0;
}

/* -- a program with something of everything ----------------------------------------------- */

static void *second_thread(void *arg)
{
	int *pipe_fd = arg;
	char c;

	check(read(pipe_fd[0], &c, 1) == 1 && c == 'x');
	return NULL;
}

static void child(void *arg)
{
	char *p = arg;

	p[0] = 2;
	child_ready();
	check_equal(p[0], 2);
}

static void has_a_bit_of_everything(void)
{
	int fds[2], more[2], fd = open(test_file("data"), O_RDWR | O_CREAT, 0600);
	struct flock lock = { .l_type = F_WRLCK };
	sigset_t set;
	pthread_t id;
	char *p, c;
	pid_t pid;

	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(p != MAP_FAILED && fd >= 0 && !pipe(fds) && !pipe(more));
	pattern_fill(p, 1 << 20, 7);
	check(!fcntl(fd, F_SETLK, &lock) && write(more[1], "y", 1) == 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	check(!sigprocmask(SIG_BLOCK, &set, NULL) && !kill(getpid(), SIGUSR1));
	check(!pthread_create(&id, NULL, second_thread, fds));
	pid = spawn(child, p);
	await_child(pid);
	ready();
	check(pattern_is(p, 1 << 20, 7));
	check(read(more[0], &c, 1) == 1 && c == 'y');
	check_equal(sigwaitinfo(&set, NULL), SIGUSR1);
	check(write(fds[1], "x", 1) == 1 && !pthread_join(id, NULL));
	join(pid);
}

/* -- the calls ------------------------------------------------------------------------------ */

/* Whatever the call answered, the program goes on, and can be saved in the end. */
TEST(checkpoint)
{
	struct checkpoint_args args;
	unsigned int failed = 0;
	struct subject s;
	int nr, fd, fault = fault_fd();
	bool more = true;
	long ret;

	if (fault < 0)
		SKIP(return, "this kernel cannot inject faults");
	ASSERT_EQ(0, subject_start(&s, has_a_bit_of_everything));
	for (nr = 1; more && nr < MOST; nr += step) {
		memset(&args, 0, sizeof(args));
		fd = open(s.image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		fail_nth(fault, nr);
		ret = sys_checkpoint(s.pid, fd, CHECKPOINT_ARGS, &args, sizeof(args));
		more = has_failed(fault);
		close(fd);
		failed += ret < 0;
		if (!more)
			EXPECT_LT(0, ret);
	}
	EXPECT_FALSE(more);
	tell("%u of %d calls failed", failed, nr / step);
	EXPECT_LT(10, failed);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(restart)
{
	struct restart_args args;
	unsigned int failed = 0;
	struct subject s;
	int nr, fd, fault = fault_fd();
	bool more = true;
	long ret;

	if (fault < 0)
		SKIP(return, "this kernel cannot inject faults");
	ASSERT_EQ(0, subject_start(&s, has_a_bit_of_everything));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	for (nr = 1; more && nr < MOST; nr += step) {
		memset(&args, 0, sizeof(args));
		fd = open(s.image, O_RDONLY | O_CLOEXEC);
		fail_nth(fault, nr);
		ret = sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args));
		more = has_failed(fault);
		close(fd);
		failed += ret < 0;
		if (ret < 0) {
			ASSERT_EQ(-1, waitpid(-1, NULL, WNOHANG));
			ASSERT_EQ(ECHILD, errno);
			ASSERT_EQ(-1, kill(s.pid, 0));
		} else {
			ASSERT_EQ(s.pid, ret);
			subject_kill(&s);
		}
	}
	EXPECT_FALSE(more);
	tell("%u of %d calls failed", failed, nr / step);
	EXPECT_LT(10, failed);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
