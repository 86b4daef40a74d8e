// SPDX-License-Identifier: GPL-2.0-only
/*
 * basic_test.c - the two system calls: one small process, all ways to save and
 * restart it, and what the arguments may be.
 */
#include "checkpoint_test.h"

static void counter(void)
{
	volatile int count = 0;
	int i;

	for (i = 0; i < 1000; i++)
		count++;
	ready();
	for (i = 0; i < 1000; i++)
		count++;
	check_equal(count, 2000);
}

TEST_STORIES(counter)

static void pid_session_group_and_parent(void)
{
	pid_t pid = getpid(), parent = getppid(), tid = gettid();

	check_equal(getsid(0), pid);
	ready();
	check_equal(getpid(), pid);
	check_equal(gettid(), tid);
	check_equal(getppid(), parent);
	check_equal(getsid(0), pid);
	check_equal(getpgrp(), pid);
}

TEST_STORIES(pid_session_group_and_parent)

#define SPINS	40000000

static uint64_t spin(void)
{
	volatile uint64_t sum = 0;
	uint64_t i;

	for (i = 0; i < SPINS; i++)
		sum += i * i;
	return sum;
}

/* Is caught anywhere in its computation: no system call for a long time */
static void spinner(void)
{
	uint64_t sum;

	write_file("ready1", "", 0);
	sum = spin();
	write_file("sum", &sum, sizeof(sum));
}

TEST(caught_in_a_computation)
{
	uint64_t want = spin();
	char buf[16] = "";
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, spinner));
	sleep_ms(20);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
	ASSERT_EQ(8, read_file(test_file("sum"), buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, &want, 8));
}

TEST(left_running_the_pid_is_taken)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, counter));
	ASSERT_LT(0, subject_save(&s, 0));
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "is taken by"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(one_image_restarted_often)
{
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, counter));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, subject_restart(&s, 0));
		ASSERT_EQ(0, subject_wait(&s));
	}
}

/* What took how long: it stood at least for what needs that, and the kernel has synced. */
static void expect_parts(struct __test_metadata *_metadata, const struct checkpoint_args *args)
{
	EXPECT_LT(0, args->freeze_ns);
	EXPECT_LT(0, args->survey_ns);
	EXPECT_LT(0, args->capture_ns);
	EXPECT_LT(0, args->write_ns);
	EXPECT_LT(0, args->sync_ns);
	EXPECT_LE(args->survey_ns + args->capture_ns + args->write_ns + args->sync_ns,
		  args->frozen_ns);
}

