// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which semaphore sets and adjustments are the tree's, and who else
 * has them.  Compiled into ipc/sem.c, which keeps the structures to itself.
 *
 * One walk over the tree answers that.  It holds from the freeze to the thaw, as nobody
 * in the tree makes a call; a set may go meanwhile, so a reference is held to each.
 */
#include "sem.h"

static int hold(struct ckpt_ctx *ctx, struct sem_array *sma)
{
	struct ckpt_sem_held *held = kzalloc(sizeof(*held), GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;

	if (held) {
		held->sma = sma;
		err = xa_insert(&ckpt_sems(ctx)->sets, sma->sem_perm.id, held, GFP_KERNEL_ACCOUNT);
	}
	if (!err) {
		ckpt_sems(ctx)->nr_sets++;
		return 0;
	}
	kfree(held);
	ipc_rcu_putref(&sma->sem_perm, sem_rcu_free);
	return ckpt_fail(ctx, err, "no memory for the list of semaphore sets");
}

/* A set that is gone is held by nobody. */
static int ckpt_sem_hold(struct ckpt_ctx *ctx, int semid)
{
	struct sem_array *sma;

	if (xa_load(&ckpt_sems(ctx)->sets, semid))
		return 0;
	rcu_read_lock();
	sma = sem_obtain_object_check(current->nsproxy->ipc_ns, semid);
	if (!IS_ERR(sma) && !ipc_rcu_getref(&sma->sem_perm))
		sma = ERR_PTR(-EIDRM);
	rcu_read_unlock();
	return IS_ERR(sma) ? 0 : hold(ctx, sma);
}

static int hold_all(struct ckpt_ctx *ctx)
{
	struct ipc_ids *ids = &sem_ids(current->nsproxy->ipc_ns);
	struct kern_ipc_perm *perm;
	int idx, err = 0;

	down_read(&ids->rwsem);
	idr_for_each_entry(&ids->ipcs_idr, perm, idx) {
		err = ckpt_sem_hold(ctx, perm->id);
		if (err)
			break;
	}
	up_read(&ids->rwsem);
	return err;
}

/* Not of one that was removed since, and whose id another has got */
static struct ckpt_sem_held *ckpt_sem_adjusted(struct ckpt_sems *sems,
					       const struct ckpt_sem_adjust *adjust)
{
	struct ckpt_sem_held *held = xa_load(&sems->sets, adjust->semid);

	return held && adjust->sem < held->sma->sem_nsems ? held : NULL;
}

/* What the tree's death would add to the values of its sets */
static int add_adjustments(struct ckpt_ctx *ctx)
{
	struct ckpt_sem_list *list;
	struct ckpt_sem_held *held;
	u32 i;

	list_for_each_entry(list, &ckpt_sems(ctx)->lists, node) {
		for (i = 0; i < list->nr; i++) {
			held = ckpt_sem_adjusted(ckpt_sems(ctx), &list->adjusts[i]);
			if (!held)
				continue;
			if (!held->adjusts)
				held->adjusts = kvcalloc(held->sma->sem_nsems, sizeof(s32),
							 GFP_KERNEL_ACCOUNT);
			if (!held->adjusts)
				return ckpt_fail(ctx, -ENOMEM, "no memory for SEM_UNDO adjustments");
			held->adjusts[list->adjusts[i].sem] += list->adjusts[i].adjust;
		}
		cond_resched();
	}
	return 0;
}

/**
 * struct others - who uses a set outside of the tree
 * @how: what they do with it, NULL if nobody does
 * @list: their list of adjustments
 * @pid: who it is, in the initial pid namespace; 0 if not known
 */
struct others {
	const char *how;
	const struct sem_undo_list *list;
	pid_t pid;
};

/* A frozen task is in no queue: whoever is there is outside. */
static void look_at_queue(struct ckpt_ctx *ctx, struct list_head *queue, struct others *o)
{
	struct sem_queue *q = list_first_entry_or_null(queue, struct sem_queue, list);

	if (!q || o->how)
		return;
	o->how = "waits for it";
	o->pid = ckpt_ipc_outside(ctx, q->pid);
}

static void look_at_users(struct ckpt_ctx *ctx, struct sem_array *sma, struct others *o)
{
	struct sem_undo *un;
	int i;

	ipc_assert_locked_object(&sma->sem_perm);
	list_for_each_entry(un, &sma->list_id, list_id) {
		if (o->how || ckpt_sem_find_list(ckpt_sems(ctx), un->ulp))
			continue;
		o->how = "has SEM_UNDO adjustments of it";
		o->list = un->ulp;
	}
	look_at_queue(ctx, &sma->pending_alter, o);
	look_at_queue(ctx, &sma->pending_const, o);
	for (i = 0; i < sma->sem_nsems && !o->how; i++) {
		look_at_queue(ctx, &sma->sems[i].pending_alter, o);
		look_at_queue(ctx, &sma->sems[i].pending_const, o);
		o->pid = o->how ? o->pid : ckpt_ipc_outside(ctx, sma->sems[i].sempid);
		if (o->pid && !o->how)
			o->how = "used it last";
	}
}

static pid_t find_task_with(const struct sem_undo_list *list)
{
	struct task_struct *p, *task;

	guard(rcu)();
	for_each_process_thread(p, task)
		if (READ_ONCE(task->sysvsem.undo_list) == list)
			return task_tgid_nr(task);
	return 0;
}

/* Two programs would have it after a restart: each its own. */
static int check_others(struct ckpt_ctx *ctx, struct sem_array *sma)
{
	struct others o = {};

	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	if (ipc_valid_object(&sma->sem_perm))
		look_at_users(ctx, sma, &o);
	sem_unlock(sma, -1);
	rcu_read_unlock();
	if (!o.how)
		return 0;
	if (o.list)
		o.pid = find_task_with(o.list);
	return ckpt_fail(ctx, -EBUSY, "semaphore set %d: process %d, which is not in the tree, %s; end that or save it with the tree",
			 sma->sem_perm.id, o.pid, o.how);
}

static int check_numbers(struct ckpt_ctx *ctx, struct sem_array *sma)
{
	bool lost = false;
	int i;

	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	for (i = 0; ipc_valid_object(&sma->sem_perm) && i < sma->sem_nsems; i++)
		lost |= ckpt_ipc_loses(ctx, sma->sems[i].sempid);
	sem_unlock(sma, -1);
	rcu_read_unlock();
	return lost ? ckpt_ipc_fail_lost(ctx, "semaphore set", sma->sem_perm.id) : 0;
}

static int check_sets(struct ckpt_ctx *ctx)
{
	struct ckpt_sem_held *held;
	unsigned long id;
	int err, first = 0;

	xa_for_each(&ckpt_sems(ctx)->sets, id, held) {
		err = check_others(ctx, held->sma) ?: check_numbers(ctx, held->sma) ?:
		      ckpt_ipc_check_owner(ctx, "semaphore set", &held->sma->sem_perm);
		if (!ckpt_looks_on(ctx, err, &first))
			break;
		cond_resched();
	}
	return first;
}

static int sem_survey(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_sems *sems = ckpt_make_private(&ctx->privates, &ckpt_sems_private);
	int err;

	if (!sems)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the list of semaphore sets");
	sems->own = ckpt_ipc_own(ctx);
	err = ckpt_sem_survey_lists(ctx);
	if (!err)
		err = ckpt_sem_hold_waited_for(ctx);
	if (!err && sems->own)
		err = hold_all(ctx);
	if (!err)
		err = add_adjustments(ctx);
	return err ?: check_sets(ctx);
}

static int sems_init(void *data)
{
	struct ckpt_sems *sems = data;

	xa_init_flags(&sems->sets, XA_FLAGS_ACCOUNT);
	INIT_LIST_HEAD(&sems->lists);
	xa_init_flags(&sems->special, XA_FLAGS_ACCOUNT);
	return 0;
}

static void sems_free(void *data)
{
	struct ckpt_sem_list *list, *next;
	struct ckpt_sems *sems = data;
	struct ckpt_sem_held *held;
	unsigned long id;

	xa_for_each(&sems->sets, id, held) {
		ipc_rcu_putref(&held->sma->sem_perm, sem_rcu_free);
		kvfree(held->adjusts);
		kfree(held);
	}
	xa_destroy(&sems->sets);
	xa_destroy(&sems->special);
	list_for_each_entry_safe(list, next, &sems->lists, node) {
		kvfree(list->adjusts);
		kfree(list);
	}
}

static const struct ckpt_private ckpt_sems_private = {
	.size	= sizeof(struct ckpt_sems),
	.init	= sems_init,
	.free	= sems_free,
};
