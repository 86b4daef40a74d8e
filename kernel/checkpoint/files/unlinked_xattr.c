// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: extended attributes of files without a name, among them their access
 * control lists.
 *
 * Users' attributes and the list are set by who makes the file, who owns it then, and those
 * that are trusted with the rights of the restarter: setxattr(2) would ask for no more.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/init_task.h>
#include <linux/mount.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <linux/xattr.h>
#include "../../../fs/internal.h"
#include "files.h"

/* A regular file has no list for what is made in it. */
static bool is_acl(const char *name)
{
	return !strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS);
}

static bool is_trusted(const char *name)
{
	return strstarts(name, XATTR_TRUSTED_PREFIX);
}

static bool is_saved(const char *name)
{
	return strstarts(name, XATTR_USER_PREFIX) || is_trusted(name) || is_acl(name);
}

/* Labels of security modules are given anew by these. */
static bool may_differ(const char *name)
{
	return strstarts(name, XATTR_SECURITY_PREFIX) && strcmp(name, XATTR_NAME_CAPS);
}

/* -- save ---------------------------------------------------------------------- */

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

/*
 * As the kernel: trusted ones are not shown to everybody, and would be lost without a word.
 *
 * Return: 0 and @list, whose names are to be freed; negative errno (reported)
 */
static int get_list(struct ckpt_ctx *ctx, const struct path *path, struct list *list)
{
	struct ckpt_shown shown;
	int late, err;

	*list = (struct list) {};
	late = ckpt_ask_as(ctx, path, &init_cred, list_names, list, &err);
	if (!late && !err)
		return 0;
	kvfree(list->names);
	return late ?: ckpt_file_fail(ctx, err, "the extended attributes of %s, which has been deleted, cannot be read (error %d)",
				      ckpt_show_path(path, &shown), -err);
}

static int check_name(struct ckpt_ctx *ctx, const struct path *path, const char *name, bool saved)
{
	struct ckpt_shown shown;

	if (may_differ(name))
		return 0;
	if (!saved || !is_saved(name))
		return ckpt_cannot_save(ctx, "%s, which has been deleted, with the attribute %s",
					ckpt_show_path(path, &shown), name);
	/* The restarter is taken to be who saves. */
	if (is_trusted(name) &&
	    security_capable(ctx->caller_cred, &init_user_ns, CAP_SYS_ADMIN, CAP_OPT_NONE))
		return ckpt_file_fail(ctx, -EPERM, "%s, which has been deleted, has the attribute %s, which the caller could not set; save it as root",
				      ckpt_show_path(path, &shown), name);
	return 0;
}

/**
 * ckpt_check_xattrs - can the extended attributes of a file without a name be saved?
 * @ctx: the call, surveyed
 * @path: the file
 * @saved: ckpt_save_xattrs() will be called; otherwise it must have none
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_xattrs(struct ckpt_ctx *ctx, const struct path *path, bool saved)
{
	struct list list;
	const char *name;
	int err = get_list(ctx, path, &list);

	if (err)
		return err;
	for (name = list.names; !err && name < list.names + list.len; name += strlen(name) + 1)
		err = check_name(ctx, path, name, saved);
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
	size_t len = strlen(value->name), room = value->room - len;
	void *to = value->text + len;

	if (is_acl(value->name))
		value->len = do_get_acl(mnt_idmap(path->mnt), path->dentry, value->name, to, room);
	else
		value->len = __vfs_getxattr(path->dentry, d_inode(path->dentry), value->name, to,
					    room);
	return min_t(ssize_t, value->len, 0);
}

static const struct ckpt_kind ckpt_kind_inode_xattr;

/* As the kernel, to which the users and groups of a list are those of the machine. */
static int save_value(struct ckpt_ctx *ctx, struct file *file, u32 id, struct value *value)
{
	struct ckpt_rec_inode_xattr rec = { .name_len = strlen(value->name) };
	struct ckpt_shown shown;
	int late, err;

	memcpy(value->text, value->name, rec.name_len);
	late = ckpt_ask_as(ctx, &file->f_path, &init_cred, get_value, value, &err);
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
		if (is_saved(value.name))
			err = save_value(ctx, file, id, &value);
	kvfree(value.text);
	kvfree(list.names);
	return err;
}

/* -- validate and restore --------------------------------------------------------- */

static bool is_name(const char *name)
{
	return is_saved(name) && strcmp(name, XATTR_USER_PREFIX) &&
	       strcmp(name, XATTR_TRUSTED_PREFIX);
}

