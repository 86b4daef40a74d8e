// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: seccomp.  Compiled into kernel/seccomp.c, which keeps the structure
 * of filters to itself.
 */
#include "task.h"

/**
 * DOC: seccomp
 *
 * Preserved: strict mode; filters in the order in which they were installed, whether they
 * log (SECCOMP_FILTER_FLAG_LOG), and which threads and processes share which of them.
 * SECCOMP_FILTER_FLAG_TSYNC goes by that.  Of a zombie what /proc/PID/status shows.
 *
 * Rebuilt: which calls are known to be allowed always.
 *
 * Substituted: filters of the restarter stay under those of the image, and a program
 * without any has them alone, reported.
 *
 * Refused: a filter whose listener is open, and as in seccomp(2) a program that has neither
 * no_new_privs set nor a caller with CAP_SYS_ADMIN.  Strict mode does not come back under
 * a filter of the restarter's.
 *
 * Immaterial: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV of a filter whose listener is closed.
 */

static void put_filter(void *ptr)
{
	__seccomp_filter_release(ptr);
}

/* As a task does, the core holds a reference and is a user. */
static const struct ckpt_class ckpt_class_seccomp = {
	.name	= "seccomp",
	.put	= put_filter,
};

static_assert(sizeof(struct ckpt_rec_bpf_insn) == sizeof(struct sock_filter));

/* -- saving ---------------------------------------------------------------------- */

/* What a task has; a reference to @filter is held. */
struct seen {
	int mode;
	unsigned int nr_filters;
	struct seccomp_filter *filter;
};

/* A frozen task may be killed at any moment, and then gives its filters away. */
static void look(struct task_struct *task, struct seen *seen)
{
	unsigned long flags;

	*seen = (struct seen) {};
	if (!lock_task_sighand(task, &flags))
		return;
	seen->mode = task->seccomp.mode;
	seen->nr_filters = atomic_read(&task->seccomp.filter_count);
	seen->filter = task->seccomp.filter;
	if (seen->filter)
		__get_seccomp_filter(seen->filter);
	unlock_task_sighand(task, &flags);
}

static int check_seen(struct ckpt_ctx *ctx, const struct ckpt_task *t, const struct seen *seen)
{
	const struct seccomp_filter *f;

	if (seen->mode == SECCOMP_MODE_DISABLED || t->zombie)
		return 0;
	if (seen->mode == SECCOMP_MODE_DEAD || (seen->mode == SECCOMP_MODE_FILTER && !seen->filter))
		return ckpt_fail_task_killed(ctx);
	for (f = seen->filter; f; f = f->prev)
		if (READ_ONCE(f->notif))
			return ckpt_fail(ctx, -EOPNOTSUPP,
					 "has a seccomp filter with a listener, which cannot be saved yet; close the listener first");
	/* restart() would ask for it. */
	if (seen->filter && !task_no_new_privs(t->task) && !ckpt_caller_capable(ctx, CAP_SYS_ADMIN))
		return ckpt_fail(ctx, -EACCES,
				 "has a seccomp filter without no_new_privs; that takes a caller with CAP_SYS_ADMIN");
	return 0;
}

static int seccomp_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct seen seen;
	int err;

	look(t->task, &seen);
	err = check_seen(ctx, t, &seen);
	__put_seccomp_filter(seen.filter);
	return err;
}

static int filter_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	const struct seccomp_filter *filter = ptr;
	const struct sock_fprog_kern *prog = filter->prog->orig_prog;
	struct ckpt_rec_seccomp_filter rec = { .flags = filter->log ? CKPT_SECCOMP_LOG : 0 };
	int err = 0;

	if (filter->prev)
		err = ckpt_save_object(ctx, &ckpt_class_seccomp, filter->prev, &rec.prev);
	return err ?: ckpt_emit(ctx, kind, id, &rec, prog->filter, prog->len);
}

/* The oldest first: then each one refers to what is saved, and nothing goes deep. */
static int save_chain(struct ckpt_ctx *ctx, struct seccomp_filter *filter)
{
	struct seccomp_filter **chain, *f;
	unsigned int nr = 0, i = 0;
	int err = 0;
	u32 id;

	for (f = filter; f; f = f->prev)
		nr++;
	chain = kvmalloc_array(nr, sizeof(*chain), GFP_KERNEL_ACCOUNT);
	if (!chain)
		return ckpt_fail(ctx, -ENOMEM, "no memory for seccomp filters");
	for (f = filter; f; f = f->prev)
		chain[i++] = f;
	while (i && !err)
		err = ckpt_save_object(ctx, &ckpt_class_seccomp, chain[--i], &id);
	kvfree(chain);
	return err;
}

