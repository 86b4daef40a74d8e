// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_fuse_test.c - files of a FUSE file system, and a tree that serves one.
 *
 * The server here knows a directory with one file.  Its process is a child of the
 * test, or of the subject.
 */
#include <linux/fuse.h>
#include <sys/mount.h>

#include "checkpoint_test.h"

#define PLACE	"/tmp/served"
#define SIZE	4096

/* -- the server ------------------------------------------------------------------------- */

static int device = -1;
static uint32_t server_flags;		/* FUSE_POSIX_LOCKS ... */
static bool writes_fail;

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	static char buf[SIZE + 64] __attribute__((aligned(8)));
	struct fuse_out_header *out = (void *)buf;

	out->len = sizeof(*out) + len;
	out->error = error;
	out->unique = in->unique;
	memcpy(out + 1, data, len);
	if (write(device, buf, out->len) != (ssize_t)out->len)
		_exit(errno == ENODEV ? 0 : 1);
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node,
		.size = node == FUSE_ROOT_ID ? 0 : SIZE,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0777 : S_IFREG | 0666,
		.nlink = 1,
	};
}

static void look_up(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out entry = { .nodeid = 2, .attr = attributes(2) };

	if (strcmp(name, "file"))
		answer(in, -ENOENT, NULL, 0);
	else
		answer(in, 0, &entry, sizeof(entry));
}

static void serve_one(const struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096, .flags = server_flags,
	};
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	struct fuse_open_out opened = { .fh = 1 };
	const struct fuse_write_in *write_in = (const void *)(in + 1);
	struct fuse_write_out written = { 0 };
	static const char zeros[SIZE];

	switch (in->opcode) {
	case FUSE_INIT:
		answer(in, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		look_up(in, (const char *)(in + 1));
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer(in, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(in, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer(in, 0, zeros, sizeof(zeros));
		break;
	case FUSE_WRITE:
		written.size = write_in->size;
		answer(in, writes_fail ? -EIO : 0, &written, writes_fail ? 0 : sizeof(written));
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FSYNC:
	case FUSE_SETLK:
		answer(in, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(in, -ENOSYS, NULL, 0);
	}
}

static void serve(void *arg)
{
	static char buf[8192 * 17] __attribute__((aligned(8)));

	(void)arg;
	while (read(device, buf, sizeof(buf)) > 0 || errno == EINTR || errno == ENOENT)
		serve_one((void *)buf);
}

static bool begin(void)
{
	char options[64];

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return false;
	if (mkdir(PLACE, 0755) && errno != EEXIST)
		return false;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	return !mount("served", PLACE, "fuse", 0, options);
}

static void end(pid_t server)
{
	umount2(PLACE, MNT_DETACH);
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	close(device);
}

/* A server outside of what is saved */
static pid_t begin_outside(void)
{
	pid_t pid;

	if (!begin())
		return -1;
	pid = spawn(serve, NULL);
	close(device);
	return pid;
}

/* -- files of a server that is outside ------------------------------------------------------ */

static void uses_file(void)
{
	check_equal(open(PLACE "/file", O_RDWR), 3);
	ready();
	check_equal(lseek(3, 0, SEEK_END), SIZE);
}

TEST(file_of_a_server_outside)
{
	struct subject s;
	pid_t server;

	server_flags = 0;
	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, uses_file));
	EXPECT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

static void refused(struct __test_metadata *_metadata, void (*run)(void), int err,
		    const char *words)
{
	struct subject s;
	pid_t server;

	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, run));
	EXPECT_EQ(-err, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

static void server_keeps_locks(struct __test_metadata *_metadata, uint32_t flags)
{
	server_flags = flags;
	refused(_metadata, uses_file, EOPNOTSUPP,
		"fd 3: " PLACE "/file, whose locks a FUSE server keeps, cannot be saved yet");
}

TEST(server_keeps_posix_locks) { server_keeps_locks(_metadata, FUSE_POSIX_LOCKS); }
TEST(server_keeps_bsd_locks) { server_keeps_locks(_metadata, FUSE_FLOCK_LOCKS); }

/* What was written through a mapping fails; another descriptor has been told. */
static void write_error(void)
{
	int fd = open(PLACE "/file", O_RDWR), other = open(PLACE "/file", O_RDWR);
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(fd == 3 && p != MAP_FAILED);
	*p = 1;
	check(fsync(other) && errno == EIO);
	check(!close(other) && !munmap(p, SIZE));
	ready();
	check(fsync(fd) && errno == EIO);
	check(!fsync(fd));
}

TEST(write_error_not_told)
{
	server_flags = 0;
	writes_fail = true;
	refused(_metadata, write_error, EIO,
		"fd 3: " PLACE "/file has a write error that the program was not told yet");
}

/* The checkpoint itself finds the error: the program is told all the same. */
static void write_error_to_come(void)
{
	int fd = open(PLACE "/file", O_RDWR);
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(fd == 3 && p != MAP_FAILED);
	*p = 1;
	ready();
	check(fsync(fd) && errno == EIO);
	check(!fsync(fd));
}

TEST(write_error_found_by_the_checkpoint)
{
	server_flags = 0;
	writes_fail = true;
	refused(_metadata, write_error_to_come, EIO,
		PLACE "/file could not be brought to stable storage (error 5)");
}

/* -- a server in the tree ------------------------------------------------------------------------ */

/* The parent uses what its child serves: its look-ups would wait for a frozen process. */
static void serves_itself(void)
{
	pid_t pid;

	check(begin());
	pid = spawn(serve, NULL);
	check(!close(device));
	check_equal(open(PLACE "/file", O_RDWR), 3);
	check(!chdir(PLACE));
	ready();
	check_equal(lseek(3, 0, SEEK_END), SIZE);
	check(!chdir("/") && !close(3));
	umount2(PLACE, MNT_DETACH);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(server_in_the_tree)
{
	struct subject s;
	int fd;

	server_flags = 0;
	ASSERT_EQ(0, subject_start(&s, serves_itself));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "character device /dev/fuse (10:229) cannot be saved yet"));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, "/dev/fuse"));

	/* The image would wait for it as well. */
	fd = open(PLACE "/file", O_WRONLY | O_CLOEXEC);
	EXPECT_LE(0, fd);
	EXPECT_EQ(-EDEADLK, sys_checkpoint(s.pid, fd, CHECKPOINT_KILL, NULL, 0));
	EXPECT_EQ(-EDEADLK, sys_checkpoint(s.pid, fd, 0, NULL, 0));
	close(fd);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(0);
}

TEST_HARNESS_MAIN
