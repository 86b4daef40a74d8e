// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: Landlock's domains, and open files that remember one.  Compiled
 * into security/landlock/setup.c, which alone can look into them.
 */
#include <linux/fdtable.h>
#include "task.h"

/**
 * DOC: Landlock domains
 *
 * Refused: a task with a domain, whose rules hold inodes; a descriptor of a file that
 * was opened, or whose owner for SIGIO was set, by a task with a domain, in the hands of
 * a task without one.  The file keeps the rights that the domain left to it, and a file
 * opened anew would have all.
 */

static int domain_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (!landlock_initialized || !landlocked(t->task))
		return 0;
	return ckpt_fail(ctx, -EOPNOTSUPP, "has a Landlock domain (its rules hold inodes), which cannot be saved yet; start it without");
}

CHECKPOINT_KIND(landlock_domain) = {
	.name	= "landlock_domain",
	.scope	= CKPT_SCOPE_THREAD,
	.check	= domain_check,
};

/* Was it opened, or given an owner for SIGIO, by a task with a domain? */
static bool remembers_domain(const struct file *file)
{
	const struct landlock_file_security *blob = landlock_file(file);

	return blob->allowed_access != LANDLOCK_MASK_ACCESS_FS || blob->fown_subject.domain;
}

static int find_file(const void *call, struct file *file, unsigned int fd)
{
	const struct ckpt_ctx *ctx = call;

	return remembers_domain(file) && file != ctx->image_file ? fd + 1 : 0;
}

static int files_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int fd;

	if (!landlock_initialized)
		return 0;
	fd = iterate_fd(t->files, 0, find_file, ctx) - 1;
	if (fd < 0)
		return 0;
	ctx->at.object = fd;
	return ckpt_fail(ctx, -EOPNOTSUPP, "fd %d was opened in a Landlock domain, which cannot be saved yet; close it first",
			 fd);
}

CHECKPOINT_KIND(landlock_files) = {
	.name	= "landlock_files",
	.scope	= CKPT_SCOPE_TABLE,
	.check	= files_check,
};
