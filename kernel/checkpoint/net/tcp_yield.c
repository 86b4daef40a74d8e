// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: TCP connections that are kept end when memory runs short.
 *
 * The OOM killer looks at tasks, and what is kept has none: it would kill others.  Before that
 * the time of the oldest is over.  Who asks is the same as for snapshots, see give_up.c: the
 * machine by a notifier of the OOM killer, a control group by the last turn of reclaim.
 */
#include <linux/init.h>
#include <linux/memcontrol.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include <net/sock.h>
#include "tcp_keep.h"

/* How long who is short of memory waits */
#define YIELD_WAIT	(HZ / 20)

static struct shrinker *shrinker;

/**
 * ckpt_kept_expose - a connection is kept, and its control group may want its memory
 * @kept: the connection
 */
void ckpt_kept_expose(struct ckpt_kept *kept)
{
	struct mem_cgroup *memcg;
	int nid;

	if (!shrinker || !mem_cgroup_sockets_enabled)
		return;
	/* When the program's own group is gone, those above pay. */
	for (memcg = kept->sk->sk_memcg; memcg; memcg = parent_mem_cgroup(memcg))
		for_each_node_state(nid, N_MEMORY)
			set_shrinker_bit(memcg, nid, kept_shrinker_id(shrinker));
}

/* It comes free by a worker, soon. */
static unsigned long yield_pages(struct mem_cgroup *memcg, bool any)
{
	const unsigned long pages = ckpt_kept_yield(memcg, any);

	if (pages)
		schedule_timeout_killable(YIELD_WAIT);
	return pages;
}

static int out_of_memory_notify(struct notifier_block *nb, unsigned long unused, void *arg)
{
	unsigned long *freed = arg;

	*freed += yield_pages(NULL, true);
	return NOTIFY_OK;
}

static struct notifier_block out_of_memory_block = {
	.notifier_call = out_of_memory_notify,
};

/* One object, however much it holds: only priority 0 asks for the last one. */
static unsigned long count_kept(struct shrinker *shrink, struct shrink_control *sc)
{
	return sc->memcg && ckpt_kept_any() ? 1 : SHRINK_EMPTY;
}

/* Neither for an allocation that may fail, nor for /proc/sys/vm/drop_caches */
static unsigned long scan_kept(struct shrinker *shrink, struct shrink_control *sc)
{
	unsigned long pages;

	if (sc->gfp_mask & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL) ||
	    !(current->flags & PF_MEMALLOC))
		return SHRINK_STOP;
	pages = yield_pages(sc->memcg, false);
	if (!pages)
		return SHRINK_STOP;
	mm_account_reclaimed_pages(pages);
	return pages;
}

static int __init yield_init(void)
{
	shrinker = shrinker_alloc(SHRINKER_MEMCG_AWARE | SHRINKER_NONSLAB, "checkpoint-kept");
	if (shrinker) {
		shrinker->count_objects = count_kept;
		shrinker->scan_objects = scan_kept;
		shrinker_register(shrinker);
	}
	return register_oom_notifier(&out_of_memory_block);
}
late_initcall(yield_init);
