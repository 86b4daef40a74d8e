// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what a task has used and done so far.
 */
#include <linux/nsproxy.h>
#include <linux/ptrace.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/time_namespace.h>
#include "accounting.h"

/**
 * DOC: accounting
 *
 * Preserved, of threads and zombies: CPU time in user mode, in the kernel and in
 * guests, as ticks and as the scheduler have counted it, and as it was shown last;
 * page faults, context switches, input and output, waits and memory integrals; when
 * the task began; whether it has used a superuser's right, was given random addresses,
 * died of a signal, dumped core; whether its parent has executed a program since it was
 * made, which decides about exit signals other than SIGCHLD.
 *
 * The numbers are set after the commit, so that a restart costs the program nothing
 * but the way to user space; a zombie pays for its exit anew.  CPU clocks go on
 * where they stopped, and so do RLIMIT_CPU and sleeps on these clocks.  A caller that
 * becomes the program keeps what is larger: RESTART_SELF does not wash accounts.
 *
 * Start times are those of before.  (pid, start time) names a process to programs such
 * as polkit, so other ones than of now need CAP_CHECKPOINT_RESTORE in the initial user
 * namespace, as choosing a pid there does; without it they begin anew, reported.
 *
 * Rebuilt: the scheduler's other figures in /proc/PID/sched start anew; so do input,
 * output and delays of a zombie that was another user's, which the caller of checkpoint()
 * may not see, reported.
 */

static const struct ckpt_kind ckpt_kind_accounting;

/* The numbers of a record, from the first to the last */
#define NUMBERS(_data)	(&(_data)->utime_ns)
#define NUMBERS_BYTES	(offsetof(struct ckpt_rec_accounting, delays) - \
			 offsetof(struct ckpt_rec_accounting, utime_ns))

/* A century of CPU time, and what may be added up without an overflow */
#define NUMBER_MAX	BIT_ULL(62)
#define PROCESS_MAX	((u64)S64_MAX)
#define START_MIN	(-(s64)BIT_ULL(60))

/* -- numbers ------------------------------------------------------------------- */

/**
 * ckpt_check_numbers - validate: are all numbers in range?
 * @ctx: the call
 * @numbers: the numbers
 * @bytes: their size
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_check_numbers(struct ckpt_ctx *ctx, const u64 *numbers, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes / sizeof(*numbers); i++)
		if (numbers[i] > NUMBER_MAX)
			return ckpt_fail(ctx, -EINVAL, "a number of its accounting is out of range");
	return 0;
}

/* What current's process keeps when it becomes the program: the larger of each number */
static u64 own_cpu_time(void)
{
	struct task_cputime own;

	thread_group_cputime(current, &own);
	return max(own.utime + own.stime, own.sum_exec_runtime);
}

/**
 * ckpt_check_cpu_time - validate: CPU time is added up for a process
 * @ctx: the call
 * @t: thread or process
 * @user: nanoseconds in user mode, in range
 * @system: nanoseconds in the kernel, in range
 * @runtime: nanoseconds by the scheduler, in range
 *
 * The kernel divides by sums over all threads, which must not overflow.
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_check_cpu_time(struct ckpt_ctx *ctx, struct ckpt_task *t, u64 user, u64 system,
			u64 runtime)
{
	u64 own = ctx->flags & RESTART_SELF ? own_cpu_time() : 0;
	u64 *sum = &t->leader->cpu_ns;

	*sum += max(user + system, runtime);
	if (own > PROCESS_MAX || *sum > PROCESS_MAX - own)
		return ckpt_fail(ctx, -EINVAL, "its threads have more CPU time than there is");
	return 0;
}

/**
 * ckpt_keep_larger - the larger one of two numbers, many times
 * @numbers: in and out
 * @others: the others
 * @bytes: their size
 */
void ckpt_keep_larger(u64 *numbers, const u64 *others, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes / sizeof(*numbers); i++)
		numbers[i] = max(numbers[i], others[i]);
}

/**
 * ckpt_shift_cputimer - CPU time of current's process is set, not used
 * @sig: current's
 * @user: difference in nanoseconds, modulo 2^64
 * @system: the same
 * @runtime: the same
 *
 * Where CPU timers or RLIMIT_CPU are set a sum over all threads is kept along.  Where
 * they are not, what is left of it must not exceed the next sum.
 *
 * Context: siglock held; no other thread of the process runs.
 */
void ckpt_shift_cputimer(struct signal_struct *sig, u64 user, u64 system, u64 runtime)
{
	struct task_cputime_atomic *sum = &sig->cputimer.cputime_atomic;

	lockdep_assert_held(&current->sighand->siglock);
	if (sig->posix_cputimers.timers_active) {
		atomic64_add(user, &sum->utime);
		atomic64_add(system, &sum->stime);
		atomic64_add(runtime, &sum->sum_exec_runtime);
	} else {
		atomic64_set(&sum->utime, 0);
		atomic64_set(&sum->stime, 0);
		atomic64_set(&sum->sum_exec_runtime, 0);
	}
}

