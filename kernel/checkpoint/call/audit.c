// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the audit log learns who brought what back.
 */
#include <linux/audit.h>
#include <linux/pid.h>
#include "../core.h"

/**
 * ckpt_audit_restart - one audit record of a call of restart()
 * @ctx: the call, as far as it came
 * @ret: what it answers
 *
 * Of each tree that was brought back, as execve(2) leaves one of each program, and of
 * each that was refused for want of a right.  Pids are those of the initial pid
 * namespace; a tree that was not made has the root 0.
 *
 * Context: after the commit, or when all that was made is gone; may sleep.
 */
void ckpt_audit_restart(struct ckpt_ctx *ctx, long ret)
{
	const struct ckpt_task *root = ctx->root;
	struct audit_buffer *ab;

	if (!audit_enabled || ctx->flags & RESTART_CHECK)
		return;
	if (ret < 0 && ret != -EPERM && ret != -EACCES)
		return;
	ab = audit_log_start(audit_context(), GFP_KERNEL, AUDIT_KERNEL_OTHER);
	if (!ab)
		return;
	audit_log_format(ab, "op=restart image=%016llx%016llx root=%d",
			 ctx->header.image_id[0], ctx->header.image_id[1],
			 ret < 0 || !root ? 0 : pid_nr(root->pid));
	audit_log_task_info(ab);
	audit_log_format(ab, " res=%d", ret >= 0);
	audit_log_end(ab);
}
