// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: open files of /proc/PID, see DOC: files of proc, sysfs and control
 * groups.
 *
 * They can be opened only when their process is there, and be judged only when it has its
 * credentials.  But who has them, a descriptor table above all, comes earlier.  So a file is
 * made three times: as a struct file that leads to nothing, as the file, and as one that its
 * user may open.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "../../../fs/internal.h"
#include "../../../fs/proc/internal.h"
#include "pseudo.h"

/* -- check and save ----------------------------------------------------------------- */

static bool proc_pid_match(struct ckpt_ctx *ctx, void *ptr)
{
	const struct file *file = ptr;

	return ckpt_is_pseudo_file(file) && ckpt_pseudo_pid(file->f_path.dentry) &&
	       !ckpt_shows_memory(file);
}

/* What in a mount of proc is against finding the same process there again? */
static const char *mount_obstacle(const struct super_block *sb, const struct pid_namespace *ns)
{
	const struct proc_fs_info *info = proc_sb_info((struct super_block *)sb);

	if (info->pid_ns != ns)
		return "on a /proc of another pid namespace";
	if (info->hide_pid != HIDEPID_OFF)
		return "on a /proc mounted with hidepid=, which wants the right to trace";
	return NULL;
}

static int check_process(struct ckpt_ctx *ctx, struct file *file, struct task_struct *task)
{
	const char *what = mount_obstacle(file_inode(file)->i_sb, ckpt_outer_pid_ns(ctx));
	struct ckpt_shown shown;

	ckpt_show_file(file, &shown);
	if (!task)
		return ckpt_cannot_save(ctx, "%s, a file of a process that is gone,", shown.text);
	if (!ckpt_find_task(ctx, task))
		return ckpt_file_fail(ctx, -EBUSY, "%s is of a process outside the tree; close it first or save a larger tree",
				      shown.text);
	if (!what && proc_pid(file_inode(file)) != ckpt_pseudo_pid(file->f_path.dentry))
		what = "a file of its network namespace";
	return what ? ckpt_cannot_save(ctx, "%s, %s,", shown.text, what) : 0;
}

/**
 * ckpt_check_proc_pid - can a file of /proc/PID be opened again?
 * @ctx: the call, surveyed
 * @file: the file
 * @task: the process or thread that it is about, NULL if that is gone
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_proc_pid(struct ckpt_ctx *ctx, struct file *file, struct task_struct *task)
{
	return check_process(ctx, file, task) ?: ckpt_check_pseudo(ctx, file, task);
}

static int proc_pid_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct pid *pid = ckpt_pseudo_pid(file->f_path.dentry);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	int err = ckpt_check_proc_pid(ctx, file, task);

	if (task)
		put_task_struct(task);
	return err;
}

static const struct ckpt_kind ckpt_kind_file_proc_check;

/**
 * ckpt_save_proc_pid - append the records that make a file of /proc/PID
 * @ctx: the call
 * @kind: of the one that defines it
 * @file: the file
 * @id: its object id
 * @asker: with CKPT_REC_FILE_PROC_MEMORY: object id of who asks for the right
 * @flags: CKPT_PSEUDO_* beside what the file says itself
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_proc_pid(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
		       u32 id, u32 asker, u32 flags)
{
	struct pid *pid = ckpt_pseudo_pid(file->f_path.dentry);
	struct ckpt_pseudo_state state;
	struct ckpt_rec_file_proc_pid rec = {
		.open_flags = ckpt_file_flags(file) & PSEUDO_OPEN_FLAGS,
		.mode = file_inode(file)->i_mode & S_IFMT,
		.reserved = asker,
	};
	struct ckpt_rec_file_proc_check later = {};
	int err = ckpt_save_object(ctx, &ckpt_class_pid, pid, &rec.pid);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	ckpt_get_pseudo_state(file, &state);
	rec.position = state.position;
	rec.index = state.index;
	rec.flags = state.flags | flags;
	if (!err)
		err = ckpt_emit_pseudo(ctx, kind, file, &rec, id);
	if (!err)
		err = ckpt_emit(ctx, &ckpt_kind_file_proc_check, id, &later, NULL, 0);
	return err ?: ckpt_emit_event(ctx, id, &state);
}

static int proc_pid_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	return ckpt_save_proc_pid(ctx, kind, ptr, id, 0, 0);
}

/* -- validate and restore -------------------------------------------------------------- */

/* What the records of both kinds have, in the same places */
#define SAME_PLACE(member, other)						\
	static_assert(offsetof(struct ckpt_rec_file_proc_pid, member) ==		\
		      offsetof(struct ckpt_rec_file_proc_memory, other))

