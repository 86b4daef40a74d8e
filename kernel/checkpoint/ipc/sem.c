// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: sets of System V semaphores.  Compiled into ipc/sem.c, which keeps
 * their structure to itself.
 */
#include "sem.h"
#include "sem_survey.c"
#include "sem_lists.c"
#include "sem_wait.c"
#include "sem_undo.c"
#include "sem_adopt.c"

/**
 * DOC: System V semaphores
 *
 * Sets belong to the ipc namespace and not to processes: they outlive them.  A tree holds
 * those of which its tasks have SEM_UNDO adjustments, or for which they wait; and all of
 * its ipc namespace, if no task outside of it is in there but the caller of checkpoint().
 *
 * Preserved: of the sets that it holds the id with its sequence number, the key, mode,
 * owner and creator, times, values, and the processes that changed them last; also where
 * the set is still there as the tree left it when it was killed.
 *
 * Rebuilt: a task that waits in semop(2) or semtimedop(2) asks again.
 *
 * Reported: sets that the tree used last and does not hold; they are not saved, but stay
 * in the kernel until it is booted anew.
 *
 * Refused: a set for which a task outside of the tree waits, of which it has
 * adjustments, or which it used last and is alive, or is gone and lived in a pid namespace
 * of the tree.  restart() refuses where the id or the
 * key is taken by another set, or by this one after it was used by others.  A set that is
 * gone is made with its id for who has CAP_CHECKPOINT_RESTORE, as for kernel.sem_next_id.
 */

static const struct ckpt_kind ckpt_kind_sem_set;

/* -- save ------------------------------------------------------------------------------ */

static void copy_sems(struct ckpt_ctx *ctx, const struct ckpt_sem_held *held,
		      struct ckpt_rec_sem *to)
{
	struct sem_array *sma = held->sma;
	int i;

	ipc_assert_locked_object(&sma->sem_perm);
	for (i = 0; i < sma->sem_nsems; i++) {
		to[i].value = sma->sems[i].semval;
		to[i].left = to[i].value;
		if (held->adjusts)
			to[i].left = clamp(to[i].value + held->adjusts[i], 0, SEMVMX);
		to[i].pid = ckpt_ipc_pid_nr(ctx, sma->sems[i].sempid);
	}
}

static void fill_set(struct ckpt_rec_sem_set *rec, struct sem_array *sma)
{
	struct ckpt_ipc_perm perm;

	ckpt_ipc_get_perm(&sma->sem_perm, &perm);
	rec->id = perm.id;
	rec->key = perm.key;
	rec->mode = perm.mode;
	rec->uid = perm.uid;
	rec->gid = perm.gid;
	rec->cuid = perm.cuid;
	rec->cgid = perm.cgid;
	rec->otime = get_semotime(sma);
	rec->ctime = sma->sem_ctime;
}

/* One that was removed since the survey is not there any more. */
static int save_set(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		    struct ckpt_sem_held *held)
{
	struct sem_array *sma = held->sma;
	struct ckpt_rec_sem_set rec = {};
	struct ckpt_rec_sem *sems;
	bool valid;
	int err;
	u32 id;

	if (sma->sem_nsems > CKPT_SEM_MAX)
		return ckpt_fail(ctx, -E2BIG, "semaphore set %d has more than %u semaphores",
				 sma->sem_perm.id, CKPT_SEM_MAX);
	sems = kvcalloc(sma->sem_nsems, sizeof(*sems), GFP_KERNEL_ACCOUNT);
	if (!sems)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a semaphore set");
	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	valid = ipc_valid_object(&sma->sem_perm);
	if (valid) {
		fill_set(&rec, sma);
		copy_sems(ctx, held, sems);
	}
	sem_unlock(sma, -1);
	rcu_read_unlock();
	err = valid ? ckpt_object_id(ctx, held, &ckpt_class_sem_set, &id) : 0;
	if (err > 0)
		err = ckpt_emit(ctx, kind, id, &rec, sems, sma->sem_nsems);
	kvfree(sems);
	return err;
}

static bool used_by_tree(struct ckpt_ctx *ctx, struct sem_array *sma)
{
	bool ret = false;
	int i;

	sem_lock(sma, NULL, -1);
	for (i = 0; i < sma->sem_nsems && !ret; i++)
		ret = ckpt_ipc_inside(ctx, sma->sems[i].sempid);
	sem_unlock(sma, -1);
	return ret;
}

/* What stays behind, so that nobody wonders after a boot */
static void report_others(struct ckpt_ctx *ctx)
{
	struct ipc_ids *ids = &sem_ids(current->nsproxy->ipc_ns);
	struct kern_ipc_perm *perm;
	int idx;

	down_read(&ids->rwsem);
	idr_for_each_entry(&ids->ipcs_idr, perm, idx) {
		struct sem_array *sma = container_of(perm, struct sem_array, sem_perm);

		cond_resched();
		ckpt_progress(ctx);
		if (!xa_load(&ckpt_sems(ctx)->sets, perm->id) && used_by_tree(ctx, sma))
			ckpt_note(ctx, "semaphore set %d (key %#x), which it used last, is not in the image: it stays in the kernel until the next boot",
				  perm->id, perm->key);
	}
	up_read(&ids->rwsem);
}

