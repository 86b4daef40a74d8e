// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: sockets of AF_VSOCK, between virtual machines and their host.
 */
#include <linux/cred.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/vm_sockets.h>
#include <net/af_vsock.h>
#include "net.h"

/**
 * DOC: vsock sockets
 *
 * SOCK_STREAM and SOCK_SEQPACKET of AF_VSOCK, without a connection.
 *
 * Preserved: the context id and port that it is bound to; that it listens, with its backlog;
 * SO_VM_SOCKETS_BUFFER_SIZE, SO_VM_SOCKETS_BUFFER_MIN_SIZE, SO_VM_SOCKETS_BUFFER_MAX_SIZE,
 * SO_VM_SOCKETS_CONNECT_TIMEOUT.
 *
 * Rebuilt: it is bound and listens by the functions of the system calls, as who made it.
 *
 * Lost: a connection that is made while the program is held and then killed; who made it is
 * told that it is reset.
 *
 * Refused: what is connected, or was, or tried to be, for the other end is elsewhere; a
 * connection that was not accepted; SOCK_DGRAM; at a restart a port that somebody else has, a
 * context id that this machine does not have.
 */

static bool is_vsock(const struct sock *sk)
{
	return sk->sk_family == AF_VSOCK &&
	       (sk->sk_type == SOCK_STREAM || sk->sk_type == SOCK_SEQPACKET);
}

static const struct vsock_sock *vsock_of(const struct sock *sk)
{
	return vsock_sk((struct sock *)sk);
}

static bool listens(const struct sock *sk)
{
	return READ_ONCE(sk->sk_state) == TCP_LISTEN;
}

/* -- files ------------------------------------------------------------------------------- */

/* A transport is chosen when it begins to connect, and stays. */
static bool has_connected(const struct sock *sk)
{
	return !listens(sk) &&
	       (READ_ONCE(sk->sk_state) != TCP_CLOSE || vsock_of(sk)->transport ||
		sk->sk_socket->state != SS_UNCONNECTED);
}

static bool vsock_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_own_socket(ctx, ptr, is_vsock);
}

/* setsockopt(2) does not look at it twice. */
static bool is_odd(const struct sock *sk)
{
	const struct vsock_sock *vsk = vsock_of(sk);

	return vsk->connect_timeout <= 0 ||
	       (sk->sk_type == SOCK_STREAM && sk->sk_rcvlowat > 1 &&
		sk->sk_rcvlowat > vsk->buffer_size);
}

static int vsock_check(struct ckpt_ctx *ctx, void *ptr)
{
	const struct sock *sk = sock_from_file(ptr)->sk;
	int err = ckpt_check_socket_file(ctx, ptr, "a vsock socket");

	if (err)
		return err;
	if (is_odd(sk))
		return ckpt_cannot_save(ctx, "a vsock socket with a time for connecting, or a low mark, that it could not be given now");
	/* As __vsock_bind_connectible() */
	if (vsock_of(sk)->local_addr.svm_port <= LAST_RESERVED_PORT &&
	    !ckpt_may_again(sk, &init_user_ns, CAP_NET_BIND_SERVICE))
		return ckpt_cannot_save(ctx, "a vsock socket with a port that its maker or the caller may not bind to");
	if (has_connected(sk))
		return ckpt_cannot_save(ctx, "a vsock socket that is connected, or was, or tried to be");
	if (READ_ONCE(sk->sk_ack_backlog))
		return ckpt_file_fail(ctx, -EBUSY, "a vsock socket has connections that were not accepted; let the program accept them first");
	return 0;
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(vsock_file) = {
	.name		= "vsock_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= vsock_match,
	.check_object	= vsock_check,
	.save_object	= ckpt_save_socket_file,
};

/* -- save -------------------------------------------------------------------------------- */

#define JIFFY_USEC	(USEC_PER_SEC / HZ)
#define SECONDS_MAX	(S64_MAX / 2 / USEC_PER_SEC - 1)

/* What is longer than a hundred thousand years becomes that. */
static s64 connect_time(const struct vsock_sock *vsk)
{
	return min_t(s64, vsk->connect_timeout / HZ, SECONDS_MAX) * USEC_PER_SEC +
	       vsk->connect_timeout % HZ * JIFFY_USEC;
}

static const struct ckpt_kind ckpt_kind_vsock_listen;

static int vsock_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct sock *sk = ptr;
	const struct vsock_sock *vsk = vsock_of(sk);
	struct ckpt_rec_vsock rec = {
		.type = sk->sk_type,
		.cid = vsk->local_addr.svm_cid, .port = vsk->local_addr.svm_port,
		.error = READ_ONCE(sk->sk_err),
		.size = vsk->buffer_size,
		.size_min = vsk->buffer_min_size, .size_max = vsk->buffer_max_size,
		.connect_us = connect_time(vsk),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_socket->file->f_cred, &rec.cred);

	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	if (!err)
		err = ckpt_save_socket_options(ctx, sk, id);
	return err || !listens(sk) ? err :
	       ckpt_emit(ctx, &ckpt_kind_vsock_listen, id, &(struct ckpt_rec_vsock_listen) {
				.backlog = sk->sk_max_ack_backlog,
			}, NULL, 0);
}

static int vsock_save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_save_sockets(ctx, is_vsock);
}

