// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: state of a task that is refused.
 */
#include <linux/cred.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/ptrace.h>
#include "members.h"
#include "task.h"

/**
 * DOC: what else a task may have
 *
 * Refused, each by name: threads that work inside the kernel for io_uring or vhost; io_uring
 * contexts; perf events, user events, kernel coverage (KCOV), BPF task storage; a resctrl
 * group; a uts, ipc, mount, network or cgroup namespace other than the
 * caller's, and a time namespace other than the root's.
 *
 * A row of the table goes when a kind takes the state over, and its words here.
 */

/**
 * struct refusal - one thing that a task may not have
 * @is: does it have it
 * @err: negative errno, or 0 for a thing that simply cannot be saved
 * @what: with @err a sentence, else a name: "has ..., which cannot be saved yet"
 * @remedy: what to do
 */
struct refusal {
	bool (*is)(const struct task_struct *task);
	int err;
	const char *what;
	const char *remedy;
};

static bool is_kernel_thread(const struct task_struct *task)
{
	return task->flags & (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER);
}

static bool is_exiting(const struct task_struct *task)
{
	return task->flags & (PF_EXITING | PF_POSTCOREDUMP);
}

static const struct refusal refusals[] = {
	{ is_kernel_thread,	-EBUSY, "works inside the kernel for an io_uring or vhost device",
				"close that first" },
	{ is_exiting,		-EAGAIN, "is just exiting", "try again" },
	{ task_has_io_uring,	0, "an io_uring context", "start it without" },
	{ task_has_perf_events,	0, "perf events of its own or that measure it",
				"close them first" },
	{ task_has_user_events,	0, "user events", "unregister them first" },
	{ task_has_kcov,	0, "kernel coverage (KCOV)", "turn that off first" },
	{ task_has_bpf_storage,	0, "BPF task storage", "unload the BPF program first" },
	{ task_has_resctrl,	0, "a resctrl group", "move it to the default one first" },
};

static int refuse(struct ckpt_ctx *ctx, const struct refusal *r)
{
	if (r->err)
		return ckpt_fail(ctx, r->err, "%s; %s", r->what, r->remedy);
	return ckpt_fail(ctx, -EOPNOTSUPP, "has %s, which cannot be saved yet; %s", r->what,
			 r->remedy);
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
	struct nsproxy *roots = get_task_nsproxy(ckpt_living_task(ctx->root));
	const char *other = NULL;
	bool dying = !ns || !roots;

	if (!dying)
		other = other_namespace(ns, ctx->caller->nsproxy, roots);
	if (ns)
		put_nsproxy(ns);
	if (roots)
		put_nsproxy(roots);
	if (dying)
		return ckpt_fail_task_killed(ctx);
	if (other)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "is in another %s namespace, which cannot be saved yet; save %s",
				 other, strcmp(other, "time") ? "it from within that namespace" :
				 "what is in each one alone");
	return 0;
}

static int thread_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct refusal *r;
	int first = 0;

	for (r = refusals; r < refusals + ARRAY_SIZE(refusals); r++)
		if (r->is(t->task) && !ckpt_looks_on(ctx, refuse(ctx, r), &first))
			return first;
	ckpt_looks_on(ctx, check_namespaces(ctx, t->task), &first);
	return first;
}

CHECKPOINT_KIND(refuse) = {
	.name	= "thread",
	.scope	= CKPT_SCOPE_THREAD,
	.check	= thread_check,
};
