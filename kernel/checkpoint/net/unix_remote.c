// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: datagram sockets that are connected with a name outside, such as
 * /dev/log, see DOC: unix sockets.  Compiled into net/unix/af_unix.c behind unix_link.c.
 */

/* -- check and save ---------------------------------------------------------------------- */

/* Where the other one is bound, with references; without one if its name is abstract or gone */
static void get_place(struct sock *peer, struct path *path)
{
	*path = (struct path) {};
	unix_state_lock(peer);
	if (unix_sk(peer)->path.dentry && !is_removed(&unix_sk(peer)->path)) {
		*path = unix_sk(peer)->path;
		path_get(path);
	}
	unix_state_unlock(peer);
}

static int check_remote(struct ckpt_ctx *ctx, struct sock *sk, struct sock *peer)
{
	struct path path;
	int err = 0;

	get_place(peer, &path);
	if (path.dentry)
		err = ckpt_check_path(ctx, &path,
				      ckpt_opener(ctx, sk->sk_socket->file->f_cred));
	path_put(&path);
	return err;
}

static const struct ckpt_kind ckpt_kind_unix_remote;

static int emit_remote(struct ckpt_ctx *ctx, u32 id, const char *name, u32 len)
{
	struct ckpt_rec_unix_remote rec = {};

	ckpt_note(ctx, "fd %d, connected with the unix socket %s%.*s outside, is going to be connected with what is there at the restart",
		  ckpt_files(ctx)->fd, *name ? "" : "@", (int)(*name ? len : len - 1),
		  *name ? name : name + 1);
	return ckpt_emit(ctx, &ckpt_kind_unix_remote, id, &rec, name, len);
}

/* By where it is; by what it shows, if it has no place any more */
static int save_remote(struct ckpt_ctx *ctx, struct sock *sk)
{
	u32 id = ckpt_known_id(ctx, sk, &ckpt_class_socket);
	struct sock *peer = unix_peer(sk);
	const struct unix_address *addr;
	char *buf = NULL, *name;
	struct path path;
	int err;

	if (!peer || is_closed(peer) || is_inside(ctx, peer))
		return 0;
	addr = address_of(peer);
	if (!id || !addr || !is_remote(sk, peer))
		return refuse_peer(ctx, sk, peer);
	get_place(peer, &path);
	if (!path.dentry)
		return emit_remote(ctx, id, addr->name->sun_path,
				   addr->len - offsetof(struct sockaddr_un, sun_path) -
				   !!*addr->name->sun_path);
	buf = __getname();
	err = buf ? ckpt_path_name(ctx, &path, buf, &name) :
		    ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	if (!err)
		err = emit_remote(ctx, id, name, strlen(name));
	if (buf)
		__putname(buf);
	path_put(&path);
	return err;
}

static int remote_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return visit_all(ctx, save_remote);
}

/* -- validate and restore ------------------------------------------------------------------ */

static int remote_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const char *name = item->array;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_UNIX || !item->count ||
	    (name[0] ? !!memchr(name, 0, item->count) : item->count > UNIX_PATH_MAX))
		return ckpt_fail(ctx, -EINVAL, "the name of a unix socket outside is malformed");
	return 0;
}

/* As unix_find_bsd() */
static struct sock *find_at(struct ckpt_ctx *ctx, const char *name)
{
	struct sock *sk = NULL;
	struct path path;

	if (!vfs_path_lookup(ctx->root_path.dentry, ctx->root_path.mnt, name,
			     LOOKUP_FOLLOW | LOOKUP_NO_MAGICLINKS, &path)) {
		if (!path_permission(&path, MAY_WRITE) && d_is_positive(path.dentry) &&
		    S_ISSOCK(d_backing_inode(path.dentry)->i_mode))
			sk = unix_find_socket_byinode(d_backing_inode(path.dentry));
		path_put(&path);
	}
	return sk;
}

