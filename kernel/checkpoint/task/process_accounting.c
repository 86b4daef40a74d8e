// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what a process has used and done beside its living threads.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include "accounting.h"

/**
 * DOC: accounting of processes
 *
 * Preserved, also of zombies: what threads that have exited and children that were
 * waited for have used, as getrusage(2), times(2), acct(2) and /proc show it; the
 * high-water marks of memory.
 *
 * Rebuilt: delays of threads that have exited, which only taskstats shows to
 * administrators, start anew.
 */

static const struct ckpt_kind ckpt_kind_process_accounting;

#define NUMBERS(_data)	(&(_data)->utime_ns)
#define NUMBERS_BYTES	(sizeof(struct ckpt_rec_process_accounting) - \
			 offsetof(struct ckpt_rec_process_accounting, utime_ns))

/* No address space has more pages. */
#define PAGES_MAX	BIT_ULL(57 - PAGE_SHIFT)

static void get_totals(const struct signal_struct *sig, struct ckpt_rec_process_accounting *data)
{
	lockdep_assert_held(&sig->stats_lock.lock);
	data->utime_ns = sig->utime;
	data->stime_ns = sig->stime;
	data->gtime_ns = sig->gtime;
	data->runtime_ns = sig->sum_sched_runtime;
	data->nvcsw = sig->nvcsw;
	data->nivcsw = sig->nivcsw;
	data->min_flt = sig->min_flt;
	data->maj_flt = sig->maj_flt;
	data->inblock = sig->inblock;
	data->oublock = sig->oublock;
	get_io(&sig->ioac, data->io);
	data->children_utime_ns = sig->cutime;
	data->children_stime_ns = sig->cstime;
	data->children_gtime_ns = sig->cgtime;
	data->children_nvcsw = sig->cnvcsw;
	data->children_nivcsw = sig->cnivcsw;
	data->children_min_flt = sig->cmin_flt;
	data->children_maj_flt = sig->cmaj_flt;
	data->children_inblock = sig->cinblock;
	data->children_oublock = sig->coublock;
	data->maxrss = sig->maxrss;
	data->children_maxrss = sig->cmaxrss;
}

static void set_totals(struct signal_struct *sig, const struct ckpt_rec_process_accounting *data)
{
	lockdep_assert_held(&sig->stats_lock.lock);
	sig->utime = data->utime_ns;
	sig->stime = data->stime_ns;
	sig->gtime = data->gtime_ns;
	sig->sum_sched_runtime = data->runtime_ns;
	sig->nvcsw = data->nvcsw;
	sig->nivcsw = data->nivcsw;
	sig->min_flt = data->min_flt;
	sig->maj_flt = data->maj_flt;
	sig->inblock = data->inblock;
	sig->oublock = data->oublock;
	set_io(&sig->ioac, data->io);
	sig->cutime = data->children_utime_ns;
	sig->cstime = data->children_stime_ns;
	sig->cgtime = data->children_gtime_ns;
	sig->cnvcsw = data->children_nvcsw;
	sig->cnivcsw = data->children_nivcsw;
	sig->cmin_flt = data->children_min_flt;
	sig->cmaj_flt = data->children_maj_flt;
	sig->cinblock = data->children_inblock;
	sig->coublock = data->children_oublock;
	sig->maxrss = data->maxrss;
	sig->cmaxrss = data->children_maxrss;
}

/*
 * As /proc/PID/status shows it: get_mm_hiwater_rss() leaves out what processors have
 * counted for themselves, and the mark would be lower after a restart.
 */
static u64 hiwater_rss(struct mm_struct *mm)
{
	u64 rss = get_mm_counter_sum(mm, MM_FILEPAGES) + get_mm_counter_sum(mm, MM_ANONPAGES) +
		  get_mm_counter_sum(mm, MM_SHMEMPAGES);

	return max_t(u64, READ_ONCE(mm->hiwater_rss), rss);
}

static void get_numbers(struct task_struct *task, struct mm_struct *mm,
			struct ckpt_rec_process_accounting *data)
{
	struct signal_struct *sig = task->signal;

	read_seqlock_excl_irq(&sig->stats_lock);
	get_totals(sig, data);
	get_pacct(sig, data);
	read_sequnlock_excl_irq(&sig->stats_lock);
	ckpt_get_shown(&sig->prev_cputime, &data->shown_utime_ns, &data->shown_stime_ns);
	if (mm) {
		data->hiwater_rss = hiwater_rss(mm);
		data->hiwater_vm = get_mm_hiwater_vm(mm);
	}
}

