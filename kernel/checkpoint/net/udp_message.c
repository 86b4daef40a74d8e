// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what UDP sockets have to receive, see DOC: UDP sockets.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/udp.h>
#include "udp.h"

/* A UDP header has 16 bits for it. */
#define MESSAGE_MAX	U16_MAX

/* -- save -------------------------------------------------------------------------------- */

static bool is_ipv4(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP);
}

/* Does the socket ask for what stands between its header and that of UDP? */
static bool wants_options(const struct sock *sk, const struct sk_buff *skb)
{
	const unsigned long flags = READ_ONCE(inet_sk(sk)->inet_flags);

	if (is_ipv4(skb))
		return ip_hdr(skb)->ihl * 4 != sizeof(struct iphdr) &&
		       flags & (BIT(INET_FLAGS_RECVOPTS) | BIT(INET_FLAGS_RETOPTS));
#if IS_ENABLED(CONFIG_IPV6)
	if (skb_transport_offset(skb) - skb_network_offset(skb) != sizeof(struct ipv6hdr)) {
		const struct ipv6_pinfo *np = inet6_sk(sk);

		return np->rxopt.bits.hopopts || np->rxopt.bits.ohopopts ||
		       np->rxopt.bits.dstopts || np->rxopt.bits.odstopts ||
		       np->rxopt.bits.srcrt || np->rxopt.bits.osrcrt;
	}
#endif
	return false;
}

/* See ip_cmsg_recv_checksum() */
static bool wants_checksum(const struct sock *sk, const struct sk_buff *skb)
{
	return inet_test_bit(CHECKSUM, sk) && skb->ip_summed == CHECKSUM_COMPLETE;
}

/**
 * ckpt_check_datagram - can a datagram that a socket has to receive be saved?
 * @ctx: the call
 * @sk: the socket
 * @skb: the datagram
 * @what: the socket, for messages: "a UDP socket"
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_datagram(struct ckpt_ctx *ctx, const struct sock *sk, const struct sk_buff *skb,
			const char *what)
{
	if (wants_options(sk, skb))
		return ckpt_file_fail(ctx, -EBUSY, "%s has a datagram with IP options or extension headers to receive; let the program receive it first",
				      what);
	if (wants_checksum(sk, skb))
		return ckpt_file_fail(ctx, -EBUSY, "%s has a datagram to receive of which it asks for the checksum (IP_CHECKSUM); let the program receive it first",
				      what);
	if (skb_is_gso(skb) && skb_shinfo(skb)->gso_size > skb->len)
		return ckpt_file_fail(ctx, -EBUSY, "%s has datagrams to receive that a filter has cut (UDP_GRO); let the program receive them first",
				      what);
	if (skb->len > MESSAGE_MAX)
		return ckpt_file_fail(ctx, -E2BIG, "%s has a datagram of %u bytes to receive, too many for an image; let the program receive it first",
				      what, skb->len);
	return 0;
}

static int check_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	return ckpt_check_datagram(ctx, sk, skb, "a UDP socket");
}

/**
 * ckpt_check_udp_messages - can what a UDP socket has to receive be saved?
 * @ctx: the call, surveyed
 * @sk: the socket
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_udp_messages(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, &udp_sk(sk)->reader_queue, check_message);
}

static void save_header4(const struct sock *sk, const struct sk_buff *skb,
			 struct ckpt_rec_udp_message *rec)
{
	const struct iphdr *ip = ip_hdr(skb);

	rec->family = AF_INET;
	rec->tos = ip->tos;
	rec->ttl = ip->ttl;
	rec->fragment = IPCB(skb)->frag_max_size;
	memcpy(rec->source, &ip->saddr, sizeof(ip->saddr));
	memcpy(rec->target, &ip->daddr, sizeof(ip->daddr));
	memcpy(rec->local, &PKTINFO_SKB_CB(skb)->ipi_spec_dst, sizeof(ip->daddr));
	/* That of a device of this name will be shown. */
	ckpt_save_device(sk, PKTINFO_SKB_CB(skb)->ipi_ifindex, rec->device);
}

static void save_header6(const struct sock *sk, const struct sk_buff *skb,
			 struct ckpt_rec_udp_message *rec)
{
	const struct ipv6hdr *ip = ipv6_hdr(skb);

