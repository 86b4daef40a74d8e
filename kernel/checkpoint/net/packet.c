// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: packet sockets, which hear and send what devices do.
 */
#include <linux/cred.h>
#include <linux/if_packet.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "../../../net/packet/internal.h"
#include "packet.h"

/**
 * DOC: packet sockets
 *
 * AF_PACKET, SOCK_RAW and SOCK_DGRAM.
 *
 * Preserved: the protocol that they hear, the device that they are bound to, by its name; which
 * addresses and modes of which devices they ask for (PACKET_ADD_MEMBERSHIP); PACKET_AUXDATA,
 * PACKET_COPY_THRESH, PACKET_IGNORE_OUTGOING, PACKET_LOSS, PACKET_ORIGDEV, PACKET_QDISC_BYPASS,
 * PACKET_RESERVE, PACKET_TIMESTAMP, PACKET_TX_HAS_OFF, PACKET_VERSION, PACKET_VNET_HDR;
 * PACKET_STATISTICS; errors that were not reported; packets that were not received, with their
 * addresses, time, mark, VLAN tag and what PACKET_AUXDATA and PACKET_VNET_HDR tell of them.
 *
 * Rebuilt: a socket is made by socket(2)'s own function, as who made it, which needs CAP_NET_RAW
 * there.  It hears nothing until it has its filter and is bound again.
 *
 * Lost, as on a wire: what comes between the capture and the restart.
 *
 * Substituted: the number of the device that a packet came by, if a device of that name has
 * another one.
 *
 * Refused: rings (PACKET_RX_RING, PACKET_TX_RING), into whose memory devices write while the
 * program is held: the socket would have to be silenced, and the place in the ring, its open block
 * and the timer of that have no call that sets them; groups that share what they hear
 * (PACKET_FANOUT); packets that were not received and whose headers a filter has cut, or in
 * memory of a device, or that have a VLAN tag inside for a socket of SOCK_DGRAM; a device that is
 * gone; SOCK_PACKET; at a restart a device that this machine does not have.
 */

/* How often a socket asks for an address, and for how many */
#define TIMES_MAX	256
#define MEMBERS_MAX	256

/* -- memberships --------------------------------------------------------------------------- */

/* Return: false if there is one that cannot be saved */
static bool add_member(const struct sock *sk, const struct packet_mclist *from,
		       struct ckpt_rec_packet_member *members, u32 *nr)
{
	struct ckpt_rec_packet_member member = {
		.type = from->type, .count = from->count, .len = from->alen,
	};

	BUILD_BUG_ON(sizeof(member.address) != sizeof(from->addr));
	if (*nr == MEMBERS_MAX || from->count > TIMES_MAX ||
	    !ckpt_save_device(sk, from->ifindex, member.device))
		return false;
	memcpy(member.address, from->addr, from->alen);
	if (members)
		members[*nr] = member;
	++*nr;
	return true;
}

/* It may be held for long, for what has nothing to do with the tree. */
static bool try_rtnl(struct ckpt_ctx *ctx, void *nothing)
{
	return rtnl_trylock();
}

/* Without @members they are counted. */
static bool get_members(struct ckpt_ctx *ctx, const struct sock *sk,
			struct ckpt_rec_packet_member *members, u32 *nr)
{
	const struct packet_mclist *from;
	bool ok = true;

	*nr = 0;
	/* A device that goes takes its entries away under this lock; the tree makes none. */
	if (!READ_ONCE(pkt_sk(sk)->mclist))
		return true;
	if (!ckpt_settle(try_rtnl, ctx, NULL))
		return false;
	for (from = pkt_sk(sk)->mclist; ok && from; from = from->next)
		ok = add_member(sk, from, members, nr);
	rtnl_unlock();
	return ok;
}

/* -- files --------------------------------------------------------------------------------- */

static const char *bad_packet(struct ckpt_ctx *ctx, const struct sock *sk)
{
	const struct packet_sock *po = pkt_sk(sk);
	u32 nr;

	if (READ_ONCE(po->rx_ring.pg_vec) || READ_ONCE(po->tx_ring.pg_vec))
		return "with a ring (PACKET_RX_RING, PACKET_TX_RING)";
	if (READ_ONCE(po->fanout) || po->rollover)
		return "in a group that shares what it hears (PACKET_FANOUT)";
	if (READ_ONCE(po->ifindex) < 0)
		return "whose device is gone";
	if (!skb_queue_empty_lockless(&sk->sk_error_queue))
		return "with errors to be read (MSG_ERRQUEUE)";
	if (!get_members(ctx, sk, NULL, &nr))
		return "whose memberships are too many, or change (PACKET_ADD_MEMBERSHIP)";
	return NULL;
}

static bool packet_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_own_socket(ctx, ptr, ckpt_is_packet);
}

static int packet_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_from_file(file)->sk;
	int err = ckpt_check_socket_file(ctx, file, "a packet socket");
	const char *bad;

	if (err)
		return err;
	bad = bad_packet(ctx, sk);
	if (bad)
		return ckpt_cannot_save(ctx, "a packet socket %s", bad);
	return ckpt_check_packet_messages(ctx, sk);
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(packet_file) = {
	.name		= "packet_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= packet_match,
	.check_object	= packet_check,
	.save_object	= ckpt_save_socket_file,
};

