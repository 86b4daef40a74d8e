// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: can a segment of System V shared memory be saved, and who else has
 * it?  Compiled into ipc/shm.c, which keeps the structure to itself.
 */
#include "shm.h"

/**
 * struct attached - what is looked at of a segment while it is locked
 * @nr: how often it is attached
 * @mode: its mode
 * @lost: who used it has a number that would be lost
 * @locker: who has locked it
 * @perm: whose it is
 */
struct attached {
	unsigned long nr;
	umode_t mode;
	bool lost;
	u32 locker;
	struct ckpt_ipc_perm perm;
};

static int look_at(struct ckpt_ctx *ctx, const struct ckpt_shm *shm, struct attached *at)
{
	struct shmid_kernel *shp = shm_lock(current->nsproxy->ipc_ns, shm->id);
	bool same;

	if (IS_ERR(shp))
		return ckpt_fail(ctx, -EAGAIN, "shared memory segment %d is just being removed; try again",
				 shm->id);
	same = shp->shm_file == shm->file;
	at->nr = shp->shm_nattch;
	at->mode = shp->shm_perm.mode;
	at->locker = locker_of(shp);
	at->lost = ckpt_ipc_loses(ctx, shp->shm_cprid) || ckpt_ipc_loses(ctx, shp->shm_lprid);
	ckpt_ipc_get_perm(&shp->shm_perm, &at->perm);
	shm_unlock(shp);
	if (same)
		return 0;
	return ckpt_fail(ctx, -EBUSY, "shared memory segment %d is of another ipc namespace or was removed",
			 shm->id);
}

/* Each area of the tree is an attachment, and each file and the segment hold the name. */
static int check_others(struct ckpt_ctx *ctx, const struct ckpt_shm *shm, unsigned long nr)
{
	struct inode *inode = file_inode(shm->file);
	unsigned int areas, files;
	int err = ckpt_find_areas(ctx, inode, &areas, &files);
	struct ckpt_who who;

	if (err)
		return err;
	if (nr > areas) {
		ckpt_show_outsider(ctx, ckpt_find_mapper(ctx, inode), &who);
		return ckpt_fail(ctx, -EBUSY, "shared memory segment %d is attached in %s outside the tree too (%lu times); detach it there or save a larger tree",
				 shm->id, who.text, nr - areas);
	}
	if (d_count(shm->file->f_path.dentry) > files + 1)
		return ckpt_fail(ctx, -EBUSY, "shared memory segment %d is open outside the tree (/proc/PID/map_files); close it there",
				 shm->id);
	return 0;
}

/* One that ends with the program is made again by who may choose its id. */
static int may_end(struct ckpt_ctx *ctx, const struct ckpt_shm *shm, const struct attached *at)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;

	if (!(ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN)) ||
	    !(at->mode & SHM_DEST || READ_ONCE(ns->shm_rmid_forced)) ||
	    ckpt_may_choose_for_all(ctx, ns->user_ns))
		return 0;
	return ckpt_fail(ctx, -EPERM, "shared memory segment %d ends with the program, and the caller may not choose its id again; save it as root",
			 shm->id);
}

static int ckpt_shm_check(struct ckpt_ctx *ctx, const struct ckpt_shm *shm)
{
	struct attached at;
	int err = look_at(ctx, shm, &at);

	if (err)
		return err;
	if (at.lost)
		return ckpt_ipc_fail_lost(ctx, "shared memory segment", shm->id);
	err = may_lock(ctx, shm->id, at.mode & SHM_LOCKED, at.locker) ?:
	      may_end(ctx, shm, &at);
	if (err)
		return err;
	err = check_others(ctx, shm, at.nr) ?:
	      ckpt_ipc_may_make(ctx, "shared memory segment", &at.perm);
	return err ?: ckpt_check_object(ctx, &ckpt_class_shmem, shm->file);
}
