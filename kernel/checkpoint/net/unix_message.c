// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what unix sockets have to receive, see DOC: unix sockets.  Compiled
 * into net/unix/af_unix.c behind unix.c.
 */

/* A larger one cannot be allocated in one piece. */
#define MESSAGE_MAX	(4U << 20)

typedef int (*visit_message)(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb);

/* The tree, which alone could receive them, is frozen; others may send more behind them. */
static int visit_received(struct ckpt_ctx *ctx, struct sock *sk, visit_message visit)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;
	struct sk_buff *skb;
	int err;

	if (sk->sk_state == TCP_LISTEN)
		return 0;
	spin_lock(&queue->lock);
	for (skb = skb_peek(queue); skb; skb = skb_peek_next(skb, queue)) {
		spin_unlock(&queue->lock);
		err = visit(ctx, sk, skb);
		/* The tree may have been let go: neither message nor socket need be there. */
		if (err)
			return err;
		cond_resched();
		spin_lock(&queue->lock);
	}
	spin_unlock(&queue->lock);
	return 0;
}

/* -- check ------------------------------------------------------------------------------- */

/* The files are looked at once, without a message in which they might be again. */
static int check_right(struct ckpt_ctx *ctx, struct file *file)
{
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, file);

	if (seen && seen->rights)
		return 0;
	return ckpt_file_fail(ctx, -EAGAIN, "descriptors come to a unix socket just now; try again");
}

static int check_credentials(struct ckpt_ctx *ctx, const struct sk_buff *skb)
{
	const char *bad = bad_process(ctx, UNIXCB(skb).pid);

	if (!bad && !(ckpt_may_be_user(ctx, UNIXCB(skb).uid) &&
		      ckpt_may_be_group(ctx, UNIXCB(skb).gid)))
		bad = "a user whom the caller may not become";
	return bad ? ckpt_file_fail(ctx, -EBUSY, "a unix socket to which credentials (SCM_CREDENTIALS) of %s are under way; let the program receive them first",
				    bad) : 0;
}

static int check_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	const struct scm_fp_list *fpl = UNIXCB(skb).fp;
	int i, err = 0;

	if (skb->len > MESSAGE_MAX)
		return ckpt_file_fail(ctx, -E2BIG, "a unix socket has a message of %u bytes to receive, too many for an image; let the program receive it first",
				      skb->len);
	if (UNIXCB(skb).pid)
		err = check_credentials(ctx, skb);
	for (i = 0; !err && fpl && i < fpl->count; i++)
		err = check_right(ctx, fpl->fp[i]);
	return err;
}

static int check_received(struct ckpt_ctx *ctx, struct sock *sk)
{
	return visit_received(ctx, sk, check_message);
}

/* -- save -------------------------------------------------------------------------------- */

static const struct ckpt_kind ckpt_kind_unix_rights;

static int save_rights(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	const struct scm_fp_list *fpl = UNIXCB(skb).fp;
	int i, err = 0;
	u32 id;

	for (i = 0; !err && fpl && i < fpl->count; i++)
		err = ckpt_save_object(ctx, &ckpt_class_file, fpl->fp[i], &id);
	return err;
}

static int emit_rights(struct ckpt_ctx *ctx, const struct scm_fp_list *fpl, u32 id)
{
	struct ckpt_rec_unix_rights rec = {};
	struct ckpt_rec_unix_right *files;
	int i, err = 0;

	files = kcalloc(fpl->count, sizeof(*files), GFP_KERNEL_ACCOUNT);
	if (!files)
		return ckpt_fail(ctx, -ENOMEM, "no memory for descriptors under way");
	for (i = 0; !err && i < fpl->count; i++)
		err = ckpt_save_object(ctx, &ckpt_class_file, fpl->fp[i], &files[i].file);
	if (!err)
		err = ckpt_emit(ctx, &ckpt_kind_unix_rights, id, &rec, files, fpl->count);
	kfree(files);
	return err;
}

static u32 message_flags(struct sock *sk, const struct sk_buff *skb)
{
	if (skb == urgent_skb(sk))
		return CKPT_UNIX_MESSAGE_URGENT;
	return sk->sk_type == SOCK_STREAM && !unix_skb_len(skb) ? CKPT_UNIX_MESSAGE_MARK : 0;
}

static const struct ckpt_kind ckpt_kind_unix_message;

/* Of a stream a part may have been read. */
static int emit_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb,
			struct ckpt_rec_unix_message *rec)
{
	int err = ckpt_emit_message(ctx, &ckpt_kind_unix_message, sk, rec, skb,
				    UNIXCB(skb).consumed);

	if (!err && UNIXCB(skb).fp)
		err = emit_rights(ctx, UNIXCB(skb).fp,
				  ckpt_known_id(ctx, sk, &ckpt_class_socket));
	return err;
}

