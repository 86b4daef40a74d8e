// SPDX-License-Identifier: GPL-2.0-only
/*
 * oom_test.c - memory runs out while an image is written or read: that of the machine, and
 * that which a control group may have.
 */
#include "checkpoint_test.h"
#include "memory_group.h"

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
	char path[64], text[16];
	pid_t pid = fork();
	int fd;

	if (!pid) {
		fd = open("/proc/self/oom_score_adj", O_WRONLY);
		if (write(fd, "1000", 4) == 4)
			pause();
		_exit(1);
	}
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	wait_until(read_file(path, text, sizeof(text)) > 0 && atoi(text) == 1000);
	return pid;
}

static bool run_out_of_memory(pid_t victim)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY), status = 0;
	bool sent = write(fd, "f", 1) == 1;

	close(fd);
	return sent && wait_until(waitpid(victim, &status, WNOHANG) == victim) &&
	       WIFSIGNALED(status);
}

/* -- the machine ---------------------------------------------------------------------------- */

/* The image cannot be whole any more, and the program has lost nothing. */
TEST(snapshot_is_given_up)
{
	pid_t victim = start_victim();
	struct saver saver;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, big));
	ASSERT_TRUE(start_saver(&saver, &s, 0, false));
	EXPECT_TRUE(run_out_of_memory(victim));
	EXPECT_EQ(ENOMEM, finish_saver(&saver));

	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

/*
 * The pages of one that is held are its program's: it is passed over, and if a task must
 * die it is the caller and not the program.
 */
TEST(snapshot_behind_one_of_a_held_program)
{
	struct saver first, second;
	struct subject held, s;
	char dir[sizeof(test_dir)];

	ASSERT_EQ(0, subject_start(&held, big));
	strcpy(dir, test_dir);
	ASSERT_EQ(0, subject_start(&s, big));
	ASSERT_TRUE(start_saver(&first, &held, CHECKPOINT_KILL, false));
	ASSERT_TRUE(start_saver(&second, &s, 0, false));
	EXPECT_TRUE(run_out_of_memory(first.pid));
	EXPECT_EQ(ENOMEM, finish_saver(&second));
	close(first.pipe);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	strcpy(test_dir, dir);
	subject_go(&held, 1);
	EXPECT_EQ(0, subject_wait(&held));
}

/* -- a control group ---------------------------------------------------------------------- */

#define IN_GROUP	(32UL << 20)

/* Writes all its memory anew, again and again, and says how often it has. */
static void rewrite_in_group(int how, int advice)
{
	unsigned long round;
	char text[24];
	char *p;

	group_make();
	p = mmap(NULL, IN_GROUP, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1, 0);
	check(p != MAP_FAILED);
	madvise(p, IN_GROUP, advice);
	pattern_fill(p, IN_GROUP, 0);
	ready();
	for (round = 1; access(test_file("go2"), F_OK); round++) {
		pattern_fill(p, IN_GROUP, round);
		check(pattern_is(p, IN_GROUP, round));
		write_file("rounds", text, snprintf(text, sizeof(text), "%lu", round));
	}
}

static void small_pages(void)
{
	rewrite_in_group(MAP_PRIVATE, MADV_NOHUGEPAGE);
}

static void huge_pages(void)
{
	rewrite_in_group(MAP_PRIVATE, MADV_HUGEPAGE);
}

static void pages_in_common(void)
{
	rewrite_in_group(MAP_SHARED, MADV_NORMAL);
}

static unsigned long rounds(void)
{
	char text[24];

	return read_file(test_file("rounds"), text, sizeof(text)) > 0 ? strtoul(text, NULL, 10) : 0;
}

/*
 * The program has @percent of what its group may have, and @later while its image is written.
 * Return: errno of its checkpoint, if the program lived
 */
static int story_with(void (*run)(void), unsigned int percent, unsigned int later, bool inside)
{
	unsigned long bytes;
	struct saver saver;
	struct subject s;
	int err;

	if (subject_start(&s, run))
		return -ECHILD;
	bytes = group_read("memory.current");
	if (!group_write("memory.max", bytes / percent * 100))
		return -EIO;
	if (!start_saver(&saver, &s, 0, inside))
		return -EAGAIN;
	if (later && !group_write("memory.max", bytes / later * 100))
		return -EIO;
	subject_go(&s, 1);
	if (!wait_until(rounds() >= 2 || waitpid(s.pid, &s.status, WNOHANG) == s.pid))
		tell("the program does not get on");
	err = finish_saver(&saver);
	subject_go(&s, 2);
	if (subject_wait(&s)) {
		tell("the saver has ended with %d", err);
		return -ESRCH;
	}
	group_remove();
	if (err)
		tell("the saver has ended with %d", err);
	return err;
}

#define TEST_IN_CALLERS_GROUP(run, percent, err)					\
	TEST(run##_at_##percent##_percent_of_a_group_with_the_caller) {			\
		ASSERT_EQ(err, story_with(run, percent, 0, true));			\
	}

#define TEST_IN_GROUP(run, percent)							\
	TEST(run##_at_##percent##_percent_of_a_group) {					\
		ASSERT_EQ(ENOMEM, story_with(run, percent, 0, false));			\
	}										\
	TEST_IN_CALLERS_GROUP(run, percent, ENOMEM)

