// SPDX-License-Identifier: GPL-2.0-only
/*
 * sem_test.c - System V semaphores: sets, SEM_UNDO adjustments, who waits for them.
 */
#include <pthread.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "forged.h"

#define KEY	0x434b5054

union semun {
	int val;
	struct semid_ds *buf;
	struct seminfo *info;
};

static int set;

static int semval(int nr)
{
	return semctl(set, nr, GETVAL);
}

static int sem_pid(int nr)
{
	return semctl(set, nr, GETPID);
}

static struct semid_ds stat_set(int id)
{
	struct semid_ds ds = {};

	check(!semctl(id, 0, IPC_STAT, (union semun) { .buf = &ds }));
	return ds;
}

static int op(int nr, int by, int flags)
{
	struct sembuf sop = { nr, by, flags };

	return semop(set, &sop, 1);
}

static void make_set(key_t key, int nr)
{
	set = semget(key, nr, IPC_CREAT | IPC_EXCL | 0640);
	check(set >= 0);
}

static void remove_set(void)
{
	check(!semctl(set, 0, IPC_RMID));
}

static void same_set(const struct semid_ds *before)
{
	struct semid_ds now = stat_set(set);

	check_equal(now.sem_perm.__key, before->sem_perm.__key);
	check_equal(now.sem_perm.mode, before->sem_perm.mode);
	check_equal(now.sem_perm.uid, before->sem_perm.uid);
	check_equal(now.sem_perm.gid, before->sem_perm.gid);
	check_equal(now.sem_perm.cuid, before->sem_perm.cuid);
	check_equal(now.sem_perm.cgid, before->sem_perm.cgid);
	check_equal(now.sem_perm.__seq, before->sem_perm.__seq);
	check_equal(now.sem_nsems, before->sem_nsems);
	check_equal(now.sem_otime, before->sem_otime);
	check_equal(now.sem_ctime, before->sem_ctime);
}

/* -- adjustments --------------------------------------------------------------------- */

static void add_in_child(void *arg)
{
	(void)arg;
	check(!op(1, 3, 0));
}

static void set_owner(void)
{
	struct semid_ds ds = stat_set(set);

	ds.sem_perm.uid = 1234;
	ds.sem_perm.gid = 4321;
	ds.sem_perm.mode = 0604;
	check(!semctl(set, 0, IPC_SET, (union semun) { .buf = &ds }));
}

static void semaphore_undo(void)
{
	struct semid_ds before;
	pid_t pid;

	make_set(KEY, 3);
	check(!semctl(set, 2, SETVAL, (union semun) { .val = 32767 }));
	pid = spawn(add_in_child, NULL);
	join(pid);
	check(!op(0, 5, SEM_UNDO));
	check(!op(2, -7, SEM_UNDO));
	set_owner();
	before = stat_set(set);
	ready();
	same_set(&before);
	check_equal(semval(0), 5);
	check_equal(semval(1), 3);
	check_equal(semval(2), 32760);
	check_equal(sem_pid(0), getpid());
	check_equal(sem_pid(1), pid);
	check_equal(sem_pid(2), getpid());
	check_equal(semget(KEY, 3, 0), set);
	remove_set();
}
TEST_STORIES(semaphore_undo)

static void semaphore_undo_of_user(void)
{
	make_set(KEY, 1);
	check(!op(0, 1, SEM_UNDO));
	ready();
	check_equal(semval(0), 1);
	check_equal(stat_set(set).sem_perm.uid, 1000);
	remove_set();
}

static void takes_and_dies(void *arg)
{
	(void)arg;
	check(!op(0, -2, SEM_UNDO));
	check(!op(1, 4, SEM_UNDO));
	child_ready();
}

/* The adjustments are made when the child exits, and only then. */
static void undo_of_a_child(void)
{
	pid_t pid;

	make_set(IPC_PRIVATE, 2);
	check(!op(0, 9, 0));
	pid = spawn(takes_and_dies, NULL);
	await_child(pid);
	ready();
	join(pid);
	check_equal(semval(0), 9);
	check_equal(semval(1), 0);
	check_equal(sem_pid(1), pid);
	remove_set();
}
TEST_STORIES(undo_of_a_child)

static char stack[65536] __attribute__((aligned(16)));

