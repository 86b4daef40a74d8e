// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_vm_test.c - processes that share their memory without being threads of one: with
 * each mix of descriptors, directories and signal actions; orphans, threads, zombies;
 * somebody outside.
 */
#include <pthread.h>

#include "clone_vm.h"

/* -- each mix ------------------------------------------------------------------------ */

static void mix(int flags)
{
	bool sees_fd = flags & CLONE_FILES, sees_cwd = flags & CLONE_FS;
	char before[64], after[64];
	pid_t pid;

	shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(!syscall(SYS_ioprio_set, 1, 0, IOPRIO));
	act_on(SIGUSR1, handle);
	check(getcwd(before, sizeof(before)));
	pid = clone(changes_all, new_stack(), flags | CLONE_VM | SIGCHLD, NULL);
	check(pid > 0);
	until(&up, 1);
	ready();
	go = 1;
	until(&done, 1);
	check_equal(shared[0], 'x');
	check_equal(fcntl(opened_fd, F_GETFD) >= 0, sees_fd);
	check(getcwd(after, sizeof(after)));
	check_equal(!strcmp(after, "/"), sees_cwd);
	check_equal(syscall(SYS_ioprio_get, 1, 0), flags & CLONE_IO ? IOPRIO + 1 : IOPRIO);
	raise(SIGUSR1);
	check_equal(handled, flags & CLONE_SIGHAND ? -SIGUSR1 : SIGUSR1);
	shared[1] = 'y';
	go = 2;
	join(pid);
}

#define MIX(name, flags)						\
	static void name(void) { mix(flags); }				\
	TEST_KILLED(name)						\
	TEST_TWICE(name)

MIX(memory_alone, 0)
MIX(with_files, CLONE_FILES)
MIX(with_fs, CLONE_FS)
MIX(with_files_and_fs, CLONE_FILES | CLONE_FS)
MIX(with_actions, CLONE_SIGHAND)
MIX(with_actions_and_files, CLONE_SIGHAND | CLONE_FILES)
MIX(with_actions_and_fs, CLONE_SIGHAND | CLONE_FS)
MIX(with_undo, CLONE_SYSVSEM)
MIX(with_io, CLONE_IO)
MIX(with_all, CLONE_SIGHAND | CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_IO)
TEST_LEFT_RUNNING(memory_alone)
TEST_LEFT_RUNNING(with_all)

/* -- who shares ----------------------------------------------------------------------- */

#define MANY	6
#define BIG	(8UL << 20)

static volatile int ups;

static int counts_up(void *arg)
{
	volatile char *mine = arg;

	__sync_fetch_and_add(&ups, 1);
	until(&go, 1);
	*mine = 'z';
	_exit(0);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

/* Its pages are in the image once. */
static void many_share(void)
{
	pid_t pids[MANY];
	char *big;
	int i;

	big = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(big != MAP_FAILED);
	pattern_fill(big, BIG, 7);
	for (i = 0; i < MANY; i++) {
		pids[i] = clone(counts_up, new_stack(), CLONE_VM | SIGCHLD, big + i * 4096);
		check(pids[i] > 0);
	}
	until(&ups, MANY);
	ready();
	check(pattern_is(big, BIG, 7));
	go = 1;
	for (i = 0; i < MANY; i++) {
		join(pids[i]);
		check_equal(big[i * 4096], 'z');
	}
}
TEST_TWICE(many_share)

TEST(pages_once)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, many_share));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_LT(BIG, (unsigned long)size_of(s.image));
	EXPECT_GT(2 * BIG, (unsigned long)size_of(s.image));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

static volatile pid_t orphan;

static int becomes_orphan(void *arg)
{
	(void)arg;
	up = 1;
	until(&go, 1);
	_exit(handled != SIGUSR1);
}

static int leaves_orphan(void *arg)
{
	orphan = clone(becomes_orphan, arg, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);
	_exit(orphan < 0);
}

/* Who made it is gone, and shares nothing any more. */
static void orphan_shares(void)
{
	pid_t pid;

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	act_on(SIGUSR1, handle);
	pid = clone(leaves_orphan, new_stack(), CLONE_VM | CLONE_SIGHAND | SIGCHLD, new_stack());
	check(pid > 0);
	join(pid);
	until(&up, 1);
	ready();
	kill(orphan, SIGUSR1);
	until(&handled, SIGUSR1);
	go = 1;
	join(orphan);
}
TEST_KILLED(orphan_shares)
TEST_TWICE(orphan_shares)

/* The processes beside each other: one is a parent with a thread, one a zombie. */
static void *waits_in_thread(void *arg)
{
	until(&go, 1);
	shared[2] = 't';
	return arg;
}

static int sees_go(void *arg)
{
	(void)arg;
	until(&go, 1);
	shared[3] = 'c';
	syscall(SYS_exit, 0);
	return 0;
}

