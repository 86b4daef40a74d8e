// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the credentials of a task, and what they reset.
 */
#include <linux/audit.h>
#include <linux/binfmts.h>
#include <linux/sched/coredump.h>
#include <linux/sched/user.h>
#include <linux/user_namespace.h>
#include "task.h"

/**
 * DOC: credentials of a task
 *
 * Preserved: which credentials it has (threads may differ), no_new_privs,
 * dumpable, the parent-death signal, the audit login user of a thread that is not its
 * process's.  Of a zombie its credentials, which say who died, no_new_privs, and
 * whether it was dumpable, which says who may look at it.
 *
 * Rebuilt: the count of processes of the user.  As with setuid(2), a user beyond
 * RLIMIT_NPROC is reported so by the next exec only.
 *
 * Substituted: no_new_privs stays set where the restarter has it set.  Cores that
 * only root may read (dumpable 2) are written where fs.suid_dumpable asks for them
 * now, else there is none.  A zombie whose credentials the caller may not assume
 * has the restarter's.  Each is reported.
 */

static const struct ckpt_kind ckpt_kind_task_cred;

/* Those of the living are looked at in cred.c. */
static int task_cred_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct cred *cred = get_task_cred(t->task);
	bool foreign = cred->user_ns != ctx->caller_cred->user_ns;

	put_cred(cred);
	if (t->zombie && foreign)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "has died in a user namespace other than the caller's");
	return 0;
}

/* A write to /proc/self/loginuid is one thread's alone. */
static void save_own_login(struct task_struct *task, struct ckpt_rec_task_cred *data)
{
	kuid_t uid = audit_get_loginuid(task);

	if (uid_eq(uid, audit_get_loginuid(task->group_leader)))
		return;
	data->own_login = 1;
	data->loginuid = from_kuid(&init_user_ns, uid);
}

static int task_cred_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			  struct ckpt_task *t)
{
	const struct cred *cred = get_task_cred(t->task);
	struct ckpt_rec_task_cred data = {
		.no_new_privs = task_no_new_privs(t->task),
	};
	int err;

	if (t->zombie) {
		data.dumpable = t->task->user_dumpable ? SUID_DUMP_USER : SUID_DUMP_DISABLE;
	} else {
		data.dumpable = get_dumpable(t->mm);
		data.pdeath_signal = t->task->pdeath_signal;
		save_own_login(t->task, &data);
	}
	err = ckpt_save_object(ctx, &ckpt_class_cred, cred, &data.cred);
	put_cred(cred);
	return err ?: ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

static int task_cred_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_task_cred *data = item->data;

	if (data->no_new_privs > 1)
		return ckpt_fail(ctx, -EINVAL, "no_new_privs is %u", data->no_new_privs);
	if (data->dumpable > SUID_DUMP_ROOT)
		return ckpt_fail(ctx, -EINVAL, "dumpable is %u", data->dumpable);
	if (!valid_signal(data->pdeath_signal))
		return ckpt_fail(ctx, -EINVAL,
				 "the parent-death signal is %u",
				 data->pdeath_signal);
	if (data->own_login > 1 || (!data->own_login && data->loginuid) ||
	    (data->own_login && item->owner == item->owner->leader))
		return ckpt_fail(ctx, -EINVAL, "its own audit login user makes no sense");
	return 0;
}

/* setuid(2) marks a process whose new user has too many; exec then fails. */
static void flag_nproc_exceeded(const struct cred *new)
{
	if (new->ucounts == current_ucounts())
		return;
	if (is_rlimit_overlimit(new->ucounts, UCOUNT_RLIMIT_NPROC, rlimit(RLIMIT_NPROC)) &&
	    new->user != INIT_USER)
		current->flags |= PF_NPROC_EXCEEDED;
	else
		current->flags &= ~PF_NPROC_EXCEEDED;
}

/*
 * prctl(2) sets 0 and 1.  The third is what the kernel itself gives, to programs
 * whose cores their user may not read, and only while fs.suid_dumpable says so.
 */
static void restore_dumpable(struct ckpt_ctx *ctx, u32 dumpable)
{
	if (dumpable == SUID_DUMP_ROOT && READ_ONCE(suid_dumpable) != SUID_DUMP_ROOT) {
		dumpable = SUID_DUMP_DISABLE;
		ckpt_note(ctx, "it cannot dump core any more: fs.suid_dumpable has changed");
	}
	set_dumpable(current->mm, dumpable);
}

/* A zombie's memory is that of who made it, up to its end, and stays as it is. */
static void commit_zombie(struct cred *cred)
{
	int dumpable = get_dumpable(current->mm);

	commit_creds(get_new_cred(cred));
	set_dumpable(current->mm, dumpable);
}

static int task_cred_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task_cred *data = item->data;
	struct cred *cred = ckpt_object(ctx, data->cred, &ckpt_class_cred);
	bool zombie = item->owner->zombie;

	/* The caller's own stand in for what the caller may not assume: for the dead. */
	if (!cred || (cred == ctx->caller_cred && !zombie))
		return ckpt_fail(ctx, -EPERM, "the caller may not assume its credentials");
	/* While it has the caller's rights */
	if (data->own_login)
		ckpt_restore_loginuid(ctx, data->loginuid);
	if (zombie) {
		commit_zombie(cred);
		item->owner->dumpable = data->dumpable == SUID_DUMP_USER;
	} else {
		flag_nproc_exceeded(cred);
		commit_creds(get_new_cred(cred));
		restore_dumpable(ctx, data->dumpable);
	}

	if (data->no_new_privs)
		task_set_no_new_privs(current);
	else if (task_no_new_privs(current) && !zombie)
		ckpt_note(ctx, "no_new_privs stays set, as the restarter has it");
	return 0;
}

/* It acts when the restarter dies, so it waits for the commit. */
static void task_cred_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task_cred *data = item->data;

	current->pdeath_signal = data->pdeath_signal;
}

CHECKPOINT_KIND(task_cred) = {
	.name		= "task_cred",
	.type		= CKPT_REC_TASK_CRED,
	.size		= sizeof(struct ckpt_rec_task_cred),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_LATE,
	.class		= &ckpt_class_task,
	.required	= true,	/* without it a task would keep the restarter's rights */
	.check		= task_cred_check,
	.save		= task_cred_save,
	.validate	= task_cred_validate,
	.restore	= task_cred_restore,
	.finish		= task_cred_finish,
};
