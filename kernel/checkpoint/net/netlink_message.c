// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what netlink sockets have to receive, see DOC: netlink sockets.
 */
#include <linux/net_namespace.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "netlink.h"

/* Larger ones come of no program that knows what it does. */
#define MESSAGE_MAX	(256U << 10)

/* -- check and save ---------------------------------------------------------------------- */

static bool is_of_kernel(const struct sk_buff *skb)
{
	const struct netlink_skb_parms *parms = &NETLINK_CB(skb);

	return !parms->portid && !parms->creds.pid &&
	       uid_eq(parms->creds.uid, GLOBAL_ROOT_UID) &&
	       gid_eq(parms->creds.gid, GLOBAL_ROOT_GID);
}

static int check_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	const struct netlink_skb_parms *parms = &NETLINK_CB(skb);

	if (skb->len > MESSAGE_MAX || skb_shinfo(skb)->frag_list)
		return ckpt_file_fail(ctx, -E2BIG, "a netlink socket has a message of %u bytes to receive, too many for an image; let the program receive it first",
				      skb->len);
	if (is_of_kernel(skb) || (ckpt_may_be_user(ctx, parms->creds.uid) &&
				  ckpt_may_be_group(ctx, parms->creds.gid)))
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "a netlink socket to which credentials (SCM_CREDENTIALS) of a user are under way whom the caller may not become; let the program receive them first");
}

/**
 * ckpt_check_netlink_messages - can what a netlink socket has to receive be saved?
 * @ctx: the call, surveyed
 * @sk: the socket
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_netlink_messages(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, NULL, check_message);
}

static const struct ckpt_kind ckpt_kind_netlink_message;

static int save_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	const struct netlink_skb_parms *parms = &NETLINK_CB(skb);
	struct ckpt_rec_netlink_message rec = {
		.port = parms->portid, .group = parms->dst_group, .pid = parms->creds.pid,
		.uid = from_kuid(&init_user_ns, parms->creds.uid),
		.gid = from_kgid(&init_user_ns, parms->creds.gid),
	};
	/* It may have come only now. */
	int err = check_message(ctx, sk, skb);

	if (err)
		return err;
	if (parms->nsid_is_set) {
		rec.flags |= CKPT_NETLINK_MESSAGE_NSID;
		rec.nsid = parms->nsid;
	}
	return ckpt_emit_message(ctx, &ckpt_kind_netlink_message, sk, &rec, skb, 0);
}

static int save_received(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, NULL, save_message);
}

static int message_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, ckpt_is_netlink, save_received);
}

/* -- validate and restore ---------------------------------------------------------------- */

static int message_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_netlink_message *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_NETLINK)
		return ckpt_fail(ctx, -EINVAL, "a message of netlink is for what is no netlink socket");
	if (!item->count || data->group > INT_MAX || data->pid > INT_MAX ||
	    data->flags & ~CKPT_NETLINK_MESSAGE_NSID || data->nsid < NETNSA_NSID_NOT_ASSIGNED ||
	    (data->nsid && !(data->flags & CKPT_NETLINK_MESSAGE_NSID)) ||
	    !uid_valid(make_kuid(&init_user_ns, data->uid)) ||
	    !gid_valid(make_kgid(&init_user_ns, data->gid)))
		return ckpt_fail(ctx, -EINVAL, "a message of a netlink socket is malformed");
	return 0;
}

/* As netlink_sendmsg(): who may become the user may say so, and what the kernel said it said. */
static int may_show(struct ckpt_ctx *ctx, const struct ckpt_rec_netlink_message *data)
{
	if (!data->port && !data->pid && !data->uid && !data->gid)
		return 0;
	if (ckpt_may_be_user(ctx, make_kuid(&init_user_ns, data->uid)) &&
	    ckpt_may_be_group(ctx, make_kgid(&init_user_ns, data->gid)))
		return 0;
	return ckpt_fail(ctx, -EPERM, "a message has the credentials of uid %u gid %u, whom the restarter may not become",
			 data->uid, data->gid);
}

static int message_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_netlink_message *data = item->data;
	struct netlink_skb_parms *parms;
	struct sk_buff *skb;
	int err;

	if (!made)
		return ckpt_fail(ctx, -EINVAL, "the socket of a message was not made");
	err = may_show(ctx, data);
	if (err)
		return err;
	if (sk_rmem_alloc_get(made->sk) > ckpt_room_to_receive(READ_ONCE(made->sk->sk_rcvbuf)))
		return ckpt_fail(ctx, -ENOBUFS, "a netlink socket has more to receive than there is room for (SO_RCVBUF)");
	skb = alloc_skb(item->count, GFP_KERNEL_ACCOUNT);
	if (!skb)
		return ckpt_fail(ctx, -ENOMEM, "no memory for what a netlink socket has to receive");
	skb_put_data(skb, item->array, item->count);
	parms = &NETLINK_CB(skb);
	memset(parms, 0, sizeof(*parms));
	parms->portid = data->port;
	parms->dst_group = data->group;
	parms->creds.pid = data->pid;
	parms->creds.uid = make_kuid(&init_user_ns, data->uid);
	parms->creds.gid = make_kgid(&init_user_ns, data->gid);
	parms->nsid_is_set = data->flags & CKPT_NETLINK_MESSAGE_NSID;
	parms->nsid = data->nsid;
	/* As __netlink_sendskb() */
	skb_set_owner_r(skb, made->sk);
	skb_queue_tail(&made->sk->sk_receive_queue, skb);
	made->sk->sk_data_ready(made->sk);
	return 0;
}

CHECKPOINT_KIND(netlink_message) = {
	.name		= "netlink_message",
	.type		= CKPT_REC_NETLINK_MESSAGE,
	.size		= sizeof(struct ckpt_rec_netlink_message),
	CKPT_ARRAY(struct ckpt_rec_netlink_message, data, __u8),
	.max		= MESSAGE_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.many		= true,
	.save		= message_save,
	.validate	= message_validate,
	.restore	= message_restore,
};
