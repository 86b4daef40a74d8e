// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: TCP sockets that listen, see DOC: TCP.
 */
#include <linux/cred.h>
#include <linux/security.h>
#include <net/tcp.h>
#include "inet.h"

static bool is_tcp(const struct sock *sk)
{
	return sk_is_tcp(sk);
}

static const struct ckpt_kind ckpt_kind_tcp_listen;

static int save_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct ckpt_rec_tcp_listen rec = { .backlog = READ_ONCE(sk->sk_max_ack_backlog) };
	u32 id = ckpt_known_id(ctx, sk, &ckpt_class_socket);

	if (sk->sk_state != TCP_LISTEN)
		return 0;
	return ckpt_emit(ctx, &ckpt_kind_tcp_listen, id, &rec, NULL, 0);
}

static const struct ckpt_private saved_private = CKPT_PRIVATE_XARRAY;

static int save_in_order(struct ckpt_ctx *ctx, struct sock *sk)
{
	return ckpt_visit_reuseport(ctx, &saved_private, sk, save_one);
}

/* Before connections: one that was accepted shares the port with it. */
static int listen_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_visit_sockets(ctx, is_tcp, save_in_order);
}

static int listen_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tcp_listen *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_INET ||
	    data->backlog > INT_MAX)
		return ckpt_fail(ctx, -EINVAL, "a TCP socket that listens is malformed");
	return 0;
}

static int listen_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_tcp_listen *data = item->data;
	const struct cred *old;
	struct socket *sock;
	u8 bytes[sizeof(struct in6_addr)];
	unsigned char reuse;
	int err, shared, backlog;

	if (!made || inet_rec(made)->flags || !sk_is_tcp(made->sk) ||
	    made->sk->sk_state != TCP_CLOSE || !inet_sk(made->sk)->inet_num)
		return ckpt_fail(ctx, -EINVAL, "a socket cannot listen");
	sock = made->sk->sk_socket;
	backlog = min_t(u32, data->backlog, READ_ONCE(sock_net(made->sk)->core.sysctl_somaxconn));
	old = override_creds(made->who);
	reuse = ckpt_tcp_share_with_kept(made, inet_sk(made->sk)->inet_num);
	err = security_socket_listen(sock, backlog) ?: sock->ops->listen(sock, backlog);
	shared = ckpt_tcp_shared_with_kept(made, reuse);
	err = err ?: shared;
	revert_creds(old);
	if (!err)
		return 0;
	ckpt_inet_bytes(made->sk, false, bytes);
	return ckpt_inet_fail_name(ctx, inet_rec(made)->family, bytes, inet_sk(made->sk)->inet_num,
				   err);
}

CHECKPOINT_KIND(tcp_listen) = {
	.name		= "tcp_listen",
	.type		= CKPT_REC_TCP_LISTEN,
	.size		= sizeof(struct ckpt_rec_tcp_listen),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.save		= listen_save,
	.validate	= listen_validate,
	.restore	= listen_restore,
};
