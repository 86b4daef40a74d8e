// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_state_test.c - files that could be opened again but for what they have
 * beside: no name any more, owners of signals.
 */
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#include "checkpoint_test.h"

static int new_file(const char *name)
{
	int fd = open(test_file(name), O_RDWR | O_CREAT, 0600);

	check(fd >= 0);
	return fd;
}

/* -- names ------------------------------------------------------------------------------ */

static void deleted_file_with_capabilities(void)
{
	/* struct vfs_cap_data: VFS_CAP_REVISION_2, and CAP_NET_RAW */
	static const uint32_t caps[] = { 0x02000000, 1 << 13, 0, 0, 0 };
	int fd = new_file("gone");

	check(!unlink(test_file("gone")));
	check(!fsetxattr(fd, "security.capability", caps, sizeof(caps), 0));
	ready();
}
TEST_REFUSED(deleted_file_with_capabilities, EOPNOTSUPP, "/gone, which has been deleted, with the attribute security.capability cannot")

static void watched_deleted_file(void)
{
	int watch = inotify_init(), fd = new_file("gone");

	check(watch >= 0 && inotify_add_watch(watch, test_file("gone"), IN_MODIFY) >= 0);
	check(!unlink(test_file("gone")) && !dup2(fd, 0) && !close(fd));
	ready();
}
TEST_REFUSED(watched_deleted_file, EOPNOTSUPP, "/gone, which has been deleted and is watched")

static void deleted_file_of_memory(void)
{
	int fd;

	check(!mkdir(test_file("ram"), 0700) && !mount("ramfs", test_file("ram"), "ramfs", 0, NULL));
	fd = new_file("ram/gone");
	check(!unlink(test_file("ram/gone")));
	ready();
	close(fd);
	check(!umount(test_file("ram")));
}
TEST_REFUSED(deleted_file_of_memory, EOPNOTSUPP, "/gone, which has been deleted from a file system of type ramfs,")

static void removed_directory_with_an_attribute(void)
{
	check(!mkdir(test_file("gone"), 0700));
	check(!setxattr(test_file("gone"), "user.colour", "red", 3, 0));
	check(open(test_file("gone"), O_RDONLY) == 3 && !rmdir(test_file("gone")));
	ready();
}
TEST_REFUSED(removed_directory_with_an_attribute, EOPNOTSUPP, "/gone, which has been deleted, with the attribute user.colour cannot")

static void removed_working_directory_of_memory(void)
{
	check(!mkdir(test_file("ram"), 0700) && !mount("ramfs", test_file("ram"), "ramfs", 0, NULL));
	check(!mkdir(test_file("ram/gone"), 0700) && !chdir(test_file("ram/gone")));
	check(!rmdir(test_file("ram/gone")));
	ready();
	check(!chdir("/") && !umount(test_file("ram")));
}
TEST_REFUSED(removed_working_directory_of_memory, EOPNOTSUPP, "working directory: ")

static void hidden_file(void)
{
	int fd;

	check(!mkdir(test_file("dir"), 0700));
	fd = new_file("dir/file");
	check(!mount("none", test_file("dir"), "tmpfs", 0, ""));
	write_file("dir/file", "", 0);
	ready();
	check(!umount(test_file("dir")) && !fchmod(fd, 0644));
}
TEST_REFUSED(hidden_file, EBUSY, "/dir/file is hidden by another file or mount; uncover it first")

static void unmounted_file(void)
{
	check(!mkdir(test_file("dir"), 0700));
	check(!mount("none", test_file("dir"), "tmpfs", 0, ""));
	new_file("dir/file");
	check(!umount2(test_file("dir"), MNT_DETACH));
	ready();
}
TEST_REFUSED(unmounted_file, EBUSY, "cannot be reached from the root directory of the tree")

static void forbidden_path(void)
{
	check(!mkdir(test_file("dir"), 0700) && !chown(test_file("dir"), 1000, 1000));
	check(!setresuid(1000, 1000, 1000));
	new_file("dir/file");
	check(!chmod(test_file("dir"), 0));
	prctl(PR_SET_DUMPABLE, 1);
	ready();
	check(!chmod(test_file("dir"), 0700));
}
TEST_REFUSED(forbidden_path, EBUSY, "/dir/file cannot be found again by its user (error 13)")

/* -- a program that may be run but not read ------------------------------------------------ */

