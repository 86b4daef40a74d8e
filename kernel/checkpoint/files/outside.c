// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: standard input, output and error that lead outside, and other
 * descriptors that the caller says do.
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
 * (RESTART_STRICT_IO).  Each such substitution is reported.  Another descriptor
 * of the same terminal, such as /dev/tty or bash's descriptor 255, follows.
 *
 * The same holds for other descriptors that the caller of checkpoint() gives as external
 * (struct checkpoint_args).  Their places are not taken but by what the restarter gives for
 * each (struct restart_inherit), which it may do for 0 to 2 as well.
 *
 * A named pipe (FIFO) counts as outside when it is open elsewhere, or when it is a descriptor
 * 0, 1, 2 or an external one, the tree has no other end of it, and nobody has written to it
 * yet: its name is there for others.
 *
 * Preserved: which descriptor it was, and what it must be fit for.  Flags,
 * position and owner are those of the restarter's file, which others use too; the modes of a
 * terminal are another record.
 * What a pipe holds stays with the end that is open outside.
 *
 * Refused: such files on no descriptor from 0 to 2 and no external one, pseudo terminals of
 * /dev/ptyXX with their master in the tree, a pipe inside the tree that is open outside too,
 * named pipes into which somebody outside writes just now, O_ASYNC.
 */

static bool outside_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	if (ckpt_is_fifo_inside(ctx, file))
		return false;
	return tty_from_file(file) || sock_from_file(file) || get_pipe_info(file, false);
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
	return ckpt_is_named_pipe(file) ? "named pipe" : "pipe";
}

/* The lowest of descriptors 0 to 2 and the external ones that leads to the same place */
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

static int check_tty(struct ckpt_ctx *ctx, struct file *file, struct tty_struct *tty)
{
	struct ckpt_shown shown;

	ckpt_show_file(file, &shown);
	if (is_pty_master(tty))
		return ckpt_cannot_save(ctx, "%s, the master of a pseudo terminal,", shown.text);
	if (tty->link && ckpt_seen_find(ctx, tty->link))
		return ckpt_cannot_save(ctx, "%s, a pseudo terminal that is run from inside the tree,",
					shown.text);
	return 0;
}

static int check_socket(struct ckpt_ctx *ctx, struct file *file)
{
	const struct sock *sk = sock_from_file(file)->sk;
	struct ckpt_shown shown;

	if (sk && ckpt_unix_peer_seen(ctx, sk))
		return ckpt_cannot_save(ctx, "a unix socket connected inside the tree (%s)",
					ckpt_show_file(file, &shown));
	/* Two sockets of a network may be connected with each other; those of TCP say so. */
	if (sk && sk->sk_family != AF_UNIX && !sk_is_tcp(sk) && ckpt_files(ctx)->nr_inet > 1)
		return ckpt_refuse_file(ctx, file);
	return 0;
}

/* Return: 0 or negative errno (reported) */
static int bytes_in(struct ckpt_ctx *ctx, struct file *file, unsigned int *bytes)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	int err = ckpt_lock_pipe(ctx, file);
	unsigned int i;

	if (err)
		return err;
	*bytes = 0;
	for (i = pipe->tail; i != pipe->head; i++)
		*bytes += pipe_buf(pipe, i)->len;
	mutex_unlock(&pipe->mutex);
	return 0;
}

static int is_end_of(const void *pipe, struct file *file, unsigned int fd)
{
	return get_pipe_info(file, false) == pipe;
}

static int refuse_shared_pipe(struct ckpt_ctx *ctx, const struct ckpt_seen *pipe, const char *name)
{
	struct task_struct *holder = ckpt_find_opener(ctx, is_end_of, pipe->ptr);
	struct ckpt_who who;

	return ckpt_file_fail(ctx, -EBUSY, "%s connects the tree within itself and is open in %s outside the tree too; close it there or save a larger tree",
			      name, ckpt_show_outsider(ctx, holder, &who));
}

static int check_pipe(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_seen *peer)
{
	bool both = peer->readers && peer->writers;
	struct ckpt_shown shown;
	unsigned int bytes;
	int err;

	ckpt_show_file(file, &shown);
	if (both && peer->outside)
		return refuse_shared_pipe(ctx, peer, shown.text);
	if (peer->outside)
		return 0;
	err = bytes_in(ctx, file, &bytes);
	if (err || !bytes)
		return err;
	return ckpt_file_fail(ctx, -EBUSY, "%s, a named pipe, holds %u bytes that would be lost; let the program read them first",
			      shown.text, bytes);
}

static int outside_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct tty_struct *tty = tty_from_file(file);
	struct ckpt_seen *seen = ckpt_seen_find(ctx, file);
	struct ckpt_shown shown;
	const char *name;
	int err = 0;
	u32 what;

	name = what_is(file, &what);
	if (tty)
		err = check_tty(ctx, file, tty);
	else if (what == CKPT_OUTSIDE_SOCKET)
		err = check_socket(ctx, file);
	else if (seen->peer)
		err = check_pipe(ctx, file, seen->peer);
	if (err)
		return err;
	if (what == CKPT_OUTSIDE_SOCKET && std_fd(seen) < 0)
		return ckpt_refuse_file(ctx, file);
	if (std_fd(seen) < 0)
		return ckpt_file_fail(ctx, -EBUSY, "%s, a %s that leads out of the tree, can only be replaced as fd 0, 1, 2 or with --external %d; close it first",
				      ckpt_show_file(file, &shown), name, ckpt_files(ctx)->fd);
	if (file->f_flags & FASYNC)
		return ckpt_cannot_save(ctx, "%s, a %s that leads out of the tree, with O_ASYNC",
					ckpt_show_file(file, &shown), name);
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

