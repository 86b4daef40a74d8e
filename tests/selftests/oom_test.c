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

/* The image cannot be whole any more, and the program has lost nothing. */
TEST(snapshot_is_given_up)
{
	pid_t victim = start_victim(), saver;
	char buf[65536];
	struct subject s;
	int fds[2], status;

	ASSERT_EQ(0, subject_start(&s, big));
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	saver = fork();
	if (!saver) {
		close(fds[0]);
		_exit(-sys_checkpoint(s.pid, fds[1], 0, NULL, 0));
	}
	close(fds[1]);
	sleep_ms(200);
	EXPECT_TRUE(run_out_of_memory(victim));
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	close(fds[0]);
	ASSERT_EQ(saver, waitpid(saver, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ENOMEM, WEXITSTATUS(status));

	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
