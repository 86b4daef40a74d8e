// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: clocks that never run backwards.
 */
#include <linux/nsproxy.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include "../core.h"

/**
 * DOC: clocks
 *
 * CLOCK_MONOTONIC and CLOCK_BOOTTIME count from the boot of the machine.
 *
 * Preserved: where they stood.  If the image's clocks are ahead of the machine's, the tree
 * gets a new time namespace in which they go on where they stopped.  If they are behind,
 * time has simply passed, as it does for a program that was stopped.
 */

/* By how much a clock must be moved forward, as the current namespace sees it */
static s64 behind(u64 recorded, ktime_t host, struct timespec64 offset)
{
	return (s64)recorded - ktime_to_ns(host) - timespec64_to_ns(&offset);
}

static void add_ns(struct timespec64 *offset, s64 ns)
{
	if (ns > 0)
		*offset = timespec64_add(*offset, ns_to_timespec64(ns));
}

/*
 * A task that is made lives in the time that its parent has for its children, and so
 * does who executes a program.
 */
static int enter_own_time(struct ckpt_ctx *ctx)
{
	ctx->restart->old_nsproxy = current->nsproxy;
	get_nsproxy(ctx->restart->old_nsproxy);
	return exec_task_namespaces();
}

/**
 * ckpt_join_clocks - go on in time where the image stopped
 * @t: the root task, current, the only one so far
 *
 * Needs CAP_SYS_ADMIN in the caller's user namespace if a clock has to be moved.
 * The caller of restart() keeps its way back, see ckpt_leave_clocks().
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_join_clocks(struct ckpt_task *t)
{
	struct ckpt_ctx *ctx = t->ctx;
	struct timens_offsets *now;
	struct nsproxy *nsproxy = NULL;
	s64 monotonic, boottime;
	int err;

	err = t->self ? enter_own_time(ctx) : 0;
	if (err)
		return ckpt_fail(ctx, err, "the caller's time namespace for children cannot be entered");
	now = &current->nsproxy->time_ns->offsets;
	monotonic = behind(ctx->header.monotonic_ns, ktime_get(), now->monotonic);
	boottime = behind(ctx->header.boottime_ns, ktime_get_boottime(), now->boottime);
	if (monotonic <= 0 && boottime <= 0)
		return 0;

	err = unshare_nsproxy_namespaces(CLONE_NEWTIME, &nsproxy, NULL, NULL);
	if (err)
		return ckpt_fail(ctx, err, "a time namespace, without which the program's clocks would run backwards, could not be made");
	/* The new namespace starts from the one for children, which may be another. */
	nsproxy->time_ns_for_children->offsets = *now;
	add_ns(&nsproxy->time_ns_for_children->offsets.monotonic, monotonic);
	add_ns(&nsproxy->time_ns_for_children->offsets.boottime, boottime);
	timens_on_fork(nsproxy, current);
	switch_task_namespaces(current, nsproxy);
	return 0;
}

/**
 * ckpt_forget_clocks - RESTART_SELF: the caller stays in the time of the image
 * @ctx: the call
 */
void ckpt_forget_clocks(struct ckpt_ctx *ctx)
{
	if (ctx->restart->old_nsproxy)
		put_nsproxy(ctx->restart->old_nsproxy);
	ctx->restart->old_nsproxy = NULL;
}

/**
 * ckpt_leave_clocks - RESTART_SELF: the caller goes back to its own time
 * @ctx: the call, which failed; current is the caller
 *
 * Context: may sleep.
 */
void ckpt_leave_clocks(struct ckpt_ctx *ctx)
{
	if (!ctx->restart->old_nsproxy)
		return;
	switch_task_namespaces(current, ctx->restart->old_nsproxy);
	timens_commit(current, ctx->restart->old_nsproxy->time_ns);
	ctx->restart->old_nsproxy = NULL;
}
