// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who is connected with whom, see DOC: unix sockets.  Compiled into
 * net/unix/af_unix.c behind unix.c.
 */

/* -- check ------------------------------------------------------------------------------- */

static bool is_closed(const struct sock *sk)
{
	return sock_flag(sk, SOCK_DEAD);
}

static int is_its(const void *what, struct file *file, unsigned int fd)
{
	struct socket *sock = sock_from_file(file);

	return sock && sock->sk == what;
}

/* By the process that has it open, or that was there when it was made */
static int refuse_peer(struct ckpt_ctx *ctx, struct sock *sk, const struct sock *peer)
{
	struct task_struct *task = ckpt_find_opener(ctx, is_its, peer);
	struct ckpt_who who;

	if (!task)
		task = get_pid_task(sk->sk_peer_pid, PIDTYPE_TGID);
	if (task && ckpt_find_task(ctx, task)) {
		put_task_struct(task);
		task = NULL;
	}
	return ckpt_file_fail(ctx, -EBUSY, "a unix socket is connected with %s outside the tree; close it first or save a larger tree",
			      ckpt_show_outsider(ctx, task, &who));
}

/* A server's that takes messages from all, such as that of /dev/log */
static bool is_remote(struct sock *sk, struct sock *peer)
{
	return sk->sk_type == SOCK_DGRAM && address_of(peer) && !unix_peer(peer);
}

static int check_remote(struct ckpt_ctx *ctx, struct sock *sk, struct sock *peer);

static int check_peer(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *peer = unix_peer(sk);

	if (!peer || is_closed(peer) || is_inside(ctx, peer))
		return 0;
	return is_remote(sk, peer) ? check_remote(ctx, sk, peer) : refuse_peer(ctx, sk, peer);
}

static int check_pending(struct ckpt_ctx *ctx, struct sock *sk)
{
	return check_peer(ctx, sk) ?: check_maker(ctx, sk) ?: check_received(ctx, sk);
}

/* -- save -------------------------------------------------------------------------------- */

/* A peer that has no file, and descriptors under way, which may have no other place */
static int save_around(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *peer = unix_peer(sk);
	int err = 0;

	if (peer && is_closed(peer))
		err = save_one(ctx, peer);
	return err ?: visit_received(ctx, sk, save_rights);
}

static const struct ckpt_kind ckpt_kind_unix_link;

/*
 * Of two that are connected with each other one record tells, that of who comes first or
 * waits to be accepted: in whose order they wait.
 */
static int save_link(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *peer = unix_peer(sk), *listener = waits_at(sk);
	u32 id = ckpt_known_id(ctx, sk, &ckpt_class_socket);
	struct ckpt_rec_unix_link rec = {};
	bool mutual;

	if (!peer || (!is_closed(peer) && !is_inside(ctx, peer) && is_remote(sk, peer)))
		return 0;
	mutual = !is_closed(peer) && unix_peer(peer) == sk;
	rec.peer = ckpt_known_id(ctx, peer, &ckpt_class_socket);
	if (!id || !rec.peer)
		return refuse_peer(ctx, sk, peer);
	if (mutual && !listener && (waits_at(peer) || rec.peer < id))
		return 0;
	if (mutual)
		rec.flags = CKPT_UNIX_LINK_MUTUAL;
	if (listener)
		rec.listener = ckpt_known_id(ctx, listener, &ckpt_class_socket);
	return ckpt_emit(ctx, &ckpt_kind_unix_link, id, &rec, NULL, 0);
}

static int link_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return visit_all(ctx, save_link);
}

/* -- validate and restore ------------------------------------------------------------------ */

/* Whether they fit is seen when they are made. */
static int link_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_unix_link *data = item->data;

	if (data->flags & ~CKPT_UNIX_LINK_MUTUAL)
		return ckpt_fail(ctx, -EINVAL, "a connection of unix sockets is malformed");
	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_UNIX ||
	    ckpt_defining_type(ctx, data->peer) != CKPT_REC_UNIX ||
	    (data->listener && ckpt_defining_type(ctx, data->listener) != CKPT_REC_UNIX))
		return ckpt_fail(ctx, -EINVAL, "a unix socket is connected with what is none");
	return 0;
}

static bool has_flag(const struct ckpt_socket *made, u32 flag)
{
	return unix_rec(made)->flags & flag;
}

