// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: is what has no name any more the tree's alone?
 *
 * A file that only its holders can reach, memory in common above all, is made anew at a
 * restart.  If somebody outside the tree held it too, there would be two of it from then
 * on.  So each reference to it must be one of the tree's: a descriptor, a mapping, an
 * executable.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include "files.h"

/* -- what the tree maps ----------------------------------------------------------- */

/* Unlinked, or made without a name */
static bool is_nameless(const struct file *file)
{
	return S_ISREG(file_inode(file)->i_mode) && d_unhashed(file->f_path.dentry);
}

static int see_map(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file)
{
	struct ckpt_seen *seen;
	bool locked;

	if (!file)
		return 0;
	locked = IS_ENABLED(CONFIG_FILE_LOCKING) && ckpt_has_lock(file);
	seen = ckpt_seen_find(ctx, file);
	if (!seen && !locked && !is_nameless(file))
		return 0;
	if (!seen)
		seen = ckpt_seen_add(ctx, file, CKPT_SEEN_FILE);
	if (!seen)
		return -ENOMEM;
	seen->maps++;
	if (locked && !seen->mapper)
		seen->mapper = t;
	return 0;
}

static int see_areas(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	VMA_ITERATOR(vmi, t->mm, 0);
	struct vm_area_struct *vma;
	int err = ckpt_read_lock_mm(ctx, t->mm);

	if (err)
		return err;
	for_each_vma(vmi, vma) {
		err = see_map(ctx, t, vma->vm_file);
		if (err)
			break;
		ckpt_progress(ctx);
	}
	mmap_read_unlock(t->mm);
	return err;
}

static int see_mm(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct file *exe = get_mm_exe_file(t->mm);
	int err = see_map(ctx, t, exe);

	if (exe)
		fput(exe);
	return err ?: see_areas(ctx, t);
}

/* All open files of one inode hang together. */
static int chain_files(struct ckpt_ctx *ctx)
{
	struct ckpt_seen *seen, *inode;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct file *file = (struct file *)seen->ptr;

		if (!is_nameless(file))
			continue;
		inode = ckpt_seen_add(ctx, file_inode(file), CKPT_SEEN_INODE);
		if (!inode)
			return -ENOMEM;
		seen->next = inode->next;
		inode->next = seen;
		cond_resched();
	}
	return 0;
}

static int see_mms(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		if (t != t->mm_first)
			continue;
		err = see_mm(ctx, t);
		if (err)
			return err;
	}
	return chain_files(ctx);
}

/**
 * ckpt_survey_maps - count what areas and executables refer to, once a call
 * @ctx: the call, surveyed
 *
 * Of files that descriptors of the tree lead to, of those that have no name, and of those that
 * have a lock of their own.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_survey_maps(struct ckpt_ctx *ctx)
{
	if (!ckpt_files(ctx)->maps_found) {
		ckpt_files(ctx)->maps_found = true;
		ckpt_files(ctx)->maps_err = see_mms(ctx);
	}
	return ckpt_files(ctx)->maps_err;
}

/* -- who else has it ----------------------------------------------------------------- */

/* What is looked at: the caller has a reference of its own to @file. */
struct question {
	const struct ckpt_seen *inode;
	const struct file *file;
};

static bool first_of_dentry(const struct ckpt_seen *seen, const struct ckpt_seen *first)
{
	const struct dentry *dentry = ((struct file *)seen->ptr)->f_path.dentry;

	for (; first != seen; first = first->next)
		if (((struct file *)first->ptr)->f_path.dentry == dentry)
			return false;
	return true;
}

/*
 * An open file of overlayfs has one of the layer below open, which holds its dentry too.  With
 * O_PATH nothing is opened.
 */
static unsigned int holds_of(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC &&
	       !(file->f_mode & FMODE_PATH) ? 2 : 1;
}

/* By another call that has let the tree go on, and writes what it had in common */
static unsigned int kept_by_a_call(struct inode *inode)
{
	return IS_ENABLED(CONFIG_SHMEM) && shmem_mapping(inode->i_mapping) && ckpt_is_cow(inode);
}

/* Each open file holds its dentry, each dentry the inode. */
static bool is_ours(struct ckpt_ctx *ctx, void *arg)
{
	const struct question *q = arg;
	struct inode *inode = (struct inode *)q->inode->ptr;
	const struct ckpt_seen *seen;
	/* Asked before the count: it may end at any time. */
	unsigned int names = kept_by_a_call(inode), holds = 0, files = 0;

	for (seen = q->inode->next; seen; seen = seen->next) {
		struct file *file = (struct file *)seen->ptr;
		bool looked_at = file == q->file;

		if (file_count(file) > seen->refs + seen->held + seen->maps + looked_at)
			return false;
		files += holds_of(file);
		if (!first_of_dentry(seen, q->inode->next))
			continue;
		names++;
		holds += d_count(file->f_path.dentry);
	}
	return holds <= files && atomic_read(&inode->i_count) <= names;
}

