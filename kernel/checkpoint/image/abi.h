/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: the ABI's description of itself.
 */
#ifndef _KERNEL_CHECKPOINT_ABI_H
#define _KERNEL_CHECKPOINT_ABI_H

#include <linux/types.h>

/**
 * ckpt_abi_text - the text of /sys/kernel/checkpoint/abi
 * @len: out: its length in bytes
 *
 * Return: the text
 */
const char *ckpt_abi_text(size_t *len);

/**
 * ckpt_abi_hash - a hash over that text
 *
 * Return: the hash
 */
u64 ckpt_abi_hash(void);

#endif
