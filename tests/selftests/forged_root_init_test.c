// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_root_init_test.c - images whose root is the init of its own pid namespace, and that lie
 * about it; and restarts of such a tree that fail midway.
 */
#include "root_init.h"

static void child(void *arg)
{
	here(arg);
}

static void family(void)
{
	pid_t pids[3];
	int i;

	pids[0] = spawn(child, "one");
	await("one");
	pids[1] = spawn_init(deepest, "deep");
	await("deep");
	pids[2] = spawn(child, "two");
	await("two");
	ready();
	check_equal(getpid(), 1);
	looked();
	for (i = 0; i < 3; i++)
		join(pids[i]);
	look_again();
}

/* -- lies ------------------------------------------------------------------------------------ */

NTH(CKPT_REC_TASK, ckpt_rec_task)
NTH(CKPT_REC_PID_NS, ckpt_rec_pid_ns)

static struct ckpt_rec_pid *pid_of(struct image *image, unsigned int task)
{
	return (void *)(record_of(image, ckpt_rec_task_nr(image, task)->pid, CKPT_REC_PID) + 1);
}

static uint32_t *numbers_in(struct ckpt_rec_pid *pid)
{
	return (uint32_t *)(pid + 1);
}

FORGERY(not_init, numbers_in(pid_of(image, 0))[1] = 9)
FORGERY(two_inits, numbers_in(pid_of(image, 1))[1] = 1)
FORGERY(lives_outside, pid_of(image, 0)->ns = 0)
FORGERY(child_outside, pid_of(image, 1)->ns = 0)
FORGERY(nowhere, ckpt_rec_pid_ns_nr(image, 0)->flags = CKPT_PID_NS_DEAD)
FORGERY(below_another, ckpt_rec_pid_ns_nr(image, 1)->parent = 0)

/* Another init, and the root lives there with it. */
static void other_is_init(struct image *image)
{
	numbers_in(pid_of(image, 0))[1] = 9;
	numbers_in(pid_of(image, 1))[1] = 1;
}

static void dead_init(struct image *image)
{
	ckpt_rec_task_nr(image, 0)->state = CKPT_TASK_ZOMBIE;
}

static void (* const lies[])(struct image *image) = {
	not_init, two_inits, lives_outside, child_outside, nowhere, below_another,
	other_is_init, dead_init,
};

TEST_F(forged, lies)
{
	ASSERT_EQ(0, start_as_init(&self->s, family));
	EXPECT_EQ(0, try_all(&self->s, &self->image, lies, sizeof(lies) / sizeof(lies[0])));
}

/* -- failures in between --------------------------------------------------------------------- */

#define THREADS_MAX	"/proc/sys/kernel/threads-max"

static unsigned int nr_threads(void)
{
	unsigned int nr = 0;
	char text[128];

	if (read_file("/proc/loadavg", text, sizeof(text)) < 0 ||
	    sscanf(text, "%*s %*s %*s %*u/%u", &nr) != 1)
		return 0;
	return nr;
}

/* A task more each time: the init that was made goes without a trace, and all of its. */
TEST_F(forged, tasks_run_out)
{
	struct subject *s = &self->s;
	char max[32], text[32];
	unsigned int i, failed = 0;
	long ret = -EAGAIN;

	ASSERT_LT(0, read_file(THREADS_MAX, max, sizeof(max)));
	ASSERT_EQ(0, start_as_init(s, family));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	for (i = 0; i < 40 && ret; i++) {
		snprintf(text, sizeof(text), "%u", nr_threads() + i);
		put_text(THREADS_MAX, text);
		ret = subject_restart(s, 0);
		put_text(THREADS_MAX, max);
		if (!ret)
			break;
		EXPECT_EQ(-EAGAIN, ret);
		EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
		failed++;
	}
	EXPECT_LT(2, failed);
	EXPECT_EQ(0, ret);
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* Its number outside is taken. */
TEST_F(forged, number_taken)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, start_as_init(s, family));
	ASSERT_LT(0, subject_save(s, 0));
	EXPECT_EQ(-EEXIST, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
	EXPECT_EQ(0, subject_restart(s, 0));
	EXPECT_EQ(0, subject_wait(s));
}

TEST_HARNESS_MAIN
