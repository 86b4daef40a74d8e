// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: owner, mode and times of files without a name.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/mount.h>
#include "files.h"

/* -- owner, mode, times: save ------------------------------------------------------ */

static kuid_t owner_of(const struct path *path)
{
	return vfsuid_into_kuid(i_uid_into_vfsuid(mnt_idmap(path->mnt), d_inode(path->dentry)));
}

static kgid_t group_of(const struct path *path)
{
	return vfsgid_into_kgid(i_gid_into_vfsgid(mnt_idmap(path->mnt), d_inode(path->dentry)));
}

/**
 * ckpt_check_owner_again - could a file without a name belong to its owner again?
 * @ctx: the call, surveyed
 * @path: the file
 * @cred: who will make it
 *
 * The restarter is taken to be who saves.
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_owner_again(struct ckpt_ctx *ctx, const struct path *path,
			   const struct cred *cred)
{
	kgid_t gid = group_of(path);
	struct ckpt_shown shown;

	if (uid_eq(owner_of(path), cred->fsuid) &&
	    (gid_eq(gid, cred->fsgid) || groups_search(cred->group_info, gid)))
		return 0;
	if (ckpt_caller_capable(ctx, CAP_CHOWN) && ckpt_caller_capable(ctx, CAP_FOWNER))
		return 0;
	return ckpt_file_fail(ctx, -EPERM, "%s, which has no name, belongs to uid %u gid %u, which the caller could not set; save it as root",
			      ckpt_show_path(path, &shown),
			      from_kuid_munged(current_user_ns(), owner_of(path)),
			      from_kgid_munged(current_user_ns(), gid));
}

/**
 * ckpt_get_attr - owner, mode and times of a file without a name, as an image has them
 * @path: the file
 *
 * Return: these
 */
struct ckpt_rec_inode_attr ckpt_get_attr(const struct path *path)
{
	const struct inode *inode = d_inode(path->dentry);

	return (struct ckpt_rec_inode_attr) {
		.mode = inode->i_mode,
		.uid = from_kuid(&init_user_ns, owner_of(path)),
		.gid = from_kgid(&init_user_ns, group_of(path)),
		.atime_sec = inode_get_atime_sec(inode),
		.atime_nsec = inode_get_atime_nsec(inode),
		.mtime_sec = inode_get_mtime_sec(inode),
		.mtime_nsec = inode_get_mtime_nsec(inode),
	};
}

static const struct ckpt_kind ckpt_kind_inode_attr;

/**
 * ckpt_save_inode_attr - save owner, mode and times of a file without a name
 * @ctx: the call
 * @file: the file
 * @id: object id of the inode
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_inode_attr(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct ckpt_rec_inode_attr rec = ckpt_get_attr(&file->f_path);

	return ckpt_emit(ctx, &ckpt_kind_inode_attr, id, &rec, NULL, 0);
}

/* -- owner, mode, times: restore ----------------------------------------------------- */

/**
 * ckpt_validate_attr - validate: owner, mode and times of a file without a name
 * @ctx: the call
 * @data: these
 * @type: S_IF*, what it is
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_validate_attr(struct ckpt_ctx *ctx, const struct ckpt_rec_inode_attr *data,
		       umode_t type)
{
	if ((data->mode & ~S_IALLUGO) != type ||
	    !uid_valid(make_kuid(&init_user_ns, data->uid)) ||
	    !gid_valid(make_kgid(&init_user_ns, data->gid)) ||
	    data->atime_nsec >= NSEC_PER_SEC || data->mtime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "mode, owner or times of a file without a name are malformed");
	return 0;
}

static int attr_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	return ckpt_validate_attr(ctx, item->data, S_IFREG);
}

static int change(struct file *file, struct iattr *attr)
{
	struct inode *inode = file_inode(file);
	int err = mnt_want_write(file->f_path.mnt);

	if (err)
		return err;
	inode_lock(inode);
	err = notify_change(file_mnt_idmap(file), file->f_path.dentry, attr, NULL);
	inode_unlock(inode);
	mnt_drop_write(file->f_path.mnt);
	return err;
}

/* As who made the file, or else with what rights the restarter has. */
static int change_as(struct ckpt_ctx *ctx, struct file *file, const struct iattr *attr)
{
	const struct cred *old = override_creds(file->f_cred);
	struct iattr copy = *attr;
	int err = change(file, &copy);

	revert_creds(old);
	if (err != -EPERM)
		return err;
	copy = *attr;
	old = ckpt_drop_rights(ctx);
	if (IS_ERR(old))
		return PTR_ERR(old);
	err = change(file, &copy);
	ckpt_regain_rights(old);
	return err;
}

static int restore_owner(struct ckpt_ctx *ctx, struct file *file,
			 const struct ckpt_rec_inode_attr *data, const char *what)
{
	kuid_t uid = make_kuid(&init_user_ns, data->uid);
	kgid_t gid = make_kgid(&init_user_ns, data->gid);
	struct iattr attr = {
		.ia_vfsuid = VFSUIDT_INIT(uid),
		.ia_vfsgid = VFSGIDT_INIT(gid),
	};
	int err;

	if (!uid_eq(uid, owner_of(&file->f_path)))
		attr.ia_valid |= ATTR_UID;
	if (!gid_eq(gid, group_of(&file->f_path)))
		attr.ia_valid |= ATTR_GID;
	err = attr.ia_valid ? change_as(ctx, file, &attr) : 0;
	return err ? ckpt_fail(ctx, err, "%s cannot be given to uid %u gid %u (error %d)",
			       what, data->uid, data->gid, -err) : 0;
}

/**
 * ckpt_set_attr - restore: owner, mode and times of a file without a name, or of a terminal
 * @ctx: the call
 * @file: open in any way, also O_PATH, with the credentials that it was made with
 * @data: these, validated
 * @what: what it is, for messages
 *
 * The owner first: a new one takes the bits that set ids away.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_set_attr(struct ckpt_ctx *ctx, struct file *file,
		  const struct ckpt_rec_inode_attr *data, const char *what)
{
	const struct iattr attr = {
		.ia_valid = ATTR_MODE | ATTR_ATIME | ATTR_MTIME | ATTR_ATIME_SET | ATTR_MTIME_SET,
		.ia_mode = data->mode,
		.ia_atime = { data->atime_sec, data->atime_nsec },
		.ia_mtime = { data->mtime_sec, data->mtime_nsec },
	};
	int err = restore_owner(ctx, file, data, what);

	if (err)
		return err;
	err = change_as(ctx, file, &attr);
	/* What chmod(2) leaves out without an error is refused here. */
	if (!err && file_inode(file)->i_mode != data->mode)
		err = -EPERM;
	return err ? ckpt_fail(ctx, err, "%s cannot have mode %o and its times again (error %d)",
			       what, data->mode & S_IALLUGO, -err) : 0;
}

static int attr_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_unlinked *unlinked = ckpt_object(ctx, item->object, &ckpt_class_inode);

	if (!unlinked)
		return ckpt_fail(ctx, -EINVAL, "inode object %u was not made", item->object);
	return ckpt_set_attr(ctx, unlinked->file, item->data, "a file without a name");
}

CHECKPOINT_KIND(inode_attr) = {
	.name		= "inode_attr",
	.type		= CKPT_REC_INODE_ATTR,
	.size		= sizeof(struct ckpt_rec_inode_attr),
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_inode,
	.validate	= attr_validate,
	.restore	= attr_restore,
};
