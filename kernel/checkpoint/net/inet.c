// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: sockets of IPv4 and IPv6, as socket(2) and bind(2) make them.  Each
 * protocol has its own kinds for what comes behind that, and one that claims the files.
 */
#include <linux/cred.h>
#include <linux/slab.h>
#include "udp.h"

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

/*
 * What is created again, beside raw sockets and those of ICMP echo.  A row comes with the kinds
 * that save the rest of its state.
 */
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
	if (type == SOCK_RAW)
		return protocol && protocol < IPPROTO_MAX;
	if (type == SOCK_DGRAM && protocol == ckpt_echo_protocol(family))
		return true;
	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].type == type && protocols[i].protocol == protocol)
			return true;
	return false;
}

/**
 * ckpt_is_inet - is it an internet socket that is created again?
 * @sk: the socket
 *
 * Return: true if so
 */
bool ckpt_is_inet(const struct sock *sk)
{
	return is_known(sk->sk_family, sk->sk_type, sk->sk_protocol);
}

static bool matches(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_inet(ptr);
}

/* -- save ---------------------------------------------------------------------------------- */

static u32 flags_of(const struct sock *sk)
{
	u32 flags = 0;

	if (!sk->sk_socket)
		return CKPT_INET_PENDING;
	if (sk->sk_socket->state == SS_CONNECTED)
		flags |= CKPT_INET_CONNECTED;
	if (sk->sk_socket->state == SS_CONNECTING)
		flags |= CKPT_INET_CONNECTING;
	if (flags && sock_flag(sk, SOCK_DONE))
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
	int err = 0;

	if (sk->sk_socket) {
		rec.shutdown = ckpt_inet_is_connected(sk) ? 0 : sk->sk_shutdown;
		rec.error = READ_ONCE(sk->sk_err);
		rec.soft_error = READ_ONCE(sk->sk_err_soft);
		err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_socket->file->f_cred,
				       &rec.cred);
	}
	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	return err ?: ckpt_save_socket_options(ctx, sk, id);
}

/* All that records may refer to is there before any that does. */
static int inet_save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_save_sockets(ctx, ckpt_is_inet);
}

/* -- validate ------------------------------------------------------------------------------ */

static bool valid_state(const struct ckpt_rec_inet *data)
{
	const u32 flags = data->flags;

	if (flags & CKPT_INET_PENDING)
		return flags == CKPT_INET_PENDING && data->type == SOCK_STREAM &&
		       !data->shutdown && !data->error && !data->soft_error && !data->cred;
	if (flags & CKPT_INET_CONNECTED && flags & CKPT_INET_CONNECTING)
		return false;
	/* What could be connected anew has nothing of an earlier connection. */
	if (flags == CKPT_INET_DONE)
		return false;
	return !(flags & ~(CKPT_INET_CONNECTED | CKPT_INET_CONNECTING | CKPT_INET_DONE)) &&
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
	made->sock->state = ckpt_inet_state(data);
	if (data->flags & CKPT_INET_DONE)
		sock_set_flag(sk, SOCK_DONE);
}

static void *inet_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inet *data = item->data;
	const bool pending = data->flags & CKPT_INET_PENDING;
	struct ckpt_socket *made;

	made = ckpt_make_socket(ctx, ckpt_socket_cred(ctx, pending, data->cred), data->family,
				data->type, data->protocol, data);
	if (!IS_ERR(made))
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
