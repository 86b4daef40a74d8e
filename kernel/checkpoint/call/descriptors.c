// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which descriptors the callers name as outside, and what takes their
 * place.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "../core.h"

/**
 * ckpt_take_external - checkpoint(): take over the descriptors that are to count as outside
 * @ctx: the call
 * @args: its arguments
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_take_external(struct ckpt_ctx *ctx, const struct checkpoint_args *args)
{
	u32 *fds, i, j;

	if (!args->nr_external)
		return 0;
	if (args->nr_external > CKPT_EXTERNAL_MAX)
		return ckpt_fail(ctx, -E2BIG, "at most %u descriptors can be given as external",
				 CKPT_EXTERNAL_MAX);
	fds = memdup_array_user(u64_to_user_ptr(args->external), args->nr_external, sizeof(*fds));
	if (IS_ERR(fds))
		return ckpt_fail(ctx, PTR_ERR(fds), "the external descriptors cannot be read");
	ctx->save->external = fds;
	for (i = 0; i < args->nr_external; i++) {
		for (j = 0; j < i && fds[j] != fds[i]; j++)
			;
		if (fds[i] > INT_MAX || j < i)
			return ckpt_fail(ctx, -EINVAL, "external descriptor %u is out of range or given twice",
					 fds[i]);
	}
	ctx->save->nr_external = args->nr_external;
	return 0;
}

/**
 * ckpt_take_inherit - restart(): take over what takes the place of which descriptor
 * @ctx: the call
 * @args: its arguments
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_take_inherit(struct ckpt_ctx *ctx, const struct restart_args *args)
{
	struct restart_inherit *pairs;
	u32 i, j;

	if (!args->nr_inherit)
		return 0;
	/* Those of the standard descriptors too */
	if (args->nr_inherit > CKPT_EXTERNAL_MAX + 3)
		return ckpt_fail(ctx, -E2BIG, "at most %u descriptors can be inherited",
				 CKPT_EXTERNAL_MAX + 3);
	pairs = memdup_array_user(u64_to_user_ptr(args->inherit), args->nr_inherit,
				  sizeof(*pairs));
	if (IS_ERR(pairs))
		return ckpt_fail(ctx, PTR_ERR(pairs), "the descriptors to inherit cannot be read");
	ctx->restart->inherit = pairs;
	for (i = 0; i < args->nr_inherit; i++) {
		for (j = 0; j < i && pairs[j].fd != pairs[i].fd; j++)
			;
		if (pairs[i].fd > INT_MAX || pairs[i].from > INT_MAX || j < i)
			return ckpt_fail(ctx, -EINVAL, "fd %u to inherit is out of range or given twice",
					 pairs[i].fd);
	}
	ctx->restart->nr_inherit = args->nr_inherit;
	return 0;
}
