/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of devices share among themselves.
 */
#ifndef _KERNEL_CHECKPOINT_DEVICE_H
#define _KERNEL_CHECKPOINT_DEVICE_H

#include <linux/rtc.h>
#include "files.h"

/* Do interrupts of a clock come from a timer of the kernel's?  Then they are on. */
static inline bool rtc_is_emulated(const struct rtc_device *clock)
{
#ifdef CONFIG_RTC_INTF_DEV_UIE_EMUL
	return clock->uie_irq_active;
#else
	return false;
#endif
}

/* -- kmsg.c --------------------------------------------------------------- */

#ifdef CONFIG_PRINTK
int ckpt_check_log(struct ckpt_ctx *ctx, struct file *file);
int ckpt_save_log(struct ckpt_ctx *ctx, struct file *file, u32 id);
#else
static inline int ckpt_check_log(struct ckpt_ctx *ctx, struct file *file)
{
	return 0;
}

static inline int ckpt_save_log(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	return 0;
}
#endif

#endif /* _KERNEL_CHECKPOINT_DEVICE_H */
