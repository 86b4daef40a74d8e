/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the architecture offers to kinds outside it.
 */
#ifndef _ASM_X86_CHECKPOINT_H
#define _ASM_X86_CHECKPOINT_H

#include <linux/checkpoint_hdr.h>
#include <linux/mm_types.h>
#include <linux/pkeys.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>

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
 * ckpt_arch_system_call - make a system call as current would, with no look at who may
 * @nr: its number, of 64-bit programs
 * @args: its six arguments
 *
 * For calls that use nothing of the registers but their arguments.
 *
 * Context: current, no locks held; as the call.
 * Return: what the call answers, -ERESTART* included
 */
static inline long ckpt_arch_system_call(int nr, const unsigned long *args)
{
	const struct pt_regs regs = {
		.di = args[0],
		.si = args[1],
		.dx = args[2],
		.r10 = args[3],
		.r8 = args[4],
		.r9 = args[5],
		.orig_ax = nr,
	};

	return x64_sys_call(&regs, nr);
}

/* The system call that current's registers ask for, as its entry would; no number is below -1. */
static inline void ckpt_arch_make_call(struct pt_regs *regs, long nr)
{
	if (nr != -1)
		regs->ax = x64_sys_call(regs, nr);
}

/* Steps of a traced task, CKPT_PTRACE_STEP* */
static inline u32 ckpt_arch_get_steps(struct task_struct *task)
{
	return (test_tsk_thread_flag(task, TIF_SINGLESTEP) ? CKPT_PTRACE_STEP : 0) |
	       (test_tsk_thread_flag(task, TIF_FORCED_TF) ? CKPT_PTRACE_STEP_SET : 0) |
	       (test_task_syscall_work(task, SYSCALL_EXIT_TRAP) ? CKPT_PTRACE_STEP_CALL : 0);
}

static inline void ckpt_arch_set_steps(struct task_struct *task, u32 steps)
{
	if (steps & CKPT_PTRACE_STEP)
		set_tsk_thread_flag(task, TIF_SINGLESTEP);
	if (steps & CKPT_PTRACE_STEP_SET)
		set_tsk_thread_flag(task, TIF_FORCED_TF);
	if (steps & CKPT_PTRACE_STEP_CALL)
		set_task_syscall_work(task, SYSCALL_EXIT_TRAP);
}

/* Keys as struct ckpt_rec_mm has them: zero where they are as in a new process. */
#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
static inline void ckpt_arch_get_pkeys(struct mm_struct *mm, u16 *keys, u16 *execute_only)
{
	if (!arch_pkeys_enabled())
		return;
	mmap_assert_locked(mm);
	*keys = mm->context.pkey_allocation_map ^ BIT(ARCH_DEFAULT_PKEY);
	*execute_only = max_t(s16, mm->context.execute_only_pkey, 0);
}

static inline void ckpt_arch_set_pkeys(struct mm_struct *mm, u16 keys, u16 execute_only)
{
	if (!arch_pkeys_enabled())
		return;
	mmap_assert_write_locked(mm);
	mm->context.pkey_allocation_map = keys ^ BIT(ARCH_DEFAULT_PKEY);
	mm->context.execute_only_pkey = execute_only ?: -1;
}

/*
 * While no key is free, mmap(2) gives none to an area with PROT_EXEC alone, and the
 * image decides which one it has.
 */
static inline void ckpt_arch_close_pkeys(struct mm_struct *mm)
{
	if (arch_pkeys_enabled())
		mm->context.pkey_allocation_map = GENMASK(arch_max_pkey() - 1, 0);
}
#else
static inline void ckpt_arch_get_pkeys(struct mm_struct *mm, u16 *keys, u16 *execute_only) { }
static inline void ckpt_arch_set_pkeys(struct mm_struct *mm, u16 keys, u16 execute_only) { }
static inline void ckpt_arch_close_pkeys(struct mm_struct *mm) { }
#endif

/* As copy_thread(): linear address masking is not changed any more for an address space in use. */
static inline void ckpt_arch_share_mm(struct mm_struct *mm)
{
	set_bit(MM_CONTEXT_LOCK_LAM, &mm->context.flags);
}

#endif /* _ASM_X86_CHECKPOINT_H */
