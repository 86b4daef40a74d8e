// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: netlink sockets.
 */
#include <linux/cred.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "../../audit.h"
#include "netlink.h"

/**
 * DOC: netlink sockets
 *
 * Of NETLINK_ROUTE, NETLINK_USERSOCK, NETLINK_SOCK_DIAG, NETLINK_AUDIT and
 * NETLINK_KOBJECT_UEVENT.
 *
 * Preserved: port id, the groups that are received, whom it is connected with, what was not
 * received, the options NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS,
 * NETLINK_LISTEN_ALL_NSID, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK.
 *
 * Rebuilt: it is bound and joins its groups by the functions of the system calls, as who made
 * it.  One that receives groups has missed what was sent to them meanwhile; it is told that by
 * ENOBUFS, as one that had no room, unless it has NETLINK_NO_ENOBUFS.
 *
 * Refused: an answer (a dump) that is not complete: try again; other protocols, for there the
 * kernel may have noted the socket; NETLINK_AUDIT of the audit daemon, which it has; at a
 * restart a port id that somebody else has.
 *
 * Immaterial: how much was received at once, a hint for the next answer.
 */

/*
 * What is known to keep nothing of a socket but what is in its struct, and of audit what the
 * daemon has that is registered there.
 */
static const u32 protocols[] = {
	NETLINK_ROUTE, NETLINK_USERSOCK, NETLINK_SOCK_DIAG, NETLINK_AUDIT, NETLINK_KOBJECT_UEVENT,
};

static bool is_known(u32 type, u32 protocol)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i] == protocol)
			return type == SOCK_RAW || type == SOCK_DGRAM;
	return false;
}

/**
 * ckpt_is_netlink - is it a socket of netlink that can be saved?
 * @sk: the socket
 *
 * Return: true if so
 */
bool ckpt_is_netlink(const struct sock *sk)
{
	return sk->sk_family == AF_NETLINK && is_known(sk->sk_type, sk->sk_protocol);
}

/* -- files ------------------------------------------------------------------------------- */

static bool netlink_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_own_socket(ctx, ptr, ckpt_is_netlink);
}

static bool has_audit_daemon(struct ckpt_ctx *ctx)
{
#ifdef CONFIG_AUDIT
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (auditd_test_task(t->task))
			return true;
#endif
	return false;
}

static int netlink_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_from_file(file)->sk;
	int err = ckpt_check_socket_file(ctx, file, "a netlink socket");

	if (err)
		return err;
	if (sk->sk_protocol == NETLINK_AUDIT && has_audit_daemon(ctx))
		return ckpt_cannot_save(ctx, "a netlink socket of the audit daemon");
	if (READ_ONCE(nlk_sk(sk)->cb_running))
		return ckpt_file_fail(ctx, -EAGAIN, "a netlink socket has an answer that is not complete; try again when the program has received it");
	return ckpt_check_netlink_messages(ctx, sk);
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(netlink_file) = {
	.name		= "netlink_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= netlink_match,
	.check_object	= netlink_check,
	.save_object	= ckpt_save_socket_file,
};

/* -- options ----------------------------------------------------------------------------- */

static bool has_netlink(const struct sock *sk)
{
	return sk->sk_family == AF_NETLINK;
}

static s64 get_bit(const struct sock *sk, const struct ckpt_option *option, s64 *more)
{
	return test_bit(option->bit, &container_of_const(sk, struct netlink_sock, sk)->flags);
}

