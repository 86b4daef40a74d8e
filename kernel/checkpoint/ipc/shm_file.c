// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: attachments of System V shared memory, each of which shows a file of
 * its own.  Compiled into ipc/shm.c.
 */
#include "shm.h"

/**
 * DOC: attachments of System V shared memory
 *
 * Preserved: where it is attached, and whether it can be written to there.
 *
 * Refused: attachments that their user could not make again by now, as its mode was
 * changed.
 */

static bool shm_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return file->f_op == &shm_file_operations || file->f_op == &shm_file_operations_huge;
}

/* As do_shmat() asks */
static int may_attach(struct shmid_kernel *shp, u32 flags)
{
	ipc_assert_locked_object(&shp->shm_perm);
	if (ipcperms(shp->ns, &shp->shm_perm,
		     (flags & O_ACCMODE) == O_RDONLY ? 0444 : 0666))
		return -EACCES;
	return security_shm_shmat(&shp->shm_perm, NULL,
				  (flags & O_ACCMODE) == O_RDONLY ? SHM_RDONLY : 0);
}

static int check_again(struct ckpt_ctx *ctx, int id, struct file *file)
{
	struct shmid_kernel *shp = shm_lock(current->nsproxy->ipc_ns, id);
	const struct cred *old;
	int err;

	if (IS_ERR(shp))
		return 0;
	old = override_creds(file->f_cred);
	err = may_attach(shp, file->f_flags);
	revert_creds(old);
	shm_unlock(shp);
	if (!err)
		return 0;
	return ckpt_fail(ctx, -EBUSY, "shared memory segment %d could not be attached again by its user (error %d); make its mode as it was",
			 id, -err);
}

static int shm_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	const struct shm_file_data *sfd = shm_file_data(file);
	struct ckpt_shm shm = { .id = sfd->id, .file = sfd->file };

	return ckpt_shm_check(ctx, &shm) ?: check_again(ctx, sfd->id, file);
}

static int shm_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	const struct shm_file_data *sfd = shm_file_data(file);
	struct ckpt_shm shm = { .id = sfd->id, .file = sfd->file };
	struct ckpt_rec_file_shm rec = { .open_flags = file->f_flags & O_ACCMODE };
	int err = ckpt_save_object(ctx, &ckpt_class_shm_segment, &shm, &rec.segment);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int shm_validate_file(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_shm *data = item->data;

	if (data->open_flags == O_RDONLY || data->open_flags == O_RDWR)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "shared memory is attached with unknown flags %#x",
			 data->open_flags);
}

/* The file that do_shmat() maps */
static struct file *make_file(struct ckpt_shm_made *made, u32 flags)
{
	struct shm_file_data *sfd = kzalloc(sizeof(*sfd), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!sfd)
		return ERR_PTR(-ENOMEM);
	file = alloc_file_clone(made->file, flags,
				is_file_hugepages(made->file) ? &shm_file_operations_huge :
								&shm_file_operations);
	if (IS_ERR(file)) {
		kfree(sfd);
		return file;
	}
	sfd->id = made->shp->shm_perm.id;
	sfd->ns = get_ipc_ns(made->ns);
	sfd->file = get_file(made->file);
	file->private_data = sfd;
	return file;
}

static struct file *attach(struct ckpt_shm_made *made, u32 flags)
{
	int err;

	shm_lock_by_ptr(made->shp);
	err = ipc_valid_object(&made->shp->shm_perm) ? may_attach(made->shp, flags) : -EIDRM;
	shm_unlock(made->shp);
	return err ? ERR_PTR(err) : make_file(made, flags);
}

static void *shm_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_shm *data = item->data;
	struct ckpt_shm_made *made = ckpt_object(ctx, data->segment, &ckpt_class_shm_segment);
	const struct cred *cred = NULL, *old;
	struct file *file;

	if (data->cred)
		cred = ckpt_object(ctx, data->cred, &ckpt_class_cred);
	if (!made || !cred)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL,
					 "shared memory is attached by nobody, or was not made"));
	old = override_creds(cred);
	file = attach(made, data->open_flags);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "shared memory segment %d cannot be attached again (error %d)",
			  made->shp->shm_perm.id, (int)-PTR_ERR(file));
	return file;
}

CHECKPOINT_KIND(file_shm) = {
	.name		= "file_shm",
	.type		= CKPT_REC_FILE_SHM,
	.size		= sizeof(struct ckpt_rec_file_shm),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= shm_match,
	.check_object	= shm_check_file,
	.save_object	= shm_save_file,
	.validate	= shm_validate_file,
	.restore_object	= shm_restore_file,
};
