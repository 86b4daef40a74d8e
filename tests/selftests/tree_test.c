// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree_test.c - trees of processes: pids, parents, groups, sessions, zombies,
 * orphans; 10, 100 and 1,000 processes three levels deep with pipes between.
 */
#include <sys/resource.h>

#include "checkpoint_test.h"

/* Children tell that they are up by one byte each. */
static int up[2], go[2], down[2];

static void make_pipes(void)
{
	check(!pipe(up) && !pipe(go) && !pipe(down));
}

static void tell_up(void)
{
	check(write(up[1], "u", 1) == 1);
}

static void wait_for(int fd, int count)
{
	char c;

	while (count--)
		check(read(fd, &c, 1) == 1);
}

static void let_go(int count)
{
	while (count--)
		check(write(go[1], "g", 1) == 1);
}

static void wait_for_go(void)
{
	wait_for(go[0], 1);
}

/* -- large trees ------------------------ */

/*
 * Each node answers over a pipe of its own with 1 and what its children answer.  It
 * has @widths[0] children, these have @widths[1] of their own, and so on to 0.
 */
static void node(const int *widths, int answer);

static void make_children(const int *widths, int pipes[][2], pid_t *pids)
{
	int i;

	for (i = 0; i < widths[0]; i++) {
		check(!pipe(pipes[i]));
		pids[i] = fork();
		check(pids[i] >= 0);
		if (!pids[i]) {
			close(pipes[i][0]);
			node(widths + 1, pipes[i][1]);
			_exit(0);
		}
		close(pipes[i][1]);
	}
}

static int sum_of_children(int count, int pipes[][2], const pid_t *pids)
{
	int i, n, sum = 1;

	for (i = 0; i < count; i++) {
		check(read(pipes[i][0], &n, sizeof(n)) == sizeof(n));
		sum += n;
		join(pids[i]);
	}
	return sum;
}

static void node(const int *widths, int answer)
{
	pid_t pids[widths[0] + 1], self = getpid(), parent = getppid();
	int pipes[widths[0] + 1][2], sum;

	make_children(widths, pipes, pids);
	tell_up();
	wait_for_go();
	check_equal(getpid(), self);
	check_equal(getppid(), parent);
	sum = sum_of_children(widths[0], pipes, pids);
	check(write(answer, &sum, sizeof(sum)) == sizeof(sum));
}

/* One root, @width1 children, each with @width2 of its own */
static void tree(int width1, int width2)
{
	int widths[] = { width1, width2, 0 }, total = width1 * (1 + width2);
	int pipes[width1][2];
	pid_t pids[width1];

	make_pipes();
	make_children(widths, pipes, pids);
	wait_for(up[0], total);
	ready();
	let_go(total);
	check_equal(sum_of_children(width1, pipes, pids), total + 1);
}

static void ten_processes(void)
{
	tree(3, 2);		/* 1 + 3 + 6 */
}
TEST_STORIES(ten_processes)

static void hundred_processes(void)
{
	tree(9, 10);		/* 1 + 9 + 90 */
}
TEST_STORIES(hundred_processes)

static void thousand_processes(void)
{
	tree(27, 36);		/* 1 + 27 + 972 */
}
TEST_KILLED(thousand_processes)
TEST_LEFT_RUNNING(thousand_processes)

/* -- groups and sessions ------------------------ */

static void in_own_group(void *arg)
{
	(void)arg;
	setpgid(0, 0);
	tell_up();
	wait_for_go();
	check_equal(getpgrp(), getpid());
	check_equal(getsid(0), getppid());
}

static void in_own_session(void *arg)
{
	(void)arg;
	check_equal(setsid(), getpid());
	tell_up();
	wait_for_go();
	check_equal(getsid(0), getpid());
	check_equal(getpgrp(), getpid());
	check(setsid() == -1 && errno == EPERM);
}

