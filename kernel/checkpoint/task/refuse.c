// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: state of a task that is refused.
 */
#include <linux/cred.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <linux/security.h>
#include "members.h"
#include "task.h"

/**
 * DOC: refused
 *
 * What a task has beside the state that a kind saves, each with its sentence.  A
 * row goes when a kind takes the state over.
 *
 * Not seen and not preserved: a Yama exception (PR_SET_PTRACER), which belongs to
 * a security module and ends with either task.
 */

struct refusal {
	bool (*is)(const struct task_struct *task);
	int err;
	const char *why;
};

static bool is_traced(const struct task_struct *task)
{
	return task->ptrace;
}

static bool is_tracing(const struct task_struct *task)
{
	return !list_empty_careful(&task->ptraced);
}

static bool is_kernel_thread(const struct task_struct *task)
{
	return task->flags & (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER);
}

static bool is_exiting(const struct task_struct *task)
{
	return task->flags & (PF_EXITING | PF_POSTCOREDUMP);
}

static bool has_vfork_parent(const struct task_struct *task)
{
	return READ_ONCE(task->vfork_done);
}

static bool has_seccomp(const struct task_struct *task)
{
	return task->seccomp.mode != SECCOMP_MODE_DISABLED;
}

static bool is_io_flusher(const struct task_struct *task)
{
	return (task->flags & (PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE)) ==
	       (PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE);
}

static bool has_mce_policy(const struct task_struct *task)
{
	return task->flags & PF_MCE_PROCESS;
}

static bool has_speculation_setting(const struct task_struct *task)
{
	struct task_struct *t = (struct task_struct *)task;

	return task_spec_ssb_disable(t) || task_spec_ssb_noexec(t) ||
	       task_spec_ssb_force_disable(t) || task_spec_ib_disable(t) ||
	       task_spec_ib_force_disable(t);
}

static const struct refusal thread_refusals[] = {
	{ is_kernel_thread,	-EBUSY, "works inside the kernel for an io_uring or vhost device" },
	{ is_exiting,		-EAGAIN, "is just exiting; try again" },
	{ is_traced,		-EBUSY, "is being traced; detach the debugger first" },
	{ is_tracing,		-EBUSY, "is tracing another task, which cannot be saved yet" },
	{ has_vfork_parent,	-EAGAIN, "is a vfork child that has not yet executed a program; try again" },
	{ has_seccomp,		-EOPNOTSUPP, "has a seccomp filter, which cannot be saved yet" },
	{ task_has_landlock,	-EOPNOTSUPP, "has a Landlock domain, whose rules hold inodes and cannot be saved" },
	{ task_has_user_dispatch, -EOPNOTSUPP, "has set syscall user dispatch, which cannot be saved yet" },
	{ has_speculation_setting, -EOPNOTSUPP, "has set speculation controls, which cannot be saved yet" },
	{ is_io_flusher,	-EOPNOTSUPP, "has set PR_SET_IO_FLUSHER, which cannot be saved yet" },
	{ has_mce_policy,	-EOPNOTSUPP, "has set PR_MCE_KILL, which cannot be saved yet" },
	{ task_has_io_uring,	-EOPNOTSUPP, "has used io_uring, which cannot be saved yet" },
	{ task_has_sem_undo,	-EOPNOTSUPP, "has SysV semaphore adjustments (SEM_UNDO), which cannot be saved yet" },
	{ task_has_perf_events,	-EOPNOTSUPP, "is measured by perf events, which cannot be saved" },
	{ task_has_mempolicy,	-EOPNOTSUPP, "has a NUMA memory policy, which cannot be saved yet" },
	{ task_has_uprobes,	-EOPNOTSUPP, "has run into uprobes, which cannot be saved" },
	{ task_has_user_events,	-EOPNOTSUPP, "has user events, which cannot be saved" },
	{ task_has_kcov,	-EOPNOTSUPP, "collects kernel coverage (KCOV), which cannot be saved" },
	{ task_has_bpf_storage,	-EOPNOTSUPP, "has BPF task storage, which cannot be saved" },
	{ task_has_resctrl,	-EOPNOTSUPP, "is in a resctrl group, which cannot be saved" },
};

/* A label is restored by nobody: a restarted task has the restarter's. */
static int check_label(struct ckpt_ctx *ctx, struct task_struct *task)
{
	u32 label = 0, callers = 0;

	security_task_getsecid_obj(task, &label);
	security_cred_getsecid(ctx->caller_cred, &callers);
	if (label != callers)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "has a security label other than the caller's, which cannot be saved yet");
	return 0;
}

static const char *other_namespace(const struct nsproxy *ns, const struct nsproxy *callers,
				   const struct nsproxy *roots)
{
	if (ns->uts_ns != callers->uts_ns)
		return "uts";
	if (ns->ipc_ns != callers->ipc_ns)
		return "ipc";
	if (ns->mnt_ns != callers->mnt_ns)
		return "mount";
	if (ns->net_ns != callers->net_ns)
		return "network";
	if (ns->cgroup_ns != callers->cgroup_ns)
		return "cgroup";
	/* A restarted tree has its own, which the clocks of the image stand for. */
	if (ns->time_ns != roots->time_ns || ns->time_ns_for_children != ns->time_ns)
		return "time";
	return NULL;
}

static struct nsproxy *get_task_nsproxy(struct task_struct *task)
{
	struct nsproxy *ns;

	task_lock(task);
	ns = task->nsproxy;
	if (ns)
		get_nsproxy(ns);
	task_unlock(task);
	return ns;
}

static int check_namespaces(struct ckpt_ctx *ctx, struct task_struct *task)
{
	struct nsproxy *ns = get_task_nsproxy(task);
	struct nsproxy *roots = get_task_nsproxy(ctx->root->task);
	const char *other = NULL;
	bool dying = !ns || !roots;
	bool new_pid_ns = false;

	if (!dying) {
		other = other_namespace(ns, ctx->caller->nsproxy, roots);
		new_pid_ns = ns->pid_ns_for_children != task_active_pid_ns(task);
	}
	if (ns)
		put_nsproxy(ns);
	if (roots)
		put_nsproxy(roots);
	if (dying)
		return ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint");
	if (new_pid_ns)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "its children will be in another pid namespace, which cannot be saved yet");
	if (other)
		return ckpt_fail(ctx, -EOPNOTSUPP, "is in another %s namespace, which cannot be saved yet",
				 other);
	return 0;
}

static int thread_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const bool all = ctx->flags & CHECKPOINT_CHECK;
	const struct refusal *r;
	int err, first = 0;

	for (r = thread_refusals; r < thread_refusals + ARRAY_SIZE(thread_refusals); r++) {
		if (!r->is(t->task))
			continue;
		err = ckpt_fail(ctx, r->err, "%s", r->why);
		if (!all)
			return err;
		first = first ?: err;
	}
	err = check_label(ctx, t->task);
	if (err && !all)
		return err;
	first = first ?: err;
	err = check_namespaces(ctx, t->task);
	return first ?: err;
}

CHECKPOINT_KIND(refuse_thread) = {
	.name	= "thread",
	.scope	= CKPT_SCOPE_THREAD,
	.check	= thread_check,
};

/* What all threads share in their mm */
static int refuse_process_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (mm_has_aio(t->mm))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "has used asynchronous I/O (io_setup), which cannot be saved yet");
	return 0;
}

CHECKPOINT_KIND(refuse_process) = {
	.name	= "process",
	.scope	= CKPT_SCOPE_PROCESS,
	.check	= refuse_process_check,
};
