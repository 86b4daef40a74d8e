// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pseudo terminals that control a session of the tree.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "pty.h"

/**
 * DOC: controlling terminals
 *
 * A session that is led from inside, on a pseudo terminal with both sides in the tree: a shell
 * in tmux, script or sshd.
 *
 * Preserved: the session that a terminal controls, its foreground process group, and which of
 * the session's processes have the terminal.  Keys such as ^C reach the same processes, and
 * /dev/tty is the same terminal.  Of a leader whose terminal has hung up, the group that learns
 * of its exit.
 *
 * Refused: a terminal of such a session that is run from outside, a pair inside that controls
 * a session outside, a foreground group of which nobody is left.
 */

static const struct ckpt_kind ckpt_kind_tty_session;

/* Which session and which group a terminal has, with references */
static void get_session(struct tty_struct *slave, struct pid **session, struct pid **foreground)
{
	spin_lock_irq(&slave->ctrl.lock);
	*session = get_pid(slave->ctrl.session);
	*foreground = get_pid(slave->ctrl.pgrp);
	spin_unlock_irq(&slave->ctrl.lock);
}

/* Who leads a session that has a terminal is alive: else the session has lost it. */
static bool is_led_inside(struct ckpt_ctx *ctx, struct pid *session)
{
	struct task_struct *leader;

	guard(rcu)();
	leader = pid_task(session, PIDTYPE_TGID);
	return leader && ckpt_find_task(ctx, leader);
}

static bool has_member_inside(struct ckpt_ctx *ctx, struct pid *pid)
{
	struct task_struct *member;
	bool ret = false;

	read_lock(&tasklist_lock);
	do_each_pid_task(pid, PIDTYPE_PGID, member) {
		ret = ret || ckpt_find_task(ctx, member);
	} while_each_pid_task(pid, PIDTYPE_PGID, member);
	read_unlock(&tasklist_lock);
	return ret;
}

/* Is it led from inside, or if that is gone, all inside? */
static int check_foreground(struct ckpt_ctx *ctx, struct tty_struct *slave, struct pid *pid,
			    struct pid *session)
{
	struct task_struct *member, *leader;
	bool inside, left;

	scoped_guard(rcu) {
		leader = pid_task(pid, PIDTYPE_TGID);
		member = pid_task(pid, PIDTYPE_PGID);
		left = member && task_session(member) != session;
		inside = leader && ckpt_find_task(ctx, leader);
	}
	if (!member)
		return ckpt_fail(ctx, -EAGAIN, "%s has a foreground process group of which nobody is left; try again",
				      tty_name(slave));
	if (left)
		return ckpt_fail(ctx, -EBUSY, "%s has a foreground process group that has left its session; it can be saved when another one is in the foreground",
				 tty_name(slave));
	if (inside && has_member_inside(ctx, pid))
		return 0;
	member = ckpt_find_member_outside(ctx, pid, PIDTYPE_PGID);
	if (!member && (!leader || inside))
		return 0;
	if (member)
		put_task_struct(member);
	return ckpt_fail(ctx, -EBUSY, "%s has a foreground process group %d that is not all in the tree; save a larger tree",
			      tty_name(slave), pid_nr_ns(pid, ctx->caller_ns));
}

/**
 * ckpt_check_tty_session - save: can the session of a pseudo terminal be saved?
 * @ctx: the call, surveyed
 * @slave: the slave of a pair in the tree
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_tty_session(struct ckpt_ctx *ctx, struct tty_struct *slave)
{
	struct pid *session, *foreground;
	int err = 0;

	get_session(slave, &session, &foreground);
	if (session && !is_led_inside(ctx, session))
		err = ckpt_fail(ctx, -EBUSY, "%s controls session %d, which is led from outside the tree; save a larger tree",
				tty_name(slave), pid_nr_ns(session, ctx->caller_ns));
	else if (session && foreground)
		err = check_foreground(ctx, slave, foreground, session);
	put_pid(session);
	put_pid(foreground);
	return err;
}

static int save_session(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			struct tty_struct *slave)
{
	u32 id = ckpt_known_id(ctx, slave, &ckpt_class_terminal);
	struct ckpt_rec_tty_session rec = {};
	struct pid *session, *foreground;
	int err = 0;

	get_session(slave, &session, &foreground);
	if (session)
		rec.session = ckpt_known_id(ctx, session, &ckpt_class_pid);
	if (foreground)
		rec.foreground = ckpt_known_id(ctx, foreground, &ckpt_class_pid);
	if (session && (!id || !rec.session || !rec.foreground))
		err = ckpt_fail(ctx, -EAGAIN, "the session of %s changes; try again",
				tty_name(slave));
	else if (session)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	put_pid(session);
	put_pid(foreground);
	return err;
}

static int session_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_seen *seen;
	int err;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_TTY) {
		const struct tty_struct *tty = seen->ptr;

		if (!ckpt_is_pty(tty) || !is_master(tty))
			continue;
		err = save_session(ctx, kind, tty->link);
		if (err)
			return err;
	}
	return 0;
}

static int session_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tty_session *data = item->data;

	if (data->session && data->foreground)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "a terminal controls a session without a foreground group, or one that does not exist");
}

/* As tiocspgrp(): a group of the session */
static bool is_group_of(struct pid *pid, struct pid *session)
{
	struct task_struct *member = pid_task(pid, PIDTYPE_PGID);

	return member && task_session(member) == session;
}

