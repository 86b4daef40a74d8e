// SPDX-License-Identifier: GPL-2.0-only
/*
 * restart_block_test.c - interrupted system calls: each keeps the time that it has
 * left, is woken by its event, and never shows an EINTR.
 *
 * A sleep of LENGTH ms is saved at 30 or 60 % of it.  The restarted program sleeps
 * for what is left, which it does not see; the test measures it from the restart.
 */
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include <stddef.h>
#include "timed.h"

static struct timespec length = { LENGTH / 1000, LENGTH % 1000 * 1000000L };
static int fds[2];
static int futex_word;

static struct timespec later(clockid_t clock)
{
	uint64_t then = now_ns(clock) + LENGTH_NS;

	return (struct timespec) { then / 1000000000, then % 1000000000 };
}

/* -- the calls ----------------------------------------------------------------------- */

static void call_nanosleep(void)
{
	struct timespec left;

	starts();
	check(!nanosleep(&length, &left));
}

static void call_clock_nanosleep_monotonic(void)
{
	starts();
	check(!clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL));
}

static void call_clock_nanosleep_boottime(void)
{
	starts();
	check(!clock_nanosleep(CLOCK_BOOTTIME, 0, &length, NULL));
}

static void call_clock_nanosleep_realtime(void)
{
	starts();
	check(!clock_nanosleep(CLOCK_REALTIME, 0, &length, NULL));
}

static void call_poll(void)
{
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };

	starts();
	check(poll(&pfd, 1, LENGTH) >= 0);
}

static void call_ppoll(void)
{
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };

	starts();
	check(ppoll(&pfd, 1, &length, NULL) >= 0);
}

static int watching(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	check(!epoll_ctl(fd, EPOLL_CTL_ADD, fds[0], &event));
	return fd;
}

static void call_epoll_wait(void)
{
	struct epoll_event event;
	int fd = watching();

	starts();
	check(epoll_wait(fd, &event, 1, LENGTH) >= 0);
}

static void call_epoll_pwait2(void)
{
	struct epoll_event event;
	int fd = watching();

	starts();
	check(syscall(SYS_epoll_pwait2, fd, &event, 1, &length, NULL, 0) >= 0);
}

static void call_select(void)
{
	struct timeval tv = { LENGTH / 1000, LENGTH % 1000 * 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	starts();
	check(select(fds[0] + 1, &set, NULL, NULL, &tv) >= 0);
}

static void call_pselect(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	starts();
	check(pselect(fds[0] + 1, &set, NULL, NULL, &length, NULL) >= 0);
}

static void call_futex(void)
{
	starts();
	check(syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, &length) == -1);
	check_equal(errno, ETIMEDOUT);
}

static void call_futex_bitset(void)
{
	struct timespec then = later(CLOCK_MONOTONIC);

	starts();
	check(syscall(SYS_futex, &futex_word, FUTEX_WAIT_BITSET_PRIVATE, 0, &then, NULL, 5) == -1);
	check_equal(errno, ETIMEDOUT);
}

static void call_sigtimedwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	starts();
	if (sigtimedwait(&set, NULL, &length) != SIGUSR1)
		check_equal(errno, EAGAIN);
}

/* As sandboxes do that allow what they need and nothing else */
static void forbid_restart(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_restart_syscall, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void call_filtered_nanosleep(void)
{
	forbid_restart();
	call_nanosleep();
}

static void call_filtered_poll(void)
{
	forbid_restart();
	call_poll();
}

static void call_filtered_futex(void)
{
	forbid_restart();
	call_futex();
}

static void prepare(void)
{
	check(!pipe(fds));
}

/* -- left to run out ------------------------------------------------------------------------- */

TEST_TIMEOUT(nanosleep)
TEST_TIMEOUT(clock_nanosleep_monotonic)
TEST_TIMEOUT(clock_nanosleep_boottime)
TEST_TIMEOUT(clock_nanosleep_realtime)
TEST_TIMEOUT(poll)
TEST_TIMEOUT(ppoll)
TEST_TIMEOUT(select)
TEST_TIMEOUT(pselect)
TEST_TIMEOUT(futex)
TEST_TIMEOUT(futex_bitset)
TEST_TIMEOUT(sigtimedwait)
TEST_TIMEOUT(epoll_wait)
TEST_TIMEOUT(epoll_pwait2)
TEST_TIMEOUT(filtered_nanosleep)
TEST_TIMEOUT(filtered_poll)
TEST_TIMEOUT(filtered_futex)

/* -- the event comes after the thaw ------------------------ */

static void (*the_wait)(void);

static void on_usr2(int sig)
{
	(void)sig;
}

/* A second process brings the event when the test says so. */
static void with_helper(void)
{
	pid_t pid, parent = getpid();

	signal(SIGUSR2, on_usr2);
	check(!pipe(fds));
	pid = fork();
	if (!pid) {
		check(wait_until(!access(test_file("go1"), F_OK)));
		sleep_ms(30);
		check(write(fds[1], "x", 1) == 1);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	the_wait();
	join(pid);
}

static void woken_poll(void)
{
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };

	signal(SIGUSR1, SIG_IGN);
	starts();
	check_equal(poll(&pfd, 1, 20000), 1);
	check_equal(pfd.revents, POLLIN);
}

static void woken_ppoll(void)
{
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };
	struct timespec ts = { 20, 0 };

	signal(SIGUSR1, SIG_IGN);
	starts();
	check_equal(ppoll(&pfd, 1, &ts, NULL), 1);
}

static void woken_select(void)
{
	struct timeval tv = { 20, 0 };
	fd_set set;

	signal(SIGUSR1, SIG_IGN);
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	starts();
	check_equal(select(fds[0] + 1, &set, NULL, NULL, &tv), 1);
}

static void woken_epoll_wait(void)
{
	struct epoll_event event;
	int fd = watching();

	signal(SIGUSR1, SIG_IGN);
	starts();
	check_equal(epoll_wait(fd, &event, 1, 20000), 1);
}

static void woken_sigtimedwait(void)
{
	struct timespec ts = { 20, 0 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	starts();
	check_equal(sigtimedwait(&set, &info, &ts), SIGUSR1);
	check_equal(info.si_code, SI_USER);
}

static void woken_nanosleep(void)
{
	struct timespec ts = { 20, 0 }, left = {};

	signal(SIGUSR1, on_usr2);
	starts();
	check(nanosleep(&ts, &left) == -1 && errno == EINTR);
	check(left.tv_sec >= 15 && left.tv_sec < 20);
}

static void woken(struct __test_metadata *_metadata, void (*wait)(void), bool kill)
{
	struct subject s;

	the_wait = wait;
	ASSERT_EQ(0, subject_start(&s, with_helper));
	sleep_ms(50);
	ASSERT_LT(0, subject_save(&s, kill ? CHECKPOINT_KILL : 0));
	if (kill) {
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

#define TEST_WOKEN(call)								\
	TEST(call##_woken_after_restart) { woken(_metadata, woken_##call, true); }	\
	TEST(call##_woken_left_running) { woken(_metadata, woken_##call, false); }

TEST_WOKEN(poll)
TEST_WOKEN(ppoll)
TEST_WOKEN(select)
TEST_WOKEN(sigtimedwait)
TEST_WOKEN(nanosleep)
TEST_WOKEN(epoll_wait)

TEST_HARNESS_MAIN