/**
 * ckpt_get_shown - CPU time as getrusage(2) and /proc have shown it last
 * @prev: of a thread or process
 * @user: out: nanoseconds
 * @system: out: nanoseconds
 */
void ckpt_get_shown(struct prev_cputime *prev, u64 *user, u64 *system)
{
	guard(raw_spinlock_irqsave)(&prev->lock);
	*user = prev->utime;
	*system = prev->stime;
}

/**
 * ckpt_set_shown - the same, to be shown at least
 * @prev: of a thread or process
 * @user: nanoseconds
 * @system: nanoseconds
 */
void ckpt_set_shown(struct prev_cputime *prev, u64 user, u64 system)
{
	guard(raw_spinlock_irqsave)(&prev->lock);
	prev->utime = user;
	prev->stime = system;
}

/**
 * ckpt_hides_io - save: is what a zombie has read and written none of the caller's business?
 * @t: thread or zombie
 *
 * The caller has a right to look into all that lives in the tree.  A zombie may have been
 * another user, and /proc/PID/io keeps that user's numbers from the caller.
 *
 * Return: true if the caller cannot read /proc/PID/io
 */
bool ckpt_hides_io(const struct ckpt_task *t)
{
	return t->zombie && !ptrace_may_access(t->task, PTRACE_MODE_READ_FSCREDS);
}

static void get_numbers(struct task_struct *task, struct ckpt_rec_accounting *data)
{
	data->runtime_ns = task_sched_runtime(task);
	task_cputime(task, &data->utime_ns, &data->stime_ns);
	data->gtime_ns = task_gtime(task);
	ckpt_get_shown(&task->prev_cputime, &data->shown_utime_ns, &data->shown_stime_ns);
	get_run_delay(task, data);
	data->nvcsw = task->nvcsw;
	data->nivcsw = task->nivcsw;
	data->min_flt = task->min_flt;
	data->maj_flt = task->maj_flt;
	get_io(&task->ioac, data->io);
	get_integrals(task, data);
}

/* With interrupts off nothing is counted for current. */
static void set_numbers(const struct ckpt_rec_accounting *data)
{
	struct task_struct *task = current;
	u64 runtime;

	spin_lock_irq(&task->sighand->siglock);
	runtime = task_set_sched_runtime(task, data->runtime_ns);
	ckpt_shift_cputimer(task->signal, data->utime_ns - task->utime,
			    data->stime_ns - task->stime, data->runtime_ns - runtime);
	task->utime = data->utime_ns;
	task->stime = data->stime_ns;
	task->gtime = data->gtime_ns;
	ckpt_set_shown(&task->prev_cputime, data->shown_utime_ns, data->shown_stime_ns);
	set_run_delay(data);
	task->nvcsw = data->nvcsw;
	task->nivcsw = data->nivcsw;
	task->min_flt = data->min_flt;
	task->maj_flt = data->maj_flt;
	set_io(&task->ioac, data->io);
	set_integrals(data);
	spin_unlock_irq(&task->sighand->siglock);
}

/* -- flags and start times ------------------------------------------------------- */

static const struct {
	u32 flag;
	u32 task_flag;
} history[] = {
	{ CKPT_ACCOUNTING_SUPERPRIV, PF_SUPERPRIV },
	{ CKPT_ACCOUNTING_RANDOMIZE, PF_RANDOMIZE },
	{ CKPT_ACCOUNTING_SIGNALED, PF_SIGNALED },
	{ CKPT_ACCOUNTING_DUMPED, PF_DUMPCORE },
};

#define ZOMBIE_FLAGS	(CKPT_ACCOUNTING_SIGNALED | CKPT_ACCOUNTING_DUMPED)
#define ALL_FLAGS	(CKPT_ACCOUNTING_SUPERPRIV | CKPT_ACCOUNTING_RANDOMIZE | \
			 ZOMBIE_FLAGS | CKPT_ACCOUNTING_PARENT_EXECUTED)

static bool parent_executed(const struct ckpt_task *t)
{
	guard(rcu)();
	/* Who was reaped meanwhile does not keep its parent. */
	return t->parent && pid_alive(t->task) && t->task->parent_exec_id !=
	       READ_ONCE(rcu_dereference(t->task->real_parent)->self_exec_id);
}

static u32 get_flags(const struct ckpt_task *t)
{
	u32 flags = parent_executed(t) ? CKPT_ACCOUNTING_PARENT_EXECUTED : 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(history); i++)
		if (t->task->flags & history[i].task_flag)
			flags |= history[i].flag;
	return t->zombie ? flags : flags & ~ZOMBIE_FLAGS;
}