/* As tiocsctty() for the leader, who is being made and does nothing by itself */
static int take_session(struct tty_struct *slave, struct pid *session, struct pid *foreground)
{
	struct task_struct *leader = pid_task(session, PIDTYPE_TGID);

	lockdep_assert_held(&tasklist_lock);
	if (!leader || !leader->signal->leader || task_session(leader) != session ||
	    leader->signal->tty || slave->ctrl.session ||
	    (foreground && !is_group_of(foreground, session)))
		return -EPERM;
	spin_lock_irq(&leader->sighand->siglock);
	spin_lock(&slave->ctrl.lock);
	slave->ctrl.session = get_pid(session);
	slave->ctrl.pgrp = get_pid(foreground);
	spin_unlock(&slave->ctrl.lock);
	leader->signal->tty = tty_kref_get(slave);
	put_pid(leader->signal->tty_old_pgrp);
	leader->signal->tty_old_pgrp = NULL;
	spin_unlock_irq(&leader->sighand->siglock);
	return 0;
}

static int session_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_tty_session *data = item->data;
	struct ckpt_pty *pty = ckpt_object(ctx, item->object, &ckpt_class_terminal);
	struct pid *session = ckpt_object(ctx, data->session, &ckpt_class_pid);
	struct pid *foreground = NULL;
	int err = -EPERM;

	if (data->foreground)
		foreground = ckpt_object(ctx, data->foreground, &ckpt_class_pid);
	if (pty && pty->master && session && !!foreground == !!data->foreground) {
		tty_lock(pty->slave);
		read_lock(&tasklist_lock);
		err = take_session(pty->slave, session, foreground);
		read_unlock(&tasklist_lock);
		tty_unlock(pty->slave);
	}
	if (!err)
		return 0;
	return ckpt_fail(ctx, err, "a pseudo terminal may not control that session, or have that group in the foreground");
}

CHECKPOINT_KIND(tty_session) = {
	.name		= "tty_session",
	.type		= CKPT_REC_TTY_SESSION,
	.size		= sizeof(struct ckpt_rec_tty_session),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_TASK_OBJECT,
	.class		= &ckpt_class_terminal,
	.save		= session_save,
	.validate	= session_validate,
	.restore	= session_restore,
};

/* -- the processes that have it ----------------------------------------------------------- */

/* Declared in ../checkpoint.h: for the kind of processes, which keeps what is outside */
bool ckpt_is_tty_inside(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	return ckpt_files(ctx) && ckpt_is_pty_inside(ctx, tty) && ckpt_seen_find(ctx, tty->link);
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

static int check_tty(struct ckpt_ctx *ctx, struct ckpt_task *t, struct tty_struct *tty)
{
	struct pid *session = get_task_pid(t->task, PIDTYPE_SID);
	bool led_inside = session && is_led_inside(ctx, session);

	put_pid(session);
	if (ckpt_is_tty_inside(ctx, tty))
		return ckpt_check_tty_session(ctx, tty);
	if (!led_inside)
		return 0;
	return ckpt_fail(ctx, -EOPNOTSUPP, "is in a session that is led from inside on %s, a terminal that is run from outside, which cannot be saved; save what runs the terminal too, or without its leader",
			 tty_name(tty));
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

	if (tty && ckpt_is_tty_inside(ctx, tty))
		rec.terminal = ckpt_known_id(ctx, tty, &ckpt_class_terminal);
	else if (!tty && group)
		rec.hung_up = ckpt_known_id(ctx, group, &ckpt_class_pid);
	if (rec.terminal || rec.hung_up)
		err = ckpt_emit(ctx, kind, t->id, &rec, NULL, 0);
	tty_kref_put(tty);
	put_pid(group);
	return err;
}

static int process_tty_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_process_tty *data = item->data;

	if (!data->terminal != !data->hung_up)
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
	    is_group_of(pid, task_session(current)))
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
	} else {
		pty = ckpt_object(ctx, data->terminal, &ckpt_class_terminal);
		err = pty ? take_tty(pty->slave) : -EINVAL;
	}
	return err ? ckpt_fail(ctx, err, "its terminal is that of another session") : 0;
}

/* When it exits, it sends a signal. */
static void process_tty_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_process_tty *data = item->data;
	struct pid *pid = data->hung_up ? ckpt_object(ctx, data->hung_up, &ckpt_class_pid) : NULL;

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
