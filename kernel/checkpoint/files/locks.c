// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what flock(2) locks, POSIX record locks and those of F_OFD_SETLK have in
 * common: they are found at the inodes of open files.  The first two are set anew by the
 * process that F_GETLK names for them.
 *
 * An inode may have many locks and a process many descriptors of it: the locks of each
 * inode are walked once a call, and handed to the processes that set them, or that
 * have the open file to which they belong.
 */
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/pid_namespace.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "files.h"

/*
 * Who sets a lock anew: the process that set it.  If that one is gone or has another table,
 * another task that has the open file or the table to which the lock belongs; NULL for a lock
 * that is not the tree's.
 */
static struct ckpt_task *setter_of(struct ckpt_ctx *ctx, const struct file_lock *fl,
				   const struct ckpt_seen *file)
{
	struct ckpt_task *t = ckpt_find_process(ctx, fl->c.flc_pid);
	struct ckpt_task *holder = file->t ? file->t->leader : file->mapper;
	const struct ckpt_seen *table;

	if (fl->c.flc_flags & FL_OFDLCK)
		return holder;
	if (fl->c.flc_flags & FL_FLOCK)
		return t && t->files ? t : holder;
	if (t && t->files == fl->c.flc_owner)
		return t;
	table = ckpt_seen_find(ctx, fl->c.flc_owner);
	return table && table->what == CKPT_SEEN_TABLE ? table->t : NULL;
}

/* An open file that descriptors of the tree lead to, or areas if those have been closed */
static struct ckpt_seen *open_file(struct ckpt_ctx *ctx, const struct file *file)
{
	struct ckpt_seen *seen = ckpt_seen_find(ctx, file);

	return seen && (seen->refs || seen->mapper) ? seen : NULL;
}

static bool belongs_to_file(const struct file_lock *fl, const struct file *file)
{
	return fl->c.flc_file == file && fl->c.flc_flags & (FL_FLOCK | FL_OFDLCK);
}

/**
 * ckpt_has_lock - has an open file a lock of its own, of flock(2) or F_OFD_SETLK?
 * @file: the file
 *
 * Such a lock stays as long as the file is open or mapped.
 *
 * Return: true if so
 */
bool ckpt_has_lock(struct file *file)
{
	struct file_lock_context *flctx = locks_inode_context(file_inode(file));
	struct file_lock *fl;
	bool found = false;

	if (!flctx)
		return false;
	spin_lock(&flctx->flc_lock);
	list_for_each_entry(fl, &flctx->flc_flock, c.flc_list)
		found |= belongs_to_file(fl, file);
	list_for_each_entry(fl, &flctx->flc_posix, c.flc_list)
		found |= belongs_to_file(fl, file);
	spin_unlock(&flctx->flc_lock);
	return found;
}

/**
 * struct found - the locks of one inode
 * @ctx: the call
 * @flctx: where the inode has them
 * @locks: room; NULL to count only
 * @owners: the process of each
 * @room: how many there is room for
 * @nr: how many there are
 */
struct found {
	struct ckpt_ctx *ctx;
	struct file_lock_context *flctx;
	struct ckpt_lock *locks;
	struct ckpt_task **owners;
	u32 room;
	u32 nr;
};

static void look_at_lock(struct found *found, const struct file_lock *fl)
{
	struct ckpt_seen *file = open_file(found->ctx, fl->c.flc_file);
	bool ofd = fl->c.flc_flags & FL_OFDLCK;
	struct ckpt_task *t;

	/* Whoever takes a lock away from the list frees it. */
	lockdep_assert_held(&found->flctx->flc_lock);
	t = file ? setter_of(found->ctx, fl, file) : NULL;
	if (!t)
		return;
	if (found->nr < found->room) {
		found->owners[found->nr] = t;
		found->locks[found->nr] = (struct ckpt_lock) {
			.file	= file,
			.start	= fl->fl_start,
			.end	= fl->fl_end,
			.type	= fl->c.flc_type,
			.flock	= fl->c.flc_flags & FL_FLOCK,
			.ofd	= ofd,
		};
	}
	found->nr++;
	file->locked |= ofd || fl->c.flc_flags & FL_FLOCK;
}

