// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: unix sockets.  Compiled into net/unix/af_unix.c, which keeps their
 * functions to itself.
 *
 * A record makes each socket, another its file; then come records of who is connected with
 * whom, in unix_link.c, and of what they have to receive, in unix_message.c: for these may
 * refer to each other in circles.  Names come last, in unix_name.c: they let others in.
 */
#include <linux/posix_acl.h>
#include <linux/slab.h>
#include "../../kernel/checkpoint/net/unix.h"

/**
 * DOC: unix sockets
 *
 * Streams, datagrams and packets in order: pairs, connected, bound, listening.
 *
 * Preserved: who is connected with whom, also one-way and with a socket that is closed; what
 * was sent and not received, with the borders of messages, their senders' names and
 * credentials, descriptors under way, the urgent byte; connections that wait to be accepted,
 * with what they hold; what shutdown(2) has ended, an error that was not
 * reported; whom SO_PEERCRED and SO_PEERPIDFD show; the times that fstat(2) shows; names:
 * the socket takes the same file again if that is where it was, and makes it anew, with owner
 * and mode, if the name is gone, but never takes another one; abstract names.
 *
 * Rebuilt: a process that waits to send, receive, connect or accept asks again.
 *
 * Substituted: a datagram socket that is connected to a name outside, such as /dev/log, is
 * connected to whom it finds there, and that is reported; so is the number of a process that is
 * gone, if another has it by now.
 *
 * Refused: a socket that is open outside too, or whose peer is outside, unless it is a
 * standard descriptor; connections from outside that wait to be accepted; credentials of a
 * process outside, or of one that is gone and lived in a pid namespace of the tree, under way
 * or shown by SO_PEERCRED; a file whose mode or owner was changed by fchmod(2) or fchown(2);
 * a name whose file has an access control list;
 * a socket that a process outside has made; of another network namespace.  At a
 * restart a name that somebody else has.
 *
 * Immaterial: SO_COOKIE is a number that the kernel gives.  The file of a name that was
 * removed, and of an accepted connection's name, is known to SIOCUNIXFILE alone.
 */

/* -- who made it ------------------------------------------------------------------------- */

/* Return: what is wrong with a process that SO_PEERCRED or SCM_CREDENTIALS shows, or NULL */
static const char *bad_process(struct ckpt_ctx *ctx, struct pid *pid)
{
	struct pid_namespace *ns = ckpt_outer_pid_ns(ctx);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	bool inside = task && ckpt_find_task(ctx, task);

	if (task) {
		put_task_struct(task);
		return inside ? NULL : "a process outside the tree";
	}
	task = ckpt_find_member_outside(ctx, pid, PIDTYPE_PGID) ?:
	       ckpt_find_member_outside(ctx, pid, PIDTYPE_SID);
	if (task) {
		put_task_struct(task);
		return "the dead leader of a group outside the tree";
	}
	if (!pid_nr_ns(pid, ns))
		return "a process of another pid namespace";
	/* Of the gone one number is saved, and those in there see another one. */
	return ns_of_pid(pid) == ns ? NULL :
	       "a process that is gone and lived in a pid namespace of the tree";
}

/* One of two ids: of a process, or of one that is gone */
static int save_process(struct ckpt_ctx *ctx, struct pid *pid, u32 *id, u32 *gone)
{
	if (ckpt_is_gone(pid))
		return ckpt_save_object(ctx, &ckpt_class_dead_pid, pid, gone);
	return ckpt_save_object(ctx, &ckpt_class_pid, pid, id);
}

static struct pid *process_of(struct ckpt_ctx *ctx, u32 id, u32 gone)
{
	if (id)
		return ckpt_object(ctx, id, &ckpt_class_pid);
	return gone ? ckpt_object(ctx, gone, &ckpt_class_dead_pid) : NULL;
}

static int check_maker(struct ckpt_ctx *ctx, struct sock *sk)
{
	const char *bad = NULL;
	struct pid *pid;

	spin_lock(&sk->sk_peer_lock);
	pid = get_pid(sk->sk_peer_pid);
	spin_unlock(&sk->sk_peer_lock);
	if (pid)
		bad = bad_process(ctx, pid);
	put_pid(pid);
	return bad ? ckpt_cannot_save(ctx, "a unix socket that shows as its peer (SO_PEERCRED) %s",
				      bad) : 0;
}

/* -- save -------------------------------------------------------------------------------- */

static u32 flags_of(const struct sock *sk)
{
	u32 flags = 0;

	if (sk->sk_state == TCP_LISTEN)
		flags |= CKPT_UNIX_LISTENS;
	if (sk->sk_state == TCP_ESTABLISHED)
		flags |= CKPT_UNIX_CONNECTED;
	if (!sk->sk_socket)
		return flags | CKPT_UNIX_PENDING | CKPT_UNIX_PAIRED;
	if (sk->sk_socket->state == SS_CONNECTED)
		flags |= CKPT_UNIX_PAIRED;
	return flags;
}

