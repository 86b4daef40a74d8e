// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: open files of /proc/PID that show the memory of a process.
 *
 * They hold the address space from the open on, and whoever has them may read it, and write
 * it, whatever becomes of the right to trace.  So a restart opens them as the process itself,
 * which may always look into itself, and asks for the right by opening them once more, as one
 * who has them and with the credentials of who opened them.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fdtable.h>
#include <linux/magic.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include "../../../fs/proc/internal.h"
#include "pseudo.h"

/**
 * DOC: files that show the memory of a process
 *
 * mem, maps, smaps, smaps_rollup, numa_maps, pagemap, environ and auxv of /proc/PID.
 *
 * Preserved: path, access mode and flags, the position, also between two areas.  What they say
 * is of now.  One that was opened before its process executed another program, or exited, reads
 * as empty, and so it does again.
 *
 * Rebuilt: that its user may open it.  restart() asks what open(2) asks, the right to trace
 * above all, when all have their credentials: of who opened it, as one of those who have it.
 *
 * Refused: what shows memory that its process has left and others still use; the auxiliary
 * vector of a program that is gone; what its user could not open again; what is only under way
 * to a unix socket; files of maps that are read in part; besides what is refused of other
 * files of /proc/PID.
 */

/* -- what it is --------------------------------------------------------------------- */

static bool is_seq_of_areas(const struct file_operations *f_op)
{
	if (f_op == &proc_pid_maps_operations)
		return true;
	if (IS_ENABLED(CONFIG_PROC_PAGE_MONITOR) &&
	    (f_op == &proc_pid_smaps_operations || f_op == &proc_pid_smaps_rollup_operations))
		return true;
	return IS_ENABLED(CONFIG_NUMA) && f_op == &proc_pid_numa_maps_operations;
}

/* Their operations are private to fs/proc/base.c; nothing else there has such a name. */
static bool is_named_so(const struct file *file)
{
	static const char * const names[] = { "mem", "environ", "auxv" };
	const struct inode *inode = file_inode(file);

	if (PDE(inode) || PROC_I(inode)->sysctl || !file->f_op->release)
		return false;
	return match_string(names, ARRAY_SIZE(names), file->f_path.dentry->d_name.name) >= 0;
}

/* Where an open file has its memory; NULL if it is no file that has any */
static struct mm_struct **memory_of(const struct file *file)
{
	const struct file_operations *f_op = file->f_op;

	if (file_inode(file)->i_sb->s_magic != PROC_SUPER_MAGIC || file->f_mode & FMODE_PATH ||
	    !S_ISREG(file_inode(file)->i_mode))
		return NULL;
	if (is_seq_of_areas(f_op)) {
		const struct seq_file *m = file->private_data;
		struct proc_maps_private *priv = m->private;

		return &priv->mm;
	}
	if ((IS_ENABLED(CONFIG_PROC_PAGE_MONITOR) && f_op == &proc_pagemap_operations) ||
	    is_named_so(file))
		return (struct mm_struct **)&file->private_data;
	return NULL;
}

/**
 * ckpt_shows_memory - is it a file that holds the memory of a process since it was opened?
 * @file: an open file
 *
 * Return: true of mem, maps, environ and the like
 */
bool ckpt_shows_memory(const struct file *file)
{
	return memory_of(file);
}

/* The program whose memory it was is gone: nothing can be read any more. */
static bool is_gone(const struct file *file)
{
	struct mm_struct *mm = *memory_of(file);

	return !mm || !atomic_read(&mm->mm_users);
}

/* -- check and save ----------------------------------------------------------------- */

static bool proc_memory_match(struct ckpt_ctx *ctx, void *ptr)
{
	const struct file *file = ptr;

	return ckpt_is_pseudo_file(file) && ckpt_shows_memory(file);
}

