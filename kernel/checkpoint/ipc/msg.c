// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: System V message queues.  Compiled into ipc/msg.c, which keeps their
 * structure to itself.
 */
#include "msg.h"
#include "msg_survey.c"

/**
 * DOC: System V message queues
 *
 * Queues belong to the ipc namespace and not to processes: they outlive them.  A tree holds
 * those in which its tasks wait to send or to receive; and all of its ipc namespace, if no
 * task outside of it is in there but the caller of checkpoint().
 *
 * Preserved: of the queues that it holds the id with its sequence number, the key, mode,
 * owner and creator, times, the limit, the messages with their types and in their order, and
 * who sent and received last; also where the queue is still there as the tree left it.
 *
 * Rebuilt: a task that waits in msgsnd(2) or msgrcv(2) asks again.
 *
 * Reported: queues that the tree used last and does not hold; they are not saved, but
 * stay in the kernel until it is booted anew.
 *
 * Refused: a queue in which a task outside of the tree waits, or which it used last and is
 * alive, or is gone and lived in a pid namespace of the tree.  restart() refuses where
 * the id or the key is taken by another queue, or by this
 * one after it was used by others.  A queue that is gone is made with its id for who has
 * CAP_CHECKPOINT_RESTORE, as for kernel.msg_next_id.
 */

static const struct ckpt_kind ckpt_kind_msg_queue;

/**
 * struct made_queue - restart: the object of a queue
 * @ns: where it is: the restarter's
 * @msq: the queue, with a reference
 * @adopted: it was there already, as the tree had left it
 */
struct made_queue {
	struct ipc_namespace *ns;
	struct msg_queue *msq;
	bool adopted;
};

/* A queue that was made for a restart which failed, unless somebody has removed it */
static void discard_queue(void *ptr)
{
	struct made_queue *made = ptr;
	struct kern_ipc_perm *perm = &made->msq->q_perm;

	if (made->adopted)
		return;
	down_write(&msg_ids(made->ns).rwsem);
	rcu_read_lock();
	ipc_lock_object(perm);
	if (ipc_valid_object(perm))
		freeque(made->ns, perm);
	else
		ipc_unlock(perm);
	up_write(&msg_ids(made->ns).rwsem);
}

static void put_queue(void *ptr)
{
	struct made_queue *made = ptr;

	if (made->msq)
		ipc_rcu_putref(&made->msq->q_perm, msg_rcu_free);
	kfree(made);
}

static const struct ckpt_class ckpt_class_msg_queue = {
	.name		= "msgqueue",
	.fate		= CKPT_FATE_STAY,
	.put		= put_queue,
	.discard	= discard_queue,
};

/* -- save ------------------------------------------------------------------------------ */

static void fill_queue(struct ckpt_ctx *ctx, struct ckpt_rec_msg_queue *rec,
		       const struct msg_queue *msq)
{
	struct ckpt_ipc_perm perm;

	ckpt_ipc_get_perm(&msq->q_perm, &perm);
	rec->id = perm.id;
	rec->key = perm.key;
	rec->mode = perm.mode;
	rec->uid = perm.uid;
	rec->gid = perm.gid;
	rec->cuid = perm.cuid;
	rec->cgid = perm.cgid;
	rec->lspid = ckpt_ipc_pid_nr(ctx, msq->q_lspid);
	rec->lrpid = ckpt_ipc_pid_nr(ctx, msq->q_lrpid);
	rec->stime = msq->q_stime;
	rec->rtime = msq->q_rtime;
	rec->ctime = msq->q_ctime;
	rec->qbytes = msq->q_qbytes;
}

/* Return: bytes of the messages, which are in @to if @room suffices; 0 if it was removed */
static size_t copy_queue(struct ckpt_ctx *ctx, struct ckpt_rec_msg_queue *rec,
			 struct msg_queue *msq, void *to, size_t room, bool *valid)
{
	size_t bytes = 0;

	rcu_read_lock();
	ipc_lock_object(&msq->q_perm);
	*valid = ipc_valid_object(&msq->q_perm);
	if (*valid) {
		bytes = ckpt_msg_bytes(&msq->q_messages);
		fill_queue(ctx, rec, msq);
		if (bytes <= room)
			ckpt_msg_pack(&msq->q_messages, to);
	}
	ipc_unlock_object(&msq->q_perm);
	rcu_read_unlock();
	return bytes;
}

