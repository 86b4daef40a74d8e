// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what every open file has, and finding its kind.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/net.h>
#include <linux/security.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "files.h"

/**
 * DOC: open files
 *
 * One record makes the file (its kind's), this one gives it what every open file
 * has.
 *
 * Preserved: status flags exactly as fcntl(F_GETFL) shows them, the position, the
 * credentials it was opened with, the owner for SIGIO (F_SETOWN, F_SETOWN_EX),
 * its signal (F_SETSIG) and, on pipes, O_ASYNC with the descriptor it tells.
 *
 * Rebuilt: an owner that is dead becomes none, as F_GETOWN shows it already.
 *
 * Refused: an owner that is outside the tree, O_ASYNC on anything but a pipe,
 * files opened in ways that open(2) does not offer, and every file that no kind
 * matches.
 *
 * Immaterial: read-ahead state and posix_fadvise() hints change speed alone.
 * epoll instances outside the tree that watch the file are not the tree's.
 */

static const struct ckpt_kind ckpt_kind_file;

/* -- telling --------------------------------------------------------------- */

/**
 * ckpt_file_fail - tell that a file cannot be saved
 * @ctx: the call, surveyed
 * @err: negative errno
 * @fmt: what it is and why, as for ckpt_fail(), without the descriptor
 *
 * Return: @err
 */
int ckpt_file_fail(struct ckpt_ctx *ctx, int err, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (ctx->files && ctx->files->fd >= 0)
		ckpt_fail(ctx, err, "fd %d: %pV", ctx->files->fd, &vaf);
	else
		ckpt_fail(ctx, err, "%pV", &vaf);
	va_end(args);
	return err;
}

static const char *family_name(int family)
{
	static const char * const names[] = {
		[AF_UNIX] = "unix", [AF_INET] = "IPv4", [AF_INET6] = "IPv6",
		[AF_NETLINK] = "netlink", [AF_PACKET] = "packet", [AF_ALG] = "algorithm",
		[AF_VSOCK] = "vsock", [AF_BLUETOOTH] = "bluetooth", [AF_CAN] = "CAN",
	};

	if (family >= 0 && family < ARRAY_SIZE(names) && names[family])
		return names[family];
	return "other";
}

/* Files without a place in a file system: "anon_inode:[eventfd]", "/memfd:x (deleted)" */
static int refuse_pseudo(struct ckpt_ctx *ctx, struct file *file)
{
	char buf[64], *name, *open;

	name = d_path(&file->f_path, buf, sizeof(buf));
	if (IS_ERR(name))
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "files of %s cannot be saved yet",
				      file_inode(file)->i_sb->s_type->name);
	open = strchr(name, '[');
	if (strstarts(name, "anon_inode:") && open)
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%.*s files cannot be saved yet",
				      (int)strcspn(open + 1, "]"), open + 1);
	return ckpt_file_fail(ctx, -EOPNOTSUPP, "%s cannot be saved yet", name);
}

/**
 * ckpt_refuse_file - tell that files of a sort cannot be saved
 * @ctx: the call, surveyed
 * @file: the file; the text names what it is
 *
 * Return: -EOPNOTSUPP, or -ENOMEM
 */
int ckpt_refuse_file(struct ckpt_ctx *ctx, struct file *file)
{
	const struct dentry_operations *d_op = file->f_path.dentry->d_op;
	struct socket *sock = sock_from_file(file);
	struct inode *inode = file_inode(file);
	const char *what = NULL;

	if (sock)
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%s sockets cannot be saved yet",
				      sock->sk ? family_name(sock->sk->sk_family) : "closed");
	if (d_op && d_op->d_dname)
		return refuse_pseudo(ctx, file);
	if (S_ISFIFO(inode->i_mode))
		what = "named pipe";
	else if (S_ISBLK(inode->i_mode))
		what = "block device";
	else if (S_ISCHR(inode->i_mode))
		what = "character device";
	if (what)
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%s %pD4 (%u:%u) cannot be saved yet",
				      what, file, imajor(inode), iminor(inode));
	return ckpt_file_fail(ctx, -EOPNOTSUPP, "%pD4 (%ps) cannot be saved yet", file,
			      file->f_op);
}

/* -- finding the kind ---------------------------------------------------------- */

