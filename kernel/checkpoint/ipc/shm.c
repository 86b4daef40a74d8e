// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: System V shared memory.  Compiled into ipc/shm.c, which keeps the
 * structure of segments to itself.  What they hold is memory in common like any other.
 */
#include "shm.h"
#include "shm_locked.c"
#include "shm_survey.c"
#include "shm_file.c"
#include "shm_creator.c"
#include "shm_state.c"

/**
 * DOC: System V shared memory
 *
 * Segments belong to the ipc namespace and not to processes: they outlive them, unless they
 * are to be destroyed.  A tree holds those that it has attached; and all of its ipc
 * namespace, if no task outside of it is in there but the caller of checkpoint().
 *
 * Preserved: of the segments that it holds the id with its sequence number, the key, mode,
 * owner and creator, size, times, contents, who made and attached it last, how often it is
 * attached; that it is locked (SHM_LOCK), and by whom; that it is to be destroyed with the last
 * attachment; also where the segment is still there as the tree left it.
 *
 * Reported: segments that the tree used last and does not hold; they are not saved, but stay
 * in the kernel until it is booted anew.
 *
 * Refused: a segment that is attached outside of the tree too, or which
 * a process made or used last that is gone and lived in a pid namespace of the tree.
 * restart() refuses where the id or the key is taken by
 * another segment, or by this one after it was used by others.  A segment that is gone is
 * made with its id for who has CAP_CHECKPOINT_RESTORE, as for kernel.shm_next_id.
 */

static const struct ckpt_kind ckpt_kind_shm_segment;
static const struct ckpt_kind ckpt_kind_shm_state;

/* -- save ------------------------------------------------------------------------------ */

static const void *segment_key(struct ckpt_ctx *ctx, const void *ptr)
{
	const struct ckpt_shm *shm = ptr;

	return file_inode(shm->file);
}

static void copy_segment(struct ckpt_ctx *ctx, struct shmid_kernel *shp,
			 struct ckpt_rec_shm_segment *rec, struct ckpt_rec_shm_state *state)
{
	struct ckpt_ipc_perm perm;

	ipc_assert_locked_object(&shp->shm_perm);
	ckpt_ipc_get_perm(&shp->shm_perm, &perm);
	*rec = (struct ckpt_rec_shm_segment) {
		.id = perm.id,
		.key = perm.key,
		.mode = perm.mode,
		.uid = perm.uid,
		.gid = perm.gid,
		.cuid = perm.cuid,
		.cgid = perm.cgid,
		.size = shp->shm_segsz,
		.ctime = shp->shm_ctim,
		.flags = shp->shm_perm.mode & SHM_LOCKED ? CKPT_SHM_LOCKED : 0,
		.locker = locker_of(shp),
	};
	*state = (struct ckpt_rec_shm_state) {
		.cprid = ckpt_ipc_pid_nr(ctx, shp->shm_cprid),
		.lprid = ckpt_ipc_pid_nr(ctx, shp->shm_lprid),
		.flags = shp->shm_perm.mode & SHM_DEST ? CKPT_SHM_DEST : 0,
		.atime = shp->shm_atim,
		.dtime = shp->shm_dtim,
	};
}

static int segment_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	const struct ckpt_shm *shm = ptr;
	struct ckpt_rec_shm_segment rec;
	struct ckpt_rec_shm_state state;
	struct shmid_kernel *shp;
	int err;

	shp = shm_lock(current->nsproxy->ipc_ns, shm->id);
	if (IS_ERR(shp))
		return ckpt_fail(ctx, -EAGAIN, "shared memory segment %d is just being removed; try again",
				 shm->id);
	copy_segment(ctx, shp, &rec, &state);
	shm_unlock(shp);
	err = ckpt_save_object(ctx, &ckpt_class_shmem, shm->file, &rec.shmem);
	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	return err ?: ckpt_emit(ctx, &ckpt_kind_shm_state, id, &state, NULL, 0);
}

/* With a reference to its memory; NULL if it was removed */
static struct file *get_segment(int id)
{
	struct shmid_kernel *shp = shm_lock(current->nsproxy->ipc_ns, id);
	struct file *file;

	if (IS_ERR(shp))
		return NULL;
	file = get_file(shp->shm_file);
	shm_unlock(shp);
	return file;
}

