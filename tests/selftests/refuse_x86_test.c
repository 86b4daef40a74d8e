// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_x86_test.c - settings of a thread or its memory that the processor knows of and that are
 * refused, each by name; those that this kernel or this processor does not have are skipped.
 */
#include <asm/prctl.h>

#include "traced.h"

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID			0x1012
#endif
#ifndef ARCH_REQ_XCOMP_PERM
#define ARCH_REQ_XCOMP_PERM		0x1023
#endif
#ifndef ARCH_ENABLE_TAGGED_ADDR
#define ARCH_ENABLE_TAGGED_ADDR		0x4002
#endif
#ifndef ARCH_SHSTK_ENABLE
#define ARCH_SHSTK_ENABLE		0x5001
#endif
#define AMX_TILE_DATA			18
#define SHADOW_STACK			1
#define TAG_BITS			6
#ifndef PR_SPEC_L1D_FLUSH
#define PR_SPEC_L1D_FLUSH		2
#endif

/* No function returns between the call and the end: its return address would not be shadowed. */
static inline __attribute__((always_inline)) long call(long nr, long a, long b, long c)
{
	register long zero asm("r10") = 0;
	long ret;

	asm volatile("syscall" : "=a" (ret) : "0" (nr), "D" (a), "S" (b), "d" (c), "r" (zero)
		     : "rcx", "r11", "memory");
	return ret;
}

/* NAME_works() tries it in a child; the test is skipped where it does not. */
#define TEST_SETTING(name, words, nr, a, b, c)				\
static void name##_set(void)						\
{									\
	if (call(nr, a, b, c))						\
		_exit(9);						\
	ready();							\
	_exit(0);							\
}									\
									\
static bool name##_works(void)						\
{									\
	int status;							\
	pid_t pid = fork();						\
									\
	if (!pid) {							\
		long ret = call(nr, a, b, c);				\
									\
		call(SYS_exit_group, !!ret, 0, 0);			\
	}								\
	return waitpid(pid, &status, 0) == pid && !status;		\
}									\
									\
TEST(name)								\
{									\
	if (!name##_works())						\
		SKIP(return, "this kernel or processor has none");	\
	EXPECT_EQ(0, story_refused(name##_set, EOPNOTSUPP, words));		\
}

TEST_SETTING(no_time_stamps, "a disabled time stamp counter", SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV,
	     0)
TEST_SETTING(no_cpuid, "a disabled CPUID instruction", SYS_arch_prctl, ARCH_SET_CPUID, 0, 0)
TEST_SETTING(amx, "a permission for AMX", SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, AMX_TILE_DATA, 0)
TEST_SETTING(address_masking, "linear address masking", SYS_arch_prctl, ARCH_ENABLE_TAGGED_ADDR,
	     TAG_BITS, 0)
TEST_SETTING(shadow_stack, "a shadow stack", SYS_arch_prctl, ARCH_SHSTK_ENABLE, SHADOW_STACK, 0)
TEST_SETTING(store_bypass, "speculation settings", SYS_prctl, PR_SET_SPECULATION_CTRL,
	     PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE)
TEST_SETTING(indirect_branches, "speculation settings", SYS_prctl, PR_SET_SPECULATION_CTRL,
	     PR_SPEC_INDIRECT_BRANCH, PR_SPEC_DISABLE)
TEST_SETTING(cache_flushes, "speculation settings", SYS_prctl, PR_SET_SPECULATION_CTRL,
	     PR_SPEC_L1D_FLUSH, PR_SPEC_ENABLE)
TEST_SETTING(ports, "I/O port permissions", SYS_ioperm, 0x80, 1, 1)
TEST_SETTING(all_ports, "I/O port permissions", SYS_iopl, 3, 0, 0)

static void waits(void)
{
	pause();
}

/* It is to stop behind the next branch, and sleeps before that. */
static void by_blocks(void)
{
	struct user_regs_struct regs = {};
	pid_t pid = start_traced(waits, SYSGOOD);

	while (regs.orig_rax != SYS_pause) {
		check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
		check(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
	}
	check(!ptrace(PTRACE_SINGLEBLOCK, pid, 0, 0));
	check(wait_until(is_blocked_in(pid, pid, SYS_pause)));
	ready();
	check(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
}

TEST(block_stepping)
{
	EXPECT_EQ(0, story_refused(by_blocks, EOPNOTSUPP, "block-stepping by a debugger"));
}

TEST_HARNESS_MAIN