/* Others may send meanwhile, if the queue is not the tree's alone. */
static int save_queue(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct msg_queue *msq)
{
	struct ckpt_rec_msg_queue rec = {};
	size_t bytes, room = 0;
	void *to = NULL;
	bool valid;
	int err;
	u32 id;

	for (;;) {
		bytes = copy_queue(ctx, &rec, msq, to, room, &valid);
		if (bytes <= room)
			break;
		kvfree(to);
		if (bytes > CKPT_MSG_MAX)
			return ckpt_fail(ctx, -E2BIG, "message queue %d holds more than %u bytes",
					 msq->q_perm.id, CKPT_MSG_MAX);
		room = bytes;
		to = kvzalloc(room, GFP_KERNEL_ACCOUNT);
		if (!to)
			return ckpt_fail(ctx, -ENOMEM, "no memory for the messages of a queue");
	}
	err = valid ? ckpt_object_id(ctx, msq, &ckpt_class_msg_queue, &id) : 0;
	if (err > 0)
		err = ckpt_emit(ctx, kind, id, &rec, to, bytes);
	kvfree(to);
	return err;
}

static int msg_queue_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct msg_queue *msq;
	unsigned long id;
	int err;

	xa_for_each(&ckpt_msgs(ctx)->queues, id, msq) {
		err = save_queue(ctx, kind, msq);
		if (err)
			return err;
		ckpt_progress(ctx);
		cond_resched();
	}
	if (ckpt_msgs(ctx)->own)
		return 0;
	if (ckpt_msgs(ctx)->nr_queues)
		ckpt_note(ctx, "of the ipc namespace, which others have too, the image has those %u message queues alone in which it waits",
			  ckpt_msgs(ctx)->nr_queues);
	ckpt_msg_report_others(ctx);
	return 0;
}

/* -- restart --------------------------------------------------------------------------- */

static void get_perm(const struct ckpt_rec_msg_queue *rec, struct ckpt_ipc_perm *perm)
{
	*perm = (struct ckpt_ipc_perm) {
		.id = rec->id,
		.key = rec->key,
		.mode = rec->mode,
		.uid = rec->uid,
		.gid = rec->gid,
		.cuid = rec->cuid,
		.cgid = rec->cgid,
	};
}

static int msg_queue_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_msg_queue *data = item->data;
	const struct ckpt_rec_msg *msg;
	struct ckpt_ipc_perm perm;
	size_t at = 0;

	while ((msg = ckpt_msg_next(item, &at)))
		if (msg->type < 1)
			return ckpt_fail(ctx, -EINVAL, "a message of a queue has type %lld",
					 msg->type);
	if (at != item->count)
		return ckpt_fail(ctx, -EINVAL, "the messages of a queue are malformed");
	if (data->qbytes > INT_MAX || data->lspid >= PID_MAX_LIMIT ||
	    data->lrpid >= PID_MAX_LIMIT)
		return ckpt_fail(ctx, -EINVAL, "a message queue is malformed");
	get_perm(data, &perm);
	return ckpt_ipc_validate(ctx, "message queue", &perm);
}

/*
 * As msgget(2), msgctl(IPC_SET) and msgsnd(2).  A limit may have been lowered while there
 * were messages; then there are not more than the namespace lets in.
 */