static int sharer(void *arg)
{
	(void)arg;
	child_ready();
	_exit(0);
}

/* Two processes with one list: it is undone when the second is gone as well. */
static void shared_list(void)
{
	pid_t pid;
	int status;

	make_set(IPC_PRIVATE, 1);
	check(!op(0, 1, SEM_UNDO));
	pid = clone(sharer, stack + sizeof(stack), CLONE_SYSVSEM | SIGCHLD, NULL);
	check(pid > 0);
	await_child(pid);
	ready();
	check(waitpid(pid, &status, 0) == pid && !status);
	check_equal(semval(0), 1);
	remove_set();
}
TEST_STORIES(shared_list)

static int adds_and_exits(void *arg)
{
	(void)arg;
	child_ready();
	check(!op(0, 1, SEM_UNDO));
	_exit(0);
}

/* The same with a list that is still empty */
static void shared_empty_list(void)
{
	pid_t pid;
	int status;

	make_set(IPC_PRIVATE, 1);
	pid = clone(adds_and_exits, stack + sizeof(stack), CLONE_SYSVSEM | SIGCHLD, NULL);
	check(pid > 0);
	await_child(pid);
	ready();
	check(waitpid(pid, &status, 0) == pid && !status);
	check_equal(semval(0), 1);
	remove_set();
}
TEST_KILLED(shared_empty_list)
TEST_TWICE(shared_empty_list)

static volatile int thread_stage;

/* With adjustments of its own */
static void *thread_with_undo(void *arg)
{
	check(!unshare(CLONE_SYSVSEM));
	check(!op(0, 2, SEM_UNDO));
	thread_stage = 1;
	while (thread_stage != 2)
		usleep(1000);
	return arg;
}

static void *thread_without(void *arg)
{
	while (thread_stage != 3)
		usleep(1000);
	check(!op(0, 4, SEM_UNDO));
	return arg;
}

/* Threads share the list, but for one; what one of them added stays until the last exits. */
static void undo_of_threads(void)
{
	pthread_t with, without;

	make_set(IPC_PRIVATE, 1);
	check(!op(0, 1, SEM_UNDO));
	check(!pthread_create(&with, NULL, thread_with_undo, NULL));
	check(!pthread_create(&without, NULL, thread_without, NULL));
	check(wait_until(thread_stage == 1));
	ready();
	check_equal(semval(0), 3);
	thread_stage = 2;
	pthread_join(with, NULL);
	check(wait_until(semval(0) == 1));
	thread_stage = 3;
	pthread_join(without, NULL);
	usleep(10000);
	check_equal(semval(0), 5);
	remove_set();
}
TEST_STORIES(undo_of_threads)

/* -- waiting ------------------------------------------------------------------------------- */

static bool waits(pid_t pid)
{
#ifdef SYS_ipc			/* through which the C library makes them all */
	return is_blocked_in(pid, pid, SYS_ipc);
#else
	return is_blocked_in(pid, pid, SYS_semop) || is_blocked_in(pid, pid, SYS_semtimedop);
#endif
}

static void takes_one(void *arg)
{
	(void)arg;
	check(!op(0, -1, 0));
}

static void waiter(void)
{
	pid_t pid;

	make_set(IPC_PRIVATE, 1);
	pid = spawn(takes_one, NULL);
	check(wait_until(waits(pid)));
	ready();
	check(wait_until(waits(pid)));
	check_equal(semctl(set, 0, GETNCNT), 1);
	check(!op(0, 1, 0));
	join(pid);
	check_equal(semval(0), 0);
	remove_set();
}
TEST_STORIES(waiter)

static void waits_for_all(void *arg)
{
	struct sembuf ops[] = { { 0, -2, SEM_UNDO }, { 1, 0, 0 }, { 2, -1, SEM_UNDO } };

	(void)arg;
	check(!semop(set, ops, 3));
	check_equal(semval(0), 0);
}

/* Several at once, with adjustments that are made when it exits */
static void waiter_with_undo(void)
{
	pid_t pid;

	make_set(IPC_PRIVATE, 3);
	check(!op(1, 1, 0));
	pid = spawn(waits_for_all, NULL);
	check(wait_until(waits(pid)));
	ready();
	check(!op(0, 2, 0));
	check(!op(2, 1, 0));
	check(wait_until(waits(pid)));
	check(!op(1, -1, 0));
	join(pid);
	check_equal(semval(0), 2);
	check_equal(semval(2), 1);
	remove_set();
}
TEST_STORIES(waiter_with_undo)

