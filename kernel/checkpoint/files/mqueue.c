// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: POSIX message queues, whoever has them open.  Compiled into
 * ipc/mqueue.c, which keeps their structure to itself.
 */
#include "mqueue.h"
#include "mqueue_file.c"

/**
 * DOC: POSIX message queues
 *
 * A queue is a file of the mqueue file system, and the messages are in the kernel alone.
 *
 * Preserved: the name, or that it has none any more; mode, owner, times, the limits, the
 * messages by priority and in their order; also where the queue is still there as the tree
 * left it.  Those that nobody has open too, if no task outside of the tree is in its ipc
 * namespace but the caller of checkpoint().
 *
 * Rebuilt: the bytes are counted for the user of the descriptor by which it was found
 * (RLIMIT_MSGQUEUE).
 *
 * Refused: a queue with a set-id or sticky bit.  restart() refuses where the name is taken
 * by another queue, or by this one after it was used by others.
 */

static const struct ckpt_kind ckpt_kind_mqueue;

/* -- save ------------------------------------------------------------------------------ */

static const void *queue_key(struct ckpt_ctx *ctx, const void *ptr)
{
	const struct ckpt_queue *queue = ptr;

	return d_inode(queue->dentry);
}

static size_t bytes_of_messages(struct mqueue_inode_info *info)
{
	struct rb_node *node;
	size_t bytes = 0;

	lockdep_assert_held(&info->lock);
	for (node = rb_first(&info->msg_tree); node; node = rb_next(node))
		bytes += ckpt_msg_bytes(&rb_entry(node, struct posix_msg_tree_node,
						  rb_node)->msg_list);
	return bytes;
}

/* The highest priority first, as they would be received */
static void pack_messages(struct mqueue_inode_info *info, void *to)
{
	struct rb_node *node;

	lockdep_assert_held(&info->lock);
	for (node = rb_last(&info->msg_tree); node; node = rb_prev(node))
		to = ckpt_msg_pack(&rb_entry(node, struct posix_msg_tree_node,
					     rb_node)->msg_list, to);
}

static void fill_queue(struct ckpt_rec_mqueue *rec, const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	struct mqueue_inode_info *info = MQUEUE_I(inode);
	struct timespec64 ts;

	lockdep_assert_held(&info->lock);
	rec->mode = inode->i_mode & 07777;
	rec->uid = from_kuid(&init_user_ns, inode->i_uid);
	rec->gid = from_kgid(&init_user_ns, inode->i_gid);
	rec->maxmsg = info->attr.mq_maxmsg;
	rec->msgsize = info->attr.mq_msgsize;
	if (d_unlinked(dentry))
		rec->flags |= CKPT_MQUEUE_UNLINKED;
	ts = inode_get_atime(inode);
	rec->atime_sec = ts.tv_sec;
	rec->atime_nsec = ts.tv_nsec;
	ts = inode_get_mtime(inode);
	rec->mtime_sec = ts.tv_sec;
	rec->mtime_nsec = ts.tv_nsec;
	ts = inode_get_ctime(inode);
	rec->ctime_sec = ts.tv_sec;
	rec->ctime_nsec = ts.tv_nsec;
}

static size_t copy_queue(struct ckpt_rec_mqueue *rec, const struct dentry *dentry, void *to,
			 size_t room)
{
	struct mqueue_inode_info *info = MQUEUE_I(d_inode(dentry));
	size_t bytes;

	spin_lock(&info->lock);
	bytes = bytes_of_messages(info);
	fill_queue(rec, dentry);
	if (bytes <= room)
		pack_messages(info, to);
	spin_unlock(&info->lock);
	return bytes;
}

