// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: resource limits.
 */
#include <linux/posix-timers.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include "task.h"

/**
 * DOC: resource limits
 *
 * Preserved, also of zombies: all soft and hard limits.  As with prlimit(2), a hard limit
 * above the restarter's needs CAP_SYS_RESOURCE.
 *
 * Under a ceiling none may be missing from the image, for the program would keep what
 * root had.  Which limits a user has outside its programs the kernel does not know: the
 * restarter's hard limits bound those of the image.
 *
 * They are set when memory and files are back, which they would limit otherwise.
 */

static const struct ckpt_kind ckpt_kind_rlimits;

static const char * const limit_names[] = {
	[RLIMIT_CPU]		= "RLIMIT_CPU",
	[RLIMIT_FSIZE]		= "RLIMIT_FSIZE",
	[RLIMIT_DATA]		= "RLIMIT_DATA",
	[RLIMIT_STACK]		= "RLIMIT_STACK",
	[RLIMIT_CORE]		= "RLIMIT_CORE",
	[RLIMIT_RSS]		= "RLIMIT_RSS",
	[RLIMIT_NPROC]		= "RLIMIT_NPROC",
	[RLIMIT_NOFILE]		= "RLIMIT_NOFILE",
	[RLIMIT_MEMLOCK]	= "RLIMIT_MEMLOCK",
	[RLIMIT_AS]		= "RLIMIT_AS",
	[RLIMIT_LOCKS]		= "RLIMIT_LOCKS",
	[RLIMIT_SIGPENDING]	= "RLIMIT_SIGPENDING",
	[RLIMIT_MSGQUEUE]	= "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE]		= "RLIMIT_NICE",
	[RLIMIT_RTPRIO]		= "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME]		= "RLIMIT_RTTIME",
};

static_assert(ARRAY_SIZE(limit_names) == RLIM_NLIMITS);
static_assert(RLIM_INFINITY == ~0UL);

static int rlimits_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			struct ckpt_task *t)
{
	struct ckpt_rec_rlimit limits[RLIM_NLIMITS];
	struct ckpt_rec_rlimits data = {};
	int i;

	task_lock(t->task);
	for (i = 0; i < RLIM_NLIMITS; i++) {
		limits[i].cur = t->task->signal->rlim[i].rlim_cur;
		limits[i].max = t->task->signal->rlim[i].rlim_max;
	}
	task_unlock(t->task);
	return ckpt_emit(ctx, kind, t->id, &data, limits, RLIM_NLIMITS);
}

static int rlimits_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_rlimit *limits = item->array;
	u32 i;

	if (ckpt_ceiling(ctx) && item->count < RLIM_NLIMITS)
		return ckpt_fail(ctx, -EINVAL, "%s is missing: it would be the restarter's",
				 limit_names[item->count]);
	for (i = 0; i < item->count; i++)
		if (limits[i].cur > limits[i].max)
			return ckpt_fail(ctx, -EINVAL, "%s: the soft limit exceeds the hard one",
					 limit_names[i]);
	return 0;
}

/* As prlimit(2). */
static int set_limit(struct ckpt_ctx *ctx, unsigned int nr, const struct ckpt_rec_rlimit *limit,
		     bool zombie)
{
	struct rlimit new = { .rlim_cur = limit->cur, .rlim_max = limit->max };
	struct task_struct *leader = current->group_leader;
	struct rlimit *rlim = &current->signal->rlim[nr];
	int err = 0;

	if (rlim->rlim_cur == new.rlim_cur && rlim->rlim_max == new.rlim_max)
		return 0;
	if (nr == RLIMIT_NOFILE && new.rlim_max > sysctl_nr_open)
		return ckpt_fail(ctx, -EPERM, "%s exceeds fs.nr_open", limit_names[nr]);

	task_lock(leader);
	if (new.rlim_max > rlim->rlim_max && !ckpt_capable(ctx, CAP_SYS_RESOURCE))
		err = -EPERM;
	if (!err)
		err = security_task_setrlimit(leader, nr, &new);
	if (!err)
		*rlim = new;
	task_unlock(leader);

	if (err)
		return ckpt_fail(ctx, err,
				 "%s: a hard limit above the caller's needs CAP_SYS_RESOURCE",
				 limit_names[nr]);
	if (nr == RLIMIT_CPU && new.rlim_cur != RLIM_INFINITY && !zombie)
		update_rlimit_cpu(leader, new.rlim_cur);
	return 0;
}

static int rlimits_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_rlimit *limits = item->array;
	u32 i;
	int err;

	for (i = 0; i < item->count; i++) {
		err = set_limit(ctx, i, &limits[i],
				ckpt_process_is_dead(item->owner));
		if (err)
			return err;
	}
	return 0;
}

CHECKPOINT_KIND(rlimits) = {
	.name		= "rlimits",
	.type		= CKPT_REC_RLIMITS,
	.size		= sizeof(struct ckpt_rec_rlimits),
	CKPT_ARRAY(struct ckpt_rec_rlimits, limits, struct ckpt_rec_rlimit),
	.max		= RLIM_NLIMITS,
	.scope		= CKPT_SCOPE_LEADER,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_task,
	.late		= true,
	.lowers		= true,
	.save		= rlimits_save,
	.validate	= rlimits_validate,
	.restore	= rlimits_restore,
};
