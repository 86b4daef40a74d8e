// SPDX-License-Identifier: GPL-2.0-only
/*
 * again_test.c - what was opened, executed or entered, and what became of it since: it
 * comes back, or it is refused while the program is still there.
 */
#include <grp.h>
#include <sys/mount.h>

#include "checkpoint_test.h"

/* What the executed program does first is in the environment. */
static void execute_copy(const char *path, const char *what)
{
	char *args[] = { "copy", NULL };

	copy_program(path);
	setenv("CHECKPOINT_TEST_AFTER_EXEC", test_dir, 1);
	setenv("WHAT", what, 1);
	execv(path, args);
	fail(__FILE__, __LINE__, "execv (errno %d)", errno);
}

void after_exec(void)
{
	const char *what = getenv("WHAT");
	char exe[128] = "", now[128] = "";

	check(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	if (what && !strcmp(what, "chmod"))
		check(!chmod(exe, 0644));
	if (what && !strcmp(what, "noexec"))
		check(!mount(NULL, test_file("mount"), NULL, MS_REMOUNT | MS_NOEXEC, NULL));
	ready();
	check(readlink("/proc/self/exe", now, sizeof(now) - 1) > 0);
	check(!strcmp(exe, now));
}

/* -- executables ------------------------------------------------------------------------ */

static void executable_that_lost_its_x(void)
{
	execute_copy(test_file("program"), "chmod");
}
TEST_KILLED(executable_that_lost_its_x)
TEST_TWICE(executable_that_lost_its_x)

static void become_user(void)
{
	check(!setgroups(0, NULL));
	check(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	prctl(PR_SET_DUMPABLE, 1);
}

/* Executed by the user, but not his: he could not give it the right again. */
static void program_of_root(void)
{
	copy_program(test_file("program"));
	check(!chmod(test_file("program"), 0755));
	close_range(0, 2, 0);
	become_user();
	check(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
	setenv("CHECKPOINT_TEST_AFTER_EXEC", test_dir, 1);
	execl(test_file("program"), "copy", NULL);
	fail(__FILE__, __LINE__, "execl (errno %d)", errno);
}

static long save_as_user(struct subject *s, struct checkpoint_error *error)
{
	struct checkpoint_args args = { .errors = (uintptr_t)error, .nr_errors = 1 };
	int fd = open(s->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	become_user();
	return sys_checkpoint(s->pid, fd, CHECKPOINT_KILL | CHECKPOINT_ARGS, &args, sizeof(args));
}

static void refused_to_user(struct __test_metadata *_metadata, struct subject *s,
			    const char *words)
{
	struct checkpoint_error *error = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, error);
	ASSERT_TRUE(set_policy("0"));
	pid = fork();
	if (!pid)
		_exit(save_as_user(s, error) != -EBUSY);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	set_policy("1");
	EXPECT_EQ(0, status);
	EXPECT_NE(NULL, strstr(error->message, words));
	munmap(error, 4096);
}

TEST(program_of_root_that_lost_its_x)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, program_of_root));
	ASSERT_EQ(0, chmod(test_file("program"), 0644));
	refused_to_user(_metadata, &s, "may not be executed any more");
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void mount_is_noexec_now(void)
{
	check(!mkdir(test_file("mount"), 0755));
	check(!mount("tmpfs", test_file("mount"), "tmpfs", 0, NULL));
	execute_copy(test_file("mount/program"), "noexec");
}

TEST(mount_is_noexec_now_refused)
{
	EXPECT_EQ(0, story_refused(mount_is_noexec_now, EOPNOTSUPP, "now its mount is noexec"));
	umount2(test_file("mount"), MNT_DETACH);
}

/* -- files and directories --------------------------------------------------------------- */

static void mode_is_gone(void)
{
	int fd;

	become_user();
	fd = open(test_file("file"), O_RDWR | O_CREAT, 0600);
	check(fd >= 0 && !fchmod(fd, 0));
	ready();
	check_equal(write(fd, "x", 1), 1);
}
TEST_REFUSED(mode_is_gone, EBUSY, "could not be opened again by its user")

/* Root may open it all the same. */
static void mode_is_gone_for_others(void)
{
	int fd = open(test_file("file"), O_RDWR | O_CREAT, 0600);

	check(fd >= 0 && !fchmod(fd, 0));
	ready();
	check_equal(write(fd, "x", 1), 1);
}
TEST_KILLED(mode_is_gone_for_others)

static void directory_is_closed(void)
{
	become_user();
	check(!mkdir("sub", 0755) && !chdir("sub") && !chmod(test_file("sub"), 0));
	ready();
	check(!chmod(test_file("sub"), 0755));
}
TEST_REFUSED(directory_is_closed, EBUSY, "may not be entered any more")

/* Passed on by who could open it: by whoever saves it here. */
static void opened_by_root(void)
{
	int fd = open(test_file("secret"), O_RDWR | O_CREAT, 0600);

	check(fd == 3);
	become_user();
	ready();
	check_equal(write(fd, "x", 1), 1);
}

TEST(file_of_root_in_a_users_hands)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, opened_by_root));
	refused_to_user(_metadata, &s, "could not be opened again");
	/* and root can */
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- equal files ------------------------------------------------------------------------- */

#define FAMILY	20

static char *map_it(void)
{
	int fd = open(test_file("mapped"), O_RDONLY);
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	check(fd >= 0 && p != MAP_FAILED && !close(fd));
	return p;
}

static void child_maps_it(void *arg)
{
	char *p = map_it();

	(void)arg;
	child_ready();
	check(!strcmp(p, "contents"));
}

static void family_maps_a_file(void)
{
	pid_t pids[FAMILY];
	char *p;
	int i;

	write_file("mapped", "contents", 9);
	p = map_it();
	for (i = 0; i < FAMILY; i++)
		pids[i] = spawn(child_maps_it, NULL);
	for (i = 0; i < FAMILY; i++)
		await_child(pids[i]);
	ready();
	for (i = 0; i < FAMILY; i++)
		join(pids[i]);
	check(!strcmp(p, "contents"));
}

static int files_named(const char *path, const char *name)
{
	struct image image;
	int found = 0;
	size_t i;

	if (image_load(&image, path))
		return -1;
	for (i = 0; i < image.nr_records; i++) {
		const struct ckpt_rec *rec = image_record(&image, i);
		const struct ckpt_rec_file_path *file = (const void *)(rec + 1);

		found += rec->type == CKPT_REC_FILE_PATH &&
			 memmem(file + 1, file->path.count, name, strlen(name));
	}
	image_free(&image);
	return found;
}

/* One mapped file and one working directory for all, though each opened its own */
TEST(equal_files_are_one)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, family_maps_a_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(1, files_named(s.image, "/mapped"));
	EXPECT_EQ(2, files_named(s.image, "checkpoint-"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
