// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what tells this boot of this kernel, and its checkpoints, from all
 * others.
 */
#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/random.h>
#include <linux/string.h>
#include "../core.h"

u8 ckpt_boot_id[16] __ro_after_init;

static atomic_t last_crid;

/**
 * ckpt_new_crid - a checkpoint id that nobody had since the boot
 *
 * Return: the id, positive; -EOVERFLOW if all were given
 */
int ckpt_new_crid(void)
{
	int crid = atomic_inc_return(&last_crid);

	if (crid > 0)
		return crid;
	/* It stays used up, however often it is asked for. */
	atomic_set(&last_crid, INT_MIN);
	return -EOVERFLOW;
}

bool ckpt_is_this_boot(const struct ckpt_ctx *ctx)
{
	return !memcmp(ctx->header.boot_id, ckpt_boot_id, sizeof(ckpt_boot_id));
}

static int __init boot_init(void)
{
	get_random_bytes(ckpt_boot_id, sizeof(ckpt_boot_id));
	return 0;
}
late_initcall(boot_init);
