// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: contexts of asynchronous I/O (io_setup(2)).  Compiled into fs/aio.c,
 * which keeps their structure to itself.
 */
#include "aio_ring.c"
#include "aio_make.c"

/**
 * DOC: AIO contexts
 *
 * A context is made of slots for requests and of a ring of events, which the program maps and
 * may read and write as well; its id is the address of the ring.
 *
 * Preserved: the contexts of a process, each with its id, also after mremap(2), the number of
 * requests that it was made for, the size of its ring and all that is in there, events that
 * were not read above all, and the slots that these take. A thread that waits in
 * io_getevents(2) or io_pgetevents(2) goes on waiting for the time that was left, and for the
 * events that are missing if it has some; one that is about to submit a read or write of a
 * pipe, which waits in io_submit(2), calls that again.
 *
 * Rebuilt: what counts for fs.aio-max-nr. Where this machine's rings would be smaller, that
 * is as many requests as the ring has room for.
 *
 * Requests in flight are waited for: their events are saved then.
 *
 * Refused: requests that do not end by themselves (IOCB_CMD_POLL) or in time. restart()
 * refuses what fs.aio-max-nr does not allow, and a ring that is too small for this machine's
 * many processors.
 *
 * Immaterial: in which batches free slots are kept by processors.
 */

static const struct ckpt_kind ckpt_kind_aio_context;

/* -- requests in flight ------------------------------------------------------------------ */

/*
 * What has a slot and no event yet.  No task of the tree submits anything now; requests that
 * end give back slots with completion_lock held.
 */
static unsigned int requests_in_flight(struct kioctx *kioctx)
{
	unsigned int slots;
	int cpu;

	spin_lock_irq(&kioctx->completion_lock);
	slots = atomic_read(&kioctx->reqs_available) + kioctx->completed_events;
	for_each_possible_cpu(cpu)
		slots += per_cpu_ptr(kioctx->cpu, cpu)->reqs_available;
	spin_unlock_irq(&kioctx->completion_lock);
	return kioctx->nr_events - 1 - slots;
}

/* Those that can be cancelled: they wait for an event, which may never come. */
static unsigned int requests_that_wait(struct kioctx *kioctx)
{
	unsigned int nr;

	spin_lock_irq(&kioctx->ctx_lock);
	nr = list_count_nodes(&kioctx->active_reqs);
	spin_unlock_irq(&kioctx->ctx_lock);
	return nr;
}

/*
 * Requests of files and devices end by themselves, as long as somebody serves them.  The
 * buffers of those that read are captured later, so nothing of them is lost.
 */
static int drain(struct ckpt_ctx *ctx, struct kioctx *kioctx)
{
	unsigned long end = jiffies + msecs_to_jiffies(CKPT_SETTLE_MS);
	unsigned int nr = requests_in_flight(kioctx), waiting, before;

	while (nr) {
		waiting = requests_that_wait(kioctx);
		if (waiting && time_after(jiffies, end))
			return ckpt_fail(ctx, -EBUSY, "has %u asynchronous requests in flight that wait for an event (IOCB_CMD_POLL), which cannot be saved yet; cancel them first",
					 waiting);
		if (ckpt_expired(ctx))
			return ckpt_fail(ctx, -EBUSY, "has %u asynchronous requests in flight (io_submit) that did not end in time; try again when they have",
					 nr);
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		usleep_range(100, 500);
		before = nr;
		nr = requests_in_flight(kioctx);
		if (nr < before)
			ckpt_progress(ctx);
	}
	return 0;
}

/* -- save -------------------------------------------------------------------------------- */

/* The first context at *@slot or behind it, with a reference to its users */
static struct kioctx *get_context(struct mm_struct *mm, unsigned int *slot)
{
	struct kioctx *kioctx, *found = NULL;
	struct kioctx_table *table;

