// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidns_test.c - restart in new pid namespaces, where all pids are free: one image
 * twice at once, also beside the running original.
 */
#include "checkpoint_test.h"
#include "new_pidns.h"

#define CHILDREN	3

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (write(fd, value, strlen(value)) < 0)
		tell("%s cannot be set", path);
	close(fd);
}

static void child(void *arg)
{
	pid_t self = getpid(), parent = getppid();

	(void)arg;
	child_ready();
	check_equal(getpid(), self);
	check_equal(getppid(), parent);
}

static void family(void)
{
	pid_t pids[CHILDREN], self = getpid();
	int i;

	for (i = 0; i < CHILDREN; i++)
		pids[i] = spawn(child, NULL);
	for (i = 0; i < CHILDREN; i++)
		await_child(pids[i]);
	ready();
	check_equal(getpid(), self);
	for (i = 0; i < CHILDREN; i++)
		join(pids[i]);
	sleep_ms(100);
}

/* The init of a new pid namespace: restarts the image and answers as it ends. */
static int restarter(struct subject *s)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC), status;
	struct restart_args args = {};
	struct checkpoint_error error = {};
	long ret;

	args.errors = (uintptr_t)&error;
	args.nr_errors = 1;
	ret = sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args));
	if (ret != s->pid) {
		tell("restart: %ld: %s", ret, error.message);
		return 10;
	}
	if (args.nr_processes != CHILDREN + 1)
		return 11;
	if (waitpid(ret, &status, 0) != ret)
		return 12;
	return status ? 13 : 0;
}

TEST(one_image_twice_at_once)
{
	struct subject s;
	pid_t a, b;

	ASSERT_EQ(0, subject_start(&s, family));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	a = in_new_namespace(&s, restarter);
	b = in_new_namespace(&s, restarter);
	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	sleep_ms(200);
	subject_go(&s, 1);
	EXPECT_EQ(0, wait_status(a));
	EXPECT_EQ(0, wait_status(b));
}

TEST(beside_the_original)
{
	struct subject s;
	pid_t a;

	ASSERT_EQ(0, subject_start(&s, family));
	ASSERT_LT(0, subject_save(&s, 0));
	a = in_new_namespace(&s, restarter);
	sleep_ms(200);
	subject_go(&s, 1);
	EXPECT_EQ(0, wait_status(a));
	EXPECT_EQ(0, subject_wait(&s));
}

/* The namespace ends, and all that was restarted in it. */
TEST(namespace_is_killed)
{
	struct subject s;
	pid_t a;

	ASSERT_EQ(0, subject_start(&s, family));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	a = in_new_namespace(&s, restarter);
	sleep_ms(100);
	kill(a, SIGKILL);
	EXPECT_EQ(SIGKILL, wait_status(a));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- rstr(1) as the init of a pid namespace ----------------------------------------------------- */

static void has_number_two(void)
{
	check_equal(getpid(), 2);
	ready();
	check_equal(getpid(), 2);
	check_equal(getppid(), 1);
}

/* The first child of an init has the number that rstr's first thread would take, too. */
static int starts_and_saves(struct subject *shared)
{
	struct subject s;

	if (subject_start(&s, has_number_two))
		return 10;
	*shared = s;
	return subject_save(&s, CHECKPOINT_KILL) > 0 ? 0 : 11;
}

static int becomes_rstr(struct subject *s)
{
	execlp("rstr", "rstr", "-q", s->image, NULL);
	return 127;
}

TEST(number_of_a_thread_of_rstr)
{
	struct subject *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ASSERT_NE(MAP_FAILED, (void *)s);
	pid = in_new_namespace(s, starts_and_saves);
	ASSERT_EQ(0, wait_status(pid));
	pid = in_new_namespace(s, becomes_rstr);
	memcpy(test_dir, s->image, strrchr(s->image, '/') + 1 - s->image);
	subject_go(s, 1);
	EXPECT_EQ(0, wait_status(pid));
}

/* -- in a user namespace ------------------------------------------------------------------ */

static void set_login_user(void)
{
	char text[16];

	put("/proc/self/loginuid", "2000");
	ready();
	check(read_file("/proc/self/loginuid", text, sizeof(text)) > 0);
	write_file("login", text, strlen(text));
}

static int mapped_restarter(struct subject *s, int gate)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC), status;
	char c;
	long ret;

	if (read(gate, &c, 1) != 1 || setresgid(0, 0, 0) || setresuid(0, 0, 0))
		return 30;
	ret = sys_restart(0, fd, 0, NULL, 0);
	if (ret != s->pid || waitpid(ret, &status, 0) != ret)
		return 31;
	return status ? 32 : 0;
}

static void map_root(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	put(path, "0 0 1");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	put(path, "0 0 1");
}

/* Who writes to /proc/self/loginuid there could not name user 2000. */
TEST(login_user_without_a_mapping)
{
	struct subject s;
	char text[16];
	int gate[2];
	pid_t pid;

	ASSERT_LT(0, read_file("/proc/self/loginuid", text, sizeof(text)));
	if (strcmp(text, "4294967295"))
		SKIP(return, "the test has a login user already");
	ASSERT_EQ(0, subject_start(&s, set_login_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	ASSERT_TRUE(set_policy("0"));
	ASSERT_EQ(0, pipe(gate));
	pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(mapped_restarter(&s, gate[0]));
	map_root(pid);
	EXPECT_EQ(1, write(gate[1], "x", 1));
	EXPECT_EQ(0, wait_status(pid));
	set_policy("1");
	ASSERT_LT(0, read_file(test_file("login"), text, sizeof(text)));
	EXPECT_STREQ("4294967295", text);
}

/* -- the caller becomes the root, and fails to ----------------------------------------- */

#define THREADS_MAX	"/proc/sys/kernel/threads-max"

/* The image's clocks are ahead of ours by a quarter of an hour. */
static bool advance_clocks(struct subject *s)
{
	struct ckpt_rec_header *header;
	struct image image;
	bool ok;

	if (image_load(&image, s->image))
		return false;
	header = (void *)(image_record(&image, 0) + 1);
	header->monotonic_ns += 900000000000ULL;
	header->boottime_ns += 900000000000ULL;
	image_seal(&image);
	ok = !image_store(&image, s->image);
	image_free(&image);
	return ok;
}

/* Has the program's pid, cannot make its children, and is where it was. */
static int fails_to_become(struct subject *s)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);
	uint64_t before = now_ns(CLOCK_MONOTONIC);
	char old[64] = {}, new[64] = {}, max[32];
	long ret;

	if (readlink("/proc/self/ns/time", old, sizeof(old) - 1) < 0 ||
	    read_file(THREADS_MAX, max, sizeof(max)) < 0)
		return 10;
	put(THREADS_MAX, "1");
	ret = sys_restart(0, fd, RESTART_SELF, NULL, 0);
	put(THREADS_MAX, max);
	if (ret != -EAGAIN)
		return 11;
	if (readlink("/proc/self/ns/time", new, sizeof(new) - 1) < 0 || strcmp(old, new))
		return 12;
	return now_ns(CLOCK_MONOTONIC) - before < 60000000000ULL ? 0 : 13;
}

TEST(failed_self_keeps_its_time)
{
	struct subject s;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, family));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(advance_clocks(&s));
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(with_its_number(&s, fails_to_become));
	EXPECT_EQ(0, wait_status(pid));
}

TEST_HARNESS_MAIN
