// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the two system calls and their arguments.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/oom.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <asm/checkpoint.h>
#include "../core.h"

static_assert(__NR_checkpoint == CKPT_NR_checkpoint);
static_assert(__NR_restart == CKPT_NR_restart);

/* How long a call may take without progress while it holds a program */
#define PATIENCE_MS		1000

/* For how long connections are kept */
#define KEEP_SECONDS		120

/* Arguments of the first release; later ones only append. */
#define CHECKPOINT_ARGS_SIZE_VER0	88
#define RESTART_ARGS_SIZE_VER0		64

/* Half of a stream is read or written: a signal does not begin the call again. */
static long no_restart(long ret)
{
	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return -EINTR;
	default:
		return ret;
	}
}

/* -- checkpoint() -------------------------------------------------------------- */

#define CHECKPOINT_FLAGS	(CHECKPOINT_KILL | CHECKPOINT_FROZEN | CHECKPOINT_CONTAINER |	\
				 CHECKPOINT_CHECK | CHECKPOINT_CLOSE | CHECKPOINT_KEEP |	\
				 CHECKPOINT_ARGS)
#define RELEASE_FLAGS		(CHECKPOINT_RELEASE | CHECKPOINT_ARGS)
#define END_FLAGS		(CHECKPOINT_END | CHECKPOINT_FORCE)

static unsigned long known_flags(unsigned long flags)
{
	if (flags & CHECKPOINT_END)
		return END_FLAGS;
	return flags & CHECKPOINT_RELEASE ? RELEASE_FLAGS : CHECKPOINT_FLAGS;
}

static struct task_struct *find_root(pid_t pid)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid ? find_task_by_vpid(pid) : current;
	if (task)
		task = get_task_struct(task->group_leader);
	rcu_read_unlock();
	return task;
}

static int check_root(struct ckpt_ctx *ctx, pid_t pid, struct task_struct *root)
{
	bool gone;

	if (!root)
		return ckpt_fail(ctx, -ESRCH, "there is no process %d", pid);
	if (root->flags & PF_KTHREAD)
		return ckpt_fail(ctx, -EINVAL, "process %d is a thread of the kernel", pid);
	if (is_global_init(root))
		return ckpt_fail(ctx, -EINVAL, "the system's init cannot be saved");
	if (ctx->flags & CHECKPOINT_CONTAINER)
		return ckpt_fail(ctx, -EOPNOTSUPP, "containers cannot be saved yet");
	rcu_read_lock();
	gone = !task_active_pid_ns(root);
	rcu_read_unlock();
	return gone ? ckpt_fail(ctx, -ESRCH, "process %d has just gone", pid) : 0;
}

/*
 * A task that dies while it is looked at may seem to be anything, and so may its
 * relatives.  Then its death is the reason, and the only one that is reported.  When time
 * was up, all tasks have gone on.
 */
static int died_instead(struct ckpt_ctx *ctx, int err)
{
	u32 reported = ctx->errors_used;
	int died;

	if (ckpt_expired(ctx))
		return err;
	ctx->errors_used = 0;
	died = ckpt_check_alive(ctx);
	if (!died)
		ctx->errors_used = reported;
	return died ?: err;
}

/*
 * From here on nobody but the caller lets the tree go, whoever that is then.  It is late for
 * that if the watchdog already has.
 */
static int keep_hold(struct ckpt_ctx *ctx)
{
	ckpt_unwatch(ctx);
	return ckpt_still_held(ctx);
}

/*
 * While the tree stands the image must get on, up to the disk: whoever is given the tree
 * to hold has little left to wait for before it ends.
 */
static int write_held(struct ckpt_ctx *ctx)
{
	int err = ckpt_write_image(ctx);

	return err ?: ckpt_sync_image(ctx) ?: keep_hold(ctx);
}

static bool keeps_tree(const struct ckpt_ctx *ctx)
{
	return ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN) &&
	       !(ctx->flags & CHECKPOINT_CHECK);
}

/* The tree runs while the image is written, or at least while most of it is. */
static int write_running(struct ckpt_ctx *ctx)
{
	int err = ctx->save->stands ? 0 : keep_hold(ctx);

	if (!ctx->save->stands)
		ckpt_thaw(ctx);
	if (!err)
		err = ckpt_write_image(ctx);
	return err;
}

