// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_root_init_test.c - images whose root is the init of its own pid namespace, and that lie
 * about it; and restarts of such a tree that fail midway.
 */
#include "root_init.h"
#include "run_out.h"

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

/* A task more each time: the init that was made goes without a trace, and all of its. */
TEST_F(forged, tasks_run_out)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, start_as_init(s, family));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_LT(2, restart_as_tasks_run_out(s));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* -- restarters whose children are born where nobody can be ----------------------------------- */

/* A namespace that has lost its init */
static void enter_dead(void)
{
	pid_t pid;

	check(!unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		_exit(0);
	join(pid);
}

/* One that has none yet */
static void enter_unborn(void)
{
	check(!unshare(CLONE_NEWPID));
}

/* Return: what a restart in a process that has gone there gives */
static int restart_there(struct subject *s, void (*enter)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		enter();
		_exit(-subject_restart(s, 0));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : 1;
}

TEST_F(forged, below_a_dead_namespace)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, start_as_init(s, family));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	EXPECT_EQ(-ENOMEM, restart_there(s, enter_dead));
	EXPECT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* As number 1 of the one above it, which would have no init then, and as another number */
TEST_F(forged, below_an_unborn_namespace)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, start_as_init(s, family));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&self->image, s->image));
	EXPECT_GT(0, restart_there(s, enter_unborn));
	numbers_in(pid_of(&self->image, 0))[0] = 1;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, s->image));
	EXPECT_EQ(-EINVAL, restart_there(s, enter_unborn));
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
