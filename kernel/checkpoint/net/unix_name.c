// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the names by which others find unix sockets, see DOC: unix sockets.
 * Compiled into net/unix/af_unix.c behind unix.c.
 */

/* It has bound the name itself; one that was accepted shows that of its listener. */
static bool has_file_name(const struct sock *sk)
{
	return !hlist_unhashed(&sk->sk_bind_node) && unix_sk(sk)->path.dentry;
}

static bool has_abstract_name(const struct sock *sk)
{
	return sk->sk_hash > UNIX_HASH_MOD;
}

/* Nobody finds it any more by a name that was removed. */
static bool is_removed(const struct path *path)
{
	return d_unlinked(path->dentry) || !d_inode(path->dentry)->i_nlink;
}

/* -- check ------------------------------------------------------------------------------- */

/* Of it the mode shows a part, and would take its place.  Return: -EOPNOTSUPP if there is one */
static int has_acl(struct inode *inode)
{
	struct posix_acl *acl = IS_POSIXACL(inode) ? get_inode_acl(inode, ACL_TYPE_ACCESS) : NULL;

	if (IS_ERR_OR_NULL(acl))
		return PTR_ERR(acl);
	posix_acl_release(acl);
	return -EOPNOTSUPP;
}

/*
 * As whoever would remove the name, which may not be left to another, and bind(2) it again:
 * so it is at a restart if the name is still there.
 */
static int may_take(const struct path *path, void *data)
{
	struct mnt_idmap *idmap = mnt_idmap(path->mnt);
	struct dentry *dir = dget_parent(path->dentry);
	int err = inode_permission(idmap, d_inode(dir), MAY_WRITE | MAY_EXEC);

	dput(dir);
	if (!err && !inode_owner_or_capable(idmap, d_inode(path->dentry)))
		err = -EPERM;
	if (!err && __mnt_is_readonly(path->mnt))
		err = -EROFS;
	return err ?: has_acl(d_inode(path->dentry));
}

static int check_owner(struct ckpt_ctx *ctx, const struct path *path, const struct cred *who)
{
	const struct ckpt_rec_inode_attr attr = ckpt_get_attr(path);
	const kgid_t gid = make_kgid(&init_user_ns, attr.gid);
	struct ckpt_shown shown;

	if (uid_eq(make_kuid(&init_user_ns, attr.uid), who->fsuid) &&
	    (gid_eq(gid, who->fsgid) || groups_search(who->group_info, gid)))
		return 0;
	if (ckpt_caller_capable(ctx, CAP_CHOWN) && ckpt_caller_capable(ctx, CAP_FOWNER))
		return 0;
	return ckpt_file_fail(ctx, -EPERM, "a unix socket is bound to %s, which belongs to uid %u gid %u, whom the caller could not give it again; save it as root",
			      ckpt_show_path(path, &shown), attr.uid, attr.gid);
}

static int check_name(struct ckpt_ctx *ctx, struct file *file)
{
	const struct cred *who = ckpt_opener(ctx, file->f_cred);
	struct unix_sock *u = unix_sk(sock_of(file));
	struct ckpt_shown shown;
	int late, err;

	/* The tree, which alone could close it, is frozen. */
	if (!has_file_name(&u->sk) || is_removed(&u->path))
		return 0;
	err = ckpt_check_path(ctx, &u->path, who) ?: check_owner(ctx, &u->path, who);
	if (err)
		return err;
	late = ckpt_ask_as(ctx, &u->path, who, may_take, NULL, &err);
	if (late || !err)
		return late;
	if (err == -EOPNOTSUPP)
		return ckpt_file_fail(ctx, err, "a unix socket is bound to %s, which has an access control list (see getfacl(1)), which cannot be saved yet; remove it first",
				      ckpt_show_path(&u->path, &shown));
	return ckpt_file_fail(ctx, -EBUSY, "a unix socket could not be bound to %s again by its user (error %d); make its directory and owner as they were",
			      ckpt_show_path(&u->path, &shown), -err);
}

