/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of netlink sockets share.
 */
#ifndef _KERNEL_CHECKPOINT_NET_NETLINK_H
#define _KERNEL_CHECKPOINT_NET_NETLINK_H

#include <linux/netlink.h>
#include "../../../net/netlink/af_netlink.h"
#include "net.h"

/* Restart: what defines a netlink socket */
static inline const struct ckpt_rec_netlink *netlink_rec(const struct ckpt_socket *made)
{
	return made->data;
}

/* -- netlink.c ------------------------------------------------------------- */

bool ckpt_is_netlink(const struct sock *sk);

/* -- netlink_message.c ----------------------------------------------------- */

int ckpt_check_netlink_messages(struct ckpt_ctx *ctx, struct sock *sk);

#endif /* _KERNEL_CHECKPOINT_NET_NETLINK_H */
