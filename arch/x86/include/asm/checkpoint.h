/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the architecture offers to kinds outside it.
 */
#ifndef _ASM_X86_CHECKPOINT_H
#define _ASM_X86_CHECKPOINT_H

#include <linux/checkpoint_hdr.h>
#include <linux/mm_types.h>
#include <linux/pkeys.h>
#include <linux/restart_block.h>
#include <linux/sched/task_stack.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>
#include <asm/thread_info.h>

struct ckpt_ctx;
struct ckpt_rec_mm;
struct restart_block;
struct task_struct;
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
 * ckpt_arch_call_again - make the system call of current's registers with other arguments
 * @args: six of them, which mean what those in the registers do
 *
 * For calls that have their arguments in registers, and use nothing of them but these.  Who
 * may make the call is not asked.
 *
 * Context: current, in a system call, no locks held; as the call.
 * Return: what the call answers, -ERESTART* included
 */
static inline long ckpt_arch_call_again(const unsigned long *args)
{
	const int nr = syscall_get_nr(current, task_pt_regs(current));
	struct pt_regs regs = { .orig_ax = nr };

	if (IS_ENABLED(CONFIG_IA32_EMULATION) && current_thread_info()->status & TS_COMPAT) {
		regs.bx = args[0];
		regs.cx = args[1];
		regs.dx = args[2];
		regs.si = args[3];
		regs.di = args[4];
		regs.bp = args[5];
		return ia32_sys_call(&regs, nr);
	}
	regs.di = args[0];
	regs.si = args[1];
	regs.dx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	return x64_sys_call(&regs, nr);
}

/* The system call that current's registers ask for, as its entry would; no number is below -1. */
static inline void ckpt_arch_make_call(struct pt_regs *regs, long nr)
{
	if (nr == -1)
		return;
	if (IS_ENABLED(CONFIG_IA32_EMULATION) && current_thread_info()->status & TS_COMPAT)
		regs->ax = ia32_sys_call(regs, nr);
	else
		regs->ax = x64_sys_call(regs, nr);
}

/* How many of a task's perf events are breakpoints that its debugger has set */
static inline int ckpt_arch_nr_breakpoints(const struct task_struct *task)
{
	int i, nr = 0;

	for (i = 0; i < HBP_NUM; i++)
		nr += !!task->thread.ptrace_bps[i];
	return nr;
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

/* -- 32-bit programs, and 32-bit calls of 64-bit ones ----------------------------- */

/* What the kernel notes of an action that a 32-bit call has set */
#define CKPT_ARCH_SA_COMPAT	SA_IA32_ABI

/* Does this kernel run 32-bit programs at all? */
bool ckpt_arch_runs_compat(void);

/* Is it the memory of one? */
bool ckpt_arch_is_compat(const struct mm_struct *mm);

/**
 * ckpt_arch_mm_obstacle - is it the memory of a program that cannot be saved?
 * @mm: the memory
 *
 * Return: a verb and what follows it, NULL if not
 */
const char *ckpt_arch_mm_obstacle(const struct mm_struct *mm);

/* Where 32-bit calls map, into the record.  mmap_lock held */
void ckpt_arch_get_mm(const struct mm_struct *mm, struct ckpt_rec_mm *data);

/* First address behind what a program can have with the memory of a record */
u64 ckpt_arch_mm_limit(const struct ckpt_rec_mm *data);

/**
 * ckpt_arch_validate_mm - of which ABI is the memory of a record, and is that one run here?
 * @ctx: the call
 * @data: the record
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_arch_validate_mm(struct ckpt_ctx *ctx, const struct ckpt_rec_mm *data);

/* Make it what the record says.  Nobody else knows @mm yet */
void ckpt_arch_set_mm(struct mm_struct *mm, const struct ckpt_rec_mm *data);

/*
 * Current, which has got its memory just now, becomes a thread of that ABI, as after
 * execve(2).  Threads that it makes are like it.
 */
void ckpt_arch_enter_mm(void);

/*
 * Is current in a 32-bit system call, and pretend it or not.  What restart() does for its
 * tasks must not depend on the ABI of its caller.
 */
static inline bool ckpt_arch_in_compat(void)
{
	return current_thread_info()->status & TS_COMPAT;
}

static inline void ckpt_arch_set_compat(bool compat)
{
	if (compat)
		current_thread_info()->status |= TS_COMPAT;
	else
		current_thread_info()->status &= ~TS_COMPAT;
}

/* Is an interrupted call restarted by the 32-bit restart_syscall(2)? */
static inline bool ckpt_arch_compat_restart(const struct restart_block *block)
{
	return block->arch_data & TS_COMPAT;
}

static inline void ckpt_arch_set_compat_restart(struct restart_block *block, bool compat)
{
	block->arch_data = compat ? TS_COMPAT : 0;
}

/**
 * ckpt_arch_get_call - the system call that a task is in
 * @task: current, or a task that does not run
 * @regs: its user registers
 * @args: out: its six arguments, those of the 64-bit call; may be NULL
 *
 * A 32-bit call passes for the 64-bit one that does the same.  What its arguments point to
 * has the layout of its ABI all the same, see in_compat_syscall().
 *
 * Context: any locks.
 * Return: its number, of 64-bit programs; -1 if it is in none, or in one that is of no
 * interest to anybody here
 */
int ckpt_arch_get_call(struct task_struct *task, struct pt_regs *regs, unsigned long *args);

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
