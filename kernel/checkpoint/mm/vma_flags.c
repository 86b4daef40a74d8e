// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the flags of an area in the words of an image.
 */
#include <linux/mm.h>
#include "mm.h"

static const struct {
	u64 saved;
	vm_flags_t flag;
} area_flags[] = {
	{ CKPT_VMA_READ,	VM_READ },
	{ CKPT_VMA_WRITE,	VM_WRITE },
	{ CKPT_VMA_EXEC,	VM_EXEC },
	/* VM_SHARED is missing where the file was not opened for writing */
	{ CKPT_VMA_SHARED,	VM_MAYSHARE },
	{ CKPT_VMA_MAYREAD,	VM_MAYREAD },
	{ CKPT_VMA_MAYWRITE,	VM_MAYWRITE },
	{ CKPT_VMA_MAYEXEC,	VM_MAYEXEC },
	{ CKPT_VMA_GROWSDOWN,	VM_GROWSDOWN },
	{ CKPT_VMA_LOCKED,	VM_LOCKED },
	{ CKPT_VMA_LOCKONFAULT,	VM_LOCKONFAULT },
	{ CKPT_VMA_DONTCOPY,	VM_DONTCOPY },
	{ CKPT_VMA_DONTDUMP,	VM_DONTDUMP },
	{ CKPT_VMA_WIPEONFORK,	VM_WIPEONFORK },
	{ CKPT_VMA_SEQ_READ,	VM_SEQ_READ },
	{ CKPT_VMA_RAND_READ,	VM_RAND_READ },
	{ CKPT_VMA_HUGEPAGE,	VM_HUGEPAGE },
	{ CKPT_VMA_NOHUGEPAGE,	VM_NOHUGEPAGE },
	{ CKPT_VMA_NORESERVE,	VM_NORESERVE },
	{ CKPT_VMA_ACCOUNT,	VM_ACCOUNT },
	{ CKPT_VMA_MERGEABLE,	VM_MERGEABLE },
	{ CKPT_VMA_SEALED,	VM_SEALED },
	{ CKPT_VMA_DROPPABLE,	VM_DROPPABLE },
	{ CKPT_VMA_SOFTDIRTY,	VM_SOFTDIRTY },
};

/**
 * ckpt_vma_saved - flags of an area for an image
 * @flags: VM_*
 *
 * Return: CKPT_VMA_*
 */
u64 ckpt_vma_saved(vm_flags_t flags)
{
	u64 saved = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(area_flags); i++)
		if (flags & area_flags[i].flag)
			saved |= area_flags[i].saved;
	return saved;
}

/**
 * ckpt_vma_flags - flags of an area from an image
 * @saved: CKPT_VMA_*
 *
 * Return: VM_*
 */
vm_flags_t ckpt_vma_flags(u64 saved)
{
	vm_flags_t flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(area_flags); i++)
		if (saved & area_flags[i].saved)
			flags |= area_flags[i].flag;
	return flags;
}
