// SPDX-License-Identifier: GPL-2.0-only
/*
 * deleted_exe_test.c - programs and libraries that have been deleted or replaced, as by an
 * upgrade, while they run: the executable, what else is mapped of them, and who shares them.
 */
#include <grp.h>
#include <sys/mount.h>

#include "checkpoint_test.h"

#define PAGE	4096UL

/* -- what the program looks at ------------------------------------------------------------ */

struct program {
	char name[128];
	uint64_t sum;
	struct stat st;
};

/* As /proc/PID/exe shows it and leads to it */
static void look_at(pid_t pid, struct program *p)
{
	static uint64_t words[8192];
	char link[40];
	ssize_t i, n;
	int fd;

	memset(p, 0, sizeof(*p));
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	check(readlink(link, p->name, sizeof(p->name) - 1) > 0);
	fd = open(link, O_RDONLY | O_CLOEXEC);
	check(fd >= 0 && !fstat(fd, &p->st));
	while ((n = read(fd, words, sizeof(words))) > 0)
		for (i = 0; i < n / 8; i++)
			p->sum = p->sum * 31 + words[i];
	check(!n && !close(fd));
}

static void is_as_before(const struct program *before, pid_t pid)
{
	struct program now;
	char link[40];

	look_at(pid, &now);
	check(!strcmp(now.name, before->name));
	check(now.sum == before->sum && now.st.st_size == before->st.st_size);
	check(now.st.st_mode == before->st.st_mode && !now.st.st_nlink);
	check(now.st.st_uid == before->st.st_uid && now.st.st_gid == before->st.st_gid);
	check(now.st.st_mtime == before->st.st_mtime);
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	check(open(link, O_WRONLY) == -1 && (errno == ETXTBSY || errno == EACCES));
}

static void look_in_child(void *arg)
{
	child_ready();
	is_as_before(arg, getpid());
}

static bool what(const char *wanted)
{
	const char *text = getenv("WHAT");

	return text && !strcmp(text, wanted);
}

/* Code that has not run yet comes from the file as well. */
void after_exec(void)
{
	struct program before;
	struct view maps;
	pid_t child = 0;

	if (what("replaced"))
		check(!rename(test_file("new"), test_file("program")));
	else if (what("directory"))
		check(!unlink("dir/program") && !rmdir("dir"));
	else if (what("mount"))
		check(!unlink("mount/program"));
	else if (what("user"))
		ready();	/* the test deletes it */
	else
		check(!unlink(test_file("program")));
	look_at(getpid(), &before);
	check(strstr(before.name, "/program (deleted)"));
	if (what("fork")) {
		child = spawn(look_in_child, &before);
		await_child(child);
	}
	maps_take(&maps, true);
	ready();
	/* Made in the next directory that is there, it has another name. */
	if (what("directory"))
		snprintf(before.name, sizeof(before.name), "%sprogram (deleted)", test_dir);
	else
		maps_compare(&maps, true);
	is_as_before(&before, getpid());
	if (child)
		join(child);
	if (what("replaced"))
		check(!access(test_file("program"), X_OK));
}

static void execute(const char *path, const char *text)
{
	setenv("CHECKPOINT_TEST_AFTER_EXEC", test_dir, 1);
	setenv("WHAT", text, 1);
	execl(path, "copy", NULL);
	fail(__FILE__, __LINE__, "execl (errno %d)", errno);
}

/* -- executables -------------------------------------------------------------------------- */

static void deleted(void)
{
	copy_program(test_file("program"));
	execute(test_file("program"), "deleted");
}
TEST_STORIES(deleted)

static void shared_across_fork(void)
{
	copy_program(test_file("program"));
	execute(test_file("program"), "fork");
}
TEST_KILLED(shared_across_fork)

static void replaced(void)
{
	copy_program(test_file("program"));
	copy_program(test_file("new"));
	execute(test_file("program"), "replaced");
}
TEST_KILLED(replaced)

static void directory_is_gone(void)
{
	check(!mkdir("dir", 0755));
	copy_program("dir/program");
	execute("dir/program", "directory");
}
TEST_KILLED(directory_is_gone)

/* Its user may not write where it lay: root makes it again. */
static void of_root(void)
{
	check(!mkdir(test_file("bin"), 0755));
	copy_program(test_file("bin/program"));
	close_range(0, 2, 0);
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	      !setresuid(1000, 1000, 1000));
	check(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
	execute(test_file("bin/program"), "user");
}

TEST(of_root_killed)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, of_root));
	ASSERT_EQ(0, unlink(test_file("bin/program")));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_await(&s, 2));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 2);
	EXPECT_EQ(0, subject_wait(&s));
}

/* Who else has it mapped goes on with the old one. */
TEST(also_outside)
{
	struct subject s;
	char link[40], *p;
	int fd;

	ASSERT_EQ(0, subject_start(&s, deleted));
	snprintf(link, sizeof(link), "/proc/%d/exe", s.pid);
	fd = open(link, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	close(fd);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, memcmp(p, "\177ELF", 4));
	munmap(p, PAGE);
}

/* -- a mount that forbids it --------------------------------------------------------------- */

static void on_a_mount(void)
{
	check(!mkdir("mount", 0755) && !mount("tmpfs", "mount", "tmpfs", 0, NULL));
	copy_program("mount/program");
	execute("mount/program", "mount");
}

TEST(mount_is_noexec_by_now)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, on_a_mount));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, mount(NULL, test_file("mount"), NULL, MS_REMOUNT | MS_NOEXEC, NULL));
	EXPECT_EQ(-EACCES, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "may not be executed"));
	ASSERT_EQ(0, mount(NULL, test_file("mount"), NULL, MS_REMOUNT, NULL));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	umount2(test_file("mount"), MNT_DETACH);
}

/* -- libraries ------------------------------------------------------------------------------ */

static char *library;

/* The test has it before there is a subject. */
#define LIBRARY	"/tmp/deleted_exe_library"

static void map_library(void)
{
	int fd = open(LIBRARY, O_RDONLY | O_CLOEXEC);

	check(fd >= 0);
	library = mmap(NULL, 4 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	check(library != MAP_FAILED && !close(fd));
}

static void with_a_library(void)
{
	map_library();
	check(!mprotect(library + PAGE, PAGE, PROT_READ | PROT_WRITE));
	library[PAGE + 5] = 'r';
	check(!unlink(LIBRARY));
	ready();
	check(pattern_is(library, PAGE, 1) && library[PAGE + 5] == 'r');
	check(pattern_goes_on(library + 2 * PAGE, 2 * PAGE, 2 * PAGE, 1));
}

static int make_library(void)
{
	static char text[4 * PAGE];
	int fd = open(LIBRARY, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	pattern_fill(text, sizeof(text), 1);
	return write(fd, text, sizeof(text)) == sizeof(text) ? fd : -1;
}

/* As a library of the system: others have it mapped too. */
TEST(library_also_mapped_outside)
{
	struct subject s;
	int fd = make_library();

	ASSERT_LE(0, fd);
	close(fd);
	map_library();
	ASSERT_EQ(0, subject_start(&s, with_a_library));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	munmap(library, 4 * PAGE);
}

/* Who may write to it could change it under the program. */
TEST(library_open_for_writing_outside)
{
	struct subject s;
	int fd = make_library();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, subject_start(&s, with_a_library));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "which has no name, is open or mapped in process "));
	close(fd);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
