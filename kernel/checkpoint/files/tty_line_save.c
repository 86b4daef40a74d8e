// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: settings and contents of a pseudo terminal, being saved.  Compiled into
 * drivers/tty/n_tty.c by tty_line.c.
 */
#include <linux/tty_buffer.h>
#include <linux/tty_flip.h>
#include <linux/tty_ldisc.h>
#include "pty.h"

/*
 * Bytes that a master has written and the line discipline had no room for.  The limit of
 * struct tty_port lets less than 20,000 of them in.
 */
#define QUEUED_MAX	32768U

#define SIDE_MAX	(N_TTY_BUF_SIZE + N_TTY_BUF_SIZE / 8 + N_TTY_BUF_SIZE + QUEUED_MAX)

#define TTY_STATUS	(TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE | TIOCPKT_STOP | TIOCPKT_START | \
			 TIOCPKT_NOSTOP | TIOCPKT_DOSTOP | TIOCPKT_IOCTL)

static const struct ckpt_kind ckpt_kind_tty_line;

/* -- both sides, for as long as they are looked at -------------------------------------- */

/*
 * Index 0 is the master, as CKPT_SIDE_MASTER.  In the order of the line discipline, which
 * flushes the master's buffer while it takes a byte from the slave's.
 */
struct pair {
	struct tty_struct *tty[2];
	struct tty_ldisc *ld[2];
};

static void lock_side(struct pair *pair, int side)
{
	tty_buffer_lock_exclusive(pair->tty[side]->port);
	down_write(&pair->tty[side]->termios_rwsem);
}

static void unlock_side(struct pair *pair, int side)
{
	up_write(&pair->tty[side]->termios_rwsem);
	tty_buffer_unlock_exclusive(pair->tty[side]->port);
}

static void put_pair(struct pair *pair)
{
	int side;

	for (side = 0; side < 2; side++)
		if (pair->ld[side])
			tty_ldisc_deref(pair->ld[side]);
}

/*
 * A side that has hung up has no line discipline until it is opened again.
 *
 * Return: false if one has another
 */
static bool get_pair(struct pair *pair, struct tty_struct *slave)
{
	bool ret = true;
	int side;

	*pair = (struct pair) { .tty = { slave->link, slave } };
	for (side = 0; side < 2; side++) {
		pair->ld[side] = tty_ldisc_ref(pair->tty[side]);
		if (pair->ld[side] ? pair->ld[side]->ops != &n_tty_ops :
				     !test_bit(TTY_HUPPED, &pair->tty[side]->flags))
			ret = false;
	}
	if (!ret)
		put_pair(pair);
	return ret;
}

/* -- check and save ---------------------------------------------------------------------- */

static bool is_locked(const struct ktermios *locked)
{
	return locked->c_iflag || locked->c_oflag || locked->c_cflag || locked->c_lflag ||
	       locked->c_line || memchr_inv(locked->c_cc, 0, sizeof(locked->c_cc));
}