static int queue_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	const struct ckpt_queue *queue = ptr;
	struct ckpt_rec_mqueue *rec __free(kfree) = kzalloc(sizeof(*rec), GFP_KERNEL_ACCOUNT);
	void *to __free(kvfree) = NULL;
	size_t bytes, room = 0;
	int err = 0;

	if (!rec)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a message queue");
	snprintf(rec->name, sizeof(rec->name), "%pd", queue->dentry);
	/* The tree has it alone, and is frozen: it is the same when it is looked at again. */
	while ((bytes = copy_queue(rec, queue->dentry, to, room)) > room) {
		if (bytes > CKPT_MSG_MAX || room)
			return ckpt_fail(ctx, -E2BIG, "message queue /%s holds more than %u bytes, or changes",
					 rec->name, CKPT_MSG_MAX);
		room = bytes;
		to = kvzalloc(room, GFP_KERNEL_ACCOUNT);
		if (!to)
			return ckpt_fail(ctx, -ENOMEM, "no memory for the messages of a queue");
	}
	if (queue->cred)
		err = ckpt_save_object(ctx, &ckpt_class_cred, queue->cred, &rec->cred);
	return err ?: ckpt_emit(ctx, kind, id, rec, to, bytes);
}

/* A queue of the root directory, with a reference, behind @last, whose reference is dropped */
static struct dentry *next_queue(struct dentry *root, struct dentry *last)
{
	struct dentry *child, *found = NULL;

	spin_lock(&root->d_lock);
	child = last ? hlist_entry_safe(last->d_sib.next, struct dentry, d_sib) :
		       hlist_entry_safe(root->d_children.first, struct dentry, d_sib);
	for (; child && !found; child = hlist_entry_safe(child->d_sib.next, struct dentry, d_sib)) {
		spin_lock_nested(&child->d_lock, DENTRY_D_LOCK_NESTED);
		if (simple_positive(child))
			found = dget_dlock(child);
		spin_unlock(&child->d_lock);
	}
	spin_unlock(&root->d_lock);
	dput(last);
	return found;
}

/* In a namespace of the tree's own all queues are its own, open or not. */
static int save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct dentry *root = current->nsproxy->ipc_ns->mq_mnt->mnt_root;
	struct ckpt_queue queue = {};
	int err = 0;
	u32 id;

	if (!ckpt_ipc_own(ctx))
		return 0;
	inode_lock(d_inode(root));
	while (!err && (queue.dentry = next_queue(root, queue.dentry)))
		if (!ckpt_known_id(ctx, d_inode(queue.dentry), &ckpt_class_mqueue))
			err = ckpt_save_object(ctx, &ckpt_class_mqueue, &queue, &id);
	inode_unlock(d_inode(root));
	if (err)
		dput(queue.dentry);
	return err;
}

/* -- restart --------------------------------------------------------------------------- */

static bool valid_name(const struct ckpt_rec_mqueue *data)
{
	size_t len = strnlen(data->name, sizeof(data->name));

	return len && len <= NAME_MAX && !memchr(data->name, '/', len) &&
	       strcmp(data->name, ".") && strcmp(data->name, "..");
}

static int queue_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_mqueue *data = item->data;
	const struct ckpt_rec_msg *msg;
	size_t at = 0;
	u64 nr = 0;

	if (!valid_name(data) || data->mode & ~0777 || data->flags & ~CKPT_MQUEUE_UNLINKED ||
	    !uid_valid(make_kuid(&init_user_ns, data->uid)) ||
	    !gid_valid(make_kgid(&init_user_ns, data->gid)) ||
	    data->atime_nsec >= NSEC_PER_SEC || data->mtime_nsec >= NSEC_PER_SEC ||
	    data->ctime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "a POSIX message queue is malformed");
	while ((msg = ckpt_msg_next(item, &at))) {
		nr++;
		if (msg->type < 0 || msg->type >= MQ_PRIO_MAX || msg->size > data->msgsize)
			return ckpt_fail(ctx, -EINVAL, "a message of a POSIX queue is malformed");
	}
	if (at != item->count || nr > data->maxmsg)
		return ckpt_fail(ctx, -EINVAL, "the messages of a POSIX queue are malformed");
	return 0;
}

static bool same_messages(struct mqueue_inode_info *info, const struct ckpt_item *item)
{
	struct rb_node *node;
	size_t at = 0;

	lockdep_assert_held(&info->lock);
	for (node = rb_last(&info->msg_tree); node; node = rb_prev(node))
		if (!ckpt_msg_same(item, &at, &rb_entry(node, struct posix_msg_tree_node,
							rb_node)->msg_list))
			return false;
	return at == item->count;
}

