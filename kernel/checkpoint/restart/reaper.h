/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what kernel/exit.c does for a restart.
 */
#ifndef _CKPT_REAPER_H
#define _CKPT_REAPER_H

struct task_struct;

void ckpt_reparent_to_reaper(struct task_struct *child);

#endif /* _CKPT_REAPER_H */
