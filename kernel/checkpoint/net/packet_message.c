// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what packet sockets have to receive, see DOC: packet sockets.
 */
#include <linux/if_packet.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "../../../net/packet/internal.h"
#include "packet.h"

/* What GSO makes at most, and as much as there are fragments for */
#define MESSAGE_MAX	SZ_512K

/* As net/packet/af_packet.c has it in each packet that it queues, for the time until it is read */
struct packet_cb {
	union {
		unsigned int origlen;
		struct sockaddr_ll ll;
	};
};

static struct packet_cb *cb_of(const struct sk_buff *skb)
{
	return (struct packet_cb *)skb->cb;
}

static const struct {
	unsigned int type;
	u32 flag;
} segments[] = {
	{ SKB_GSO_TCPV4, CKPT_PACKET_TCPV4 }, { SKB_GSO_TCPV6, CKPT_PACKET_TCPV6 },
	{ SKB_GSO_UDP_L4, CKPT_PACKET_UDP }, { SKB_GSO_TCP_ECN, CKPT_PACKET_ECN },
};

/* -- save -------------------------------------------------------------------------------- */

static int checksum_start(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_PARTIAL ? skb_checksum_start_offset(skb) : 0;
}

/* What a socket of SOCK_DGRAM shows of a tag stands in front of the packet. */
static const char *bad_packet(const struct sock *sk, struct sk_buff *skb)
{
	if (sk->sk_type == SOCK_DGRAM && eth_type_vlan(skb->protocol))
		return "with a VLAN tag inside";
	if (!skb_frags_readable(skb) || skb_zcopy(skb))
		return "in memory of a device or of another program";
	if (skb_network_offset(skb) < 0 || skb_network_offset(skb) > S16_MAX ||
	    checksum_start(skb) < 0 || checksum_start(skb) > S16_MAX)
		return "whose headers a filter has cut";
	return NULL;
}

static int check_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	const char *bad = bad_packet(sk, skb);

	if (bad)
		return ckpt_file_fail(ctx, -EBUSY, "a packet socket has a packet to receive %s; let the program receive it first",
				      bad);
	if (skb->len > MESSAGE_MAX)
		return ckpt_file_fail(ctx, -E2BIG, "a packet socket has a packet of %u bytes to receive, too many for an image; let the program receive it first",
				      skb->len);
	return 0;
}

/**
 * ckpt_check_packet_messages - can what a packet socket has to receive be saved?
 * @ctx: the call, surveyed
 * @sk: the socket
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_packet_messages(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, NULL, check_message);
}

static u32 flags_of(const struct sk_buff *skb)
{
	u32 flags = 0;
	int i;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		flags |= CKPT_PACKET_PARTIAL;
	else if (skb_csum_unnecessary(skb))
		flags |= CKPT_PACKET_VALID;
	for (i = 0; skb_is_gso(skb) && i < ARRAY_SIZE(segments); i++)
		if (skb_shinfo(skb)->gso_type & segments[i].type)
			flags |= segments[i].flag;
	return flags;
}

static const struct ckpt_kind ckpt_kind_packet_message;

static int save_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	const struct packet_cb *cb = cb_of(skb);
	struct ckpt_rec_packet_message rec = {
		.flags = flags_of(skb),
		.protocol = ntohs(skb->protocol),
		.hatype = cb->ll.sll_hatype, .pkttype = skb->pkt_type,
		.original = cb->origlen, .linear = skb_headlen(skb),
		.network = skb_network_offset(skb),
		.segment = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : 0,
		.mark = skb->mark, .dropped = SOCK_SKB_CB(skb)->dropcount,
		.address_len = cb->ll.sll_halen,
		.stamp_ns = max_t(s64, ktime_to_ns(skb->tstamp), 0),
	};
	/* It may have come only now. */
	int err = check_message(ctx, sk, skb);

	if (err)
		return err;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		rec.checksum_start = skb_checksum_start_offset(skb);
		rec.checksum_offset = skb->csum_offset;
	}
	if (skb_vlan_tag_present(skb)) {
		rec.tag_protocol = ntohs(skb->vlan_proto);
		rec.tag = skb_vlan_tag_get(skb);
	}
	if (cb->ll.sll_halen <= sizeof(rec.address))
		memcpy(rec.address, cb->ll.sll_addr, cb->ll.sll_halen);
	/* That of a device of this name will be shown. */
	ckpt_save_device(sk, cb->ll.sll_ifindex, rec.device);
	return ckpt_emit_message(ctx, &ckpt_kind_packet_message, sk, &rec, skb, 0);
}

static int save_received(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, NULL, save_message);
}

static int message_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, ckpt_is_packet, save_received);
}

/* -- validate ---------------------------------------------------------------------------- */

