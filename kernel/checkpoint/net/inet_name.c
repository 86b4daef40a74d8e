// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: addresses and ports to which internet sockets are bound, see DOC: internet
 * sockets.
 */
#include <linux/cred.h>
#include <linux/jhash.h>
#include <linux/security.h>
#include <net/ipv6.h>
#include "inet.h"

/* -- addresses ----------------------------------------------------------------------------- */

/**
 * ckpt_inet_bytes - the address of a socket, as a record has it
 * @sk: the socket
 * @peer: that of its peer
 * @bytes: out: 16 bytes
 */
void ckpt_inet_bytes(const struct sock *sk, bool peer, u8 *bytes)
{
	memset(bytes, 0, sizeof(struct in6_addr));
	if (sk->sk_family == AF_INET)
		memcpy(bytes, peer ? &inet_sk(sk)->inet_daddr : &inet_sk(sk)->inet_rcv_saddr,
		       sizeof(__be32));
#if IS_ENABLED(CONFIG_IPV6)
	else
		memcpy(bytes, peer ? &sk->sk_v6_daddr : &sk->sk_v6_rcv_saddr,
		       sizeof(struct in6_addr));
#endif
}

/**
 * ckpt_inet_valid_address - validate: an address of a record
 * @family: AF_*
 * @bytes: 16 bytes
 *
 * Return: true if it may be one
 */
bool ckpt_inet_valid_address(u32 family, const u8 *bytes)
{
	return family == AF_INET6 || !memchr_inv(bytes + sizeof(__be32), 0,
						 sizeof(struct in6_addr) - sizeof(__be32));
}

/**
 * ckpt_inet_address - restart: an address for bind(2) or connect(2)
 * @family: AF_*
 * @bytes: the address of a record
 * @port: its port
 * @address: out: the address
 *
 * Return: its size
 */
int ckpt_inet_address(u32 family, const u8 *bytes, u32 port, union ckpt_inet_address *address)
{
	memset(address, 0, sizeof(*address));
	if (family == AF_INET) {
		address->in.sin_family = AF_INET;
		address->in.sin_port = htons(port);
		memcpy(&address->in.sin_addr, bytes, sizeof(address->in.sin_addr));
		return sizeof(address->in);
	}
	address->in6.sin6_family = AF_INET6;
	address->in6.sin6_port = htons(port);
	memcpy(&address->in6.sin6_addr, bytes, sizeof(address->in6.sin6_addr));
	return sizeof(address->in6);
}

/* -- save ---------------------------------------------------------------------------------- */

static const struct ckpt_kind ckpt_kind_inet_name;

/**
 * ckpt_inet_name_flags - save: what bind(2) has chosen
 * @sk: the socket
 *
 * Return: CKPT_INET_NAME_*
 */
u32 ckpt_inet_name_flags(const struct sock *sk)
{
	return (sk->sk_userlocks & SOCK_BINDADDR_LOCK ? CKPT_INET_NAME_ADDRESS : 0) |
	       (sk->sk_userlocks & SOCK_BINDPORT_LOCK ? CKPT_INET_NAME_PORT : 0);
}

static int save_name(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct ckpt_rec_inet_name rec = {
		.port = inet_sk(sk)->inet_num, .flags = ckpt_inet_name_flags(sk),
	};

	/* One that is connected gets its name with its peer. */
	if (ckpt_inet_is_connected(sk))
		return 0;
	/* One whose connection has ended keeps an address, perhaps that of the listener. */
	if (!rec.port && (!(rec.flags & CKPT_INET_NAME_ADDRESS) ||
			  sk->sk_socket->state != SS_UNCONNECTED))
		return 0;
	ckpt_inet_bytes(sk, false, rec.address);
	return ckpt_emit(ctx, &ckpt_kind_inet_name, ckpt_known_id(ctx, sk, &ckpt_class_socket),
			 &rec, NULL, 0);
}

static const struct ckpt_private saved_private = CKPT_PRIVATE_XARRAY;

static int save_in_order(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_reuseport(ctx, &saved_private, sk, save_name);
}

/* When all are saved, and before what has to be bound by then */
static int name_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, ckpt_is_inet, save_in_order);
}

/* -- validate and restore ------------------------------------------------------------------ */

/* -- who has been bound ---------------------------------------------------------------------- */

static const u8 any_address[sizeof(struct in6_addr)];

/* Sockets that have been bound, by port and address */
static const struct ckpt_private names_private = CKPT_PRIVATE_XARRAY;

static unsigned long name_index(u32 family, const u8 *bytes, u32 port)
{
	return (unsigned long)jhash(bytes, sizeof(struct in6_addr), family) << 16 | port;
}

static const struct ckpt_socket *find_name(struct ckpt_ctx *ctx, u32 family, const u8 *bytes,
					   u32 port)
{
	struct xarray *names = ckpt_private(&ctx->privates, &names_private);
	const struct ckpt_socket *made;
	u8 its[sizeof(struct in6_addr)];

	made = names ? xa_load(names, name_index(family, bytes, port)) : NULL;

	if (!made || inet_rec(made)->family != family || inet_sk(made->sk)->inet_num != port)
		return NULL;
	ckpt_inet_bytes(made->sk, false, its);
	return memcmp(its, bytes, sizeof(its)) ? NULL : made;
}

