/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * save.h - the call of checkpoint(), for the library and for ckpt.
 */
#ifndef _CKPT_SAVE_H
#define _CKPT_SAVE_H

#include "libcheckpoint.h"

/**
 * save_call - call checkpoint(), again if it is refused for the moment
 * @pid: as for ckpt_checkpoint()
 * @fd: likewise; an image that was begun is not written twice
 * @flags: likewise
 * @args: in and out
 *
 * Return: as ckpt_checkpoint()
 */
long save_call(pid_t pid, int fd, unsigned long flags, struct checkpoint_args *args);

/* callback.c: before a save.  Return: 0, or negative errno, and nothing is left to be undone */
int callbacks_before(void);

/* After it, if callbacks_before() was successful, with an enum ckpt_outcome or negative errno */
void callbacks_after(int outcome);

#endif /* _CKPT_SAVE_H */
