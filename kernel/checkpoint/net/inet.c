// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: sockets of IPv4 and IPv6, as socket(2) and bind(2) make them.  Each
 * protocol has its own kinds for what comes behind that, and one that claims the files.
 */
#include <linux/cred.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include "inet.h"

/**
 * DOC: internet sockets
 *
 * What sockets of all protocols have in common.
 *
 * Preserved: family, type and protocol; to which address and port they are bound, and whether
 * bind(2) chose them; what shutdown(2) has ended; errors that were not reported.
 *
 * Rebuilt: they live in the network namespace of the restarter.  A socket is made by
 * socket(2)'s own function and bound by bind(2)'s, as who made it: a port below 1024 needs
 * what it needs there.
 *
 * Refused: other protocols, by name; at a restart an address that the machine does not have,
 * a port that another socket has.
 */

/* What is created again.  A row comes with the kinds that save the rest of its state. */
static const struct {
	u32 type;
	u32 protocol;
} protocols[] = {
	{ SOCK_STREAM, IPPROTO_TCP },
	{ SOCK_DGRAM, IPPROTO_UDP },
	{ SOCK_DGRAM, IPPROTO_UDPLITE },
};

static bool is_known(u32 family, u32 type, u32 protocol)
{
	int i;

	if (family != AF_INET && family != AF_INET6)
		return false;
	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].type == type && protocols[i].protocol == protocol)
			return true;
	return false;
}

static bool is_inet(const struct sock *sk)
{
	return is_known(sk->sk_family, sk->sk_type, sk->sk_protocol);
}

static bool matches(struct ckpt_ctx *ctx, void *ptr)
{
	return is_inet(ptr);
}

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
 * @made: the socket
 * @bytes: the address of a record
 * @port: its port
 * @address: out: the address
 *
 * Return: its size
 */
int ckpt_inet_address(const struct ckpt_socket *made, const u8 *bytes, u32 port,
		      union ckpt_inet_address *address)
{
	memset(address, 0, sizeof(*address));
	if (inet_rec(made)->family == AF_INET) {
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

/* One that is connected gets its name with its peer. */
static bool has_own_name(const struct sock *sk)
{
	return sk->sk_type != SOCK_STREAM || sk->sk_state == TCP_CLOSE ||
	       sk->sk_state == TCP_LISTEN;
}

static const struct ckpt_kind ckpt_kind_inet_name;

static int save_name(struct ckpt_ctx *ctx, const struct sock *sk, u32 id)
{
	struct ckpt_rec_inet_name rec = { .port = inet_sk(sk)->inet_num };

	if (sk->sk_userlocks & SOCK_BINDADDR_LOCK)
		rec.flags |= CKPT_INET_NAME_ADDRESS;
	if (sk->sk_userlocks & SOCK_BINDPORT_LOCK)
		rec.flags |= CKPT_INET_NAME_PORT;
	if (!has_own_name(sk) || (!rec.port && !rec.flags))
		return 0;
	ckpt_inet_bytes(sk, false, rec.address);
	return ckpt_emit(ctx, &ckpt_kind_inet_name, id, &rec, NULL, 0);
}

static u32 flags_of(const struct sock *sk)
{
	u32 flags = 0;

	if (sock_flag(sk, SOCK_DEAD))
		return CKPT_INET_CLOSED;
	if (!sk->sk_socket)
		return CKPT_INET_PENDING;
	if (sk->sk_socket->state == SS_CONNECTED)
		flags |= CKPT_INET_CONNECTED;
	if (sock_flag(sk, SOCK_DONE))
		flags |= CKPT_INET_DONE;
	return flags;
}

static int inet_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	const struct sock *sk = ptr;
	struct ckpt_rec_inet rec = {
		.family = sk->sk_family, .type = sk->sk_type, .protocol = sk->sk_protocol,
		.flags = flags_of(sk),
	};
	bool alone = rec.flags & (CKPT_INET_CLOSED | CKPT_INET_PENDING);
	int err = 0;

	if (!alone) {
		rec.shutdown = has_own_name(sk) ? sk->sk_shutdown : 0;
		rec.error = READ_ONCE(sk->sk_err);
		rec.soft_error = READ_ONCE(sk->sk_err_soft);
		err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_socket->file->f_cred,
				       &rec.cred);
	}
	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	if (err || alone)
		return err;
	return ckpt_save_socket_options(ctx, sk, id) ?: save_name(ctx, sk, id);
}

static int save_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	u32 id;

	return ckpt_save_object(ctx, &ckpt_class_socket, sk, &id);
}

/* All that records may refer to is there before any that does. */
static int inet_save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_inet, save_one);
}

/* -- validate ------------------------------------------------------------------------------ */