static bool matches(struct ckpt_ctx *ctx, void *ptr)
{
	return is_vsock(ptr);
}

/* -- validate ---------------------------------------------------------------------------- */

static int vsock_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vsock *data = item->data;
	const bool bound = data->port != VMADDR_PORT_ANY;

	if (data->type != SOCK_STREAM && data->type != SOCK_SEQPACKET)
		return ckpt_fail(ctx, -EINVAL, "a vsock socket of type %u is unknown here",
				 data->type);
	if (data->error > MAX_ERRNO ||
	    (!bound && data->cid != VMADDR_CID_ANY) ||
	    data->connect_us <= 0 || data->connect_us > S64_MAX / 2)
		return ckpt_fail(ctx, -EINVAL, "the state of a vsock socket is malformed");
	return 0;
}

/* -- restore ----------------------------------------------------------------------------- */

static int bind_again(struct ckpt_ctx *ctx, struct socket *sock, const struct ckpt_rec_vsock *data)
{
	struct sockaddr_vm name = {
		.svm_family = AF_VSOCK, .svm_cid = data->cid, .svm_port = data->port,
	};
	int err;

	if (data->port == VMADDR_PORT_ANY)
		return 0;
	err = security_socket_bind(sock, (struct sockaddr *)&name, sizeof(name));
	if (!err)
		err = sock->ops->bind(sock, (struct sockaddr *)&name, sizeof(name));
	return err ? ckpt_fail(ctx, err, "a vsock socket cannot have port %u of context %u again (error %d)",
			       data->port, data->cid, -err) : 0;
}

static int set_size(struct socket *sock, int name, u64 size)
{
	return sock->ops->setsockopt(sock, AF_VSOCK, name, KERNEL_SOCKPTR(&size), sizeof(size));
}

/* The limits first, for the size is kept between them. */
static int set_options(struct ckpt_ctx *ctx, struct socket *sock,
		       const struct ckpt_rec_vsock *data)
{
	struct __kernel_sock_timeval time;
	u32 part;
	int err;

	time.tv_sec = div_u64_rem(data->connect_us, USEC_PER_SEC, &part);
	time.tv_usec = part;
	err = set_size(sock, SO_VM_SOCKETS_BUFFER_MAX_SIZE, data->size_max);
	err = err ?: set_size(sock, SO_VM_SOCKETS_BUFFER_MIN_SIZE, data->size_min);
	err = err ?: set_size(sock, SO_VM_SOCKETS_BUFFER_SIZE, data->size);
	err = err ?: sock->ops->setsockopt(sock, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW,
					   KERNEL_SOCKPTR(&time), sizeof(time));
	return err ? ckpt_fail(ctx, err, "the options of a vsock socket cannot be set again (error %d)",
			       -err) : 0;
}

static void *vsock_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_vsock *data = item->data;
	struct ckpt_socket *made;
	const struct cred *old;
	int err;

	made = ckpt_make_socket(ctx, ckpt_socket_cred(ctx, false, data->cred), AF_VSOCK,
				data->type, 0, data);
	if (IS_ERR(made))
		return made;
	old = override_creds(made->who);
	err = set_options(ctx, made->sock, data) ?: bind_again(ctx, made->sock, data);
	revert_creds(old);
	made->sk->sk_err = data->error;
	if (!err)
		return made;
	ckpt_class_socket.put(made);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(vsock) = {
	.name		= "vsock",
	.type		= CKPT_REC_VSOCK,
	.size		= sizeof(struct ckpt_rec_vsock),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.defines	= true,
	.match		= matches,
	.save		= vsock_save_all,
	.save_object	= vsock_save,
	.validate	= vsock_validate,
	.restore_object	= vsock_restore,
};

/* -- who listens ---------------------------------------------------------------------------- */

static int listen_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vsock_listen *data = item->data;

	return data->backlog <= INT_MAX ? 0 :
	       ckpt_fail(ctx, -EINVAL, "how a vsock socket listens is malformed");
}

/* When all pages are in place: a call is answered from now on. */
static int listen_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_vsock_listen *data = item->data;
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct cred *old;
	struct socket *sock;
	int backlog, err;

	if (!made || !is_vsock(made->sk) || !made->sk->sk_socket ||
	    made->sk->sk_state != TCP_CLOSE ||
	    vsock_of(made->sk)->local_addr.svm_port == VMADDR_PORT_ANY)
		return ckpt_fail(ctx, -EINVAL, "a socket that cannot listen as one of AF_VSOCK does");
	sock = made->sk->sk_socket;
	backlog = min_t(u32, data->backlog, READ_ONCE(sock_net(made->sk)->core.sysctl_somaxconn));
	old = override_creds(made->who);
	err = security_socket_listen(sock, backlog) ?: sock->ops->listen(sock, backlog);
	revert_creds(old);
	return err ? ckpt_fail(ctx, err, "a vsock socket cannot listen again (error %d)", -err) : 0;
}

CHECKPOINT_KIND(vsock_listen) = {
	.name		= "vsock_listen",
	.type		= CKPT_REC_VSOCK_LISTEN,
	.size		= sizeof(struct ckpt_rec_vsock_listen),
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.validate	= listen_validate,
	.restore	= listen_restore,
};
