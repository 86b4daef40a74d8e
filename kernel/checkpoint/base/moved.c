// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: paths that have moved since the checkpoint, by the word of the caller
 * of restart().
 *
 * Nothing is gained by it: a path of an image is whatever its writer liked, and what it leads
 * to passes the same checks under its new name.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "../core.h"

/**
 * struct moved - one pair of struct restart_moved
 * @from: how paths of the image begin, without a slash at its end
 * @to: what takes its place, likewise
 * @len: of @from
 * @used: some path began so
 */
struct moved {
	char *from;
	char *to;
	u32 len;
	bool used;
};

struct all_moved {
	u32 nr;
	struct moved pairs[CKPT_MOVED_MAX];
};

static void free_moved(void *data)
{
	struct all_moved *all = data;
	u32 i;

	for (i = 0; i < CKPT_MOVED_MAX; i++) {
		kfree(all->pairs[i].from);
		kfree(all->pairs[i].to);
	}
}

static const struct ckpt_private moved_private = {
	.size	= sizeof(struct all_moved),
	.free	= free_moved,
};

/* -- the arguments ---------------------------------------------------------------------- */

/* The length that was read is paid for by who asks for it. */
static char *take_path(u64 from)
{
	char *given = strndup_user(u64_to_user_ptr(from), PATH_MAX), *path;
	size_t len;

	if (IS_ERR(given))
		return given;
	len = strlen(given);
	path = given[0] == '/' ? kstrdup(given, GFP_KERNEL_ACCOUNT) : ERR_PTR(-EINVAL);
	kfree(given);
	if (IS_ERR_OR_NULL(path))
		return path ?: ERR_PTR(-ENOMEM);
	while (len && path[len - 1] == '/')
		path[--len] = '\0';
	return path;
}

static int take_pair(struct all_moved *all, const struct restart_moved *given)
{
	struct moved *pair = &all->pairs[all->nr];
	char *path = take_path(given->from);
	u32 i;

	if (IS_ERR(path))
		return PTR_ERR(path);
	pair->from = path;
	pair->len = strlen(path);
	path = take_path(given->to);
	if (IS_ERR(path))
		return PTR_ERR(path);
	pair->to = path;
	for (i = 0; i < all->nr; i++)
		if (!strcmp(all->pairs[i].from, pair->from))
			return -EEXIST;
	all->nr++;
	return 0;
}

/**
 * ckpt_take_moved - restart(): take over which paths have moved
 * @ctx: the call
 * @args: its arguments
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_take_moved(struct ckpt_ctx *ctx, const struct restart_args *args)
{
	struct restart_moved given[CKPT_MOVED_MAX];
	struct all_moved *all;
	int err = 0;
	u32 i;

	if (!args->nr_moved)
		return 0;
	if (args->nr_moved > CKPT_MOVED_MAX)
		return ckpt_fail(ctx, -E2BIG, "at most %u paths can be given as moved",
				 CKPT_MOVED_MAX);
	all = ckpt_make_private(&ctx->privates, &moved_private);
	if (!all)
		return ckpt_fail(ctx, -ENOMEM, "no memory for paths");
	if (copy_from_user(given, u64_to_user_ptr(args->moved), args->nr_moved * sizeof(*given)))
		err = -EFAULT;
	for (i = 0; i < args->nr_moved && !err; i++)
		err = take_pair(all, &given[i]);
	if (err == -EEXIST)
		return ckpt_fail(ctx, -EINVAL, "a path was given as moved twice");
	if (err)
		return ckpt_fail(ctx, err, "the paths that have moved cannot be read, or are not absolute");
	return 0;
}

/**
 * ckpt_note_unmoved - report what was given as moved, and is the beginning of no path
 * @ctx: restart, which has worked
 *
 * It may be a slip, by which the program has what is still at the old place.
 */
void ckpt_note_unmoved(struct ckpt_ctx *ctx)
{
	struct all_moved *all = ckpt_private(&ctx->privates, &moved_private);
	u32 i;

	ctx->at = (struct ckpt_at) {};
	for (i = 0; all && i < all->nr; i++)
		if (!all->pairs[i].used)
			ckpt_note(ctx, "no path of the image begins with %.120s, so nothing has moved from there",
				  all->pairs[i].len ? all->pairs[i].from : "/");
}

/* -- the look-up ------------------------------------------------------------------------ */

/* Whole components only: /data is not the beginning of /data2. */
static bool begins_with(const char *name, u32 len, const struct moved *pair)
{
	return pair->len <= len && !memcmp(name, pair->from, pair->len) &&
	       (pair->len == len || name[pair->len] == '/');
}

/* The longest counts, wherever it stands. */
static struct moved *find_moved(struct ckpt_ctx *ctx, const char *name, u32 len)
{
	struct all_moved *all = ckpt_private(&ctx->privates, &moved_private);
	struct moved *best = NULL;
	u32 i;

	for (i = 0; all && i < all->nr; i++)
		if (begins_with(name, len, &all->pairs[i]) &&
		    (!best || all->pairs[i].len > best->len))
			best = &all->pairs[i];
	return best;
}

/* What moves is in the first @len bytes. */
static char *name_here(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 len)
{
	const char *name = item->array;
	struct moved *moved = find_moved(ctx, name, len);
	char *here;

	if (moved) {
		WRITE_ONCE(moved->used, true);
		here = kasprintf(GFP_KERNEL_ACCOUNT, "%s%.*s", moved->to,
				 (int)(item->count - moved->len), name + moved->len);
		if (here && !*here) {
			kfree(here);
			here = kstrdup("/", GFP_KERNEL_ACCOUNT);
		}
	} else {
		here = kmemdup_nul(name, item->count, GFP_KERNEL_ACCOUNT);
	}
	if (!here)
		ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	return here;
}

char *ckpt_name_here(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	return name_here(ctx, item, item->count);
}

char *ckpt_home_here(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const char *name = item->array;
	u32 len = item->count;

	while (len && name[len - 1] != '/')
		len--;
	return name_here(ctx, item, len ? len - 1 : 0);
}