/* -- options ------------------------------------------------------------------------------- */

static bool has_packet(const struct sock *sk)
{
	return ckpt_is_packet(sk);
}

static s64 get_bit(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return packet_sock_flag(pkt_sk(sk), option->bit);
}

static s64 get_number(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	const struct packet_sock *po = pkt_sk(sk);

	switch (option->name) {
	case PACKET_COPY_THRESH:	return READ_ONCE(po->copy_thresh);
	case PACKET_VERSION:		return po->tp_version;
	case PACKET_RESERVE:		return po->tp_reserve;
	case PACKET_TIMESTAMP:		return (int)READ_ONCE(po->tp_tstamp);
	case PACKET_IGNORE_OUTGOING:	return READ_ONCE(po->prot_hook.ignore_outgoing);
	default:			return READ_ONCE(po->vnet_hdr_sz);
	}
}

#define BIT_OF(_name, _bit)	\
	{ SOL_PACKET, _name, PACKET_SOCK_##_bit, 0, 1, 1, get_bit, ckpt_set_number }
#define NUMBER(_name, _from, _to)	\
	{ SOL_PACKET, _name, 0, 0, _from, _to, get_number, ckpt_set_number }

static const struct ckpt_option options[] = {
	NUMBER(PACKET_COPY_THRESH, INT_MIN, INT_MAX),
	BIT_OF(PACKET_AUXDATA, AUXDATA),
	BIT_OF(PACKET_ORIGDEV, ORIGDEV),
	NUMBER(PACKET_VERSION, TPACKET_V2, TPACKET_V3),
	NUMBER(PACKET_RESERVE, 1, INT_MAX),
	BIT_OF(PACKET_LOSS, TP_LOSS),
	NUMBER(PACKET_TIMESTAMP, INT_MIN, INT_MAX),
	BIT_OF(PACKET_TX_HAS_OFF, TX_HAS_OFF),
	BIT_OF(PACKET_QDISC_BYPASS, QDISC_BYPASS),
	NUMBER(PACKET_IGNORE_OUTGOING, 1, 1),
	NUMBER(PACKET_VNET_HDR_SZ, 1, U8_MAX),
};

const struct ckpt_option_level ckpt_options_packet = {
	.level = SOL_PACKET, .has = has_packet,
	.options = options, .nr = ARRAY_SIZE(options),
};

/* -- save ---------------------------------------------------------------------------------- */

static const struct ckpt_kind ckpt_kind_packet_name;

static int save_name(struct ckpt_ctx *ctx, const struct sock *sk, u32 id)
{
	const struct packet_sock *po = pkt_sk(sk);
	struct ckpt_rec_packet_name rec = {
		.protocol = ntohs(READ_ONCE(po->num)),
		.flags = packet_sock_flag(po, PACKET_SOCK_RUNNING) ? CKPT_PACKET_HEARS : 0,
		.error = READ_ONCE(sk->sk_err),
		.packets = READ_ONCE(po->stats.stats1.tp_packets),
		.lost = atomic_read(&po->tp_drops),
		.dropped = atomic_read(&sk->sk_drops),
		.stamp_ns = ktime_to_ns(sock_read_timestamp((struct sock *)sk)),
	};
	struct ckpt_rec_packet_member *members;
	int ifindex = READ_ONCE(po->ifindex), err;
	u32 nr;

	members = kvcalloc(MEMBERS_MAX, sizeof(*members), GFP_KERNEL_ACCOUNT);
	if (!members)
		return ckpt_fail(ctx, -ENOMEM, "no memory for what a packet socket asks for");
	if (ifindex >= 0 && ckpt_save_device(sk, ifindex, rec.device) &&
	    get_members(ctx, sk, members, &nr))
		err = ckpt_emit(ctx, &ckpt_kind_packet_name, id, &rec, members, nr);
	else
		err = ckpt_fail(ctx, -EAGAIN, "a device went away that a packet socket is bound to; try again");
	kvfree(members);
	return err;
}

static int packet_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	const struct sock *sk = ptr;
	struct ckpt_rec_packet rec = { .type = sk->sk_type };
	int err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_socket->file->f_cred, &rec.cred);

	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	if (!err)
		err = ckpt_save_socket_options(ctx, sk, id);
	/* Behind its filter: then it hears. */
	return err ?: save_name(ctx, sk, id);
}

static int packet_save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			   struct ckpt_task *t)
{
	return ckpt_save_sockets(ctx, ckpt_is_packet);
}

static bool matches(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_packet(ptr);
}

/* -- validate and restore: the socket ------------------------------------------------------ */

static int packet_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_packet *data = item->data;

	if (!ckpt_is_packet_type(data->type))
		return ckpt_fail(ctx, -EINVAL, "a packet socket of type %u is unknown here",
				 data->type);
	return 0;
}

static void *packet_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_packet *data = item->data;

	return ckpt_make_socket(ctx, ckpt_socket_cred(ctx, false, data->cred), AF_PACKET,
				data->type, 0, data);
}