static int save_message(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb)
{
	struct ckpt_rec_unix_message rec = {
		.uid = -1, .gid = -1,
		.flags = message_flags(sk, skb),
		.stamp_ns = ktime_to_ns(skb->tstamp),
	};
	/* It may have come only now. */
	int err = check_message(ctx, sk, skb);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_socket, skb->sk, &rec.sender);
	if (!err && UNIXCB(skb).pid) {
		rec.uid = from_kuid(&init_user_ns, UNIXCB(skb).uid);
		rec.gid = from_kgid(&init_user_ns, UNIXCB(skb).gid);
		err = save_process(ctx, UNIXCB(skb).pid, &rec.pid, &rec.gone);
	}
	return err ?: emit_message(ctx, sk, skb, &rec);
}

static int save_received(struct ckpt_ctx *ctx, struct sock *sk)
{
	return visit_received(ctx, sk, save_message);
}

static int message_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return visit_all(ctx, save_received);
}

/* -- validate ---------------------------------------------------------------------------- */

static bool valid_credentials(const struct ckpt_rec_unix_message *data)
{
	if (!data->pid && !data->gone)
		return data->uid == (u32)-1 && data->gid == (u32)-1;
	return !(data->pid && data->gone) && uid_valid(make_kuid(&init_user_ns, data->uid)) &&
	       gid_valid(make_kgid(&init_user_ns, data->gid));
}

static int message_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_unix_message *data = item->data;
	const bool mark = data->flags & CKPT_UNIX_MESSAGE_MARK;
	const bool urgent = data->flags & CKPT_UNIX_MESSAGE_URGENT;

	if (data->flags & ~(CKPT_UNIX_MESSAGE_URGENT | CKPT_UNIX_MESSAGE_MARK) ||
	    (mark && (urgent || item->count)) || (urgent && item->count != 1) ||
	    data->stamp_ns < 0 || !valid_credentials(data))
		return ckpt_fail(ctx, -EINVAL, "a message of a unix socket is malformed");
	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_UNIX ||
	    ckpt_defining_type(ctx, data->sender) != CKPT_REC_UNIX)
		return ckpt_fail(ctx, -EINVAL, "a message is from or for what is no unix socket");
	return 0;
}

/* -- restore ----------------------------------------------------------------------------- */

/* unix_stream_recv_urg() leaves no two behind each other, and who receives relies on it. */
static bool ends_in_mark(const struct sock *sk)
{
	const struct sk_buff *last = skb_peek_tail(&sk->sk_receive_queue);

	return last && !unix_skb_len(last);
}

static bool may_receive(const struct ckpt_socket *made, const struct ckpt_socket *sender,
			const struct ckpt_rec_unix_message *data, u32 len)
{
	if (unix_rec(made)->flags & (CKPT_UNIX_LISTENS | CKPT_UNIX_CLOSED) ||
	    unix_rec(sender)->flags & (CKPT_UNIX_LISTENS | CKPT_UNIX_PENDING) ||
	    unix_rec(made)->type != unix_rec(sender)->type)
		return false;
	if (unix_rec(made)->type != SOCK_DGRAM && unix_peer(made->sk) != sender->sk)
		return false;
	if (unix_rec(made)->type != SOCK_STREAM)
		return !data->flags;
	if (data->flags & CKPT_UNIX_MESSAGE_MARK &&
	    (urgent_skb(made->sk) || ends_in_mark(made->sk)))
		return false;
	return (len || data->flags) &&
	       !(data->flags & CKPT_UNIX_MESSAGE_URGENT && urgent_skb(made->sk));
}

/* As scm_check_creds(): who may become the user may say so. */
static int may_show(struct ckpt_ctx *ctx, const struct ckpt_rec_unix_message *data)
{
	if (!data->pid && !data->gone)
		return 0;
	if (!process_of(ctx, data->pid, data->gone))
		return ckpt_fail(ctx, -EINVAL, "the sender of a message was not made");
	if (ckpt_may_be_user(ctx, make_kuid(&init_user_ns, data->uid)) &&
	    ckpt_may_be_group(ctx, make_kgid(&init_user_ns, data->gid)))
		return 0;
	return ckpt_fail(ctx, -EPERM, "a message has the credentials of uid %u gid %u, whom the restarter may not become",
			 data->uid, data->gid);
}

/* As much as SO_SNDBUF would allow on this machine, whose default may be another one */
static int room_of(const struct sock *sender)
{
	return max_t(int, READ_ONCE(sender->sk_sndbuf),
		     min(READ_ONCE(sysctl_wmem_max), INT_MAX / 2U) * 2);
}

/* As unix_stream_sendmsg() and unix_dgram_sendmsg() allocate */
static struct sk_buff *new_skb(struct sock *sender, u32 len, int *err)
{
	const bool stream = sender->sk_type == SOCK_STREAM;
	u32 head = stream ? SKB_MAX_HEAD(0) : SKB_MAX_ALLOC, paged = 0;
	struct sk_buff *skb;

