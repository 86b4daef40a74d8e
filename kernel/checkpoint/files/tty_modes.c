// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the modes of a terminal that is outside, which that of the restarter
 * takes on.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/tty.h>
#include <linux/tty_ldisc.h>
#include "pty.h"

/**
 * DOC: modes of a terminal that is outside
 *
 * Of a terminal that is run from outside, in the foreground of which the root of the tree is,
 * or that controls a session of the tree.  In the background they are somebody else's, such as
 * those of a shell that edits a line.
 *
 * Preserved: what happens to input and output, echo and the special characters (c_iflag,
 * c_oflag, c_lflag, c_cc of termios(3)), such as the raw mode of an editor.  At the commit
 * the terminal that takes the place gets them, if it is the restarter's controlling terminal
 * and the restarter is in the foreground there, so could set them itself, and waits for the
 * program (no RESTART_ORPHAN); or if it controls the program's session now.  Else that one
 * keeps its own, which is reported.
 *
 * Substituted: the speed and the form of characters (c_cflag), the line discipline and the
 * size of the window are about the other side, so they are those of the terminal that takes
 * the place.  Modes that are locked there (TIOCSLCKTRMIOS) stay.
 */

static const struct ckpt_kind ckpt_kind_tty_modes;

/* Is it in the foreground?  Of a terminal that has hung up nobody is. */
static bool has_foreground(struct tty_struct *tty, struct task_struct *task)
{
	bool ret;

	rcu_read_lock();
	spin_lock_irq(&tty->ctrl.lock);
	ret = tty->ctrl.pgrp && tty->ctrl.pgrp == task_pgrp(task);
	spin_unlock_irq(&tty->ctrl.lock);
	rcu_read_unlock();
	return ret;
}

/* -- save ---------------------------------------------------------------------------------- */

/* For as long as somebody outside changes them; serial lines may take their time. */
static bool lock_modes(struct ckpt_ctx *ctx, void *arg)
{
	struct tty_struct *tty = arg;

	return down_read_trylock(&tty->termios_rwsem);
}

/**
 * ckpt_save_modes - save the modes of a terminal that is outside, if they are the tree's
 * @ctx: the call
 * @file: a file that leads outside, of whatever sort
 * @id: its object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_modes(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct tty_struct *tty = tty_from_file(file);
	struct ckpt_rec_tty_modes rec = {};

	if (!tty || !(has_foreground(tty, ctx->root->task) || ckpt_is_tty_led(ctx, tty)))
		return 0;
	if (!ckpt_settle(lock_modes, ctx, tty)) {
		ckpt_note(ctx, "the modes of %s are being changed, and are not saved",
			  tty_name(tty));
		return 0;
	}
	rec.iflag = tty->termios.c_iflag;
	rec.oflag = tty->termios.c_oflag;
	rec.lflag = tty->termios.c_lflag;
	BUILD_BUG_ON(sizeof(rec.cc) != sizeof(tty->termios.c_cc));
	memcpy(rec.cc, tty->termios.c_cc, sizeof(rec.cc));
	up_read(&tty->termios_rwsem);
	return ckpt_emit(ctx, &ckpt_kind_tty_modes, id, &rec, NULL, 0);
}

/* -- restart ------------------------------------------------------------------------------- */

/* tcsetattr(3) takes any modes: what a terminal does not know does nothing. */
static int modes_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (ckpt_defining_type(ctx, item->object) == CKPT_REC_FILE_OUTSIDE)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "modes belong to no terminal that is outside");
}

/* As tty_check_change(), which would stop the restarter in the background */
static bool is_ours(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	struct tty_struct *own = get_current_tty();
	bool ret = own == tty && has_foreground(tty, current) && !(ctx->flags & RESTART_ORPHAN);

	tty_kref_put(own);
	return ret;
}

static bool may_set(struct ckpt_ctx *ctx, struct file *file, struct tty_struct *tty)
{
	return (is_ours(ctx, tty) || ckpt_is_led_now(ctx, tty)) &&
	       !security_file_ioctl(file, TCSETS, 0);
}

/*
 * What the terminal would have with those of the record.
 *
 * Return: true if they differ from its own
 */
static bool modes_with(struct tty_struct *tty, const struct ckpt_rec_tty_modes *data,
		       struct ktermios *modes)
{
	bool ret;

	down_read(&tty->termios_rwsem);
	*modes = tty->termios;
	modes->c_iflag = data->iflag;
	modes->c_oflag = data->oflag;
	modes->c_lflag = data->lflag;
	memcpy(modes->c_cc, data->cc, sizeof(data->cc));
	ret = memcmp(modes, &tty->termios, sizeof(*modes));
	up_read(&tty->termios_rwsem);
	return ret;
}

/*
 * Return: false if they differ and may not be set.  A terminal that has hung up has no line
 * discipline.
 */
static bool set_modes(struct ckpt_ctx *ctx, struct file *file, struct tty_struct *tty,
		      const struct ckpt_rec_tty_modes *data)
{
	struct tty_ldisc *ld = tty_ldisc_ref(tty);
	struct ktermios modes;
	bool done = true;

	if (!ld)
		return false;
	/* A hangup takes the terminal from all, and then waits for that reference. */
	if (modes_with(tty, data, &modes)) {
		done = !tty_hung_up_p(file) && may_set(ctx, file, tty);
		if (done)
			tty_set_termios(tty, &modes);
	}
	tty_ldisc_deref(ld);
	return done;
}

/* By the restarter, when nothing can fail any more; what it has to say is still reported. */
static void modes_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);
	struct tty_struct *tty = file ? tty_from_file(file) : NULL;

	if (tty && !set_modes(ctx, file, tty, item->data))
		ckpt_note(ctx, "%s keeps its modes, which are not those of the program: the restarter is not in the foreground there, or does not wait for it",
			  tty_name(tty));
}

CHECKPOINT_KIND(tty_modes) = {
	.name		= "tty_modes",
	.type		= CKPT_REC_TTY_MODES,
	.size		= sizeof(struct ckpt_rec_tty_modes),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_file,
	.validate	= modes_validate,
	.finish		= modes_finish,
};
