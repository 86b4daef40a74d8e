// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what is set last of a segment of System V shared memory, for making the
 * tree has changed it.  Compiled into ipc/shm.c.
 */
#include "shm.h"

static int state_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_shm_state *data = item->data;

	if (data->flags & ~CKPT_SHM_DEST || data->cprid >= PID_MAX_LIMIT ||
	    data->lprid >= PID_MAX_LIMIT)
		return ckpt_fail(ctx, -EINVAL, "a shared memory segment is malformed");
	return 0;
}

static void set_state(struct shmid_kernel *shp, const struct ckpt_rec_shm_state *data,
		      struct pid **cprid, struct pid **lprid)
{
	ipc_assert_locked_object(&shp->shm_perm);
	shp->shm_atim = data->atime;
	shp->shm_dtim = data->dtime;
	swap(shp->shm_cprid, *cprid);
	swap(shp->shm_lprid, *lprid);
	if (data->flags & CKPT_SHM_DEST)
		shp->shm_perm.mode |= SHM_DEST;
}

/* What is to be destroyed is attached, or it would have been. */
static int state_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_shm_state *data = item->data;
	struct ckpt_shm_made *made = ckpt_object(ctx, item->object, &ckpt_class_shm_segment);
	struct pid *cprid = ckpt_ipc_pid(ctx, data->cprid), *lprid = ckpt_ipc_pid(ctx, data->lprid);
	struct shmid_kernel *shp = made->shp;
	bool fits;

	shm_lock_by_ptr(shp);
	fits = !(data->flags & CKPT_SHM_DEST) ||
	       (shp->shm_nattch && shp->shm_perm.key == IPC_PRIVATE);
	if (fits && ipc_valid_object(&shp->shm_perm))
		set_state(shp, data, &cprid, &lprid);
	shm_unlock(shp);
	put_pid(cprid);
	put_pid(lprid);
	if (!fits)
		return ckpt_fail(ctx, -EINVAL, "a shared memory segment that is to be destroyed is attached nowhere");
	return 0;
}

CHECKPOINT_KIND(shm_state) = {
	.name		= "shm_state",
	.type		= CKPT_REC_SHM_STATE,
	.size		= sizeof(struct ckpt_rec_shm_state),
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_shm_segment,
	.validate	= state_validate,
	.restore	= state_restore,
};
