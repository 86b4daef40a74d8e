// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_unlinked_test.c - images whose deleted files are not what an honest checkpoint
 * would have written, and what they would give to an ordinary user.
 */
#include <grp.h>
#include <linux/capability.h>
#include <sys/xattr.h>

#include "forged.h"

static void has_deleted_file(void)
{
	int fd = open(test_file("gone"), O_RDWR | O_CREAT, 0600);

	check(fd == 3 && !unlink(test_file("gone")));
	check(!fsetxattr(fd, "user.abcd", "value", 5, 0));
	check(write(fd, "contents", 8) == 8);
	ready();
	check(lseek(fd, 0, SEEK_END) == 8);
}

static void *record(struct image *image, uint32_t type)
{
	return image_find(image, type) + 1;
}

struct forgery {
	const char *name;
	void (*change)(struct image *image);
	long err;
};

static struct ckpt_rec_inode *inode_of(struct image *image)
{
	return record(image, CKPT_REC_INODE);
}

static void huge_size(struct image *image)
{
	inode_of(image)->size = 1ULL << 63;
}

static void no_size(struct image *image)
{
	inode_of(image)->size = 0;
}

static void unknown_flags(struct image *image)
{
	inode_of(image)->flags = ~0U;
}

static void wrong_cred(struct image *image)
{
	inode_of(image)->cred = ((struct ckpt_rec_file_inode *)record(image, CKPT_REC_FILE_INODE))->inode;
}

static char *name_of(struct image *image)
{
	struct ckpt_rec_inode *inode = inode_of(image);

	return (char *)(inode + 1) + inode->path.count - strlen("gone");
}

static void no_name(struct image *image)
{
	name_of(image)[3] = '/';
}

static void dotted_name(struct image *image)
{
	memcpy(name_of(image), "//..", 4);
}

static void no_directory(struct image *image)
{
	memcpy(name_of(image), "go/e", 4);
}

static void relative_name(struct image *image)
{
	*(char *)(inode_of(image) + 1) = 'x';
}

static void set_directory(struct image *image, const char *dir)
{
	struct ckpt_rec_inode *inode = inode_of(image);
	char *text = (char *)(inode + 1);

	memset(text, '/', inode->path.count);
	memcpy(text + inode->path.count - strlen(dir), dir, strlen(dir));
}

static void view_of_the_kernel(struct image *image)
{
	set_directory(image, "/proc/x");
}

static void link_of_proc(struct image *image)
{
	set_directory(image, "/proc/self/cwd/./x");
}

static struct ckpt_rec_inode_xattr *xattr_of(struct image *image)
{
	return record(image, CKPT_REC_INODE_XATTR);
}

static void capability(struct image *image)
{
	struct ckpt_rec_inode_xattr *xattr = xattr_of(image);

	memcpy(xattr + 1, "secu.", 5);
}

static void long_name(struct image *image)
{
	xattr_of(image)->name_len = 200;
}

static struct ckpt_rec_inode_attr *attr_of(struct image *image)
{
	return record(image, CKPT_REC_INODE_ATTR);
}

static void device_node(struct image *image)
{
	attr_of(image)->mode = S_IFBLK | 0666;
}

static void no_owner(struct image *image)
{
	attr_of(image)->uid = ~0U;
}

static void wild_time(struct image *image)
{
	attr_of(image)->mtime_nsec = ~0U;
}

static void file_of_a_file(struct image *image)
{
	struct ckpt_rec_file_inode *file = record(image, CKPT_REC_FILE_INODE);

	file->inode = file->cred;
}

static void wild_flags(struct image *image)
{
	((struct ckpt_rec_file_inode *)record(image, CKPT_REC_FILE_INODE))->open_flags |= O_CREAT;
}

static void pages_of_a_cred(struct image *image)
{
	struct ckpt_rec *pages = image_find(image, CKPT_REC_PAGES);

	pages->object = inode_of(image)->cred;
}

