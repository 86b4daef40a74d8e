// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pid namespaces of the tree.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/proc_fs.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>
#include <uapi/linux/memfd.h>
#include "pid_ns.h"

/**
 * DOC: pid namespaces
 *
 * Preserved: those of the tree, at any depth: who lives in which and has which number at
 * each level, their inits, living or zombies, which number comes next, vm.memfd_noexec.
 * Which one a thread has for its children, also if nobody has been born in it yet, or nobody
 * can be any more, for its init is gone.  If the root is the init of its own, that one is the
 * tree's too, and all have their numbers in the one above it as well.
 *
 * Rebuilt: that in which the root's first number is becomes the restarter's, or a new one
 * (rstr --pidns).
 *
 * Refused: one whose init or another member is outside the tree, or that a mounted /proc
 * shows; process accounting in it (acct(2)); one that belongs to another user namespace than
 * the caller's; a root that is the init of its own, if the caller lives there too, and at a
 * restart with RESTART_SELF: nobody becomes an init.
 */

static void pid_ns_put(void *ptr)
{
	put_pid_ns(ptr);
}

/* The outer one has no object: the restarter's takes its place. */
static const void *pid_ns_key(struct ckpt_ctx *ctx, const void *ptr)
{
	return ptr == ckpt_outer_pid_ns(ctx) ? NULL : ptr;
}

/* -- check ------------------------------------------------------------------------------- */

/*
 * Not by ->child_reaper, which names a task that is freed when the init is reaped.  A zombie
 * still has its number.
 */
static bool is_init_inside(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	struct task_struct *task;

	guard(rcu)();
	task = pid_task(find_pid_ns(1, ns), PIDTYPE_PID);
	return task && ckpt_find_task(ctx, task);
}

/* Can somebody be born there, now or when its first process is? */
static bool is_open(const struct pid_namespace *ns)
{
	return READ_ONCE(ns->pid_allocated) & PIDNS_ADDING;
}

/* Who is the first to fork has it for its own until then. */
static bool is_unborn(const struct pid_namespace *ns)
{
	return READ_ONCE(ns->pid_allocated) == PIDNS_ADDING;
}

static int check_one(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	if (ns->level <= ckpt_outer_pid_ns(ctx)->level)
		return ckpt_fail(ctx, -EOPNOTSUPP, "has to do with a pid namespace that is neither the tree's nor below one of it");
	if (ns->user_ns != ctx->caller_cred->user_ns)
		return ckpt_fail(ctx, -EOPNOTSUPP, "has to do with a pid namespace of another user namespace than the caller's, which cannot be saved yet");
	if (!ckpt_caller_capable(ctx, CAP_SYS_ADMIN))
		return ckpt_fail(ctx, -EPERM, "has to do with a pid namespace, which takes a caller with CAP_SYS_ADMIN");
	if (is_open(ns) && !is_unborn(ns) && !is_init_inside(ctx, ns))
		return ckpt_fail(ctx, -EBUSY, "has to do with a pid namespace whose init is outside the tree; save a larger tree");
	return 0;
}

int ckpt_check_pid_ns(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	int err = 0;

	/* Who could not be stopped only seems to be outside. */
	if (ctx->save->obstacle)
		return 0;
	for (; !err && ns && ns != ckpt_outer_pid_ns(ctx); ns = ns->parent)
		err = check_one(ctx, ns);
	return err;
}

int ckpt_check_pid_in_ns(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	int err = ckpt_check_pid_ns(ctx, ns);

	if (err || ctx->save->obstacle || ns == ckpt_outer_pid_ns(ctx) || is_init_inside(ctx, ns))
		return err;
	return ckpt_fail(ctx, -EOPNOTSUPP, "has to do with a process group whose leader lived in a pid namespace that has lost its init, which cannot be saved yet");
}

static int pid_ns_check_object(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_check_pid_ns(ctx, ptr);
}

const struct ckpt_class ckpt_class_pidns = {
	.name	= "pidns",
	.put	= pid_ns_put,
	.check	= pid_ns_check_object,
	.key	= pid_ns_key,
};

/* So many members are looked at in one RCU section. */
#define MEMBERS_AT_ONCE	128

/* Some members from number *@nr on, which is moved on; 0 behind the last one */
static struct task_struct *look_at_some(struct ckpt_ctx *ctx, struct pid_namespace *ns, int *nr)
{
	unsigned int left = MEMBERS_AT_ONCE;
	struct task_struct *task;
	struct pid *pid;

	guard(rcu)();
	for (; left--; ++*nr) {
		pid = find_ge_pid(*nr, ns);
		if (!pid) {
			*nr = 0;
			return NULL;
		}
		*nr = pid_nr_ns(pid, ns);
		task = pid_task(pid, PIDTYPE_PID);
		if (task && !ckpt_find_task(ctx, task))
			return get_task_struct(task);
	}
	return NULL;
}

static struct task_struct *find_member_outside(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	struct task_struct *task;
	int nr = 1;

	do {
		task = look_at_some(ctx, ns, &nr);
		cond_resched();
	} while (!task && nr);
	return task;
}

/* It would end with the tree, and not come back with it. */
static int check_members(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	struct task_struct *task = find_member_outside(ctx, ns);
	struct ckpt_who who;

	if (!task)
		return 0;
	return ckpt_fail(ctx, -EBUSY, "%s, which is outside the tree, is in its pid namespace; end that or save a larger tree",
			 ckpt_show_outsider(ctx, task, &who));
}

/* A mounted /proc, and the namespace that it is looked for */
struct shown {
	const struct pid_namespace *ns;
	bool found;
};

static void look_at_proc(struct super_block *sb, void *data)
{
	struct shown *shown = data;

	if (proc_sb_info(sb)->pid_ns == shown->ns)
		shown->found = true;
}

