// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the network devices that a socket is tied to.  They are known by their
 * names: their numbers are others after a boot.
 */
#include <linux/cred.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <net/inet_sock.h>
#include "net.h"

/**
 * DOC: devices of sockets
 *
 * Preserved: SO_BINDTODEVICE (SO_BINDTOIFINDEX), IP_MULTICAST_IF, IP_UNICAST_IF,
 * IPV6_MULTICAST_IF, IPV6_UNICAST_IF, by the names of the devices.
 *
 * Refused: a device that is gone; at a restart one that this machine does not have.
 */

/**
 * ckpt_save_device - save: the name of a network device
 * @sk: a socket of its namespace
 * @ifindex: its number there, 0 = none
 * @name: out: its name, IFNAMSIZ bytes, zeroes if there is none; zero before
 *
 * Return: false if the device is gone
 */
bool ckpt_save_device(const struct sock *sk, int ifindex, u8 *name)
{
	struct net_device *dev;

	if (!ifindex)
		return true;
	guard(rcu)();
	dev = dev_get_by_index_rcu(sock_net(sk), ifindex);
	if (dev)
		strscpy_pad((char *)name, dev->name, IFNAMSIZ);
	return dev;
}

/**
 * ckpt_valid_device - validate: may that be the name of a network device, or of none?
 * @name: IFNAMSIZ bytes
 *
 * Return: true if so
 */
bool ckpt_valid_device(const u8 *name)
{
	const char *text = (const char *)name;

	return !text[0] || (strnlen(text, IFNAMSIZ) < IFNAMSIZ && dev_valid_name(text));
}

/**
 * ckpt_find_device - restart: the network device of that name
 * @sk: a socket of its namespace
 * @name: its name, valid
 *
 * Return: its number, 0 if there is none
 */
int ckpt_find_device(const struct sock *sk, const u8 *name)
{
	struct net_device *dev;

	guard(rcu)();
	dev = *name ? dev_get_by_name_rcu(sock_net(sk), (const char *)name) : NULL;
	return dev ? dev->ifindex : 0;
}

/* -- save -------------------------------------------------------------------------------- */

#if IS_ENABLED(CONFIG_IPV6)
static bool save_devices6(const struct sock *sk, struct ckpt_rec_socket_devices *rec)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	/* Of a stream it tells where the last segment came from. */
	return sk->sk_family != AF_INET6 ||
	       ((sk->sk_type == SOCK_STREAM ||
		 ckpt_save_device(sk, READ_ONCE(np->mcast_oif), rec->multicast6)) &&
		ckpt_save_device(sk, READ_ONCE(np->ucast_oif), rec->unicast6));
}
#else
static bool save_devices6(const struct sock *sk, struct ckpt_rec_socket_devices *rec)
{
	return true;
}
#endif

static bool save_devices4(const struct sock *sk, struct ckpt_rec_socket_devices *rec)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (!sk_is_inet(sk))
		return true;
	if (sk->sk_type != SOCK_STREAM) {
		memcpy(rec->address, &inet->mc_addr, sizeof(inet->mc_addr));
		if (!ckpt_save_device(sk, READ_ONCE(inet->mc_index), rec->multicast))
			return false;
	}
	return ckpt_save_device(sk, READ_ONCE(inet->uc_index), rec->unicast);
}

static bool save_devices(const struct sock *sk, struct ckpt_rec_socket_devices *rec)
{
	BUILD_BUG_ON(sizeof(rec->bound) != IFNAMSIZ);
	*rec = (struct ckpt_rec_socket_devices) {};
	return ckpt_save_device(sk, READ_ONCE(sk->sk_bound_dev_if), rec->bound) &&
	       save_devices4(sk, rec) && save_devices6(sk, rec);
}

/**
 * ckpt_has_lost_device - is a device gone that a socket is tied to?
 * @sk: the socket
 *
 * Return: true if so
 */
bool ckpt_has_lost_device(const struct sock *sk)
{
	struct ckpt_rec_socket_devices rec;

	return !save_devices(sk, &rec);
}

static const struct ckpt_kind ckpt_kind_socket_devices;

