// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: root and working directory, umask.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs_struct.h>
#include <linux/path.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include "files.h"

/**
 * DOC: root and working directory
 *
 * Preserved: working directory, umask, a root directory other than the root
 * task's, and which processes share them (CLONE_FS); threads that have others than
 * their process.
 *
 * Rebuilt: the root task's root directory is the restarter's.
 *
 * Refused: directories that cannot be reached; sharing with a process outside.
 * restart() makes the checks of chdir(2) and chroot(2).
 */

static const struct ckpt_kind ckpt_kind_task_fs;

static void put_fs(void *ptr)
{
	struct fs_struct *fs = ptr;
	int kill;

	spin_lock(&fs->lock);
	kill = !--fs->users;
	spin_unlock(&fs->lock);
	if (kill)
		free_fs_struct(fs);
}

static const struct ckpt_class ckpt_class_fs = {
	.name	= "fs",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_fs,
};

/* As with descriptor tables: a reference each for the task and for the core */
static bool fs_is_ours(struct ckpt_ctx *ctx, void *arg)
{
	const struct ckpt_seen *seen = arg;
	const struct fs_struct *fs = seen->ptr;

	return READ_ONCE(fs->users) <= 2 * seen->refs;
}

static bool has_own_root(struct ckpt_ctx *ctx, struct fs_struct *fs)
{
	return !path_equal(&fs->root, &ctx->root_path);
}

static int check_directory(struct ckpt_ctx *ctx, enum ckpt_place place, const struct path *path,
			   const struct cred *cred)
{
	struct ckpt_same *same = ckpt_same_directory(ctx, path, cred);

	if (!same)
		return -ENOMEM;
	if (same->checked)
		return same->err;
	same->checked = true;
	ckpt_files(ctx)->place = place;
	same->err = ckpt_check_place(ctx, path, cred) ?: ckpt_check_enter(ctx, path, cred);
	ckpt_files(ctx)->place = CKPT_PLACE_MEMORY;
	return same->err;
}

static bool has_fs(struct task_struct *task, const void *fs)
{
	return task->fs == fs;
}

static int fs_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct cred *cred;
	struct ckpt_seen *seen;
	int err = ckpt_survey_files(ctx);

	if (err)
		return err;
	seen = ckpt_seen_find(ctx, t->fs);
	if (seen->checked)
		return seen->err;
	seen->checked = true;
	cred = get_task_cred(ckpt_living_task(t));
	if (!ckpt_settle(fs_is_ours, ctx, seen))
		seen->err = ckpt_fail_shared(ctx, has_fs, t->fs, "working directory is",
					     "CLONE_FS");
	err = check_directory(ctx, CKPT_PLACE_CWD, &t->fs->pwd, cred);
	seen->err = seen->err ?: err;
	if (!ckpt_expired(ctx) && has_own_root(ctx, t->fs))
		err = check_directory(ctx, CKPT_PLACE_ROOT, &t->fs->root, cred);
	seen->err = seen->err ?: err;
	put_cred(cred);
	return seen->err;
}

static int fs_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		   struct ckpt_task *t)
{
	struct ckpt_rec_fs rec = { .owner = t->id, .umask = t->fs->umask };
	struct ckpt_rec_task_fs link = {};
	const struct cred *cred;
	int err;

	err = ckpt_object_id(ctx, t->fs, &ckpt_class_fs, &link.fs);
	if (err < 0)
		return err;
	if (!err)
		return ckpt_emit(ctx, &ckpt_kind_task_fs, t->id, &link, NULL, 0);
	cred = get_task_cred(ckpt_living_task(t));
	err = ckpt_save_path(ctx, &t->fs->pwd, cred, &rec.cwd);
	if (!err && has_own_root(ctx, t->fs))
		err = ckpt_save_path(ctx, &t->fs->root, cred, &rec.root);
	put_cred(cred);
	return err ?: ckpt_emit(ctx, kind, link.fs, &rec, NULL, 0);
}