/**
 * ckpt_check_line - save: can settings and contents of a pseudo terminal be saved?
 * @ctx: the call, surveyed
 * @slave: the slave; the tree has the pair alone
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_line(struct ckpt_ctx *ctx, struct tty_struct *slave)
{
	struct pair pair;

	if (!get_pair(&pair, slave))
		return ckpt_cannot_save(ctx, "%s with a line discipline other than N_TTY (TIOCSETD)",
					tty_name(slave));
	put_pair(&pair);
	if (is_locked(&slave->termios_locked) && !ckpt_may_choose_for_all(ctx, &init_user_ns))
		return ckpt_file_fail(ctx, -EPERM, "%s has locked settings (TIOCSLCKTRMIOS), which the caller could not lock; save it as root",
				      tty_name(slave));
	return 0;
}

static void save_termios(struct ckpt_rec_tty_line *rec, const struct tty_struct *slave)
{
	const struct ktermios *set = &slave->termios, *locked = &slave->termios_locked;

	BUILD_BUG_ON(sizeof(set->c_cc) + 1 != sizeof(rec->cc));
	rec->iflag = set->c_iflag;
	rec->oflag = set->c_oflag;
	rec->cflag = set->c_cflag;
	rec->lflag = set->c_lflag;
	rec->ispeed = set->c_ispeed;
	rec->ospeed = set->c_ospeed;
	memcpy(rec->cc, set->c_cc, NCCS);
	rec->cc[NCCS] = set->c_line;
	rec->locked_iflag = locked->c_iflag;
	rec->locked_oflag = locked->c_oflag;
	rec->locked_cflag = locked->c_cflag;
	rec->locked_lflag = locked->c_lflag;
	memcpy(rec->locked_cc, locked->c_cc, NCCS);
	rec->locked_cc[NCCS] = locked->c_line;
	rec->window[0] = slave->winsize.ws_row;
	rec->window[1] = slave->winsize.ws_col;
	rec->window[2] = slave->winsize.ws_xpixel;
	rec->window[3] = slave->winsize.ws_ypixel;
}

static u32 flags_of(const struct tty_struct *tty)
{
	const struct n_tty_data *ldata = tty->disc_data;
	bool closed = !is_master(tty) && test_bit(TTY_OTHER_CLOSED, &tty->link->flags);

	return (tty->flow.stopped ? CKPT_LINE_STOPPED : 0) |
	       (tty->flow.tco_stopped ? CKPT_LINE_TCO_STOPPED : 0) |
	       (ldata && ldata->lnext ? CKPT_LINE_LNEXT : 0) |
	       (ldata && ldata->erasing ? CKPT_LINE_ERASING : 0) |
	       (ldata && ldata->push ? CKPT_LINE_PUSH : 0) |
	       (test_bit(TTY_EXCLUSIVE, &tty->flags) ? CKPT_LINE_EXCLUSIVE : 0) |
	       (test_bit(TTY_PTY_LOCK, &tty->flags) ? CKPT_LINE_LOCKED : 0) |
	       (closed ? CKPT_LINE_CLOSED : 0);
}

/* What is behind, or where that does not count any more, none */
static u32 part(size_t at, size_t tail, u32 whole)
{
	return at - tail <= whole ? at - tail : 0;
}

/*
 * Of more than there is room for, which the line discipline may count where bytes are
 * doubled (PARMRK), nobody could tell what is there.
 *
 * Return: behind what was saved, NULL if there is too much
 */
static u8 *save_input(struct ckpt_rec_tty_line *rec, int side, const struct n_tty_data *ldata,
		      u8 *to)
{
	size_t i, tail = ldata->read_tail, nr = ldata->read_head - tail;
	u8 *bits = to + nr;

	if (nr > N_TTY_BUF_SIZE)
		return NULL;
	rec->read[side] = nr;
	rec->lines[side] = part(ldata->canon_head, tail, nr);
	rec->committed[side] = part(ldata->commit_head, tail, nr);
	for (i = 0; i < nr; i++) {
		to[i] = ldata->read_buf[MASK(tail + i)];
		if (test_bit(MASK(tail + i), ldata->read_flags))
			bits[i / 8] |= 1 << (i % 8);
	}
	return bits + DIV_ROUND_UP(nr, 8);
}

static u8 *save_echo(struct ckpt_rec_tty_line *rec, int side, const struct n_tty_data *ldata,
		     u8 *to)
{
	/* As much as n_tty itself would print: it masks what has run over. */
	size_t i, tail = ldata->echo_tail, nr = MASK(ldata->echo_head - tail);

	rec->column[side] = ldata->column;
	rec->canon_column[side] = ldata->canon_column;
	rec->echo[side] = nr;
	rec->echo_committed[side] = part(ldata->echo_commit, tail, nr);
	rec->echo_marked[side] = part(ldata->echo_mark, tail, nr);
	for (i = 0; i < nr; i++)
		to[i] = ldata->echo_buf[MASK(tail + i)];
	return to + nr;
}

