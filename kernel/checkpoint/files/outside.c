// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: standard input, output and error that lead outside.
 */
#include <linux/dcache.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <net/sock.h>
#include "files.h"

/**
 * DOC: terminals, pipes and sockets that are outside
 *
 * A terminal, or a pipe or socket whose other end is outside the tree, that is a
 * descriptor 0, 1 or 2 of some process cannot be carried over: the restarter's
 * descriptor of that number takes its place, unless it forbids so
 * (RESTART_STRICT_IO).  Each such substitution is told.  Another descriptor
 * of the same terminal, such as /dev/tty or bash's descriptor 255, follows.
 *
 * Preserved: which descriptor it was, and what it must be fit for.  Flags,
 * position and owner are those of the restarter's file, which others use too.
 *
 * Refused: such files on no descriptor from 0 to 2, pseudo terminals with their
 * master in the tree, socket pairs inside the tree, a pipe inside the tree that
 * is open outside too, O_ASYNC.
 */

static const struct ckpt_kind ckpt_kind_file_outside;

static bool is_anonymous_pipe(struct file *file)
{
	return get_pipe_info(file, false) && file_inode(file)->i_sb->s_magic == PIPEFS_MAGIC;
}

/* After the kinds that take pipes and sockets inside the tree */
static bool outside_match(struct ckpt_ctx *ctx, struct file *file)
{
	return tty_from_file(file) || sock_from_file(file) || is_anonymous_pipe(file);
}

static const char *what_is(struct file *file, u32 *what)
{
	if (tty_from_file(file)) {
		*what = CKPT_OUTSIDE_TTY;
		return "terminal";
	}
	if (sock_from_file(file)) {
		*what = CKPT_OUTSIDE_SOCKET;
		return "socket";
	}
	*what = CKPT_OUTSIDE_PIPE;
	return "pipe";
}

/* The lowest of descriptors 0 to 2 of the tree that leads to the same place */
static int std_fd(struct ckpt_seen *seen)
{
	if (seen->std >= 0)
		return seen->std;
	if (seen->peer && seen->peer->what == CKPT_SEEN_TTY)
		return seen->peer->std;
	return -1;
}

static bool is_pty_master(const struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY &&
	       tty->driver->subtype == PTY_TYPE_MASTER;
}

static int check_tty(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	if (is_pty_master(tty))
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "masters of pseudo terminals cannot be saved yet");
	if (tty->link && ckpt_seen(ctx, tty->link))
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "pseudo terminals (%s) that are run from inside the tree cannot be saved yet",
				      tty->name);
	return 0;
}

static int check_socket(struct ckpt_ctx *ctx, struct file *file)
{
	const struct sock *sk = sock_from_file(file)->sk;

	if (sk && ckpt_unix_peer_seen(ctx, sk))
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "unix sockets connected inside the tree cannot be saved yet");
	/* Two sockets of a network may be connected with each other. */
	if (sk && sk->sk_family != AF_UNIX && ctx->files->nr_inet > 1)
		return ckpt_refuse_file(ctx, file);
	return 0;
}

static int outside_check_file(struct ckpt_ctx *ctx, struct file *file)
{
	struct tty_struct *tty = tty_from_file(file);
	struct ckpt_seen *seen = ckpt_seen(ctx, file);
	const char *name;
	u32 what;
	int err = 0;

	name = what_is(file, &what);
	if (tty)
		err = check_tty(ctx, tty);
	else if (what == CKPT_OUTSIDE_SOCKET)
		err = check_socket(ctx, file);
	else if (seen->peer && seen->peer->readers && seen->peer->writers)
		err = ckpt_file_fail(ctx, -EBUSY, "a pipe inside the tree is open outside it too");
	if (err)
		return err;
	if (what == CKPT_OUTSIDE_SOCKET && std_fd(seen) < 0)
		return ckpt_refuse_file(ctx, file);
	if (std_fd(seen) < 0)
		return ckpt_file_fail(ctx, -EBUSY, "a %s that leads out of the tree can only be replaced as descriptor 0, 1 or 2",
				      name);
	if (file->f_flags & FASYNC)
		return ckpt_file_fail(ctx, -EOPNOTSUPP, "O_ASYNC on a %s that leads out of the tree cannot be saved",
				      name);
	return 0;
}

