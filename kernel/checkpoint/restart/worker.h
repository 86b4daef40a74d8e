/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what those who make and release the workers know of them.
 */
#ifndef _KERNEL_CHECKPOINT_WORKER_H
#define _KERNEL_CHECKPOINT_WORKER_H

#include <linux/completion.h>
#include <linux/sched.h>

struct ckpt_ctx;
struct ckpt_task;

/**
 * struct ckpt_vfork_wait - what a worker waits for before it goes to user space
 * @child: its vfork child, with a reference; NULL if it has none
 * @done: completed when that executes a program or exits
 */
struct ckpt_vfork_wait {
	struct task_struct *child;
	struct completion done;
};

/* No signal interrupts such a wait, and it does not keep the machine from being suspended. */
#define CKPT_WORKER_WAIT	(TASK_IDLE | TASK_FREEZABLE)

int ckpt_worker(void *arg);
int ckpt_fail_worker_killed(struct ckpt_task *t);
void ckpt_first_return(bool made);
void ckpt_wait_a_moment(void);
void ckpt_leave_group_below(void);

/* again.c */
struct ckpt_again;
bool ckpt_is_in_call(const struct ckpt_again *again);
void ckpt_stop_again(const struct ckpt_again *again, struct ckpt_vfork_wait *waits);
void ckpt_trace_calls_later(void);

/* vfork.c */
void ckpt_link_vforks(struct ckpt_ctx *ctx);

#endif /* _KERNEL_CHECKPOINT_WORKER_H */