/* The child has a thread too. */
static int changes_with_thread(void *arg)
{
	if (clone(sees_go, arg, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		  CLONE_SYSVSEM, NULL) < 0)
		_exit(3);
	changes_all(NULL);
	return 0;
}

static int exits(void *arg)
{
	(void)arg;
	_exit(5);
}

static void threads_and_zombies(void)
{
	int status, flags = CLONE_VM | CLONE_SIGHAND | SIGCHLD;
	pthread_t thread;
	pid_t pid, dead;
	siginfo_t info;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	act_on(SIGUSR1, handle);
	check(!pthread_create(&thread, NULL, waits_in_thread, NULL));
	dead = clone(exits, new_stack(), flags, NULL);
	check(!waitid(P_PID, dead, &info, WEXITED | WNOWAIT));
	pid = clone(changes_with_thread, new_stack(), flags, new_stack());
	check(pid > 0);
	until(&up, 1);
	ready();
	go = 1;
	until(&done, 1);
	until_byte(&shared[3], 'c');
	pthread_join(thread, NULL);
	check_equal(shared[2], 't');
	check(waitpid(dead, &status, 0) == dead);
	check_equal(WEXITSTATUS(status), 5);
	shared[1] = 'y';
	go = 2;
	join(pid);
}
TEST_STORIES(threads_and_zombies)

void after_exec(void)
{
	write_file("executed", "", 0);
	_exit(3);
}

static int executes(void *arg)
{
	(void)arg;
	up = 1;
	until(&go, 1);
	execute_self();
}

/* It leaves the memory, and its signal actions, to the others. */
static void one_executes(void)
{
	int status;
	pid_t pid;

	act_on(SIGUSR1, handle);
	pid = clone(executes, new_stack(), CLONE_VM | CLONE_SIGHAND | CLONE_FILES | SIGCHLD, NULL);
	check(pid > 0);
	until(&up, 1);
	ready();
	go = 1;
	check(waitpid(pid, &status, 0) == pid);
	check_equal(WEXITSTATUS(status), 3);
	check(!access(test_file("executed"), F_OK));
	raise(SIGUSR1);
	check_equal(handled, SIGUSR1);
}
TEST_KILLED(one_executes)

/* The kernel sets it for all that share memory. */
static int reads_oom(void *arg)
{
	char text[16];

	(void)arg;
	up = 1;
	until(&go, 1);
	_exit(read_file("/proc/self/oom_score_adj", text, sizeof(text)) <= 0 || atoi(text) != 77);
}

static void oom_score_together(void)
{
	pid_t pid = clone(reads_oom, new_stack(), CLONE_VM | SIGCHLD, NULL);
	int fd;

	check(pid > 0);
	until(&up, 1);
	ready();
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	check(write(fd, "77", 2) == 2);
	close(fd);
	go = 1;
	join(pid);
}
TEST_KILLED(oom_score_together)

/* -- outside --------------------------------------------------------------------------- */

static char go_path[96];

static int lives_outside(void *arg)
{
	(void)arg;
	up = 1;
	while (access(go_path, F_OK))
		nap();
	_exit(0);
}

/* A child of its parent: of the test, outside the tree */
static pid_t start_outside(int flags)
{
	pid_t pid;

	snprintf(go_path, sizeof(go_path), "%s", test_file("go1"));
	pid = clone(lives_outside, new_stack(), CLONE_VM | CLONE_PARENT | SIGCHLD | flags, NULL);
	check(pid > 0);
	until(&up, 1);
	return pid;
}

static void shared_outside(void)
{
	start_outside(0);
	ready();
}
TEST_REFUSED(shared_outside, EBUSY, "shares its memory with process ")

static void shares_more(void)
{
	pid_t pid;

	check(!syscall(SYS_ioprio_set, 1, 0, IOPRIO));
	pid = start_outside(CLONE_SIGHAND | CLONE_IO);
	write_file("outside", &pid, sizeof(pid));
	ready();
}

TEST(each_that_is_shared_outside)
{
	static const char * const shared[] = {
		"shares its memory with", "its signal actions are shared with",
		"its I/O context is shared with",
	};
	char words[96], who[64], text[8];
	struct subject s;
	pid_t pid;
	int i;

	ASSERT_EQ(0, subject_start(&s, shares_more));
	ASSERT_EQ(sizeof(pid), read_file(test_file("outside"), text, sizeof(text)));
	memcpy(&pid, text, sizeof(pid));
	snprintf(who, sizeof(who), "%s", process_shown(pid));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_CHECK));
	for (i = 0; i < 3; i++) {
		snprintf(words, sizeof(words), "%s %s outside the tree", shared[i], who);
		EXPECT_TRUE(subject_told(&s, words)) {
			tell("no \"%s\"", words);
		}
	}
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
