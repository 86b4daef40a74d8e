/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what shm.c, shm_survey.c and shm_file.c share, which are compiled into
 * ipc/shm.c.
 */
#ifndef _KERNEL_CHECKPOINT_SHM_H
#define _KERNEL_CHECKPOINT_SHM_H

#include "ipc.h"

/**
 * struct ckpt_shm - save: a segment
 * @id: its id
 * @file: its memory, whose inode identifies it; somebody has a reference
 */
struct ckpt_shm {
	int id;
	struct file *file;
};

/**
 * struct ckpt_shm_made - restart: the object of a segment
 * @ns: where it is: the restarter's, with a reference
 * @shp: the segment, with a reference
 * @file: the memory of the image; the core's reference, up to the commit
 * @old: the memory that it had, if it was there already, as the tree had left it
 * @locker: for whom a segment that is made anew counts, as long as it is none yet
 * @old_locker: for whom it counted then
 * @old_atime: and the times
 * @old_dtime: -
 */
struct ckpt_shm_made {
	struct ipc_namespace *ns;
	struct shmid_kernel *shp;
	struct file *file;
	struct file *old;
	struct ucounts *locker;
	const struct ucounts *old_locker;
	time64_t old_atime;
	time64_t old_dtime;
};

static const struct ckpt_class ckpt_class_shm_segment;

static int ckpt_shm_check(struct ckpt_ctx *ctx, const struct ckpt_shm *shm);

#endif /* _KERNEL_CHECKPOINT_SHM_H */