	rec->family = AF_INET6;
	rec->tos = ipv6_get_dsfield(ip);
	rec->ttl = ip->hop_limit;
	rec->flow_label = ntohl(ip6_flowlabel(ip));
	rec->fragment = IP6CB(skb)->frag_max_size;
	memcpy(rec->source, &ip->saddr, sizeof(ip->saddr));
	memcpy(rec->target, &ip->daddr, sizeof(ip->daddr));
	ckpt_save_device(sk, IP6CB(skb)->iif, rec->device);
}

static const struct ckpt_kind ckpt_kind_udp_message;

static int save_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	struct ckpt_rec_udp_message rec = {
		.source_port = ntohs(udp_hdr(skb)->source),
		.target_port = ntohs(udp_hdr(skb)->dest),
		.mark = skb->mark,
		.dropped = SOCK_SKB_CB(skb)->dropcount,
		.stamp_ns = max_t(s64, ktime_to_ns(skb->tstamp), 0),
	};
	/* It may have come only now. */
	int err = check_message(ctx, sk, skb);

	/* What is damaged would be dropped when it is received. */
	if (err || udp_lib_checksum_complete(skb))
		return err;
	if (is_ipv4(skb))
		save_header4(sk, skb, &rec);
	else
		save_header6(sk, skb, &rec);
	if (skb_is_gso(skb))
		rec.segment = skb_shinfo(skb)->gso_size;
	return ckpt_emit_message(ctx, &ckpt_kind_udp_message, sk, &rec, skb, 0);
}

static int save_received(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_received(ctx, sk, &udp_sk(sk)->reader_queue, save_message);
}

static int message_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_udp, save_received);
}

/* -- validate ---------------------------------------------------------------------------- */

static bool valid_addresses(const struct ckpt_rec_udp_message *data)
{
	return ckpt_inet_valid_address(data->family, data->source) &&
	       ckpt_inet_valid_address(data->family, data->target) &&
	       ckpt_inet_valid_address(AF_INET, data->local) &&
	       (data->family == AF_INET || !memchr_inv(data->local, 0, sizeof(data->local)));
}

static int message_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_udp_message *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET)
		return ckpt_fail(ctx, -EINVAL, "a datagram is for what is no internet socket");
	if ((data->family != AF_INET && data->family != AF_INET6) || !valid_addresses(data) ||
	    data->source_port > U16_MAX || data->target_port > U16_MAX || data->tos > U8_MAX ||
	    data->ttl > U8_MAX || data->fragment > U16_MAX || data->stamp_ns < 0 ||
	    (data->flow_label && (data->family == AF_INET ||
				  data->flow_label & ~ntohl(IPV6_FLOWLABEL_MASK))) ||
	    (data->segment && (data->segment > U16_MAX || data->segment > item->count)) ||
	    !ckpt_valid_device(data->device))
		return ckpt_fail(ctx, -EINVAL, "a datagram of a UDP socket is malformed");
	return 0;
}

/* -- restore ----------------------------------------------------------------------------- */

static void set_header4(const struct sock *sk, struct sk_buff *skb,
			const struct ckpt_rec_udp_message *data, u32 len)
{
	struct iphdr *ip = ip_hdr(skb);

	*ip = (struct iphdr) {
		.version = 4, .ihl = sizeof(*ip) / 4,
		.tos = data->tos, .ttl = data->ttl, .protocol = sk->sk_protocol,
		.tot_len = htons(min_t(u32, sizeof(*ip) + sizeof(struct udphdr) + len, U16_MAX)),
	};
	memcpy(&ip->saddr, data->source, sizeof(ip->saddr));
	memcpy(&ip->daddr, data->target, sizeof(ip->daddr));
	skb->protocol = htons(ETH_P_IP);
	/* The second is laid over the beginning of the first. */
	IPCB(skb)->frag_max_size = data->fragment;
	PKTINFO_SKB_CB(skb)->ipi_ifindex = ckpt_find_device(sk, data->device);
	memcpy(&PKTINFO_SKB_CB(skb)->ipi_spec_dst, data->local, sizeof(ip->daddr));
}

