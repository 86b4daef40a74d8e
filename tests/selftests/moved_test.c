// SPDX-License-Identifier: GPL-2.0-only
/*
 * moved_test.c - a directory that the program has files in has moved since the checkpoint:
 * with struct restart_moved they are found where it is now, by the same checks as ever.
 */
#include "unix.h"

static int server;

/* Whole paths, for arguments of restart() */
static char scratch[96], elsewhere[96], deeper[96], deeper_elsewhere[96], half_deeper[96];

static struct restart_moved pair(const char *from, const char *to)
{
	return (struct restart_moved){ (uintptr_t)from, (uintptr_t)to };
}

static void make_names(void)
{
	snprintf(scratch, sizeof(scratch), "%s", test_file("scratch"));
	snprintf(elsewhere, sizeof(elsewhere), "%s", test_file("elsewhere"));
	snprintf(deeper, sizeof(deeper), "%s", test_file("scratch/deeper"));
	snprintf(half_deeper, sizeof(half_deeper), "%s", test_file("scratch/dee"));
	snprintf(deeper_elsewhere, sizeof(deeper_elsewhere), "%s", test_file("deeper"));
}

static void give(struct subject *s, const struct restart_moved *moved, unsigned int nr)
{
	s->moved = moved;
	s->nr_moved = nr;
}

/* -- in the program ---------------------------------------------------------------------- */

/* What a link of /proc shows */
static void expect_link(const char *link, const char *name)
{
	char path[128] = "";

	check(readlink(link, path, sizeof(path) - 1) > 0);
	if (strcmp(path, name))
		fail(__FILE__, __LINE__, "%s is %s, not %s", link, path, name);
}

static void expect_fd(int fd, const char *name)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	expect_link(link, name);
}

static int open_in(const char *name, int flags)
{
	int fd = open(name, O_CREAT | O_RDWR | flags, 0644);

	check(fd >= 0 && write(fd, "0123456789", 10) == 10);
	return fd;
}

static void enter_scratch(void)
{
	make_names();
	check(!mkdir(scratch, 0755) && !mkdir(deeper, 0755) && !chdir(scratch));
}

/* One of each: open, mapped, deleted, a removed directory, a named pipe, a socket's name */
static void has_all_there(void)
{
	int file, gone, removed, fifo;
	char c, *map;

	enter_scratch();
	file = open_in("file", O_APPEND);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
	gone = open_in("gone", 0);
	check(map != MAP_FAILED && !unlink("gone"));
	check(!mkdir("removed", 0755));
	removed = open("removed", O_RDONLY | O_DIRECTORY);
	check(removed >= 0 && !rmdir("removed"));
	check(!mkfifo("fifo", 0600));
	fifo = open("fifo", O_RDWR);
	check(fifo >= 0 && write(fifo, "x", 1) == 1);
	server = listening(SOCK_STREAM, "scratch/socket", 3);
	ready();
	expect_link("/proc/self/cwd", elsewhere);
	expect_fd(file, test_file("elsewhere/file"));
	expect_fd(gone, test_file("elsewhere/gone (deleted)"));
	expect_fd(fifo, test_file("elsewhere/fifo"));
	check(write(file, "X", 1) == 1 && map[10] == 'X');
	check(!access(test_file("elsewhere/file"), F_OK) && access(scratch, F_OK));
	check(pread(gone, &c, 1, 9) == 1 && c == '9');
	check(read(fifo, &c, 1) == 1 && c == 'x');
	close(connected(SOCK_STREAM, "elsewhere/socket"));
	check(accept(server, NULL, NULL) >= 0);
}

static void has_one_below(void)
{
	int fd;

	enter_scratch();
	fd = open_in("deeper/file", 0);
	check(!chdir("/"));
	ready();
	expect_fd(fd, test_file("deeper/file"));
}

/* As a user, in a program that it has executed itself, so that all it has is its own */
static void reads_as_user(void)
{
	enter_scratch();
	close(open_in("deeper/file", 0));
	check(!chdir("/"));
	execute_self_as_user();
}

void after_exec(void)
{
	int fd;

	make_names();
	fd = open(test_file("scratch/deeper/file"), O_RDONLY);
	check(fd >= 0);
	ready();
	expect_fd(fd, test_file("deeper/file"));
}

/* What is there before the program */
#define OLD_LOG	"/tmp/moved_test.old"
#define NEW_LOG	"/tmp/moved_test.new"

