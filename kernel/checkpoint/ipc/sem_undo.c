// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: SEM_UNDO, the adjustments of semaphores that are made when a task
 * exits.  Compiled into ipc/sem.c, which keeps the structures to itself.
 */
#include <linux/sort.h>
#include "sem.h"

/**
 * DOC: SEM_UNDO adjustments
 *
 * Preserved: the adjustments that each task's end makes, and which tasks share them
 * (CLONE_SYSVSEM), also while there are none.
 *
 * Refused: adjustments that the tree shares with a task outside of it.
 *
 * They act on a task's death: nothing of them is in place before the commit.
 */

static const struct ckpt_kind ckpt_kind_sem_undo;

/* -- the lists ------------------------------------------------------------------------- */

/**
 * struct made_list - restart: the object of a list
 * @list: the list; the first task that gets it takes over the reference, then NULL
 * @shared: the same from then on, for the others
 * @nr: entries
 * @entries: those of the list, to be linked
 */
struct made_list {
	struct sem_undo_list *list;
	struct sem_undo_list *shared;
	u32 nr;
	struct {
		struct sem_undo *undo;
		struct ckpt_sem_made *set;
	} entries[] __counted_by(nr);
};

static void put_list(void *ptr)
{
	struct made_list *made = ptr;
	u32 i;

	for (i = 0; i < made->nr; i++)
		kvfree(made->entries[i].undo);
	kfree(made->list);
	kvfree(made);
}

static const struct ckpt_class ckpt_class_sem_undo = {
	.name	= "semundo",
	.put	= put_list,
};

static int compare_adjusts(const void *a, const void *b)
{
	const struct ckpt_rec_sem_adjust *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return x->sem < y->sem ? -1 : x->sem > y->sem;
}

static int undo_save_list(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			  struct ckpt_sem_list *l)
{
	struct ckpt_rec_sem_undo rec = {};
	struct ckpt_rec_sem_adjust *to;
	struct ckpt_sem_held *held;
	int err;
	u32 i, id, nr = 0;

	err = ckpt_object_id(ctx, l, &ckpt_class_sem_undo, &id);
	if (err < 0)
		return err;
	to = kvcalloc(l->nr, sizeof(*to), GFP_KERNEL_ACCOUNT);
	if (!to && l->nr)
		return ckpt_fail(ctx, -ENOMEM, "no memory for SEM_UNDO adjustments");
	for (i = 0; i < l->nr; i++) {
		held = ckpt_sem_adjusted(ckpt_sems(ctx), &l->adjusts[i]);
		if (!held)
			continue;
		to[nr].set = ckpt_known_id(ctx, held, &ckpt_class_sem_set);
		to[nr].sem = l->adjusts[i].sem;
		to[nr].adjust = l->adjusts[i].adjust;
		nr += !!to[nr].set;
	}
	sort(to, nr, sizeof(*to), compare_adjusts, NULL);
	err = ckpt_emit(ctx, kind, id, &rec, to, nr);
	kvfree(to);
	return err;
}

static int undo_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_sem_list *l;
	int err = 0;

	list_for_each_entry(l, &ckpt_sems(ctx)->lists, node) {
		err = undo_save_list(ctx, kind, l);
		if (err)
			break;
	}
	return err;
}

/* In the order of sets, so that a list has one entry for each */
static int undo_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_sem_adjust *adjust = item->array;
	u32 i;

	for (i = 0; i < item->count; i++) {
		if (adjust[i].adjust < -SEMAEM - 1 || adjust[i].adjust > SEMAEM)
			return ckpt_fail(ctx, -EINVAL, "a SEM_UNDO adjustment of %d is out of range",
					 adjust[i].adjust);
		if (i && compare_adjusts(&adjust[i - 1], &adjust[i]) >= 0)
			return ckpt_fail(ctx, -EINVAL, "SEM_UNDO adjustments are not in order");
	}
	return 0;
}

static u32 count_entries(const struct ckpt_item *item)
{
	const struct ckpt_rec_sem_adjust *adjust = item->array;
	u32 i, nr = 0;

	for (i = 0; i < item->count; i++)
		nr += !i || adjust[i].set != adjust[i - 1].set;
	return nr;
}

static int add_entry(struct ckpt_ctx *ctx, struct made_list *made, u32 nr,
		     const struct ckpt_rec_sem_adjust *adjust)
{
	struct ckpt_sem_made *set = ckpt_object(ctx, adjust->set, &ckpt_class_sem_set);
	struct sem_undo *undo;

	if (!set)
		return ckpt_fail(ctx, -EINVAL, "SEM_UNDO adjustments of a set that is not there");
	undo = kvzalloc(struct_size(undo, semadj, set->sma->sem_nsems), GFP_KERNEL_ACCOUNT);
	if (!undo)
		return ckpt_fail(ctx, -ENOMEM, "no memory for SEM_UNDO adjustments");
	undo->ulp = made->list;
	undo->semid = set->sma->sem_perm.id;
	made->entries[nr].undo = undo;
	made->entries[nr].set = set;
	return 0;
}

