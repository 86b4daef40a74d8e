// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what epoll instances have to report, see DOC: epoll.  Compiled into
 * fs/eventpoll.c behind epoll.c.
 */

static u32 collect_ready(struct eventpoll *ep, struct epitem **epis)
{
	struct epitem *epi;
	u32 nr = 0;

	spin_lock_irq(&ep->lock);
	list_for_each_entry(epi, &ep->rdllist, rdllink)
		epis[nr++] = epi;
	spin_unlock_irq(&ep->lock);
	return nr;
}

/* Files that are outside will be others, whose events nobody has reported yet. */
static u32 collect_outside(struct ckpt_ctx *ctx, struct eventpoll *ep, struct epitem **epis)
{
	struct rb_node *rbp;
	struct epitem *epi;
	u32 nr = 0;

	for (rbp = rb_first_cached(&ep->rbr); rbp; rbp = rb_next(rbp)) {
		epi = rb_entry(rbp, struct epitem, rbn);
		if (kind_of_watched(ctx, epi) == CKPT_REC_FILE_OUTSIDE)
			epis[nr++] = epi;
		cond_resched();
	}
	return nr;
}

/* Under ep->mtx nothing is taken off the list.  Who stands there twice is added once. */
static u32 fill_ready(struct ckpt_ctx *ctx, struct eventpoll *ep, struct epitem **epis,
		      struct ckpt_rec_epoll_ready *ready)
{
	u32 nr = collect_ready(ep, epis), i, count = 0;

	lockdep_assert_held(&ep->mtx);
	nr += collect_outside(ctx, ep, epis + nr);
	for (i = 0; i < nr; i++) {
		ready[count].file = watched_object(ctx, epis[i]);
		ready[count].fd = epis[i]->ffd.fd;
		count += !!ready[count].file;
		cond_resched();
	}
	return count;
}

static int save_ready(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
		      u32 id)
{
	struct eventpoll *ep = file->private_data;
	struct ckpt_rec_epoll_ready_list rec = {};
	struct ckpt_rec_epoll_ready *ready;
	struct epitem **epis;
	int err = lock_epoll(ctx, file);
	u32 count = 0, room;

	if (err)
		return err;
	room = 2 * count_watches(ep) + 1;
	ready = kvcalloc(room, sizeof(*ready), GFP_KERNEL_ACCOUNT);
	epis = kvcalloc(room, sizeof(*epis), GFP_KERNEL_ACCOUNT);
	if (ready && epis)
		count = fill_ready(ctx, ep, epis, ready);
	else
		err = ckpt_fail(ctx, -ENOMEM, "no memory for what an epoll instance has to report");
	mutex_unlock(&ep->mtx);
	/* Also without any: what is ready then was reported before. */
	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, ready, count);
	kvfree(ready);
	kvfree(epis);
	return err;
}

static int epoll_ready_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			    struct ckpt_task *t)
{
	return save_all(ctx, kind, save_ready);
}

static void forget_ready(struct eventpoll *ep)
{
	struct epitem *epi, *next;

	lockdep_assert_held(&ep->mtx);
	spin_lock_irq(&ep->lock);
	list_for_each_entry_safe(epi, next, &ep->rdllist, rdllink) {
		__pm_relax(ep_wakeup_source(epi));
		list_del_init(&epi->rdllink);
	}
	spin_unlock_irq(&ep->lock);
}

static void add_ready(struct eventpoll *ep, struct epitem *epi)
{
	lockdep_assert_held(&ep->mtx);
	spin_lock_irq(&ep->lock);
	if (!ep_is_linked(epi)) {
		list_add_tail(&epi->rdllink, &ep->rdllist);
		ep_pm_stay_awake(epi);
	}
	spin_unlock_irq(&ep->lock);
}

/* Adding the watches made ready whatever can be read; nothing waits yet. */
static void epoll_ready_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *epfile = ckpt_object(ctx, item->object, &ckpt_class_file);
	const struct ckpt_rec_epoll_ready *ready = item->array;
	struct eventpoll *ep = epfile->private_data;
	struct epitem *epi;
	u32 i;

	mutex_lock(&ep->mtx);
	forget_ready(ep);
	for (i = 0; i < item->count; i++) {
		epi = ep_find(ep, ckpt_object(ctx, ready[i].file, &ckpt_class_file), ready[i].fd);
		if (epi)
			add_ready(ep, epi);
		cond_resched();
	}
	mutex_unlock(&ep->mtx);
}

CHECKPOINT_KIND(epoll_ready) = {
	.name		= "epoll_ready",
	.type		= CKPT_REC_EPOLL_READY,
	.size		= sizeof(struct ckpt_rec_epoll_ready_list),
	CKPT_ARRAY(struct ckpt_rec_epoll_ready_list, ready, struct ckpt_rec_epoll_ready),
	.max		= 2 * EPOLL_WATCHES_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_REGS,
	.class		= &ckpt_class_file,
	.save		= epoll_ready_save,
	.validate	= validate_object,
	.finish		= epoll_ready_finish,
};
