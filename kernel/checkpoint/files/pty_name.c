// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: by which names the ends of a pseudo terminal are opened again.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/namei.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include "pty.h"

/*
 * The path of a file below the directory of a slave that has no name any more: of the slave,
 * or of what may have made it.
 */
static int name_beside(struct ckpt_ctx *ctx, struct file *file, const char *rest, char *buf,
		       char **name)
{
	struct path root = { .mnt = file->f_path.mnt, .dentry = file->f_path.dentry->d_sb->s_root };
	size_t len = strlen(rest);
	int err = ckpt_path_name(ctx, &root, buf, name);

	if (err)
		return err;
	if (*name < buf + len)
		return ckpt_file_fail(ctx, -ENAMETOOLONG, "a terminal that has hung up has too long a path");
	/* It ends with the buffer. */
	memmove(*name - len, *name, strlen(*name));
	*name -= len;
	memcpy(buf + PATH_MAX - 1 - len, rest, len);
	buf[PATH_MAX - 1] = '\0';
	return 0;
}

/**
 * ckpt_pty_name - save: the path of an end of a pair
 * @ctx: the call, surveyed
 * @file: open on it
 * @buf: PATH_MAX bytes
 * @name: out: the absolute path in @buf, NUL terminated
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_pty_name(struct ckpt_ctx *ctx, struct file *file, char *buf, char **name)
{
	const struct tty_struct *tty = tty_from_file(file);
	char rest[16];

	if (is_master(tty) || !is_master_closed(tty) ||
	    imajor(file_inode(file)) != UNIX98_PTY_SLAVE_MAJOR)
		return ckpt_path_name(ctx, &file->f_path, buf, name);
	snprintf(rest, sizeof(rest), "/%d", tty->index);
	return name_beside(ctx, file, rest, buf, name);
}

static bool makes_pairs(struct ckpt_ctx *ctx, const char *name, const struct cred *cred)
{
	const struct cred *old = override_creds(ckpt_opener(ctx, cred));
	struct path path;
	bool ret = false;

	if (!vfs_path_lookup(ctx->root_path.dentry, ctx->root_path.mnt, name, 0, &path)) {
		ret = S_ISCHR(d_inode(path.dentry)->i_mode) &&
		      d_inode(path.dentry)->i_rdev == MKDEV(TTYAUX_MAJOR, 2) &&
		      !path_permission(&path, MAY_OPEN | MAY_READ | MAY_WRITE);
		path_put(&path);
	}
	revert_creds(old);
	return ret;
}

/**
 * ckpt_ptmx_name - save: the path of what can make a pair again whose master is closed
 * @ctx: the call, surveyed
 * @slave: open on its slave
 * @buf: PATH_MAX bytes
 * @name: out: the absolute path in @buf, NUL terminated
 *
 * What the master was opened as is not known any more.
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_ptmx_name(struct ckpt_ctx *ctx, struct file *slave, char *buf, char **name)
{
	static const char * const places[] = { "/../ptmx", "/ptmx" };
	int i, err;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		err = name_beside(ctx, slave, places[i], buf, name);
		if (err || makes_pairs(ctx, *name, slave->f_cred))
			return err;
	}
	return ckpt_file_fail(ctx, -EBUSY, "nothing is there that can make its terminal again, which has hung up; let its user open /dev/ptmx");
}

/* As the file system shows its options in /proc/mounts, for it keeps them to itself */
static bool mount_gives(struct super_block *sb, kgid_t gid)
{
	char text[160] = "";
	struct seq_file options = { .buf = text, .size = sizeof(text) - 1 };
	const char *at;
	unsigned int nr;

	if (!sb->s_op->show_options || sb->s_op->show_options(&options, sb->s_root))
		return false;
	at = strstr(text, ",gid=");
	return at && sscanf(at, ",gid=%u", &nr) == 1 &&
	       nr == from_kgid_munged(&init_user_ns, gid);
}

/**
 * ckpt_gets_group - will the slave of a pseudo terminal get its group again?
 * @ctx: the call, surveyed
 * @slave: its inode, of devpts
 *
 * Without the option gid= it is that of who opens the master, and chown(2) gives it to no
 * group but one's own.  The restarter is taken to be who saves.
 *
 * Return: true if so, or if the caller could give it
 */
bool ckpt_gets_group(struct ckpt_ctx *ctx, const struct inode *slave)
{
	const struct cred *caller = ctx->caller_cred;

	return gid_eq(slave->i_gid, caller->fsgid) ||
	       groups_search(caller->group_info, slave->i_gid) ||
	       ckpt_caller_capable(ctx, CAP_CHOWN) || mount_gives(slave->i_sb, slave->i_gid);
}
