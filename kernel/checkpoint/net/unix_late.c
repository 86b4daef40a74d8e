// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what others send to unix sockets of a held tree when that has been
 * captured.  Compiled into net/unix/af_unix.c behind unix_inside.c.
 */
#include <linux/fdtable.h>

/* How much the sockets of a table had received when that was captured */
static const struct ckpt_private received_private = {
	.size	= sizeof(unsigned int),
};

/*
 * Those of the tree are frozen: only what has no peer can be sent something, or be called, and
 * what may have one outside, which answers.
 */
static int count_one(const void *p, struct file *file, unsigned int fd)
{
	struct socket *sock = sock_from_file(file);
	unsigned int *sum = (void *)p;

	if (sock && sock->sk && sock->sk->sk_family == AF_UNIX &&
	    (!unix_peer(sock->sk) || sock->sk->sk_type == SOCK_DGRAM))
		*sum += skb_queue_len_lockless(&sock->sk->sk_receive_queue);
	return 0;
}

/* Of those that are under way themselves, and in no table, the survey holds the files. */
static void count_under_way(struct ckpt_ctx *ctx, unsigned int *sum)
{
	struct ckpt_seen *seen;

	list_for_each_entry(seen, &ckpt_files(ctx)->all, list)
		if (seen->what == CKPT_SEEN_FILE && seen->held && seen->rights == seen->refs)
			count_one(sum, (struct file *)seen->ptr, 0);
}

/* A thread as a rule shares the table of its process. */
static bool has_own_files(const struct ckpt_task *t)
{
	return t->files && (t->leader == t || t->files != t->leader->files);
}

/* Before anything is saved: what comes between is in the image, and is told as too late. */
static int late_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	unsigned int *received;

	if (!has_own_files(t))
		return 0;
	received = ckpt_make_private(&t->privates, &received_private);
	if (!received)
		return ckpt_fail(ctx, -ENOMEM, "no memory for what its unix sockets have got");
	*received = 0;
	iterate_fd(t->files, 0, count_one, received);
	if (t == ctx->root)
		count_under_way(ctx, received);
	return 0;
}

static const char *late_changed(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = ckpt_living_task(t);
	unsigned int *received = ckpt_private(&t->privates, &received_private);
	unsigned int sum = 0;

	if (!received)
		return NULL;
	task_lock(task);
	if (task->files)
		iterate_fd(task->files, 0, count_one, &sum);
	task_unlock(task);
	if (t == ctx->root)
		count_under_way(ctx, &sum);
	return sum > *received ? "a unix socket got something" : NULL;
}

/* There is no record of it. */
CHECKPOINT_KIND(unix_late) = {
	.name		= "unix_late",
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_NAMESPACE,
	.save		= late_save,
	.changed	= late_changed,
};
