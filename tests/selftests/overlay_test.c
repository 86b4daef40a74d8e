// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlay_test.c - files of overlayfs, on which containers live: mapped, executed, deleted;
 * removed directories and named pipes there.
 */
#include <sys/mount.h>
#include <sys/xattr.h>

#include "checkpoint_test.h"

#define PAGE	4096UL
#define HERE	"/tmp/overlay_test"
#define BOTH	HERE "/both"

FIXTURE(overlay)
{
};

static void take_away(void)
{
	umount2(BOTH, MNT_DETACH);
	umount2(HERE, MNT_DETACH);
	rmdir(HERE);
}

static bool is_known(const char *name)
{
	char known[4096];

	return read_file("/proc/filesystems", known, sizeof(known)) > 0 && strstr(known, name);
}

static bool lay_over(void)
{
	return !mkdir(HERE "/lower", 0755) && !mkdir(HERE "/upper", 0755) &&
	       !mkdir(HERE "/work", 0755) && !mkdir(BOTH, 0755) &&
	       !mount("none", BOTH, "overlay", 0,
		      "lowerdir=" HERE "/lower,upperdir=" HERE "/upper,workdir=" HERE "/work");
}

FIXTURE_SETUP(overlay)
{
	if (!is_known("\toverlay\n"))
		SKIP(return, "this kernel has no overlayfs");
	take_away();
	ASSERT_EQ(0, mkdir(HERE, 0755));
	ASSERT_EQ(0, mount("none", HERE, "tmpfs", 0, NULL));
	ASSERT_TRUE(lay_over());
}

FIXTURE_TEARDOWN(overlay)
{
	take_away();
}

