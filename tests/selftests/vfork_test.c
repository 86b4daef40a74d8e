// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfork_test.c - vfork children that are saved long before they execute a program, and
 * their parents, which wait: what the child does meanwhile, how it ends, nested ones,
 * several, kills while they are held, posix_spawn under load; images that lie.
 */
#include <linux/sched.h>
#include <pthread.h>
#include <spawn.h>

#include "forged.h"

/* What a child leaves in the memory that it shares with its parent */
static volatile pid_t child_pid;
static volatile int child_done, spin, nr_up;

static char executed_path[96], *exec_env[2];

static void prepare_exec(void)
{
	static char env[128];

	snprintf(executed_path, sizeof(executed_path), "%s", test_file("executed"));
	snprintf(env, sizeof(env), "CHECKPOINT_TEST_AFTER_EXEC=%s", test_dir);
	exec_env[0] = env;
}

void after_exec(void)
{
	write_file("executed", "", 0);
	_exit(3);
}

/* The call has returned: not before the child was done, and with the right number. */
static void look_at(pid_t pid, int code)
{
	int status;

	check(pid > 0);
	check_equal(child_done, 1);
	check_equal(pid, child_pid);
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, code);
}

/* -- one child ------------------------------------------------------------------------ */

static void child_exits(void)
{
	pid_t pid = vfork();

	if (!pid) {
		child_pid = getpid();
		ready();
		child_done = 1;
		_exit(7);
	}
	look_at(pid, 7 << 8);
}
TEST_STORIES(child_exits)

static void child_executes(void)
{
	char *args[] = { "vfork", NULL };
	pid_t pid;

	prepare_exec();
	pid = vfork();
	if (!pid) {
		child_pid = getpid();
		ready();
		child_done = 1;
		execve("/proc/self/exe", args, exec_env);
		_exit(8);
	}
	look_at(pid, 3 << 8);
	check(!access(executed_path, F_OK));
	unlink(executed_path);
}
TEST_STORIES(child_executes)

static char stack[4][65536] __attribute__((aligned(16)));

static int says_ready(void *arg)
{
	child_pid = getpid();
	ready();
	child_done = 1;
	_exit(*(int *)arg);
}

/* fork(2) with a wait: the child's memory is a copy. */
static void without_memory(void)
{
	int code = 9, status;
	pid_t pid = clone(says_ready, stack[0] + sizeof(stack[0]), CLONE_VFORK | SIGCHLD, &code);

	check(pid > 0);
	check_equal(child_done, 0);
	check(!access(test_file("go1"), F_OK));
	check(waitpid(pid, &status, 0) == pid);
	check_equal(WEXITSTATUS(status), 9);
}
TEST_STORIES(without_memory)

static void shares_all(void)
{
	int code = 6;
	pid_t pid = clone(says_ready, stack[0] + sizeof(stack[0]),
			  CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS | CLONE_SIGHAND | SIGCHLD,
			  &code);

	look_at(pid, 6 << 8);
}
TEST_STORIES(shares_all)

/* -- with threads ------------------------------------------------------------------------ */

static void *vforks_and_pauses(void *arg)
{
	pid_t pid = vfork();

	if (!pid) {
		child_pid = getpid();
		__sync_fetch_and_add(&nr_up, 1);
		for (;;)
			syscall(SYS_pause);
	}
	child_done = 1;		/* who killed it says so */
	check_equal(pid, child_pid);
	return arg;
}