/*
 * The first segment whose place is @idx or behind it.  An area is unmapped with mmap_lock held
 * and takes the lock of the list: what looks at areas is done without it.
 */
static bool next_segment(int *idx, int *id)
{
	struct ipc_ids *ids = &shm_ids(current->nsproxy->ipc_ns);
	struct kern_ipc_perm *perm;

	down_read(&ids->rwsem);
	perm = idr_get_next(&ids->ipcs_idr, idx);
	if (perm)
		*id = perm->id;
	up_read(&ids->rwsem);
	return perm;
}

static int save_unattached(struct ckpt_ctx *ctx, int id)
{
	struct ckpt_shm shm = { .id = id, .file = get_segment(id) };
	int err;
	u32 object;

	if (!shm.file)
		return 0;
	err = ckpt_save_object(ctx, &ckpt_class_shm_segment, &shm, &object);
	fput(shm.file);
	return err;
}

/* In a namespace of the tree's own all segments are its own, attached or not. */
static int save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	int idx = 0, id, err = 0;

	if (!ckpt_ipc_own(ctx))
		return 0;
	for (; !err && next_segment(&idx, &id); idx++) {
		err = save_unattached(ctx, id);
		cond_resched();
	}
	return err;
}

static int check_all(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int idx = 0, id, err = 0;

	if (!ckpt_ipc_own(ctx))
		return 0;
	for (; !err && next_segment(&idx, &id); idx++) {
		struct ckpt_shm shm = { .id = id, .file = get_segment(id) };

		if (!shm.file)
			continue;
		err = ckpt_shm_check(ctx, &shm);
		fput(shm.file);
		cond_resched();
	}
	return err;
}

/* -- restart --------------------------------------------------------------------------- */

static void get_perm(const struct ckpt_rec_shm_segment *rec, struct ckpt_ipc_perm *perm)
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

static int segment_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_shm_segment *data = item->data;
	struct ckpt_ipc_perm perm;

	if (data->size < SHMMIN || data->size > LONG_MAX - PAGE_SIZE)
		return ckpt_fail(ctx, -EINVAL, "a shared memory segment has %llu bytes",
				 data->size);
	if (data->flags & ~CKPT_SHM_LOCKED || (data->locker && !data->flags) ||
	    !uid_valid(make_kuid(&init_user_ns, data->locker)))
		return ckpt_fail(ctx, -EINVAL, "a shared memory segment is locked by nobody");
	get_perm(data, &perm);
	return ckpt_ipc_validate(ctx, "shared memory segment", &perm);
}

/* shmget(2) makes as much of it as the pages need. */
static u64 memory_size(const struct file *file, const struct ckpt_rec_shm_segment *data)
{
	if (is_file_hugepages(file))
		return ALIGN(data->size, huge_page_size(hstate_file((struct file *)file)));
	return data->size;
}

/* It is that of a segment, of the right size, and no other segment's. */
static int check_memory(struct ckpt_ctx *ctx, const struct file *file,
			const struct ckpt_rec_shm_segment *data)
{
	const struct inode *inode = file ? file_inode(file) : NULL;

	if (inode && IS_PRIVATE(inode) && file_count(file) == 1 &&
	    !(data->flags & CKPT_SHM_LOCKED && is_file_hugepages(file)) &&
	    strstarts(file->f_path.dentry->d_name.name, "SYSV") &&
	    i_size_read(inode) == memory_size(file, data))
		return 0;
	return ckpt_fail(ctx, -EINVAL, "shared memory segment %d has memory that is not its own",
			 data->id);
}

/* Attached by nobody, and not since the tree was killed */
static bool is_as_left(struct ckpt_ctx *ctx, const struct ckpt_shm_made *made,
		       struct shmid_kernel *shp,
		       const struct ckpt_rec_shm_segment *data, const struct ckpt_ipc_perm *perm)
{
	ipc_assert_locked_object(&shp->shm_perm);
	return ckpt_is_this_boot(ctx) && ckpt_ipc_is_idle(&shp->shm_perm) &&
	       ckpt_ipc_same_perm(&shp->shm_perm, perm) &&
	       shp->shm_segsz == data->size && shp->shm_ctim == data->ctime &&
	       !shp->shm_nattch && !(shp->shm_perm.mode & SHM_DEST) && is_locked_as(shp, data) &&
	       is_file_hugepages(shp->shm_file) == is_file_hugepages(made->file) &&
	       i_size_read(file_inode(shp->shm_file)) == i_size_read(file_inode(made->file)) &&
	       !pid_task(shp->shm_lprid, PIDTYPE_PID);
}

