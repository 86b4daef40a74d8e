// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: NUMA memory policies of memory in common and of deleted files of a
 * tmpfs.  Compiled at the end of mm/mempolicy.c, behind ../mm/mempolicy.c.
 */
#include <linux/mount.h>
#include <linux/shmem_fs.h>
#include "files.h"

/**
 * DOC: NUMA memory policies of memory in common
 *
 * Preserved: what mbind(2) has set for its parts, whoever maps them; it holds when the contents
 * are put in place.
 *
 * Rebuilt: a file that has its name on a tmpfs keeps what it has, and gets once more what areas
 * of the tree have set.
 */

static const struct ckpt_kind ckpt_kind_shmem_mempolicy;
static const struct ckpt_kind ckpt_kind_inode_mempolicy;

static struct shared_policy *shared_policy_of(struct file *file)
{
	return shmem_file(file) ? &SHMEM_I(file_inode(file))->policy : NULL;
}

/* -- save -------------------------------------------------------------------- */

/**
 * ckpt_saves_shared_policy - are the policies of a file of a tmpfs in the image?
 * @file: mapped by an area that can have one
 *
 * Return: true if its contents are, too
 */
bool ckpt_saves_shared_policy(struct file *file)
{
	return file->f_path.mnt->mnt_flags & MNT_INTERNAL || ckpt_is_unlinked(file);
}

/* The first part at or behind page @from that has one */
static bool find_part(struct shared_policy *sp, pgoff_t from, struct ckpt_rec_shmem_mempolicy *data,
		      struct asked_policy *asked)
{
	/* mremap(2) and mbind(2) go beyond the end of all files, where no page can lie. */
	const pgoff_t limit = MAX_LFS_FILESIZE >> PAGE_SHIFT;
	struct sp_node *part;

	read_lock(&sp->lock);
	part = sp_lookup(sp, from, limit);
	if (part) {
		get_asked(part->policy, asked);
		*data = (struct ckpt_rec_shmem_mempolicy) {
			.start = (u64)part->start << PAGE_SHIFT,
			.end = (u64)min(part->end, limit) << PAGE_SHIFT,
			.mode = asked->mode,
			.flags = asked->flags,
			.home = asked->home + 1,
		};
	}
	read_unlock(&sp->lock);
	return part;
}

static int save_parts(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file, u32 id)
{
	struct shared_policy *sp = shared_policy_of(file);
	u64 words[BITS_TO_U64(MAX_NUMNODES)];
	struct ckpt_rec_shmem_mempolicy data;
	struct asked_policy asked;
	pgoff_t from = 0;
	int err = 0;

	while (!err && sp && find_part(sp, from, &data, &asked)) {
		from = data.end >> PAGE_SHIFT;
		err = ckpt_emit(ctx, kind, id, &data, words, pack_nodes(&asked.nodes, words));
	}
	return err;
}

/**
 * ckpt_save_shmem_policy - save the NUMA memory policies of memory in common
 * @ctx: the call
 * @file: shows the memory, which is saved
 * @id: its object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_shmem_policy(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	return save_parts(ctx, &ckpt_kind_shmem_mempolicy, file, id);
}

/**
 * ckpt_save_inode_policy - save the NUMA memory policies of a deleted file
 * @ctx: the call
 * @file: open on it; it is saved
 * @id: its object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_inode_policy(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	return save_parts(ctx, &ckpt_kind_inode_mempolicy, file, id);
}

/* -- restore ----------------------------------------------------------------- */

/* What range_words() reads */
static_assert(sizeof(struct ckpt_rec_shmem_mempolicy) == sizeof(struct ckpt_rec_area_mempolicy));
static_assert(sizeof(struct ckpt_rec_inode_mempolicy) == sizeof(struct ckpt_rec_area_mempolicy));
static_assert(offsetof(struct ckpt_rec_shmem_mempolicy, home) ==
	      offsetof(struct ckpt_rec_area_mempolicy, home));
static_assert(offsetof(struct ckpt_rec_inode_mempolicy, home) ==
	      offsetof(struct ckpt_rec_area_mempolicy, home));

static int part_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_shmem_mempolicy *data = item->data;
	struct policy_words words = range_words(item);

	if (data->start >= data->end || !PAGE_ALIGNED(data->start) || !PAGE_ALIGNED(data->end) ||
	    data->end > MAX_LFS_FILESIZE)
		return ckpt_fail(ctx, -EINVAL,
				 "a NUMA memory policy is beyond any file (%llx-%llx)",
				 data->start, data->end);
	return validate_policy(ctx, &words);
}

/* As mpol_set_shared_policy() for an area that maps this part */
static int set_part(struct shared_policy *sp, const struct ckpt_rec_shmem_mempolicy *data,
		    struct asked_policy *asked)
{
	pgoff_t start = data->start >> PAGE_SHIFT, end = data->end >> PAGE_SHIFT;
	struct mempolicy *policy = make_policy(asked);
	struct sp_node *part;
	int err;

	if (IS_ERR(policy))
		return PTR_ERR(policy);
	part = sp_alloc(start, end, policy);
	mpol_put(policy);
	if (!part)
		return -ENOMEM;
	err = shared_policy_replace(sp, start, end, part);
	if (err)
		sp_free(part);
	return err;
}

static int restore_part(struct ckpt_ctx *ctx, struct ckpt_item *item, struct file *file)
{
	struct shared_policy *sp = file ? shared_policy_of(file) : NULL;
	struct policy_words words = range_words(item);
	struct asked_policy asked;
	int err;

	if (!sp)
		return ckpt_fail(ctx, -EINVAL,
				 "what has a NUMA memory policy is no memory and no file of a tmpfs");
	to_asked(&words, &asked);
	err = set_part(sp, item->data, &asked);
	return err ? policy_failed(ctx, err) : 0;
}

static int shmem_policy_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	return restore_part(ctx, item, ckpt_object(ctx, item->object, &ckpt_class_shmem));
}

static int inode_policy_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_unlinked *unlinked = ckpt_object(ctx, item->object, &ckpt_class_inode);

	return restore_part(ctx, item, unlinked ? unlinked->file : NULL);
}

CHECKPOINT_KIND(shmem_mempolicy) = {
	.name		= "shmem_mempolicy",
	.type		= CKPT_REC_SHMEM_MEMPOLICY,
	.size		= sizeof(struct ckpt_rec_shmem_mempolicy),
	CKPT_ARRAY(struct ckpt_rec_shmem_mempolicy, nodes, __u64),
	.max		= MAX_NODE_WORDS,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_shmem,
	.many		= true,
	.validate	= part_validate,
	.restore	= shmem_policy_restore,
};

CHECKPOINT_KIND(inode_mempolicy) = {
	.name		= "inode_mempolicy",
	.type		= CKPT_REC_INODE_MEMPOLICY,
	.size		= sizeof(struct ckpt_rec_inode_mempolicy),
	CKPT_ARRAY(struct ckpt_rec_inode_mempolicy, nodes, __u64),
	.max		= MAX_NODE_WORDS,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_inode,
	.many		= true,
	.validate	= part_validate,
	.restore	= inode_policy_restore,
};