static void look_at_locks(struct found *found)
{
	struct file_lock_context *flctx = found->flctx;
	struct file_lock *fl;

	found->nr = 0;
	spin_lock(&flctx->flc_lock);
	list_for_each_entry(fl, &flctx->flc_flock, c.flc_list)
		look_at_lock(found, fl);
	list_for_each_entry(fl, &flctx->flc_posix, c.flc_list)
		look_at_lock(found, fl);
	spin_unlock(&flctx->flc_lock);
}

static int hand_out(struct found *found)
{
	struct ckpt_ctx *ctx = found->ctx;
	struct ckpt_seen *process;
	u32 i;

	for (i = 0; i < min(found->nr, found->room); i++) {
		process = ckpt_seen_add(ctx, found->owners[i], CKPT_SEEN_PROCESS);
		if (!process)
			return -ENOMEM;
		list_add_tail(&found->locks[i].node, &process->locks);
		process->nr_posix += !found->locks[i].flock && !found->locks[i].ofd;
		process->nr_ofd += found->locks[i].ofd;
		cond_resched();
	}
	return 0;
}

/* Locks of the tree do not change between the two walks: who could set them is frozen. */
static int find_inode_locks(struct ckpt_ctx *ctx, struct ckpt_seen *inode,
			    struct file_lock_context *flctx)
{
	struct found found = { .ctx = ctx, .flctx = flctx };
	int err;

	look_at_locks(&found);
	if (!found.nr)
		return 0;
	found.room = found.nr;
	found.locks = kvmalloc_array(found.room, sizeof(*found.locks), GFP_KERNEL_ACCOUNT);
	found.owners = kvmalloc_array(found.room, sizeof(*found.owners), GFP_KERNEL_ACCOUNT);
	inode->room = found.locks;
	if (found.locks && found.owners) {
		look_at_locks(&found);
		err = hand_out(&found);
	} else {
		err = ckpt_fail(ctx, -ENOMEM, "no memory for %u locks", found.room);
	}
	kvfree(found.owners);
	return err;
}

/**
 * ckpt_find_locks - find all locks of a frozen tree, once a call
 * @ctx: the call; all tasks are frozen
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_find_locks(struct ckpt_ctx *ctx)
{
	struct file_lock_context *flctx;
	struct ckpt_seen *seen, *inode;
	int err = ckpt_survey_files(ctx) ?: ckpt_survey_maps(ctx);

	if (err || ckpt_files(ctx)->locks_found)
		return err;
	ckpt_files(ctx)->locks_found = true;
	/* The entries that are made on the way come behind, and are no files. */
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		if (!seen->refs && !seen->mapper)
			continue;
		flctx = locks_inode_context(file_inode((struct file *)seen->ptr));
		if (!flctx)
			continue;
		inode = ckpt_seen_add(ctx, file_inode((struct file *)seen->ptr),
				      CKPT_SEEN_INODE);
		if (!inode)
			return -ENOMEM;
		if (inode->refs++)
			continue;
		err = find_inode_locks(ctx, inode, flctx);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_check_mapped_lock - report a lock that cannot be saved, of a file that is mapped alone
 * @ctx: the call, surveyed
 * @file: the file, which no descriptor of the tree leads to; the caller has one reference
 *
 * As ckpt_check_locks(), which looks at descriptors.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_mapped_lock(struct ckpt_ctx *ctx, struct file *file)
{
	return ckpt_check_holders(ctx, file, "a file with a lock (flock or F_OFD_SETLK)");
}

