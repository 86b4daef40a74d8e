// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: sockets as objects.  A socket is not its file: one that waits to be
 * accepted has none.
 */
#include <linux/cred.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>
#include "net.h"

/* The name that was made for a restart which failed, unless somebody has put another there */
static void discard_socket(void *ptr)
{
	struct ckpt_socket *made = ptr;
	struct dentry *dentry = made->made.dentry, *dir;
	struct mnt_idmap *idmap;
	const struct cred *old;
	int err = 0;

	if (!dentry || mnt_want_write(made->made.mnt))
		return;
	idmap = mnt_idmap(made->made.mnt);
	dir = dget_parent(dentry);
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	if (dentry->d_parent == dir && !d_unlinked(dentry)) {
		old = override_creds(made->who);
		err = vfs_unlink(idmap, d_inode(dir), dentry, NULL);
		revert_creds(old);
		/* It may have been given to another owner by then. */
		if (err)
			vfs_unlink(idmap, d_inode(dir), dentry, NULL);
	}
	inode_unlock(d_inode(dir));
	dput(dir);
	mnt_drop_write(made->made.mnt);
}

static void put_socket(void *ptr)
{
	struct ckpt_socket *made = ptr;

	if (made->unkeep)
		made->unkeep(made);
	if (made->sock)
		sock_release(made->sock);
	if (made->release)
		made->release(made->sk);
	path_put(&made->made);
	sock_put(made->sk);
	put_cred(made->who);
	kfree(made);
}

/**
 * ckpt_socket_cred - restart: in whose name a socket is made
 * @ctx: the call
 * @no_file: it has none, and so nobody sees who made it: the restarter, as far as a ceiling
 *	lets him
 * @id: cred object, 0 for the restarter's
 *
 * Return: credentials with a reference, or ERR_PTR (reported)
 */
const struct cred *ckpt_socket_cred(struct ckpt_ctx *ctx, bool no_file, u32 id)
{
	const struct cred *who, *old;

	if (!no_file) {
		who = ckpt_file_cred(ctx, id);
		return IS_ERR(who) ? who : get_cred(who);
	}
	old = ckpt_drop_rights(ctx);
	if (IS_ERR(old))
		return ERR_PTR(ckpt_fail(ctx, PTR_ERR(old), "no memory for credentials"));
	who = get_current_cred();
	ckpt_regain_rights(old);
	return who;
}

/**
 * ckpt_emit_message - save: a record of something that a socket has to receive
 * @ctx: the call
 * @kind: the record's kind, whose array is the bytes
 * @sk: the socket, saved
 * @rec: the record
 * @skb: has the bytes, of which none is taken away meanwhile
 * @skip: bytes that have been read
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_emit_message(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, const struct sock *sk,
		      void *rec, const struct sk_buff *skb, u32 skip)
{
	const u32 len = skb->len - skip;
	void *data = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	int err = 0;

	if ((len && !data) || skb_copy_bits(skb, skip, data, len))
		err = ckpt_fail(ctx, -ENOMEM, "no memory for what a socket has to receive");
	if (!err)
		err = ckpt_emit(ctx, kind, ckpt_known_id(ctx, sk, &ckpt_class_socket), rec, data,
				len);
	kvfree(data);
	return err;
}

static u32 take_queue(struct sk_buff **skbs, u32 nr, u32 most, struct sk_buff_head *queue)
{
	struct sk_buff *skb;

	spin_lock_irq(&queue->lock);
	skb_queue_walk(queue, skb) {
		if (nr == most)
			break;
		skbs[nr++] = skb_get(skb);
	}
	spin_unlock_irq(&queue->lock);
	return nr;
}

/**
 * ckpt_visit_received - save: look at all that a socket has to receive, in its order
 * @ctx: the call
 * @sk: the socket
 * @first: a queue in front of sk_receive_queue, for its reader alone; NULL if there is none
 * @visit: called for each message or datagram
 *
 * The tree, which alone could receive them, is frozen; others may send more behind them.  What
 * comes now is none that was there, and may be lost.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_visit_received(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff_head *first,
			ckpt_visit_skb visit)
{
	struct sk_buff_head *rest = &sk->sk_receive_queue;
	u32 most = skb_queue_len_lockless(rest) + (first ? skb_queue_len_lockless(first) : 0);
	struct sk_buff **skbs;
	u32 nr = 0, i;
	int err = 0;

	if (!most)
		return 0;
	skbs = kvmalloc_array(most, sizeof(*skbs), GFP_KERNEL_ACCOUNT);
	if (!skbs)
		return ckpt_fail(ctx, -ENOMEM, "no memory for what a socket has to receive");
	/* In the order of __skb_recv_udp(); readers alone move any from one to the other. */
	if (first)
		nr = take_queue(skbs, nr, most, first);
	nr = take_queue(skbs, nr, most, rest);
	for (i = 0; i < nr; i++) {
		err = err ?: visit(ctx, sk, skbs[i]);
		kfree_skb(skbs[i]);
		cond_resched();
	}
	kvfree(skbs);
	return err;
}

