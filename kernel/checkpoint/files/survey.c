// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the survey of all descriptors of a frozen tree.
 *
 * Some questions need all descriptor tables at once: are all ends of a pipe
 * inside the tree, is a terminal one of the descriptors 0 to 2 of some task,
 * does somebody outside use a table?  One walk over the tables answers them.
 * It holds from the freeze to the thaw, as nobody in the tree opens or closes.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/miscdevice.h>
#include <linux/net.h>
#include <linux/pid_namespace.h>
#include <linux/pipe_fs_i.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include "files.h"

static const struct rhashtable_params seen_params = {
	.key_len = sizeof(const void *),
	.key_offset = offsetof(struct ckpt_seen, ptr),
	.head_offset = offsetof(struct ckpt_seen, node),
};

/**
 * ckpt_seen_find - the survey's entry of a kernel structure
 * @ctx: the call, surveyed
 * @ptr: struct file, pipe, terminal, socket, table or fs_struct
 *
 * Return: the entry, NULL if nothing in the tree refers to it
 */
struct ckpt_seen *ckpt_seen_find(struct ckpt_ctx *ctx, const void *ptr)
{
	return rhashtable_lookup_fast(&ckpt_files(ctx)->seen, &ptr, seen_params);
}

/**
 * ckpt_seen_add - the survey's entry of a kernel structure, made if it is new
 * @ctx: the call, surveyed
 * @ptr: the structure
 * @what: what it is
 *
 * Return: the entry, NULL without memory (reported)
 */
struct ckpt_seen *ckpt_seen_add(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_seen_what what)
{
	struct ckpt_seen *seen = ckpt_seen_find(ctx, ptr);

	if (seen)
		return seen;
	seen = kzalloc(sizeof(*seen), GFP_KERNEL_ACCOUNT);
	if (seen) {
		seen->ptr = ptr;
		seen->what = what;
		seen->std = -1;
		INIT_LIST_HEAD(&seen->locks);
		if (!rhashtable_insert_fast(&ckpt_files(ctx)->seen, &seen->node, seen_params)) {
			list_add_tail(&seen->list, ckpt_seen_list(ctx, what));
			return seen;
		}
		kfree(seen);
	}
	ckpt_fail(ctx, -ENOMEM, "no memory for the survey of open files");
	return NULL;
}

/**
 * ckpt_find_process - the process that a file lock names
 * @ctx: the call
 * @nr: its number in the initial pid namespace
 *
 * Return: the leader, NULL if the process is gone or not in the tree
 */
struct ckpt_task *ckpt_find_process(struct ckpt_ctx *ctx, pid_t nr)
{
	struct ckpt_task *t = NULL;
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(nr, &init_pid_ns), PIDTYPE_TGID);
	if (task)
		t = ckpt_find_task(ctx, task);
	rcu_read_unlock();
	return t && !ckpt_process_is_dead(t) ? t : NULL;
}

/* What several struct files may share, and what it is */
static const void *file_peer(struct file *file, enum ckpt_seen_what *what)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct tty_struct *tty = tty_from_file(file);
	struct socket *sock = sock_from_file(file);

	*what = pipe ? CKPT_SEEN_PIPE : tty ? CKPT_SEEN_TTY : CKPT_SEEN_SOCK;
	if (pipe)
		return pipe;
	if (tty)
		return tty;
	return sock ? sock->sk : NULL;
}

/**
 * ckpt_outside_slot - may what is outside be replaced as this descriptor?
 * @ctx: the call
 * @fd: the descriptor, -1 for none
 *
 * Return: index in ckpt_seen.slot, -1 if it may not
 */
int ckpt_outside_slot(const struct ckpt_ctx *ctx, int fd)
{
	u32 i;

	if (fd <= 2)
		return fd;
	for (i = 0; i < ctx->save->nr_external; i++)
		if (ctx->save->external[i] == fd)
			return 3 + i;
	return -1;
}

static void see_std(struct ckpt_ctx *ctx, struct ckpt_seen *seen, unsigned int fd)
{
	int slot = ckpt_outside_slot(ctx, fd);

	if (slot < 0)
		return;
	if (seen->std < 0 || seen->std > fd)
		seen->std = fd;
	if (slot > 2 && seen->peer)
		ckpt_files(ctx)->external_found[slot - 3] = true;
}

static int see_peer(struct ckpt_ctx *ctx, struct ckpt_seen *seen, struct file *file)
{
	enum ckpt_seen_what what;
	const void *ptr = file_peer(file, &what);

	if (!ptr)
		return 0;
	seen->peer = ckpt_seen_add(ctx, ptr, what);
	if (!seen->peer)
		return -ENOMEM;
	seen->peer->refs++;
	if (file->f_mode & FMODE_READ)
		seen->peer->readers++;
	if (file->f_mode & FMODE_WRITE)
		seen->peer->writers++;
	if (what == CKPT_SEEN_SOCK && ((const struct sock *)ptr)->sk_family != AF_UNIX)
		ckpt_files(ctx)->nr_inet++;
	return 0;
}

