// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: raw sockets of IPv4 and IPv6, and those of ICMP echo, which ping has.
 */
#include <linux/cred.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/raw.h>
#include "udp.h"

/**
 * DOC: raw sockets
 *
 * SOCK_RAW of any protocol of IPv4 and IPv6, and SOCK_DGRAM of ICMP and ICMPv6 ("ping" sockets).
 *
 * Preserved: what all internet sockets have, the identifier of an echo socket as its port; whom
 * they are connected with; ICMP_FILTER and ICMPV6_FILTER; packets that were not received, with
 * their header, mark, time and what IP_PKTINFO tells of them; how many were dropped.
 *
 * Rebuilt: socket(2)'s own function makes them, as who made them: a raw one needs CAP_NET_RAW
 * there, one of ICMP echo a group in net.ipv4.ping_group_range.
 *
 * Substituted: IPV6_V6ONLY of a raw socket, which does nothing, is net.ipv6.bindv6only of this
 * machine; the number of the device that a packet came by, if a device of that name has another
 * one.
 *
 * Lost, as on a wire: what comes between the capture and the restart.
 *
 * Refused: packets with IP options or extension headers, or with a checksum that the device has
 * made (IP_CHECKSUM), if the socket asks for these; a packet that is sent in parts (MSG_MORE) and
 * not complete; errors to be read (IP_RECVERR, IPV6_RECVPATHMTU); sockets of multicast routers
 * (MRT_INIT, MRT_TABLE), those of ICMPv6 where such a router runs; IPV6_ROUTER_ALERT;
 * IPV6_FREEBIND and IPV6_TRANSPARENT of a raw socket; echo sockets with a link-local address; one
 * whose connection was dissolved by connect(2); a packet whose header a filter has cut; at a
 * restart a peer that no route leads to.
 */

/* -- check ------------------------------------------------------------------------------- */

/* Who routes by MRT_INIT is in this chain, without a flag that says so. */
static bool is_router4(const struct sock *sk)
{
	const struct ip_ra_chain *ra;

	guard(rcu)();
	for (ra = rcu_dereference(sock_net(sk)->ipv4.ra_chain); ra;
	     ra = rcu_dereference(ra->next))
		if (ra->sk == sk)
			return true;
	return raw_sk(sk)->ipmr_table;
}

#ifdef CONFIG_IPV6_MROUTE
/* Which one it is the kernel keeps to itself. */
static bool is_router6(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_ICMPV6 &&
	       (raw6_sk(sk)->ip6mr_table ||
		atomic_read(&sock_net(sk)->ipv6.devconf_all->mc_forwarding));
}
#else
static bool is_router6(const struct sock *sk)
{
	return false;
}
#endif

static bool has_path_mtu(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 && READ_ONCE(inet6_sk(sk)->rxpmtu);
#else
	return false;
#endif
}

/* Whom IPV6_ROUTER_ALERT has all packets with this option given to, in place of a flag */
static bool hears_alerts(const struct sock *sk)
{
	bool found = false;
#if IS_ENABLED(CONFIG_IPV6)
	const struct ip6_ra_chain *ra;

	read_lock_bh(&ip6_ra_lock);
	for (ra = ip6_ra_chain; ra && !found; ra = ra->next)
		found = ra->sk == sk;
	read_unlock_bh(&ip6_ra_lock);
#endif
	return found;
}

/* An address that bind(2) of this sort of socket would not take, or not without its device */
static bool has_odd_address(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	const int type = sk->sk_family == AF_INET6 ? ipv6_addr_type(&sk->sk_v6_rcv_saddr) : 0;

	return type & IPV6_ADDR_MAPPED ||
	       (type & IPV6_ADDR_LINKLOCAL && sk->sk_type == SOCK_DGRAM);
#else
	return false;
#endif
}

/* For a raw socket of IPv6 there is no option of IPv4 that would set it. */
static bool takes_any_address(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 && sk->sk_type == SOCK_RAW &&
	       (inet_test_bit(FREEBIND, sk) || inet_test_bit(TRANSPARENT, sk));
}

static bool is_router(const struct sock *sk)
{
	return sk->sk_type == SOCK_RAW &&
	       (sk->sk_family == AF_INET ? is_router4(sk) : is_router6(sk));
}

/*
 * connect(2) with AF_UNSPEC takes a raw socket away from where packets are looked up for it, and
 * leaves an echo socket an address that it has no number for.
 */
static bool is_dissolved(const struct sock *sk)
{
	return sk->sk_type == SOCK_RAW ? sk_unhashed(sk) :
	       !inet_sk(sk)->inet_num && sk->sk_userlocks & SOCK_BINDADDR_LOCK;
}

static const char *bad_raw(const struct sock *sk)
{
	if (!skb_queue_empty_lockless(&sk->sk_write_queue))
		return "with a part of a packet that is not complete (MSG_MORE)";
	if (!skb_queue_empty_lockless(&sk->sk_error_queue) || has_path_mtu(sk))
		return "with errors to be read (IP_RECVERR)";
	if (is_router(sk))
		return "that may be that of a multicast router (MRT_INIT)";
	if (sk->sk_family == AF_INET6 && hears_alerts(sk))
		return "with IPV6_ROUTER_ALERT";
	if (has_odd_address(sk))
		return "with an address that bind(2) would not give it again";
	if (takes_any_address(sk))
		return "with IPV6_FREEBIND or IPV6_TRANSPARENT";
	if (is_dissolved(sk))
		return "whose connection was dissolved by connect(2)";
	if (ckpt_has_odd_group(sk))
		return "in a group of which it hears some senders alone, or an anycast group";
	if (has_flow_label(sk))
		return "that is connected with a flow label";
	return NULL;
}