/* Return: behind what was saved, NULL if there is too much */
static u8 *save_queue(struct ckpt_rec_tty_line *rec, int side, const struct tty_struct *tty,
		      u8 *to)
{
	const struct n_tty_data *ldata = tty->disc_data;
	struct tty_buffer *b;
	u32 nr = 0, len;

	for (b = tty->port->buf.head; b; b = b->next) {
		len = b->commit - b->read;
		if (len > QUEUED_MAX - nr)
			return NULL;
		memcpy(to + nr, char_buf_ptr(b, b->read), len);
		nr += len;
	}
	rec->queued[side] = nr;
	if (ldata)
		rec->looked_at[side] = min_t(size_t, ldata->lookahead_count, nr);
	return to + nr;
}

/* The buffers are left as they are, and so is what the work in them has come to. */
static u8 *save_side(struct ckpt_rec_tty_line *rec, struct pair *pair, int side, u8 *to)
{
	const struct tty_struct *tty = pair->tty[side];
	struct n_tty_data *ldata = tty->disc_data;

	rec->flags[side] = flags_of(tty);
	/* What comes before it is opened again is kept as well. */
	if (!pair->ld[side])
		return save_queue(rec, side, tty, to);
	to = save_input(rec, side, ldata, to);
	if (!to)
		return NULL;
	mutex_lock(&ldata->output_lock);
	to = save_echo(rec, side, ldata, to);
	mutex_unlock(&ldata->output_lock);
	return save_queue(rec, side, tty, to);
}

/* Nobody writes any more: what goes on by itself comes to an end. */
static void flush_works(const struct pair *pair)
{
	tty_buffer_flush_work(pair->tty[1]->port);
	tty_buffer_flush_work(pair->tty[0]->port);
}

/* Return: bytes, or -E2BIG */
static ssize_t save_pair(struct ckpt_rec_tty_line *rec, struct pair *pair, u8 *bytes)
{
	u8 *end;

	flush_works(pair);
	lock_side(pair, 1);
	lock_side(pair, 0);
	save_termios(rec, pair->tty[1]);
	rec->packet = pair->tty[0]->ctrl.packet;
	rec->status = pair->tty[1]->ctrl.pktstatus;
	end = save_side(rec, pair, 0, bytes);
	if (end)
		end = save_side(rec, pair, 1, end);
	unlock_side(pair, 0);
	unlock_side(pair, 1);
	return end ? end - bytes : -E2BIG;
}

/**
 * ckpt_save_line - save settings and contents of a pseudo terminal
 * @ctx: the call
 * @slave: the slave, which ckpt_check_line() has been asked about
 * @id: object id of the terminal
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_line(struct ckpt_ctx *ctx, struct tty_struct *slave, u32 id)
{
	/* Of one whose master is closed nobody can see more than that. */
	struct ckpt_rec_tty_line rec = { .cflag = CS8 | CREAD };
	struct pair pair;
	ssize_t len;
	u8 *bytes;
	int err;

	if (is_master_closed(slave))
		return ckpt_emit(ctx, &ckpt_kind_tty_line, id, &rec, NULL, 0);
	bytes = kvzalloc(2 * SIDE_MAX, GFP_KERNEL_ACCOUNT);
	if (!bytes)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the contents of a terminal");
	if (!get_pair(&pair, slave)) {
		kvfree(bytes);
		return ckpt_fail(ctx, -EAGAIN, "%s changes; try again", tty_name(slave));
	}
	len = save_pair(&rec, &pair, bytes);
	put_pair(&pair);
	err = len < 0 ? ckpt_fail(ctx, len, "%s holds more input than it has room for; have it read first",
				  tty_name(slave)) :
			ckpt_emit(ctx, &ckpt_kind_tty_line, id, &rec, bytes, len);
	kvfree(bytes);
	return err;
}
