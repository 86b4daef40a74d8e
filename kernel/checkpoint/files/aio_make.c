// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: making AIO contexts again, and waiting on for their events.  Compiled
 * into fs/aio.c.
 */
#include <linux/sizes.h>
#include "files.h"

/* Most bytes of a ring that are kept in a record */
#define CKPT_RING_DATA_MAX	SZ_16M

/* Contexts of a process: more than that fs.aio-max-nr does not allow by default. */
#define CKPT_CONTEXTS_MAX	SZ_64K

/* -- validate ---------------------------------------------------------------------------- */

static unsigned int events_of(unsigned int pages)
{
	return (pages * PAGE_SIZE - sizeof(struct aio_ring)) / sizeof(struct io_event);
}

/* The ring that ioctx_alloc() makes on a machine with so many processors */
static u64 pages_for(u64 max_reqs, unsigned int cpus)
{
	return PFN_UP(CKPT_RING_BYTES(2 * max(max_reqs, 4ULL * cpus)));
}

/* What the kernel trusts is in order, and in the ring may be anything: it is the program's. */
static int aio_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_aio_context *data = item->data;

	if (!data->pages || data->pages > CKPT_RING_PAGES_MAX || !data->max_reqs ||
	    data->pages < pages_for(data->max_reqs, 1))
		return ckpt_fail(ctx, -EINVAL, "an AIO context of %u requests has a ring of %u pages",
				 data->max_reqs, data->pages);
	if (data->slot >= CKPT_CONTEXTS_MAX || !PAGE_ALIGNED(data->address) ||
	    data->address > TASK_SIZE_MAX - (u64)data->pages * PAGE_SIZE)
		return ckpt_fail(ctx, -EINVAL, "AIO context %u has an address that it cannot have (%#llx)",
				 data->slot, data->address);
	if (data->tail >= events_of(data->pages) || data->completed >= events_of(data->pages) ||
	    item->count > (u64)data->pages * PAGE_SIZE)
		return ckpt_fail(ctx, -EINVAL, "the events of AIO context %#llx are malformed",
				 data->address);
	if (ckpt_defining_type(ctx, data->ring) != CKPT_REC_FILE_AIO)
		return ckpt_fail(ctx, -EINVAL, "the ring of AIO context %#llx is none",
				 data->address);
	return 0;
}

/* Each ring that is not empty has a context, and no two the same: see aio_restore(). */
static int aio_complete_image(struct ckpt_ctx *ctx)
{
	const struct ckpt_rec_file_aio *ring;
	const struct ckpt_item *item;
	long rings = 0;

	list_for_each_entry(item, &ctx->restart->recs, node) {
		ring = item->data;
		if (item->kind->type == CKPT_REC_AIO_CONTEXT)
			rings--;
		else if (item->kind->type == CKPT_REC_FILE_AIO && ring->pages)
			rings++;
		cond_resched();
	}
	if (rings > 0)
		return ckpt_fail(ctx, -EINVAL, "the ring of an AIO context has none");
	return 0;
}

/* -- restart ----------------------------------------------------------------------------- */

/*
 * A ring that is larger than this machine's processors would make it counts for as many
 * requests as it would have been made for here: memory is not had for nothing.
 */
static unsigned int requests_charged(const struct ckpt_rec_aio_context *data)
{
	if (data->pages <= pages_for(data->max_reqs, num_possible_cpus()))
		return data->max_reqs;
	/* So many that their own ring would have as many pages: see aio_validate() */
	return max(data->max_reqs, (events_of(data->pages) - 2) / 2);
}

/* As in ioctx_alloc() */
static unsigned int batch_of(unsigned int nr_events)
{
	return max(1U, (nr_events - 1) / (num_possible_cpus() * 4));
}

/* Free slots that lie with processors cannot be had on another: enough must be left. */
static bool has_room(const struct ckpt_rec_aio_context *data)
{
	u64 nr_events = events_of(data->pages);

	return nr_events - 1 >=
	       data->max_reqs + num_possible_cpus() * (2ULL * batch_of(nr_events) - 1);
}

static void free_context(struct kioctx *kioctx)
{
	aio_free_ring(kioctx);
	free_percpu(kioctx->cpu);
	percpu_ref_exit(&kioctx->reqs);
	percpu_ref_exit(&kioctx->users);
	kmem_cache_free(kioctx_cachep, kioctx);
}