/**
 * ckpt_check_locks - report locks that cannot be saved
 * @ctx: the call
 * @t: a process
 *
 * A lock of flock(2) or F_OFD_SETLK belongs to an open file.  If somebody outside the tree
 * has that too, the lock stays when the tree is killed, and a restart could not have it.
 * Each file is reported once, of the process and descriptor that led to it first.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_locks(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_seen *table;
	struct file *file;
	int err, first;
	u32 i;

	first = ckpt_find_locks(ctx);
	if (first)
		return first;
	table = ckpt_seen_find(ctx, t->files);
	for (i = 0; i < table->nr_fds; i++) {
		struct ckpt_seen *seen = table->fds[i].file;

		if (!seen->locked)
			continue;
		seen->locked = false;
		ckpt_look_at_fd(ctx, &table->fds[i]);
		file = get_file((struct file *)seen->ptr);
		err = ckpt_check_holders(ctx, file, "a file with a lock (flock or F_OFD_SETLK)");
		fput(file);
		if (!ckpt_looks_on(ctx, err, &first))
			break;
		cond_resched();
	}
	ckpt_look_at_fd(ctx, NULL);
	return first;
}

/**
 * ckpt_locks_of - the locks that a process set
 * @ctx: the call, its locks found
 * @t: the process
 *
 * Return: the survey's entry with the locks, NULL if there are none
 */
struct ckpt_seen *ckpt_locks_of(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return ckpt_seen_find(ctx, t);
}

/**
 * ckpt_new_lock - a lock for current to set
 * @file: the file
 * @mode: FMODE_*, one of which the file must be open for
 * @type: F_RDLCK or F_WRLCK
 *
 * Its flags, owner and range are left to the caller, who frees it with
 * locks_free_lock() when it is set.
 *
 * Context: may sleep.
 * Return: the lock, or what the lock's system call would answer as ERR_PTR (not
 * reported)
 */
struct file_lock *ckpt_new_lock(struct file *file, fmode_t mode, int type)
{
	struct file_lock *fl;
	int err;

	if (!(file->f_mode & mode))
		return ERR_PTR(-EBADF);
	err = security_file_lock(file, type);
	if (err)
		return ERR_PTR(err);
	fl = locks_alloc_lock();
	if (!fl)
		return ERR_PTR(-ENOLCK);
	fl->c.flc_type = type;
	fl->c.flc_pid = current->tgid;
	fl->c.flc_file = file;
	return fl;
}

/* Any lock of flock(2) that another open file has, see flock_lock_inode() */
static pid_t flock_holder(struct file *file)
{
	struct file_lock_context *flctx = locks_inode_context(file_inode(file));
	struct file_lock *fl;
	pid_t holder = 0;

	if (!flctx)
		return 0;
	spin_lock(&flctx->flc_lock);
	list_for_each_entry(fl, &flctx->flc_flock, c.flc_list) {
		if (fl->c.flc_file == file)
			continue;
		holder = fl->c.flc_pid;
		break;
	}
	spin_unlock(&flctx->flc_lock);
	return holder;
}

/* As fcntl(F_GETLK) and F_OFD_GETLK find it */
static pid_t record_holder(struct file *file, struct file_lock *fl)
{
	if (vfs_test_lock(file, fl) || fl->c.flc_type == F_UNLCK)
		return 0;
	return fl->c.flc_pid;
}

/**
 * ckpt_fail_locked - restart: report that a lock cannot be had, and who has one instead
 * @ctx: the call
 * @file: the file
 * @fl: the lock that was refused; it is overwritten
 *
 * Locks of open files tell no holder, and those of processes in pid namespaces that the
 * caller does not see.
 *
 * Context: may sleep.
 * Return: -EAGAIN
 */
int ckpt_fail_locked(struct ckpt_ctx *ctx, struct file *file, struct file_lock *fl)
{
	pid_t nr = fl->c.flc_flags & FL_FLOCK ? flock_holder(file) : record_holder(file, fl);
	struct ckpt_shown shown;
	struct pid *pid;

	rcu_read_lock();
	pid = nr > 0 ? find_pid_ns(nr, &init_pid_ns) : NULL;
	nr = pid ? pid_nr_ns(pid, ctx->caller_ns) : 0;
	rcu_read_unlock();
	ckpt_show_file(file, &shown);
	if (nr)
		return ckpt_fail(ctx, -EAGAIN, "%s is locked by pid %d now; end that first",
				 shown.text, nr);
	return ckpt_fail(ctx, -EAGAIN, "%s is locked by somebody else now", shown.text);
}
