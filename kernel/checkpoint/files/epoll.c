// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: epoll instances.  Compiled into fs/eventpoll.c, which keeps their
 * structures to itself.
 *
 * Three records, in a file each: the instance is made with the other files; its watches
 * when all files exist, for it may watch any of them and other instances; what is ready
 * comes last of all, for until then signals and files outside may still make something
 * ready.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "files.h"
#include "epoll.h"

/**
 * DOC: epoll
 *
 * Preserved: watches with their events, descriptor numbers (also of descriptors that are
 * closed while the file is open as another) and data; level and edge triggering,
 * EPOLLONESHOT, fired or not, EPOLLEXCLUSIVE; instances that watch others; what is ready
 * and in which order it is reported: an edge that was reported is not reported again.
 * The parameters of busy polling.
 *
 * Rebuilt: who waits goes on waiting, for the time that is left.  A signalfd is watched for
 * the process that added it.  A file that was outside is looked at anew.  Watches count
 * against fs.epoll.max_user_watches of the user who made the instance.
 *
 * Refused: an instance that is open outside the tree too; watches of a file that no
 * descriptor of the tree leads to any more, and of a signalfd for a process outside the
 * tree.  At a restart EPOLLWAKEUP needs CAP_BLOCK_SUSPEND; a kernel that cannot suspend
 * leaves it out, as it does in epoll_ctl(2).
 */

static bool epoll_match(struct ckpt_ctx *ctx, void *ptr)
{
	return is_file_epoll(ptr);
}

/* -- what is watched -------------------------------------------------------- */

/*
 * The object of a watched file.  What is outside is one for each of descriptors 0 to 2 and
 * the external ones.
 * Return: its id, 0 if it has none
 */
static u32 watched_object(struct ckpt_ctx *ctx, const struct epitem *epi)
{
	const int fds[] = { epi->ffd.fd, -1, 0, 1, 2 };
	int old = ckpt_files(ctx)->fd;
	u32 i, id = 0;

	for (i = 0; !id && i < ARRAY_SIZE(fds) + ctx->save->nr_external; i++) {
		ckpt_files(ctx)->fd = i < ARRAY_SIZE(fds) ? fds[i] :
				 ctx->save->external[i - ARRAY_SIZE(fds)];
		id = ckpt_known_id(ctx, ckpt_class_file.key(ctx, epi->ffd.file), &ckpt_class_file);
	}
	ckpt_files(ctx)->fd = old;
	return id;
}

static u32 kind_of_watched(struct ckpt_ctx *ctx, const struct epitem *epi)
{
	const struct ckpt_kind *kind = ckpt_match_kind(ctx, &ckpt_class_file, epi->ffd.file);

	return kind ? kind->type : 0;
}

/*
 * A signalfd is watched at the queue of the process that added it.  It may be gone, and
 * then there is no queue any more.
 */
static bool has_queue(const struct ckpt_task *t, const wait_queue_head_t *queue)
{
	unsigned long flags;
	bool found;

	if (ckpt_process_is_dead(t) || !lock_task_sighand(t->task, &flags))
		return false;
	found = queue == &t->task->sighand->signalfd_wqh;
	unlock_task_sighand(t->task, &flags);
	return found;
}

/* Return: the task, NULL if the process is gone, ERR_PTR(-EXDEV) if it is not in the tree */
static struct ckpt_task *signals_of(struct ckpt_ctx *ctx, const struct epitem *epi)
{
	const struct eppoll_entry *pwq = epi->pwqlist;
	const wait_queue_head_t *queue = pwq ? pwq->whead : NULL;
	struct ckpt_task *t;

	if (!queue)
		return NULL;
	for_each_ckpt_task(ctx, t)
		if (has_queue(t, queue))
			return t;
	return ERR_PTR(-EXDEV);
}

/* Somebody outside may get hold of it at any moment. */
static int lock_epoll(struct ckpt_ctx *ctx, struct file *file)
{
	struct eventpoll *ep = file->private_data;

	return ckpt_lock_file(ctx, file, &ep->mtx, "an epoll instance");
}

