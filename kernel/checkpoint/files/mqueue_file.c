// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptors of POSIX message queues, and who is notified.  Compiled
 * into ipc/mqueue.c.
 */
#include <linux/fdtable.h>
#include "mqueue.h"

/**
 * DOC: descriptors of POSIX message queues
 *
 * Preserved: access mode and O_NONBLOCK; a notification (mq_notify(3)) by signal, by a thread
 * (SIGEV_THREAD, which goes through a netlink socket of the program's), or by nothing.
 *
 * Rebuilt: a task that waits in mq_timedsend(2) or mq_timedreceive(2) asks again.
 *
 * Refused: a queue that is open outside the tree too, or opened by its path on a mount of the
 * mqueue file system; a notification of a program that its process has left by execve(2), and
 * one through a socket that the tree does not have open any more.
 */

static const struct ckpt_kind ckpt_kind_file_mqueue;
static const struct ckpt_kind ckpt_kind_mqueue_notify;

static bool is_queue(const struct file *file)
{
	return file->f_op == &mqueue_file_operations && !(file->f_mode & FMODE_PATH);
}

static bool mqueue_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return is_queue(file) && file->f_path.mnt == current->nsproxy->ipc_ns->mq_mnt;
}

/* Files of the tree that lead to a queue */
static unsigned int count_files(struct ckpt_ctx *ctx, const struct dentry *dentry)
{
	struct ckpt_seen *seen;
	unsigned int nr = 0;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE)
		if (((const struct file *)seen->ptr)->f_path.dentry == dentry)
			nr++;
	return nr;
}

/* The name has a reference too. */
static bool is_ours(struct ckpt_ctx *ctx, void *arg)
{
	struct dentry *dentry = arg;

	return d_count(dentry) <= count_files(ctx, dentry) + !d_unlinked(dentry);
}

static int leads_to(const void *dentry, struct file *file, unsigned int fd)
{
	return file->f_path.dentry == dentry;
}

static int check_holders(struct ckpt_ctx *ctx, struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct task_struct *holder;
	struct ckpt_shown shown;
	struct ckpt_who who;

	if (is_ours(ctx, dentry) || ckpt_settle(is_ours, ctx, dentry))
		return 0;
	holder = ckpt_find_opener(ctx, leads_to, dentry);
	return ckpt_file_fail(ctx, -EBUSY, "message queue %s is open in %s outside the tree too; close it there or save a larger tree",
			      ckpt_show_file(file, &shown), ckpt_show_outsider(ctx, holder, &who));
}

static struct ckpt_task *notify_owner(struct ckpt_ctx *ctx, struct mqueue_inode_info *info)
{
	struct task_struct *task;

	guard(rcu)();
	task = pid_task(info->notify_owner, PIDTYPE_TGID);
	return task ? ckpt_find_task(ctx, task) : NULL;
}

/* The open file of the tree that leads to a socket, NULL if there is none */
static struct file *find_socket(struct ckpt_ctx *ctx, const struct sock *sk)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct socket *sock;

		sock = sock_from_file((struct file *)seen->ptr);
		if (sock && sock->sk == sk)
			return (struct file *)seen->ptr;
	}
	return NULL;
}

static const char *bad_notification(struct ckpt_ctx *ctx, struct mqueue_inode_info *info)
{
	struct ckpt_task *owner;

	lockdep_assert_held(&info->lock);
	if (!info->notify_owner)
		return NULL;
	owner = notify_owner(ctx, info);
	if (!owner)
		return "with a notification of a process that is not in the tree (mq_notify)";
	if (info->notify.sigev_notify == SIGEV_THREAD && !find_socket(ctx, info->notify_sock))
		return "with a notification through a socket that is closed (SIGEV_THREAD)";
	if (info->notify.sigev_notify == SIGEV_SIGNAL &&
	    info->notify_self_exec_id != READ_ONCE(owner->task->self_exec_id))
		return "with a notification of a program that is gone (mq_notify)";
	return NULL;
}

/* Asked by a survey for its caller, too */
static int check_owner(struct ckpt_ctx *ctx, const char *name, kuid_t uid, kgid_t gid)
{
	if (ckpt_may_be_user(ctx, uid) && ckpt_may_be_group(ctx, gid))
		return 0;
	return ckpt_fail(ctx, -EPERM, "message queue /%s belongs to uid %u gid %u, which the caller may not become",
			 name, from_kuid(&init_user_ns, uid), from_kgid(&init_user_ns, gid));
}

