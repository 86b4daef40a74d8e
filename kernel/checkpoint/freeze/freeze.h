/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files of the freeze share.
 */
#ifndef _KERNEL_CHECKPOINT_FREEZE_H
#define _KERNEL_CHECKPOINT_FREEZE_H

#include <linux/types.h>
#include <linux/xarray.h>

struct ckpt_ctx;
struct task_struct;

/**
 * struct ckpt_pass - looks at a whole tree, one after the other
 * @ctx: the call
 * @root: leader of the root process
 * @tasks: threads and zombies seen in this pass
 * @processes: leaders seen
 * @waiting: threads that are not yet at rest
 * @silent: of them, those that wait for a vfork child or stand in a stop, and do not
 *	arrive in the trap
 * @task: one of those, or the one that is in the way; a reference is held
 * @why: what is the matter with it
 * @err: negative errno if it is in the way, not late
 * @last: with CHECKPOINT_CHECK: whoever is late now is in the way
 * @reported: with CHECKPOINT_CHECK: struct pid, by address, of what has been reported
 */
struct ckpt_pass {
	struct ckpt_ctx *ctx;
	struct task_struct *root;
	unsigned int tasks;
	unsigned int processes;
	unsigned int waiting;
	unsigned int silent;
	struct task_struct *task;
	const char *why;
	int err;
	bool last;
	struct xarray reported;
};

/* hold_task.c */
int ckpt_freeze_thread(struct ckpt_pass *pass, struct task_struct *task);
int ckpt_pass_remember(struct ckpt_pass *pass, struct task_struct *task);

#endif /* _KERNEL_CHECKPOINT_FREEZE_H */
