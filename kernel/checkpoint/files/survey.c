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
#include <linux/jiffies.h>
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
 * ckpt_seen - the survey's entry of a kernel structure
 * @ctx: the call, surveyed
 * @ptr: struct file, pipe, terminal, socket, table or fs_struct
 *
 * Return: the entry, NULL if nothing in the tree refers to it
 */
struct ckpt_seen *ckpt_seen(struct ckpt_ctx *ctx, const void *ptr)
{
	return rhashtable_lookup_fast(&ctx->files->seen, &ptr, seen_params);
}

/**
 * ckpt_see - the survey's entry of a kernel structure, made if it is new
 * @ctx: the call, surveyed
 * @ptr: the structure
 * @what: what it is
 *
 * Return: the entry, NULL without memory (told)
 */
struct ckpt_seen *ckpt_see(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_seen_what what)
{
	struct ckpt_seen *seen = ckpt_seen(ctx, ptr);

	if (seen)
		return seen;
	seen = kzalloc(sizeof(*seen), GFP_KERNEL_ACCOUNT);
	if (seen) {
		seen->ptr = ptr;
		seen->what = what;
		seen->std = -1;
		if (!rhashtable_insert_fast(&ctx->files->seen, &seen->node, seen_params)) {
			list_add_tail(&seen->list, &ctx->files->all);
			return seen;
		}
		kfree(seen);
	}
	ckpt_fail(ctx, -ENOMEM, "no memory for the survey of open files");
	return NULL;
}

/**
 * ckpt_find_process - the process that a file lock tells
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
	return t && !t->zombie ? t : NULL;
}

static int take_file(const void *p, struct file *file, unsigned int fd)
{
	*(struct file **)p = get_file(file);
	return fd + 1;
}

/**
 * ckpt_next_file - step through a descriptor table
 * @ctx: the call
 * @files: the table
 * @fd: in: where to start; out: the number of the descriptor found
 *
 * Descriptors of the image in the caller's own table are passed over: they are
 * closed in the copy.
 *
 * Return: the file, with a reference; NULL at the end
 */
struct file *ckpt_next_file(struct ckpt_ctx *ctx, struct files_struct *files, unsigned int *fd)
{
	for (;;) {
		struct file *file = NULL;
		int next = iterate_fd(files, *fd, take_file, &file);

		if (!next)
			return NULL;
		*fd = next - 1;
		if (file != ctx->image_file || files != ctx->files->self)
			return file;
		fput(file);
		*fd = next;
	}
}

/**
 * ckpt_settle - wait a moment for passing references to go away
 * @done: true when there is nothing left to wait for
 * @ctx: the call
 * @arg: for @done
 *
 * Context: may sleep, up to CKPT_SETTLE_MS.
 * Return: what @done said last
 */
bool ckpt_settle(bool (*done)(struct ckpt_ctx *ctx, void *arg), struct ckpt_ctx *ctx, void *arg)
{
	unsigned long end = jiffies + msecs_to_jiffies(CKPT_SETTLE_MS);

	while (!done(ctx, arg)) {
		if (time_after(jiffies, end))
			return false;
		schedule_timeout_killable(1);
		if (fatal_signal_pending(current))
			return done(ctx, arg);
	}
	return true;
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

static void see_std(struct ckpt_seen *seen, unsigned int fd)
{
	if (fd <= 2 && (seen->std < 0 || seen->std > fd))
		seen->std = fd;
}

static int see_peer(struct ckpt_ctx *ctx, struct ckpt_seen *seen, struct file *file)
{
	enum ckpt_seen_what what;
	const void *ptr = file_peer(file, &what);

	if (!ptr)
		return 0;
	seen->peer = ckpt_see(ctx, ptr, what);
	if (!seen->peer)
		return -ENOMEM;
	seen->peer->refs++;
	if (file->f_mode & FMODE_READ)
		seen->peer->readers++;
	if (file->f_mode & FMODE_WRITE)
		seen->peer->writers++;
	if (what == CKPT_SEEN_SOCK && ((const struct sock *)ptr)->sk_family != AF_UNIX)
		ctx->files->nr_inet++;
	return 0;
}

static bool is_fuse_device(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && inode->i_rdev == MKDEV(MISC_MAJOR, FUSE_MINOR) &&
	       !(file->f_mode & FMODE_PATH);
}

static int see_file(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file,
		    unsigned int fd)
{
	struct ckpt_seen *seen = ckpt_see(ctx, file, CKPT_SEEN_FILE);
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
			ctx->files->serves_fuse = true;
	}
	see_std(seen, fd);
	if (seen->peer)
		see_std(seen->peer, fd);
	return 0;
}

