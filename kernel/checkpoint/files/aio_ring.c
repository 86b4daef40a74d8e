// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the rings of AIO contexts, files of the kernel's that nobody opens and
 * that areas map.  Compiled into fs/aio.c.
 */
#include "files.h"

/**
 * DOC: rings of AIO contexts
 *
 * Preserved: which areas show which ring, in the process that made it and in children that
 * have inherited the mapping; also of a ring whose context was destroyed meanwhile.
 *
 * Refused: a ring of a process outside the tree, which is mapped in it.
 */

/* As io_setup(2) computes it: the header, and twice the events with two for the overlap */
#define CKPT_RING_BYTES(_nr_events)	(sizeof(struct aio_ring) +	\
					 ((_nr_events) + 2) * sizeof(struct io_event))

/* What io_setup(2) refuses is more. */
#define CKPT_RING_PAGES_MAX	PFN_UP(CKPT_RING_BYTES(0x10000000ULL / sizeof(struct io_event)))

bool ckpt_is_aio_ring(const struct file *file)
{
	return file->f_op == &aio_ring_fops;
}

static bool ring_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_aio_ring(ptr);
}

static unsigned int ring_pages(const struct file *file)
{
	return i_size_read(file_inode(file)) >> PAGE_SHIFT;
}

static bool has_context(struct mm_struct *mm, const struct kioctx *kioctx, unsigned int id)
{
	struct kioctx_table *table;
	bool has;

	rcu_read_lock();
	table = rcu_dereference(mm->ioctx_table);
	has = table && id < table->nr && rcu_access_pointer(table->table[id]) == kioctx;
	rcu_read_unlock();
	return has;
}

/* Its context is a process's of the tree, or it has been destroyed, which empties the ring. */
static bool ring_is_ours(struct ckpt_ctx *ctx, void *arg)
{
	struct file *file = arg;
	struct address_space *mapping = file->f_mapping;
	const struct kioctx *kioctx;
	unsigned int id = 0;
	struct ckpt_task *t;

	if (!ring_pages(file))
		return true;
	spin_lock(&mapping->i_private_lock);
	kioctx = mapping->i_private_data;
	if (kioctx)
		id = kioctx->id;
	spin_unlock(&mapping->i_private_lock);
	if (!kioctx)
		return false;
	for_each_ckpt_task(ctx, t)
		if (t == t->leader && t->mm && has_context(t->mm, kioctx, id))
			return true;
	return false;
}

/* Is it a ring of its memory?  For ckpt_find_user(), whose task_lock() keeps the memory. */
static bool has_ring(struct task_struct *task, const void *mapping)
{
	struct kioctx_table *table;
	unsigned int i;
	bool has = false;

	if (!task->mm || task->flags & PF_KTHREAD)
		return false;
	guard(rcu)();
	table = rcu_dereference(task->mm->ioctx_table);
	for (i = 0; table && i < table->nr && !has; i++) {
		const struct kioctx *kioctx = rcu_dereference(table->table[i]);

		has = kioctx && kioctx->aio_ring_file->f_mapping == mapping;
	}
	return has;
}

/* A context that was just destroyed is freed a moment later. */
static int ring_check(struct ckpt_ctx *ctx, void *ptr)
{
	const struct file *file = ptr;
	struct task_struct *user;
	struct ckpt_who who;

	if (ckpt_settle(ring_is_ours, ctx, ptr))
		return 0;
	user = ckpt_find_user(ctx, has_ring, file->f_mapping);
	return ckpt_file_fail(ctx, -EBUSY, "the ring of an AIO context (io_setup) of %s outside the tree; save that one too, or unmap it first",
			      ckpt_show_outsider(ctx, user, &who));
}

static int ring_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_aio rec = { .pages = ring_pages(file) };
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int ring_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_aio *data = item->data;

	if (data->pages > CKPT_RING_PAGES_MAX)
		return ckpt_fail(ctx, -EINVAL, "the ring of an AIO context has %u pages",
				 data->pages);
	return 0;
}

/* Empty, until a context fills it: without one there is nothing to be seen. */
static void *ring_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_aio *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	old = override_creds(cred);
	file = aio_private_file(NULL, data->pages);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "the ring of an AIO context could not be made");
	return file;
}

CHECKPOINT_KIND(file_aio) = {
	.name		= "file_aio",
	.type		= CKPT_REC_FILE_AIO,
	.size		= sizeof(struct ckpt_rec_file_aio),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= ring_match,
	.check_object	= ring_check,
	.save_object	= ring_save,
	.validate	= ring_validate,
	.restore_object	= ring_restore,
};
