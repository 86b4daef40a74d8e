/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: tracing, what saving and restoring share.
 */
#ifndef _KERNEL_CHECKPOINT_PTRACE_H
#define _KERNEL_CHECKPOINT_PTRACE_H

struct ckpt_ctx;
struct ckpt_item;

/* ptrace_again.c: operations of the kind */
int ckpt_ptrace_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item);
int ckpt_ptrace_complete(struct ckpt_ctx *ctx);
int ckpt_ptrace_may_become(struct ckpt_ctx *ctx);
int ckpt_ptrace_restore(struct ckpt_ctx *ctx, struct ckpt_item *item);
void ckpt_ptrace_finish(struct ckpt_ctx *ctx, struct ckpt_item *item);

#endif /* _KERNEL_CHECKPOINT_PTRACE_H */
