// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: scheduling of a thread or zombie.
 */
#include <linux/cpumask.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/sched/rt.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>
#include "members.h"
#include "task.h"

/**
 * DOC: scheduling
 *
 * Preserved: policy, nice, real-time priority, runtime, deadline and period of
 * SCHED_DEADLINE, reset-on-fork, the requested slice, utilization clamps, the affinity
 * that the program asked for, I/O priority, timer slack.  Each passes the check of its
 * system call; a deadline has to find room for its runtime on this machine as well.
 *
 * Under a ceiling a real-time policy, a negative nice, a real-time I/O priority and a
 * lower utilization clamp of the restarter's are none that the image could keep.
 *
 * Rebuilt: the effective affinity, from the cpuset.  Processors that do not exist
 * here are left out, which is reported; it is an error if none is left.  Load and
 * migration history, which /proc/PID/sched shows, starts anew: it describes queues of the
 * machine.  So does the period of a deadline that is under way.  A zombie whose policy was
 * SCHED_DEADLINE has SCHED_NORMAL.
 *
 * Refused: SCHED_EXT, a core scheduling cookie.
 */

/* What sched_setattr(2) takes with a deadline */
#define DL_FLAGS	(SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN)

static const struct ckpt_kind ckpt_kind_sched;

/* What sched_setattr(2) would ask of a restarter such as the caller */
static bool needs_capability(const struct task_struct *task)
{
	return task->policy == SCHED_DEADLINE ||
	       ((task->policy == SCHED_FIFO || task->policy == SCHED_RR) &&
		task->rt_priority > task_rlimit(task, RLIMIT_RTPRIO)) ||
	       (task_nice(task) < task_nice(current) &&
		nice_to_rlimit(task_nice(task)) > task_rlimit(task, RLIMIT_NICE));
}

static int sched_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;

	if (task->policy == SCHED_EXT)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "its scheduling policy, SCHED_EXT, cannot be saved yet");
	if (!t->zombie && needs_capability(task) && !ckpt_capable(ctx, CAP_SYS_NICE))
		return ckpt_fail(ctx, -EPERM,
				 "its policy or priority takes a caller with CAP_SYS_NICE");
	if (task_has_core_cookie(task))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "its core scheduling cookie cannot be saved yet");
	return 0;
}

/* The processors that the program asked for; 0 elements if it never did. */
static u64 *get_affinity(struct task_struct *task, u32 *count)
{
	u64 *bits;

	*count = 0;
	if (!task->user_cpus_ptr)
		return NULL;
	bits = kcalloc(BITS_TO_U64(nr_cpu_ids), sizeof(*bits), GFP_KERNEL_ACCOUNT);
	if (!bits)
		return ERR_PTR(-ENOMEM);
	raw_spin_lock_irq(&task->pi_lock);
	if (task->user_cpus_ptr) {
		bitmap_to_arr64(bits, cpumask_bits(task->user_cpus_ptr), nr_cpu_ids);
		*count = BITS_TO_U64(nr_cpu_ids);
	}
	raw_spin_unlock_irq(&task->pi_lock);
	return bits;
}

static u32 get_ioprio(struct task_struct *task)
{
	u32 ret = 0;

	task_lock(task);
	if (task->io_context)
		ret = task->io_context->ioprio;
	task_unlock(task);
	return ret;
}

static void get_deadline(const struct sched_dl_entity *dl, struct ckpt_rec_sched *data)
{
	data->flags |= dl->flags & DL_FLAGS;
	data->slice_ns = dl->dl_runtime;
	data->deadline_ns = dl->dl_deadline;
	data->period_ns = dl->dl_period;
}