static bool valid_state(const struct ckpt_rec_inet *data)
{
	const u32 flags = data->flags;

	if (flags & (CKPT_INET_PENDING | CKPT_INET_CLOSED))
		return (flags == CKPT_INET_PENDING || flags == CKPT_INET_CLOSED) &&
		       data->type == SOCK_STREAM && !data->shutdown && !data->error &&
		       !data->soft_error && !data->cred;
	return !(flags & ~(CKPT_INET_CONNECTED | CKPT_INET_DONE)) &&
	       (!flags || data->type == SOCK_STREAM) && !(data->shutdown & ~SHUTDOWN_MASK) &&
	       data->error <= MAX_ERRNO && data->soft_error <= MAX_ERRNO;
}

static int inet_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inet *data = item->data;

	if (!is_known(data->family, data->type, data->protocol))
		return ckpt_fail(ctx, -EINVAL, "a socket of family %u, type %u, protocol %u is unknown here",
				 data->family, data->type, data->protocol);
	if (!valid_state(data))
		return ckpt_fail(ctx, -EINVAL, "the state of an internet socket is malformed");
	return 0;
}

/* -- restore ------------------------------------------------------------------------------- */

static void set_state(struct ckpt_socket *made)
{
	const struct ckpt_rec_inet *data = made->data;
	struct sock *sk = made->sk;

	sk->sk_shutdown = data->shutdown;
	sk->sk_err = data->error;
	sk->sk_err_soft = data->soft_error;
	if (data->flags & CKPT_INET_CONNECTED)
		made->sock->state = SS_CONNECTED;
	if (data->flags & CKPT_INET_DONE)
		sock_set_flag(sk, SOCK_DONE);
}

static void *inet_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inet *data = item->data;
	const struct cred *who = ctx->caller_cred, *old;
	struct ckpt_socket *made;
	int err;

	/* Of what has no file nobody sees who made it. */
	if (!(data->flags & (CKPT_INET_PENDING | CKPT_INET_CLOSED)))
		who = ckpt_file_cred(ctx, data->cred);
	if (IS_ERR(who))
		return ERR_CAST(who);
	made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	if (!made)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for an internet socket"));
	made->data = data;
	old = override_creds(who);
	err = sock_create(data->family, data->type, data->protocol, &made->sock);
	revert_creds(old);
	if (err) {
		kfree(made);
		return ERR_PTR(ckpt_fail(ctx, err, "a socket of family %u, type %u, protocol %u cannot be made (error %d)",
					 data->family, data->type, data->protocol, -err));
	}
	made->who = get_cred(who);
	made->sk = made->sock->sk;
	sock_hold(made->sk);
	set_state(made);
	return made;
}

CHECKPOINT_KIND(inet) = {
	.name		= "inet",
	.type		= CKPT_REC_INET,
	.size		= sizeof(struct ckpt_rec_inet),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.defines	= true,
	.match		= matches,
	.save		= inet_save_all,
	.save_object	= inet_save,
	.validate	= inet_validate,
	.restore_object	= inet_restore,
};

/* -- names --------------------------------------------------------------------------------- */

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
 * @made: the socket, which has a file
 * @bytes: the address
 * @port: the port
 * @flags: CKPT_INET_NAME_*
 *
 * Context: with the credentials to do it; may sleep.
 * Return: 0 or negative errno
 */
int ckpt_inet_bind(struct ckpt_socket *made, const u8 *bytes, u32 port, u32 flags)
{
	struct socket *sock = made->sk->sk_socket;
	union ckpt_inet_address address;
	int len = ckpt_inet_address(made, bytes, port, &address);
	int err = security_socket_bind(sock, &address.any, len);

	if (!err)
		err = sock->ops->bind(sock, &address.any, len);
	if (err)
		return err;
	/* Without IP_BIND_ADDRESS_NO_PORT it gets a port where it had none. */
	if (inet_sk(sock->sk)->inet_num != port)
		return -EINVAL;
	lock_sock(sock->sk);
	sock->sk->sk_userlocks &= ~(SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK);
	if (flags & CKPT_INET_NAME_ADDRESS)
		sock->sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (flags & CKPT_INET_NAME_PORT)
		sock->sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	release_sock(sock->sk);
	return 0;
}

static int fail_name(struct ckpt_ctx *ctx, const struct ckpt_socket *made,
		     const struct ckpt_rec_inet_name *data, int err)
{
	union ckpt_inet_address address;

	ckpt_inet_address(made, data->address, data->port, &address);
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
	int err;

	if (!made || inet_rec(made)->flags & (CKPT_INET_PENDING | CKPT_INET_CLOSED) ||
	    !ckpt_inet_valid_address(inet_rec(made)->family, data->address))
		return ckpt_fail(ctx, -EINVAL, "an internet socket cannot have such an address");
	old = override_creds(made->who);
	err = ckpt_inet_bind(made, data->address, data->port, data->flags);
	revert_creds(old);
	return err ? fail_name(ctx, made, data, err) : 0;
}

CHECKPOINT_KIND(inet_name) = {
	.name		= "inet_name",
	.type		= CKPT_REC_INET_NAME,
	.size		= sizeof(struct ckpt_rec_inet_name),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.validate	= name_validate,
	.restore	= name_restore,
};
