// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which task has made a segment of System V shared memory, as long as it
 * lives.  Compiled into ipc/shm.c.
 */
#include "shm.h"

/**
 * DOC: makers of System V shared memory
 *
 * Preserved: which segments a task has made, whose end kernel.shm_rmid_forced can make
 * theirs.
 */

/* Used last by the tree, and not in the image */
static bool is_left_behind(struct ckpt_ctx *ctx, struct shmid_kernel *shp)
{
	bool ret;

	ipc_lock_object(&shp->shm_perm);
	ret = ckpt_ipc_inside(ctx, shp->shm_cprid) || ckpt_ipc_inside(ctx, shp->shm_lprid);
	ipc_unlock_object(&shp->shm_perm);
	return ret;
}

/* The creator's exit takes the segment off its list; only the address is looked at. */
static struct ckpt_task *creator_of(struct ckpt_ctx *ctx, struct shmid_kernel *shp)
{
	struct ckpt_task *creator = NULL;

	ipc_lock_object(&shp->shm_perm);
	if (!list_empty_careful(&shp->shm_clist))
		creator = ckpt_find_task(ctx, shp->shm_creator);
	ipc_unlock_object(&shp->shm_perm);
	return creator;
}

static int save_creator(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			struct shmid_kernel *shp)
{
	struct ckpt_rec_shm_creator rec = {
		.segment = ckpt_known_id(ctx, file_inode(shp->shm_file), &ckpt_class_shm_segment),
	};
	struct ckpt_task *creator;

	if (!rec.segment) {
		if (is_left_behind(ctx, shp))
			ckpt_note(ctx, "shared memory segment %d (key %#x), which it used last, is not in the image: it stays in the kernel until the next boot",
				  shp->shm_perm.id, shp->shm_perm.key);
		return 0;
	}
	creator = creator_of(ctx, shp);
	return creator ? ckpt_emit(ctx, kind, creator->id, &rec, NULL, 0) : 0;
}

/* While the list of segments is locked none loses its memory. */
static int creator_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ipc_ids *ids = &shm_ids(current->nsproxy->ipc_ns);
	struct kern_ipc_perm *perm;
	int idx, err = 0;

	down_read(&ids->rwsem);
	idr_for_each_entry(&ids->ipcs_idr, perm, idx) {
		err = save_creator(ctx, kind, container_of(perm, struct shmid_kernel, shm_perm));
		if (err)
			break;
		cond_resched();
	}
	up_read(&ids->rwsem);
	return err;
}

/* As newseg(); it acts on the task's death. */
static void creator_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_shm_creator *data = item->data;
	struct ckpt_shm_made *made = ckpt_object(ctx, data->segment, &ckpt_class_shm_segment);
	struct shmid_kernel *shp = made->shp;

	shm_lock_by_ptr(shp);
	if (ipc_valid_object(&shp->shm_perm) && list_empty_careful(&shp->shm_clist)) {
		shp->shm_creator = current;
		task_lock(current);
		list_add(&shp->shm_clist, &current->sysvshm.shm_clist);
		task_unlock(current);
	}
	shm_unlock(shp);
}

CHECKPOINT_KIND(shm_creator) = {
	.name		= "shm_creator",
	.type		= CKPT_REC_SHM_CREATOR,
	.size		= sizeof(struct ckpt_rec_shm_creator),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_LINK,
	.class		= &ckpt_class_task,
	.many		= true,
	.save		= creator_save,
	.finish		= creator_finish,
};