static bool raw_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_own_socket(ctx, ptr, is_raw);
}

static int raw_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_from_file(file)->sk;
	int err = ckpt_check_socket_file(ctx, file, ckpt_raw_what(sk));
	const char *bad;

	if (err)
		return err;
	bad = bad_raw(sk);
	if (bad)
		return ckpt_cannot_save(ctx, "%s %s", ckpt_raw_what(sk), bad);
	return ckpt_check_raw_messages(ctx, sk);
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(raw_file) = {
	.name		= "raw_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= raw_match,
	.check_object	= raw_check,
	.save_object	= ckpt_save_socket_file,
};

/* -- save -------------------------------------------------------------------------------- */

static bool has_filter4(const struct ckpt_rec_inet *data)
{
	return data->type == SOCK_RAW && data->family == AF_INET &&
	       data->protocol == IPPROTO_ICMP;
}

static bool has_filter6(const struct ckpt_rec_inet *data)
{
	return data->type == SOCK_RAW && data->family == AF_INET6 &&
	       data->protocol == IPPROTO_ICMPV6;
}

static void save_filter(const struct sock *sk, struct ckpt_rec_raw *rec)
{
	BUILD_BUG_ON(sizeof(rec->filter) != sizeof(raw6_sk(sk)->filter));
	if (sk->sk_type != SOCK_RAW || sk->sk_protocol != ckpt_echo_protocol(sk->sk_family))
		return;
	if (sk->sk_family == AF_INET)
		rec->filter[0] = raw_sk(sk)->filter.data;
	else
		memcpy(rec->filter, &raw6_sk(sk)->filter, sizeof(rec->filter));
}

static const struct ckpt_kind ckpt_kind_raw;

static int save_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct ckpt_rec_raw rec = {
		.dropped = atomic_read(&sk->sk_drops),
		.stamp_ns = ktime_to_ns(sock_read_timestamp(sk)),
	};

	if (sk->sk_state == TCP_ESTABLISHED) {
		rec.flags |= CKPT_RAW_CONNECTED;
		rec.port = ntohs(inet_sk(sk)->inet_dport);
		ckpt_inet_bytes(sk, true, rec.address);
	}
	save_filter(sk, &rec);
	return ckpt_emit(ctx, &ckpt_kind_raw, ckpt_known_id(ctx, sk, &ckpt_class_socket), &rec,
			 NULL, 0);
}

static int raw_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_raw, save_one);
}

/* -- validate and restore ---------------------------------------------------------------- */

static int raw_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_raw *data = item->data;
	const bool connected = data->flags & CKPT_RAW_CONNECTED;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET)
		return ckpt_fail(ctx, -EINVAL, "what is no internet socket has what a raw one has");
	if (data->flags & ~CKPT_RAW_CONNECTED || data->port > U16_MAX ||
	    (!connected && (data->port || memchr_inv(data->address, 0, sizeof(data->address)))))
		return ckpt_fail(ctx, -EINVAL, "the connection of a raw socket is malformed");
	return 0;
}

static bool valid_filter(const struct ckpt_rec_inet *socket, const struct ckpt_rec_raw *data)
{
	const size_t skip = has_filter6(socket) ? sizeof(data->filter) :
			    has_filter4(socket) ? sizeof(data->filter[0]) : 0;

	return !memchr_inv((const u8 *)data->filter + skip, 0, sizeof(data->filter) - skip);
}

static int set_filter(struct socket *sock, const struct ckpt_rec_inet *socket,
		      const struct ckpt_rec_raw *data)
{
	sockptr_t filter = KERNEL_SOCKPTR((void *)data->filter);

	if (has_filter4(socket))
		return sock->ops->setsockopt(sock, SOL_RAW, ICMP_FILTER, filter,
					     sizeof(data->filter[0]));
	if (has_filter6(socket))
		return sock->ops->setsockopt(sock, SOL_ICMPV6, ICMPV6_FILTER, filter,
					     sizeof(data->filter));
	return 0;
}

static int raw_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_raw *data = item->data;
	int err = 0;

	if (!made || !is_raw_rec(inet_rec(made)) || !valid_filter(inet_rec(made), data) ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->address))
		return ckpt_fail(ctx, -EINVAL, "an internet socket cannot have what a raw one has");
	err = set_filter(made->sk->sk_socket, inet_rec(made), data);
	if (err)
		return ckpt_fail(ctx, err, "a raw socket cannot have its filter of ICMP again (error %d)",
				 -err);
	if (data->flags & CKPT_RAW_CONNECTED)
		err = ckpt_connect_again(ctx, made, data->address, data->port);
	/* What came before it was bound, connected and had its filters is not for it. */
	skb_queue_purge(&made->sk->sk_receive_queue);
	skb_queue_purge(&made->sk->sk_error_queue);
	made->sk->sk_err = inet_rec(made)->error;
	made->last = NULL;
	atomic_set(&made->sk->sk_drops, data->dropped);
	sock_write_timestamp(made->sk, ns_to_ktime(data->stamp_ns));
	return err;
}

CHECKPOINT_KIND(raw) = {
	.name		= "raw",
	.type		= CKPT_REC_RAW,
	.size		= sizeof(struct ckpt_rec_raw),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.save		= raw_save,
	.validate	= raw_validate,
	.restore	= raw_restore,
};