/* Thawed while the image is written, unless the tree is to end with it. */
static int do_checkpoint(struct ckpt_ctx *ctx, struct task_struct *root)
{
	int err;

	ctx->save->crid = ckpt_new_crid();
	if (ctx->save->crid < 0)
		return ckpt_fail(ctx, ctx->save->crid,
				 "checkpoint ids are used up until the next boot");
	err = ckpt_save(ctx, root);
	if (err)
		err = died_instead(ctx, err);
	if (!err && keeps_tree(ctx)) {
		err = write_held(ctx);
		if (!err && ctx->flags & CHECKPOINT_KILL)
			err = ckpt_kill_tree(ctx, false);
		return err;
	}
	if (!err && !(ctx->flags & CHECKPOINT_CHECK))
		err = write_running(ctx);
	else if (!err)
		err = keep_hold(ctx);
	ckpt_unwatch(ctx);
	ckpt_thaw(ctx);
	return err;
}

static int checkpoint_with(struct ckpt_ctx *ctx, pid_t pid, int fd)
{
	struct task_struct *root;
	int err;

	root = find_root(pid);
	err = check_root(ctx, pid, root);
	if (!err && !(ctx->flags & CHECKPOINT_CHECK)) {
		ctx->image_file = fget(fd);
		if (ctx->image_file)
			err = ckpt_stream_open(ctx, ctx->image_file, true);
		else
			err = ckpt_fail(ctx, -EBADF, "the image's descriptor is not open");
	}
	if (!err)
		err = do_checkpoint(ctx, root);
	if (root)
		put_task_struct(root);
	return err;
}

static void checkpoint_results(struct ckpt_ctx *ctx, struct checkpoint_args *args)
{
	ktime_t until = ctx->thawed_at ?: ktime_get();

	memcpy(args->image_id, ctx->header.image_id, sizeof(args->image_id));
	args->frozen_ns = ctx->frozen_at ? ktime_sub(until, ctx->frozen_at) : 0;
	args->image_bytes = ctx->stream ? ctx->stream->bytes : 0;
	args->nr_tasks = ctx->nr_tasks;
	args->nr_processes = ctx->nr_processes;
	args->freeze_ns = ctx->save->phase_ns[CKPT_PHASE_FREEZE];
	args->survey_ns = ctx->save->phase_ns[CKPT_PHASE_SURVEY];
	args->capture_ns = ctx->save->phase_ns[CKPT_PHASE_CAPTURE];
	args->write_ns = ctx->save->phase_ns[CKPT_PHASE_WRITE];
	args->sync_ns = ctx->save->phase_ns[CKPT_PHASE_SYNC];
}

static long checkpoint_call(pid_t pid, int fd, unsigned long flags,
			    struct checkpoint_args *args, void __user *uargs, size_t usize)
{
	struct file *hold = NULL;
	struct ckpt_ctx *ctx;
	int err, ret, hold_fd = -1;

	ctx = ckpt_begin_save(flags);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ctx->save->memory_budget = args->memory_budget;
	ctx->save->keep_seconds = args->keep_seconds ?: KEEP_SECONDS;
	err = ckpt_errors_init(ctx, args->errors ? args->nr_errors : 0);
	if (!err)
		err = ckpt_take_external(ctx, args);
	if (!err)
		err = ckpt_watch(ctx, args->timeout_ms ?: PATIENCE_MS, ckpt_thaw);
	if (!err && (flags & CHECKPOINT_FROZEN)) {
		hold_fd = ckpt_hold_prepare(&hold);
		err = min(hold_fd, 0);
	}
	if (!err)
		err = checkpoint_with(ctx, pid, fd);
	ret = ctx->save->crid;

	if (flags & CHECKPOINT_ARGS) {
		checkpoint_results(ctx, args);
		args->hold_fd = err ? -1 : hold_fd;
		args->errors_missing = ctx->errors_missing;
		if (ckpt_errors_to_user(ctx, args->errors, args->nr_errors, &args->errors_used) ||
		    copy_to_user(uargs, args, min(usize, sizeof(*args))))
			err = err ?: hold ? -EFAULT : 0;
	}
	err = no_restart(err);
	if (hold && !err) {
		ckpt_hold_install(ctx, hold, hold_fd);
		return ret;
	}
	ckpt_hold_discard(hold, hold_fd);
	ckpt_ctx_free(ctx);
	if (flags & CHECKPOINT_CHECK)
		ret = 0;
	return err ?: ret;
}

/* Return: 0, -ENOENT if nothing is kept, -EPERM if it is others' */
static long dismiss(const u64 *image_id)
{
	const struct ckpt_kind **p;
	int ret, nr = 0, err = 0;

	for_each_ckpt_kind(p) {
		ret = (*p)->dismiss ? (*p)->dismiss(image_id) : 0;
		if (ret < 0)
			err = ret;
		else
			nr += ret;
	}
	return err ?: nr ? 0 : -ENOENT;
}

