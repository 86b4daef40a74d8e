// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: terminals outside that control a session of the tree.
 */
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "pty.h"

/**
 * DOC: sessions on a terminal that is outside
 *
 * A session that is led from inside on a terminal that is run from outside, such as a login
 * shell that is saved without what runs its terminal.  A descriptor 0, 1, 2 or an external one
 * leads to the terminal.
 *
 * Preserved: the session, its foreground process group, and which of its processes have the
 * terminal.
 *
 * Substituted: the terminal is that which takes the place of the descriptor.  It is open for
 * reading and controls no session yet, so that the leader could make it its own by itself
 * (TIOCSCTTY); the leader gets it at the commit.  rstr makes a pseudo terminal for that, behind
 * its own.
 *
 * Refused: two such sessions on terminals that the same descriptor stands for.
 */

/* -- save ---------------------------------------------------------------------------------- */

/*
 * The file that stands for a terminal outside: its lowest descriptor from 0 to 2, or external
 * one, is what the restarter replaces.  NULL if there is none
 */
static struct file *stands_for(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	struct ckpt_seen *terminal = ckpt_seen_find(ctx, tty), *seen;

	if (!terminal || terminal->std < 0)
		return NULL;
	if (!terminal->peer) {
		for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE)
			if (seen->peer == terminal && seen->std == terminal->std)
				terminal->peer = seen;
	}
	return terminal->peer ? (struct file *)terminal->peer->ptr : NULL;
}

/**
 * ckpt_is_tty_led - save: is a terminal run from outside, and controls a session of the tree?
 * @ctx: the call, surveyed
 * @tty: a terminal that the tree has open
 */
bool ckpt_is_tty_led(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	struct pid *session;
	bool ret;

	if (ckpt_is_pty_inside(ctx, tty))
		return false;
	spin_lock_irq(&tty->ctrl.lock);
	session = get_pid(tty->ctrl.session);
	spin_unlock_irq(&tty->ctrl.lock);
	ret = session && ckpt_is_led_inside(ctx, session);
	put_pid(session);
	return ret;
}

static int check_alone(struct ckpt_ctx *ctx, const struct ckpt_seen *terminal)
{
	const struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_TTY) {
		struct tty_struct *tty = (struct tty_struct *)seen->ptr;

		if (seen != terminal && seen->std == terminal->std && ckpt_is_tty_led(ctx, tty))
			return ckpt_fail(ctx, -EOPNOTSUPP, "%s controls another session of the tree and is fd %d too, so one terminal would take the place of both; save one session",
					 tty_name(tty), seen->std);
	}
	return 0;
}

/**
 * ckpt_check_tty_leader - save: can the session of a terminal outside be saved?
 * @ctx: the call, surveyed
 * @tty: the terminal, whose session is led from inside
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_tty_leader(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	const struct file *file = stands_for(ctx, tty);

	if (!file)
		return ckpt_fail(ctx, -EOPNOTSUPP, "is in a session that is led from inside on %s, which is run from outside, and no descriptor from 0 to 2 leads there, so nothing can take its place; save what runs the terminal too",
				 tty_name(tty));
	if (!(file->f_mode & FMODE_READ))
		return ckpt_fail(ctx, -EOPNOTSUPP, "is in a session that is led from inside on %s, which is run from outside and open for writing alone; save what runs the terminal too",
				 tty_name(tty));
	return check_alone(ctx, ckpt_seen_find(ctx, tty)) ?: ckpt_check_tty_session(ctx, tty);
}

/**
 * ckpt_tty_leader_id - save: the object that stands for a terminal outside
 * @ctx: the call, surveyed
 * @tty: the terminal
 *
 * Return: the id of a file, 0 if there is none
 */
u32 ckpt_tty_leader_id(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	struct file *file = stands_for(ctx, tty);
	int fd = ckpt_files(ctx)->fd;
	u32 id;

	if (!file)
		return 0;
	/* What is outside is an object for each descriptor. */
	ckpt_files(ctx)->fd = ckpt_seen_find(ctx, tty)->std;
	id = ckpt_known_id(ctx, ckpt_class_file.key(ctx, file), &ckpt_class_file);
	ckpt_files(ctx)->fd = fd;
	return id;
}

static int save_leader(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct tty_struct *tty)
{
	u32 id = ckpt_tty_leader_id(ctx, tty);
	struct ckpt_rec_tty_leader rec = {};
	struct ckpt_rec_tty_session session;
	int err = ckpt_get_tty_session(ctx, tty, &session);

	if (err || !session.session)
		return err;
	if (!id)
		return ckpt_fail(ctx, -EAGAIN, "the session of %s changes; try again",
				 tty_name(tty));
	rec.session = session.session;
	rec.foreground = session.foreground;
	return ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int leader_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_seen *seen;
	int err = 0;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_TTY) {
		struct tty_struct *tty = (struct tty_struct *)seen->ptr;

		if (!err && ckpt_is_tty_led(ctx, tty))
			err = save_leader(ctx, kind, tty);
	}
	return err;
}

