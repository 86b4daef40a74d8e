// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the registry of kinds.
 */
#include <linux/init.h>
#include <linux/xarray.h>
#include "core.h"

static DEFINE_XARRAY(kinds_by_type);

/**
 * ckpt_find_kind - the kind of a record type
 * @type: CKPT_REC_*
 *
 * Return: the kind, NULL if this kernel has none
 */
const struct ckpt_kind *ckpt_find_kind(u32 type)
{
	return xa_load(&kinds_by_type, type);
}

/* A kind is wrong by construction, or it is right for ever. */
static int __init register_kinds(void)
{
	const struct ckpt_kind *const *p;

	for_each_ckpt_kind(p) {
		const struct ckpt_kind *kind = *p;

		if (!kind->type)
			continue;	/* checks only */
		WARN_ON(!kind->size || kind->size % 8);
		WARN_ON(kind->elem && kind->array + sizeof(struct ckpt_array) > kind->size);
		WARN_ON(kind->elem && !kind->max);
		WARN_ON(kind->required && kind->scope == CKPT_SCOPE_IMAGE);
		WARN_ON(xa_insert(&kinds_by_type, kind->type, (void *)kind, GFP_KERNEL));
	}
	return 0;
}
core_initcall(register_kinds);
