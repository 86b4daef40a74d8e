// SPDX-License-Identifier: GPL-2.0-only
/*
 * root_init_test.c - the root of the tree is the init of its own pid namespace: it is the init
 * of a new one again, which protects it, to which orphans come and with which all ends.
 */
#include "root_init.h"
#include "new_pidns.h"

/* -- an init with all that belongs to it ----------------------------------------------------- */

static volatile sig_atomic_t sender = -1;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	sender = info->si_pid;
}

static void orphaned(void *arg)
{
	(void)arg;
	check_equal(getppid(), 40);
	here("orphan");
	check_equal(getpid(), 41);
	check(wait_until(getppid() == 1));
}

static void leaves_one(void *arg)
{
	(void)arg;
	spawn(orphaned, NULL);
	here("leaver");
	check_equal(getpid(), 40);
	check_equal(getppid(), 1);
}

static void signals_init(void *arg)
{
	(void)arg;
	check_equal(setsid(), 42);
	here("sender");
	check_equal(getpid(), 42);
	check_equal(getsid(0), 42);
	check(!kill(1, SIGKILL) && !kill(1, SIGTERM) && !kill(1, SIGSTOP));
	check(!kill(1, SIGUSR1));
}

static void init_of_all(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	pid_t leaver, sending, zombie;
	siginfo_t info;
	int status;

	check_equal(getpid(), 1);
	check_equal(getppid(), 0);
	check_equal(getsid(0), 1);
	check(!sigaction(SIGUSR1, &action, NULL));
	set_last_pid("39");
	leaver = spawn(leaves_one, NULL);
	await("orphan");
	await("leaver");
	sending = spawn(signals_init, NULL);
	await("sender");
	zombie = spawn(exits, (void *)7);
	check(!waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
	set_last_pid("100");
	ready();
	check_equal(getpid(), 1);
	check_equal(getppid(), 0);
	check_equal(getsid(0), 1);
	check_equal(getpgrp(), 1);
	check_equal(last_pid(), 100);
	looked();
	join(spawn(exits, NULL));
	check_equal(last_pid(), 101);
	join(sending);
	check_equal(sender, 42);
	check(waitpid(zombie, &status, 0) == zombie && WEXITSTATUS(status) == 7);
	join(leaver);
	check(wait(&status) == 41 && !status);
	check(wait(&status) < 0 && errno == ECHILD);
	look_again();
}

static int comes_back(struct subject *s)
{
	if (subject_restart(s, 0))
		return 10;
	subject_go(s, 1);
	return subject_wait(s) ? 11 : 0;
}

TEST(killed)
{
	struct subject s;
	char before[64], after[64];

	ASSERT_EQ(0, start_as_init(&s, init_of_all));
	numbers_of(s.pid, before, sizeof(before));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	numbers_of(s.pid, after, sizeof(after));
	EXPECT_STREQ(before, after);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(left_running)
{
	struct subject s;

	ASSERT_EQ(0, start_as_init(&s, init_of_all));
	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, comes_back(&s));
}

TEST(twice)
{
	struct subject s;

	ASSERT_EQ(0, start_as_init(&s, init_of_all));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, comes_back(&s));
}

/* As with rstr --pidns: its number of before is one of a new namespace, and it lives below. */
TEST(in_a_new_namespace)
{
	struct subject s;
	pid_t a;

	ASSERT_EQ(0, start_as_init(&s, init_of_all));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	a = in_new_namespace(&s, comes_back);
	EXPECT_EQ(0, wait_status(a));
}

/* -- with nobody else ------------------------------------------------------------------------ */

static void alone(void)
{
	pid_t pid;

	ready();
	pid = spawn(exits, NULL);
	check_equal(getpid(), 1);
	check_equal(pid, 2);
	join(pid);
}

TEST(nobody_else)
{
	struct subject s;

	ASSERT_EQ(0, start_as_init(&s, alone));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, comes_back(&s));
}

/* -- namespaces below its own ---------------------------------------------------------------- */

static void levels(void) { have_levels(false); }

TEST(levels_below)
{
	struct subject s;

	ASSERT_EQ(0, start_as_init(&s, levels));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, comes_back(&s));
}