/**
 * sys_checkpoint - save a process and all below it
 * @pid: root of what is saved, 0 = the caller's process
 * @fd: where the image goes; with CHECKPOINT_END the hold descriptor; unused with
 *	CHECKPOINT_RELEASE
 * @flags: CHECKPOINT_*
 * @uargs: struct checkpoint_args, looked at with CHECKPOINT_ARGS only
 * @usize: its size
 *
 * See Documentation/man/checkpoint.2.
 */
SYSCALL_DEFINE5(checkpoint, pid_t, pid, int, fd, unsigned long, flags,
		struct checkpoint_args __user *, uargs, size_t, usize)
{
	struct checkpoint_args args = {};
	int err;

	BUILD_BUG_ON(sizeof(args) < CHECKPOINT_ARGS_SIZE_VER0);
	if (flags & ~known_flags(flags) || pid < 0)
		return -EINVAL;
	if (!ckpt_may_call())
		return -EPERM;
	if (flags & CHECKPOINT_END)
		return pid ? -EINVAL : ckpt_hold_kill(fd, flags & CHECKPOINT_FORCE);
	if ((flags & CHECKPOINT_FROZEN) && (!(flags & CHECKPOINT_ARGS) || !pid ||
					    (flags & (CHECKPOINT_KILL | CHECKPOINT_CHECK))))
		return -EINVAL;
	if ((flags & CHECKPOINT_CLOSE && flags & CHECKPOINT_KEEP) ||
	    (flags & CHECKPOINT_RELEASE && (pid || !(flags & CHECKPOINT_ARGS))))
		return -EINVAL;
	if (flags & CHECKPOINT_ARGS) {
		if (usize > PAGE_SIZE)
			return -E2BIG;
		if (usize < CHECKPOINT_ARGS_SIZE_VER0)
			return -EINVAL;
		err = copy_struct_from_user(&args, sizeof(args), uargs, usize);
		if (err)
			return err;
		if (args.parent_image_id[0] || args.parent_image_id[1] || args.reserved ||
		    args.keep_seconds > CKPT_KEEP_MAX)
			return -EINVAL;
		if (flags & CHECKPOINT_RELEASE)
			return dismiss(args.image_id);
		/* Not to be found out when the tree has ended */
		if (copy_to_user(uargs, &args, min(usize, sizeof(args))))
			return -EFAULT;
	}
	return checkpoint_call(pid, fd, flags, &args, uargs, usize);
}

/* -- restart() ----------------------------------------------------------------- */

#define RESTART_FLAGS	(RESTART_SELF | RESTART_FROZEN | RESTART_CHECK |	\
			 RESTART_ALLOW_CHANGED | RESTART_STRICT_IO | RESTART_ORPHAN |	\
			 RESTART_REWIND | RESTART_ARGS)

static int check_image(struct ckpt_ctx *ctx, int crid, const struct restart_args *args)
{
	const struct ckpt_rec_header *h = &ctx->header;

	if (crid && (h->crid != crid || !ckpt_is_this_boot(ctx)))
		return ckpt_fail(ctx, -ESTALE, "the image is not checkpoint %d of this boot", crid);
	if ((args->image_id[0] || args->image_id[1]) &&
	    memcmp(h->image_id, args->image_id, sizeof(h->image_id)))
		return ckpt_fail(ctx, -ESTALE, "the image's id is not the one that was asked for");
	return 0;
}

static int restart_with(struct ckpt_ctx *ctx, int crid, int fd, struct restart_args *args)
{
	struct pid *pgrp;
	int err;

	ctx->image_file = fget(fd);
	if (!ctx->image_file)
		return ckpt_fail(ctx, -EBADF, "the image's descriptor is not open");
	err = ckpt_stream_open(ctx, ctx->image_file, false);
	if (!err)
		err = ckpt_read_metadata(ctx);
	if (!err)
		err = check_image(ctx, crid, args);
	if (err)
		return err;
	if (ctx->flags & RESTART_CHECK)
		return ckpt_read_memory(ctx, false);
	err = ckpt_restart(ctx);
	if (err)
		return err;
	ckpt_note_unmoved(ctx);
	pgrp = get_task_pid(ctx->root->task, PIDTYPE_PGID);
	args->pgrp = pgrp == task_pgrp(current) ? 0 : pid_vnr(pgrp);
	put_pid(pgrp);
	return pid_vnr(ctx->root->pid);
}

/*
 * Whatever asks in_compat_syscall() shall find no call of the caller's, in its tasks neither:
 * mmap(2) and sigaction(2) do.
 */
