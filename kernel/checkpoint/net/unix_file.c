// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which files are those of unix sockets that can be saved, see DOC: unix
 * sockets.  Compiled into net/unix/af_unix.c behind unix.c, unix_message.c, unix_link.c and
 * unix_name.c.
 */

static bool unix_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct socket *sock = sock_from_file(ptr);

	return sock && sock->sk && sock->sk->sk_family == AF_UNIX && is_inside(ctx, sock->sk);
}

static int unix_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_of(file);

	return ckpt_check_socket_file(ctx, file, "a unix socket") ?: check_peer(ctx, sk) ?:
	       check_maker(ctx, sk) ?: check_received(ctx, sk) ?:
	       visit_pending(ctx, sk, check_pending) ?: check_name(ctx, file);
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(unix_file) = {
	.name		= "unix_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= unix_match,
	.check_object	= unix_check,
	.save_object	= ckpt_save_socket_file,
};