static int seccomp_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_rec_seccomp rec = {};
	struct seen seen;
	int err;

	look(t->task, &seen);
	rec.mode = seen.mode;
	err = check_seen(ctx, t, &seen);
	if (t->zombie)
		rec.nr_filters = seen.nr_filters;
	else if (!err && seen.filter)
		err = save_chain(ctx, seen.filter) ?:
		      ckpt_save_object(ctx, &ckpt_class_seccomp, seen.filter, &rec.filter);
	__put_seccomp_filter(seen.filter);
	if (err || seen.mode == SECCOMP_MODE_DISABLED)
		return err;
	return ckpt_emit(ctx, kind, t->id, &rec, NULL, 0);
}

/* -- restoring ------------------------------------------------------------------- */

static int filter_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_seccomp_filter *data = item->data;

	if (data->flags & ~CKPT_SECCOMP_LOG)
		return ckpt_fail(ctx, -EINVAL, "unknown flags %#x of a seccomp filter",
				 data->flags);
	if (!item->count)
		return ckpt_fail(ctx, -EINVAL, "a seccomp filter without a program");
	return 0;
}

static struct seccomp_filter *new_filter(const struct sock_filter *insns, u32 nr)
{
	struct seccomp_filter *filter = kzalloc(sizeof(*filter), GFP_KERNEL_ACCOUNT);
	int err;

	if (!filter)
		return ERR_PTR(-ENOMEM);
	mutex_init(&filter->notify_lock);
	init_waitqueue_head(&filter->wqh);
	refcount_set(&filter->refs, 1);
	refcount_set(&filter->users, 1);
	err = ckpt_make_classic_prog(&filter->prog, insns, nr, seccomp_check_filter);
	if (!err)
		return filter;
	kfree(filter);
	return ERR_PTR(err);
}

/* The caller's own filters, which its tasks inherit; with a reference and as a user */
static struct seccomp_filter *get_callers(void)
{
	struct seccomp_filter *filter;

	spin_lock_irq(&current->sighand->siglock);
	filter = current->seccomp.filter;
	get_seccomp_filter(current);
	spin_unlock_irq(&current->sighand->siglock);
	return filter;
}

static struct seccomp_filter *get_prev(struct ckpt_ctx *ctx, u32 id)
{
	struct seccomp_filter *filter;

	if (!id)
		return get_callers();
	filter = ckpt_object(ctx, id, &ckpt_class_seccomp);
	__get_seccomp_filter(filter);
	refcount_inc(&filter->users);
	return filter;
}

/* As seccomp_attach_filter(): what a chain may have */
static bool is_too_long(const struct seccomp_filter *filter)
{
	unsigned long insns = filter->prog->len;

	for (filter = filter->prev; filter; filter = filter->prev)
		insns += filter->prog->len + 4;
	return insns > MAX_INSNS_PER_PATH;
}

static void *filter_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_seccomp_filter *data = item->data;
	struct seccomp_filter *filter = new_filter(item->array, item->count);

	if (IS_ERR(filter)) {
		ckpt_fail(ctx, PTR_ERR(filter), "a seccomp filter could not be made");
		return filter;
	}
	filter->log = data->flags & CKPT_SECCOMP_LOG;
	filter->prev = get_prev(ctx, data->prev);
	if (is_too_long(filter)) {
		__seccomp_filter_release(filter);
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM,
					 "more seccomp filters than a program may have"));
	}
	seccomp_cache_prepare(filter);
	return filter;
}

static int seccomp_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_seccomp *data = item->data;
	const bool zombie = item->owner->zombie;

	/* Who was killed by seccomp is dead in another way. */
	if ((data->mode != SECCOMP_MODE_STRICT && data->mode != SECCOMP_MODE_FILTER &&
	     !(zombie && data->mode == SECCOMP_MODE_DEAD)) ||
	    (data->nr_filters && !zombie) || data->nr_filters > MAX_INSNS_PER_PATH ||
	    (!!data->filter != (data->mode == SECCOMP_MODE_FILTER && !zombie)))
		return ckpt_fail(ctx, -EINVAL, "its seccomp mode and filters make no sense");
	return 0;
}

