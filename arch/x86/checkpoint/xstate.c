// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: x87, SSE, AVX and all that XSAVE manages.
 */
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/regset.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/regset.h>
#include <asm/fpu/sched.h>
#include <asm/fpu/signal.h>
#include <asm/pkru.h>
#include "../kernel/fpu/context.h"
#include "../kernel/fpu/internal.h"
#include "../kernel/fpu/legacy.h"
#include "../kernel/fpu/xstate.h"
#include "x86.h"

/**
 * DOC: extended processor state
 *
 * Preserved: every component that user space can use without asking, in the
 * standard XSAVE format that PTRACE_GETREGSET gives, and the time since AVX-512
 * was used (/proc/PID/arch_status).  That format differs between processors, so
 * the offsets travel with it and the state is laid out anew at the restart.
 * PKRU is restored from the registers' record: the kernel does not keep it here.
 *
 * Refused: processors without XSAVE; at the restart components that this
 * processor lacks.  Components that need a permission (AMX) are refused with the
 * x86 thread.
 *
 * Immaterial: the supervisor components (they describe the kernel's own use),
 * whether a component is in use or merely has its initial value, last_cpu.
 */

static const struct ckpt_kind ckpt_kind_x86_xstate;

#define NR_COMPONENTS	ARRAY_SIZE(((struct ckpt_rec_x86_xstate *)0)->offset)
#define XSTATE_LIMIT	SZ_16K

/* The standard format of this processor. */
static struct {
	u32 offset;
	u32 size;
} layout[NR_COMPONENTS] __ro_after_init;

static int __init xstate_layout_init(void)
{
	unsigned int i, ecx, edx;

	if (!boot_cpu_has(X86_FEATURE_XSAVE))
		return 0;
	for (i = FIRST_EXTENDED_XFEATURE; i < NR_COMPONENTS; i++)
		if (fpu_user_cfg.max_features & BIT_ULL(i))
			cpuid_count(XSTATE_CPUID, i, &layout[i].size,
				    &layout[i].offset, &ecx, &edx);
	return 0;
}
core_initcall(xstate_layout_init);

static int xstate_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return ckpt_fail(ctx, -EOPNOTSUPP, "this processor has no XSAVE");
	return 0;
}

static u64 avx512_age(const struct task_struct *task)
{
	unsigned long stamp = READ_ONCE(task->thread.fpu.avx512_timestamp);

	return stamp ? 1ULL + jiffies_to_msecs(jiffies - stamp) : 0;
}

static int xstate_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		       struct ckpt_task *t)
{
	struct ckpt_rec_x86_xstate x = { .avx512_ms = avx512_age(t->task) };
	unsigned int i, size = fpu_user_cfg.default_size;
	struct xregs_state *state;
	int err;

	state = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!state)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the extended state");
	if (t->task == current)
		current->thread.pkru = read_pkru();	/* stale while it runs */
	err = xstateregs_get(t->task, NULL, (struct membuf) { .p = state, .left = size });
	if (err) {
		ckpt_fail(ctx, err, "the extended state cannot be read");
		goto out;
	}
	x.features = state->header.xfeatures;
	for (i = 0; i < NR_COMPONENTS; i++)
		if (x.features & BIT_ULL(i))
			x.offset[i] = layout[i].offset;
	err = ckpt_emit(ctx, kind, t->id, &x, state, size);
out:
	kvfree(state);
	return err;
}

static bool component_okay(const struct ckpt_item *item, unsigned int i)
{
	const struct ckpt_rec_x86_xstate *x = item->data;

	if (!(x->features & BIT_ULL(i)))
		return true;
	return x->offset[i] >= sizeof(struct xregs_state) &&
	       x->offset[i] <= item->count &&
	       layout[i].size <= item->count - x->offset[i];
}

static int xstate_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_x86_xstate *x = item->data;
	const struct xregs_state *state = item->array;
	unsigned int i;

	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return ckpt_fail(ctx, -EOPNOTSUPP, "this processor has no XSAVE");
	if (item->count < sizeof(*state) || x->features != state->header.xfeatures)
		return ckpt_fail(ctx, -EINVAL, "the extended state has no valid header");
	if (state->header.xcomp_bv ||
	    memchr_inv(state->header.reserved, 0, sizeof(state->header.reserved)))
		return ckpt_fail(ctx, -EINVAL, "the extended state's reserved fields are in use");
	if (x->features & ~fpu_user_cfg.default_features)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "this processor lacks the extended state components %#llx",
				 x->features & ~fpu_user_cfg.default_features);
	if (state->i387.mxcsr & ~mxcsr_feature_mask)
		return ckpt_fail(ctx, -EINVAL, "MXCSR %#x has bits that are not for use here",
				 state->i387.mxcsr);
	for (i = FIRST_EXTENDED_XFEATURE; i < NR_COMPONENTS; i++)
		if (!component_okay(item, i))
			return ckpt_fail(ctx, -EINVAL,
					 "extended state component %u lies outside the record", i);
	return 0;
}

/* Bring the image's state into the layout of this processor. */
static void *lay_out(const struct ckpt_item *item)
{
	const struct ckpt_rec_x86_xstate *x = item->data;
	unsigned int i;
	void *buf;

	buf = kvzalloc(fpu_user_cfg.max_size, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return NULL;
	memcpy(buf, item->array, sizeof(struct xregs_state));
	for (i = FIRST_EXTENDED_XFEATURE; i < NR_COMPONENTS; i++)
		if (x->features & BIT_ULL(i))
			memcpy(buf + layout[i].offset, item->array + x->offset[i],
			       layout[i].size);
	return buf;
}

/*
 * Make memory the only place of current's state: what is in the processor is
 * given up (but for supervisor state), and loaded anew on the way to user space.
 */
static void leave_processor(struct fpu *fpu)
{
	fpregs_lock();
	if (!test_thread_flag(TIF_NEED_FPU_LOAD)) {
		save_fpregs_to_fpstate(fpu);
		set_thread_flag(TIF_NEED_FPU_LOAD);
	}
	__fpu_invalidate_fpregs_state(fpu);
	__cpu_invalidate_fpregs_state();
	fpregs_unlock();
}

static int xstate_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_x86_xstate *x = item->data;
	struct fpu *fpu = &current->thread.fpu;
	void *buf = lay_out(item);
	u32 pkru;		/* set with the registers */
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the extended state");
	leave_processor(fpu);
	err = copy_uabi_from_kernel_to_xstate(fpu->fpstate, buf, &pkru);
	kvfree(buf);
	if (err)
		return ckpt_fail(ctx, err, "the extended state is invalid");

	fpu->avx512_timestamp = 0;
	if (x->avx512_ms)
		fpu->avx512_timestamp = jiffies -
			msecs_to_jiffies(min_t(u64, x->avx512_ms - 1, INT_MAX)) ?: 1;
	return 0;
}

CHECKPOINT_KIND(x86_xstate) = {
	.name = "x86_xstate",
	.type = CKPT_REC_X86_XSTATE,
	.size = sizeof(struct ckpt_rec_x86_xstate),
	CKPT_ARRAY(struct ckpt_rec_x86_xstate, state, __u8),
	.max = XSTATE_LIMIT,
	.scope = CKPT_SCOPE_THREAD,
	.stage = CKPT_STAGE_THREAD,
	.class = &ckpt_class_task,
	.check = xstate_check,
	.save = xstate_save,
	.validate = xstate_validate,
	.restore = xstate_restore,
};
