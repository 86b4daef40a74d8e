// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: walking through a tree of processes that may change meanwhile.
 *
 * tasklist_lock is held for one process at a time, or for some of its children, so that a
 * large tree does not keep the machine from forking and exiting.  In between processes come,
 * go and get other parents.
 * Yet a walk can say that it has missed nobody: each process that it came by had all its
 * threads held, and none of those gained a child or a thread since the walk began.
 *
 * For suppose that it has missed one.  Of its ancestors the last that the walk came by,
 * which was held then, has a child that the walk did not see there.  So it gained that
 * child later, and fork, or the exit of whoever the parent was before, has counted that:
 * checkpoint_gains().  Both hold tasklist_lock for writing, so the walk either sees the child
 * or the count.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "../core.h"

atomic_t checkpoint_gained;

#define FIRST_ROOM	256

/* So many children are queued before tasklist_lock is given back. */
#define CHILDREN_AT_ONCE	128

/**
 * struct walk - the processes that were seen
 * @queue: their pids, each with a reference
 * @head: the next to come by
 * @tail: behind the last one
 * @room: entries that there is room for
 */
struct walk {
	struct pid **queue;
	unsigned int head;
	unsigned int tail;
	unsigned int room;
};

static int grow(struct walk *walk)
{
	unsigned int room = walk->room ? 2 * walk->room : FIRST_ROOM;
	struct pid **queue;

	queue = kvmalloc_array(room, sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return -ENOMEM;
	if (walk->tail)
		memcpy(queue, walk->queue, walk->tail * sizeof(*queue));
	kvfree(walk->queue);
	walk->queue = queue;
	walk->room = room;
	return 0;
}

/**
 * struct place - how far the children of a process are queued
 * @parent: the thread, with a reference; NULL before the first
 * @child: its child that was queued last, with a reference
 */
struct place {
	struct task_struct *parent;
	struct task_struct *child;
};

static void leave_place(struct place *place)
{
	if (!place->parent)
		return;
	put_task_struct(place->parent);
	put_task_struct(place->child);
	*place = (struct place) {};
}

/* A child that was released is in no list, and one with another parent in another. */
static bool is_still_there(const struct place *place)
{
	lockdep_assert_held(&tasklist_lock);
	return !list_empty(&place->child->sibling) &&
	       rcu_access_pointer(place->child->real_parent) == place->parent;
}

/*
 * Some children of a process behind @place, which is moved on; there is room for them.
 * Return: true if there may be more
 */
static bool queue_some(struct walk *walk, struct task_struct *leader, struct place *place)
{
	struct task_struct *parent = place->parent, *child;
	unsigned int left = CHILDREN_AT_ONCE;
	struct list_head *node;

	lockdep_assert_held(&tasklist_lock);
	node = parent ? &place->child->sibling : NULL;
	leave_place(place);
	if (!parent)
		parent = list_first_entry(&leader->signal->thread_head, struct task_struct,
					  thread_node);
	for (; parent; parent = __next_thread(parent), node = NULL) {
		node = node ?: &parent->children;
		list_for_each_continue(node, &parent->children) {
			child = list_entry(node, struct task_struct, sibling);
			walk->queue[walk->tail++] = get_pid(task_pid(child));
			if (--left)
				continue;
			place->parent = get_task_struct(parent);
			place->child = get_task_struct(child);
			return true;
		}
	}
	return false;
}

static void drop_queued(struct walk *walk, unsigned int until)
{
	while (walk->tail > until)
		put_pid(walk->queue[--walk->tail]);
}

/* Another thread may have taken the leader's place by executing a program. */
static struct task_struct *find_leader(struct pid *pid)
{
	lockdep_assert_held(&tasklist_lock);
	return pid_task(pid, PIDTYPE_TGID);
}

/*
 * All children of a process.  A child that comes while the lock is given back is put behind
 * the others, or it came to a thread that is done, which counts it if that is held.  One
 * that came from a thread that is done, and has exited, is queued twice: that is counted
 * as well, and for CHECKPOINT_CHECK, which goes on all the same, it does no harm.  If the
 * place is lost, all are queued anew.
 */
static int queue_children(struct walk *walk, struct pid *pid)
{
	unsigned int before = walk->tail;
	struct task_struct *leader;
	struct place place = {};
	bool more;
	int err;

	do {
		err = walk->room - walk->tail < CHILDREN_AT_ONCE ? grow(walk) : 0;
		if (err)
			break;
		read_lock(&tasklist_lock);
		leader = find_leader(pid);
		if (place.parent && !(leader && is_still_there(&place))) {
			leave_place(&place);
			drop_queued(walk, before);
		}
		more = leader && queue_some(walk, leader, &place);
		read_unlock(&tasklist_lock);
	} while (more);
	leave_place(&place);
	return err;
}

static int come_by(struct walk *walk, struct pid *pid, proc_visitor visitor, void *data)
{
	struct task_struct *leader;
	int err = 0;

	read_lock(&tasklist_lock);
	leader = find_leader(pid);
	if (leader)
		err = visitor(leader, data);
	read_unlock(&tasklist_lock);
	return leader && !err ? queue_children(walk, pid) : err;
}

/* NULL if the root process has exited; a leader that has may leave threads behind. */
static struct pid *get_root_pid(struct task_struct *root)
{
	struct task_struct *leader;
	struct pid *pid = NULL;

	read_lock(&tasklist_lock);
	leader = pid_task(task_tgid(root), PIDTYPE_TGID);
	if (leader && (!leader->exit_state || atomic_read(&leader->signal->live)))
		pid = get_pid(task_tgid(root));
	read_unlock(&tasklist_lock);
	return pid;
}

/**
 * ckpt_walk_tree - come by each process of a tree, parents first
 * @root: once the leader of the root process; another thread may have taken its
 *	place by executing a program
 * @visitor: called under tasklist_lock with the leader of each, gets @data; returns 0, or
 *	a negative errno to end the walk
 * @data: for @visitor
 *
 * Context: may sleep.
 * Return: 0 if no held task gained a child or thread since the walk began, 1 if one
 * did; -ESRCH if the root process has exited, -ENOMEM, or what @visitor returned
 */
int ckpt_walk_tree(struct task_struct *root, proc_visitor visitor, void *data)
{
	int before = atomic_read(&checkpoint_gained);
	struct pid *pid = get_root_pid(root);
	struct walk walk = {};
	int err;

	if (!pid)
		return -ESRCH;
	err = come_by(&walk, pid, visitor, data);
	put_pid(pid);
	while (!err && walk.head < walk.tail) {
		pid = walk.queue[walk.head++];
		err = come_by(&walk, pid, visitor, data);
		put_pid(pid);
		cond_resched();
	}
	while (walk.head < walk.tail)
		put_pid(walk.queue[walk.head++]);
	kvfree(walk.queue);
	if (err)
		return err;
	/* What was gained behind the walk's back was gained before this. */
	read_lock(&tasklist_lock);
	err = atomic_read(&checkpoint_gained) != before;
	read_unlock(&tasklist_lock);
	return err;
}