/* As ioctx_alloc(), up to the ring */
static struct kioctx *alloc_context(const struct ckpt_rec_aio_context *data)
{
	struct kioctx *kioctx = kmem_cache_zalloc(kioctx_cachep, GFP_KERNEL_ACCOUNT);

	if (!kioctx)
		return NULL;
	spin_lock_init(&kioctx->ctx_lock);
	spin_lock_init(&kioctx->completion_lock);
	mutex_init(&kioctx->ring_lock);
	init_waitqueue_head(&kioctx->wait);
	INIT_LIST_HEAD(&kioctx->active_reqs);
	kioctx->max_reqs = requests_charged(data);
	kioctx->id = data->slot;
	kioctx->user_id = data->address;
	kioctx->mmap_base = data->address;
	kioctx->mmap_size = data->pages * PAGE_SIZE;
	kioctx->nr_events = events_of(data->pages);
	kioctx->tail = data->tail;
	kioctx->completed_events = data->completed;
	kioctx->req_batch = batch_of(kioctx->nr_events);
	atomic_set(&kioctx->reqs_available, kioctx->nr_events - 1 - data->completed);

	kioctx->cpu = alloc_percpu_gfp(struct kioctx_cpu, GFP_KERNEL_ACCOUNT);
	if (kioctx->cpu && !percpu_ref_init(&kioctx->users, free_ioctx_users, 0, GFP_KERNEL) &&
	    !percpu_ref_init(&kioctx->reqs, free_ioctx_reqs, 0, GFP_KERNEL))
		return kioctx;
	free_context(kioctx);
	return NULL;
}

/* A page that a fault has put there meanwhile was never read in. */
static struct folio *fill_page(struct file *file, unsigned int i, const struct ckpt_item *item)
{
	size_t from = i * PAGE_SIZE, bytes = 0;
	struct folio *folio;

	folio = __filemap_get_folio(file->f_mapping, i, FGP_LOCK | FGP_ACCESSED | FGP_CREAT,
				    GFP_USER | __GFP_ZERO);
	if (IS_ERR(folio))
		return NULL;
	if (from < item->count)
		bytes = min_t(size_t, item->count - from, PAGE_SIZE);
	if (bytes)
		memcpy(folio_address(folio), item->array + from, bytes);
	memset(folio_address(folio) + bytes, 0, PAGE_SIZE - bytes);
	folio_mark_uptodate(folio);
	folio_unlock(folio);
	return folio;
}

/* As aio_setup_ring(), in a file that is there already; areas of its own map it. */
static int fill_ring(struct kioctx *kioctx, struct file *file, const struct ckpt_item *item)
{
	const struct ckpt_rec_aio_context *data = item->data;
	struct address_space *mapping = file->f_mapping;
	struct folio *folio;

	kioctx->ring_folios = kioctx->internal_folios;
	if (data->pages > AIO_RING_PAGES)
		kioctx->ring_folios = kcalloc(data->pages, sizeof(struct folio *),
					      GFP_KERNEL_ACCOUNT);
	if (!kioctx->ring_folios)
		return -ENOMEM;
	while (kioctx->nr_pages < data->pages) {
		folio = fill_page(file, kioctx->nr_pages, item);
		if (!folio)
			return -ENOMEM;
		kioctx->ring_folios[kioctx->nr_pages++] = folio;
		cond_resched();
	}
	/* From here on pages may migrate. */
	spin_lock(&mapping->i_private_lock);
	mapping->i_private_data = kioctx;
	kioctx->aio_ring_file = get_file(file);
	spin_unlock(&mapping->i_private_lock);
	return 0;
}

static bool charge_requests(const struct kioctx *kioctx)
{
	bool fits;

	spin_lock(&aio_nr_lock);
	fits = aio_nr + kioctx->max_reqs <= aio_max_nr && aio_nr + kioctx->max_reqs >= aio_nr;
	if (fits)
		aio_nr += kioctx->max_reqs;
	spin_unlock(&aio_nr_lock);
	return fits;
}

