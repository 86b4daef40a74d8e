// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what an open file of proc, sysfs or a control group has beside its
 * path: the place in its records, an event that poll(2) reports, and what it holds on to.
 */
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/sysctl.h>
#include "../../../fs/mount.h"
#include "../../../fs/proc/internal.h"
#include "../../../fs/proc/fd.h"
#include "pseudo.h"

static bool is_proc(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == PROC_SUPER_MAGIC;
}

static bool is_regular(const struct file *file)
{
	return S_ISREG(file_inode(file)->i_mode);
}

/* -- files of modules ----------------------------------------------------------- */

/*
 * The entry of a file that a module may take away, and its structures with it.  As
 * use_pde() of fs/proc/inode.c.  Return: false if it is gone
 */
static bool begin_use(const struct file *file)
{
	struct proc_dir_entry *pde = is_proc(file) ? PDE(file_inode(file)) : NULL;

	return !pde || pde_is_permanent(pde) || atomic_inc_unless_negative(&pde->in_use);
}

static void end_use(const struct file *file)
{
	struct proc_dir_entry *pde = is_proc(file) ? PDE(file_inode(file)) : NULL;

	if (pde && !pde_is_permanent(pde) && atomic_dec_return(&pde->in_use) == INT_MIN)
		complete(pde->pde_unload_completion);
}

/* -- seq_file ------------------------------------------------------------------- */

static bool is_seq_entry(const struct proc_dir_entry *pde)
{
	return pde->proc_ops->proc_read == seq_read ||
	       pde->proc_ops->proc_read_iter == seq_read_iter;
}

/* The seq_file that a file is read through, NULL if it is read otherwise; in use */
static struct seq_file *get_seq(const struct file *file)
{
	const struct file_operations *f_op = file->f_op;
	struct seq_file *m = file->private_data;

	if (!is_regular(file))
		return NULL;
	if (!is_proc(file))
		return m->op ? m : NULL;
	if (PDE(file_inode(file)))
		return is_seq_entry(PDE(file_inode(file))) ? m : NULL;
	return f_op->read == seq_read || f_op->read_iter == seq_read_iter ? m : NULL;
}

/* If not, the next read begins anew, at the file's position. */
static bool goes_on(const struct file *file, const struct seq_file *m)
{
	return file->f_pos && m->read_pos == file->f_pos;
}

/**
 * ckpt_is_half_read - does a file hold text that was made before and not read yet?
 * @ctx: the call
 * @file: a file of a pseudo file system
 * @name: how it is called in messages
 *
 * Context: may sleep, killable.
 * Return: 1 if so: another text would not continue what the program has read; 0 if not;
 * -EINTR or -ETIMEDOUT (reported)
 */
int ckpt_is_half_read(struct ckpt_ctx *ctx, struct file *file, const char *name)
{
	struct seq_file *m;
	int ret = 0;

	if (!begin_use(file))
		return 0;
	m = get_seq(file);
	if (m)
		ret = ckpt_lock_file(ctx, file, &m->lock, name);
	if (m && !ret) {
		ret = goes_on(file, m) && m->count;
		mutex_unlock(&m->lock);
	}
	end_use(file);
	return ret;
}

/*
 * The number of a record says nothing but how many were before it, or is theirs to give:
 * an image gets as far as reading would, or to the end.
 */
static int seek_record(struct seq_file *m, u64 index)
{
	loff_t at = 0, before;
	void *record;

	record = m->op->start(m, &at);
	while (!IS_ERR_OR_NULL(record) && at < index) {
		before = at;
		record = m->op->next(m, record, &at);
		/* As seq_read_iter() does where next() forgets it */
		if (at <= before)
			at = before + 1;
	}
	m->op->stop(m, record);
	m->index = at;
	return IS_ERR(record) ? PTR_ERR(record) : 0;
}

/* -- events of poll(2) ------------------------------------------------------------ */

/* It notes in its private data which change was reported last, if its entry has any. */
static bool is_sysctl(const struct file *file)
{
	return PROC_I(file_inode(file))->sysctl;
}

static bool has_event(struct file *file, struct seq_file *m)
{
	void *private = file->private_data;
	int event = m ? m->poll_event : 0;
	__poll_t mask;

	if (!is_regular(file) || !file->f_op->poll)
		return false;
	if (!is_proc(file))
		return ckpt_kernfs_has_event(file);
	if (!m && !is_sysctl(file))
		return false;
	/* To be asked takes the event away, so it is put back. */
	mask = vfs_poll(file, NULL);
	if (m)
		m->poll_event = event;
	else
		file->private_data = private;
	/* An entry that is gone has EPOLLERR alone. */
	return (mask & (EPOLLERR | EPOLLPRI)) == (EPOLLERR | EPOLLPRI);
}

/**
 * ckpt_set_pseudo_event - poll(2) is to report a change
 * @file: a file of a pseudo file system, which nobody uses yet
 *
 * Context: may sleep.
 */
void ckpt_set_pseudo_event(struct file *file)
{
	struct seq_file *m;

	if (!is_regular(file) || !file->f_op->poll || !begin_use(file))
		return;
	m = get_seq(file);
	if (!is_proc(file))
		ckpt_kernfs_set_event(file, true);
	else if (m)
		m->poll_event--;
	else if (is_sysctl(file))
		file->private_data -= 1;
	end_use(file);
}

/* -- all of it -------------------------------------------------------------------- */