static int mqueue_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct inode *inode = file_inode(file);
	struct mqueue_inode_info *info = MQUEUE_I(inode);
	struct ckpt_shown shown;
	const char *bad;
	int err = check_holders(ctx, file);

	if (err)
		return err;
	if (inode->i_mode & 07000)
		return ckpt_cannot_save(ctx, "message queue %s with mode %#o",
					ckpt_show_file(file, &shown), inode->i_mode & 07777);
	spin_lock(&info->lock);
	bad = bad_notification(ctx, info);
	spin_unlock(&info->lock);
	if (bad)
		return ckpt_cannot_save(ctx, "message queue %s %s", ckpt_show_file(file, &shown),
					bad);
	return check_owner(ctx, file->f_path.dentry->d_name.name, inode->i_uid, inode->i_gid) ?:
	       ckpt_check_again(ctx, file);
}

static int mqueue_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_queue queue = { .dentry = file->f_path.dentry, .cred = file->f_cred };
	struct ckpt_rec_file_mqueue rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_mqueue, &queue, &rec.queue);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int mqueue_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_mqueue *data = item->data;

	if (data->open_flags & ~(CKPT_OPEN_FLAGS & ~(O_PATH | O_DIRECTORY)) ||
	    (data->open_flags & O_ACCMODE) == O_ACCMODE)
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x of a message queue",
				 data->open_flags);
	return 0;
}

/* As do_mq_open() of a queue that is there */
static struct file *open_queue(struct ckpt_queue_made *made, u32 flags, const struct cred *cred)
{
	static const int access[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE };
	struct path path = { .mnt = made->ns->mq_mnt, .dentry = made->dentry };
	int err = inode_permission(&nop_mnt_idmap, d_inode(path.dentry),
				   access[flags & O_ACCMODE]);

	return err ? ERR_PTR(err) : dentry_open(&path, flags, cred);
}

static void *mqueue_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_mqueue *data = item->data;
	struct ckpt_queue_made *made = ckpt_object(ctx, data->queue, &ckpt_class_mqueue);
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	if (!made)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "a message queue was not made"));
	old = override_creds(cred);
	file = open_queue(made, data->open_flags, cred);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "message queue /%pd cannot be opened again (error %d)",
			  made->dentry, (int)-PTR_ERR(file));
	return file;
}

CHECKPOINT_KIND(file_mqueue) = {
	.name		= "file_mqueue",
	.type		= CKPT_REC_FILE_MQUEUE,
	.size		= sizeof(struct ckpt_rec_file_mqueue),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= mqueue_match,
	.check_object	= mqueue_check,
	.save_object	= mqueue_save,
	.validate	= mqueue_validate,
	.restore_object	= mqueue_restore,
};

/* -- who is notified ------------------------------------------------------------------- */

/* Has the queue of @seen been met before, by another file? */
static bool is_first(struct ckpt_ctx *ctx, const struct ckpt_seen *seen)
{
	const struct dentry *dentry = ((const struct file *)seen->ptr)->f_path.dentry;
	struct ckpt_seen *other;

	for_each_ckpt_seen(other, ctx, CKPT_SEEN_FILE) {
		if (other == seen)
			return true;
		if (((const struct file *)other->ptr)->f_path.dentry == dentry)
			return false;
	}
	return true;
}

static int save_notification(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			     struct inode *inode)
{
	struct ckpt_rec_mqueue_notify rec = {
		.queue = ckpt_known_id(ctx, inode, &ckpt_class_mqueue),
	};
	struct mqueue_inode_info *info = MQUEUE_I(inode);
	struct ckpt_task *owner = NULL;
	struct file *socket = NULL;

	spin_lock(&info->lock);
	if (info->notify_owner) {
		owner = notify_owner(ctx, info);
		rec.notify = info->notify.sigev_notify;
		if (rec.notify == SIGEV_SIGNAL) {
			rec.signal = info->notify.sigev_signo;
			rec.value = (unsigned long)info->notify.sigev_value.sival_ptr;
		}
		if (rec.notify == SIGEV_THREAD) {
			socket = find_socket(ctx, info->notify_sock);
			memcpy(rec.cookie, info->notify_cookie->data, sizeof(rec.cookie));
		}
	}
	spin_unlock(&info->lock);
	if (!owner || !rec.queue)
		return 0;
	if (socket)
		rec.socket = ckpt_known_id(ctx, socket, &ckpt_class_file);
	if (rec.notify == SIGEV_THREAD && !rec.socket)
		return ckpt_fail(ctx, -EOPNOTSUPP, "a message queue notifies through a socket that is not saved");
	return ckpt_emit(ctx, kind, owner->id, &rec, NULL, 0);
}

