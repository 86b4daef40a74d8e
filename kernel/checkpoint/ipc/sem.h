/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the sem*.c share, which are compiled into ipc/sem.c.
 */
#ifndef _KERNEL_CHECKPOINT_SEM_H
#define _KERNEL_CHECKPOINT_SEM_H

#include "ipc.h"

/* Most elements of an array that a record may have: 64 MiB of them */
#define CKPT_SEM_MAX	(4U << 20)

/**
 * struct ckpt_sem_adjust - an adjustment that a task's death would make
 * @semid: set
 * @sem: number in the set
 * @adjust: what would be added, 0 only to say that the list has an entry for the set
 */
struct ckpt_sem_adjust {
	int semid;
	u32 sem;
	s32 adjust;
};

/**
 * struct ckpt_sem_list - save: a list of adjustments that is not as each process has it
 * @node: in struct ckpt_sems
 * @list: identifies it; not followed, as it goes with the last task that is killed
 * @refs: tasks that share it
 * @tasks: of them, those in the tree that were seen
 * @nr: adjustments
 * @adjusts: they
 */
struct ckpt_sem_list {
	struct list_head node;
	const struct sem_undo_list *list;
	unsigned int refs;
	unsigned int tasks;
	u32 nr;
	struct ckpt_sem_adjust *adjusts;
};

/**
 * struct ckpt_sem_held - save: a set that belongs to the tree
 * @sma: the set, with a reference
 * @adjusts: sum of the tree's adjustments of each semaphore, NULL if there are none
 */
struct ckpt_sem_held {
	struct sem_array *sma;
	s32 *adjusts;
};

/**
 * struct ckpt_sems - save: semaphores of a call
 * @own: the ipc namespace is the tree's own: all sets are saved
 * @sets: struct ckpt_sem_held by id
 * @nr_sets: how many
 * @lists: struct ckpt_sem_list
 * @special: processes that do not have an empty list that is theirs alone, by number
 */
struct ckpt_sems {
	bool own;
	struct xarray sets;
	unsigned int nr_sets;
	struct list_head lists;
	struct xarray special;
};

/**
 * struct ckpt_sem_made - restart: the object of a set
 * @ns: where it is: the restarter's
 * @sma: the set, with a reference
 * @nr: semaphores in it
 * @adopted: it was there already, as the tree had left it
 * @otime: what it is to have when its values are put back
 * @pids: the same, of each semaphore, with references; NULL if they are in place
 * @rec: the record's array, in which its values are
 */
struct ckpt_sem_made {
	struct ipc_namespace *ns;
	struct sem_array *sma;
	u32 nr;
	bool adopted;
	time64_t otime;
	struct pid **pids;
	const struct ckpt_rec_sem *rec;
};

static const struct ckpt_class ckpt_class_sem_set;

static const struct ckpt_private ckpt_sems_private;

/* NULL before the survey */
static struct ckpt_sems *ckpt_sems(const struct ckpt_ctx *ctx)
{
	return ckpt_private(&ctx->privates, &ckpt_sems_private);
}

static struct ckpt_sem_list *ckpt_sem_find_list(struct ckpt_sems *sems,
						const struct sem_undo_list *list);
static int ckpt_sem_survey_lists(struct ckpt_ctx *ctx);
static bool ckpt_sem_is_plain(struct ckpt_ctx *ctx, const struct ckpt_task *t);
static struct ckpt_sem_held *ckpt_sem_adjusted(struct ckpt_sems *sems,
					       const struct ckpt_sem_adjust *adjust);
static int ckpt_sem_hold_waited_for(struct ckpt_ctx *ctx);
static int ckpt_sem_hold(struct ckpt_ctx *ctx, int semid);

#endif /* _KERNEL_CHECKPOINT_SEM_H */