static void set_flags(u32 flags)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(history); i++) {
		current->flags &= ~history[i].task_flag;
		if (flags & history[i].flag)
			current->flags |= history[i].task_flag;
	}
	if (flags & CKPT_ACCOUNTING_PARENT_EXECUTED) {
		guard(rcu)();
		current->parent_exec_id =
			READ_ONCE(rcu_dereference(current->real_parent)->self_exec_id) - 1;
	}
}

/* The clocks of all tasks are those of the root, which a zombie does not have any more. */
static void get_start(struct ckpt_ctx *ctx, const struct task_struct *task,
		      struct ckpt_rec_accounting *data)
{
	struct task_struct *root = ckpt_living_task(ctx->root);
	struct timens_offsets offsets = {};

	task_lock(root);
	if (root->nsproxy)
		offsets = root->nsproxy->time_ns->offsets;
	task_unlock(root);
	data->start_ns = task->start_time + timespec64_to_ns(&offsets.monotonic);
	data->start_boottime_ns = task->start_boottime + timespec64_to_ns(&offsets.boottime);
}

/*
 * A task may have begun before this machine did: then its start, unsigned as it is,
 * wraps, and what is computed from it comes out right.
 */
static void restore_start(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct timens_offsets *offsets = &current->nsproxy->time_ns->offsets;
	const struct ckpt_rec_accounting *data = item->data;

	if (!data->start_ns && !data->start_boottime_ns)
		return;
	if (!ckpt_capable(ctx, CAP_CHECKPOINT_RESTORE) && !ckpt_capable(ctx, CAP_SYS_ADMIN)) {
		if (item->owner == ctx->root)
			ckpt_note(ctx,
				  "start times are those of the restart: older ones need CAP_CHECKPOINT_RESTORE");
		return;
	}
	current->start_time = data->start_ns - timespec64_to_ns(&offsets->monotonic);
	current->start_boottime = data->start_boottime_ns - timespec64_to_ns(&offsets->boottime);
}

/* -- the record -------------------------------------------------------------------- */

static int accounting_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			   struct ckpt_task *t)
{
	struct ckpt_rec_accounting data = { .flags = get_flags(t) };
	struct ckpt_rec_delay delays[CKPT_DELAY_NR];
	u32 nr_delays = 0;

	get_start(ctx, t->task, &data);
	get_numbers(t->task, &data);
	if (ckpt_hides_io(t)) {
		memset(data.io, 0, sizeof(data.io));
		ckpt_note(ctx, "is a zombie whose input and output (/proc/PID/io) the caller may not see; they begin anew");
	} else {
		nr_delays = get_delays(t->task, delays);
	}
	return ckpt_emit(ctx, kind, t->id, &data, delays, nr_delays);
}

static int accounting_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_accounting *data = item->data;
	const struct ckpt_rec_delay *delays = item->array;
	u32 i;
	int err;

	if (data->flags & ~ALL_FLAGS || (data->flags & ZOMBIE_FLAGS && !item->owner->zombie))
		return ckpt_fail(ctx, -EINVAL, "unknown accounting flags %#x", data->flags);
	if (data->start_ns < START_MIN || data->start_boottime_ns < START_MIN ||
	    data->start_ns > (s64)ctx->header.monotonic_ns ||
	    data->start_boottime_ns > (s64)ctx->header.boottime_ns)
		return ckpt_fail(ctx, -EINVAL, "it began after the checkpoint or too long before");
	for (i = 0; i < item->count; i++)
		if (delays[i].ns > NUMBER_MAX || delays[i].count > U32_MAX)
			return ckpt_fail(ctx, -EINVAL, "a delay of its accounting is out of range");
	err = ckpt_check_numbers(ctx, NUMBERS(data), NUMBERS_BYTES);
	return err ?: ckpt_check_cpu_time(ctx, item->owner, data->utime_ns, data->stime_ns,
					  data->runtime_ns);
}

static void accounting_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_rec_accounting data = *(const struct ckpt_rec_accounting *)item->data;
	struct ckpt_rec_accounting own = {};

	if (item->owner->self) {
		get_numbers(current, &own);
		ckpt_keep_larger(NUMBERS(&data), NUMBERS(&own), NUMBERS_BYTES);
		if (current->flags & PF_SUPERPRIV)
			data.flags |= CKPT_ACCOUNTING_SUPERPRIV;
	}
	set_flags(data.flags);
	set_delays(item->array, item->count);
	set_numbers(&data);
}

static int accounting_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	restore_start(ctx, item);
	return 0;
}

CHECKPOINT_KIND(accounting) = {
	.name		= "accounting",
	.type		= CKPT_REC_ACCOUNTING,
	.size		= sizeof(struct ckpt_rec_accounting),
	CKPT_ARRAY(struct ckpt_rec_accounting, delays, struct ckpt_rec_delay),
	.max		= CKPT_DELAY_NR,
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_TREE,
	.class		= &ckpt_class_task,
	.save		= accounting_save,
	.validate	= accounting_validate,
	.restore	= accounting_restore,
	.finish		= accounting_finish,
};