/* -- save -------------------------------------------------------------------------------- */

static const struct ckpt_kind ckpt_kind_unix_name;

static int emit_name(struct ckpt_ctx *ctx, const struct path *path, u32 id)
{
	const struct ckpt_rec_inode_attr attr = ckpt_get_attr(path);
	const struct inode *inode = d_inode(path->dentry);
	struct ckpt_rec_unix_name rec = {
		.mode = attr.mode, .uid = attr.uid, .gid = attr.gid,
		.dev_major = MAJOR(inode->i_sb->s_dev), .dev_minor = MINOR(inode->i_sb->s_dev),
		.ino = inode->i_ino,
		.atime_sec = attr.atime_sec, .mtime_sec = attr.mtime_sec,
		.atime_nsec = attr.atime_nsec, .mtime_nsec = attr.mtime_nsec,
	};

	return ckpt_emit_with_path(ctx, &ckpt_kind_unix_name, path, &rec, id);
}

static int save_name(struct ckpt_ctx *ctx, struct sock *sk)
{
	u32 id = ckpt_known_id(ctx, sk, &ckpt_class_socket);
	struct ckpt_rec_unix_name rec = {};

	if (has_abstract_name(sk))
		return ckpt_emit(ctx, &ckpt_kind_unix_name, id, &rec, NULL, 0);
	if (!has_file_name(sk) || is_removed(&unix_sk(sk)->path))
		return 0;
	return emit_name(ctx, &unix_sk(sk)->path, id);
}

static int name_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return visit_all(ctx, save_name);
}

/* -- validate ---------------------------------------------------------------------------- */

static struct ckpt_rec_inode_attr attr_of(const struct ckpt_rec_unix_name *data)
{
	return (struct ckpt_rec_inode_attr) {
		.mode = data->mode, .uid = data->uid, .gid = data->gid,
		.atime_sec = data->atime_sec, .mtime_sec = data->mtime_sec,
		.atime_nsec = data->atime_nsec, .mtime_nsec = data->mtime_nsec,
	};
}

static int name_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_unix_name *data = item->data;
	const struct ckpt_rec_inode_attr attr = attr_of(data);

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_UNIX)
		return ckpt_fail(ctx, -EINVAL, "a name is of what is no unix socket");
	if (item->count)
		return ckpt_check_name(ctx, item) ?: ckpt_validate_attr(ctx, &attr, S_IFSOCK);
	if (memchr_inv(data, 0, offsetof(struct ckpt_rec_unix_name, path)))
		return ckpt_fail(ctx, -EINVAL, "an abstract name of a unix socket has a file");
	return 0;
}

/*
 * Sockets that are under way in themselves are left until somebody collects them, which the
 * kernel does behind the back of whoever closes the last that could receive them.
 */
static bool is_collected(void)
{
	if (!READ_ONCE(unix_tot_inflight))
		return true;
	unix_gc();
	return false;
}

/* -- restore: abstract names --------------------------------------------------------------- */

/* As unix_bind_abstract() */
static int bind_abstract(struct sock *sk)
{
	struct unix_address *addr = unix_sk(sk)->addr;
	unsigned int hash = unix_abstract_hash(addr->name, addr->len, sk->sk_type);
	unsigned int old = sk->sk_hash;
	struct net *net = sock_net(sk);
	int err = 0;

	unix_table_double_lock(net, old, hash);
	if (__unix_find_socket_byname(net, addr->name, addr->len, hash))
		err = -EADDRINUSE;
	else
		__unix_set_addr_hash(net, sk, addr, hash);
	unix_table_double_unlock(net, old, hash);
	return err;
}

/* Return: true if there is nothing to wait for */
static bool try_abstract(struct ckpt_ctx *ctx, void *sk)
{
	return !bind_abstract(sk) || is_collected();
}

static int bind_abstract_soon(struct ckpt_ctx *ctx, struct sock *sk)
{
	ckpt_settle(try_abstract, ctx, sk);
	return has_abstract_name(sk) ? 0 : -EADDRINUSE;
}

