// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptor tables.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/init_task.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "files.h"
#include "../task/task.h"

/**
 * DOC: descriptor tables
 *
 * Preserved: which number refers to which open file, close-on-exec, files shared
 * between numbers and between processes, tables shared between processes
 * (CLONE_FILES).  In a self checkpoint the descriptors of the image itself are
 * closed in the copy.
 *
 * Rebuilt: the size of the table; the next free number is always the lowest.
 *
 * Refused: a table that somebody outside the tree shares, a thread with another
 * table than its process, numbers beyond what fs.nr_open allows, and those beyond the
 * restarter's hard limit, which prlimit(2) would have to raise for them.
 */

static const struct ckpt_kind ckpt_kind_fdtable;
static const struct ckpt_kind ckpt_kind_task_fdtable;

/* At most what fs.nr_open is by default */
#define FDTABLE_MAX	(1024 * 1024)

/*
 * Each task has a reference and the core holds one for it: what is more is from
 * outside.
 */
static bool table_is_ours(struct ckpt_ctx *ctx, void *arg)
{
	const struct ckpt_seen *seen = arg;
	const struct files_struct *files = seen->ptr;

	return atomic_read(&files->count) <= 2 * seen->refs;
}

static int fdtable_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_seen *seen;
	struct file *file;
	unsigned int fd;
	int err = ckpt_survey_files(ctx);

	if (err)
		return err;
	seen = ckpt_seen(ctx, t->files);
	if (seen->checked)
		return seen->err;
	seen->checked = true;
	if (!ckpt_settle(table_is_ours, ctx, seen))
		seen->err = ckpt_fail(ctx, -EBUSY, "its descriptor table is shared with a process outside the tree (CLONE_FILES); end that first");
	for (fd = 0; (file = ckpt_next_file(ctx, t->files, &fd)); fd++) {
		ctx->files->fd = fd;
		ctx->at.object = fd;
		err = ckpt_check_file(ctx, file);
		fput(file);
		seen->err = seen->err ?: err;
		cond_resched();
	}
	ctx->files->fd = -1;
	ctx->at.object = 0;
	return seen->err;
}

static bool is_cloexec(struct files_struct *files, unsigned int fd)
{
	bool set;

	spin_lock(&files->file_lock);
	set = close_on_exec(fd, files);
	spin_unlock(&files->file_lock);
	return set;
}

static unsigned int count_fds(struct ckpt_ctx *ctx, struct files_struct *files)
{
	unsigned int fd, count = 0;
	struct file *file;

	for (fd = 0; (file = ckpt_next_file(ctx, files, &fd)); fd++) {
		fput(file);
		count++;
	}
	return count;
}

static int save_fds(struct ckpt_ctx *ctx, struct files_struct *files, struct ckpt_fd *fds,
		    unsigned int count)
{
	unsigned int fd, i = 0;
	struct file *file;
	int err = 0;

	for (fd = 0; !err && i < count && (file = ckpt_next_file(ctx, files, &fd)); fd++, i++) {
		ctx->files->fd = fd;
		ctx->at.object = fd;
		fds[i].fd = fd;
		fds[i].flags = is_cloexec(files, fd) ? FD_CLOEXEC : 0;
		err = ckpt_save_file(ctx, file, &fds[i].file);
		fput(file);
		cond_resched();
	}
	ctx->files->fd = -1;
	ctx->at.object = 0;
	return err;
}

static int fdtable_save(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_fdtable rec = { .owner = t->id };
	struct ckpt_task_link link = {};
	struct ckpt_fd *fds;
	unsigned int count;
	int err;

	err = ckpt_object_id(ctx, t->files, CKPT_CLASS_FDTABLE, &link.shared);
	if (err < 0)
		return err;
	if (!err)
		return ckpt_emit(ctx, &ckpt_kind_task_fdtable, t->id, &link, NULL, 0);
	count = count_fds(ctx, t->files);
	fds = kvcalloc(max(count, 1U), sizeof(*fds), GFP_KERNEL_ACCOUNT);
	if (!fds)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a table of %u descriptors", count);
	err = save_fds(ctx, t->files, fds, count);
	if (!err)
		err = ckpt_emit(ctx, &ckpt_kind_fdtable, link.shared, &rec, fds, count);
	kvfree(fds);
	return err;
}