static bool valid_numbers(const struct ckpt_rec_packet_message *data)
{
	const u32 sum = CKPT_PACKET_PARTIAL | CKPT_PACKET_VALID;
	const u32 segment = CKPT_PACKET_TCPV4 | CKPT_PACKET_TCPV6 | CKPT_PACKET_UDP |
			    CKPT_PACKET_ECN;

	if (data->flags & ~(sum | segment) || (data->flags & sum) == sum ||
	    (data->flags & segment && !data->segment))
		return false;
	if (!(data->flags & CKPT_PACKET_PARTIAL) && (data->checksum_start || data->checksum_offset))
		return false;
	return data->protocol <= U16_MAX && data->hatype <= U16_MAX && data->pkttype <= 7 &&
	       data->network <= S16_MAX && data->segment <= U16_MAX &&
	       data->checksum_start <= S16_MAX && data->checksum_offset <= U16_MAX &&
	       data->tag_protocol <= U16_MAX && data->tag <= U16_MAX && data->stamp_ns >= 0;
}

static int message_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_packet_message *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_PACKET)
		return ckpt_fail(ctx, -EINVAL, "a packet is for what is no packet socket");
	if (!valid_numbers(data) || data->linear > item->count ||
	    data->address_len > sizeof(data->address) ||
	    memchr_inv(data->address + data->address_len, 0,
		       sizeof(data->address) - data->address_len) ||
	    !ckpt_valid_device(data->device))
		return ckpt_fail(ctx, -EINVAL, "a packet of a packet socket is malformed");
	return 0;
}

/* -- restore ----------------------------------------------------------------------------- */

static void set_segments(struct sk_buff *skb, const struct ckpt_rec_packet_message *data)
{
	int i;

	if (!data->segment)
		return;
	skb_shinfo(skb)->gso_size = data->segment;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len, data->segment);
	for (i = 0; i < ARRAY_SIZE(segments); i++)
		if (data->flags & segments[i].flag)
			skb_shinfo(skb)->gso_type |= segments[i].type;
}

static void set_sums(struct sk_buff *skb, const struct ckpt_rec_packet_message *data)
{
	if (data->flags & CKPT_PACKET_PARTIAL) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_headroom(skb) + data->checksum_start;
		skb->csum_offset = data->checksum_offset;
	} else {
		skb->ip_summed = data->flags & CKPT_PACKET_VALID ? CHECKSUM_UNNECESSARY :
								   CHECKSUM_NONE;
	}
}

static void set_address(const struct sock *sk, struct sk_buff *skb,
			const struct ckpt_rec_packet_message *data)
{
	struct packet_cb *cb = cb_of(skb);

	sock_skb_cb_check_size(offsetof(struct packet_cb, ll.sll_addr) + sizeof(data->address));
	memset(skb->cb, 0, sizeof(skb->cb));
	cb->ll.sll_hatype = data->hatype;
	cb->ll.sll_pkttype = data->pkttype;
	cb->ll.sll_ifindex = ckpt_find_device(sk, data->device);
	cb->ll.sll_halen = data->address_len;
	memcpy(skb->cb + offsetof(struct packet_cb, ll.sll_addr), data->address,
	       data->address_len);
	cb->origlen = data->original;
}

/* Its headers are numbers here: nobody takes the packet apart but who receives it. */
static struct sk_buff *make_skb(const struct sock *sk, const struct ckpt_item *item, int *err)
{
	const struct ckpt_rec_packet_message *data = item->data;
	const u32 len = item->count;
	const u32 linear = min_t(u32, data->linear, SKB_MAX_ORDER(0, 0));
	struct sk_buff *skb;

	skb = alloc_skb_with_frags(linear, len - linear, PAGE_ALLOC_COSTLY_ORDER, err,
				   GFP_KERNEL_ACCOUNT);
	if (!skb)
		return NULL;
	skb_put(skb, linear);
	skb->data_len = len - linear;
	skb->len = len;
	*err = len ? skb_store_bits(skb, 0, item->array, len) : 0;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, data->network);
	skb->protocol = htons(data->protocol);
	skb->pkt_type = data->pkttype;
	skb->tstamp = ns_to_ktime(data->stamp_ns);
	skb->mark = data->mark;
	if (data->tag_protocol || data->tag)
		__vlan_hwaccel_put_tag(skb, htons(data->tag_protocol), data->tag);
	set_sums(skb, data);
	set_segments(skb, data);
	set_address(sk, skb, data);
	return skb;
}

static int message_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_packet_message *data = item->data;
	struct sk_buff *skb;
	int err;

	if (!made || (made->sk->sk_type == SOCK_DGRAM && eth_type_vlan(htons(data->protocol))))
		return ckpt_fail(ctx, -EINVAL, "a packet socket cannot have received a packet");
	skb = make_skb(made->sk, item, &err);
	if (skb && !err)
		err = ckpt_enqueue_packet(made, skb, data->dropped);
	if (!err)
		return 0;
	kfree_skb(skb);
	return ckpt_fail(ctx, err, "what a packet socket has to receive does not find room (error %d)",
			 -err);
}

CHECKPOINT_KIND(packet_message) = {
	.name		= "packet_message",
	.type		= CKPT_REC_PACKET_MESSAGE,
	.size		= sizeof(struct ckpt_rec_packet_message),
	CKPT_ARRAY(struct ckpt_rec_packet_message, data, __u8),
	.max		= MESSAGE_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.many		= true,
	.save		= message_save,
	.validate	= message_validate,
	.restore	= message_restore,
};
