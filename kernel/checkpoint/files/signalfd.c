// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptors from which signals are read.  Compiled into
 * fs/signalfd.c, which keeps their structure to itself.
 */
#include "files.h"

/**
 * DOC: signalfd
 *
 * Preserved: which signals it reads.  The signals themselves are pending in their tasks.
 *
 * Rebuilt: a reader that waits asks again.
 *
 * Refused: a signalfd that is open outside the tree too, for signalfd(2) can change its
 * signals there.
 */

static bool signalfd_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return file->f_op == &signalfd_fops;
}

static int signalfd_check(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_check_holders(ctx, ptr, "a signalfd");
}

static int signalfd_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct signalfd_ctx *signalfd = file->private_data;
	struct ckpt_rec_file_signalfd rec = {
		/* The kernel keeps those that it does not read. */
		.mask = ~signalfd->sigmask.sig[0],
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	BUILD_BUG_ON(sizeof(sigset_t) != sizeof(rec.mask));
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int signalfd_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_signalfd *data = item->data;

	if (data->mask & (sigmask(SIGKILL) | sigmask(SIGSTOP)))
		return ckpt_fail(ctx, -EINVAL, "a signalfd cannot read signals %#llx", data->mask);
	return 0;
}

/* As do_signalfd4(), but for a descriptor that comes later */
static struct file *make_signalfd(u64 mask)
{
	struct signalfd_ctx *signalfd = kmalloc(sizeof(*signalfd), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!signalfd)
		return ERR_PTR(-ENOMEM);
	signalfd->sigmask.sig[0] = ~mask;
	file = anon_inode_getfile("[signalfd]", &signalfd_fops, signalfd, O_RDWR);
	if (IS_ERR(file))
		kfree(signalfd);
	else
		file->f_mode |= FMODE_NOWAIT;
	return file;
}

static void *signalfd_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_signalfd *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	old = override_creds(cred);
	file = make_signalfd(data->mask);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "a signalfd could not be made");
	return file;
}

CHECKPOINT_KIND(file_signalfd) = {
	.name		= "file_signalfd",
	.type		= CKPT_REC_FILE_SIGNALFD,
	.size		= sizeof(struct ckpt_rec_file_signalfd),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= signalfd_match,
	.check_object	= signalfd_check,
	.save_object	= signalfd_save,
	.validate	= signalfd_validate,
	.restore_object	= signalfd_restore,
};