static int is_fd_of(const void *inode, struct file *file, unsigned int fd)
{
	return file_inode(file) == inode;
}

static bool maps_inode(const struct mm_struct *mm, struct inode *inode)
{
	struct address_space *mapping = inode->i_mapping;
	struct vm_area_struct *vma;
	bool found = false;

	i_mmap_lock_read(mapping);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, 0, ULONG_MAX)
		found |= vma->vm_mm == mm;
	i_mmap_unlock_read(mapping);
	return found;
}

/*
 * Declared in ../checkpoint.h: for System V shared memory.  Of the memory only the address is
 * looked at: it may be gone meanwhile.
 */
struct task_struct *ckpt_find_mapper(struct ckpt_ctx *ctx, struct inode *inode)
{
	const struct mm_struct *mm;
	struct task_struct *p;
	unsigned int nr = 0;
	struct pid *pid;

	if (!ckpt_may_search(ctx))
		return NULL;
	for (;;) {
		scoped_guard(rcu) {
			pid = find_ge_pid(nr, &init_pid_ns);
			nr = pid ? pid_nr_ns(pid, &init_pid_ns) + 1 : 0;
			p = pid ? pid_task(pid, PIDTYPE_TGID) : NULL;
			if (p && ckpt_find_task(ctx, p))
				p = NULL;
			if (p)
				get_task_struct(p);
		}
		if (!pid)
			return NULL;
		mm = p ? READ_ONCE(p->mm) : NULL;
		if (mm && maps_inode(mm, inode))
			return p;
		if (p)
			put_task_struct(p);
		ckpt_progress(ctx);
		cond_resched();
	}
}

static int refuse_holder(struct ckpt_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);
	struct task_struct *p = ckpt_find_opener(ctx, is_fd_of, inode) ?:
				ckpt_find_mapper(ctx, inode);
	struct ckpt_shown shown;
	struct ckpt_who who;

	ckpt_show_file(file, &shown);
	if (p)
		return ckpt_file_fail(ctx, -EBUSY, "%s, which has no name, is open or mapped in %s outside the tree too; close it there or save a larger tree",
				      shown.text, ckpt_show_outsider(ctx, p, &who));
	return ckpt_file_fail(ctx, -EBUSY, "%s, which has no name, is held outside the tree too, by somebody that was not found or by the kernel",
			      shown.text);
}

/* Declared in ../checkpoint.h: for System V shared memory, which counts its areas itself */
int ckpt_find_areas(struct ckpt_ctx *ctx, const struct inode *inode, unsigned int *areas,
		    unsigned int *files)
{
	const struct ckpt_seen *seen;
	int err = ckpt_survey_files(ctx) ?: ckpt_survey_maps(ctx);

	*areas = 0;
	*files = 0;
	if (err)
		return err;
	seen = ckpt_seen_find(ctx, inode);
	for (seen = seen ? seen->next : NULL; seen; seen = seen->next) {
		*areas += seen->maps;
		++*files;
	}
	return 0;
}

/*
 * Whoever else executes or maps a program or library that has been deleted sees the same for
 * ever: nobody has it open for writing, and the tree has no descriptor of it, whose position,
 * locks and later writes would be shared.
 */
static bool is_fixed(const struct ckpt_seen *inode)
{
	const struct ckpt_seen *seen;

	for (seen = inode->next; seen; seen = seen->next)
		if (seen->refs || ((struct file *)seen->ptr)->f_mode & FMODE_WRITE)
			return false;
	return atomic_read(&((struct inode *)inode->ptr)->i_writecount) <= 0;
}

/**
 * ckpt_check_deleted - can a copy of a deleted file take its place?
 * @ctx: the call, surveyed
 * @file: the file, unlinked, to which the caller has one reference of its own
 *
 * Context: may sleep, for CKPT_SETTLE_MS at most.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_deleted(struct ckpt_ctx *ctx, struct file *file)
{
	const struct ckpt_seen *inode;
	int err = ckpt_survey_maps(ctx);

	if (err)
		return err;
	inode = ckpt_seen_find(ctx, file_inode(file));
	return inode && is_fixed(inode) ? 0 : ckpt_check_inside(ctx, file);
}

/**
 * ckpt_check_inside - is a file without a name held by the tree alone?
 * @ctx: the call, surveyed
 * @file: the file, unlinked, to which the caller has one reference of its own
 *
 * Context: may sleep, for CKPT_SETTLE_MS at most.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_inside(struct ckpt_ctx *ctx, struct file *file)
{
	struct question q = { .file = file };
	int err = ckpt_survey_maps(ctx);

	if (err)
		return err;
	q.inode = ckpt_seen_find(ctx, file_inode(file));
	if (!q.inode)
		return ckpt_file_fail(ctx, -EAGAIN, "its descriptors or mappings change; try again");
	return ckpt_settle(is_ours, ctx, &q) ? 0 : refuse_holder(ctx, file);
}
