// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_files_test.c - images whose files, paths and locks are not what an honest
 * checkpoint would have written.
 */
#include <sys/file.h>

#include "forged.h"

/* -- locks -------------------------------------------------------------------------------- */

static void has_lock(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(test_file("locked"), O_RDWR | O_CREAT, 0644);

	check(fd >= 0 && !fcntl(fd, F_SETLK, &lock));
	ready();
}

/* Lines of /proc/locks */
static int count_locks(void)
{
	char text[8192];
	int i, lines = 0;
	ssize_t n = read_file("/proc/locks", text, sizeof(text));

	for (i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

/*
 * A lock of a file that no descriptor of its table leads to (the number is that of the
 * executable's object) would outlive the file: nothing would ever drop it.
 */
TEST_F(forged, lock_without_a_descriptor)
{
	struct ckpt_rec_posix_locks *locks;
	int before = count_locks();
	uint32_t exe;

	ASSERT_EQ(0, subject_start(&self->s, has_lock));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	exe = ((struct ckpt_rec_mm *)(image_find(&self->image, CKPT_REC_MM) + 1))->exe_file;
	locks = (void *)(image_find(&self->image, CKPT_REC_POSIX_LOCKS) + 1);
	ASSERT_EQ(1, locks->locks.count);
	((struct ckpt_rec_posix_lock *)(locks + 1))->fd = exe;
	EXPECT_EQ(-EBADF, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "which is not open"));
	EXPECT_EQ(before, count_locks());
}

static void has_path(void)
{
	check(open(test_file("locked"), O_RDWR | O_CREAT, 0644) == 3);
	check(open(test_file("locked"), O_PATH) == 4);
	has_lock();
}

/* What fcntl(F_SETLK) refuses too */
TEST_F(forged, lock_of_an_o_path_descriptor)
{
	struct ckpt_rec_posix_locks *locks;

	ASSERT_EQ(0, subject_start(&self->s, has_path));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	locks = (void *)(image_find(&self->image, CKPT_REC_POSIX_LOCKS) + 1);
	((struct ckpt_rec_posix_lock *)(locks + 1))->fd = 4;
	EXPECT_EQ(-EBADF, try_forged(&self->s, &self->image));
}

/* -- names -------------------------------------------------------------------------------- */

static int pipe_of_restarter[2];

static void has_file(void)
{
	check(open(test_file("a-name-with-room-enough-for-others"), O_RDONLY | O_CREAT, 0644) == 3);
	ready();
}

/* The file of descriptor 3 gets another name, as long as the old one by slashes. */
static struct ckpt_rec_file_path *rename_fd(struct image *image, uint32_t fd, const char *name)
{
	struct ckpt_rec *table = image_find(image, CKPT_REC_FDTABLE), *rec;
	struct ckpt_rec_fdtable *fds = (void *)(table + 1);
	struct ckpt_rec_fd *elem = (void *)(fds + 1);
	struct ckpt_rec_file_path *path;
	char *text;

	while (elem->fd != fd)
		elem++;
	rec = record_of(image, elem->file, CKPT_REC_FILE_PATH);
	path = (void *)(rec + 1);
	text = (char *)(path + 1);
	memset(text, '/', path->path.count);
	memcpy(text + path->path.count - strlen(name), name, strlen(name));
	path->check = 0;
	return path;
}

static long try_name(struct subject *s, struct image *image, const char *name, mode_t mode,
		     uint32_t flags)
{
	struct ckpt_rec_file_path *path;
	long ret = subject_start(s, has_file) ?: save_and_load(s, image);

	if (ret)
		return ret;
	path = rename_fd(image, 3, name);
	path->mode = mode;
	path->open_flags |= flags;
	return try_forged(s, image);
}

/* What saving refuses, restarting refuses. */
TEST_F(forged, file_of_proc)
{
	EXPECT_EQ(-EOPNOTSUPP, try_name(&self->s, &self->image, "/proc/self/maps", S_IFREG, 0));
	EXPECT_TRUE(subject_told(&self->s, "of the proc file system"));
}

TEST_F(forged, directory_of_proc_by_its_path_alone)
{
	EXPECT_EQ(-EOPNOTSUPP, try_name(&self->s, &self->image, "/proc/self/fd", S_IFDIR, O_PATH));
	EXPECT_TRUE(subject_told(&self->s, "of the proc file system"));
}

/* Links of /proc lead to what the restarter has, whoever looks them up. */
TEST_F(forged, working_directory_of_the_restarter)
{
	ASSERT_EQ(0, mkdir("restarters", 0777) && errno != EEXIST);
	EXPECT_EQ(-ELOOP, try_name(&self->s, &self->image, "/proc/self/cwd/restarters", S_IFDIR,
				   O_PATH));
	rmdir("restarters");
	EXPECT_TRUE(subject_told(&self->s, "cannot be found"));
}

TEST_F(forged, pipe_of_the_restarter)
{
	char name[32];

	ASSERT_EQ(0, pipe(pipe_of_restarter));
	snprintf(name, sizeof(name), "/proc/self/fd/%d/", pipe_of_restarter[0]);
	EXPECT_EQ(-ELOOP, try_name(&self->s, &self->image, name, S_IFIFO, O_PATH));
}

/* A named pipe that takes the name while it is looked up: nothing is opened that blocks. */
TEST_F(forged, named_pipe_slips_in)
{
	char *other, *name;
	int i, status, refused = 0;
	struct stat st;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&self->s, has_file));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	name = strdup(test_file("a-name-with-room-enough-for-others"));
	other = strdup(test_file("slips-in"));
	ASSERT_EQ(0, mkfifo(other, 0600));
	pid = fork();
	if (!pid)
		for (;;)
			renameat2(AT_FDCWD, other, AT_FDCWD, name, RENAME_EXCHANGE);
	for (i = 0; i < 100; i++) {
		long ret = subject_restart(&self->s, 0);

		ASSERT_TRUE(!ret || ret == -ESTALE);
		refused += !!ret;
		/* subject_kill() would end the other child as well. */
		if (!ret) {
			kill(self->s.pid, SIGKILL);
			ASSERT_EQ(self->s.pid, waitpid(self->s.pid, &status, 0));
		}
	}
	EXPECT_LT(0, refused);
	EXPECT_GT(100, refused);
	ASSERT_EQ(0, waitpid(pid, &status, WNOHANG));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ASSERT_EQ(0, stat(name, &st));
	if (!S_ISFIFO(st.st_mode))
		ASSERT_EQ(0, renameat2(AT_FDCWD, other, AT_FDCWD, name, RENAME_EXCHANGE));
	EXPECT_EQ(-ESTALE, subject_restart(&self->s, 0));
}

TEST_HARNESS_MAIN
