// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: a set of semaphores that has outlived its tree is taken over, or left
 * again if the restart fails.  Compiled into ipc/sem.c.
 */
#include "sem.h"

/* As the set was when all of the tree had been killed, and nobody has used it since */
static bool is_as_left(struct sem_array *sma, const struct ckpt_item *item,
		       const struct ckpt_ipc_perm *perm)
{
	const struct ckpt_rec_sem_set *data = item->data;
	const struct ckpt_rec_sem *sems = item->array;
	u32 i;

	ipc_assert_locked_object(&sma->sem_perm);
	if (!ckpt_ipc_is_idle(&sma->sem_perm) ||
	    !ckpt_ipc_same_perm(&sma->sem_perm, perm) || sma->sem_nsems != item->count ||
	    sma->sem_ctime != data->ctime || !list_empty(&sma->list_id) ||
	    !list_empty(&sma->pending_alter) || !list_empty(&sma->pending_const))
		return false;
	for (i = 0; i < item->count; i++)
		if (sma->sems[i].semval != sems[i].left ||
		    !list_empty(&sma->sems[i].pending_alter) ||
		    !list_empty(&sma->sems[i].pending_const))
			return false;
	return true;
}

/* What killing the tree did to its set is undone.  Nobody else has used it since. */
static void put_back(struct ckpt_sem_made *made)
{
	struct sem_array *sma = made->sma;
	int i;

	ipc_assert_locked_object(&sma->sem_perm);
	for (i = 0; i < sma->sem_nsems; i++) {
		sma->sems[i].semval = made->rec[i].value;
		swap(sma->sems[i].sempid, made->pids[i]);
		sma->sems[i].sem_otime = 0;
	}
	sma->sems[0].sem_otime = made->otime;
}

/* The restart has failed: as exit_sem(), others may have used the set meanwhile. */
static void leave_again(struct ckpt_sem_made *made)
{
	struct sem_array *sma = made->sma;
	DEFINE_WAKE_Q(wake_q);
	int i;

	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	if (ipc_valid_object(&sma->sem_perm)) {
		for (i = 0; i < sma->sem_nsems; i++) {
			struct sem *sem = &sma->sems[i];

			sem->semval = clamp(sem->semval + made->rec[i].left - made->rec[i].value,
					    0, SEMVMX);
		}
		do_smart_update(sma, NULL, 0, 1, &wake_q);
	}
	sem_unlock(sma, -1);
	rcu_read_unlock();
	wake_up_q(&wake_q);
}

/*
 * Same boot, same id with its sequence number, same time of the last change: the tree's
 * own set, which has outlived it.  Whoever may become its owner may set its values.
 */
static int adopt(struct ckpt_ctx *ctx, struct ckpt_sem_made *made, struct kern_ipc_perm *found,
		 const struct ckpt_item *item, const struct ckpt_ipc_perm *perm)
{
	struct sem_array *sma = container_of(found, struct sem_array, sem_perm);
	u32 uid, id = found->id, key = found->key;
	bool same;
	int err;

	/* The caller holds the lock of all sets: it stays. */
	err = security_sem_semctl(found, SETALL);
	if (err)
		return ckpt_fail(ctx, err, "semaphore set %d may not be set", perm->id);
	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	same = ckpt_is_this_boot(ctx) && is_as_left(sma, item, perm);
	if (same && ipc_rcu_getref(found)) {
		made->sma = sma;
		put_back(made);
	}
	uid = from_kuid_munged(current_user_ns(), found->uid);
	sem_unlock(sma, -1);
	rcu_read_unlock();
	if (!made->sma)
		return ckpt_fail(ctx, -EEXIST, "semaphore set %d (key %#x) is taken: set %u (key %#x) of uid %u is there, and not as the program left it; remove that first (ipcrm -s %u)",
				 perm->id, perm->key, id, key, uid, id);
	made->adopted = true;
	return 0;
}
