/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what msg.c and msg_survey.c share, which are compiled into
 * ipc/msg.c.
 */
#ifndef _KERNEL_CHECKPOINT_MSG_H
#define _KERNEL_CHECKPOINT_MSG_H

#include <linux/msg.h>
#include "ipc.h"

/**
 * struct ckpt_msgs - save: System V message queues of a call
 * @own: the ipc namespace is the tree's own: all queues are saved
 * @queues: struct msg_queue by id, each with a reference
 * @nr_queues: how many
 */
struct ckpt_msgs {
	bool own;
	struct xarray queues;
	unsigned int nr_queues;
};

static const struct ckpt_private ckpt_msgs_private;

/* NULL before the survey */
static struct ckpt_msgs *ckpt_msgs(const struct ckpt_ctx *ctx)
{
	return ckpt_private(&ctx->privates, &ckpt_msgs_private);
}

static int ckpt_msg_survey(struct ckpt_ctx *ctx, struct ckpt_task *t);
static void ckpt_msg_report_others(struct ckpt_ctx *ctx);

#endif /* _KERNEL_CHECKPOINT_MSG_H */
