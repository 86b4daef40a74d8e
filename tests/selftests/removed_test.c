// SPDX-License-Identifier: GPL-2.0-only
/*
 * removed_test.c - directories that have been removed: working directory, root directory,
 * open ones.
 */
#include <dirent.h>
#include <sys/xattr.h>

#include "forged.h"

static void new_directory(const char *name)
{
	check(!mkdir(test_file(name), 0750));
}

static void expect_removed(int fd)
{
	struct stat st;

	check(!fstat(fd, &st) && S_ISDIR(st.st_mode));
	check(openat(fd, "file", O_RDWR | O_CREAT, 0600) == -1 && errno == ENOENT);
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	check(!stat(path, &st));
	return st.st_ino;
}

static void child_in_it(void *arg)
{
	child_ready();
	expect_removed(AT_FDCWD == *(int *)arg ? open(".", O_RDONLY) : *(int *)arg);
}

static void working_directory(void)
{
	struct timespec times[2] = { { 1000000, 123 }, { 2000000, 456 } };
	int none = AT_FDCWD;
	char before[256];
	struct stat st;
	pid_t pid;

	new_directory("gone");
	check(!chdir(test_file("gone")) && !rmdir(test_file("gone")));
	check(!chmod(".", 03711) && !chown(".", 1000, 100));
	check(!utimensat(AT_FDCWD, ".", times, 0));
	check(!getcwd(before, sizeof(before)) && errno == ENOENT);
	pid = spawn(child_in_it, &none);
	await_child(pid);
	check(readlink("/proc/self/cwd", before, sizeof(before)) > 0);
	ready();
	check(!getcwd(before, sizeof(before)) && errno == ENOENT);
	check(!stat(".", &st));
	check_equal(st.st_mode, S_IFDIR | 03711);
	check(st.st_uid == 1000 && st.st_gid == 100);
	check(st.st_atim.tv_sec == 1000000 && st.st_mtim.tv_sec == 2000000);
	check(st.st_mtim.tv_nsec == 456);
	expect_removed(open(".", O_RDONLY));
	join(pid);
	check(access(test_file("gone"), F_OK) == -1 && errno == ENOENT);
	check(inode_of("..") == inode_of(test_dir));
}
TEST_STORIES(working_directory)

static void names(void)
{
	char before[256] = "", now[256] = "";

	new_directory("gone");
	check(!chdir(test_file("gone")) && !rmdir(test_file("gone")));
	check(readlink("/proc/self/cwd", before, sizeof(before) - 1) > 0);
	ready();
	check(readlink("/proc/self/cwd", now, sizeof(now) - 1) > 0);
	check(!strcmp(before, now));
}
TEST_STORIES(names)

/* The name has been given to another one. */
static void name_taken(void)
{
	new_directory("gone");
	check(!chdir(test_file("gone")) && !rmdir(test_file("gone")));
	new_directory("gone");
	ready();
	expect_removed(open(".", O_RDONLY));
	check(inode_of(".") != inode_of(test_file("gone")));
	check(!rmdir(test_file("gone")));
}
TEST_KILLED(name_taken)

static void open_ones(void)
{
	int dir, path, again;
	struct stat st[3];
	DIR *stream;

	new_directory("gone");
	dir = open(test_file("gone"), O_RDONLY | O_DIRECTORY);
	path = open(test_file("gone"), O_PATH | O_CLOEXEC);
	again = open(test_file("gone"), O_RDONLY);
	check(dir == 3 && path == 4 && again == 5 && !chdir(test_file("gone")));
	check(!rmdir(test_file("gone")));
	ready();
	check(!fstat(dir, &st[0]) && !fstat(path, &st[1]) && !stat(".", &st[2]));
	check(st[0].st_ino == st[1].st_ino && st[0].st_ino == st[2].st_ino);
	check(fcntl(path, F_GETFD) == FD_CLOEXEC && fcntl(path, F_GETFL) & O_PATH);
	expect_removed(dir);
	expect_removed(path);
	stream = fdopendir(again);
	check(stream && !readdir(stream));
}
TEST_STORIES(open_ones)

static void nested(void)
{
	new_directory("outer");
	new_directory("outer/inner");
	check(!chdir(test_file("outer/inner")));
	check(!rmdir(test_file("outer/inner")) && !rmdir(test_file("outer")));
	ready();
	expect_removed(open(".", O_RDONLY));
}
TEST_KILLED(nested)

/* Its files for the test are out of its reach then. */
static void child_without_a_root(void *arg)
{
	int dir = open(test_dir, O_RDONLY | O_DIRECTORY);

	(void)arg;
	check(!mkdir(test_file("gone"), 0755) && !chroot(test_file("gone")));
	check(!fchdir(dir) && !close(dir) && !rmdir("gone"));
	strcpy(test_dir, "./");
	child_ready();
	expect_removed(open("/", O_RDONLY));
	check(inode_of("/") != inode_of("."));
}

static void root_directory(void)
{
	pid_t pid = spawn(child_without_a_root, NULL);

	await_child(pid);
	ready();
	join(pid);
}
TEST_STORIES(root_directory)

/* -- forged ------------------------------------------------------------------------------------ */

static void has_removed(void)
{
	new_directory("gone");
	check(open(test_file("gone"), O_RDONLY) == 3 && !rmdir(test_file("gone")));
	ready();
	expect_removed(3);
}

static struct ckpt_rec_place *place_in(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_PLACE) + 1);
}

static struct ckpt_rec_file_place *file_in(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_FILE_PLACE) + 1);
}

static void regular_file(struct image *image)
{
	place_in(image)->mode = S_IFREG | 0600;
}

static void device(struct image *image)
{
	place_in(image)->mode = S_IFCHR | 0600;
}

/* Not opened with O_PATH, one end would wait for the other. */
static void named_pipe(struct image *image)
{
	place_in(image)->mode = S_IFIFO | 0600;
}

static void no_owner(struct image *image)
{
	place_in(image)->gid = ~0U;
}

static void wild_time(struct image *image)
{
	place_in(image)->atime_nsec = ~0U;
}

static void dotted(struct image *image)
{
	struct ckpt_rec_place *place = place_in(image);

	memcpy((char *)(place + 1) + place->path.count - 4, "/./.", 4);
}

static void another_file(struct image *image)
{
	struct ckpt_rec *table = image_find(image, CKPT_REC_FS);

	file_in(image)->place = ((struct ckpt_rec_fs *)(table + 1))->cwd;
}

static void itself(struct image *image)
{
	file_in(image)->place = image_find(image, CKPT_REC_FILE_PLACE)->object;
}

static void wild_flags(struct image *image)
{
	file_in(image)->open_flags |= O_CREAT;
}

static void (* const forgeries[])(struct image *image) = {
	regular_file, device, named_pipe, no_owner, wild_time, dotted, another_file, itself,
	wild_flags,
};

TEST_F(forged, fields)
{
	ASSERT_EQ(0, subject_start(&self->s, has_removed));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

TEST_HARNESS_MAIN