/* The session and group of what stood above it are outside, as below unshare(1). */
TEST(session_outside)
{
	struct subject s, init;

	ASSERT_EQ(0, subject_start(&s, levels));
	init = s;
	init.pid = s.pid + 1;
	ASSERT_LT(0, subject_save(&init, 0));
	subject_kill(&s);
	reap_all();
	ASSERT_EQ(0, subject_restart(&init, 0));
	looked();
	EXPECT_EQ(0, subject_wait(&init));
}

/* -- its end is that of all ------------------------------------------------------------------ */

static void has_children(void)
{
	spawn(waits, "one");
	spawn(waits, "two");
	await("one");
	await("two");
	ready();
	pause();
}

TEST(ends_with_it)
{
	struct subject s;

	ASSERT_EQ(0, start_as_init(&s, has_children));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, kill(s.pid, SIGTERM));
	sleep_ms(20);
	EXPECT_EQ(0, waitpid(s.pid, NULL, WNOHANG));
	EXPECT_EQ(0, kill(s.pid, SIGKILL));
	EXPECT_EQ(SIGKILL, wait_status(s.pid));
	EXPECT_EQ(-1, waitpid(-1, NULL, 0));
	EXPECT_EQ(-1, kill(s.pid + 1, 0));
}

/* -- who comes into it while it is held ------------------------------------------------------- */

/* Return: who was born in the namespace of @pid meanwhile */
static pid_t intrude(pid_t pid)
{
	pid_t intruder = fork();
	char path[64];
	int fd;

	if (intruder)
		return intruder;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	check(fd >= 0 && !setns(fd, CLONE_NEWPID));
	intruder = fork();
	if (!intruder) {
		write_file("intruder", "", 0);
		pause();
	}
	check(wait_until(!access(test_file("gone"), F_OK)));
	check(!kill(intruder, SIGKILL) && wait_status(intruder) == SIGKILL);
	_exit(0);
}

TEST(intruder_is_not_killed)
{
	struct subject s;
	pid_t pid;

	ASSERT_EQ(0, start_as_init(&s, alone));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	pid = intrude(s.pid);
	ASSERT_TRUE(wait_until(!access(test_file("intruder"), F_OK)));
	EXPECT_EQ(-EAGAIN, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	write_file("gone", "", 0);
	EXPECT_EQ(0, wait_status(pid));
	EXPECT_EQ(0, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	EXPECT_EQ(SIGKILL, wait_status(s.pid));
	close(s.cargs.hold_fd);
	EXPECT_EQ(0, comes_back(&s));
}

/* -- refused --------------------------------------------------------------------------------- */

static long answer_inside(pid_t pid)
{
	int fd = open("image.inside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct checkpoint_error error = {};
	struct checkpoint_args args = {
		.errors = (uintptr_t)&error, .nr_errors = 1, .timeout_ms = 1000 * time_scale(),
	};
	long ret = sys_checkpoint(pid, fd, CHECKPOINT_ARGS, &args, sizeof(args));

	close(fd);
	if (ret == -EOPNOTSUPP)
		check(strstr(error.message, "is the init of the caller's pid namespace"));
	return ret;
}

static void saves_above(void *arg)
{
	(void)arg;
	check_equal(answer_inside(1), -EOPNOTSUPP);
}

static void saves_itself(void)
{
	check_equal(answer_inside(0), -EOPNOTSUPP);
	join(spawn(saves_above, NULL));
	ready();
	check_equal(answer_inside(0), -EOPNOTSUPP);
}

/* Those in there cannot see its number outside; whoever can may save it. */
TEST(from_within)
{
	struct subject s;

	ASSERT_EQ(0, start_as_init(&s, saves_itself));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, comes_back(&s));
}

/* Has its number, and cannot become an init. */
static int becomes_it(struct subject *s)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);

	return sys_restart(0, fd, RESTART_SELF, NULL, 0) == -EINVAL ? 0 : 12;
}

static int tries_to_become(struct subject *s)
{
	return with_its_number(s, becomes_it);
}

TEST(nobody_becomes_init)
{
	struct subject s;

	ASSERT_EQ(0, start_as_init(&s, alone));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, wait_status(in_new_namespace(&s, tries_to_become)));
	EXPECT_EQ(0, comes_back(&s));
}

TEST_HARNESS_MAIN