/* Only one thread waits. */
static void child_is_killed(void)
{
	pthread_t thread;
	int status;

	check(!pthread_create(&thread, NULL, vforks_and_pauses, NULL));
	check(wait_until(nr_up == 1));
	ready();
	sleep_ms(5);
	check_equal(child_done, 0);
	check(!kill(child_pid, SIGTERM));
	check(!pthread_join(thread, NULL));
	check_equal(child_done, 1);
	check(waitpid(child_pid, &status, 0) == child_pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}
TEST_STORIES(child_is_killed)

static void *vforks_and_spins(void *arg)
{
	int *mine = arg;
	pid_t pid = vfork();

	if (!pid) {
		__sync_fetch_and_add(&nr_up, 1);
		while (!spin)
			;
		*mine = 1;
		_exit(0);
	}
	check_equal(*mine, 1);
	join(pid);
	return arg;
}

static void vforks_apart(void *arg)
{
	static volatile int mine;
	volatile int *is_up = arg;
	pid_t pid = vfork();

	if (!pid) {
		*is_up = 1;
		child_ready();
		mine = 1;
		_exit(0);
	}
	check_equal(mine, 1);
	join(pid);
}

/* Two threads wait, each for a child that computes; so does another process. */
static void several(void)
{
	volatile int *is_up = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t apart = spawn(vforks_apart, (void *)is_up);
	pthread_t threads[2];
	int mine[2] = {};
	int i;

	check(wait_until(*is_up));
	for (i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, vforks_and_spins, &mine[i]));
	check(wait_until(nr_up == 2));
	ready();
	sleep_ms(5);
	check(!mine[0] && !mine[1]);
	spin = 1;
	for (i = 0; i < 2; i++)
		check(!pthread_join(threads[i], NULL));
	join(apart);
}
TEST_STORIES(several)

/* -- nested -------------------------------------------------------------------------------- */

static volatile int order[3], nr_order;

static int innermost(void *arg)
{
	(void)arg;
	ready();
	order[nr_order++] = 3;
	_exit(3);
}

static int middle(void *arg)
{
	pid_t pid = clone(innermost, stack[1] + sizeof(stack[1]), CLONE_VM | CLONE_VFORK | SIGCHLD,
			  NULL);
	int status;

	(void)arg;
	order[nr_order++] = 2;
	if (waitpid(pid, &status, 0) != pid || status != 3 << 8)
		_exit(99);
	_exit(2);
}

static void nested(void)
{
	pid_t pid = clone(middle, stack[0] + sizeof(stack[0]), CLONE_VM | CLONE_VFORK | SIGCHLD,
			  NULL);
	int status;

	order[nr_order++] = 1;
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, 2 << 8);
	check(order[0] == 3 && order[1] == 2 && order[2] == 1);
}
TEST_STORIES(nested)

/* -- refused, killed while they are held -------------------------------------------------- */

static void has_obstacle(void)
{
	check(syscall(SYS_userfaultfd, O_CLOEXEC) >= 0);
	child_exits();
}
TEST_REFUSED(has_obstacle, EOPNOTSUPP, "userfaultfd")

static void *opener(void *arg)
{
	check(wait_until(!access(test_file("go1"), F_OK)));
	child_done = 1;
	return arg;
}

/* Its child is no child of the tree, and nobody knows for whom it waits. */
static void waits_for_a_sibling(void)
{
	pthread_t thread;
	int code = 0;

	check(!pthread_create(&thread, NULL, opener, NULL));
	clone(says_ready, stack[0] + sizeof(stack[0]),
	      CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, &code);
	pthread_join(thread, NULL);
}
TEST_REFUSED(waits_for_a_sibling, ETIMEDOUT, "did not stop in time")

static void tells_child(void)
{
	pid_t pid = vfork();

	if (!pid) {
		child_pid = getpid();
		write_file("child", (const void *)&child_pid, sizeof(child_pid));
		ready();
		child_done = 1;
		_exit(7);
	}
	write_file("returned", "", 0);
	/* Unless it was killed */
	if (child_done)
		look_at(pid, 7 << 8);
}

static pid_t told_child(void)
{
	pid_t pid = -1;
	char buf[16];

	if (read_file(test_file("child"), buf, sizeof(buf)) == sizeof(pid))
		memcpy(&pid, buf, sizeof(pid));
	return pid;
}

/* Without its parent it is in the way, as ever. */
TEST(child_alone)
{
	struct subject s, child;

	ASSERT_EQ(0, subject_start(&s, tells_child));
	child = s;
	child.pid = told_child();
	EXPECT_EQ(-ETIMEDOUT, subject_save(&child, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&child, "is a vfork child that has not yet executed a program"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	unlink(test_file("returned"));
}

/* The parent's call returns, and it does not go to user space before it is let go. */
TEST(child_killed_while_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, tells_child));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(told_child(), SIGKILL));
	sleep_ms(50);
	EXPECT_NE(0, access(test_file("returned"), F_OK));
	EXPECT_EQ(0, close(s.cargs.hold_fd));
	EXPECT_TRUE(wait_until(!access(test_file("returned"), F_OK)));
	reap_all();
	unlink(test_file("returned"));
	/* The image has both as they were. */
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	unlink(test_file("returned"));
}

