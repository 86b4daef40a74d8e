// SPDX-License-Identifier: GPL-2.0-only
/*
 * stopped_test.c - job control: what has stopped comes back stopped, and its parent hears of
 * it what it would have heard.
 */
#include "stopped.h"

/* -- one process, and its parent ----------------------------------------------------- */

static void unreported(int sig)
{
	pid_t pid;
	int was;

	share();
	count_sigchld();
	pid = stopped_by(sig);
	was = children_died;
	check_equal(was, 1);
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED | WNOWAIT), sig);
	check_equal(told(pid, WSTOPPED), sig);
	check_equal(told(pid, WSTOPPED), 0);
	check_equal(told(pid, WCONTINUED), 0);
	check_equal(children_died, was);
	expect_goes_on(pid);
	check(children_died > was);
}

static void sigstop(void) { unreported(SIGSTOP); }
TEST_STORIES(sigstop)

static void sigtstp(void) { unreported(SIGTSTP); }
TEST_KILLED(sigtstp)

static void sigttin(void) { unreported(SIGTTIN); }
TEST_KILLED(sigttin)

static void sigttou(void) { unreported(SIGTTOU); }
TEST_KILLED(sigttou)

static void reported(void)
{
	pid_t pid;

	share();
	pid = stopped_by(SIGSTOP);
	check_equal(told(pid, WSTOPPED), SIGSTOP);
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED), 0);
	expect_goes_on(pid);
}
TEST_KILLED(reported)
TEST_TWICE(reported)

static void killed_when_stopped(void)
{
	pid_t pid;
	int status;

	share();
	pid = stopped_by(SIGSTOP);
	ready();
	expect_stopped(pid);
	check(!kill(pid, SIGKILL));
	check(waitpid(pid, &status, 0) == pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	check_equal(shared[0], 0);
}
TEST_KILLED(killed_when_stopped)

/* Continued, which nobody has asked for, and stopped again */
static void stopped_again(void)
{
	pid_t pid;

	share();
	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		raise(SIGSTOP);
		run_on();
	}
	check(wait_until(told(pid, WSTOPPED) == SIGSTOP));
	check(!kill(pid, SIGCONT));
	check(wait_until(told(pid, WSTOPPED | WNOWAIT) == SIGSTOP));
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WCONTINUED), 0);
	check_equal(told(pid, WSTOPPED), SIGSTOP);
	expect_goes_on(pid);
}
TEST_KILLED(stopped_again)

/* A stop that is pending and blocked takes effect when it is not any more. */
static void blocks_a_stop(void *arg)
{
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	check(!setpgid(0, 0) && !sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGTSTP);
	child_ready();
	check(!sigpending(&set) && sigismember(&set, SIGTSTP));
	shared[1] = 1;
	check(!sigprocmask(SIG_UNBLOCK, &set, NULL));
	run_on();
}

static void pending_stop(void)
{
	pid_t pid;

	share();
	pid = spawn(blocks_a_stop, NULL);
	await_child(pid);
	ready();
	check(wait_until(shared[1]));
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED), SIGTSTP);
	expect_goes_on(pid);
}
TEST_KILLED(pending_stop)

/* -- in the middle of a call, and many threads ------------------------------------------ */

#define NAP_MS	400

static void naps(void *arg)
{
	struct timespec nap = { 0, NAP_MS * 1000000L };
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	(void)arg;
	child_ready();
	check(!nanosleep(&nap, NULL));
	check(now_ns(CLOCK_MONOTONIC) - start >= NAP_MS * 1000000ULL);
	run_on();
}

static void in_nanosleep(void)
{
	pid_t pid;

	share();
	pid = spawn(naps, NULL);
	await_child(pid);
	check(wait_until(is_blocked_in(pid, pid, -1)));
	check(!kill(pid, SIGSTOP));
	check(wait_until(told(pid, WSTOPPED) == SIGSTOP));
	ready();
	expect_stopped(pid);
	expect_goes_on(pid);
}
TEST_KILLED(in_nanosleep)
TEST_TWICE(in_nanosleep)

static void threads(void)
{
	unsigned int was[THREADS] = {};
	pid_t pid;
	int i;

	share();
	pid = spawn(with_threads, NULL);
	check(wait_until(all_count(was)));
	check(!kill(pid, SIGSTOP));
	check(wait_until(told(pid, WSTOPPED) == SIGSTOP));
	for (i = 0; i < THREADS; i++)
		was[i] = shared[i + 1];
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED), 0);
	for (i = 0; i < THREADS; i++)
		check_equal(shared[i + 1], was[i]);
	check(!kill(pid, SIGCONT));
	check(wait_until(all_count(was)));
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
}
TEST_STORIES(threads)

TEST_HARNESS_MAIN
