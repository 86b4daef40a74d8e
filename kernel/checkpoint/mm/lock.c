// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the lock of an address space, which somebody outside may hold.
 */
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include "mm.h"

static int lock_mm(struct ckpt_ctx *ctx, struct mm_struct *mm, bool write)
{
	int killed, err = ckpt_begin_wait(ctx);

	if (err)
		return err;
	/* If the tree is let go, the reference to its memory goes too. */
	mmgrab(mm);
	killed = write ? mmap_write_lock_killable(mm) : mmap_read_lock_killable(mm);
	if (!ckpt_end_wait(ctx)) {
		if (!killed && write)
			mmap_write_unlock(mm);
		else if (!killed)
			mmap_read_unlock(mm);
		err = ckpt_fail(ctx, -ETIMEDOUT, "its memory is in use by a process outside that does not get on, so the program was let go; see to that process");
	} else if (killed) {
		err = ckpt_fail_killed(ctx);
	}
	mmdrop(mm);
	return err;
}

/**
 * ckpt_read_lock_mm - save: take mmap_lock for reading
 * @ctx: the call
 * @mm: the address space of a held process
 *
 * A process outside that reads the memory has it over page faults, for which it may have
 * to wait for a dead server.
 *
 * Context: may sleep, killable.
 * Return: 0 and the lock is held; -EINTR or -ETIMEDOUT (reported)
 */
int ckpt_read_lock_mm(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	return lock_mm(ctx, mm, false);
}

/**
 * ckpt_write_lock_mm - save: take mmap_lock for writing
 * @ctx: the call
 * @mm: the address space of a held process
 *
 * Return: as ckpt_read_lock_mm()
 */
int ckpt_write_lock_mm(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	return lock_mm(ctx, mm, true);
}