static volatile pid_t *both;

static void waits_apart(void *arg)
{
	(void)arg;
	both[0] = getpid();
	if (!vfork()) {
		both[1] = getpid();
		ready();
		write_file("went_on", "", 0);
		_exit(0);
	}
	_exit(0);
}

/* The child lives on, with nobody to wake. */
static void parent_is_killed(void)
{
	int status;
	pid_t pid;

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = spawn(waits_apart, NULL);
	check(wait_until(both[1]));
	write_file("child", (const void *)&both[0], sizeof(both[0]));
	check(wait_until(!access(test_file("killed"), F_OK)));
	check(waitpid(pid, &status, 0) == pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	check(waitpid(both[1], &status, 0) == both[1]);
	check_equal(status, 0);
}

static int kill_parent(struct subject *s)
{
	if (!wait_until(told_child() > 0) || kill(told_child(), SIGKILL))
		return -1;
	write_file("killed", "", 0);
	subject_go(s, 1);
	return 0;
}

TEST(parent_killed_while_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, parent_is_killed));
	ASSERT_TRUE(wait_until(told_child() > 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill_parent(&s));
	EXPECT_EQ(0, close(s.cargs.hold_fd));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("went_on")));
	unlink(test_file("killed"));
	unlink(test_file("child"));
}

TEST(parent_killed_when_restarted)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, parent_is_killed));
	ASSERT_TRUE(wait_until(told_child() > 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, kill_parent(&s));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("went_on")));
	unlink(test_file("killed"));
	unlink(test_file("child"));
}

static void stops_late(void *arg)
{
	volatile int *is_up = arg;
	pid_t pid = vfork();

	if (!pid) {
		*is_up = 1;
		child_ready();
		_exit(4);
	}
	_exit(0);
}

/* Job control reaches it when the wait is over. */
static void stop_is_pending(void)
{
	volatile int *is_up = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = spawn(stops_late, (void *)is_up);
	int status;

	check(wait_until(*is_up));
	check(!kill(pid, SIGSTOP));
	sleep_ms(20);
	check_equal(waitpid(pid, &status, WNOHANG | WUNTRACED), 0);
	ready();
	check(waitpid(pid, &status, WUNTRACED) == pid);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	check(!kill(pid, SIGCONT));
	join(pid);
}
TEST_STORIES(stop_is_pending)

/* The child saves itself and its parent. */
static void child_saves(void)
{
	const char *path = test_file("self.img");
	volatile long ret = -1;
	int fd, status;
	pid_t pid;

	pid = vfork();
	if (!pid) {
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		ret = sys_checkpoint(getppid(), fd, 0, NULL, 0);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, 0);
	check(ret >= 0);
	write_file(ret ? "original" : "copy", "", 0);
	write_file("ready1", "", 0);
}

TEST(child_saves_both)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, child_saves));
	ASSERT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("original")));
	snprintf(s.image, sizeof(s.image), "%s", test_file("self.img"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, unlink(test_file("copy")));
}

/* Held on its way to user space, it is as if it had been caught. */
TEST(restarted_frozen)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, tells_child));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	subject_go(&s, 1);
	sleep_ms(50);
	EXPECT_NE(0, access(test_file("returned"), F_OK));
	close(s.rargs.hold_fd);
	EXPECT_EQ(0, subject_wait(&s));
	unlink(test_file("returned"));
}

/* Nobody can become what waits for a child that another would have to make. */
TEST(becomes_nobody)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, child_exits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	args.set_tid = (uintptr_t)&s.pid;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(-sys_restart(0, open(s.image, O_RDONLY), RESTART_SELF, NULL, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EINVAL, WEXITSTATUS(status));
}