/* -- restore: names of files ---------------------------------------------------------------- */

static void bind_inode(struct sock *sk, const struct path *path)
{
	unsigned int hash = unix_bsd_hash(d_backing_inode(path->dentry)), old = sk->sk_hash;
	struct unix_sock *u = unix_sk(sk);
	struct net *net = sock_net(sk);

	path_get(path);
	unix_table_double_lock(net, old, hash);
	u->path = *path;
	__unix_set_addr_hash(net, sk, u->addr, hash);
	unix_table_double_unlock(net, old, hash);
	unix_insert_bsd_socket(sk);
}

static bool is_in_use(struct inode *inode)
{
	struct sock *sk = unix_find_socket_byinode(inode);

	if (sk)
		sock_put(sk);
	return sk;
}

/* Declared in ../checkpoint.h, for files that have been removed */
bool ckpt_unix_is_bound(struct inode *inode)
{
	return is_in_use(inode);
}

/* Return: true if there is nothing to wait for */
static bool try_inode(struct ckpt_ctx *ctx, void *inode)
{
	return !is_in_use(inode) || is_collected();
}

/* The very file that it was, and nobody has it */
static int take_file(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct sock *sk,
		     const struct path *path)
{
	const struct ckpt_rec_unix_name *data = item->data;
	struct inode *inode = d_inode(path->dentry);
	struct ckpt_shown shown;
	int err;

	if (!S_ISSOCK(inode->i_mode) || inode->i_ino != data->ino ||
	    inode->i_sb->s_dev != MKDEV(data->dev_major, data->dev_minor))
		return ckpt_fail(ctx, -EADDRINUSE, "%s is there, and is not the file that a unix socket of the program was bound to; move it away",
				 ckpt_show_name(item, &shown));
	if (is_in_use(inode))
		return ckpt_fail(ctx, -EADDRINUSE, "%s is in use by another unix socket",
				 ckpt_show_name(item, &shown));
	err = may_take(path, NULL);
	if (err)
		return ckpt_fail(ctx, err, "a unix socket may not be bound to %s again (error %d)",
				 ckpt_show_name(item, &shown), -err);
	bind_inode(sk, path);
	return 0;
}

/* For its owner alone, until it is as it was */
static int make_file(struct ckpt_ctx *ctx, const struct ckpt_item *item, const struct path *dir,
		     const struct path *path)
{
	const umode_t mode = S_IFSOCK | 0600;
	struct ckpt_shown shown;
	int err = security_path_mknod(dir, path->dentry, mode, 0);

	if (!err)
		err = vfs_mknod(mnt_idmap(dir->mnt), d_inode(dir->dentry), path->dentry, mode, 0);
	return err ? ckpt_fail(ctx, err, "%s, a unix socket, cannot be made again (error %d)",
			       ckpt_show_name(item, &shown), -err) : 0;
}

static int finish_file(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		       struct ckpt_socket *made)
{
	const struct ckpt_rec_inode_attr attr = attr_of(item->data);
	struct file *file = dentry_open(&made->made, O_PATH, current_cred());
	struct ckpt_shown shown;
	int err;

	if (IS_ERR(file))
		return ckpt_fail(ctx, PTR_ERR(file), "no memory for the name of a unix socket");
	err = ckpt_set_attr(ctx, file, &attr, ckpt_show_name(item, &shown));
	fput(file);
	if (!err)
		bind_inode(made->sk, &made->made);
	return err;
}

/* A socket that is gone is freed in a moment: it is waited for while nothing is locked. */
static void settle_file(struct ckpt_ctx *ctx, const struct path *dir, const char *last)
{
	struct dentry *dentry = lookup_one_positive_unlocked(mnt_idmap(dir->mnt), last,
							     dir->dentry, strlen(last));

	if (IS_ERR(dentry))
		return;
	ckpt_settle(try_inode, ctx, d_inode(dentry));
	dput(dentry);
}

