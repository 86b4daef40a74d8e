/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: continuing system calls that answer -EINTR to a stop.
 */
#ifndef _KERNEL_CHECKPOINT_RESUME_H
#define _KERNEL_CHECKPOINT_RESUME_H

#include <linux/ktime.h>

struct ckpt_ctx;
struct ckpt_task;
struct pt_regs;
struct task_struct;

bool ckpt_resume_pending(struct task_struct *task, struct pt_regs *regs);
int ckpt_resume_check(struct ckpt_ctx *ctx, struct ckpt_task *t);
void ckpt_resume_call(struct pt_regs *regs, ktime_t deadline);

#endif /* _KERNEL_CHECKPOINT_RESUME_H */
