// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what epoll instances watch, see DOC: epoll.  Compiled into
 * fs/eventpoll.c behind epoll.c.
 */

/* -- who watches from outside --------------------------------------------------------- */

/* As reverse_path_check_proc() walks; instances are not nested deeper than ep_loop_check() lets. */
static bool watched_outside(struct ckpt_ctx *ctx, struct hlist_head *watchers, int nested)
{
	struct epitem *epi;

	hlist_for_each_entry_rcu(epi, watchers, fllink)
		if (nested > EP_MAX_NESTS || !ckpt_seen_find(ctx, epi->ep->file) ||
		    watched_outside(ctx, &epi->ep->refs, nested + 1))
			return true;
	return false;
}

/**
 * ckpt_is_watched_outside - save: does an epoll instance outside the tree watch a file?
 * @ctx: the call, surveyed
 * @file: a file of the tree
 *
 * An instance has no reference to what it watches: those who have are looked at elsewhere.
 *
 * Context: takes ->f_lock.
 * Return: true if so, also if it watches an instance of the tree that does
 */
bool ckpt_is_watched_outside(struct ckpt_ctx *ctx, struct file *file)
{
	guard(rcu)();
	guard(spinlock)(&file->f_lock);
	return file->f_ep && watched_outside(ctx, file->f_ep, 0);
}

/* -- watches: save ------------------------------------------------------------------ */

static int fill_watch(struct ckpt_ctx *ctx, struct epitem *epi, struct ckpt_rec_epoll_watch *watch)
{
	struct ckpt_task *t;
	int err = check_watch(ctx, epi);

	if (err)
		return err;
	watch->file = watched_object(ctx, epi);
	watch->fd = epi->ffd.fd;
	watch->events = epi->event.events;
	watch->data = epi->event.data;
	if (!watch->file || kind_of_watched(ctx, epi) != CKPT_REC_FILE_SIGNALFD)
		return 0;
	t = signals_of(ctx, epi);
	if (t)
		watch->signals = t->id;
	else
		watch->flags = CKPT_EPOLL_NO_SIGNALS;
	return 0;
}

static int fill_watches(struct ckpt_ctx *ctx, struct eventpoll *ep,
			struct ckpt_rec_epoll_watch *watches, u32 *count)
{
	struct rb_node *rbp;
	u32 nr = 0;
	int err;

	lockdep_assert_held(&ep->mtx);
	for (rbp = rb_first_cached(&ep->rbr); rbp; rbp = rb_next(rbp)) {
		err = fill_watch(ctx, rb_entry(rbp, struct epitem, rbn), &watches[nr]);
		if (err)
			return err;
		/* Without a file it is just going away. */
		nr += !!watches[nr].file;
		cond_resched();
	}
	*count = nr;
	return 0;
}

static int save_watches(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
			u32 id)
{
	struct eventpoll *ep = file->private_data;
	struct ckpt_rec_epoll_watches rec = {};
	struct ckpt_rec_epoll_watch *watches;
	int err = lock_epoll(ctx, file);
	u32 count = 0;

	if (err)
		return err;
	watches = kvcalloc(count_watches(ep) + 1, sizeof(*watches), GFP_KERNEL_ACCOUNT);
	if (watches)
		err = fill_watches(ctx, ep, watches, &count);
	else
		err = ckpt_fail(ctx, -ENOMEM, "no memory for the watches of an epoll instance");
	mutex_unlock(&ep->mtx);
	if (!err && count)
		err = ckpt_emit(ctx, kind, id, &rec, watches, count);
	kvfree(watches);
	return err;
}

static int epoll_watches_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			      struct ckpt_task *t)
{
	return save_all(ctx, kind, save_watches);
}

/* -- watches: restore ------------------------------------------------------------------ */

static bool valid_watch(struct ckpt_ctx *ctx, const struct ckpt_rec_epoll_watch *watch)
{
	bool signalfd = ckpt_defining_type(ctx, watch->file) == CKPT_REC_FILE_SIGNALFD;

	if (watch->fd < 0 || watch->flags & ~CKPT_EPOLL_NO_SIGNALS)
		return false;
	if (signalfd != (watch->signals || watch->flags))
		return false;
	return !watch->signals ||
	       !(watch->flags ||
		 ckpt_process_is_dead(ckpt_task_by_id(ctx, watch->signals)));
}

static int epoll_watches_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_epoll_watch *watches = item->array;
	int err = validate_object(ctx, item);
	u32 i;

	for (i = 0; !err && i < item->count; i++) {
		if (!valid_watch(ctx, &watches[i]))
			err = ckpt_fail(ctx, -EINVAL, "a watch of an epoll instance (fd %d) is malformed",
					watches[i].fd);
		cond_resched();
	}
	return err;
}

/* The signals of another process than the one that adds the watch, or of none any more */
static void move_to_signals(struct epitem *epi, struct task_struct *task)
{
	struct eppoll_entry *pwq;

	lockdep_assert_held(&epi->ep->mtx);
	for (pwq = epi->pwqlist; pwq; pwq = pwq->next) {
		ep_remove_wait_queue(pwq);
		/* It is not made to run yet, and keeps its handlers. */
		pwq->whead = task ? &task->sighand->signalfd_wqh : NULL;
		if (!task)
			continue;
		if (epi->event.events & EPOLLEXCLUSIVE)
			add_wait_queue_exclusive(pwq->whead, &pwq->wait);
		else
			add_wait_queue(pwq->whead, &pwq->wait);
	}
}