static int notify_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_seen *seen;
	int err = 0;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		const struct file *file = seen->ptr;

		if (!is_queue(file) || !is_first(ctx, seen))
			continue;
		err = save_notification(ctx, kind, file_inode(file));
		if (err)
			break;
	}
	return err;
}

static_assert(sizeof_field(struct ckpt_rec_mqueue_notify, cookie) == NOTIFY_COOKIE_LEN);

static int notify_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_mqueue_notify *data = item->data;
	bool thread = data->notify == SIGEV_THREAD;

	if (((data->notify == SIGEV_SIGNAL && valid_signal(data->signal)) ||
	     ((data->notify == SIGEV_NONE || thread) && !data->signal && !data->value)) &&
	    thread == !!data->socket &&
	    (thread || !memchr_inv(data->cookie, 0, sizeof(data->cookie))))
		return 0;
	return ckpt_fail(ctx, -EINVAL, "a notification by a message queue is malformed");
}

/*
 * As mq_notify(2), but that its sender would wait where the socket is full: it waited, or did
 * not have to, before what is to be received there had come.
 */
static int attach_cookie(struct ckpt_queue_made *made, struct file *file, const u8 *cookie)
{
	struct sock *socket;
	struct sk_buff *skb;

	/* With O_PATH the file of a name in a file system may be open, which is no socket. */
	if (!sock_from_file(file))
		return -EINVAL;
	socket = netlink_getsockbyfilp(file);
	if (IS_ERR(socket))
		return -EINVAL;
	skb = alloc_skb(NOTIFY_COOKIE_LEN, GFP_KERNEL_ACCOUNT);
	if (!skb) {
		sock_put(socket);
		return -ENOMEM;
	}
	skb_put_data(skb, cookie, NOTIFY_COOKIE_LEN);
	skb_set_owner_r(skb, socket);
	made->socket = socket;
	made->cookie = skb;
	return 0;
}

static int notify_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_mqueue_notify *data = item->data;
	struct ckpt_queue_made *made = ckpt_object(ctx, data->queue, &ckpt_class_mqueue);
	struct file *file;
	int err = -EINVAL;

	if (data->notify != SIGEV_THREAD)
		return 0;
	file = ckpt_object(ctx, data->socket, &ckpt_class_file);
	if (made && file && !made->socket)
		err = attach_cookie(made, file, data->cookie);
	return err ? ckpt_fail(ctx, err, "a message queue cannot notify through that file") : 0;
}

/* As mq_notify(2); a signal must not reach a task that is being made. */
static void notify_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_mqueue_notify *data = item->data;
	struct ckpt_queue_made *made = ckpt_object(ctx, data->queue, &ckpt_class_mqueue);
	struct mqueue_inode_info *info = MQUEUE_I(d_inode(made->dentry));

	spin_lock(&info->lock);
	if (!info->notify_owner) {
		info->notify.sigev_notify = data->notify;
		info->notify.sigev_signo = data->signal;
		info->notify.sigev_value.sival_ptr = u64_to_user_ptr(data->value);
		info->notify_self_exec_id = current->self_exec_id;
		if (data->notify == SIGEV_THREAD) {
			info->notify_sock = made->socket;
			info->notify_cookie = made->cookie;
			made->socket = NULL;
			made->cookie = NULL;
		}
		info->notify_owner = get_pid(task_tgid(current));
		info->notify_user_ns = get_user_ns(current_user_ns());
	}
	spin_unlock(&info->lock);
}

CHECKPOINT_KIND(mqueue_notify) = {
	.name		= "mqueue_notify",
	.type		= CKPT_REC_MQUEUE_NOTIFY,
	.size		= sizeof(struct ckpt_rec_mqueue_notify),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_LINK,
	.class		= &ckpt_class_task,
	.many		= true,
	.save		= notify_save,
	.validate	= notify_validate,
	.restore	= notify_restore,
	.finish		= notify_finish,
};