/* -- restart ------------------------------------------------------------------------------- */

static int leader_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tty_leader *data = item->data;

	if (ckpt_defining_type(ctx, item->object) != CKPT_REC_FILE_OUTSIDE)
		return ckpt_fail(ctx, -EINVAL, "a terminal that controls a session of the tree is neither inside nor outside");
	if (data->session && data->foreground)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "a terminal controls a session without a foreground group, or one that does not exist");
}

/* What has taken its place; a master is nobody's terminal. */
static struct tty_struct *terminal_of(struct ckpt_ctx *ctx, u32 id)
{
	struct file *file = ckpt_object(ctx, id, &ckpt_class_file);
	struct tty_struct *tty = file ? tty_from_file(file) : NULL;

	if (!tty || (tty->driver->type == TTY_DRIVER_TYPE_PTY && is_master(tty)))
		return NULL;
	return file->f_mode & FMODE_READ ? tty : NULL;
}

/* Which session does it control?  To compare, not to follow */
static const struct pid *session_of(struct tty_struct *tty)
{
	const struct pid *session;

	spin_lock_irq(&tty->ctrl.lock);
	session = tty->ctrl.session;
	spin_unlock_irq(&tty->ctrl.lock);
	return session;
}

/* Nothing is taken before the commit: the end of a leader hangs its terminal up. */
static int leader_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_tty_leader *data = item->data;
	struct pid *session = ckpt_object(ctx, data->session, &ckpt_class_pid);
	struct pid *foreground = ckpt_object(ctx, data->foreground, &ckpt_class_pid);
	struct tty_struct *tty = terminal_of(ctx, item->object);
	bool ok;

	if (!tty)
		return ckpt_fail(ctx, -EBADF, "the program leads a session on a terminal, and the restarter has none there that is open for reading; run it on a terminal");
	if (session_of(tty))
		return ckpt_fail(ctx, -EBUSY, "the program leads a session on a terminal, and %s, which would take its place, controls another one; give it one that controls none, as rstr does in front for an image that is a file",
				 tty_name(tty));
	read_lock(&tasklist_lock);
	ok = session && foreground && ckpt_may_lead(session, foreground);
	read_unlock(&tasklist_lock);
	if (ok)
		return 0;
	return ckpt_fail(ctx, -EPERM, "a terminal may not control that session, or have that group in the foreground");
}

static const struct ckpt_kind ckpt_kind_tty_leader;

/**
 * ckpt_led_by_tty - restart: the session that a terminal outside will control
 * @ctx: the call
 * @id: the file that has taken its place
 *
 * Return: the session, NULL if there is none
 */
struct pid *ckpt_led_by_tty(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_item *item;

	list_for_each_entry(item, &ctx->restart->unowned, unowned_node) {
		const struct ckpt_rec_tty_leader *data = item->data;

		if (item->kind == &ckpt_kind_tty_leader && item->object == id)
			return ckpt_object(ctx, data->session, &ckpt_class_pid);
	}
	return NULL;
}

/**
 * ckpt_is_led_now - restart: has a terminal outside been given to the program's session?
 * @ctx: the call, at its commit
 * @tty: the terminal
 */
bool ckpt_is_led_now(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	const struct pid *session = session_of(tty);
	const struct ckpt_item *item;

	list_for_each_entry(item, &ctx->restart->unowned, unowned_node) {
		const struct ckpt_rec_tty_leader *data = item->data;

		if (item->kind == &ckpt_kind_tty_leader && session &&
		    ckpt_object(ctx, data->session, &ckpt_class_pid) == session)
			return true;
	}
	return false;
}

static int take(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec_tty_leader *data)
{
	struct tty_struct *tty = tty_from_file(file);
	int err;

	tty_lock(tty);
	read_lock(&tasklist_lock);
	err = tty_hung_up_p(file) ? -EIO :
	      ckpt_take_session(tty, ckpt_object(ctx, data->session, &ckpt_class_pid),
				ckpt_object(ctx, data->foreground, &ckpt_class_pid));
	read_unlock(&tasklist_lock);
	tty_unlock(tty);
	return err;
}

/* By the restarter, before the processes take it */
static void leader_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);

	if (!take(ctx, file, item->data))
		return;
	ckpt_note(ctx, "the program's session has no terminal: that which was to take its place was taken, or has hung up");
}

CHECKPOINT_KIND(tty_leader) = {
	.name		= "tty_leader",
	.type		= CKPT_REC_TTY_LEADER,
	.size		= sizeof(struct ckpt_rec_tty_leader),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_TASK_OBJECT,
	.class		= &ckpt_class_file,
	.save		= leader_save,
	.validate	= leader_validate,
	.restore	= leader_restore,
	.finish		= leader_finish,
};
