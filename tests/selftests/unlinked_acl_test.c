// SPDX-License-Identifier: GPL-2.0-only
/*
 * unlinked_acl_test.c - access control lists and trusted attributes of files without a name:
 * they come back, none is added by the directory, and who may not have them.
 */
#include <sys/xattr.h>

#include "forged.h"

#define ACCESS	"system.posix_acl_access"
#define DEFAULT	"system.posix_acl_default"
#define TRUSTED	"trusted.colour"

/* struct posix_acl_xattr_header and a user's and a group's entry beside the usual ones */
static const uint32_t acl[] = {
	2, 6 << 16 | 1, -1U, 6 << 16 | 2, 1234, 4 << 16 | 4, -1U, 5 << 16 | 8, 4321,
	7 << 16 | 16, -1U, 0 << 16 | 32, -1U,
};

static int open_new(const char *name)
{
	int fd = open(test_file(name), O_RDWR | O_CREAT | O_EXCL, 0640);

	check(fd >= 0);
	return fd;
}

static int open_gone(const char *name)
{
	int fd = open_new(name);

	check(!unlink(test_file(name)));
	return fd;
}

static void expect_value(int fd, const char *name, const void *value, ssize_t len)
{
	char got[256];

	check_equal(fgetxattr(fd, name, got, sizeof(got)), len);
	check(!memcmp(got, value, len));
}

static void expect_no_list(int fd)
{
	check(fgetxattr(fd, ACCESS, NULL, 0) == -1 && errno == ENODATA);
}

static mode_t mode_of(int fd)
{
	struct stat st;

	check(!fstat(fd, &st));
	return st.st_mode & 07777;
}

static void list(void)
{
	int fd = open_gone("gone");

	check(!fsetxattr(fd, ACCESS, acl, sizeof(acl), 0));
	check(!fchown(fd, 1000, 100) && !fchmod(fd, 02750));
	check_equal(mode_of(fd), 02750);
	ready();
	check_equal(mode_of(fd), 02750);
	check(!fchmod(fd, 0670));
	expect_value(fd, ACCESS, acl, sizeof(acl));
}
TEST_STORIES(list)

static void with_trusted_ones(void)
{
	int fd = open_gone("gone");

	check(!fsetxattr(fd, TRUSTED, "red", 3, 0) && !fsetxattr(fd, "trusted.empty", "", 0, 0));
	ready();
	expect_value(fd, TRUSTED, "red", 3);
	expect_value(fd, "trusted.empty", "", 0);
}
TEST_STORIES(with_trusted_ones)

static void make_directory(void)
{
	check(!mkdir(test_file("dir"), 0755));
	check(!setxattr(test_file("dir"), DEFAULT, acl, sizeof(acl), 0));
}

/* A file has from its directory what it did not ask for. */
static void list_from_the_directory(void)
{
	char before[256];
	ssize_t len;
	int fd;

	make_directory();
	fd = open_gone("dir/gone");
	len = fgetxattr(fd, ACCESS, before, sizeof(before));
	check_equal(len, sizeof(acl));
	ready();
	expect_value(fd, ACCESS, before, len);
}
TEST_KILLED(list_from_the_directory)

/* What was there before the directory had its list has none, nor has it one when it is made. */
static void none_from_the_directory(void)
{
	int fd, sub, path;

	check(!mkdir(test_file("dir"), 0755) && !mkdir(test_file("dir/sub"), 0750));
	check(!mkfifo(test_file("dir/fifo"), 0640));
	fd = open_gone("dir/gone");
	sub = open(test_file("dir/sub"), O_RDONLY);
	path = open(test_file("dir/fifo"), O_RDWR);
	check(sub >= 0 && path >= 0 && !rmdir(test_file("dir/sub")));
	check(!unlink(test_file("dir/fifo")));
	check(!setxattr(test_file("dir"), DEFAULT, acl, sizeof(acl), 0));
	ready();
	expect_no_list(fd);
	expect_no_list(sub);
	expect_no_list(path);
	check(fgetxattr(sub, DEFAULT, NULL, 0) == -1 && errno == ENODATA);
	check_equal(mode_of(fd), 0640);
	check_equal(mode_of(sub), 0750);
	check_equal(mode_of(path), 0640);
}
TEST_STORIES(none_from_the_directory)

static void removed_directory_with_a_list(void)
{
	make_directory();
	check(!mkdir(test_file("dir/gone"), 0700));
	check(open(test_file("dir/gone"), O_RDONLY) >= 0 && !rmdir(test_file("dir/gone")));
	ready();
}
TEST_REFUSED(removed_directory_with_a_list, EOPNOTSUPP, "/gone, which has been deleted, with the attribute system.posix_acl_")