/* The tree's own segment, which has outlived it: it gets the memory of the image. */
static int adopt(struct ckpt_ctx *ctx, struct ckpt_shm_made *made, struct kern_ipc_perm *found,
		 const struct ckpt_item *item, const struct ckpt_ipc_perm *perm)
{
	struct shmid_kernel *shp = container_of(found, struct shmid_kernel, shm_perm);
	u32 uid, id = found->id, key = found->key;

	shm_lock_by_ptr(shp);
	if (is_as_left(ctx, made, shp, item->data, perm) && ipc_rcu_getref(found)) {
		made->shp = shp;
		made->old = shp->shm_file;
		made->old_locker = shp->mlock_ucounts;
		made->old_atime = shp->shm_atim;
		made->old_dtime = shp->shm_dtim;
		shp->shm_file = get_file(made->file);
		if (shp->shm_perm.mode & SHM_LOCKED)
			hand_lock_over(made->old, made->file);
	}
	uid = from_kuid_munged(current_user_ns(), found->uid);
	shm_unlock(shp);
	if (made->shp)
		return 0;
	return ckpt_fail(ctx, -EEXIST, "shared memory segment %d (key %#x) is taken: segment %u (key %#x) of uid %u is there, and not as the program left it; remove that first (ipcrm -m %u)",
			 perm->id, perm->key, id, key, uid, id);
}

/* As newseg(), of memory that is there */
static struct shmid_kernel *alloc_segment(const struct ckpt_item *item, struct file *file)
{
	const struct ckpt_rec_shm_segment *data = item->data;
	struct shmid_kernel *shp = kzalloc(sizeof(*shp), GFP_KERNEL_ACCOUNT);
	int err = shp ? security_shm_alloc(&shp->shm_perm) : -ENOMEM;

	if (err) {
		kfree(shp);
		return ERR_PTR(err);
	}
	shp->shm_perm.key = data->key;
	shp->shm_segsz = data->size;
	shp->shm_ctim = data->ctime;
	shp->shm_file = get_file(file);
	INIT_LIST_HEAD(&shp->shm_clist);
	/* For who has to drop it before it has an id, when this is set again */
	refcount_set(&shp->shm_perm.refcount, 1);
	return shp;
}

static void discard_new(struct shmid_kernel *shp)
{
	fput(shp->shm_file);
	ipc_rcu_putref(&shp->shm_perm, shm_rcu_free);
}

static int create(struct ckpt_ctx *ctx, struct ckpt_shm_made *made, const struct ckpt_item *item,
		  const struct ckpt_ipc_perm *perm)
{
	const struct ckpt_rec_shm_segment *data = item->data;
	unsigned long pages = DIV_ROUND_UP(data->size, PAGE_SIZE);
	struct ipc_namespace *ns = made->ns;
	struct shmid_kernel *shp;
	int err;

	lockdep_assert_held_write(&shm_ids(ns).rwsem);
	err = ckpt_ipc_may_choose(ctx, ns, "shared memory segment", perm);
	if (err)
		return err;
	if (data->size > ns->shm_ctlmax)
		return ckpt_fail(ctx, -EINVAL, "shared memory segment %d is beyond kernel.shmmax",
				 perm->id);
	if (ns->shm_tot + pages < ns->shm_tot || ns->shm_tot + pages > ns->shm_ctlall)
		return ckpt_fail(ctx, -ENOSPC, "shared memory segment %d is beyond kernel.shmall",
				 perm->id);
	shp = alloc_segment(item, made->file);
	if (IS_ERR(shp))
		return ckpt_fail(ctx, PTR_ERR(shp), "shared memory segment %d may not be made",
				 perm->id);
	shp->ns = ns;
	err = lock_memory(ctx, made, data);
	if (err) {
		discard_new(shp);
		return err;
	}
	err = ckpt_ipc_add(&shm_ids(ns), &shp->shm_perm, ns->shm_ctlmni, perm);
	if (err < 0) {
		unlock_memory(made);
		discard_new(shp);
		return ckpt_fail(ctx, err, "shared memory segment %d could not be made (error %d): see kernel.shmmni",
				 perm->id, -err);
	}
	ns->shm_tot += pages;
	shp->mlock_ucounts = made->locker;
	if (made->locker)
		shp->shm_perm.mode |= SHM_LOCKED;
	ipc_rcu_getref(&shp->shm_perm);
	made->shp = shp;
	shm_unlock(shp);
	return 0;
}

