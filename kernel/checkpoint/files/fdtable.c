// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptor tables.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/init_task.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/shmem_fs.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "files.h"

/**
 * DOC: descriptor tables
 *
 * Preserved: which number refers to which open file, close-on-exec, files shared
 * between numbers and between processes, tables shared between processes (CLONE_FILES),
 * threads that have another table than their process, the size of a table, which never
 * shrinks.  In a self checkpoint the descriptors of the image itself are closed in the copy.
 *
 * Rebuilt: the next free number is always the lowest.
 *
 * Refused: a table that somebody outside the tree shares, numbers beyond what fs.nr_open
 * allows, and those beyond the restarter's hard limit, which prlimit(2) would have to raise
 * for them.
 */

static const struct ckpt_kind ckpt_kind_task_fdtable;

static void put_table(void *ptr)
{
	put_files_struct(ptr);
}

const struct ckpt_class ckpt_class_fdtable = {
	.name	= "fdtable",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_table,
};

/* At most what fs.nr_open is by default */
#define FDTABLE_MAX	(1024 * 1024)

/*
 * With a reference: should the tree be let go while its file system does not answer, the
 * program may close it.
 */
static struct file *get_open(struct ckpt_ctx *ctx, struct ckpt_task *t,
			     const struct ckpt_open *at)
{
	struct file *file = fget_task(ckpt_living_task(t), at->fd);

	if (file && file == at->file->ptr)
		return file;
	if (file)
		fput(file);
	ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint, or its descriptors have changed");
	return NULL;
}

static int check_fd(struct ckpt_ctx *ctx, struct ckpt_task *t, const struct ckpt_open *at)
{
	struct file *file = get_open(ctx, t, at);
	int err;

	if (!file)
		return -ESRCH;
	ckpt_look_at_fd(ctx, at);
	err = ckpt_check_object(ctx, &ckpt_class_file, file);
	fput(file);
	return err;
}

static bool has_table(struct task_struct *task, const void *files)
{
	return task->files == files;
}

static int fdtable_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_seen *seen;
	int err = ckpt_survey_files(ctx);
	u32 i;

	if (err)
		return err;
	seen = ckpt_seen_find(ctx, t->files);
	if (seen->checked)
		return seen->err;
	seen->checked = true;
	if (seen->shared)
		seen->err = ckpt_fail_shared(ctx, has_table, t->files, "descriptor table is",
					     "CLONE_FILES");
	for (i = 0; !ckpt_expired(ctx) && i < seen->nr_fds; i++) {
		err = check_fd(ctx, t, &seen->fds[i]);
		seen->err = seen->err ?: err;
		ckpt_progress(ctx);
		cond_resched();
	}
	ckpt_look_at_fd(ctx, NULL);
	return seen->err;
}

static int save_fds(struct ckpt_ctx *ctx, struct ckpt_task *t, const struct ckpt_seen *seen,
		    struct ckpt_rec_fd *fds)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < seen->nr_fds; i++) {
		const struct ckpt_open *from = &seen->fds[i];
		struct file *file = get_open(ctx, t, from);

		if (!file)
			return -ESRCH;
		ckpt_look_at_fd(ctx, from);
		fds[i].fd = from->fd;
		fds[i].flags = from->flags;
		err = ckpt_save_object(ctx, &ckpt_class_file, file, &fds[i].file);
		ckpt_progress(ctx);
		fput(file);
		cond_resched();
	}
	ckpt_look_at_fd(ctx, NULL);
	return err;
}

static u32 room_of(struct files_struct *files)
{
	unsigned int max_fds;

	rcu_read_lock();
	max_fds = files_fdtable(files)->max_fds;
	rcu_read_unlock();
	return max_fds > NR_OPEN_DEFAULT ? max_fds : 0;
}

static int fdtable_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			struct ckpt_task *t)
{
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, t->files);
	struct ckpt_rec_fdtable rec = { .owner = t->id };
	struct ckpt_rec_task_fdtable link = {};
	struct ckpt_rec_fd *fds;
	int err;

	err = ckpt_object_id(ctx, t->files, &ckpt_class_fdtable, &link.fdtable);
	if (err < 0)
		return err;
	if (!err)
		return ckpt_emit(ctx, &ckpt_kind_task_fdtable, t->id, &link, NULL, 0);
	fds = kvcalloc(max(seen->nr_fds, 1U), sizeof(*fds), GFP_KERNEL_ACCOUNT);
	if (!fds)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a table of %u descriptors",
				 seen->nr_fds);
	rec.size = room_of(t->files);
	err = save_fds(ctx, t, seen, fds);
	if (!err)
		err = ckpt_emit(ctx, kind, link.fdtable, &rec, fds, seen->nr_fds);
	kvfree(fds);
	return err;
}