/* Stories on an overlay of their own; those of a subject that changes its files, or all */
#define CHANGES(run)							\
	TEST_F(overlay, run##_killed)					\
	{								\
		ASSERT_EQ(0, story_killed(run));			\
	}								\
	TEST_F(overlay, run##_twice)					\
	{								\
		ASSERT_EQ(0, story_twice(run));				\
	}
#define STORIES(run)							\
	CHANGES(run)							\
	TEST_F(overlay, run##_left_running)				\
	{								\
		ASSERT_EQ(0, story_left_running(run));			\
	}

static void make_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	check(fd >= 0 && write(fd, data, len) == (ssize_t)len && !close(fd));
}

/* -- open ------------------------------------------------------------------------------------- */

static void open_files(void)
{
	int upper, lower;
	char c;

	make_file(HERE "/lower/below", "below", 5);
	make_file(BOTH "/above", "above", 5);
	lower = open(BOTH "/below", O_RDONLY);
	upper = open(BOTH "/above", O_RDWR);
	check(lower >= 0 && upper >= 0 && lseek(upper, 1, SEEK_SET) == 1);
	ready();
	check(read(lower, &c, 1) == 1 && c == 'b' && read(upper, &c, 1) == 1 && c == 'b');
	check(write(upper, "x", 1) == 1);
}
CHANGES(open_files)

/* -- deleted ---------------------------------------------------------------------------------- */

static void is_deleted(int fd, const char *name)
{
	char link[40], text[256] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	check(readlink(link, text, sizeof(text) - 1) > 0);
	check(!strncmp(text, name, strlen(name)) && strstr(text, " (deleted)"));
}

static void deleted_file(void)
{
	int fd = open(BOTH "/file", O_RDWR | O_CREAT, 0640), again;
	static char page[PAGE], now[PAGE];
	struct stat before, after;
	int i;

	again = open(BOTH "/file", O_RDONLY);
	check(fd >= 0 && again >= 0 && !unlink(BOTH "/file"));
	for (i = 0; i < 64; i += 2) {
		pattern_fill(page, PAGE, i);
		check(pwrite(fd, page, PAGE, i * PAGE) == PAGE);
	}
	check(!ftruncate(fd, 100 * PAGE + 7) && !fchown(fd, 1000, 1001));
	check(!fsetxattr(fd, "user.colour", "red", 3, 0) || errno == EOPNOTSUPP);
	check(lseek(again, 12, SEEK_SET) == 12 && !fstat(fd, &before));
	ready();
	check(!fstat(fd, &after) && after.st_size == before.st_size && !after.st_nlink);
	check(after.st_mode == before.st_mode && after.st_uid == 1000 && after.st_gid == 1001);
	check(after.st_mtime == before.st_mtime);
	for (i = 0; i < 64; i += 2) {
		pattern_fill(page, PAGE, i);
		check(pread(again, now, PAGE, i * PAGE) == PAGE && !memcmp(now, page, PAGE));
	}
	check(pread(fd, now, PAGE, PAGE) == PAGE && !now[0]);
	check(lseek(again, 0, SEEK_CUR) == 12);
	check(pwrite(fd, "one file", 8, 0) == 8 && pread(again, now, 8, 0) == 8);
	check(!memcmp(now, "one file", 8));
	is_deleted(fd, BOTH "/");
}
STORIES(deleted_file)

/* One of the layer below, which was never written to */
static void deleted_below(void)
{
	char text[16] = "";
	int fd;

	make_file(HERE "/lower/below", "from below", 10);
	fd = open(BOTH "/below", O_RDONLY);
	check(fd >= 0 && lseek(fd, 5, SEEK_SET) == 5 && !unlink(BOTH "/below"));
	ready();
	check(read(fd, text, sizeof(text)) == 5 && !strcmp(text, "below"));
	check(access(BOTH "/below", F_OK) == -1);
	is_deleted(fd, BOTH "/");
}
STORIES(deleted_below)

/* With its directory, as a temporary directory that is cleared */
static void deleted_directory(void)
{
	char text[16] = "";
	int fd, dir;

	check(!mkdir(BOTH "/dir", 0755));
	make_file(BOTH "/dir/file", "contents", 8);
	fd = open(BOTH "/dir/file", O_RDONLY);
	dir = open(BOTH "/dir", O_RDONLY | O_DIRECTORY);
	check(fd >= 0 && dir >= 0 && !unlink(BOTH "/dir/file") && !rmdir(BOTH "/dir"));
	ready();
	check(read(fd, text, sizeof(text)) == 8 && !strcmp(text, "contents"));
	check(openat(dir, "new", O_CREAT | O_RDWR, 0600) == -1 && errno == ENOENT);
	check(access(BOTH "/dir", F_OK) == -1);
}
STORIES(deleted_directory)

/* Made without a name: it may still get one. */
static void nameless(void)
{
	int fd = open(BOTH, O_TMPFILE | O_RDWR, 0600);
	char path[40], text[16] = "";

	check(fd >= 0 && write(fd, "contents", 8) == 8);
	ready();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(!linkat(AT_FDCWD, path, AT_FDCWD, BOTH "/named", AT_SYMLINK_FOLLOW));
	check(read_file(BOTH "/named", text, sizeof(text)) == 8 && !strcmp(text, "contents"));
	check(!unlink(BOTH "/named"));
}
STORIES(nameless)

/* On a file system that has no files without a name, the overlay has none either. */
static void holds_a_deleted_file(void)
{
	int fd = open(BOTH "/file", O_RDWR | O_CREAT, 0640);

	check(fd >= 0 && !unlink(BOTH "/file"));
	ready();
	close(fd);
}

TEST_F(overlay, layer_without_nameless_files)
{
	ASSERT_EQ(0, umount(BOTH));
	ASSERT_EQ(0, mkdir(HERE "/ram", 0755));
	ASSERT_EQ(0, mount("none", HERE "/ram", "ramfs", 0, NULL));
	ASSERT_EQ(0, mkdir(HERE "/ram/upper", 0755));
	ASSERT_EQ(0, mkdir(HERE "/ram/work", 0755));
	if (mount("none", BOTH, "overlay", 0, "lowerdir=" HERE "/lower,upperdir=" HERE
		  "/ram/upper,workdir=" HERE "/ram/work"))
		SKIP(goto out, "no overlay over ramfs");
	EXPECT_EQ(0, story_refused(holds_a_deleted_file, EOPNOTSUPP,
				   "/file, which has been deleted from a file system of type overlay,"));
out:
	umount2(BOTH, MNT_DETACH);
	umount2(HERE "/ram", MNT_DETACH);
}

/* -- mapped ----------------------------------------------------------------------------------- */

static void mapped_files(void)
{
	static char page[PAGE];
	char *shared, *private, *below;
	int fd;

	pattern_fill(page, PAGE, 1);
	make_file(HERE "/lower/below", page, PAGE);
	make_file(BOTH "/above", page, PAGE);
	fd = open(BOTH "/below", O_RDONLY);
	below = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	check(below != MAP_FAILED && !close(fd));
	fd = open(BOTH "/above", O_RDWR);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(shared != MAP_FAILED && private != MAP_FAILED && !close(fd));
	shared[0] = 's';
	private[1] = 'p';
	check(!msync(shared, PAGE, MS_SYNC));
	ready();
	check(shared[0] == 's' && shared[1] == page[1] && private[1] == 'p');
	check(!memcmp(shared + 2, page + 2, PAGE - 2));
	check(!memcmp(private + 2, page + 2, PAGE - 2) && !memcmp(below, page, PAGE));
	shared[2] = 't';
	check(private[0] == 's' || private[0] == page[0]);
	fd = open(BOTH "/above", O_RDONLY);
	check(read(fd, page, 3) == 3 && page[0] == 's' && page[2] == 't');
}
CHANGES(mapped_files)

/* As each program of a container is */
static struct view maps;

void after_exec(void)
{
	char path[128] = "";

	check(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	check(!strcmp(path, BOTH "/program"));
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	check(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	check(!strcmp(path, BOTH "/program"));
}

static void runs_there(void)
{
	copy_program(BOTH "/program");
	execute_program(BOTH "/program");
}
STORIES(runs_there)

/* Whoever maps it could not open it again. */
static void mapped_and_forbidden(void)
{
	int fd;

	make_file(BOTH "/secret", "secret", 6);
	fd = open(BOTH "/secret", O_RDONLY);
	check(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED && !close(fd));
	check(!chmod(BOTH "/secret", 0600) && !chown(test_dir, 1000, 1000));
	check(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
	ready();
}

TEST_F(overlay, mapped_and_forbidden)
{
	ASSERT_EQ(0, story_refused(mapped_and_forbidden, EBUSY,
				   "/secret could not be opened again by its user (error 13)"));
}

static void mapped_and_deleted(void)
{
	int fd;

	make_file(BOTH "/file", "contents", 8);
	fd = open(BOTH "/file", O_RDONLY);
	check(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED && !close(fd));
	check(!unlink(BOTH "/file"));
	ready();
}

TEST_F(overlay, mapped_and_deleted)
{
	ASSERT_EQ(0, story_refused(mapped_and_deleted, EOPNOTSUPP,
				   "/file, which has been deleted and is mapped through a stacked file system"));
}

TEST_F(overlay, mapped_and_changed)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, mapped_files));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	make_file(BOTH "/above", "another", 7);
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, BOTH "/above has changed since the checkpoint"));
}

TEST_HARNESS_MAIN
