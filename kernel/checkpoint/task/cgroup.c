// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the groups with which a task shares processors, memory and
 * other resources of the machine.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "cgroup.h"

/**
 * DOC: control groups
 *
 * Substituted: a control group and an autogroup lie outside the tree, so those of the
 * restarter take their place.  The restart reports each hierarchy, of version 2 and of
 * version 1, named ones too, in which a task was in another group than the restarter
 * is, and another nice value of the autogroup.  The number of an autogroup is given by
 * the kernel.
 */

/* Far more than the lines of all hierarchies take, each with a path of some length */
#define LINES_MAX	(16 * PATH_MAX)

/* For a leader that has exited, of which nothing is saved here, its heir stands. */
static const struct ckpt_task *task_above(const struct ckpt_task *t)
{
	const struct ckpt_task *leader = t->leader;

	if (t == leader || t == leader->heir)
		return leader->parent;
	return leader->heir ?: leader;
}

/* Does @t have groups other than the task above it? */
static bool groups_differ(const struct ckpt_task *t)
{
	const struct ckpt_task *above = task_above(t);

	return !above || !same_cgroups(t->task, above->task) ||
	       autogroup_nice(t->task) != autogroup_nice(above->task);
}

/*
 * What /proc/PID/cgroup shows to current: lines "number:controllers:path", where the
 * controllers of version 2 are none.  A struct seq_file of one's own is all that the
 * function behind that file needs.
 */
static char *get_lines(struct ckpt_ctx *ctx, struct task_struct *task)
{
	struct seq_file m = { .size = LINES_MAX };
	int err;

	m.buf = kvmalloc(m.size, GFP_KERNEL_ACCOUNT);
	if (!m.buf)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM,
					 "no memory for the paths of its control groups"));
	err = show_cgroups(&m, task);
	if (!err && seq_has_overflowed(&m))
		err = -ENAMETOOLONG;
	if (err) {
		kvfree(m.buf);
		return ERR_PTR(ckpt_fail(ctx, err,
					 "the paths of its control groups cannot be read"));
	}
	m.buf[m.count] = '\0';
	return m.buf;
}

/* The next line without its number, NULL behind the last one */
static char *next_group(char **lines)
{
	char *line = strsep(lines, "\n");

	return line && *line ? strchr(line, ':') + 1 : NULL;
}

/* Length of "controllers:", by which a hierarchy is known */
static size_t name_length(const char *group, size_t len)
{
	const char *colon = memchr(group, ':', len);

	return colon ? colon + 1 - group : 0;
}

/* The autogroup goes with the group of version 2, also where there is none. */
static bool has_autogroup(const char *group)
{
	return !group || group[0] == ':';
}

static int save_group(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t,
		      const char *group)
{
	struct ckpt_rec_cgroup data = {};

	if (has_autogroup(group))
		data.autogroup_nice = autogroup_nice(t->task);
	return ckpt_emit(ctx, kind, t->id, &data, group, group ? strlen(group) : 0);
}

static int cgroup_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	char *lines, *next, *group;
	bool autogroup = false;
	int err = 0;

	if (!groups_differ(t))
		return 0;
	lines = get_lines(ctx, t->task);
	if (IS_ERR(lines))
		return PTR_ERR(lines);
	next = lines;
	while (!err && (group = next_group(&next))) {
		autogroup |= has_autogroup(group);
		err = save_group(ctx, kind, t, group);
	}
	kvfree(lines);
	if (!err && !autogroup)
		err = save_group(ctx, kind, t, NULL);
	return err;
}

static int cgroup_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_cgroup *data = item->data;
	const char *group = item->array;
	size_t name = item->count ? name_length(group, item->count) : 0;

	if (data->autogroup_nice < MIN_NICE || data->autogroup_nice > MAX_NICE)
		return ckpt_fail(ctx, -EINVAL, "nice value %d of an autogroup is out of range",
				 data->autogroup_nice);
	if (data->autogroup_nice && !has_autogroup(group))
		return ckpt_fail(ctx, -EINVAL, "a control group of version 1 has an autogroup");
	if (item->count && (!name || name == item->count || group[name] != '/' ||
			    memchr(group, 0, item->count) || memchr(group, '\n', item->count)))
		return ckpt_fail(ctx, -EINVAL, "the path of its control group is none");
	return 0;
}

/* The restarter's group of the hierarchy of @item, NULL if it has no such hierarchy */
static const char *same_hierarchy(char *lines, const struct ckpt_item *item)
{
	size_t name = name_length(item->array, item->count);
	const char *group;

	while ((group = next_group(&lines)))
		if (!strncmp(group, item->array, name))
			return group;
	return NULL;
}

static void compare_group(struct ckpt_ctx *ctx, const struct ckpt_item *item, const char *now)
{
	const int shown = 60;
	const char *was = item->array;

	if (now && strlen(now) == item->count && !memcmp(now, was, item->count))
		return;
	/* That of version 2 has no name before the colon. */
	if (*was == ':')
		ckpt_note(ctx, "its control group %.*s is now the restarter's, %.*s",
			  min_t(int, item->count - 1, shown), was + 1, shown,
			  now ? now + 1 : "none");
	else
		ckpt_note(ctx, "its control group %.*s is now the restarter's, %.*s",
			  min_t(int, item->count, shown), was, shown, now ?: "none");
}

static int cgroup_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_cgroup *data = item->data;
	int nice = autogroup_nice(current);
	char *lines;

	if (has_autogroup(item->array) && nice != data->autogroup_nice)
		ckpt_note(ctx, "nice value %d of its autogroup is now the restarter's, %d",
			  data->autogroup_nice, nice);
	if (!item->count)
		return 0;
	lines = get_lines(ctx, current);
	if (IS_ERR(lines))
		return PTR_ERR(lines);
	compare_group(ctx, item, same_hierarchy(lines, item));
	kvfree(lines);
	return 0;
}

CHECKPOINT_KIND(cgroup) = {
	.name		= "cgroup",
	.type		= CKPT_REC_CGROUP,
	.size		= sizeof(struct ckpt_rec_cgroup),
	CKPT_ARRAY(struct ckpt_rec_cgroup, path, __u8),
	.max		= PATH_MAX,
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_task,
	.late		= true,
	.many		= true,
	.save		= cgroup_save,
	.validate	= cgroup_validate,
	.restore	= cgroup_restore,
};