static const struct ckpt_kind *find_kind(struct ckpt_ctx *ctx, struct file *file)
{
	const struct ckpt_kind *const *p;

	for_each_ckpt_kind(p)
		if ((*p)->match_file && (*p)->match_file(ctx, file))
			return *p;
	return NULL;
}

/**
 * ckpt_file_flags - the status flags of a file as an image has them
 * @file: the file
 *
 * Return: what fcntl(F_GETFL) shows, without what the kernel keeps there for itself
 */
u32 ckpt_file_flags(const struct file *file)
{
	return file->f_flags & ~(__FMODE_EXEC | __FMODE_NONOTIFY | O_CLOEXEC);
}

static int check_common(struct ckpt_ctx *ctx, struct file *file)
{
	u32 odd = ckpt_file_flags(file) & ~(CKPT_OPEN_FLAGS | FASYNC);

	if (odd)
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%pD4 was opened with flags %#x, which cannot be saved",
				      file, odd);
	if (file->f_mode & (FMODE_BACKING | FMODE_NOCMTIME | FMODE_WRITE_RESTRICTED |
			    FMODE_NEED_UNMOUNT) ||
	    file->f_flags & __FMODE_NONOTIFY)
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "%pD4 was opened in a special way (mode %#x), which cannot be saved",
				      file, (__force unsigned int)file->f_mode);
	return ckpt_check_owner(ctx, file);
}

static int check_file(struct ckpt_ctx *ctx, struct file *file)
{
	const struct ckpt_kind *kind = find_kind(ctx, file);

	if (!kind)
		return ckpt_refuse_file(ctx, file);
	/* What is outside keeps its flags and owner. */
	if (kind->type != CKPT_REC_FILE_OUTSIDE) {
		int err = check_common(ctx, file);

		if (err)
			return err;
	}
	return kind->check_file ? kind->check_file(ctx, file) : 0;
}

int ckpt_check_file(struct ckpt_ctx *ctx, struct file *file)
{
	struct ckpt_seen *seen;
	int err = ckpt_survey_files(ctx);

	if (err)
		return err;
	seen = ckpt_see(ctx, file, CKPT_SEEN_FILE);
	if (!seen)
		return -ENOMEM;
	if (!seen->checked) {
		seen->err = check_file(ctx, file);
		seen->checked = true;
	}
	return seen->err;
}

static int save_common(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct ckpt_file rec = {
		.flags = ckpt_file_flags(file),
		.position = file->f_pos,
	};
	int err = ckpt_save_cred(ctx, file->f_cred, &rec.cred);

	if (!err)
		err = ckpt_save_owner(ctx, file, &rec);
	return err ?: ckpt_emit(ctx, &ckpt_kind_file, id, &rec, NULL, 0);
}

int ckpt_save_file(struct ckpt_ctx *ctx, struct file *file, u32 *id)
{
	const struct ckpt_kind *kind;
	struct ckpt_seen *seen;
	const void *key = file;
	bool outside;
	int err;

	err = ckpt_check_file(ctx, file);
	if (err)
		return err;
	kind = find_kind(ctx, file);
	seen = ckpt_seen(ctx, file);
	outside = kind->type == CKPT_REC_FILE_OUTSIDE;
	/*
	 * The restarter's descriptors 0 to 2 may be three files where the program
	 * had one, so what is outside is an object for each of them.
	 */
	if (outside && ctx->files->fd >= 0 && ctx->files->fd < ARRAY_SIZE(seen->slot))
		key = &seen->slot[ctx->files->fd];
	err = ckpt_object_id(ctx, key, CKPT_CLASS_FILE, id);
	if (err <= 0)
		return err;
	err = kind->save_file(ctx, file, *id);
	if (err || outside)
		return err;
	return save_common(ctx, file, *id);
}

/* -- restore ------------------------------------------------------------------ */

/**
 * ckpt_ref_cred - validate: credentials that something was opened with
 * @ctx: the call
 * @id: cred object, or 0 for the restarter's
 *
 * Return: 0 or -EINVAL (told)
 */
int ckpt_ref_cred(struct ckpt_ctx *ctx, u32 id)
{
	return id ? ckpt_ref(ctx, id, CKPT_CLASS_CRED) : 0;
}

/**
 * ckpt_file_cred - restore: the credentials to open something with
 * @ctx: the call
 * @id: cred object, validated, or 0
 *
 * The cred kind has put the caller's own where it may not assume those recorded.
 * Without any the caller's have to do, unless a ceiling says that they would be
 * too much.
 *
 * Return: the credentials, without a reference; ERR_PTR(-EPERM) (told)
 */