/* Nobody else changes the table: current has one thread, and its memory for itself. */
static struct kioctx_table *get_table(struct mm_struct *mm, unsigned int slot)
{
	struct kioctx_table *old = rcu_dereference_raw(mm->ioctx_table), *table;
	unsigned int nr = old ? old->nr : 4;

	if (old && slot < nr)
		return old;
	while (nr <= slot)
		nr *= 4;
	table = kzalloc(struct_size(table, table, nr), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!table)
		return NULL;
	table->nr = nr;
	if (old)
		memcpy(table->table, old->table, old->nr * sizeof(struct kioctx *));
	spin_lock(&mm->ioctx_lock);
	rcu_assign_pointer(mm->ioctx_table, table);
	spin_unlock(&mm->ioctx_lock);
	if (old)
		kfree_rcu(old, rcu);
	return table;
}

/* From then on it is exit_aio() that frees it. */
static int add_to_table(struct ckpt_ctx *ctx, struct kioctx *kioctx)
{
	struct mm_struct *mm = current->mm;
	struct kioctx_table *table = get_table(mm, kioctx->id);

	if (!table)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the table of AIO contexts");
	if (rcu_access_pointer(table->table[kioctx->id]))
		return ckpt_fail(ctx, -EINVAL, "AIO context %u is there twice", kioctx->id);
	percpu_ref_get(&kioctx->reqs);	/* free_ioctx_users() will drop this */
	spin_lock(&mm->ioctx_lock);
	rcu_assign_pointer(table->table[kioctx->id], kioctx);
	spin_unlock(&mm->ioctx_lock);
	return 0;
}

static int make_context(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_item *item)
{
	struct kioctx *kioctx = alloc_context(item->data);
	unsigned int max_reqs;
	int err = -ENOMEM;

	if (!kioctx || fill_ring(kioctx, file, item)) {
		ckpt_fail(ctx, err, "no memory for an AIO context");
		goto err_free;
	}
	max_reqs = kioctx->max_reqs;
	if (!charge_requests(kioctx)) {
		err = ckpt_fail(ctx, -EAGAIN, "an AIO context of %u requests is beyond fs.aio-max-nr; raise that",
				max_reqs);
		goto err_free;
	}
	err = add_to_table(ctx, kioctx);
	if (!err)
		return 0;
	aio_nr_sub(max_reqs);
err_free:
	if (kioctx)
		free_context(kioctx);
	return err;
}

static int aio_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_aio_context *data = item->data;
	struct file *file = ckpt_object(ctx, data->ring, &ckpt_class_file);

	ctx->at.address = data->address;
	if (ckpt_object(ctx, item->object, &ckpt_class_mm) != current->mm)
		return ckpt_fail(ctx, -EINVAL, "an AIO context belongs to the memory of another task");
	if (!file || !ckpt_is_aio_ring(file) || file->f_mapping->i_private_data ||
	    ring_pages(file) != data->pages)
		return ckpt_fail(ctx, -EINVAL, "AIO context %#llx has a ring that is not its own",
				 data->address);
	if (!has_room(data))
		return ckpt_fail(ctx, -EOPNOTSUPP, "AIO context %#llx of %u requests was made for fewer processors; restart it on a machine that has fewer",
				 data->address, data->max_reqs);
	return make_context(ctx, file, item);
}

/* -- waiting ----------------------------------------------------------------------------- */

/**
 * io_getevents_until - wait for events of an AIO context up to an absolute time
 * @ctx_id: the context
 * @min_nr: fewest events
 * @nr: most events
 * @events: where they go
 * @deadline: absolute CLOCK_MONOTONIC time, KTIME_MAX for none
 *
 * Context: may sleep, interruptible.
 * Return: the number of events, or a negative errno, as io_getevents(2)
 */
long io_getevents_until(unsigned long ctx_id, long min_nr, long nr,
			struct io_event __user *events, ktime_t deadline)
{
	struct timespec64 ts, *timeout = NULL;
	long ret;

	if (deadline != KTIME_MAX) {
		ts = ktime_to_timespec64(max(ktime_sub(deadline, ktime_get()), 0));
		timeout = &ts;
	}
	ret = do_io_getevents(ctx_id, min_nr, nr, events, timeout);
	if (ret || !signal_pending(current))
		return ret;
	checkpoint_note_end(deadline);
	return -EINTR;
}
