/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of BPF maps share among themselves.
 */
#ifndef _KERNEL_CHECKPOINT_BPF_H
#define _KERNEL_CHECKPOINT_BPF_H

#include <linux/bpf.h>
#include <linux/sizes.h>
#include "files.h"

/* Bytes of elements that one record has, and the largest element */
#define CKPT_BPF_ELEMENTS_MAX	SZ_1M

extern const struct ckpt_class ckpt_class_bpfmap;	/* struct bpf_map */

/* bpf(2) of the kernel's own, which no header of the kernel's declares */
int kern_sys_bpf(int cmd, union bpf_attr *attr, unsigned int size);

/* -- bpf_elements.c --------------------------------------------------------- */

int ckpt_save_elements(struct ckpt_ctx *ctx, struct bpf_map *map, u32 id);

#endif /* _KERNEL_CHECKPOINT_BPF_H */
