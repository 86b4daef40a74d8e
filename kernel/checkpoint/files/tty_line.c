// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: settings and contents of a pseudo terminal, see DOC: pseudo terminals.
 * Compiled into drivers/tty/n_tty.c, which keeps the line discipline to itself.
 */
#include "tty_line_save.c"

/* -- validate ------------------------------------------------------------------------------ */

static size_t bytes_of(const struct ckpt_rec_tty_line *data, int side)
{
	return data->read[side] + DIV_ROUND_UP(data->read[side], 8) + data->echo[side] +
	       data->queued[side];
}

static bool valid_side(const struct ckpt_rec_tty_line *data, int side)
{
	u32 flags = CKPT_LINE_STOPPED | CKPT_LINE_TCO_STOPPED | CKPT_LINE_LNEXT |
		    CKPT_LINE_ERASING | CKPT_LINE_PUSH | CKPT_LINE_EXCLUSIVE |
		    (side == CKPT_SIDE_MASTER ? CKPT_LINE_LOCKED : CKPT_LINE_CLOSED);

	return !(data->flags[side] & ~flags) && data->read[side] <= N_TTY_BUF_SIZE &&
	       data->lines[side] <= data->read[side] &&
	       data->committed[side] <= data->read[side] &&
	       data->echo[side] < N_TTY_BUF_SIZE &&
	       data->echo_committed[side] <= data->echo[side] &&
	       data->echo_marked[side] <= data->echo[side] &&
	       data->queued[side] <= QUEUED_MAX && data->looked_at[side] <= data->queued[side];
}

static bool has_locked(const struct ckpt_rec_tty_line *data)
{
	return data->locked_iflag || data->locked_oflag || data->locked_cflag ||
	       data->locked_lflag || memchr_inv(data->locked_cc, 0, sizeof(data->locked_cc));
}

static int line_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tty_line *data = item->data;

	if (!valid_side(data, 0) || !valid_side(data, 1) || data->packet > 1 ||
	    data->status & ~TTY_STATUS ||
	    (data->cflag & (CSIZE | PARENB | CREAD)) != (CS8 | CREAD) ||
	    bytes_of(data, 0) + bytes_of(data, 1) != item->count)
		return ckpt_fail(ctx, -EINVAL, "settings or contents of a pseudo terminal are malformed");
	if (has_locked(data) &&
	    (ckpt_ceiling(ctx) || !ckpt_may_choose_for_all(ctx, &init_user_ns)))
		return ckpt_fail(ctx, -EPERM, "a terminal with locked settings (TIOCSLCKTRMIOS) needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN");
	return 0;
}

/* -- restore ------------------------------------------------------------------------------- */

/* As tty_set_termios(), but nobody is told of a change, as there is none */
static void restore_termios(struct pair *pair, const struct ckpt_rec_tty_line *data)
{
	struct tty_struct *slave = pair->tty[1];
	struct ktermios *set = &slave->termios, *locked = &slave->termios_locked;

	lockdep_assert_held_write(&slave->termios_rwsem);
	set->c_iflag = data->iflag;
	set->c_oflag = data->oflag;
	set->c_cflag = data->cflag;
	set->c_lflag = data->lflag;
	set->c_ispeed = data->ispeed;
	set->c_ospeed = data->ospeed;
	memcpy(set->c_cc, data->cc, NCCS);
	set->c_line = data->cc[NCCS];
	locked->c_iflag = data->locked_iflag;
	locked->c_oflag = data->locked_oflag;
	locked->c_cflag = data->locked_cflag;
	locked->c_lflag = data->locked_lflag;
	memcpy(locked->c_cc, data->locked_cc, NCCS);
	locked->c_line = data->locked_cc[NCCS];
	if (pair->ld[1])
		n_tty_set_termios(slave, NULL);
}