TEST(results_are_told)
{
	uint64_t id[2];
	struct subject s;
	long crid;

	ASSERT_EQ(0, subject_start(&s, counter));
	crid = subject_save(&s, 0);
	ASSERT_LT(0, crid);
	EXPECT_EQ(1, s.cargs.nr_tasks);
	EXPECT_EQ(1, s.cargs.nr_processes);
	EXPECT_LT(0, s.cargs.frozen_ns);
	EXPECT_LT(4096, s.cargs.image_bytes);
	EXPECT_NE(0, s.cargs.image_id[0] | s.cargs.image_id[1]);
	memcpy(id, s.cargs.image_id, sizeof(id));

	EXPECT_EQ(crid + 1, subject_save(&s, CHECKPOINT_KILL));
	expect_parts(_metadata, &s.cargs);
	EXPECT_NE(0, memcmp(id, s.cargs.image_id, sizeof(id)));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(1, s.rargs.nr_tasks);
	EXPECT_EQ(1, s.rargs.nr_processes);
	EXPECT_EQ(s.cargs.image_bytes, s.rargs.image_bytes);
	EXPECT_EQ(s.pid, s.rargs.pgrp);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(crid_and_image_id_are_demanded)
{
	struct restart_args args = {};
	struct subject s;
	long crid;
	int fd;

	ASSERT_EQ(0, subject_start(&s, counter));
	crid = subject_save(&s, CHECKPOINT_KILL);
	ASSERT_LT(0, crid);
	subject_go(&s, 1);
	fd = open(s.image, O_RDONLY);
	EXPECT_EQ(-ESTALE, sys_restart(crid + 1, fd, 0, NULL, 0));
	args.image_id[0] = s.cargs.image_id[0] + 1;
	lseek(fd, 0, SEEK_SET);
	EXPECT_EQ(-ESTALE, sys_restart(crid, fd, RESTART_ARGS, &args, sizeof(args)));
	args.image_id[0]--;
	args.image_id[1] = s.cargs.image_id[1];
	lseek(fd, 0, SEEK_SET);
	EXPECT_EQ(s.pid, sys_restart(crid, fd, RESTART_ARGS, &args, sizeof(args)));
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- self checkpoint ------------------------------------------------------------- */

static void saves_itself(void)
{
	int fd = open(test_file("image"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	volatile int before = 42;
	long ret = sys_checkpoint(0, fd, 0, NULL, 0);

	check(ret >= 0);
	check_equal(before, 42);
	if (ret) {
		close(fd);
		ready();
		write_file("original", "", 0);
		return;
	}
	/* In the copy the descriptor of the image is closed. */
	check(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
	write_file("copy", "", 0);
}

TEST(self_checkpoint)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, saves_itself));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	ASSERT_EQ(0, access(test_file("original"), F_OK));
	ASSERT_EQ(-1, access(test_file("copy"), F_OK));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, access(test_file("copy"), F_OK));
}

static void ends_itself(void)
{
	int fd = open(test_file("image"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	long ret;

	ready();
	ret = sys_checkpoint(0, fd, CHECKPOINT_KILL, NULL, 0);
	check_equal(ret, 0);
}

TEST(self_checkpoint_and_kill)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, ends_itself));
	subject_go(&s, 1);
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	ASSERT_TRUE(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

static void saves_parent(void *arg)
{
	int fd = open(test_file("image"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	long ret = sys_checkpoint(getppid(), fd, 0, NULL, 0);

	check(ret >= 0);
	if (!ret)
		check(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
}

static void child_saves_tree(void)
{
	join(spawn(saves_parent, NULL));
	ready();
}

TEST(caller_within_the_tree)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, child_saves_tree));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- frozen ---------------------------------------------------------------------------- */

static bool ticks_run(void)
{
	uint64_t start = ticks_now();

	return wait_until(ticks_now() > start + 2);
}

TEST(frozen_until_the_hold_is_closed)
{
	struct subject s;
	uint64_t ticks;

	ASSERT_EQ(0, subject_start(&s, ticks_in_a_file));
	ASSERT_TRUE(ticks_run());
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_LE(0, s.cargs.hold_fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(s.cargs.hold_fd, F_GETFD));
	ticks = ticks_now();
	sleep_ms(100);
	EXPECT_EQ(ticks, ticks_now());
	close(s.cargs.hold_fd);
	EXPECT_TRUE(ticks_run());
	subject_kill(&s);
}

TEST(frozen_and_ended)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, counter));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
	close(s.cargs.hold_fd);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(frozen_until_the_holder_dies)
{
	struct subject s;
	pid_t holder;

	ASSERT_EQ(0, subject_start(&s, ticks_in_a_file));
	holder = fork();
	if (!holder)
		_exit(subject_save(&s, CHECKPOINT_FROZEN) > 0 ? 0 : 1);
	ASSERT_EQ(holder, waitpid(holder, &s.status, 0));
	ASSERT_EQ(0, s.status);
	EXPECT_TRUE(ticks_run());
	subject_kill(&s);
}

TEST(frozen_and_killed)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, ticks_in_a_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	kill(s.pid, SIGKILL);
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
	close(s.cargs.hold_fd);
}

TEST(frozen_again_while_held)
{
	struct subject s;
	int hold;

	ASSERT_EQ(0, subject_start(&s, ticks_in_a_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	hold = s.cargs.hold_fd;
	EXPECT_EQ(-EBUSY, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "held by another checkpoint"));
	close(hold);
	EXPECT_LT(0, subject_save(&s, 0));
	EXPECT_TRUE(ticks_run());
	subject_kill(&s);
}

TEST(end_of_what_is_no_hold)
{
	int fd = open("/dev/null", O_RDWR);

	EXPECT_EQ(-EINVAL, sys_checkpoint(0, fd, CHECKPOINT_END, NULL, 0));
	EXPECT_EQ(-EBADF, sys_checkpoint(0, 999, CHECKPOINT_END, NULL, 0));
	EXPECT_EQ(-EINVAL, sys_checkpoint(1, fd, CHECKPOINT_END, NULL, 0));
	EXPECT_EQ(-EINVAL, sys_checkpoint(0, fd, CHECKPOINT_END | CHECKPOINT_KILL, NULL, 0));
}

/* -- only looking ------------------------------------------------------------------------- */

TEST(check_writes_nothing)
{
	struct subject s;
	struct stat st;

	ASSERT_EQ(0, subject_start(&s, counter));
	EXPECT_EQ(0, subject_save(&s, CHECKPOINT_CHECK));
	ASSERT_EQ(0, stat(s.image, &st));
	EXPECT_EQ(0, st.st_size);
	EXPECT_EQ(0, sys_checkpoint(s.pid, -1, CHECKPOINT_CHECK, NULL, 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, subject_restart(&s, RESTART_CHECK));
	EXPECT_EQ(-1, kill(s.pid, 0));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

TEST_HARNESS_MAIN