const struct cred *ckpt_file_cred(struct ckpt_ctx *ctx, u32 id)
{
	const struct cred *cred = id ? ckpt_object(ctx, id, CKPT_CLASS_CRED) : NULL;

	if (cred)
		return cred;
	if (ctx->has_ceiling)
		return ERR_PTR(ckpt_fail(ctx, -EPERM,
					 "a file's user is none the image's owner can be"));
	return current_cred();
}

/**
 * ckpt_caller_capable - restore: may the caller of restart() do something?
 * @ctx: the call
 * @cap: CAP_*
 */
bool ckpt_caller_capable(struct ckpt_ctx *ctx, int cap)
{
	if (ctx->has_ceiling && !uid_eq(ctx->ceiling_uid, GLOBAL_ROOT_UID))
		return false;
	return !security_capable(ctx->caller_cred, ctx->caller_cred->user_ns, cap, CAP_OPT_NONE);
}

static int file_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_file *data = rec->data;
	int err = ckpt_ref_cred(ctx, data->cred);

	if (err)
		return err;
	if (data->flags & ~(CKPT_OPEN_FLAGS | FASYNC))
		return ckpt_fail(ctx, -EINVAL, "unknown file flags %#x", data->flags);
	if ((s64)data->position < 0)
		return ckpt_fail(ctx, -EINVAL, "file position %llu is out of range",
				 data->position);
	if (data->owner_type > F_OWNER_PGRP || data->owner_signal > _NSIG)
		return ckpt_fail(ctx, -EINVAL, "a file's owner for signals is malformed");
	if (data->async_fd > INT_MAX)
		return ckpt_fail(ctx, -EINVAL, "descriptor %u is out of range", data->async_fd);
	return data->owner ? ckpt_ref(ctx, data->owner, CKPT_CLASS_PID) : 0;
}

/*
 * The file was opened with these flags as far as open(2) takes them.  The rest is
 * what fcntl(F_SETFL) would change, under the same conditions.
 */
static int restore_flags(struct ckpt_ctx *ctx, struct file *file, u32 flags)
{
	u32 change = (file->f_flags ^ flags) & ~FASYNC;
	struct inode *inode = file_inode(file);

	if (change & ~(O_NOFOLLOW | O_LARGEFILE | O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT))
		return ckpt_fail(ctx, -EINVAL, "file flags %#x do not fit the file (%#x)", flags,
				 file->f_flags);
	if ((change & O_APPEND) && IS_APPEND(inode))
		return ckpt_fail(ctx, -EPERM, "O_APPEND of an append-only file cannot be changed");
	if ((change & flags & O_NOATIME) && !file_owner_or_capable(file))
		return ckpt_fail(ctx, -EPERM, "O_NOATIME is not permitted");
	if ((change & flags & O_DIRECT) && !S_ISFIFO(inode->i_mode) &&
	    !(file->f_mode & FMODE_CAN_ODIRECT))
		return ckpt_fail(ctx, -EINVAL, "O_DIRECT is not supported by the file");
	if (change && file->f_op->check_flags && file->f_op->check_flags(flags))
		return ckpt_fail(ctx, -EINVAL, "file flags %#x are not supported by the file",
				 flags);
	spin_lock(&file->f_lock);
	file->f_flags ^= change;
	file->f_iocb_flags = iocb_flags(file);
	spin_unlock(&file->f_lock);
	return 0;
}

static int file_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_file *data = rec->data;
	struct file *file = ckpt_object(ctx, rec->object, CKPT_CLASS_FILE);
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "file object %u was not made", rec->object);
	err = restore_flags(ctx, file, data->flags);
	if (!err && data->position != file->f_pos &&
	    vfs_llseek(file, data->position, SEEK_SET) != data->position)
		err = ckpt_fail(ctx, -EINVAL, "position %llu of %pD4 cannot be restored",
				data->position, file);
	if (!err)
		err = ckpt_restore_owner(ctx, file, data);
	return err;
}

CHECKPOINT_KIND(file) = {
	.name		= "file",
	.type		= CKPT_REC_FILE,
	.size		= sizeof(struct ckpt_file),
	.stage		= CKPT_STAGE_OBJECT,
	.class		= CKPT_CLASS_FILE,
	.validate	= file_validate,
	.restore	= file_restore,
};
