// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which processes have the terminal that controls their session.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "pty.h"

/* Is it a pair of which the tree has both sides? */
static bool is_pair_inside(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	return ckpt_files(ctx) && ckpt_is_pty_inside(ctx, tty) && ckpt_seen_find(ctx, tty->link);
}

/* Declared in ../checkpoint.h: for the kind of processes, which keeps what is outside */
bool ckpt_has_tty_inside(struct ckpt_ctx *ctx, struct task_struct *task)
{
	struct tty_struct *tty = task->signal->tty;
	bool ret;

	lockdep_assert_held(&task->sighand->siglock);
	if (!tty || !ckpt_files(ctx))
		return false;
	rcu_read_lock();
	ret = is_pair_inside(ctx, tty) || ckpt_is_led_inside(ctx, task_session(task));
	rcu_read_unlock();
	return ret;
}

/* With a reference */
static struct tty_struct *tty_of(struct task_struct *task)
{
	struct tty_struct *tty;
	unsigned long flags;

	if (!lock_task_sighand(task, &flags))
		return NULL;
	tty = tty_kref_get(task->signal->tty);
	unlock_task_sighand(task, &flags);
	return tty;
}

static bool is_led_inside(struct ckpt_ctx *ctx, struct task_struct *task)
{
	guard(rcu)();
	return ckpt_is_led_inside(ctx, task_session(task));
}

static int check_tty(struct ckpt_ctx *ctx, struct ckpt_task *t, struct tty_struct *tty)
{
	if (is_pair_inside(ctx, tty))
		return ckpt_check_tty_session(ctx, tty);
	return is_led_inside(ctx, t->task) ? ckpt_check_tty_leader(ctx, tty) : 0;
}

/* A leader that exits tells this group of it, if somebody is left there; with a reference */
static struct pid *hung_up_group(struct task_struct *task)
{
	struct pid *pid = NULL;
	unsigned long flags;

	guard(rcu)();
	if (!lock_task_sighand(task, &flags))
		return NULL;
	if (task->signal->tty_old_pgrp && pid_task(task->signal->tty_old_pgrp, PIDTYPE_PGID))
		pid = get_pid(task->signal->tty_old_pgrp);
	unlock_task_sighand(task, &flags);
	return pid;
}

static int check_hung_up(struct ckpt_ctx *ctx, struct ckpt_task *t, struct pid *pid)
{
	struct task_struct *outside = ckpt_find_member_outside(ctx, pid, PIDTYPE_PGID), *member;
	bool left;

	scoped_guard(rcu) {
		member = pid_task(pid, PIDTYPE_PGID);
		left = member && task_session(member) != task_session(t->task);
	}
	if (!outside && left)
		return ckpt_fail(ctx, -EBUSY, "its terminal has hung up, and the process group that was in the foreground has left the session; end that first");
	if (!outside)
		return 0;
	put_task_struct(outside);
	return ckpt_fail(ctx, -EBUSY, "its terminal has hung up, and process group %d, which was in the foreground, is not all in the tree",
			 pid_nr_ns(pid, ctx->caller_ns));
}

static int process_tty_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int err = ckpt_survey_files(ctx);
	struct tty_struct *tty = err ? NULL : tty_of(t->task);
	struct pid *group = err ? NULL : hung_up_group(t->task);

	if (tty)
		err = check_tty(ctx, t, tty);
	else if (group)
		err = check_hung_up(ctx, t, group);
	tty_kref_put(tty);
	put_pid(group);
	return err;
}

