// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what was sent through a pair of unix sockets and not read yet.
 */
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include "files.h"

/* -- save -------------------------------------------------------------------- */

/* Of a stream a part may have been read. */
static u32 unread(const struct sk_buff *skb)
{
	return skb->len - UNIXCB(skb).consumed;
}

/* What is under way with the bytes, in words; NULL if nothing */
static const char *companion_of(const struct sk_buff *skb)
{
	if (UNIXCB(skb).fp)
		return "descriptors";
	return UNIXCB(skb).pid ? "credentials" : NULL;
}

/* Return: the size of what messages_save() makes, or negative errno (reported) */
static ssize_t messages_size(struct ckpt_ctx *ctx, struct sock *sk)
{
	const char *companion = NULL;
	const struct sk_buff *skb;
	size_t size = 0;

	spin_lock(&sk->sk_receive_queue.lock);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		companion = companion ?: companion_of(skb);
		/* An urgent byte that was received stays here until more is. */
		if (sk->sk_type == SOCK_STREAM && !unread(skb))
			companion = "urgent data";
		size += sizeof(struct ckpt_rec_message) + ALIGN(unread(skb), 8);
	}
	if (sock_has_urgent(sk))
		companion = "urgent data";
	spin_unlock(&sk->sk_receive_queue.lock);
	if (companion)
		return ckpt_file_fail(ctx, -EBUSY, "a socket of a pair to which %s are under way; let the program receive them first",
				      companion);
	if (size > CKPT_MESSAGES_MAX / 2)
		return ckpt_file_fail(ctx, -E2BIG, "a socket of a pair holds too much for an image (%zu bytes); let the program receive it first",
				      size);
	return size;
}

/**
 * ckpt_check_messages - can what an end of a pair has to read be saved?
 * @ctx: the call
 * @sk: the end; nobody outside the tree has it
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_messages(struct ckpt_ctx *ctx, struct sock *sk)
{
	ssize_t size = messages_size(ctx, sk);

	return size < 0 ? size : 0;
}

/* The tree is frozen: since messages_size() none has come or gone. */
static u8 *messages_save(struct sock *sk, u32 end, u8 *data)
{
	struct sk_buff *skb;

	spin_lock(&sk->sk_receive_queue.lock);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		struct ckpt_rec_message *head = (void *)data;

		head->to = end;
		head->len = unread(skb);
		data += sizeof(*head);
		skb_copy_bits(skb, UNIXCB(skb).consumed, data, head->len);
		data += ALIGN(head->len, 8);
	}
	spin_unlock(&sk->sk_receive_queue.lock);
	return data;
}

/**
 * ckpt_messages - what the ends of a pair have to read, as an image has it
 * @ctx: the call
 * @ends: the ends, the second NULL if it is closed
 * @data: out: the messages, to be freed with kvfree(); NULL if there are none
 *
 * Context: may sleep.
 * Return: bytes, or negative errno (reported)
 */
ssize_t ckpt_messages(struct ckpt_ctx *ctx, struct sock *ends[2], u8 **data)
{
	ssize_t sizes[2] = {};
	u8 *to;
	int i;

	for (i = 0; i < 2 && ends[i]; i++) {
		sizes[i] = messages_size(ctx, ends[i]);
		if (sizes[i] < 0)
			return sizes[i];
	}
	*data = NULL;
	if (!sizes[0] && !sizes[1])
		return 0;
	*data = kvzalloc(sizes[0] + sizes[1], GFP_KERNEL_ACCOUNT);
	if (!*data)
		return ckpt_fail(ctx, -ENOMEM, "no memory for what a pair of sockets holds");
	to = *data;
	for (i = 0; i < 2 && ends[i]; i++)
		to = messages_save(ends[i], i, to);
	return sizes[0] + sizes[1];
}

/* -- validate and restore ---------------------------------------------------- */

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
