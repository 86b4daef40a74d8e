// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the descriptor that holds a frozen tree, and the tree's end.
 *
 * It keeps the tasks and nothing else; closing it, also by dying, lets them go.  Who
 * has it may kill the tree without a further check: it was made for a caller who
 * might have traced, and so killed, each of the tasks, and they have not run since.
 * Only the thread that made it may be part of the tree and did run: its process is
 * killed as by kill(2).
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <trace/events/checkpoint.h>
#include "../core.h"

static int hold_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		ckpt_ctx_free(file->private_data);
	return 0;
}

static const struct file_operations hold_fops = {
	.owner		= THIS_MODULE,
	.release	= hold_release,
	.llseek		= noop_llseek,
};

/**
 * ckpt_hold_prepare - reserve a descriptor, while the call may still fail
 * @holdp: out: its file, which nobody else sees yet
 *
 * Context: may sleep.
 * Return: the descriptor's number, to be passed to ckpt_hold_install() or to
 * ckpt_hold_discard(); negative errno (not reported)
 */
int ckpt_hold_prepare(struct file **holdp)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *hold;

	if (fd < 0)
		return fd;
	hold = anon_inode_getfile("[checkpoint]", &hold_fops, NULL, O_RDONLY);
	if (IS_ERR(hold)) {
		put_unused_fd(fd);
		return PTR_ERR(hold);
	}
	*holdp = hold;
	return fd;
}

/**
 * ckpt_hold_install - the call succeeded: its tasks belong to the descriptor
 * @ctx: the call; owned by the descriptor from here on, and perhaps gone already
 * @hold: from ckpt_hold_prepare()
 * @fd: the same
 *
 * Context: may sleep.
 */
void ckpt_hold_install(struct ckpt_ctx *ctx, struct file *hold, int fd)
{
	ckpt_release_kinds_of_caller(ctx);
	ckpt_release_caller(ctx);
	/* A tree may be held for long: its tasks are kept, and nothing of the image. */
	ckpt_drop_image(ctx);
	ckpt_objects_free(ctx);
	ckpt_free_watchdog(ctx);
	hold->private_data = ctx;
	fd_install(fd, hold);
}

/**
 * ckpt_hold_discard - the call failed: there is no descriptor
 * @hold: from ckpt_hold_prepare(), NULL if it was not called or failed
 * @fd: the same
 */
void ckpt_hold_discard(struct file *hold, int fd)
{
	if (!hold)
		return;
	put_unused_fd(fd);
	fput(hold);
}

/* -- the end ------------------------------------------------------------------- */

static struct ckpt_task *find_self(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (t->self)
			return t;
	return NULL;
}

static const char *find_change(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_kind **p;
	const char *what;

	for_each_ckpt_kind(p) {
		what = (*p)->changed ? (*p)->changed(ctx, t) : NULL;
		if (what)
			return what;
	}
	return NULL;
}

/*
 * What came after the capture, as a signal, is in no image, and would be lost.  A process
 * that ran on (@ran, may be NULL) has had its own; what restart() made has no image.
 */
static int check_changed(struct ckpt_ctx *ctx, const struct ckpt_task *ran)
{
	struct ckpt_task *t;
	const char *what;

	for_each_ckpt_task(ctx, t) {
		if (ckpt_process_is_dead(t) || t->made || (ran && t->leader == ran->leader))
			continue;
		what = find_change(ctx, t);
		if (!what)
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(ctx, -EAGAIN,
				 "%s that came too late for the image, so it runs on; save it again",
				 what);
	}
	return 0;
}

/*
 * What the death of a thread does to memory: its locks are marked as left behind by a
 * dead owner, its id is cleared.  The image has it alive, and the memory may be
 * that of a file which the restarted thread finds again.
 *
 * The thread does not run, or it is the caller.
 */
static void forget_exit_actions(struct task_struct *task)
{
	WRITE_ONCE(task->robust_list, NULL);
	ckpt_set_compat_robust_list(task, 0);
	WRITE_ONCE(task->clear_child_tid, NULL);
}

/* Of one process, or of all */
static void forget_exits(struct ckpt_ctx *ctx, const struct ckpt_task *leader)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (t->zombie || (leader && t->leader != leader))
			continue;
		if (!t->self || (ctx->flags & CHECKPOINT_KILL))
			forget_exit_actions(t->task);
	}
}

/* It may have executed a setuid program since. */
static int end_self(struct ckpt_ctx *ctx, const struct ckpt_task *self)
{
	int err;

	err = group_send_sig_info(0, SEND_SIG_NOINFO, self->task, PIDTYPE_TGID);
	if (!err) {
		forget_exits(ctx, self->leader);
		err = group_send_sig_info(SIGKILL, SEND_SIG_NOINFO, self->task, PIDTYPE_TGID);
	}
	if (!err || err == -ESRCH)
		return 0;
	ctx->at = (struct ckpt_at) { .t = ctx->root };
	return ckpt_fail(ctx, err, "may not be killed by the caller");
}

/**
 * ckpt_kill_tree - kill all held tasks
 * @ctx: the call; its tasks are held, and nothing of them is in use
 * @force: also if signals are lost by that
 *
 * The signal is on its way to each before the first is let go.
 *
 * Context: may sleep.
 * Return: 0; -EAGAIN (reported) if a signal came after the capture, -EPERM (reported) if the
 * caller may not kill a process that was not held whole: then nothing is killed
 */
int ckpt_kill_tree(struct ckpt_ctx *ctx, bool force)
{
	struct ckpt_task *t, *self = find_self(ctx);
	int err = 0;

	trace_checkpoint_phase("end", ctx->nr_tasks);
	if (!force)
		err = check_changed(ctx, ctx->flags & CHECKPOINT_KILL ? NULL : self);
	if (!err && self)
		err = end_self(ctx, self);
	if (err)
		return err;
	forget_exits(ctx, NULL);
	for_each_ckpt_task(ctx, t)
		if (t->leader == t && !ckpt_process_is_dead(t))
			send_sig_info(SIGKILL, SEND_SIG_PRIV, ckpt_living_task(t));
	return 0;
}

static int end_held(struct file *hold, bool force)
{
	/* Others may have the descriptor as well: one of them kills the tree. */
	struct ckpt_ctx *ctx = xchg(&hold->private_data, NULL);
	int err;

	if (!ctx)
		return -EINVAL;
	err = ckpt_kill_tree(ctx, force);
	if (err)
		xchg(&hold->private_data, ctx);
	else
		ckpt_ctx_free(ctx);
	return err;
}

/**
 * ckpt_hold_kill - kill the held tree (CHECKPOINT_END)
 * @fd: the descriptor; it holds nothing any more when this succeeds
 * @force: also if signals are lost by that
 *
 * Context: may sleep.
 * Return: 0; -EBADF if @fd is not open, -EINVAL if it holds no tree, or as
 * ckpt_kill_tree(), and then it is still held
 */
int ckpt_hold_kill(int fd, bool force)
{
	CLASS(fd, f)(fd);

	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op != &hold_fops)
		return -EINVAL;
	return end_held(fd_file(f), force);
}