SAME_PLACE(open_flags, open_flags);
SAME_PLACE(cred, cred);
SAME_PLACE(mode, mode);
SAME_PLACE(flags, flags);
SAME_PLACE(position, position);
SAME_PLACE(index, index);
SAME_PLACE(pid, pid);
SAME_PLACE(reserved, asker);
SAME_PLACE(path, path);
static_assert(sizeof(struct ckpt_rec_file_proc_pid) == sizeof(struct ckpt_rec_file_proc_memory));

static bool is_of_memory(const struct ckpt_item *item)
{
	return item->kind->type == CKPT_REC_FILE_PROC_MEMORY;
}

static struct ckpt_pseudo_state proc_pid_state(const struct ckpt_rec_file_proc_pid *data)
{
	return (struct ckpt_pseudo_state) {
		.position = data->position, .index = data->index, .flags = data->flags,
	};
}

/**
 * ckpt_validate_proc_pid - validate: the record of a file of /proc/PID
 * @ctx: the call
 * @item: the record
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_validate_proc_pid(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_proc_pid *data = item->data;
	struct ckpt_pseudo_state state = proc_pid_state(data);

	if (!data->pid)
		return ckpt_fail(ctx, -EINVAL, "a file of /proc/PID does not say whose it is");
	return ckpt_validate_pseudo(ctx, item, data->open_flags, data->mode, &state);
}

/**
 * ckpt_restore_proc_pid - restart: what stands for a file of /proc/PID
 * @ctx: the call
 * @item: the file's record
 *
 * Before there are tasks: the root directory, opened with O_PATH, for which nobody needs a
 * right, and which nothing can be done with.
 *
 * Return: the file, ERR_PTR() (reported)
 */
void *ckpt_restore_proc_pid(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_proc_pid *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred);
	struct file *file;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	if (!ckpt_has_record(ctx, item->object, CKPT_REC_FILE_LATE) ||
	    !ckpt_has_record(ctx, item->object, CKPT_REC_FILE_PROC_CHECK))
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "a file of /proc/PID lacks records"));
	file = dentry_open(&ctx->root_path, O_PATH, cred);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "no memory for a file");
	else
		file->private_data = item;
	return file;
}

/* -- when the tasks are there ------------------------------------------------------------ */

/**
 * ckpt_open_in_place - restart: open a file of /proc/PID
 * @opening: what stands for it, and what to open
 *
 * The same struct file becomes another one: descriptors and whoever else has it keep it.
 * Nobody uses it, as the tasks that have it do not run and nobody may look into them.
 *
 * Context: may sleep.
 * Return: 0 or negative errno; then it stands for it still
 */
int ckpt_open_in_place(const struct ckpt_opening *opening)
{
	struct file *file = opening->file;
	struct path before = file->f_path;
	u32 before_flags = file->f_flags;
	const struct cred *old;
	int err;

	file->private_data = NULL;
	file->f_flags = opening->flags;
	file->f_mode = OPEN_FMODE(opening->flags);
	old = override_creds(file->f_cred);
	err = vfs_open(&opening->path, file);
	if (err) {
		file->f_flags = before_flags;
		WARN_ON_ONCE(vfs_open(&before, file));
	}
	revert_creds(old);
	path_put(&before);
	return err;
}

/* The file itself, of the process itself, whatever the image says its path is */
static int find_file(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct path *path)
{
	const struct ckpt_rec_file_proc_pid *data = item->data;
	const struct pid *pid = ckpt_object(ctx, data->pid, &ckpt_class_pid);
	char *name = ckpt_name_here(ctx, item);
	const char *what = NULL;
	struct ckpt_shown shown;
	int err;

	if (!name)
		return -ENOMEM;
	err = vfs_path_lookup(ctx->root_path.dentry, ctx->root_path.mnt, name,
			      LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS, path);
	kfree(name);
	ckpt_show_name(item, &shown);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be found (error %d); /proc must be mounted in the pid namespace of the tree",
				 shown.text, -err);
	if (path->dentry->d_sb->s_magic != PROC_SUPER_MAGIC)
		what = "no file of proc";
	else
		what = mount_obstacle(path->dentry->d_sb, ckpt_roots_pid_ns(ctx));
	if (!what && (proc_pid(d_inode(path->dentry)) != ckpt_pseudo_pid(path->dentry) ||
		      ckpt_pseudo_pid(path->dentry) != pid))
		what = "a file of another process";
	if (!what && (d_inode(path->dentry)->i_mode & S_IFMT) != data->mode)
		what = "another type of file";
	if (!what)
		return 0;
	path_put(path);
	return ckpt_fail(ctx, -ESTALE, "%s is %s", shown.text, what);
}

static int open_it(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		   const struct ckpt_opening *opening)
{
	struct ckpt_shown shown;
	int err;

	if (is_of_memory(item)) {
		err = ckpt_open_memory(ctx, item, opening);
		if (err)
			return err;
	} else {
		err = ckpt_open_in_place(opening);
		if (err)
			return ckpt_fail(ctx, err, "%s cannot be opened (error %d)",
					 ckpt_show_name(item, &shown), -err);
	}
	if (ckpt_shows_memory(opening->file) != is_of_memory(item))
		return ckpt_fail(ctx, -EINVAL, "%s %s, which its record denies",
				 ckpt_show_name(item, &shown),
				 is_of_memory(item) ? "shows no memory" : "shows memory");
	return 0;
}

