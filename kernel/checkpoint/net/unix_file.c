// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the files of unix sockets, see DOC: unix sockets.  Compiled into
 * net/unix/af_unix.c behind unix.c, unix_message.c, unix_link.c and unix_name.c.
 */

static bool unix_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct socket *sock = sock_from_file(ptr);

	return sock && sock->sk && sock->sk->sk_family == AF_UNIX && is_inside(ctx, sock->sk);
}

static bool is_changed(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return inode->i_mode != (S_IFSOCK | 0777) ||
	       !uid_eq(inode->i_uid, file->f_cred->fsuid) ||
	       !gid_eq(inode->i_gid, file->f_cred->fsgid);
}

static int unix_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_of(file);
	int err = ckpt_check_holders(ctx, file, "a unix socket");

	if (err)
		return err;
	if (is_changed(file))
		return ckpt_cannot_save(ctx, "a unix socket whose mode or owner was changed");
	if (sock_net(sk) != current->nsproxy->net_ns)
		return ckpt_cannot_save(ctx, "a unix socket of another network namespace");
	return ckpt_check_socket_options(ctx, sk) ?: check_peer(ctx, sk) ?:
	       check_maker(ctx, sk) ?: check_received(ctx, sk) ?:
	       visit_pending(ctx, sk, check_pending) ?: check_name(ctx, file);
}

static int file_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	const struct inode *inode = file_inode(file);
	struct ckpt_rec_file_unix rec = {
		.atime_sec = inode_get_atime_sec(inode),
		.atime_nsec = inode_get_atime_nsec(inode),
		.mtime_sec = inode_get_mtime_sec(inode),
		.mtime_nsec = inode_get_mtime_nsec(inode),
		.ctime_sec = inode_get_ctime_sec(inode),
		.ctime_nsec = inode_get_ctime_nsec(inode),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_socket, sock_of(file), &rec.socket);

	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int file_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_unix *data = item->data;

	if (data->reserved || data->reserved2 || data->atime_nsec >= NSEC_PER_SEC ||
	    data->mtime_nsec >= NSEC_PER_SEC || data->ctime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "the times of a unix socket are malformed");
	return 0;
}

static void *file_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_unix *data = item->data;
	struct ckpt_socket *made = ckpt_object(ctx, data->socket, &ckpt_class_socket);
	const struct cred *old;
	struct socket *sock;
	struct inode *inode;
	struct file *file;

	if (!made || !made->sock)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "unix socket %u can have no file, or has two",
					 data->socket));
	sock = made->sock;
	made->sock = NULL;
	old = override_creds(made->who);
	file = sock_alloc_file(sock, 0, NULL);
	revert_creds(old);
	if (IS_ERR(file)) {
		ckpt_fail(ctx, PTR_ERR(file), "no memory for the file of a unix socket");
		return file;
	}
	inode = file_inode(file);
	inode_set_atime(inode, data->atime_sec, data->atime_nsec);
	inode_set_mtime(inode, data->mtime_sec, data->mtime_nsec);
	inode_set_ctime(inode, data->ctime_sec, data->ctime_nsec);
	return file;
}

CHECKPOINT_KIND(file_unix) = {
	.name		= "file_unix",
	.type		= CKPT_REC_FILE_UNIX,
	.size		= sizeof(struct ckpt_rec_file_unix),
	.stage		= CKPT_STAGE_FILE,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= unix_match,
	.check_object	= unix_check,
	.save_object	= file_save,
	.validate	= file_validate,
	.restore_object	= file_restore,
};