static bool is_time(struct timespec64 ts, s64 sec, u32 nsec)
{
	return ts.tv_sec == sec && ts.tv_nsec == nsec;
}

/* Nobody has it open, and nobody has done anything with it since. */
static bool is_as_left(struct dentry *dentry, const struct ckpt_item *item)
{
	const struct ckpt_rec_mqueue *data = item->data;
	struct inode *inode = d_inode(dentry);
	struct mqueue_inode_info *info = MQUEUE_I(inode);
	bool same;

	spin_lock(&info->lock);
	same = inode->i_mode == (S_IFREG | data->mode) && !info->notify_owner &&
	       uid_eq(inode->i_uid, make_kuid(&init_user_ns, data->uid)) &&
	       gid_eq(inode->i_gid, make_kgid(&init_user_ns, data->gid)) &&
	       info->attr.mq_maxmsg == data->maxmsg && info->attr.mq_msgsize == data->msgsize &&
	       is_time(inode_get_mtime(inode), data->mtime_sec, data->mtime_nsec) &&
	       is_time(inode_get_ctime(inode), data->ctime_sec, data->ctime_nsec) &&
	       same_messages(info, item);
	spin_unlock(&info->lock);
	/* One reference is the name's, and one ours. */
	return same && d_count(dentry) == 2;
}

/* Before anybody sees it */
static int fill(struct inode *inode, const struct ckpt_item *item, struct list_head *messages)
{
	const struct ckpt_rec_mqueue *data = item->data;
	struct mqueue_inode_info *info = MQUEUE_I(inode);
	struct msg_msg *msg, *next;
	int err = 0;

	inode->i_uid = make_kuid(&init_user_ns, data->uid);
	inode->i_gid = make_kgid(&init_user_ns, data->gid);
	list_for_each_entry_safe(msg, next, messages, m_list) {
		list_del_init(&msg->m_list);
		spin_lock(&info->lock);
		err = msg_insert(msg, info);
		spin_unlock(&info->lock);
		if (err) {
			free_msg(msg);
			break;
		}
	}
	inode_set_atime(inode, data->atime_sec, data->atime_nsec);
	inode_set_mtime(inode, data->mtime_sec, data->mtime_nsec);
	inode_set_ctime(inode, data->ctime_sec, data->ctime_nsec);
	return err;
}

/*
 * As do_mq_open() with O_CREAT, but it gets its name when it is complete, if at all.  The
 * directory is locked: who looks the name up waits, or has found nothing.
 */
static struct dentry *create(const struct ckpt_item *item, struct dentry *root,
			     struct list_head *messages)
{
	const struct ckpt_rec_mqueue *data = item->data;
	struct mq_attr attr = { .mq_maxmsg = data->maxmsg, .mq_msgsize = data->msgsize };
	struct dentry *dentry;
	int err;

	dentry = d_alloc_name(root, data->name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	err = vfs_mkobj(dentry, data->mode, mqueue_create_attr, &attr);
	if (err)
		goto err_put;
	err = fill(d_inode(dentry), item, messages);
	if (err || data->flags & CKPT_MQUEUE_UNLINKED)
		mqueue_unlink(d_inode(root), dentry);
	else
		d_rehash(dentry);
	if (!err)
		return dentry;
err_put:
	dput(dentry);
	return ERR_PTR(err);
}

static int explain(struct ckpt_ctx *ctx, const struct ckpt_item *item, int err)
{
	const struct ckpt_rec_mqueue *data = item->data;

	switch (err) {
	case -EEXIST:
		return ckpt_fail(ctx, err, "message queue /%s is there, and not as the program left it; remove that first (mq_unlink)",
				 data->name);
	case -EMFILE:
		return ckpt_fail(ctx, err, "message queue /%s is beyond RLIMIT_MSGQUEUE of uid %u",
				 data->name, data->uid);
	case -ENOSPC:
		return ckpt_fail(ctx, err, "message queue /%s would be one too many: see fs.mqueue.queues_max",
				 data->name);
	case -EINVAL:
		return ckpt_fail(ctx, err, "message queue /%s is beyond fs.mqueue.msg_max or msgsize_max",
				 data->name);
	default:
		return ckpt_fail(ctx, err, "message queue /%s could not be made (error %d)",
				 data->name, -err);
	}
}

/* With the name's dentry if it is there, as the tree left it */
static struct dentry *find(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct dentry *root)
{
	const struct ckpt_rec_mqueue *data = item->data;
	struct dentry *dentry;