/* The directory is locked, so that nobody else takes the file meanwhile. */
static int bind_in(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct ckpt_socket *made,
		   const struct path *dir, const char *last)
{
	struct path path = { .mnt = dir->mnt };
	struct ckpt_shown shown;
	int err;

	inode_lock_nested(d_inode(dir->dentry), I_MUTEX_PARENT);
	path.dentry = lookup_one(mnt_idmap(dir->mnt), last, dir->dentry, strlen(last));
	if (IS_ERR(path.dentry)) {
		err = ckpt_fail(ctx, PTR_ERR(path.dentry), "%s cannot be found (error %ld)",
				ckpt_show_name(item, &shown), -PTR_ERR(path.dentry));
	} else if (d_is_positive(path.dentry)) {
		err = take_file(ctx, item, made->sk, &path);
		dput(path.dentry);
	} else {
		err = make_file(ctx, item, dir, &path);
		if (!err) {
			made->made = path;
			path_get(&made->made);
		}
		dput(path.dentry);
	}
	inode_unlock(d_inode(dir->dentry));
	return err;
}

static int bind_file(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct ckpt_socket *made)
{
	char *name = ckpt_name_here(ctx, item), *last;
	struct ckpt_shown shown;
	struct path dir;
	int err;

	if (!name)
		return -ENOMEM;
	last = strrchr(name, '/');
	*last++ = '\0';
	err = ckpt_find_directory(ctx, item, *name ? name : "/", &dir);
	if (err)
		goto out_free;
	err = mnt_want_write(dir.mnt);
	if (err) {
		ckpt_fail(ctx, err, "a unix socket cannot be bound to %s (error %d)",
			  ckpt_show_name(item, &shown), -err);
		goto out_put;
	}
	settle_file(ctx, &dir, last);
	err = bind_in(ctx, item, made, &dir, last);
	mnt_drop_write(dir.mnt);
	if (!err && made->made.dentry)
		err = finish_file(ctx, item, made);
out_put:
	path_put(&dir);
out_free:
	kfree(name);
	return err;
}

/* One that shows a name, but cannot be found by one yet, is of the sort that the record says. */
static bool can_bind(const struct ckpt_socket *made, const struct ckpt_item *item)
{
	const struct unix_address *addr;

	if (!made || unix_rec(made)->flags & (CKPT_UNIX_PENDING | CKPT_UNIX_CLOSED) ||
	    !made->sk->sk_socket)
		return false;
	addr = unix_sk(made->sk)->addr;
	return addr && !has_file_name(made->sk) && !has_abstract_name(made->sk) &&
	       !item->count == !addr->name->sun_path[0];
}

static int name_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct cred *old;
	struct unix_address *addr;
	int err;

	if (!can_bind(made, item))
		return ckpt_fail(ctx, -EINVAL, "a unix socket cannot have such a name");
	addr = unix_sk(made->sk)->addr;
	old = override_creds(made->who);
	err = security_socket_bind(made->sk->sk_socket, (struct sockaddr *)addr->name, addr->len);
	if (err)
		ckpt_fail(ctx, err, "a security module forbids the name of a unix socket");
	else if (item->count)
		err = bind_file(ctx, item, made);
	else
		err = bind_abstract_soon(ctx, made->sk);
	revert_creds(old);
	if (err != -EADDRINUSE || item->count)
		return err;
	return ckpt_fail(ctx, err, "the abstract name @%.*s of a unix socket is in use by another",
			 (int)(addr->len - offsetof(struct sockaddr_un, sun_path) - 1),
			 addr->name->sun_path + 1);
}

CHECKPOINT_KIND(unix_name) = {
	.name		= "unix_name",
	.type		= CKPT_REC_UNIX_NAME,
	.size		= sizeof(struct ckpt_rec_unix_name),
	CKPT_ARRAY(struct ckpt_rec_unix_name, path, __u8),
	.max		= PATH_MAX - 1,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_socket,
	.save		= name_save,
	.validate	= name_validate,
	.restore	= name_restore,
};
