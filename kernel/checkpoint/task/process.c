// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what the threads of a process share, beside memory,
 * files, signals and limits.
 */
#include <linux/audit.h>
#include <linux/tty.h>
#include "members.h"
#include "task.h"

/**
 * DOC: process
 *
 * Preserved: the audit login user where it may be set (of each thread: see the
 * credentials of a task), whether it has a controlling terminal that is outside, an
 * unreported SIGCONT (waitid(2) with WCONTINUED).
 *
 * Substituted: a controlling terminal from outside becomes the restarter's; the
 * audit session id and the auditing of terminal input are the restarter's, the latter
 * reported if it was otherwise; a login user that may not be set is reported.
 */

static const struct ckpt_kind ckpt_kind_process;

/* Is the process in the foreground of its terminal? */
static bool in_foreground(struct task_struct *task)
{
	struct tty_struct *tty = task->signal->tty;
	bool ret;

	/* It keeps the terminal, which a hangup takes away. */
	lockdep_assert_held(&task->sighand->siglock);
	if (!tty)
		return false;
	spin_lock(&tty->ctrl.lock);
	ret = tty->ctrl.pgrp == task_pgrp(task);
	spin_unlock(&tty->ctrl.lock);
	return ret;
}

static int process_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	struct ckpt_rec_process data = {
		.loginuid = from_kuid(&init_user_ns, audit_get_loginuid(task)),
		.sessionid = audit_get_sessionid(task),
		.continued = !!(task->signal->flags & SIGNAL_STOP_CONTINUED),
		.audit_tty = task_audit_tty(task),
	};
	unsigned long flags;

	if (!lock_task_sighand(task, &flags))
		return ckpt_fail_task_killed(ctx);
	/* One that is inside has records of its own. */
	data.has_tty = task->signal->tty && !ckpt_has_tty_inside(ctx, task);
	data.is_foreground = data.has_tty && in_foreground(task);
	unlock_task_sighand(task, &flags);
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

static int process_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_process *data = item->data;

	if (data->has_tty > 1 || data->is_foreground > 1 || data->continued > 1 ||
	    data->audit_tty > 1 || data->leader_exited)
		return ckpt_fail(ctx, -EINVAL, "a process record has an unknown flag");
	if (data->tty_old_pgrp)
		return ckpt_fail(ctx, -EOPNOTSUPP, "a terminal that hung up cannot be restored");
	if (data->itimer_real_ns || data->itimer_real_interval_ns || data->itimer_virt_ns ||
	    data->itimer_virt_interval_ns || data->itimer_prof_ns || data->itimer_prof_interval_ns)
		return ckpt_fail(ctx, -EOPNOTSUPP, "interval timers stand in a record of their own");
	if (data->oom_score_adj || data->oom_score_adj_min || data->coredump_filter)
		return ckpt_fail(ctx, -EOPNOTSUPP, "oom_score_adj and the core dump filter stand in a record of their own");
	return 0;
}

/*
 * As a write to /proc/self/loginuid: a number that the caller's user namespace does not
 * know could not be written, and "unset" always can.
 */
static bool may_name_user(struct ckpt_ctx *ctx, kuid_t uid)
{
	return !ckpt_ceiling(ctx) &&
	       (!uid_valid(uid) || kuid_has_mapping(ctx->caller_cred->user_ns, uid));
}

/**
 * ckpt_restore_loginuid - set the audit login user of current, or report why not
 * @ctx: the restart
 * @loginuid: its number in the initial user namespace, (u32)-1 for none
 *
 * Threads are made when their process has its own, and inherit it.
 *
 * Context: may sleep; before current gives its rights up.
 */
void ckpt_restore_loginuid(struct ckpt_ctx *ctx, u32 loginuid)
{
	kuid_t uid = make_kuid(&init_user_ns, loginuid);

	if (uid_eq(uid, audit_get_loginuid(current)))
		return;
	if (!may_name_user(ctx, uid) || set_loginuid(uid))
		ckpt_note(ctx, "the audit login user %d is now the restarter's", (int)loginuid);
}

static int process_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_process *data = item->data;

	ckpt_restore_loginuid(ctx, data->loginuid);
	if (data->audit_tty != task_audit_tty(current))
		ckpt_note(ctx, "its input from terminals is %saudited now, as the restarter's is",
			  data->audit_tty ? "not " : "");
	if (!data->has_tty)
		proc_clear_tty(current);
	else if (!current->signal->tty)
		ckpt_note(ctx,
			  "the restarter has no terminal, so its controlling terminal is gone");
	return 0;
}

static void process_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_process *data = item->data;

	if (!data->continued)
		return;
	spin_lock_irq(&current->sighand->siglock);
	/* A SIGKILL may have come since the last look; nobody waits for the continued then. */
	if (!(current->signal->flags & SIGNAL_GROUP_EXIT))
		signal_set_stop_flags(current->signal, SIGNAL_STOP_CONTINUED);
	spin_unlock_irq(&current->sighand->siglock);
}

CHECKPOINT_KIND(process) = {
	.name		= "process",
	.type		= CKPT_REC_PROCESS,
	.size		= sizeof(struct ckpt_rec_process),
	.scope		= CKPT_SCOPE_LEADER,
	.stage		= CKPT_STAGE_FILES,
	.class		= &ckpt_class_task,
	.save		= process_save,
	.validate	= process_validate,
	.restore	= process_restore,
	.finish		= process_finish,
};