	if (data->flags & CKPT_MQUEUE_UNLINKED)
		return NULL;
	dentry = lookup_one_len(data->name, root, strlen(data->name));
	if (IS_ERR(dentry))
		return dentry;
	if (d_is_negative(dentry)) {
		d_drop(dentry);
		dput(dentry);
		return NULL;
	}
	if (ckpt_is_this_boot(ctx) && is_as_left(dentry, item))
		return dentry;
	dput(dentry);
	return ERR_PTR(-EEXIST);
}

static int make(struct ckpt_ctx *ctx, struct ckpt_queue_made *made, const struct ckpt_item *item,
		struct list_head *messages)
{
	struct vfsmount *mnt = made->ns->mq_mnt;
	struct dentry *root = mnt->mnt_root, *dentry;
	int err = mnt_want_write(mnt);

	if (err)
		return err;
	inode_lock(d_inode(root));
	dentry = find(ctx, item, root);
	made->adopted = !IS_ERR_OR_NULL(dentry);
	if (!dentry)
		dentry = create(item, root, messages);
	inode_unlock(d_inode(root));
	mnt_drop_write(mnt);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	made->dentry = dentry;
	return 0;
}

/* Whoever may become the owner may open and remove it. */
static int make_as(struct ckpt_ctx *ctx, struct ckpt_queue_made *made, const struct ckpt_item *item)
{
	const struct ckpt_rec_mqueue *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	LIST_HEAD(messages);
	int err;

	if (IS_ERR(cred))
		return PTR_ERR(cred);
	err = check_owner(ctx, data->name, make_kuid(&init_user_ns, data->uid),
			  make_kgid(&init_user_ns, data->gid));
	if (err)
		return err;
	err = ckpt_msg_unpack(item, &messages);
	if (!err) {
		old = override_creds(cred);
		err = make(ctx, made, item, &messages);
		revert_creds(old);
	}
	ckpt_msg_free_all(&messages);
	return err ? explain(ctx, item, err) : 0;
}

/* One that was made for a restart which failed, unless somebody has removed it */
static void discard_queue(void *ptr)
{
	struct ckpt_queue_made *made = ptr;
	struct dentry *root = made->ns->mq_mnt->mnt_root;

	if (made->adopted)
		return;
	inode_lock(d_inode(root));
	if (!d_unlinked(made->dentry)) {
		mqueue_unlink(d_inode(root), made->dentry);
		d_drop(made->dentry);
	}
	inode_unlock(d_inode(root));
}

static void put_queue(void *ptr)
{
	struct ckpt_queue_made *made = ptr;

	if (made->socket)
		netlink_detachskb(made->socket, made->cookie);
	dput(made->dentry);
	put_ipc_ns(made->ns);
	kfree(made);
}

static const struct ckpt_class ckpt_class_mqueue = {
	.name		= "mqueue",
	.fate		= CKPT_FATE_STAY,
	.key		= queue_key,
	.put		= put_queue,
	.discard	= discard_queue,
};

static void *queue_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_queue_made *made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	int err;

	if (!made)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a message queue"));
	made->ns = get_ipc_ns(current->nsproxy->ipc_ns);
	err = make_as(ctx, made, item);
	if (!err)
		return made;
	put_queue(made);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(mqueue) = {
	.name		= "mqueue",
	.type		= CKPT_REC_MQUEUE,
	.size		= sizeof(struct ckpt_rec_mqueue),
	CKPT_ARRAY(struct ckpt_rec_mqueue, messages, __u8),
	.max		= CKPT_MSG_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_mqueue,
	.defines	= true,
	.save		= save_all,
	.save_object	= queue_save,
	.validate	= queue_validate,
	.restore_object	= queue_restore,
};
