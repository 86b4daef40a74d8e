// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the filter of a socket, a classic program that says what it hears.
 */
#include <linux/cred.h>
#include <linux/filter.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include "net.h"

/**
 * DOC: filters of sockets
 *
 * Preserved: classic filters (SO_ATTACH_FILTER) of other sockets than those of TCP, as they were
 * given, and SO_LOCK_FILTER.
 *
 * Rebuilt: the program is checked and translated by the functions of SO_ATTACH_FILTER.
 *
 * Refused: filters of eBPF (SO_ATTACH_BPF), filters of TCP sockets.
 */

static_assert(sizeof(struct ckpt_rec_bpf_insn) == sizeof(struct sock_filter));

/* -- save -------------------------------------------------------------------------------- */

/* The program that was given; NULL if there is none. */
static const struct sock_fprog_kern *given_filter(const struct sock *sk)
{
	const struct sk_filter *filter = rcu_dereference(sk->sk_filter);

	return filter ? filter->prog->orig_prog : NULL;
}

/**
 * ckpt_has_odd_filter - has a socket a filter that cannot be saved?
 * @sk: the socket
 *
 * Return: true if so
 */
bool ckpt_has_odd_filter(const struct sock *sk)
{
	guard(rcu)();
	return rcu_access_pointer(sk->sk_filter) && !given_filter(sk);
}

static const struct ckpt_kind ckpt_kind_socket_filter;

/**
 * ckpt_save_socket_filter - save the filter of a socket
 * @ctx: the call
 * @sk: the socket
 * @id: its object
 *
 * The tree, which alone could set another one, is frozen.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_socket_filter(struct ckpt_ctx *ctx, const struct sock *sk, u32 id)
{
	struct ckpt_rec_socket_filter rec = {
		.flags = sock_flag(sk, SOCK_FILTER_LOCKED) ? CKPT_SOCKET_FILTER_LOCKED : 0,
	};
	const struct sock_fprog_kern *given;
	struct sock_filter *insns = NULL;
	u32 nr = 0;
	int err;

	/* Of a stream that waits to be accepted, and all that have none; TCP, see tcp_mute.c */
	if ((!rcu_access_pointer(sk->sk_filter) || sk_is_tcp(sk)) && !rec.flags)
		return 0;
	insns = kvcalloc(BPF_MAXINSNS, sizeof(*insns), GFP_KERNEL_ACCOUNT);
	if (!insns)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the filter of a socket");
	scoped_guard(rcu) {
		given = given_filter(sk);
		nr = given ? min_t(u32, given->len, BPF_MAXINSNS) : 0;
		if (nr)
			memcpy(insns, given->filter, nr * sizeof(*insns));
	}
	err = ckpt_emit(ctx, &ckpt_kind_socket_filter, id, &rec, insns, nr);
	kvfree(insns);
	return err;
}

/* -- validate and restore ---------------------------------------------------------------- */

static int filter_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_socket_filter *data = item->data;

	if (data->flags & ~CKPT_SOCKET_FILTER_LOCKED ||
	    (!item->count && !data->flags))
		return ckpt_fail(ctx, -EINVAL, "the filter of a socket is malformed");
	return 0;
}

static int filter_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_socket_filter *data = item->data;
	const struct cred *old;
	int err = 0, on = 1;

	if (!made || !made->sk->sk_socket || sk_is_tcp(made->sk))
		return ckpt_fail(ctx, -EINVAL, "a socket without a file, or of TCP, has a filter");
	old = override_creds(made->who);
	if (item->count)
		err = ckpt_attach_filter(made->sk, item->array, item->count);
	if (!err && data->flags & CKPT_SOCKET_FILTER_LOCKED)
		err = sock_setsockopt(made->sk->sk_socket, SOL_SOCKET, SO_LOCK_FILTER,
				      KERNEL_SOCKPTR(&on), sizeof(on));
	revert_creds(old);
	/* One of netlink hears its groups by now, and has heard what the filter keeps from it. */
	if (made->sk->sk_family == AF_NETLINK)
		skb_queue_purge(&made->sk->sk_receive_queue);
	return err ? ckpt_fail(ctx, err, "a socket cannot have its filter again (error %d)", -err) :
	       0;
}

CHECKPOINT_KIND(socket_filter) = {
	.name		= "socket_filter",
	.type		= CKPT_REC_SOCKET_FILTER,
	.size		= sizeof(struct ckpt_rec_socket_filter),
	CKPT_ARRAY(struct ckpt_rec_socket_filter, insns, struct ckpt_rec_bpf_insn),
	.max		= BPF_MAXINSNS,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.validate	= filter_validate,
	.restore	= filter_restore,
};