static int make(struct ckpt_ctx *ctx, struct ckpt_shm_made *made, const struct ckpt_item *item)
{
	struct ipc_ids *ids = &shm_ids(made->ns);
	struct kern_ipc_perm *found;
	struct ckpt_ipc_perm perm;
	int err;

	get_perm(item->data, &perm);
	err = check_memory(ctx, made->file, item->data) ?:
	      ckpt_ipc_may_make(ctx, "shared memory segment", &perm) ?:
	      may_lock_again(ctx, item->data);
	if (err)
		return err;
	down_write(&ids->rwsem);
	found = ckpt_ipc_find_id(ids, perm.id) ?: ckpt_ipc_find_key(ids, perm.key);
	if (found)
		err = adopt(ctx, made, found, item, &perm);
	else
		err = create(ctx, made, item, &perm);
	up_write(&ids->rwsem);
	/* As newseg(): /proc/PID/maps shows the id as the inode's number. */
	if (!err)
		file_inode(made->file)->i_ino = perm.id;
	return err;
}

/*
 * A restart has failed: what was there gets its memory back, unless somebody else has
 * attached or locked it meanwhile, or unlocked it.
 */
static void give_back(struct ckpt_shm_made *made)
{
	struct shmid_kernel *shp = made->shp;

	if (shp->shm_nattch || shp->shm_file != made->file ||
	    shp->mlock_ucounts != made->old_locker)
		return;
	if (shp->mlock_ucounts)
		hand_lock_over(made->file, made->old);
	swap(shp->shm_file, made->old);
	shp->shm_atim = made->old_atime;
	shp->shm_dtim = made->old_dtime;
}

/* Unless somebody has removed it.  No task of the restart that failed is left. */
static void discard_segment(void *ptr)
{
	struct ckpt_shm_made *made = ptr;
	struct shmid_kernel *shp = made->shp;

	down_write(&shm_ids(made->ns).rwsem);
	shm_lock_by_ptr(shp);
	if (ipc_valid_object(&shp->shm_perm) && made->old) {
		give_back(made);
		shm_unlock(shp);
	} else if (ipc_valid_object(&shp->shm_perm) && !shp->shm_nattch) {
		shm_destroy(made->ns, shp);
	} else {
		shp->shm_perm.mode |= SHM_DEST;
		shm_unlock(shp);
	}
	up_write(&shm_ids(made->ns).rwsem);
}

static void put_segment(void *ptr)
{
	struct ckpt_shm_made *made = ptr;

	if (made->old)
		fput(made->old);
	if (made->shp)
		ipc_rcu_putref(&made->shp->shm_perm, shm_rcu_free);
	put_ipc_ns(made->ns);
	kfree(made);
}

static const struct ckpt_class ckpt_class_shm_segment = {
	.name		= "shmsegment",
	.fate		= CKPT_FATE_STAY,
	.key		= segment_key,
	.put		= put_segment,
	.discard	= discard_segment,
};

static void *segment_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_shm_segment *data = item->data;
	struct ckpt_shm_made *made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	int err;

	if (!made)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a shared memory segment"));
	made->ns = get_ipc_ns(current->nsproxy->ipc_ns);
	made->file = ckpt_object(ctx, data->shmem, &ckpt_class_shmem);
	err = make(ctx, made, item);
	if (!err)
		return made;
	put_segment(made);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(shm_segment) = {
	.name		= "shm_segment",
	.type		= CKPT_REC_SHM_SEGMENT,
	.size		= sizeof(struct ckpt_rec_shm_segment),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_shm_segment,
	.defines	= true,
	.check		= check_all,
	.save		= save_all,
	.save_object	= segment_save,
	.validate	= segment_validate,
	.restore_object	= segment_restore,
};
