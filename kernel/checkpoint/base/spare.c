// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what can be spared when memory runs short.
 *
 * The OOM killer looks at tasks.  What is held for a program that is being saved, or for one
 * that will be restarted, has none: it would kill somebody who can do nothing about it.  So
 * that is given up before.
 *
 * Two ask for it.  The OOM killer's notifiers are called when the machine has run out of
 * memory, but not when a control group has.  There a shrinker is asked at the last, most
 * urgent turn of reclaim (priority 0), which always comes before a kill, and before a
 * program is slowed down for being above memory.high.
 */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include "../checkpoint.h"

/* Filled at boot, before anything can be exposed */
static LIST_HEAD(spares);
static struct shrinker *shrinker;

/**
 * ckpt_add_spare - there is something that can be given up
 * @spare: how; its @node is set here
 *
 * Context: an initcall before late_initcall().
 */
void __init ckpt_add_spare(struct ckpt_spare *spare)
{
	list_add_tail(&spare->node, &spares);
}

/**
 * ckpt_expose_group - a control group may want memory that can be spared
 * @memcg: the group; those above it may as well, also when it is gone
 *
 * Who finds nothing to be spared forgets it: called when there is something.
 *
 * Context: any.
 */
void ckpt_expose_group(struct mem_cgroup *memcg)
{
#ifdef CONFIG_MEMCG
	int nid;

	for (; shrinker && memcg; memcg = parent_mem_cgroup(memcg))
		for_each_node_state(nid, N_MEMORY)
			set_shrinker_bit(memcg, nid, shrinker->id);
#endif
}

/* Return: pages that come free, about; 0 if there is nothing to be had */
static unsigned long give_up(struct mem_cgroup *memcg)
{
	struct ckpt_spare *spare;
	unsigned long pages;

	list_for_each_entry(spare, &spares, node) {
		pages = spare->give_up(memcg);
		if (pages)
			return pages;
	}
	return 0;
}

static int out_of_memory_notify(struct notifier_block *nb, unsigned long unused, void *arg)
{
	unsigned long *freed = arg;

	*freed += give_up(NULL);
	return NOTIFY_OK;
}

static struct notifier_block out_of_memory_block = {
	.notifier_call = out_of_memory_notify,
};

/* One object, however much it holds: only priority 0 asks for the last one. */
static unsigned long count_spares(struct shrinker *shrink, struct shrink_control *sc)
{
	struct ckpt_spare *spare;

	list_for_each_entry(spare, &spares, node)
		if (spare->any())
			return 1;
	return SHRINK_EMPTY;
}

/*
 * An allocation that may fail kills nobody and must not cost anything; nor is memory
 * short when somebody writes to /proc/sys/vm/drop_caches.
 */
static unsigned long scan_spares(struct shrinker *shrink, struct shrink_control *sc)
{
	unsigned long pages;

	if (sc->gfp_mask & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL) ||
	    !(current->flags & PF_MEMALLOC))
		return SHRINK_STOP;
	pages = give_up(sc->memcg);
	if (!pages)
		return SHRINK_STOP;
	/* For who looks at the whole machine; a control group sees what it has left. */
	mm_account_reclaimed_pages(pages);
	return pages;
}

static int __init spare_init(void)
{
	shrinker = shrinker_alloc(SHRINKER_MEMCG_AWARE | SHRINKER_NONSLAB, "checkpoint");
	if (shrinker) {
		shrinker->count_objects = count_spares;
		shrinker->scan_objects = scan_spares;
		shrinker_register(shrinker);
	}
	return register_oom_notifier(&out_of_memory_block);
}
late_initcall(spare_init);
