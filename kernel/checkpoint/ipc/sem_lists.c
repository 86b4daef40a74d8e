// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: lists of SEM_UNDO adjustments, as tasks have them while the tree is
 * frozen.  Compiled into ipc/sem.c, which keeps the structures to itself.
 *
 * Only those are listed that are not as each process has one: empty, shared by all threads
 * and by nobody else.
 */
#include "sem.h"

static struct ckpt_sem_list *ckpt_sem_find_list(struct ckpt_sems *sems,
						const struct sem_undo_list *list)
{
	struct ckpt_sem_list *l;

	list_for_each_entry(l, &sems->lists, node)
		if (l->list == list)
			return l;
	return NULL;
}

static const struct sem_undo_list *list_of(const struct ckpt_task *t)
{
	return READ_ONCE(t->task->sysvsem.undo_list);
}

static struct ckpt_task *first_thread_of(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	return leader->zombie ? ckpt_next_thread(ctx, leader) : leader;
}

/*
 * A task may be killed at any moment.  exit_sem() frees the list under no lock that others
 * could take, but before it exit_mm() waits for mmap_lock: with that held for writing, the
 * list of a task that still has its memory stays.
 */
static struct sem_undo_list *lock_list(struct ckpt_task *t)
{
	struct sem_undo_list *list = NULL;

	mmap_write_lock(t->mm);
	if (READ_ONCE(t->task->mm) == t->mm)
		list = READ_ONCE(t->task->sysvsem.undo_list);
	if (!list)
		mmap_write_unlock(t->mm);
	return list;
}

static void unlock_list(struct ckpt_task *t)
{
	mmap_write_unlock(t->mm);
}

/* An entry whose adjustments are all zero is one, for it shows that the set is in use. */
static u32 copy_entry(const struct sem_undo *un, struct sem_array *sma,
		      struct ckpt_sem_adjust *to, u32 room)
{
	struct ckpt_sem_adjust adjust = { .semid = sma->sem_perm.id };
	u32 nr = 0;
	int i;

	ipc_assert_locked_object(&sma->sem_perm);
	for (i = 0; i < sma->sem_nsems; i++) {
		if (!un->semadj[i])
			continue;
		adjust.sem = i;
		adjust.adjust = un->semadj[i];
		if (nr < room)
			to[nr] = adjust;
		nr++;
	}
	if (nr)
		return nr;
	if (room)
		*to = adjust;
	return 1;
}

/*
 * Copies a list, or counts with @room 0.  Entries go when their set does, and are freed
 * after a grace period; none comes, for the tasks are frozen.
 */
static u32 copy_list(const struct sem_undo_list *list, struct ckpt_sem_adjust *to, u32 room)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	struct sem_array *sma;
	struct sem_undo *un;
	u32 nr = 0;

	guard(rcu)();
	list_for_each_entry_rcu(un, &list->list_proc, list_proc) {
		sma = sem_obtain_object_check(ns, READ_ONCE(un->semid));
		if (IS_ERR(sma))
			continue;
		sem_lock(sma, NULL, -1);
		if (ipc_valid_object(&sma->sem_perm) && un->semid != -1)
			nr += copy_entry(un, sma, to + nr, room > nr ? room - nr : 0);
		sem_unlock(sma, -1);
	}
	return nr;
}

/* @l becomes what @list has, which lock_list() keeps */
static int take_list(struct ckpt_ctx *ctx, struct ckpt_sem_list *l,
		     const struct sem_undo_list *list)
{
	u32 room = copy_list(list, NULL, 0);

	l->list = list;
	l->refs = refcount_read(&list->refcnt);
	if (room > CKPT_SEM_MAX)
		return ckpt_fail(ctx, -E2BIG, "has more than %u SEM_UNDO adjustments",
				 CKPT_SEM_MAX);
	if (!room)
		return 0;
	l->adjusts = kvmalloc_array(room, sizeof(*l->adjusts), GFP_KERNEL_ACCOUNT);
	if (!l->adjusts)
		return ckpt_fail(ctx, -ENOMEM, "no memory for SEM_UNDO adjustments");
	l->nr = min(copy_list(list, l->adjusts, room), room);
	return 0;
}

static int add_list(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_sem_list *l = ckpt_sem_find_list(ckpt_sems(ctx), list_of(t));
	struct sem_undo_list *list;
	int err = 0;

	if (l) {
		l->tasks++;
		return 0;
	}
	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return ckpt_fail(ctx, -ENOMEM, "no memory for SEM_UNDO adjustments");
	INIT_LIST_HEAD(&l->node);
	l->tasks = 1;
	list = lock_list(t);
	if (list) {
		err = take_list(ctx, l, list);
		unlock_list(t);
	}
	if (l->list)
		list_add_tail(&l->node, &ckpt_sems(ctx)->lists);
	else
		kfree(l);
	return err;
}

/* All threads have one empty list, and nobody else has it: so are processes made. */
static bool list_is_plain(struct ckpt_ctx *ctx, struct ckpt_task *first)
{
	const struct sem_undo_list *list = list_of(first);
	struct sem_undo_list *locked;
	unsigned int threads = 0;
	struct ckpt_task *t;
	bool plain;

	for (t = first; t; t = ckpt_next_thread(ctx, t), threads++)
		if (list_of(t) != list)
			return false;
	if (!list)
		return true;
	locked = lock_list(first);
	if (!locked)
		return true;		/* it was killed */
	plain = list_empty(&locked->list_proc) && refcount_read(&locked->refcnt) == threads;
	unlock_list(first);
	return plain;
}

/* Has each thread of this one's process what all processes have? */
static bool ckpt_sem_is_plain(struct ckpt_ctx *ctx, const struct ckpt_task *t)
{
	return !xa_load(&ckpt_sems(ctx)->special, task_pid_nr(t->leader->task));
}

static int survey_process(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	struct ckpt_task *first = first_thread_of(ctx, leader), *t;
	int err = 0;

	if (!first || list_is_plain(ctx, first))
		return 0;
	if (xa_err(xa_store(&ckpt_sems(ctx)->special, task_pid_nr(leader->task), leader,
			    GFP_KERNEL_ACCOUNT)))
		return ckpt_fail(ctx, -ENOMEM, "no memory for SEM_UNDO adjustments");
	for (t = first; t && !err; t = ckpt_next_thread(ctx, t))
		if (list_of(t))
			err = add_list(ctx, t);
	return err;
}

static int check_sharers(struct ckpt_ctx *ctx)
{
	struct ckpt_sem_list *l;

	list_for_each_entry(l, &ckpt_sems(ctx)->lists, node)
		if (l->refs != l->tasks)
			return ckpt_fail(ctx, -EBUSY, "SEM_UNDO adjustments are shared with a task that is not in the tree (CLONE_SYSVSEM); save that with it");
	return 0;
}

/* The lists that are not plain, and the sets that they lead to */
static int ckpt_sem_survey_lists(struct ckpt_ctx *ctx)
{
	struct ckpt_sem_list *l;
	struct ckpt_task *t;
	int err = 0;
	u32 i;

	for_each_ckpt_task(ctx, t) {
		if (t->leader == t)
			err = survey_process(ctx, t);
		if (err)
			return err;
	}
	list_for_each_entry(l, &ckpt_sems(ctx)->lists, node) {
		for (i = 0; i < l->nr && !err; i++)
			err = ckpt_sem_hold(ctx, l->adjusts[i].semid);
		if (err)
			return err;
	}
	return check_sharers(ctx);
}