static void waits_for_a_while(void *arg)
{
	struct timespec limit = { 0, 300000000 };
	struct sembuf sop = { 0, -1, 0 };

	(void)arg;
	check(semtimedop(set, &sop, 1, &limit) == -1 && errno == EAGAIN);
}

static void waiter_with_a_limit(void)
{
	pid_t pid;

	make_set(IPC_PRIVATE, 1);
	pid = spawn(waits_for_a_while, NULL);
	check(wait_until(waits(pid)));
	ready();
	join(pid);
	remove_set();
}
TEST_KILLED(waiter_with_a_limit)

static void waits_for_the_end(void *arg)
{
	(void)arg;
	check(op(0, -1, 0) == -1 && errno == EIDRM);
}

static void waiter_of_a_set_that_goes(void)
{
	pid_t pid;

	make_set(IPC_PRIVATE, 1);
	pid = spawn(waits_for_the_end, NULL);
	check(wait_until(waits(pid)));
	ready();
	check(wait_until(waits(pid)));
	remove_set();
	join(pid);
}
TEST_STORIES(waiter_of_a_set_that_goes)

/* -- another boot, as far as sets go: they are gone ------------------------------------------- */

static void has_undo(void)
{
	semaphore_undo();
}

static void remove_key(void)
{
	semctl(semget(KEY, 0, 0), 0, IPC_RMID);
}

TEST(set_is_made_anew)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, has_undo));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_LE(0, semget(KEY, 0, 0));
	remove_key();
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void is_waiter(void)
{
	waiter();
}

static int count_sets(void)
{
	struct seminfo info;

	semctl(0, 0, SEM_INFO, (union semun) { .info = &info });
	return info.semusz;
}

static void two_sets(void)
{
	int first;

	make_set(IPC_PRIVATE, 2);
	check(!op(1, 1, SEM_UNDO));
	first = set;
	make_set(KEY, 3);
	check(!op(2, 1, SEM_UNDO));
	ready();
	check_equal(semget(KEY, 3, 0), set);
	check_equal(semval(2), 1);
	remove_set();
	set = first;
	check_equal(semval(1), 1);
	remove_set();
}

static void remove_all(void)
{
	struct semid_ds ds;
	int i, id;

	for (i = 0; i < 32000 && count_sets(); i++) {
		id = semctl(i, 0, SEM_STAT, (union semun) { .buf = &ds });
		if (id >= 0)
			semctl(id, 0, IPC_RMID);
	}
}

TEST(waiter_of_a_set_that_is_made_anew)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, is_waiter));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(1, count_sets());
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* Somebody else has the key: that set is left alone, and named; the other is not left. */
TEST(key_is_taken)
{
	struct subject s;
	int other;

	ASSERT_EQ(0, subject_start(&s, two_sets));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	other = semget(KEY, 3, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "ipcrm -s"));
	EXPECT_EQ(1, count_sets());
	EXPECT_EQ(0, semctl(other, 2, GETVAL));
	EXPECT_EQ(0, semctl(other, 0, IPC_RMID));
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(2, count_sets());
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, count_sets());
}

static void set_limits(const char *text)
{
	int fd = open("/proc/sys/kernel/sem", O_WRONLY);

	if (write(fd, text, strlen(text)) < 0)
		tell("kernel.sem cannot be set to %s", text);
	close(fd);
}

/* What semget() would refuse, restart() refuses, and leaves nothing behind. */
TEST(limits)
{
	static const struct {
		const char *limits;
		int err;
	} cases[] = {
		{ "2 32000 32 128", -EINVAL },
		{ "32000 4 32 128", -ENOSPC },
		{ "32000 32000 32 1", -ENOSPC },
	};
	char before[64];
	struct subject s;
	size_t i;

	ASSERT_EQ(0, subject_start(&s, two_sets));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	read_file("/proc/sys/kernel/sem", before, sizeof(before));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_limits(cases[i].limits);
		EXPECT_EQ(cases[i].err, subject_restart(&s, 0));
		EXPECT_TRUE(subject_told(&s, "kernel.sem"));
		EXPECT_EQ(0, count_sets());
	}
	set_limits(before);
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* The tree's own set, which somebody has used since */
TEST(set_was_used)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, has_undo));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	set = semget(KEY, 0, 0);
	ASSERT_EQ(0, op(1, 1, 0));
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "not as the program left it"));
	EXPECT_EQ(4, semval(1));
	ASSERT_EQ(0, op(1, -1, 0));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- who else has it ----------------------------------------------------------------------- */

