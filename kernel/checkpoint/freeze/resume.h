/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: continuing system calls that answer -EINTR to a stop.
 */
#ifndef _KERNEL_CHECKPOINT_RESUME_H
#define _KERNEL_CHECKPOINT_RESUME_H

#include <linux/ktime.h>

struct file;
struct pt_regs;
struct task_struct;

void ckpt_resume_call(struct pt_regs *regs, ktime_t deadline);
bool ckpt_restart_is_filtered(struct pt_regs *regs);
void ckpt_restart_call(struct pt_regs *regs);

/* timeout.c */
void ckpt_begin_timed_call(ktime_t deadline);
void ckpt_end_timed_call(ktime_t deadline, long ret);

/*
 * What the descriptors of a call led to when its task was stopped, the same if it has one
 * alone.  They are compared, and nothing else: there is no reference.
 */
struct ckpt_cut_files {
	const struct file *file;
	const struct file *other;
};

/* cut.c */
bool ckpt_may_be_cut_short(struct pt_regs *regs, struct ckpt_cut_files *files);
bool ckpt_is_cut_short(struct task_struct *task, struct pt_regs *regs);
void ckpt_finish_call(struct pt_regs *regs, const struct ckpt_cut_files *files,
		      ktime_t deadline);

#endif /* _KERNEL_CHECKPOINT_RESUME_H */
