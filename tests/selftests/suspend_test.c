// SPDX-License-Identifier: GPL-2.0-only
/*
 * suspend_test.c - the machine is about to sleep, which stops all processes, while a tree is
 * held, saved or restarted.  It wants a kernel that can sleep and be asked to go only so far
 * (CONFIG_PM_SLEEP_DEBUG): processes are stopped for a second, and go on.
 */
#include "checkpoint_test.h"

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* Return: 0, negative errno if somebody could not be stopped */
static int sleep_once(void)
{
	return put("/sys/power/state", "freeze");
}

FIXTURE(suspend) {
	struct subject s;
};

FIXTURE_SETUP(suspend)
{
	if (put("/sys/power/pm_test", "freezer"))
		SKIP(return, "this kernel cannot be asked to sleep (CONFIG_PM_SLEEP_DEBUG)");
	ASSERT_EQ(0, put("/sys/module/suspend/parameters/pm_test_delay", "1"));
}

FIXTURE_TEARDOWN(suspend)
{
	put("/sys/power/pm_test", "none");
}

static void waits(void)
{
	ready();
}

TEST_F(suspend, held_tree)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, subject_start(s, waits));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_FROZEN));
	EXPECT_EQ(0, sleep_once());
	EXPECT_EQ(0, waitpid(s->pid, NULL, WNOHANG));
	close(s->cargs.hold_fd);
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* Writes, forks and dies all the time, with threads in calls that wait. */
static void works(void)
{
	long i, *memory = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	check(memory != MAP_FAILED);
	write_file("ready1", "", 0);
	for (i = 0; access(test_file("go1"), F_OK); i++) {
		memory[i * 512 % (512 << 10)] = i;
		pid = fork();
		if (!pid)
			_exit(7);
		check(pid > 0 && waitpid(pid, NULL, 0) == pid);
		sleep_ms(1);
	}
}

/* A child sleeps the machine three times.  Return: its pid */
static pid_t sleeper(void)
{
	pid_t pid = fork();
	int i, err = 0;

	if (pid)
		return pid;
	for (i = 0; i < 3 && !err; i++) {
		err = sleep_once();
		sleep_ms(300);
	}
	_exit(-err);
}

/* To stop a process it is woken as by a signal: a call may have to be made again, as with one. */
static bool is_for_the_moment(long err)
{
	return err == -EINTR || err == -EBUSY || err == -ETIMEDOUT || err == -EAGAIN;
}

/* All of it comes to an end. */
TEST_F(suspend, saves_meanwhile)
{
	struct subject *s = &self->s;
	int status, saved = 0;
	pid_t pid;
	long ret;

	ASSERT_EQ(0, subject_start(s, works));
	pid = sleeper();
	ASSERT_LT(0, pid);
	while (!waitpid(pid, &status, WNOHANG)) {
		ret = subject_save(s, 0);
		EXPECT_TRUE(ret > 0 || is_for_the_moment(ret));
		saved += ret > 0;
	}
	EXPECT_EQ(0, status);
	EXPECT_LT(0, saved);
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

TEST_F(suspend, restarts_meanwhile)
{
	struct subject *s = &self->s;
	int status, restarted = 0;
	pid_t pid;
	long ret;

	ASSERT_EQ(0, subject_start(s, waits));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	pid = sleeper();
	ASSERT_LT(0, pid);
	while (!waitpid(pid, &status, WNOHANG)) {
		ret = subject_restart(s, 0);
		ASSERT_TRUE(!ret || is_for_the_moment(ret));
		if (ret < 0)
			continue;
		restarted++;
		subject_kill(s);
	}
	EXPECT_EQ(0, status);
	EXPECT_LT(0, restarted);
}

TEST_HARNESS_MAIN