/* siglock is for the cpu timer and pacct. */
static void set_numbers(const struct ckpt_rec_process_accounting *data)
{
	struct signal_struct *sig = current->signal;

	spin_lock_irq(&current->sighand->siglock);
	ckpt_shift_cputimer(sig, data->utime_ns - sig->utime, data->stime_ns - sig->stime,
			    data->runtime_ns - sig->sum_sched_runtime);
	write_seqlock(&sig->stats_lock);
	set_totals(sig, data);
	write_sequnlock(&sig->stats_lock);
	set_pacct(sig, data);
	ckpt_set_shown(&sig->prev_cputime, data->shown_utime_ns, data->shown_stime_ns);
	spin_unlock_irq(&current->sighand->siglock);
}

/* A mark below what there is now does not show. */
static void set_high_water(const struct ckpt_rec_process_accounting *data)
{
	struct mm_struct *mm = current->mm;

	mmap_write_lock(mm);
	mm->hiwater_rss = data->hiwater_rss;
	mm->hiwater_vm = data->hiwater_vm;
	mmap_write_unlock(mm);
}

/* acct(2) counts a thread when it exits; a leader that is outlived does so once more. */
static void leave_out_leader(struct task_struct *leader, struct ckpt_rec_process_accounting *data)
{
	u64 user, system;

	task_cputime(leader, &user, &system);
	data->acct_utime_ns -= min_t(u64, data->acct_utime_ns, user);
	data->acct_stime_ns -= min_t(u64, data->acct_stime_ns, system);
	data->acct_min_flt -= min_t(u64, data->acct_min_flt, leader->min_flt);
	data->acct_maj_flt -= min_t(u64, data->acct_maj_flt, leader->maj_flt);
}

static int process_accounting_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
				   struct ckpt_task *t)
{
	struct ckpt_rec_process_accounting data = {};

	if (t->leader != t)
		return 0;
	get_numbers(t->task, t->mm, &data);
	if (t->outlived)
		leave_out_leader(t->task, &data);
	if (ckpt_hides_io(t))
		memset(data.io, 0, sizeof(data.io));
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

static int process_accounting_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_process_accounting *data = item->data;
	int err;

	if (item->owner->leader != item->owner)
		return ckpt_fail(ctx, -EINVAL, "a thread has the accounting of a process");
	if (data->maxrss > PAGES_MAX || data->children_maxrss > PAGES_MAX ||
	    data->hiwater_rss > PAGES_MAX || data->hiwater_vm > PAGES_MAX)
		return ckpt_fail(ctx, -EINVAL, "a high-water mark is out of range");
	err = ckpt_check_numbers(ctx, NUMBERS(data), NUMBERS_BYTES);
	return err ?: ckpt_check_cpu_time(ctx, item->owner, data->utime_ns, data->stime_ns,
					  data->runtime_ns);
}

static void process_accounting_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_process_accounting *saved = item->data;
	struct ckpt_rec_process_accounting data = *saved;
	struct ckpt_rec_process_accounting own = {};

	if (item->owner->self) {
		get_numbers(current, NULL, &own);
		ckpt_keep_larger(NUMBERS(&data), NUMBERS(&own), NUMBERS_BYTES);
	}
	set_numbers(&data);
	if (!ckpt_process_is_dead(item->owner))
		set_high_water(&data);
}

/* So that a zombie does not leave with the size of the restarter's memory as its own. */
static int leave_memory(struct ckpt_ctx *ctx)
{
	struct mm_struct *mm = mm_alloc();
	int err = -ENOMEM;

	if (mm)
		err = exec_replace_mm(mm);
	if (!err)
		return 0;
	if (mm)
		mmput(mm);
	return ckpt_fail(ctx, err, "could not leave the restarter's memory");
}

static int process_accounting_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	return ckpt_process_is_dead(item->owner) ? leave_memory(ctx) : 0;
}

CHECKPOINT_KIND(process_accounting) = {
	.name		= "process_accounting",
	.type		= CKPT_REC_PROCESS_ACCOUNTING,
	.size		= sizeof(struct ckpt_rec_process_accounting),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_TREE,
	.class		= &ckpt_class_task,
	.save		= process_accounting_save,
	.validate	= process_accounting_validate,
	.restore	= process_accounting_restore,
	.finish		= process_accounting_finish,
};
