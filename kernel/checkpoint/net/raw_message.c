// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what raw sockets and those of ICMP echo have to receive, see DOC: raw
 * sockets.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "udp.h"

/* An IP header has 16 bits for it. */
#define MESSAGE_MAX	U16_MAX

/**
 * ckpt_raw_what - what sort of socket is it, for messages?
 * @sk: a raw one or one of ICMP echo
 *
 * Return: its words
 */
const char *ckpt_raw_what(const struct sock *sk)
{
	return sk->sk_type == SOCK_RAW ? "a raw socket" : "an ICMP echo socket";
}

/* Is the IP header part of what is received? */
static bool has_header(u32 family, u32 type)
{
	return family == AF_INET && type == SOCK_RAW;
}

static u32 header_len(u32 family)
{
	return family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/* -- save -------------------------------------------------------------------------------- */

static int check_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	if (has_header(sk->sk_family, sk->sk_type) &&
	    (skb->len < sizeof(struct iphdr) || skb->len < ip_hdrlen(skb)))
		return ckpt_file_fail(ctx, -EBUSY, "%s has a packet to receive whose header a filter has cut; let the program receive it first",
				      ckpt_raw_what(sk));
	return ckpt_check_datagram(ctx, sk, skb, ckpt_raw_what(sk));
}

/**
 * ckpt_check_raw_messages - can what a raw socket has to receive be saved?
 * @ctx: the call, surveyed
 * @sk: the socket
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_raw_messages(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, NULL, check_message);
}

static void save_header4(const struct sock *sk, const struct sk_buff *skb,
			 struct ckpt_rec_raw_message *rec)
{
	struct iphdr *ip = (struct iphdr *)rec->header;

	rec->fragment = IPCB(skb)->frag_max_size;
	memcpy(rec->local, &PKTINFO_SKB_CB(skb)->ipi_spec_dst, sizeof(ip->daddr));
	/* That of a device of this name will be shown. */
	ckpt_save_device(sk, PKTINFO_SKB_CB(skb)->ipi_ifindex, rec->device);
	if (has_header(sk->sk_family, sk->sk_type))
		return;
	*ip = *ip_hdr(skb);
	ip->ihl = sizeof(*ip) / 4;
}

static void save_header6(const struct sock *sk, const struct sk_buff *skb,
			 struct ckpt_rec_raw_message *rec)
{
	rec->fragment = IP6CB(skb)->frag_max_size;
	ckpt_save_device(sk, IP6CB(skb)->iif, rec->device);
	memcpy(rec->header, ipv6_hdr(skb), sizeof(struct ipv6hdr));
}

static const struct ckpt_kind ckpt_kind_raw_message;

static int save_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	struct ckpt_rec_raw_message rec = {
		.mark = skb->mark,
		.dropped = SOCK_SKB_CB(skb)->dropcount,
		.stamp_ns = max_t(s64, ktime_to_ns(skb->tstamp), 0),
	};
	/* It may have come only now. */
	int err = check_message(ctx, sk, skb);

	/* What is damaged would be dropped when it is received. */
	if (err || (sk->sk_family == AF_INET6 && sk->sk_type == SOCK_RAW &&
		    skb_checksum_complete(skb)))
		return err;
	if (sk->sk_family == AF_INET)
		save_header4(sk, skb, &rec);
	else
		save_header6(sk, skb, &rec);
	return ckpt_emit_message(ctx, &ckpt_kind_raw_message, sk, &rec, skb, 0);
}

static int save_received(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, NULL, save_message);
}

static int message_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_raw, save_received);
}

/* -- validate ---------------------------------------------------------------------------- */

static int message_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_raw_message *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET)
		return ckpt_fail(ctx, -EINVAL, "a packet is for what is no internet socket");
	if (data->fragment > U16_MAX || data->stamp_ns < 0 ||
	    !ckpt_inet_valid_address(AF_INET, data->local) || !ckpt_valid_device(data->device))
		return ckpt_fail(ctx, -EINVAL, "a packet of a raw socket is malformed");
	return 0;
}

