// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: TCP connections with somebody outside are silent from when they were
 * captured.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/tcp.h>
#include "inet.h"
#include "tcp_keep.h"

/**
 * DOC: kept TCP connections
 *
 * Connections with somebody outside the tree, with CHECKPOINT_KEEP.
 *
 * While the tree is held the connection is silent from the moment at which it was captured: it
 * sends nothing and drops what comes, so its peer sends it again.  Its socket is taken out of its
 * file for so long.  A tree that is let go goes on with it.  When the tree is killed the silent
 * socket stays, with all that it has, for a time, or until memory is short; then it goes without
 * a word, and its peer is reset when it sends again.  A restart of the image takes the very
 * socket over.  Sockets that listen drop what comes too while the tree is held.
 *
 * Preserved: if the connection is still kept, all of it.  Else, as after a reboot or on another
 * machine which has the address: what was received and not read, what is to be sent, the
 * numbers of both ways and all that both ends have agreed on, what either has ended, the
 * windows.
 *
 * Rebuilt: if the connection is not kept any more, the congestion window and what was measured
 * of the way; what came out of order is sent again by the peer.
 *
 * Substituted: if the tree is neither killed nor held, its connections go on, so in the image
 * they have ended, as with CHECKPOINT_CLOSE.
 *
 * Refused: a connection that waits to be accepted; one of a socket with itself; a held tree
 * which the caller is part of; more connections of one user than the caller may have files
 * open.  At a restart: a connection that is kept, by whoever is not its user, or may not have
 * it by a security module; one that is not kept, without CAP_NET_ADMIN; one whose addresses are
 * in use.
 */

/* What a call has silenced; @over: the tree goes on, or was killed */
struct keeping {
	struct mutex lock;	/* of all this, and of who of two ends the silence */
	struct list_head list;
	bool over;
};

static int keeping_init(void *data)
{
	struct keeping *keeping = data;

	mutex_init(&keeping->lock);
	INIT_LIST_HEAD(&keeping->list);
	return 0;
}

static void let_go(struct keeping *keeping)
{
	struct ckpt_kept *kept, *next;

	mutex_lock(&keeping->lock);
	keeping->over = true;
	list_for_each_entry_safe(kept, next, &keeping->list, list) {
		list_del(&kept->list);
		ckpt_tcp_swap(sock_from_file(kept->file), kept->away);
		ckpt_tcp_resume(kept->sk, kept->state);
		ckpt_kept_free(kept);
	}
	mutex_unlock(&keeping->lock);
}

static void keeping_free(void *data)
{
	let_go(data);
}

static const struct ckpt_private keeping_private = {
	.size	= sizeof(struct keeping),
	.init	= keeping_init,
	.free	= keeping_free,
};

/**
 * ckpt_tcp_keeps - save: do connections with somebody outside go on at the restart?
 * @ctx: the call
 *
 * Return: true if so: with CHECKPOINT_KEEP, unless the program goes on with them itself
 */
bool ckpt_tcp_keeps(const struct ckpt_ctx *ctx)
{
	return ctx->flags & CHECKPOINT_KEEP &&
	       ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN | CHECKPOINT_CHECK);
}

/**
 * ckpt_tcp_closes - save: have connections with somebody outside ended in the image?
 * @ctx: the call
 *
 * Return: true if so
 */
bool ckpt_tcp_closes(const struct ckpt_ctx *ctx)
{
	return ctx->flags & CHECKPOINT_CLOSE ||
	       (ctx->flags & CHECKPOINT_KEEP && !ckpt_tcp_keeps(ctx));
}

static struct ckpt_kept *new_kept(struct sock *sk)
{
	struct ckpt_kept *kept = kzalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT);
	int err;

	if (!kept)
		return ERR_PTR(-ENOMEM);
	get_random_bytes(kept->cookie, sizeof(kept->cookie));
	INIT_DELAYED_WORK(&kept->work, ckpt_kept_over);
	kept->sk = sk;
	kept->file = get_file(sk->sk_socket->file);
	/* In whose name a restart by the same caller makes the socket, see ckpt_file_cred() */
	kept->uid = capable(CAP_SETUID) ? kept->file->f_cred->fsuid : current_fsuid();
	err = ckpt_kept_count(kept) ?:
	      __sock_create(sock_net(sk), sk->sk_family, SOCK_STREAM, IPPROTO_TCP, &kept->away, 0);
	if (!err) {
		SOCK_INODE(kept->away)->i_uid = SOCK_INODE(sk->sk_socket)->i_uid;
		SOCK_INODE(kept->away)->i_gid = SOCK_INODE(sk->sk_socket)->i_gid;
		return kept;
	}
	ckpt_kept_free(kept);
	return ERR_PTR(err);
}