static const char *memory_obstacle(const struct file *file, struct task_struct *task)
{
	struct mm_struct *mm = *memory_of(file);
	bool own;

	if (is_gone(file))
		return mm && !strcmp(file->f_path.dentry->d_name.name, "auxv") ?
		       "which shows the auxiliary vector of a program that is gone" : NULL;
	task_lock(task);
	own = task->mm == mm;
	task_unlock(task);
	return own ? NULL : "which shows memory that its process has left, but others have not";
}

/* It has the file itself, and may always open it. */
static bool has_it_itself(struct ckpt_ctx *ctx, const struct ckpt_seen *seen,
			  const struct ckpt_task *t)
{
	const struct ckpt_seen *table = t->files ? ckpt_seen_find(ctx, t->files) : NULL;
	u32 i;

	for (i = 0; table && i < table->nr_fds; i++)
		if (table->fds[i].file == seen)
			return true;
	return false;
}

/* Who is to ask for the right to open it: its process if that has it, else who was found first */
static struct ckpt_task *find_asker(struct ckpt_ctx *ctx, const struct file *file,
				    struct ckpt_task *t)
{
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, file);

	return has_it_itself(ctx, seen, t) ? t : seen->t;
}

static int check_right(struct ckpt_ctx *ctx, struct file *file, struct ckpt_task *t)
{
	const struct ckpt_task *asker = find_asker(ctx, file, t);
	struct ckpt_shown shown;

	ckpt_show_file(file, &shown);
	if (!asker)
		return ckpt_cannot_save(ctx, "%s, which shows memory and which no descriptor leads to,",
					shown.text);
	/* At the restart it is opened by who has it. */
	if (!has_it_itself(ctx, ckpt_seen_find(ctx, file), asker))
		return ckpt_file_fail(ctx, -EBUSY, "%s is under way to a unix socket; let the program receive it first",
				      shown.text);
	if (asker->leader == t->leader || asker->mm == t->mm ||
	    ckpt_could_trace(ckpt_opener(ctx, file->f_cred), true, t))
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "%s could not be opened again by its user, who may not trace its process any more",
			      shown.text);
}

static int check_memory(struct ckpt_ctx *ctx, struct file *file, struct task_struct *task)
{
	const char *what = memory_obstacle(file, task);
	struct ckpt_shown shown;

	if (what)
		return ckpt_cannot_save(ctx, "%s, %s,", ckpt_show_file(file, &shown), what);
	return is_gone(file) ? 0 : check_right(ctx, file, ckpt_find_task(ctx, task));
}

static int proc_memory_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct task_struct *task = get_pid_task(ckpt_pseudo_pid(file->f_path.dentry), PIDTYPE_PID);
	int err = ckpt_check_proc_pid(ctx, file, task);

	if (!err)
		err = check_memory(ctx, file, task);
	if (task)
		put_task_struct(task);
	return err;
}

static int proc_memory_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct task_struct *task = get_pid_task(ckpt_pseudo_pid(file->f_path.dentry), PIDTYPE_PID);
	struct ckpt_task *t = task ? ckpt_find_task(ctx, task) : NULL;
	int err;

	if (!t)
		err = ckpt_fail_task_killed(ctx);
	else if (is_gone(file))
		err = ckpt_save_proc_pid(ctx, kind, file, id, 0, CKPT_PSEUDO_GONE);
	else
		err = ckpt_save_proc_pid(ctx, kind, file, id, find_asker(ctx, file, t)->id, 0);
	if (task)
		put_task_struct(task);
	return err;
}

/* -- validate and restore -------------------------------------------------------------- */

static int proc_memory_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_proc_memory *data = item->data;

	if (!(data->flags & CKPT_PSEUDO_GONE) != !!data->asker || data->mode != S_IFREG)
		return ckpt_fail(ctx, -EINVAL, "a file that shows memory does not say who has it open");
	return ckpt_validate_proc_pid(ctx, item);
}

static int open_as_itself(struct ckpt_ctx *ctx, void *arg)
{
	const struct ckpt_opening *opening = arg;

	return ckpt_open_in_place(opening);
}

/*
 * The memory that a worker has before its own is that of the restarter, and who is to be a
 * zombie keeps it.
 */