/* A header of IPv4, which may have options if @len bytes are enough for them */
static bool is_header4(const void *header, u32 len)
{
	const struct iphdr *ip = header;

	return len >= sizeof(*ip) && ip->version == 4 && ip->ihl * 4 >= sizeof(*ip) &&
	       ip->ihl * 4 <= len;
}

static bool valid_header(const struct ckpt_rec_inet *socket, const struct ckpt_item *item)
{
	const struct ckpt_rec_raw_message *data = item->data;
	const u32 len = has_header(socket->family, socket->type) ? 0 : header_len(socket->family);

	if (memchr_inv(data->header + len, 0, sizeof(data->header) - len))
		return false;
	if (socket->family == AF_INET)
		return len ? is_header4(data->header, len) : is_header4(item->array, item->count);
	return ((const struct ipv6hdr *)data->header)->version == 6 &&
	       !memchr_inv(data->local, 0, sizeof(data->local));
}

/* -- restore ----------------------------------------------------------------------------- */

/* As it stands in the queue: its header in front of it or as its beginning */
static struct sk_buff *make_skb(const struct ckpt_rec_inet *socket, const struct ckpt_item *item,
				int *err)
{
	const struct ckpt_rec_raw_message *data = item->data;
	const bool inside = has_header(socket->family, socket->type);
	const u32 head = inside ? 0 : header_len(socket->family), len = item->count;
	const u32 linear = min_t(u32, len, SKB_MAX_ORDER(0, 0) - head);
	struct sk_buff *skb;

	skb = alloc_skb_with_frags(head + linear, len - linear, PAGE_ALLOC_COSTLY_ORDER, err,
				   GFP_KERNEL_ACCOUNT);
	if (!skb)
		return NULL;
	skb_put(skb, head + linear);
	skb->data_len = len - linear;
	skb->len = head + len;
	skb_reset_network_header(skb);
	memset(skb->cb, 0, sizeof(skb->cb));
	memcpy(skb->data, data->header, head);
	__skb_pull(skb, head);
	*err = len ? skb_store_bits(skb, 0, item->array, len) : 0;
	skb_set_transport_header(skb, inside && !*err ? ip_hdr(skb)->ihl * 4 : 0);
	skb->protocol = htons(socket->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->tstamp = ns_to_ktime(data->stamp_ns);
	skb->mark = data->mark;
	return skb;
}

static void set_control(const struct sock *sk, struct sk_buff *skb,
			const struct ckpt_rec_raw_message *data)
{
	const int ifindex = ckpt_find_device(sk, data->device);

	if (sk->sk_family == AF_INET6) {
		IP6CB(skb)->frag_max_size = data->fragment;
		IP6CB(skb)->iif = ifindex;
		return;
	}
	/* The second is laid over the beginning of the first. */
	IPCB(skb)->frag_max_size = data->fragment;
	PKTINFO_SKB_CB(skb)->ipi_ifindex = ifindex;
	memcpy(&PKTINFO_SKB_CB(skb)->ipi_spec_dst, data->local, sizeof(__be32));
}

static int message_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_raw_message *data = item->data;
	struct sk_buff *skb;
	int err;

	if (!made || !is_raw_rec(inet_rec(made)) || !valid_header(inet_rec(made), item))
		return ckpt_fail(ctx, -EINVAL, "an internet socket cannot have received a packet");
	skb = make_skb(inet_rec(made), item, &err);
	if (skb && !err) {
		set_control(made->sk, skb, data);
		err = ckpt_enqueue_packet(made, skb, data->dropped);
	}
	if (!err)
		return 0;
	kfree_skb(skb);
	return ckpt_fail(ctx, err, "what %s has to receive does not find room (error %d)",
			 ckpt_raw_what(made->sk), -err);
}

CHECKPOINT_KIND(raw_message) = {
	.name		= "raw_message",
	.type		= CKPT_REC_RAW_MESSAGE,
	.size		= sizeof(struct ckpt_rec_raw_message),
	CKPT_ARRAY(struct ckpt_rec_raw_message, data, __u8),
	.max		= MESSAGE_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.many		= true,
	.save		= message_save,
	.validate	= message_validate,
	.restore	= message_restore,
};