/**
 * ckpt_inet_owner - restart: a socket of the image that has an address and port
 * @ctx: the call
 * @family: AF_*
 * @bytes: the address
 * @port: the port
 *
 * What it accepts is there too, whoever does it.
 *
 * Return: it, or one that has the port at all addresses; else NULL
 */
const struct ckpt_socket *ckpt_inet_owner(struct ckpt_ctx *ctx, u32 family, const u8 *bytes,
					  u32 port)
{
	return find_name(ctx, family, bytes, port) ?: find_name(ctx, family, any_address, port);
}

static int name_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inet_name *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET)
		return ckpt_fail(ctx, -EINVAL, "an address is of what is no internet socket");
	if (data->flags & ~(CKPT_INET_NAME_ADDRESS | CKPT_INET_NAME_PORT) ||
	    data->port > U16_MAX || (!data->port && data->flags & CKPT_INET_NAME_PORT))
		return ckpt_fail(ctx, -EINVAL, "the address of an internet socket is malformed");
	return 0;
}

/**
 * ckpt_inet_bind - restart: bind a socket, as bind(2) does
 * @ctx: the call
 * @made: the socket, which has a file
 * @bytes: the address
 * @port: the port
 * @flags: CKPT_INET_NAME_*
 *
 * Context: with the credentials to do it; may sleep.
 * Return: 0 or negative errno
 */
int ckpt_inet_bind(struct ckpt_ctx *ctx, struct ckpt_socket *made, const u8 *bytes, u32 port,
		   u32 flags)
{
	struct socket *sock = made->sk->sk_socket;
	union ckpt_inet_address address;
	int len = ckpt_inet_address(inet_rec(made)->family, bytes, port, &address);
	struct xarray *names = ckpt_make_private(&ctx->privates, &names_private);
	int err = names ? security_socket_bind(sock, &address.any, len) : -ENOMEM;
	bool no_port = inet_test_bit(BIND_ADDRESS_NO_PORT, sock->sk);

	/* One whose connect(2) failed may have kept its address, and no port. */
	if (!port)
		inet_set_bit(BIND_ADDRESS_NO_PORT, sock->sk);
	if (!err)
		err = sock->ops->bind(sock, &address.any, len);
	inet_assign_bit(BIND_ADDRESS_NO_PORT, sock->sk, no_port);
	if (err)
		return err;
	if (inet_sk(sock->sk)->inet_num != port)
		return -EINVAL;
	lock_sock(sock->sk);
	sock->sk->sk_userlocks &= ~(SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK);
	if (flags & CKPT_INET_NAME_ADDRESS)
		sock->sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (flags & CKPT_INET_NAME_PORT)
		sock->sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	release_sock(sock->sk);
	/* Only of TCP connections share the port of another socket. */
	if (!sk_is_tcp(sock->sk))
		return 0;
	return xa_err(xa_store(names, name_index(inet_rec(made)->family, bytes, port), made,
			       GFP_KERNEL_ACCOUNT));
}

/**
 * ckpt_inet_fail_name - restart: report why a socket cannot be bound
 * @ctx: the call
 * @family: AF_*
 * @bytes: the address
 * @port: the port
 * @err: negative errno
 *
 * Return: @err
 */
int ckpt_inet_fail_name(struct ckpt_ctx *ctx, u32 family, const u8 *bytes, u32 port, int err)
{
	union ckpt_inet_address address;

	ckpt_inet_address(family, bytes, port, &address);
	if (err == -EADDRINUSE)
		return ckpt_fail(ctx, err, "%pISpc is in use by another socket; end who has it, or wait a minute for connections that have ended (see ss -a)",
				 &address);
	if (err == -EADDRNOTAVAIL)
		return ckpt_fail(ctx, err, "a socket was bound to %pISpc, an address that this machine does not have",
				 &address);
	if (err == -EACCES)
		return ckpt_fail(ctx, err, "%pISpc is a port for the privileged (CAP_NET_BIND_SERVICE)",
				 &address);
	return ckpt_fail(ctx, err, "a socket cannot be bound to %pISpc again (error %d)", &address,
			 -err);
}

static int name_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_inet_name *data = item->data;
	const struct cred *old;
	unsigned char reuse;
	int err, shared;

	if (!made || inet_rec(made)->flags & CKPT_INET_PENDING ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->address))
		return ckpt_fail(ctx, -EINVAL, "an internet socket cannot have such an address");
	old = override_creds(made->who);
	reuse = ckpt_tcp_share_with_kept(made, data->port);
	err = ckpt_inet_bind(ctx, made, data->address, data->port, data->flags);
	shared = ckpt_tcp_shared_with_kept(made, reuse);
	err = err ?: shared;
	revert_creds(old);
	return err ? ckpt_inet_fail_name(ctx, inet_rec(made)->family, data->address, data->port,
					 err) : 0;
}

CHECKPOINT_KIND(inet_name) = {
	.name		= "inet_name",
	.type		= CKPT_REC_INET_NAME,
	.size		= sizeof(struct ckpt_rec_inet_name),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.save		= name_save,
	.validate	= name_validate,
	.restore	= name_restore,
};
