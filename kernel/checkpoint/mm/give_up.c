// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: snapshots are given up when the machine runs out of memory.
 *
 * The OOM killer looks at tasks, and a snapshot has none: it would choose the program
 * that is saved.  It asks its notifiers first.  Then the snapshots of one call lose
 * their pages, and the call ends with -ENOMEM; the program runs on.
 */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include "mm.h"

static LIST_HEAD(exposed);

/* Nothing is allocated under it: the notifier runs in any allocation. */
static DEFINE_MUTEX(exposed_lock);

/**
 * ckpt_snapshot_expose - let the memory of a snapshot be taken away from now on
 * @snap: the snapshot
 *
 * Context: may sleep.
 */
void ckpt_snapshot_expose(struct ckpt_snapshot *snap)
{
	guard(mutex)(&exposed_lock);
	list_add_tail(&snap->exposed, &exposed);
}

/**
 * ckpt_snapshot_hide - a snapshot is about to be freed
 * @snap: the snapshot
 *
 * Context: may sleep; holds no lock that is needed to free memory.
 */
void ckpt_snapshot_hide(struct ckpt_snapshot *snap)
{
	guard(mutex)(&exposed_lock);
	list_del(&snap->exposed);
}

/*
 * As MADV_DONTNEED does.  Before the thaw its pages are the program's own: nothing
 * would come free, and the image may outlive the program.
 */
static unsigned long take_pages(struct ckpt_snapshot *snap)
{
	VMA_ITERATOR(vmi, snap->mm, 0);
	struct vm_area_struct *vma;
	unsigned long pages;

	if (!READ_ONCE(snap->ctx->thawed_at) || !mmap_read_trylock(snap->mm))
		return 0;
	pages = get_mm_counter_sum(snap->mm, MM_ANONPAGES) +
		get_mm_counter_sum(snap->mm, MM_SWAPENTS);
	if (pages) {
		WRITE_ONCE(snap->given_up, true);
		for_each_vma(vmi, vma)
			zap_vma_pages(vma);
	}
	mmap_read_unlock(snap->mm);
	return pages;
}

/* Tells how many pages came free, at most; with none a program has to die. */
static int out_of_memory_notify(struct notifier_block *nb, unsigned long unused, void *arg)
{
	unsigned long *freed = arg;
	struct ckpt_ctx *ctx = NULL;
	struct ckpt_snapshot *snap;
	unsigned long pages;

	if (!mutex_trylock(&exposed_lock))
		return NOTIFY_OK;
	list_for_each_entry(snap, &exposed, exposed) {
		if (snap->given_up || (ctx && snap->ctx != ctx))
			continue;
		pages = take_pages(snap);
		if (pages)
			ctx = snap->ctx;
		*freed += pages;
	}
	mutex_unlock(&exposed_lock);
	return NOTIFY_OK;
}

static struct notifier_block out_of_memory_block = {
	.notifier_call = out_of_memory_notify,
};

static int __init give_up_init(void)
{
	return register_oom_notifier(&out_of_memory_block);
}
late_initcall(give_up_init);
