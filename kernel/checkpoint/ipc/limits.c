// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the limits of an ipc namespace of the tree's own.
 */
#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/msg.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>
#include "../../../ipc/util.h"
#include "ipc.h"

/**
 * DOC: limits of IPC
 *
 * Preserved: kernel.sem, shmmax, shmall, shmmni, shm_rmid_forced, msgmax, msgmnb, msgmni and
 * fs.mqueue.* of an ipc namespace in which no task is outside of the tree but the caller of
 * checkpoint().
 *
 * Substituted: they are set where the restarter has an ipc namespace other than the initial one
 * to itself and those that it descends from, and may write to the files.  Elsewhere, and under a
 * ceiling, the namespace keeps its own, and that is reported if they differ.
 *
 * Immaterial: kernel.*_next_id, which the next object uses up.
 */

static const struct ckpt_kind ckpt_kind_ipc_limits;

static void get_limits(const struct ipc_namespace *ns, struct ckpt_rec_ipc_limits *data)
{
	*data = (struct ckpt_rec_ipc_limits) {
		.shmmax = ns->shm_ctlmax,
		.shmall = ns->shm_ctlall,
		.shmmni = ns->shm_ctlmni,
		.shm_rmid_forced = ns->shm_rmid_forced,
		.msgmax = ns->msg_ctlmax,
		.msgmnb = ns->msg_ctlmnb,
		.msgmni = ns->msg_ctlmni,
		.queues_max = ns->mq_queues_max,
		.msg_max = ns->mq_msg_max,
		.msgsize_max = ns->mq_msgsize_max,
		.msg_default = ns->mq_msg_default,
		.msgsize_default = ns->mq_msgsize_default,
	};
	memcpy(data->sem, ns->sem_ctls, sizeof(data->sem));
}

/* All but shm_rmid_forced, by which a restart that fails could end segments that it had found */
static void set_limits(struct ipc_namespace *ns, const struct ckpt_rec_ipc_limits *data)
{
	memcpy(ns->sem_ctls, data->sem, sizeof(data->sem));
	ns->shm_ctlmax = data->shmmax;
	ns->shm_ctlall = data->shmall;
	ns->shm_ctlmni = data->shmmni;
	ns->msg_ctlmax = data->msgmax;
	ns->msg_ctlmnb = data->msgmnb;
	ns->msg_ctlmni = data->msgmni;
	/* A kernel without message queues has none of these. */
	if (!data->msg_max || !IS_ENABLED(CONFIG_POSIX_MQUEUE))
		return;
	ns->mq_queues_max = data->queues_max;
	ns->mq_msg_max = data->msg_max;
	ns->mq_msgsize_max = data->msgsize_max;
	ns->mq_msg_default = data->msg_default;
	ns->mq_msgsize_default = data->msgsize_default;
}

static int limits_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_rec_ipc_limits data;

	if (!ckpt_ipc_own(ctx))
		return 0;
	get_limits(current->nsproxy->ipc_ns, &data);
	return ckpt_emit(ctx, kind, 0, &data, NULL, 0);
}

static bool is_up_to(s64 value, s64 least, s64 most)
{
	return value >= least && value <= most;
}

static bool queues_fit(const struct ckpt_rec_ipc_limits *data)
{
	if (!data->queues_max && !data->msg_max && !data->msg_default && !data->msgsize_max &&
	    !data->msgsize_default)
		return true;
	return is_up_to(data->msg_max, MIN_MSGMAX, HARD_MSGMAX) &&
	       is_up_to(data->msg_default, MIN_MSGMAX, HARD_MSGMAX) &&
	       is_up_to(data->msgsize_max, MIN_MSGSIZEMAX, HARD_MSGSIZEMAX) &&
	       is_up_to(data->msgsize_default, MIN_MSGSIZEMAX, HARD_MSGSIZEMAX);
}

/* What a write to the files takes */
static int limits_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_ipc_limits *data = item->data;

	if (is_up_to(data->sem[3], 0, ipc_mni) && is_up_to(data->shmmni, 0, ipc_mni) &&
	    is_up_to(data->msgmni, 0, ipc_mni) && data->shm_rmid_forced <= 1 &&
	    data->shmmax <= ULONG_MAX && data->shmall <= ULONG_MAX &&
	    is_up_to(data->msgmax, 0, INT_MAX) && is_up_to(data->msgmnb, 0, INT_MAX) &&
	    queues_fit(data))
		return 0;
	return ckpt_fail(ctx, -EINVAL, "a limit of System V IPC or message queues is out of range");
}

/* What a namespace had before, for a restart that fails */
struct old_limits {
	struct ipc_namespace *ns;
	struct ckpt_rec_ipc_limits data;
};

static void put_back(void *data)
{
	struct old_limits *old = data;

	if (!old->ns)
		return;
	set_limits(old->ns, &old->data);
	put_ipc_ns(old->ns);
}

static const struct ckpt_private old_limits = {
	.size	= sizeof(struct old_limits),
	.free	= put_back,
};

static bool is_in(struct task_struct *task, const struct ipc_namespace *ns)
{
	guard(task_lock)(task);
	return task->nsproxy && task->nsproxy->ipc_ns == ns;
}

/* The caller, or a process that it comes from, as a shell that has called it */
static bool is_above(const struct task_struct *task)
{
	const struct task_struct *p;

	for (p = current; p != &init_task; p = rcu_dereference(p->real_parent))
		if (same_thread_group((struct task_struct *)p, (struct task_struct *)task))
			return true;
	return false;
}

static bool is_alone_in(const struct ipc_namespace *ns)
{
	struct task_struct *p, *task;

	guard(rcu)();
	for_each_process_thread(p, task)
		if (is_in(task, ns) && !is_above(task))
			return false;
	return true;
}

/* The files are those of the namespace's root, and nobody else's programs go by them. */
static bool may_set(struct ckpt_ctx *ctx, const struct ipc_namespace *ns)
{
	return ns != &init_ipc_ns && !ckpt_ceiling(ctx) &&
	       uid_eq(current_euid(), make_kuid(ns->user_ns, 0)) && is_alone_in(ns);
}

/* Before any object is made: there may be as many as there were. */
static int limits_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	struct ckpt_rec_ipc_limits now;
	struct old_limits *old;

	get_limits(ns, &now);
	if (!memcmp(&now, item->data, sizeof(now)))
		return 0;
	if (!may_set(ctx, ns)) {
		ckpt_note(ctx,
			  "the limits of IPC (kernel.sem, shm*, msg*, fs.mqueue.*) are those of the restarter's ipc namespace; restart it in one of its own (unshare -i) to have the program's");
		return 0;
	}
	old = ckpt_make_private(&ctx->privates, &old_limits);
	if (!old)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the limits of IPC");
	old->data = now;
	old->ns = get_ipc_ns(ns);
	set_limits(ns, item->data);
	return 0;
}

static void limits_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_ipc_limits *data = item->data;
	struct old_limits *old = ckpt_private(&ctx->privates, &old_limits);

	if (!old)
		return;
	/* Segments that it would end are not in the image. */
	old->ns->shm_rmid_forced = data->shm_rmid_forced;
	put_ipc_ns(old->ns);
	old->ns = NULL;
}

CHECKPOINT_KIND(ipc_limits) = {
	.name		= "ipc_limits",
	.type		= CKPT_REC_IPC_LIMITS,
	.size		= sizeof(struct ckpt_rec_ipc_limits),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_NAMESPACE,
	.save		= limits_save,
	.validate	= limits_validate,
	.restore	= limits_restore,
	.finish		= limits_finish,
};
