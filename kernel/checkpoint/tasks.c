// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the list of the tasks of a frozen tree, and what it pins.
 */
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "core.h"
#include "signal/pending.h"

/**
 * ckpt_walk_tree - visit the leader of each process of a tree, parents first
 * @root: once the leader of the root process; another thread may have taken its
 *	place by executing a program
 * @visitor: called under tasklist_lock, gets @data; returns 1, or a negative
 *	errno to end the walk
 * @data: for @visitor
 *
 * Return: false if the root process has exited
 */
bool ckpt_walk_tree(struct task_struct *root, proc_visitor visitor, void *data)
{
	struct task_struct *leader;
	int ret = 0;

	/* Until the second part of the walk begins this alone keeps the leader. */
	rcu_read_lock();
	read_lock(&tasklist_lock);
	leader = pid_task(task_tgid(root), PIDTYPE_TGID);
	if (leader && leader->exit_state && !atomic_read(&leader->signal->live))
		leader = NULL;
	if (leader)
		ret = visitor(leader, data);
	read_unlock(&tasklist_lock);
	if (ret > 0)
		walk_process_tree(leader, visitor, data);
	rcu_read_unlock();
	return leader;
}

struct collect {
	struct ckpt_ctx *ctx;
	struct list_head *free;
	int err;
};

struct ckpt_task *ckpt_find_task(struct ckpt_ctx *ctx, const struct task_struct *task)
{
	return xa_load(&ctx->by_task, (unsigned long)task / sizeof(void *));
}

/* Under tasklist_lock: take a prepared struct ckpt_task. */
static int collect_thread(struct collect *c, struct task_struct *task)
{
	struct ckpt_ctx *ctx = c->ctx;
	struct ckpt_task *t;

	if (list_empty(c->free) || (task->exit_state & EXIT_DEAD))
		return c->err = -EAGAIN;
	t = list_first_entry(c->free, struct ckpt_task, node);
	list_move_tail(&t->node, &ctx->tasks);
	t->task = get_task_struct(task);
	t->self = task == current;
	t->zombie = task->exit_state;
	ctx->nr_tasks++;
	return 0;
}

static int collect_process(struct task_struct *leader, void *data)
{
	struct collect *c = data;
	struct task_struct *task;
	int err;

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
	return 1;
}

static int prepare_tasks(struct ckpt_ctx *ctx, unsigned int nr, struct list_head *free)
{
	while (nr--) {
		struct ckpt_saved_task *saved = kzalloc(sizeof(*saved), GFP_KERNEL_ACCOUNT);
		struct ckpt_task *t = &saved->t;

		if (!saved)
			return ckpt_fail(ctx, -ENOMEM, "no memory for the list of tasks");
		t->ctx = ctx;
		INIT_LIST_HEAD(&t->recs);
		list_add(&t->node, free);
		cond_resched();
	}
	return 0;
}

/* What a killed task has left to us */
struct leftover {
	struct work_struct work;
	struct files_struct *files;
	struct fs_struct *fs;
};

static void drop_leftover(struct files_struct *files, struct fs_struct *fs)
{
	if (files)
		put_files_struct(files);
	if (fs)
		free_fs_struct(fs);
}

static void drop_leftover_work(struct work_struct *work)
{
	struct leftover *left = container_of(work, struct leftover, work);

	drop_leftover(left->files, left->fs);
	kfree(left);
}

/*
 * A worker does it: the last close of a file may wait for a frozen task of the
 * tree, and what the caller closes is closed only on its way to user space, which
 * may be long after the task's death.
 */
static void drop_leftover_soon(struct files_struct *files, struct fs_struct *fs)
{
	struct leftover *left = kmalloc(sizeof(*left), GFP_KERNEL);

	if (!left) {
		drop_leftover(files, fs);
		return;
	}
	INIT_WORK(&left->work, drop_leftover_work);
	left->files = files;
	left->fs = fs;
	queue_work(system_unbound_wq, &left->work);
}