static int process_tty_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			    struct ckpt_task *t)
{
	struct tty_struct *tty = tty_of(t->task);
	struct pid *group = hung_up_group(t->task);
	struct ckpt_rec_process_tty rec = {};
	int err = 0;

	if (tty && is_pair_inside(ctx, tty))
		rec.terminal = ckpt_known_id(ctx, tty, &ckpt_class_terminal);
	else if (tty && is_led_inside(ctx, t->task))
		rec.outside = ckpt_tty_leader_id(ctx, tty);
	else if (!tty && group)
		rec.hung_up = ckpt_known_id(ctx, group, &ckpt_class_pid);
	if (rec.terminal || rec.outside || rec.hung_up)
		err = ckpt_emit(ctx, kind, t->id, &rec, NULL, 0);
	tty_kref_put(tty);
	put_pid(group);
	return err;
}

static int process_tty_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_process_tty *data = item->data;

	if (!!data->terminal + !!data->hung_up + !!data->outside == 1)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "the controlling terminal of a process is malformed");
}

/* As a child has it from its parent: in the session that the terminal controls */
static int take_tty(struct tty_struct *slave)
{
	struct signal_struct *sig = current->signal;
	int err = -EPERM;

	spin_lock_irq(&current->sighand->siglock);
	spin_lock(&slave->ctrl.lock);
	if (slave->ctrl.session == task_session(current) && (!sig->tty || sig->tty == slave))
		err = 0;
	if (!err && !sig->tty)
		sig->tty = tty_kref_get(slave);
	spin_unlock(&slave->ctrl.lock);
	spin_unlock_irq(&current->sighand->siglock);
	return err;
}

/* As tty_signal_session_leader() leaves it */
static int may_have_hung_up(struct pid *pid)
{
	int err = -EPERM;

	read_lock(&tasklist_lock);
	if (current->signal->leader && !current->signal->tty &&
	    ckpt_is_group_of(pid, task_session(current)))
		err = 0;
	read_unlock(&tasklist_lock);
	return err;
}

static int process_tty_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_process_tty *data = item->data;
	struct ckpt_pty *pty;
	struct pid *pid;
	int err;

	if (data->hung_up) {
		pid = ckpt_object(ctx, data->hung_up, &ckpt_class_pid);
		err = pid ? may_have_hung_up(pid) : -EINVAL;
	} else if (data->outside) {
		err = ckpt_led_by_tty(ctx, data->outside) == task_session(current) ? 0 : -EPERM;
	} else {
		pty = ckpt_object(ctx, data->terminal, &ckpt_class_terminal);
		err = pty ? take_tty(pty->slave) : -EINVAL;
	}
	return err ? ckpt_fail(ctx, err, "its terminal is that of another session") : 0;
}

/* A terminal outside controls the session since the commit, if nobody else was faster. */
static void take_tty_of_leader(void)
{
	struct task_struct *leader;
	struct tty_struct *tty;

	scoped_guard(rcu) {
		leader = pid_task(task_session(current), PIDTYPE_TGID);
		tty = leader ? tty_of(leader) : NULL;
	}
	if (tty)
		take_tty(tty);
	tty_kref_put(tty);
}

/* When it exits, it sends a signal. */
static void process_tty_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_process_tty *data = item->data;
	struct pid *pid = data->hung_up ? ckpt_object(ctx, data->hung_up, &ckpt_class_pid) : NULL;

	if (data->outside)
		take_tty_of_leader();
	if (!pid)
		return;
	spin_lock_irq(&current->sighand->siglock);
	swap(current->signal->tty_old_pgrp, pid);
	get_pid(current->signal->tty_old_pgrp);
	spin_unlock_irq(&current->sighand->siglock);
	put_pid(pid);
}

CHECKPOINT_KIND(process_tty) = {
	.name		= "process_tty",
	.type		= CKPT_REC_PROCESS_TTY,
	.size		= sizeof(struct ckpt_rec_process_tty),
	.scope		= CKPT_SCOPE_LEADER,
	.stage		= CKPT_STAGE_LINK,
	.class		= &ckpt_class_task,
	.check		= process_tty_check,
	.save		= process_tty_save,
	.validate	= process_tty_validate,
	.restore	= process_tty_restore,
	.finish		= process_tty_finish,
};