static void set_header6(const struct sock *sk, struct sk_buff *skb,
			const struct ckpt_rec_udp_message *data, u32 len)
{
	struct ipv6hdr *ip = ipv6_hdr(skb);

	*ip = (struct ipv6hdr) {
		.payload_len = htons(min_t(u32, sizeof(struct udphdr) + len, U16_MAX)),
		.nexthdr = sk->sk_protocol, .hop_limit = data->ttl,
	};
	ip6_flow_hdr(ip, data->tos, htonl(data->flow_label));
	memcpy(&ip->saddr, data->source, sizeof(ip->saddr));
	memcpy(&ip->daddr, data->target, sizeof(ip->daddr));
	skb->protocol = htons(ETH_P_IPV6);
	IP6CB(skb)->frag_max_size = data->fragment;
	IP6CB(skb)->iif = ckpt_find_device(sk, data->device);
}

/* As it stands in the queue: its headers in front of it, its checksum found right */
static struct sk_buff *make_skb(const struct sock *sk, const struct ckpt_item *item, int *err)
{
	const struct ckpt_rec_udp_message *data = item->data;
	const u32 ip_len = data->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	const u32 headers = ip_len + sizeof(struct udphdr), len = item->count;
	const u32 linear = min_t(u32, len, SKB_MAX_ORDER(0, 0) - headers);
	struct sk_buff *skb;

	skb = alloc_skb_with_frags(headers + linear, len - linear, PAGE_ALLOC_COSTLY_ORDER, err,
				   GFP_KERNEL_ACCOUNT);
	if (!skb)
		return NULL;
	skb_put(skb, headers + linear);
	skb->data_len = len - linear;
	skb->len = headers + len;
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, ip_len);
	memset(skb->cb, 0, sizeof(skb->cb));
	*udp_hdr(skb) = (struct udphdr) {
		.source = htons(data->source_port), .dest = htons(data->target_port),
		.len = htons(min_t(u32, sizeof(struct udphdr) + len, U16_MAX)),
	};
	if (data->family == AF_INET)
		set_header4(sk, skb, data, len);
	else
		set_header6(sk, skb, data, len);
	__skb_pull(skb, headers);
	*err = len ? skb_store_bits(skb, 0, item->array, len) : 0;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->tstamp = ns_to_ktime(data->stamp_ns);
	skb->mark = data->mark;
	if (data->segment) {
		skb_shinfo(skb)->gso_size = data->segment;
		skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(len, data->segment);
	}
	return skb;
}

/*
 * The protocol's own function accounts for it.  What was received is not dropped because this
 * kernel counts more for it, or because others have sent more meanwhile: there is some more room
 * than SO_RCVBUF says, but an end to it.
 */
static int enqueue(struct sock *sk, struct sk_buff *skb, u32 dropped)
{
	const int room = READ_ONCE(sk->sk_rcvbuf), drops = atomic_read(&sk->sk_drops);
	int err;

	atomic_set(&sk->sk_drops, dropped);
	WRITE_ONCE(sk->sk_rcvbuf, ckpt_room_to_receive(room));
	local_bh_disable();
	err = __udp_enqueue_schedule_skb(sk, skb);
	local_bh_enable();
	WRITE_ONCE(sk->sk_rcvbuf, room);
	atomic_set(&sk->sk_drops, drops);
	return err;
}

static bool may_receive(const struct ckpt_rec_inet *socket, const struct sock *sk,
			const struct ckpt_rec_udp_message *data)
{
	return is_udp_rec(socket) &&
	       (socket->family == data->family ||
		(socket->family == AF_INET6 && !ipv6_only_sock(sk)));
}

static int message_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_udp_message *data = item->data;
	struct sk_buff *skb;
	int err;

	if (!made || !may_receive(inet_rec(made), made->sk, data))
		return ckpt_fail(ctx, -EINVAL, "an internet socket cannot have received a datagram");
	skb = make_skb(made->sk, item, &err);
	if (skb && !err)
		err = enqueue(made->sk, skb, data->dropped);
	if (!err)
		return 0;
	kfree_skb(skb);
	return ckpt_fail(ctx, err, "what a UDP socket has to receive does not find room (error %d; see net.ipv4.udp_mem)",
			 -err);
}

CHECKPOINT_KIND(udp_message) = {
	.name		= "udp_message",
	.type		= CKPT_REC_UDP_MESSAGE,
	.size		= sizeof(struct ckpt_rec_udp_message),
	CKPT_ARRAY(struct ckpt_rec_udp_message, data, __u8),
	.max		= MESSAGE_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.many		= true,
	.save		= message_save,
	.validate	= message_validate,
	.restore	= message_restore,
};