static int outside_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			     void *ptr, u32 id)
{
	struct file *file = ptr;
	int fd = ckpt_files(ctx)->fd;
	struct ckpt_rec_file_outside rec = {
		.fd = ckpt_outside_slot(ctx, fd) < 0 ? std_fd(ckpt_seen_find(ctx, file)) : fd,
		.access = access_of(file),
	};
	const char *what = what_is(file, &rec.what);
	struct ckpt_shown shown;
	const char *name = ckpt_show_file(file, &shown);

	if (fd > 2 && fd == rec.fd)
		ckpt_note(ctx, "fd %d (%s %s) becomes what the restarter gives for it (--inherit %d=FD)",
			  fd, what, name, fd);
	else if (fd > 2)
		ckpt_note(ctx, "fd %d (%s %s) becomes the restarter's fd %u", fd, what, name,
			  rec.fd);
	else
		ckpt_note(ctx, "fd %u (%s %s) becomes the restarter's", rec.fd, what, name);
	return ckpt_emit(ctx, kind, id, &rec, name, strlen(name)) ?:
	       ckpt_save_modes(ctx, file, id);
}

static int outside_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_outside *data = item->data;
	struct ckpt_shown shown;

	if (data->fd > INT_MAX || data->access > O_RDWR || data->what < CKPT_OUTSIDE_TTY ||
	    data->what > CKPT_OUTSIDE_SOCKET)
		return ckpt_fail(ctx, -EINVAL, "a file that was outside is malformed");
	if (ctx->flags & RESTART_STRICT_IO)
		return ckpt_fail(ctx, -EPERM, "fd %u led outside (%s) and may not be replaced (--strict-io)",
				 data->fd, ckpt_show_name(item, &shown));
	return 0;
}

/* Each that the restarter gives was asked for. */
static int outside_complete(struct ckpt_ctx *ctx)
{
	DECLARE_BITMAP(found, CKPT_EXTERNAL_MAX + 3) = {};
	const struct ckpt_item *item;
	u32 i;

	list_for_each_entry(item, &ctx->restart->unowned, unowned_node) {
		const struct ckpt_rec_file_outside *data = item->data;

		cond_resched();
		if (item->kind->type != CKPT_REC_FILE_OUTSIDE)
			continue;
		for (i = 0; i < ctx->restart->nr_inherit; i++)
			if (data->fd == ctx->restart->inherit[i].fd)
				__set_bit(i, found);
	}
	i = find_first_zero_bit(found, ctx->restart->nr_inherit);
	if (i < ctx->restart->nr_inherit)
		return ckpt_fail(ctx, -EINVAL, "fd %u of the image does not lead outside, so nothing can take its place",
				 ctx->restart->inherit[i].fd);
	return 0;
}

/* Which of the restarter's takes the place of a descriptor?  Return: it, or -1 */
static int taken_from(const struct ckpt_ctx *ctx, u32 fd)
{
	u32 i;

	for (i = 0; i < ctx->restart->nr_inherit; i++)
		if (ctx->restart->inherit[i].fd == fd)
			return ctx->restart->inherit[i].from;
	return fd <= 2 ? fd : -1;
}

static bool is_fit(const struct file *file, u32 access)
{
	if (access != O_WRONLY && !(file->f_mode & FMODE_READ))
		return false;
	return access == O_RDONLY || (file->f_mode & FMODE_WRITE);
}

/*
 * A terminal is as a rule open for reading and writing on all three standard descriptors.
 * What takes its place need only be fit for what the number stands for, so that
 * a restarter's output may go to a file.
 */
static u32 wanted_access(const struct ckpt_rec_file_outside *data)
{
	if (data->access != O_RDWR || data->fd > 2)
		return data->access;
	return data->fd == 0 ? O_RDONLY : O_WRONLY;
}

static void *outside_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	static const char * const ways[] = {
		[O_RDONLY] = "reading", [O_WRONLY] = "writing", [O_RDWR] = "reading and writing",
	};
	const struct ckpt_rec_file_outside *data = item->data;
	int from = taken_from(ctx, data->fd);
	u32 access = wanted_access(data);
	struct ckpt_shown shown;
	struct file *file;

	ckpt_show_name(item, &shown);
	if (from < 0)
		return ERR_PTR(ckpt_fail(ctx, -EBADF, "fd %u led outside (%s) and nothing is given for it; give one of yours with 'rstr --inherit %u=FD'",
					 data->fd, shown.text, data->fd));
	file = fget(from);
	if (!file)
		return ERR_PTR(ckpt_fail(ctx, -EBADF, "fd %u led outside (%s), but the restarter has no fd %d to put there; open one, /dev/null for instance",
					 data->fd, shown.text, from));
	if (!is_fit(file, access)) {
		fput(file);
		return ERR_PTR(ckpt_fail(ctx, -EBADF, "fd %d of the restarter is not open for %s, which the program needs; open it so",
					 from, ways[access]));
	}
	if (from == data->fd)
		ckpt_note(ctx, "fd %u (it was %s) is the restarter's", data->fd, shown.text);
	else
		ckpt_note(ctx, "fd %u (it was %s) is the restarter's fd %d", data->fd,
			  shown.text, from);
	return file;
}

CHECKPOINT_KIND(file_outside) = {
	.name		= "file_outside",
	.type		= CKPT_REC_FILE_OUTSIDE,
	.size		= sizeof(struct ckpt_rec_file_outside),
	CKPT_ARRAY(struct ckpt_rec_file_outside, name, __u8),
	.max		= 4096,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_FALLBACK,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= outside_validate,
	.complete	= outside_complete,
	.match		= outside_match,
	.check_object	= outside_check_file,
	.save_object	= outside_save_file,
	.restore_object	= outside_restore_file,
};