static const struct forgery forgeries[] = {
	{ "huge size", huge_size, -EINVAL },
	{ "no size", no_size, -EINVAL },
	{ "unknown flags", unknown_flags, -EINVAL },
	{ "a cred of the wrong sort", wrong_cred, -EINVAL },
	{ "no name", no_name, -EINVAL },
	{ "a name of dots", dotted_name, -EINVAL },
	{ "no directory", no_directory, -ENOENT },
	{ "a relative name", relative_name, -EINVAL },
	{ "a view of the kernel", view_of_the_kernel, -EOPNOTSUPP },
	{ "a link of /proc", link_of_proc, -ELOOP },
	{ "an attribute of the system", capability, -EINVAL },
	{ "a long name of an attribute", long_name, -EINVAL },
	{ "a device node", device_node, -EINVAL },
	{ "no owner", no_owner, -EINVAL },
	{ "a wild time", wild_time, -EINVAL },
	{ "a file of a file", file_of_a_file, -EINVAL },
	{ "wild flags", wild_flags, -EINVAL },
	{ "pages of a cred", pages_of_a_cred, -EINVAL },
};

TEST_F(forged, fields)
{
	struct image original;
	size_t i;
	long ret;

	ASSERT_EQ(0, subject_start(&self->s, has_deleted_file));
	ASSERT_EQ(0, save_and_load(&self->s, &original));
	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		ASSERT_EQ(0, image_load(&self->image, self->s.image));
		forgeries[i].change(&self->image);
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		ret = subject_restart(&self->s, 0);
		EXPECT_EQ(forgeries[i].err, ret) {
			tell("%s: %ld", forgeries[i].name, ret);
		}
		if (!ret)
			subject_kill(&self->s);
		image_free(&self->image);
		ASSERT_EQ(0, image_store(&original, self->s.image));
	}
	image_free(&original);
	memset(&self->image, 0, sizeof(self->image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

/* -- what an ordinary user would get -------------------------------------------------------- */

/* The pids alone may be chosen, so that it is not these that are in the way. */
static int become_user_with_pids(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = {};

	caps[1].effective = 1U << (CAP_CHECKPOINT_RESTORE - 32);
	caps[1].permitted = caps[1].effective;
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(1000, 1000, 1000) ||
	    setresuid(1000, 1000, 1000))
		return -1;
	return syscall(SYS_capset, &head, caps);
}

/* Restart as uid 1000, which may make no file of root's and none that runs as root. */
static long restart_as_user(struct subject *s, void (*change)(struct ckpt_rec_inode_attr *attr))
{
	struct image image;
	int status;
	pid_t pid;
	long ret;

	if (image_load(&image, s->image))
		return -EIO;
	change(attr_of(&image));
	image_seal(&image);
	if (image_store(&image, s->image))
		return -EIO;
	image_free(&image);
	if (chown(s->image, 1000, 1000) || chown(test_dir, 1000, 1000))
		return -EIO;
	pid = fork();
	if (!pid) {
		if (become_user_with_pids())
			_exit(EIO);
		ret = subject_restart(s, 0);
		if (!ret)
			subject_kill(s);
		_exit(ret ? subject_told(s, "a file without a name cannot") ? -ret : EUCLEAN : 0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -EIO;
	return -WEXITSTATUS(status);
}

static void become_user(void)
{
	check(!chown(test_dir, 1000, 1000));
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	has_deleted_file();
}

static void owned_by_root(struct ckpt_rec_inode_attr *attr)
{
	attr->uid = 0;
	attr->mode |= S_ISUID;
}

static void as_it_was(struct ckpt_rec_inode_attr *attr)
{
	attr->mode |= S_ISUID;
}

static void group_of_root(struct ckpt_rec_inode_attr *attr)
{
	attr->gid = 0;
	attr->mode |= S_ISGID;
}

TEST_F(forged, owner_that_the_user_has)
{
	ASSERT_TRUE(set_policy("0"));
	ASSERT_EQ(0, subject_start(&self->s, become_user));
	ASSERT_LE(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(0, restart_as_user(&self->s, as_it_was));
	set_policy("1");
}

TEST_F(forged, owner_that_the_user_may_not_set)
{
	ASSERT_TRUE(set_policy("0"));
	ASSERT_EQ(0, subject_start(&self->s, become_user));
	ASSERT_LE(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(-EPERM, restart_as_user(&self->s, owned_by_root));
	set_policy("1");
}

TEST_F(forged, group_that_the_user_may_not_set)
{
	ASSERT_TRUE(set_policy("0"));
	ASSERT_EQ(0, subject_start(&self->s, become_user));
	ASSERT_LE(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(-EPERM, restart_as_user(&self->s, group_of_root));
	set_policy("1");
}

TEST_HARNESS_MAIN