static int insert_watch(struct ckpt_ctx *ctx, struct eventpoll *ep, struct file *file,
			const struct ckpt_rec_epoll_watch *watch, struct epoll_event *event,
			int full_check)
{
	struct ckpt_task *t = watch->signals ? ckpt_task_by_id(ctx, watch->signals) : NULL;
	struct epitem *epi;
	int err;

	lockdep_assert_held(&ep->mtx);
	if (ep_find(ep, file, watch->fd))
		return -EEXIST;
	err = ep_insert(ep, event, file, watch->fd, full_check);
	if (err)
		return err;
	epi = ep_find(ep, file, watch->fd);
	if (t || watch->flags & CKPT_EPOLL_NO_SIGNALS)
		move_to_signals(epi, t ? t->task : NULL);
	return 0;
}

static bool is_allowed(const struct file *epfile, struct file *file, u32 events)
{
	if (file == epfile)
		return false;
	return !(events & EPOLLEXCLUSIVE) ||
	       !(is_file_epoll(file) || events & ~EPOLLEXCLUSIVE_OK_BITS);
}

/*
 * As do_epoll_ctl(EPOLL_CTL_ADD), with the checks that it makes and in its order of
 * locks: epnested_mutex, then the mutexes of instances from the outer to the inner.  The
 * events are not made more by EPOLLERR and EPOLLHUP: those of a watch that has fired are none.
 */
static int add_watch(struct ckpt_ctx *ctx, struct file *epfile, struct file *file,
		     const struct ckpt_rec_epoll_watch *watch, struct epoll_event *event)
{
	struct eventpoll *ep = epfile->private_data;
	int full_check = 0, err = 0;

	if (!file_can_poll(file))
		return -EPERM;
	ep_take_care_of_epollwakeup(event);
	if (!is_allowed(epfile, file, event->events))
		return -EINVAL;
	mutex_lock(&ep->mtx);
	if (READ_ONCE(epfile->f_ep) || ep->gen == loop_check_gen || is_file_epoll(file)) {
		mutex_unlock(&ep->mtx);
		mutex_lock(&epnested_mutex);
		loop_check_gen++;
		full_check = 1;
		if (is_file_epoll(file) && ep_loop_check(ep, file->private_data))
			err = -ELOOP;
		mutex_lock(&ep->mtx);
	}
	if (!err)
		err = insert_watch(ctx, ep, file, watch, event, full_check);
	mutex_unlock(&ep->mtx);
	if (full_check) {
		clear_tfile_check_list();
		loop_check_gen++;
		mutex_unlock(&epnested_mutex);
	}
	return err;
}

static int fail_watch(struct ckpt_ctx *ctx, int err, int fd)
{
	if (err == -ENOSPC)
		return ckpt_fail(ctx, err, "an epoll instance has more watches than the user may have; raise fs.epoll.max_user_watches");
	if (err == -EPERM)
		return ckpt_fail(ctx, err, "fd %d is watched by an epoll instance, and what has taken its place cannot be; give the restarter a terminal or a pipe there",
				 fd);
	return ckpt_fail(ctx, err, "fd %d cannot be watched by an epoll instance (error %d)",
			 fd, -err);
}

static int restore_watch(struct ckpt_ctx *ctx, struct file *epfile,
			 const struct ckpt_rec_epoll_watch *watch)
{
	struct file *file = ckpt_object(ctx, watch->file, &ckpt_class_file);
	struct epoll_event event = { .events = watch->events, .data = watch->data };
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "fd %d: a watched file was not made", watch->fd);
	if (IS_ENABLED(CONFIG_PM_SLEEP) && event.events & EPOLLWAKEUP &&
	    !ckpt_capable(ctx, CAP_BLOCK_SUSPEND))
		return ckpt_fail(ctx, -EPERM, "fd %d keeps the machine awake (EPOLLWAKEUP), which needs CAP_BLOCK_SUSPEND; restart it as root",
				 watch->fd);
	err = add_watch(ctx, epfile, file, watch, &event);
	if (err)
		return fail_watch(ctx, err, watch->fd);
	if (event.events != watch->events)
		ckpt_note(ctx, "fd %d loses EPOLLWAKEUP: this kernel does not suspend", watch->fd);
	return fatal_signal_pending(current) ? ckpt_fail_killed(ctx) : 0;
}

static int epoll_watches_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *epfile = ckpt_object(ctx, item->object, &ckpt_class_file);
	const struct ckpt_rec_epoll_watch *watches = item->array;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < item->count; i++) {
		err = restore_watch(ctx, epfile, &watches[i]);
		cond_resched();
	}
	return err;
}

CHECKPOINT_KIND(epoll_watches) = {
	.name		= "epoll_watches",
	.type		= CKPT_REC_EPOLL_WATCHES,
	.size		= sizeof(struct ckpt_rec_epoll_watches),
	CKPT_ARRAY(struct ckpt_rec_epoll_watches, watches, struct ckpt_rec_epoll_watch),
	.max		= EPOLL_WATCHES_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_LINK,
	.class		= &ckpt_class_file,
	.save		= epoll_watches_save,
	.validate	= epoll_watches_validate,
	.restore	= epoll_watches_restore,
};