static int fdtable_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	bool beyond = ckpt_capable(ctx, CAP_SYS_RESOURCE);
	const struct ckpt_rec_fdtable *data = item->data;
	const struct ckpt_rec_fd *fds = item->array;
	s64 last = -1;
	u32 i;

	if (data->size > INT_MAX || data->size % BITS_PER_LONG)
		return ckpt_fail(ctx, -EINVAL, "%u is no size of a descriptor table", data->size);
	for (i = 0; i < item->count; last = fds[i++].fd) {
		if (fds[i].fd <= last || fds[i].flags & ~FD_CLOEXEC)
			return ckpt_fail(ctx, -EINVAL, "a descriptor table is malformed at fd %u",
					 fds[i].fd);
		if (fds[i].fd >= sysctl_nr_open ||
		    (fds[i].fd >= rlimit_max(RLIMIT_NOFILE) && !beyond))
			return ckpt_fail(ctx, -EMFILE, "fd %u is beyond the limit (RLIMIT_NOFILE or fs.nr_open)",
					 fds[i].fd);
		if (ckpt_defining_type(ctx, fds[i].file) == CKPT_REC_FILE_AIO)
			return ckpt_fail(ctx, -EINVAL, "fd %u is the ring of an AIO context, which has none",
					 fds[i].fd);
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

/*
 * No system call gives a descriptor of a System V segment or an anonymous area: it would
 * change the size of what others have mapped.  /proc/PID/map_files does, with this right.
 */
static bool may_have(const struct ckpt_ctx *ctx, const struct file *file)
{
	if (!shmem_mapping(file->f_mapping) || !IS_PRIVATE(file_inode(file)))
		return true;
	return !ckpt_ceiling(ctx) && ckpt_may_choose_for_all(ctx, &init_user_ns);
}

static int restore_fd(struct ckpt_ctx *ctx, const struct ckpt_rec_fd *fd)
{
	struct file *file = ckpt_object(ctx, fd->file, &ckpt_class_file);
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "fd %u: its file was not made", fd->fd);
	if (!may_have(ctx, file))
		return ckpt_fail(ctx, -EPERM, "fd %u: a descriptor of memory that has none needs CAP_CHECKPOINT_RESTORE",
				 fd->fd);
	err = security_file_receive(file);
	if (!err)
		err = fd_install_at(fd->fd, file, fd->flags ? O_CLOEXEC : 0);
	if (err)
		return ckpt_fail(ctx, err, "fd %u: cannot be put in place (error %d)",
				 fd->fd, -err);
	return 0;
}

/*
 * Tables double, so half of the room was once not enough: that number must be within the
 * restarter's limit.  A file comes and goes in the last place; nobody else knows the table
 * yet, so nobody has to be waited for.
 */
static int restore_room(struct ckpt_ctx *ctx, unsigned int size)
{
	int err;

	if (size <= NR_OPEN_DEFAULT)
		return 0;
	if (size > sysctl_nr_open || (size / 2 >= rlimit_max(RLIMIT_NOFILE) &&
				      !ckpt_capable(ctx, CAP_SYS_RESOURCE))) {
		ckpt_note(ctx, "its descriptor table has less room than %u (RLIMIT_NOFILE or fs.nr_open)",
			  size);
		return 0;
	}
	err = fd_install_at(size - 1, ctx->image_file, O_CLOEXEC);
	if (err)
		return ckpt_fail(ctx, err, "no memory for a table of %u descriptors", size);
	__fput_sync(file_close_fd(size - 1));
	return 0;
}

static int fdtable_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	/* init_files is the table of the kernel's threads and always empty. */
	struct files_struct *files = dup_fd(&init_files, NULL);
	const struct ckpt_rec_fdtable *data = item->data;
	const struct ckpt_rec_fd *fds = item->array;
	u32 i;
	int err;

	if (IS_ERR(files))
		return ckpt_fail(ctx, PTR_ERR(files), "no memory for a descriptor table");
	set_current_files(files);
	err = restore_room(ctx, data->size);
	if (err)
		return err;
	for (i = 0; i < item->count; i++) {
		err = restore_fd(ctx, &fds[i]);
		if (err)
			return err;
		cond_resched();
	}
	atomic_inc(&files->count);
	return ckpt_set_object(ctx, item->object, files);
}

CHECKPOINT_KIND(fdtable) = {
	.name		= "fdtable",
	.type		= CKPT_REC_FDTABLE,
	.size		= sizeof(struct ckpt_rec_fdtable),
	CKPT_ARRAY(struct ckpt_rec_fdtable, fds, struct ckpt_rec_fd),
	.max		= FDTABLE_MAX,
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= &ckpt_class_fdtable,
	.defines	= true,
	.has_owner	= true,
	.of_thread	= true,
	.required	= true,
	.waits		= true,
	.check		= fdtable_check,
	.save		= fdtable_save,
	.validate	= fdtable_validate,
	.restore	= fdtable_restore,
};

/* -- processes that share a table -------------------------------------------- */

static int task_fdtable_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_task_fdtable *data = item->data;
	struct files_struct *files = ckpt_object(ctx, data->fdtable, &ckpt_class_fdtable);

	if (!files)
		return ckpt_fail(ctx, -EINVAL, "the descriptor table to share was not made");
	atomic_inc(&files->count);
	set_current_files(files);
	return 0;
}

CHECKPOINT_KIND(task_fdtable) = {
	.name		= "task_fdtable",
	.type		= CKPT_REC_TASK_FDTABLE,
	.size		= sizeof(struct ckpt_rec_task_fdtable),
	.scope		= CKPT_SCOPE_PROCESS,
	.stage		= CKPT_STAGE_FILES,
	.class		= &ckpt_class_task,
	.of_thread	= true,
	.stands_for	= CKPT_REC_FDTABLE,
	.restore	= task_fdtable_restore,
};

/* -- threads that have not what their process has ------------------------------ */

static int thread_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return t->files == t->leader->files ? 0 : fdtable_check(ctx, t);
}

/* Behind those of all processes: one of them may share it, and is made before any thread. */
static int thread_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return t->files == t->leader->files ? 0 : fdtable_save(ctx, &ckpt_kind_fdtable, t);
}

CHECKPOINT_KIND(thread_fdtable) = {
	.name		= "thread_fdtable",
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_THREAD,
	.waits		= true,
	.check		= thread_check,
	.save		= thread_save,
};
