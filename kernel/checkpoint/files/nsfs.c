// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptors of namespaces, as /proc/PID/ns has them.
 */
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include "files.h"

/**
 * DOC: descriptors of namespaces
 *
 * Preserved: that it is the namespace which the tree is in, of whatever sort, and the flags.
 *
 * Rebuilt: after a restart it is that of the restarter, as it is for the tree.
 *
 * Refused: namespaces that the tree is not in; a time namespace, as the tree may be in another
 * one after a restart; those that are opened by a path where they are mounted.
 */

/* For each the one that a task is in */
static const struct proc_ns_operations *const namespaces[] = {
	IS_ENABLED(CONFIG_NET_NS) ? &netns_operations : NULL,
	IS_ENABLED(CONFIG_UTS_NS) ? &utsns_operations : NULL,
	IS_ENABLED(CONFIG_IPC_NS) ? &ipcns_operations : NULL,
	IS_ENABLED(CONFIG_PID_NS) ? &pidns_operations : NULL,
	IS_ENABLED(CONFIG_USER_NS) ? &userns_operations : NULL,
	IS_ENABLED(CONFIG_CGROUPS) ? &cgroupns_operations : NULL,
	&mntns_operations,
};

static const struct proc_ns_operations *find_sort(unsigned int type)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (namespaces[i] && namespaces[i]->type == type)
			return namespaces[i];
	return NULL;
}

/* -- save -------------------------------------------------------------------------------- */

static bool nsfs_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return proc_ns_file(file) && file->f_path.mnt->mnt_flags & MNT_INTERNAL;
}

/* All tasks of a tree are in the same ones, or the survey refuses them. */
static bool is_trees_own(struct ckpt_ctx *ctx, const struct ns_common *ns)
{
	const struct proc_ns_operations *sort = find_sort(ns->ops->type);
	struct ns_common *own = NULL;

	if (sort)
		own = sort->get(ckpt_living_task(ctx->root));
	if (own)
		sort->put(own);
	return own == ns;
}

static int nsfs_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	const struct ns_common *ns = get_proc_ns(file_inode((struct file *)ptr));
	struct ckpt_shown shown;

	if (is_trees_own(ctx, ns))
		return 0;
	ckpt_show_file(ptr, &shown);
	if (ns->ops->type == CLONE_NEWTIME)
		return ckpt_cannot_save(ctx, "a time namespace, which may be another one after a restart, (%s)",
					shown.text);
	return ckpt_cannot_save(ctx, "a namespace that the program is not in (%s)", shown.text);
}

static int nsfs_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_nsfs rec = {
		.type = get_proc_ns(file_inode(file))->ops->type,
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

/* -- restore ------------------------------------------------------------------------------ */

/* Nobody may open one for writing: they are immutable. */
static int nsfs_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_nsfs *data = item->data;

	if (data->open_flags & ~CKPT_OPEN_FLAGS || data->open_flags & (O_PATH | O_DIRECTORY) ||
	    (data->open_flags & O_ACCMODE) != O_RDONLY)
		return ckpt_fail(ctx, -EINVAL, "a namespace is opened in an unknown way (%#x)",
				 data->open_flags);
	if (!find_sort(data->type))
		return ckpt_fail(ctx, -EOPNOTSUPP, "namespaces of type %#x are unknown to this kernel",
				 data->type);
	return 0;
}

/* As open(2) of /proc/self/ns, which everybody may */
static void *nsfs_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_nsfs *data = item->data;
	const struct cred *who = ckpt_file_cred(ctx, data->cred);
	struct file *file;
	struct path path;
	int err;

	if (IS_ERR(who))
		return ERR_CAST(who);
	err = ns_get_path(&path, current, find_sort(data->type));
	if (err)
		return ERR_PTR(ckpt_fail(ctx, err, "a namespace of type %#x cannot be found (error %d)",
					 data->type, -err));
	file = dentry_open(&path, data->open_flags & ~O_NOATIME, who);
	path_put(&path);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "a namespace of type %#x cannot be opened (error %ld)",
			  data->type, -PTR_ERR(file));
	return file;
}

CHECKPOINT_KIND(file_nsfs) = {
	.name		= "file_nsfs",
	.type		= CKPT_REC_FILE_NSFS,
	.size		= sizeof(struct ckpt_rec_file_nsfs),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= nsfs_validate,
	.match		= nsfs_match,
	.check_object	= nsfs_check_file,
	.save_object	= nsfs_save_file,
	.restore_object	= nsfs_restore_file,
};