/**
 * ckpt_get_pseudo_state - how far a file was read
 * @file: a file of a pseudo file system
 * @state: filled in
 *
 * Context: may sleep.
 */
void ckpt_get_pseudo_state(struct file *file, struct ckpt_pseudo_state *state)
{
	struct seq_file *m;

	memset(state, 0, sizeof(*state));
	if (!begin_use(file))
		return;
	m = get_seq(file);
	if (m)
		state->position = file->f_pos;
	if (m && goes_on(file, m)) {
		state->flags |= CKPT_PSEUDO_SEQ;
		state->index = m->index;
	}
	state->event = has_event(file, m);
	end_use(file);
}

/**
 * ckpt_set_pseudo_state - go on where a file was read to
 * @file: just opened
 * @state: from the image, validated
 *
 * Context: may sleep.
 * Return: 0 or negative errno
 */
int ckpt_set_pseudo_state(struct file *file, const struct ckpt_pseudo_state *state)
{
	struct seq_file *m;
	int err = 0;

	if (!begin_use(file))
		return -EIO;
	m = get_seq(file);
	if ((state->position || state->flags & CKPT_PSEUDO_SEQ) && !m)
		err = -EINVAL;
	if (!err && state->flags & CKPT_PSEUDO_SEQ) {
		mutex_lock(&m->lock);
		/* An area is looked for by its address, and any will do. */
		if (ckpt_shows_memory(file))
			m->index = state->index;
		else
			err = seek_record(m, state->index);
		m->read_pos = state->position;
		mutex_unlock(&m->lock);
	}
	/* Not by llseek(), which would make text that is not read yet. */
	if (!err && m)
		file->f_pos = state->position;
	/* What was just opened has no event in proc and one in kernfs. */
	if (!is_proc(file) && is_regular(file))
		ckpt_kernfs_set_event(file, false);
	end_use(file);
	return err;
}

/* -- what a file holds on to ----------------------------------------------------------- */

/* Its release does nothing: who reads it next is all the machine's to know. */
static bool is_kernel_log(const struct proc_dir_entry *pde)
{
	return pde->parent == &proc_root && !strcmp(pde->name, "kmsg");
}

/*
 * Files of modules and of subsystems.  What reading keeps is how far it got; what writing
 * keeps would be known to their own release alone.
 */
static const char *entry_keeps(const struct file *file, const struct proc_dir_entry *pde)
{
	const struct proc_ops *ops = pde->proc_ops;
	bool written = file->f_mode & FMODE_WRITE;

	if (is_seq_entry(pde))
		return !written || !ops->proc_write || ops->proc_release == seq_release ||
		       ops->proc_release == single_release ? NULL :
		       "which keeps what is written to it for as long as it is open";
	return (ops->proc_release && !is_kernel_log(pde)) || file->private_data ?
	       "which keeps a state of its own for as long as it is open" : NULL;
}

static const char *mounts_keep(const struct file *file, const struct task_struct *task)
{
	const struct seq_file *m = file->private_data;
	const struct proc_mounts *p = m->private;
	bool same;

	task_lock((struct task_struct *)task);
	same = task->nsproxy && task->nsproxy->mnt_ns == p->ns && task->fs &&
	       path_equal(&task->fs->root, &p->root);
	task_unlock((struct task_struct *)task);
	return same ? NULL : "which shows the mounts of a process as they were seen before";
}

/*
 * Files about a process.  Those that look the process up at each read have no release of
 * their own.  Memory is held from the open on, see file_proc_memory, and so are user
 * namespaces.
 */
static const char *process_keeps(const struct file *file, const struct task_struct *task)
{
	const struct file_operations *f_op = file->f_op;
	const struct inode *parent = d_inode(file->f_path.dentry->d_parent);

	if (f_op == &proc_mounts_operations || f_op == &proc_mountinfo_operations ||
	    f_op == &proc_mountstats_operations)
		return mounts_keep(file, task);
	if (f_op == &proc_fdinfo_operations || parent->i_fop == &proc_fdinfo_operations)
		return "which only the right to trace the process opens again";
	if (!f_op->release || f_op->release == single_release || f_op->release == seq_release ||
	    f_op->release == seq_release_private || ckpt_shows_memory(file))
		return NULL;
	return "which holds a state of its process as it was when it was opened";
}

static const char *proc_keeps(const struct file *file, const struct task_struct *task)
{
	const struct inode *inode = file_inode(file);
	const char *what;

	if (!is_regular(file) || (!PDE(inode) && !PROC_I(inode)->sysctl))
		return process_keeps(file, task);
	if (!PDE(inode))
		return NULL;
	if (!begin_use(file))
		return "whose module is gone";
	what = entry_keeps(file, PDE(inode));
	end_use(file);
	return what;
}

/**
 * ckpt_pseudo_keeps - what a file has that cannot be had by opening it again
 * @file: a file of a pseudo file system, open
 * @task: the process that it is about, or one that could open it
 *
 * Decided by the file's operations: what nothing releases nobody has.
 *
 * Context: may sleep.
 * Return: what it is, for a message; NULL if there is nothing
 */
const char *ckpt_pseudo_keeps(const struct file *file, const struct task_struct *task)
{
	if (is_proc(file))
		return proc_keeps(file, task);
	if (!is_regular(file))
		return NULL;
	if (file_inode(file)->i_sb->s_magic == SYSFS_MAGIC || !IS_ENABLED(CONFIG_CGROUPS))
		return NULL;
	return ckpt_cgroup_file_keeps(file, task);
}
