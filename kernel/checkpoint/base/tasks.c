// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the list of the tasks of a call, and what it pins.
 */
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "../core.h"

/* The core's own: its entries go with the list of tasks. */
const struct ckpt_class ckpt_class_task = {
	.name	= "task",
};

struct ckpt_task *ckpt_find_task(struct ckpt_ctx *ctx, const struct task_struct *task)
{
	return xa_load(&ctx->save->by_task, (unsigned long)task / sizeof(void *));
}

bool ckpt_is_traced_from_outside(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	guard(read_lock)(&tasklist_lock);
	return t->task->ptrace &&
	       !ckpt_find_task(ctx, rcu_dereference_protected(t->task->parent, true));
}

pid_t ckpt_name_task(struct ckpt_ctx *ctx, struct task_struct *task, char *comm)
{
	pid_t nr = task_pid_nr_ns(task, ctx->caller_ns);

	if (!nr || !ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS | PTRACE_MODE_NOAUDIT))
		return 0;
	__get_task_comm(comm, TASK_COMM_LEN, task);
	return nr;
}

const char *ckpt_show_outsider(struct ckpt_ctx *ctx, struct task_struct *task,
			       struct ckpt_who *who)
{
	char comm[TASK_COMM_LEN];
	pid_t nr = task ? ckpt_name_task(ctx, task, comm) : 0;

	if (task)
		put_task_struct(task);
	if (nr)
		snprintf(who->text, sizeof(who->text), "process %d (%s)", nr, comm);
	else
		strscpy(who->text, "a process");
	return who->text;
}

#define MAX_SEARCHES	64

bool ckpt_may_search(struct ckpt_ctx *ctx)
{
	if (ctx->save->searches >= MAX_SEARCHES)
		return false;
	ctx->save->searches++;
	ckpt_progress(ctx);
	return true;
}

struct task_struct *ckpt_find_user(struct ckpt_ctx *ctx,
				   bool (*uses)(struct task_struct *task, const void *what),
				   const void *what)
{
	struct task_struct *p, *t;
	bool found;

	if (!ckpt_may_search(ctx))
		return NULL;
	guard(rcu)();
	for_each_process_thread(p, t) {
		if (ckpt_find_task(ctx, t))
			continue;
		task_lock(t);
		found = uses(t, what);
		task_unlock(t);
		if (found)
			return get_task_struct(p);
	}
	return NULL;
}

int ckpt_fail_shared(struct ckpt_ctx *ctx,
		     bool (*uses)(struct task_struct *task, const void *what), const void *what,
		     const char *state, const char *flag)
{
	struct task_struct *user = ckpt_find_user(ctx, uses, what);
	struct ckpt_who who;

	return ckpt_fail(ctx, -EBUSY, "its %s shared with %s outside the tree (%s); end that first",
			 state, ckpt_show_outsider(ctx, user, &who), flag);
}

struct ckpt_task *ckpt_task_by_id(struct ckpt_ctx *ctx, u32 id)
{
	return xa_load(&ctx->restart->by_id, id);
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
	if (t->heir) {
		t->mm = NULL;
		return;
	}
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

/**
 * ckpt_alloc_task - make an entry for one thread
 * @ctx: the call
 *
 * Return: the entry, in no list yet, or NULL without memory (reported)
 */
struct ckpt_task *ckpt_alloc_task(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t) {
		ckpt_fail(ctx, -ENOMEM, "no memory for the list of tasks");
		return NULL;
	}
	t->ctx = ctx;
	INIT_LIST_HEAD(&t->node);
	INIT_LIST_HEAD(&t->recs);
	INIT_LIST_HEAD(&t->privates);
	init_completion(&t->wake);
	init_completion(&t->born);
	INIT_LIST_HEAD(&t->births);
	return t;
}

/**
 * ckpt_free_task - drop an entry and what it pins
 * @t: the entry
 *
 * Context: may sleep.
 */
void ckpt_free_task(struct ckpt_task *t)
{
	unpin_task(t);
	put_pid(t->pid);
	if (t->task)
		put_task_struct(t->task);
	list_del(&t->node);
	ckpt_free_privates(&t->privates);
	kfree(t);
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
		ckpt_free_task(t);
		cond_resched();
	}
	if (ctx->save)
		xa_destroy(&ctx->save->by_task);
	if (ctx->restart)
		xa_destroy(&ctx->restart->by_id);
	ctx->root = NULL;
	ctx->nr_tasks = 0;
	ctx->nr_processes = 0;
}

struct ckpt_task *ckpt_add_task(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 leader,
				u32 parent, bool zombie, bool outlived)
{
	struct ckpt_task *t = ckpt_alloc_task(ctx);
	const char *why = NULL;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->id = item->object;
	t->zombie = zombie;
	t->outlived = outlived;
	t->leader = leader == t->id ? t : ckpt_task_by_id(ctx, leader);
	t->parent = parent ? ckpt_task_by_id(ctx, parent) : NULL;
	if (t->leader != t &&
	    list_last_entry(&ctx->tasks, struct ckpt_task, node)->leader != t->leader)
		why = "does not follow the process that it is a thread of";
	list_add_tail(&t->node, &ctx->tasks);
	ctx->nr_tasks++;
	if (t->leader == t)
		ctx->nr_processes++;
	((struct ckpt_item *)item)->owner = t;
	if (xa_err(xa_store(&ctx->restart->by_id, t->id, t, GFP_KERNEL_ACCOUNT)))
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for the list of tasks"));

	if (!ctx->root)
		ctx->root = t;
	if (t->leader->outlived && t->leader != t && !t->leader->heir)
		t->leader->heir = t;
	if (t == ctx->root && (t->leader != t || t->parent || ckpt_process_is_dead(t)))
		why = "the first task is no living process without a parent";
	else if (t != ctx->root && t->leader == t && !t->parent)
		why = "a process has no parent";
	else if (t->leader != t &&
		 (t->leader->leader != t->leader || ckpt_process_is_dead(t->leader)))
		why = "a thread has no living leader";
	else if (t->parent && t->parent->zombie)
		why = "a process has a dead parent";
	return why ? ERR_PTR(ckpt_fail(ctx, -EINVAL, "%s", why)) : t;
}
