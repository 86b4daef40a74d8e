// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: are the pid namespaces of an image such as clone(2), unshare(2) and
 * setns(2) make?
 *
 * The kernel relies on it.  Without an init, tasks have nobody to be left to when their parent
 * exits; where the init is dead nobody else lives, for its death waits for all others; and of
 * two tasks that could both give birth to the first in a namespace, one would not be init.
 */
#include <linux/slab.h>
#include "pid_ns.h"
#include "task.h"

/**
 * struct space - a pid namespace of the image
 * @parent: the one above it, NULL for the outer one
 * @depth: levels below that, from 1
 * @dead: nobody can be born there
 * @next: where the search for the next free number begins
 * @nr_pids: pids that have a number in it
 * @init_pid: pid object with number 1, 0 if there is none
 * @init: the process that has it
 * @nr_users: threads that have it for their children and live somewhere else
 * @user_space: where the last one of them lives, NULL for the outer one
 *
 * The outer one, which the restarter's replaces, has none.  An xarray has them by the ids of
 * the pids that live there, and by their own ids, which are marked.
 */
struct space {
	struct space *parent;
	unsigned int depth;
	bool dead;
	u32 next;
	unsigned int nr_pids;
	u32 init_pid;
	struct ckpt_task *init;
	unsigned int nr_users;
	struct space *user_space;
};

#define OWN_ID	XA_MARK_0

static void spaces_free(void *data)
{
	struct space *space;
	unsigned long id;

	xa_for_each_marked(data, id, space, OWN_ID) {
		kfree(space);
		cond_resched();
	}
	ckpt_private_free_xarray(data);
}

static const struct ckpt_private spaces_private = {
	.size	= sizeof(struct xarray),
	.init	= ckpt_private_init_xarray,
	.free	= spaces_free,
};

/* NULL if the image has none */
static struct xarray *spaces_of(struct ckpt_ctx *ctx)
{
	return ckpt_private(&ctx->privates, &spaces_private);
}

static struct space *find_space(struct ckpt_ctx *ctx, u32 id)
{
	struct xarray *spaces = spaces_of(ctx);

	return id && spaces ? xa_load(spaces, id) : NULL;
}

static int keep(struct ckpt_ctx *ctx, u32 id, struct space *space)
{
	struct xarray *spaces = ckpt_make_private(&ctx->privates, &spaces_private);

	if (spaces && !xa_err(xa_store(spaces, id, space, GFP_KERNEL_ACCOUNT)))
		return 0;
	return ckpt_fail(ctx, -ENOMEM, "no memory for the pid namespaces of the image");
}

/**
 * ckpt_add_pid_ns - validate: a record defines a pid namespace
 * @ctx: the call
 * @item: the record, its own fields checked
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_add_pid_ns(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_pid_ns *rec = item->data;
	struct space *space = kzalloc(sizeof(*space), GFP_KERNEL_ACCOUNT);
	int err;

	if (!space)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the pid namespaces of the image");
	space->parent = find_space(ctx, rec->parent);
	space->depth = space->parent ? space->parent->depth + 1 : 1;
	space->dead = rec->flags & CKPT_PID_NS_DEAD;
	space->next = rec->next;
	err = keep(ctx, item->object, space);
	if (err) {
		kfree(space);
		return err;
	}
	xa_set_mark(spaces_of(ctx), item->object, OWN_ID);
	if (space->depth > MAX_PID_NS_LEVEL)
		return ckpt_fail(ctx, -EINVAL, "pid namespaces are nested %u deep", space->depth);
	return 0;
}

/* Number 1 of a namespace belongs to its init alone, which lives there. */
static bool is_one_above(const struct ckpt_item *item)
{
	const u32 *nrs = item->array;
	u32 i;

	for (i = 0; i + 1 < item->count; i++)
		if (nrs[i] == 1)
			return true;
	return false;
}