static int restart_native(struct ckpt_ctx *ctx, int crid, int fd, struct restart_args *args)
{
	bool compat = ckpt_arch_in_compat();
	int ret;

	ckpt_arch_set_compat(false);
	ret = restart_with(ctx, crid, fd, args);
	/* Else it is the program now, with calls of its own. */
	if (!ctx->restart->self_gone)
		ckpt_arch_set_compat(compat);
	return ret;
}

static long restart_call(int crid, int fd, unsigned long flags, struct restart_args *args,
			 void __user *uargs, size_t usize)
{
	bool was_origin = current->signal->oom_flag_origin;
	struct file *hold = NULL;
	struct ckpt_ctx *ctx;
	int hold_fd = -1;
	long ret;

	ctx = ckpt_begin_restart(flags);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	/* The metadata is kernel memory, by which nobody would be found when memory runs out. */
	set_current_oom_origin();
	/* A restart wants no task that is there. */
	WRITE_ONCE(ctx->settled, true);
	ret = ckpt_errors_init(ctx, args->errors ? args->nr_errors : 0);
	if (!ret)
		ret = ckpt_check_filter(ctx);
	if (!ret)
		ret = ckpt_set_ceiling(ctx, args);
	if (!ret)
		ret = ckpt_take_inherit(ctx, args);
	if (!ret)
		ret = ckpt_take_moved(ctx, args);
	if (!ret && (flags & RESTART_FROZEN)) {
		hold_fd = ckpt_hold_prepare(&hold);
		ret = min(hold_fd, 0);
	}
	if (!ret)
		ret = restart_native(ctx, crid, fd, args);
	if (!was_origin)
		clear_current_oom_origin();
	ckpt_audit_restart(ctx, ret);

	/*
	 * The tree lives: only the report can be lost now.  A caller that became
	 * the program has no memory any more to take it.
	 */
	if ((flags & RESTART_ARGS) && !ctx->restart->self_gone) {
		args->image_bytes = ctx->stream ? ctx->stream->bytes : 0;
		args->nr_tasks = ctx->nr_tasks;
		args->nr_processes = ctx->nr_processes;
		args->hold_fd = ret < 0 ? -1 : hold_fd;
		args->errors_missing = ctx->errors_missing;
		if (!ckpt_errors_to_user(ctx, args->errors, args->nr_errors, &args->errors_used) &&
		    copy_to_user(uargs, args, min(usize, sizeof(*args))) && ret >= 0)
			ckpt_note(ctx, "the report could not be handed over");
	}
	if (hold && ret >= 0) {
		ckpt_hold_install(ctx, hold, hold_fd);
		return ret;
	}
	ckpt_hold_discard(hold, hold_fd);
	ckpt_ctx_free(ctx);
	return no_restart(ret);
}

/**
 * sys_restart - bring back the tree of an image
 * @crid: demanded checkpoint id of this boot, 0 takes any image
 * @fd: where the image is read from
 * @flags: RESTART_*
 * @uargs: struct restart_args, looked at with RESTART_ARGS only
 * @usize: its size
 *
 * See Documentation/man/restart.2.
 */
SYSCALL_DEFINE5(restart, int, crid, int, fd, unsigned long, flags,
		struct restart_args __user *, uargs, size_t, usize)
{
	struct restart_args args = {};
	int err;

	BUILD_BUG_ON(sizeof(args) < RESTART_ARGS_SIZE_VER0);
	if (flags & ~RESTART_FLAGS || crid < 0)
		return -EINVAL;
	if ((flags & RESTART_FROZEN) && (!(flags & RESTART_ARGS) ||
					 (flags & (RESTART_SELF | RESTART_CHECK))))
		return -EINVAL;
	if ((flags & RESTART_ORPHAN) && (flags & (RESTART_SELF | RESTART_CHECK)))
		return -EINVAL;
	if ((flags & RESTART_REWIND) && (flags & (RESTART_ALLOW_CHANGED | RESTART_CHECK)))
		return -EINVAL;
	if (!ckpt_may_call())
		return -EPERM;
	if (flags & RESTART_ARGS) {
		if (usize > PAGE_SIZE)
			return -E2BIG;
		if (usize < RESTART_ARGS_SIZE_VER0)
			return -EINVAL;
		err = copy_struct_from_user(&args, sizeof(args), uargs, usize);
		if (err)
			return err;
		if (args.flags & ~RESTART_ARG_OWNER)
			return -EINVAL;
	}
	return restart_call(crid, fd, flags, &args, uargs, usize);
}