static void groups_and_sessions(void)
{
	pid_t a, b, c;

	make_pipes();
	a = spawn(in_own_group, NULL);
	b = spawn(in_own_session, NULL);
	wait_for(up[0], 2);
	c = fork();
	if (!c) {
		check(!setpgid(0, a));
		tell_up();
		wait_for_go();
		check_equal(getpgrp(), a);
		_exit(0);
	}
	wait_for(up[0], 1);
	ready();
	check_equal(getpgid(a), a);
	check_equal(getpgid(c), a);
	check_equal(getsid(b), b);
	check_equal(getsid(a), getpid());
	let_go(3);
	join(a);
	join(b);
	join(c);
}
TEST_STORIES(groups_and_sessions)

/* The leader of a group and of a session has gone, its members have not. */
static void dead_leaders(void)
{
	pid_t leader, member, sid = getpid();
	int status;

	make_pipes();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	leader = fork();
	if (!leader) {
		check(setsid() > 0);
		member = fork();
		if (member)
			_exit(0);
		check(wait_until(getppid() == sid));
		leader = getsid(0);
		tell_up();
		wait_for_go();
		check_equal(getsid(0), leader);
		check_equal(getpgrp(), leader);
		check(kill(leader, 0) == -1 && errno == ESRCH);
		_exit(7);
	}
	join(leader);
	wait_for(up[0], 1);
	ready();
	let_go(1);
	check(wait(&status) > 0);
	check_equal(status, 7 << 8);
}
TEST_STORIES(dead_leaders)

/* An orphan that is not ours any more stays in our session and our group. */
static void leaves_member_outside(void)
{
	pid_t child = fork(), self = getpid(), pid;

	if (!child) {
		if (fork())
			_exit(0);
		while (getppid() == 1 || getpgid(getppid()) == self)
			sleep_ms(1);
		pid = getpid();
		write_file("outside", &pid, sizeof(pid));
		for (;;)
			pause();
	}
	check(waitpid(child, NULL, 0) == child);
	check(wait_until(!access(test_file("outside"), F_OK)));
	ready();
}