static u32 access_of(const struct file *file)
{
	switch (file->f_mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ | FMODE_WRITE:
		return O_RDWR;
	case FMODE_WRITE:
		return O_WRONLY;
	default:
		return O_RDONLY;
	}
}

static int outside_save_file(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	int fd = ctx->files->fd;
	struct ckpt_file_outside rec = {
		.fd = fd >= 0 && fd <= 2 ? fd : std_fd(ckpt_seen(ctx, file)),
		.access = access_of(file),
	};
	const char *what = what_is(file, &rec.what);
	char buf[64], *name;

	name = d_path(&file->f_path, buf, sizeof(buf));
	if (IS_ERR(name))
		name = "?";
	if (fd > 2)
		ckpt_note(ctx, "fd %d (%s %s) becomes the restarter's fd %u", fd, what, name,
			  rec.fd);
	else
		ckpt_note(ctx, "fd %u (%s %s) becomes the restarter's", rec.fd, what, name);
	return ckpt_emit(ctx, &ckpt_kind_file_outside, id, &rec, name, strlen(name));
}

static int outside_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_file_outside *data = rec->data;

	if (data->fd > 2 || data->access > O_RDWR || data->what < CKPT_OUTSIDE_TTY ||
	    data->what > CKPT_OUTSIDE_SOCKET)
		return ckpt_fail(ctx, -EINVAL, "a file that was outside is malformed");
	if (ctx->strict)
		return ckpt_fail(ctx, -EPERM, "fd %u led outside (%.*s) and may not be replaced (--strict-io)",
				 data->fd, (int)rec->count, (const char *)rec->array);
	return 0;
}

static bool is_fit(const struct file *file, u32 access)
{
	if (access != O_WRONLY && !(file->f_mode & FMODE_READ))
		return false;
	return access == O_RDONLY || (file->f_mode & FMODE_WRITE);
}

/*
 * A terminal is as a rule open for reading and writing on all three descriptors.
 * What takes its place need only be fit for what the number stands for, so that
 * a restarter's output may go to a file.
 */
static u32 wanted_access(const struct ckpt_file_outside *data)
{
	if (data->access != O_RDWR)
		return data->access;
	return data->fd == 0 ? O_RDONLY : O_WRONLY;
}

static struct file *outside_restore_file(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_file_outside *data = rec->data;
	struct file *file = fget(data->fd);
	u32 access = wanted_access(data);

	if (!file)
		return ERR_PTR(ckpt_fail(ctx, -EBADF, "fd %u of the program led outside (%.*s), but the restarter has no fd %u to put there; open one, /dev/null for instance",
					 data->fd, (int)rec->count, (const char *)rec->array,
					 data->fd));
	if (!is_fit(file, access)) {
		fput(file);
		return ERR_PTR(ckpt_fail(ctx, -EBADF, "fd %u of the restarter is not open for %s, which the program needs",
					 data->fd, access == O_RDONLY ? "reading" : "writing"));
	}
	ckpt_note(ctx, "fd %u (it was %.*s) is the restarter's", data->fd, (int)rec->count,
		  (const char *)rec->array);
	return file;
}

CHECKPOINT_KIND(file_outside) = {
	.name		= "file_outside",
	.type		= CKPT_REC_FILE_OUTSIDE,
	.size		= sizeof(struct ckpt_file_outside),
	CKPT_ARRAY(struct ckpt_file_outside, name, __u8),
	.max		= 4096,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= CKPT_CLASS_FILE,
	.defines	= true,
	.validate	= outside_validate,
	.match_file	= outside_match,
	.check_file	= outside_check_file,
	.save_file	= outside_save_file,
	.restore_file	= outside_restore_file,
};