static void forget_memory(struct file *file)
{
	struct mm_struct **at = memory_of(file);

	if (at && *at) {
		mmdrop(*at);
		*at = NULL;
	}
}

/**
 * ckpt_open_memory - restart: open a file that shows memory, as the process itself
 * @ctx: the call
 * @item: the file's record, CKPT_REC_FILE_PROC_MEMORY
 * @opening: what to open
 *
 * Nobody has asked yet whether its user may: see ckpt_ask_for_memory().
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_open_memory(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		     const struct ckpt_opening *opening)
{
	const struct ckpt_rec_file_proc_memory *data = item->data;
	struct task_struct *task = get_pid_task(ckpt_object(ctx, data->pid, &ckpt_class_pid),
						PIDTYPE_PID);
	struct ckpt_task *t = task ? READ_ONCE(task->checkpoint) : NULL;
	bool gone = data->flags & CKPT_PSEUDO_GONE;
	struct ckpt_shown shown;
	int err;

	if (task)
		put_task_struct(task);
	if (!t || (t->zombie && !gone))
		return ckpt_fail(ctx, -EINVAL, "%s is said to show the memory of what has exited",
				 ckpt_show_name(item, &shown));
	err = ckpt_run_as(t, open_as_itself, (void *)opening);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be opened (error %d)",
				 ckpt_show_name(item, &shown), -err);
	if (gone)
		forget_memory(opening->file);
	return 0;
}

static int is_same(const void *wanted, struct file *file, unsigned int fd)
{
	return file == wanted;
}

/* As current, who has it, and with the credentials of who opened it */
static int open_once_more(struct ckpt_ctx *ctx, void *arg)
{
	struct file *file = arg, *again;
	struct ckpt_shown shown;
	const struct cred *old;

	if (!current->files || !iterate_fd(current->files, 0, is_same, file))
		return ckpt_fail(ctx, -EINVAL, "is said to have %s open, and has not",
				 ckpt_show_file(file, &shown));
	old = override_creds(file->f_cred);
	again = dentry_open(&file->f_path, file->f_flags & CKPT_OPEN_FLAGS, file->f_cred);
	revert_creds(old);
	if (IS_ERR(again))
		return ckpt_fail(ctx, PTR_ERR(again), "%s may not be opened by its user, who has no right to trace its process (error %ld)",
				 ckpt_show_file(file, &shown), -PTR_ERR(again));
	__fput_sync(again);
	return 0;
}

/**
 * ckpt_ask_for_memory - restart: may a file of /proc/PID be opened, if it shows memory?
 * @ctx: the call
 * @id: its object id
 * @file: the file
 *
 * Context: may sleep; all have their credentials.
 * Return: 0 or negative errno (reported)
 */
int ckpt_ask_for_memory(struct ckpt_ctx *ctx, u32 id, struct file *file)
{
	const struct ckpt_item *item = ckpt_find_record(ctx, id, CKPT_REC_FILE_PROC_MEMORY);
	const struct ckpt_rec_file_proc_memory *data;
	struct ckpt_task *asker;

	if (!item)
		return 0;
	data = item->data;
	if (data->flags & CKPT_PSEUDO_GONE)
		return 0;
	asker = ckpt_task_by_id(ctx, data->asker);
	ctx->at.t = asker;
	if (ckpt_process_is_dead(asker))
		return ckpt_fail(ctx, -EINVAL, "is said to have a file of /proc/PID open, and has exited");
	return ckpt_run_as(asker, open_once_more, file);
}

CHECKPOINT_KIND(file_proc_memory) = {
	.name		= "file_proc_memory",
	.type		= CKPT_REC_FILE_PROC_MEMORY,
	.size		= sizeof(struct ckpt_rec_file_proc_memory),
	CKPT_ARRAY(struct ckpt_rec_file_proc_memory, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_FILE,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= proc_memory_match,
	.check_object	= proc_memory_check,
	.save_object	= proc_memory_save,
	.validate	= proc_memory_validate,
	.restore_object	= ckpt_restore_proc_pid,
};
