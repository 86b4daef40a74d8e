// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: an image may not go to a place that the tree itself reads,
 * serves or writes to.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/tty.h>
#include <net/sock.h>
#include "files.h"

/**
 * DOC: where the image goes
 *
 * The tree may be frozen while its image is written.  Who would have to read the
 * image then, or serve the file system it lies in, must not be in the tree.
 *
 * Refused with -EDEADLK, before anything is written: an image into a pipe, named pipe or
 * terminal with its other end in the tree, a unix socket or a connection of this machine
 * with itself whose other end is there, accepted or not, or a file of a FUSE file system that
 * the tree may serve.  It is the same where the tree goes on before the image is written:
 * whether the image comes out must not hang on what the program does.
 *
 * Refused with -EBUSY: a writing end of where the image goes in a tree that goes on.  In
 * one that ends with its image it does no harm.
 *
 * Not seen: a reader outside that passes on what it reads to the tree.
 */

/* A descriptor of the tree that leads to @peer, of a file open in a mode of @mode */
static struct ckpt_seen *find_holder(struct ckpt_ctx *ctx, const void *peer, fmode_t mode)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		const struct file *file = seen->ptr;

		if (seen->peer && seen->peer->ptr == peer && file->f_mode & mode)
			return seen;
	}
	return NULL;
}

/* Say whose descriptor it is. */
static int report_holder(struct ckpt_ctx *ctx, int err, const struct ckpt_seen *holder,
			 const char *why)
{
	ctx->at.t = holder->t;
	ctx->at.object = holder->fd;
	ckpt_files(ctx)->fd = holder->fd;
	return ckpt_file_fail(ctx, err, "%s", why);
}

/* What is written behind the image's back comes to lie within it. */
static int check_writer(struct ckpt_ctx *ctx, const void *peer)
{
	struct ckpt_seen *writer = find_holder(ctx, peer, FMODE_WRITE);

	if (!writer || ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN))
		return 0;
	return report_holder(ctx, -EBUSY, writer, "the program would write into its own image; write the image elsewhere or end the program with it");
}

static int check_pipe(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe)
{
	struct ckpt_seen *reader = find_holder(ctx, pipe, FMODE_READ);

	if (reader)
		return report_holder(ctx, -EDEADLK, reader, "the program itself reads the pipe that the image goes to; write it elsewhere");
	/* The caller's own descriptor of the image is not in the survey. */
	if (ckpt_files(ctx)->self && ctx->image_file->f_mode & FMODE_READ &&
	    READ_ONCE(pipe->readers) == 1)
		return ckpt_fail(ctx, -EDEADLK, "nobody but the program itself reads the pipe that the image goes to; write it elsewhere");
	return check_writer(ctx, pipe);
}

/* The other end of a connection that this machine has with itself */
static const void *inet_peer_seen(struct ckpt_ctx *ctx, const struct sock *sk)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_SOCK) {
		const struct sock *other = seen->ptr;

		if (other != sk &&
		    other->sk_family == sk->sk_family && other->sk_protocol == sk->sk_protocol &&
		    sock_net(other) == sock_net(sk) && sock_leads_to(sk, other) &&
		    sock_leads_to(other, sk))
			return other;
	}
	return NULL;
}

static int check_socket(struct ckpt_ctx *ctx, const struct sock *sk)
{
	struct ckpt_seen *reader = NULL;
	const void *peer;

	if (sk->sk_family == AF_INET || sk->sk_family == AF_INET6)
		peer = inet_peer_seen(ctx, sk);
	else
		peer = ckpt_unix_peer_seen(ctx, sk);
	if (peer)
		reader = find_holder(ctx, peer, FMODE_READ);
	if (reader)
		return report_holder(ctx, -EDEADLK, reader, "the program itself reads the socket that the image goes to; write it elsewhere");
	return check_writer(ctx, sk);
}

static int check_terminal(struct ckpt_ctx *ctx, const struct tty_struct *tty)
{
	struct ckpt_seen *master = tty->link ? find_holder(ctx, tty->link, FMODE_READ) : NULL;

	if (!master)
		return 0;
	return report_holder(ctx, -EDEADLK, master, "the program itself runs the terminal that the image goes to; write it elsewhere");
}

/**
 * ckpt_check_image - could writing the image wait for the frozen tree?
 * @ctx: the call, its descriptors surveyed
 *
 * Return: 0 or negative errno (reported): -EDEADLK; -EBUSY if a tree that goes on
 * would write into its image
 */
int ckpt_check_image(struct ckpt_ctx *ctx)
{
	struct file *file = ctx->image_file;
	struct pipe_inode_info *pipe;
	struct tty_struct *tty;
	struct socket *sock;

	if (!file)
		return 0;
	pipe = get_pipe_info(file, false);
	if (pipe)
		return check_pipe(ctx, pipe);
	sock = sock_from_file(file);
	if (sock)
		return sock->sk ? check_socket(ctx, sock->sk) : 0;
	tty = tty_from_file(file);
	if (tty)
		return check_terminal(ctx, tty);
	if (ckpt_files(ctx)->serves_fuse && file_inode(file)->i_sb->s_magic == FUSE_SUPER_MAGIC)
		return ckpt_fail(ctx, -EDEADLK, "the program may itself serve the file system (FUSE) that the image goes to; write it elsewhere");
	return 0;
}

/**
 * ckpt_is_image - is a file of the tree the image that is being made?
 * @ctx: the call
 * @file: the file
 *
 * Of pipes, sockets and devices ckpt_check_image() has judged.
 */
bool ckpt_is_image(struct ckpt_ctx *ctx, struct file *file)
{
	return ctx->image_file && S_ISREG(file_inode(file)->i_mode) &&
	       file_inode(file) == file_inode(ctx->image_file) && !(file->f_mode & FMODE_PATH);
}