/**
 * ckpt_make_socket - restart: make a socket as socket(2) does
 * @ctx: the call
 * @who: who makes it, see ckpt_socket_cred(); the reference goes with it
 * @family: AF_*
 * @type: SOCK_*
 * @protocol: its protocol
 * @data: the record that defines it
 *
 * Context: may sleep.
 * Return: for ckpt_class_socket; ERR_PTR (reported)
 */
struct ckpt_socket *ckpt_make_socket(struct ckpt_ctx *ctx, const struct cred *who, u32 family,
				     u32 type, u32 protocol, const void *data)
{
	struct ckpt_socket *made;
	const struct cred *old;
	int err;

	if (IS_ERR(who))
		return ERR_CAST(who);
	made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	if (!made) {
		put_cred(who);
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a socket"));
	}
	made->data = data;
	old = override_creds(who);
	err = sock_create(family, type, protocol, &made->sock);
	revert_creds(old);
	if (err) {
		put_cred(who);
		kfree(made);
		return ERR_PTR(ckpt_fail(ctx, err, "a socket of family %u, type %u, protocol %u cannot be made (error %d)",
					 family, type, protocol, -err));
	}
	made->who = who;
	made->sk = made->sock->sk;
	sock_hold(made->sk);
	return made;
}

/**
 * ckpt_enqueue_packet - restart: give a socket of packets another one to receive
 * @made: the socket
 * @skb: the packet; belongs to the socket if there is no error
 * @dropped: how many were dropped when it came (SO_RXQ_OVFL)
 *
 * Behind what was received before it, in front of what has come since the restart.  There is
 * some more room than SO_RCVBUF says, but an end to it; see what UDP does.
 *
 * Context: may sleep.
 * Return: 0 or negative errno
 */
int ckpt_enqueue_packet(struct ckpt_socket *made, struct sk_buff *skb, u32 dropped)
{
	struct sock *sk = made->sk;
	struct sk_buff_head *queue = &sk->sk_receive_queue;
	const int room = READ_ONCE(sk->sk_rcvbuf), drops = atomic_read(&sk->sk_drops);
	int err;

	atomic_set(&sk->sk_drops, dropped);
	WRITE_ONCE(sk->sk_rcvbuf, ckpt_room_to_receive(room));
	err = __sock_queue_rcv_skb(sk, skb);
	WRITE_ONCE(sk->sk_rcvbuf, room);
	atomic_set(&sk->sk_drops, drops);
	if (err)
		return err;
	spin_lock_bh(&queue->lock);
	__skb_unlink(skb, queue);
	if (made->last)
		__skb_queue_after(queue, made->last, skb);
	else
		__skb_queue_head(queue, skb);
	made->last = skb;
	spin_unlock_bh(&queue->lock);
	return 0;
}

const struct ckpt_class ckpt_class_socket = {
	.name		= "socket",
	.fate		= CKPT_FATE_STAY,
	.put		= put_socket,
	.discard	= discard_socket,
};

/**
 * ckpt_is_own_socket - is a file that of a socket which the tree has for itself?
 * @ctx: the call, surveyed
 * @file: any file
 * @is_it: which sockets
 *
 * What was a standard descriptor's way out is the restarter's, as ever.
 *
 * Return: true if it is one of those
 */
bool ckpt_is_own_socket(struct ckpt_ctx *ctx, struct file *file,
			bool (*is_it)(const struct sock *sk))
{
	const struct socket *sock = sock_from_file(file);
	const struct ckpt_seen *seen;

	if (!sock || !sock->sk || !is_it(sock->sk))
		return false;
	seen = ckpt_seen_find(ctx, sock->sk);
	return seen && seen->std < 0;
}

/**
 * ckpt_visit_sockets - look at each socket that the tree has open and that is to be saved
 * @ctx: the call; all tasks are frozen
 * @is_it: which of them
 * @visit: called for each, with the place of its descriptor for messages
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_visit_sockets(struct ckpt_ctx *ctx, bool (*is_it)(const struct sock *sk),
		       ckpt_visit_socket visit)
{
	int err = ckpt_survey_files(ctx);
	struct ckpt_seen *seen;

	if (err || list_empty(ckpt_seen_list(ctx, CKPT_SEEN_SOCK)))
		return err;
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct sock *sk = seen->peer ? (void *)seen->peer->ptr : NULL;
		const struct ckpt_kind *kind;

		if (!seen->refs || !sk ||
		    seen->peer->what != CKPT_SEEN_SOCK || !is_it(sk))
			continue;
		kind = ckpt_match_kind(ctx, &ckpt_class_file, (void *)seen->ptr);
		if (!kind || kind->save_object != ckpt_save_socket_file)
			continue;
		ctx->at.t = seen->t;
		ckpt_files(ctx)->fd = seen->fd;
		err = visit(ctx, sk);
		ckpt_files(ctx)->fd = -1;
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static int save_socket(struct ckpt_ctx *ctx, struct sock *sk)
{
	u32 id;

	return ckpt_save_object(ctx, &ckpt_class_socket, sk, &id);
}

/**
 * ckpt_save_sockets - save each socket that the tree has open, before anything refers to one
 * @ctx: the call; all tasks are frozen
 * @is_it: which of them
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_sockets(struct ckpt_ctx *ctx, bool (*is_it)(const struct sock *sk))
{
	return ckpt_visit_sockets(ctx, is_it, save_socket);
}