CHECKPOINT_KIND(packet) = {
	.name		= "packet",
	.type		= CKPT_REC_PACKET,
	.size		= sizeof(struct ckpt_rec_packet),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.defines	= true,
	.match		= matches,
	.save		= packet_save_all,
	.save_object	= packet_save,
	.validate	= packet_validate,
	.restore_object	= packet_restore,
};

/* -- validate and restore: what it is bound to --------------------------------------------- */

static int name_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_packet_name *data = item->data;
	const struct ckpt_rec_packet_member *members = item->array;
	u32 i;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_PACKET)
		return ckpt_fail(ctx, -EINVAL, "a device is heard by what is no packet socket");
	if (data->protocol > U16_MAX || data->flags & ~CKPT_PACKET_HEARS ||
	    data->error > MAX_ERRNO || !ckpt_valid_device(data->device))
		return ckpt_fail(ctx, -EINVAL, "what a packet socket is bound to is malformed");
	for (i = 0; i < item->count; i++)
		if (members[i].type > U16_MAX || !members[i].count ||
		    members[i].count > TIMES_MAX ||
		    members[i].len > sizeof(members[i].address) ||
		    memchr_inv(members[i].address + members[i].len, 0,
			       sizeof(members[i].address) - members[i].len) ||
		    !members[i].device[0] || !ckpt_valid_device(members[i].device))
			return ckpt_fail(ctx, -EINVAL, "what a packet socket asks for is malformed");
	return 0;
}

/* With room for the longest address, as the kernel takes it too */
struct member_request {
	struct packet_mreq head;
	u8 rest[MAX_ADDR_LEN - sizeof_field(struct packet_mreq, mr_address)];
};

static int ask_again(struct ckpt_ctx *ctx, struct socket *sock,
		     const struct ckpt_rec_packet_member *member)
{
	struct member_request request = {
		.head.mr_ifindex = ckpt_find_device(sock->sk, member->device),
		.head.mr_type = member->type, .head.mr_alen = member->len,
	};
	int err = request.head.mr_ifindex ? 0 : -ENODEV;
	u32 i;

	memcpy((u8 *)&request + offsetof(struct packet_mreq, mr_address), member->address,
	       sizeof(member->address));
	for (i = 0; !err && i < member->count; i++)
		err = sock->ops->setsockopt(sock, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
					    KERNEL_SOCKPTR(&request), sizeof(request));
	return err ? ckpt_fail(ctx, err, "a packet socket cannot ask device %s for an address or mode again (error %d)",
			       member->device, -err) : 0;
}

static int bind_again(struct ckpt_ctx *ctx, struct socket *sock,
		      const struct ckpt_rec_packet_name *data)
{
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET, .sll_protocol = htons(data->protocol),
		.sll_ifindex = ckpt_find_device(sock->sk, data->device),
	};
	int err = 0;

	if (data->device[0] && !name.sll_ifindex)
		err = -ENODEV;
	if (!err)
		err = security_socket_bind(sock, (struct sockaddr *)&name, sizeof(name));
	if (!err)
		err = sock->ops->bind(sock, (struct sockaddr *)&name, sizeof(name));
	return err ? ckpt_fail(ctx, err, "a packet socket cannot be bound to device %s again (error %d)",
			       data->device, -err) : 0;
}

/* That the device is down is told anew if it was not. */
static void set_state(struct sock *sk, const struct ckpt_rec_packet_name *data)
{
	struct packet_sock *po = pkt_sk(sk);

	if (packet_sock_flag(po, PACKET_SOCK_RUNNING) || !(data->flags & CKPT_PACKET_HEARS))
		sk->sk_err = data->error;
	spin_lock_bh(&sk->sk_receive_queue.lock);
	po->stats.stats1.tp_packets = data->packets;
	spin_unlock_bh(&sk->sk_receive_queue.lock);
	atomic_set(&po->tp_drops, data->lost);
	atomic_set(&sk->sk_drops, data->dropped);
	sock_write_timestamp(sk, ns_to_ktime(data->stamp_ns));
}

/* The newest stands first in the socket's list. */
static int name_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_packet_member *members = item->array;
	const struct cred *old;
	int err = 0;
	u32 i;

	if (!made)
		return ckpt_fail(ctx, -EINVAL, "a packet socket was not made");
	old = override_creds(made->who);
	for (i = item->count; !err && i; i--)
		err = ask_again(ctx, made->sk->sk_socket, &members[i - 1]);
	if (!err)
		err = bind_again(ctx, made->sk->sk_socket, item->data);
	revert_creds(old);
	if (!err)
		set_state(made->sk, item->data);
	return err;
}

CHECKPOINT_KIND(packet_name) = {
	.name		= "packet_name",
	.type		= CKPT_REC_PACKET_NAME,
	.size		= sizeof(struct ckpt_rec_packet_name),
	CKPT_ARRAY(struct ckpt_rec_packet_name, members, struct ckpt_rec_packet_member),
	.max		= MEMBERS_MAX,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.validate	= name_validate,
	.restore	= name_restore,
};
