// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which files are under way between unix sockets (SCM_RIGHTS), as a part
 * of the survey of files.
 */
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/scm.h>
#include "files.h"

/*
 * How many files the messages of a queue have with them, and, if there is room, which, with
 * a reference each.  Who receives takes them off the message before the message off the queue.
 */
static u32 note_rights(struct sk_buff_head *queue, struct file **to, u32 room)
{
	struct sk_buff *skb;
	u32 nr = 0;
	int i;

	lockdep_assert_held(&queue->lock);
	skb_queue_walk(queue, skb) {
		const struct scm_fp_list *fpl = UNIXCB(skb).fp;

		for (i = 0; fpl && i < fpl->count; i++, nr++)
			if (nr < room)
				to[nr] = get_file(fpl->fp[i]);
	}
	return nr;
}

static int see_noted(struct ckpt_ctx *ctx, struct file **files, u32 nr, const struct ckpt_seen *at)
{
	struct ckpt_seen *seen;
	int err = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!err)
			err = ckpt_see_file(ctx, at->t, files[i], at->fd, true);
		seen = ckpt_seen_find(ctx, files[i]);
		/* Others may receive them meanwhile, and close them. */
		if (seen)
			seen->held++;
		else
			fput(files[i]);
		cond_resched();
	}
	return err;
}

/*
 * Nobody receives them while the tree is frozen and has the socket alone, so they stay.  What
 * others send meanwhile is behind them, and is found missing when its message is looked at.
 */
static int see_rights(struct ckpt_ctx *ctx, struct sock *sk, const struct ckpt_seen *at)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;
	struct mutex *lock = &unix_sk(sk)->iolock;
	struct file **files = NULL;
	u32 room, nr = 0;
	int err = ckpt_lock_file(ctx, (struct file *)at->ptr, lock, "a unix socket");

	if (err)
		return err;
	spin_lock(&queue->lock);
	room = note_rights(queue, NULL, 0);
	spin_unlock(&queue->lock);
	if (room)
		files = kvmalloc_array(room, sizeof(*files), GFP_KERNEL_ACCOUNT);
	if (files) {
		spin_lock(&queue->lock);
		nr = min(note_rights(queue, files, room), room);
		spin_unlock(&queue->lock);
	}
	mutex_unlock(lock);
	if (room && !files)
		return ckpt_fail(ctx, -ENOMEM, "no memory for descriptors under way");
	err = see_noted(ctx, files, nr, at);
	kvfree(files);
	return err;
}

/* Those that wait to be accepted have queues of their own, and go with their message. */
static int see_rights_at(struct ckpt_ctx *ctx, struct sock *listener, const struct ckpt_seen *at)
{
	struct sk_buff_head *queue = &listener->sk_receive_queue;
	struct sk_buff *skb, *next;
	int err = 0;

	spin_lock(&queue->lock);
	skb = skb_peek(queue);
	while (skb && !err) {
		skb_get(skb);
		spin_unlock(&queue->lock);
		err = see_rights(ctx, skb->sk, at);
		cond_resched();
		spin_lock(&queue->lock);
		/* Somebody outside who has the socket too has accepted it. */
		next = skb->next ? skb_peek_next(skb, queue) : NULL;
		if (!err && !skb->next)
			err = -EAGAIN;
		spin_unlock(&queue->lock);
		consume_skb(skb);
		spin_lock(&queue->lock);
		skb = next;
	}
	spin_unlock(&queue->lock);
	if (err == -EAGAIN)
		return ckpt_fail(ctx, err, "a connection to a unix socket was just accepted by a process outside; try again");
	return err;
}

/**
 * ckpt_see_rights - survey: files that are under way to unix sockets of the tree
 * @ctx: the call; its tables have been walked
 *
 * What is found is behind in the list, and is asked as well.
 *
 * Context: may sleep, killable.
 * Return: 0 or negative errno (reported)
 */
int ckpt_see_rights(struct ckpt_ctx *ctx)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct sock *sk = seen->peer ? (struct sock *)seen->peer->ptr : NULL;
		int err;

		if (!sk || seen->peer->what != CKPT_SEEN_SOCK ||
		    sk->sk_family != AF_UNIX)
			continue;
		err = sk->sk_state == TCP_LISTEN ? see_rights_at(ctx, sk, seen) :
						   see_rights(ctx, sk, seen);
		if (err)
			return err;
	}
	return 0;
}
