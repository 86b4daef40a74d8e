// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: groups of sockets that share a port (SO_REUSEPORT).  Which of them gets a
 * datagram or connection is chosen by its place in the group, and there they stand in the order
 * in which they were bound (UDP) or began to listen (TCP).
 */
#include <net/sock_reuseport.h>
#include <net/tcp.h>
#include "inet.h"

/* Of TCP those that listen alone are chosen from. */
static const struct sock_reuseport *group_of(const struct sock *sk)
{
	if (sk_is_tcp(sk) && sk->sk_state != TCP_LISTEN)
		return NULL;
	return rcu_dereference(sk->sk_reuseport_cb);
}

static u32 group_size(const struct sock *sk)
{
	const struct sock_reuseport *group;

	guard(rcu)();
	group = group_of(sk);
	return group ? READ_ONCE(group->num_socks) : 0;
}

/* How many it has now: they are there if they are counted, see __reuseport_add_sock(). */
static u32 nr_of(const struct sock_reuseport *group)
{
	/* Pairs with smp_wmb() there. */
	return group ? smp_load_acquire(&group->num_socks) : 0;
}

/* Those of the tree alone, which holds them.  Others may come and go. */
static u32 get_members(struct ckpt_ctx *ctx, const struct sock *sk, struct sock **members, u32 most)
{
	const struct sock_reuseport *group;
	u32 i, nr, found = 0;

	guard(rcu)();
	group = group_of(sk);
	nr = nr_of(group);
	for (i = 0; i < nr && found < most; i++)
		if (ckpt_known_id(ctx, group->socks[i], &ckpt_class_socket))
			members[found++] = group->socks[i];
	return found;
}

static int visit_once(struct ckpt_ctx *ctx, struct xarray *visited, struct sock *sk,
		      ckpt_visit_socket visit)
{
	const u32 id = ckpt_known_id(ctx, sk, &ckpt_class_socket);
	int err;

	if (xa_load(visited, id))
		return 0;
	err = xa_err(xa_store(visited, id, xa_mk_value(1), GFP_KERNEL_ACCOUNT));
	return err ? ckpt_fail(ctx, err, "no memory for a group of sockets") : visit(ctx, sk);
}

/**
 * ckpt_visit_reuseport - save: look at the sockets of a group in its order
 * @ctx: the call
 * @visited: of the kind, CKPT_PRIVATE_XARRAY: those of groups that were looked at
 * @sk: a saved socket, one of all of which this is called
 * @visit: called for it, unless it was before, and before that for those of its group in front
 *	of it
 *
 * Each is looked at once, even if the group changes because others leave it.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_visit_reuseport(struct ckpt_ctx *ctx, const struct ckpt_private *visited,
			 struct sock *sk, ckpt_visit_socket visit)
{
	const u32 most = group_size(sk);
	struct xarray *ids = ckpt_make_private(&ctx->privates, visited);
	struct sock **members;
	u32 nr, i;
	int err = 0;

	if (!ids)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a group of sockets");
	if (most < 2 || xa_load(ids, ckpt_known_id(ctx, sk, &ckpt_class_socket)))
		return visit_once(ctx, ids, sk, visit);
	members = kvmalloc_array(most, sizeof(*members), GFP_KERNEL_ACCOUNT);
	if (!members)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a group of sockets");
	nr = get_members(ctx, sk, members, most);
	for (i = 0; i < nr && !err; i++)
		err = visit_once(ctx, ids, members[i], visit);
	kvfree(members);
	return err ?: visit_once(ctx, ids, sk, visit);
}
