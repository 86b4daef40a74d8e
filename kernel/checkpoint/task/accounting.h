/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: numbers of accounting, some of which only some configurations
 * have.  What is not counted here is saved as zero, and lost where it was counted.
 */
#ifndef _KERNEL_CHECKPOINT_ACCOUNTING_H
#define _KERNEL_CHECKPOINT_ACCOUNTING_H

#include <linux/delayacct.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include "task.h"

/* accounting.c */
bool ckpt_hides_io(const struct ckpt_task *t);
int ckpt_check_numbers(struct ckpt_ctx *ctx, const u64 *numbers, size_t bytes);
int ckpt_check_cpu_time(struct ckpt_ctx *ctx, struct ckpt_task *t, u64 user, u64 system,
			u64 runtime);
void ckpt_keep_larger(u64 *numbers, const u64 *others, size_t bytes);
void ckpt_shift_cputimer(struct signal_struct *sig, u64 user, u64 system, u64 runtime);
void ckpt_get_shown(struct prev_cputime *prev, u64 *user, u64 *system);
void ckpt_set_shown(struct prev_cputime *prev, u64 user, u64 system);

static inline void get_io(const struct task_io_accounting *io, u64 *to)
{
#ifdef CONFIG_TASK_XACCT
	to[CKPT_IO_RCHAR] = io->rchar;
	to[CKPT_IO_WCHAR] = io->wchar;
	to[CKPT_IO_SYSCR] = io->syscr;
	to[CKPT_IO_SYSCW] = io->syscw;
#endif
#ifdef CONFIG_TASK_IO_ACCOUNTING
	to[CKPT_IO_READ_BYTES] = io->read_bytes;
	to[CKPT_IO_WRITE_BYTES] = io->write_bytes;
	to[CKPT_IO_CANCELLED_WRITE_BYTES] = io->cancelled_write_bytes;
#endif
}

static inline void set_io(struct task_io_accounting *io, const u64 *from)
{
#ifdef CONFIG_TASK_XACCT
	io->rchar = from[CKPT_IO_RCHAR];
	io->wchar = from[CKPT_IO_WCHAR];
	io->syscr = from[CKPT_IO_SYSCR];
	io->syscw = from[CKPT_IO_SYSCW];
#endif
#ifdef CONFIG_TASK_IO_ACCOUNTING
	io->read_bytes = from[CKPT_IO_READ_BYTES];
	io->write_bytes = from[CKPT_IO_WRITE_BYTES];
	io->cancelled_write_bytes = from[CKPT_IO_CANCELLED_WRITE_BYTES];
#endif
}

#ifdef CONFIG_TASK_XACCT
static inline void get_integrals(const struct task_struct *task, struct ckpt_rec_accounting *data)
{
	data->rss_integral = task->acct_rss_mem1;
	data->vm_integral = task->acct_vm_mem1;
	data->integral_ns = task->acct_timexpd;
}

static inline void set_integrals(const struct ckpt_rec_accounting *data)
{
	current->acct_rss_mem1 = data->rss_integral;
	current->acct_vm_mem1 = data->vm_integral;
	current->acct_timexpd = data->integral_ns;
}
#else
static inline void get_integrals(const struct task_struct *task,
				 struct ckpt_rec_accounting *data) { }
static inline void set_integrals(const struct ckpt_rec_accounting *data) { }
#endif

#ifdef CONFIG_SCHED_INFO
static inline void get_run_delay(const struct task_struct *task, struct ckpt_rec_accounting *data)
{
	data->run_delay_ns = task->sched_info.run_delay;
	data->run_count = task->sched_info.pcount;
}

static inline void set_run_delay(const struct ckpt_rec_accounting *data)
{
	current->sched_info.run_delay = data->run_delay_ns;
	current->sched_info.pcount = data->run_count;
}
#else
static inline void get_run_delay(const struct task_struct *task,
				 struct ckpt_rec_accounting *data) { }
static inline void set_run_delay(const struct ckpt_rec_accounting *data) { }
#endif

#ifdef CONFIG_BSD_PROCESS_ACCT
static inline void get_pacct(const struct signal_struct *sig,
			     struct ckpt_rec_process_accounting *data)
{
	const struct pacct_struct *pacct = &sig->pacct;

	data->acct_flags = pacct->ac_flag;
	data->acct_utime_ns = pacct->ac_utime;
	data->acct_stime_ns = pacct->ac_stime;
	data->acct_min_flt = pacct->ac_minflt;
	data->acct_maj_flt = pacct->ac_majflt;
}

static inline void set_pacct(struct signal_struct *sig,
			     const struct ckpt_rec_process_accounting *data)
{
	struct pacct_struct *pacct = &sig->pacct;

	pacct->ac_flag = data->acct_flags;
	pacct->ac_utime = data->acct_utime_ns;
	pacct->ac_stime = data->acct_stime_ns;
	pacct->ac_minflt = data->acct_min_flt;
	pacct->ac_majflt = data->acct_maj_flt;
}
#else
static inline void get_pacct(const struct signal_struct *sig,
			     struct ckpt_rec_process_accounting *data) { }
static inline void set_pacct(struct signal_struct *sig,
			     const struct ckpt_rec_process_accounting *data) { }
#endif

#ifdef CONFIG_TASK_DELAY_ACCT
#define CKPT_DELAY(_name, _member)						\
	[CKPT_DELAY_##_name] = {						\
		offsetof(struct task_delay_info, _member##_delay),		\
		offsetof(struct task_delay_info, _member##_count),		\
	}

static const struct {
	u16 ns;
	u16 count;
} ckpt_delays[CKPT_DELAY_NR] = {
	CKPT_DELAY(BLKIO, blkio),
	CKPT_DELAY(SWAPIN, swapin),
	CKPT_DELAY(FREEPAGES, freepages),
	CKPT_DELAY(THRASHING, thrashing),
	CKPT_DELAY(COMPACT, compact),
	CKPT_DELAY(WPCOPY, wpcopy),
	CKPT_DELAY(IRQ, irq),
};

/* Return: how many delays are counted, all or none */
static inline u32 get_delays(const struct task_struct *task, struct ckpt_rec_delay *to)
{
	void *delays = task->delays;
	u32 i;

	if (!delays)
		return 0;
	raw_spin_lock_irq(&task->delays->lock);
	for (i = 0; i < CKPT_DELAY_NR; i++) {
		to[i].ns = *(u64 *)(delays + ckpt_delays[i].ns);
		to[i].count = *(u32 *)(delays + ckpt_delays[i].count);
	}
	raw_spin_unlock_irq(&task->delays->lock);
	return CKPT_DELAY_NR;
}

static inline void set_delays(const struct ckpt_rec_delay *from, u32 count)
{
	void *delays = current->delays;
	u32 i;

	if (!delays)
		return;
	raw_spin_lock_irq(&current->delays->lock);
	for (i = 0; i < count; i++) {
		*(u64 *)(delays + ckpt_delays[i].ns) = from[i].ns;
		*(u32 *)(delays + ckpt_delays[i].count) = from[i].count;
	}
	raw_spin_unlock_irq(&current->delays->lock);
}
#else
static inline u32 get_delays(const struct task_struct *task, struct ckpt_rec_delay *to)
{
	return 0;
}

static inline void set_delays(const struct ckpt_rec_delay *from, u32 count) { }
#endif

#endif /* _KERNEL_CHECKPOINT_ACCOUNTING_H */