/**
 * ckpt_tcp_new_kept - save: make ready for keeping a connection
 * @ctx: the call
 * @sk: its end, which has a file
 * @cookie: out: by what it will be known
 *
 * Context: may sleep.
 * Return: for ckpt_tcp_keep() or ckpt_tcp_keep_not(); an error pointer (reported)
 */
struct ckpt_kept *ckpt_tcp_new_kept(struct ckpt_ctx *ctx, struct sock *sk, u64 *cookie)
{
	struct ckpt_kept *kept = new_kept(sk);

	if (!IS_ERR(kept)) {
		memcpy(cookie, kept->cookie, sizeof(kept->cookie));
		kept->seconds = ctx->save->keep_seconds;
		memcpy(kept->image_id, ctx->header.image_id, sizeof(kept->image_id));
	} else if (PTR_ERR(kept) == -EMFILE) {
		ckpt_fail(ctx, -EMFILE, "the user has more TCP connections kept than the caller may have files open (ulimit -n)");
	} else {
		ckpt_fail(ctx, PTR_ERR(kept), "no socket to keep a TCP connection with (error %ld)",
			  -PTR_ERR(kept));
	}
	return kept;
}

/**
 * ckpt_tcp_keep - save: a connection is silent from now on
 * @ctx: the call
 * @kept: what ckpt_tcp_new_kept() has returned
 *
 * Its file gets another socket, for nobody is to reach a silent one: in TCP_CLOSE it could be
 * connected anew.
 *
 * Context: its socket is owned; may sleep.
 * Return: 0, -EAGAIN if the tree is not held any more
 */
int ckpt_tcp_keep(struct ckpt_ctx *ctx, struct ckpt_kept *kept)
{
	struct keeping *keeping = ckpt_private(&ctx->privates, &keeping_private);
	int err = -EAGAIN;

	/* Who lets the tree go owns that socket next. */
	if (!mutex_trylock(&keeping->lock))
		return err;
	if (!keeping->over) {
		kept->state = ckpt_tcp_hush(kept->sk);
		ckpt_tcp_swap(kept->sk->sk_socket, kept->away);
		list_add_tail(&kept->list, &keeping->list);
		err = 0;
	}
	mutex_unlock(&keeping->lock);
	return err;
}

/**
 * ckpt_tcp_keep_not - save: a connection is not kept after all
 * @kept: what ckpt_tcp_new_kept() has returned
 */
void ckpt_tcp_keep_not(struct ckpt_kept *kept)
{
	ckpt_kept_free(kept);
}

static int keep_check(struct ckpt_ctx *ctx, struct ckpt_task *nobody)
{
	struct ckpt_task *t;

	if (!ckpt_tcp_keeps(ctx))
		return 0;
	if (!ckpt_make_private(&ctx->privates, &keeping_private))
		return ckpt_fail(ctx, -ENOMEM, "no memory for TCP connections that are kept");
	for_each_ckpt_task(ctx, t)
		if (t->self && ctx->flags & CHECKPOINT_FROZEN)
			return ckpt_fail(ctx, -EBUSY, "who holds the program is part of it, so its TCP connections cannot be kept");
	return 0;
}

/* What is kept for the image is not on the list any more. */
static void keep_release(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct keeping *keeping = ckpt_private(&ctx->privates, &keeping_private);

	if (keeping)
		let_go(keeping);
}

static void keep_end(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct keeping *keeping = ckpt_private(&ctx->privates, &keeping_private);
	struct ckpt_kept *kept, *next;

	if (!keeping)
		return;
	mutex_lock(&keeping->lock);
	list_for_each_entry_safe(kept, next, &keeping->list, list) {
		list_del(&kept->list);
		ckpt_kept_add(kept);
	}
	keeping->over = true;
	mutex_unlock(&keeping->lock);
}

/* There is no record of it. */
CHECKPOINT_KIND(tcp_keep) = {
	.name		= "tcp_keep",
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_SEAL,
	.release	= keep_release,
	.end		= keep_end,
	.check		= keep_check,
	.dismiss	= ckpt_kept_dismiss,
};
