// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what an x86 thread may have beyond its registers.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/seccomp.h>
#include <linux/sched/task.h>
#include <asm/fpu/types.h>
#include <asm/thread_info.h>
#include "x86.h"

/**
 * DOC: x86 threads
 *
 * Refused, each by name: shadow stacks, a permission for or use of AMX, linear address
 * masking, I/O permissions (ioperm and emulated iopl), block-stepping,
 * single-stepping of a thread that nobody traces,
 * a disabled time stamp counter (but in the strict mode of seccomp) or CPUID
 * instruction, speculation settings changed with prctl.  A caller of restart() that
 * has any of these is refused as well: the tasks are made below it and would inherit it.
 *
 * Immaterial: iopl_warn (a message is printed once), sp (the kernel's own).
 * cr2, trap_nr, error_code and virtual_dr6 travel with the registers.
 */

static const struct {
	unsigned int flag;
	const char *what;
} thread_flags[] = {
	{ TIF_NOTSC, "a disabled time stamp counter (PR_SET_TSC)" },
	{ TIF_NOCPUID, "a disabled CPUID instruction (ARCH_SET_CPUID)" },
	{ TIF_IO_BITMAP, "I/O port permissions (ioperm or iopl)" },
	{ TIF_SINGLESTEP, "single-stepping by itself" },
	{ TIF_FORCED_TF, "single-stepping by a debugger" },
	{ TIF_BLOCKSTEP, "block-stepping by a debugger" },
	{ TIF_SPEC_L1D_FLUSH, "speculation settings (PR_SET_SPECULATION_CTRL)" },
};

/*
 * The strict mode of seccomp disables the counter by itself, and steps of a traced task are
 * saved with the rest of that; they are not inherited.
 */
static bool has_flag(struct task_struct *task, unsigned int flag)
{
	if (flag == TIF_NOTSC && task->seccomp.mode == SECCOMP_MODE_STRICT)
		return false;
	if ((flag == TIF_SINGLESTEP || flag == TIF_FORCED_TF) && READ_ONCE(task->ptrace))
		return false;
	return test_tsk_thread_flag(task, flag);
}

static bool has_speculation_settings(struct task_struct *task)
{
	return task_spec_ssb_disable(task) || task_spec_ssb_force_disable(task) ||
	       task_spec_ssb_noexec(task) || task_spec_ib_disable(task) ||
	       task_spec_ib_force_disable(task);
}

/* The permission is the process's; what was enlarged is the thread's. */
static bool has_dynamic_xstate(const struct task_struct *task)
{
	const struct fpu *fpu = &task->thread.fpu;
	const struct fpu *leader = &task->group_leader->thread.fpu;
	u64 perm = READ_ONCE(leader->perm.__state_perm) |
		   (READ_ONCE(leader->guest_perm.__state_perm) & ~FPU_GUEST_PERM_LOCKED);

	return fpu->fpstate != &fpu->__fpstate ||
	       (perm & ~fpu_kernel_cfg.default_features);
}

/* A frozen task may be killed at any moment, and then gives its memory away. */
static bool has_address_masking(struct task_struct *task)
{
	struct mm_struct *mm;
	bool masked;

	task_lock(task);
	mm = task->mm;
	masked = mm && (mm_lam_cr3_mask(mm) ||
			test_bit(MM_CONTEXT_FORCE_TAGGED_SVA, &mm->context.flags));
	task_unlock(task);
	return masked;
}

/**
 * ckpt_x86_obstacle - what a thread has that cannot be saved
 * @task: current, or a task that does not run
 *
 * Return: a noun, NULL if there is nothing
 */
const char *ckpt_x86_obstacle(struct task_struct *task)
{
	const struct thread_struct *thread = &task->thread;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(thread_flags); i++)
		if (has_flag(task, thread_flags[i].flag))
			return thread_flags[i].what;
	if (thread->iopl_emul || thread->io_bitmap)
		return "I/O port permissions (ioperm or iopl)";
	if (x86_has_shadow_stack(task))
		return "a shadow stack";
	if (has_speculation_settings(task))
		return "speculation settings (PR_SET_SPECULATION_CTRL)";
	if (has_dynamic_xstate(task))
		return "a permission for AMX (ARCH_REQ_XCOMP_PERM)";
	if (has_address_masking(task))
		return "linear address masking (ARCH_ENABLE_TAGGED_ADDR)";
	return NULL;
}

static int thread_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const char *what = ckpt_x86_obstacle(t->task);

	if (what)
		return ckpt_fail(ctx, -EOPNOTSUPP, "%s cannot be saved", what);
	return 0;
}

CHECKPOINT_KIND(x86_thread) = {
	.name = "x86_thread",
	.scope = CKPT_SCOPE_THREAD,
	.class = &ckpt_class_task,
	.check = thread_check,
};