static void copy_of_busybox(const char *path)
{
	static char buf[1 << 16];
	int in = open("/guest/busybox", O_RDONLY), out = open(path, O_WRONLY | O_CREAT, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		check(write(out, buf, n) == n);
	close(in);
	close(out);
}

static void runs_unreadable(void)
{
	copy_of_busybox("unreadable");
	check(!chmod("unreadable", 0711));
	check(!setresuid(1000, 1000, 1000));
	write_file("ready1", "", 0);
	execl("./unreadable", "sleep", "100", NULL);
	fail(__FILE__, __LINE__, "exec (errno %d)", errno);
}

static bool runs(pid_t pid, const char *name)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	return read_file(path, text, sizeof(text)) > 0 && !strncmp(text, name, strlen(name));
}

TEST(unreadable_program)
{
	struct subject s;

	if (access("/guest/busybox", R_OK))
		SKIP(return, "no static program to run");
	ASSERT_EQ(0, subject_start(&s, runs_unreadable));
	EXPECT_TRUE(wait_until(runs(s.pid, "unreadable")));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "executable: "));
	EXPECT_TRUE(subject_told(&s, "/unreadable may be run but not read"));
	EXPECT_EQ(0, kill(s.pid, 0));
	subject_kill(&s);
	reap_all();
}

/* -- signals -------------------------------------------------------------------------------- */

static void owner_outside(void)
{
	check(!fcntl(new_file("file"), F_SETOWN, getppid()));
	ready();
}
TEST_REFUSED(owner_outside, EBUSY, "/file sends its SIGIO to a process outside the tree")

static void notification_is_over(void)
{
	int fd = open(test_dir, O_RDONLY);

	check(!fcntl(fd, F_NOTIFY, DN_RENAME | DN_MULTISHOT) && !fcntl(fd, F_NOTIFY, 0));
	ready();
	check_equal(fcntl(fd, F_GETOWN), getpid());
}
TEST_KILLED(notification_is_over)

static void async_device(void)
{
	int fd = open("/dev/random", O_RDONLY);

	signal(SIGIO, SIG_IGN);
	check(!fcntl(fd, F_SETOWN, getpid()) && !fcntl(fd, F_SETFL, O_ASYNC));
	check(fcntl(fd, F_GETFL) & O_ASYNC);
	ready();
}
TEST_REFUSED(async_device, EOPNOTSUPP, "/dev/random with O_ASYNC cannot be saved yet")

/* The file of an event is open without causing events itself. */
static void file_of_an_event(void)
{
	struct fanotify_event_metadata event;
	int group, fd;

	close(new_file("file"));
	group = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);
	check(!fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, test_file("file")));
	fd = open(test_file("file"), O_RDONLY);
	check(read(group, &event, sizeof(event)) == sizeof(event) && event.fd >= 0);
	close(fd);
	close(group);
	ready();
}
TEST_REFUSED(file_of_an_event, EOPNOTSUPP, "/file, opened for an event of fanotify,")

/* -- sharing ---------------------------------------------------------------------------------- */

static char stack[65536] __attribute__((aligned(16)));

static int waits_for_go(void *arg)
{
	(void)arg;
	child_ready();
	_exit(0);
}

static void shares(int flags)
{
	pid_t pid = clone(waits_for_go, stack + sizeof(stack), flags | SIGCHLD, NULL);

	check(pid > 0);
	await_child(pid);
	write_file("child", &pid, sizeof(pid));
	ready();
	join(pid);
}

static void shares_descriptors(void) { shares(CLONE_FILES); }
static void shares_directory(void) { shares(CLONE_FS); }

/* The child alone is saved: its parent is outside. */
static void refuse_child(struct __test_metadata *_metadata, void (*run)(void), const char *what)
{
	struct subject s, child;
	char buf[16], words[128];

	ASSERT_EQ(0, subject_start(&s, run));
	ASSERT_EQ(sizeof(pid_t), read_file(test_file("child"), buf, sizeof(buf)));
	child = s;
	memcpy(&child.pid, buf, sizeof(child.pid));
	snprintf(words, sizeof(words), "%s is shared with %s outside the tree", what,
		 process_shown(s.pid));
	EXPECT_EQ(-EBUSY, subject_save(&child, 0));
	EXPECT_TRUE(subject_told(&child, words));
	EXPECT_EQ(child.pid, child.errors[0].pid);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(descriptors_shared_with_the_outside)
{
	refuse_child(_metadata, shares_descriptors, "its descriptor table");
}

TEST(directory_shared_with_the_outside)
{
	refuse_child(_metadata, shares_directory, "its working directory");
}

TEST_HARNESS_MAIN
