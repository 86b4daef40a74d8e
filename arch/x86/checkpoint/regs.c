// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: general registers, segments and their bases, PKRU.
 */
#include <linux/errno.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/rseq.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <asm/checkpoint.h>
#include <asm/fsgsbase.h>
#include <asm/gsseg.h>
#include <asm/pkru.h>
#include <asm/segment.h>
#include "x86.h"

/**
 * DOC: x86 registers
 *
 * Preserved: all general registers, flags, selectors, segment bases, PKRU, and
 * what signal frames and debuggers show of the last fault (cr2, trap number,
 * error code, debug status).  An interrupted system call keeps its number and its
 * -ERESTART* code and is restarted by the signal code as ever.  In the copy of
 * the thread that called checkpoint() the call returns 0, and in that of one that waits
 * for a vfork child the number of the child.
 *
 * Rebuilt: debug control is off, as it was.
 *
 * Refused: segment bases outside user space; fs or gs of a local descriptor table on a
 * processor without FSGSBASE.  An image is held to what ptrace(2) would set.  ip and sp may
 * be anything, as with ptrace: a program may have jumped anywhere, into code of the other
 * mode too.  A thread stopped inside the vdso goes on only where the vdso is the same.
 */

static const struct ckpt_kind ckpt_kind_x86_regs;

#define REG(name)	(offsetof(struct pt_regs, name) / sizeof(u64))

static_assert(sizeof(struct pt_regs) == sizeof_field(struct ckpt_rec_x86_regs, regs));
static_assert(REG(ax) == 10 && REG(orig_ax) == 15 && REG(ip) == 16 && REG(ss) == 20);

/* What a program can set, as far as the kernel lets it through. */
#define USER_FLAGS	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
			 X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_NT | X86_EFLAGS_ID)
#define FIXED_FLAGS	(X86_EFLAGS_FIXED | X86_EFLAGS_IF)

/* -- checks, for the survey and for images alike ----------------------------- */

static bool tls_selector(u32 sel)
{
	return (sel & (SEGMENT_TI_MASK | SEGMENT_RPL_MASK)) == USER_RPL &&
	       sel >> 3 >= GDT_ENTRY_TLS_MIN && sel >> 3 <= GDT_ENTRY_TLS_MAX;
}

/* Whether there is such an entry the processor finds out, and the program is told by a signal. */
static bool ldt_selector(u64 sel)
{
	return sel <= U16_MAX &&
	       (sel & (SEGMENT_TI_MASK | SEGMENT_RPL_MASK)) == (SEGMENT_LDT | USER_RPL);
}

static bool data_selector(u32 sel)
{
	return sel == 0 || sel == USER_RPL || sel == __USER_DS || sel == __USER_CS ||
	       sel == __USER32_CS || sel == __CPUNODE_SEG || tls_selector(sel) ||
	       ldt_selector(sel);
}

/* Return: what is wrong with registers, NULL if nothing is */
static const char *regs_wrong(const struct ckpt_rec_x86_regs *r)
{
	u64 cs = r->regs[REG(cs)], ss = r->regs[REG(ss)];

	/* Each ABI's programs can jump into code of the other mode. */
	if (cs != __USER_CS && cs != __USER32_CS && !ldt_selector(cs))
		return "a code segment that is not the kernel's for programs";
	if (ss != __USER_DS && !(ss <= U16_MAX && tls_selector(ss)) && !ldt_selector(ss))
		return "a stack segment that is not for programs";
	if (!data_selector(r->fs) || !data_selector(r->gs) ||
	    !data_selector(r->ds) || !data_selector(r->es))
		return "a data segment that is not for programs";
	/* Its base would be that of a table which the death of the task takes away. */
	if (!boot_cpu_has(X86_FEATURE_FSGSBASE) && (ldt_selector(r->fs) || ldt_selector(r->gs)))
		return "fs or gs of a local descriptor table on a processor without FSGSBASE";
	if (r->fs_base >= TASK_SIZE_MAX || r->gs_base >= TASK_SIZE_MAX)
		return "a segment base outside user space";
	if (r->regs[REG(flags)] & ~(u64)(USER_FLAGS | FIXED_FLAGS))
		return "processor flags that programs cannot set";
	return NULL;
}