static int check_limits(struct ckpt_ctx *ctx, const struct ipc_namespace *ns,
			const struct ckpt_item *item)
{
	const struct ckpt_rec_msg_queue *data = item->data;
	const bool beyond = ckpt_capable(ctx, CAP_SYS_RESOURCE);
	const u64 most = max_t(u64, data->qbytes, ns->msg_ctlmnb);
	const struct ckpt_rec_msg *msg;
	u64 bytes = 0, nr = 0;
	size_t at = 0;

	if (data->qbytes > ns->msg_ctlmnb && !beyond)
		return ckpt_fail(ctx, -EPERM, "message queue %d may have %llu bytes, which is beyond kernel.msgmnb and needs CAP_SYS_RESOURCE",
				 data->id, data->qbytes);
	while ((msg = ckpt_msg_next(item, &at))) {
		if (msg->size > ns->msg_ctlmax)
			return ckpt_fail(ctx, -EINVAL, "message queue %d has a message of %llu bytes, which is beyond kernel.msgmax",
					 data->id, msg->size);
		bytes += msg->size;
		nr++;
	}
	if ((bytes > most || nr > most) && !beyond)
		return ckpt_fail(ctx, -EPERM, "message queue %d holds more than kernel.msgmnb lets in, which needs CAP_SYS_RESOURCE",
				 data->id);
	return 0;
}

/* Nobody has sent, received or set anything since. */
static bool is_as_left(struct ckpt_ctx *ctx, struct msg_queue *msq, const struct ckpt_item *item,
		       const struct ckpt_ipc_perm *perm)
{
	struct pid_namespace *ns = ckpt_roots_pid_ns(ctx);
	const struct ckpt_rec_msg_queue *data = item->data;
	size_t at = 0;

	ipc_assert_locked_object(&msq->q_perm);
	return ckpt_ipc_is_idle(&msq->q_perm) &&
	       ckpt_ipc_same_perm(&msq->q_perm, perm) && list_empty(&msq->q_receivers) &&
	       list_empty(&msq->q_senders) && msq->q_stime == data->stime &&
	       msq->q_rtime == data->rtime && msq->q_ctime == data->ctime &&
	       msq->q_qbytes == data->qbytes &&
	       pid_nr_ns(msq->q_lspid, ns) == data->lspid &&
	       pid_nr_ns(msq->q_lrpid, ns) == data->lrpid &&
	       ckpt_msg_same(item, &at, &msq->q_messages) && at == item->count;
}

/* The tree's own queue, which has outlived it */
static int adopt(struct ckpt_ctx *ctx, struct made_queue *made, struct kern_ipc_perm *found,
		 const struct ckpt_item *item, const struct ckpt_ipc_perm *perm)
{
	struct msg_queue *msq = container_of(found, struct msg_queue, q_perm);
	u32 uid, id = found->id, key = found->key;

	rcu_read_lock();
	ipc_lock_object(found);
	if (ckpt_is_this_boot(ctx) && is_as_left(ctx, msq, item, perm) && ipc_rcu_getref(found))
		made->msq = msq;
	uid = from_kuid_munged(current_user_ns(), found->uid);
	ipc_unlock(found);
	made->adopted = true;
	if (made->msq)
		return 0;
	return ckpt_fail(ctx, -EEXIST, "message queue %d (key %#x) is taken: queue %u (key %#x) of uid %u is there, and not as the program left it; remove that first (ipcrm -q %u)",
			 perm->id, perm->key, id, key, uid, id);
}

static void free_queue(struct msg_queue *msq)
{
	put_pid(msq->q_lspid);
	put_pid(msq->q_lrpid);
	security_msg_queue_free(&msq->q_perm);
	kfree(msq);
}

static struct msg_queue *alloc_queue(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_msg_queue *data = item->data;
	struct msg_queue *msq = kzalloc(sizeof(*msq), GFP_KERNEL_ACCOUNT);
	int err = msq ? security_msg_queue_alloc(&msq->q_perm) : -ENOMEM;

	if (err) {
		kfree(msq);
		return ERR_PTR(ckpt_fail(ctx, err, "message queue %d may not be made (error %d)",
					 data->id, -err));
	}
	msq->q_perm.key = data->key;
	msq->q_stime = data->stime;
	msq->q_rtime = data->rtime;
	msq->q_ctime = data->ctime;
	msq->q_qbytes = data->qbytes;
	msq->q_lspid = ckpt_ipc_pid(ctx, data->lspid);
	msq->q_lrpid = ckpt_ipc_pid(ctx, data->lrpid);
	INIT_LIST_HEAD(&msq->q_messages);
	INIT_LIST_HEAD(&msq->q_receivers);
	INIT_LIST_HEAD(&msq->q_senders);
	return msq;
}