#define BIT_OF(_name, _bit)	\
	{ SOL_NETLINK, _name, NETLINK_F_##_bit, 0, 1, 1, get_bit, ckpt_set_number }

static const struct ckpt_option options[] = {
	BIT_OF(NETLINK_PKTINFO, RECV_PKTINFO),
	BIT_OF(NETLINK_BROADCAST_ERROR, BROADCAST_SEND_ERROR),
	BIT_OF(NETLINK_NO_ENOBUFS, RECV_NO_ENOBUFS),
	BIT_OF(NETLINK_LISTEN_ALL_NSID, LISTEN_ALL_NSID),
	BIT_OF(NETLINK_CAP_ACK, CAP_ACK),
	BIT_OF(NETLINK_EXT_ACK, EXT_ACK),
	BIT_OF(NETLINK_GET_STRICT_CHK, STRICT_CHK),
};

static const char *bad_netlink(const struct sock *sk)
{
	if (test_bit(NETLINK_F_LISTEN_ALL_NSID,
		     &container_of_const(sk, struct netlink_sock, sk)->flags) &&
	    !ckpt_may_again(sk, sock_net(sk)->user_ns, CAP_NET_BROADCAST))
		return "with NETLINK_LISTEN_ALL_NSID, which its maker or the caller may not set";
	return NULL;
}

const struct ckpt_option_level ckpt_options_netlink = {
	.level = SOL_NETLINK, .has = has_netlink, .bad = bad_netlink,
	.options = options, .nr = ARRAY_SIZE(options),
};

/* -- save -------------------------------------------------------------------------------- */

/* More than any protocol has by far */
#define GROUPS_MAX	1024

static u32 get_groups(struct sock *sk, u32 *groups)
{
	const struct netlink_sock *nlk = nlk_sk(sk);
	u32 i, nr = 0;

	netlink_table_grab();
	for (i = 0; i < min_t(u32, nlk->ngroups, GROUPS_MAX); i++)
		if (test_bit(i, nlk->groups))
			groups[nr++] = i + 1;
	netlink_table_ungrab();
	return nr;
}

static int emit_socket(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct sock *sk, u32 id,
		       struct ckpt_rec_netlink *rec)
{
	u32 *groups = kcalloc(GROUPS_MAX, sizeof(*groups), GFP_KERNEL_ACCOUNT);
	int err;

	if (!groups)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the groups of a netlink socket");
	err = ckpt_emit(ctx, kind, id, rec, groups, get_groups(sk, groups));
	kfree(groups);
	return err;
}

static int netlink_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct sock *sk = ptr;
	const struct netlink_sock *nlk = nlk_sk(sk);
	struct ckpt_rec_netlink rec = {
		.type = sk->sk_type, .protocol = sk->sk_protocol,
		.port = nlk->bound ? nlk->portid : 0,
		.error = READ_ONCE(sk->sk_err),
	};
	int err;

	if (sk->sk_state == NETLINK_CONNECTED) {
		rec.flags |= CKPT_NETLINK_CONNECTED;
		rec.peer_port = nlk->dst_portid;
		rec.peer_group = nlk->dst_group;
	}
	err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_socket->file->f_cred, &rec.cred);
	if (!err)
		err = emit_socket(ctx, kind, sk, id, &rec);
	return err ?: ckpt_save_socket_options(ctx, sk, id);
}

static int netlink_save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_save_sockets(ctx, ckpt_is_netlink);
}

static bool matches(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_netlink(ptr);
}

/* -- validate ---------------------------------------------------------------------------- */

static int netlink_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_netlink *data = item->data;
	const bool connected = data->flags & CKPT_NETLINK_CONNECTED;
	const u32 *groups = item->array;
	u32 i;

	if (!is_known(data->type, data->protocol))
		return ckpt_fail(ctx, -EINVAL, "a netlink socket of type %u, protocol %u is unknown here",
				 data->type, data->protocol);
	if (data->flags & ~CKPT_NETLINK_CONNECTED || data->error > MAX_ERRNO ||
	    data->peer_group > 32 || (connected && !data->port) ||
	    (!connected && (data->peer_port || data->peer_group)))
		return ckpt_fail(ctx, -EINVAL, "the state of a netlink socket is malformed");
	for (i = 0; i < item->count; i++)
		if (!groups[i] || groups[i] > GROUPS_MAX || (i && groups[i] <= groups[i - 1]))
			return ckpt_fail(ctx, -EINVAL, "a netlink socket receives group %u, or that twice",
					 groups[i]);
	return 0;
}

