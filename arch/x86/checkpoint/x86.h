/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the x86 kinds share, and configuration.
 */
#ifndef _X86_CHECKPOINT_X86_H
#define _X86_CHECKPOINT_X86_H

#include <linux/buildid.h>
#include <linux/sched.h>
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include "../../../kernel/checkpoint/checkpoint.h"

/* thread.c */
const char *ckpt_x86_obstacle(struct task_struct *task);

/* debug.c */
bool ckpt_x86_has_breakpoints(const struct task_struct *task);

/* ldt_make.c */
#ifdef CONFIG_MODIFY_LDT_SYSCALL
int ckpt_x86_make_ldt(const u64 *entries, u32 nr);
#else
static inline int ckpt_x86_make_ldt(const u64 *entries, u32 nr) { return -EOPNOTSUPP; }
#endif

/* vdso_own.c */
struct ckpt_x86_vdso {
	const struct vdso_image *image;
	u8 build_id[BUILD_ID_SIZE_MAX];
};

const struct ckpt_x86_vdso *ckpt_x86_own_vdso(const struct vdso_image *image);
const struct vdso_image *ckpt_x86_find_vdso(const u8 *build_id);
u64 ckpt_x86_vdso_id(const struct mm_struct *mm, unsigned long ip);
bool ckpt_x86_has_vdso(u64 id);

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

/* A 32-bit debugger has changed the registers, so their upper halves mean nothing. */
#ifndef CONFIG_COMPAT
#define TS_I386_REGS_POKED	0
#endif

#ifdef CONFIG_IA32_EMULATION
#define VDSO_IMAGE_32	(&vdso_image_32)
#else
#define VDSO_IMAGE_32	NULL
#endif

/* Where mmap(2) searches for 32-bit calls */
static inline void x86_get_compat_bases(const struct mm_struct *mm, u64 *base, u64 *legacy)
{
#ifdef CONFIG_HAVE_ARCH_COMPAT_MMAP_BASES
	*base = mm->mmap_compat_base;
	*legacy = mm->mmap_compat_legacy_base;
#endif
}

/* What this kernel has picked stays where there is none. */
static inline void x86_set_compat_bases(struct mm_struct *mm, u64 base, u64 legacy)
{
#ifdef CONFIG_HAVE_ARCH_COMPAT_MMAP_BASES
	mm->mmap_compat_base = base ?: mm->mmap_compat_base;
	mm->mmap_compat_legacy_base = legacy ?: mm->mmap_compat_legacy_base;
#endif
}

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