static int sched_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		      struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	struct ckpt_rec_sched data = {
		.policy = task->policy,
		.nice = task_nice(task),
		.rt_priority = task->rt_priority,
		.flags = task->sched_reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
		.timer_slack_ns = task->timer_slack_ns,
		.default_timer_slack_ns = task->default_timer_slack_ns,
		.ioprio = get_ioprio(task),
		.slice_ns = task->se.custom_slice ? task->se.slice : 0,
		.util_min = task_uclamp(task, UCLAMP_MIN),
		.util_max = task_uclamp(task, UCLAMP_MAX),
	};
	u32 count;
	u64 *cpus;
	int err;

	/* A zombie has given its runtime back. */
	if (task->policy == SCHED_DEADLINE && t->zombie)
		data.policy = SCHED_NORMAL;
	else if (task->policy == SCHED_DEADLINE)
		get_deadline(&task->dl, &data);
	cpus = get_affinity(task, &count);
	if (IS_ERR(cpus))
		return ckpt_fail(ctx, PTR_ERR(cpus), "no memory for its affinity");
	err = ckpt_emit(ctx, kind, t->id, &data, cpus, count);
	kfree(cpus);
	return err;
}

static int sched_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_sched *data = item->data;
	bool rt = data->policy == SCHED_FIFO || data->policy == SCHED_RR;
	bool dl = data->policy == SCHED_DEADLINE;

	if (!rt && !dl && data->policy != SCHED_NORMAL && data->policy != SCHED_BATCH &&
	    data->policy != SCHED_IDLE)
		return ckpt_fail(ctx, -EINVAL, "scheduling policy %u is not known", data->policy);
	if (data->nice < MIN_NICE || data->nice > MAX_NICE)
		return ckpt_fail(ctx, -EINVAL, "nice %d is out of range", data->nice);
	if (rt != !!data->rt_priority || data->rt_priority >= MAX_RT_PRIO)
		return ckpt_fail(ctx, -EINVAL, "real-time priority %u does not fit policy %u",
				 data->rt_priority, data->policy);
	if (data->flags & ~(SCHED_FLAG_RESET_ON_FORK | (dl ? DL_FLAGS : 0)))
		return ckpt_fail(ctx, -EINVAL, "unknown scheduling flags %#x", data->flags);
	if (!dl && (data->deadline_ns || data->period_ns))
		return ckpt_fail(ctx, -EINVAL, "a deadline does not fit policy %u", data->policy);
	if (data->util_min > SCHED_CAPACITY_SCALE + 1 || data->util_max > SCHED_CAPACITY_SCALE + 1)
		return ckpt_fail(ctx, -EINVAL, "utilization clamps are out of range");
	if (data->ioprio > U16_MAX)
		return ckpt_fail(ctx, -EINVAL, "unknown I/O priority %#x", data->ioprio);
	return 0;
}

/*
 * Under a ceiling: what root has given itself and no user may keep.  A priority below
 * that of others stays, for the same reason.
 */
static int drop_privileged(void)
{
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = rt_or_dl_task_policy(current) ? SCHED_NORMAL : current->policy,
		.sched_nice = max(task_nice(current), 0),
		.sched_flags = task_uclamp(current, UCLAMP_MIN) ? SCHED_FLAG_UTIL_CLAMP_MIN : 0,
		.sched_util_min = -1,
	};
	int err = sched_setattr_nocheck(current, &attr);

	if (!err && IOPRIO_PRIO_CLASS(get_ioprio(current)) == IOPRIO_CLASS_RT)
		err = set_task_ioprio(current, IOPRIO_DEFAULT);
	return err;
}

static int restore_policy(const struct ckpt_rec_sched *data)
{
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = data->policy,
		.sched_flags = data->flags,
		.sched_nice = data->nice,
		.sched_priority = data->rt_priority,
		.sched_runtime = data->slice_ns,
		.sched_deadline = data->deadline_ns,
		.sched_period = data->period_ns,
		.sched_util_min = data->util_min - 1,
		.sched_util_max = data->util_max - 1,
	};
	bool rt = data->rt_priority;
	int err;

	/* Those of the restarter are not the program's. */
	if (data->util_min || task_uclamp(current, UCLAMP_MIN))
		attr.sched_flags |= SCHED_FLAG_UTIL_CLAMP_MIN;
	if (data->util_max || task_uclamp(current, UCLAMP_MAX))
		attr.sched_flags |= SCHED_FLAG_UTIL_CLAMP_MAX;
	/* A real-time task keeps a nice value for later; it is set before. */
	if (rt) {
		if (data->nice < task_nice(current) && !can_nice(current, data->nice))
			return -EPERM;
		err = security_task_setnice(current, data->nice);
		if (err)
			return err;
		set_user_nice(current, data->nice);
	}
	return sched_setattr(current, &attr);
}