static void restore_window(struct tty_struct *slave, const struct ckpt_rec_tty_line *data)
{
	mutex_lock(&slave->winsize_mutex);
	slave->winsize.ws_row = data->window[0];
	slave->winsize.ws_col = data->window[1];
	slave->winsize.ws_xpixel = data->window[2];
	slave->winsize.ws_ypixel = data->window[3];
	mutex_unlock(&slave->winsize_mutex);
}

static const u8 *restore_input(const struct ckpt_rec_tty_line *data, int side,
			       struct tty_struct *tty, const u8 *from)
{
	struct n_tty_data *ldata = tty->disc_data;
	bool is_canonical = ldata->icanon && !L_EXTPROC(tty);
	u32 i, nr = data->read[side];
	const u8 *bits = from + nr;

	reset_buffer_flags(ldata);
	memcpy(ldata->read_buf, from, nr);
	for (i = 0; i < nr; i++)
		if (bits[i / 8] & 1 << (i % 8))
			set_bit(i, ldata->read_flags);
	ldata->read_head = nr;
	ldata->canon_head = data->lines[side];
	ldata->line_start = data->lines[side];
	/* Only lines are committed later than they come; else a reader could not make room. */
	ldata->commit_head = is_canonical ? data->committed[side] : nr;
	ldata->lnext = !!(data->flags[side] & CKPT_LINE_LNEXT);
	ldata->erasing = !!(data->flags[side] & CKPT_LINE_ERASING);
	ldata->push = !!(data->flags[side] & CKPT_LINE_PUSH);
	return bits + DIV_ROUND_UP(nr, 8);
}

static const u8 *restore_echo(const struct ckpt_rec_tty_line *data, int side,
			      struct n_tty_data *ldata, const u8 *from)
{
	mutex_lock(&ldata->output_lock);
	memcpy(ldata->echo_buf, from, data->echo[side]);
	ldata->echo_tail = 0;
	ldata->echo_head = data->echo[side];
	ldata->echo_commit = data->echo_committed[side];
	ldata->echo_mark = data->echo_marked[side];
	ldata->column = data->column[side];
	ldata->canon_column = data->canon_column[side];
	mutex_unlock(&ldata->output_lock);
	return from + data->echo[side];
}

/*
 * In other pieces the same bytes may take more room, so for once there is no limit.  Flow
 * control has seen all of them, or it would obey them twice.
 *
 * Return: behind what was restored, NULL without memory
 */
static const u8 *restore_queue(const struct ckpt_rec_tty_line *data, int side,
			       struct tty_struct *tty, const u8 *from)
{
	struct tty_port *port = tty->port;
	struct n_tty_data *ldata = tty->disc_data;
	int limit = port->buf.mem_limit;
	u32 nr = data->queued[side];
	struct tty_buffer *b;
	unsigned long flags;
	size_t copied;

	spin_lock_irqsave(&port->lock, flags);
	port->buf.mem_limit = INT_MAX;
	copied = tty_insert_flip_string(port, from, nr);
	port->buf.mem_limit = limit;
	/* As tty_flip_buffer_commit(), for flush_to_ldisc() */
	smp_store_release(&port->buf.tail->commit, port->buf.tail->used);
	for (b = port->buf.head; b; b = b->next)
		b->lookahead = b->commit;
	spin_unlock_irqrestore(&port->lock, flags);
	if (ldata) {
		ldata->lookahead_count = data->looked_at[side];
		/* Who reads makes room and lets the rest in. */
		ldata->no_room = !!nr;
	}
	return copied == nr ? from + nr : NULL;
}

static void restore_flags(struct tty_struct *tty, u32 flags)
{
	spin_lock_irq(&tty->flow.lock);
	tty->flow.stopped = !!(flags & CKPT_LINE_STOPPED);
	tty->flow.tco_stopped = !!(flags & CKPT_LINE_TCO_STOPPED);
	spin_unlock_irq(&tty->flow.lock);
	assign_bit(TTY_EXCLUSIVE, &tty->flags, flags & CKPT_LINE_EXCLUSIVE);
	assign_bit(TTY_PTY_LOCK, &tty->flags, flags & CKPT_LINE_LOCKED);
}

