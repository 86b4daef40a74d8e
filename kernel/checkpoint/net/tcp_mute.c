// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: TCP sockets that listen are silent while their tree is held and its
 * connections are kept, see DOC: kept TCP connections.
 */
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/tcp.h>
#include "inet.h"

/* How long who cannot own a socket now waits before it tries again */
#define AGAIN	(HZ / 20)

/* A socket that hears nothing */
struct muted {
	struct list_head list;
	struct sock *sk;
	struct sk_filter *filter;
	struct delayed_work work;
};

/* Those of a call; @over: the tree goes on, or is about to be killed */
struct muting {
	struct mutex lock;	/* of all this */
	struct list_head list;
	bool over;
};

static int muting_init(void *data)
{
	struct muting *muting = data;

	mutex_init(&muting->lock);
	INIT_LIST_HEAD(&muting->list);
	return 0;
}

/* Somebody outside who has the socket too may own it for as long as he likes. */
static bool unmute(struct muted *muted)
{
	if (!ckpt_tcp_trylock(muted->sk, 0))
		return false;
	ckpt_unmute(muted->sk, muted->filter);
	release_sock(muted->sk);
	sock_put(muted->sk);
	kfree(muted);
	return true;
}

static void unmute_later(struct work_struct *work)
{
	struct muted *muted = container_of(to_delayed_work(work), struct muted, work);

	if (!unmute(muted))
		schedule_delayed_work(&muted->work, AGAIN);
}

static void unmute_all(struct muting *muting)
{
	struct muted *muted, *next;

	mutex_lock(&muting->lock);
	muting->over = true;
	list_for_each_entry_safe(muted, next, &muting->list, list) {
		list_del(&muted->list);
		if (!unmute(muted))
			schedule_delayed_work(&muted->work, AGAIN);
	}
	mutex_unlock(&muting->lock);
}

static void muting_free(void *data)
{
	unmute_all(data);
}

static const struct ckpt_private muting_private = {
	.size	= sizeof(struct muting),
	.init	= muting_init,
	.free	= muting_free,
};

static bool is_listening(const struct sock *sk)
{
	return sk_is_tcp(sk) && sk->sk_state == TCP_LISTEN;
}

/* Who calls and was answered may believe that he is connected. */
static bool is_calm(struct ckpt_ctx *ctx, void *sk)
{
	return !reqsk_queue_len(&inet_csk(sk)->icsk_accept_queue);
}

static bool own(struct ckpt_ctx *ctx, void *sk)
{
	return ckpt_tcp_trylock(sk, 0);
}

static void mute(struct muting *muting, struct muted *muted, struct sock *sk)
{
	/* Who lets the tree go owns the socket next. */
	if (!mutex_trylock(&muting->lock))
		return;
	if (!muting->over)
		muted->filter = ckpt_mute(sk);
	if (muted->filter) {
		sock_hold(sk);
		muted->sk = sk;
		INIT_DELAYED_WORK(&muted->work, unmute_later);
		list_add_tail(&muted->list, &muting->list);
	}
	mutex_unlock(&muting->lock);
}

/* One that cannot be silent is not: who calls then is told as too late. */
static int mute_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct muting *muting = ckpt_private(&ctx->privates, &muting_private);
	struct muted *muted = kzalloc(sizeof(*muted), GFP_KERNEL_ACCOUNT);

	if (!muted)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a TCP socket that listens");
	ckpt_settle(is_calm, ctx, sk);
	if (ckpt_settle(own, ctx, sk)) {
		mute(muting, muted, sk);
		release_sock(sk);
	}
	if (!muted->filter)
		kfree(muted);
	return 0;
}

static int check_calm(struct ckpt_ctx *ctx, struct sock *sk)
{
	return is_calm(ctx, sk) ? 0 :
	       ckpt_file_fail(ctx, -EAGAIN, "a TCP connection is just being made; try again");
}

/*
 * Before anything of them is saved.  A SYN, and what completes a handshake, is lost as on a wire,
 * and sent again.
 */
static int mute_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *nobody)
{
	int err;

	if (!ckpt_tcp_keeps(ctx))
		return 0;
	if (!ckpt_make_private(&ctx->privates, &muting_private))
		return ckpt_fail(ctx, -ENOMEM, "no memory for TCP sockets that listen");
	err = ckpt_visit_sockets(ctx, is_listening, mute_one);
	/* What was being heard has come by then. */
	synchronize_net();
	return err ?: ckpt_visit_sockets(ctx, is_listening, check_calm);
}

static void mute_release(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct muting *muting = ckpt_private(&ctx->privates, &muting_private);

	if (muting)
		unmute_all(muting);
}

/* There is no record of it. */
CHECKPOINT_KIND(tcp_mute) = {
	.name		= "tcp_mute",
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_NAMESPACE,
	.save		= mute_save,
	.release	= mute_release,
	.end		= mute_release,
};