static int fs_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_fs *data = item->data;

	if (ckpt_defining_type(ctx, data->cwd) == CKPT_REC_FILE_OUTSIDE ||
	    (data->root && ckpt_defining_type(ctx, data->root) == CKPT_REC_FILE_OUTSIDE))
		return ckpt_fail(ctx, -EINVAL, "a root or working directory was outside");
	if (data->umask & ~0777)
		return ckpt_fail(ctx, -EINVAL, "umask %#o is out of range", data->umask);
	if (data->root && !ckpt_caller_capable(ctx, CAP_SYS_CHROOT))
		return ckpt_fail(ctx, -EPERM, "the program's own root directory needs CAP_SYS_CHROOT");
	return 0;
}

/* The directory of a file object, if who opened it may change to it */
static const struct path *directory_of(struct ckpt_ctx *ctx, u32 id)
{
	struct file *file = ckpt_object(ctx, id, &ckpt_class_file);
	struct ckpt_shown shown;
	const struct cred *old;
	int err;

	if (!file)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "directory object %u was not made", id));
	if (!d_can_lookup(file->f_path.dentry))
		return ERR_PTR(ckpt_fail(ctx, -ENOTDIR, "%s is no directory to work in",
					 ckpt_show_file(file, &shown)));
	old = override_creds(file->f_cred);
	err = path_permission(&file->f_path, MAY_EXEC | MAY_CHDIR);
	revert_creds(old);
	if (err)
		return ERR_PTR(ckpt_fail(ctx, err, "%s may not be worked in (error %d)",
					 ckpt_show_file(file, &shown), -err));
	return &file->f_path;
}

static int restore_root(struct ckpt_ctx *ctx, u32 id)
{
	const struct path *path = directory_of(ctx, id);
	int err;

	if (IS_ERR(path))
		return PTR_ERR(path);
	err = security_path_chroot(path);
	if (err)
		return ckpt_fail(ctx, err, "the root directory may not be changed");
	set_fs_root(current->fs, path);
	return 0;
}

static void get_fs(struct fs_struct *fs)
{
	spin_lock(&fs->lock);
	fs->users++;
	spin_unlock(&fs->lock);
}

static int fs_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_fs *data = item->data;
	const struct path *cwd = directory_of(ctx, data->cwd);
	int err;

	if (IS_ERR(cwd))
		return PTR_ERR(cwd);
	if (current->fs->users > 1) {
		err = unshare_fs_struct();
		if (err)
			return ckpt_fail(ctx, err, "no memory for a working directory");
	}
	set_fs_pwd(current->fs, cwd);
	if (data->root) {
		err = restore_root(ctx, data->root);
		if (err)
			return err;
	}
	current->fs->umask = data->umask;
	get_fs(current->fs);
	return ckpt_set_object(ctx, item->object, current->fs);
}

CHECKPOINT_KIND(fs) = {
	.name		= "fs",
	.type		= CKPT_REC_FS,
	.size		= sizeof(struct ckpt_rec_fs),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= &ckpt_class_fs,
	.defines	= true,
	.has_owner	= true,
	.of_thread	= true,
	.required	= true,
	.waits		= true,
	.check		= fs_check,
	.save		= fs_save,
	.validate	= fs_validate,
	.restore	= fs_restore,
};

/* -- processes that share ------------------------------------------------------ */

static int task_fs_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task_fs *data = item->data;
	struct fs_struct *fs = ckpt_object(ctx, data->fs, &ckpt_class_fs);

	if (!fs)
		return ckpt_fail(ctx, -EINVAL, "the working directory to share was not made");
	get_fs(fs);
	exit_fs(current);
	task_lock(current);
	current->fs = fs;
	task_unlock(current);
	return 0;
}

CHECKPOINT_KIND(task_fs) = {
	.name		= "task_fs",
	.type		= CKPT_REC_TASK_FS,
	.size		= sizeof(struct ckpt_rec_task_fs),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= &ckpt_class_task,
	.of_thread	= true,
	.stands_for	= CKPT_REC_FS,
	.restore	= task_fs_restore,
};

/* -- threads that have not what their process has ------------------------------ */

static int thread_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return t->fs == t->leader->fs ? 0 : fs_check(ctx, t);
}

/* Behind those of all processes, see files/fdtable.c. */
static int thread_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return t->fs == t->leader->fs ? 0 : fs_save(ctx, &ckpt_kind_fs, t);
}

CHECKPOINT_KIND(thread_fs) = {
	.name		= "thread_fs",
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_THREAD,
	.waits		= true,
	.check		= thread_check,
	.save		= thread_save,
};