static int restore_ioprio(const struct ckpt_rec_sched *data)
{
	int err;

	if (data->ioprio == get_ioprio(current))
		return 0;
	err = ioprio_check_cap(data->ioprio);
	return err ?: set_task_ioprio(current, data->ioprio);
}

/* With the rights that current has now. */
static int restore_priorities(struct ckpt_ctx *ctx, const struct ckpt_rec_sched *data,
			      bool zombie)
{
	int err;

	err = restore_policy(data);
	if (err == -EPERM && zombie) {
		ckpt_note(ctx, "is a zombie whose policy or priority the caller may not set; it has the restarter's");
		return 0;
	}
	if (err == -EBUSY)
		return ckpt_fail(ctx, err, "its SCHED_DEADLINE runtime has no room on this machine");
	if (err == -EOPNOTSUPP)
		return ckpt_fail(ctx, err, "this kernel has no utilization clamps");
	if (err)
		return ckpt_fail(ctx, err,
				 "policy %u, nice %d, priority %u need CAP_SYS_NICE or limits that allow them",
				 data->policy, data->nice, data->rt_priority);
	err = restore_ioprio(data);
	if (err)
		return ckpt_fail(ctx, err, "I/O priority %#x may not be set", data->ioprio);
	return 0;
}

/* Those that are offline may come back, and it runs on them then. */
static void note_absent(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			const struct cpumask *mask)
{
	const u64 *bits = item->array;
	unsigned int all = 0, here;
	u32 i;

	for (i = 0; i < item->count; i++)
		all += hweight64(bits[i]);
	here = cpumask_weight_and(mask, cpu_possible_mask);
	if (here < all)
		ckpt_note(ctx, "%u of the %u processors that it is bound to are not in this machine",
			  all - here, all);
}

static int restore_affinity(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	cpumask_var_t mask;
	int err;

	if (!item->count) {
		/* The restarter's own affinity is not the program's. */
		if (current->user_cpus_ptr)
			sched_setaffinity(0, cpu_possible_mask);
		return 0;
	}
	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return ckpt_fail(ctx, -ENOMEM, "no memory for its affinity");
	bitmap_from_arr64(cpumask_bits(mask), item->array,
			  min_t(u64, (u64)item->count * 64, nr_cpu_ids));
	err = sched_setaffinity(0, mask);
	if (!err)
		note_absent(ctx, item, mask);
	free_cpumask_var(mask);
	if (err == -EINVAL)
		return ckpt_fail(ctx, err,
				 "none of the processors that it is bound to may be used here");
	if (err)
		return ckpt_fail(ctx, err, "its affinity may not be set");
	return 0;
}

static int sched_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_sched *data = item->data;
	int err = 0;

	if (ckpt_ceiling(ctx))
		err = drop_privileged();
	if (err)
		return ckpt_fail(ctx, err, "the restarter's priority may not be dropped");
	err = restore_affinity(ctx, item);
	if (!err)
		err = restore_priorities(ctx, data, item->owner->zombie);
	if (err)
		return err;
	current->default_timer_slack_ns = data->default_timer_slack_ns;
	current->timer_slack_ns = data->timer_slack_ns;
	return 0;
}

CHECKPOINT_KIND(sched) = {
	.name		= "sched",
	.type		= CKPT_REC_SCHED,
	.size		= sizeof(struct ckpt_rec_sched),
	CKPT_ARRAY(struct ckpt_rec_sched, affinity, __u64),
	.max		= 1024,
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_task,
	.late		= true,
	.lowers		= true,
	.check		= sched_check,
	.save		= sched_save,
	.validate	= sched_validate,
	.restore	= sched_restore,
};
