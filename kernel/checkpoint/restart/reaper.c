// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: a root that is nobody's child any more.  Compiled into
 * kernel/exit.c.
 */
#include "reaper.h"

/* As find_new_reaper() when no thread of @father is left */
static struct task_struct *find_reaper_above(struct task_struct *father)
{
	struct task_struct *reaper, *thread;
	unsigned int level = task_pid(father)->level;

	if (!father->signal->has_child_subreaper)
		return task_active_pid_ns(father)->child_reaper;
	for (reaper = father->real_parent;
	     task_pid(reaper)->level == level && reaper != &init_task;
	     reaper = reaper->real_parent) {
		if (!reaper->signal->is_child_subreaper)
			continue;
		thread = find_alive_thread(reaper);
		if (thread)
			return thread;
	}
	return task_active_pid_ns(father)->child_reaper;
}

/**
 * ckpt_reparent_to_reaper - give a child to whoever would adopt it
 * @child: leader of a child of current; it has not run, and nobody traces it
 *
 * Its parent is then who it would be if current's process had died.  No signal of a
 * parent's death is sent, for nobody died; and no group is orphaned by this that has
 * a stopped member, for nothing of the tree has run.
 *
 * Context: tasklist_lock held for writing, so that neither the reaper nor current's
 * list of children changes.
 */
void ckpt_reparent_to_reaper(struct task_struct *child)
{
	struct task_struct *reaper, *thread;

	lockdep_assert_held_write(&tasklist_lock);
	reaper = find_reaper_above(current);
	for_each_thread(child, thread) {
		rcu_assign_pointer(thread->real_parent, reaper);
		rcu_assign_pointer(thread->parent, reaper);
	}
	list_move_tail(&child->sibling, &reaper->children);
}