TEST_IN_GROUP(small_pages, 60)
TEST_IN_GROUP(small_pages, 98)
TEST_IN_GROUP(huge_pages, 60)
TEST_IN_GROUP(huge_pages, 98)

/*
 * Where there is no room for a second copy of what is in common it is copied at the cost of
 * whoever saves, or the program stands for a while: it is never killed.
 */
TEST(pages_in_common_of_a_full_group)
{
	EXPECT_EQ(0, story_with(pages_in_common, 98, 0, false));
}

/* There was room when the image was begun, and it is taken away. */
TEST(pages_in_common_of_a_group_that_shrinks)
{
	EXPECT_EQ(ENOMEM, story_with(pages_in_common, 40, 80, false));
}

/* -- page tables ---------------------------------------------------------------------------- */

#define SPARSE		(8UL << 30)
#define TABLE_SPAN	(2UL << 20)
#define TABLES		(SPARSE / TABLE_SPAN * 4096)

static void read_sparsely(const volatile char *p)
{
	size_t at;

	for (at = TABLE_SPAN; at < SPARSE; at += TABLE_SPAN)
		check(!p[at]);
}

/* One page of its own, and page tables full of the kernel's page of zeros */
static void page_tables(void)
{
	unsigned long round;
	char text[24];
	char *p;

	group_make();
	p = mmap(NULL, SPARSE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check(p != MAP_FAILED && !madvise(p, SPARSE, MADV_NOHUGEPAGE));
	*p = 1;
	read_sparsely(p);
	/* More than a pipe takes, so that who saves it is stuck */
	big_memory(1 << 20);
	ready();
	for (round = 1; access(test_file("go2"), F_OK); round++) {
		read_sparsely(p);
		write_file("rounds", text, snprintf(text, sizeof(text), "%lu", round));
	}
}

/* The snapshot has as many: where there is no room for them there is no snapshot. */
TEST_IN_CALLERS_GROUP(page_tables, 60, ENOMEM)
TEST_IN_CALLERS_GROUP(page_tables, 98, ENOMEM)
TEST_IN_CALLERS_GROUP(page_tables, 30, 0)

/* It is the caller who pays. */
TEST(page_tables_of_a_full_group_without_the_caller)
{
	EXPECT_EQ(0, story_with(page_tables, 98, 0, false));
}

TEST(page_tables_are_paid_for_until_the_image_is_written)
{
	unsigned long before, held, after;
	struct saver saver;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, page_tables));
	before = group_read("memory.current");
	ASSERT_TRUE(start_saver(&saver, &s, 0, true));
	held = group_read("memory.current");
	EXPECT_EQ(0, finish_saver(&saver));
	after = group_read("memory.current");
	EXPECT_LT(before + TABLES, held);
	EXPECT_GT(before + TABLES / 8, after);
	tell("%lu, %lu and %lu KiB", before >> 10, held >> 10, after >> 10);
	subject_go(&s, 1);
	subject_go(&s, 2);
	EXPECT_EQ(0, subject_wait(&s));
	group_remove();
}

/* -- restart() ------------------------------------------------------------------------------ */

/* There is less than the program needs.  Nothing is left of what was made. */
TEST(restart_in_a_small_group)
{
	int status = 0;
	struct subject s;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, big));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	pid = fork();
	if (!pid) {
		group_make();
		check(group_write("memory.max", MEMORY / 2));
		_exit(subject_restart(&s, 0) ? 0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	/* It was killed, or told that there is no memory: 1 is that of a restart. */
	EXPECT_NE(1, WIFEXITED(status) && WEXITSTATUS(status));
	reap_all();
	EXPECT_EQ(-1, kill(s.pid, 0));
	EXPECT_EQ(0, group_read("cgroup.procs"));
	group_remove();

	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

#define NR_PIPES	16
#define PIPE_BYTES	(1 << 20)

static int pipes[NR_PIPES][2];

static void full_pipes(void)
{
	static char buf[PIPE_BYTES];
	int i;

	for (i = 0; i < NR_PIPES; i++) {
		check(!pipe(pipes[i]) && fcntl(pipes[i][1], F_SETPIPE_SZ, PIPE_BYTES) > 0);
		check(write(pipes[i][1], buf, PIPE_BYTES) == PIPE_BYTES);
	}
	ready();
	for (i = 0; i < NR_PIPES; i++)
		check(read(pipes[i][0], buf, PIPE_BYTES) == PIPE_BYTES);
}

/* What the image had of them in records is as much as what they hold. */
TEST(held_tree_without_its_image)
{
	unsigned long held, running;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, full_pipes));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	group_make();
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	held = group_read("memory.current");
	EXPECT_LT(NR_PIPES * PIPE_BYTES, held);
	close(s.rargs.hold_fd);
	running = group_read("memory.current");
	EXPECT_LT(held, running + NR_PIPES * PIPE_BYTES / 4);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	write_file(GROUPS "/cgroup.procs", "0", 1);
	group_remove();
}

TEST_HARNESS_MAIN