TEST(member_outside_is_reported)
{
	char words[128], raw[sizeof(pid_t) + 1];
	struct subject s;
	pid_t outside;

	ASSERT_EQ(0, subject_start(&s, leaves_member_outside));
	/* Its writer does not wait for us. */
	ASSERT_TRUE(wait_until(read_file(test_file("outside"), raw, sizeof(raw)) ==
			       sizeof(outside)));
	memcpy(&outside, raw, sizeof(outside));
	ASSERT_LT(0, subject_save(&s, 0));
	snprintf(words, sizeof(words), "process %d (%.15s) outside the tree is in its session",
		 outside, program_invocation_short_name);
	EXPECT_TRUE(subject_told(&s, words));
	snprintf(words, sizeof(words),
		 "process %d (%.15s) outside the tree is in its process group", outside,
		 program_invocation_short_name);
	EXPECT_TRUE(subject_told(&s, words));
	kill(s.pid, SIGKILL);
	ASSERT_EQ(s.pid, waitpid(s.pid, NULL, 0));
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	kill(outside, SIGKILL);
	reap_all();
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- zombies ------------------------ */

static bool is_zombie(pid_t pid)
{
	siginfo_t info = {};

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

static void zombies(void)
{
	pid_t exited = fork(), killed, status_pid;
	siginfo_t info = {};
	int status;

	if (!exited)
		_exit(42);
	killed = fork();
	if (!killed) {
		pause();
		_exit(0);
	}
	kill(killed, SIGTERM);
	check(wait_until(is_zombie(exited) && is_zombie(killed)));
	ready();
	check(!waitid(P_PID, exited, &info, WEXITED | WNOWAIT));
	check_equal(info.si_code, CLD_EXITED);
	check_equal(info.si_status, 42);
	check_equal(info.si_pid, exited);
	status_pid = waitpid(exited, &status, 0);
	check(status_pid == exited && status == 42 << 8);
	status_pid = waitpid(killed, &status, 0);
	check(status_pid == killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	check(wait(NULL) == -1 && errno == ECHILD);
}
TEST_STORIES(zombies)

/* Its death was told before: not told again. */
static volatile int deaths;

static void on_death(int sig)
{
	(void)sig;
	deaths++;
}

static void zombie_tells_once(void)
{
	pid_t pid;

	signal(SIGCHLD, on_death);
	pid = fork();
	if (!pid)
		_exit(1);
	check(wait_until(is_zombie(pid) && deaths == 1));
	ready();
	sleep_ms(50);
	check_equal(deaths, 1);
	check(waitpid(pid, NULL, 0) == pid);
}
TEST_STORIES(zombie_tells_once)

/* -- orphans ------------------------ */

static void orphan(void *arg)
{
	pid_t reaper = (intptr_t)arg;

	check(wait_until(getppid() == reaper));
	tell_up();
	wait_for_go();
	check_equal(getppid(), reaper);
	_exit(3);
}

static void leaves_orphan(void *arg)
{
	spawn(orphan, arg);
}

static void subreaper_adopts(void)
{
	int status, is = 0;

	make_pipes();
	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	join(spawn(leaves_orphan, (void *)(intptr_t)getpid()));
	wait_for(up[0], 1);
	ready();
	check(!prctl(PR_GET_CHILD_SUBREAPER, &is) && is == 1);
	let_go(1);
	check(wait(&status) > 0);
	check_equal(status, 3 << 8);
	join(spawn(leaves_orphan, (void *)(intptr_t)getpid()));
	let_go(1);
	check(wait(&status) > 0);
	check_equal(status, 3 << 8);
}
TEST_STORIES(subreaper_adopts)

/* -- children of threads and odd exit signals ------------------------ */

static int quiet_child(void *arg)
{
	(void)arg;
	tell_up();
	wait_for_go();
	return 5;
}

static void exit_signal_none(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid;
	int status;

	make_pipes();
	signal(SIGCHLD, on_death);
	pid = clone(quiet_child, stack + sizeof(stack), 0, NULL);
	check(pid > 0);
	wait_for(up[0], 1);
	ready();
	let_go(1);
	check(waitpid(pid, &status, __WCLONE) == pid);
	check_equal(status, 5 << 8);
	check_equal(deaths, 0);
}
TEST_STORIES(exit_signal_none)

static void parent_death_signal(void)
{
	pid_t pid;
	int sig = 0;

	make_pipes();
	pid = fork();
	if (!pid) {
		check(!prctl(PR_SET_PDEATHSIG, SIGUSR2));
		tell_up();
		wait_for_go();
		check(!prctl(PR_GET_PDEATHSIG, &sig) && sig == SIGUSR2);
		_exit(0);
	}
	wait_for(up[0], 1);
	ready();
	let_go(1);
	join(pid);
}
TEST_STORIES(parent_death_signal)

/* Forks all the time: the freeze must catch parents and children alike. */
static void forks_on(void)
{
	int i;

	write_file("ready1", "", 0);
	for (i = 0; access(test_file("go1"), F_OK); i++) {
		pid_t pid = fork();

		check(pid >= 0);
		if (!pid)
			_exit(i & 0x7f);
		check(waitpid(pid, &pid, 0) > 0);
		check_equal(pid, (i & 0x7f) << 8);
	}
}

TEST(caught_while_forking)
{
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, forks_on));
	for (i = 0; i < 10; i++) {
		sleep_ms(5);
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* The child that ends is the test's own, and its parent sees it as any child. */
TEST(restarted_tree_is_killed_as_any)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, ten_processes));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(10, s.rargs.nr_processes);
	ASSERT_EQ(0, kill(-s.pid, SIGKILL));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status));
	reap_all();
	EXPECT_EQ(-1, kill(-s.pid, 0));
}

TEST_HARNESS_MAIN
