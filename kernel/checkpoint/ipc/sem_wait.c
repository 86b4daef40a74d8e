// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: tasks that wait for semaphores.  Compiled into ipc/sem.c.
 */
#include <linux/sched/task_stack.h>
#include <asm/checkpoint.h>
#include <asm/syscall.h>
#include "sem.h"

/* A call that waits for semaphores has answered -EINTR, and is made again. */
static int ckpt_sem_hold_waited_for(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		struct pt_regs *regs;
		unsigned long args[6];
		int nr;

		if (t->zombie || t->self)
			continue;
		regs = task_pt_regs(t->task);
		nr = ckpt_arch_get_call(t->task, regs, args);
		if ((nr != __NR_semop && nr != __NR_semtimedop) ||
		    !ckpt_resume_pending(t->task, regs))
			continue;
		err = ckpt_sem_hold(ctx, args[0]);
		if (err)
			return err;
	}
	return 0;
}

/**
 * semtimedop_until - semtimedop() with an absolute end
 * @semid: the semaphore set
 * @tsops: the operations
 * @nsops: how many
 * @until: absolute CLOCK_MONOTONIC time, KTIME_MAX for none
 *
 * Context: may sleep, interruptible.
 * Return: as semtimedop(2)
 */
long semtimedop_until(int semid, struct sembuf __user *tsops, unsigned int nsops, ktime_t until)
{
	struct timespec64 ts;

	if (until == KTIME_MAX)
		return do_semtimedop(semid, tsops, nsops, NULL);
	ts = ktime_to_timespec64(max_t(ktime_t, ktime_sub(until, ktime_get()), 0));
	return do_semtimedop(semid, tsops, nsops, &ts);
}