static void set_of_the_test(void)
{
	set = semget(KEY, 0, 0);
	check(!op(0, 1, SEM_UNDO));
	ready();
}

static long save_with_other(struct subject *s, void (*other)(void *), bool (*is_there)(pid_t))
{
	pid_t pid;
	long ret;

	make_set(KEY, 2);
	pid = spawn(other, NULL);
	check(wait_until(is_there(pid)));
	ret = subject_start(s, set_of_the_test) ?: subject_save(s, CHECKPOINT_KILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	subject_go(s, 1);
	if (subject_wait(s))
		ret = -1;
	remove_set();
	return ret;
}

static bool has_added(pid_t pid)
{
	return sem_pid(1) == pid;
}

static void other_undo(void *arg)
{
	(void)arg;
	check(!op(1, 1, SEM_UNDO));
	pause();
}

static void other_waits(void *arg)
{
	(void)arg;
	op(1, -1, 0);
}

static void other_used(void *arg)
{
	(void)arg;
	check(!op(1, 1, 0));
	pause();
}

TEST(undo_outside)
{
	struct subject s;

	EXPECT_EQ(-EBUSY, save_with_other(&s, other_undo, has_added));
	EXPECT_TRUE(subject_told(&s, "has SEM_UNDO adjustments of it"));
}

TEST(waiter_outside)
{
	struct subject s;

	EXPECT_EQ(-EBUSY, save_with_other(&s, other_waits, waits));
	EXPECT_TRUE(subject_told(&s, "waits for it"));
}

TEST(used_outside)
{
	struct subject s;

	EXPECT_EQ(-EBUSY, save_with_other(&s, other_used, has_added));
	EXPECT_TRUE(subject_told(&s, "used it last"));
}

/* Not held: it stays where it is, and that is said. */
static void only_used(void)
{
	make_set(KEY, 1);
	check(!op(0, 2, 0));
	ready();
	check_equal(semval(0), 2);
	remove_set();
}

TEST(set_that_is_not_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, only_used));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_NE(NULL, strstr(s.errors[0].message, "is not in the image"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- a namespace of its own ---------------------------------------------------------------- */

/* All sets are saved, and restored in another namespace. */
TEST(own_namespace)
{
	struct subject s;
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, unshare(CLONE_NEWIPC));
		if (!i) {
			ASSERT_EQ(0, subject_start(&s, only_used));
			ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		}
	}
	ASSERT_GT(0, semget(KEY, 0, 0));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* 4,000 semaphores in 16 sets, all with adjustments */
static int many[16];

static void many_semaphores(void)
{
	struct sembuf ops[250];
	int i, k;

	for (k = 0; k < 250; k++)
		ops[k] = (struct sembuf) { k, k + 1, SEM_UNDO };
	for (i = 0; i < 16; i++) {
		many[i] = semget(IPC_PRIVATE, 250, IPC_CREAT | 0600);
		check(many[i] >= 0 && !semop(many[i], ops, 250));
	}
	ready();
	for (i = 0; i < 16; i++) {
		for (k = 0; k < 250; k++)
			check_equal(semctl(many[i], k, GETVAL), k + 1);
		check(!semctl(many[i], 0, IPC_RMID));
	}
}
TEST_STORIES(many_semaphores)

/* -- forged images ------------------------------------------------------------------------- */

/* The first record of a kind, behind its header */
static void *body(struct image *image, uint32_t type)
{
	struct ckpt_rec *rec = image_find(image, type);

	return rec ? rec + 1 : NULL;
}

#define FORGED(name, rec, type, statement, err)				\
TEST_F(forged, name)							\
{									\
	struct rec *data;						\
									\
	ASSERT_EQ(0, subject_start(&self->s, two_sets));		\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	data = body(&self->image, type);				\
	ASSERT_NE(NULL, data);						\
	statement;							\
	remove_all();							\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));		\
	EXPECT_EQ(0, count_sets());					\
}

