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
 * Refused: a pair inside that controls a session outside, a foreground group of which nobody is
 * left.
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

/**
 * ckpt_is_led_inside - save: does a process of the tree lead a session?
 * @ctx: the call
 * @session: the session
 *
 * Who leads one that has a terminal is alive: else the session has lost it.
 *
 * Context: any.
 */
bool ckpt_is_led_inside(struct ckpt_ctx *ctx, struct pid *session)
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
 * ckpt_check_tty_session - save: can the session of a terminal be saved?
 * @ctx: the call, surveyed
 * @slave: the slave of a pair in the tree, or a terminal outside that is led from inside
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_tty_session(struct ckpt_ctx *ctx, struct tty_struct *slave)
{
	struct pid *session, *foreground;
	int err = 0;

	get_session(slave, &session, &foreground);
	if (session && !ckpt_is_led_inside(ctx, session))
		err = ckpt_fail(ctx, -EBUSY, "%s controls session %d, which is led from outside the tree; save a larger tree",
				tty_name(slave), pid_nr_ns(session, ctx->caller_ns));
	else if (session && foreground)
		err = check_foreground(ctx, slave, foreground, session);
	put_pid(session);
	put_pid(foreground);
	return err;
}

/**
 * ckpt_get_tty_session - save: what a terminal controls
 * @ctx: the call
 * @tty: the terminal
 * @rec: out: the objects; 0 if it controls nothing
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_get_tty_session(struct ckpt_ctx *ctx, struct tty_struct *tty,
			 struct ckpt_rec_tty_session *rec)
{
	struct pid *session, *foreground;
	int err = 0;

	*rec = (struct ckpt_rec_tty_session) {};
	get_session(tty, &session, &foreground);
	if (session)
		rec->session = ckpt_known_id(ctx, session, &ckpt_class_pid);
	if (foreground)
		rec->foreground = ckpt_known_id(ctx, foreground, &ckpt_class_pid);
	if (session && (!rec->session || !rec->foreground))
		err = ckpt_fail(ctx, -EAGAIN, "the session of %s changes; try again",
				tty_name(tty));
	put_pid(session);
	put_pid(foreground);
	return err;
}

static int save_session(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			struct tty_struct *slave)
{
	u32 id = ckpt_known_id(ctx, slave, &ckpt_class_terminal);
	struct ckpt_rec_tty_session rec;
	int err = ckpt_get_tty_session(ctx, slave, &rec);

	if (err || !rec.session)
		return err;
	if (!id)
		return ckpt_fail(ctx, -EAGAIN, "the session of %s changes; try again",
				 tty_name(slave));
	return ckpt_emit(ctx, kind, id, &rec, NULL, 0);
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

/**
 * ckpt_is_group_of - does a process group belong to a session, as for tiocspgrp()?
 * @pid: the group
 * @session: the session
 *
 * Context: tasklist_lock held.
 */
bool ckpt_is_group_of(struct pid *pid, struct pid *session)
{
	struct task_struct *member = pid_task(pid, PIDTYPE_PGID);

	return member && task_session(member) == session;
}

/**
 * ckpt_may_lead - restart: may a session and a group have a terminal, as for tiocsctty()?
 * @session: the session
 * @foreground: the group, may be NULL
 *
 * Context: tasklist_lock held.
 * Return: true if the leader has none yet, and the group is in the session
 */
bool ckpt_may_lead(struct pid *session, struct pid *foreground)
{
	struct task_struct *leader = pid_task(session, PIDTYPE_TGID);

	lockdep_assert_held(&tasklist_lock);
	return leader && leader->signal->leader && task_session(leader) == session &&
	       !leader->signal->tty && (!foreground || ckpt_is_group_of(foreground, session));
}

/**
 * ckpt_take_session - restart: as tiocsctty() for a leader, who does nothing by itself yet
 * @slave: the terminal
 * @session: the session
 * @foreground: its group in the foreground, may be NULL
 *
 * Context: tasklist_lock held, the terminal locked.
 * Return: 0 or -EPERM
 */
int ckpt_take_session(struct tty_struct *slave, struct pid *session, struct pid *foreground)
{
	struct task_struct *leader = pid_task(session, PIDTYPE_TGID);

	lockdep_assert_held(&tasklist_lock);
	if (!ckpt_may_lead(session, foreground) || slave->ctrl.session)
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
		err = ckpt_take_session(pty->slave, session, foreground);
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