/**
 * ckpt_open_late - restart: open a file of /proc/PID, whose process is there now
 * @ctx: the call
 * @file: what stands for it since CKPT_STAGE_FILE, defined by CKPT_REC_FILE_PROC_PID or
 *	CKPT_REC_FILE_PROC_MEMORY
 *
 * As the restarter, who made the process, or as that itself: it may not have its own
 * credentials yet.  CKPT_REC_FILE_PROC_CHECK asks for the file's user when it has.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_open_late(struct ckpt_ctx *ctx, struct file *file)
{
	const struct ckpt_item *item = file->private_data;
	const struct ckpt_rec_file_proc_pid *data = item->data;
	struct ckpt_opening opening = { .file = file, .flags = data->open_flags };
	struct ckpt_pseudo_state state = proc_pid_state(data);
	struct task_struct *task;
	struct ckpt_shown shown;
	int err = find_file(ctx, item, &opening.path);

	if (err)
		return err;
	err = open_it(ctx, item, &opening);
	path_put(&opening.path);
	if (err)
		return err;
	task = get_pid_task(proc_pid(file_inode(file)), PIDTYPE_PID);
	if (!task)
		return ckpt_fail(ctx, -ESRCH, "%s lost its process", ckpt_show_name(item, &shown));
	err = ckpt_restore_pseudo(ctx, item, file, task, &state);
	put_task_struct(task);
	return err;
}

/* As path walk, may_open() and do_open() ask */
static int may_open_now(struct ckpt_ctx *ctx, struct file *file, const char *name)
{
	int err, mask = MAY_OPEN;
	struct path path;

	if (file->f_mode & FMODE_READ)
		mask |= MAY_READ;
	if (file->f_mode & FMODE_WRITE)
		mask |= MAY_WRITE;
	if ((file->f_flags & O_ACCMODE) == O_ACCMODE)
		mask |= MAY_READ | MAY_WRITE;
	err = vfs_path_lookup(ctx->root_path.dentry, ctx->root_path.mnt, name,
			      LOOKUP_NO_SYMLINKS, &path);
	if (err)
		return err;
	if (d_inode(path.dentry) != file_inode(file))
		err = -ESTALE;
	if (!err)
		err = inode_permission(file_mnt_idmap(file), file_inode(file), mask);
	if (!err && file->f_flags & O_NOATIME && !file_owner_or_capable(file))
		err = -EPERM;
	path_put(&path);
	return err ?: security_file_post_open(file, mask) ?: security_file_receive(file);
}

static int proc_check_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (!ckpt_is_late_file(ckpt_defining_type(ctx, item->object)))
		return ckpt_fail(ctx, -EINVAL, "a file that is none of /proc/PID is to be checked as one");
	return 0;
}

static int ask_for_name(struct ckpt_ctx *ctx, struct file *file)
{
	char *buf = __getname(), *name;
	struct ckpt_shown shown;
	const struct cred *old;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	name = __d_path(&file->f_path, &ctx->root_path, buf, PATH_MAX);
	err = name ? PTR_ERR_OR_ZERO(name) : -ENOENT;
	if (!err) {
		old = override_creds(file->f_cred);
		err = may_open_now(ctx, file, name);
		revert_creds(old);
	}
	__putname(buf);
	return err ? ckpt_fail(ctx, err, "%s may not be opened by its user (error %d)",
			       ckpt_show_file(file, &shown), -err) : 0;
}

/* Now its process has the credentials that decide who owns the file. */
static int proc_check_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);

	return ask_for_name(ctx, file) ?: ckpt_ask_for_memory(ctx, item->object, file);
}

CHECKPOINT_KIND(file_proc_pid) = {
	.name		= "file_proc_pid",
	.type		= CKPT_REC_FILE_PROC_PID,
	.size		= sizeof(struct ckpt_rec_file_proc_pid),
	CKPT_ARRAY(struct ckpt_rec_file_proc_pid, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_FILE,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= proc_pid_match,
	.check_object	= proc_pid_check,
	.save_object	= proc_pid_save,
	.validate	= ckpt_validate_proc_pid,
	.restore_object	= ckpt_restore_proc_pid,
};

CHECKPOINT_KIND(file_proc_check) = {
	.name		= "file_proc_check",
	.type		= CKPT_REC_FILE_PROC_CHECK,
	.size		= sizeof(struct ckpt_rec_file_proc_check),
	.stage		= CKPT_STAGE_REGS,
	.class		= &ckpt_class_file,
	.validate	= proc_check_validate,
	.restore	= proc_check_restore,
};
