/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the two files about memory in common share, and configuration.
 */
#ifndef _KERNEL_CHECKPOINT_SHMEM_H
#define _KERNEL_CHECKPOINT_SHMEM_H

#include <linux/mempolicy.h>
#include "files.h"

/* Has mbind(2) given memory in common a policy? */
static inline bool has_shared_policy(const struct shared_policy *policy)
{
#ifdef CONFIG_NUMA
	return !RB_EMPTY_ROOT(&policy->root);
#else
	return false;
#endif
}

#endif /* _KERNEL_CHECKPOINT_SHMEM_H */