static bool is_fuse_device(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && inode->i_rdev == MKDEV(MISC_MAJOR, FUSE_MINOR) &&
	       !(file->f_mode & FMODE_PATH);
}

/**
 * ckpt_see_file - survey: a file is reached
 * @ctx: the call
 * @t: whose descriptor leads there
 * @file: the file
 * @fd: the descriptor
 * @under_way: it is in a message to the socket that is there
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_see_file(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file, unsigned int fd,
		  bool under_way)
{
	struct ckpt_seen *seen = ckpt_seen_add(ctx, file, CKPT_SEEN_FILE);
	int err;

	if (!seen)
		return -ENOMEM;
	if (!seen->refs++) {
		seen->t = t;
		seen->fd = fd;
		err = see_peer(ctx, seen, file);
		if (err)
			return err;
		if (is_fuse_device(file))
			ckpt_files(ctx)->serves_fuse = true;
	}
	if (under_way) {
		seen->rights++;
		return 0;
	}
	see_std(ctx, seen, fd);
	if (seen->peer)
		see_std(ctx, seen->peer, fd);
	return 0;
}

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

struct walk {
	struct files_struct *files;
	struct ckpt_open *fds;
	struct file **ptrs;
	u32 room;
	u32 nr;
};

static int note_fd(const void *p, struct file *file, unsigned int fd)
{
	struct walk *walk = (void *)p;

	/* By which iterate_fd() keeps the flags of a descriptor as they are. */
	lockdep_assert_held(&walk->files->file_lock);
	if (walk->nr == walk->room)
		return -EBUSY;
	walk->ptrs[walk->nr] = file;
	walk->fds[walk->nr++] = (struct ckpt_open) {
		.fd = fd,
		.flags = close_on_exec(fd, walk->files) ? FD_CLOEXEC : 0,
	};
	return 0;
}

static u32 count_fds(struct files_struct *files)
{
	const struct fdtable *fdt;
	u32 nr;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	nr = bitmap_weight(fdt->open_fds, fdt->max_fds);
	spin_unlock(&files->file_lock);
	return nr;
}

/*
 * Descriptors of the image in the caller's own table are passed over: they are
 * closed in the copy.
 */
static int see_fds(struct ckpt_ctx *ctx, struct ckpt_task *t, struct ckpt_seen *seen,
		   const struct walk *walk)
{
	u32 i;
	int err;

	for (i = 0; i < walk->nr; i++) {
		struct file *file = walk->ptrs[i];
		struct ckpt_open *to = &seen->fds[seen->nr_fds];

		if (file == ctx->image_file && seen->ptr == ckpt_files(ctx)->self)
			continue;
		err = ckpt_see_file(ctx, t, file, walk->fds[i].fd, false);
		if (err)
			return err;
		*to = walk->fds[i];
		to->file = ckpt_seen_find(ctx, file);
		seen->nr_fds++;
		cond_resched();
	}
	return 0;
}

/*
 * The one walk over a table.  Nobody who could change it runs: its tasks are frozen
 * and, as its references show, nobody else has it.  So the files stay without
 * references of ours.
 */
static int walk_table(struct ckpt_ctx *ctx, struct ckpt_task *t, struct ckpt_seen *seen)
{
	struct walk walk = { .files = t->files, .room = count_fds(t->files) };
	int err = 0;

	if (!walk.room)
		return 0;
	walk.ptrs = kvmalloc_array(walk.room, sizeof(*walk.ptrs), GFP_KERNEL_ACCOUNT);
	walk.fds = kvmalloc_array(walk.room, sizeof(*walk.fds), GFP_KERNEL_ACCOUNT);
	seen->fds = walk.fds;
	if (!walk.ptrs || !walk.fds)
		err = ckpt_fail(ctx, -ENOMEM, "no memory for a table of %u descriptors",
				walk.room);
	else if (iterate_fd(t->files, 0, note_fd, &walk))
		err = ckpt_fail(ctx, -EAGAIN, "its descriptors change; try again");
	if (!err)
		err = see_fds(ctx, t, seen, &walk);
	kvfree(walk.ptrs);
	return err;
}

static int see_table(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_seen *seen = ckpt_seen_find(ctx, t->files);

	if (seen->fds || seen->shared)
		return 0;
	seen->shared = !ckpt_settle(table_is_ours, ctx, seen);
	return seen->shared ? 0 : walk_table(ctx, t, seen);
}

/* A thread uses what its process has, or its own. */
static int count_use(struct ckpt_ctx *ctx, struct ckpt_task *t, const void *ptr,
		     enum ckpt_seen_what what)
{
	bool own = what == CKPT_SEEN_TABLE && t->files != t->leader->files;
	struct ckpt_task *user = own ? t : t->leader;
	struct ckpt_seen *seen = ptr ? ckpt_seen_add(ctx, ptr, what) : NULL;

	if (ptr && !seen)
		return -ENOMEM;
	if (!seen)
		return 0;
	/* Who has it in the image, with its locks: processes are made before threads. */
	if (!seen->refs++ || (user == user->leader && seen->t != seen->t->leader))
		seen->t = user;
	return 0;
}