	rcu_read_lock();
	table = rcu_dereference(mm->ioctx_table);
	for (; table && *slot < table->nr; ++*slot) {
		kioctx = rcu_dereference(table->table[*slot]);
		if (kioctx && percpu_ref_tryget_live(&kioctx->users)) {
			found = kioctx;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/* Up to the last page in which there is something */
static unsigned int bytes_of_ring(struct kioctx *kioctx)
{
	long nr = kioctx->nr_pages;

	lockdep_assert_held(&kioctx->ring_lock);
	while (nr && !memchr_inv(folio_address(kioctx->ring_folios[nr - 1]), 0, PAGE_SIZE))
		nr--;
	return nr * PAGE_SIZE;
}

static int check_context(struct ckpt_ctx *ctx, struct kioctx *kioctx)
{
	unsigned int bytes;
	int err = drain(ctx, kioctx);

	if (err)
		return err;
	mutex_lock(&kioctx->ring_lock);
	bytes = bytes_of_ring(kioctx);
	mutex_unlock(&kioctx->ring_lock);
	if (bytes > CKPT_RING_DATA_MAX || kioctx->id >= CKPT_CONTEXTS_MAX)
		return ckpt_fail(ctx, -E2BIG, "has an AIO context of %u MiB, or more than %u contexts",
				 bytes >> 20, CKPT_CONTEXTS_MAX);
	return 0;
}

static int aio_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct kioctx *kioctx;
	unsigned int slot = 0;
	int err = 0;

	for (; !err && (kioctx = get_context(t->mm, &slot)); slot++) {
		err = check_context(ctx, kioctx);
		percpu_ref_put(&kioctx->users);
		cond_resched();
	}
	return err;
}

static void copy_ring(struct kioctx *kioctx, u8 *to, unsigned int bytes)
{
	unsigned int i;

	lockdep_assert_held(&kioctx->ring_lock);
	for (i = 0; i < bytes >> PAGE_SHIFT; i++)
		memcpy(to + i * PAGE_SIZE, folio_address(kioctx->ring_folios[i]), PAGE_SIZE);
}

/* Nobody adds an event any more, and no page moves while ring_lock is held. */
static int save_ring(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct kioctx *kioctx,
		     struct ckpt_rec_aio_context *rec, u32 mm_id)
{
	void *ring __free(kvfree) = NULL;
	unsigned int bytes;

	mutex_lock(&kioctx->ring_lock);
	bytes = bytes_of_ring(kioctx);
	mutex_unlock(&kioctx->ring_lock);
	if (bytes)
		ring = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (bytes && !ring)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the ring of an AIO context");
	mutex_lock(&kioctx->ring_lock);
	copy_ring(kioctx, ring, bytes);
	mutex_unlock(&kioctx->ring_lock);
	return ckpt_emit(ctx, kind, mm_id, rec, ring, bytes);
}

static int save_context(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct kioctx *kioctx,
			u32 mm_id)
{
	struct ckpt_rec_aio_context rec = {
		.address = kioctx->user_id,
		.slot = kioctx->id,
		.max_reqs = kioctx->max_reqs,
		.pages = kioctx->nr_pages,
		.tail = kioctx->tail,
		.completed = kioctx->completed_events,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_file, kioctx->aio_ring_file, &rec.ring);

	return err ?: save_ring(ctx, kind, kioctx, &rec, mm_id);
}

static int aio_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	u32 mm_id = ckpt_known_id(ctx, t->mm, &ckpt_class_mm);
	struct kioctx *kioctx;
	unsigned int slot = 0;
	int err = 0;

	for (; !err && (kioctx = get_context(t->mm, &slot)); slot++) {
		err = save_context(ctx, kind, kioctx, mm_id);
		percpu_ref_put(&kioctx->users);
		cond_resched();
	}
	return err;
}

CHECKPOINT_KIND(aio_context) = {
	.name		= "aio_context",
	.type		= CKPT_REC_AIO_CONTEXT,
	.size		= sizeof(struct ckpt_rec_aio_context),
	CKPT_ARRAY(struct ckpt_rec_aio_context, contents, __u8),
	.max		= CKPT_RING_DATA_MAX,
	.scope		= CKPT_SCOPE_MM,
	.stage		= CKPT_STAGE_MM,
	.class		= &ckpt_class_mm,
	.many		= true,
	.waits		= true,
	.check		= aio_check,
	.save		= aio_save,
	.validate	= aio_validate,
	.complete	= aio_complete_image,
	.restore	= aio_restore,
};
