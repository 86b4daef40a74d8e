// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the multicast groups that a socket of datagrams is in.
 */
#include <linux/cred.h>
#include <linux/igmp.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <net/if_inet6.h>
#include <net/ipv6.h>
#include "udp.h"

/**
 * DOC: multicast groups
 *
 * Preserved: which groups of IPv4 and IPv6 a socket of UDP, a raw one or one of ICMP echo is in, on
 * which device, by its name.
 *
 * Rebuilt: it joins them again by setsockopt(2)'s own function, as who made it, which may tell
 * the routers.
 *
 * Refused: groups of which some senders alone are heard (IP_ADD_SOURCE_MEMBERSHIP, MCAST_* with
 * sources), anycast groups; a device that is gone; at a restart one that this machine does not
 * have.
 */

/* More than net.ipv4.igmp_max_memberships and the memory for options allow by far */
#define GROUPS_MAX	1024

/* Return: false if it is one that cannot be saved */
static bool add_group(const struct sock *sk, struct ckpt_rec_inet_group *groups, u32 *nr,
		      u32 family, const void *address, size_t len, int ifindex, bool simple)
{
	struct ckpt_rec_inet_group group = { .family = family };

	if (!simple || *nr == GROUPS_MAX)
		return false;
	memcpy(group.address, address, len);
	if (groups && !ckpt_save_device(sk, ifindex, group.device))
		return false;
	if (groups)
		groups[*nr] = group;
	++*nr;
	return true;
}

#if IS_ENABLED(CONFIG_IPV6)
static bool get_groups6(const struct sock *sk, struct ckpt_rec_inet_group *groups, u32 *nr)
{
	const struct ipv6_mc_socklist *mc;
	bool ok = true;

	if (sk->sk_family != AF_INET6)
		return true;
	if (inet6_sk(sk)->ipv6_ac_list)
		return false;
	guard(rcu)();
	for (mc = rcu_dereference(inet6_sk(sk)->ipv6_mc_list); ok && mc;
	     mc = rcu_dereference(mc->next)) {
		const struct ip6_sf_socklist *from = rcu_dereference(mc->sflist);

		ok = add_group(sk, groups, nr, AF_INET6, &mc->addr, sizeof(mc->addr), mc->ifindex,
			       mc->sfmode == MCAST_EXCLUDE && (!from || !from->sl_count));
	}
	return ok;
}
#else
static bool get_groups6(const struct sock *sk, struct ckpt_rec_inet_group *groups, u32 *nr)
{
	return true;
}
#endif

/*
 * The tree, which alone joins and leaves, is frozen.  Without @groups they are counted.
 * Return: false if there is one that cannot be saved
 */
static bool get_groups(const struct sock *sk, struct ckpt_rec_inet_group *groups, u32 *nr)
{
	const struct ip_mc_socklist *mc;
	bool ok = true;

	*nr = 0;
	scoped_guard(rcu) {
		for (mc = rcu_dereference(inet_sk(sk)->mc_list); ok && mc;
		     mc = rcu_dereference(mc->next_rcu)) {
			const struct ip_sf_socklist *from = rcu_dereference(mc->sflist);

			ok = add_group(sk, groups, nr, AF_INET, &mc->multi.imr_multiaddr,
				       sizeof(mc->multi.imr_multiaddr), mc->multi.imr_ifindex,
				       mc->sfmode == MCAST_EXCLUDE && (!from || !from->sl_count));
		}
	}
	return ok && get_groups6(sk, groups, nr);
}

/**
 * ckpt_has_odd_group - is a socket in a multicast group that cannot be saved?
 * @sk: the socket
 *
 * Return: true if so
 */
bool ckpt_has_odd_group(const struct sock *sk)
{
	u32 nr;

	return !get_groups(sk, NULL, &nr);
}

static const struct ckpt_kind ckpt_kind_inet_groups;

static int save_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct ckpt_rec_inet_groups rec = {};
	struct ckpt_rec_inet_group *groups;
	u32 nr;
	int err;

	if (get_groups(sk, NULL, &nr) && !nr)
		return 0;
	groups = kvcalloc(nr, sizeof(*groups), GFP_KERNEL_ACCOUNT);
	if (!groups)
		return ckpt_fail(ctx, -ENOMEM, "no memory for multicast groups");
	if (get_groups(sk, groups, &nr))
		err = ckpt_emit(ctx, &ckpt_kind_inet_groups,
				ckpt_known_id(ctx, sk, &ckpt_class_socket), &rec, groups, nr);
	else
		err = ckpt_file_fail(ctx, -EBUSY, "a socket is in a multicast group on a device that is gone; let the program leave it first");
	kvfree(groups);
	return err;
}

static bool has_groups(const struct sock *sk)
{
	return is_udp(sk) || is_raw(sk);
}

static int groups_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, has_groups, save_one);
}

static int groups_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inet_group *groups = item->array;
	u32 i;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET)
		return ckpt_fail(ctx, -EINVAL, "a multicast group is joined by what is no internet socket");
	for (i = 0; i < item->count; i++)
		if ((groups[i].family != AF_INET && groups[i].family != AF_INET6) ||
		    !ckpt_valid_device(groups[i].device) ||
		    !ckpt_inet_valid_address(groups[i].family, groups[i].address))
			return ckpt_fail(ctx, -EINVAL, "a multicast group of a socket is malformed");
	return 0;
}

static int join(struct socket *sock, const struct ckpt_rec_inet_group *group)
{
	int ifindex = ckpt_find_device(sock->sk, group->device);
	struct ip_mreqn mreq = { .imr_ifindex = ifindex };
	struct ipv6_mreq mreq6 = { .ipv6mr_ifindex = ifindex };

	if (group->device[0] && !ifindex)
		return -ENODEV;
	if (group->family == AF_INET) {
		memcpy(&mreq.imr_multiaddr, group->address, sizeof(mreq.imr_multiaddr));
		return sock->ops->setsockopt(sock, SOL_IP, IP_ADD_MEMBERSHIP,
					     KERNEL_SOCKPTR(&mreq), sizeof(mreq));
	}
	memcpy(&mreq6.ipv6mr_multiaddr, group->address, sizeof(mreq6.ipv6mr_multiaddr));
	return sock->ops->setsockopt(sock, SOL_IPV6, IPV6_ADD_MEMBERSHIP, KERNEL_SOCKPTR(&mreq6),
				     sizeof(mreq6));
}

/* The newest stands first in the socket's list. */
static int groups_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_inet_group *groups = item->array;
	const struct cred *old;
	int err = 0;
	u32 i;

	if (!made || !(is_udp_rec(inet_rec(made)) || is_raw_rec(inet_rec(made))))
		return ckpt_fail(ctx, -EINVAL, "a multicast group is joined by a stream");
	old = override_creds(made->who);
	for (i = item->count; !err && i; i--) {
		err = join(made->sk->sk_socket, &groups[i - 1]);
		if (err)
			ckpt_fail(ctx, err, "a socket cannot join its multicast group on device %s again (error %d)",
				  groups[i - 1].device, -err);
	}
	revert_creds(old);
	return err;
}

CHECKPOINT_KIND(inet_groups) = {
	.name		= "inet_groups",
	.type		= CKPT_REC_INET_GROUPS,
	.size		= sizeof(struct ckpt_rec_inet_groups),
	CKPT_ARRAY(struct ckpt_rec_inet_groups, groups, struct ckpt_rec_inet_group),
	.max		= GROUPS_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.save		= groups_save,
	.validate	= groups_validate,
	.restore	= groups_restore,
};