static int fill_list(struct ckpt_ctx *ctx, struct made_list *made, const struct ckpt_item *item)
{
	const struct ckpt_rec_sem_adjust *adjust = item->array;
	u32 i, nr = 0;
	int err;

	for (i = 0; i < item->count; i++) {
		if (!i || adjust[i].set != adjust[i - 1].set) {
			if (ckpt_killed(ctx))
				return ckpt_fail_killed(ctx);
			err = add_entry(ctx, made, nr++, &adjust[i]);
			if (err)
				return err;
			cond_resched();
		}
		if (adjust[i].sem >= made->entries[nr - 1].set->sma->sem_nsems)
			return ckpt_fail(ctx, -EINVAL, "a SEM_UNDO adjustment is of semaphore %u, which its set has not",
					 adjust[i].sem);
		made->entries[nr - 1].undo->semadj[adjust[i].sem] = adjust[i].adjust;
	}
	return 0;
}

static void *undo_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	u32 nr = count_entries(item);
	struct made_list *made;
	int err;

	made = kvzalloc(struct_size(made, entries, nr), GFP_KERNEL_ACCOUNT);
	if (!made)
		goto no_memory;
	made->nr = nr;
	made->list = kzalloc(sizeof(*made->list), GFP_KERNEL_ACCOUNT);
	if (!made->list)
		goto no_memory;
	spin_lock_init(&made->list->lock);
	refcount_set(&made->list->refcnt, 1);
	INIT_LIST_HEAD(&made->list->list_proc);
	err = fill_list(ctx, made, item);
	if (!err)
		return made;
	put_list(made);
	return ERR_PTR(err);

no_memory:
	kvfree(made);
	return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for SEM_UNDO adjustments"));
}

CHECKPOINT_KIND(sem_undo) = {
	.name		= "sem_undo",
	.type		= CKPT_REC_SEM_UNDO,
	.size		= sizeof(struct ckpt_rec_sem_undo),
	CKPT_ARRAY(struct ckpt_rec_sem_undo, adjusts, struct ckpt_rec_sem_adjust),
	.max		= CKPT_SEM_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_TASK_OBJECT,
	.class		= &ckpt_class_sem_undo,
	.defines	= true,
	.save		= undo_save,
	.validate	= undo_validate,
	.restore_object	= undo_restore,
};

/* -- who has them ---------------------------------------------------------------------- */

/* Of all threads of a process, if one of them has not what all processes have */
static int task_undo_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			  struct ckpt_task *t)
{
	struct ckpt_rec_task_sem_undo rec = {};
	struct ckpt_sem_list *l;

	if (ckpt_sem_is_plain(ctx, t))
		return 0;
	l = ckpt_sem_find_list(ckpt_sems(ctx), list_of(t));
	if (l)
		rec.undo = ckpt_known_id(ctx, l, &ckpt_class_sem_undo);
	return ckpt_emit(ctx, kind, t->id, &rec, NULL, 0);
}

/* A set that was removed meanwhile has no adjustments. */
static void link_entry(struct sem_undo_list *list, struct sem_undo **undo,
		       struct ckpt_sem_made *set)
{
	struct sem_array *sma = set->sma;

	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	if (ipc_valid_object(&sma->sem_perm)) {
		spin_lock(&list->lock);
		list_add_tail_rcu(&(*undo)->list_proc, &list->list_proc);
		list_add(&(*undo)->list_id, &sma->list_id);
		spin_unlock(&list->lock);
		*undo = NULL;
	}
	sem_unlock(sma, -1);
	rcu_read_unlock();
}

/*
 * No task exits before all have finished: the first one's reference is there for the
 * others to share.
 */
static void task_undo_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task_sem_undo *data = item->data;
	struct made_list *made = NULL;
	u32 i;

	if (data->undo)
		made = ckpt_object(ctx, data->undo, &ckpt_class_sem_undo);
	/* What it was born with, which is empty */
	exit_sem(current);
	if (!made)
		return;
	if (!made->list) {
		refcount_inc(&made->shared->refcnt);
		current->sysvsem.undo_list = made->shared;
		return;
	}
	made->shared = made->list;
	made->list = NULL;
	current->sysvsem.undo_list = made->shared;
	for (i = 0; i < made->nr; i++)
		link_entry(made->shared, &made->entries[i].undo, made->entries[i].set);
}

CHECKPOINT_KIND(task_sem_undo) = {
	.name		= "task_sem_undo",
	.type		= CKPT_REC_TASK_SEM_UNDO,
	.size		= sizeof(struct ckpt_rec_task_sem_undo),
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_LINK,
	.class		= &ckpt_class_task,
	.save		= task_undo_save,
	.finish		= task_undo_finish,
};
