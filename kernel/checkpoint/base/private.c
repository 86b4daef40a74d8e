// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what a family of kinds keeps for a call, or for a task of it.
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "../core.h"

/* One of them; there are few, so they stand in a list. */
struct kept {
	struct list_head node;
	const struct ckpt_private *what;
	/* As kmalloc() aligns. */
	u64 data[];
};

void *ckpt_private(const struct list_head *privates, const struct ckpt_private *what)
{
	struct kept *kept;

	list_for_each_entry(kept, privates, node)
		if (kept->what == what)
			return kept->data;
	return NULL;
}

void *ckpt_make_private(struct list_head *privates, const struct ckpt_private *what)
{
	void *data = ckpt_private(privates, what);
	struct kept *kept;

	if (data)
		return data;
	kept = kzalloc(struct_size(kept, data, DIV_ROUND_UP(what->size, sizeof(u64))),
		       GFP_KERNEL_ACCOUNT);
	if (!kept)
		return NULL;
	if (what->init && what->init(kept->data)) {
		kfree(kept);
		return NULL;
	}
	kept->what = what;
	list_add_tail(&kept->node, privates);
	return kept->data;
}

int ckpt_private_init_xarray(void *data)
{
	xa_init_flags(data, XA_FLAGS_ACCOUNT);
	return 0;
}

void ckpt_private_free_xarray(void *data)
{
	xa_destroy(data);
}

/**
 * ckpt_free_privates - free all that kinds have kept
 * @privates: of a call, or of a task
 *
 * Context: may sleep.
 */
void ckpt_free_privates(struct list_head *privates)
{
	struct kept *kept, *next;

	list_for_each_entry_safe(kept, next, privates, node) {
		list_del(&kept->node);
		if (kept->what->free)
			kept->what->free(kept->data);
		kfree(kept);
	}
}
