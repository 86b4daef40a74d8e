// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfork_test.c - vfork children that are saved long before they execute a program, and
 * their parents, which wait: what the child does meanwhile, how it ends, nested ones,
 * several, posix_spawn under load.
 */
#include <spawn.h>

#include "vfork.h"

static volatile int spin;
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

/* -- one child ------------------------------------------------------------------------ */

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

static char fifo[96];

static void *opens_late(void *arg)
{
	int fd;

	check(wait_until(nr_up == 1 && is_blocked_in(child_pid, child_pid, -1)));
	ready();
	fd = open(fifo, O_WRONLY);
	check(fd >= 0);
	close(fd);
	return arg;
}

/* As a program on a slow file system: the child waits in the kernel, and executes it then. */
static void child_waits(void)
{
	char *args[] = { "vfork", NULL };
	pthread_t thread;
	pid_t pid;

	prepare_exec();
	snprintf(fifo, sizeof(fifo), "%s", test_file("fifo"));
	unlink(fifo);
	check(!mkfifo(fifo, 0600));
	check(!pthread_create(&thread, NULL, opens_late, NULL));
	pid = vfork();
	if (!pid) {
		child_pid = getpid();
		nr_up = 1;
		if (open(fifo, O_RDONLY | O_CLOEXEC) < 0)
			_exit(9);
		child_done = 1;
		execve("/proc/self/exe", args, exec_env);
		_exit(8);
	}
	check(!pthread_join(thread, NULL));
	look_at(pid, 3 << 8);
}
TEST_STORIES(child_waits)

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

TEST_HARNESS_MAIN