/* -- under load --------------------------------------------------------------------------- */

static void spawns(void)
{
	char *args[] = { "vfork", NULL };
	int status;
	pid_t pid;

	prepare_exec();
	write_file("ready1", "", 0);
	while (access(test_file("go1"), F_OK)) {
		check(!posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, exec_env));
		check(waitpid(pid, &status, 0) == pid);
		check_equal(status, 3 << 8);
	}
}

TEST(spawns_under_load)
{
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, spawns));
	for (i = 0; i < 60; i++) {
		ASSERT_LT(0, subject_save(&s, 0));
		sleep_ms(i % 7);
	}
	/* Wherever it was: the last of them is restarted. */
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	sleep_ms(20);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- images that lie ------------------------------------------------------------------------ */

static void stands(void *arg)
{
	(void)arg;
	child_ready();
}

static void dies(void *arg)
{
	(void)arg;
	_exit(0);
}

/* Task records: the root, a thread that waits, its child, an ordinary one, a zombie */
static void all_sorts(void)
{
	pthread_t thread;
	pid_t other, dead;
	siginfo_t info;

	other = spawn(stands, NULL);
	dead = spawn(dies, NULL);
	await_child(other);
	check(!waitid(P_PID, dead, &info, WEXITED | WNOWAIT));
	check(!pthread_create(&thread, NULL, vforks_and_pauses, NULL));
	check(wait_until(nr_up == 1));
	ready();
	kill(child_pid, SIGTERM);
	pthread_join(thread, NULL);
	join(other);
	join(dead);
}

static struct ckpt_rec_task *find_task(struct image *image, bool (*is)(const struct ckpt_rec_task *t,
								       uint32_t object))
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_TASK);

	while (rec && !is((void *)(rec + 1), rec->object))
		rec = next_record(image, rec, CKPT_REC_TASK);
	return rec ? (void *)(rec + 1) : NULL;
}

static bool is_vfork(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->flags & CKPT_TASK_F_VFORK;
}

static bool is_root(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->leader == object && !t->parent;
}

static bool is_thread(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->leader != object;
}

static bool is_dead(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->state == CKPT_TASK_ZOMBIE;
}

static bool is_other(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->leader == object && t->parent && !t->state && !is_vfork(t, object);
}

static const struct {
	bool (*is)(const struct ckpt_rec_task *t, uint32_t object);
	bool same_parent;
	const char *words;
} lies[] = {
	{ is_root,	false,	"vfork child of nobody" },
	{ is_thread,	false,	"vfork child of nobody" },
	{ is_dead,	false,	"vfork child of nobody" },
	{ is_other,	true,	"waits for two" },
};

TEST_F(forged, lies)
{
	struct image lie;
	struct ckpt_rec_task *t;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, all_sorts));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	ASSERT_NE(NULL, find_task(&self->image, is_vfork));
	for (i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		ASSERT_EQ(0, image_load(&lie, self->s.image));
		t = find_task(&lie, lies[i].is);
		ASSERT_NE(NULL, t);
		if (lies[i].same_parent)
			t->parent = find_task(&lie, is_vfork)->parent;
		t->flags |= CKPT_TASK_F_VFORK;
		image_seal(&lie);
		ASSERT_EQ(0, image_store(&lie, self->s.image));
		image_free(&lie);
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0)) {
			subject_kill(&self->s);
		}
		EXPECT_NE(NULL, strstr(self->s.errors[0].message, lies[i].words)) {
			tell("lie %zu: %s", i, self->s.errors[0].message);
		}
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
	}
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
}

/* A parent that has no memory in common with it, and one that never called vfork: no harm */
TEST_F(forged, another_parent)
{
	struct ckpt_rec_task *t;

	ASSERT_EQ(0, subject_start(&self->s, all_sorts));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	t = find_task(&self->image, is_vfork);
	ASSERT_NE(NULL, t);
	t->flags &= ~CKPT_TASK_F_VFORK;
	t = find_task(&self->image, is_other);
	t->flags |= CKPT_TASK_F_VFORK;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_kill(&self->s);
}

TEST_HARNESS_MAIN