/* It runs no system call any more, and its end takes the filters away. */
static void show(const struct ckpt_rec_seccomp *data)
{
	spin_lock_irq(&current->sighand->siglock);
	current->seccomp.mode = data->mode;
	atomic_set(&current->seccomp.filter_count, data->nr_filters);
	spin_unlock_irq(&current->sighand->siglock);
}

/* No image takes them away. */
static int seccomp_complete(struct ckpt_ctx *ctx)
{
	if (seccomp_mode(&current->seccomp) == SECCOMP_MODE_FILTER)
		ckpt_note(ctx, "the restarter's seccomp filters stay in force for the program");
	return 0;
}

static unsigned int chain_length(const struct seccomp_filter *filter)
{
	unsigned int nr = 0;

	for (; filter; filter = filter->prev)
		nr++;
	return nr;
}

/* In place of what was inherited from the restarter, which is the beginning of the chain */
static int attach(struct ckpt_ctx *ctx, struct seccomp_filter *filter)
{
	struct seccomp_filter *old;
	bool fits;

	if (!task_no_new_privs(current) && !ckpt_caller_capable(ctx, CAP_SYS_ADMIN))
		return ckpt_fail(ctx, -EACCES,
				 "has a seccomp filter without no_new_privs; that takes a caller with CAP_SYS_ADMIN");
	__get_seccomp_filter(filter);
	refcount_inc(&filter->users);
	spin_lock_irq(&current->sighand->siglock);
	old = current->seccomp.filter;
	fits = seccomp_may_assign_mode(SECCOMP_MODE_FILTER) && is_ancestor(old, filter);
	if (fits) {
		current->seccomp.filter = filter;
		atomic_set(&current->seccomp.filter_count, chain_length(filter));
		/* A task with other speculation settings than it started with is not saved. */
		seccomp_assign_mode(current, SECCOMP_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	}
	spin_unlock_irq(&current->sighand->siglock);
	__seccomp_filter_release(fits ? old : filter);
	return fits ? 0 : ckpt_fail(ctx, -EAGAIN,
				    "the restarter's own seccomp filters have changed meanwhile");
}

static int seccomp_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_seccomp *data = item->data;

	if (item->owner->zombie) {
		show(data);
		return 0;
	}
	if (data->mode == SECCOMP_MODE_FILTER)
		return attach(ctx, ckpt_object(ctx, data->filter, &ckpt_class_seccomp));
	if (seccomp_set_mode_strict())
		return ckpt_fail(ctx, -EPERM,
				 "the strict mode of seccomp cannot come back under a filter of the restarter's");
	return 0;
}

/**
 * seccomp_allows_again - current goes on behind a stop for the event of seccomp
 * @regs: its call, as its tracer has left it
 *
 * An image may say of a task without filters that it stands there.
 *
 * Context: a restarted task.
 * Return: true if it may make the call
 */
bool seccomp_allows_again(struct pt_regs *regs)
{
	const int nr = syscall_get_nr(current, regs);

	if (current->seccomp.mode != SECCOMP_MODE_FILTER)
		return secure_computing() != -1;
	return nr >= 0 && !__seccomp_filter(nr, NULL, true);
}

CHECKPOINT_KIND(seccomp_filter) = {
	.name		= "seccomp_filter",
	.type		= CKPT_REC_SECCOMP_FILTER,
	.size		= sizeof(struct ckpt_rec_seccomp_filter),
	CKPT_ARRAY(struct ckpt_rec_seccomp_filter, insns, struct ckpt_rec_bpf_insn),
	.max		= BPF_MAXINSNS,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_seccomp,
	.defines	= true,
	.save_object	= filter_save,
	.validate	= filter_validate,
	.restore_object	= filter_restore,
};

CHECKPOINT_KIND(seccomp) = {
	.name		= "seccomp",
	.type		= CKPT_REC_SECCOMP,
	.size		= sizeof(struct ckpt_rec_seccomp),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_LATE,
	.order		= 1,	/* no_new_privs and credentials are there */
	.class		= &ckpt_class_task,
	.check		= seccomp_check,
	.save		= seccomp_save,
	.validate	= seccomp_validate,
	.complete	= seccomp_complete,
	.restore	= seccomp_restore,
};
