// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what was sent through a pair of unix sockets and not read yet, in images
 * of before.
 */
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include "files.h"

/**
 * ckpt_validate_messages - validate: what a pair holds
 * @ctx: the call
 * @item: the record, whose array it is
 * @pair: its fixed part
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_validate_messages(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			   const struct ckpt_rec_socketpair *pair)
{
	const struct ckpt_rec_message *head;
	u32 at = 0;

	for (; at < item->count; at += sizeof(*head) + ALIGN(head->len, 8)) {
		head = item->array + at;
		if (item->count - at < sizeof(*head) || head->len > item->count)
			break;
		if (ALIGN(head->len, 8) > item->count - at - sizeof(*head))
			break;
		if (head->to > 1 || !(pair->open & BIT(head->to)))
			break;
		if (pair->type == SOCK_STREAM && !head->len)
			break;
	}
	if (at != item->count)
		return ckpt_fail(ctx, -EINVAL, "what a pair of sockets holds is malformed");
	return 0;
}

static int send_message(struct socket *from, const struct ckpt_rec_message *head)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = (void *)(head + 1), .iov_len = head->len };
	int sent = kernel_sendmsg(from, &msg, &vec, 1, head->len);

	if (sent < 0)
		return sent;
	return sent == head->len ? 0 : -EAGAIN;
}

/**
 * ckpt_send_messages - restore: send what a pair holds
 * @ctx: the call
 * @item: the record, validated with ckpt_validate_messages()
 * @socks: both sockets, new
 *
 * It may be as much as SO_SNDBUF would allow on this machine, whose default may be another one.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_send_messages(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		       struct socket *socks[2])
{
	const struct ckpt_rec_message *head;
	const int largest = min(READ_ONCE(sysctl_wmem_max), INT_MAX / 2U) * 2;
	int sizes[2], i, err = 0;
	u32 at = 0;

	for (i = 0; i < 2; i++) {
		sizes[i] = socks[i]->sk->sk_sndbuf;
		WRITE_ONCE(socks[i]->sk->sk_sndbuf, max(sizes[i], largest));
	}
	for (; !err && at < item->count; at += sizeof(*head) + ALIGN(head->len, 8)) {
		head = item->array + at;
		err = send_message(socks[!head->to], head);
		cond_resched();
	}
	for (i = 0; i < 2; i++)
		WRITE_ONCE(socks[i]->sk->sk_sndbuf, sizes[i]);
	if (err)
		return ckpt_fail(ctx, err, "what a pair of sockets holds cannot be sent again (error %d; see net.core.wmem_max)",
				 -err);
	return 0;
}
