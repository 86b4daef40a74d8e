// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which System V message queues are the tree's, and who else has
 * them.  Compiled into ipc/msg.c, which keeps the structures to itself.
 */
#include <linux/sched/task_stack.h>
#include <asm/checkpoint.h>
#include <asm/syscall.h>
#include "msg.h"

static int keep(struct ckpt_ctx *ctx, struct msg_queue *msq)
{
	int err = xa_insert(&ckpt_msgs(ctx)->queues, msq->q_perm.id, msq, GFP_KERNEL_ACCOUNT);

	if (!err) {
		ckpt_msgs(ctx)->nr_queues++;
		return 0;
	}
	ipc_rcu_putref(&msq->q_perm, msg_rcu_free);
	return ckpt_fail(ctx, err, "no memory for the list of message queues");
}

/* A queue that is gone is held by nobody. */
static int hold(struct ckpt_ctx *ctx, int id)
{
	struct msg_queue *msq;

	if (xa_load(&ckpt_msgs(ctx)->queues, id))
		return 0;
	rcu_read_lock();
	msq = msq_obtain_object_check(current->nsproxy->ipc_ns, id);
	if (!IS_ERR(msq) && !ipc_rcu_getref(&msq->q_perm))
		msq = ERR_PTR(-EIDRM);
	rcu_read_unlock();
	return IS_ERR(msq) ? 0 : keep(ctx, msq);
}

static int hold_all(struct ckpt_ctx *ctx)
{
	struct ipc_ids *ids = &msg_ids(current->nsproxy->ipc_ns);
	struct kern_ipc_perm *perm;
	int idx, err = 0;

	down_read(&ids->rwsem);
	idr_for_each_entry(&ids->ipcs_idr, perm, idx) {
		err = hold(ctx, perm->id);
		if (err)
			break;
	}
	up_read(&ids->rwsem);
	return err;
}

/* Who waited will make the same call again. */
static bool waits(struct ckpt_task *t, struct pt_regs *regs, unsigned long *args)
{
	int nr = ckpt_arch_get_call(t->task, regs, args);

	return (nr == __NR_msgsnd || nr == __NR_msgrcv) &&
	       syscall_get_error(t->task, regs) == -ERESTARTNOHAND;
}

static int hold_waited_for(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		unsigned long args[6];
		struct pt_regs *regs;

		if (t->zombie || t->self)
			continue;
		regs = task_pt_regs(t->task);
		if (!waits(t, regs, args))
			continue;
		err = hold(ctx, args[0]);
		if (err)
			return err;
	}
	return 0;
}

/* Frozen tasks are in no list: whoever is there is outside. */
static const char *find_other(struct ckpt_ctx *ctx, struct msg_queue *msq, pid_t *pid)
{
	struct msg_receiver *receiver;
	struct msg_sender *sender;

	ipc_assert_locked_object(&msq->q_perm);
	receiver = list_first_entry_or_null(&msq->q_receivers, struct msg_receiver, r_list);
	if (receiver) {
		*pid = task_tgid_nr(receiver->r_tsk);
		return "waits for a message";
	}
	sender = list_first_entry_or_null(&msq->q_senders, struct msg_sender, list);
	if (sender) {
		*pid = task_tgid_nr(sender->tsk);
		return "waits for room in it";
	}
	*pid = ckpt_ipc_outside(ctx, msq->q_lspid);
	if (*pid)
		return "was the last to send";
	*pid = ckpt_ipc_outside(ctx, msq->q_lrpid);
	return *pid ? "was the last to receive" : NULL;
}

/* Two programs would have it after a restart: each its own. */
static int check_others(struct ckpt_ctx *ctx, struct msg_queue *msq)
{
	const char *how = NULL;
	pid_t pid;

	rcu_read_lock();
	ipc_lock_object(&msq->q_perm);
	if (ipc_valid_object(&msq->q_perm))
		how = find_other(ctx, msq, &pid);
	ipc_unlock_object(&msq->q_perm);
	rcu_read_unlock();
	if (!how)
		return 0;
	return ckpt_fail(ctx, -EBUSY, "message queue %d: process %d, which is not in the tree, %s; end that or save it with the tree",
			 msq->q_perm.id, pid, how);
}

static int check_numbers(struct ckpt_ctx *ctx, struct msg_queue *msq)
{
	bool lost;

	ipc_lock_object(&msq->q_perm);
	lost = ckpt_ipc_loses(ctx, msq->q_lspid) || ckpt_ipc_loses(ctx, msq->q_lrpid);
	ipc_unlock_object(&msq->q_perm);
	return lost ? ckpt_ipc_fail_lost(ctx, "message queue", msq->q_perm.id) : 0;
}

static int check_queues(struct ckpt_ctx *ctx)
{
	struct msg_queue *msq;
	unsigned long id;
	int err, first = 0;

	xa_for_each(&ckpt_msgs(ctx)->queues, id, msq) {
		err = check_others(ctx, msq) ?: check_numbers(ctx, msq) ?:
		      ckpt_ipc_check_owner(ctx, "message queue", &msq->q_perm);
		if (!ckpt_looks_on(ctx, err, &first))
			break;
		cond_resched();
	}
	return first;
}

static int ckpt_msg_survey(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_msgs *msgs = ckpt_make_private(&ctx->privates, &ckpt_msgs_private);
	int err;

	if (!msgs)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the list of message queues");
	msgs->own = ckpt_ipc_own(ctx);
	err = hold_waited_for(ctx);
	if (!err && msgs->own)
		err = hold_all(ctx);
	return err ?: check_queues(ctx);
}

static int msgs_init(void *data)
{
	struct ckpt_msgs *msgs = data;

	xa_init_flags(&msgs->queues, XA_FLAGS_ACCOUNT);
	return 0;
}

static void msgs_free(void *data)
{
	struct ckpt_msgs *msgs = data;
	struct msg_queue *msq;
	unsigned long id;

	xa_for_each(&msgs->queues, id, msq)
		ipc_rcu_putref(&msq->q_perm, msg_rcu_free);
	xa_destroy(&msgs->queues);
}

static const struct ckpt_private ckpt_msgs_private = {
	.size	= sizeof(struct ckpt_msgs),
	.init	= msgs_init,
	.free	= msgs_free,
};

static bool used_by_tree(struct ckpt_ctx *ctx, struct msg_queue *msq)
{
	bool ret;

	ipc_lock_object(&msq->q_perm);
	ret = ckpt_ipc_inside(ctx, msq->q_lspid) || ckpt_ipc_inside(ctx, msq->q_lrpid);
	ipc_unlock_object(&msq->q_perm);
	return ret;
}

/* What stays behind, so that nobody wonders after a boot */
static void ckpt_msg_report_others(struct ckpt_ctx *ctx)
{
	struct ipc_ids *ids = &msg_ids(current->nsproxy->ipc_ns);
	struct kern_ipc_perm *perm;
	int idx;

	down_read(&ids->rwsem);
	idr_for_each_entry(&ids->ipcs_idr, perm, idx) {
		struct msg_queue *msq = container_of(perm, struct msg_queue, q_perm);

		cond_resched();
		if (!xa_load(&ckpt_msgs(ctx)->queues, perm->id) && used_by_tree(ctx, msq))
			ckpt_note(ctx, "message queue %d (key %#x), which it used last, is not in the image: it stays in the kernel until the next boot",
				  perm->id, perm->key);
	}
	up_read(&ids->rwsem);
}