static int see_table(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_seen *seen = ckpt_see(ctx, t->files, CKPT_SEEN_TABLE);
	struct file *file;
	unsigned int fd;
	int err = 0;

	if (!seen)
		return -ENOMEM;
	if (seen->refs++)
		return 0;
	for (fd = 0; !err && (file = ckpt_next_file(ctx, t->files, &fd)); fd++) {
		err = see_file(ctx, t, file, fd);
		fput(file);
		cond_resched();
	}
	return err;
}

static int see_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_seen *seen;

	if (t->fs) {
		seen = ckpt_see(ctx, t->fs, CKPT_SEEN_FS);
		if (!seen)
			return -ENOMEM;
		seen->refs++;
	}
	return t->files ? see_table(ctx, t) : 0;
}

/* A reference to a pipe's end that no descriptor of the tree explains */
static bool has_foreign_end(const struct ckpt_seen *seen)
{
	return file_count((struct file *)seen->ptr) > seen->refs;
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

	list_for_each_entry(seen, &ctx->files->all, list) {
		const struct pipe_inode_info *pipe = seen->ptr;

		if (seen->what == CKPT_SEEN_PIPE)
			seen->outside = READ_ONCE(pipe->files) > seen->refs;
	}
	list_for_each_entry(seen, &ctx->files->all, list) {
		if (seen->what == CKPT_SEEN_FILE && seen->peer &&
		    seen->peer->what == CKPT_SEEN_PIPE && has_foreign_end(seen))
			seen->peer->outside = true;
	}
	list_for_each_entry(seen, &ctx->files->all, list) {
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
	if (peer && !ckpt_seen(ctx, peer))
		peer = NULL;
	unix_state_unlock(sk);
	return peer;
}

static int survey(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t)
		if (t->self)
			ctx->files->self = t->files;
	for_each_ckpt_task(ctx, t) {
		err = see_task(ctx, t);
		if (err)
			return err;
	}
	ckpt_settle(pipes_settled, ctx, NULL);
	return ckpt_check_image(ctx);
}

/**
 * ckpt_survey_files - walk all descriptor tables, once a call
 * @ctx: the call; all tasks are frozen
 *
 * Context: may sleep.
 * Return: 0 or negative errno (told): -ENOMEM, or what ckpt_check_image() says
 */
int ckpt_survey_files(struct ckpt_ctx *ctx)
{
	struct ckpt_files *files = ctx->files;

	if (files)
		return files->err;
	files = kzalloc(sizeof(*files), GFP_KERNEL_ACCOUNT);
	if (!files || rhashtable_init(&files->seen, &seen_params)) {
		kfree(files);
		return ckpt_fail(ctx, -ENOMEM, "no memory for the survey of open files");
	}
	files->fd = -1;
	INIT_LIST_HEAD(&files->all);
	ctx->files = files;
	files->err = survey(ctx);
	files->fd = -1;
	return files->err;
}

/**
 * ckpt_free_files - drop the survey
 * @ctx: the call
 */
void ckpt_free_files(struct ckpt_ctx *ctx)
{
	struct ckpt_seen *seen, *next;

	if (!ctx->files)
		return;
	rhashtable_destroy(&ctx->files->seen);
	list_for_each_entry_safe(seen, next, &ctx->files->all, list) {
		kfree(seen);
		cond_resched();
	}
	kfree(ctx->files);
	ctx->files = NULL;
}
