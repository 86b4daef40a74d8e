// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what others send to unix sockets of a held tree when that has been
 * captured.  Compiled into net/unix/af_unix.c behind unix_inside.c.
 */
/*
 * Those of the tree are frozen: only what has no peer can be sent something, or be called, and
 * what may have one outside, which answers.
 */
static unsigned int count_received(struct file *file)
{
	struct socket *sock = sock_from_file(file);

	if (!sock || !sock->sk || sock->sk->sk_family != AF_UNIX ||
	    (unix_peer(sock->sk) && sock->sk->sk_type != SOCK_DGRAM))
		return 0;
	return skb_queue_len_lockless(&sock->sk->sk_receive_queue);
}

static const struct ckpt_late received = {
	.noted	= CKPT_LATE_NOTED,
	.count	= count_received,
};

static int late_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_save_late(ctx, t, &received);
}

static const char *late_changed(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return ckpt_has_late(ctx, t, &received) ? "a unix socket got something" : NULL;
}

/* There is no record of it. */
CHECKPOINT_KIND(unix_late) = {
	.name		= "unix_late",
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_NAMESPACE,
	.save		= late_save,
	.changed	= late_changed,
};
