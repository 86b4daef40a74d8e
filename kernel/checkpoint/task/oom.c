// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what somebody else may set of a process in /proc at any moment: how it
 * fares when memory runs out, and what it leaves behind when it crashes.
 */
#include <linux/mm_types.h>
#include <linux/oom.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include "task.h"

/**
 * DOC: oom
 *
 * Preserved: oom_score_adj and its floor, the core dump filter.  Of a zombie all but what its
 * memory had.
 */

static u64 coredump_filter(struct task_struct *task)
{
	u64 filter = 0;

	task_lock(task);
	if (task->mm)
		filter = (task->mm->flags & MMF_DUMP_FILTER_MASK) >> MMF_DUMP_FILTER_SHIFT;
	task_unlock(task);
	return filter;
}

static int oom_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	const struct signal_struct *sig = t->task->signal;
	struct ckpt_rec_oom data = {
		.oom_score_adj = READ_ONCE(sig->oom_score_adj),
		.oom_score_adj_min = READ_ONCE(sig->oom_score_adj_min),
	};

	if (!ckpt_process_is_dead(t))
		data.coredump_filter = coredump_filter(ckpt_living_task(t));
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

static int oom_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_oom *data = item->data;

	if (data->oom_score_adj < OOM_SCORE_ADJ_MIN || data->oom_score_adj > OOM_SCORE_ADJ_MAX ||
	    data->oom_score_adj_min < OOM_SCORE_ADJ_MIN ||
	    data->oom_score_adj_min > OOM_SCORE_ADJ_MAX)
		return ckpt_fail(ctx, -EINVAL, "oom_score_adj %d, at least %d, is out of range",
				 data->oom_score_adj, data->oom_score_adj_min);
	if (data->coredump_filter & ~(u64)(MMF_DUMP_FILTER_MASK >> MMF_DUMP_FILTER_SHIFT))
		return ckpt_fail(ctx, -EINVAL, "unknown core dump filter %#llx",
				 data->coredump_filter);
	return 0;
}

/*
 * As a write to /proc/PID/oom_score_adj.  Under a ceiling that of a user: root may have
 * gone below 0 itself, which nobody else has a right to.
 */
static int restore_oom(struct ckpt_ctx *ctx, const struct ckpt_rec_oom *data)
{
	struct signal_struct *sig = current->signal;
	bool capable = ckpt_capable(ctx, CAP_SYS_RESOURCE);
	int err = 0;

	mutex_lock(&oom_adj_mutex);
	if (ckpt_ceiling(ctx))
		sig->oom_score_adj_min = max_t(short, sig->oom_score_adj_min, 0);
	if (data->oom_score_adj < sig->oom_score_adj_min && !capable)
		err = -EPERM;
	else
		sig->oom_score_adj = data->oom_score_adj;
	if (!err && (capable || data->oom_score_adj_min > sig->oom_score_adj_min))
		sig->oom_score_adj_min = min(data->oom_score_adj_min, data->oom_score_adj);
	mutex_unlock(&oom_adj_mutex);
	if (err)
		return ckpt_fail(ctx, err, "oom_score_adj %d needs CAP_SYS_RESOURCE",
				 data->oom_score_adj);
	return 0;
}

static int oom_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_oom *data = item->data;
	unsigned long filter = data->coredump_filter << MMF_DUMP_FILTER_SHIFT;
	int err = restore_oom(ctx, data);

	/* Until it exits a zombie has the restarter's memory. */
	if (!err && !ckpt_process_is_dead(item->owner))
		set_mask_bits(&current->mm->flags, MMF_DUMP_FILTER_MASK, filter);
	return err;
}

CHECKPOINT_KIND(oom) = {
	.name		= "oom",
	.type		= CKPT_REC_OOM,
	.size		= sizeof(struct ckpt_rec_oom),
	.scope		= CKPT_SCOPE_LEADER,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_task,
	.late		= true,
	.lowers		= true,
	.save		= oom_save,
	.validate	= oom_validate,
	.restore	= oom_restore,
};
