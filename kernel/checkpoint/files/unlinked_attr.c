// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: owner, mode, times and extended attributes of files without a name.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include <linux/xattr.h>
#include "files.h"

static bool is_of_users(const char *name)
{
	return strstarts(name, XATTR_USER_PREFIX);
}

/* -- extended attributes: save ------------------------------------------------- */

struct list {
	char *names;	/* NUL terminated each */
	ssize_t len;
};

/* The file system may have to read them. */
static int list_names(const struct path *path, void *data)
{
	struct list *list = data;

	list->names = kvmalloc(XATTR_LIST_MAX, GFP_KERNEL_ACCOUNT);
	if (!list->names)
		return -ENOMEM;
	list->len = vfs_listxattr(path->dentry, list->names, XATTR_LIST_MAX);
	if (list->len == -EOPNOTSUPP)
		list->len = 0;
	return min_t(ssize_t, list->len, 0);
}

/* Return: 0 and @list, whose names are to be freed; negative errno (reported) */
static int get_list(struct ckpt_ctx *ctx, const struct path *path, struct list *list)
{
	struct ckpt_shown shown;
	int late, err;

	*list = (struct list) {};
	late = ckpt_ask_as(ctx, path, ctx->caller_cred, list_names, list, &err);
	if (!late && !err)
		return 0;
	kvfree(list->names);
	return late ?: ckpt_file_fail(ctx, err, "the extended attributes of %s, which has been deleted, cannot be read (error %d)",
				      ckpt_show_path(path, &shown), -err);
}

/* Labels of security modules are given anew by these. */
static bool may_differ(const char *name)
{
	return strstarts(name, XATTR_SECURITY_PREFIX) && strcmp(name, XATTR_NAME_CAPS);
}

/**
 * ckpt_check_xattrs - can the extended attributes of a file without a name be saved?
 * @ctx: the call, surveyed
 * @path: the file
 * @users: those of users are saved
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_xattrs(struct ckpt_ctx *ctx, const struct path *path, bool users)
{
	struct ckpt_shown shown;
	struct list list;
	const char *name;
	int err = get_list(ctx, path, &list);

	if (err)
		return err;
	for (name = list.names; !err && name < list.names + list.len; name += strlen(name) + 1)
		if (!(users && is_of_users(name)) && !may_differ(name))
			err = ckpt_cannot_save(ctx, "%s, which has been deleted, with the attribute %s",
					       ckpt_show_path(path, &shown), name);
	kvfree(list.names);
	return err;
}

struct value {
	const char *name;
	char *text;	/* name and value */
	size_t room;
	ssize_t len;	/* of the value */
};

static int get_value(const struct path *path, void *data)
{
	struct value *value = data;
	size_t len = strlen(value->name);

	value->len = __vfs_getxattr(path->dentry, d_inode(path->dentry), value->name,
				    value->text + len, value->room - len);
	return min_t(ssize_t, value->len, 0);
}

static const struct ckpt_kind ckpt_kind_inode_xattr;

static int save_value(struct ckpt_ctx *ctx, struct file *file, u32 id, struct value *value)
{
	struct ckpt_rec_inode_xattr rec = { .name_len = strlen(value->name) };
	struct ckpt_shown shown;
	int late, err;

	memcpy(value->text, value->name, rec.name_len);
	late = ckpt_ask_as(ctx, &file->f_path, ctx->caller_cred, get_value, value, &err);
	if (late)
		return late;
	if (err)
		return ckpt_file_fail(ctx, err, "the attribute %s of %s, which has been deleted, cannot be read (error %d)",
				      value->name, ckpt_show_file(file, &shown), -err);
	return ckpt_emit(ctx, &ckpt_kind_inode_xattr, id, &rec, value->text,
			 rec.name_len + value->len);
}

#define TEXT_MAX	(XATTR_NAME_MAX + XATTR_SIZE_MAX)

/**
 * ckpt_save_xattrs - save the extended attributes of a file without a name
 * @ctx: the call
 * @file: the file
 * @id: object id of the inode
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_xattrs(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct value value = { .room = TEXT_MAX };
	struct list list;
	int err = get_list(ctx, &file->f_path, &list);

	if (err)
		return err;
	if (list.len)
		value.text = kvzalloc(TEXT_MAX, GFP_KERNEL_ACCOUNT);
	if (list.len && !value.text)
		err = ckpt_fail(ctx, -ENOMEM, "no memory for an extended attribute");
	for (value.name = list.names; !err && value.name < list.names + list.len;
	     value.name += strlen(value.name) + 1)
		if (is_of_users(value.name))
			err = save_value(ctx, file, id, &value);
	kvfree(value.text);
	kvfree(list.names);
	return err;
}

/* -- extended attributes: restore ------------------------------------------------- */

static int xattr_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inode_xattr *data = item->data;

	if (data->name_len > XATTR_NAME_MAX || data->name_len > item->count ||
	    data->name_len <= XATTR_USER_PREFIX_LEN ||
	    memcmp(item->array, XATTR_USER_PREFIX, XATTR_USER_PREFIX_LEN) ||
	    memchr(item->array, 0, data->name_len) ||
	    item->count - data->name_len > XATTR_SIZE_MAX)
		return ckpt_fail(ctx, -EINVAL, "an extended attribute is malformed");
	return 0;
}

/* As the file's user, for whom it was made, setxattr(2) would not ask for more. */
static int xattr_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inode_xattr *data = item->data;
	struct ckpt_unlinked *unlinked = ckpt_object(ctx, item->object, &ckpt_class_inode);
	char name[XATTR_NAME_MAX + 1] = {};
	struct file *file;
	int err;

	if (!unlinked)
		return ckpt_fail(ctx, -EINVAL, "inode object %u was not made", item->object);
	file = unlinked->file;
	memcpy(name, item->array, data->name_len);
	err = mnt_want_write(file->f_path.mnt);
	if (!err) {
		inode_lock(file_inode(file));
		err = __vfs_setxattr_noperm(file_mnt_idmap(file), file->f_path.dentry, name,
					    item->array + data->name_len,
					    item->count - data->name_len, XATTR_CREATE);
		inode_unlock(file_inode(file));
		mnt_drop_write(file->f_path.mnt);
	}
	return err ? ckpt_fail(ctx, err, "the attribute %s of a deleted file cannot be set (error %d)",
			       name, -err) : 0;
}

CHECKPOINT_KIND(inode_xattr) = {
	.name		= "inode_xattr",
	.type		= CKPT_REC_INODE_XATTR,
	.size		= sizeof(struct ckpt_rec_inode_xattr),
	CKPT_ARRAY(struct ckpt_rec_inode_xattr, text, __u8),
	.max		= TEXT_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_inode,
	.many		= true,
	.validate	= xattr_validate,
	.restore	= xattr_restore,
};

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
