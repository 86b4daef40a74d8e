// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: programs of the 32-bit ABI (i386) on a 64-bit kernel.
 */
#include <linux/checkpoint_hdr.h>
#include <linux/compat.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/personality.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/checkpoint.h>
#include <asm/desc.h>
#include <asm/elf.h>
#include <asm/ia32.h>
#include <asm/mmu.h>
#include <asm/syscall.h>
#include <asm/thread_info.h>
#include "x86.h"

/**
 * DOC: 32-bit programs
 *
 * Preserved: that a program is one (its address space ends below 4 GiB, its threads are in
 * 32-bit mode, its core dumps are of that format), where its mmap(2) searches, the 32-bit
 * vdso, that a thread was stopped in a 32-bit system call, which is restarted as such, and
 * which signal actions a 32-bit call has set: their handlers get frames of that ABI.  The
 * last three a 64-bit program can have as well, for it can make 32-bit calls.  Trees may be
 * mixed, and a restarter of either ABI restores both.
 *
 * Refused: programs of the x32 ABI; at the restart, where this kernel runs no 32-bit
 * programs.
 */

/* IA32_PAGE_OFFSET has the one value or the other by personality(2) at the execve(2) */
#define COMPAT_TASK_SIZE	0xffffe000UL
#define COMPAT_TASK_SIZE_3GB	0xc0000000UL

static bool is_compat_size(u64 task_size)
{
	return task_size && task_size <= U32_MAX;
}

bool ckpt_arch_runs_compat(void)
{
	return ia32_enabled();
}

bool ckpt_arch_is_compat(const struct mm_struct *mm)
{
	return test_bit(MM_CONTEXT_UPROBE_IA32, &mm->context.flags);
}

const char *ckpt_arch_mm_obstacle(const struct mm_struct *mm)
{
	if (is_compat_size(mm->task_size) && !ckpt_arch_is_compat(mm))
		return "is a program of the x32 ABI";
	return NULL;
}

void ckpt_arch_get_mm(const struct mm_struct *mm, struct ckpt_rec_mm *data)
{
	x86_get_compat_bases(mm, &data->mmap_compat_base, &data->mmap_compat_legacy_base);
}

u64 ckpt_arch_mm_limit(const struct ckpt_rec_mm *data)
{
	return is_compat_size(data->task_size) ? COMPAT_TASK_SIZE : TASK_SIZE_MAX;
}

static bool base_okay(u64 base)
{
	return PAGE_ALIGNED(base) && base <= COMPAT_TASK_SIZE;
}

int ckpt_arch_validate_mm(struct ckpt_ctx *ctx, const struct ckpt_rec_mm *data)
{
	if (!base_okay(data->mmap_compat_base) || !base_okay(data->mmap_compat_legacy_base))
		return ckpt_fail(ctx, -EINVAL, "32-bit calls would map outside their memory");
	if (!is_compat_size(data->task_size))
		return 0;
	if (data->task_size != COMPAT_TASK_SIZE && data->task_size != COMPAT_TASK_SIZE_3GB)
		return ckpt_fail(ctx, -EINVAL, "memory up to %#llx is that of no program",
				 data->task_size);
	if (!ckpt_arch_runs_compat())
		return ckpt_fail(ctx, -EOPNOTSUPP, "this kernel runs no 32-bit programs");
	return 0;
}

void ckpt_arch_set_mm(struct mm_struct *mm, const struct ckpt_rec_mm *data)
{
	x86_set_compat_bases(mm, data->mmap_compat_base, data->mmap_compat_legacy_base);
	if (is_compat_size(data->task_size)) {
		mm->task_size = data->task_size;
		set_bit(MM_CONTEXT_UPROBE_IA32, &mm->context.flags);
	} else {
		mm->task_size = TASK_SIZE_MAX;
		set_bit(MM_CONTEXT_HAS_VSYSCALL, &mm->context.flags);
	}
}

void ckpt_arch_enter_mm(void)
{
	struct thread_struct *thread = &current->thread;

	/* The restarter's, as in flush_thread() */
	memset(thread->tls_array, 0, sizeof(thread->tls_array));
	load_TLS(thread, get_cpu());
	put_cpu();
	if (ckpt_arch_is_compat(current->mm)) {
		set_thread_flag(TIF_ADDR32);
		/* The restarter's; the program may have memory above that. */
		current->personality &= ~ADDR_LIMIT_3GB;
	} else {
		clear_thread_flag(TIF_ADDR32);
	}
}