static int save_maker(struct ckpt_ctx *ctx, struct sock *sk, struct ckpt_rec_unix *rec)
{
	int err = 0;

	rec->shutdown = sk->sk_shutdown;
	rec->error = READ_ONCE(sk->sk_err);
	rec->flags = flags_of(sk);
	if (rec->flags & CKPT_UNIX_LISTENS)
		rec->backlog = sk->sk_max_ack_backlog;
	if (sk->sk_socket)
		err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_socket->file->f_cred,
				       &rec->cred);
	/* Frozen, the tree changes neither. */
	if (!err && sk->sk_peer_pid) {
		err = save_process(ctx, sk->sk_peer_pid, &rec->peer_pid, &rec->peer_gone);
		if (!err)
			err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_peer_cred,
					       &rec->peer_cred);
	}
	return err;
}

static bool is_unix(struct ckpt_ctx *ctx, void *ptr)
{
	const struct sock *sk = ptr;

	return sk->sk_family == AF_UNIX;
}

/* Of one that is closed, or outside, the others know the name. */
static int unix_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct sock *sk = ptr;
	const struct unix_address *addr = address_of(sk);
	struct ckpt_rec_unix rec = { .type = sk->sk_type, .flags = CKPT_UNIX_CLOSED };
	bool closed = sock_flag(sk, SOCK_DEAD) || !is_inside(ctx, sk);
	int err = closed ? 0 : save_maker(ctx, sk, &rec);

	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, addr ? addr->name->sun_path : NULL,
				addr ? addr->len - offsetof(struct sockaddr_un, sun_path) : 0);
	if (!err && !(rec.flags & (CKPT_UNIX_CLOSED | CKPT_UNIX_PENDING)))
		err = ckpt_save_socket_options(ctx, sk, id);
	return err;
}

static int save_one(struct ckpt_ctx *ctx, struct sock *sk)
{
	u32 id;

	return ckpt_save_object(ctx, &ckpt_class_socket, sk, &id);
}

static int save_around(struct ckpt_ctx *ctx, struct sock *sk);	/* unix_link.c */

/* All that records may refer to is there before any that does. */
static int unix_save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return visit_all(ctx, save_one) ?: visit_all(ctx, save_around);
}

/* -- validate ---------------------------------------------------------------------------- */

/* As getsockname(2) shows it: a path with the zero behind it, or what begins with a zero */
static bool valid_name(const char *name, u32 len)
{
	if (!len)
		return true;
	if (!name[0])
		return len <= UNIX_PATH_MAX;
	return len <= UNIX_PATH_MAX + 1 && strnlen(name, len) == len - 1;
}

static bool valid_flags(const struct ckpt_rec_unix *data, bool named)
{
	const u32 flags = data->flags, connected = flags & CKPT_UNIX_CONNECTED;
	const bool has_peer = data->peer_pid || data->peer_gone;
	const bool datagrams = data->type == SOCK_DGRAM;

	if ((data->peer_pid && data->peer_gone) || (data->peer_cred && !has_peer))
		return false;
	if (flags & CKPT_UNIX_CLOSED)
		return flags == CKPT_UNIX_CLOSED && !data->shutdown && !data->error &&
		       !data->cred && !has_peer && !data->backlog;
	if (flags & CKPT_UNIX_LISTENS)
		return flags == CKPT_UNIX_LISTENS && named && !datagrams && has_peer &&
		       data->backlog <= INT_MAX;
	if (flags & CKPT_UNIX_PENDING && (datagrams || !connected || !named || data->cred))
		return false;
	return !data->backlog && (datagrams || !connected == !(flags & CKPT_UNIX_PAIRED)) &&
	       (datagrams || !connected || has_peer);
}

static int unix_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_unix *data = item->data;

	if (data->type != SOCK_STREAM && data->type != SOCK_DGRAM && data->type != SOCK_SEQPACKET)
		return ckpt_fail(ctx, -EINVAL, "a unix socket is of unknown type %u", data->type);
	if (data->flags & ~(CKPT_UNIX_LISTENS | CKPT_UNIX_CONNECTED | CKPT_UNIX_PAIRED |
			    CKPT_UNIX_PENDING | CKPT_UNIX_CLOSED) ||
	    !valid_flags(data, item->count) || data->shutdown & ~SHUTDOWN_MASK ||
	    data->error > ERESTARTSYS)
		return ckpt_fail(ctx, -EINVAL, "the state of a unix socket is malformed");
	if (!valid_name(item->array, item->count))
		return ckpt_fail(ctx, -EINVAL, "the name of a unix socket is malformed");
	return 0;
}

/* -- restore ----------------------------------------------------------------------------- */