#define FORGED_SET(name, statement, err) \
	FORGED(name, ckpt_rec_sem_set, CKPT_REC_SEM_SET, statement, err)
#define FIRST_SEM(data)		((struct ckpt_rec_sem *)((data) + 1))
FORGED_SET(set_id, data->id = -1, -EINVAL)
FORGED_SET(set_mode, data->mode = 04777, -EINVAL)
FORGED_SET(set_uid, data->uid = ~0U, -EINVAL)
FORGED_SET(set_cgid, data->cgid = ~0U, -EINVAL)
FORGED_SET(set_value, FIRST_SEM(data)->value = 32768, -EINVAL)
FORGED_SET(set_negative_value, FIRST_SEM(data)->value = -1, -EINVAL)
FORGED_SET(set_left, FIRST_SEM(data)->left = 32768, -EINVAL)
FORGED_SET(set_pid, FIRST_SEM(data)->pid = ~0U, -EINVAL)

#define FORGED_UNDO(name, statement, err) \
	FORGED(name, ckpt_rec_sem_undo, CKPT_REC_SEM_UNDO, statement, err)
#define FIRST_ADJUST(data)	((struct ckpt_rec_sem_adjust *)((data) + 1))
FORGED_UNDO(undo_of_no_set, FIRST_ADJUST(data)->set = 0, -EINVAL)
FORGED_UNDO(undo_of_a_task, FIRST_ADJUST(data)->set = 1, -EINVAL)
FORGED_UNDO(undo_beyond_the_set, FIRST_ADJUST(data)->sem = 3, -EINVAL)
FORGED_UNDO(undo_far_beyond_the_set, FIRST_ADJUST(data)->sem = ~0U, -EINVAL)
FORGED_UNDO(undo_by_too_much, FIRST_ADJUST(data)->adjust = 32768, -EINVAL)
FORGED_UNDO(undo_by_too_little, FIRST_ADJUST(data)->adjust = -32769, -EINVAL)

FORGED_UNDO(undo_twice, FIRST_ADJUST(data)[1] = FIRST_ADJUST(data)[0], -EINVAL)

static void undo_and_a_zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	check(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	semaphore_undo();
	check(waitpid(pid, NULL, 0) == pid);
}

/* It is gone before the others have got their share of the list. */
TEST_F(forged, undo_of_a_zombie)
{
	struct ckpt_rec *rec, *task;

	ASSERT_EQ(0, subject_start(&self->s, undo_and_a_zombie));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_TASK_SEM_UNDO);
	ASSERT_NE(NULL, rec);
	for (task = image_find(&self->image, CKPT_REC_TASK); task;
	     task = next_record(&self->image, task, CKPT_REC_TASK))
		if (task->object != rec->object)
			break;
	ASSERT_NE(NULL, task);
	rec->object = task->object;
	remove_all();
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

/* Others may go by the id of a set that is gone: who may choose pids may not choose that. */
TEST_F(forged, id_is_not_for_everybody)
{
	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	remove_all();
	EXPECT_EQ(EPERM, restart_in_namespaces(&self->s));
	EXPECT_EQ(0, count_sets());
	EXPECT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

/* A user's program, whose set a forged image makes root's */
void after_exec(void)
{
	semaphore_undo_of_user();
}

TEST_F(forged, owner)
{
	static const size_t members[] = {
		offsetof(struct ckpt_rec_sem_set, uid), offsetof(struct ckpt_rec_sem_set, gid),
		offsetof(struct ckpt_rec_sem_set, cuid), offsetof(struct ckpt_rec_sem_set, cgid),
	};
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	remove_all();
	for (i = 0; i < 4; i++) {
		uint32_t *id = body(&self->image, CKPT_REC_SEM_SET) + members[i];

		ASSERT_EQ(1000, *id);
		*id = 0;
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(-EPERM, subject_restart_below_user(&self->s));
		EXPECT_TRUE(subject_told(&self->s, "which the caller may not become"));
		EXPECT_EQ(0, count_sets());
		*id = 1000;
	}
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	EXPECT_EQ(self->s.pid, subject_restart_below_user(&self->s));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