/* As pty_close() leaves a slave that had been open */
static void restore_closed(struct pair *pair, const struct ckpt_rec_tty_line *data)
{
	if (!(data->flags[1] & CKPT_LINE_CLOSED) || pair->tty[1]->count > 1)
		return;
	set_bit(TTY_IO_ERROR, &pair->tty[1]->flags);
	set_bit(TTY_OTHER_CLOSED, &pair->tty[0]->flags);
}

static void restore_packet(struct pair *pair, const struct ckpt_rec_tty_line *data)
{
	spin_lock_irq(&pair->tty[0]->ctrl.lock);
	pair->tty[0]->ctrl.packet = data->packet;
	spin_unlock_irq(&pair->tty[0]->ctrl.lock);
	spin_lock_irq(&pair->tty[1]->ctrl.lock);
	pair->tty[1]->ctrl.pktstatus = data->status;
	spin_unlock_irq(&pair->tty[1]->ctrl.lock);
}

static const u8 *restore_side(struct pair *pair, int side, const struct ckpt_rec_tty_line *data,
			      const u8 *from)
{
	struct n_tty_data *ldata = pair->tty[side]->disc_data;

	restore_flags(pair->tty[side], data->flags[side]);
	if (!pair->ld[side])
		return restore_queue(data, side, pair->tty[side],
				     from + bytes_of(data, side) - data->queued[side]);
	from = restore_input(data, side, pair->tty[side], from);
	from = restore_echo(data, side, ldata, from);
	return restore_queue(data, side, pair->tty[side], from);
}

static int restore_pair(struct pair *pair, const struct ckpt_item *item)
{
	const struct ckpt_rec_tty_line *data = item->data;
	/* Without contents there is no array. */
	const u8 *from = item->array ?: (const u8 *)"";

	lock_side(pair, 1);
	lock_side(pair, 0);
	restore_termios(pair, data);
	restore_window(pair->tty[1], data);
	from = restore_side(pair, 0, data, from);
	if (from)
		from = restore_side(pair, 1, data, from);
	restore_closed(pair, data);
	restore_packet(pair, data);
	unlock_side(pair, 0);
	unlock_side(pair, 1);
	return from ? 0 : -ENOMEM;
}

/* Nobody can see more of the pair than that it has hung up. */
static int close_master(struct ckpt_pty *pty)
{
	struct file *master = pty->master;

	path_put(&pty->path);
	pty->path.dentry = NULL;
	pty->master = NULL;
	__fput_sync(master);
	return 0;
}

/* When all files of the pair are open.  Nobody but this restart has them. */
static int line_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_pty *pty = ckpt_object(ctx, item->object, &ckpt_class_terminal);
	struct pair pair;
	int err;

	/* There is no session yet, so nobody gets a signal. */
	if (pty && pty->flags & CKPT_PTY_MASTER_CLOSED)
		return close_master(pty);
	if (pty && pty->flags & CKPT_PTY_HUNG_UP)
		tty_vhangup(pty->slave);
	if (!pty || !get_pair(&pair, pty->slave))
		return ckpt_fail(ctx, -EINVAL, "a pseudo terminal was not made");
	err = restore_pair(&pair, item);
	put_pair(&pair);
	return err ? ckpt_fail(ctx, err, "no memory for the contents of a terminal") : 0;
}

CHECKPOINT_KIND(tty_line) = {
	.name		= "tty_line",
	.type		= CKPT_REC_TTY_LINE,
	.size		= sizeof(struct ckpt_rec_tty_line),
	CKPT_ARRAY(struct ckpt_rec_tty_line, bytes, __u8),
	.max		= 2 * SIDE_MAX,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_terminal,
	.validate	= line_validate,
	.restore	= line_restore,
};