static int at_log(const char *path, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(name.sun_path, path);
	check(fd >= 0 && !call(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

static void logs_outside(void)
{
	int fd = at_log(OLD_LOG, connect);

	ready();
	check(write(fd, "word", 4) == 4);
}

/* -- the test ---------------------------------------------------------------------------- */

static void save(struct __test_metadata *_metadata, struct subject *s, void (*run)(void))
{
	ASSERT_EQ(0, subject_start(s, run));
	/* Each program has a directory of its own. */
	make_names();
	s->moved = NULL;
	s->nr_moved = 0;
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	subject_go(s, 1);
}

TEST(all)
{
	const struct restart_moved moved = pair(scratch, elsewhere);
	struct subject s;

	save(_metadata, &s, has_all_there);
	ASSERT_EQ(0, rename(scratch, elsewhere));
	EXPECT_EQ(-ENOENT, subject_restart(&s, 0));
	EXPECT_FALSE(subject_told(&s, "said to have moved"));
	give(&s, &moved, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, s.rargs.errors_used);
	/* A second time it is not there: the socket makes its name anew. */
	ASSERT_EQ(0, unlink(test_file("elsewhere/socket")));
	ASSERT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	EXPECT_EQ(0, subject_wait(&s));
	reap_all();
}

/* /.../scratch2 does not begin with /.../scratch; and what moves is told by the longest. */
TEST(longest)
{
	const struct restart_moved moved[] = {
		pair("/", "/nowhere/"), pair(scratch, "/nowhere"),
		pair(deeper, deeper_elsewhere), pair(half_deeper, "/nowhere"),
	};
	struct subject s;

	save(_metadata, &s, has_one_below);
	ASSERT_EQ(0, rename(deeper, deeper_elsewhere));
	give(&s, moved + 1, 2);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(1, s.rargs.errors_used);
	EXPECT_TRUE(subject_told(&s, "so nothing has moved from there"));
	/* The root directory is the beginning of all paths. */
	give(&s, moved, 1);
	EXPECT_EQ(-ENOENT, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "cannot be found where it is said to have moved"));
	give(&s, moved + 3, 1);
	EXPECT_EQ(-ENOENT, subject_restart(&s, 0));
	EXPECT_FALSE(subject_told(&s, "said to have moved"));
	reap_all();
}

/* A whole name, of what is outside */
TEST(outside)
{
	const struct restart_moved moved = pair(OLD_LOG, NEW_LOG);
	struct subject s;
	char word[8];
	int log;

	mkdir("/tmp", 01777);
	unlink(OLD_LOG);
	unlink(NEW_LOG);
	log = at_log(OLD_LOG, bind);
	save(_metadata, &s, logs_outside);
	close(log);
	log = at_log(NEW_LOG, bind);
	give(&s, &moved, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "and is with what is there now"));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(4, recv(log, word, sizeof(word), MSG_DONTWAIT));
	close(log);
	unlink(OLD_LOG);
	unlink(NEW_LOG);
}

/* Under a ceiling it is the owner who looks. */
TEST(nothing_is_gained)
{
	const struct restart_moved moved = pair(deeper, deeper_elsewhere);
	struct subject s;

	save(_metadata, &s, reads_as_user);
	ASSERT_EQ(0, rename(deeper, deeper_elsewhere));
	ASSERT_EQ(0, chmod(deeper_elsewhere, 0700));
	give(&s, &moved, 1);
	EXPECT_EQ(-EACCES, subject_restart_below_user(&s));
	EXPECT_TRUE(subject_told(&s, "cannot be found where it is said to have moved"));
	ASSERT_EQ(0, chmod(deeper_elsewhere, 0711));
	EXPECT_EQ(s.pid, subject_restart_below_user(&s));
	EXPECT_EQ(0, subject_wait(&s));
	reap_all();
}

TEST(arguments)
{
	struct restart_moved many[CKPT_MOVED_MAX + 1], one = pair("/a", "/b");
	char long_name[4200];
	struct subject s;

	save(_metadata, &s, has_one_below);
	memset(long_name, '/', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	memset(many, 0, sizeof(many));
	give(&s, many, CKPT_MOVED_MAX + 1);
	EXPECT_EQ(-E2BIG, subject_restart(&s, 0));
	give(&s, many, CKPT_MOVED_MAX);
	EXPECT_EQ(-EFAULT, subject_restart(&s, 0));
	give(&s, (void *)8, 1);
	EXPECT_EQ(-EFAULT, subject_restart(&s, 0));
	give(&s, &one, 1);
	one = pair("a", "/b");
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	one = pair("/a", "");
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	one = pair("/a", long_name);
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	many[0] = pair("/a", "/b");
	many[1] = pair("/a/", "/c");
	give(&s, many, 2);
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "moved twice"));
	reap_all();
}

TEST_HARNESS_MAIN
