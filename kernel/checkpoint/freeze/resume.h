/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: continuing system calls that answer -EINTR to a stop.
 */
#ifndef _KERNEL_CHECKPOINT_RESUME_H
#define _KERNEL_CHECKPOINT_RESUME_H

#include <linux/ktime.h>

struct file;
struct pt_regs;

void ckpt_resume_call(struct pt_regs *regs, ktime_t deadline);

/* cut.c */
bool ckpt_may_be_cut_short(struct pt_regs *regs, const struct file **file);
void ckpt_finish_call(struct pt_regs *regs, const struct file *file);

#endif /* _KERNEL_CHECKPOINT_RESUME_H */
