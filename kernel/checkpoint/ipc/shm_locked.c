// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: System V shared memory that is locked (SHM_LOCK) and counts for a user's
 * RLIMIT_MEMLOCK.  Compiled into ipc/shm.c.
 */
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include "shm.h"

/* For whom it counts, in the image's words; the segment is locked */
static u32 locker_of(struct shmid_kernel *shp)
{
	ipc_assert_locked_object(&shp->shm_perm);
	return shp->mlock_ucounts ? from_kuid(&init_user_ns, shp->mlock_ucounts->uid) : 0;
}

static bool is_locked_as(struct shmid_kernel *shp, const struct ckpt_rec_shm_segment *data)
{
	return !!(shp->shm_perm.mode & SHM_LOCKED) == !!(data->flags & CKPT_SHM_LOCKED) &&
	       locker_of(shp) == data->locker;
}

/* May it count for that user again?  Asked at saving and at a restart. */
static int may_lock(struct ckpt_ctx *ctx, int id, bool locked, u32 locker)
{
	kuid_t uid = make_kuid(&init_user_ns, locker);

	if (!locked || (uid_valid(uid) && ckpt_may_be_user(ctx, uid)))
		return 0;
	return ckpt_fail(ctx, -EPERM, "shared memory segment %d was locked by uid %u, which the caller may not become",
			 id, locker);
}

static int may_lock_again(struct ckpt_ctx *ctx, const struct ckpt_rec_shm_segment *data)
{
	return may_lock(ctx, data->id, data->flags & CKPT_SHM_LOCKED, data->locker);
}

/* As shmctl(2) with SHM_LOCK, of memory that is nobody's yet */
static int lock_memory(struct ckpt_ctx *ctx, struct ckpt_shm_made *made,
		       const struct ckpt_rec_shm_segment *data)
{
	const struct cred *old;
	struct ucounts *ucounts;
	int err;

	if (!(data->flags & CKPT_SHM_LOCKED))
		return 0;
	ucounts = alloc_ucounts(current_user_ns(), make_kuid(&init_user_ns, data->locker));
	if (!ucounts)
		return ckpt_fail(ctx, -ENOMEM, "no memory to lock a segment");
	old = ckpt_drop_rights(ctx);
	err = IS_ERR(old) ? PTR_ERR(old) : shmem_lock(made->file, 1, ucounts);
	if (!IS_ERR(old))
		ckpt_regain_rights(old);
	if (err)
		ckpt_fail(ctx, err, "shared memory segment %d could not be locked again (error %d): see RLIMIT_MEMLOCK",
			  data->id, -err);
	else
		made->locker = ucounts;
	/* What is locked has a reference of its own. */
	put_ucounts(ucounts);
	return err;
}

static void unlock_memory(struct ckpt_shm_made *made)
{
	if (!made->locker)
		return;
	shmem_lock(made->file, 0, made->locker);
	made->locker = NULL;
}

/* Of two memories of one segment and size: it goes on counting once. */
static void hand_lock_over(struct file *from, struct file *to)
{
	SHMEM_I(file_inode(from))->flags &= ~VM_LOCKED;
	mapping_clear_unevictable(from->f_mapping);
	SHMEM_I(file_inode(to))->flags |= VM_LOCKED;
	mapping_set_unevictable(to->f_mapping);
}
