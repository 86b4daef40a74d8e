// SPDX-License-Identifier: GPL-2.0-only
/*
 * oom_test.c - memory runs out while an image is written.
 */
#include "checkpoint_test.h"

#define MEMORY	(16UL << 20)

static void big(void)
{
	char *p = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	pattern_fill(p, MEMORY, 1);
	ready();
	check(pattern_is(p, MEMORY, 1));
}

/* The one to be killed, whoever else there is */
static pid_t start_victim(void)
{
	int fd;
	pid_t pid = fork();

	if (pid)
		return pid;
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	if (write(fd, "1000", 4) == 4)
		pause();
	_exit(1);
}

static bool run_out_of_memory(pid_t victim)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY), status = 0;
	bool sent = write(fd, "f", 1) == 1;

	close(fd);
	return sent && wait_until(waitpid(victim, &status, WNOHANG) == victim) &&
	       WIFSIGNALED(status);
}

/* One that writes into a pipe and is stuck there until somebody reads */
struct saver {
	pid_t pid;
	int pipe;
};

static bool start_saver(struct saver *saver, const struct subject *s, unsigned long flags)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return false;
	saver->pipe = fds[0];
	saver->pid = fork();
	if (!saver->pid) {
		long ret = sys_checkpoint(s->pid, fds[1], flags, NULL, 0);

		_exit(ret < 0 ? -ret : 0);
	}
	close(fds[1]);
	sleep_ms(200);
	return saver->pid > 0;
}

/* Return: errno of its checkpoint(), 0 if it was saved */
static int finish_saver(struct saver *saver)
{
	char buf[65536];
	int status;

	while (read(saver->pipe, buf, sizeof(buf)) > 0)
		;
	close(saver->pipe);
	if (waitpid(saver->pid, &status, 0) != saver->pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
/* The image cannot be whole any more, and the program has lost nothing. */
TEST(snapshot_is_given_up)
{
	pid_t victim = start_victim();
	struct saver saver;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, big));
	ASSERT_TRUE(start_saver(&saver, &s, 0));
	EXPECT_TRUE(run_out_of_memory(victim));
	EXPECT_EQ(ENOMEM, finish_saver(&saver));

	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

/* The pages of one that is held are its program's: it is passed over, and is whole. */
TEST(snapshot_behind_one_of_a_held_program)
{
	pid_t victim = start_victim();
	struct saver first, second;
	struct subject held, s;

	ASSERT_EQ(0, subject_start(&held, big));
	ASSERT_EQ(0, subject_start(&s, big));
	ASSERT_TRUE(start_saver(&first, &held, CHECKPOINT_KILL));
	ASSERT_TRUE(start_saver(&second, &s, 0));
	EXPECT_TRUE(run_out_of_memory(victim));
	EXPECT_EQ(ENOMEM, finish_saver(&second));
	EXPECT_EQ(0, finish_saver(&first));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	waitpid(held.pid, NULL, 0);
}

TEST_HARNESS_MAIN
