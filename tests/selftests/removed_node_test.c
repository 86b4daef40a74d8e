// SPDX-License-Identifier: GPL-2.0-only
/*
 * removed_node_test.c - nodes of devices and files of sockets that have been removed: open
 * devices, what is open with O_PATH, who may not make them again; and images that say something
 * else.
 */
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "forged.h"

#define MEMORY	1	/* major number of the memory devices */
#define NOTHING	makedev(MEMORY, 3)
#define ZERO	makedev(MEMORY, 5)

static int make_node(const char *name, mode_t mode, dev_t device, int flags)
{
	int fd;

	check(!mknod(test_file(name), mode, device));
	fd = open(test_file(name), flags);
	check(fd >= 0);
	return fd;
}

static void expect_node(int fd, mode_t mode, dev_t device)
{
	struct stat st;

	check(!fstat(fd, &st));
	check_equal(st.st_mode, mode);
	check_equal(st.st_rdev, device);
	check_equal(st.st_nlink, 0);
}

static void expect_link(int fd, const char *before)
{
	char path[64], now[128] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(readlink(path, now, sizeof(now) - 1) > 0);
	if (strcmp(now, before))
		fail(__FILE__, __LINE__, "%s is %s, not %s", path, now, before);
}

/* -- devices that are open ------------------------------------------------------------------- */