/* -- save -------------------------------------------------------------------- */

/* Bring current's segments into memory, where a sleeping task has them. */
static void sync_segments(void)
{
	struct thread_struct *thread = &current->thread;

	current_save_fsgs();
	savesegment(es, thread->es);
	savesegment(ds, thread->ds);
}

static void get_thread(struct ckpt_rec_x86_regs *r, const struct thread_struct *thread)
{
	r->fs = thread->fsindex;
	r->gs = thread->gsindex;
	r->ds = thread->ds;
	r->es = thread->es;
	r->pkru = thread->pkru;
	r->cr2 = thread->cr2;
	r->trap_nr = thread->trap_nr;
	r->error_code = thread->error_code;
	r->dr6 = thread->virtual_dr6;
}

static void get_regs(struct ckpt_rec_x86_regs *r, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	const struct pt_regs *regs = task_pt_regs(task);

	if (task == current)
		sync_segments();
	memset(r, 0, sizeof(*r));
	get_thread(r, &task->thread);
	if (boot_cpu_has(X86_FEATURE_FSGSBASE) || !(ldt_selector(r->fs) || ldt_selector(r->gs))) {
		r->fs_base = x86_fsbase_read_task(task);
		r->gs_base = x86_gsbase_read_task(task);
	}
	if (task == current)
		r->pkru = read_pkru();

	memcpy(r->regs, regs, sizeof(r->regs));
	r->regs[REG(cs)] = regs->cs;	/* without what FRED adds */
	r->regs[REG(ss)] = regs->ss;
	if (t->self)
		r->regs[REG(ax)] = 0;
	/* What its call returns when the wait for the child is over */
	if (t->vforked && !(READ_ONCE(task->jobctl) & JOBCTL_TRACED))
		r->regs[REG(ax)] = pid_nr_ns(t->vforked->pid, ns_of_pid(t->pid));
	if ((int)regs->orig_ax >= 0)
		r->flags |= CKPT_X86_SYSCALL;
	if (task_thread_info(task)->status & TS_COMPAT)
		r->flags |= CKPT_X86_COMPAT;
	if (task_thread_info(task)->status & TS_I386_REGS_POKED)
		r->flags |= CKPT_X86_POKED;
	r->vdso_id = ckpt_x86_vdso_id(t->mm, regs->ip);
}

static int regs_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_rec_x86_regs r;
	const char *wrong;

	get_regs(&r, t);
	wrong = regs_wrong(&r);
	if (wrong)
		return ckpt_fail(ctx, -EOPNOTSUPP, "registers cannot be saved: %s", wrong);
	return 0;
}

static int regs_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		     struct ckpt_task *t)
{
	struct ckpt_rec_x86_regs r;

	get_regs(&r, t);
	return ckpt_emit(ctx, kind, t->id, &r, NULL, 0);
}

/* -- restart ----------------------------------------------------------------- */

static int regs_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_x86_regs *r = item->data;
	const char *wrong = regs_wrong(r);

	if (wrong)
		return ckpt_fail(ctx, -EINVAL, "registers in the image: %s", wrong);
	if (r->flags & ~(CKPT_X86_SYSCALL | CKPT_X86_COMPAT | CKPT_X86_POKED))
		return ckpt_fail(ctx, -EINVAL, "registers in the image: unknown flags %#x",
				 r->flags);
	if (r->flags & (CKPT_X86_COMPAT | CKPT_X86_POKED) && !ckpt_arch_runs_compat())
		return ckpt_fail(ctx, -EOPNOTSUPP, "this kernel runs no 32-bit programs");
	if (r->pkru && !cpu_feature_enabled(X86_FEATURE_OSPKE))
		return ckpt_fail(ctx, -EOPNOTSUPP, "this kernel has no protection keys");
	if (r->vdso_id && !ckpt_x86_has_vdso(r->vdso_id))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the thread was stopped inside the vdso of another kernel");
	/* The tasks are made from the caller. */
	wrong = ckpt_x86_obstacle(current);
	if (!wrong && ckpt_x86_has_breakpoints(current))
		wrong = "hardware breakpoints";
	if (wrong)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the caller of restart() has %s, which the tasks would inherit",
				 wrong);
	return 0;
}

