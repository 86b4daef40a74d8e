// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_pidns_test.c - images that lie about pid namespaces: none is made that the kernel could
 * not have made itself; and restarts that fail when some inits are there and others are not.
 */
#include "nested_pidns.h"
#include "run_out.h"

/* Each child of the root says its own way. */
static void stands(void *arg)
{
	here(arg);
}

static void not_born(void *arg)
{
	check(!unshare(CLONE_NEWPID));
	here(arg);
}

static void init_dies(void *arg)
{
	siginfo_t info;
	pid_t pid;

	check(!unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		_exit(0);
	check(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	here(arg);
	check(waitpid(pid, NULL, 0) == pid);
}

static void inner_init(void *arg)
{
	pid_t pid = spawn_init(deepest, "deep"), other = spawn(stands, "second");

	await("deep");
	await("second");
	here(arg);
	join(pid);
	join(other);
}

/* In the order of the image: the root, an init and all below it, the others */
static void everything(void)
{
	pid_t pids[4];
	int i;

	pids[0] = spawn_init(inner_init, "inner");
	await("inner");
	pids[1] = spawn(not_born, "unborn");
	await("unborn");
	pids[2] = spawn(init_dies, "dead");
	await("dead");
	pids[3] = spawn(stands, "plain");
	await("plain");
	ready();
	looked();
	for (i = 0; i < 4; i++)
		join(pids[i]);
	look_again();
}

/* -- what an image has ---------------------------------------------------------------------- */

static struct ckpt_rec *nth_of(const struct image *image, uint32_t type, int nr)
{
	struct ckpt_rec *rec = image_find(image, type);

	while (rec && nr--)
		rec = next_record(image, rec, type);
	check(rec);
	return rec;
}

static struct ckpt_rec_task *task_nr(const struct image *image, int nr)
{
	return (void *)(nth_of(image, CKPT_REC_TASK, nr) + 1);
}

static struct ckpt_rec_pid *pid_of(const struct image *image, const struct ckpt_rec_task *task)
{
	return (void *)(record_of(image, task->pid, CKPT_REC_PID) + 1);
}

static uint32_t *numbers_in(struct ckpt_rec_pid *pid)
{
	return (uint32_t *)(pid + 1);
}

/* The first task that has @count numbers, and @nr as the last of them */
static struct ckpt_rec_task *find_task(const struct image *image, uint32_t count, uint32_t nr)
{
	struct ckpt_rec_task *task;
	struct ckpt_rec_pid *pid;
	int i;

	for (i = 0;; i++) {
		task = task_nr(image, i);
		pid = pid_of(image, task);
		if (pid->nrs.count == count && numbers_in(pid)[count - 1] == nr)
			return task;
	}
}

static struct ckpt_rec_task *find_init(const struct image *image)
{
	return find_task(image, 2, 1);
}

static struct ckpt_rec_task *find_second(const struct image *image)
{
	return find_task(image, 2, 3);
}

static struct ckpt_rec_task *find_deepest(const struct image *image)
{
	return find_task(image, 3, 1);
}

static struct ckpt_rec_pid_ns *ns_by_id(const struct image *image, uint32_t id)
{
	return (void *)(record_of(image, id, CKPT_REC_PID_NS) + 1);
}

static struct ckpt_rec_pid_ns *ns_of(const struct image *image, const struct ckpt_rec_task *task)
{
	return ns_by_id(image, pid_of(image, task)->ns);
}

/* Of those with a namespace for children alone, in the order of the image */
static struct ckpt_rec_task *nth_user(const struct image *image, int nr)
{
	int i;

	for (i = 0;; i++)
		if (task_nr(image, i)->children_ns && !nr--)
			return task_nr(image, i);
}

static struct ckpt_rec_task *find_unborn(const struct image *image) { return nth_user(image, 0); }
static struct ckpt_rec_task *find_dead(const struct image *image) { return nth_user(image, 1); }

/* The last child of the root */
static struct ckpt_rec_task *find_plain(const struct image *image)
{
	uint32_t root = nth_of(image, CKPT_REC_TASK, 0)->object;
	struct ckpt_rec *rec = image_find(image, CKPT_REC_TASK), *last = NULL;
	struct ckpt_rec_task *task;

	for (; rec; rec = next_record(image, rec, CKPT_REC_TASK)) {
		task = (void *)(rec + 1);
		if (task->parent == root && pid_of(image, task)->nrs.count == 1 &&
		    !task->children_ns)
			last = rec;
	}
	check(last);
	return (void *)(last + 1);
}

/* -- lies ------------------------------------------------------------------------------------- */

static void no_parent(struct image *i)
{
	ns_of(i, find_deepest(i))->parent = 0;
}

static void flags(struct image *i) { ns_of(i, find_init(i))->flags = 2; }
static void next_number(struct image *i) { ns_of(i, find_init(i))->next = 0x400002; }
static void noexec(struct image *i) { ns_of(i, find_init(i))->memfd_noexec = 3; }
static void dead_and_lived_in(struct image *i) { ns_of(i, find_init(i))->flags = CKPT_PID_NS_DEAD; }
static void no_init(struct image *i) { numbers_in(pid_of(i, find_init(i)))[1] = 9; }

static void no_ns(struct image *i)
{
	pid_of(i, find_second(i))->ns = 0;
}

static void two_inits(struct image *i) { numbers_in(pid_of(i, find_second(i)))[1] = 1; }
static void init_above(struct image *i) { numbers_in(pid_of(i, find_deepest(i)))[1] = 1; }
static void number_twice(struct image *i) { numbers_in(pid_of(i, find_deepest(i)))[1] = 3; }

static void zero_number(struct image *i)
{
	numbers_in(pid_of(i, find_second(i)))[1] = 0;
}

static void reserved_of_pid(struct image *i) { pid_of(i, find_second(i))->reserved = 1; }
static void reserved_of_task(struct image *i) { find_second(i)->reserved2 = 1; }

static void nobodys(struct image *i)
{
	find_unborn(i)->children_ns = 0;
}

static void unborn_counts(struct image *i) { ns_by_id(i, find_unborn(i)->children_ns)->next = 5; }

static void two_users(struct image *i)
{
	find_plain(i)->children_ns = find_unborn(i)->children_ns;
}

/* The user lives above it, but not right above. */
static void unborn_below(struct image *i)
{
	ns_by_id(i, find_unborn(i)->children_ns)->parent = pid_of(i, find_init(i))->ns;
}

static void lives_with_the_dead(struct image *i)
{
	struct ckpt_rec_pid *pid = pid_of(i, find_plain(i));

	pid->ns = find_dead(i)->children_ns;
	pid->nrs.count = 2;
	numbers_in(pid)[1] = 5;
}

static void children_in_own(struct image *i)
{
	find_second(i)->children_ns = pid_of(i, find_second(i))->ns;
}

static void children_beside(struct image *i)
{
	find_second(i)->children_ns = find_dead(i)->children_ns;
}

static void zombie_with_children(struct image *i)
{
	struct ckpt_rec_task *task = find_plain(i);

	task->state = CKPT_TASK_ZOMBIE;
	task->children_ns = find_dead(i)->children_ns;
}

/* An outer process below an inner one */
static void above_its_parent(struct image *i)
{
	find_plain(i)->parent = find_init(i)->leader;
}

static void wrong_object(struct image *i)
{
	pid_of(i, find_second(i))->ns = find_second(i)->leader;
}

/* Who leads it lives below a member. */
static void session_below(struct image *i)
{
	struct ckpt_rec_task *init = find_init(i), *plain = find_plain(i);

	init->session = init->pid;
	init->pgrp = init->pid;
	plain->session = init->pid;
	plain->pgrp = init->pid;
}

static void (* const lies[])(struct image *image) = {
	no_parent, flags, next_number, noexec, dead_and_lived_in, no_init, no_ns, two_inits,
	init_above, number_twice, zero_number, reserved_of_pid, reserved_of_task, nobodys,
	unborn_counts, two_users, unborn_below, lives_with_the_dead, children_in_own,
	children_beside, zombie_with_children, above_its_parent, wrong_object,
	session_below,
};

TEST_F(forged, lies)
{
	ASSERT_EQ(0, subject_start(&self->s, everything));
	EXPECT_EQ(0, try_all(&self->s, &self->image, lies, sizeof(lies) / sizeof(lies[0])));
}

/* -- nested too deep -------------------------------------------------------------------------- */

static void deeper(void *arg)
{
	pid_t pid;

	if (arg) {
		pid = spawn_init(deeper, (char *)arg - 1);
		check(wait_until(!access(test_file("looked"), F_OK)));
		join(pid);
	} else {
		here("bottom");
	}
}

static void deep(void)
{
	pid_t pid = spawn_init(deeper, (void *)31);

	await("bottom");
	ready();
	looked();
	join(pid);
	look_again();
}

/* All levels that there are, and one level lower there is one too few. */
TEST_F(forged, too_deep)
{
	struct subject *s = &self->s;
	int status = -1;
	pid_t pid;

	ASSERT_EQ(0, subject_start(s, deep));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(subject_restart(s, 0) == -ENOSPC ? 0 : 9);
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* -- failures in between ----------------------------------------------------------------------- */

/* A number more of tasks each time: what was made goes without a trace, also the inits. */
TEST_F(forged, tasks_run_out)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, subject_start(s, everything));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_LT(4, restart_as_tasks_run_out(s));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

TEST_HARNESS_MAIN
