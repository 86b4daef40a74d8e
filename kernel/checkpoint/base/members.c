// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who is in a process group or a session, and not in the tree.
 */
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "../core.h"

/* So many are looked at before tasklist_lock is given back: a session may have thousands. */
#define MEMBERS_AT_ONCE	128

/* Only the leader of a process is in the list, and only until it leaves or is released. */
static bool is_member(struct task_struct *task, struct pid *pid, enum pid_type type)
{
	lockdep_assert_held(&tasklist_lock);
	return thread_group_leader(task) && task->signal->pids[type] == pid;
}

/*
 * Look at some members.  @at is the last one that was looked at, with a reference, NULL
 * before the first and behind the last one.  Whoever comes is put in front, and might as
 * well have come a moment later.  If @at has left, the walk begins anew.
 */
static struct task_struct *look_at_some(struct ckpt_ctx *ctx, struct pid *pid, enum pid_type type,
					struct task_struct **at)
{
	struct task_struct *before = *at, *task;
	unsigned int left = MEMBERS_AT_ONCE;
	struct hlist_node *node;

	lockdep_assert_held(&tasklist_lock);
	*at = NULL;
	if (before && is_member(before, pid, type))
		node = before->pid_links[type].next;
	else
		node = pid->tasks[type].first;
	if (before)
		put_task_struct(before);
	for (; node; node = node->next) {
		task = hlist_entry(node, struct task_struct, pid_links[type]);
		if (!ckpt_find_task(ctx, task))
			return get_task_struct(task);
		if (!--left) {
			*at = get_task_struct(task);
			return NULL;
		}
	}
	return NULL;
}

struct task_struct *ckpt_find_member_outside(struct ckpt_ctx *ctx, struct pid *pid,
					     enum pid_type type)
{
	struct task_struct *at = NULL, *found;

	/* That of a dead task */
	if (!pid)
		return NULL;
	do {
		read_lock(&tasklist_lock);
		found = look_at_some(ctx, pid, type, &at);
		read_unlock(&tasklist_lock);
		cond_resched();
	} while (at);
	return found;
}