static int sem_set_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_sem_held *held;
	unsigned long id;
	int err;

	xa_for_each(&ckpt_sems(ctx)->sets, id, held) {
		err = save_set(ctx, kind, held);
		if (err)
			return err;
		ckpt_progress(ctx);
		cond_resched();
	}
	if (ckpt_sems(ctx)->own)
		return 0;
	if (ckpt_sems(ctx)->nr_sets)
		ckpt_note(ctx, "of the ipc namespace, which others have too, the image has those %u semaphore sets alone that it waits for or has SEM_UNDO adjustments of",
			  ckpt_sems(ctx)->nr_sets);
	report_others(ctx);
	return 0;
}

/* -- restart --------------------------------------------------------------------------- */

static void get_perm(const struct ckpt_rec_sem_set *rec, struct ckpt_ipc_perm *perm)
{
	*perm = (struct ckpt_ipc_perm) {
		.id = rec->id,
		.key = rec->key,
		.mode = rec->mode,
		.uid = rec->uid,
		.gid = rec->gid,
		.cuid = rec->cuid,
		.cgid = rec->cgid,
	};
}

static bool valid_value(s32 value)
{
	return value >= 0 && value <= SEMVMX;
}

static int sem_set_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_sem_set *data = item->data;
	const struct ckpt_rec_sem *sems = item->array;
	struct ckpt_ipc_perm perm;
	u32 i;

	if (!item->count)
		return ckpt_fail(ctx, -EINVAL, "a semaphore set has no semaphores");
	for (i = 0; i < item->count; i++)
		if (!valid_value(sems[i].value) || !valid_value(sems[i].left) ||
		    sems[i].pid >= PID_MAX_LIMIT)
			return ckpt_fail(ctx, -EINVAL, "semaphore %u of a set is malformed", i);
	get_perm(data, &perm);
	return ckpt_ipc_validate(ctx, "semaphore set", &perm);
}

static struct sem_array *alloc_set(const struct ckpt_item *item, const struct ckpt_ipc_perm *perm,
				   struct pid **pids)
{
	const struct ckpt_rec_sem_set *data = item->data;
	const struct ckpt_rec_sem *sems = item->array;
	struct sem_array *sma = sem_alloc(item->count);
	u32 i;

	if (!sma)
		return NULL;
	sma->sem_perm.key = perm->key;
	for (i = 0; i < item->count; i++) {
		INIT_LIST_HEAD(&sma->sems[i].pending_alter);
		INIT_LIST_HEAD(&sma->sems[i].pending_const);
		spin_lock_init(&sma->sems[i].lock);
		sma->sems[i].semval = sems[i].value;
		swap(sma->sems[i].sempid, pids[i]);
	}
	sma->use_global_lock = USE_GLOBAL_LOCK_HYSTERESIS;
	INIT_LIST_HEAD(&sma->pending_alter);
	INIT_LIST_HEAD(&sma->pending_const);
	INIT_LIST_HEAD(&sma->list_id);
	sma->sem_nsems = item->count;
	sma->sem_ctime = data->ctime;
	sma->sems[0].sem_otime = data->otime;
	return sma;
}

/* The set could not be made: @made has its pids again. */
static void take_back_pids(struct ckpt_sem_made *made, struct sem_array *sma)
{
	int i;

	for (i = 0; i < sma->sem_nsems; i++)
		swap(sma->sems[i].sempid, made->pids[i]);
}

/* As newary(), but nobody sees the set before it has its values. */
static int create(struct ckpt_ctx *ctx, struct ckpt_sem_made *made, const struct ckpt_item *item,
		  const struct ckpt_ipc_perm *perm)
{
	struct ipc_namespace *ns = made->ns;
	struct sem_array *sma;
	int err;

	lockdep_assert_held_write(&sem_ids(ns).rwsem);
	err = ckpt_ipc_may_choose(ctx, ns, "semaphore set", perm);
	if (err)
		return err;
	if (ns->used_sems + item->count > ns->sc_semmns)
		return ckpt_fail(ctx, -ENOSPC, "%u semaphores more are beyond kernel.sem (the second number)",
				 item->count);
	sma = alloc_set(item, perm, made->pids);
	if (!sma)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a semaphore set");
	err = security_sem_alloc(&sma->sem_perm);
	if (err) {
		take_back_pids(made, sma);
		kvfree(sma);
		return ckpt_fail(ctx, err, "semaphore set %d may not be made", perm->id);
	}
	err = ckpt_ipc_add(&sem_ids(ns), &sma->sem_perm, ns->sc_semmni, perm);
	if (err < 0) {
		take_back_pids(made, sma);
		ipc_rcu_putref(&sma->sem_perm, sem_rcu_free);
		return ckpt_fail(ctx, err, "semaphore set %d could not be made (error %d): see kernel.sem (the last number)",
				 perm->id, -err);
	}
	ns->used_sems += item->count;
	ipc_rcu_getref(&sma->sem_perm);
	made->sma = sma;
	sem_unlock(sma, -1);
	rcu_read_unlock();
	return 0;
}