/* The queue is locked, and was never seen without its messages. */
static void fill(struct ipc_namespace *ns, struct msg_queue *msq, struct list_head *messages)
{
	struct msg_msg *msg;

	ipc_assert_locked_object(&msq->q_perm);
	list_splice_init(messages, &msq->q_messages);
	list_for_each_entry(msg, &msq->q_messages, m_list) {
		msq->q_cbytes += msg->m_ts;
		msq->q_qnum++;
	}
	percpu_counter_add_local(&ns->percpu_msg_bytes, msq->q_cbytes);
	percpu_counter_add_local(&ns->percpu_msg_hdrs, msq->q_qnum);
}

/* As newque(), but nobody sees the queue before it has its messages. */
static int create(struct ckpt_ctx *ctx, struct made_queue *made, const struct ckpt_ipc_perm *perm,
		  struct msg_queue *msq, struct list_head *messages)
{
	struct ipc_namespace *ns = made->ns;
	int err;

	lockdep_assert_held_write(&msg_ids(ns).rwsem);
	err = ckpt_ipc_may_choose(ctx, ns, "message queue", perm);
	if (err)
		return err;
	err = ckpt_ipc_add(&msg_ids(ns), &msq->q_perm, ns->msg_ctlmni, perm);
	if (err < 0) {
		ipc_update_pid(&msq->q_lspid, NULL);
		ipc_update_pid(&msq->q_lrpid, NULL);
		ipc_rcu_putref(&msq->q_perm, msg_rcu_free);
		return ckpt_fail(ctx, err, "message queue %d could not be made (error %d): see kernel.msgmni",
				 perm->id, -err);
	}
	fill(ns, msq, messages);
	ipc_rcu_getref(&msq->q_perm);
	made->msq = msq;
	ipc_unlock(&msq->q_perm);
	return 0;
}

static int place(struct ckpt_ctx *ctx, struct made_queue *made, const struct ckpt_item *item,
		 struct list_head *messages)
{
	struct ipc_ids *ids = &msg_ids(made->ns);
	struct msg_queue *msq = alloc_queue(ctx, item);
	struct kern_ipc_perm *found;
	struct ckpt_ipc_perm perm;
	int err;

	if (IS_ERR(msq))
		return PTR_ERR(msq);
	get_perm(item->data, &perm);
	down_write(&ids->rwsem);
	found = ckpt_ipc_find_id(ids, perm.id) ?: ckpt_ipc_find_key(ids, perm.key);
	if (found)
		err = adopt(ctx, made, found, item, &perm);
	else
		err = create(ctx, made, &perm, msq, messages);
	up_write(&ids->rwsem);
	if (found)
		free_queue(msq);
	return err;
}

static int make(struct ckpt_ctx *ctx, struct made_queue *made, const struct ckpt_item *item)
{
	struct ckpt_ipc_perm perm;
	LIST_HEAD(messages);
	int err;

	get_perm(item->data, &perm);
	err = ckpt_ipc_may_make(ctx, "message queue", &perm);
	if (!err)
		err = check_limits(ctx, made->ns, item);
	if (err)
		return err;
	err = ckpt_msg_unpack(item, &messages);
	if (err)
		ckpt_fail(ctx, err, "the messages of queue %d could not be made (error %d)",
			  perm.id, -err);
	else
		err = place(ctx, made, item, &messages);
	ckpt_msg_free_all(&messages);
	return err;
}

static void *msg_queue_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct made_queue *made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	int err;

	if (!made)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a message queue"));
	made->ns = current->nsproxy->ipc_ns;
	err = make(ctx, made, item);
	if (!err)
		return made;
	put_queue(made);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(msg_queue) = {
	.name		= "msg_queue",
	.type		= CKPT_REC_MSG_QUEUE,
	.size		= sizeof(struct ckpt_rec_msg_queue),
	CKPT_ARRAY(struct ckpt_rec_msg_queue, messages, __u8),
	.max		= CKPT_MSG_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_TASK_OBJECT,
	.class		= &ckpt_class_msg_queue,
	.defines	= true,
	.check		= ckpt_msg_survey,
	.save		= msg_queue_save,
	.validate	= msg_queue_validate,
	.restore_object	= msg_queue_restore,
};