static void open_devices(void)
{
	struct timespec times[2] = { { 1000000, 123 }, { 2000000, 456 } };
	int nothing = make_node("null", S_IFCHR | 0640, NOTHING, O_RDWR | O_APPEND | O_CLOEXEC);
	int zero = make_node("zero", S_IFCHR | 0600, ZERO, O_RDONLY);
	int path = open(test_file("zero"), O_PATH), again = open(test_file("zero"), O_RDWR);
	char bytes[8] = "bytes", link[128] = "", name[64];
	struct stat st[3];

	check(path >= 0 && again >= 0 && !fchown(zero, 1000, 100) && !fchmod(zero, 04755));
	check(!futimens(zero, times));
	check(!unlink(test_file("null")) && !unlink(test_file("zero")));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", zero);
	check(readlink(name, link, sizeof(link) - 1) > 0);
	ready();
	expect_node(nothing, S_IFCHR | 0640, NOTHING);
	check_equal(fcntl(nothing, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
	check_equal(fcntl(nothing, F_GETFD), FD_CLOEXEC);
	check(write(nothing, bytes, 8) == 8 && read(nothing, bytes, 8) == 0);
	expect_node(zero, S_IFCHR | 04755, ZERO);
	check(!fstat(zero, &st[0]) && !fstat(path, &st[1]) && !fstat(again, &st[2]));
	check(st[0].st_ino == st[1].st_ino && st[0].st_ino == st[2].st_ino);
	check(st[0].st_uid == 1000 && st[0].st_gid == 100);
	check(st[0].st_mtim.tv_sec == 2000000 && st[0].st_mtim.tv_nsec == 456);
	check(read(zero, bytes, 8) == 8 && !bytes[0] && write(zero, bytes, 1) == -1);
	check(write(again, bytes, 8) == 8 && fcntl(path, F_GETFL) & O_PATH);
	expect_link(zero, link);
	check(access(test_file("null"), F_OK) && access(test_file("zero"), F_OK));
}
TEST_STORIES(open_devices)

/* Its name has been given to something else, which is left alone. */
static void name_taken(void)
{
	int fd = make_node("null", S_IFCHR | 0600, NOTHING, O_WRONLY);
	char byte = 0, found[16];

	check(!unlink(test_file("null")));
	write_file("null", "another", 7);
	ready();
	expect_node(fd, S_IFCHR | 0600, NOTHING);
	check(write(fd, &byte, 1) == 1);
	check(read_file(test_file("null"), found, sizeof(found)) == 7 && !strcmp(found, "another"));
	check(!unlink(test_file("null")));
}
TEST_KILLED(name_taken)

/* What has been written to the log meanwhile is the first that its reader sees. */
static void log_reader(void)
{
	int fd = make_node("log", S_IFCHR | 0600, makedev(MEMORY, 11), O_RDWR | O_NONBLOCK);
	char text[8192];

	check(!unlink(test_file("log")) && lseek(fd, 0, SEEK_END) == 0);
	ready();
	check(write(fd, "removed_node_test\n", 18) == 18);
	while (read(fd, text, sizeof(text)) > 0)
		if (strstr(text, "removed_node_test"))
			return;
	fail(__FILE__, __LINE__, "the message does not come");
}
TEST_KILLED(log_reader)

/* -- what is open with O_PATH -------------------------------------------------------------------- */

static void paths(void)
{
	int disk = make_node("disk", S_IFBLK | 0600, makedev(7, 7), O_PATH);
	int any = make_node("any", S_IFCHR | 0640, makedev(10, 229), O_PATH);
	int pipe = make_node("pipe", S_IFIFO | 0644, 0, O_PATH);
	int socket = make_node("socket", S_IFSOCK | 0755, 0, O_PATH);

	check(!unlink(test_file("disk")) && !unlink(test_file("any")));
	check(!unlink(test_file("pipe")) && !unlink(test_file("socket")));
	ready();
	expect_node(disk, S_IFBLK | 0600, makedev(7, 7));
	expect_node(any, S_IFCHR | 0640, makedev(10, 229));
	expect_node(pipe, S_IFIFO | 0644, 0);
	expect_node(socket, S_IFSOCK | 0755, 0);
}
TEST_STORIES(paths)

static int bound_to(const char *name, int *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", test_file(name));
	check(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	*path = open(test_file(name), O_PATH);
	check(*path >= 0 && !unlink(test_file(name)));
	return fd;
}

static int call(int path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), ret;

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", path);
	ret = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	return ret;
}

static void closed_socket(void)
{
	int path;

	close(bound_to("name", &path));
	check_equal(call(path), ECONNREFUSED);
	ready();
	expect_node(path, S_IFSOCK | 0755, 0);
	check_equal(call(path), ECONNREFUSED);
}
TEST_KILLED(closed_socket)

/* Whoever has the file finds the socket. */
static void bound_socket(void)
{
	int path;

	bound_to("name", &path);
	check_equal(call(path), 0);
	ready();
	check_equal(call(path), 0);
}
TEST_REFUSED(bound_socket, EOPNOTSUPP,
	     "/name, which has been deleted and a socket is bound to, cannot be saved yet; close it")

/* -- who may not ---------------------------------------------------------------------------------- */

/* Its directory is everybody's, and still nobody but root makes a node there. */
static void of_a_user(void)
{
	int fd;

	check(!mkdir(test_file("all"), 0777) && !chmod(test_file("all"), 0777));
	check(!mknod(test_file("all/null"), S_IFCHR | 0666, NOTHING));
	check(!chmod(test_file("all/null"), 0666) && !chmod(test_dir, 0777));
	check(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
	fd = open(test_file("all/null"), O_RDWR);
	check(fd >= 0 && !unlink(test_file("all/null")));
	ready();
	check(write(fd, &fd, 1) == 1);
}
TEST_REFUSED(of_a_user, EBUSY, "/all/null, a device node that has been deleted, could not be made again by its user (error 1), for want of CAP_MKNOD")

static void of_root(void)
{
	check_equal(make_node("null", S_IFCHR | 0666, NOTHING, O_RDWR), 3);
	check(!unlink(test_file("null")));
	ready();
	check(write(3, test_dir, 1) == 1);
}

/* The owner of the image may make no node, so the restart makes none for him. */
TEST(owner_may_not)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, of_root));
	ASSERT_EQ(0, chmod(test_dir, 0777));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(-EPERM, subject_restart_below_user(&s));
	EXPECT_EQ(-1, access(test_file("null"), F_OK));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* That is of a kind that wants the device by its path. */
static void block_device(void)
{
	int fd = make_node("disk", S_IFBLK | 0600, makedev(7, 6), O_RDONLY);

	check(!unlink(test_file("disk")));
	ready();
	close(fd);
}

TEST(block_device_refused)
{
	int fd = open("/dev/loop6", O_RDONLY);

	if (fd < 0)
		SKIP(return, "this kernel has no loop devices");
	EXPECT_EQ(0, story_refused(block_device, EOPNOTSUPP, "/disk, which has been deleted,"));
	close(fd);
}

/* -- forged ---------------------------------------------------------------------------------------- */

NTH(CKPT_REC_PLACE, ckpt_rec_place)
NTH(CKPT_REC_FILE_DEVICE, ckpt_rec_file_device)

#define PLACE	ckpt_rec_place_nr(image, 0)
#define DEVICE	device_of_fd(image)

/* The one with a node; descriptors 0 to 2 are devices too. */
static struct ckpt_rec_file_device *device_of_fd(struct image *image)
{
	unsigned int nr = 0;

	while (!ckpt_rec_file_device_nr(image, nr)->place)
		nr++;
	return ckpt_rec_file_device_nr(image, nr);
}

FORGERY(another_device, PLACE->minor = 5)
FORGERY(disk, PLACE->mode = S_IFBLK | 0666)
FORGERY(wild_major, PLACE->major = 1U << 12)
FORGERY(wild_minor, PLACE->minor = 1U << 20)
FORGERY(numbered_socket, PLACE->mode = S_IFSOCK | 0666)
FORGERY(numbered_directory, PLACE->mode = S_IFDIR | 0777)
FORGERY(symlink_or_file, PLACE->mode = S_IFREG | 0666)
FORGERY(device_that_acts, DEVICE->minor = 5)
FORGERY(unknown_device, DEVICE->major = PLACE->major = 10)
FORGERY(itself, DEVICE->place = HEAD(DEVICE)->object)
FORGERY(another_file, DEVICE->place = HEAD(ckpt_rec_file_device_nr(image, 0))->object)
FORGERY(no_node, DEVICE->place = 0)
FORGERY(reserved, DEVICE->reserved = 1)
FORGERY(node_and_path, ckpt_rec_file_device_nr(image, 0)->place = DEVICE->place)
FORGERY(by_its_path_alone, DEVICE->open_flags |= O_PATH)

static void (* const forgeries[])(struct image *image) = {
	another_device, disk, wild_major, wild_minor, numbered_socket, numbered_directory,
	symlink_or_file, device_that_acts, unknown_device, itself, another_file, no_node,
	reserved, node_and_path, by_its_path_alone,
};

TEST_F(forged, fields)
{
	ASSERT_EQ(0, subject_start(&self->s, of_root));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

TEST_HARNESS_MAIN