static int check_watch(struct ckpt_ctx *ctx, const struct epitem *epi)
{
	struct file *file = epi_fget(epi);
	const struct ckpt_seen *seen;
	struct ckpt_shown shown;
	int err = 0;

	/* It is just being closed. */
	if (!file)
		return 0;
	seen = ckpt_seen_find(ctx, file);
	if (!seen || !seen->refs)
		err = ckpt_file_fail(ctx, -EBUSY, "an epoll instance watches %s (fd %d), which only others have open still; remove it with epoll_ctl()",
				     ckpt_show_file(file, &shown), epi->ffd.fd);
	else if (kind_of_watched(ctx, epi) == CKPT_REC_FILE_SIGNALFD &&
		 IS_ERR(signals_of(ctx, epi)))
		err = ckpt_file_fail(ctx, -EBUSY, "an epoll instance watches a signalfd (fd %d) for a process outside the tree; remove it with epoll_ctl()",
				     epi->ffd.fd);
	fput(file);
	return err;
}

static int epoll_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct eventpoll *ep = file->private_data;
	int err = ckpt_check_holders(ctx, file, "an epoll instance") ?: lock_epoll(ctx, file);
	struct rb_node *rbp;

	if (err)
		return err;
	for (rbp = rb_first_cached(&ep->rbr); !err && rbp; rbp = rb_next(rbp)) {
		err = check_watch(ctx, rb_entry(rbp, struct epitem, rbn));
		cond_resched();
	}
	mutex_unlock(&ep->mtx);
	return err;
}

/* -- the instance --------------------------------------------------------------- */

static int epoll_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_epoll rec = {};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	get_busy_poll(file->private_data, &rec);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int epoll_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_epoll *data = item->data;

	if (data->busy_poll_usecs > S32_MAX || data->busy_poll_budget > U16_MAX ||
	    data->prefer_busy_poll > 1)
		return ckpt_fail(ctx, -EINVAL, "busy polling of an epoll instance is malformed");
	return 0;
}

/* As do_epoll_create(), but for a descriptor that comes later */
static struct file *make_epoll(void)
{
	struct eventpoll *ep;
	struct file *file;
	int err = ep_alloc(&ep);

	if (err)
		return ERR_PTR(err);
	file = anon_inode_getfile("[eventpoll]", &eventpoll_fops, ep, O_RDWR);
	if (IS_ERR(file))
		ep_clear_and_put(ep);
	else
		ep->file = file;
	return file;
}

static void *epoll_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_epoll *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;
	int err;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	/* Its watches count as that user's. */
	old = override_creds(cred);
	file = make_epoll();
	revert_creds(old);
	if (IS_ERR(file)) {
		ckpt_fail(ctx, PTR_ERR(file), "an epoll instance could not be made");
		return file;
	}
	err = set_busy_poll(ctx, file->private_data, data);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(ckpt_fail(ctx, err, "the busy polling of an epoll instance cannot be set (error %d)",
				 -err));
}

CHECKPOINT_KIND(epoll) = {
	.name		= "epoll",
	.type		= CKPT_REC_EPOLL,
	.size		= sizeof(struct ckpt_rec_epoll),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= epoll_match,
	.check_object	= epoll_check,
	.save_object	= epoll_save,
	.validate	= epoll_validate,
	.restore_object	= epoll_restore,
};

/* -- all instances ---------------------------------------------------------------- */

/* The records of one instance, whose watches stay while it is looked at */
typedef int (*save_one)(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
			u32 id);

static int save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, save_one save)
{
	int err = ckpt_survey_files(ctx);
	struct ckpt_seen *seen;

	if (err)
		return err;
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct file *file = (struct file *)seen->ptr;
		u32 id;

		if (!seen->refs || !is_file_epoll(file))
			continue;
		id = ckpt_known_id(ctx, file, &ckpt_class_file);
		ctx->at.t = seen->t;
		ckpt_files(ctx)->fd = seen->fd;
		err = save(ctx, kind, file, id);
		ckpt_files(ctx)->fd = -1;
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static u32 count_watches(struct eventpoll *ep)
{
	struct rb_node *rbp;
	u32 nr = 0;

	lockdep_assert_held(&ep->mtx);
	for (rbp = rb_first_cached(&ep->rbr); rbp; rbp = rb_next(rbp))
		nr++;
	return nr;
}

/* Records of a file that is no epoll instance would take its data for one. */
static int validate_object(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (ckpt_defining_type(ctx, item->object) == CKPT_REC_EPOLL)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "watches belong to a file that is no epoll instance");
}