static int set_address(struct sock *sk, const struct ckpt_item *item)
{
	struct {
		struct sockaddr_un un;
		char zero[2];
	} name = { .un.sun_family = AF_UNIX };
	struct unix_address *addr;

	if (!item->count)
		return 0;
	memcpy((char *)&name + offsetof(struct sockaddr_un, sun_path), item->array, item->count);
	addr = unix_create_addr(&name.un, offsetof(struct sockaddr_un, sun_path) + item->count);
	if (!addr)
		return -ENOMEM;
	/* Pairs with that of address_of(): /proc/net/unix shows it already. */
	smp_store_release(&unix_sk(sk)->addr, addr);
	return 0;
}

static int set_maker(struct ckpt_ctx *ctx, struct sock *sk, const struct ckpt_rec_unix *data)
{
	struct pid *pid = process_of(ctx, data->peer_pid, data->peer_gone);
	const struct cred *cred;

	if (!data->peer_pid && !data->peer_gone)
		return 0;
	cred = ckpt_file_cred(ctx, data->peer_cred);
	if (IS_ERR(cred))
		return PTR_ERR(cred);
	if (!pid)
		return ckpt_fail(ctx, -EINVAL, "the peer of a unix socket was not made");
	spin_lock(&sk->sk_peer_lock);
	sk->sk_peer_pid = get_pid(pid);
	sk->sk_peer_cred = get_cred(cred);
	spin_unlock(&sk->sk_peer_lock);
	return 0;
}

static int set_state(struct ckpt_ctx *ctx, struct ckpt_socket *made)
{
	const struct ckpt_rec_unix *data = made->data;
	struct sock *sk = made->sk;
	int err = 0;

	if (data->flags & CKPT_UNIX_LISTENS) {
		err = security_socket_listen(made->sock, data->backlog);
		sk->sk_max_ack_backlog = min_t(u32, data->backlog,
					       READ_ONCE(sock_net(sk)->core.sysctl_somaxconn));
		sk->sk_state = TCP_LISTEN;
	} else if (data->flags & CKPT_UNIX_CONNECTED) {
		sk->sk_state = TCP_ESTABLISHED;
	}
	if (made->sock && data->flags & CKPT_UNIX_PAIRED)
		made->sock->state = SS_CONNECTED;
	sk->sk_shutdown = data->shutdown;
	sk->sk_err = data->error;
	if (err)
		return ckpt_fail(ctx, err, "a security module forbids a unix socket to listen");
	return set_maker(ctx, sk, data);
}

/* As socket(2), or as connect(2) makes one that waits to be accepted */
static int make_sock(struct ckpt_socket *made)
{
	const struct ckpt_rec_unix *data = made->data;
	const struct cred *old = override_creds(made->who);
	int err = 0;

	if (data->flags & (CKPT_UNIX_PENDING | CKPT_UNIX_CLOSED)) {
		made->sk = unix_create1(current->nsproxy->net_ns, NULL, 0, data->type);
		if (IS_ERR(made->sk))
			err = PTR_ERR(made->sk);
	} else {
		err = sock_create(AF_UNIX, data->type, 0, &made->sock);
		if (!err)
			made->sk = made->sock->sk;
	}
	revert_creds(old);
	if (err)
		return err;
	sock_hold(made->sk);
	made->sk->sk_type = data->type;
	return 0;
}

static void release(struct sock *sk)
{
	unix_release_sock(sk, 0);
}

static int fill_socket(struct ckpt_ctx *ctx, struct ckpt_socket *made, const struct ckpt_item *item)
{
	int err = set_address(made->sk, item);

	if (err)
		return ckpt_fail(ctx, err, "no memory for the name of a unix socket");
	if (!(unix_rec(made)->flags & CKPT_UNIX_CLOSED))
		return set_state(ctx, made);
	/* Its name stays while somebody refers to it. */
	made->release = NULL;
	release(made->sk);
	return 0;
}

static void *unix_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_unix *data = item->data;
	const struct cred *who;
	struct ckpt_socket *made;
	int err;

	who = ckpt_socket_cred(ctx, data->flags & (CKPT_UNIX_PENDING | CKPT_UNIX_CLOSED),
			       data->cred);
	if (IS_ERR(who))
		return ERR_CAST(who);
	made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	if (!made) {
		put_cred(who);
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a unix socket"));
	}
	made->data = data;
	made->who = who;
	err = make_sock(made);
	if (err) {
		put_cred(made->who);
		kfree(made);
		return ERR_PTR(ckpt_fail(ctx, err, "a unix socket cannot be made (error %d)",
					 -err));
	}
	made->release = made->sock ? NULL : release;
	err = fill_socket(ctx, made, item);
	if (!err)
		return made;
	ckpt_class_socket.put(made);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(unix_socket) = {
	.name		= "unix",
	.type		= CKPT_REC_UNIX,
	.size		= sizeof(struct ckpt_rec_unix),
	CKPT_ARRAY(struct ckpt_rec_unix, name, __u8),
	.max		= UNIX_PATH_MAX + 1,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.defines	= true,
	.save		= unix_save_all,
	.match		= is_unix,
	.save_object	= unix_save,
	.validate	= unix_validate,
	.restore_object	= unix_restore,
};