/* -- who may have them ------------------------------------------------------------------ */

/* A user's file with what root has given to it; the user's program goes on in after_exec(). */
static void give_to_user(const char *name, const void *value, size_t len)
{
	int fd = open_new("gone");

	check(!fsetxattr(fd, name, value, len, 0) && !fchown(fd, 1000, 1000) && !close(fd));
	check(!chown(test_dir, 1000, 1000));
	execute_self_as_user();
}

static void users_trusted(void) { give_to_user(TRUSTED, "red", 3); }
static void users_list(void) { give_to_user(ACCESS, acl, sizeof(acl)); }

void after_exec(void)
{
	int fd = open(test_file("gone"), O_RDWR);
	bool has_list = fgetxattr(fd, ACCESS, NULL, 0) > 0;

	check(fd >= 0 && !unlink(test_file("gone")));
	ready();
	if (has_list)
		expect_value(fd, ACCESS, acl, sizeof(acl));
	else
		expect_no_list(fd);
}

static long save_as_user(struct subject *s, struct checkpoint_error *error)
{
	struct checkpoint_args args = { .errors = (uintptr_t)error, .nr_errors = 1 };
	int fd = open(s->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return -EIO;
	return sys_checkpoint(s->pid, fd, CHECKPOINT_KILL | CHECKPOINT_ARGS, &args, sizeof(args));
}

/* A user does not see them, and is told that they would be lost. */
TEST_F(forged, trusted_refused_to_a_user)
{
	struct checkpoint_error *error = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, error);
	ASSERT_EQ(0, subject_start(&self->s, users_trusted));
	ASSERT_TRUE(set_policy("0"));
	pid = fork();
	if (!pid)
		_exit(-save_as_user(&self->s, error));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	set_policy("1");
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
	EXPECT_NE(NULL, strstr(error->message, "has the attribute trusted.colour, which the caller could not set"));
	munmap(error, 4096);
	/* and root can */
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_F(forged, trusted_below_a_user)
{
	ASSERT_EQ(0, subject_start(&self->s, users_trusted));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(-EPERM, subject_restart_below_user(&self->s));
	EXPECT_TRUE(strstr(self->s.errors[0].message, "trusted.colour of a deleted file cannot be set"));
}

TEST_F(forged, list_below_a_user)
{
	ASSERT_EQ(0, subject_start(&self->s, users_list));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_LT(0, subject_restart_below_user(&self->s));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

/* -- lies ---------------------------------------------------------------------------------- */

static char *text_of(struct image *image)
{
	struct ckpt_rec_inode_xattr *xattr = (void *)(image_find(image, CKPT_REC_INODE_XATTR) + 1);

	return (char *)(xattr + 1);
}

static uint32_t *list_of(struct image *image)
{
	return (uint32_t *)(text_of(image) + strlen(ACCESS));
}

/* Of no length that a list may have, as the name is a part of it */
static void name_of_another(struct image *image)
{
	memcpy(text_of(image), "system.posix_acl_acces_", strlen(ACCESS));
}

static void name_of_the_default(struct image *image)
{
	struct ckpt_rec_inode_xattr *xattr = (void *)(image_find(image, CKPT_REC_INODE_XATTR) + 1);

	memcpy(xattr + 1, DEFAULT, strlen(DEFAULT));
	xattr->name_len = strlen(DEFAULT);
}

static void trusted_without_a_name(struct image *image)
{
	struct ckpt_rec_inode_xattr *xattr = (void *)(image_find(image, CKPT_REC_INODE_XATTR) + 1);

	memcpy(xattr + 1, "trusted.", 8);
	xattr->name_len = 8;
}

static void wild_tag(struct image *image)
{
	memcpy(list_of(image) + 1, &(uint32_t) { 6 << 16 | 0x4000 }, 4);
}

static void no_owner(struct image *image)
{
	memcpy(list_of(image) + 1, &(uint32_t) { 6 << 16 | 2 }, 4);
}

static void wild_rights(struct image *image)
{
	memcpy(list_of(image) + 1, &(uint32_t) { 0x4321 << 16 | 1 }, 4);
}

static void nobodys_entry(struct image *image)
{
	memcpy(list_of(image) + 4, &(uint32_t) { -1U }, 4);
}

static void (* const changes[])(struct image *image) = {
	name_of_another, name_of_the_default, trusted_without_a_name, wild_tag, no_owner,
	wild_rights, nobodys_entry,
};

TEST_F(forged, lists)
{
	ASSERT_EQ(0, subject_start(&self->s, list));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, sizeof(changes) / sizeof(changes[0])));
}

TEST_HARNESS_MAIN