/* -- restore ----------------------------------------------------------------------------- */

static int bind_again(struct ckpt_ctx *ctx, struct socket *sock,
		      const struct ckpt_rec_netlink *data)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = data->port };
	int err;

	if (!data->port)
		return 0;
	err = security_socket_bind(sock, (struct sockaddr *)&name, sizeof(name));
	if (!err)
		err = sock->ops->bind(sock, (struct sockaddr *)&name, sizeof(name));
	if (err == -EADDRINUSE)
		return ckpt_fail(ctx, err, "the port id %u of a netlink socket is in use by another one",
				 data->port);
	return err ? ckpt_fail(ctx, err, "a netlink socket cannot have port id %u again (error %d)",
			       data->port, -err) : 0;
}

static int connect_again(struct ckpt_ctx *ctx, struct socket *sock,
			 const struct ckpt_rec_netlink *data)
{
	struct sockaddr_nl name = {
		.nl_family = AF_NETLINK, .nl_pid = data->peer_port,
		.nl_groups = data->peer_group ? 1U << (data->peer_group - 1) : 0,
	};
	int err;

	if (!(data->flags & CKPT_NETLINK_CONNECTED))
		return 0;
	err = security_socket_connect(sock, (struct sockaddr *)&name, sizeof(name));
	if (!err)
		err = sock->ops->connect(sock, (struct sockaddr *)&name, sizeof(name), 0);
	return err ? ckpt_fail(ctx, err, "a netlink socket cannot be connected with port id %u, group %u again (error %d)",
			       data->peer_port, data->peer_group, -err) : 0;
}

static int join_again(struct ckpt_ctx *ctx, struct socket *sock, const struct ckpt_item *item)
{
	const u32 *groups = item->array;
	int err;
	u32 i;

	for (i = 0; i < item->count; i++) {
		u32 group = groups[i];

		err = sock->ops->setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
					    KERNEL_SOCKPTR(&group), sizeof(group));
		if (err)
			return ckpt_fail(ctx, err, "a netlink socket cannot receive group %u again (error %d)",
					 group, -err);
	}
	return 0;
}

static int fill_socket(struct ckpt_ctx *ctx, struct ckpt_socket *made, const struct ckpt_item *item)
{
	const struct cred *old = override_creds(made->who);
	int err;

	err = bind_again(ctx, made->sock, made->data);
	if (!err)
		err = connect_again(ctx, made->sock, made->data);
	if (!err)
		err = join_again(ctx, made->sock, item);
	revert_creds(old);
	made->sk->sk_err = netlink_rec(made)->error;
	return err;
}

static void *netlink_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_netlink *data = item->data;
	struct ckpt_socket *made;
	int err;

	made = ckpt_make_socket(ctx, ckpt_socket_cred(ctx, false, data->cred), AF_NETLINK,
				data->type, data->protocol, data);
	if (IS_ERR(made))
		return made;
	err = fill_socket(ctx, made, item);
	if (!err)
		return made;
	ckpt_class_socket.put(made);
	return ERR_PTR(err);
}

/* What its groups were told since the capture it will never see. */
static void netlink_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);

	if (!item->count || test_bit(NETLINK_F_RECV_NO_ENOBUFS, &nlk_sk(made->sk)->flags))
		return;
	cmpxchg(&made->sk->sk_err, 0, ENOBUFS);
	sk_error_report(made->sk);
}

CHECKPOINT_KIND(netlink) = {
	.name		= "netlink",
	.type		= CKPT_REC_NETLINK,
	.size		= sizeof(struct ckpt_rec_netlink),
	CKPT_ARRAY(struct ckpt_rec_netlink, groups, __u32),
	.max		= GROUPS_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.defines	= true,
	.match		= matches,
	.save		= netlink_save_all,
	.save_object	= netlink_save,
	.validate	= netlink_validate,
	.restore_object	= netlink_restore,
	.finish		= netlink_finish,
};
