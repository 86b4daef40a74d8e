// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: snapshots are given up when memory runs short.
 *
 * The OOM killer looks at tasks, and a snapshot has none: it would choose the program
 * that is saved, whose control group pays for the second copy of what it writes to.
 * Before that the snapshots of one call lose their pages, as does what is kept of memory in
 * common, and the call ends with -ENOMEM; the program runs on.  Who asks for it: ../base/spare.c.
 */
#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
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

void ckpt_expose(struct ckpt_exposed *exposed, struct mm_struct *mm)
{
	exposed->memcg = get_mem_cgroup_from_mm(mm);
	mutex_lock(&exposed_lock);
	list_add_tail(&exposed->node, &all_exposed);
	mutex_unlock(&exposed_lock);
	/* Now that it is in the list */
	ckpt_expose_group(exposed->memcg);
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
static struct ckpt_ctx *find_call(struct mem_cgroup *memcg)
{
	struct ckpt_exposed *e;

	lockdep_assert_held(&exposed_lock);
	list_for_each_entry(e, &all_exposed, node)
		if ((!memcg || e->memcg == memcg) && READ_ONCE(e->ctx->thawed_at) &&
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

/* One call that saves a program of the group */
static unsigned long give_up(struct mem_cgroup *memcg)
{
	struct ckpt_ctx *ctx;
	unsigned long pages = 0;
	bool wait;

	mutex_lock(&exposed_lock);
	ctx = find_call(memcg);
	if (ctx)
		pages = give_up_call(ctx);
	wait = nr_given_up && !gives_up_itself();
	mutex_unlock(&exposed_lock);
	if (wait && wait_event_killable_timeout(let_go, !READ_ONCE(nr_given_up), LET_GO_WAIT) > 0)
		pages = max(pages, 1);
	return pages;
}

static bool any_exposed(void)
{
	return !list_empty(&all_exposed);
}

static struct ckpt_spare snapshots = {
	.any		= any_exposed,
	.give_up	= give_up,
};

static int __init give_up_init(void)
{
	ckpt_add_spare(&snapshots);
	return 0;
}
subsys_initcall(give_up_init);
