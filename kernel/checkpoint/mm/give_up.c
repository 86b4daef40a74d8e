// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: snapshots are given up when memory runs short.
 *
 * The OOM killer looks at tasks, and a snapshot has none: it would choose the program
 * that is saved, whose control group pays for the second copy of what it writes to.
 * Before that the snapshots of one call lose their pages, as does what is kept of memory in
 * common, and the call ends with -ENOMEM; the program runs on.
 *
 * Two ask for it.  The OOM killer's notifiers are called when the machine has run out of
 * memory, but not when a control group has.  There a shrinker is asked at the last, most
 * urgent turn of reclaim (priority 0), which always comes before a kill, and before a
 * program is slowed down for being above memory.high.
 */
#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include <linux/wait.h>
#include "mm.h"

/* How long who is short of memory waits for the writer to drop the pages in its hands */
#define LET_GO_WAIT	(HZ / 4)

static LIST_HEAD(all_exposed);

/*
 * Protects the list and what is below.  It is taken in any allocation that may sleep, so
 * nothing is allocated under it, and nothing waited for but the locks of page tables.
 */
static DEFINE_MUTEX(exposed_lock);

/* Entries of the list whose call is to fail */
static unsigned int nr_given_up;
static DECLARE_WAIT_QUEUE_HEAD(let_go);

static struct shrinker *shrinker;

void ckpt_expose(struct ckpt_exposed *exposed, struct mm_struct *mm)
{
	int nid;

	exposed->memcg = get_mem_cgroup_from_mm(mm);
	mutex_lock(&exposed_lock);
	list_add_tail(&exposed->node, &all_exposed);
	mutex_unlock(&exposed_lock);
	/* Now that it is in the list: who finds nothing clears the bit. */
	if (shrinker)
		for_each_node_state(nid, N_MEMORY)
			set_shrinker_bit(exposed->memcg, nid, shrinker_id(shrinker));
}

void ckpt_hide(struct ckpt_exposed *exposed)
{
	mutex_lock(&exposed_lock);
	/* Who runs short of memory just now waits for the lock, and then finds it free. */
	exposed->ops->drop(exposed);
	list_del_init(&exposed->node);
	if (exposed->given_up)
		WRITE_ONCE(nr_given_up, nr_given_up - 1);
	mutex_unlock(&exposed_lock);
	wake_up_all(&let_go);
	mem_cgroup_put(exposed->memcg);
}

/*
 * Before the thaw the pages are the program's own: nothing would come free, and the
 * image may outlive the program.
 */
static struct ckpt_ctx *find_call(struct mem_cgroup *memcg, bool any)
{
	struct ckpt_exposed *e;

	lockdep_assert_held(&exposed_lock);
	list_for_each_entry(e, &all_exposed, node)
		if ((any || e->memcg == memcg) && READ_ONCE(e->ctx->thawed_at) &&
		    !e->ctx->save->given_up && e->ops->pages(e))
			return e->ctx;
	return NULL;
}

/* All that it has: an image that lacks a part is of no use. */
static unsigned long give_up_call(struct ckpt_ctx *ctx)
{
	struct ckpt_exposed *e;
	unsigned long pages = 0;

	lockdep_assert_held(&exposed_lock);
	/* Before the first page goes: the writer looks at it after each. */
	WRITE_ONCE(ctx->save->given_up, true);
	list_for_each_entry(e, &all_exposed, node) {
		if (e->ctx != ctx)
			continue;
		pages += e->ops->pages(e);
		e->ops->drop(e);
		e->given_up = true;
		WRITE_ONCE(nr_given_up, nr_given_up + 1);
	}
	/* Out of a wait for a slow reader, with pages in hand */
	set_notify_signal(ctx->caller);
	return pages;
}

static bool gives_up_itself(void)
{
	struct ckpt_exposed *e;

	lockdep_assert_held(&exposed_lock);
	list_for_each_entry(e, &all_exposed, node)
		if (e->ctx->save->given_up && e->ctx->caller == current)
			return true;
	return false;
}

void ckpt_give_up(struct ckpt_exposed *exposed)
{
	mutex_lock(&exposed_lock);
	if (!list_empty(&exposed->node) && !exposed->ctx->save->given_up)
		give_up_call(exposed->ctx);
	mutex_unlock(&exposed_lock);
}

/*
 * Give one call up that saves a program of @memcg, or @any one.
 *
 * Return: pages that came free, at most; 0 if there is nothing to be had
 */
static unsigned long give_up(struct mem_cgroup *memcg, bool any)
{
	struct ckpt_ctx *ctx;
	unsigned long pages = 0;
	bool wait;

	mutex_lock(&exposed_lock);
	ctx = find_call(memcg, any);
	if (ctx)
		pages = give_up_call(ctx);
	wait = nr_given_up && !gives_up_itself();
	mutex_unlock(&exposed_lock);
	if (wait && wait_event_killable_timeout(let_go, !READ_ONCE(nr_given_up), LET_GO_WAIT) > 0)
		pages = max(pages, 1);
	return pages;
}

static int out_of_memory_notify(struct notifier_block *nb, unsigned long unused, void *arg)
{
	unsigned long *freed = arg;

	*freed += give_up(NULL, true);
	return NOTIFY_OK;
}

static struct notifier_block out_of_memory_block = {
	.notifier_call = out_of_memory_notify,
};

/* One object, however much it holds: only priority 0 asks for the last one. */
static unsigned long count_snapshots(struct shrinker *shrink, struct shrink_control *sc)
{
	return list_empty(&all_exposed) ? SHRINK_EMPTY : 1;
}

/*
 * An allocation that may fail kills nobody and must not cost an image; nor is memory
 * short when somebody writes to /proc/sys/vm/drop_caches.
 */
static unsigned long scan_snapshots(struct shrinker *shrink, struct shrink_control *sc)
{
	unsigned long pages;

	if (sc->gfp_mask & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL) ||
	    !(current->flags & PF_MEMALLOC))
		return SHRINK_STOP;
	pages = give_up(sc->memcg, false);
	if (!pages)
		return SHRINK_STOP;
	/* For who looks at the whole machine; a control group sees what it has left. */
	mm_account_reclaimed_pages(pages);
	return pages;
}

static int __init give_up_init(void)
{
	shrinker = shrinker_alloc(SHRINKER_MEMCG_AWARE | SHRINKER_NONSLAB, "checkpoint-snapshot");
	if (shrinker) {
		shrinker->count_objects = count_snapshots;
		shrinker->scan_objects = scan_snapshots;
		shrinker_register(shrinker);
	}
	return register_oom_notifier(&out_of_memory_block);
}
late_initcall(give_up_init);