static int fdtable_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	bool beyond = ckpt_capable(ctx, CAP_SYS_RESOURCE);
	const struct ckpt_fd *fds = rec->array;
	s64 last = -1;
	u32 i;
	int err;

	for (i = 0; i < rec->count; last = fds[i++].fd) {
		if (fds[i].fd <= last || fds[i].flags & ~FD_CLOEXEC)
			return ckpt_fail(ctx, -EINVAL, "a descriptor table is malformed at fd %u",
					 fds[i].fd);
		if (fds[i].fd >= sysctl_nr_open ||
		    (fds[i].fd >= rlimit_max(RLIMIT_NOFILE) && !beyond))
			return ckpt_fail(ctx, -EMFILE, "fd %u is beyond the limit (RLIMIT_NOFILE or fs.nr_open)",
					 fds[i].fd);
		err = ckpt_ref(ctx, fds[i].file, CKPT_CLASS_FILE);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* Takes over the reference to @files. */
static void set_current_files(struct files_struct *files)
{
	struct files_struct *old = current->files;

	task_lock(current);
	current->files = files;
	task_unlock(current);
	if (old)
		put_files_struct(old);
}

static int restore_fd(struct ckpt_ctx *ctx, const struct ckpt_fd *fd)
{
	struct file *file = ckpt_object(ctx, fd->file, CKPT_CLASS_FILE);
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "fd %u: its file was not made", fd->fd);
	err = security_file_receive(file);
	if (!err)
		err = fd_install_at(fd->fd, file, fd->flags ? O_CLOEXEC : 0);
	if (err)
		return ckpt_fail(ctx, err, "fd %u: cannot be put in place (error %d)",
				 fd->fd, -err);
	return 0;
}

static int fdtable_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	/* init_files is the table of the kernel's threads and always empty. */
	struct files_struct *files = dup_fd(&init_files, NULL);
	const struct ckpt_fd *fds = rec->array;
	u32 i;
	int err;

	if (IS_ERR(files))
		return ckpt_fail(ctx, PTR_ERR(files), "no memory for a descriptor table");
	set_current_files(files);
	for (i = 0; i < rec->count; i++) {
		err = restore_fd(ctx, &fds[i]);
		if (err)
			return err;
		cond_resched();
	}
	atomic_inc(&files->count);
	return ckpt_set_object(ctx, rec->object, files);
}

CHECKPOINT_KIND(fdtable) = {
	.name		= "fdtable",
	.type		= CKPT_REC_FDTABLE,
	.size		= sizeof(struct ckpt_fdtable),
	CKPT_ARRAY(struct ckpt_fdtable, fds, struct ckpt_fd),
	.max		= FDTABLE_MAX,
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= CKPT_CLASS_FDTABLE,
	.defines	= true,
	.has_owner	= true,
	.required	= true,
	.check		= fdtable_check,
	.save		= fdtable_save,
	.validate	= fdtable_validate,
	.restore	= fdtable_restore,
};

/* -- processes that share a table -------------------------------------------- */

static int task_fdtable_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_task_link *data = rec->data;

	return ckpt_ref(ctx, data->shared, CKPT_CLASS_FDTABLE);
}

static int task_fdtable_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_task_link *data = rec->data;
	struct files_struct *files = ckpt_object(ctx, data->shared, CKPT_CLASS_FDTABLE);

	if (!files)
		return ckpt_fail(ctx, -EINVAL, "the descriptor table to share was not made");
	atomic_inc(&files->count);
	set_current_files(files);
	return 0;
}

CHECKPOINT_KIND(task_fdtable) = {
	.name		= "task_fdtable",
	.type		= CKPT_REC_TASK_FDTABLE,
	.size		= sizeof(struct ckpt_task_link),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= CKPT_CLASS_TASK,
	.stands_for	= CKPT_REC_FDTABLE,
	.validate	= task_fdtable_validate,
	.restore	= task_fdtable_restore,
};

/* -- threads ------------------------------------------------------------------ */

static int thread_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (t->files == t->leader->files && t->fs == t->leader->fs)
		return 0;
	return ckpt_fail(ctx, -EOPNOTSUPP, "is a thread with %s of its own, which cannot be saved yet; end it first",
			 t->files != t->leader->files ? "a descriptor table" :
			 "a working directory");
}

CHECKPOINT_KIND(thread_files) = {
	.name		= "thread_files",
	.scope		= CKPT_SCOPE_THREAD,
	.check		= thread_check,
};