static int xattr_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_inode_xattr *data = item->data;
	char name[XATTR_NAME_MAX + 1] = {};
	bool fits;

	fits = data->name_len <= XATTR_NAME_MAX && data->name_len <= item->count &&
	       item->count - data->name_len <= XATTR_SIZE_MAX;
	if (fits) {
		memcpy(name, item->array, data->name_len);
		fits = strlen(name) == data->name_len && is_name(name);
	}
	return fits ? 0 : ckpt_fail(ctx, -EINVAL, "an extended attribute is malformed");
}

static int set_users(struct file *file, const char *name, const void *value, size_t len)
{
	int err;

	inode_lock(file_inode(file));
	err = __vfs_setxattr_noperm(file_mnt_idmap(file), file->f_path.dentry, name, value, len,
				    XATTR_CREATE);
	inode_unlock(file_inode(file));
	return err;
}

static int set_trusted(struct ckpt_ctx *ctx, struct file *file, const char *name,
		       const void *value, size_t len)
{
	const struct cred *old = ckpt_drop_rights(ctx);
	int err;

	if (IS_ERR(old))
		return PTR_ERR(old);
	err = vfs_setxattr(file_mnt_idmap(file), file->f_path.dentry, name, value, len,
			   XATTR_CREATE);
	ckpt_regain_rights(old);
	return err;
}

/* setxattr(2) knows no users and groups but those of the caller's user namespace. */
static bool can_name_all(const struct posix_acl *acl)
{
	const struct posix_acl_entry *entry, *end;

	FOREACH_ACL_ENTRY(entry, acl, end) {
		if (entry->e_tag == ACL_USER && !kuid_has_mapping(current_user_ns(), entry->e_uid))
			return false;
		if (entry->e_tag == ACL_GROUP &&
		    !kgid_has_mapping(current_user_ns(), entry->e_gid))
			return false;
	}
	return true;
}

static int set_acl(struct file *file, const void *value, size_t len)
{
	struct posix_acl *acl = posix_acl_from_xattr(&init_user_ns, value, len);
	const struct cred *old;
	int err = -EINVAL;

	if (IS_ERR_OR_NULL(acl))
		return acl ? PTR_ERR(acl) : err;
	if (can_name_all(acl)) {
		old = override_creds(file->f_cred);
		err = vfs_set_acl(file_mnt_idmap(file), file->f_path.dentry,
				  XATTR_NAME_POSIX_ACL_ACCESS, acl);
		revert_creds(old);
	}
	posix_acl_release(acl);
	return err;
}

static int set_value(struct ckpt_ctx *ctx, struct file *file, const char *name, const void *value,
		     size_t len)
{
	int err = mnt_want_write(file->f_path.mnt);

	if (err)
		return err;
	if (is_acl(name))
		err = set_acl(file, value, len);
	else if (is_trusted(name))
		err = set_trusted(ctx, file, name, value, len);
	else
		err = set_users(file, name, value, len);
	mnt_drop_write(file->f_path.mnt);
	return err;
}

static int xattr_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_inode_xattr *data = item->data;
	struct ckpt_unlinked *unlinked = ckpt_object(ctx, item->object, &ckpt_class_inode);
	char name[XATTR_NAME_MAX + 1] = {};
	int err;

	if (!unlinked)
		return ckpt_fail(ctx, -EINVAL, "inode object %u was not made", item->object);
	memcpy(name, item->array, data->name_len);
	err = set_value(ctx, unlinked->file, name, item->array + data->name_len,
			item->count - data->name_len);
	return err ? ckpt_fail(ctx, err, "the attribute %s of a deleted file cannot be set (error %d)",
			       name, -err) : 0;
}

static int forget_acl(struct file *file, int type, const char *name)
{
	struct posix_acl *acl = get_inode_acl(file_inode(file), type);

	if (IS_ERR_OR_NULL(acl))
		return acl == ERR_PTR(-EOPNOTSUPP) ? 0 : PTR_ERR(acl);
	posix_acl_release(acl);
	return vfs_remove_acl(file_mnt_idmap(file), file->f_path.dentry, name);
}

/**
 * ckpt_forget_acls - restart: take away what a new file has got from its directory
 * @file: made just now, by who has it open and owns it
 *
 * A directory may have a list for what is made in it, which the file need not have had.
 *
 * Context: may sleep; current_cred() are those of who made it.
 * Return: 0 or negative errno
 */
int ckpt_forget_acls(struct file *file)
{
	int err;

	if (!IS_POSIXACL(file_inode(file)))
		return 0;
	err = mnt_want_write(file->f_path.mnt);
	if (err)
		return err;
	err = forget_acl(file, ACL_TYPE_ACCESS, XATTR_NAME_POSIX_ACL_ACCESS);
	if (!err && S_ISDIR(file_inode(file)->i_mode))
		err = forget_acl(file, ACL_TYPE_DEFAULT, XATTR_NAME_POSIX_ACL_DEFAULT);
	mnt_drop_write(file->f_path.mnt);
	return err;
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
