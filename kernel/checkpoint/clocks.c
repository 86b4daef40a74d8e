// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: clocks that never run backwards.
 *
 * CLOCK_MONOTONIC and CLOCK_BOOTTIME count from the boot of the machine.  If the
 * image's clocks are ahead of ours, the tree gets a new time namespace in which
 * they go on where they stopped.  If they are behind, time has simply passed, as
 * it does for a program that was stopped.
 */
#include <linux/nsproxy.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include "core.h"

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

/**
 * ckpt_check_clocks - can this kernel's clocks be moved to the image's?
 * @ctx: the call, its header read
 *
 * Return: 0 or -EINVAL (told)
 */
int ckpt_check_clocks(struct ckpt_ctx *ctx)
{
	const u64 max = (u64)KTIME_SEC_MAX / 2 * NSEC_PER_SEC;

	if (ctx->header.monotonic_ns > max || ctx->header.boottime_ns > max)
		return ckpt_fail(ctx, -EINVAL, "the image's clocks are out of range");
	return 0;
}

/**
 * ckpt_join_clocks - go on in time where the image stopped
 * @t: the root task, current, the only one so far
 *
 * Needs CAP_SYS_ADMIN in the caller's user namespace if a clock has to be moved.
 * The caller of restart() keeps its way back, see ckpt_leave_clocks().
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_join_clocks(struct ckpt_task *t)
{
	struct ckpt_ctx *ctx = t->ctx;
	struct timens_offsets *now = &current->nsproxy->time_ns->offsets;
	struct nsproxy *nsproxy = NULL;
	s64 monotonic, boottime;
	int err;

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
	if (t->self) {
		ctx->old_nsproxy = current->nsproxy;
		get_nsproxy(ctx->old_nsproxy);
	}
	switch_task_namespaces(current, nsproxy);
	return 0;
}

/**
 * ckpt_forget_clocks - RESTART_SELF: the caller stays in the time of the image
 * @ctx: the call
 */
void ckpt_forget_clocks(struct ckpt_ctx *ctx)
{
	if (ctx->old_nsproxy)
		put_nsproxy(ctx->old_nsproxy);
	ctx->old_nsproxy = NULL;
}

/**
 * ckpt_leave_clocks - RESTART_SELF: the caller goes back to its own time
 * @ctx: the call, which failed; current is the caller
 *
 * Context: may sleep.
 */
void ckpt_leave_clocks(struct ckpt_ctx *ctx)
{
	if (!ctx->old_nsproxy)
		return;
	switch_task_namespaces(current, ctx->old_nsproxy);
	timens_commit(current, ctx->old_nsproxy->time_ns);
	ctx->old_nsproxy = NULL;
}