/* True if the last user is gone: then it is to be freed. */
static bool unpin_fs(struct fs_struct *fs)
{
	bool last;

	spin_lock(&fs->lock);
	last = !--fs->users;
	spin_unlock(&fs->lock);
	return last;
}

static void unpin_task(struct ckpt_task *t)
{
	struct files_struct *files = t->files;
	struct fs_struct *fs = t->fs;

	t->files = NULL;
	t->fs = NULL;
	if (files && atomic_add_unless(&files->count, -1, 1))
		files = NULL;
	if (fs && !unpin_fs(fs))
		fs = NULL;
	if (files || fs)
		drop_leftover_soon(files, fs);
	if (t->mm)
		mmput_async(t->mm);
	t->mm = NULL;
	if (t->stack)
		put_task_stack(t->task);
	t->stack = false;
}

/**
 * ckpt_unpin_tasks - let go of all that the tasks use
 * @ctx: the call; nothing is captured any more
 *
 * Before the thaw.  To a program that executes another one a reference looks like
 * another user: of its directories, which takes the rights of a setuid program
 * away; of its descriptors, which are then copied, and its POSIX locks lost with the
 * old ones.  From here on the program alone decides when its files are closed and
 * its memory is freed.
 *
 * Context: may sleep.
 */
void ckpt_unpin_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		unpin_task(t);
		cond_resched();
	}
}

static void free_ckpt_task(struct ckpt_task *t)
{
	unpin_task(t);
	put_pid(t->pid);
	if (t->task)
		put_task_struct(t->task);
	list_del(&t->node);
	kfree(ckpt_saved_task(t));
}

/**
 * ckpt_free_tasks - drop the list of tasks and what it pins
 * @ctx: the call
 *
 * Context: may sleep.
 */
void ckpt_free_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t, *next;

	list_for_each_entry_safe(t, next, &ctx->tasks, node) {
		free_ckpt_task(t);
		cond_resched();
	}
	xa_destroy(&ctx->by_task);
	ctx->root = NULL;
	ctx->nr_tasks = 0;
	ctx->nr_processes = 0;
}

/* What a frozen task uses stays while we look at it, even if it is killed. */
static int pin_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = t->task;

	t->pid = get_task_pid(task, PIDTYPE_PID);
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
	return ckpt_fail(ctx, -ESRCH, "was killed during the checkpoint");
}

/* Ids, leaders and parents; the tree does not change any more. */
static int link_tasks(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		t->id = ++ctx->last_object;
		err = xa_err(xa_store(&ctx->by_task,
				      (unsigned long)t->task / sizeof(void *), t,
				      GFP_KERNEL_ACCOUNT));
		if (err)
			return ckpt_fail(ctx, err, "no memory for the list of tasks");
	}
	ctx->root = list_first_entry(&ctx->tasks, struct ckpt_task, node);
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
	return 0;
}

/**
 * ckpt_collect_tasks - list the tasks of a frozen tree in ctx->tasks
 * @ctx: the call
 * @root: as for ckpt_walk_tree()
 * @nr: how many threads and zombies were seen
 *
 * Context: may sleep.
 * Return: 0, -EAGAIN (not told) if there are more than @nr, another negative
 * errno (told)
 */
int ckpt_collect_tasks(struct ckpt_ctx *ctx, struct task_struct *root, unsigned int nr)
{
	LIST_HEAD(free);
	struct collect c = { .ctx = ctx, .free = &free };
	struct ckpt_task *t, *next;
	int err;

	err = prepare_tasks(ctx, nr, &free);
	if (!err) {
		if (!ckpt_walk_tree(root, collect_process, &c))
			c.err = ckpt_fail(ctx, -ESRCH, "the process has exited");
		err = c.err;
	}
	list_for_each_entry_safe(t, next, &free, node)
		free_ckpt_task(t);
	return err ?: link_tasks(ctx);
}