	*err = -EMSGSIZE;
	if (len > room_of(sender) - 32)
		return NULL;
	*err = -ENOBUFS;
	if (sk_wmem_alloc_get(sender) >= room_of(sender))
		return NULL;
	if (len > head)
		paged = min_t(u32, len, PAGE_ALIGN(min_t(u32, len - head,
							 MAX_SKB_FRAGS * PAGE_SIZE)));
	skb = alloc_skb_with_frags(len - paged, paged, stream ? get_order(UNIX_SKB_FRAGS_SZ) :
				   PAGE_ALLOC_COSTLY_ORDER, err, sender->sk_allocation);
	if (!skb)
		return NULL;
	skb_set_owner_w(skb, sender);
	skb_put(skb, len - paged);
	skb->data_len = paged;
	skb->len = len;
	return skb;
}

/* A mark is a byte that has been received. */
static struct sk_buff *make_skb(struct ckpt_ctx *ctx, struct sock *sender,
				const struct ckpt_rec_unix_message *data, const void *bytes,
				u32 len, int *err)
{
	const bool mark = data->flags & CKPT_UNIX_MESSAGE_MARK;
	struct sk_buff *skb = new_skb(sender, mark ? 1 : len, err);

	if (!skb)
		return NULL;
	*err = skb_store_bits(skb, 0, mark ? "" : bytes, skb->len);
	if (*err) {
		kfree_skb(skb);
		return NULL;
	}
	UNIXCB(skb).consumed = mark;
	UNIXCB(skb).uid = INVALID_UID;
	UNIXCB(skb).gid = INVALID_GID;
	UNIXCB(skb).pid = get_pid(process_of(ctx, data->pid, data->gone));
	if (UNIXCB(skb).pid) {
		UNIXCB(skb).uid = make_kuid(&init_user_ns, data->uid);
		UNIXCB(skb).gid = make_kgid(&init_user_ns, data->gid);
	}
	skb->tstamp = ns_to_ktime(data->stamp_ns);
	skb->destructor = unix_wfree;
	return skb;
}

static void receive(struct ckpt_socket *made, const struct ckpt_rec_unix_message *data,
		    struct sk_buff *skb)
{
	struct sock *sk = made->sk;

	unix_state_lock(sk);
	if (data->flags & CKPT_UNIX_MESSAGE_URGENT)
		set_urgent_skb(sk, skb);
	skb_queue_tail(&sk->sk_receive_queue, skb);
	unix_state_unlock(sk);
}

/* A stream has no borders, so a piece of it that is too large for one allocation is two. */
static int restore_message(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			   struct ckpt_socket *made, struct ckpt_socket *sender)
{
	const bool stream = unix_rec(made)->type == SOCK_STREAM;
	const u32 piece = stream ? SKB_MAX_HEAD(0) + UNIX_SKB_FRAGS_SZ : item->count;
	const struct ckpt_rec_unix_message *data = item->data;
	struct sk_buff *skb;
	u32 at = 0, len;
	int err;

	made->last = NULL;
	do {
		len = min(piece, item->count - at);
		skb = make_skb(ctx, sender->sk, data, item->array + at, len, &err);
		if (!skb)
			return ckpt_fail(ctx, err, "what a unix socket has to receive cannot be sent again (error %d; see net.core.wmem_max)",
					 -err);
		receive(made, data, skb);
		made->last = made->last ?: skb;
		at += len;
	} while (at < item->count);
	return 0;
}

/* As unix_dgram_sendmsg() of one that the receiver is not connected with */
static bool is_full(const struct ckpt_socket *made, const struct ckpt_socket *sender)
{
	return unix_rec(made)->type == SOCK_DGRAM && made != sender &&
	       unix_peer(made->sk) != sender->sk && unix_recvq_full_lockless(made->sk);
}

static int message_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_unix_message *data = item->data;
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	struct ckpt_socket *sender = ckpt_object(ctx, data->sender, &ckpt_class_socket);

	if (!made || !sender || !may_receive(made, sender, data, item->count))
		return ckpt_fail(ctx, -EINVAL, "a unix socket cannot have received a message");
	if (data->flags && !IS_ENABLED(CONFIG_AF_UNIX_OOB))
		return ckpt_fail(ctx, -EOPNOTSUPP, "this kernel has no urgent data of unix sockets (AF_UNIX_OOB)");
	if (is_full(made, sender))
		return ckpt_fail(ctx, -ENOBUFS, "a unix socket has more messages to receive than net.unix.max_dgram_qlen allows");
	return may_show(ctx, data) ?: restore_message(ctx, item, made, sender);
}

CHECKPOINT_KIND(unix_message) = {
	.name		= "unix_message",
	.type		= CKPT_REC_UNIX_MESSAGE,
	.size		= sizeof(struct ckpt_rec_unix_message),
	CKPT_ARRAY(struct ckpt_rec_unix_message, data, __u8),
	.max		= MESSAGE_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.many		= true,
	.save		= message_save,
	.validate	= message_validate,
	.restore	= message_restore,
};