/*
 * Streams and packets have one peer, which is theirs too until it is closed; what waits to be
 * accepted waits at a listener.
 */
static bool do_fit(const struct ckpt_socket *made, const struct ckpt_socket *peer,
		   const struct ckpt_socket *listener, bool mutual)
{
	const u32 type = unix_rec(made)->type;
	bool connects = type != SOCK_DGRAM;

	if (unix_peer(made->sk) || unix_rec(peer)->type != type ||
	    !has_flag(made, CKPT_UNIX_CONNECTED) ||
	    (mutual && (unix_peer(peer->sk) || !has_flag(peer, CKPT_UNIX_CONNECTED))))
		return false;
	if (connects && (mutual == has_flag(peer, CKPT_UNIX_CLOSED) || made == peer))
		return false;
	if (!connects && ((mutual && has_flag(peer, CKPT_UNIX_CLOSED)) || listener))
		return false;
	if (!listener != !has_flag(made, CKPT_UNIX_PENDING) || has_flag(peer, CKPT_UNIX_PENDING))
		return false;
	return !listener || (has_flag(listener, CKPT_UNIX_LISTENS) &&
			     unix_rec(listener)->type == type);
}

/* As unix_stream_connect() does it when the way is open */
static int queue_up(struct ckpt_ctx *ctx, struct ckpt_socket *made, struct ckpt_socket *listener)
{
	struct sock *sk = made->sk, *other = listener->sk;
	struct sk_buff *skb;

	/* listen(2) may have lowered what it was when they came. */
	if (skb_queue_len(&other->sk_receive_queue) >
	    READ_ONCE(sock_net(other)->core.sysctl_somaxconn))
		return ckpt_fail(ctx, -EINVAL, "more connections than may wait at a unix socket");
	skb = sock_wmalloc(sk, 1, 0, GFP_KERNEL);
	if (!skb)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a connection that is not accepted");
	unix_sk(sk)->listener = other;
	RCU_INIT_POINTER(sk->sk_wq, &unix_sk(sk)->peer_wq);
	skb_queue_tail(&other->sk_receive_queue, skb);
	/* Who accepts it, or closes the listener, takes care of it. */
	made->release = NULL;
	return 0;
}

static void set_peer(struct sock *sk, struct sock *peer)
{
	sock_hold(peer);
	unix_state_lock(sk);
	unix_peer(sk) = peer;
	unix_state_unlock(sk);
}

/* What security modules are asked of when somebody connects */
static int may_connect(struct ckpt_socket *made, struct ckpt_socket *peer,
		       struct ckpt_socket *listener)
{
	if (has_flag(peer, CKPT_UNIX_CLOSED))
		return 0;
	if (unix_rec(made)->type == SOCK_DGRAM)
		return security_unix_may_send(made->sk->sk_socket, peer->sk->sk_socket);
	if (listener)
		return security_unix_stream_connect(peer->sk, listener->sk, made->sk);
	return security_socket_socketpair(made->sk->sk_socket, peer->sk->sk_socket);
}

static int link_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_unix_link *data = item->data;
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	struct ckpt_socket *peer = ckpt_object(ctx, data->peer, &ckpt_class_socket);
	struct ckpt_socket *listener = data->listener ?
				       ckpt_object(ctx, data->listener, &ckpt_class_socket) : NULL;
	bool mutual = data->flags & CKPT_UNIX_LINK_MUTUAL;
	int err;

	if (!made || !peer || (data->listener && !listener) ||
	    !do_fit(made, peer, listener, mutual))
		return ckpt_fail(ctx, -EINVAL, "unix sockets are connected that do not fit");
	err = may_connect(made, peer, listener);
	if (err)
		return ckpt_fail(ctx, err, "a security module forbids a connection of unix sockets");
	if (listener)
		err = queue_up(ctx, made, listener);
	if (err)
		return err;
	set_peer(made->sk, peer->sk);
	if (mutual && made != peer)
		set_peer(peer->sk, made->sk);
	return 0;
}

CHECKPOINT_KIND(unix_link) = {
	.name		= "unix_link",
	.type		= CKPT_REC_UNIX_LINK,
	.size		= sizeof(struct ckpt_rec_unix_link),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.save		= link_save,
	.validate	= link_validate,
	.restore	= link_restore,
};
