// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which unix sockets belong to the tree, see DOC: unix sockets.  Compiled
 * into net/unix/af_unix.c before unix.c.
 */
#include "../../kernel/checkpoint/net/unix.h"

/* The listener where it waits to be accepted, NULL if it does not */
static struct sock *waits_at(const struct sock *sk)
{
	return READ_ONCE(unix_sk(sk)->listener);
}

static bool has_descriptor(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *listener = waits_at(sk);

	return ckpt_seen_find(ctx, listener ?: sk);
}

/*
 * What was a standard descriptor's way out is the restarter's, as ever.  Peers are looked at
 * by their addresses alone, but where this is called for one that the tree itself holds.
 */
static bool is_inside(struct ckpt_ctx *ctx, struct sock *sk)
{
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, waits_at(sk) ?: sk);
	struct sock *peer;
	bool inside;

	if (!seen || seen->std < 0)
		return seen && !sock_flag(sk, SOCK_DEAD);
	unix_state_lock(sk);
	peer = unix_peer(sk);
	inside = peer && !sock_flag(peer, SOCK_DEAD) && has_descriptor(ctx, peer);
	unix_state_unlock(sk);
	return inside;
}

static struct sock *sock_of(const struct file *file)
{
	return sock_from_file((struct file *)file)->sk;
}

typedef int (*visit_socket)(struct ckpt_ctx *ctx, struct sock *sk);

/*
 * Those that wait to be accepted.  The tree, which alone could accept them, is frozen; others
 * may come behind them.
 */
static int visit_pending(struct ckpt_ctx *ctx, struct sock *listener, visit_socket visit)
{
	struct sk_buff_head *queue = &listener->sk_receive_queue;
	struct sk_buff *skb;
	int err;

	if (listener->sk_state != TCP_LISTEN)
		return 0;
	spin_lock(&queue->lock);
	for (skb = skb_peek(queue); skb; skb = skb_peek_next(skb, queue)) {
		spin_unlock(&queue->lock);
		err = visit(ctx, skb->sk);
		/* The tree may have been let go: neither message nor socket need be there. */
		if (err)
			return err;
		cond_resched();
		spin_lock(&queue->lock);
	}
	spin_unlock(&queue->lock);
	return 0;
}

/* All of the tree, those that wait to be accepted behind their listener */
static int visit_all(struct ckpt_ctx *ctx, visit_socket visit)
{
	int err = ckpt_survey_files(ctx);
	struct ckpt_seen *seen;

	if (err || list_empty(ckpt_seen_list(ctx, CKPT_SEEN_SOCK)))
		return err;
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct sock *sk = seen->peer ? (void *)seen->peer->ptr : NULL;

		if (!seen->refs || !seen->peer ||
		    seen->peer->what != CKPT_SEEN_SOCK || sk->sk_family != AF_UNIX ||
		    !is_inside(ctx, sk))
			continue;
		ctx->at.t = seen->t;
		ckpt_files(ctx)->fd = seen->fd;
		err = visit(ctx, sk) ?: visit_pending(ctx, sk, visit);
		ckpt_files(ctx)->fd = -1;
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}
