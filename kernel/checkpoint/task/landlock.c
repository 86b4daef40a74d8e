// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: open files that remember a Landlock domain.
 */
#include <linux/fdtable.h>
#include "members.h"
#include "task.h"

/**
 * DOC: files of Landlock domains
 *
 * Refused: a descriptor of a file that was opened, or whose owner for SIGIO was set, by
 * a task with a Landlock domain, in the hands of a task without one.  The file keeps
 * the rights that the domain left to it, and a file opened anew would have all.
 */

static int find_file(const void *call, struct file *file, unsigned int fd)
{
	const struct ckpt_ctx *ctx = call;

	return file_has_landlock(file) && file != ctx->image_file ? fd + 1 : 0;
}

static int landlock_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int fd = iterate_fd(t->files, 0, find_file, ctx) - 1;

	if (fd < 0)
		return 0;
	ctx->at.object = fd;
	return ckpt_fail(ctx, -EOPNOTSUPP, "fd %d was opened in a Landlock domain, which cannot be saved yet; close it first",
			 fd);
}

CHECKPOINT_KIND(landlock) = {
	.name	= "landlock",
	.scope	= CKPT_SCOPE_PROCESS,
	.check	= landlock_check,
};