/* After a restart it would still show the old namespace, which nobody is in any more. */
static bool is_shown(const struct pid_namespace *ns)
{
	struct file_system_type *proc = get_fs_type("proc");
	struct shown shown = { .ns = ns };

	if (!proc)
		return false;
	iterate_supers_type(proc, look_at_proc, &shown);
	put_filesystem(proc);
	return shown.found;
}

static int check_init(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	if (pid_ns_has_accounting(ns))
		return ckpt_fail(ctx, -EOPNOTSUPP, "is the init of a pid namespace with process accounting, which cannot be saved yet; turn that off first (acct(2))");
	if (is_shown(ns))
		return ckpt_fail(ctx, -EOPNOTSUPP, "is the init of a pid namespace that a mounted /proc shows, which cannot be saved yet; unmount that first");
	return ctx->save->obstacle ? 0 : check_members(ctx, ns);
}

static int pid_ns_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (!is_child_reaper(t->pid) || ckpt_process_is_dead(t))
		return 0;
	/* Its own number outside is none that anybody in there could see. */
	if (t == ctx->root && ctx->caller_ns->level > ckpt_outer_pid_ns(ctx)->level)
		return ckpt_fail(ctx, -EOPNOTSUPP, "is the init of the caller's pid namespace, which cannot be saved from within; do that from outside of it");
	return check_init(ctx, ns_of_pid(t->pid));
}

/* Whoever came since then would end with it, and come back with no image. */
static const char *pid_ns_changed(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task;

	if (!is_child_reaper(t->pid) || ckpt_process_is_dead(t))
		return NULL;
	task = find_member_outside(ctx, ns_of_pid(t->pid));
	if (!task)
		return NULL;
	put_task_struct(task);
	return "has got a process outside the tree into its pid namespace";
}

/* -- save and restore ---------------------------------------------------------------------- */

static int pid_ns_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct pid_namespace *ns = ptr;
	struct ckpt_rec_pid_ns rec = {
		.next = is_unborn(ns) ? 0 : idr_get_cursor(&ns->idr),
		.memfd_noexec = pidns_memfd_noexec_scope(ns),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_pidns, ns->parent, &rec.parent);

	if (err)
		return err;
	if (!is_open(ns) && !is_init_inside(ctx, ns))
		rec.flags |= CKPT_PID_NS_DEAD;
	return ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int pid_ns_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_pid_ns *rec = item->data;

	if (rec->flags & ~CKPT_PID_NS_DEAD)
		return ckpt_fail(ctx, -EINVAL, "unknown flags %#x of a pid namespace", rec->flags);
	/* What kernel.ns_last_pid lets in */
	if (rec->next > PID_MAX_LIMIT + 1)
		return ckpt_fail(ctx, -EINVAL, "the next number of a pid namespace, %u, is out of range",
				 rec->next);
	if (rec->memfd_noexec > MEMFD_NOEXEC_SCOPE_NOEXEC_ENFORCED)
		return ckpt_fail(ctx, -EINVAL, "vm.memfd_noexec of a pid namespace, %u, is out of range",
				 rec->memfd_noexec);
	return ckpt_add_pid_ns(ctx, item);
}

static int pid_ns_complete(struct ckpt_ctx *ctx)
{
	return ckpt_check_pid_spaces(ctx);
}

/* A namespace is at least as strict as those above it. */
static void set_memfd_noexec(struct ckpt_ctx *ctx, struct pid_namespace *ns, int wanted)
{
	int least = pidns_memfd_noexec_scope(ns->parent);

	if (wanted < least)
		ckpt_note(ctx, "vm.memfd_noexec of a pid namespace is %d instead of %d, for the restarter's is",
			  least, wanted);
	pid_ns_set_memfd_noexec(ns, max(least, wanted));
}

static void *pid_ns_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_pid_ns *rec = item->data;
	struct pid_namespace *parent, *ns;

	parent = rec->parent ? ckpt_object(ctx, rec->parent, &ckpt_class_pidns) :
			       ckpt_roots_pid_ns(ctx);
	if (!ckpt_caller_capable(ctx, CAP_SYS_ADMIN)) {
		ckpt_fail(ctx, -EPERM, "a pid namespace of the tree may not be made without CAP_SYS_ADMIN");
		return ERR_PTR(-EPERM);
	}
	ns = ckpt_make_pid_ns(parent);
	if (PTR_ERR_OR_ZERO(ns) == -ENOSPC)
		ckpt_fail(ctx, -ENOSPC, "pid namespaces are nested too deep here, or too many (user.max_pid_namespaces)");
	else if (IS_ERR(ns))
		ckpt_fail(ctx, PTR_ERR(ns), "a pid namespace of the tree could not be made");
	if (IS_ERR(ns))
		return ns;
	set_memfd_noexec(ctx, ns, rec->memfd_noexec);
	idr_set_cursor(&ns->idr, rec->next);
	if (rec->flags & CKPT_PID_NS_DEAD)
		disable_pid_allocation(ns);
	return ns;
}

CHECKPOINT_KIND(pid_ns) = {
	.name		= "pid_ns",
	.type		= CKPT_REC_PID_NS,
	.size		= sizeof(struct ckpt_rec_pid_ns),
	.scope		= CKPT_SCOPE_LEADER,
	.stage		= CKPT_STAGE_NAMESPACE,
	.class		= &ckpt_class_pidns,
	.defines	= true,
	.check		= pid_ns_check,
	.changed	= pid_ns_changed,
	.save_object	= pid_ns_save,
	.validate	= pid_ns_validate,
	.complete	= pid_ns_complete,
	.restore_object	= pid_ns_restore,
};
