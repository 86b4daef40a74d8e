// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: faults on demand, to show that the debug kernel's checkers
 * see them.  Write "leak", "lock" or "use-after-free" into
 * /sys/kernel/debug/checkpoint_plant.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "../core.h"

static DEFINE_SPINLOCK(plant_a);
static DEFINE_SPINLOCK(plant_b);

/* As a context that an error path forgets */
static void plant_leak(void)
{
	struct ckpt_ctx *ctx = ckpt_begin_save(0);

	OPTIMIZER_HIDE_VAR(ctx);
}

/* The two orders of a deadlock that does not happen to happen */
static void plant_lock(void)
{
	spin_lock(&plant_a);
	spin_lock(&plant_b);
	spin_unlock(&plant_b);
	spin_unlock(&plant_a);
	spin_lock(&plant_b);
	spin_lock(&plant_a);
	spin_unlock(&plant_a);
	spin_unlock(&plant_b);
}

static void plant_use_after_free(void)
{
	struct ckpt_ctx *ctx = ckpt_begin_save(0);

	if (IS_ERR(ctx))
		return;
	ckpt_ctx_free(ctx);
	OPTIMIZER_HIDE_VAR(ctx);
	WRITE_ONCE(ctx->nr_tasks, 1);
}

static ssize_t plant_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char what[20] = {};

	if (len >= sizeof(what) || copy_from_user(what, buf, len))
		return -EINVAL;
	if (sysfs_streq(what, "leak"))
		plant_leak();
	else if (sysfs_streq(what, "lock"))
		plant_lock();
	else if (sysfs_streq(what, "use-after-free"))
		plant_use_after_free();
	else
		return -EINVAL;
	return len;
}

static const struct file_operations plant_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= plant_write,
	.llseek	= noop_llseek,
};

static int __init plant_init(void)
{
	debugfs_create_file("checkpoint_plant", 0200, NULL, NULL, &plant_fops);
	return 0;
}
late_initcall(plant_init);