/**
 * ckpt_add_pid - validate: a record defines a pid
 * @ctx: the call
 * @item: the record, its own fields checked
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_add_pid(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_pid *rec = item->data;
	struct space *space = find_space(ctx, rec->ns), *up;
	const u32 *nrs = item->array;

	if (item->count != (space ? space->depth + 1 : 1))
		return ckpt_fail(ctx, -EINVAL, "a pid has numbers in %u pid namespaces, and lives in the one at level %u",
				 item->count, space ? space->depth : 0);
	if (!space)
		return 0;
	if (is_one_above(item) || (nrs[space->depth] == 1 && space->init_pid))
		return ckpt_fail(ctx, -EINVAL, "a pid namespace has two inits");
	if (nrs[space->depth] == 1)
		space->init_pid = item->object;
	for (up = space; up; up = up->parent)
		up->nr_pids++;
	return keep(ctx, item->object, space);
}

/* Is @above a namespace above @space, or that itself?  NULL is the outer one. */
static bool is_seen_from(const struct space *space, const struct space *above)
{
	while (space && space != above)
		space = space->parent;
	return space == above;
}

static int fail_task(struct ckpt_ctx *ctx, struct ckpt_task *t, const char *why)
{
	ctx->at = (struct ckpt_at) { .t = t };
	return ckpt_fail(ctx, -EINVAL, "%s", why);
}

/* As setns(2) and unshare(2): only what is below one's own */
static int check_children(struct ckpt_ctx *ctx, struct ckpt_task *t, struct space *space)
{
	struct space *children = find_space(ctx, ckpt_task_rec(t)->children_ns);

	if (!children)
		return 0;
	if (children == space || !is_seen_from(children, space))
		return fail_task(ctx, t, "has a pid namespace for its children that is not below its own");
	children->nr_users++;
	children->user_space = space;
	return 0;
}

static int check_process(struct ckpt_ctx *ctx, struct ckpt_task *t, struct space *space)
{
	const struct ckpt_rec_task *rec = ckpt_task_rec(t);
	struct space *parents = t->parent ? find_space(ctx, t->parent->pid_id) : NULL;
	bool is_init = space && space->init_pid == t->pid_id;

	if (t == t->leader && !is_seen_from(space, parents))
		return fail_task(ctx, t, "lives in a pid namespace that is not below its parent's");
	if (is_init && parents == space)
		return fail_task(ctx, t, "is the init of a pid namespace, and its parent lives there");
	if (is_init)
		space->init = t;
	/* A session is inherited, and nobody joins one. */
	if (rec->session && !is_seen_from(space, find_space(ctx, rec->session)))
		return fail_task(ctx, t, "has a session of a pid namespace that its own is not below");
	return 0;
}

static int check_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct space *space = find_space(ctx, t->pid_id);
	int err;

	if (t == ctx->root && space && space->init_pid != t->pid_id)
		return fail_task(ctx, t, "is the root, and lives in a pid namespace of the tree without being its init");
	if (t == ctx->root && space && ctx->flags & RESTART_SELF)
		return fail_task(ctx, t, "is the init of a pid namespace, which no caller can become; restart it as a child");
	if (t != t->leader && space != find_space(ctx, t->leader->pid_id))
		return fail_task(ctx, t, "is a thread in another pid namespace than its process");
	err = t == t->leader ? check_process(ctx, t, space) : 0;
	return err ?: check_children(ctx, t, space);
}

/* As unshare(2) leaves it: its first process will be the child of this one thread. */
static bool is_unshared(const struct space *space)
{
	return space->nr_users == 1 && space->user_space == space->parent && !space->next;
}

static const char *why_not(const struct space *space)
{
	if (!space->nr_pids && !space->dead && !is_unshared(space))
		return "nobody lives in a pid namespace, and not one thread alone has it";
	if (!space->nr_pids)
		return NULL;
	if (space->dead || !space->init)
		return "somebody lives in a pid namespace without an init";
	if (ckpt_process_is_dead(space->init) && space->nr_pids > 1)
		return "somebody lives in a pid namespace whose init is dead";
	return NULL;
}

/**
 * ckpt_check_pid_spaces - validate: can the pid namespaces of the image be?
 * @ctx: the call; the metadata is read
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_pid_spaces(struct ckpt_ctx *ctx)
{
	struct xarray *spaces = spaces_of(ctx);
	struct ckpt_task *t;
	struct space *space;
	unsigned long id;
	const char *why;
	int err;

	if (!spaces)
		return 0;
	for_each_ckpt_task(ctx, t) {
		err = check_task(ctx, t);
		if (err)
			return err;
		cond_resched();
	}
	ctx->at = (struct ckpt_at) {};
	xa_for_each_marked(spaces, id, space, OWN_ID) {
		why = why_not(space);
		if (why)
			return ckpt_fail(ctx, -EINVAL, "%s", why);
		cond_resched();
	}
	return 0;
}