/* A reference to a pipe's end that no descriptor of the tree explains */
static bool has_foreign_end(const struct ckpt_seen *seen)
{
	return file_count((struct file *)seen->ptr) > seen->refs + seen->held;
}

/*
 * Which pipes are open outside?  A pipe of which the tree has both a reader and
 * a writer is looked at again for a moment: a process outside may just be closing
 * its descriptors.
 */
static bool pipes_settled(struct ckpt_ctx *ctx, void *arg)
{
	struct ckpt_seen *seen;
	bool settled = true;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_PIPE) {
		const struct pipe_inode_info *pipe = seen->ptr;

		seen->outside = READ_ONCE(pipe->files) > seen->refs;
		/* It begins at 1 and counts who opens it for writing. */
		seen->written = READ_ONCE(pipe->w_counter) > 1 ||
				!pipe_empty(READ_ONCE(pipe->head), READ_ONCE(pipe->tail));
	}
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		if (seen->peer && seen->peer->what == CKPT_SEEN_PIPE && has_foreign_end(seen))
			seen->peer->outside = true;
	}
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_PIPE) {
		if (seen->outside && seen->readers && seen->writers)
			settled = false;
	}
	return settled;
}

/**
 * ckpt_unix_peer_seen - is the other end of a unix socket in the tree?
 * @ctx: the call, surveyed
 * @ptr: struct sock, of any family
 *
 * Return: the other end, or the listening socket that has not accepted the
 * connection yet, if the tree has it open; else NULL
 */
const void *ckpt_unix_peer_seen(struct ckpt_ctx *ctx, const void *ptr)
{
	struct sock *sk = (struct sock *)ptr, *peer, *listener;

	if (sk->sk_family != AF_UNIX)
		return NULL;
	unix_state_lock(sk);
	peer = unix_peer(sk);
	listener = peer ? READ_ONCE(unix_sk(peer)->listener) : NULL;
	if (listener)
		peer = listener;
	if (peer && !ckpt_seen_find(ctx, peer))
		peer = NULL;
	unix_state_unlock(sk);
	return peer;
}

/* What was meant is elsewhere, or has been closed. */
static int check_external(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->save->nr_external; i++)
		if (ctx->save->external[i] > 2 && !ckpt_files(ctx)->external_found[i])
			return ckpt_fail(ctx, -EBADF, "no process has a terminal, pipe or socket as fd %u, which was given as external; leave it out",
					 ctx->save->external[i]);
	return 0;
}

static int survey(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t)
		if (t->self)
			ckpt_files(ctx)->self = t->files;
	for_each_ckpt_task(ctx, t) {
		/* Its heir counts. */
		if (t->outlived)
			continue;
		err = count_use(ctx, t, t->fs, CKPT_SEEN_FS);
		if (!err)
			err = count_use(ctx, t, t->files, CKPT_SEEN_TABLE);
		if (err)
			return err;
	}
	for_each_ckpt_task(ctx, t) {
		err = t->files ? see_table(ctx, t) : 0;
		if (err)
			return err;
	}
	err = ckpt_see_rights(ctx);
	if (err)
		return err;
	ckpt_settle(pipes_settled, ctx, NULL);
	return check_external(ctx) ?: ckpt_check_image(ctx);
}

/**
 * ckpt_survey_files - walk all descriptor tables, once a call
 * @ctx: the call; all tasks are frozen
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported): -ENOMEM, or what ckpt_check_image() says
 */
int ckpt_survey_files(struct ckpt_ctx *ctx)
{
	struct ckpt_files *files = ckpt_files(ctx);

	if (files)
		return files->err;
	files = ckpt_make_private(&ctx->privates, &ckpt_files_private);
	if (!files)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the survey of open files");
	files->err = survey(ctx);
	files->fd = -1;
	return files->err;
}

static int survey_init(void *data)
{
	struct ckpt_files *files = data;
	unsigned int i;

	if (rhashtable_init(&files->seen, &seen_params))
		return -ENOMEM;
	if (ckpt_same_init(files)) {
		rhashtable_destroy(&files->seen);
		return -ENOMEM;
	}
	files->fd = -1;
	for (i = 0; i < CKPT_NR_SEEN; i++)
		INIT_LIST_HEAD(&files->found[i]);
	return 0;
}

static void survey_free(void *data)
{
	struct ckpt_files *files = data;
	struct ckpt_seen *seen, *next;
	unsigned int i;

	ckpt_same_free(files);
	rhashtable_destroy(&files->seen);
	for (i = 0; i < CKPT_NR_SEEN; i++)
		list_for_each_entry_safe(seen, next, &files->found[i], list) {
			while (seen->held--)
				fput((struct file *)seen->ptr);
			kvfree(seen->fds);
			kvfree(seen->room);
			kfree(seen);
			cond_resched();
		}
}

const struct ckpt_private ckpt_files_private = {
	.size	= sizeof(struct ckpt_files),
	.init	= survey_init,
	.free	= survey_free,
};