static int make(struct ckpt_ctx *ctx, struct ckpt_sem_made *made, const struct ckpt_item *item)
{
	struct ipc_ids *ids = &sem_ids(made->ns);
	struct kern_ipc_perm *found;
	struct ckpt_ipc_perm perm;
	int err;

	get_perm(item->data, &perm);
	err = ckpt_ipc_may_make(ctx, "semaphore set", &perm);
	if (err)
		return err;
	down_write(&ids->rwsem);
	found = ckpt_ipc_find_id(ids, perm.id) ?: ckpt_ipc_find_key(ids, perm.key);
	if (found)
		err = adopt(ctx, made, found, item, &perm);
	else
		err = create(ctx, made, item, &perm);
	up_write(&ids->rwsem);
	return err;
}

/* Most semaphores of a set were used last by the same process. */
static int make_pids(struct ckpt_ctx *ctx, struct ckpt_sem_made *made,
		     const struct ckpt_item *item)
{
	const struct ckpt_rec_sem *sems = item->array;
	u32 i;

	if (item->count > made->ns->sc_semmsl)
		return ckpt_fail(ctx, -EINVAL, "a set of %u semaphores is beyond kernel.sem (the first number)",
				 item->count);
	made->pids = kvcalloc(item->count, sizeof(*made->pids), GFP_KERNEL_ACCOUNT);
	if (!made->pids)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a semaphore set");
	for (i = 0; i < item->count; i++) {
		if (ckpt_killed(ctx))
			return ckpt_fail_killed(ctx);
		if (i && sems[i].pid == sems[i - 1].pid)
			made->pids[i] = get_pid(made->pids[i - 1]);
		else
			made->pids[i] = ckpt_ipc_pid(ctx, sems[i].pid);
		cond_resched();
	}
	return 0;
}

/* A set that was made for a restart which failed, unless somebody has removed it */
static void remove_set(struct ipc_namespace *ns, struct sem_array *sma)
{
	down_write(&sem_ids(ns).rwsem);
	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	if (ipc_valid_object(&sma->sem_perm)) {
		freeary(ns, &sma->sem_perm);
	} else {
		sem_unlock(sma, -1);
		rcu_read_unlock();
	}
	up_write(&sem_ids(ns).rwsem);
}

static void discard_set(void *ptr)
{
	struct ckpt_sem_made *made = ptr;

	if (made->adopted)
		leave_again(made);
	else
		remove_set(made->ns, made->sma);
}

static void put_set(void *ptr)
{
	struct ckpt_sem_made *made = ptr;
	u32 i;

	for (i = 0; made->pids && i < made->nr; i++)
		put_pid(made->pids[i]);
	kvfree(made->pids);
	if (made->sma)
		ipc_rcu_putref(&made->sma->sem_perm, sem_rcu_free);
	kfree(made);
}

static const struct ckpt_class ckpt_class_sem_set = {
	.name		= "semset",
	.fate		= CKPT_FATE_STAY,
	.put		= put_set,
	.discard	= discard_set,
};

static void *sem_set_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_sem_set *data = item->data;
	struct ckpt_sem_made *made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	int err;

	if (!made)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a semaphore set"));
	made->ns = current->nsproxy->ipc_ns;
	made->nr = item->count;
	made->rec = item->array;
	made->otime = data->otime;
	err = make_pids(ctx, made, item);
	if (!err)
		err = make(ctx, made, item);
	if (!err)
		return made;
	put_set(made);
	return ERR_PTR(err);
}

/* The caller's own adjustments would be the program's. */
static int sem_may_become(struct ckpt_ctx *ctx)
{
	const struct sem_undo_list *list = current->sysvsem.undo_list;

	if (!list || (list_empty(&list->list_proc) && refcount_read(&list->refcnt) == 1))
		return 0;
	return ckpt_fail(ctx, -EINVAL, "a process with SEM_UNDO adjustments cannot become the program");
}

CHECKPOINT_KIND(sem_set) = {
	.name		= "sem_set",
	.type		= CKPT_REC_SEM_SET,
	.size		= sizeof(struct ckpt_rec_sem_set),
	CKPT_ARRAY(struct ckpt_rec_sem_set, sems, struct ckpt_rec_sem),
	.max		= CKPT_SEM_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_TASK_OBJECT,
	.class		= &ckpt_class_sem_set,
	.defines	= true,
	.check		= sem_survey,
	.save		= sem_set_save,
	.validate	= sem_set_validate,
	.restore_object	= sem_set_restore,
	.may_become	= sem_may_become,
};