/**
 * ckpt_save_socket_devices - save the devices that a socket is tied to
 * @ctx: the call
 * @sk: the socket, which has a file
 * @id: its object
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_socket_devices(struct ckpt_ctx *ctx, const struct sock *sk, u32 id)
{
	struct ckpt_rec_socket_devices rec;

	if (!save_devices(sk, &rec))
		return ckpt_fail(ctx, -EAGAIN, "a device went away that a socket is tied to; try again");
	if (!memchr_inv(&rec, 0, sizeof(rec)))
		return 0;
	return ckpt_emit(ctx, &ckpt_kind_socket_devices, id, &rec, NULL, 0);
}

/* -- validate and restore ---------------------------------------------------------------- */

static int devices_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_socket_devices *data = item->data;

	if (!ckpt_valid_device(data->bound) || !ckpt_valid_device(data->multicast) ||
	    !ckpt_valid_device(data->unicast) || !ckpt_valid_device(data->multicast6) ||
	    !ckpt_valid_device(data->unicast6) ||
	    memchr_inv(data->address + sizeof(__be32), 0, sizeof(data->address) - sizeof(__be32)) ||
	    (!data->multicast[0] && memchr_inv(data->address, 0, sizeof(data->address))))
		return ckpt_fail(ctx, -EINVAL, "the devices of a socket are malformed");
	return 0;
}

static int set_multicast4(struct socket *sock, const struct ckpt_rec_socket_devices *data,
			  int ifindex)
{
	struct ip_mreqn mreq = { .imr_ifindex = ifindex };

	memcpy(&mreq.imr_address, data->address, sizeof(mreq.imr_address));
	return sock->ops->setsockopt(sock, SOL_IP, IP_MULTICAST_IF, KERNEL_SOCKPTR(&mreq),
				     sizeof(mreq));
}

static int set_index(struct socket *sock, int level, int name, int index)
{
	return sock->ops->setsockopt(sock, level, name, KERNEL_SOCKPTR(&index), sizeof(index));
}

/* -ENODEV: it is not there */
static int set_device(struct socket *sock, int level, int name, const u8 *device,
		      const struct ckpt_rec_socket_devices *data)
{
	int ifindex = ckpt_find_device(sock->sk, device);

	if (!device[0])
		return 0;
	if (!ifindex)
		return -ENODEV;
	/* One of another family has none. */
	if (level != SOL_SOCKET && !sk_is_inet(sock->sk))
		return -EINVAL;
	if (level == SOL_SOCKET)
		return sock_setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE,
				       KERNEL_SOCKPTR((void *)device), IFNAMSIZ);
	if (level == SOL_IP && name == IP_MULTICAST_IF)
		return set_multicast4(sock, data, ifindex);
	return set_index(sock, level, name, name == IPV6_MULTICAST_IF ? ifindex :
			 (__force int)htonl(ifindex));
}

static int devices_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_socket_devices *data = item->data;
	const struct {
		int level;
		int name;
		const u8 *device;
	} set[] = {
		{ SOL_IP, IP_MULTICAST_IF, data->multicast },
		{ SOL_IP, IP_UNICAST_IF, data->unicast },
		{ SOL_IPV6, IPV6_MULTICAST_IF, data->multicast6 },
		{ SOL_IPV6, IPV6_UNICAST_IF, data->unicast6 },
		/* Then the others could be no different one. */
		{ SOL_SOCKET, SO_BINDTODEVICE, data->bound },
	};
	const struct cred *old;
	int i, err = 0;

	if (!made || !made->sk->sk_socket)
		return ckpt_fail(ctx, -EINVAL, "a socket without a file has devices");
	old = override_creds(made->who);
	for (i = 0; !err && i < ARRAY_SIZE(set); i++) {
		err = set_device(made->sk->sk_socket, set[i].level, set[i].name, set[i].device,
				 data);
		if (err)
			ckpt_fail(ctx, err, "a socket cannot be tied to device %s again (error %d)",
				  set[i].device, -err);
	}
	revert_creds(old);
	return err;
}

CHECKPOINT_KIND(socket_devices) = {
	.name		= "socket_devices",
	.type		= CKPT_REC_SOCKET_DEVICES,
	.size		= sizeof(struct ckpt_rec_socket_devices),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.validate	= devices_validate,
	.restore	= devices_restore,
};