static struct sock *find_abstract(struct net *net, const struct ckpt_item *item)
{
	u32 len = offsetof(struct sockaddr_un, sun_path) + item->count;
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	memcpy(name.sun_path, item->array, item->count);
	return unix_find_socket_byname(net, &name, len, unix_abstract_hash(&name, len, SOCK_DGRAM));
}

/* What a program of the control group says, which may also lead to another name */
static bool group_lets(struct sock *sk, const char *name, size_t size)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int len = offsetof(struct sockaddr_un, sun_path) + size;
	const int asked = len;

	if (size > sizeof(addr.sun_path))
		return !cgroup_bpf_enabled(CGROUP_UNIX_CONNECT);
	memcpy(addr.sun_path, name, size);
	return !BPF_CGROUP_RUN_PROG_UNIX_CONNECT_LOCK(sk, (struct sockaddr *)&addr, &len) &&
	       len == asked && !memcmp(addr.sun_path, name, size);
}

/* With a reference; NULL if there is none that it may have */
static struct sock *find_other(struct ckpt_ctx *ctx, struct sock *sk,
			       const struct ckpt_item *item, const char *path)
{
	if (path)
		return group_lets(sk, path, strlen(path)) ? find_at(ctx, path) : NULL;
	return group_lets(sk, item->array, item->count) ? find_abstract(sock_net(sk), item) : NULL;
}

/* As unix_dgram_connect() of one that is not connected.  Return: false if it cannot be */
static bool connect_to(struct sock *sk, struct sock *other)
{
	bool may;

	if (other->sk_type != SOCK_DGRAM)
		return false;
	unix_state_double_lock(sk, other);
	may = !sock_flag(other, SOCK_DEAD) && unix_may_send(sk, other) &&
	      !security_unix_may_send(sk->sk_socket, other->sk_socket);
	if (may) {
		sock_hold(other);
		WRITE_ONCE(other->sk_state, TCP_ESTABLISHED);
		unix_peer(sk) = other;
	}
	unix_state_double_unlock(sk, other);
	return may;
}

/* Whoever was there is gone: a send says so, as ever. */
static int connect_to_nobody(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *nobody = unix_create1(sock_net(sk), NULL, 0, SOCK_DGRAM);

	if (IS_ERR(nobody))
		return ckpt_fail(ctx, PTR_ERR(nobody), "a unix socket cannot be made (error %ld)",
				 -PTR_ERR(nobody));
	set_peer(sk, nobody);
	unix_release_sock(nobody, 0);
	return 0;
}

static int remote_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const char *name = item->array;
	const struct cred *old;
	struct sock *other;
	char *path = NULL;
	bool connected;

	if (!made || unix_rec(made)->type != SOCK_DGRAM || !has_flag(made, CKPT_UNIX_CONNECTED) ||
	    unix_peer(made->sk) || !made->sk->sk_socket)
		return ckpt_fail(ctx, -EINVAL, "a unix socket cannot be connected with one outside");
	if (name[0]) {
		path = ckpt_name_here(ctx, item);
		if (!path)
			return -ENOMEM;
	}
	old = override_creds(made->who);
	other = find_other(ctx, made->sk, item, path);
	connected = other && connect_to(made->sk, other);
	revert_creds(old);
	if (other)
		sock_put(other);
	kfree(path);
	ckpt_note(ctx, "a unix socket was connected with %s%.*s outside, %s", name[0] ? "" : "@",
		  (int)(name[0] ? item->count : item->count - 1), name[0] ? name : name + 1,
		  connected ? "and is with what is there now" : "where nobody is now whom it may reach");
	return connected ? 0 : connect_to_nobody(ctx, made->sk);
}

CHECKPOINT_KIND(unix_remote) = {
	.name		= "unix_remote",
	.type		= CKPT_REC_UNIX_REMOTE,
	.size		= sizeof(struct ckpt_rec_unix_remote),
	CKPT_ARRAY(struct ckpt_rec_unix_remote, name, __u8),
	.max		= PATH_MAX - 1,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.save		= remote_save,
	.validate	= remote_validate,
	.restore	= remote_restore,
};