/* All is set in ->finish(); nothing of it can fail. */
static int regs_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	return 0;
}

/*
 * A selector loads its descriptor's base; without FSGSBASE only a null selector
 * can have another.  The TLS entries are in place.
 */
static void load_segments(const struct ckpt_rec_x86_regs *r)
{
	struct thread_struct *thread = &current->thread;
	bool fsgsbase = boot_cpu_has(X86_FEATURE_FSGSBASE);

	preempt_disable();
	loadsegment(ds, r->ds);
	loadsegment(es, r->es);
	loadsegment(fs, r->fs);
	if (fsgsbase || r->fs <= USER_RPL)
		x86_fsbase_write_cpu(r->fs_base);
	load_gs_index(r->gs);
	if (fsgsbase || r->gs <= USER_RPL)
		x86_gsbase_write_cpu_inactive(r->gs_base);
	/* The context switch may trust these, see save_base_legacy(). */
	thread->fsindex = r->fs;
	thread->fsbase = r->fs_base;
	thread->gsindex = r->gs;
	thread->gsbase = r->gs_base;
	preempt_enable();
}

static void set_regs(struct pt_regs *regs, const struct ckpt_rec_x86_regs *r)
{
	memcpy(regs, r->regs, sizeof(r->regs));
	regs->csx = r->regs[REG(cs)];
	regs->ssx = r->regs[REG(ss)];
	regs->flags = (r->regs[REG(flags)] & USER_FLAGS) | FIXED_FLAGS;
	if (cpu_feature_enabled(X86_FEATURE_FRED)) {	/* as start_thread() */
		regs->fred_ss.swevent = true;
		regs->fred_ss.nmi = true;
	}
}

/* Of the system call that is to be restarted, until the way to user space ends */
static void set_status(u32 flags)
{
	struct thread_info *info = current_thread_info();

	info->status &= ~(TS_COMPAT | TS_I386_REGS_POKED);
	if (flags & CKPT_X86_COMPAT)
		info->status |= TS_COMPAT;
	if (flags & CKPT_X86_POKED)
		info->status |= TS_I386_REGS_POKED;
}

static void regs_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_x86_regs *r = item->data;
	struct thread_struct *thread = &current->thread;

	thread->cr2 = r->cr2;
	thread->trap_nr = r->trap_nr;
	thread->error_code = r->error_code;
	thread->virtual_dr6 = r->dr6;
	thread->ptrace_dr7 = 0;
	load_segments(r);
	set_regs(current_pt_regs(), r);
	set_status(r->flags);
	/*
	 * A critical section that the freeze interrupted is aborted here and not on the
	 * way to user space, where a kernel with CONFIG_DEBUG_RSEQ takes the first return
	 * for a system call out of the section and sends SIGSEGV.
	 */
	rseq_handle_notify_resume(NULL, current_pt_regs());
	/* From here on access to user memory obeys the program's keys. */
	write_pkru(r->pkru);
}

CHECKPOINT_KIND(x86_regs) = {
	.name = "x86_regs",
	.type = CKPT_REC_X86_REGS,
	.size = sizeof(struct ckpt_rec_x86_regs),
	.scope = CKPT_SCOPE_THREAD,
	.stage = CKPT_STAGE_REGS,
	.class = &ckpt_class_task,
	.required = true,
	.check = regs_check,
	.save = regs_save,
	.validate = regs_validate,
	.restore = regs_restore,
	.finish = regs_finish,
};
