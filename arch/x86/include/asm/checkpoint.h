/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the architecture offers to kinds outside it.
 */
#ifndef _ASM_X86_CHECKPOINT_H
#define _ASM_X86_CHECKPOINT_H

#include <linux/types.h>

struct ckpt_ctx;
struct ckpt_task;
struct vm_area_struct;

/**
 * ckpt_arch_is_vdso - is an area one of the vdso's?
 * @vma: the area
 * @kind: out: CKPT_VMA_KIND_VDSO or CKPT_VMA_KIND_VVAR; may be NULL
 *
 * Such areas are saved and restored by CKPT_REC_VDSO alone.
 *
 * Context: mmap_lock of the area's mm held.
 * Return: true if it is
 */
bool ckpt_arch_is_vdso(const struct vm_area_struct *vma, u32 *kind);

/**
 * ckpt_arch_save_vdso - emit the CKPT_REC_VDSO of an address space
 * @ctx: the call
 * @t: a task of it
 * @mm_id: its object id
 *
 * To be called for each address space, with or without a vdso.
 *
 * Context: may sleep; takes mmap_lock for reading.
 * Return: 0 or negative errno (told)
 */
int ckpt_arch_save_vdso(struct ckpt_ctx *ctx, struct ckpt_task *t, u32 mm_id);

#endif /* _ASM_X86_CHECKPOINT_H */
