// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the groups with which a task shares processors, memory and
 * other resources of the machine.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include "cgroup.h"

/**
 * DOC: control groups
 *
 * Substituted: a control group and an autogroup lie outside the tree, so those of the
 * restarter take their place.  It is told where the path of the group of version 2 or
 * the nice value of the autogroup was another; groups of version 1 are told by the
 * checkpoint.  The number of an autogroup is given by the kernel.
 */

static const struct ckpt_kind ckpt_kind_cgroup;

/* Does @t have groups other than the task above it? */
static bool groups_differ(const struct ckpt_task *t)
{
	const struct ckpt_task *above = t->leader == t ? t->parent : t->leader;

	return !above || !same_cgroup(t->task, above->task) ||
	       autogroup_nice(t->task) != autogroup_nice(above->task);
}

static int cgroup_save(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_cgroup data = { .autogroup_nice = autogroup_nice(t->task) };
	char *path;
	int len;

	if (!groups_differ(t))
		return 0;
	if (has_old_cgroup(t->task))
		ckpt_note(ctx,
			  "its control groups of version 1 are outside: the restarter's take their place");
	path = kmalloc(PATH_MAX, GFP_KERNEL_ACCOUNT);
	if (!path)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the path of its control group");
	len = get_cgroup_path(t->task, path, PATH_MAX);
	if (len < 0)
		len = ckpt_fail(ctx, len, "its control group has no path");
	else
		len = ckpt_emit(ctx, &ckpt_kind_cgroup, t->id, &data, path, len);
	kfree(path);
	return len;
}

static int cgroup_validate(struct ckpt_ctx *ctx, const struct ckpt_rec *rec)
{
	const struct ckpt_cgroup *data = rec->data;
	const char *path = rec->array;

	if (data->autogroup_nice < MIN_NICE || data->autogroup_nice > MAX_NICE)
		return ckpt_fail(ctx, -EINVAL, "nice value %d of an autogroup is out of range",
				 data->autogroup_nice);
	if (rec->count && (path[0] != '/' || memchr(path, 0, rec->count)))
		return ckpt_fail(ctx, -EINVAL, "the path of its control group is none");
	return 0;
}

static void compare_cgroup(struct ckpt_ctx *ctx, const struct ckpt_rec *rec, const char *now,
			   int len)
{
	const int shown = 60;

	if (len < 0 || (len == rec->count && !memcmp(now, rec->array, len)))
		return;
	ckpt_note(ctx, "its control group %.*s is now the restarter's, %.*s",
		  min_t(int, rec->count, shown), (const char *)rec->array ?: "", shown,
		  len ? now : "none");
}

static int cgroup_restore(struct ckpt_ctx *ctx, struct ckpt_rec *rec)
{
	const struct ckpt_cgroup *data = rec->data;
	int nice = autogroup_nice(current);
	char *path;

	path = kmalloc(PATH_MAX, GFP_KERNEL_ACCOUNT);
	if (!path)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the path of its control group");
	compare_cgroup(ctx, rec, path, get_cgroup_path(current, path, PATH_MAX));
	kfree(path);
	if (nice != data->autogroup_nice)
		ckpt_note(ctx, "nice value %d of its autogroup is now the restarter's, %d",
			  data->autogroup_nice, nice);
	return 0;
}

CHECKPOINT_KIND(cgroup) = {
	.name		= "cgroup",
	.type		= CKPT_REC_CGROUP,
	.size		= sizeof(struct ckpt_cgroup),
	CKPT_ARRAY(struct ckpt_cgroup, path, __u8),
	.max		= PATH_MAX,
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_THREAD,
	.class		= CKPT_CLASS_TASK,
	.save		= cgroup_save,
	.validate	= cgroup_validate,
	.restore	= cgroup_restore,
};
