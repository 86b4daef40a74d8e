// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the tasks of a frozen tree are found, listed and pinned.
 */
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include "../core.h"

struct collect {
	struct ckpt_ctx *ctx;
	struct list_head *free;
};

/* Take a prepared struct ckpt_task. */
static int collect_thread(struct collect *c, struct task_struct *task)
{
	struct ckpt_ctx *ctx = c->ctx;
	struct ckpt_task *t;

	lockdep_assert_held(&tasklist_lock);
	if (list_empty(c->free) || (task->exit_state & EXIT_DEAD))
		return -EAGAIN;
	t = list_first_entry(c->free, struct ckpt_task, node);
	list_move_tail(&t->node, &ctx->tasks);
	t->task = get_task_struct(task);
	t->self = task == current;
	t->zombie = task->exit_state;
	ctx->nr_tasks++;
	return 0;
}

/* What does not rest is left out, whole processes. */
static bool is_left_out(struct ckpt_ctx *ctx, struct task_struct *leader)
{
	struct task_struct *task;

	lockdep_assert_held(&tasklist_lock);
	if (!(ctx->flags & CHECKPOINT_CHECK))
		return false;
	for_each_thread(leader, task)
		if (task != current && task->exit_state != EXIT_ZOMBIE &&
		    !ckpt_at_rest(ctx, task))
			return true;
	return false;
}

static int collect_process(struct task_struct *leader, void *data)
{
	struct collect *c = data;
	struct task_struct *task;
	int err;

	if (is_left_out(c->ctx, leader))
		return 0;
	c->ctx->nr_processes++;
	err = collect_thread(c, leader);
	if (err)
		return err;
	for_each_thread(leader, task) {
		if (task == leader)
			continue;
		err = collect_thread(c, task);
		if (err)
			return err;
	}
	return 0;
}

static int prepare_tasks(struct ckpt_ctx *ctx, unsigned int nr, struct list_head *free)
{
	while (nr--) {
		struct ckpt_task *t = ckpt_alloc_task(ctx);

		if (!t)
			return -ENOMEM;
		list_add(&t->node, free);
		cond_resched();
	}
	return 0;
}

/* What a frozen task uses stays while we look at it, even if it is killed. */
static int pin_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;

	t->pid = get_task_pid(task, PIDTYPE_PID);
	/* A leader that is outlived has it all from its heir. */
	if (t->zombie && t->pid)
		return 0;
	/* A killed task gives its stack away, on which its registers lie. */
	t->stack = try_get_task_stack(task);
	t->mm = get_task_mm(task);
	task_lock(task);
	t->files = task->files;
	if (t->files)
		atomic_inc(&t->files->count);
	t->fs = task->fs;
	if (t->fs) {
		spin_lock(&t->fs->lock);
		t->fs->users++;
		spin_unlock(&t->fs->lock);
	}
	task_unlock(task);
	if (t->pid && t->stack && t->mm && t->files && t->fs)
		return 0;
	ctx->at.t = t;
	return ckpt_fail_task_killed(ctx);
}

/* The threads of a process stand behind its leader. */
static struct ckpt_task *find_heir(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	struct ckpt_task *t = list_next_entry(leader, node);

	list_for_each_entry_from(t, &ctx->tasks, node) {
		if (t->task->group_leader != leader->task)
			break;
		if (!t->zombie)
			return t;
	}
	return NULL;
}

/* When all is pinned.  A reference more would look like somebody outside. */
static void share_with_heirs(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (t->leader != t || !t->zombie)
			continue;
		t->heir = find_heir(ctx, t);
		if (!t->heir)
			continue;
		t->outlived = true;
		t->mm = t->heir->mm;
		t->files = t->heir->files;
		t->fs = t->heir->fs;
	}
}

/*
 * Of processes that share their memory the first has it saved.  Each thread has a reference,
 * and so has its entry: only if there are more, another process may be among them.
 */
static void find_mm_users(struct ckpt_ctx *ctx, struct ckpt_task *first)
{
	struct ckpt_task *t = first;

	list_for_each_entry_from(t, &ctx->tasks, node) {
		if (t->leader != first &&
		    atomic_read(&first->mm->mm_users) <= 2 * first->mm_users)
			break;
		if (t->mm != first->mm)
			continue;
		if (t->leader == t)
			t->mm_first = first;
		if (!t->outlived)
			first->mm_users++;
	}
}

static void share_memory(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (t->leader == t && t->mm && !t->mm_first)
			find_mm_users(ctx, t);
}

/* Who could be held while it waits is the parent of the one that it waits for. */
static void find_vforks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (!t->parent || !ckpt_waits_for(t->parent->task, t->task))
			continue;
		t->vfork = true;
		t->parent->vforked = t;
	}
}

/* Ids, leaders and parents; the tree does not change any more. */
static int link_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		err = ckpt_object_id(ctx, t->task, &ckpt_class_task, &t->id);
		if (err < 0)
			return err;
		err = xa_err(xa_store(&ctx->save->by_task,
				      (unsigned long)t->task / sizeof(void *), t,
				      GFP_KERNEL_ACCOUNT));
		if (err)
			return ckpt_fail(ctx, err, "no memory for the list of tasks");
	}
	ctx->root = list_first_entry_or_null(&ctx->tasks, struct ckpt_task, node);
	for_each_ckpt_task(ctx, t) {
		t->leader = ckpt_find_task(ctx, t->task->group_leader);
		if (t != ctx->root) {
			rcu_read_lock();
			t->parent = ckpt_find_task(ctx, rcu_dereference(t->task->real_parent));
			rcu_read_unlock();
		}
		err = pin_task(ctx, t);
		if (err)
			return err;
	}
	share_with_heirs(ctx);
	share_memory(ctx);
	find_vforks(ctx);
	return 0;
}

/**
 * ckpt_collect_tasks - list the tasks of a frozen tree in ctx->tasks
 * @ctx: the call; with CHECKPOINT_CHECK processes that do not rest are left out
 * @root: as for ckpt_walk_tree()
 * @nr: how many threads and zombies were seen
 *
 * Context: may sleep.
 * Return: 0, -EAGAIN (not reported) if there are more than @nr or the tree has changed,
 * another negative errno (reported)
 */
int ckpt_collect_tasks(struct ckpt_ctx *ctx, struct task_struct *root, unsigned int nr)
{
	LIST_HEAD(free);
	struct collect c = { .ctx = ctx, .free = &free };
	struct ckpt_task *t, *next;
	int err;

	err = prepare_tasks(ctx, nr, &free);
	if (err)
		goto out;
	err = ckpt_walk_tree(root, collect_process, &c);
	if (err == -ESRCH)
		ckpt_fail(ctx, err, "the process has exited");
	if (err == -ENOMEM)
		ckpt_fail(ctx, err, "no memory for the list of tasks");
	/* What was left out may go on as it likes. */
	if (err > 0)
		err = ctx->flags & CHECKPOINT_CHECK ? 0 : -EAGAIN;
out:
	list_for_each_entry_safe(t, next, &free, node)
		ckpt_free_task(t);
	return err ?: link_tasks(ctx);
}
