/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the x86 kinds share, and configuration.
 */
#ifndef _X86_CHECKPOINT_X86_H
#define _X86_CHECKPOINT_X86_H

#include <linux/sched.h>
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include "../../../kernel/checkpoint/checkpoint.h"

/* thread.c */
const char *ckpt_x86_obstacle(struct task_struct *task);

/* vdso.c */
u64 ckpt_x86_vdso_id(void);

/* vdso_calls.c */
int ckpt_x86_patch_vdso(struct ckpt_ctx *ctx, void *text, size_t size);

/* vdso_entries.S */
extern const u8 ckpt_vdso_clock_gettime[], ckpt_vdso_clock_gettime_end[];
extern const u8 ckpt_vdso_clock_getres[], ckpt_vdso_clock_getres_end[];
extern const u8 ckpt_vdso_gettimeofday[], ckpt_vdso_gettimeofday_end[];
extern const u8 ckpt_vdso_time[], ckpt_vdso_time_end[];
extern const u8 ckpt_vdso_getcpu[], ckpt_vdso_getcpu_end[];
extern const u8 ckpt_vdso_getrandom[], ckpt_vdso_getrandom_end[];
extern const u8 ckpt_vdso_sgx_enter_enclave[], ckpt_vdso_sgx_enter_enclave_end[];

static inline bool x86_has_shadow_stack(const struct task_struct *task)
{
#ifdef CONFIG_X86_USER_SHADOW_STACK
	return task->thread.features || task->thread.features_locked;
#else
	return false;
#endif
}

static inline bool x86_has_ldt(const struct mm_struct *mm)
{
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	return READ_ONCE(mm->context.ldt);
#else
	return false;
#endif
}

#endif /* _X86_CHECKPOINT_X86_H */
