// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: hardware breakpoints that a debugger has set in a thread.
 */
#include <linux/ptrace.h>
#include <linux/perf_event.h>
#include <linux/hw_breakpoint.h>
#include <asm/checkpoint.h>
#include <asm/debugreg.h>
#include <asm/hw_breakpoint.h>
#include <asm/user.h>
#include "x86.h"

/**
 * DOC: x86 debug registers
 *
 * Preserved: hardware breakpoints and watchpoints that a debugger has set with
 * PTRACE_POKEUSER, also those that its tracer has left behind: addresses, the control
 * register as it was written; the status register travels with the registers.  A child has
 * the control register of who forked it, and none of the breakpoints.
 *
 * Rebuilt: the places in the processor.  Where others measure all processors with
 * breakpoints of their own, restart() may find none free, as PTRACE_POKEUSER may.
 */

/* Of the control register: those that are on.  The rest says what they are. */
#define ENABLED		0xffUL

/* -- save -------------------------------------------------------------------------- */

/**
 * ckpt_x86_has_breakpoints - has a debugger set hardware breakpoints?
 * @task: current, or a task that does not run
 *
 * Return: true if so
 */
bool ckpt_x86_has_breakpoints(const struct task_struct *task)
{
	return ckpt_arch_nr_breakpoints(task) || task->thread.ptrace_dr7;
}

static void get_debug(struct ckpt_rec_x86_debug *data, const struct thread_struct *thread)
{
	unsigned int i;

	data->control = thread->ptrace_dr7;
	for (i = 0; i < HBP_NUM; i++) {
		if (!thread->ptrace_bps[i])
			continue;
		data->set |= 1U << i;
		data->address[i] = thread->ptrace_bps[i]->hw.info.address;
	}
}

static int debug_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct ckpt_rec_x86_debug data = {};

	if (!ckpt_x86_has_breakpoints(t->task))
		return 0;
	get_debug(&data, &t->task->thread);
	return ckpt_emit(ctx, kind, t->id, &data, NULL, 0);
}

/* -- restart ------------------------------------------------------------------------- */

static const char *debug_wrong(const struct ckpt_rec_x86_debug *data)
{
	unsigned int i;

	if (data->set >> HBP_NUM)
		return "more hardware breakpoints than there are registers";
	for (i = 0; i < HBP_NUM; i++) {
		if (data->address[i] >= TASK_SIZE_MAX)
			return "a hardware breakpoint in the kernel";
		if (!(data->set & 1U << i) && data->address[i])
			return "a hardware breakpoint that is not there";
	}
	return NULL;
}

static int debug_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_x86_debug *data = item->data;
	const char *wrong = debug_wrong(data);

	return wrong ? ckpt_fail(ctx, -EINVAL, "debug registers in the image: %s", wrong) : 0;
}

/* What is to be on, of those that are there */
static u64 control_of(const struct ckpt_rec_x86_debug *data)
{
	u64 control = data->control;
	unsigned int i;

	for (i = 0; i < HBP_NUM; i++)
		if (!(data->set & 1U << i))
			control &= ~((u64)(DR_LOCAL_ENABLE | DR_GLOBAL_ENABLE) <<
				     i * DR_ENABLE_SIZE);
	return control;
}

/* As a debugger does */
static int poke(unsigned int nr, u64 value)
{
	return arch_ptrace(current, PTRACE_POKEUSR, offsetof(struct user, u_debugreg[nr]), value);
}

/*
 * They get their places in the processor, and are tried, but not left on: nothing that the
 * kernel does on the way hits one.
 */
static int debug_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_x86_debug *data = item->data;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < HBP_NUM; i++)
		if (data->set & 1U << i)
			err = poke(i, data->address[i]);
	if (!err)
		err = poke(7, control_of(data));
	if (!err)
		err = poke(7, data->control & ~ENABLED);
	if (err)
		return ckpt_fail(ctx, err, "hardware breakpoints cannot be set (error %d)", -err);
	return 0;
}

/* Behind the registers.  What they are is set already, so nothing can fail. */
static void debug_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_x86_debug *data = item->data;

	WARN_ON_ONCE(poke(7, control_of(data)));
	current->thread.ptrace_dr7 = data->control;
}

CHECKPOINT_KIND(x86_debug) = {
	.name = "x86_debug",
	.type = CKPT_REC_X86_DEBUG,
	.size = sizeof(struct ckpt_rec_x86_debug),
	.scope = CKPT_SCOPE_THREAD,
	.stage = CKPT_STAGE_REGS,
	.class = &ckpt_class_task,
	.save = debug_save,
	.validate = debug_validate,
	.restore = debug_restore,
	.finish = debug_finish,
};
